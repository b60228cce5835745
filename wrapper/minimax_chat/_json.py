"""Reads JSON, and values in it of unknown type."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, cast

decode: Callable[[bytes | bytearray], Any] | None = None
"""Decodes JSON in a quarter of the time, if msgspec is installed."""
try:
    from msgspec.json import Decoder

    decode = Decoder().decode
except ImportError:
    pass

MAX_DEPTH = 100
"""Levels of nesting; answers have fewer than ten, and to merge one takes several stack frames."""
MAX_CONTAINERS = 50_000
"""Arrays and objects; answers have a few dozen, and each may take 2 kB of memory once merged."""
MAX_BRACKETS = 2_000_000
"""Those in texts included. An array takes 56 bytes of memory or more, but two in a body."""


def parse(content: bytes | bytearray) -> Any:
    """The JSON value in `content`, which may begin with a byte order mark.

    Raises ValueError, or RecursionError if it is nested too deeply.
    """
    if len(content) > MAX_BRACKETS and _brackets(content) > MAX_BRACKETS:
        raise ValueError(f"it has more than {MAX_BRACKETS:,} brackets")
    value = _decoded(content)
    if _needs_a_look(content):
        _check_shape(value)
    return value


def _needs_a_look(content: bytes | bytearray) -> bool:
    if len(content) <= 2 * MAX_DEPTH:
        return False
    # Counting brackets spares most events a look at their value; in a megabyte it takes longer.
    return len(content) > 10_000 or content.count(b"[") + content.count(b"{") > MAX_DEPTH


def _brackets(content: bytes | bytearray) -> int:
    return content.count(b"[") + content.count(b"{")


def _decoded(content: bytes | bytearray) -> Any:
    if decode is not None:
        try:
            return decode(content)
        except Exception:  # no ValueError before msgspec 0.21
            # Left to json, which reads NaN and lone surrogates as well, and words the errors.
            pass
    # Not decoded as utf-8-sig, which takes as long as parsing an event.
    return json.loads(content.decode().removeprefix("\ufeff"))


def _check_shape(value: Any) -> None:
    """Raises if a value is nested too deeply, which the readers refuse at different levels."""
    level = [value] if value.__class__ in (dict, list) else []
    containers = 0
    for _ in range(MAX_DEPTH):
        containers += len(level)
        if containers > MAX_CONTAINERS:
            raise ValueError(f"it has more than {MAX_CONTAINERS:,} arrays and objects")
        level = [
            inner
            for each in level
            for inner in (each.values() if each.__class__ is dict else each)
            if inner.__class__ in (dict, list)
        ]
    if level:
        raise RecursionError(f"it is nested more than {MAX_DEPTH} levels deep")


def as_object(value: Any) -> dict[str, Any]:
    """`value` if it is a JSON object, else an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def as_array(value: Any) -> list[Any]:
    """`value` if it is a JSON array, else an empty one."""
    return cast("list[Any]", value) if isinstance(value, list) else []  # type: ignore[redundant-cast]


def as_string(value: Any) -> str:
    """`value` if it is a string, else ""."""
    return value if isinstance(value, str) else ""


def redact(value: Any, secrets: Iterable[str], *, keys: bool = True) -> Any:
    """`value` with each of `secrets` replaced by `***` in its strings and, if asked, keys."""
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, "***")
        return value
    if isinstance(value, list):
        return [redact(item, secrets, keys=keys) for item in as_array(value)]
    if isinstance(value, dict):
        items = as_object(value).items()
        return {
            redact(key, secrets) if keys else key: redact(item, secrets, keys=keys)
            for key, item in items
        }
    return value
