"""Shapes that the API does not use yet, but the spec may: code comes of them that works.

The checks of the tests know them as well: what they say of the API counts on the day it uses one.
"""

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from bodies import bodies, examples, nearly
from generated_check import generated_findings, plain_findings
from rehearsal.revisions import Revision, properties
from rehearsal.running import rehearse
from spec_reading import Spec, objects, read_spec, same, violations, without_nulls
from wire_check import reading_findings

REF = "#/components/schemas/"


def component(spec: dict[str, Any], name: str, **schema: Any) -> None:
    described = {"x-source": "guide", "description": f"A {name}.", **schema}
    for field, each in described.get("properties", {}).items():
        each.setdefault("description", f"The {field}.")
    spec["components"]["schemas"][name] = described


def unusual(spec: dict[str, Any]) -> None:
    component(spec, "Labels", type="object", additionalProperties={"type": "string"})
    component(spec, "AnyObject", type="object")
    component(
        spec,
        "Rule",
        type="object",
        required=["kind"],
        properties={
            "kind": {"type": "string", "pattern": "^[a-z]+$"},
            "rules": {"type": "array", "maxItems": 2, "items": {"$ref": REF + "Rule"}},
        },
    )
    strings = {"type": "array", "items": {"type": "string", "minLength": 1}, "maxItems": 4}
    properties(spec, "ChatCompletionRequest").update(
        labels={"description": "Labels.", "$ref": REF + "Labels"},
        parameters={"description": "Anything.", "$ref": REF + "AnyObject"},
        stop={"description": "Where to stop.", "anyOf": [{"type": "string"}, strings]},
        rule={"description": "A rule.", "$ref": REF + "Rule"},
        seed={"description": "Seed.", "type": ["integer", "null"], "minimum": 0},
    )
    component(
        spec,
        "Node",
        type="object",
        properties={
            "from": {"type": ["string", "null"]},
            "list": {"type": ["array", "null"], "items": {"$ref": REF + "Node"}},
            "names": {"type": ["array", "null"], "items": {"type": "string"}},
            "matrix": {
                "type": ["array", "null"],
                "items": {"type": "array", "items": {"type": "number"}},
            },
            "either": {
                "anyOf": [
                    {"type": "string"},
                    {"type": "array", "items": {"$ref": REF + "Node"}},
                    {"type": "null"},
                ]
            },
            "free": {"anyOf": [{"$ref": REF + "AnyObject"}, {"type": "null"}]},
            "anything": {"description": "Whatever."},
        },
    )
    nodes = {"application/json": {"schema": {"$ref": REF + "Node"}}}
    spec["components"]["responses"]["Nodes"] = {
        "description": "Nodes.",
        "x-source": "guide",
        "content": nodes,
    }
    order = {"anyOf": [{"$ref": REF + "Role"}, {"type": "string"}]}
    identifier = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    spec["paths"]["/v1/nodes/{id}"] = {
        "parameters": [identifier],
        "get": {
            "operationId": "getNode",
            "tags": ["nodes"],
            "x-source": "guide",
            "parameters": [
                {"name": "limit", "in": "query", "schema": {"type": "integer", "default": 10}},
                {"name": "order", "in": "query", "schema": order},
            ],
            "responses": {"200": {"$ref": "#/components/responses/Nodes"}},
        },
    }


PROBE = """
from minimax_chat_api.api.nodes import get_node

create(
    model="m",
    messages=MESSAGES,
    labels={"a": "b"},
    parameters={"any": ["thing"]},
    stop=["a", "b"],
    rule={"kind": "and", "rules": [{"kind": "or"}, models.Rule(kind="not")]},
    seed=1,
)
assert SENT[0]["labels"] == {"a": "b"}
assert SENT[0]["parameters"] == {"any": ["thing"]}
assert SENT[0]["stop"] == ["a", "b"]
assert SENT[0]["rule"] == {"kind": "and", "rules": [{"kind": "or"}, {"kind": "not"}]}
create(model="m", messages=MESSAGES, labels={"a": 5})  # type: ignore[dict-item]
for wrong in (["a"] * 5, [""], 5):
    with pytest.raises(InvalidArgumentError, match="^stop"):
        create(model="m", messages=MESSAGES, stop=wrong)  # type: ignore[arg-type]
with pytest.raises(InvalidArgumentError, match="^seed must be "):
    create(model="m", messages=MESSAGES, seed=-1)
many: list[params.RuleParam] = [{"kind": "a"}] * 3
with pytest.raises(InvalidArgumentError, match=r"^rule\\.rules must have at most 2 items"):
    create(model="m", messages=MESSAGES, rule={"kind": "and", "rules": many})

node = views.NodeView(
    {
        "from": "here",
        "list": [{"from": "there"}],
        "names": ["x"],
        "matrix": [[1.5]],
        "either": ["y"],
        "free": {"k": 1},
        "anything": 3,
    }
)
origin: str | None = node.from_
children: list[views.NodeView] = node.list_
names: list[str] = node.names
free: dict[str, Any] | None = node.free
assert (origin, children[0].from_, names, free) == ("here", "there", ["x"], {"k": 1})
assert (node.matrix, node.either, node.anything) == ([[1.5]], ["y"], 3)
empty = views.NodeView({})
assert (empty.list_, empty.names, empty.either, empty.free) == ([], [], None, None)
request = get_node._get_kwargs("7", order=models.Role.USER)
assert (request["url"], request["params"]) == ("/v1/nodes/7", {"limit": 10, "order": "user"})
"""


