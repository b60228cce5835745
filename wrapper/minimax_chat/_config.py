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
from ._secret import Secret

if TYPE_CHECKING:
    from ._http import Timeout

TOTAL_TIMEOUT = 86_400.0
"""Seconds; no honest answer takes a day."""
MAX_ANSWER_BYTES = 16 * 2**20
"""More than ten times the longest answer of any model."""
SECONDS = {"type": "number", "exclusiveMinimum": 0, "maximum": 1_000_000}
OPTIONS: dict[str, dict[str, Any]] = {
    "timeout": SECONDS,
    "total_timeout": SECONDS,
    "max_retries": {"type": "integer", "minimum": 0},
    "max_answer_bytes": {"type": "integer", "minimum": 1},
}
"""The schemas of the options that have one."""
PUBLIC_HEADERS = ("accept", "accept-encoding", "accept-language", "content-type", "user-agent")
"""Headers whose values are no secrets."""
SHORTEST_SECRET = 6
"""Characters of a header's value that is kept out of messages; shorter ones are common words."""
RESERVED_HEADERS = ("authorization", "content-length", "host", "transfer-encoding")


class CallOptions(TypedDict, total=False):
    """The arguments of `create` that are not fields of the request.

    Keys:
        timeout: Seconds of inactivity before the call fails, or a Timeout of httpx or httpx2.
        total_timeout: Seconds that the call may take, with its retries and until its stream ends.
        max_retries: How often the call is retried after a failure.
        extra_headers: Headers to send beside the client's.
        extra_body: Undocumented request fields, sent unchecked.
    """

    timeout: float | Timeout | None
    total_timeout: float | None
    max_retries: int | None
    extra_headers: Mapping[str, str] | None
    extra_body: Mapping[str, Any] | None


class Config:
    """The checked options of a client."""

    timeout: Any = None
    """Seconds or a Timeout of the HTTP library; None for the default."""
    total_timeout: float = TOTAL_TIMEOUT
    max_retries: int = 2
    max_answer_bytes: int = MAX_ANSWER_BYTES
    headers: Secret[Mapping[str, str]] = Secret({})

    def __init__(self, api_key: Secret[str], base_url: str) -> None:
        self.api_key: Secret[str] = api_key
        self.base_url: str = base_url

    def __repr__(self) -> str:
        return f"Config(base_url={self.base_url!r})"

    @classmethod
    def resolve(
        cls, api_key: Secret[str | None], region: str | None, base_url: str | None
    ) -> Config:
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
        return cls(_usable_key(api_key), _usable_url(base_url))

    def override(self, **given: Any) -> Config:
        """A copy with each option that is not None replaced; raises InvalidArgumentError."""
        options = {name: value for name, value in given.items() if value is not None}
        if not options:
            return self
        headers = options.pop("headers", None)
        if not isinstance(headers or {}, Mapping):
            raise InvalidArgumentError(f"headers must be a mapping (got {type(headers).__name__})")
        added: dict[Any, Any] = dict(headers or {})
        problems = [
            # A Timeout is recognized by its `connect`: this module imports no HTTP library.
            *(
                check(value, OPTIONS[name], name)
                for name, value in options.items()
                if not (name == "timeout" and hasattr(value, "connect"))
            ),
            *(_header_problem(name, value) for name, value in added.items()),
        ]
        if problem := next(filter(None, problems), None):
            raise InvalidArgumentError(problem)
        copy = Config(self.api_key, self.base_url)
        vars(copy).update({**vars(self), **options})
        copy.headers = Secret({**self.headers.reveal(), **added})
        return copy

    def redact(self, value: Any) -> Any:
        """A JSON value with the API key and the user's headers replaced by `***` in its strings."""
        value = redact(value, [self.api_key.reveal()])
        secrets = self._header_secrets()
        return redact(value, secrets, keys=False) if secrets else value

    def redact_key(self, text: str | None) -> str | None:
        """A text with the API key replaced by `***`."""
        return None if text is None else text.replace(self.api_key.reveal(), "***")

    def _header_secrets(self) -> list[str]:
        secrets: list[str] = []
        for name, value in self.headers.reveal().items():
            if name.lower() not in PUBLIC_HEADERS:
                # A scheme such as "Bearer" is no secret, nor is a value that is as short.
                secrets += [value, value.partition(" ")[2]]
        return sorted((each for each in secrets if len(each) >= SHORTEST_SECRET), key=len)[::-1]

    @property
    def local_origin(self) -> str | None:
        """The scheme, host and port of a server on this machine; None for any other server."""
        url = urlsplit(self.base_url)
        return f"{url.scheme}://{url.netloc}" if is_loopback(url.hostname or "") else None

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


# No message, and no local variable while an error is raised, may show the key.
def _usable_key(given: Secret[Any]) -> Secret[str]:
    if given.reveal() is None:
        given = Secret(os.environ.get("MINIMAX_API_KEY", ""))
    if problem := _key_problem(given.reveal()):
        raise ConfigurationError(problem)
    return Secret(given.reveal().strip())


def _key_problem(api_key: Any) -> str | None:
    if not isinstance(api_key, str):
        return f"api_key must be a string (got {type(api_key).__name__})"
    if not (key := api_key.strip()):
        return "no API key: pass api_key= or set MINIMAX_API_KEY"
    if not all("!" <= character <= "~" for character in key):
        return "the API key contains whitespace or non-ASCII characters"
    return None


def is_loopback(host: str) -> bool:
    """Whether a host is this machine; proxies are not used for it."""
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
            if url.scheme == "http" and not is_loopback(url.hostname or ""):
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
