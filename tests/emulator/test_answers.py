"""What the emulator answers to a valid request, plain and streamed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from minimax_chat.ext.emulator import Emulator

# One emulator answers every example; nothing in it makes one depend on another.
many = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

THINKING = re.compile(r"<think>\n(?P<thinking>.*?)\n</think>\n\n(?P<text>.*)", re.DOTALL)


def parts(content: str) -> tuple[str, str]:
    match = THINKING.fullmatch(content)
    assert match is not None, content
    return match["thinking"], match["text"]


def shape(value: Any) -> Any:
    """A JSON value with the names and types of its fields only."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value]
    return type(value).__name__


def test_the_documented_request_is_greeted_in_chinese(call: Any, documented: Any) -> None:
    thinking, text = parts(call.content(**documented()))
    assert "你好" in thinking
    assert text.startswith("你好,用户!我是 MiniMax AI。你刚才说:“你好”。")


def test_an_answer_has_the_documented_fields(
    call: Any, documented: Any, conforms: Callable[[str, Any], None]
) -> None:
    completion = call.completion(**documented())
    assert shape(completion) == shape(documented("200"))
    assert completion["choices"][0]["finish_reason"] == "stop"
    assert completion["base_resp"] == {"status_code": 0, "status_msg": "success"}
    conforms("ChatCompletion", completion)


def test_every_answer_has_its_own_id_and_time(call: Any) -> None:
    before = int(time.time())
    responses: list[httpx.Response] = [call.post() for _ in range(3)]
    ids = {response.json()["id"] for response in responses}
    assert len(ids) == 3
    for response in responses:
        completion = response.json()
        assert re.fullmatch("[0-9a-f]{32}", completion["id"])
        assert response.headers["trace-id"] == completion["id"]
        assert before <= completion["created"] <= time.time()


@pytest.mark.parametrize(
    ("messages", "in_text"),
    [
        pytest.param(
            [{"role": "user", "content": "What is the time?"}],
            "You asked: “What is the time?”",
            id="a question",
        ),
        pytest.param(
            [{"role": "user", "content": "It is late."}],
            "You said: “It is late.”",
            id="no question",
        ),
        pytest.param(
            [{"role": "user", "content": "几点了\uff1f"}], "你刚才问", id="a Chinese question"
        ),
        pytest.param(
            [
                {"role": "user", "content": "你好"},
                {"role": "assistant", "content": "你好!"},
                {"role": "user", "content": "Now in English"},
            ],
            "turn 2 of our conversation, messages so far: 3",
            id="the language of the last message, and the turn",
        ),
        pytest.param(
            [{"role": "system", "name": "Ada", "content": "Be brief."}, {"role": "user"}],
            "I am Ada. You have not said anything yet. My instructions are: “Be brief.”",
            id="the persona, and silence",
        ),
        pytest.param([], "You have not said anything yet.", id="no message"),
        pytest.param(
            [
                {"role": "user", "content": "a"},
                {"role": "assistant", "content": "<think>\nx\n</think>\n\ny"},
                {"role": "user", "content": "b"},
                {"role": "assistant", "content": "y"},
                {"role": "user", "content": "c"},
            ],
            "Of my 2 earlier answers, 1 came back with their thinking.",
            id="whether the thinking came back",
        ),
    ],
)
def test_an_answer_is_about_the_conversation(
    call: Any, messages: list[dict[str, str]], in_text: str
) -> None:
    _, text = parts(call.content(messages=messages))
    assert in_text in text


@many
@given(st.text(max_size=300), st.sampled_from([None, 1, 7, 40]))
def test_the_same_request_has_the_same_answer_plain_and_streamed(
    call: Any, content: str, limit: int | None
) -> None:
    fields = {} if limit is None else {"max_completion_tokens": limit}
    plain = call.completion(content, **fields)
    streamed = call.stream(content, **fields)
    assert streamed.content == plain["choices"][0]["message"]["content"]
    last = streamed.chunks[-1]
    assert last["choices"][0]["finish_reason"] == plain["choices"][0]["finish_reason"]
    assert last["usage"] == plain["usage"]