@pytest.mark.slow
def test_unusual_shapes_become_code_that_works(
    tmp_path: Path, cache: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    revision = Revision("unusual shapes", "additive", unusual, (PROBE,))
    outcome = rehearse(revision, tmp_path, cache=cache)
    assert outcome.as_expected, outcome.failures()

    made = tmp_path / "project/generated/minimax_chat_api"
    made.rename(tmp_path / "unusual_api")
    monkeypatch.syspath_prepend(tmp_path)
    try:
        package: Any = importlib.import_module("unusual_api")
        for name in ("models", "contract", "params", "views"):
            importlib.import_module(f"unusual_api.{name}")
        spec = read_spec(tmp_path / "project/openapi.yaml")
        assert generated_findings(spec, package) == []
        of_unusual_shapes_all_is_read(spec, package)
        of_unusual_requests_the_plain_ones_are_allowed(spec, package.contract)
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "unusual_api"]:
            del sys.modules[name]


def of_unusual_shapes_all_is_read(spec: Spec, package: Any) -> None:
    @examples(200)
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        name = data.draw(st.sampled_from([*objects(spec)]))
        body = data.draw(bodies(spec, name))
        assert violations(spec, name, body) == []
        assert same(getattr(package.models, name).from_dict(body).to_dict(), body)
        if view := getattr(package.views, f"{name}View", None):
            assert reading_findings(spec, name, view(body), body) == []

    holds()


def of_unusual_requests_the_plain_ones_are_allowed(spec: Spec, contract: Any) -> None:
    plain: set[bool] = set()
    schema = spec["components"]["schemas"]["ChatCompletionRequest"]

    @examples(200)
    @given(bodies(spec, "ChatCompletionRequest", unknown=False))
    def holds(body: dict[str, Any]) -> None:
        request = without_nulls(spec, schema, body)
        assert plain_findings(spec, contract, request) == []
        plain.add(contract.is_plain_chat_completion_request(request))

    holds()
    assert plain == {True, False}


# The checks of the tests, by themselves


def extended() -> Spec:
    """The contract with bounds of one model, and with a field that is required at times."""
    spec = read_spec()
    schemas: Any = spec["components"]["schemas"]
    properties(spec, "ChatCompletionRequest")["heat"] = {
        "type": "number",
        "minimum": 0,
        "maximum": 1,
        "x-bounds": [{"models": ["hot"], "x-source": "guide", "exclusiveMinimum": 1}],
    }
    properties(spec, "Message")["ticket"] = {
        "type": "string",
        "x-required-when": {"role": "inspector"},
    }
    component(spec, "Free", type="object", additionalProperties=True)
    free = {"description": "Anything.", "$ref": REF + "Free"}
    schemas["Message"]["properties"]["free"] = free
    return spec


@pytest.mark.parametrize(
    ("model", "heat", "allowed"),
    [("cold", 0, True), ("cold", 2, False), ("hot", 2, True), ("hot", 1, False), ("hot", 0, False)],
)
def test_the_bounds_of_a_model_take_the_place_of_the_others(
    model: str, heat: float, allowed: bool
) -> None:
    body = {"model": model, "messages": [], "heat": heat}
    assert (violations(extended(), "ChatCompletionRequest", body) == []) == allowed


def test_a_field_is_required_where_its_sibling_says_so() -> None:
    for role, ticket, missing in (
        ("inspector", {}, True),
        ("inspector", {"ticket": "t"}, False),
        ("user", {}, False),
    ):
        body = {"model": "m", "messages": [{"role": role, **ticket}]}
        found = violations(extended(), "ChatCompletionRequest", body)
        assert any("ticket" in each for each in found) == missing, (role, ticket)


def test_bodies_keep_the_bounds_of_their_model_and_what_is_required_at_times() -> None:
    spec, hot = extended(), set[bool]()

    @examples(300)
    @given(bodies(spec, "ChatCompletionRequest"), nearly(spec, "ChatCompletionRequest"))
    def holds(body: dict[str, Any], other: dict[str, Any]) -> None:
        assert violations(spec, "ChatCompletionRequest", body) == []
        hot.add(body["model"] == "hot" and "heat" in body)
        assert isinstance(other, dict)

    holds()
    assert hot == {True, False}


def test_only_what_the_contract_knows_as_optional_is_left_out_where_it_is_none() -> None:
    spec = extended()
    message = {"role": None, "name": None, "new": None, "free": {"a": None, "b": [None]}}
    body = {"model": "m", "messages": [message], "heat": None, "new": {"name": None}}
    assert without_nulls(spec, spec["components"]["schemas"]["ChatCompletionRequest"], body) == {
        "model": "m",
        "messages": [{"role": None, "new": None, "free": {"a": None, "b": [None]}}],
        "new": {"name": None},
    }
