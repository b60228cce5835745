"""Streams: from bytes to chunks, and an end that is a completion or an error."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable
from typing import Any

import httpx
import pytest
from hypothesis import example, given, strategies as st

from minimax_chat import (
    APIError,
    AuthenticationError,
    Completion,
    InputContentError,
    MiniMaxError,
    OutputContentError,
    PlanLimitError,
    RateLimitError,
    ResponseDecodeError,
    ResponseLimitError,
    StreamInterruptedError,
)
from minimax_chat._stream import Accumulator, StreamReader
from properties import JSON_VALUES, cut, examples
from samples import (
    ENVELOPE,
    KEY,
    USAGE,
    base_resp,
    chunk,
    documented,
    openai_style,
    plain,
    sse,
    without,
)
from seams import (
    answer,
    call,
    check_readable,
    config,
    event_stream,
    head,
    read,
    read_until_error,
    reading,
    reply,
    stream_reader,
)


def parts_of(*events: dict[str, Any]) -> tuple[list[tuple[str, str]], Completion]:
    reader = stream_reader()
    chunks = read(reader, sse(*events))
    return [(each.thinking, each.text) for each in chunks], reader.completion


def usage_only(usage: dict[str, Any] | None = None) -> dict[str, Any]:
    return {**ENVELOPE, "choices": [], "usage": USAGE if usage is None else usage}


# Chunks, and the end


def test_a_stream_yields_its_chunks_and_adds_up_to_a_completion() -> None:
    parts, completion = parts_of(
        chunk("<think>\n用户用", role="assistant", name="MiniMax AI", audio_content=""),
        chunk("中文</thi"),
        chunk("nk>\n\n你好"),
        {**chunk("!", "stop"), "usage": USAGE},
    )
    assert parts == [("用户用", ""), ("中文", ""), ("", "你好"), ("", "!")]
    assert (completion.thinking, completion.text) == ("用户用中文", "你好!")
    assert completion.message.content == "<think>\n用户用中文</think>\n\n你好!"
    assert completion.message.role == "assistant"
    assert completion.finish_reason == "stop"
    assert completion.usage is not None
    assert completion.usage.to_dict() == USAGE
    assert completion.object == "chat.completion"
    assert (completion.id, completion.created) == (ENVELOPE["id"], ENVELOPE["created"])
    assert completion.trace_id == ENVELOPE["id"]


def test_events_after_done_are_ignored() -> None:
    reader = stream_reader()
    body = sse(chunk("Hello", "stop")) + sse(chunk("more")) + b"data: nonsense\n\n"
    assert [each.text for each in read(reader, body)] == ["Hello"]
    assert reader.done
    assert reader.completion.text == "Hello"


@pytest.mark.parametrize(
    "done", [b"data: [DONE]\n\n", b"data:[DONE]\r\n\r\n", b"data:  [DONE] \n\n"]
)
def test_done_ends_the_stream_whatever_its_spacing(done: bytes) -> None:
    reader = stream_reader()
    list(reader.feed(sse(chunk("Hello", "stop"), done=False)))
    assert not reader.done
    assert list(reader.feed(done)) == []
    assert reader.done


def test_a_finish_reason_without_done_is_an_end() -> None:
    (only,) = read(stream_reader(), sse(chunk("Hello", "stop"), done=False))
    assert only.text == "Hello"


@pytest.mark.parametrize("done", [True, False])
@pytest.mark.parametrize(
    "events",
    [
        (),
        (chunk("<think>a</think>Hel", role="assistant"),),
        (usage_only(),),
        (chunk("Hel", ""),),
        ({**ENVELOPE, "choices": None},),
        ({**ENVELOPE, "choices": [{"index": 0, "finish_reason": None}]},),
    ],
)
def test_an_end_without_finish_reason_is_an_interruption(
    events: tuple[dict[str, Any], ...], done: bool
) -> None:
    reader = stream_reader(event_stream(trace_id="t-1"))
    parts, error = read_until_error(reader, sse(*events, done=done))
    assert isinstance(error, StreamInterruptedError)
    assert len(parts) == len(events)
    assert error.completion is not None
    assert error.completion.text == "".join(text for _, text in parts)
    assert error.completion.thinking == "".join(thinking for thinking, _ in parts)
    assert error.completion.finish_reason in (None, "")
    assert error.message == "the stream ended without a finish_reason"
    assert (error.http_status, error.trace_id) == (200, "t-1")


def test_text_held_back_as_a_possible_tag_is_in_the_partial_completion() -> None:
    parts, error = read_until_error(stream_reader(), sse(chunk("<think>a</think>b <"), chunk("c")))
    assert parts == [("a", "b <"), ("", "c")]
    parts, error = read_until_error(stream_reader(), sse(chunk("b <th")))
    assert parts == [("", "b ")]
    assert error.completion is not None
    assert error.completion.text == "b <th"


def test_text_held_back_as_a_possible_tag_comes_with_the_finish_reason() -> None:
    parts, completion = parts_of(chunk("a <th"), chunk("", "length"))
    assert parts == [("", "a "), ("", "<th")]
    assert completion.text == "a <th"
    assert parts_of(chunk("<think>a </th", "length"))[0] == [("a </th", "")]


def test_every_choice_needs_a_finish_reason() -> None:
    event = chunk("Hello", "stop")
    event["choices"].append({"index": 1, "delta": {"content": "Hi"}})
    _, error = read_until_error(stream_reader(), sse(event))
    assert isinstance(error, StreamInterruptedError)


def test_an_interruption_is_retryable_before_the_first_event_only() -> None:
    _, early = read_until_error(stream_reader(), b"")
    _, late = read_until_error(stream_reader(), sse(chunk("Hel")))
    assert (early.retryable, late.retryable) == (True, False)
    reader = stream_reader()
    assert not reader.begun
    next(reader.feed(sse(chunk("Hel"))))
    assert reader.begun


# Failures inside a stream


@pytest.mark.parametrize(
    ("event", "kind", "code"),
    [
        (base_resp(1027, "output sensitive"), OutputContentError, 1027),
        ({**ENVELOPE, "choices": [], **base_resp(1002, "slow down")}, RateLimitError, 1002),
        ({**chunk("x", "stop"), **base_resp(1027, "output sensitive")}, OutputContentError, 1027),
        (openai_style("rate limit (1002)", "rate_limit_error", "429"), RateLimitError, 1002),
        (openai_style("limit exceeded", "rate_limit_error", "429"), RateLimitError, None),
        ({"error": {"message": "input (1026)"}}, InputContentError, 1026),
        ({"error": "the model fell over"}, APIError, None),
    ],
)
def test_a_failure_inside_a_stream_is_a_typed_error_with_what_had_arrived(
    event: dict[str, Any], kind: type[APIError], code: int | None
) -> None:
    reader = stream_reader(event_stream(trace_id="t-1"))
    body = sse(chunk("<think>a</think>b"), chunk("c"), event, chunk("d", "stop"))
    parts, error = read_until_error(reader, body)
    assert parts == [("a", "b"), ("", "c")]
    assert type(error) is kind
    assert error.code == code
    assert error.trace_id == "t-1"
    assert error.body == event
    assert error.completion is not None
    assert (error.completion.thinking, error.completion.text) == ("a", "bc")
    assert error.completion.finish_reason is None


def test_a_failure_inside_a_stream_may_name_its_http_status() -> None:
    _, error = read_until_error(stream_reader(), sse(openai_style("x (1004)", http="401")))
    assert (type(error), error.http_status) == (AuthenticationError, 401)
    _, error = read_until_error(stream_reader(), sse(base_resp(2056, "plan")))
    assert (type(error), error.http_status) == (PlanLimitError, 200)


def test_a_failure_inside_a_stream_may_take_its_trace_id_from_the_chunks() -> None:
    failed = {"error": {"message": "input (1026)"}}
    _, error = read_until_error(stream_reader(), sse(chunk("a"), failed))
    assert error.trace_id == ENVELOPE["id"]


# A reply that is no stream


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "text/plain", ""])
def test_a_plain_reply_to_a_streamed_call_is_one_chunk(content_type: str) -> None:
    reader = stream_reader(reply(content_type=content_type, trace_id="t-1"))
    body = json.dumps(documented()).encode()
    chunks = read(reader, body[:40], body[40:])
    assert reader.begun
    whole = answer(200, body, trace_id="t-1")
    assert [(each.thinking, each.text) for each in chunks] == [(whole.thinking, whole.text)]
    assert chunks[0].choices[0].delta.to_dict() == whole.message.to_dict()
    assert reader.completion.to_dict() == whole.to_dict()
    assert reader.completion.trace_id == whole.trace_id == "t-1"


def test_a_plain_reply_to_a_streamed_call_is_not_merged() -> None:
    call = {"id": "c1", "index": 0, "function": {"name": "f", "arguments": "{}"}}
    message = {
        "content": "Hi",
        "tool_calls": [call, {**call, "id": "c2"}],
        "reasoning_details": [{"index": 0, "text": "one"}, {"index": 0, "text": "two"}],
    }
    body = plain("x")
    body["choices"] = [{"index": 0, "message": message, "finish_reason": "tool_calls"}] * 2
    reader = stream_reader(reply())
    (only,) = read(reader, json.dumps(body).encode())
    assert reader.completion.to_dict() == body
    assert (only.text, only.thinking) == ("Hi", "one\n\ntwo")


@pytest.mark.parametrize("content_type", ["application/json", ""])
@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, base_resp(1008, "insufficient balance"), "InsufficientBalanceError"),
        (429, openai_style("rate limit (1002)", http="429"), "RateLimitError"),
        (500, openai_style("insufficient balance (1008)"), "InsufficientBalanceError"),
        (200, "<html>oops</html>", "ResponseDecodeError"),
        (502, "<html>Bad gateway</html>", "InternalServerError"),
        (200, "", "ResponseDecodeError"),
        (200, {"id": "x"}, "ResponseDecodeError"),
    ],
)
def test_a_failure_instead_of_a_stream_is_a_typed_error(
    status: int, body: Any, kind: str, content_type: str
) -> None:
    content = body if isinstance(body, str) else json.dumps(body)
    reader = stream_reader(reply(status, content_type=content_type))
    parts, error = read_until_error(reader, content.encode())
    assert parts == []
    assert type(error).__name__ == kind
    assert error.http_status == status


@pytest.mark.parametrize("content_type", ["text/event-stream", "Text/Event-Stream ; charset=x"])
def test_the_http_status_takes_precedence_over_the_content_type(content_type: str) -> None:
    content = json.dumps(openai_style("rate limit (1002)", http="429")).encode()
    _, error = read_until_error(stream_reader(reply(429, content_type=content_type)), content)
    assert (type(error), error.http_status) == (RateLimitError, 429)
    (only,) = read(stream_reader(reply(content_type=content_type)), sse(chunk("Hello", "stop")))
    assert only.text == "Hello"


def test_a_stream_of_an_unknown_encoding_is_a_decode_error() -> None:
    """httpx does not decode it, so that it seems to hold no event."""
    reader = stream_reader(event_stream(content_encoding="novel"))
    parts, error = read_until_error(reader, b"\x1f\x8b\x00" * 100)
    assert parts == []
    assert isinstance(error, ResponseDecodeError)
    reason = "no event could be decoded (text/event-stream, novel)"
    assert error.message == f"the response violates the schema: {reason}"
    assert error.body == ""


# Variants seen on the wire

WHOLE = "<think>a</think>Hello!"
HELLO = [chunk("<think>a</think>Hel", role="assistant"), chunk("lo"), chunk("!", "stop")]


def with_role(role: str | None) -> list[dict[str, Any]]:
    """HELLO with this role in each chunk."""
    contents = ["<think>a</think>Hel", "lo", "!"]
    ends = [None, None, "stop"]
    return [chunk(each, end, role=role) for each, end in zip(contents, ends, strict=True)]


def last(**choice: Any) -> dict[str, Any]:
    """A last chunk that repeats the message."""
    message = {"role": "assistant", "content": WHOLE}
    repeated = {"index": 0, "finish_reason": "stop", "message": message, **choice}
    return {**ENVELOPE, "object": "chat.completion", "choices": [repeated]}


NO_CHOICE = {**ENVELOPE, "choices": []}
LATE_NULL = {**ENVELOPE, "choices": [{"index": 0, "delta": {}, "finish_reason": None}]}
NO_INDEX = [{**each, "choices": [without(each["choices"][0], "index")]} for each in HELLO]

VARIANTS: dict[str, list[dict[str, Any]]] = {
    "no choice": [NO_CHOICE, *HELLO, NO_CHOICE],
    "no index": NO_INDEX,
    "empty role": with_role(""),
    "null role": with_role(None),
    "role in the first chunk alone": [*HELLO[:1], *with_role("")[1:]],
    "null after the finish_reason": [*HELLO, LATE_NULL],
    "repeated message": [*HELLO, last()],
    "repeated message with an empty delta": [*HELLO, last(delta={})],
    "repeated message with a null delta": [*HELLO, last(delta=None)],
    "repeated message with an empty piece": [*HELLO, last(delta={"content": ""})],
    "repeated message with a piece": [*HELLO[:2], last(delta={"content": "!"})],
}


@pytest.mark.parametrize("events", VARIANTS.values(), ids=VARIANTS)
def test_variants_of_chunks_add_up_to_the_same_message(events: list[dict[str, Any]]) -> None:
    parts, completion = parts_of(*events)
    assert len(parts) == len(events)
    assert [part for part in parts if any(part)] == [("a", "Hel"), ("", "lo"), ("", "!")]
    assert completion.message.to_dict() == {"role": "assistant", "content": WHOLE}
    assert completion.message.role == "assistant"
    assert completion.finish_reason == "stop"
    assert "delta" not in completion.to_dict()["choices"][0]
    sent = json.loads(call(messages=[completion.message]).request["content"])
    assert sent["messages"] == [{"role": "assistant", "content": WHOLE}]


def test_a_message_that_was_not_streamed_is_in_its_last_chunk() -> None:
    parts, completion = parts_of(chunk(role="assistant"), last())
    assert parts == [("", ""), ("a", "Hello!")]
    assert completion.message.content == WHOLE


def test_structured_thinking_repeated_at_the_end_adds_nothing() -> None:
    message = {"content": "", "reasoning_content": "hm, a"}
    pieces = [chunk(reasoning_content="hm, "), chunk(reasoning_content="a")]
    parts, completion = parts_of(*pieces, last(message=message))
    assert parts == [("hm,", ""), (" a", ""), ("", "")]
    assert completion.thinking == "hm, a"


def test_empty_structured_thinking_does_not_replace_tagged_thinking() -> None:
    parts, _ = parts_of(chunk("<think>I", reasoning_content=""), chunk("</think>b", "stop"))
    assert parts == [("I", ""), ("", "b")]


def test_the_last_usage_replaces_earlier_ones() -> None:
    none = {"total_tokens": 0, "total_characters": 0}
    first, *others = HELLO
    for events, usage in (
        ([*HELLO, usage_only()], USAGE),
        ([{**first, "usage": none}, *others, usage_only(), NO_CHOICE], USAGE),
        ([usage_only(none), *HELLO], none),
    ):
        found = parts_of(*events)[1].usage
        assert found is not None
        assert found.to_dict() == usage


def test_empty_strings_do_not_replace_earlier_values() -> None:
    empty = {"name": "", "audio_content": "", "novel": "", "role": ""}
    _, completion = parts_of(chunk("Hel", **empty), chunk("lo", "stop", **empty))
    assert completion.message.to_dict() == {**empty, "role": "assistant", "content": "Hello"}
    first: dict[str, Any] = {"name": "MiniMax AI", "role": "novel", "novel": 0}
    _, completion = parts_of(chunk("Hel", **first), chunk("lo", "stop", **empty))
    assert completion.message.to_dict() == {**first, "audio_content": "", "content": "Hello"}


def test_two_pieces_of_one_choice_in_one_event_are_joined() -> None:
    event = chunk("Hel")
    event["choices"] += [chunk("lo", "stop")["choices"][0], {}]
    parts, completion = parts_of(event)
    assert parts == [("", "Hello")]
    assert completion.text == "Hello"


def test_several_choices_are_kept_apart() -> None:
    def both(first: str, second: str, end: str | None) -> dict[str, Any]:
        event = chunk(first, end)
        event["choices"].insert(0, {**chunk(second, end)["choices"][0], "index": 1})
        return event

    parts, completion = parts_of(both("a", "<think>x", None), both("b", "</think>y", "stop"))
    assert parts == [("", "a"), ("", "b")]
    contents = [choice.message.content for choice in completion.choices]
    assert contents == ["ab", "<think>x</think>y"]
    assert [choice.index for choice in completion.choices] == [0, 1]
    assert completion.text == "ab"


def test_choices_that_come_by_turns_are_kept_apart() -> None:
    def second(text: str, end: str | None = None) -> dict[str, Any]:
        event = chunk(text, end)
        event["choices"][0]["index"] = 1
        return event

    parts, completion = parts_of(
        *(chunk("a"), second("x"), second("y"), second("z"), chunk("b"), chunk("c")),
        *(second("!", "stop"), chunk(".", "stop")),
    )
    assert "".join(text for _, text in parts) == "abc."
    assert [choice.message.content for choice in completion.choices] == ["abc.", "xyz!"]


def test_text_repeated_after_the_finish_reason_is_added() -> None:
    parts, completion = parts_of(*[chunk("a <", "stop")] * 3)
    assert [text for _, text in parts] == ["a <"] * 3
    assert completion.text == "a <a <a <"


def test_undocumented_fields_of_an_event_are_kept() -> None:
    event = {**chunk("Hello", "stop", audio_content="", novel=1), "of_tomorrow": {"a": 1}}
    reader = stream_reader()
    (only,) = read(reader, sse(event))
    assert only.to_dict() == event
    assert only.raw.to_dict() == event
    assert reader.completion.to_dict()["of_tomorrow"] == {"a": 1}
    assert reader.completion.to_dict()["choices"][0]["message"]["novel"] == 1


def test_properties_of_a_chunk() -> None:
    (only,) = read(stream_reader(), sse({**chunk("Hello", "stop"), "usage": USAGE}))
    assert only.choices[0].delta.content == "Hello"
    assert only.choices[0].finish_reason == "stop"
    assert only.usage is not None
    assert only.usage.total_tokens == 43
    assert (only.id, only.model) == (ENVELOPE["id"], "MiniMax-M2.7")


# The same as a plain call

texts = st.lists(
    st.sampled_from(
        ["<think>", "</think>", "<", "</thi", " ", "\n", "Hello", "你好", "🏔️", "\u2028"]
    ),
    max_size=8,
).map("".join)
cuts = st.lists(st.integers(min_value=0, max_value=60), max_size=6)


@examples(200)
@given(
    content=texts,
    reasoning=st.none() | texts,
    finish_reason=st.sampled_from(["stop", "length", "novel"]),
    usage=st.none() | st.just(USAGE),
    header=st.none() | st.just("t-1"),
    at=cuts,
    bytes_at=cuts,
    end_alone=st.booleans(),
)
def test_a_stream_however_cut_adds_up_to_the_completion_of_a_plain_call(
    content: str,
    reasoning: str | None,
    finish_reason: str,
    usage: dict[str, Any] | None,
    header: str | None,
    at: list[int],
    bytes_at: list[int],
    end_alone: bool,
) -> None:
    body = plain(content, finish_reason, usage=usage, **base_resp(0))
    events: list[dict[str, Any]] = []
    if reasoning is not None:
        body["choices"][0]["message"]["reasoning_content"] = reasoning
        events += [chunk(reasoning_content=piece) for piece in cut(reasoning, at)]
    events += [chunk(piece) for piece in cut(content, at)]
    events += [chunk()] if end_alone else []
    events[0]["choices"][0]["delta"]["role"] = "assistant"
    events[-1]["choices"][0]["finish_reason"] = finish_reason
    events[-1] |= {"usage": usage, **base_resp(0)}
    headers: dict[str, str] = {} if header is None else {"trace_id": header}

    whole = answer(200, body, None, **headers)
    reader = stream_reader(event_stream(**headers))
    chunks = read(reader, *cut(sse(*events), bytes_at))
    streamed = reader.completion

    def seen(completion: Completion) -> list[Any]:
        return [
            completion.text,
            completion.thinking,
            completion.finish_reason,
            completion.usage,
            completion.id,
            completion.model,
            completion.created_at,
            completion.trace_id,
            completion.message,
            completion.message.content,
            completion.message.role,
            completion.base_resp,
        ]

    assert seen(streamed) == seen(whole)
    assert streamed.to_dict() == whole.to_dict()
    assert streamed == whole
    if content.find("</think>") < 0 or 0 <= content.find("<think>") < content.find("</think>"):
        assert "".join(each.text for each in chunks) == whole.text
        assert "".join(each.thinking for each in chunks) == whole.thinking


# Broken streams


def outcome(
    pieces: Iterable[bytes], content_type: str = "text/event-stream"
) -> MiniMaxError | None:
    """The typed error of a body, if it has one; whatever arrived can be read."""
    reader = stream_reader(reply(content_type=content_type))
    text = ""
    try:
        for each in reading(reader, pieces):
            assert isinstance(each.thinking, str)
            text += each.text
            each.raw.to_dict()
            for choice in each.choices:
                assert choice.delta.to_dict() is not None
    except MiniMaxError as error:
        str(error)
        return error
    finally:
        check_readable(reader.completion)
        reader.completion.raw.to_dict()
    return None


VALID = sse(chunk("<think>你", role="assistant"), {**chunk("</think>b🏔️", "stop"), "usage": USAGE})


def test_a_stream_truncated_anywhere_is_an_interruption_unless_it_had_finished() -> None:
    finished = VALID.index(b"}\n\ndata: [DONE]") + 3
    for place in range(len(VALID) + 1):
        error = outcome([VALID[:place]])
        if place < finished:
            assert isinstance(error, StreamInterruptedError), place
        else:
            assert error is None, place


@pytest.mark.parametrize("flip", [0x20, 0xFF, None])
def test_a_stream_with_any_byte_broken_is_readable_or_a_typed_error(flip: int | None) -> None:
    """Each byte in turn is flipped, or left out."""
    kinds = set()
    for place in range(len(VALID)):
        middle = b"" if flip is None else bytes([VALID[place] ^ flip])
        kinds.add(type(outcome([VALID[:place] + middle + VALID[place + 1 :]])))
    assert ResponseDecodeError in kinds


PATHS: list[tuple[str | int, ...]] = [
    (),
    *((name,) for name in (*ENVELOPE, "choices", "base_resp", "error")),
    ("choices", 0),
    ("choices", 0, "index"),
    ("choices", 0, "delta"),
    ("choices", 0, "message"),
    ("choices", 0, "finish_reason"),
    ("choices", 0, "delta", "content"),
    ("choices", 0, "delta", "role"),
    ("choices", 0, "delta", "reasoning_content"),
]


@examples(30)
@given(JSON_VALUES)
def test_any_value_of_any_field_of_an_event_is_readable_or_a_typed_error(value: Any) -> None:
    for path in PATHS:
        event: Any = chunk("Hel", role="assistant")
        holder: Any = {"": event}
        place: Any = ""
        for step in path:
            holder, place = holder[place], step
        holder[place] = value
        changed = event if path else value
        outcome([sse(chunk("a"), changed, chunk("lo", "stop"))])
        outcome([json.dumps(changed).encode()], "application/json")


@examples(100)
@given(st.lists(st.binary(max_size=20), max_size=3))
def test_events_of_random_bytes_are_readable_or_a_typed_error(events: list[bytes]) -> None:
    outcome([sse(chunk("a"), *events)])


@pytest.mark.parametrize(
    "event",
    [
        b"{",
        b'"a"',
        b"null",
        b"NaN",
        b"\xff",
        b'{"a": "\xff"}',
        b"[DON",
        b"[" * 100_000,
        b'{"created": ' + b"9" * 5_000 + b"}",
        b"\n",
    ],
    ids=lambda event: repr(event[:12]),
)
def test_an_event_that_is_no_json_object_is_a_decode_error(event: bytes) -> None:
    body = b"".join(b"data: %b\n" % line for line in event.split(b"\n")) + b"\n"
    parts, error = read_until_error(
        stream_reader(event_stream(trace_id="t-1")), sse(chunk("a"), done=False) + body
    )
    assert parts == [("", "a")]
    assert type(error) is ResponseDecodeError
    assert (error.http_status, error.trace_id, error.code) == (200, "t-1", None)
    assert not error.retryable
    assert isinstance(error.body, str)
    assert error.body == event[:500].decode("utf-8", "replace")
    assert error.completion is not None
    assert error.completion.text == "a"


def test_a_key_echoed_in_a_filtered_stream_is_redacted() -> None:
    event = {**ENVELOPE, "choices": [], "output_sensitive": True, "echo": f"Bearer {KEY}"}
    _, error = read_until_error(stream_reader(), sse(event))
    assert isinstance(error, OutputContentError)
    assert "***" in str(error.body)
    assert KEY not in str(error.body)
    assert error.completion is not None
    assert error.completion.id == ENVELOPE["id"]


@pytest.mark.parametrize(
    "event", [openai_style(f"no such key {KEY} (2049)", http="401"), f"no {KEY}".encode()]
)
def test_a_key_echoed_in_an_event_is_redacted(event: Any) -> None:
    _, error = read_until_error(stream_reader(), sse(event))
    assert "***" in repr(vars(error))
    assert KEY not in str(error) + repr(vars(error))


# Arguments of a call that end too early


def arguments(text: str) -> dict[str, Any]:
    """A delta with the arguments of a call."""
    return {"tool_calls": [{"index": 0, "id": "c1", "function": {"arguments": text}}]}


CUT_OFF = [
    '{"city": "Ber',
    '{"city": "Bergen"',
    "{",
    '["\\"',
    '{"a": {}',
    '{"a": tru',
    '{"a": fal',
    '{"a": nul',
    '{"a": -',
    '{"a": "\\u00',
    '{"a": 1,',
    "[1",
    "  {",
    '{"code": "' + '\\"' * 100_000,
]


@pytest.mark.parametrize("end", ["tool_calls", "stop"])
@pytest.mark.parametrize("text", CUT_OFF, ids=lambda text: text[:20])
def test_an_end_inside_the_arguments_of_a_call_is_an_interruption(text: str, end: str) -> None:
    _, error = read_until_error(stream_reader(), sse(chunk(**arguments(text)), chunk("", end)))
    assert isinstance(error, StreamInterruptedError)
    assert error.message == "the stream ended within the arguments of a tool call"
    (call,) = error.completion.tool_calls
    assert call.function.arguments == text


@pytest.mark.parametrize("end", ["length", "content_filter"])
def test_arguments_that_a_limit_cut_off_are_no_interruption(end: str) -> None:
    assert parts_of(chunk(**arguments('{"city": "Ber')), chunk("", end))[1].finish_reason == end


def test_each_choice_may_be_cut_off_by_a_limit_of_its_own() -> None:
    events = [chunk("", end, **arguments('{"city": "Ber')) for end in ("length", "content_filter")]
    events[1]["choices"][0]["index"] = 1
    _, completion = parts_of(*events)
    assert [each.finish_reason for each in completion.choices] == ["length", "content_filter"]
    events[0]["choices"][0]["finish_reason"] = "stop"
    _, error = read_until_error(stream_reader(), sse(*events))
    assert isinstance(error, StreamInterruptedError)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '{"a": "}{"}',
        '"{"',
        "not JSON",
        "{'a': 'it\"s'}",
        "{]",
        '{"a": 1} x',
        "1",
        "1" * 5000,  # which json refuses to read
        '{"a": "\\u00zz"',
        '{"a": "\\u00zz and more',
        "[" * 100_000,
    ],
    ids=lambda text: text[:20],
)
def test_complete_or_malformed_arguments_are_no_interruption(text: str) -> None:
    completion = parts_of(chunk(**arguments(text)), chunk("", "tool_calls"))[1]
    assert completion.tool_calls[0].function.arguments == text


# Events that add nothing but text take a shorter way. It must lead to the same place.

DELTAS = st.fixed_dictionaries(
    {},
    optional={
        "content": st.sampled_from(["a", "b", "", "<think>", "</think>", "\n", None, 1]),
        "role": st.sampled_from(["assistant", "", None]),
        "reasoning_content": st.sampled_from(["c", "", None]),
        "novel": st.sampled_from(["d", "", 0]),
        "tool_calls": st.sampled_from([[], None, [{"index": 0, "function": {"arguments": "1"}}]]),
    },
)
CHOICES = st.fixed_dictionaries(
    {"delta": DELTAS},
    optional={
        "index": st.sampled_from([0, 1, "0", None]),
        "finish_reason": st.sampled_from([None, None, None, "stop"]),
    },
)
EVENTS = st.fixed_dictionaries(
    {"choices": st.one_of(st.lists(CHOICES, max_size=2), CHOICES.map(lambda each: [each]))},
    optional={
        "id": st.sampled_from(["x", "y"]),
        "input_sensitive": st.sampled_from([True, False, None]),
        "usage": st.sampled_from([None, {"total_tokens": 1}, {"total_tokens": 2, "novel": "e"}]),
        "novel": st.sampled_from(["f", ["g"], {"h": "i"}]),
    },
)


@examples(200)
@given(st.lists(st.tuples(EVENTS, st.integers(1, 4)), max_size=5))
@example([(chunk("a", tool_calls=[{"index": 0}, {"index": 1, "novel": "b"}]), 3)])
def test_an_event_that_adds_only_text_is_merged_like_any_other(
    events: list[tuple[dict[str, Any], int]],
) -> None:
    def result(*, short_way: bool) -> Any:
        accumulator = Accumulator()
        chunks = [
            (short_way and accumulator.add_text(event)) or accumulator.add(event)
            for event in map(copy.deepcopy, repeated)
        ]
        shown = [(chunk.thinking, chunk.text, chunk.to_dict()) for chunk in chunks]
        return shown, accumulator.whole(), accumulator.finished

    repeated = [event for event, times in events for _ in range(times)]
    assert result(short_way=True) == result(short_way=False)


@pytest.mark.parametrize("reason", [["stop"], {"a": 1}, True, 7], ids=repr)
def test_a_cut_off_call_with_an_odd_finish_reason_is_an_error(reason: Any) -> None:
    pieces = [{"index": 0, "id": "c", "function": {"name": "f", "arguments": '{"a'}}]
    body = sse(chunk("", reason, tool_calls=pieces))
    _, error = read_until_error(stream_reader(), body)
    assert isinstance(error, StreamInterruptedError)


# Limits


def limited(limit: int, response: httpx.Response | None = None) -> StreamReader:
    of = call(stream=True, of=config(max_answer_bytes=limit))
    return StreamReader(head(response or event_stream(trace_id="t-1"), to=of))


def test_an_event_above_the_limit_is_an_error_that_keeps_what_arrived() -> None:
    reader = limited(1000)
    parts, error = read_until_error(reader, sse(chunk("Hel"), chunk("x" * 1000)))
    assert parts == [("", "Hel")]
    assert isinstance(error, ResponseLimitError)
    assert "max_answer_bytes" in error.hint
    assert (error.http_status, error.trace_id, error.retryable) == (200, "t-1", False)
    assert error.completion is not None
    assert error.completion.text == "Hel"


@pytest.mark.parametrize(
    "event",
    [
        lambda number: chunk("word " * 9),
        lambda number: chunk(f"{number} " * 9, nonce=number),
        lambda number: chunk(None, reasoning_content=f"{number} " * 9),
        lambda number: chunk(None, unknown={str(number): "x" * 50}),
        # What is kept of these says little about it when it is merged.
        lambda number: chunk(None, unknown={"a" if number % 2 else "b": None}),
    ],
    ids=["a text", "a text and more", "thinking", "unknown fields", "alternating values"],
)
def test_a_streamed_answer_above_the_limit_is_an_error(event: Callable[[int], Any]) -> None:
    reader = limited(10_000)
    body = (sse(event(number), done=False) for number in range(10_000))
    parts, error = read_until_error(reader, *body)
    assert isinstance(error, ResponseLimitError)
    assert error.message == "the streamed answer exceeds 10,000 bytes"
    assert error.completion == reader.completion
    assert 20 < len(parts) < 2000


@pytest.mark.parametrize("value", ["x" * 1000, [0] * 1000], ids=["a text", "a list"])
def test_what_is_repeated_in_the_whole_counts_each_time(value: Any) -> None:
    """It is kept once as long as it is the same, and joined as soon as it is not."""
    reader = limited(10_000)
    same = [sse(chunk("", novel=value), done=False)] * 1000
    parts, error = read_until_error(reader, *same)
    assert isinstance(error, ResponseLimitError)
    assert 5 < len(parts) < 20


def test_the_limit_holds_for_text_within_an_eighth() -> None:
    reader = limited(100_000)
    body = (sse(chunk("x" * 1000), done=False) for _ in range(200))
    parts, error = read_until_error(reader, *body)
    assert isinstance(error, ResponseLimitError)
    assert 90 < len(parts) < 115


def test_the_size_of_the_answer_is_looked_at_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sizes: list[int] = []
    size = Accumulator.size

    def look(accumulator: Accumulator) -> int:
        sizes.append(size(accumulator))
        return sizes[-1]

    monkeypatch.setattr(Accumulator, "size", look)
    reader = limited(100_000)
    for _ in range(1000):
        list(reader.feed(sse(chunk("x"), done=False)))
    assert 10 < len(sizes) < 30


def test_the_limit_is_for_the_text_and_not_for_its_pieces() -> None:
    """A short string takes ten times the memory of its text."""
    letters = sse(*[chunk("a")] * 9_000, chunk(".", "stop"))
    assert len(read(limited(20_000), letters)) == 9_001


def test_the_limit_is_for_what_is_kept_and_not_for_what_is_repeated() -> None:
    """Each event repeats the thinking so far: their sum is a hundred times the answer."""
    reader = limited(10_000)
    thinking = ""
    for number in range(400):
        thinking += f"{number} "
        detail = {"type": "reasoning.text", "index": 0, "text": thinking}
        read_some = list(reader.feed(sse(chunk(None, reasoning_details=[detail]), done=False)))
        assert len(read_some) == 1
    assert reader.completion.thinking == thinking.strip()


def test_a_stream_no_longer_than_the_limit_is_never_above_it() -> None:
    body = sse({"choices": [{"delta": {"content": "a"}, "finish_reason": "stop"}]})
    assert [each.text for each in read(limited(len(body)), body)] == ["a"]


def test_a_json_body_above_the_limit_is_an_error() -> None:
    reader = limited(100, reply(200, trace_id="t-1"))
    list(reader.feed(b" " * 100))
    with pytest.raises(ResponseLimitError) as caught:
        list(reader.feed(b" "))
    assert caught.value.message == "the response body exceeds 100 bytes"
    assert (caught.value.http_status, caught.value.trace_id) == (200, "t-1")
