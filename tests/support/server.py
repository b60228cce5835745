"""A TCP server that answers each request as a test scripts it, byte for byte.

    with Server() as server:
        gate = server.gate()
        server.script(stream_head(), http_chunk(event("Hel")), gate, RESET)

scripts the first request; the next call of `script` is for the next request, on whichever
connection it arrives. A connection stays open for more requests unless its script ends it. No step
waits forever: one that takes longer than PATIENCE ends the connection, and a test that checks
`ended_by` fails.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self

from samples import THINKING, events, openai_style, plain

PATIENCE = 10.0


@dataclass(frozen=True)
class Request:
    """A request as it arrived."""

    connection: int
    """Number of the connection, from 0."""
    line: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Connection:
    """A connection, as seen from the server."""

    number: int
    socket: socket.socket
    server: Server
    ended: threading.Event = field(default_factory=threading.Event)
    ended_by: str = ""
    """`client`, `server`, or `patience` if a step took too long."""
    rest: bytes = b""
    """The part of the next request that has arrived."""

    def end(self, by: str) -> None:
        if not self.ended.is_set():
            self.ended_by = by
            self.socket.close()
            self.ended.set()

    def receive(self) -> bytes:
        """The next bytes; b"" once the connection has ended."""
        if self.ended.is_set():
            return b""
        try:
            data = self.socket.recv(65536)
        except TimeoutError:
            self.end("patience")
            return b""
        except OSError:
            data = b""
        if not data:
            self.end("client")
        return data

    def send(self, data: bytes) -> None:
        try:
            self.socket.sendall(data)
        except TimeoutError:
            self.end("patience")
        except OSError:
            self.end("client")


Step = bytes | threading.Event | Callable[[Connection, Request], None]
"""Bytes to send, a gate to wait at, or any other action."""


def CLOSE(connection: Connection, request: Request) -> None:
    """Closes the connection cleanly."""
    connection.end("server")


def RESET(connection: Connection, request: Request) -> None:
    """Closes the connection with a TCP reset."""
    linger = struct.pack("ii" if os.name == "posix" else "hh", 1, 0)
    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    connection.end("server")


def SILENCE(connection: Connection, request: Request) -> None:
    """Sends nothing until the client closes the connection."""
    while connection.receive():
        pass


def perform(steps: Iterable[Step], connection: Connection, request: Request) -> None:
    """Answers a request."""
    for step in steps:
        if connection.ended.is_set():
            break
        if isinstance(step, bytes):
            connection.send(step)
        elif not isinstance(step, threading.Event):
            step(connection, request)
        elif not step.wait(PATIENCE):
            connection.end("patience")


class Server:
    """A server on a free local port, in threads of this process."""

    def __init__(self, *, listening: bool = True) -> None:
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listening = listening
        self.base_url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.requests: list[Request] = []
        self.connections: list[Connection] = []
        self._scripts: deque[tuple[Step, ...]] = deque()
        self._otherwise: tuple[Step, ...] | None = None
        self._gates: list[threading.Event] = []
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []

    def script(self, *steps: Step, times: int = 1) -> None:
        """Scripts the next request, or so many of them, that have no script yet."""
        self._scripts.extend([steps] * times)

    def otherwise(self, *steps: Step) -> None:
        """Scripts every request that has no script of its own."""
        self._otherwise = steps

    def gate(self) -> threading.Event:
        """A step that waits until the test opens the gate by `set()`."""
        gate = threading.Event()
        self._gates.append(gate)
        return gate

    def wait_for_requests(self, count: int) -> None:
        """Returns once so many requests have arrived."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.requests) >= count, PATIENCE)

    def ended_by(self, connection: int = 0) -> str:
        """Who ended a connection; waits for its end."""
        assert self.connections[connection].ended.wait(PATIENCE), "the connection is still open"
        return self.connections[connection].ended_by

    def listen(self) -> None:
        """Accepts connections; until then, they are refused."""
        self._listener.listen(1024)
        self._start(self._accept)

    def __enter__(self) -> Self:
        if self._listening:
            self.listen()
        return self

    def __exit__(self, *exception: object) -> None:
        for gate in self._gates:
            gate.set()
        # Closing alone would not wake the thread that waits in accept().
        self._listener.shutdown(socket.SHUT_RDWR)
        for connection in list(self.connections):
            with contextlib.suppress(OSError):
                connection.socket.shutdown(socket.SHUT_RDWR)
        # The list grows while the accepting thread, which is the first, is alive.
        for thread in self._threads:
            thread.join(PATIENCE)
        self._listener.close()

    def _start(self, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            accepted.settimeout(PATIENCE)
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(len(self.connections), accepted, self)
            self.connections.append(connection)
            self._start(partial(self._serve, connection))

    def _serve(self, connection: Connection) -> None:
        try:
            while (request := self._received(connection)) is not None:
                with self._changed:
                    self.requests.append(request)
                    steps = self._scripts.popleft() if self._scripts else self._otherwise
                    self._changed.notify_all()
                perform(steps or (UNSCRIPTED,), connection, request)
        finally:
            connection.end("server")

    def _received(self, connection: Connection) -> Request | None:
        """The next request; None once the connection has ended."""
        received, connection.rest = connection.rest, b""
        while b"\r\n\r\n" not in received and (data := connection.receive()):
            received += data
        head, _, body = received.partition(b"\r\n\r\n")
        line, *fields = head.decode("latin-1").split("\r\n")
        pairs = (name.partition(":") for name in fields)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        length = int(headers.get("content-length", 0))
        while len(body) < length and (data := connection.receive()):
            body += data
        if connection.ended.is_set():
            return None
        connection.rest = body[length:]
        return Request(connection.number, line, headers, body[:length])


# HTTP


def http_reply(
    body: bytes | Mapping[str, Any],
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    content_type: str = "application/json",
) -> bytes:
    """A complete HTTP reply."""
    if not isinstance(body, bytes):
        body = json.dumps(body, ensure_ascii=False).encode()
    fields = {"Content-Type": content_type, "Content-Length": str(len(body)), **(headers or {})}
    lines = [f"HTTP/1.1 {status} Status", *(f"{name}: {fields[name]}" for name in fields), "", ""]
    return "\r\n".join(lines).encode() + body


def stream_head(headers: Mapping[str, str] | None = None) -> bytes:
    """The head of a streamed reply, whose body follows in chunks."""
    fields = {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"}
    fields |= headers or {}
    lines = ["HTTP/1.1 200 OK", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
    return "\r\n".join(lines).encode()


def http_chunk(data: bytes) -> bytes:
    """A chunk of a body in chunked encoding."""
    return b"%x\r\n%b\r\n" % (len(data), data)


END = b"0\r\n\r\n"
"""The end of a body in chunked encoding."""


def http_stream(*pieces: bytes, headers: Mapping[str, str] | None = None) -> bytes:
    """A complete streamed reply."""
    return stream_head(headers) + b"".join(map(http_chunk, pieces)) + END


# The API


def answer(connection: Connection, request: Request) -> None:
    """Echoes the last message of every request, streamed or not as the request asks."""
    body = request.json
    content = f"<think>\n{THINKING}\n</think>\n\n{body['messages'][-1]['content']}"
    if body.get("stream"):
        connection.send(http_stream(*events(content)))
    else:
        connection.send(http_reply(plain(content)))


UNSCRIPTED: Step = http_reply(openai_style("the test has no script for this request (2013)"), 400)
