"""The generated package says what the spec says: enumerations, hash, facts of contract.py."""

import hashlib
import inspect
from enum import IntEnum, StrEnum
from typing import Any, get_args, get_type_hints

import pytest
import yaml

import minimax_chat_api
from minimax_chat_api import contract, models, params, views
from minimax_chat_api.api.chat import create_chat_completion
from minimax_chat_api.contract import check
from rehearsal.project_copy import ROOT

SOURCE = (ROOT / "openapi.yaml").read_bytes()
SPEC: dict[str, Any] = yaml.safe_load(SOURCE)
SCHEMAS: dict[str, Any] = SPEC["components"]["schemas"]
ENUMS = {name: schema for name, schema in SCHEMAS.items() if "enum" in schema}


@pytest.mark.parametrize("name", ENUMS)
def test_enumeration_has_the_members_of_the_spec_and_no_other(name: str) -> None:
    generated: type[StrEnum | IntEnum] = getattr(models, name)
    # `__members__` lists aliases, too: a value twice would show.
    assert {member: each.value for member, each in generated.__members__.items()} == dict(
        zip(ENUMS[name]["x-enum-varnames"], ENUMS[name]["enum"], strict=True)
    )
    assert issubclass(generated, StrEnum if SCHEMAS[name]["type"] == "string" else IntEnum)


def test_package_contains_the_spec_and_its_hash() -> None:
    assert hashlib.sha256(SOURCE).hexdigest() == contract.SPEC_SHA256
    (folder,) = minimax_chat_api.__path__
    assert (ROOT / folder / "openapi.yaml").read_bytes() == SOURCE


def test_servers_are_the_first_of_each_region_in_the_order_of_the_spec() -> None:
    # Of several of one region the first counts.
    first: dict[str, str] = {}
    for server in SPEC["servers"]:
        first.setdefault(server["x-region"], server["url"])
    assert [*contract.SERVERS.items()] == [*first.items()]


def test_operation_has_the_method_and_path_of_the_generated_endpoint() -> None:
    body = models.ChatCompletionRequest(model="m", messages=[])
    request = create_chat_completion._get_kwargs(body=body)
    assert request["method"] == contract.CREATE_CHAT_COMPLETION_METHOD
    assert request["url"] == contract.CREATE_CHAT_COMPLETION_PATH


def test_status_codes_have_the_meanings_and_retries_of_the_spec() -> None:
    codes = SCHEMAS["StatusCode"]
    assert dict(zip(codes["enum"], codes["x-enum-descriptions"], strict=True)) == (
        contract.STATUS_MEANINGS
    )
    assert set(codes["x-retryable"]) == contract.RETRYABLE_STATUS_CODES
    assert contract.STATUS_MEANINGS.keys() > contract.RETRYABLE_STATUS_CODES


@pytest.mark.parametrize(
    ("component", "left_out"), [("ChatCompletionRequest", {"stream"}), ("Message", set[str]())]
)
def test_typed_dict_has_the_fields_of_the_component_except_stream(
    component: str, left_out: set[str]
) -> None:
    typed_dict = getattr(params, f"{component}Param")
    schema = SCHEMAS[component]
    optional = [field for field in schema["properties"] if field not in schema["required"]]
    expected = [*schema["required"], *(field for field in optional if field not in left_out)]
    assert [*get_type_hints(typed_dict)] == expected
    assert typed_dict.__required_keys__ == {*schema["required"]}


TYPED_DICTS = [name for name in vars(params) if name.endswith("Param")]


@pytest.mark.parametrize("name", TYPED_DICTS)
def test_docstring_of_typed_dict_has_an_entry_for_each_key(name: str) -> None:
    typed_dict = getattr(params, name)
    _, _, keys = inspect.cleandoc(typed_dict.__doc__).partition("\n\nKeys:\n")
    entries = [line for line in keys.splitlines() if line.startswith("    ") and line[4] != " "]
    assert {line.partition(":")[0].strip() for line in entries} == {*get_type_hints(typed_dict)}


@pytest.mark.parametrize("name", ["ModelId", "Role"])
def test_literal_lists_the_values_of_the_enumeration(name: str) -> None:
    assert list(get_args(getattr(params, f"{name}Literal"))) == SCHEMAS[name]["enum"]


@pytest.mark.parametrize(
    "name", ["ChatCompletion", "ChatCompletionChunk", "Choice", "Delta", "Usage", "BaseResp"]
)
def test_view_reads_every_field_and_none_if_it_is_missing(name: str) -> None:
    view = getattr(views, f"{name}View")
    for field, schema in SCHEMAS[name]["properties"].items():
        plain = schema.get("type", [""])[0] in ("string", "integer", "boolean")
        if plain:
            assert getattr(view({field: "a value"}), field) == "a value"
        for empty in ({}, {field: None}):
            read = getattr(view(empty), field)
            if "array" in schema.get("type", []):
                assert read == []
            elif schema.get("x-empty-when-absent"):
                assert read.to_dict() == {}
            else:
                assert read is None


def test_nested_views_skip_entries_that_are_no_objects() -> None:
    whole = views.ChatCompletionView(
        {"choices": [{"message": {"content": "hi"}}, "noise"], "usage": {"total_tokens": 3}}
    )
    assert [each.message.content for each in whole.choices] == ["hi"]
    assert whole.usage is not None
    assert whole.usage.total_tokens == 3
    assert whole.to_dict()["choices"][1] == "noise", "what is not understood is kept"


def test_contract_accepts_any_model_and_an_empty_list_of_messages() -> None:
    # No minimum of messages is documented, and the enumeration of models is open.
    assert check({"model": "x", "messages": []}, contract.CHAT_COMPLETION_REQUEST_SCHEMA) is None
