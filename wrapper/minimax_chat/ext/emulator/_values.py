"""The rules for the values of options, given in Python or as words of a switch."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Container
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any, Literal, get_args

Shape = Literal["http", "base_resp"]


@dataclass(frozen=True)
class Rule:
    """Which values an option takes."""

    description: str
    """What a value must be, as an error message has it."""
    types: tuple[type, ...]
    """What it may be in Python; the first one reads it from a word."""
    allows: Callable[[Any], bool]
    is_secret: bool = False

    def check(self, name: str, value: Any) -> None:
        """Raises TypeError or ValueError for a value that the option cannot have."""
        if not isinstance(value, self.types) or isinstance(value, bool):
            raise TypeError(f"{name} must be {self.description} (got {type(value).__name__})")
        if not self.allows(value):
            got = "" if self.is_secret else f" (got {value!r})"
            raise ValueError(f"{name} must be {self.description}{got}")

    def check_optional(self, name: str, value: Any) -> None:
        if value is not None:
            self.check(name, value)

    def read(self, name: str, word: str) -> Any:
        """The value that a word stands for; raises ValueError."""
        try:
            value = self.types[0](word)
        except ValueError:
            raise ValueError(f"{name} must be {self.description} (got {word!r})") from None
        self.check(name, value)
        return value


def one_of(*words: str) -> Rule:
    return Rule(" or ".join(map(repr, words)), (str,), lambda value: value in words)


def _is_loopback(host: str) -> bool:
    try:
        return host in ("localhost", "::1") or IPv4Address(host).is_loopback
    except ValueError:
        return False


def _integer(description: str, allowed: Container[int]) -> Rule:
    return Rule(description, (int,), lambda value: value in allowed)


def _matching(description: str, pattern: str, *, is_secret: bool = False) -> Rule:
    return Rule(description, (str,), lambda value: bool(re.fullmatch(pattern, value)), is_secret)


TEXT = Rule("a string", (str,), lambda value: True)
COUNT = _integer("an integer from 0 to 999999999", range(1_000_000_000))
POSITIVE = _integer("an integer from 1 to 999999999", range(1, 1_000_000_000))
HTTP_STATUS = _integer("200 or from 400 to 599", {200, *range(400, 600)})
SECONDS = Rule("a number of seconds from 0 to 3600", (float, int), lambda value: 0 <= value <= 3600)
HOST = Rule(
    "a loopback address or localhost, because the emulator has no access control: reach it from "
    "another machine through a tunnel, such as ssh -L 8000:127.0.0.1:8000 HOST",
    (str,),
    _is_loopback,
)
SHAPE = one_of(*get_args(Shape))
API_KEY = _matching("printable ASCII without whitespace, and not empty", "[!-~]+", is_secret=True)
HEADER_VALUE = Rule(
    "a finite number >= 0, or printable ASCII without whitespace at its ends",
    (str, int, float),
    lambda value: _is_header_text(value) if isinstance(value, str) else 0 <= value < math.inf,
)

# A reply could not be read or sent with a trace id in these headers, or has them already.
_HEADERS_IN_USE = (
    "cache-control|connection|content-encoding|content-length|content-type|keep-alive|"
    "retry-after|retry-after-ms|trailer|transfer-encoding|upgrade"
)

# What stands for a value in the usage of a switch.
PLACEHOLDERS = {
    "CODE": POSITIVE,
    "N": POSITIVE,
    "CHUNKS": COUNT,
    "CHARACTERS": POSITIVE,
    "HTTP_STATUS": HTTP_STATUS,
    "SECONDS": SECONDS,
    "VALUE": HEADER_VALUE,
    "NAME": _matching("a word", r"\S+"),
    "TYPE": POSITIVE,
    "HEADER_NAME": _matching(
        "the name of a header that a reply does not need for itself, such as x-request-id",
        f"(?i:(?!({_HEADERS_IN_USE})$)[a-z0-9-]+)",
    ),
}


def header_value(name: str, value: Any) -> str | None:
    """A number or a string as the value of a header; None stays None."""
    HEADER_VALUE.check_optional(name, value)
    return f"{value:.15g}" if isinstance(value, int | float) else value


def _is_header_text(text: str) -> bool:
    return re.fullmatch("([!-~]+( +[!-~]+)*)?", text) is not None
