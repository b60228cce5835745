"""The HTTP library, httpx or httpx2: its types, its timeouts, its exceptions as this package's."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from ._errors import (
    APIConnectionError,
    APITimeoutError,
    InvalidArgumentError,
    MiniMaxError,
    ResponseDecodeError,
)


def _preferred() -> Any:
    """httpx2, which continues httpx under the same names and is faster, if it is installed."""
    try:
        return import_module("httpx2")
    except ImportError:
        return import_module("httpx")


library = _preferred()
"""What creates our own clients. The other library is not imported: both take twice the time."""

if TYPE_CHECKING:
    import httpx
    import httpx2

    Client: TypeAlias = httpx.Client | httpx2.Client
    AsyncClient: TypeAlias = httpx.AsyncClient | httpx2.AsyncClient
    Response: TypeAlias = httpx.Response | httpx2.Response
    Timeout: TypeAlias = httpx.Timeout | httpx2.Timeout
else:
    Client, AsyncClient = library.Client, library.AsyncClient
    Response, Timeout = library.Response, library.Timeout
HTTPClient = TypeVar("HTTPClient", bound="Client | AsyncClient")

TIMEOUT = 120.0
"""Seconds of inactivity."""
CONNECT_TIMEOUT = 5.0
END_OF_BODY_TIMEOUT = 0.05


def loaded(*names: str) -> tuple[Any, ...]:
    """The members of these names, of each HTTP library that is loaded: users may bring either."""
    libraries = [sys.modules[each] for each in ("httpx", "httpx2") if each in sys.modules]
    return tuple(getattr(each, name) for each in libraries for name in names)


def timeouts(timeout: float | Timeout | None) -> dict[str, float | None]:
    """The seconds that each phase of a call may take; the defaults for None."""
    phases = ("connect", "read", "write", "pool")
    if timeout is not None and not isinstance(timeout, (int, float)):
        return {phase: getattr(timeout, phase) for phase in phases}
    seconds = TIMEOUT if timeout is None else timeout
    return {**dict.fromkeys(phases, seconds), "connect": min(seconds, CONNECT_TIMEOUT)}


def build_request(http: Client | AsyncClient, arguments: dict[str, Any]) -> Any:
    """The request of the client's own library; raises its exceptions."""
    url_class: Any = type(http.base_url)
    url = _parsed(url_class, arguments["url"])
    return http.build_request(**{**arguments, "url": url})


@lru_cache(maxsize=8)  # parsing takes a third of the time of a request's creation
def _parsed(url_class: Any, url: str) -> Any:
    return url_class(url)


@contextmanager
def map_http_errors(
    redact: Callable[[str], str],
    *,
    begun: bool = False,
    broken_off: Callable[[str], MiniMaxError | None] = lambda reason: None,
) -> Generator[None]:
    """Raises the exceptions of the HTTP library as errors of this package.

    Args:
        redact: Removes the key from a message.
        begun: Whether the response has begun, so that a timeout must not be retried.
        broken_off: Given the reason, returns the error of a stream whose connection was lost; None
            if no chunk had been handed over.
    """
    try:
        yield
    except (*loaded("HTTPError", "StreamError", "InvalidURL"), UnicodeError) as cause:
        reason = redact(f"{type(cause).__name__}: {cause}".removesuffix(": "))
        error = _request_error(cause) or broken_off(reason)
        if error is None:
            error = _connection_error(cause, reason, begun)
        try:
            raise error from None
        finally:
            # The cause refers to the request, whose headers contain the key.
            error.__context__ = None


def _request_error(cause: Exception) -> MiniMaxError | None:
    if isinstance(cause, loaded("InvalidURL", "LocalProtocolError")):
        return InvalidArgumentError("the request cannot be sent: its URL or a header is malformed")
    return None


def _connection_error(cause: Exception, reason: str, begun: bool) -> MiniMaxError:
    if isinstance(cause, loaded("DecodingError")):
        return ResponseDecodeError(f"the response body cannot be decompressed ({reason})")
    if isinstance(cause, loaded("TimeoutException")):
        return APITimeoutError(f"the API did not respond in time ({reason})", retryable=not begun)
    return APIConnectionError(f"the connection to the API failed ({reason})")


@contextmanager
def short_read(response: Response) -> Generator[bool]:
    """Limits a read of the body to END_OF_BODY_TIMEOUT seconds; yields whether that is possible.

    The end of the body usually follows `[DONE]` at once, and a connection is reused only if its
    body was read to the end: ten streams in a row take one connection instead of ten, which spares
    nine TCP and TLS handshakes. Waiting as long as for an event might take for ever, and no HTTP
    library offers a timeout for a single read.
    """
    network: Any = response.extensions.get("network_stream")
    if network is None or response.http_version != "HTTP/1.1":
        yield False
        return

    def read(max_bytes: int, timeout: float | None = None) -> Any:
        # Once the response is closed, the connection may belong to another call.
        timeout = timeout if response.is_closed else END_OF_BODY_TIMEOUT
        return network.__class__.read(network, max_bytes, timeout=timeout)

    network.read = read
    try:
        yield True
    except loaded("HTTPError"):
        pass
    finally:
        if network.read is read:
            del network.read
