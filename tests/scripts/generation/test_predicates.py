"""What the generated predicate says of values, by the example of small schemas."""

import math
from collections.abc import Callable
from enum import StrEnum
from typing import Any

import pytest

from generation import runtime
from generation.contract_module import CONSTRAINTS
from generation.predicates import KNOWN, predicate
from generation.runtime import check


class Word(StrEnum):
    HI = "hi"


class Subclass(dict[str, Any]): ...


Predicate = Callable[[Any], bool]
NESTED = {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}


def plain(schema: dict[str, Any]) -> Predicate:
    """The predicate of an object whose field `x` has a schema."""
    names = {**vars(runtime)}
    request = {"type": "object", "properties": {"model": {"type": "string"}, "x": schema}}
    exec(predicate("is_plain", request), names)
    made: Predicate = names["is_plain"]
    return made


@pytest.mark.parametrize(
    ("schema", "allowed", "others"),
    [
        ({"type": "string"}, ["", "a"], [1, None, Word.HI, b"a", ["a"]]),
        ({"type": "string", "minLength": 2, "maxLength": 3}, ["ab", "abc"], ["a", "abcd"]),
        (
            {"type": "string", "x-max-data-bytes": 4},
            ["https://a-long-address", "data:;base64,aGVsbA=="],
            ["data:;base64,aGVsbG8=", "DATA:,hello"],
        ),
        ({"type": "boolean"}, [True, False], [0, 1, "true", None]),
        ({"type": "integer"}, [0, -1, 10**400], [True, 1.0, "1"]),
        ({"type": "integer", "minimum": 1, "maximum": 3}, [1, 3], [0, 4]),
        ({"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 3}, [2], [1, 3]),
        ({"type": "number"}, [0, 0.5, -1e300, 10**400], [True, math.nan, math.inf, -math.inf]),
        ({"type": "number", "minimum": 0.5}, [0.5, 1], [0.4, 0, math.inf, math.nan]),
        ({"type": "number", "x-bounds": [{"models": ["m"], "maximum": 1}]}, [0, 2], [None]),
        ({"type": ["integer", "boolean"], "minimum": 1}, [1, False], [0, "1", None]),
        ({"type": ["string", "null"]}, ["a"], [None, 1]),
        ({"type": "array", "items": {"type": "string"}}, [[], ["a", "b"]], [["a", 1], ("a",), "a"]),
        ({"type": "array", "items": {"type": ["string", "null"]}}, [["a", None]], [None, [1]]),
        (
            {"type": "array", "minItems": 1, "maxItems": 2, "items": {}},
            [["a"], [1, [None]]],
            [[], [1, 2, 3], [object()]],
        ),
        (
            {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
            [[], [[]], [[1], [2, 3]]],
            [[1], [["1"]], [[1], None]],
        ),
        (
            {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "integer"}}]},
            ["a", [1]],
            [1, ["a"], None],
        ),
        (
            NESTED,
            [{"a": "b"}],
            [{}, {"a": 1}, {"a": "b", "c": 1}, {"a": None}, [], Subclass(a="b")],
        ),
        ({"type": "object", "properties": {"a": {"type": "null"}}}, [{}], [{"a": None}]),
        ({"type": "object", "required": ["a"]}, [], [{}, {"a": 1}]),
        # Two objects for one field.
        (
            {"anyOf": [NESTED, {"type": "object", "properties": {"a": {"type": "integer"}}}]},
            [{"a": "b"}, {"a": 1}, {}],
            [{"a": 1.5}, None],
        ),
        (
            {"type": "object"},
            [{}, {"a": [None, {"b": 0.5}]}],
            [{1: 2}, {Word.HI: 1}, {"a": (1,)}, {"a": math.nan}, {"a": Subclass()}, []],
        ),
        ({"type": "object", "additionalProperties": True}, [{"a": None}], [{"a": (1,)}]),
        ({"type": "object", "additionalProperties": {}}, [{"a": None}], [{"a": (1,)}]),
        ({"type": "object", "additionalProperties": {"type": "string"}}, [], [{}, {"a": "b"}]),
        ({}, ["a", 1, [None], {"a": None}], [None, object(), {"a": {1}}]),
        (
            {
                "type": "object",
                "properties": {
                    "role": {"type": "string"},
                    "id": {"type": "string", "x-required-when": {"role": "tool"}},
                },
            },
            [{}, {"role": "user"}, {"role": "tool", "id": "1"}],
            [{"role": "tool"}],
        ),
    ],
)
def test_predicate_allows_plain_values_and_leaves_others_to_check(
    schema: dict[str, Any], allowed: list[Any], others: list[Any]
) -> None:
    is_plain = plain(schema)
    assert [each for each in allowed if not is_plain({"x": each})] == []
    within = {"type": "object", "properties": {"x": schema}}
    assert [problem for each in allowed if (problem := check({"x": each}, within))] == []
    assert [each for each in others if is_plain({"x": each})] == []


BOUNDED: dict[str, Any] = {
    "type": "number",
    "maximum": 1,
    "x-bounds": [{"models": ["wide"], "maximum": 2}, {"models": ["any", "all"]}],
}


def alone(number: int) -> object:
    return number


def in_a_list(number: int) -> object:
    return [number]


def in_an_object(number: int) -> object:
    return {"deep": number}


@pytest.mark.parametrize(
    ("schema", "wrapped"),
    [
        (BOUNDED, alone),
        ({"type": "array", "items": BOUNDED}, in_a_list),
        ({"type": "object", "properties": {"deep": BOUNDED}}, in_an_object),
    ],
)
@pytest.mark.parametrize(
    ("model", "allowed"),
    [({}, [1]), ({"model": "x"}, [1]), ({"model": "wide"}, [1, 2]), ({"model": "all"}, [1, 2, 3])],
)
def test_bounds_are_those_of_the_model_at_any_depth(
    schema: dict[str, Any],
    wrapped: Callable[[int], object],
    model: dict[str, str],
    allowed: list[int],
) -> None:
    is_plain = plain(schema)
    assert [n for n in (1, 2, 3) if is_plain({**model, "x": wrapped(n)})] == allowed


@pytest.mark.parametrize("keyword", ["minContains", *sorted({*CONSTRAINTS} - KNOWN)])
def test_keyword_that_is_not_known_is_left_to_check(keyword: str) -> None:
    for schema in (
        {"type": "string", keyword: 1},
        {"anyOf": [{"type": "integer"}, {"type": "string", keyword: 1}]},
        {"anyOf": [{"anyOf": [{"type": "string"}], keyword: 1}]},
    ):
        assert not plain(schema)({"x": "a"})


def test_anything_but_an_object_of_known_fields_is_left_to_check() -> None:
    is_plain = plain({"type": "string"})
    assert is_plain({})
    values: tuple[object, ...] = ([], None, "x", {"y": 1}, Subclass(), {1: 2}, Word.HI)
    assert not any(map(is_plain, values))


def test_value_that_is_too_deep_or_contains_itself_is_left_to_check() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    endless: list[Any] = []
    endless.append(endless)
    is_plain = plain({"type": "object"})
    assert not is_plain({"x": {"a": deep}})
    assert not is_plain({"x": {"a": endless}})
