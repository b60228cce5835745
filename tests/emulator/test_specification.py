"""The emulator knows the API from the document it is given: another document makes another API."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from minimax_chat.ext.emulator._answers import compose, count_prompt_tokens, last_user_message
from minimax_chat.ext.emulator._specification import Specification, installed_specification

REQUEST: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}


@pytest.fixture
def schemas(document: dict[str, Any]) -> dict[str, Any]:
    """The schemas of `changed`, to be changed."""
    schemas: dict[str, Any] = copy.deepcopy(document["components"]["schemas"])
    return schemas


def objections(document: dict[str, Any], schemas: dict[str, Any], **fields: Any) -> list[str]:
    components = {**document["components"], "schemas": schemas}
    return Specification({**document, "components": components}).objections({**REQUEST, **fields})


def test_the_package_has_the_spec_of_the_repository(document: dict[str, Any]) -> None:
    installed, own = installed_specification(), Specification(document)
    assert (installed.path, installed.method) == (own.path, own.method)
    assert installed.meanings == own.meanings
    assert installed.completion() == own.completion()


def test_examples_are_copies(document: dict[str, Any]) -> None:
    specification = Specification(document)
    specification.completion()["choices"].clear()
    specification.failure()["error"].clear()
    assert specification.completion()["choices"]
    assert specification.failure()["error"]


@pytest.mark.parametrize(
    ("name", "schema", "value", "expected"),
    [
        ("temperature", {"type": "number", "maximum": 20000}, 12345, []),
        (
            "temperature",
            {"type": "number", "format": "double", "exclusiveMinimum": 0.5, "maximum": 1},
            0.5,
            ["temperature is 0.5; allowed: number, more than 0.5, at most 1"],
        ),
        (
            "stop",
            {"type": ["string", "null"], "maxLength": 2},
            "abc",
            ['stop is "abc"; allowed: string or null, at most 2 characters'],
        ),
        (
            "mode",
            {"enum": ["fast", "slow"]},
            "odd",
            ['mode is "odd"; allowed: one of "fast", "slow"'],
        ),
        (
            "mode",
            {"anyOf": [{"enum": ["fast"], "type": "string"}, {"type": "string"}, {"type": "null"}]},
            1,
            ["mode is 1; allowed: string or null"],
        ),
        (
            "when",
            {"type": "string", "format": "date-time"},
            1,
            ["when is 1; allowed: string, of the format date-time"],
        ),
        ("anything", {}, [1], []),
    ],
)
def test_bounds_are_those_of_the_document(
    document: dict[str, Any],
    schemas: dict[str, Any],
    name: str,
    schema: dict[str, Any],
    value: Any,
    expected: list[str],
) -> None:
    schemas["ChatCompletionRequest"]["properties"][name] = schema
    assert objections(document, schemas, **{name: value}) == expected


def test_a_new_required_field(document: dict[str, Any], schemas: dict[str, Any]) -> None:
    request = schemas["ChatCompletionRequest"]
    request["required"].append("user")
    request["properties"]["user"] = {"type": "string", "minLength": 1}
    assert objections(document, schemas) == [
        "user is missing; allowed: string, at least 1 characters"
    ]


def test_a_limit_to_messages_of_a_kind(document: dict[str, Any], schemas: dict[str, Any]) -> None:
    schemas["ChatCompletionRequest"]["properties"]["messages"] |= {
        "contains": {"properties": {"role": {"const": "system"}}},
        "minContains": 0,
        "maxContains": 1,
    }
    system = {"role": "system"}
    assert objections(document, schemas, messages=[system]) == []
    [objection] = objections(document, schemas, messages=[system, system])
    assert objection.startswith("invalid chat setting: messages may have at most 1 matching ")


def test_content_in_parts_is_understood_where_it_is_allowed() -> None:
    parts: list[Any] = [{"type": "text", "text": "Hello,"}, {"type": "image"}, {"text": "Ada"}]
    messages: list[dict[str, Any]] = [
        {"role": "system"},
        {"role": "assistant", "content": None},
        {"role": "user", "content": parts},
    ]
    assert last_user_message(messages) == "Hello,\nAda"
    assert "“Hello”" in compose(messages, "Hello", "Ada").text
    assert count_prompt_tokens(messages) == 6


def test_another_path(document: dict[str, Any]) -> None:
    [item] = document["paths"].values()
    other = Specification(
        {**document, "paths": {"/v1/models": {"get": {}}, "/v2/chat": {"put": item["post"]}}}
    )
    assert (other.path, other.method) == ("/v2/chat", "PUT")


def test_bounds_of_a_model_replace_those_of_the_field(
    document: dict[str, Any], schemas: dict[str, Any]
) -> None:
    schemas["ChatCompletionRequest"]["properties"]["heat"] = {
        "type": "number",
        "minimum": 0,
        "x-bounds": [{"models": ["old"], "exclusiveMinimum": 3}, {"models": ["new"], "maximum": 2}],
    }
    assert objections(document, schemas, model="other", heat=-1) == [
        "heat is -1; allowed: number, at least 0"
    ]
    assert objections(document, schemas, model="old", heat=3) == [
        "heat is 3; allowed: number, more than 3"
    ]
    assert objections(document, schemas, model="new", heat=-1) == []


def test_a_field_required_at_times(document: dict[str, Any], schemas: dict[str, Any]) -> None:
    schemas["ChatCompletionRequest"]["properties"]["user"] = {
        "type": "string",
        "x-required-when": {"model": "m", "stream": True},
    }
    assert objections(document, schemas, stream=True) == [
        'user is missing; required where model is "m" and stream is true'
    ]
    assert objections(document, schemas) == []


def test_the_models_of_the_first_page_are_those_with_bounds_of_their_own(
    document: dict[str, Any],
) -> None:
    schemas = document["components"]["schemas"]
    later = schemas["ModelId"]["x-enum-sources"]
    specification = Specification(document)
    for model in schemas["ModelId"]["enum"]:
        assert specification.is_of_first_page(model) == (model not in later)
