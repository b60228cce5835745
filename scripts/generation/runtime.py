"""The code of contract.py that is the same for every spec."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes


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


_KINDS: dict[str, tuple[str, tuple[type, ...]]] = {
    "string": ("a string", (str,)),
    "boolean": ("a boolean", (bool,)),
    "integer": ("an integer", (int,)),
    "number": ("a finite number", (int, float)),
    "array": ("a list", (list,)),
    "object": ("a mapping", (dict,)),
    "null": ("None", (type(None),)),
}
"""The types of JSON Schema: how a message names each, and the Python types that fit."""

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
"""The bounds of numbers and sizes: how each is tested, and how a message words it."""


def check(
    value: Any, schema: Mapping[str, Any], where: str = "", model: object = None
) -> str | None:
    """Describe how `value` violates one of this module's schemas; None if it does not.

    The description names the field, what is allowed and what was given. `model` selects the
    bounds of a field that depend on the model; a whole request names it itself.
    """
    if isinstance(value, Received):
        return None
    if not where:
        request: dict[str, Any] | None = value
        if isinstance(request, dict):
            model = request.get("model")
    candidates = alternatives(schema)
    fitting = [each for each in candidates if _has_type(value, each.get("type"))]
    if not fitting:
        allowed = " or ".join(_type_in_words(each, model) for each in candidates)
        return f"{where or 'the request'} must be {allowed} (got {_value_in_words(value)})"
    problems: list[str] = []
    for each in fitting:
        problem = _violation(value, each, where, model)
        if problem is None:
            return None
        problems.append(problem)
    return "; or ".join(dict.fromkeys(problems))


def alternatives(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The schemas of which a value must match one: `anyOf` and lists of types spread out."""
    if "anyOf" in schema:
        return [each for option in schema["anyOf"] for each in alternatives(option)]
    if isinstance(schema.get("type"), list):
        return [{**schema, "type": each} for each in schema["type"]]
    return [schema]


def bounds_in_words(schema: Mapping[str, Any]) -> str:
    """The bounds of a schema, such as "> 0 and <= 1"."""
    words: list[str] = []
    for bound, (_, text) in _BOUNDS.items():
        if bound in schema:
            word = text.format(schema[bound])
            words.append(word.removesuffix("s") if schema[bound] == 1 else word)
    return " and ".join(words)


def _has_type(value: object, kind: str | None) -> bool:
    if kind is None:
        return True
    if isinstance(value, bool):
        return kind == "boolean"
    if isinstance(value, float) and not math.isfinite(value):
        return False
    return isinstance(value, _KINDS[kind][1])


def _type_in_words(schema: Mapping[str, Any], model: object) -> str:
    """The type of a schema with its bounds, such as "a list of at least 1 item"."""
    kind = schema["type"]
    name = _KINDS[kind][0]
    bounds, scope = _bounds_for(schema, model)
    words = bounds_in_words(bounds)
    if words and kind in ("integer", "number"):
        return f"{name} {words}{scope}"
    if words and kind in ("string", "array"):
        return f"{name} of {words}"
    return name


def _value_in_words(value: object) -> str:
    """A number as it is, anything larger by its type alone."""
    if isinstance(value, int) and value.bit_length() > 128:
        # Python refuses to print integers of more than 4,300 digits.
        return "a huge integer"
    if value is None or isinstance(value, (int, float)):
        return repr(value)
    for kind in ("string", "array", "object"):
        name, types = _KINDS[kind]
        if isinstance(value, types):
            return name
    return type(value).__name__


def _bounds_for(schema: Mapping[str, Any], model: object) -> tuple[Mapping[str, Any], str]:
    """The bounds for a model, and the words that say so if they are its own."""
    for exception in schema.get("x-bounds", ()):
        if model in exception["models"]:
            return exception, f" for model {model}"
    return schema, ""


def _is_within(size: float, bounds: Mapping[str, Any]) -> bool:
    return all(test(size, bounds[name]) for name, (test, _) in _BOUNDS.items() if name in bounds)


def _violation(value: Any, schema: Mapping[str, Any], where: str, model: object) -> str | None:
    """How a value of the right type violates a schema with a single type."""
    kind = schema.get("type")
    if kind in ("integer", "number"):
        bounds, scope = _bounds_for(schema, model)
        if not _is_within(value, bounds):
            allowed = f"{bounds_in_words(bounds)}{scope}"
            return f"{where} must be {allowed} (got {_value_in_words(value)})"
    if kind in ("string", "array") and not _is_within(len(value), schema):
        return f"{where} must have {bounds_in_words(schema)} (got {len(value)})"
    if kind == "string" and "x-max-data-bytes" in schema:
        return _data_violation(value, schema["x-max-data-bytes"], where)
    if kind == "array":
        items = schema.get("items", {})
        for index, item in enumerate(value):
            if problem := check(item, items, f"{where}[{index}]", model):
                return problem
    if kind == "object":
        return _object_violation(value, schema, f"{where}." if where else "", model)
    return None


def _object_violation(
    value: dict[str, Any], schema: Mapping[str, Any], prefix: str, model: object
) -> str | None:
    for field in schema.get("required", ()):
        if field not in value:
            return f"{prefix}{field} is required"
    fields: dict[str, Mapping[str, Any]] = schema.get("properties", {})
    for field, field_schema in fields.items():
        condition: dict[str, Any] = field_schema.get("x-required-when", {})
        if condition and field not in value and condition.items() <= value.items():
            words = " and ".join(f"{name} is {case!r}" for name, case in condition.items())
            return f"{prefix}{field} is required when {words}"
    for field, field_schema in fields.items():
        if field in value:
            problem = check(value[field], field_schema, f"{prefix}{field}", model)
            if problem:
                return problem
    return None


_SCALARS = frozenset({str, int, bool, type(None)})
_STRINGS = frozenset({str})


def _is_json(value: Any) -> bool:
    """Whether a value consists of exactly the types that json.loads returns."""
    kind = type(value)  # pyright: ignore[reportUnknownVariableType]
    if kind in _SCALARS:
        return True
    if kind is dict or kind is list:
        for each in value.values() if kind is dict else value:
            if not _is_json(each):
                return False
        return kind is list or _STRINGS.issuperset(map(type, value))
    return kind is float and math.isfinite(value)


def _data_violation(url: str, limit: int, where: str) -> str | None:
    """Whether a data URL holds too much; any other URL holds nothing."""
    if url[:5].lower() != "data:":
        return None
    head, _, data = url.partition(",")
    if head.lower().endswith(";base64"):
        blanks = sum(data.count(blank) for blank in " \t\r\n")
        size = (len(data) - blanks) * 3 // 4 - data[-4:].count("=")
    else:
        size = len(unquote_to_bytes(data))
    if size <= limit:
        return None
    most = f"{limit:,} bytes ({limit / 2**20:g} MB)"
    return f"{where} must hold at most {most} of data (got {size:,})"
