"""The arguments of Emulator: refused at the call, for in its thread nobody would see them fail."""

from __future__ import annotations

import json
import re
from typing import Any, get_args

from ._switches import HTTP_STATUSES, LONGEST_WAIT, Shape

# No count that means anything has more digits, as in the switches.
LARGEST = 999_999_999


def check_string(name: str, value: Any) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string, not {type(value).__name__}")


def check_count(name: str, value: Any, least: int = 0) -> None:
    _check_integer(name, value)
    if not least <= value <= LARGEST:
        # An integer of thousands of digits cannot be shown.
        shown = value if abs(value) < 10**20 else "a larger number"
        raise ValueError(f"{name} must be from {least} to {LARGEST}, not {shown}")


def check_http_status(name: str, value: Any) -> None:
    _check_integer(name, value)
    if value not in HTTP_STATUSES:
        raise ValueError(f"{name} must be 200 or from 400 to 599, not {value}")


def check_shape(value: Any) -> None:
    known = get_args(Shape)
    if value not in known:
        raise ValueError(f"shape must be {' or '.join(map(repr, known))}, not {value!r}")


def check_pace(value: Any) -> None:
    if not _is_number(value):
        raise TypeError(f"pace must be a number of seconds, not {type(value).__name__}")
    if not 0 <= value <= LONGEST_WAIT:
        raise ValueError(f"pace must be from 0 to {LONGEST_WAIT} seconds, not {value}")


def check_api_key(value: Any) -> None:
    check_string("api_key", value)
    if not re.fullmatch("[!-~]+", value):
        # Without the key: it may be a real one.
        raise ValueError(
            "api_key must be printable ASCII without white space, and not empty: "
            "leave it out to accept any key"
        )


def header_value(name: str, value: Any) -> str:
    """A number or a string as the value of a header."""
    if isinstance(value, str):
        if not re.fullmatch("([!-~]+( +[!-~]+)*)?", value):
            raise ValueError(
                f"{name} must be printable ASCII without white space at its ends, not {value!r}"
            )
        return value
    if not _is_number(value):
        raise TypeError(f"{name} must be a number or a string, not {type(value).__name__}")
    if not 0 <= value < float("inf"):
        raise ValueError(f"{name} must be a finite number of 0 or more, not {value}")
    return f"{value:.15g}"


def calls_as_json(value: Any) -> tuple[tuple[str, str], ...]:
    """`tool_calls` with the arguments as JSON; a string is sent as it is."""
    calls: list[tuple[str, str]] = []
    try:
        for name, arguments in value:
            check_string("name", name)
            if not isinstance(arguments, str):
                arguments = json.dumps(arguments, ensure_ascii=False)
            calls.append((name, arguments))
    except (TypeError, ValueError):
        raise TypeError('tool_calls must be pairs: [("name", {"argument": "value"})]') from None
    return tuple(calls)


def _check_integer(name: str, value: Any) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} must be an integer, not {type(value).__name__}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
