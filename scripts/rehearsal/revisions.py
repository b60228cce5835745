"""Small revisions of openapi.yaml, such as the API has had.

A probe is a program that uses what is new, through `create` and what it returns. It is run, and it
is type-checked: a `type: ignore` in it marks where a checker must complain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from spec.generator_rules import PARALLEL

Spec = dict[str, Any]
Change = Callable[[Spec], None]
Verdict = Literal["additive", "breaking"]

# The start of each probe: a client whose requests are recorded and answered as documented.
PREAMBLE = """\
import json
from typing import Any

import httpx
import pytest

from minimax_chat import InvalidArgumentError, MiniMax
from minimax_chat_api import contract, models, params, views

SENT: list[dict[str, Any]] = []
MESSAGES: list[params.MessageParam] = [{"role": "user", "content": "hi"}]
REPLY: dict[str, Any] = {
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "ok"}}],
    "usage": {"total_tokens": 2},
    "base_resp": {"status_code": 0},
}


def answer(request: httpx.Request) -> httpx.Response:
    SENT.append(json.loads(request.content))
    return httpx.Response(200, json=REPLY)


client = MiniMax(api_key="k", http_client=httpx.Client(transport=httpx.MockTransport(answer)))
create = client.chat.completions.create

"""


@dataclass(frozen=True)
class Revision:
    """A change of the spec, its expected verdict, and programs that use what is new."""

    name: str
    verdict: Verdict
    change: Change
    probes: tuple[str, ...]


REVISIONS: list[Revision] = []


def together(revisions: Iterable[Revision]) -> Revision:
    """All the given revisions as one."""
    parts = tuple(revisions)

    def change(spec: Spec) -> None:
        for part in parts:
            part.change(spec)

    breaks = any(part.verdict == "breaking" for part in parts)
    return Revision(
        " + ".join(part.name for part in parts),
        "breaking" if breaks else "additive",
        change,
        tuple(probe for part in parts for probe in part.probes),
    )


def revision(verdict: Verdict, probe: str) -> Callable[[Change], Change]:
    """Adds a change to REVISIONS, under the name of its function."""

    def add(change: Change) -> Change:
        name = change.__name__.replace("_", " ")
        REVISIONS.append(Revision(name, verdict, change, (probe,)))
        return change

    return add


# --- edits of a spec -----------------------------------------------------------------------------


def properties(spec: Spec, component: str) -> dict[str, Any]:
    """The fields of a component."""
    fields: dict[str, Any] = spec["components"]["schemas"][component]["properties"]
    return fields


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _nullable(name: str) -> Spec:
    """A field of a response that holds a component."""
    return {"description": f"A {name}.", "anyOf": [_reference(name), {"type": "null"}]}


def _add_component(spec: Spec, name: str, schema: Spec) -> None:
    described = {"x-source": "guide", "description": f"{name}, for the rehearsal.", **schema}
    spec["components"]["schemas"][name] = described


def _add_value(spec: Spec, enumeration: str, value: str, name: str) -> None:
    schema = spec["components"]["schemas"][enumeration]
    schema["enum"].append(value)
    schema["x-enum-varnames"].append(name)
    for key in PARALLEL:
        if key in schema and key != "x-enum-varnames":
            schema[key].append(schema[key][-1])


# --- the revisions -------------------------------------------------------------------------------


@revision(
    "additive",
    """\
model: params.ModelIdLiteral = "MiniMax-Rehearsal"
create(model=model, messages=MESSAGES)
assert SENT[0]["model"] == models.ModelId.MINIMAX_REHEARSAL
unknown: params.ModelIdLiteral = "MiniMax-Unheard-Of"  # type: ignore[assignment]
create(model="MiniMax-Unheard-Of", messages=MESSAGES)
""",
)
def new_model_id(spec: Spec) -> None:
    _add_value(spec, "ModelId", "MiniMax-Rehearsal", "MINIMAX_REHEARSAL")


@revision(
    "additive",
    """\
create(model="m", messages=MESSAGES, mood={"kind": "calm", "level": 3})
assert SENT[0]["mood"] == {"kind": "calm", "level": 3}
create(model="m", messages=MESSAGES, mood=models.Mood(kind="new"))
assert SENT[1]["mood"] == {"kind": "new"}
create(model="m", messages=MESSAGES)
assert "mood" not in SENT[2]
with pytest.raises(InvalidArgumentError, match=r"mood\\.level must be >= 1 \\(got 0\\)"):
    create(model="m", messages=MESSAGES, mood={"kind": "calm", "level": 0})