def test_a_stream_has_the_documented_fields(
    call: Any, documented: Any, conforms: Callable[[str, Any], None]
) -> None:
    streamed = call.stream(**documented())
    first = shape(documented("200", "text/event-stream"))
    *others, last = streamed.chunks
    assert len(others) > 2
    for chunk in others:
        assert shape(chunk) == first
        assert chunk["usage"] is None
    assert last["choices"][0].pop("finish_reason") == "stop"
    assert last["choices"][0]["delta"]["content"]
    assert shape({**last, "usage": None}) == first
    nothing = {"choices": None, "usage": None}
    for chunk in streamed.chunks:
        conforms("ChatCompletionChunk", chunk)
        assert chunk | nothing == others[0] | nothing
    assert streamed.done
    assert streamed.headers["trace-id"] == last["id"]
    assert streamed.headers["cache-control"] == "no-cache"


def test_chunks_of_a_long_answer_are_coarse(call: Any) -> None:
    streamed = call.stream("many words " * 1000)
    assert 50 <= len(streamed.content) / len(streamed.chunks) <= 250


@pytest.mark.parametrize("tag", ["<think>", "</think>"])
def test_chunks_cut_tags_at_times(call: Any, tag: str) -> None:
    streams = [call.stream(f"number {number}") for number in range(40)]
    whole = [any(tag in delta["content"] for delta in stream.deltas) for stream in streams]
    assert True in whole
    assert False in whole


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("one two", 2),
        ("don't!", 4),
        ("你好", 2),
        ("MiniMax 你好。", 4),
        ("</think>", 1),
        ("a <think> b", 3),
        ("héllo_1 42", 2),
        ("ありがとう", 5),
        (" \n\t ", 0),
    ],
)
def test_tokens_are_counted(call: Any, emulator: Emulator, text: str, tokens: int) -> None:
    emulator.reply(text, thinking="")
    usage = call.completion(text)["usage"]
    assert usage["completion_tokens"] == tokens
    # The role counts as one.
    assert usage["prompt_tokens"] == tokens + 1
    assert usage["total_tokens"] == 2 * tokens + 1
    assert usage["total_characters"] == 0
    assert usage["prompt_tokens_details"] == {"cached_tokens": 0}


def test_prompt_tokens_count_every_message(call: Any) -> None:
    messages = [
        {"role": "system", "name": "Ada"},
        {"role": "user_system", "content": "a sailor"},
        {"role": "user", "name": "Bob", "content": "Hello there"},
    ]
    assert call.completion(messages=messages)["usage"]["prompt_tokens"] == 2 + 3 + 4


@many
@given(st.integers(1, 200))
def test_a_token_limit_is_kept_exactly(call: Any, limit: int) -> None:
    whole = call.completion("hello")
    tokens = whole["usage"]["completion_tokens"]
    cut = call.completion("hello", max_completion_tokens=limit)
    content = cut["choices"][0]["message"]["content"]
    assert whole["choices"][0]["message"]["content"].startswith(content)
    assert cut["usage"]["completion_tokens"] == min(limit, tokens)
    assert cut["choices"][0]["finish_reason"] == ("length" if limit < tokens else "stop")


def test_a_small_token_limit_ends_inside_the_thinking(call: Any) -> None:
    streamed = call.stream(max_completion_tokens=5)
    assert streamed.content.startswith("<think>")
    assert "</think>" not in streamed.content
    assert streamed.chunks[-1]["choices"][0]["finish_reason"] == "length"


def test_a_token_limit_may_be_huge_or_a_float(call: Any) -> None:
    for limit in (2**63 - 1, 1e3):
        assert call.completion(max_completion_tokens=limit)["choices"][0]["finish_reason"] == "stop"


