"""Streams: bytes in, chunks out, and in the end the answer that a plain call gives, or an error."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, strategies as st

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
    StreamInterruptedError,
)
from minimax_chat._stream import StreamReader
from properties import tries
from replies import (
    ENVELOPE,
    KEY,
    USAGE,
    base_resp,
    call,
    chunk,
    cut,
    documented,
    event_stream,
    head,
    openai_style,
    plain,
    read,
    reading,
    reply,
    sse,
    stream_reader,
    without,
)


def read_until_error(
    reader: StreamReader, *body: bytes
) -> tuple[list[tuple[str, str]], MiniMaxError]:
    """Thinking and text of the chunks that came, and the error that followed."""
    parts: list[tuple[str, str]] = []
    try:
        for each in reading(reader, body):
            parts.append((each.thinking, each.text))
    except MiniMaxError as error:
        return parts, error
    pytest.fail("no error came")


def parts_of(*events: dict[str, Any]) -> tuple[list[tuple[str, str]], Completion]:
    reader = stream_reader()
    chunks = read(reader, sse(*events))
    return [(each.thinking, each.text) for each in chunks], reader.completion


def usage_only(usage: dict[str, Any] | None = None) -> dict[str, Any]:
    return {**ENVELOPE, "choices": [], "usage": USAGE if usage is None else usage}


# The end of a stream


def test_a_stream_gives_its_chunks_and_then_the_answer() -> None:
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


def test_finish_reason_comes_with_content() -> None:
    assert parts_of(chunk("Hel"), chunk("lo", "stop"))[0] == [("", "Hel"), ("", "lo")]


def test_nothing_behind_done_is_read() -> None:
    reader = stream_reader()
    body = sse(chunk("Hello", "stop")) + sse(chunk("more")) + b"data: nonsense\n\n"
    assert [each.text for each in read(reader, body)] == ["Hello"]
    assert reader.done
    assert reader.completion.text == "Hello"


@pytest.mark.parametrize(
    "done", [b"data: [DONE]\n\n", b"data:[DONE]\r\n\r\n", b"data:  [DONE] \n\n"]
)
def test_done_ends_the_stream_however_it_is_written(done: bytes) -> None:
    reader = stream_reader()
    list(reader.feed(sse(chunk("Hello", "stop"), done=False)))
    assert not reader.done
    assert list(reader.feed(done)) == []
    assert reader.done


def test_a_finish_reason_without_done_is_an_end() -> None:
    reader = stream_reader()
    assert [each.text for each in read(reader, sse(chunk("Hello", "stop"), done=False))] == [
        "Hello"
    ]


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
    assert "finish_reason" in error.message
    assert len(parts) == len(events)
    assert error.completion is not None
    assert error.completion.text == "".join(text for _, text in parts)
    assert error.completion.thinking == "".join(thinking for thinking, _ in parts)
    assert error.completion.finish_reason in (None, "")
    assert (error.http_status, error.trace_id) == (200, "t-1")


def test_what_waited_for_the_rest_of_a_tag_is_in_the_partial_completion() -> None:
    parts, error = read_until_error(stream_reader(), sse(chunk("<think>a</think>b <"), chunk("c")))
    assert parts == [("a", "b <"), ("", "c")]
    parts, error = read_until_error(stream_reader(), sse(chunk("b <th")))
    assert parts == [("", "b ")]
    assert error.completion is not None
    assert error.completion.text == "b <th"


def test_what_waited_comes_with_the_finish_reason() -> None:
    parts, completion = parts_of(chunk("a <th"), chunk("", "length"))
    assert parts == [("", "a "), ("", "<th")]
    assert completion.text == "a <th"
    assert parts_of(chunk("<think>a </th", "length"))[0] == [("a </th", "")]


def test_every_choice_needs_a_finish_reason() -> None:
    event = chunk("Hello", "stop")
    event["choices"].append({"index": 1, "delta": {"content": "Hi"}})
    _, error = read_until_error(stream_reader(), sse(event))
    assert isinstance(error, StreamInterruptedError)


def test_an_interrupted_stream_may_be_tried_again_only_if_nothing_was_handed_over() -> None:
    _, early = read_until_error(stream_reader(), b"")
    _, late = read_until_error(stream_reader(), sse(chunk("Hel")))
    assert (early.retryable, late.retryable) == (True, False)
    reader = stream_reader()
    assert not reader.begun
    next(reader.feed(sse(chunk("Hel"))))
    assert reader.begun


# Failures inside


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
        (base_resp(4242, "novel"), APIError, 4242),
    ],
)
def test_a_failure_inside_is_its_own_error_with_what_had_arrived(
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


def test_the_http_status_of_a_failure_inside_is_the_one_it_names() -> None:
    _, error = read_until_error(stream_reader(), sse(openai_style("x (1004)", http="401")))
    assert (type(error), error.http_status) == (AuthenticationError, 401)
    _, error = read_until_error(stream_reader(), sse(base_resp(2056, "plan")))
    assert (type(error), error.http_status) == (PlanLimitError, 200)


def test_a_failure_inside_takes_the_trace_id_of_the_chunks_if_there_is_no_other() -> None:
    failed = {"error": {"message": "input (1026)"}}
    _, error = read_until_error(stream_reader(), sse(chunk("a"), failed))
    assert error.trace_id == ENVELOPE["id"]


def test_a_success_told_inside_is_no_failure() -> None:
    parts, completion = parts_of({**chunk("Hello", "stop"), **base_resp(0, "success")})
    assert parts == [("", "Hello")]
    assert completion.base_resp is not None
    assert completion.base_resp.status_code == 0


# A JSON body where a stream was expected

TYPES = ["application/json", "application/json; charset=utf-8", "text/plain", ""]


@pytest.mark.parametrize("content_type", TYPES)
def test_an_answer_that_comes_whole_is_one_chunk(content_type: str) -> None:
    reader = stream_reader(reply(content_type=content_type, trace_id="t-1"))
    body = json.dumps(documented()).encode()
    chunks = read(reader, body[:40], body[40:])
    whole = head(reply(trace_id="t-1")).completion(body)
    assert [(each.thinking, each.text) for each in chunks] == [(whole.thinking, whole.text)]
    assert chunks[0].choices[0].delta.to_dict() == whole.message.to_dict()
    assert reader.completion.to_dict() == whole.to_dict()
    assert reader.completion.trace_id == whole.trace_id == "t-1"


@pytest.mark.parametrize("content_type", TYPES)
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
def test_a_failure_instead_of_a_stream_is_its_own_error(
    status: int, body: Any, kind: str, content_type: str
) -> None:
    content = body if isinstance(body, str) else json.dumps(body)
    reader = stream_reader(reply(status, content_type=content_type))
    parts, error = read_until_error(reader, content.encode())
    assert parts == []
    assert type(error).__name__ == kind
    assert error.http_status == status


@pytest.mark.parametrize("content_type", ["text/event-stream", "Text/Event-Stream ; charset=x"])
def test_a_failed_http_status_is_a_failure_whatever_its_content_type(content_type: str) -> None:
    content = json.dumps(openai_style("rate limit (1002)", http="429")).encode()
    _, error = read_until_error(stream_reader(reply(429, content_type=content_type)), content)
    assert (type(error), error.http_status) == (RateLimitError, 429)
    assert [
        each.text
        for each in read(
            stream_reader(reply(content_type=content_type)), sse(chunk("Hello", "stop"))
        )
    ] == ["Hello"]


def test_a_stream_in_an_encoding_that_nobody_can_read_is_no_empty_answer() -> None:
    """It comes through as it is, and holds no event."""
    reader = stream_reader(event_stream(content_encoding="novel"))
    parts, error = read_until_error(reader, b"\x1f\x8b\x00" * 100)
    assert parts == []
    assert isinstance(error, ResponseDecodeError)
    assert "novel" in str(error)


def test_an_html_page_that_calls_itself_a_stream_is_no_answer() -> None:
    _, error = read_until_error(stream_reader(), b"<html>\n\n<body>oops</body>\n\n</html>")
    assert isinstance(error, MiniMaxError)


# What the wire also shows

HELLO = [chunk("<think>a</think>Hel", role="assistant"), chunk("lo"), chunk("!", "stop")]
HELLO_PARTS = [("a", "Hel"), ("", "lo"), ("", "!")]
WHOLE = "<think>a</think>Hello!"


def the_same(*events: dict[str, Any], extra: int = 0) -> Completion:
    """The same chunks with text, and the same answer, as without what is odd."""
    parts, completion = parts_of(*events)
    assert [part for part in parts if any(part)] == HELLO_PARTS
    assert len(parts) == len(HELLO_PARTS) + extra
    assert completion.message.to_dict() == {"role": "assistant", "content": WHOLE}
    assert (completion.thinking, completion.text) == ("a", "Hello!")
    assert completion.finish_reason == "stop"
    return completion


def test_a_chunk_that_only_tells_the_usage_changes_nothing() -> None:
    completion = the_same(*HELLO, usage_only(), extra=1)
    assert completion.usage is not None
    assert completion.usage.to_dict() == USAGE


def test_such_a_chunk_may_come_early() -> None:
    completion = the_same(usage_only({"total_tokens": 0, "total_characters": 0}), *HELLO, extra=1)
    assert completion.usage is not None
    assert completion.usage.total_tokens == 0


def test_the_last_usage_counts() -> None:
    early = [{**event, "usage": {"total_tokens": 0, "total_characters": 0}} for event in HELLO]
    completion = the_same(*early, usage_only(), {**ENVELOPE, "choices": []}, extra=2)
    assert completion.usage is not None
    assert completion.usage.to_dict() == USAGE


def test_usage_null_is_no_usage() -> None:
    assert the_same(*HELLO).usage is None


def last_with_message(**message: Any) -> dict[str, Any]:
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", **message}}
    return {**ENVELOPE, "object": "chat.completion", "choices": [choice]}


@pytest.mark.parametrize("delta", [{}, {"delta": {}}, {"delta": None}, {"delta": {"content": ""}}])
def test_a_last_chunk_that_repeats_the_message_changes_nothing(delta: dict[str, Any]) -> None:
    last = last_with_message(content=WHOLE)
    last["choices"][0].update(delta)
    completion = the_same(*HELLO, last, extra=1)
    assert "delta" not in completion.to_dict()["choices"][0]


def test_a_last_chunk_may_repeat_the_message_and_bring_a_piece() -> None:
    last = last_with_message(content=WHOLE)
    last["choices"][0]["delta"] = {"content": "!"}
    the_same(*HELLO[:2], last)


def test_a_last_chunk_that_repeats_structured_thinking_changes_nothing() -> None:
    parts, completion = parts_of(
        chunk(reasoning_content="hm, "),
        chunk(reasoning_content="a"),
        last_with_message(content="", reasoning_content="hm, a"),
    )
    assert parts == [("hm,", ""), (" a", ""), ("", "")]
    assert completion.thinking == "hm, a"


def test_a_message_that_was_never_streamed_counts() -> None:
    parts, completion = parts_of(chunk(role="assistant"), last_with_message(content=WHOLE))
    assert parts == [("", ""), ("a", "Hello!")]
    assert completion.message.content == WHOLE


@pytest.mark.parametrize("role", ["", None])
def test_an_empty_role_changes_nothing(role: str | None) -> None:
    events = [chunk(event["choices"][0]["delta"]["content"], role=role) for event in HELLO]
    events[-1]["choices"][0]["finish_reason"] = "stop"
    parts, completion = parts_of(*events)
    assert parts == HELLO_PARTS
    assert completion.message.role == "assistant"
    assert completion.message.to_dict() == {"role": "assistant", "content": WHOLE}
    the_same(*HELLO[:1], *events[1:])


@pytest.mark.parametrize("role", ["", None])
def test_a_message_whose_role_came_empty_can_be_sent_back(role: str | None) -> None:
    _, completion = parts_of(chunk("Hello", role=role), chunk("", "stop", role=role))
    sent = json.loads(call(messages=[completion.message]).request["content"])
    assert sent["messages"] == [{"role": "assistant", "content": "Hello"}]


def test_empty_strings_change_nothing_that_was_said() -> None:
    empty = {"name": "", "audio_content": "", "novel": ""}
    _, completion = parts_of(chunk("Hel", **empty), chunk("lo", "stop", **empty))
    assert completion.message.to_dict() == {"role": "assistant", "content": "Hello", **empty}
    _, completion = parts_of(chunk("Hel", name="A", novel="B"), chunk("lo", "stop", **empty))
    whole = {
        "role": "assistant",
        "content": "Hello",
        "audio_content": "",
        "name": "A",
        "novel": "B",
    }
    assert completion.message.to_dict() == whole


def test_what_is_not_empty_is_kept_in_the_message() -> None:
    told: dict[str, Any] = {"name": "MiniMax AI", "role": "novel", "novel": 0}
    _, completion = parts_of(chunk("Hel", **told), chunk("lo", "stop", name="", role="", novel=""))
    assert completion.message.to_dict() == {**told, "content": "Hello"}


def test_an_absent_role_reads_as_in_a_plain_answer() -> None:
    assert parts_of(chunk("Hello", "stop"))[1].message.role == "assistant"


def test_a_later_null_finish_reason_takes_nothing_back() -> None:
    late = chunk()
    late["choices"][0]["finish_reason"] = None
    the_same(*HELLO, late, extra=1)


def test_an_absent_index_is_the_first() -> None:
    events = [{**event, "choices": [without(event["choices"][0], "index")]} for event in HELLO]
    parts, completion = parts_of(*events)
    assert parts == HELLO_PARTS
    assert completion.text == "Hello!"


def test_two_pieces_of_one_choice_in_one_event_are_joined() -> None:
    event = chunk("Hel")
    event["choices"] += [chunk("lo", "stop")["choices"][0], {}]
    parts, completion = parts_of(event)
    assert parts == [("", "Hello")]
    assert completion.text == "Hello"


def test_choices_are_kept_apart() -> None:
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


def test_fields_that_no_page_lists_are_kept() -> None:
    event = {**chunk("Hello", "stop", audio_content="", novel=1), "of_tomorrow": {"a": 1}}
    reader = stream_reader()
    (only,) = read(reader, sse(event))
    assert only.to_dict() == event
    assert only.raw.to_dict() == event
    assert reader.completion.to_dict()["of_tomorrow"] == {"a": 1}
    assert reader.completion.to_dict()["choices"][0]["message"]["novel"] == 1


def test_a_chunk_reads_by_attribute() -> None:
    (only,) = read(stream_reader(), sse({**chunk("Hello", "stop"), "usage": USAGE}))
    assert only.choices[0].delta.content == "Hello"
    assert only.choices[0].finish_reason == "stop"
    assert only.usage is not None
    assert only.usage.total_tokens == 43
    assert (only.id, only.model) == (ENVELOPE["id"], "MiniMax-M2.7")


# Structured thinking


def test_structured_thinking_is_thinking() -> None:
    parts, completion = parts_of(
        chunk(reasoning_content="I "), chunk(reasoning_content="wonder"), chunk("Hello", "stop")
    )
    assert parts == [("I", ""), (" wonder", ""), ("", "Hello")]
    assert (completion.thinking, completion.text) == ("I wonder", "Hello")
    assert completion.to_dict()["choices"][0]["message"]["reasoning_content"] == "I wonder"


def test_beside_tags_structured_thinking_counts_once() -> None:
    parts, completion = parts_of(
        chunk("<think>I ", reasoning_content="I "),
        chunk("wonder</think>", reasoning_content="wonder"),
        chunk("Hello", "stop"),
    )
    assert parts == [("I", ""), (" wonder", ""), ("", "Hello")]
    assert (completion.thinking, completion.text) == ("I wonder", "Hello")
    assert completion.message.content == "<think>I wonder</think>Hello"


def test_empty_structured_thinking_leaves_the_tags_alone() -> None:
    parts, _ = parts_of(chunk("<think>I", reasoning_content=""), chunk("</think>b", "stop"))
    assert parts == [("I", ""), ("", "b")]


# The same as a plain call

texts = st.lists(
    st.sampled_from(
        ["<think>", "</think>", "<", "</thi", " ", "\n", "Hello", "你好", "🏔️", "\u2028"]
    ),
    max_size=8,
).map("".join)
cuts = st.lists(st.integers(min_value=0, max_value=60), max_size=6)


@tries(200)
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
def test_the_answer_is_what_a_plain_call_gives(
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

    whole = head(reply(200, **headers)).completion(json.dumps(body).encode())
    reader = stream_reader(event_stream(**headers))
    chunks = read(reader, *cut(sse(*events), bytes_at))
    streamed = reader.completion

    def seen(completion: Completion) -> list[Any]:
        return [
            *(completion.text, completion.thinking, completion.finish_reason, completion.usage),
            *(completion.id, completion.model, completion.created_at, completion.trace_id),
            *(completion.message, completion.message.content, completion.message.role),
            completion.base_resp,
        ]

    assert seen(streamed) == seen(whole)
    assert streamed.to_dict() == whole.to_dict()
    assert streamed == whole
    if content.find("</think>") < 0 or 0 <= content.find("<think>") < content.find("</think>"):
        assert "".join(each.text for each in chunks) == whole.text
        assert "".join(each.thinking for each in chunks) == whole.thinking


# What is broken


def outcome(
    pieces: Iterable[bytes], content_type: str = "text/event-stream"
) -> MiniMaxError | None:
    """The error of a body, if it is one. All that came can be read; any other error is raised."""
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
        completion = reader.completion
        assert isinstance(completion.text, str)
        assert isinstance(completion.thinking, str)
        assert isinstance(completion.thinking_truncated, bool)
        completion.raw.to_dict()
        assert isinstance(completion.message.to_dict(), dict)
        assert completion.created_at is None or completion.created_at.year
    return None


VALID = sse(chunk("<think>你", role="assistant"), {**chunk("</think>b🏔️", "stop"), "usage": USAGE})


def test_a_truncated_stream_is_an_interruption_unless_the_answer_was_complete() -> None:
    finished = VALID.index(b"}\n\ndata: [DONE]") + 3
    for place in range(len(VALID) + 1):
        error = outcome([VALID[:place]])
        if place < finished:
            assert isinstance(error, StreamInterruptedError), place
        else:
            assert error is None, place


@pytest.mark.parametrize("flip", [0x01, 0x20, 0x80, 0xFF, None])
def test_a_broken_byte_breaks_nothing_else(flip: int | None) -> None:
    """Whichever byte it is: flipped, or left out."""
    kinds = set()
    for place in range(len(VALID)):
        middle = b"" if flip is None else bytes([VALID[place] ^ flip])
        kinds.add(type(outcome([VALID[:place] + middle + VALID[place + 1 :]])))
    assert ResponseDecodeError in kinds


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**400)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=5,
)
PATHS: list[tuple[str | int, ...]] = [
    (),
    *((name,) for name in (*ENVELOPE, "choices", "base_resp", "error")),
    *(("choices", 0), ("choices", 0, "index"), ("choices", 0, "delta"), ("choices", 0, "message")),
    *(("choices", 0, "finish_reason"), ("choices", 0, "delta", "content")),
    *(("choices", 0, "delta", "role"), ("choices", 0, "delta", "reasoning_content")),
]


@tries(40)
@given(json_values)
def test_an_event_of_any_wrong_type_breaks_nothing_else(value: Any) -> None:
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


@tries(100)
@given(st.lists(st.binary(max_size=20), max_size=3))
def test_events_of_any_bytes_break_nothing_else(events: list[bytes]) -> None:
    outcome([sse(chunk("a"), *events)])


@pytest.mark.parametrize(
    "event",
    [
        *(b"{", b"[]", b'"a"', b"1", b"null", b"true", b"NaN", b"\xff", b'{"a": "\xff"}', b"[DON"),
        *(b"[" * 100_000, b'{"a":' * 100_000, b'{"created": ' + b"9" * 5_000 + b"}", b"\n"),
        b'{"choices": [] } x',
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


def test_a_filtered_stream_does_not_show_a_key_that_the_server_repeats() -> None:
    event = {**ENVELOPE, "choices": [], "output_sensitive": True, "echo": f"Bearer {KEY}"}
    _, error = read_until_error(stream_reader(), sse(event))
    assert isinstance(error, OutputContentError)
    assert error.body is not None
    assert KEY not in str(error.body)
