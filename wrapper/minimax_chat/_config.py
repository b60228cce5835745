"""Where calls go, with which key, and how: arguments first, then the environment, then defaults."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from attrs import evolve, field, frozen

from minimax_chat_api.contract import SERVERS, check

from ._errors import ConfigurationError, InvalidArgumentError


@frozen
class Config:
    """What is known of a client, checked."""

    api_key: str = field(repr=False)
    base_url: str
    timeout: Any = None  # seconds or an httpx.Timeout; None for the default
    max_retries: int = 2
    headers: Mapping[str, str] = field(factory=dict[str, str], repr=False)

    @classmethod
    def resolve(cls, api_key: str | None, region: str | None, base_url: str | None) -> Config:
        """Takes what is not given from the environment; raises ConfigurationError."""
        if region is not None and base_url is not None:
            raise ConfigurationError("region and base_url both say where to send: give one")
        if region is None:
            base_url = base_url or os.environ.get("MINIMAX_BASE_URL")
        if not base_url:
            region = region or os.environ.get("MINIMAX_REGION") or next(iter(SERVERS))
            if region not in SERVERS:
                known = " or ".join(map(repr, SERVERS))
                raise ConfigurationError(f"region is {region!r}, but must be {known}")
            base_url = SERVERS[region]
        return cls(_usable_key(api_key), _usable_url(base_url))

    def override(
        self, timeout: Any, max_retries: int | None, headers: Mapping[str, str] | None
    ) -> Config:
        """This with what is not None in its place; raises InvalidArgumentError."""
        changes: dict[str, Any] = {}
        if timeout is not None:
            # Anything but a number is left to httpx, whose Timeout says more than a number can.
            if isinstance(timeout, (int, float, str)):
                _check(timeout, {"type": "number", "exclusiveMinimum": 0}, "timeout")
            changes["timeout"] = timeout
        if max_retries is not None:
            _check(max_retries, {"type": "integer", "minimum": 0}, "max_retries")
            changes["max_retries"] = max_retries
        if headers:
            changes["headers"] = {**self.headers, **headers}
            for name, value in headers.items():
                shown = f"{name}: {value}"
                if not isinstance(value, str) or not (shown.isascii() and shown.isprintable()):  # pyright: ignore[reportUnnecessaryIsInstance]
                    # Without the value, which may be a secret.
                    raise InvalidArgumentError(f"the header {name!r} must be printable ASCII")
                if name.lower() == "authorization":
                    raise InvalidArgumentError("the header Authorization is made of api_key")
        return evolve(self, **changes)

    def region_hint(self) -> str:
        """Which platform the key was tried on, and the other one."""
        others = [
            f"region={region!r} ({url})" for region, url in SERVERS.items() if url != self.base_url
        ]
        here = next((f" (region {r!r})" for r, url in SERVERS.items() if url == self.base_url), "")
        return (
            f"The key was sent to {self.base_url}{here}, and works only on the platform that "
            f"issued it: for a key of another use {' or '.join(others)}."
        )


def _usable_key(api_key: str | None) -> str:
    key = os.environ.get("MINIMAX_API_KEY", "") if api_key is None else api_key
    # The messages must not show the key.
    if not isinstance(key, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigurationError(f"api_key must be a string, not {type(key).__name__}")
    key = key.strip()
    if not key:
        raise ConfigurationError("there is no API key: pass api_key= or set MINIMAX_API_KEY")
    if not all("!" <= character <= "~" for character in key):
        raise ConfigurationError(
            "the API key holds white space, a line break or a character outside ASCII: copy it anew"
        )
    return key


def _usable_url(base_url: str) -> str:
    try:
        url = urlsplit(base_url.strip())
        usable = url.scheme in ("http", "https") and url.hostname and url.port != 0
    except (ValueError, AttributeError, TypeError):
        raise ConfigurationError(f"base_url is {base_url!r}, but must be a URL") from None
    if "@" in url.netloc:
        raise ConfigurationError("base_url must hold no user name or password: the API takes a key")
    if not usable or url.query or url.fragment:
        raise ConfigurationError(
            f"base_url is {base_url!r}, but must be http:// or https://, a host and perhaps a path"
        )
    # Other SDKs have the version in the base URL, the contract has it in the operation's path.
    return url.geturl().rstrip("/").removesuffix("/v1")


def _check(value: object, schema: dict[str, Any], name: str) -> None:
    if problem := check(value, schema, name):
        raise InvalidArgumentError(problem)
