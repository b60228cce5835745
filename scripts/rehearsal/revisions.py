"""Small revisions of openapi.yaml, such as the API has had, for scripts/rehearse.py to go through.

A probe is a program that uses what is new, through `create` and what it returns. It is run, and it
is type-checked: a `type: ignore` in it stands where a checker must complain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from spec.generator_rules import PARALLEL

Spec = dict[str, Any]

# What each probe starts with: a client whose requests are recorded and answered as documented.
PREAMBLE = """\
import json
from typing import Any

import httpx
import pytest

from minimax_chat import InvalidArgumentError, MiniMax
from minimax_chat_api import contract, models

SENT: list[dict[str, Any]] = []
MESSAGES: list[contract.MessageParam] = [{"role": "user", "content": "hi"}]
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
    """A change of the spec: what is to become of it, and the programs that use what is new."""

    name: str
    verdict: Literal["additive", "breaking"]
    change: Callable[[Spec], None]
    probes: tuple[str, ...]


def properties(spec: Spec, component: str) -> dict[str, Any]:
    """The fields of a component."""
    fields: dict[str, Any] = spec["components"]["schemas"][component]["properties"]
    return fields


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _component(spec: Spec, name: str, **schema: Any) -> None:
    described = {"x-source": "guide", "description": f"{name}, for the rehearsal.", **schema}
    spec["components"]["schemas"][name] = described


def _parallel(schema: Spec) -> list[str]:
    """The lists of an enumeration that have an entry for each of its values."""
    return [key for key in PARALLEL if key in schema]


def _add_value(spec: Spec, enumeration: str, value: str, name: str) -> None:
    schema = spec["components"]["schemas"][enumeration]
    schema["enum"].append(value)
    for key in _parallel(schema):
        schema[key].append(name if key == "x-enum-varnames" else schema[key][-1])


def _new_model_id(spec: Spec) -> None:
    _add_value(spec, "ModelId", "MiniMax-Rehearsal", "MINIMAX_REHEARSAL")


def _new_request_object(spec: Spec) -> None:
    _component(
        spec,
        "MoodKind",
        type="string",
        enum=["calm", "lively"],
        **{"x-enum-varnames": ["CALM", "LIVELY"]},
    )
    kind = {"description": "Which.", "anyOf": [_reference("MoodKind"), {"type": "string"}]}
    level = {"type": "integer", "minimum": 1, "description": "How much of it."}
    _component(
        spec,
        "Mood",
        type="object",
        required=["kind"],
        properties={"kind": kind, "level": level},
    )
    properties(spec, "ChatCompletionRequest")["mood"] = {
        "description": "What the answer is to sound like.",
        **_reference("Mood"),
    }


def _new_required_field(spec: Spec) -> None:
    request = spec["components"]["schemas"]["ChatCompletionRequest"]
    request["properties"]["tenant"] = {"type": "string", "description": "Who asks."}
    request["required"].append("tenant")
    content = spec["paths"]["/v1/chat/completions"]["post"]["requestBody"]["content"]
    for example in content["application/json"]["examples"].values():
        example["value"]["tenant"] = "us"


def _wider_range(spec: Spec) -> None:
    properties(spec, "ChatCompletionRequest")["top_p"]["maximum"] = 1000


def _narrower_range(spec: Spec) -> None:
    top_p = properties(spec, "ChatCompletionRequest")["top_p"]
    top_p["maximum"], top_p["default"] = 0.9, 0.85


def _new_finish_reason(spec: Spec) -> None:
    _add_value(spec, "FinishReason", "rehearsed", "REHEARSED")


def _new_response_object(spec: Spec) -> None:
    tokens = {"type": ["integer", "null"], "description": "Tokens of the rehearsal."}
    _component(spec, "RehearsalDetails", type="object", properties={"rehearsed_tokens": tokens})
    properties(spec, "Usage")["rehearsal_details"] = {
        "description": "More about the rehearsal.",
        "anyOf": [_reference("RehearsalDetails"), {"type": "null"}],
    }


def _string_or_array(spec: Spec) -> None:
    kind = {"type": "string", "description": "Kind of part."}
    text = {"type": "string", "description": "The part."}
    _component(
        spec,
        "NamePart",
        type="object",
        required=["type"],
        properties={"type": kind, "text": text},
    )
    name = properties(spec, "Message")["name"]
    del name["type"]
    name["anyOf"] = [{"type": "string"}, {"type": "array", "items": _reference("NamePart")}]


