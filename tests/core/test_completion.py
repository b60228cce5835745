"""Completions and chunks: every property, whatever the reply has or lacks, and their copies."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest

from documented import TOOL_CALLS_RESPONSE
from minimax_chat import Completion, CompletionChunk
from minimax_chat_api.models import (
    ChatCompletion,
    ChatCompletionRequest,
    Choice,
    Message,
)
from minimax_chat_api.types import UNSET
from minimax_chat_api.views import ChoiceMessageView
from samples import ENVELOPE, USAGE, chunk, documented, plain, sse
from seams import answer, call, read, stream_reader


def test_properties_of_the_documented_response() -> None:
    completion = answer(200, documented(), trace_id="06379b8377842dc0108975f159dc3e7c")
    assert completion.text == "你好!有什么我可以帮助你的吗?"
    assert completion.thinking == "用户用中文打招呼,我应该用中文回应。"
    content = documented()["choices"][0]["message"]["content"]
    assert completion.message.content == completion.choices[0].message.content == content
    assert completion.message.role == completion.choices[0].message.role == "assistant"
    assert completion.finish_reason == completion.choices[0].finish_reason == "stop"
    assert completion.choices[0].index == 0
    assert len(completion.choices) == 1
    assert completion.thinking_truncated is False
    assert completion.id == completion.trace_id == "06379b8377842dc0108975f159dc3e7c"
    assert completion.created == 1776838788
    assert completion.created_at == datetime(2026, 4, 22, 6, 19, 48, tzinfo=UTC)
    assert completion.model == "MiniMax-M2.7"
    assert completion.object == "chat.completion"
    usage = completion.usage
    assert usage is not None
    assert (usage.total_tokens, usage.total_characters) == (43, 0)
    assert (usage.prompt_tokens, usage.completion_tokens) == (22, 21)
    assert usage.prompt_tokens_details is not None
    assert usage.prompt_tokens_details.cached_tokens == 0
    assert (completion.input_sensitive, completion.output_sensitive) == (False, False)
    assert (completion.input_sensitive_type, completion.output_sensitive_type) == (0, 0)
    assert completion.output_sensitive_int == 0
    assert completion.base_resp is not None
    assert (completion.base_resp.status_code, completion.base_resp.status_msg) == (0, "success")


def test_raw_and_to_dict_keep_undocumented_fields() -> None:
    body = documented() | {"of_tomorrow": {"a": [1]}, "service_tier": None}
    body["choices"][0]["message"]["audio_content"] = ""
    body["usage"]["completion_tokens_details"] = {"reasoning_tokens": 5}
    completion = answer(200, body)
    assert isinstance(completion.raw, ChatCompletion)
    assert completion.raw.to_dict() == body
    assert completion.raw["of_tomorrow"] == {"a": [1]}
    assert completion.to_dict() == body


EMPTY: list[dict[str, Any]] = [
    {"choices": [{}]},
    {"choices": [{"message": None}]},
    {"choices": [{"message": {}}]},
    {"choices": [{"message": {"content": None, "role": None}, "finish_reason": None}]},
    {"choices": [{}], "usage": None, "id": None, "created": None, "model": None, "base_resp": None},
]


@pytest.mark.parametrize("body", EMPTY, ids=repr)
def test_missing_and_null_fields_read_none(body: dict[str, Any]) -> None:
    completion = answer(200, body)
    assert (completion.text, completion.thinking) == ("", "")
    assert (completion.message.content, completion.message.role) == (None, None)
    assert completion.finish_reason is None
    assert completion.thinking_truncated is False
    for name in ENVELOPE:
        assert getattr(completion, name) is None, name
    assert (completion.created_at, completion.usage, completion.base_resp) == (None, None, None)
    assert completion.trace_id is None
    assert completion.tool_calls == []
    assert len(completion.choices) == len(body["choices"])
    assert "Unset" not in repr(completion)
    assert completion.raw.to_dict() == body


@pytest.mark.parametrize("usage", [{}, {"total_tokens": None}, {"prompt_tokens_details": None}])
def test_missing_and_null_fields_of_usage_read_none(usage: dict[str, Any]) -> None:
    found = answer(200, {**documented(), "usage": usage}).usage
    assert found is not None
    assert (found.total_tokens, found.prompt_tokens_details) == (None, None)


@pytest.mark.parametrize(
    "created", ["x", "1776838788", 1e15, 2**60, 10**30, -(10**30), 1e300, None, [], {}, 10**400]
)
def test_an_invalid_creation_time_reads_none(created: Any) -> None:
    assert Completion({**documented(), "created": created}).created_at is None


@pytest.mark.parametrize(("created", "year"), [(0, 1970), (1776838788, 2026), (253402300799, 9999)])
def test_created_at_is_in_utc(created: int, year: int) -> None:
    at = Completion({"created": created}).created_at
    assert at is not None
    assert (at.year, at.tzinfo) == (year, UTC)
    assert at.timestamp() == created


# Calls


def test_properties_of_the_documented_response_with_calls() -> None:
    completion = answer(200, TOOL_CALLS_RESPONSE)
    (found,) = completion.tool_calls
    assert (found.id, found.type, found.index) == ("call_function_abc123def456_1", "function", 0)
    assert (found.function.name, found.function.arguments) == ("get_forecast", '{"city": "Bergen"}')
    assert completion.finish_reason == "tool_calls"
    assert completion.message.tool_calls == [found]
    assert completion.thinking == "A forecast is needed."
    assert completion.text == "Let me look that up."
    assert completion.raw.to_dict() == completion.to_dict() == TOOL_CALLS_RESPONSE


def test_missing_fields_of_a_call_read_empty() -> None:
    body = plain("x")
    body["choices"][0]["message"]["tool_calls"] = [{}, {"function": None, "id": None}]
    for found in answer(200, body).tool_calls:
        assert (found.id, found.function.name, found.function.arguments) == ("", "", "")
        assert (found.type, found.index) == (None, None)


# Thinking


@pytest.mark.parametrize(
    ("reasoning", "thinking"),
    [("the structured one", "the structured one"), ("", "a"), (None, "a")],
)
def test_structured_thinking_replaces_tagged_thinking_unless_empty(
    reasoning: str | None, thinking: str
) -> None:
    body = plain("<think>a</think>b")
    body["choices"][0]["message"]["reasoning_content"] = reasoning
    completion = answer(200, body)
    assert (completion.thinking, completion.text) == (thinking, "b")
    assert completion.message.content == "<think>a</think>b"


@pytest.mark.parametrize(
    ("content", "finish_reason", "truncated"),
    [
        ("<think>I wonder", "length", True),
        ("<think>I wonder</think>", "length", True),
        ("<think>", "length", True),
        ("\n<think>\n", "length", True),
        # No thinking: something else has used up the tokens.
        ("", "length", False),
        (None, "length", False),
        ("<think>I wonder</think>Hel", "length", False),
        ("Hel", "length", False),
        ("<think>I wonder", "stop", False),
        ("<think>I wonder</think>", "stop", False),
        ("<think>I wonder", None, False),
    ],
)
def test_thinking_truncated_tells_an_end_before_any_answer(
    content: str | None, finish_reason: str | None, truncated: bool
) -> None:
    assert answer(200, plain(content, finish_reason)).thinking_truncated is truncated


@pytest.mark.parametrize(("arguments", "end"), [("{}", "tool_calls"), ('{"a": "b', "length")])
def test_thinking_before_a_call_is_not_truncated(arguments: str, end: str) -> None:
    body = plain("<think>I wonder</think>", end)
    function = {"name": "f", "arguments": arguments}
    body["choices"][0]["message"]["tool_calls"] = [{"id": "c1", "function": function}]
    completion = answer(200, body)
    assert completion.thinking_truncated is False
    assert completion.tool_calls[0].function.arguments == arguments


STRUCTURED: list[dict[str, Any]] = [
    {"content": "<think>\nTwo\n\ncities.\n</think>\n\nHi"},
    {"content": "Two\n\ncities.</think>Hi"},
    {"content": "Hi", "reasoning_content": "Two\n\ncities."},
    {"content": "Hi", "reasoning_content": "\nTwo\n\ncities.\n</think>\n"},
    {"content": "Hi", "reasoning_details": [{"text": "Two\n\ncities.</think>"}]},
    {
        "content": "Hi",
        "reasoning_details": [{"text": "Two"}, {"text": None}, {"text": " cities. "}],
    },
    {
        "content": "<think>Two\n\ncities.</think>Hi",
        "reasoning_content": "Two\n\ncities.",
        "reasoning_details": [{"text": "Two\n\ncities."}],
    },
    {"content": "Hi", "reasoning_content": "", "reasoning_details": [{"text": "Two\n\ncities."}]},
]


@pytest.mark.parametrize("message", STRUCTURED, ids=repr)
def test_thinking_is_found_in_any_field(message: dict[str, Any]) -> None:
    body = plain(None)
    body["choices"][0]["message"] |= message
    completion = answer(200, body)
    assert (completion.thinking, completion.text) == ("Two\n\ncities.", "Hi")


def test_properties_are_those_of_the_first_choice() -> None:
    body = plain("<think>a</think>b")
    body["choices"].append(plain("<think>c</think>d", "length")["choices"][0])
    completion = answer(200, body)
    assert (completion.thinking, completion.text, completion.finish_reason) == ("a", "b", "stop")
    assert completion.choices[1].message.content == "<think>c</think>d"
    assert completion.choices[1].finish_reason == "length"


# Views


def test_views_of_equal_data_are_equal() -> None:
    one, two = answer(200, documented()), answer(200, documented())
    assert one == two
    assert one.message == two.message
    assert one.message == ChoiceMessageView(documented()["choices"][0]["message"])
    assert one.usage == two.usage
    assert one != answer(200, plain("something else"))
    assert one.message != answer(200, plain("something else")).message
    assert one != documented()
    assert one.message != documented()["choices"][0]["message"]


def test_views_cannot_be_hashed_or_assigned_to() -> None:
    completion = answer(200, documented())
    with pytest.raises(TypeError):
        hash(completion)
    with pytest.raises(AttributeError):
        completion.txt = "x"  # type: ignore[attr-defined]
    with pytest.raises(AttributeError):
        completion.text = "x"  # type: ignore[misc]


def test_changes_of_to_dict_and_raw_leave_the_view_unchanged() -> None:
    completion = answer(200, documented())
    completion.to_dict()["choices"][0]["message"]["content"] = "x"
    completion.message.to_dict()["content"] = "x"
    completion.raw.choices = UNSET
    assert completion.to_dict() == documented()


def test_repr_of_a_view_shows_its_fields() -> None:
    completion = answer(200, documented())
    assert repr(completion.message).startswith("ChoiceMessageView({'content': '<think>")


# Copies

COPIES = pytest.mark.parametrize(
    "copied",
    [
        copy.copy,
        copy.deepcopy,
        lambda value: pickle.loads(pickle.dumps(value, 2)),
        lambda value: pickle.loads(pickle.dumps(value)),
    ],
)


@COPIES
def test_a_copy_of_a_completion(copied: Any) -> None:
    completion = answer(200, documented(), trace_id="t-1")
    twin = copied(completion)
    assert type(twin) is Completion
    assert twin == completion
    assert (twin.trace_id, twin.text, twin.thinking) == (
        "t-1",
        completion.text,
        completion.thinking,
    )
    assert twin.to_dict() == twin.raw.to_dict() == documented()


@COPIES
def test_a_copy_of_a_chunk(copied: Any) -> None:
    (only,) = read(stream_reader(), sse({**chunk("<think>a</think>b", "stop"), "usage": USAGE}))
    twin = copied(only)
    assert type(twin) is CompletionChunk
    assert (twin.thinking, twin.text) == ("a", "b")
    assert twin == only
    assert twin.raw.to_dict() == only.to_dict()


def test_a_chunk_without_choices_has_no_calls() -> None:
    assert CompletionChunk({"choices": []}, "", "").tool_calls == []


MODELS: list[tuple[Any, dict[str, Any]]] = [
    (Completion(documented()).raw, documented()),
    (ChatCompletion(), {}),
    (Choice(index=0), {"index": 0}),
    (Message(role="user"), {"role": "user"}),
    (
        ChatCompletionRequest.from_dict({"model": "m", "messages": [{"role": "user"}]}),
        {"model": "m", "messages": [{"role": "user"}]},
    ),
]


@COPIES
@pytest.mark.parametrize(("model", "fields"), MODELS, ids=lambda each: type(each).__name__)
def test_a_copy_of_a_generated_model(model: Any, fields: dict[str, Any], copied: Any) -> None:
    """A missing field stays missing: copies keep the identity of UNSET."""
    twin = copied(model)
    assert twin == model
    assert twin.to_dict() == fields
    json.dumps(twin.to_dict())
    assert copied([UNSET])[0] is UNSET


@COPIES
def test_a_copy_of_a_message_can_be_sent(copied: Any) -> None:
    message = copied(answer(200, documented()).message)
    model = copied(Message(role="user", content="x"))
    assert json.loads(call(messages=[message, model]).request["content"])["messages"] == [
        documented()["choices"][0]["message"],
        {"role": "user", "content": "x"},
    ]
