"""Servers that would take all memory, or all time: what a call gets, when, at what memory."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import one_call
from samples import chunk, event, sse
from server import Connection, Request, Server, Step, http_chunk, http_reply
from systems import needs_posix

TYPES = {"plain": b"application/json", "streamed": b"text/event-stream"}
LARGE, LATE, UNREADABLE = "ResponseLimitError", "APITimeoutError", "ResponseDecodeError"
GIGABYTES = 10


def head(mode: str, *headers: bytes) -> bytes:
    lines = [b"HTTP/1.1 200 OK", b"Content-Type: " + TYPES[mode], *headers, b"", b""]
    return b"\r\n".join([*lines[:-2], b"Transfer-Encoding: chunked", *lines[-2:]])


def flood(pieces: Callable[[], Iterator[bytes]], pause: float = 0) -> Step:
    """Sends all these pieces, unless the client leaves."""

    def send(connection: Connection, request: Request) -> None:
        for piece in pieces():
            connection.send(piece)
            if connection.ended.wait(pause) if pause else connection.ended.is_set():
                break

    return send


def endless(piece: bytes) -> Callable[[], Iterator[bytes]]:
    def pieces() -> Iterator[bytes]:
        while True:
            yield piece

    return pieces


def blanks_in_gzip() -> Iterator[bytes]:
    gzip = zlib.compressobj(wbits=31)
    for _ in range(GIGABYTES * 1024):
        if packed := gzip.compress(b" " * 2**20):
            yield http_chunk(packed)
    yield http_chunk(gzip.flush())


def repeated_text() -> Iterator[bytes]:
    gzip = zlib.compressobj(wbits=31)
    for _ in range(10_000):
        if packed := gzip.compress(sse(chunk("", novel="x" * 1_000_000), done=False)):
            yield http_chunk(packed)
    yield http_chunk(gzip.flush())


def entries() -> Iterator[bytes]:
    for number in itertools.count():
        pieces = [{"index": number * 2_000 + index, "a": 1} for index in range(2_000)]
        yield http_chunk(sse({"choices": pieces}, done=False))


def wide(mode: str, content: bytes) -> bytes:
    start = b"data: " if mode == "streamed" else b""
    return http_reply(start + content + b"\n\n", content_type=TYPES[mode].decode())


EMPTY_EVENTS = http_chunk(b"data:\n\n" * 5000)
BOMBS: dict[str, Callable[[str], list[Step]]] = {
    "an endless line": lambda mode: [head(mode), flood(endless(http_chunk(b"x" * 60_000)))],
    "endless headers": lambda mode: [
        b"HTTP/1.1 200 OK\r\n",
        flood(endless(b"X-Header: " + b"x" * 1000 + b"\r\n")),
    ],
    "endless informational responses": lambda mode: [
        flood(endless(b"HTTP/1.1 100 Continue\r\n\r\n" * 100))
    ],
    f"{GIGABYTES} GB of blanks in gzip": lambda mode: [
        head(mode, b"Content-Encoding: gzip"),
        flood(blanks_in_gzip),
    ],
    "a million empty events a second": lambda mode: [head(mode), flood(endless(EMPTY_EVENTS))],
    "an endless answer": lambda mode: [
        head(mode),
        flood(endless(http_chunk(event("x" * 1000) * 50))),
    ],
    "ten million levels of nesting": lambda mode: [wide(mode, b"[" * 10_000_000)],
    "five million empty arrays": lambda mode: [wide(mode, b"[" + b"[]," * 5_000_000 + b"1]")],
    "a million empty arrays": lambda mode: [wide(mode, b'{"a":[' + b"[]," * 1_000_000 + b"1]}")],
    "half a million entries of a list": lambda mode: [
        wide(mode, b'{"choices":[' + b'{"delta":{"a":1}},' * 500_000 + b'{"a":1}]}')
    ],
    "entries of a list, again and again": lambda mode: [head(mode), flood(entries)],
    "a text that repeats itself, in gzip": lambda mode: [
        head(mode, b"Content-Encoding: gzip"),
        flood(repeated_text),
    ],
    "a byte of a header at a time": lambda mode: [
        b"HTTP/1.1 200 OK\r\nX-Header: ",
        flood(endless(b"x"), pause=0.02),
    ],
    "a byte of the body at a time": lambda mode: [
        head(mode),
        flood(endless(http_chunk(b" ")), pause=0.02),
    ],
}
OUTCOMES: dict[str, tuple[str, str]] = {
    "an endless line": (LARGE, LARGE),
    "endless headers": (LARGE, LARGE),
    "endless informational responses": (LATE, LATE),
    f"{GIGABYTES} GB of blanks in gzip": (LARGE, LARGE),
    "a million empty events a second": (LARGE, LATE),
    "an endless answer": (LARGE, LARGE),
    "ten million levels of nesting": (UNREADABLE, UNREADABLE),
    "five million empty arrays": (UNREADABLE, UNREADABLE),
    "a million empty arrays": (UNREADABLE, UNREADABLE),
    "half a million entries of a list": (UNREADABLE, UNREADABLE),
    "entries of a list, again and again": (LARGE, LARGE),
    "a text that repeats itself, in gzip": (LARGE, LARGE),
    "a byte of a header at a time": (LATE, LATE),
    "a byte of the body at a time": (LATE, LATE),
}
"""What a plain and a streamed call raise."""
MEGABYTES = {
    "a million empty arrays": 250,
    "half a million entries of a list": 300,
    "entries of a list, again and again": 700,
}
"""What a call may need at most; 100 MB if nothing else is said."""


@needs_posix
@pytest.mark.parametrize(("mode", "kind"), [("plain", "sync"), ("streamed", "async")])
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_call_ends_soon_at_bounded_memory(
    bomb: str, mode: str, kind: str, figure: Callable[..., None]
) -> None:
    outcome = OUTCOMES[bomb][mode == "streamed"]
    total_timeout = 1 if outcome == LATE else 30
    with Server() as server:
        server.script(*BOMBS[bomb](mode))
        command = [sys.executable, one_call.__file__, server.base_url, kind, mode]
        command.append(str(total_timeout))
        shown = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=60).stdout
        assert server.ended_by() == "client"
    found: dict[str, Any] = json.loads(shown)
    assert found["outcome"] == outcome, found
    # On a busy machine as well: without limits, they take all memory, or never end.
    assert found["seconds"] < total_timeout + 15
    assert found["megabytes"] < MEGABYTES.get(bomb, 100)
    figure(
        f"{bomb}, {mode}, {kind}",
        outcome=found["outcome"],
        seconds=round(found["seconds"], 2),
        megabytes=round(found["megabytes"]),
    )
