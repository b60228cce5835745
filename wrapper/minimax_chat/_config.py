"""The options of clients and calls: from arguments, else the environment, else defaults."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, TypedDict
from urllib.parse import urlsplit

from minimax_chat_api.contract import SERVERS, check

from ._errors import ConfigurationError, InvalidArgumentError
from ._json import redact

if TYPE_CHECKING:
    from ._http import Timeout

SECONDS = {"type": "number", "exclusiveMinimum": 0, "maximum": 1_000_000}
RESERVED_HEADERS = ("authorization", "content-length", "host", "transfer-encoding")


class CallOptions(TypedDict, total=False):
    """The arguments of `create` that are not fields of the request.

    Keys:
        timeout: Seconds of inactivity before the call fails, or a Timeout of httpx or httpx2.
        max_retries: How often the call is retried after a failure.
        extra_headers: Headers to send beside the client's.
        extra_body: Undocumented request fields, sent unchecked.
    """

    timeout: float | Timeout | None
    max_retries: int | None
    extra_headers: Mapping[str, str] | None
    extra_body: Mapping[str, Any] | None


class Config:
    """The checked options of a client."""

    def __init__(
        self,
        api_key: str,
        base_url: str,
        timeout: Any = None,
        max_retries: int = 2,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.api_key: str = api_key
        self.base_url: str = base_url
        self.timeout: Any = timeout
        """Seconds or a Timeout of the HTTP library; None for the default."""
        self.max_retries: int = max_retries
        self.headers: Mapping[str, str] = headers or {}

    def __repr__(self) -> str:
        return f"Config(base_url={self.base_url!r})"  # neither key nor headers

    @classmethod
    def resolve(cls, api_key: str | None, region: str | None, base_url: str | None) -> Config:
        """Fills in what is not given from the environment; raises ConfigurationError."""
        if region is not None and base_url is not None:
            raise ConfigurationError("pass either region or base_url, not both")
        if region is None and base_url is None:
            base_url = os.environ.get("MINIMAX_BASE_URL") or None
        if base_url is None:
            if region is None:
                region = os.environ.get("MINIMAX_REGION") or next(iter(SERVERS))
            if region not in [*SERVERS]:
                known = " or ".join(map(repr, SERVERS))
                raise ConfigurationError(f"region must be {known} (got {region!r})")
            base_url = SERVERS[region]
        key = os.environ.get("MINIMAX_API_KEY", "") if api_key is None else api_key
        return cls(_usable_key(key), _usable_url(base_url))

    def override(self, timeout: Any, max_retries: Any, headers: Any) -> Config:
        """A copy with each option that is not None replaced; raises InvalidArgumentError."""
        if timeout is None and max_retries is None and headers is None:
            return self
        # A Timeout is recognized by its `connect`: this module imports no HTTP library.
        seconds = 1 if timeout is None or hasattr(timeout, "connect") else timeout
        retries = self.max_retries if max_retries is None else max_retries
        problem = check(seconds, SECONDS, "timeout")
        problem = problem or check(retries, {"type": "integer", "minimum": 0}, "max_retries")
        if not isinstance(headers or {}, Mapping):
            raise InvalidArgumentError(f"headers must be a mapping (got {type(headers).__name__})")
        given: dict[Any, Any] = dict(headers or {})
        for name, value in given.items():
            problem = problem or _header_problem(name, value)
        if problem:
            raise InvalidArgumentError(problem)
        timeout = self.timeout if timeout is None else timeout
        headers = {**self.headers, **given}
        return Config(self.api_key, self.base_url, timeout, retries, headers)

    def redact(self, value: Any) -> Any:
        """A JSON value with the API key replaced by `***` in all its strings."""
        return redact(value, self.api_key)

    def region_hint(self) -> str:
        """Says which platform the key was sent to, and how to use another one."""
        told = {url: f"region={region!r} ({url})" for region, url in SERVERS.items()}
        here = told.pop(self.base_url, self.base_url)
        return (
            f"The key was sent to {here}, but works only on the platform that issued it; "
            f"for a key of another platform, use {' or '.join(told.values())}."
        )


def _header_problem(name: Any, value: Any) -> str | None:
    if not (_is_printable_ascii(name) and _is_printable_ascii(value)):
        # The value is not shown: it may be a secret.
        return f"the header {name!r} must be printable ASCII"
    if name.lower() in RESERVED_HEADERS:
        return f"the header {name!r} is set by the client"
    return None


def _is_printable_ascii(text: Any) -> bool:
    return isinstance(text, str) and text.isascii() and text.isprintable()


# No message may show the key.
def _usable_key(api_key: Any) -> str:
    if not isinstance(api_key, str):
        raise ConfigurationError(f"api_key must be a string (got {type(api_key).__name__})")
    if not (key := api_key.strip()):
        raise ConfigurationError("no API key: pass api_key= or set MINIMAX_API_KEY")
    if not all("!" <= character <= "~" for character in key):
        raise ConfigurationError("the API key contains whitespace or non-ASCII characters")
    return key


def _is_loopback(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return f".{host.rstrip('.')}".endswith(".localhost")
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def _usable_url(base_url: Any) -> str:
    text = str(base_url).strip()
    if "@" in text:
        raise ConfigurationError("base_url must not contain a user name or password")
    try:
        url = urlsplit(text)
        host = (url.hostname or "").encode("idna")
        plain = text.isprintable() and not (url.query or url.fragment or " " in text)
        if url.scheme in ("http", "https") and host and url.port != 0 and plain:
            if url.scheme == "http" and not _is_loopback(url.hostname or ""):
                warnings.warn(
                    f"base_url is {text}: the API key crosses the network unencrypted. Use "
                    "https:// or, if you trust that network, "
                    "warnings.filterwarnings('ignore', message='base_url is http')",
                    stacklevel=4,  # the call that makes the client
                )
            # Other SDKs put the version in the base URL; the contract has it in the path.
            return url.geturl().rstrip("/").removesuffix("/v1")
    except ValueError:
        pass
    raise ConfigurationError(
        f"base_url must be an http:// or https:// URL without query or fragment (got {base_url!r})"
    )
