"""The emulator on a real socket, in a thread."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from ._app import Application, RecordedRequest
from ._arguments import (
    calls_as_json,
    check_api_key,
    check_count,
    check_http_status,
    check_pace,
    check_shape,
    check_string,
    header_value,
)
from ._specification import installed_specification
from ._switches import Behaviour, Shape, read_switches


class Emulator:
    """The MiniMax chat API on a socket of this machine, served by a thread of this process.

    Args:
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        api_key: The only key to accept; every other is answered with 2049. None accepts any key
            that does not begin with "invalid".
        shape: How failures are told unless a switch or `fail` says otherwise: "http", by the true
            HTTP status and an OpenAI-style body; "base_resp", by `base_resp` in an HTTP 200.
        pace: Seconds between two chunks of a stream, up to 3600.

    Use it as a context manager, or call `start` and `stop`. Starting raises OSError where the
    address cannot be had; arguments that make no sense raise ValueError or TypeError at the call,
    here and in `reply` and `fail`.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        api_key: str | None = None,
        shape: Shape = "http",
        pace: float = 0.0,
    ) -> None:
        if api_key is not None:
            check_api_key(api_key)
        check_shape(shape)
        check_pace(pace)
        self._host = host
        self._port = port
        self._application = Application(
            installed_specification(), api_key=api_key, shape=shape, pace=pace
        )
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Listens; returns when requests are answered. Started again, it takes the same port."""
        if self._thread is not None:
            raise RuntimeError("the emulator is running already")
        listener = _listen(self._host, self._port)
        self._port = listener.getsockname()[1]
        self._server = _Server(self._application)
        # A daemon: an emulator that nobody stopped does not keep the interpreter from ending.
        self._thread = threading.Thread(
            target=self._server.serve_on, args=(listener,), name="minimax-emulator", daemon=True
        )
        self._thread.start()
        self._server.ready.wait()
        if not self._server.started:
            self._thread.join()
            self._server = self._thread = None
            raise RuntimeError("the emulator did not start; its thread has printed why")

    def stop(self) -> None:
        """Closes the socket and every connection, open streams included; safe to call twice."""
        if self._server is not None and self._thread is not None:
            self._server.stop()
            self._thread.join()
            self._server = self._thread = None

    def __enter__(self) -> Emulator:
        self.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def base_url(self) -> str:
        """What MINIMAX_BASE_URL or `base_url=` takes. The OpenAI SDK wants f"{base_url}/v1"."""
        # An emulator that listens everywhere is reached here.
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._host, self._host)
        return f"http://[{host}]:{self._port}" if ":" in host else f"http://{host}:{self._port}"

    @property
    def requests(self) -> list[RecordedRequest]:
        """The last thousand requests, oldest first, refused ones included."""
        return list(self._application.requests)

    @property
    def pending(self) -> int:
        """How many scripted replies have not been asked for yet."""
        return len(self._application.scripted)

    def reply(
        self,
        text: str | None = None,
        *,
        thinking: str | None = None,
        tool_calls: Sequence[tuple[str, Mapping[str, Any] | str]] = (),
        switches: str = "",
        times: int = 1,
    ) -> None:
        """Scripts the reply to the next valid request that has none yet.

        Args:
            text: The answer; None computes it from the request as usual.
            thinking: The thinking ahead of it; "" is none, None computes it.
            tool_calls: Calls of functions, offered or not: [("name", {"argument": "value"})].
                Arguments that are a string are sent as they are, JSON or not.
            switches: How to behave, written as in a message: "!slow 0.5 !usage null".
            times: The reply to so many requests.

        A scripted reply goes before the switches of the message.
        """
        for name, value in (("text", text), ("thinking", thinking)):
            if value is not None:
                check_string(name, value)
        check_string("switches", switches)
        check_count("times", times)
        behaviour, rest = read_switches(switches)
        if rest:
            raise ValueError(f"not a switch of the emulator: {rest!r}")
        if text is not None:
            behaviour = replace(behaviour, text=text)
        if thinking is not None:
            behaviour = replace(behaviour, thinking=thinking)
        behaviour = replace(behaviour, tool_calls=calls_as_json(tool_calls))
        self._application.scripted.extend([behaviour] * times)

    def fail(
        self,
        code: int,
        *,
        times: int = 1,
        shape: Shape | None = None,
        http_status: int | None = None,
        message: str | None = None,
        after_chunks: int | None = None,
        retry_after: float | str | None = None,
        retry_after_ms: float | str | None = None,
    ) -> None:
        """Scripts a failure as the reply to the next valid request that has none yet.

        Args:
            code: The status code, documented or not.
            times: The reply to so many requests.
            shape: "http" or "base_resp"; None as the emulator was made.
            http_status: The HTTP status in place of the code's own: 200 or from 400 to 599.
            message: The failure in words; None takes those of the spec.
            after_chunks: In a stream, fail after so many chunks; None fails before it begins.
            retry_after: The header Retry-After, in seconds or as it is to be sent.
            retry_after_ms: The header retry-after-ms, in milliseconds or as it is to be sent.
        """
        if code == 0:
            raise ValueError("code 0 is success: use reply()")
        check_count("code", code, least=1)
        check_count("times", times)
        if shape is not None:
            check_shape(shape)
        if http_status is not None:
            check_http_status("http_status", http_status)
        if message is not None:
            check_string("message", message)
        if after_chunks is not None:
            check_count("after_chunks", after_chunks)
        behaviour = Behaviour(
            code=code,
            shape=shape,
            http_status=http_status,
            message=message,
            after=after_chunks,
            retry_after=None if retry_after is None else header_value("retry_after", retry_after),
            retry_after_ms=(
                None if retry_after_ms is None else header_value("retry_after_ms", retry_after_ms)
            ),
        )
        self._application.scripted.extend([behaviour] * times)

    def reset(self) -> None:
        """Forgets recorded requests, scripted replies and failures counted."""
        self._application.reset()


class _Protocol(H11Protocol):
    """Lets the application hang up, which ASGI has no message for."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "hang_up": transport.close}


class _Server(uvicorn.Server):
    """A server that ends at once, where uvicorn's own polls for its end and waits for streams."""

    def __init__(self, application: Application) -> None:
        super().__init__(
            uvicorn.Config(
                application,
                http=_Protocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
            )
        )
        self.ready = threading.Event()
        self._ended = asyncio.Event()
        self._end: Callable[[], Any] = self._ended.set

    def serve_on(self, listener: socket.socket) -> None:
        try:
            asyncio.run(self.serve(sockets=[listener]))
        finally:
            self.ready.set()
            listener.close()

    async def main_loop(self) -> None:
        loop = asyncio.get_running_loop()
        self._end = lambda: loop.call_soon_threadsafe(self._ended.set)
        self.ready.set()
        await self._ended.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        state: Any = self.server_state
        for connection in list(state.connections):
            connection.transport.abort()
        # Their replies notice that the connection is gone.
        if state.tasks:
            await asyncio.wait(list(state.tasks), timeout=1)

    def stop(self) -> None:
        self._end()


def _listen(host: str, port: int) -> socket.socket:
    if not host:
        raise OSError(errno.EINVAL, "the host is empty")
    # Not socket.create_server: without the protocol's number asyncio leaves Nagle's algorithm on,
    # which delays every second write by 40 ms.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except BaseException:
        listener.close()
        raise
    return listener
