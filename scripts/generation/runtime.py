"""The code of contract.py that is the same for every spec."""

from __future__ import annotations

import copy
import math
import operator
import reprlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar, NamedTuple, Protocol
from urllib.parse import unquote_to_bytes


class SupportsToDict(Protocol):
    """A generated model, a view, or anything else that converts itself to a JSON object."""

    def to_dict(self) -> dict[str, Any]: ...


class View:
    """A JSON object read by attribute: None for a missing or null field, `[]` for such an array."""

    __slots__ = ("_data",)
    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data

    def to_dict(self) -> dict[str, Any]:
        """A copy of the whole object as it came, including undocumented fields."""
        return copy.deepcopy(dict(self._data))

    def __eq__(self, other: object) -> bool:
        return self._data == other._data if isinstance(other, View) else NotImplemented

    def __repr__(self) -> str:
        return f"{type(self).__name__}({dict(self._data)!r})"

    def __dir__(self) -> list[str]:
        """Without private names, which would appear in completion."""
        return [name for name in super().__dir__() if name[0] != "_" or name.startswith("__")]

    def _value(self, name: str) -> Any:
        return self._data.get(name)

    def _object(self, name: str) -> Any:
        value = self._data.get(name)
        return value if isinstance(value, dict) else None

    def _array(self, name: str) -> list[Any]:
        value = self._data.get(name)
        return value if isinstance(value, list) else []

    def _text(self, name: str) -> str:
        value = self._data.get(name)
        return value if isinstance(value, str) else ""


class Received(dict[str, Any]):
    """A part of an answer that is sent back unchanged, so that `check` does not check it."""


class Merge(NamedTuple):
    """How the pieces of a streamed field are merged into the whole answer."""

    how: str
    """The value of `x-merge`; "object" if the fields of an object are merged separately."""
    component: str = ""
    """The component of an object or of a list's entries."""
    into: str = ""
    """The field of the whole answer; "" if its name is the same."""


_TYPES: dict[str, tuple[str, tuple[type, ...]]] = {
    "string": ("a string", (str,)),
    "boolean": ("a boolean", (bool,)),
    "integer": ("an integer", (int,)),
    "number": ("a finite number", (int, float)),
    "array": ("a list", (list,)),
    "object": ("a mapping", (dict,)),
    "null": ("None", (type(None),)),
}

_BOUNDS: dict[str, tuple[Callable[[Any, Any], bool], str]] = {
    "exclusiveMinimum": (operator.gt, "> {}"),
    "minimum": (operator.ge, ">= {}"),
    "exclusiveMaximum": (operator.lt, "< {}"),
    "maximum": (operator.le, "<= {}"),
    "minLength": (operator.ge, "at least {} characters"),
    "maxLength": (operator.le, "at most {} characters"),
    "minItems": (operator.ge, "at least {} items"),
    "maxItems": (operator.le, "at most {} items"),
}


def check(
    value: Any, schema: Mapping[str, Any], where: str = "", model: object = None
) -> str | None:
    """Why a value violates one of this module's schemas; None if it does not.

    The reason is such as "temperature must be > 0 and <= 1 (got 0)". `model` selects among the
    bounds of a field; in a request, it is the field `model`.
    """
    if isinstance(value, Received):
        return None
    if not where and isinstance(value, dict):
        model = value.get("model")
    alternatives = list(_alternatives(schema))
    matching = [(kind, each) for kind, each in alternatives if _is_of_type(value, kind)]
    if not matching and alternatives:
        expected = " or ".join(_TYPES[kind][0] for kind, _ in alternatives)
        return f"{where or 'the request'} must be {expected} (got {_described(value)})"
    violations: list[str] = []
    for kind, each in matching:
        violation = _violation(value, kind, each, where, model)
        if violation is None:
            return None
        violations.append(violation)
    return "; or ".join(violations) or None


def _alternatives(schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each type that a schema allows, with what it says of values of this type."""
    for each in schema.get("anyOf", ()):
        yield from _alternatives(each)
    kinds = schema.get("type", ())
    for kind in (kinds,) if isinstance(kinds, str) else kinds:
        yield kind, schema


def _is_of_type(value: Any, kind: str) -> bool:
    if isinstance(value, float) and not math.isfinite(value):
        return False
    return isinstance(value, _TYPES[kind][1]) and isinstance(value, bool) == (kind == "boolean")


def _described(value: Any) -> str:
    """A number, boolean or None itself; of anything else its type."""
    if value is None or isinstance(value, (bool, int, float)):
        return reprlib.repr(value)
    for name, types in _TYPES.values():
        if isinstance(value, types):
            return name
    return type(value).__name__


def _violation(
    value: Any, kind: str, schema: Mapping[str, Any], where: str, model: object
) -> str | None:
    """Why a value of the right type violates a schema."""
    if kind in ("integer", "number"):
        bounds = _violated_bounds(value, schema, model)
        return f"{where} must be {bounds} (got {reprlib.repr(value)})" if bounds else None
    if kind in ("string", "array"):
        bounds = _violated_bounds(len(value), schema, model)
        if bounds:
            return f"{where} must have {bounds} (got {len(value)})"
    parts: Iterable[tuple[str, Any, Mapping[str, Any]]] = ()
    if kind == "string" and "x-max-data-bytes" in schema:
        return _data_violation(value, schema["x-max-data-bytes"], where)
    if kind == "array" and "items" in schema:
        items = schema["items"]
        parts = ((f"{where}[{index}]", item, items) for index, item in enumerate(value))
    if kind == "object":
        prefix = where and f"{where}."
        missing = _missing_field(value, schema)
        if missing:
            return prefix + missing
        fields = schema.get("properties", {})
        parts = ((prefix + name, value[name], fields[name]) for name in fields if name in value)
    for place, part, part_schema in parts:
        violation = check(part, part_schema, place, model)
        if violation:
            return violation
    return None


def _violated_bounds(size: Any, schema: Mapping[str, Any], model: object) -> str:
    """The bounds of a schema, if `size` is outside of them; those of the model, if it has some."""
    scope = ""
    for exception in schema.get("x-bounds", ()):
        if model in exception["models"]:
            schema, scope = exception, f" for model {model}"
    bounds = [(*_BOUNDS[name], schema[name]) for name in _BOUNDS if name in schema]
    if all(holds(size, limit) for holds, _, limit in bounds):
        return ""
    return " and ".join(wording.format(limit) for _, wording, limit in bounds) + scope


def _missing_field(value: dict[str, Any], schema: Mapping[str, Any]) -> str | None:
    for name in schema.get("required", ()):
        if name not in value:
            return f"{name} is required"
    for name, field in schema.get("properties", {}).items():
        condition = field.get("x-required-when")
        if condition and name not in value and condition.items() <= value.items():
            when = " and ".join(f"{other} is {case!r}" for other, case in condition.items())
            return f"{name} is required when {when}"
    return None


def _data_violation(url: str, limit: int, where: str) -> str | None:
    """Why a data URL is too large; None for any other URL."""
    if url[:5].lower() != "data:":
        return None
    head, _, data = url.partition(",")
    if head.lower().endswith(";base64"):
        blanks = sum(map(data.count, " \t\r\n"))
        size = (len(data) - blanks) * 3 // 4 - data[-4:].count("=")
    else:
        size = len(unquote_to_bytes(data))
    if size <= limit:
        return None
    return f"{where} must hold at most {limit:,} bytes, {limit / 2**20:g} MB (got {size:,})"
