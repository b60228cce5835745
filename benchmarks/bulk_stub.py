"""A stub of the API for bulk work: it answers fast, fails now and then, and limits the rate.

    python benchmarks/bulk_stub.py --latency 0.02 --faults 0.03

It prints its port, then serves until it is terminated. A request is known by the content of its
last message, which the answer repeats. The same seed brings the same faults to the same requests,
in whatever order they come, and no request meets more than FAULTS_OF_A_REQUEST. `GET /stats` is a
JSON object, `Stub.stats`.
"""

import argparse
import asyncio
import json
import math
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from typing import Any

from limiters import FixedWindow, TokenBucket
from stub import ENVELOPE

FAULTS_OF_A_REQUEST = 3
SLOW = 2.0
"""Seconds that a slow answer takes."""


def http(status: str, body: bytes, kind: str = "application/json", headers: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n{headers}"
    return f"{head}\r\n".encode() + body


def answer(text: str) -> bytes:
    message = {"role": "assistant", "name": "MiniMax AI", "content": text, "audio_content": ""}
    body = {
        **ENVELOPE,
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 40, "completion_tokens": 20, "total_tokens": 60},
        "base_resp": {"status_code": 0, "status_msg": ""},
    }
    return json.dumps(body).encode()


PLACE = "4b1d5e"
BEFORE, AFTER = answer(PLACE).split(json.dumps(PLACE).encode())


def base_resp(code: int, headers: str = "") -> bytes:
    """A failure within an HTTP 200."""
    body = {"base_resp": {"status_code": code, "status_msg": "the stub's fault"}}
    return http("200 OK", json.dumps(body).encode(), headers=headers)


def openai_style(status: str, kind: str, code: int, headers: str = "") -> bytes:
    """A failure with an HTTP status of its own."""
    error = {"type": kind, "message": f"the stub's fault ({code})", "http_code": status[:3]}
    body = {"type": "error", "error": error, "request_id": "0217aaaa"}
    return http(status, json.dumps(body).encode(), headers=headers)


def html(status: str) -> bytes:
    return http(status, f"<html><h1>{status}</h1></html>".encode(), "text/html")


