"""Which functions an answer calls, and with what arguments."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from ._switches import SwitchError

# What a string of a format is; others are words.
FORMATS = {
    "date": "2026-06-01",
    "time": "12:00:00Z",
    "date-time": "2026-06-01T12:00:00Z",
    "email": "user@example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}

# What is longer is not made.
LONGEST = 10_000
# References that lead to references are followed so far.
LONGEST_CHAIN = 10


class Call(NamedTuple):
    name: str
    arguments: str
    """As JSON."""


def compute_calls(
    names: Sequence[str], tools: Sequence[Mapping[str, Any]], asked: str
) -> list[Call]:
    """Calls of offered functions, of the first one if none is named; `asked` is the question.

    Raises SwitchError where a name is not offered or its parameters are no usable JSON Schema.
    """
    offered = {tool["function"]["name"]: tool["function"]["parameters"] for tool in tools}
    if not offered:
        raise SwitchError("the emulator's switch !call needs tools, and the request has none")
    for name in names:
        if name not in offered:
            raise SwitchError(
                f"the emulator's switch !call names {name}, which is not offered; "
                f"offered: {', '.join(offered)}"
            )
    words = reversed(_names(asked))
    calls: list[Call] = []
    for name in names or [*offered][:1]:
        try:
            Draft202012Validator.check_schema(offered[name])
            value = _Arguments(offered[name], words).of({"type": "object", **offered[name]})
        except SchemaError as error:
            raise SwitchError(
                f"the parameters of {name} are no JSON Schema: {error.json_path}: {error.message}"
            ) from None
        except (_NoValue, OverflowError, RecursionError) as error:
            raise SwitchError(f"the emulator finds no arguments for {name}: {error}") from None
        calls.append(Call(name, json.dumps(value, ensure_ascii=False)))
    return calls


def as_sent(
    calls: Sequence[Call], documented: Mapping[str, Any], messages: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The calls as a message carries them, in the form of a documented one.

    Their ids are those of the conversation: the same each time it is answered, others in each turn.
    """
    kind = documented["id"].rsplit("_", 2)[0]
    digest = hashlib.sha256(json.dumps(messages).encode()).hexdigest()[:12]
    return [
        {
            **documented,
            "id": f"{kind}_{digest}_{index + 1}",
            "index": index,
            "function": {**documented["function"], **call._asdict()},
        }
        for index, call in enumerate(calls)
    ]


def _names(asked: str) -> list[str]:
    """The capitalised words, but for those that begin a sentence, where any word is."""
    words = asked.split()
    if len(words) > 1:
        words = [word for before, word in pairwise(words) if before[-1] not in ".?!"]
    found = [match[0] for word in words if (match := re.search(r"\w[\w-]+", word))]
    return [name for name in found if name[0].isupper()]


class _NoValue(Exception):
    """A schema that no finite value fits, or that the emulator cannot follow."""


