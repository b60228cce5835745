"""What is in contract.py and params.py, by the example of a few components."""

import ast
import copy
import inspect
import sys
from types import ModuleType
from typing import Any, get_type_hints

import pytest
import yaml

from generation.contract_module import UnsupportedSchema, contract_module
from generation.python_source import docstring
from generation.typed_dicts import params_module
from spec.openapi import Spec, parse

STRING = {"type": "string"}
COMPONENTS: dict[str, Any] = {
    "Request": {
        "type": "object",
        "description": "A request.\n",
        "required": ["messages", "nullable"],
        "properties": {
            "tier": {
                "description": "Which queue.\n",
                "default": "slow",
                "anyOf": [{"$ref": "#/components/schemas/Tier"}, STRING],
            },
            "messages": {"type": "array", "items": {"$ref": "#/components/schemas/Message"}},
            "tools": {"type": "array", "items": {"$ref": "#/components/schemas/Tool"}},
            "segments": {"type": "array", "items": {"$ref": "#/components/schemas/Segment"}},
            "limit": {
                "type": "number",
                "exclusiveMinimum": 0,
                "maximum": 2,
                "x-bounds": [{"models": ["m-1", "m-2"], "minimum": 1}],
                "description": "How\nmuch.\n\nA second paragraph.",
            },
            "count": {"type": "integer", "description": f"One. {'Two ' * 40}."},
            "nullable": {"type": ["string", "null"], "description": 'Null is "null"'},
        },
    },
    "Tier": {"type": "string", "description": "Which queue.", "enum": ["slow", "fast"]},
    "Message": {
        "type": "object",
        "description": "A message.",
        "required": ["role"],
        "properties": {
            "role": {"anyOf": [{"$ref": "#/components/schemas/Tier"}, {"type": "null"}]},
            "parts": {"type": "array", "items": STRING},
        },
    },
    "Tool": {
        "type": "object",
        "description": "A tool.",
        "required": ["function"],
        "properties": {"function": {"$ref": "#/components/schemas/Segment"}},
    },
    "Segment": {
        "type": "object",
        "description": "A segment.",
        "properties": {"text": {"type": ["string", "null"]}},
    },
}
JSON_REQUEST = {"application/json": {"schema": {"$ref": "#/components/schemas/Request"}}}
SPEC: dict[str, Any] = {
    "servers": [],
    "paths": {
        "/requests/{id}": {
            "post": {
                "operationId": "sendRequest",
                "requestBody": {"content": JSON_REQUEST},
                "responses": {},
            },
        }
    },
    "components": {"schemas": COMPONENTS},
}


@pytest.fixture(scope="module")
def contract() -> Any:
    return module("contract_of_the_test", contract_module(parsed(SPEC), b""))


@pytest.fixture(scope="module")
def params() -> Any:
    return module("params_of_the_test", params_module(parsed(SPEC)))


def parsed(spec: dict[str, Any]) -> Spec:
    return parse(yaml.safe_dump(spec, sort_keys=False))


def module(name: str, source: str) -> ModuleType:
    made = ModuleType(name)
    sys.modules[name] = made
    exec(source, vars(made))
    return made


def test_operation_has_its_method_and_path(contract: Any) -> None:
    assert contract.SEND_REQUEST_METHOD == "post"
    assert contract.SEND_REQUEST_PATH == "/requests/{id}"


def test_docstring_of_typed_dict_tells_description_values_bounds_and_default(
    params: Any,
) -> None:
    assert inspect.cleandoc(params.RequestParam.__doc__).splitlines() == [
        "A request.",
        "",
        "Keys:",
        "    tier: Which queue.",
        "        Documented values: slow, fast. Default: slow.",
        "    messages:",
        "    tools:",
        "    segments:",
        "    limit: How much.",
        "        Must be > 0 and <= 2; >= 1 for m-1, m-2.",
        "    count: One.",
        '    nullable: Null is "null"',
    ]


def test_parameters_and_keys_of_a_request_are_those_of_its_typed_dict(
    contract: Any, params: Any
) -> None:
    parameters = contract.REQUEST_PARAMETERS
    annotations = params.RequestParam.__annotations__
    assert {key: each.__forward_arg__ for key, each in annotations.items()} == parameters
    assert [*parameters][:2] == ["messages", "nullable"], "required keys come first"
    _, _, keys = inspect.cleandoc(params.RequestParam.__doc__).partition("Keys:")
    assert keys == contract.REQUEST_KEYS


@pytest.mark.parametrize("text", ['ends with a "quote"', "back\\slash", "a\n\nb"])
def test_docstring_is_read_as_it_was_written(text: str) -> None:
    assert inspect.cleandoc(ast.literal_eval(docstring(text).strip())) == text


def test_typed_dict_knows_its_required_keys_at_run_time(params: Any) -> None:
    assert params.RequestParam.__required_keys__ == {"messages", "nullable"}
    assert params.SegmentParam.__required_keys__ == set()


def test_optional_keys_accept_none_and_name_it_once(params: Any) -> None:
    assert params.SegmentParam.__annotations__["text"].__forward_arg__ == "str | None"
    assert params.RequestParam.__annotations__["limit"].__forward_arg__ == "float | None"
    assert params.MessageParam.__annotations__["role"].__forward_arg__ == "TierLiteral | None"


@pytest.mark.parametrize(
    ("key", "expected"), [("messages", True), ("segments", True), ("tools", False)]
)
def test_list_takes_string_mappings_where_no_key_requires_anything_else(
    params: Any, key: str, expected: bool
) -> None:
    annotation = str(get_type_hints(params.RequestParam)[key])
    assert ("Mapping[str, str]" in annotation) == expected


def test_request_of_free_keys_has_a_schema_but_no_parameters() -> None:
    spec = copy.deepcopy(SPEC)
    spec["components"]["schemas"]["Request"] = {"type": "object", "description": "Anything."}
    made: Any = module("free_contract", contract_module(parsed(spec), b""))
    assert made.REQUEST_SCHEMA == {"type": "object"}
    assert not hasattr(made, "REQUEST_PARAMETERS")


def test_keyword_that_requests_would_not_be_checked_by_is_refused_with_its_place() -> None:
    spec = copy.deepcopy(SPEC)
    spec["components"]["schemas"]["Message"]["dependentRequired"] = {"parts": ["role"]}
    with pytest.raises(UnsupportedSchema, match="requests would not be checked by it") as refusal:
        contract_module(parsed(spec), b"")
    assert refusal.value.place == ("components", "schemas", "Message", "dependentRequired")
