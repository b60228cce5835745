"""The HTTP library that carries the calls: what else is needed of it than sending."""

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
"""What making an HTTP client raises where proxy or certificate settings are wrong."""

TIMEOUT = 120.0
"""Seconds without a byte."""
CONNECT_TIMEOUT = 5.0
END_OF_BODY_TIMEOUT = 0.05


def full_timeout(timeout: float | Timeout | None) -> Timeout:
    """The timeouts of each phase of a call; None for the default."""
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
    """Inside, what the HTTP library raises becomes an error of this package.

    Args:
        redact: Takes the key out of a message.
        begun: Whether the reply has begun, so that a timeout is no reason to try again.
        broken_off: Makes the error of a stream that breaks off; None where nothing of it had come.
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
            # The cause holds the request, and its headers the key.
            error.__context__ = None


def _request_error(cause: Exception) -> MiniMaxError | None:
    if isinstance(cause, (httpx.InvalidURL, httpx.LocalProtocolError)):
        return InvalidArgumentError("the request cannot be sent: URL or header is malformed")
    return None


def _connection_error(cause: Exception, reason: str, begun: bool) -> MiniMaxError:
    if isinstance(cause, httpx.DecodingError):
        return ResponseDecodeError(f"the reply's content encoding is broken ({reason})")
    if isinstance(cause, httpx.TimeoutException):
        return APITimeoutError(f"the API did not answer in time ({reason})", retryable=not begun)
    return APIConnectionError(f"the connection to the API failed ({reason})")


@contextmanager
def short_read(response: httpx.Response) -> Generator[bool]:
    """Inside, a read waits END_OF_BODY_TIMEOUT seconds at most; yields False where it cannot.

    Behind `[DONE]` the end of the body most often follows at once, and only a connection whose body
    was read to its end is used again: ten streams in a row need one connection instead of ten. To
    wait as long as for an event could take for ever, and httpx has no other timeout for one read.
    """
    network: Any = response.extensions.get("network_stream")
    if network is None or response.http_version != "HTTP/1.1":
        yield False
        return

    def read(max_bytes: int, timeout: float | None = None) -> Any:
        # As soon as the response is closed, the connection can be another call's.
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
