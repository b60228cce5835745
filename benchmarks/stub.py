"""A stub server that sends canned bytes over plain sockets.

    python benchmarks/stub.py [CERTIFICATE]

It prints its ports, the second of which speaks TLS, and the length of each reply's text, then
serves until it is terminated. The first segment of a request's path selects the reply. Connections
are persistent, as in HTTP/1.1.
"""

from __future__ import annotations

import asyncio
import json
import resource
import ssl
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

CALL_DELAY = 0.05
"""Seconds."""
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


@dataclass(frozen=True)
class Reply:
    """Canned bytes."""

    data: bytes
    characters: int
    """Length of the text that a client reads."""
    delay: float = 0


def answer(words: int, delay: float = 0) -> Reply:
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
    head = http_head("application/json", f"content-length: {len(data)}")
    return Reply(head + data, len(text), delay)


def stream(events: int, batch: int = 1) -> Reply:
    """One HTTP chunk for each batch of events, which HTTP libraries hand over one by one."""
    datas = [event(finish_reason=None)] * (events - 1) + [event(finish_reason="stop")]
    chunks = [
        http_chunk(b"".join(datas[start : start + batch])) for start in range(0, events, batch)
    ]
    head = http_head("text/event-stream", "transfer-encoding: chunked")
    end = http_chunk(b"data: [DONE]\n\n") + http_chunk(b"")
    return Reply(head + b"".join(chunks) + end, events * len(WORD))


def event(finish_reason: str | None) -> bytes:
    delta = {"role": "assistant", "name": "MiniMax AI", "content": WORD, "audio_content": ""}
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    chunk = {**ENVELOPE, "object": "chat.completion.chunk", "choices": [choice], "usage": None}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def http_head(content_type: str, framing: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\n{framing}\r\n\r\n".encode()


def http_chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


REPLIES: dict[str, Callable[[], Reply]] = {
    "call": lambda: answer(20),
    "slow-call": lambda: answer(20, CALL_DELAY),
    "megabyte": lambda: answer(200_000),
    "single-events": lambda: stream(1024),
    "batched-events": lambda: stream(1024, batch=32),
    "short-stream": lambda: stream(4),
    "long-stream": lambda: stream(100_000, batch=32),
}


class Connection(asyncio.Protocol):
    opened = 0

    def __init__(self, replies: dict[bytes, Reply]) -> None:
        self.replies = replies
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
            self.respond(head.split(b"/", 2)[1].split(b" ")[0])

    def respond(self, name: bytes) -> None:
        if name == b"opened":
            self.transport.write(b"HTTP/1.0 200 OK\r\n\r\n%d" % Connection.opened)
            self.transport.close()
            return
        reply = self.replies[name]
        if reply.delay:
            loop = asyncio.get_running_loop()
            loop.call_later(reply.delay, self.transport.write, reply.data)
        else:
            self.transport.write(reply.data)


def raise_file_limit() -> None:
    """Allows as many sockets as the system does: a thousand connections exceed a usual limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def serve(certificate: str | None) -> None:
    replies = {name.encode(): make() for name, make in REPLIES.items()}
    contexts: list[ssl.SSLContext | None] = [None]
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        contexts.append(context)
    loop = asyncio.get_running_loop()
    servers = [
        await loop.create_server(
            lambda: Connection(replies), "127.0.0.1", 0, ssl=context, backlog=2048
        )
        for context in contexts
    ]
    started = {
        "ports": [server.sockets[0].getsockname()[1] for server in servers],
        "characters": {name.decode(): reply.characters for name, reply in replies.items()},
    }
    print(json.dumps(started), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    raise_file_limit()
    asyncio.run(serve(sys.argv[1] if len(sys.argv) > 1 else None))