def _new_streamed_list(spec: Spec) -> None:
    """Objects that come in pieces, with a free object in each, in the answer and in its stream."""
    _component(spec, "FreeObject", type="object", additionalProperties=True)
    text = {"type": ["string", "null"], "description": "The remark."}
    _component(
        spec,
        "Remark",
        type="object",
        properties={
            "index": {"type": ["integer", "null"], "description": "Position of the remark."},
            "source": {**text, "description": "Where it is from.", "x-merge": "replace"},
            "text": {**text, "x-merge": "append"},
            "data": {
                "description": "Whatever.",
                "anyOf": [_reference("FreeObject"), {"type": "null"}],
            },
        },
    )
    remarks = {
        "type": ["array", "null"],
        "description": "Remarks on the answer.",
        "items": _reference("Remark"),
    }
    properties(spec, "ChoiceMessage")["remarks"] = remarks
    properties(spec, "Delta")["remarks"] = {**remarks, "x-merge": "by-index"}


def _new_free_object(spec: Spec) -> None:
    _component(spec, "Annotation", type="object", additionalProperties=True)
    properties(spec, "ChatCompletionRequest")["annotation"] = {
        "description": "Whatever.",
        **_reference("Annotation"),
    }


def _new_shared_component(spec: Spec) -> None:
    """A component that goes out in a request, and comes back in an answer."""
    mark = {"type": ["string", "null"], "description": "The mark."}
    _component(spec, "Stamp", type="object", properties={"mark": mark})
    properties(spec, "Message")["stamp"] = {"description": "A stamp.", **_reference("Stamp")}
    stamp = {"description": "A stamp.", "anyOf": [_reference("Stamp"), {"type": "null"}]}
    properties(spec, "ChoiceMessage")["stamp"] = stamp


def _bounds_by_model(spec: Spec) -> None:
    """Another range of a number for one model."""
    properties(spec, "ChatCompletionRequest")["max_completion_tokens"]["x-bounds"] = [
        {"models": ["MiniMax-M2"], "x-source": "guide", "minimum": 1, "maximum": 1000}
    ]


def _removed_role(spec: Spec) -> None:
    roles = spec["components"]["schemas"]["Role"]
    index = roles["enum"].index("group")
    for key in ("enum", *_parallel(roles)):
        del roles[key][index]


def _renamed_field(spec: Spec) -> None:
    fields = properties(spec, "ChatCompletionRequest")
    fields["rehearsal_limit"] = fields.pop("max_completion_tokens")


def _second_endpoint(spec: Spec) -> None:
    texts = {"type": "array", "items": {"type": "string"}, "description": "What to embed."}
    model = {"type": "string", "description": "Model ID."}
    _component(
        spec,
        "EmbeddingRequest",
        type="object",
        required=["model", "texts"],
        properties={"model": model, "texts": {**texts, "minItems": 1}},
    )
    numbers = {"type": ["array", "null"], "items": {"type": "number"}, "description": "Vector."}
    _component(spec, "Embedding", type="object", properties={"vector": numbers})
    vectors = {
        "type": ["array", "null"],
        "items": _reference("Embedding"),
        "description": "The vectors, one for each text.",
    }
    _component(spec, "EmbeddingList", type="object", properties={"data": vectors})
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