def cut_off(reply: bytes) -> bytes:
    return reply[: len(reply) // 2]


def truncated(reply: bytes) -> bytes:
    """A complete reply with a part of the JSON."""
    _, _, body = reply.partition(b"\r\n\r\n")
    return http("200 OK", cut_off(body))


CODES = (1000, 1001, 1002, 1013, 1024, 1033, 1041, 2045)
WAIT = "retry-after: 1\r\n"
TOO_MANY = "429 Too Many Requests", "rate_limit_error", 1002
PAUSES = {
    "1002 in a 200, Retry-After": base_resp(1002, WAIT),
    "429, Retry-After": openai_style(*TOO_MANY, WAIT),
}
"""These end all calls of a client that obeys them for a second."""
FAULTS: dict[str, bytes] = {
    **{f"{code} in a 200": base_resp(code) for code in CODES},
    "429": openai_style(*TOO_MANY),
    "1000 in a 500": openai_style("500 Internal Server Error", "server_error", 1000),
    "500 in HTML": html("500 Internal Server Error"),
    "502 in HTML": html("502 Bad Gateway"),
    "529 in HTML": html("529 Overloaded"),
    "closed": b"",
    "cut off": b"",
    "truncated JSON": b"",
    "slow": b"",
    **PAUSES,
}


@dataclass
class Stub:
    latency: float = 0.02
    faults: float = 0.0
    """The share of requests that meet one."""
    pauses: bool = False
    """Whether PAUSES are among them."""
    seed: int = 0
    limiter: TokenBucket | FixedWindow | None = None
    retry_after: bool = False
    """Whether the limiter says how long to wait."""
    attempts: Counter[str] = field(default_factory=Counter[str])
    """By request: those that the limiter took."""
    answered: Counter[str] = field(default_factory=Counter[str])
    """By request, whether or not the client was still there."""
    met: Counter[str] = field(default_factory=Counter[str])
    """By kind of fault."""
    refused: int = 0
    running: int = 0
    most_concurrent: int = 0

    def __post_init__(self) -> None:
        self.names = [name for name in FAULTS if self.pauses or name not in PAUSES]

    def reply(self, request: str) -> tuple[float, bytes, bool]:
        """Seconds until the reply, its bytes, and whether the connection stays open."""
        now = time.time()
        if self.limiter is not None and not self.limiter.takes(now):
            self.refused += 1
            wait = f"retry-after: {math.ceil(60 - now % 60)}\r\n" if self.retry_after else ""
            return 0.005, openai_style(*TOO_MANY, wait), True
        self.attempts[request] += 1
        fault = self.fault(request, self.attempts[request])
        if fault is not None:
            self.met[fault] += 1
            if fault == "closed" or FAULTS[fault]:
                return self.latency, FAULTS[fault], bool(FAULTS[fault])
        body = BEFORE + json.dumps(request).encode() + AFTER
        reply = http("200 OK", body)
        if fault == "cut off":
            return self.latency, cut_off(reply), False
        if fault == "truncated JSON":
            return self.latency, truncated(reply), True
        self.answered[request] += 1
        return SLOW if fault == "slow" else self.latency, reply, True

    def fault(self, request: str, attempt: int) -> str | None:
        if attempt > FAULTS_OF_A_REQUEST or not self.faults:
            return None
        digest = blake2b(f"{self.seed} {attempt} {request}".encode(), digest_size=8).digest()
        place = int.from_bytes(digest) / 2**64 / self.faults
        return self.names[int(place * len(self.names))] if place < 1 else None

    def stats(self) -> dict[str, Any]:
        return {
            "requests": len(self.attempts),
            "taken": self.attempts.total(),
            "refused": self.refused,
            "most_concurrent": self.most_concurrent,
            "answered": self.answered.total(),
            # So many requests have been answered so many times.
            "by_answers": Counter(self.answered.values()),
            "faults": self.met,
        }


class Connection(asyncio.Protocol):
    def __init__(self, stub: Stub) -> None:
        self.stub = stub
        self.received = b""
        self.later = asyncio.get_running_loop().call_later

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, end, body = self.received.partition(b"\r\n\r\n")
        if not end:
            return
        _, _, length = head.lower().partition(b"content-length:")
        if len(body) < int(length.split(b"\r\n", 1)[0] or 0):
            return
        self.received = b""
        if head.startswith(b"GET /stats "):
            self.transport.write(http("200 OK", json.dumps(self.stub.stats()).encode()))
            return
        stub = self.stub
        stub.running += 1
        stub.most_concurrent = max(stub.most_concurrent, stub.running)
        content = json.loads(body)["messages"][-1]["content"]
        request = content if isinstance(content, str) else content[0]["text"]
        seconds, reply, stays = stub.reply(request)
        self.later(seconds, self.send, reply, stays)

    def send(self, reply: bytes, stays: bool) -> None:
        self.stub.running -= 1
        self.transport.write(reply)
        if not stays:
            self.transport.close()


async def serve(stub: Stub, port: int, raised: float | None, after: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(partial(Connection, stub), "127.0.0.1", port, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    if raised is not None:
        await asyncio.sleep(after)
        if isinstance(stub.limiter, TokenBucket):
            stub.limiter.rate = raised / 60
        elif stub.limiter is not None:
            stub.limiter.calls = int(raised)
    await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.02, help="seconds (default: 0.02)")
    parser.add_argument("--faults", type=float, default=0.0, help="their share (default: 0)")
    parser.add_argument("--pauses", action="store_true", help="some ask to wait for a second")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", choices=["bucket", "minute"])
    parser.add_argument("--rpm", type=int, default=600, help="calls in a minute (default: 600)")
    parser.add_argument("--raised", type=int, help="calls in a minute, later")
    parser.add_argument("--after", type=float, default=180, help="seconds (default: 180)")
    options = parser.parse_args()
    limiter: TokenBucket | FixedWindow | None = None
    if options.limit == "bucket":
        limiter = TokenBucket(options.rpm / 60, burst=10)
    elif options.limit == "minute":
        limiter = FixedWindow(options.rpm)
    stub = Stub(options.latency, options.faults, options.pauses, options.seed, limiter)
    stub.retry_after = options.limit == "minute"
    asyncio.run(serve(stub, options.port, options.raised, options.after))


if __name__ == "__main__":
    main()