class _Arguments:
    """Values that fit a JSON Schema: the smallest, for a person to recognise."""

    def __init__(self, root: Any, words: Iterator[str]) -> None:
        self._root = root
        self._words = words
        self._open: list[str] = []
        """The references that the value at hand stands in."""

    def of(self, schema: Any, name: str = "text") -> Any:
        """A value of a schema; `name` is the property that it is for."""
        if schema is False:
            raise _NoValue(f"no value is allowed for {name}")
        if schema is True:
            schema = {}
        if "$ref" in schema:
            return self._of_reference(schema, name)
        for key in ("const", "default"):
            if key in schema:
                return schema[key]
        if schema.get("enum"):
            return schema["enum"][0]
        if "allOf" in schema:
            return self._of_all(schema, name)
        for key in ("anyOf", "oneOf"):
            if key in schema:
                return self._of_alternatives(schema, key, name)
        return self._of_type(schema, name)

    def _of_reference(self, schema: Mapping[str, Any], name: str) -> Any:
        reference = schema["$ref"]
        if reference in self._open:
            raise _NoValue(f"{reference} refers to itself without end")
        self._open.append(reference)
        try:
            return self.of({**self._target(reference), **_without(schema, "$ref")}, name)
        finally:
            self._open.pop()

    def _target(self, reference: str) -> dict[str, Any]:
        target: Any = self._root
        try:
            for part in filter(None, reference.removeprefix("#").split("/")):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            found = {**target}
        except (KeyError, TypeError):
            raise _NoValue(f"$ref {reference} leads nowhere inside the parameters") from None
        # What stands under a key that JSON Schema does not know has not been checked yet.
        Draft202012Validator.check_schema(found)
        return found

    def _of_all(self, schema: Mapping[str, Any], name: str) -> Any:
        whole = _without(schema, "allOf")
        parts: list[Any] = schema["allOf"]
        for each in parts:
            part: dict[str, Any] = {} if isinstance(each, bool) else each
            for _ in range(LONGEST_CHAIN):
                if "$ref" in part:
                    part = {**self._target(part["$ref"]), **_without(part, "$ref")}
            required = [*whole.get("required", ()), *part.get("required", ())]
            properties: dict[str, Any] = part.get("properties", {}) | whole.get("properties", {})
            whole = {**part, **whole, "required": required}
            if properties:
                whole["properties"] = properties
        return self.of(whole, name)

    def _of_alternatives(self, schema: Mapping[str, Any], key: str, name: str) -> Any:
        why = _NoValue(f"{key} of {name} has no alternative")
        alternatives: list[Any] = schema[key]
        for each in alternatives:
            if isinstance(each, dict):
                each = {**_without(schema, key), **cast(dict[str, Any], each)}
            try:
                return self.of(each, name)
            except _NoValue as error:
                why = error
        raise why

    def _of_type(self, schema: Mapping[str, Any], name: str) -> Any:
        kinds: str | list[str] = schema.get(
            "type", "object" if "properties" in schema else "string"
        )
        several = [kinds] if isinstance(kinds, str) else kinds
        kind = next((each for each in several if each != "null"), "null")
        match kind:
            case "object":
                properties = schema.get("properties", {})
                required = dict.fromkeys(schema.get("required", ()))
                return {each: self.of(properties.get(each, {}), each) for each in required}
            case "array":
                return self._array(schema, name)
            case "integer" | "number":
                return _number(schema, whole=kind == "integer")
            case "boolean":
                return True
            case "null":
                return None
            case _:
                return self._string(schema, name)

    def _array(self, schema: Mapping[str, Any], name: str) -> list[Any]:
        first = schema.get("prefixItems", [])
        least = _length(schema, "minItems")
        # One entry shows more than none.
        count = min(max(1, least), int(schema.get("maxItems", LONGEST)))
        try:
            return [
                self.of(first[index] if index < len(first) else schema.get("items", {}), name)
                for index in range(count)
            ]
        except _NoValue:
            if least:
                raise
            return []

    def _string(self, schema: Mapping[str, Any], name: str) -> str:
        least, most = _length(schema, "minLength"), schema.get("maxLength", LONGEST)
        if found := FORMATS.get(schema.get("format", "")):
            return found
        fitting = (word for word in self._words if least <= len(word) <= most)
        word = next(fitting, None) or name or "text"
        while len(word) < least:
            word += f" {word}"
        return word[: int(most)]


def _length(schema: Mapping[str, Any], key: str) -> int:
    if (length := schema.get(key, 0)) > LONGEST:
        raise _NoValue(f"{key} is {length}, and the emulator stops at {LONGEST}")
    return int(length)


def _number(schema: Mapping[str, Any], *, whole: bool) -> float:
    """1, or another number that fits, at the bounds or between them."""
    low = max(schema.get("minimum", -math.inf), schema.get("exclusiveMinimum", -math.inf))
    high = min(schema.get("maximum", math.inf), schema.get("exclusiveMaximum", math.inf))
    near = [1, low, high, (low + high) / 2, low + 1, high - 1]
    if step := schema.get("multipleOf", 1 if whole else 0):
        ends = [math.floor(each / step) for each in (1, low, high) if math.isfinite(each)]
        near = [count * step for end in ends for count in (end, end + 1, end - 1)]
    for number in near:
        if (
            math.isfinite(number)
            and schema.get("minimum", low) <= number <= schema.get("maximum", high)
            and (low < number or low != schema.get("exclusiveMinimum"))
            and (number < high or high != schema.get("exclusiveMaximum"))
        ):
            return int(number) if whole else number
    raise _NoValue(f"no number is from {low} to {high}")


def _without(schema: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: each for name, each in schema.items() if name != key}
