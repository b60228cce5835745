"""The HTTP library, httpx or httpx2: its types, its timeouts, its exceptions as this package's."""

from __future__ import annotations

import atexit
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Self, TypeAlias, TypeVar
from weakref import WeakValueDictionary

from ._errors import (
    APIConnectionError,
    APITimeoutError,
    ConfigurationError,
    InvalidArgumentError,
    MiniMaxError,
    ResponseDecodeError,
    ResponseLimitError,
)


def _preferred() -> Any:
    """httpx2, which continues httpx under the same names and is faster, if it is installed."""
    try:
        return import_module("httpx2")
    except ImportError:
        return import_module("httpx")


default_library = _preferred()
"""What creates our own clients. The other library is not imported: both take twice the time."""

if TYPE_CHECKING:
    import httpx
    import httpx2

    Client: TypeAlias = httpx.Client | httpx2.Client
    AsyncClient: TypeAlias = httpx.AsyncClient | httpx2.AsyncClient
    Response: TypeAlias = httpx.Response | httpx2.Response
    Timeout: TypeAlias = httpx.Timeout | httpx2.Timeout
else:
    Client, AsyncClient = default_library.Client, default_library.AsyncClient
    Response, Timeout = default_library.Response, default_library.Timeout
HTTPClient = TypeVar("HTTPClient", bound="Client | AsyncClient")

TIMEOUT = 120.0
"""Seconds of inactivity."""
CONNECT_TIMEOUT = 5.0
END_OF_BODY_TIMEOUT = 0.05
SHORTEST_TIMEOUT = 0.001
"""Seconds; 0 would mean not to wait at all."""
WRITTEN_AT_ONCE = 65_536
"""Bytes."""


def loaded(*names: str) -> tuple[Any, ...]:
    """The members of these names, of each HTTP library that is loaded: users may bring either."""
    libraries = [sys.modules.get(name) for name in ("httpx", "httpx2")]  # None blocks an import
    return tuple(getattr(each, name) for each in libraries if each for name in names)


class Deadline:
    """When a call must have ended."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds; 0 once it has passed."""
        left = self._end - time.monotonic()
        return left if left > 0 else 0.0

    def check(self) -> float:
        """The seconds left; raises a timeout of the HTTP library once it has passed."""
        if left := self.left:
            return left
        raise default_library.ReadTimeout(f"{self.seconds:g} s have passed")


class Timeouts(dict[str, Any]):
    """The seconds that each phase of a call may take without progress, None for no limit.

    The HTTP library gets them, at the start of each phase, limited to what is left of the call.
    """

    def __init__(self, seconds: Mapping[str, float | None], deadline: Deadline) -> None:
        super().__init__(seconds)
        self.deadline = deadline

    def get(self, phase: str, default: Any = None) -> Any:
        seconds = super().get(phase, default)
        left = self.deadline.left or SHORTEST_TIMEOUT
        return PhaseTimeout(left if seconds is None else min(seconds, left), self)


class PhaseTimeout(float):
    """Seconds that a phase may take without progress, with the timeouts that they come from."""

    timeouts: Timeouts

    def __new__(cls, seconds: float, timeouts: Timeouts) -> Self:
        timeout = super().__new__(cls, seconds)
        timeout.timeouts = timeouts
        return timeout

    @property
    def left(self) -> float:
        """Seconds for the next read or write; raises a timeout once the deadline has passed."""
        return min(self, self.timeouts.deadline.check())


def timeouts(timeout: float | Timeout | None) -> dict[str, float | None]:
    """The seconds that each phase of a call may take; the defaults for None."""
    phases = ("connect", "read", "write", "pool")
    if timeout is not None and not isinstance(timeout, (int, float)):
        return {phase: getattr(timeout, phase) for phase in phases}
    seconds = TIMEOUT if timeout is None else timeout
    return {**dict.fromkeys(phases, seconds), "connect": min(seconds, CONNECT_TIMEOUT)}


def build_request(
    http: Client | AsyncClient,
    arguments: dict[str, Any],
    timeout: float | Timeout | None,
    deadline: Deadline,
) -> Any:
    """The request of the client's own library; raises its exceptions."""
    url_class: Any = type(http.base_url)
    is_async = isinstance(http, loaded("AsyncClient"))
    extensions: dict[str, Any] = {
        "timeout": Timeouts(timeouts(timeout), deadline),
        "trace": _trace_async if is_async else _trace,
    }
    url = _parsed(url_class, arguments["url"])
    return http.build_request(**{**arguments, "url": url}, extensions=extensions)


def _trace(event: str, info: dict[str, Any]) -> None:
    """Called with each step of a call: a connection that has been opened is its result."""
    _apply_deadlines(info.get("return_value"))


async def _trace_async(event: str, info: dict[str, Any]) -> None:
    _trace(event, info)


def adopted(response: Response) -> Response:
    """A response whose reads end at the deadline, on any connection that supports it."""
    _apply_deadlines(response.extensions.get("network_stream"))
    _adopted[id(response)] = response
    return response


_adopted: WeakValueDictionary[int, Response] = WeakValueDictionary()


@atexit.register
def leave_open() -> None:
    """Keeps responses from being closed when Python ends, which closes their connections anyway.

    HTTP libraries make a timedelta there, which crashes Python 3.13 and 3.14 by then:
    python/cpython#132413.
    """
    for response in [each for reference in _adopted.valuerefs() if (each := reference())]:
        response.is_closed = True


