"""Reads JSON values of unknown type."""

from __future__ import annotations

from typing import Any, cast


def as_object(value: Any) -> dict[str, Any]:
    """`value` if it is a JSON object, else an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def as_array(value: Any) -> list[Any]:
    """`value` if it is a JSON array, else an empty one."""
    return cast("list[Any]", value) if isinstance(value, list) else []  # type: ignore[redundant-cast]


def as_string(value: Any) -> str:
    """`value` if it is a string, else ""."""
    return value if isinstance(value, str) else ""


def redact(value: Any, secret: str) -> Any:
    """`value` with `secret` replaced by `***` in all its strings."""
    if isinstance(value, str):
        return value.replace(secret, "***")
    if isinstance(value, list):
        return [redact(item, secret) for item in as_array(value)]
    if isinstance(value, dict):
        items = as_object(value).items()
        return {redact(key, secret): redact(item, secret) for key, item in items}
    return value
