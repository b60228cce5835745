"""What the fixed code of contract.py does, by the example of a small schema."""

from typing import Any

import pytest

from generation.runtime import Received, alternatives, bounds_in_words, check

PART: dict[str, Any] = {
    "type": "object",
    "required": ["type"],
    "properties": {
        "type": {"type": "string"},
        "url": {"type": "string", "x-max-data-bytes": 4},
    },
}
MESSAGE: dict[str, Any] = {
    "type": "object",
    "required": ["role"],
    "properties": {
        "role": {"type": "string"},
        "call": {"type": "string", "x-required-when": {"role": "tool"}},
        "content": {"anyOf": [{"type": "string"}, {"type": "array", "items": PART}]},
    },
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["model", "messages"],
    "properties": {
        "model": {"type": "string", "maxLength": 12},
        "messages": {"type": "array", "minItems": 1, "items": MESSAGE},
        "stream": {"type": "boolean"},
        "count": {"type": ["integer", "null"], "minimum": 1},
        "temperature": {
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": 1,
            "x-bounds": [{"models": ["wide"], "minimum": 0, "maximum": 2}],
        },
        "anything": {},
    },
}
REQUEST: dict[str, Any] = {"model": "m", "messages": [{"role": "user"}]}


def part(**fields: object) -> list[dict[str, Any]]:
    return [{"role": "user", "content": [fields]}]


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("temperature", 0, "temperature must be > 0 and <= 1 (got 0)"),
        ("temperature", 1.5, "temperature must be > 0 and <= 1 (got 1.5)"),
        (
            "temperature",
            "hot",
            "temperature must be a finite number > 0 and <= 1 (got a string)",
        ),
        (
            "temperature",
            float("nan"),
            "temperature must be a finite number > 0 and <= 1 (got nan)",
        ),
        ("stream", 1, "stream must be a boolean (got 1)"),
        ("count", 0, "count must be >= 1 (got 0)"),
        ("count", True, "count must be an integer >= 1 or None (got True)"),
        ("count", 1.0, "count must be an integer >= 1 or None (got 1.0)"),
        ("model", "x" * 13, "model must have at most 12 characters (got 13)"),
        ("model", object(), "model must be a string of at most 12 characters (got object)"),
        ("messages", [], "messages must have at least 1 item (got 0)"),
        ("messages", "hi", "messages must be a list of at least 1 item (got a string)"),
        ("messages", ["hi"], "messages[0] must be a mapping (got a string)"),
        ("messages", [{}], "messages[0].role is required"),
        ("messages", [{"role": None}], "messages[0].role must be a string (got None)"),
        ("messages", [{"role": "tool"}], "messages[0].call is required when role is 'tool'"),
        (
            "messages",
            [{"role": "user", "content": {}}],
            "messages[0].content must be a string or a list (got a mapping)",
        ),
        ("messages", part(), "messages[0].content[0].type is required"),
        (
            "messages",
            part(type="url", url="DATA:text/plain;base64,aGVs bG8="),
            "messages[0].content[0].url must hold at most 4 bytes (3.8147e-06 MB) of data (got 5)",
        ),
        (
            "messages",
            part(type="url", url="data:,h%65llo"),
            "messages[0].content[0].url must hold at most 4 bytes (3.8147e-06 MB) of data (got 5)",
        ),
    ],
)
def test_check_names_the_field_what_is_allowed_and_what_was_given(
    field: str, value: object, problem: str
) -> None:
    assert check({**REQUEST, field: value}, SCHEMA) == problem


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"temperature": 1, "count": None, "stream": True},
        {"new_field": object(), "anything": object()},
        {"messages": part(type="url", url="https://example.com/a-long-address")},
        {"messages": part(type="url", url="data:;base64,aGVsbA==")},
        {"messages": [{"role": "tool", "call": "1"}]},
    ],
)
def test_check_passes_what_the_schema_allows(fields: dict[str, Any]) -> None:
    assert check({**REQUEST, **fields}, SCHEMA) is None


def test_check_words_an_integer_that_python_refuses_to_print() -> None:
    assert check({**REQUEST, "temperature": 10**5000}, SCHEMA) == (
        "temperature must be > 0 and <= 1 (got a huge integer)"
    )


def test_check_applies_the_bounds_of_the_model() -> None:
    assert check({**REQUEST, "model": "wide", "temperature": 2}, SCHEMA) is None
    assert check({**REQUEST, "model": "wide", "temperature": -1}, SCHEMA) == (
        "temperature must be >= 0 and <= 2 for model wide (got -1)"
    )


def test_check_requires_a_request_that_is_a_mapping() -> None:
    assert check([], SCHEMA) == "the request must be a mapping (got a list)"
    assert check({}, SCHEMA) == "model is required"


def test_check_names_a_value_outside_a_request_as_told() -> None:
    assert check("x", {"type": "integer"}, "max_retries") == (
        "max_retries must be an integer (got a string)"
    )


def test_check_lets_parts_of_answers_pass_whatever_they_lack() -> None:
    assert check({**REQUEST, "messages": [Received()]}, SCHEMA) is None


def test_bounds_in_words_uses_the_singular_for_one() -> None:
    assert bounds_in_words({"minItems": 1, "maxItems": 2}) == "at least 1 item and at most 2 items"
    assert bounds_in_words({"type": "string"}) == ""


def test_alternatives_spread_out_nested_any_of_and_lists_of_types() -> None:
    schema = {"anyOf": [{"anyOf": [{"type": "string"}]}, {"type": ["integer", "null"]}]}
    assert [each["type"] for each in alternatives(schema)] == ["string", "integer", "null"]
