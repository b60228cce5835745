"""Shapes that the API does not use yet, but the spec may: code comes of them that works."""

from pathlib import Path
from typing import Any

import pytest

from rehearse import rehearse
from revisions import Revision, properties

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
with pytest.raises(InvalidArgumentError, match="^seed is -1"):
    create(model="m", messages=MESSAGES, seed=-1)
many: list[contract.RuleParam] = [{"kind": "a"}] * 3
with pytest.raises(InvalidArgumentError, match=r"^rule\\.rules is .* at most 2 items"):
    create(model="m", messages=MESSAGES, rule={"kind": "and", "rules": many})

node = contract.NodeView(
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
children: list[contract.NodeView] = node.list_
names: list[str] = node.names
free: dict[str, Any] | None = node.free
assert (origin, children[0].from_, names, free) == ("here", "there", ["x"], {"k": 1})
assert (node.matrix, node.either, node.anything) == ([[1.5]], ["y"], 3)
empty = contract.NodeView({})
assert (empty.list_, empty.names, empty.either, empty.free) == ([], [], None, None)
request = get_node._get_kwargs("7", order=models.Role.USER)
assert (request["url"], request["params"]) == ("/v1/nodes/7", {"limit": 10, "order": "user"})
"""


@pytest.mark.slow
def test_unusual_shapes_become_code_that_works(tmp_path: Path, cache: str) -> None:
    revision = Revision("unusual shapes", "additive", unusual, (PROBE,))
    outcome = rehearse(revision, tmp_path, cache=cache)
    assert outcome.as_expected, outcome.failures()
