"""A value that fits a JSON Schema: the smallest, for a person to recognise."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, cast

from jsonschema import Draft202012Validator

from ._specification import Object, find

# Strings of a format; those of others are words.
FORMATS = {
    "date": "2026-06-01",
    "time": "12:00:00Z",
    "date-time": "2026-06-01T12:00:00Z",
    "email": "user@example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
LONGEST = 10_000

_NONE: frozenset[str] = frozenset()


class NoSample(Exception):
    """No finite value fits the schema, or none that the emulator finds."""


class Sampler:
    """Samples of the schemas inside a root schema, to which their references point."""

    def __init__(self, root: Object, words: Iterator[str]) -> None:
        self._root = root
        self._words = words

    def sample(self, schema: Any, name: str = "text", within: frozenset[str] = _NONE) -> Any:
        """A value for the property `name`, `within` the references that lead to the schema."""
        if schema is False:
            raise NoSample(f"no value is allowed for {name}")
        if schema is True:
            schema = {}
        schema, within = self._follow(schema, within)
        for key in ("const", "default"):
            if key in schema:
                return schema[key]
        if schema.get("enum"):
            return schema["enum"][0]
        if "allOf" in schema:
            return self.sample(self._merge(schema, within), name, within)
        for key in ("anyOf", "oneOf"):
            if key in schema:
                return self._first_possible(schema, key, name, within)
        match _type(schema):
            case "object":
                properties = schema.get("properties", {})
                required = dict.fromkeys(schema.get("required", ()))
                return {
                    each: self.sample(properties.get(each, {}), each, within) for each in required
                }
            case "array":
                return self._array(schema, name, within)
            case "integer" | "number":
                return _number(schema)
            case "boolean":
                return True
            case "null":
                return None
            case _:
                return self._string(schema, name)

    def _follow(self, schema: Object, within: frozenset[str]) -> tuple[Object, frozenset[str]]:
        """The schema with what its `$ref` refers to, and the references that lead to it."""
        while "$ref" in schema:
            reference = schema["$ref"]
            if reference in within:
                raise NoSample(f"{reference} refers to itself without end")
            within |= {reference}
            try:
                target = {**find(self._root, reference)}
            except (LookupError, TypeError):
                raise NoSample(f"$ref {reference} leads nowhere inside the parameters") from None
            # What stands under a key that JSON Schema does not know has not been checked yet.
            Draft202012Validator.check_schema(target)
            schema = target | _without(schema, "$ref")
        return schema, within

    def _merge(self, schema: Object, within: frozenset[str]) -> Object:
        """The schema with the parts of its `allOf`."""
        merged = _without(schema, "allOf")
        for each in schema["allOf"]:
            part: Object = {} if isinstance(each, bool) else each
            part, _ = self._follow(part, within)
            required = [*merged.get("required", ()), *part.get("required", ())]
            properties = part.get("properties", {}) | merged.get("properties", {})
            merged = part | merged | {"required": required}
            if properties:
                merged["properties"] = properties
        return merged

    def _first_possible(self, schema: Object, key: str, name: str, within: frozenset[str]) -> Any:
        reason = NoSample(f"{key} of {name} has no alternative")
        for each in schema[key]:
            alternative = each
            if isinstance(each, dict):
                alternative = _without(schema, key) | cast(Object, each)
            try:
                return self.sample(alternative, name, within)
            except NoSample as error:
                reason = error
        raise reason

    def _array(self, schema: Object, name: str, within: frozenset[str]) -> list[Any]:
        first = schema.get("prefixItems", [])
        least = _least_length(schema, "minItems")
        # One entry shows more than none.
        count = min(max(1, least), int(schema.get("maxItems", LONGEST)))
        items = [*first, *[schema.get("items", {})] * count][:count]
        try:
            return [self.sample(each, name, within) for each in items]
        except NoSample:
            if least:
                raise
            return []

    def _string(self, schema: Object, name: str) -> str:
        if found := FORMATS.get(schema.get("format", "")):
            return found
        least, most = _least_length(schema, "minLength"), int(schema.get("maxLength", LONGEST))
        fitting = (word for word in self._words if least <= len(word) <= most)
        word = next(fitting, None) or name or "text"
        while len(word) < least:
            word += f" {word}"
        return word[:most]


def _type(schema: Object) -> str:
    types = schema.get("type", "object" if "properties" in schema else "string")
    if isinstance(types, str):
        return types
    return next((each for each in types if each != "null"), "null")


def _least_length(schema: Object, key: str) -> int:
    length = schema.get(key, 0)
    if length > LONGEST:
        raise NoSample(f"{key} is {length}, and the emulator stops at {LONGEST}")
    return int(length)


def _number(schema: Object) -> float:
    """1, or another number that fits, at the bounds or between them."""
    low = max(schema.get("minimum", -math.inf), schema.get("exclusiveMinimum", -math.inf))
    high = min(schema.get("maximum", math.inf), schema.get("exclusiveMaximum", math.inf))
    is_integer = _type(schema) == "integer"
    candidates = [1, low, high, (low + high) / 2, low + 1, high - 1]
    if step := schema.get("multipleOf", 1 if is_integer else 0):
        counts = [math.floor(each / step) for each in (1, low, high) if math.isfinite(each)]
        candidates = [step * (count + more) for count in counts for more in (0, 1, -1)]
    excluded = (schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum"))
    for number in candidates:
        if math.isfinite(number) and low <= number <= high and number not in excluded:
            return int(number) if is_integer else number
    raise NoSample(f"no number is from {low} to {high}")


def _without(schema: Object, key: str) -> Object:
    return {name: each for name, each in schema.items() if name != key}