def test_half_a_surrogate_pair_is_answered(call: Any) -> None:
    response = call.post_raw(
        rb'{"model": "\ud800", "messages": [{"role": "user", "content": "\udfff!"}]}'
    )
    assert response.status_code == 200
    assert "?!" in response.json()["choices"][0]["message"]["content"]


def test_many_streams_run_at_once(emulator: Emulator, call: Any) -> None:
    with ThreadPoolExecutor(20) as pool:
        streams = list(pool.map(call.stream, ["!slow 0.5 Hello"] * 20))
    assert all(streamed.done for streamed in streams)
    assert len(emulator.requests) == 20


def test_an_answer_has_the_form_of_the_page_of_its_model(
    call: Any, document: dict[str, Any], conforms: Callable[[str, Any], None]
) -> None:
    schemas = document["components"]["schemas"]
    [bounds] = schemas["ChatCompletionRequest"]["properties"]["temperature"]["x-bounds"]
    for model in [*schemas["ModelId"]["enum"], "one-of-tomorrow"]:
        completion = call.completion(model=model)
        conforms("ChatCompletion", completion)
        message = completion["choices"][0]["message"]
        told = completion["base_resp"]["status_msg"]
        if model in bounds["models"]:
            assert (message.keys(), told) == ({"role", "content"}, "success")
        else:
            assert told == ""
            assert {**message, "content": ""} == {
                "role": "assistant",
                "name": "MiniMax AI",
                "audio_content": "",
                "content": "",
            }


@pytest.mark.parametrize("model", ["MiniMax-M3", "MiniMax-M2.7"])
def test_split_thinking_comes_in_fields_of_its_own_before_the_answer(
    call: Any, documented: Any, conforms: Callable[[str, Any], None], model: str
) -> None:
    example = documented("200", name="tool_calls")["choices"][0]["message"]
    [segment] = example["reasoning_details"]
    fields = {"model": model, "reasoning_split": True}
    completion = call.completion("你好", **fields)
    conforms("ChatCompletion", completion)
    message = completion["choices"][0]["message"]
    thinking, text = parts(call.content("你好", model=model))
    assert (message["content"], message["reasoning_content"]) == (text, thinking)
    assert message["reasoning_details"] == [{**segment, "text": thinking}]

    streamed = call.stream("你好", **fields)
    assert streamed.content == text
    thinks = ["reasoning_content" in delta for delta in streamed.deltas]
    assert thinks == sorted(thinks, reverse=True)
    deltas = streamed.deltas[: thinks.count(True)]
    assert len(deltas) > 1
    assert "".join(delta["reasoning_content"] for delta in deltas) == thinking
    for delta in deltas:
        assert delta["reasoning_details"] == [{**segment, "text": delta["reasoning_content"]}]
        assert delta["content"] == ""
    for chunk in streamed.chunks:
        conforms("ChatCompletionChunk", chunk)


@pytest.mark.parametrize("content", ["Hello", "!think field Hello"])
def test_thinking_in_fields_is_counted_and_cut_off(call: Any, content: str) -> None:
    fields = {"model": "MiniMax-M3", "reasoning_split": True, "max_completion_tokens": 3}
    completion = call.completion(content, **fields)
    [choice] = completion["choices"]
    message = choice["message"]
    assert (message["reasoning_content"], message["content"]) == ("The user says", "")
    assert choice["finish_reason"] == "length"
    assert completion["usage"]["completion_tokens"] == 3


def test_thinking_disabled_holds_for_minimax_m3_only(emulator: Emulator, call: Any) -> None:
    disabled = {"thinking": {"type": "disabled"}}
    assert call.content(model="MiniMax-M3", **disabled).startswith("Hello!")
    assert call.content(model="MiniMax-M3", thinking={"type": "adaptive"}).startswith("<think>")
    assert call.content(model="MiniMax-M3", thinking={}).startswith("<think>")
    for model in ("MiniMax-M2.7", "MiniMax-M2", "MiniMax-M3.1-Flash-Preview"):
        assert call.content(model=model, **disabled).startswith("<think>")
    split = call.completion(model="MiniMax-M3", reasoning_split=True, **disabled)
    assert not {"reasoning_content", "reasoning_details"} & {*split["choices"][0]["message"]}
    emulator.reply("4", thinking="scripted")
    assert "scripted" in call.content(model="MiniMax-M3", **disabled)


