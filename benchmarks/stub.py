"""A stub server that sends canned bytes over plain sockets.

    python benchmarks/stub.py [CERTIFICATE]

It prints its port, and with a certificate a second one that speaks TLS, then serves until it is
terminated. The first segment of a request's path selects the reply. Connections are persistent, as
in HTTP/1.1.
"""

import asyncio
import json
import ssl
import sys
from typing import Any

WORD = "word "
ENVELOPE: dict[str, Any] = {
    "id": "06379c22ee61299eeadfb33e3b3e9102",
    "created": 1776838946,
    "model": "MiniMax-M2.7",
    "input_sensitive": False,
    "output_sensitive": False,
    "input_sensitive_type": 0,
    "output_sensitive_type": 0,
    "output_sensitive_int": 0,
}


def answer(words: int) -> bytes:
    text = WORD * words
    message = {"role": "assistant", "name": "MiniMax AI", "content": text, "audio_content": ""}
    body = {
        **ENVELOPE,
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 40, "completion_tokens": words, "total_tokens": 40 + words},
        "base_resp": {"status_code": 0, "status_msg": ""},
    }
    data = json.dumps(body).encode()
    return http_head("application/json", f"content-length: {len(data)}") + data


def stream(events: int, batch: int = 1) -> bytes:
    """One HTTP chunk for each batch of events, which HTTP libraries hand over one by one."""
    datas = [event(finish_reason=None)] * (events - 1) + [event(finish_reason="stop")]
    chunks = [
        http_chunk(b"".join(datas[start : start + batch])) for start in range(0, events, batch)
    ]
    head = http_head("text/event-stream", "transfer-encoding: chunked")
    end = http_chunk(b"data: [DONE]\n\n") + http_chunk(b"")
    return head + b"".join(chunks) + end


def event(finish_reason: str | None) -> bytes:
    delta = {"role": "assistant", "name": "MiniMax AI", "content": WORD, "audio_content": ""}
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    chunk = {**ENVELOPE, "object": "chat.completion.chunk", "choices": [choice], "usage": None}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def http_head(content_type: str, framing: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\n{framing}\r\n\r\n".encode()


def http_chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


REPLIES = {
    "call": answer(20),
    "slow-call": answer(20),
    "megabyte": answer(200_000),
    "single-events": stream(1024),
    "batched-events": stream(1024, batch=32),
    "short-stream": stream(4),
    "long-stream": stream(100_000, batch=32),
}
SECONDS_UNTIL_SENT = {"slow-call": 0.05}


def characters(reply: str) -> int:
    """Length of the text that a client reads."""
    return len(WORD) * REPLIES[reply].count(WORD.encode())


class Connection(asyncio.Protocol):
    opened = 0

    def __init__(self) -> None:
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        Connection.opened += 1

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, end, body = self.received.partition(b"\r\n\r\n")
        _, _, length = head.lower().partition(b"content-length:")
        if end and len(body) >= int(length.split(b"\r\n")[0] or 0):
            self.received = b""
            self.respond(head.split(b"/", 2)[1].split(b" ")[0].decode())

    def respond(self, name: str) -> None:
        if name == "opened":
            self.transport.write(b"HTTP/1.0 200 OK\r\n\r\n%d" % Connection.opened)
            self.transport.close()
            return
        delay = SECONDS_UNTIL_SENT.get(name, 0)
        asyncio.get_running_loop().call_later(delay, self.transport.write, REPLIES[name])


async def serve(certificates: list[str]) -> None:
    loop = asyncio.get_running_loop()
    ports: list[int] = []
    for certificate in [None, *certificates]:
        context = None
        if certificate is not None:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate)
        server = await loop.create_server(Connection, "127.0.0.1", 0, ssl=context, backlog=2048)
        ports.append(server.sockets[0].getsockname()[1])
    print(json.dumps(ports), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1:]))