with pytest.raises(InvalidArgumentError, match=r"mood\\.kind is required"):
    create(model="m", messages=MESSAGES, mood={})  # type: ignore[call-overload]
with pytest.raises(InvalidArgumentError, match="mood must be a mapping"):
    create(model="m", messages=MESSAGES, mood="calm")  # type: ignore[call-overload]
""",
)
def new_optional_request_object(spec: Spec) -> None:
    kinds = {"type": "string", "enum": ["calm", "lively"], "x-enum-varnames": ["CALM", "LIVELY"]}
    _add_component(spec, "MoodKind", kinds)
    fields = {
        "kind": {"description": "Which.", "anyOf": [_reference("MoodKind"), {"type": "string"}]},
        "level": {"type": "integer", "minimum": 1, "description": "How much of it."},
    }
    _add_component(spec, "Mood", {"type": "object", "required": ["kind"], "properties": fields})
    mood = {"description": "What the answer should sound like.", **_reference("Mood")}
    properties(spec, "ChatCompletionRequest")["mood"] = mood


@revision(
    "breaking",
    """\
create(model="m", messages=MESSAGES, tenant="us")
assert SENT[0]["tenant"] == "us"
with pytest.raises(InvalidArgumentError, match="tenant is required"):
    create(model="m", messages=MESSAGES)  # type: ignore[call-overload]
""",
)
def new_required_request_field(spec: Spec) -> None:
    request = spec["components"]["schemas"]["ChatCompletionRequest"]
    request["properties"]["tenant"] = {"type": "string", "description": "Who asks."}
    request["required"].append("tenant")
    content = spec["paths"]["/v1/chat/completions"]["post"]["requestBody"]["content"]
    for example in content["application/json"]["examples"].values():
        example["value"]["tenant"] = "us"


@revision(
    "additive",
    """\
create(model="m", messages=MESSAGES, top_p=1000)
assert SENT[0]["top_p"] == 1000
with pytest.raises(InvalidArgumentError, match=r"top_p must be .* <= 1000 \\(got 1000\\.5\\)$"):
    create(model="m", messages=MESSAGES, top_p=1000.5)
""",
)
def wider_range(spec: Spec) -> None:
    properties(spec, "ChatCompletionRequest")["top_p"]["maximum"] = 1000


@revision(
    "breaking",
    """\
create(model="m", messages=MESSAGES, top_p=0.9)
with pytest.raises(InvalidArgumentError, match=r"top_p must be .* <= 0\\.9 \\(got 0\\.95\\)$"):
    create(model="m", messages=MESSAGES, top_p=0.95)
assert len(SENT) == 1
""",
)
def narrower_range(spec: Spec) -> None:
    top_p = properties(spec, "ChatCompletionRequest")["top_p"]
    top_p["maximum"], top_p["default"] = 0.9, 0.85


@revision(
    "additive",
    """\
REPLY["choices"][0]["finish_reason"] = "rehearsed"
completion = create(model="m", messages=MESSAGES)
assert completion.finish_reason == "rehearsed"
(choice,) = completion.raw.choices or []
assert isinstance(choice, models.Choice)
assert choice.finish_reason is models.FinishReason.REHEARSED
""",
)
def new_finish_reason(spec: Spec) -> None:
    _add_value(spec, "FinishReason", "rehearsed", "REHEARSED")


@revision(
    "additive",
    """\
REPLY["usage"]["rehearsal_details"] = {"rehearsed_tokens": 7}
completion = create(model="m", messages=MESSAGES)
assert completion.usage is not None
details = completion.usage.rehearsal_details
assert details is not None
tokens: int | None = details.rehearsed_tokens
assert tokens == 7
usage = completion.raw.usage
assert isinstance(usage, models.Usage)
assert isinstance(usage.rehearsal_details, models.RehearsalDetails)
assert usage.rehearsal_details.rehearsed_tokens == 7
del REPLY["usage"]["rehearsal_details"]
older = create(model="m", messages=MESSAGES).usage
assert older is not None and older.rehearsal_details is None
""",
)
def new_nested_response_object(spec: Spec) -> None:
    tokens = {"type": ["integer", "null"], "description": "Tokens of the rehearsal."}
    details = {"type": "object", "properties": {"rehearsed_tokens": tokens}}
    _add_component(spec, "RehearsalDetails", details)
    properties(spec, "Usage")["rehearsal_details"] = _nullable("RehearsalDetails")


@revision(
    "additive",
    """\
