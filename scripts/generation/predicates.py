"""Writes a schema as Python code that recognizes the plain values which it allows.

The code says yes to a plain request much faster than `check`, which interprets the schema. It says
no to all else, and to a schema with a keyword that is not known here; then `check` decides.
"""

from __future__ import annotations

from collections.abc import Iterator

from generation.python_source import docstring
from spec.openapi import Schema, types

OPERATORS = {
    "exclusiveMinimum": ">",
    "minimum": ">=",
    "exclusiveMaximum": "<",
    "maximum": "<=",
    "minLength": ">=",
    "maxLength": "<=",
    "minItems": ">=",
    "maxItems": "<=",
}
"""The bounds that `check` knows, each as it tests a number or size."""

KNOWN = {
    *("type", "anyOf", "items", "properties", "required", "additionalProperties", *OPERATORS),
    *("x-bounds", "x-required-when", "x-max-data-bytes"),
    # No plain value is part of an answer, and bytes are counted when they are there.
    *("x-received-as", "x-max-body-bytes"),
}

# Exactly these types: a subclass may do anything.
TESTS = {
    "string": "type({0}) is str",
    "boolean": "type({0}) is bool",
    "integer": "type({0}) is int",
    "number": "(type({0}) is int or type({0}) is float and math.isfinite({0}))",
    "array": "type({0}) is list",
    "null": "{0} is None",
}

DOCUMENTATION = """Whether `value` is plain JSON that `check` allows.

Plain is what json.loads returns: no subclasses, no models. False is no verdict: ask `check`. A
field that is None is not plain, since None may stand for a field that is left out."""


def predicate(name: str, schema: Schema) -> str:
    """The source of `name`, a function that takes an object, and of the functions it calls."""
    functions: dict[str, str] = {}
    fits = _object(schema, name, functions)
    public = f"""def {name}(value: Any) -> bool:
{docstring(DOCUMENTATION)}
    try:
        return type(value) is dict and {fits}(value, value.get("model"))
    except RecursionError:
        return False
"""
    return "\n\n".join([*functions.values(), public])


def _object(schema: Schema, name: str, functions: dict[str, str]) -> str:
    """Add the function for the objects of a schema to `functions`; return its name."""
    name = f"_{name}"
    while name in functions:
        name += "_"
    functions[name] = ""  # reserved
    cases: dict[str, list[str]] = {}
    for field, each in schema.get("properties", {}).items():
        fits = _fits(each, "field", f"{name.strip('_')}_{field}", functions)
        cases.setdefault(fits, []).append(repr(field))
    refusals = ["type(value) is not dict", *_missing(schema)]
    lines = [f"def {name}(value: Any, model: Any) -> bool:"]
    lines += [f"    if {' or '.join(refusals)}:", "        return False"]
    lines += ["    for name, field in value.items():", "        match name:"]
    for fits, fields in cases.items():
        lines += [f"            case {' | '.join(fields)}:", f"                fits = {fits}"]
    lines += ["            case _:", "                return False"]
    lines += ["        if field is None or not fits:", "            return False"]
    lines += ["    return True"]
    functions[name] = "\n".join(lines) + "\n"
    return name


def _missing(schema: Schema) -> Iterator[str]:
    """Expressions that are true if an object lacks a field."""
    for field in schema.get("required", ()):
        yield f"{field!r} not in value"
    for field, each in schema.get("properties", {}).items():
        if "x-required-when" in each:
            case = each["x-required-when"].items()
            words = [f"value.get({name!r}) == {expected!r}" for name, expected in case]
            yield f"({field!r} not in value and {' and '.join(words)})"


def _fits(schema: Schema, value: str, name: str, functions: dict[str, str]) -> str:
    """An expression that tells whether the variable `value` is plain and allowed by a schema.

    `name` is for a function that the expression may need.
    """
    if not schema.keys() <= KNOWN:
        return "False"
    if "anyOf" in schema:
        options = [_fits(each, value, name, functions) for each in schema["anyOf"]]
    elif "type" in schema:
        options = [_fits_type(each, schema, value, name, functions) for each in types(schema)]
    else:
        return f"_is_json({value})"
    return options[0] if len(options) == 1 else " or ".join(f"({each})" for each in options)


def _fits_type(kind: str, schema: Schema, value: str, name: str, functions: dict[str, str]) -> str:
    if kind == "object":
        if schema.keys() & {"properties", "required"}:
            return f"{_object(schema, name, functions)}({value}, model)"
        # Free keys whose values have a schema of their own are left to `check`.
        is_free = schema.get("additionalProperties", True) in (True, {})
        return f"type({value}) is dict and _is_json({value})" if is_free else "False"
    terms = [TESTS[kind].format(value)]
    if kind in ("integer", "number"):
        terms.append(_number(schema, value))
    elif kind == "string":
        terms += _bounds(schema, f"len({value})")
        if "x-max-data-bytes" in schema:
            terms.append(f"_data_violation({value}, {schema['x-max-data-bytes']}, '') is None")
    elif kind == "array":
        terms += _bounds(schema, f"len({value})")
        item = f"{value}_item"
        fits = _fits(schema.get("items", {}), item, name, functions)
        terms.append(f"all([{fits} for {item} in {value}])")
    return " and ".join(filter(None, terms))


def _number(schema: Schema, value: str) -> str:
    """The bounds of a number, by model where they depend on it."""
    fits = " and ".join(_bounds(schema, value))
    for exception in schema.get("x-bounds", ()):
        own = " and ".join(_bounds(exception, value))
        fits = f"({own or True} if model in {(*exception['models'],)!r} else {fits or True})"
    return fits


def _bounds(schema: Schema, size: str) -> list[str]:
    return [f"{size} {OPERATORS[key]} {schema[key]!r}" for key in OPERATORS if key in schema]
