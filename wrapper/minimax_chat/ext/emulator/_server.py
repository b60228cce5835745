"""The emulator on a real socket, in a thread."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from ._app import Application, RecordedRequest
from ._calls import scripted_calls
from ._specification import installed_specification
from ._switches import Behaviour, read_switches
from ._values import (
    API_KEY,
    COUNT,
    HOST,
    HTTP_STATUS,
    POSITIVE,
    SECONDS,
    SHAPE,
    TEXT,
    Shape,
    header_value,
)

T = TypeVar("T")


class Emulator:
    """The MiniMax chat API on a socket of this machine, served by a thread of this process.

    Args:
        host: Address to listen on: of 127.0.0.0/8, ::1 or localhost. The emulator has no access
            control, so it listens on no other.
        port: Port to listen on; 0 takes a free one.
        api_key: The only key to accept; every other is answered with 2049. None accepts any key
            that does not begin with "invalid".
        shape: How failures are told unless a switch or `fail` overrides it: "http", by the true
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
        HOST.check("host", host)
        API_KEY.check_optional("api_key", api_key)
        SHAPE.check("shape", shape)
        SECONDS.check("pace", pace)
        self._host = host
        self._port = port
        self._normal = Behaviour(fail_shape=shape, slow_between=pace)
        self._application = Application(installed_specification(), api_key, self._normal)
        self._server: _Server | None = None

    def start(self) -> None:
        """Listens; returns when requests are answered. Started again, it takes the same port."""
        if self._server is not None:
            raise RuntimeError("the emulator is already running")
        self._server = _Server(self._application, self._host, self._port)
        self._port = self._server.port

    def stop(self) -> None:
        """Closes the socket and every connection, open streams included; safe to call twice."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def __enter__(self) -> Emulator:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    @property
    def base_url(self) -> str:
        """What MINIMAX_BASE_URL or `base_url=` takes. The OpenAI SDK wants f"{base_url}/v1"."""
        host = "[::1]" if self._host == "::1" else self._host
        return f"http://{host}:{self._port}"

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
            times: The reply to that many requests.

        A scripted reply goes before the switches of the message.
        """
        TEXT.check_optional("text", text)
        TEXT.check_optional("thinking", thinking)
        TEXT.check("switches", switches)
        behaviour, rest = read_switches(switches, self._normal)
        if rest:
            raise ValueError(f"switches must be switches of the emulator (got {rest!r})")
        if text is not None:
            behaviour = replace(behaviour, text=text)
        calls = scripted_calls(tool_calls)
        self._script(replace(behaviour, thinking=thinking, tool_calls=calls), times)

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
            times: The reply to that many requests.
            shape: "http" or "base_resp"; None is the emulator's own.
            http_status: The HTTP status in place of the code's own: 200 or from 400 to 599.
            message: The failure in words; None takes those of the spec.
            after_chunks: In a stream, fail after that many chunks; None fails before it begins.
            retry_after: The header Retry-After, in seconds or as it is to be sent.
            retry_after_ms: The header retry-after-ms, in milliseconds or as it is to be sent.
        """
        if code == 0:
            raise ValueError("code must not be 0, which is success: use reply()")
        POSITIVE.check("code", code)
        SHAPE.check_optional("shape", shape)
        HTTP_STATUS.check_optional("http_status", http_status)
        TEXT.check_optional("message", message)
        COUNT.check_optional("after_chunks", after_chunks)
        behaviour = replace(
            self._normal,
            fail=code,
            fail_shape=shape or self._normal.fail_shape,
            fail_status=http_status,
            fail_message=message,
            fail_after=after_chunks,
            fail_retry_after=header_value("retry_after", retry_after),
            fail_retry_after_ms=header_value("retry_after_ms", retry_after_ms),
        )
        self._script(behaviour, times)

    def reset(self) -> None:
        """Forgets recorded requests, scripted replies and failures counted."""
        self._application.reset()

    def _script(self, behaviour: Behaviour, times: int) -> None:
        COUNT.check("times", times)
        self._application.scripted.extend([behaviour] * times)


class _Protocol(H11Protocol):
    """Lets the application hang up, which ASGI has no message for."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {"hang_up": transport.close}


class _Server:
    """A server in a thread. It ends at once; uvicorn's own waits for open streams."""

    def __init__(self, application: Application, host: str, port: int) -> None:
        listener = _bind(host, port)
        self.port: int = listener.getsockname()[1]
        self._config = uvicorn.Config(application, ws="none", log_config=None, access_log=False)
        self._state = ServerState()
        self._loop = asyncio.new_event_loop()
        # A daemon: an emulator that nobody stopped does not keep the interpreter from ending.
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="minimax-emulator", daemon=True
        )
        self._thread.start()
        self._listener = self._run(
            self._loop.create_server(
                lambda: _Protocol(self._config, self._state, {}), sock=listener
            )
        )

    def stop(self) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def _close(self) -> None:
        self._listener.close()
        connections: Any = self._state.connections
        for connection in list(connections):
            connection.transport.abort()
        # Their replies notice that the connection is gone.
        if self._state.tasks:
            await asyncio.wait(list(self._state.tasks), timeout=1)


def _bind(host: str, port: int) -> socket.socket:
    # Not socket.create_server: without the protocol's number asyncio leaves Nagle's algorithm on,
    # which delays every second write by 40 ms.
    family = socket.AF_INET6 if host == "::1" else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Not looked up: /etc/hosts may give localhost any address.
        listener.bind(("127.0.0.1" if host == "localhost" else host, port))
        listener.listen(128)
    except BaseException:
        listener.close()
        raise
    return listener