@pytest.mark.parametrize(
    ("model", "options", "told"),
    [
        ("MiniMax-M3", {}, False),
        ("MiniMax-M3", {"stream_options": {}}, False),
        ("MiniMax-M3", {"stream_options": {"include_usage": False}}, False),
        ("MiniMax-M3", {"stream_options": {"include_usage": True}}, True),
        ("MiniMax-M2", {}, False),
        ("MiniMax-M2.7", {}, True),
        ("MiniMax-M2.7", {"stream_options": {"include_usage": False}}, True),
    ],
)
def test_a_stream_tells_its_usage_when_asked_or_for_older_models(
    call: Any, model: str, options: dict[str, Any], told: bool
) -> None:
    plain = call.completion(model=model)
    assert plain["usage"]["total_tokens"] > 0
    *others, last = call.stream(model=model, **options).chunks
    assert {chunk["usage"] for chunk in others} == {None}
    assert last["usage"] == (plain["usage"] if told else None)


def test_max_tokens_counts_without_max_completion_tokens(call: Any) -> None:
    def tokens(**fields: int) -> int:
        count: int = call.completion(**fields)["usage"]["completion_tokens"]
        return count

    assert tokens(max_tokens=5) == 5
    assert tokens(max_tokens=5, max_completion_tokens=7) == 7
    assert tokens(max_tokens=7, max_completion_tokens=5) == 5


def test_pictures_and_videos_are_named(call: Any) -> None:
    def image(url: str, **more: Any) -> dict[str, Any]:
        return {"type": "image_url", "image_url": {"url": url, **more}}

    def video(url: str, **more: Any) -> dict[str, Any]:
        return {"type": "video_url", "video_url": {"url": url, **more}}

    content: list[dict[str, Any]] = [
        {"type": "text", "text": "!think none"},
        {"type": "text", "text": "Which animal"},
        image("https://example.com/birds/heron.png?size=1", detail="low", max_long_side_pixel=512),
        image("data:image/png;base64,iVBORw0KGgo="),
        video("mm_file://123456", fps=0.5, detail="high"),
        video("data:video/mp4;base64,AAAA"),
        {"type": "audio_url", "audio_url": {"url": "https://example.com/a.mp3"}},
        image("http://[bad/x.png"),
        {"type": "image_url"},
        {"type": "text", "text": "is this?"},
    ]
    told = [
        "You asked: “Which animal\nis this?”.",
        "You sent a picture: heron.png from example.com, detail low, "
        "at most 512 pixels on the longer side.",
        "You sent a picture: image/png, 8 bytes, detail default.",
        "You sent a video: mm_file://123456, detail high, 0.5 frames per second.",
        "You sent a video: video/mp4, 3 bytes, detail default.",
        "You sent a part that I do not know: audio_url.",
        "You sent a picture: http://[bad/x.png, detail default.",
        "You sent a part that I do not know: image_url.",
    ]
    messages = [{"role": "user", "content": content}]
    text = call.content(model="MiniMax-M3", messages=messages)
    assert " ".join(told) in text
    content[0]["text"] = "这是什么动物"
    text = call.content(model="MiniMax-M3", messages=messages)
    assert "你发来了一张图片:example.com 上的 heron.png,detail 为 low,长边最多 512 像素。" in text
    assert "你发来了一段视频:mm_file://123456,detail 为 high,每秒 0.5 帧。" in text
    assert "你发来了一段视频:video/mp4,3 字节,detail 为 default。" in text