parts: list[params.NamePartParam] = [{"type": "text", "text": "hi"}]
create(model="m", messages=[{"role": "user", "name": parts}])
assert SENT[0]["messages"] == [{"role": "user", "name": [{"type": "text", "text": "hi"}]}]
create(model="m", messages=[{"role": "user", "name": "hi"}])
assert SENT[1]["messages"] == [{"role": "user", "name": "hi"}]
with pytest.raises(InvalidArgumentError, match=r"messages\\[0\\]\\.name"):
    wrong: params.MessageParam = {"role": "user", "name": 5}  # type: ignore[typeddict-item]
    create(model="m", messages=[wrong])
""",
)
def string_becomes_string_or_array(spec: Spec) -> None:
    fields = {
        "type": {"type": "string", "description": "Kind of part."},
        "text": {"type": "string", "description": "The part."},
    }
    _add_component(spec, "NamePart", {"type": "object", "required": ["type"], "properties": fields})
    name = properties(spec, "Message")["name"]
    del name["type"]
    name["anyOf"] = [{"type": "string"}, {"type": "array", "items": _reference("NamePart")}]


@revision(
    "additive",
    """\
def event(**delta: Any) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": delta.pop("end", None)}
    return f"data: {json.dumps({'choices': [choice]})}\\n\\n"


PIECES = [
    event(remarks=[{"index": 1, "source": "a", "text": "Be", "data": {"x": 1}}]),
    event(remarks=[{"index": 0, "text": "First."}, {"index": 1, "text": "ware", "source": ""}]),
    event(remarks=[{"index": 1, "text": "!", "data": {"y": [None]}}], content="Hi", end="stop"),
]


def answer_in_pieces(request: httpx.Request) -> httpx.Response:
    return httpx.Response(
        200, headers={"content-type": "text/event-stream"}, text="".join(PIECES)
    )


transport = httpx.MockTransport(answer_in_pieces)
streaming = MiniMax(api_key="k", http_client=httpx.Client(transport=transport))
stream = streaming.chat.completions.create(model="m", messages=MESSAGES, stream=True)
texts: list[str | None] = [
    remark.text for chunk in stream for remark in chunk.choices[0].delta.remarks
]
assert texts == ["Be", "First.", "ware", "!"]
first, second = stream.completion.message.remarks
assert (first.text, second.text, second.source) == ("First.", "Beware!", "a")
data: dict[str, Any] | None = second.data
assert data == {"x": 1, "y": [None]}
assert stream.completion.text == "Hi"
""",
)
def new_streamed_list_of_objects(spec: Spec) -> None:
    """Objects that come in pieces, with a free object in each, in the answer and in its stream."""
    _add_component(spec, "FreeObject", {"type": "object", "additionalProperties": True})
    text = {"type": ["string", "null"], "description": "The remark."}
    fields = {
        "index": {"type": ["integer", "null"], "description": "Position of the remark."},
        "source": {**text, "x-merge": "replace"},
        "text": {**text, "x-merge": "append"},
        "data": _nullable("FreeObject"),
    }
    _add_component(spec, "Remark", {"type": "object", "properties": fields})
    remarks = {
        "type": ["array", "null"],
        "description": "Remarks on the answer.",
        "items": _reference("Remark"),
    }
    properties(spec, "ChoiceMessage")["remarks"] = remarks
    properties(spec, "Delta")["remarks"] = {**remarks, "x-merge": "by-index"}


@revision(
    "additive",
    """\
given: dict[str, Any] = {"b": None, "a": {"z": [None, {"c": None}], "y": 1}}
create(model="m", messages=MESSAGES, annotation=given)
assert json.dumps(SENT[0]["annotation"]) == json.dumps(given)
with pytest.raises(InvalidArgumentError, match="annotation must be a mapping"):
    create(model="m", messages=MESSAGES, annotation="x")  # type: ignore[call-overload]
""",
)
def new_free_object_in_a_request(spec: Spec) -> None:
    _add_component(spec, "Annotation", {"type": "object", "additionalProperties": True})
    annotation = {"description": "Any object.", **_reference("Annotation")}
    properties(spec, "ChatCompletionRequest")["annotation"] = annotation


@revision(
    "additive",
    """\
