"""What the user holds: every property, whatever the reply has or lacks, and copies of it."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest

from documented import TOOL_CALLS_RESPONSE
from minimax_chat import (
    Completion,
    CompletionChunk,
    ContentFilterError,
    InputContentError,
    OutputContentError,
    ResponseDecodeError,
)
from minimax_chat_api.contract import ChoiceMessageView
from minimax_chat_api.models import (
    ChatCompletion,
    ChatCompletionRequest,
    Choice,
    Message,
)
from minimax_chat_api.types import UNSET, Unset
from replies import (
    ENVELOPE,
    USAGE,
    base_resp,
    call,
    chunk,
    documented,
    head,
    plain,
    read,
    reply,
    sse,
    stream_reader,
)


def received(body: dict[str, Any], **headers: str) -> Completion:
    return head(reply(200, **headers)).completion(json.dumps(body).encode())


def test_the_documented_response() -> None:
    completion = received(documented(), trace_id="06379b8377842dc0108975f159dc3e7c")
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


def test_raw_is_the_documented_response() -> None:
    completion = received(documented())
    assert isinstance(completion.raw, ChatCompletion)
    assert completion.raw.to_dict() == documented()
    assert completion.to_dict() == documented()


def test_raw_keeps_what_no_page_lists() -> None:
    body = documented() | {"of_tomorrow": {"a": [1]}, "service_tier": None}
    body["choices"][0]["message"]["audio_content"] = ""
    body["usage"]["completion_tokens_details"] = {"reasoning_tokens": 5}
    completion = received(body)
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
def test_what_is_missing_or_null_reads_none_and_never_unset(body: dict[str, Any]) -> None:
    completion = received(body)
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


# No answer

NO_CHOICE: list[dict[str, Any]] = [
    {"choices": None},
    {"choices": []},
    base_resp(0, "success"),
    {**documented(), "choices": []},
]


@pytest.mark.parametrize("body", NO_CHOICE, ids=repr)
def test_an_answer_without_any_choice_is_no_answer(body: dict[str, Any]) -> None:
    with pytest.raises(ResponseDecodeError, match="it has no choice") as caught:
        received(body, trace_id="t-1")
    assert (caught.value.http_status, caught.value.trace_id) == (200, "t-1")


@pytest.mark.parametrize("body", NO_CHOICE, ids=repr)
@pytest.mark.parametrize(
    ("flags", "kind"),
    [
        ({"input_sensitive": True, "input_sensitive_type": 2}, InputContentError),
        ({"output_sensitive": True, "output_sensitive_type": 2}, OutputContentError),
    ],
)
def test_without_a_choice_the_flags_of_the_content_filter_tell_why(
    body: dict[str, Any], flags: dict[str, Any], kind: type[ContentFilterError]
) -> None:
    with pytest.raises(kind, match=r"no answer \(\w+_sensitive_type 2\)") as caught:
        received({**body, **flags})
    assert (caught.value.http_status, caught.value.retryable) == (200, False)
    assert caught.value.body == {**body, **flags}
    answered = plain("Hello", **flags)
    assert received(answered).text == "Hello", "a hit that is not severe leaves the answer"


@pytest.mark.parametrize("usage", [{}, {"total_tokens": None}, {"prompt_tokens_details": None}])
def test_so_it_is_deeper_down(usage: dict[str, Any]) -> None:
    found = received({**documented(), "usage": usage}).usage
    assert found is not None
    assert (found.total_tokens, found.prompt_tokens_details) == (None, None)


@pytest.mark.parametrize(
    "created", ["x", "1776838788", 10**30, -(10**30), 1e300, None, [], {}, 10**400]
)
def test_a_time_that_is_none_reads_none(created: Any) -> None:
    """Even through a door that checks nothing."""
    assert Completion({**documented(), "created": created}).created_at is None


@pytest.mark.parametrize(("created", "year"), [(0, 1970), (1776838788, 2026), (253402300799, 9999)])
def test_a_time_is_in_utc(created: int, year: int) -> None:
    at = Completion({"created": created}).created_at
    assert at is not None
    assert (at.year, at.tzinfo) == (year, UTC)
    assert at.timestamp() == created


# Calls


def test_the_documented_answer_that_calls() -> None:
    completion = received(TOOL_CALLS_RESPONSE)
    (found,) = completion.tool_calls
    assert (found.id, found.type, found.index) == ("call_function_abc123def456_1", "function", 0)
    assert (found.function.name, found.function.arguments) == ("get_forecast", '{"city": "Bergen"}')
    assert completion.finish_reason == "tool_calls"
    assert completion.message.tool_calls == [found]
    assert completion.thinking == "A forecast is needed."
    assert completion.text == "Let me look that up."
    assert completion.raw.to_dict() == completion.to_dict() == TOOL_CALLS_RESPONSE


def test_what_a_call_lacks_reads_empty() -> None:
    body = plain("x")
    body["choices"][0]["message"]["tool_calls"] = [{}, {"function": None, "id": None}]
    for found in received(body).tool_calls:
        assert (found.id, found.function.name, found.function.arguments) == ("", "", "")
        assert (found.type, found.index) == (None, None)


@pytest.mark.parametrize(
    "calls",
    [
        *({}, "x", 5, ["x"], [None], [{"id": 5}], [{"function": "f"}]),
        *([{"function": {"name": 5}}], [{"function": {"arguments": {"city": "Bergen"}}}]),
    ],
    ids=repr,
)
def test_calls_of_a_wrong_type_are_no_answer(calls: Any) -> None:
    """They would read as none at all."""
    body = plain("x")
    body["choices"][0]["message"]["tool_calls"] = calls
    with pytest.raises(ResponseDecodeError, match="tool_calls"):
        received(body)


# Thinking


def test_structured_thinking_wins_once() -> None:
    body = plain("<think>a</think>b")
    body["choices"][0]["message"]["reasoning_content"] = "the structured one"
    completion = received(body)
    assert (completion.thinking, completion.text) == ("the structured one", "b")
    assert completion.message.content == "<think>a</think>b"


@pytest.mark.parametrize("reasoning", ["", None])
def test_empty_structured_thinking_leaves_the_tags_alone(reasoning: str | None) -> None:
    body = plain("<think>a</think>b")
    body["choices"][0]["message"]["reasoning_content"] = reasoning
    assert received(body).thinking == "a"


@pytest.mark.parametrize(
    ("content", "finish_reason", "truncated"),
    [
        ("<think>I wonder", "length", True),
        ("<think>I wonder</think>", "length", True),
        ("<think>", "length", True),
        # Nothing was thought: something else has used the tokens up.
        ("", "length", False),
        (None, "length", False),
        ("<think>I wonder</think>Hel", "length", False),
        ("Hel", "length", False),
        ("<think>I wonder", "stop", False),
        ("<think>I wonder</think>", "stop", False),
        ("<think>I wonder", None, False),
    ],
)
def test_an_end_inside_the_thinking_can_be_told(
    content: str | None, finish_reason: str | None, truncated: bool
) -> None:
    assert received(plain(content, finish_reason)).thinking_truncated is truncated


def test_so_it_can_in_a_stream() -> None:
    reader = stream_reader()
    read(reader, sse(chunk("<think>I "), chunk("wonder", "length")))
    assert reader.completion.thinking_truncated
    assert (reader.completion.thinking, reader.completion.text) == ("I wonder", "")


def called(arguments: str, finish_reason: str, **message: Any) -> dict[str, Any]:
    body = plain(message.pop("content", None), finish_reason)
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": arguments}}
    body["choices"][0]["message"] |= {"tool_calls": [call], **message}
    return body


@pytest.mark.parametrize(("arguments", "end"), [("{}", "tool_calls"), ('{"a": "b', "length")])
def test_an_answer_that_calls_is_not_truncated_thinking(arguments: str, end: str) -> None:
    completion = received(called(arguments, end, content="<think>I wonder</think>"))
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
def test_thinking_is_the_same_wherever_it_came(message: dict[str, Any]) -> None:
    body = plain(None)
    body["choices"][0]["message"] |= message
    completion = received(body)
    assert (completion.thinking, completion.text) == ("Two\n\ncities.", "Hi")


def test_the_first_choice_counts() -> None:
    body = plain("<think>a</think>b")
    body["choices"].append(plain("<think>c</think>d", "length")["choices"][0])
    completion = received(body)
    assert (completion.thinking, completion.text, completion.finish_reason) == ("a", "b", "stop")
    assert completion.choices[1].message.content == "<think>c</think>d"
    assert completion.choices[1].finish_reason == "length"


# Views


def test_views_of_the_same_are_equal() -> None:
    one, two = received(documented()), received(documented())
    assert one == two
    assert one.message == two.message
    assert one.message == ChoiceMessageView(documented()["choices"][0]["message"])
    assert one.usage == two.usage
    assert one != received(plain("something else"))
    assert one.message != received(plain("something else")).message
    assert one != documented()
    assert one.message != documented()["choices"][0]["message"]


def test_views_have_no_hash_and_no_room_for_mistakes() -> None:
    completion = received(documented())
    with pytest.raises(TypeError):
        hash(completion)
    with pytest.raises(AttributeError):
        completion.txt = "x"  # type: ignore[attr-defined]
    with pytest.raises(AttributeError):
        completion.text = "x"  # type: ignore[misc]


def test_what_a_view_gives_away_is_a_copy() -> None:
    completion = received(documented())
    completion.to_dict()["choices"][0]["message"]["content"] = "x"
    completion.message.to_dict()["content"] = "x"
    completion.raw.choices = UNSET
    assert completion.to_dict() == documented()


def test_the_repr_shows_what_came() -> None:
    completion = received(documented())
    assert repr(completion) == f"Completion({documented()!r})"
    assert repr(completion.message).startswith("ChoiceMessageView({'content': '<think>")


# Copies

COPIES = pytest.mark.parametrize(
    "copied",
    [
        copy.copy,
        copy.deepcopy,
        *(
            lambda value, protocol=protocol: pickle.loads(pickle.dumps(value, protocol))
            for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)
        ),
        lambda value: copy.deepcopy(pickle.loads(pickle.dumps(copy.deepcopy(value)))),
    ],
)


@COPIES
def test_a_completion_can_be_copied(copied: Any) -> None:
    completion = received(documented(), trace_id="t-1")
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
def test_a_chunk_can_be_copied(copied: Any) -> None:
    (only,) = read(stream_reader(), sse({**chunk("<think>a</think>b", "stop"), "usage": USAGE}))
    twin = copied(only)
    assert type(twin) is CompletionChunk
    assert (twin.thinking, twin.text) == ("a", "b")
    assert twin == only
    assert twin.raw.to_dict() == only.to_dict()


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
def test_a_generated_model_can_be_copied(model: Any, fields: dict[str, Any], copied: Any) -> None:
    """A field that was missing stays missing: copies keep the identity of UNSET."""
    twin = copied(model)
    assert twin == model
    assert twin.to_dict() == fields
    json.dumps(twin.to_dict())


@COPIES
def test_unset_is_one(copied: Any) -> None:
    assert copied(UNSET) is UNSET
    assert copied([UNSET])[0] is UNSET
    assert isinstance(UNSET, Unset)


@COPIES
def test_a_message_that_was_copied_can_be_sent(copied: Any) -> None:
    message = copied(received(documented()).message)
    model = copied(Message(role="user", content="x"))
    assert json.loads(call(messages=[message, model]).request["content"])["messages"] == [
        documented()["choices"][0]["message"],
        {"role": "user", "content": "x"},
    ]