REVISIONS = (
    Revision(
        "new model id",
        "additive",
        _new_model_id,
        (
            """\
model: contract.ModelIdLiteral = "MiniMax-Rehearsal"
create(model=model, messages=MESSAGES)
assert SENT[0]["model"] == models.ModelId.MINIMAX_REHEARSAL
unknown: contract.ModelIdLiteral = "MiniMax-Unheard-Of"  # type: ignore[assignment]
create(model="MiniMax-Unheard-Of", messages=MESSAGES)
""",
        ),
    ),
    Revision(
        "new optional request object",
        "additive",
        _new_request_object,
        (
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
        ),
    ),
    Revision(
        "new required request field",
        "breaking",
        _new_required_field,
        (
            """\
create(model="m", messages=MESSAGES, tenant="us")
assert SENT[0]["tenant"] == "us"
with pytest.raises(InvalidArgumentError, match="tenant is required"):
    create(model="m", messages=MESSAGES)  # type: ignore[call-overload]
""",
        ),
    ),
    Revision(
        "wider range",
        "additive",
        _wider_range,
        (
            """\
create(model="m", messages=MESSAGES, top_p=1000)
assert SENT[0]["top_p"] == 1000
with pytest.raises(InvalidArgumentError, match=r"top_p must be .* <= 1000 \\(got 1000\\.5\\)$"):
    create(model="m", messages=MESSAGES, top_p=1000.5)
""",
        ),
    ),
    Revision(
        "narrower range",
        "breaking",
        _narrower_range,
        (
            """\
create(model="m", messages=MESSAGES, top_p=0.9)
with pytest.raises(InvalidArgumentError, match=r"top_p must be .* <= 0\\.9 \\(got 0\\.95\\)$"):
    create(model="m", messages=MESSAGES, top_p=0.95)
assert len(SENT) == 1
""",
        ),
    ),
    Revision(
        "new finish_reason",
        "additive",
        _new_finish_reason,
        (
            """\
REPLY["choices"][0]["finish_reason"] = "rehearsed"
completion = create(model="m", messages=MESSAGES)
assert completion.finish_reason == "rehearsed"
(choice,) = completion.raw.choices or []
assert isinstance(choice, models.Choice)
assert choice.finish_reason is models.FinishReason.REHEARSED
""",
        ),
    ),
    Revision(
        "new nested response object",
        "additive",
        _new_response_object,
        (
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
        ),
    ),
    Revision(
        "string becomes string or array",
        "additive",
        _string_or_array,
        (
            """\
parts: list[contract.NamePartParam] = [{"type": "text", "text": "hi"}]
create(model="m", messages=[{"role": "user", "name": parts}])
assert SENT[0]["messages"] == [{"role": "user", "name": [{"type": "text", "text": "hi"}]}]
create(model="m", messages=[{"role": "user", "name": "hi"}])
assert SENT[1]["messages"] == [{"role": "user", "name": "hi"}]
with pytest.raises(InvalidArgumentError, match=r"messages\\[0\\]\\.name"):
    wrong: contract.MessageParam = {"role": "user", "name": 5}  # type: ignore[typeddict-item]
    create(model="m", messages=[wrong])
""",
        ),
    ),
    Revision(
        "new streamed list of objects",
        "additive",
        _new_streamed_list,
        (
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
        ),
    ),
    Revision(
        "new free object in a request",
        "additive",
        _new_free_object,
        (
            """\
given: dict[str, Any] = {"b": None, "a": {"z": [None, {"c": None}], "y": 1}}
create(model="m", messages=MESSAGES, annotation=given)
assert json.dumps(SENT[0]["annotation"]) == json.dumps(given)
with pytest.raises(InvalidArgumentError, match="annotation must be a mapping"):
    create(model="m", messages=MESSAGES, annotation="x")  # type: ignore[call-overload]
""",
        ),
    ),
    Revision(
        "component shared by request and response",
        "additive",
        _new_shared_component,
        (
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
        ),
    ),
    Revision(
        "bounds by model",
        "breaking",
        _bounds_by_model,
        (
            """\
create(model="MiniMax-M3", messages=MESSAGES, max_completion_tokens=1001)
create(model="MiniMax-M2", messages=MESSAGES, max_completion_tokens=1000)
with pytest.raises(InvalidArgumentError, match=r" for model MiniMax-M2 \\(got 1001\\)$"):
    create(model="MiniMax-M2", messages=MESSAGES, max_completion_tokens=1001)
assert len(SENT) == 2
""",
        ),
    ),
    Revision(
        "removed role",
        "breaking",
        _removed_role,
        (
            """\
gone: contract.RoleLiteral = "group"  # type: ignore[assignment]
assert not hasattr(models.Role, "GROUP")
create(model="m", messages=[{"role": "group", "content": "still sent: roles are open"}])
assert SENT[0]["messages"][0]["role"] == "group"
""",
        ),
    ),
    Revision(
        "renamed field",
        "breaking",
        _renamed_field,
        (
            """\
create(model="m", messages=MESSAGES, rehearsal_limit=5)
assert SENT[0]["rehearsal_limit"] == 5
with pytest.raises(InvalidArgumentError, match="no request field 'max_completion_tokens'"):
    create(model="m", messages=MESSAGES, max_completion_tokens=5)  # type: ignore[call-overload]
""",
        ),
    ),
    Revision(
        "second endpoint",
        "additive",
        _second_endpoint,
        (
            """\
from minimax_chat_api.api.embeddings import create_embedding

options: contract.EmbeddingRequestParam = {"model": "m", "texts": ["one", "two"]}
assert contract.check({**options, "texts": []}, contract.EMBEDDING_REQUEST_SCHEMA) == (
    "texts must have at least 1 item (got 0)"
)
view = contract.EmbeddingListView({"data": [{"vector": [0.5]}]})
vector: list[float] = view.data[0].vector
assert vector == [0.5]
body = models.EmbeddingRequest(model="m", texts=["one"])
assert create_embedding._get_kwargs(body=body)["url"] == "/v1/embeddings"
create(model="m", messages=MESSAGES)
assert SENT == [{"model": "m", "messages": [{"role": "user", "content": "hi"}]}]
""",
        ),
    ),
)


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
