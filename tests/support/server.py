"""A TCP server that does to each request what a test tells it to, byte for byte.

    with Server() as server:
        gate = server.gate()
        server.script(stream_head(), chunk(event("Hel")), gate, RESET)

answers the first request so; another call of `script` says what happens to the next one, on
whichever connection it comes. A connection is kept open for more requests unless its script ends
it. No step waits without end: what takes longer than PATIENCE ends the connection, and the test
that looks at `ended_by` fails.
"""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self

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
    """What has come of the next request."""

    def end(self, by: str) -> None:
        if not self.ended.is_set():
            self.ended_by = by
            self.socket.close()
            self.ended.set()

    def receive(self) -> bytes:
        """The next bytes; b"" when the connection has ended."""
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
"""Bytes to send, a gate to wait at, or anything else to do."""


def CLOSE(connection: Connection, request: Request) -> None:
    """Ends the connection in good order."""
    connection.end("server")


def RESET(connection: Connection, request: Request) -> None:
    """Ends the connection by a TCP reset."""
    linger = struct.pack("ii", 1, 0)
    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    connection.end("server")


def SILENCE(connection: Connection, request: Request) -> None:
    """Says nothing until the client ends the connection."""
    while connection.receive():
        pass


class Server:
    """A server on a free port of this machine, in threads of this process."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.requests: list[Request] = []
        self.connections: list[Connection] = []
        self._scripts: deque[tuple[Step, ...]] = deque()
        self._otherwise: tuple[Step, ...] | None = None
        self._gates: list[threading.Event] = []
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []

    def script(self, *steps: Step, times: int = 1) -> None:
        """What happens to the next request, or to so many, that has no script yet."""
        self._scripts.extend([steps] * times)

    def otherwise(self, *steps: Step) -> None:
        """What happens to every request that has no script."""
        self._otherwise = steps

    def gate(self) -> threading.Event:
        """A step that waits until the test sets it."""
        gate = threading.Event()
        self._gates.append(gate)
        return gate

    def wait_for_requests(self, count: int) -> None:
        """Returns when so many requests have come."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.requests) >= count, PATIENCE)

    def ended_by(self, connection: int = 0) -> str:
        """Who ended a connection, waiting for it to end."""
        assert self.connections[connection].ended.wait(PATIENCE), "the connection is still open"
        return self.connections[connection].ended_by

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *exception: object) -> None:
        for gate in self._gates:
            gate.set()
        # Closing alone would not wake the thread that waits in accept().
        self._listener.shutdown(socket.SHUT_RDWR)
        for connection in list(self.connections):
            with contextlib.suppress(OSError):
                connection.socket.shutdown(socket.SHUT_RDWR)
        # Grows while the thread that accepts is alive, which is the first.
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
                for step in steps or (UNSCRIPTED,):
                    if connection.ended.is_set():
                        break
                    if isinstance(step, bytes):
                        connection.send(step)
                    elif not isinstance(step, threading.Event):
                        step(connection, request)
                    elif not step.wait(PATIENCE):
                        connection.end("patience")
        finally:
            connection.end("server")

    def _received(self, connection: Connection) -> Request | None:
        """The next request; None when the connection has ended."""
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


def reply(
    body: bytes | Mapping[str, Any],
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    content_type: str = "application/json",
) -> bytes:
    """A whole HTTP reply."""
    if not isinstance(body, bytes):
        body = json.dumps(body, ensure_ascii=False).encode()
    fields = {"Content-Type": content_type, "Content-Length": str(len(body)), **(headers or {})}
    lines = [f"HTTP/1.1 {status} Status", *(f"{name}: {fields[name]}" for name in fields), "", ""]
    return "\r\n".join(lines).encode() + body


def stream_head(headers: Mapping[str, str] | None = None) -> bytes:
    """The head of a streamed reply, whose body then comes in chunks."""
    fields = {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"}
    fields |= headers or {}
    lines = ["HTTP/1.1 200 OK", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
    return "\r\n".join(lines).encode()


def chunk(data: bytes) -> bytes:
    """A piece of a body in chunked encoding."""
    return b"%x\r\n%b\r\n" % (len(data), data)


END = b"0\r\n\r\n"
"""The end of a body in chunked encoding."""


def stream(*pieces: bytes, headers: Mapping[str, str] | None = None) -> bytes:
    """A whole streamed reply."""
    return stream_head(headers) + b"".join(map(chunk, pieces)) + END


# The API

ID = "06379c22ee61299eeadfb33e3b3e9102"
MODEL = "MiniMax-M2.7"
USAGE = {"total_tokens": 30, "prompt_tokens": 10, "completion_tokens": 20}
THINKING, TEXT = "The user greets.", "Hello! 你好 🙂"
CONTENT = f"<think>\n{THINKING}\n</think>\n\n{TEXT}"

DONE = b"data: [DONE]\n\n"


def envelope(kind: str) -> dict[str, Any]:
    return {
        "id": ID,
        "created": 1776838946,
        "model": MODEL,
        "object": kind,
        "input_sensitive": False,
        "output_sensitive": False,
    }


def completion(content: str = CONTENT, finish_reason: str = "stop") -> dict[str, Any]:
    """The body of an answer."""
    message = {"role": "assistant", "name": "MiniMax AI", "content": content}
    choice = {"finish_reason": finish_reason, "index": 0, "message": message}
    return {
        **envelope("chat.completion"),
        "choices": [choice],
        "usage": USAGE,
        "base_resp": {"status_code": 0, "status_msg": ""},
    }


def event(content: str, finish_reason: str | None = None) -> bytes:
    """An event of a streamed answer; the last has a finish_reason and usage."""
    delta = {"role": "assistant", "name": "MiniMax AI", "content": content}
    choice: dict[str, Any] = {"index": 0, "delta": delta}
    usage, base_resp = None, None
    if finish_reason:
        choice["finish_reason"] = finish_reason
        usage, base_resp = USAGE, {"status_code": 0, "status_msg": ""}
    body = {**envelope("chat.completion.chunk"), "choices": [choice], "usage": usage}
    return event_of({**body, "base_resp": base_resp})


def event_of(body: Mapping[str, Any]) -> bytes:
    """An event that holds a JSON object."""
    return b"data: %b\n\n" % json.dumps(body, ensure_ascii=False).encode()


def events(content: str = CONTENT, size: int = 5) -> list[bytes]:
    """The events of a whole streamed answer, [DONE] included."""
    pieces = [content[at : at + size] for at in range(0, len(content), size)]
    return [*map(event, pieces[:-1]), event(pieces[-1], "stop"), DONE]


def failure(code: int, message: str = "it failed") -> dict[str, Any]:
    """A failure told inside an HTTP 200."""
    return {
        **envelope("chat.completion"),
        "choices": None,
        "base_resp": {"status_code": code, "status_msg": message},
    }


def error(code: int, message: str = "it failed", status: int = 500) -> dict[str, Any]:
    """A failure told by an OpenAI-style body."""
    return {
        "type": "error",
        "error": {
            "type": "server_error",
            "message": f"{message} ({code})",
            "http_code": str(status),
        },
        "request_id": "0217",
    }


def answer(connection: Connection, request: Request) -> None:
    """Answers every request as it was asked, streamed or whole, with its last message."""
    body = request.json
    content = f"<think>\n{THINKING}\n</think>\n\n{body['messages'][-1]['content']}"
    if body.get("stream"):
        connection.send(stream(*events(content)))
    else:
        connection.send(reply(completion(content)))


UNSCRIPTED: Step = reply(error(2013, "the test says nothing about this request", 400), 400)
