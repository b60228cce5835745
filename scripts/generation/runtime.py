"""The code of contract.py that is the same for every spec."""

from __future__ import annotations

import copy
import math
import operator
import reprlib
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NamedTuple, Protocol
from urllib.parse import unquote_to_bytes


class SupportsToDict(Protocol):
    """A generated model, a view, or anything else that turns itself into a JSON object."""

    def to_dict(self) -> dict[str, Any]: ...


class View:
    """A JSON object read by attribute. What is missing or null reads None, an array `[]`."""

    __slots__ = ("_data",)
    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data

    def to_dict(self) -> dict[str, Any]:
        """A copy of the object as it came, fields unknown to the contract included."""
        return copy.deepcopy(dict(self._data))

    def __eq__(self, other: object) -> bool:
        return self._data == other._data if isinstance(other, View) else NotImplemented

    def __repr__(self) -> str:
        return f"{type(self).__name__}({dict(self._data)!r})"

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
    """A part of an answer, which goes back as it came: `check` lets it pass whatever it lacks."""


class Merge(NamedTuple):
    """What becomes of the pieces of a streamed field in the whole answer."""

    how: str
    """What `x-merge` says; "object" where the fields of an object are merged one by one."""
    component: str = ""
    """The component of an object or of a list's entries."""
    into: str = ""
    """The field of the whole answer; "" if it has the same name there."""


_KINDS: dict[str, tuple[str, tuple[type, ...]]] = {
    "string": ("a string", (str,)),
    "boolean": ("true or false", (bool,)),
    "integer": ("an integer", (int,)),
    "number": ("a finite number", (int, float)),
    "array": ("a list", (list,)),
    "object": ("a mapping", (dict,)),
    "null": ("null", (type(None),)),
}

_BOUNDS: dict[str, tuple[Callable[[Any, Any], bool], str]] = {
    "exclusiveMinimum": (operator.gt, "> {}"),
    "minimum": (operator.ge, ">= {}"),
    "exclusiveMaximum": (operator.lt, "< {}"),
    "maximum": (operator.le, "<= {}"),
    "minLength": (operator.ge, "of at least {} characters"),
    "maxLength": (operator.le, "of at most {} characters"),
    "minItems": (operator.ge, "of at least {} items"),
    "maxItems": (operator.le, "of at most {} items"),
}


def _data_size(url: str) -> int:
    """How many bytes a data URL holds."""
    head, _, data = url.partition(",")
    if not head.lower().endswith(";base64"):
        return len(unquote_to_bytes(data))
    blanks = sum(map(data.count, " \t\r\n"))
    return (len(data) - blanks) * 3 // 4 - data[-4:].count("=")


def check(
    value: Any, schema: Mapping[str, Any], where: str = "", model: object = None
) -> str | None:
    """What one of this module's schemas forbids about `value`; None if it is allowed.

    Names the field, the value and what is allowed. `model` chooses among the bounds of a field; of
    a whole request it is the field `model`.
    """
    if isinstance(value, Received):
        return None
    if not where and isinstance(value, dict):
        model = value.get("model")
    kind = schema.get("type")
    alternatives = schema.get("anyOf")
    if isinstance(kind, list):
        alternatives = ({**schema, "type": each} for each in kind)
    if alternatives is not None:
        problems: list[str] = []
        for alternative in alternatives:
            problem = check(value, alternative, where, model)
            if problem is None:
                return None
            problems.append(problem)
        # What is wrong inside a value says more than that it might be of another type.
        inside = [problem for problem in problems if not problem.startswith(f"{where} is ")]
        if inside:
            return "; or ".join(inside)
        given, separator, _ = problems[0].partition(", but must be ")
        kinds = [problem.removeprefix(given + separator) for problem in problems]
        return given + separator + " or ".join(kinds)
    if kind is None:
        return None
    name, types = _KINDS[kind]
    whose = ""
    for exception in schema.get("x-bounds", ()):
        if model in exception["models"]:
            schema, whose = exception, f"for model {model}"
    finite = not isinstance(value, float) or math.isfinite(value)
    fits = finite and isinstance(value, types) and isinstance(value, bool) == (kind == "boolean")
    size = value
    if kind not in ("integer", "number"):
        size = len(value) if fits and kind in ("string", "array") else 0
    bounds = {bound: schema[bound] for bound in _BOUNDS if bound in schema}
    if not fits or not all(_BOUNDS[bound][0](size, limit) for bound, limit in bounds.items()):
        allowed = " and ".join(_BOUNDS[bound][1].format(limit) for bound, limit in bounds.items())
        given = f"{where or 'the request'} is {reprlib.repr(value)}"
        return " ".join(filter(None, [f"{given}, but must be {name}", allowed, whose]))
    if "x-max-data-bytes" in schema and value[:5].lower() == "data:":
        size, limit = _data_size(value), schema["x-max-data-bytes"]
        if size > limit:
            most = f"{limit:,} ({limit / 2**20:g} MB)"
            return f"{where} holds {size:,} bytes, but must hold <= {most}"
    inner: dict[str, tuple[Any, Any]] = {}
    if kind == "object":
        prefix = where and f"{where}."
        missing = [field for field in schema.get("required", ()) if field not in value]
        if missing:
            return f"{prefix}{missing[0]} is missing, but must be given"
        fields = schema.get("properties", {})
        for field, each in fields.items():
            when = each.get("x-required-when")
            if when and field not in value and when.items() <= value.items():
                told = " and ".join(f"{name} {case!r}" for name, case in when.items())
                return f"{prefix}{field} is missing, but must be given with {told}"
        inner = {
            f"{prefix}{field}": (value[field], fields[field]) for field in fields if field in value
        }
    elif kind == "array":
        items = schema.get("items", {})
        inner = {f"{where}[{index}]": (item, items) for index, item in enumerate(value)}
    found = (check(item, item_schema, place, model) for place, (item, item_schema) in inner.items())
    return next((problem for problem in found if problem), None)