def _apply_deadlines(connection: Any) -> None:
    """Ends each read and write of a network connection at the deadline of the call it is for.

    HTTP libraries limit the inactivity alone: a byte a second keeps a call alive for ever, already
    in the headers. They accept any number as a timeout, and pass it on as it is.
    """
    if hasattr(connection, "start_tls") and not hasattr(connection, "has_deadlines"):
        with suppress(TypeError):  # from classes that do not allow it
            connection.__class__ = _with_deadlines(connection.__class__)


@lru_cache
def _with_deadlines(connection_class: Any) -> Any:
    def left(timeout: float | None) -> float | None:
        return timeout.left if isinstance(timeout, PhaseTimeout) else timeout

    def read(connection: Any, max_bytes: int, timeout: float | None = None) -> Any:
        return connection_class.read(connection, max_bytes, left(timeout))

    def write(connection: Any, buffer: bytes, timeout: float | None = None) -> Any:
        return connection_class.write(connection, buffer, left(timeout))

    def write_pieces(connection: Any, buffer: bytes, timeout: float | None = None) -> None:
        # A write blocks as long as it makes progress.
        for start in range(0, len(buffer), WRITTEN_AT_ONCE):
            piece = buffer[start : start + WRITTEN_AT_ONCE]
            connection_class.write(connection, piece, left(timeout))

    is_async = hasattr(connection_class, "aclose")
    members = {"read": read, "write": write if is_async else write_pieces, "has_deadlines": True}
    return type(connection_class.__name__, (connection_class,), members)


@lru_cache(maxsize=8)  # parsing takes a third of the time of a request's creation
def _parsed(url_class: Any, url: str) -> Any:
    return url_class(url)


@contextmanager
def map_http_errors(
    redact: Callable[[str], str],
    deadline: Deadline,
    *,
    begun: bool = False,
    broken_off: Callable[[str], MiniMaxError | None] = lambda reason: None,
) -> Generator[None]:
    """Raises the exceptions of the HTTP library as errors of this package.

    Args:
        redact: Removes the key from a message.
        deadline: When the call must have ended.
        begun: Whether the response has begun, so that a timeout must not be retried.
        broken_off: Given the reason, returns the error of a stream that was broken off; None if no
            chunk had been handed over.
    """
    try:
        yield
    except RuntimeError as cause:
        if "client has been closed" not in str(cause):
            raise
        raise ConfigurationError("the client was closed during the call") from None
    except (*loaded("HTTPError", "StreamError", "InvalidURL"), UnicodeError) as cause:
        reason = redact(f"{type(cause).__name__}: {cause}".removesuffix(": "))
        late = isinstance(cause, loaded("TimeoutException")) and not deadline.left
        broken = f"total_timeout: {deadline.seconds:g} s" if late else reason
        error = _request_error(cause) or broken_off(broken)
        if error is None:
            error = _late_error(deadline) if late else _connection_error(cause, reason, begun)
        try:
            raise error from None
        finally:
            # The cause refers to the request, whose headers contain the key.
            error.__context__ = None


def _request_error(cause: Exception) -> MiniMaxError | None:
    if isinstance(cause, loaded("InvalidURL", "LocalProtocolError")):
        return InvalidArgumentError("the request cannot be sent: its URL or a header is malformed")
    return None


def _late_error(deadline: Deadline) -> MiniMaxError:
    error = APITimeoutError(
        f"the call did not end within total_timeout, {deadline.seconds:g} s", retryable=False
    )
    error.hint = "Increase total_timeout=."
    return error


def _connection_error(cause: Exception, reason: str, begun: bool) -> MiniMaxError:
    if isinstance(cause, loaded("DecodingError")):
        return ResponseDecodeError(f"the response body cannot be unpacked ({reason})")
    sent = not isinstance(cause, loaded("ConnectError", "ConnectTimeout", "PoolTimeout"))
    if isinstance(cause, loaded("TimeoutException")):
        return APITimeoutError(
            f"the API did not respond in time ({reason})", retryable=not begun, sent=sent
        )
    if str(cause) == "Receive buffer too long":  # h11's words, and h11's limit
        return ResponseLimitError("the response headers exceed 100 KiB", hint="Check base_url.")
    return APIConnectionError(f"the connection to the API failed ({reason})", sent=sent)


@contextmanager
def short_read(response: Response | None) -> Generator[bool]:
    """Limits the rest of the body to END_OF_BODY_TIMEOUT seconds; yields whether that is possible.

    The end of the body usually follows `[DONE]` at once, and a connection is reused only if its
    body was read to the end: ten streams in a row take one connection instead of ten, which spares
    nine TCP and TLS handshakes. Waiting as long as for an event might take for ever.
    """
    if response is None or response.http_version != "HTTP/1.1":
        yield False
        return
    timeouts = response.request.extensions.get("timeout")
    has_deadlines = hasattr(response.extensions.get("network_stream"), "has_deadlines")
    if not has_deadlines or not isinstance(timeouts, Timeouts):
        yield False
        return
    timeouts.deadline = Deadline(END_OF_BODY_TIMEOUT)
    with suppress(*loaded("HTTPError")):
        yield True
