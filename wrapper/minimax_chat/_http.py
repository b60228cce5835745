"""The HTTP library: its types, its timeouts, its exceptions as this package's."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, TypeAlias, TypeVar

import httpx

from ._errors import (
    APIConnectionError,
    APITimeoutError,
    InvalidArgumentError,
    MiniMaxError,
    ResponseDecodeError,
)

Request: TypeAlias = httpx.Request
Response: TypeAlias = httpx.Response
Timeout: TypeAlias = httpx.Timeout
HTTPClient = TypeVar("HTTPClient", bound=httpx.Client | httpx.AsyncClient)

SETUP_ERRORS = (ImportError, ValueError, OSError, httpx.InvalidURL)
"""What creating an HTTP client raises if the proxy or certificate settings are wrong."""

TIMEOUT = 120.0
"""Seconds of inactivity."""
CONNECT_TIMEOUT = 5.0
END_OF_BODY_TIMEOUT = 0.05


def full_timeout(timeout: float | Timeout | None) -> Timeout:
    """The timeout of each phase of a call; the defaults for None."""
    if isinstance(timeout, httpx.Timeout):
        return timeout
    seconds = TIMEOUT if timeout is None else timeout
    return httpx.Timeout(seconds, connect=min(seconds, CONNECT_TIMEOUT))


@contextmanager
def map_httpx_errors(
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
    except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, UnicodeError) as cause:
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
    if isinstance(cause, (httpx.InvalidURL, httpx.LocalProtocolError)):
        return InvalidArgumentError("the request cannot be sent: its URL or a header is malformed")
    return None


def _connection_error(cause: Exception, reason: str, begun: bool) -> MiniMaxError:
    if isinstance(cause, httpx.DecodingError):
        return ResponseDecodeError(f"the response body cannot be decompressed ({reason})")
    if isinstance(cause, httpx.TimeoutException):
        return APITimeoutError(f"the API did not respond in time ({reason})", retryable=not begun)
    return APIConnectionError(f"the connection to the API failed ({reason})")


@contextmanager
def short_read(response: httpx.Response) -> Generator[bool]:
    """Limits a read of the body to END_OF_BODY_TIMEOUT seconds; yields whether that is possible.

    The end of the body usually follows `[DONE]` at once, and a connection is reused only if its
    body was read to the end: ten streams in a row take one connection instead of ten, which spares
    nine TCP and TLS handshakes. Waiting as long as for an event might take for ever, and httpx
    offers no timeout for a single read.
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
    except httpx.HTTPError:
        pass
    finally:
        if network.read is read:
            del network.read