create(model="m", messages=[{"role": "user", "stamp": {"mark": "a"}}])
assert SENT[0]["messages"] == [{"role": "user", "stamp": {"mark": "a"}}]
REPLY["choices"][0]["message"]["stamp"] = {"mark": "b"}
message = create(model="m", messages=MESSAGES).message
assert message.stamp is not None
mark: str | None = message.stamp.mark
assert mark == "b"
create(model="m", messages=[message])
assert SENT[2]["messages"][0]["stamp"] == {"mark": "b"}
""",
)
def component_shared_by_request_and_response(spec: Spec) -> None:
    """A component that is sent in a request and returned in an answer."""
    mark = {"type": ["string", "null"], "description": "The mark."}
    _add_component(spec, "Stamp", {"type": "object", "properties": {"mark": mark}})
    properties(spec, "Message")["stamp"] = {"description": "A stamp.", **_reference("Stamp")}
    properties(spec, "ChoiceMessage")["stamp"] = _nullable("Stamp")


@revision(
    "breaking",
    """\
create(model="MiniMax-M3", messages=MESSAGES, max_completion_tokens=1001)
create(model="MiniMax-M2", messages=MESSAGES, max_completion_tokens=1000)
with pytest.raises(InvalidArgumentError, match=r" for model MiniMax-M2 \\(got 1001\\)$"):
    create(model="MiniMax-M2", messages=MESSAGES, max_completion_tokens=1001)
assert len(SENT) == 2
""",
)
def bounds_by_model(spec: Spec) -> None:
    """Another range of a number for one model."""
    properties(spec, "ChatCompletionRequest")["max_completion_tokens"]["x-bounds"] = [
        {"models": ["MiniMax-M2"], "x-source": "guide", "minimum": 1, "maximum": 1000}
    ]


@revision(
    "breaking",
    """\
gone: params.RoleLiteral = "group"  # type: ignore[assignment]
assert not hasattr(models.Role, "GROUP")
create(model="m", messages=[{"role": "group", "content": "still sent: roles are open"}])
assert SENT[0]["messages"][0]["role"] == "group"
""",
)
def removed_role(spec: Spec) -> None:
    roles = spec["components"]["schemas"]["Role"]
    index = roles["enum"].index("group")
    for key in ("enum", *PARALLEL):
        if key in roles:
            del roles[key][index]


@revision(
    "breaking",
    """\
create(model="m", messages=MESSAGES, rehearsal_limit=5)
assert SENT[0]["rehearsal_limit"] == 5
with pytest.raises(InvalidArgumentError, match="unknown argument 'max_completion_tokens'"):
    create(model="m", messages=MESSAGES, max_completion_tokens=5)  # type: ignore[call-overload]
""",
)
def renamed_field(spec: Spec) -> None:
    fields = properties(spec, "ChatCompletionRequest")
    fields["rehearsal_limit"] = fields.pop("max_completion_tokens")


@revision(
    "additive",
    """\
from minimax_chat_api.api.embeddings import create_embedding

options: params.EmbeddingRequestParam = {"model": "m", "texts": ["one", "two"]}
assert contract.check({**options, "texts": []}, contract.EMBEDDING_REQUEST_SCHEMA) == (
    "texts must have at least 1 item (got 0)"
)
view = views.EmbeddingListView({"data": [{"vector": [0.5]}]})
vector: list[float] = view.data[0].vector
assert vector == [0.5]
body = models.EmbeddingRequest(model="m", texts=["one"])
assert create_embedding._get_kwargs(body=body)["url"] == "/v1/embeddings"
create(model="m", messages=MESSAGES)
assert SENT == [{"model": "m", "messages": [{"role": "user", "content": "hi"}]}]
""",
)
def second_endpoint(spec: Spec) -> None:
    texts = {"type": "array", "items": {"type": "string"}, "minItems": 1, "description": "Texts."}
    model = {"type": "string", "description": "Model ID."}
    request = {
        "type": "object",
        "required": ["model", "texts"],
        "properties": {"model": model, "texts": texts},
    }
    vector = {"type": ["array", "null"], "items": {"type": "number"}, "description": "Vector."}
    vectors = {
        "type": ["array", "null"],
        "items": _reference("Embedding"),
        "description": "The vectors, one for each text.",
    }
    _add_component(spec, "EmbeddingRequest", request)
    _add_component(spec, "Embedding", {"type": "object", "properties": {"vector": vector}})
    _add_component(spec, "EmbeddingList", {"type": "object", "properties": {"data": vectors}})
    body = {"application/json": {"schema": _reference("EmbeddingRequest")}}
    answer = {"application/json": {"schema": _reference("EmbeddingList")}}
    spec["paths"]["/v1/embeddings"] = {
        "post": {
            "operationId": "createEmbedding",
            "tags": ["embeddings"],
            "summary": "Embed texts",
            "x-source": "guide",
            "requestBody": {"required": True, "content": body},
            "responses": {"200": {"description": "The vectors.", "content": answer}},
        }
    }
    spec["tags"].append({"name": "embeddings"})
