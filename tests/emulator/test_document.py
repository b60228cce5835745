"""The emulator knows the API from the document it is given: another document, another API."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from minimax_chat.ext.emulator._specification import Specification, installed_specification
from minimax_chat.ext.emulator._validation import RequestValidator

REQUEST: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}


@pytest.fixture
def changed(document: dict[str, Any]) -> dict[str, Any]:
    """A copy of the document, to be changed."""
    return copy.deepcopy(document)


def request_schema(document: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = document["components"]["schemas"]["ChatCompletionRequest"]
    return schema


def problems(document: dict[str, Any], **fields: Any) -> list[str]:
    validator = RequestValidator(Specification(document))
    return validator.problems_of_value({**REQUEST, **fields})


def test_the_installed_spec_is_that_of_the_repository(document: dict[str, Any]) -> None:
    assert installed_specification().document == document


def test_documented_examples_are_handed_out_as_copies(document: dict[str, Any]) -> None:
    specification = Specification(document)
    specification.completion()["choices"].clear()
    specification.failure()["error"].clear()
    assert specification.completion()["choices"]
    assert specification.failure()["error"]


def test_path_and_method_are_those_of_the_operation(document: dict[str, Any]) -> None:
    [item] = document["paths"].values()
    paths = {"/v1/models": {"get": {}}, "/v2/chat": {"put": item["post"]}}
    other = Specification({**document, "paths": paths})
    assert (other.path, other.method) == ("/v2/chat", "PUT")


FAST = {"enum": ["fast", "slow"], "type": "string"}


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        ({"type": "number", "maximum": 20000}, 12345, []),
        (
            {"type": "number", "format": "double", "exclusiveMinimum": 0.5, "maximum": 1},
            0.5,
            ["field must be a number > 0.5 and <= 1 (got 0.5)"],
        ),
        (
            {"type": ["string", "null"], "maxLength": 2},
            "abc",
            ['field must be a string or null at most 2 characters long (got "abc")'],
        ),
        (FAST, "odd", ['field must be one of "fast", "slow" (got "odd")']),
        (
            {"anyOf": [FAST, {"type": "string"}, {"type": "null"}]},
            1,
            ["field must be a string or null (got 1)"],
        ),
        (
            {"type": "string", "format": "date-time"},
            1,
            ["field must be a string in the format date-time (got 1)"],
        ),
        ({}, [1], []),
    ],
)
def test_the_allowed_range_is_told_in_words(
    changed: dict[str, Any], schema: dict[str, Any], value: Any, expected: list[str]
) -> None:
    request_schema(changed)["properties"]["field"] = schema
    assert problems(changed, field=value) == expected


def test_a_field_is_required_where_the_document_says_so(changed: dict[str, Any]) -> None:
    request_schema(changed)["required"].append("user")
    assert problems(changed) == ["user is required"]


def test_bounds_of_a_model_replace_those_of_the_field(changed: dict[str, Any]) -> None:
    request_schema(changed)["properties"]["heat"] = {
        "type": "number",
        "minimum": 0,
        "x-bounds": [{"models": ["old"], "exclusiveMinimum": 3}, {"models": ["new"], "maximum": 2}],
    }
    assert problems(changed, model="other", heat=-1) == ["heat must be a number >= 0 (got -1)"]
    assert problems(changed, model="old", heat=3) == ["heat must be a number > 3 (got 3)"]
    assert problems(changed, model="new", heat=-1) == []


def test_a_field_required_by_its_siblings(changed: dict[str, Any]) -> None:
    request_schema(changed)["properties"]["user"] = {
        "type": "string",
        "x-required-when": {"model": "m", "stream": True},
    }
    told = 'user is required where model is "m" and stream is true'
    assert problems(changed, stream=True) == [told]
    assert problems(changed) == []


def test_the_older_page_is_that_of_the_models_with_bounds_of_their_own(
    document: dict[str, Any],
) -> None:
    models = document["components"]["schemas"]["ModelId"]
    older = set(models["enum"]) - set(models["x-enum-sources"])
    assert Specification(document).models_with_own_bounds == older
