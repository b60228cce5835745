"""Each switch of docs/emulator.md does what the page says, and the page has each switch."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from minimax_chat.ext.emulator import Emulator
from minimax_chat.ext.emulator._switches import SWITCHES

PAGE = Path(__file__).parents[2] / "docs" / "emulator.md"


def status_codes(document: dict[str, Any]) -> dict[int, str]:
    schema = document["components"]["schemas"]["StatusCode"]
    return dict(zip(schema["enum"], schema["x-enum-descriptions"], strict=True))


def test_the_page_has_every_switch() -> None:
    written = re.findall(r"^\| `(!.*?)` \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert [line.replace("\\|", "|") for line in written] == [
        switch.usage for switch in SWITCHES.values()
    ]


def test_the_page_says_of_each_switch_what_help_says() -> None:
    meanings = re.findall(r"^\| `!.*?` \| (.*) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert [meaning.replace("`", "") for meaning in meanings] == [
        switch.meaning for switch in SWITCHES.values()
    ]


def test_fail_with_any_code_by_http_status(
    call: Any, document: dict[str, Any], conforms: Callable[[str, Any], None]
) -> None:
    types = document["components"]["schemas"]["ErrorType"]
    http_status = dict(zip(types["enum"], types["x-http-status"], strict=True))
    seen: set[int] = set()
    for code, meaning in status_codes(document).items():
        if code:
            response = call.post(f"!fail {code}")
            body = response.json()
            conforms("ErrorResponse", body)
            assert body["error"]["message"] == f"{meaning} ({code})"
            assert body["error"]["http_code"] == str(response.status_code)
            assert http_status[body["error"]["type"]] == response.status_code
            assert body["request_id"] == response.headers["trace-id"]
            seen.add(response.status_code)
    # No code is documented for the overload, nor for what a new kind of failure may be.
    assert seen >= {400, 401, 402, 422, 429, 500}
    assert seen <= set(http_status.values()) - {529}


def test_fail_with_any_code_by_base_resp(
    call: Any, document: dict[str, Any], conforms: Callable[[str, Any], None]
) -> None:
    for code, meaning in status_codes(document).items():
        if code:
            response = call.post(f"!fail {code} shape=base_resp", stream=code % 2 == 0)
            body = response.json()
            conforms("ChatCompletion", body)
            assert response.status_code == 200
            assert response.headers["content-type"] == "application/json"
            assert body["base_resp"] == {"status_code": code, "status_msg": meaning}
            assert body["choices"] is None
            assert body["id"] == response.headers["trace-id"]


def test_fail_with_a_code_that_nobody_has_documented(call: Any) -> None:
    response = call.post("!fail 4711")
    assert response.status_code == 500
    assert response.json()["error"]["type"] == "server_error"
    assert response.json()["error"]["message"].endswith("(4711)")


@pytest.mark.parametrize(
    ("status", "kind"),
    [(529, "overloaded_error"), (403, "bad_request_error"), (503, "server_error")],
)
def test_fail_with_another_http_status(call: Any, status: int, kind: str) -> None:
    response = call.post(f"!fail 1000 status={status}")
    assert response.status_code == status
    assert response.json()["error"]["type"] == kind
    assert response.json()["error"]["http_code"] == str(status)


@pytest.mark.parametrize(("name", "value"), [("string", "1002"), ("float", 1002.0)])
def test_fail_with_a_code_of_another_type(call: Any, name: str, value: Any) -> None:
    body = call.post(f"!fail 1002 shape=base_resp type={name}").json()
    code = body["base_resp"]["status_code"]
    assert (type(code), code) == (type(value), value)


def test_fail_a_few_times(call: Any) -> None:
    content = "!fail 1002 times=2 Hello"
    for _ in range(2):
        statuses = [call.post(content).status_code for _ in range(3)]
        assert statuses == [429, 429, 200]


def test_other_requests_do_not_count(call: Any) -> None:
    assert call.post("!fail 1002 times=1 one").status_code == 429
    assert call.post("!fail 1002 times=1 two").status_code == 429
    assert call.post("!fail 1002 times=1 one").status_code == 200
    call.client.headers["authorization"] = "Bearer another"
    assert call.post("!fail 1002 times=1 two").status_code == 429


def test_fail_with_advice_when_to_come_back(call: Any) -> None:
    headers = call.post("!fail 1002 retry-after=3 retry-after-ms=2500").headers
    assert (headers["retry-after"], headers["retry-after-ms"]) == ("3", "2500")
    assert "retry-after" not in call.post("!fail 1002").headers


@pytest.mark.parametrize("shape", ["http", "base_resp"])
def test_fail_inside_the_stream(
    call: Any, conforms: Callable[[str, Any], None], shape: str
) -> None:
    streamed = call.stream(f"!fail 1013 after=2 shape={shape}")
    *chunks, failure = streamed.chunks
    assert len(chunks) == 2
    assert not streamed.done
    assert not streamed.died
    assert "finish_reason" not in chunks[-1]["choices"][0]
    if shape == "http":
        conforms("ErrorResponse", failure)
        assert failure["error"]["message"].endswith("(1013)")
        assert failure["request_id"] == chunks[0]["id"]
    else:
        conforms("ChatCompletion", failure)
        assert failure["base_resp"]["status_code"] == 1013
    # A plain call has no chunks to fail after.
    assert call.post("!fail 1013 after=2").status_code == 500


@pytest.mark.parametrize("status", [502, 200])
def test_html(call: Any, status: int) -> None:
    for stream in (False, True):
        response = call.post(f"!html {status}", stream=stream)
        assert response.status_code == status
        assert response.headers["content-type"] == "text/html"
        assert response.text.startswith("<html>")


def test_slow(call: Any) -> None:
    assert "“Hello”" in call.content("!slow 0.01 Hello")
    call.client.timeout = httpx.Timeout(20, read=0.1)
    for stream in (False, True):
        with pytest.raises(httpx.ReadTimeout):
            call.post("!slow 60", stream=stream)


def test_slow_between_chunks(call: Any) -> None:
    assert call.stream("!slow 0 between=0.001").done
    call.client.timeout = httpx.Timeout(20, read=0.1)
    with pytest.raises(httpx.ReadTimeout):
        call.stream("!slow 0 between=60")


def test_between_replaces_the_pace_of_the_emulator(caller: Any) -> None:
    with Emulator(pace=60) as emulator:
        call = caller(emulator)
        assert call.stream("!slow 0 between=0").done
        call.client.timeout = httpx.Timeout(20, read=0.1)
        with pytest.raises(httpx.ReadTimeout):
            call.stream()


@pytest.mark.parametrize("chunks", [0, 1, 3])
def test_cut_the_connection(call: Any, chunks: int) -> None:
    streamed = call.stream(f"!cut {chunks}")
    assert streamed.died
    assert len(streamed.chunks) == chunks
    assert not streamed.done


def test_cut_after_more_chunks_than_there_are(call: Any) -> None:
    streamed = call.stream("!cut 999")
    assert streamed.chunks[-1]["choices"][0]["finish_reason"] == "stop"
    assert streamed.died
    assert not streamed.done


def test_cut_cleanly(call: Any) -> None:
    streamed = call.stream("!cut 3 end=clean")
    assert len(streamed.chunks) == 3
    assert not streamed.died
    assert not streamed.done
    assert all("finish_reason" not in chunk["choices"][0] for chunk in streamed.chunks)


def test_cut_a_plain_answer(call: Any) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        call.post("!cut 0")
    response = call.post("!cut 0 end=clean")
    assert response.status_code == 200
    assert response.text.startswith("{")
    assert not response.text.endswith("}")


def test_chunk(call: Any) -> None:
    streamed = call.stream("!chunk 7")
    sizes = [len(delta["content"]) for delta in streamed.deltas]
    assert set(sizes[:-1]) == {7}
    assert 1 <= sizes[-1] <= 7
    assert streamed.content == call.content("!chunk 7")


def test_think_none(call: Any) -> None:
    assert call.content("!think none").startswith("Hello!")
    assert "think" not in call.stream("!think none").content


def test_think_tight(call: Any) -> None:
    assert re.fullmatch(r"<think>\S.*\S</think>Hello!.*", call.content("!think tight"))


def test_think_orphan(call: Any) -> None:
    content = call.content("!think orphan")
    assert "<think>" not in content
    assert re.fullmatch(r"\S.*\n</think>\n\nHello!.*", content)
    assert call.stream("!think orphan").content == content


@pytest.mark.parametrize("style", ["field", "both"])
def test_think_in_a_field(call: Any, style: str) -> None:
    message = call.completion(f"!think {style}")["choices"][0]["message"]
    assert message["reasoning_content"].startswith("You have not said")
    assert ("<think>" in message["content"]) == (style == "both")
    streamed = call.stream(f"!think {style}")
    assert streamed.content == message["content"]
    thought = "".join(delta.get("reasoning_content", "") for delta in streamed.deltas)
    assert thought == message["reasoning_content"]
    assert streamed.chunks[-1]["usage"] == call.completion(f"!think {style}")["usage"]


def test_thinking_told_twice_counts_once(call: Any) -> None:
    tokens = [
        call.completion(content)["usage"]["completion_tokens"]
        for content in ("Hello", "!think both Hello")
    ]
    assert tokens[0] == tokens[1]


def test_thinking_in_a_field_counts(call: Any) -> None:
    completion = call.completion("!think field", max_completion_tokens=3)
    message = completion["choices"][0]["message"]
    assert (message["reasoning_content"], message["content"]) == ("You have not", "")
    assert completion["choices"][0]["finish_reason"] == "length"
    assert completion["usage"]["completion_tokens"] == 3


def test_usage_null(call: Any) -> None:
    assert call.completion("!usage null")["usage"] is None
    assert {chunk["usage"] for chunk in call.stream("!usage null").chunks} == {None}


def test_usage_zero(call: Any) -> None:
    *others, last = call.stream("!usage zero").chunks
    assert others
    for chunk in others:
        assert chunk["usage"] == {"total_tokens": 0, "total_characters": 0}
    assert last["usage"]["total_tokens"] > 0


def test_a_switch_tells_the_usage_unasked(call: Any) -> None:
    for switch in ("zero", "alone"):
        last = call.stream(f"!usage {switch}", model="MiniMax-M3").chunks[-1]
        assert last["usage"]["total_tokens"] > 0
    options = {"stream_options": {"include_usage": True}}
    chunks = call.stream("!usage null", model="MiniMax-M3", **options).chunks
    assert {chunk["usage"] for chunk in chunks} == {None}


def test_usage_alone(call: Any) -> None:
    streamed = call.stream("!usage alone")
    *others, last = streamed.chunks
    assert {chunk["usage"] for chunk in others} == {None}
    assert others[-1]["choices"][0]["finish_reason"] == "stop"
    assert last["choices"] == []
    assert last["usage"] == call.completion("!usage alone")["usage"]
    assert streamed.done


def test_odd_role(call: Any) -> None:
    assert {delta["role"] for delta in call.stream("!odd role").deltas} == {""}


def test_odd_fields(call: Any) -> None:
    completion = call.completion("!odd fields")
    assert {"service_tier", "nvext", "request_id"} <= set(completion)
    assert {"name", "audio_content"} <= set(completion["choices"][0]["message"])
    details = completion["usage"]["completion_tokens_details"]
    assert 0 < details["reasoning_tokens"] < completion["usage"]["completion_tokens"]
    assert "service_tier" in call.stream("!odd fields").chunks[0]


def test_odd_message(call: Any) -> None:
    *others, last = call.stream("!odd message").chunks
    assert last["choices"][0]["message"] == {
        "content": call.content("!odd message"),
        "role": "assistant",
    }
    assert all("message" not in chunk["choices"][0] for chunk in others)


SPLIT = {"model": "MiniMax-M3", "reasoning_split": True}


def test_odd_cumulative(call: Any) -> None:
    streamed = call.stream("!odd cumulative", **SPLIT)
    told = [delta for delta in streamed.deltas if "reasoning_details" in delta]
    so_far = ""
    for delta in told:
        so_far += delta["reasoning_content"]
        assert delta["reasoning_details"][0]["text"] == so_far
    message = call.completion("!odd cumulative", **SPLIT)["choices"][0]["message"]
    assert so_far == message["reasoning_details"][0]["text"]


@pytest.mark.parametrize("more", ["", "!odd cumulative"])
def test_odd_stray(call: Any, more: str) -> None:
    streamed = call.stream(f"!odd stray {more}", **SPLIT)
    told = [delta["reasoning_content"] for delta in streamed.deltas if "reasoning_details" in delta]
    assert told[-2:] == ["</th", "ink>"]
    message = call.completion("!odd stray", **SPLIT)["choices"][0]["message"]
    assert "".join(told[:-2]) == message["reasoning_content"]
    assert "think>" not in streamed.content
    # There is no thinking that could end in it.
    assert "think" not in call.stream("!think none !odd stray", **SPLIT).content


def test_oddities_add_up(call: Any) -> None:
    *_, last = call.stream("!odd role !odd message").chunks
    assert last["choices"][0]["delta"]["role"] == ""
    assert "message" in last["choices"][0]


def test_model(call: Any) -> None:
    assert call.completion("!model MiniMax-M3")["model"] == "MiniMax-M3"
    assert {chunk["model"] for chunk in call.stream("!model MiniMax-M3").chunks} == {"MiniMax-M3"}
    assert call.completion(model="asked-for")["model"] == "asked-for"


def test_sensitive(call: Any) -> None:
    completion = call.completion("!sensitive input=3 output=7")
    assert (completion["input_sensitive"], completion["input_sensitive_type"]) == (True, 3)
    assert (completion["output_sensitive"], completion["output_sensitive_type"]) == (True, 7)
    *_, last = call.stream("!sensitive output=1").chunks
    assert (last["input_sensitive"], last["output_sensitive_type"]) == (False, 1)


def test_trace(call: Any) -> None:
    response = call.post("!trace x-mm-request-id")
    assert response.headers["x-mm-request-id"] == response.json()["id"]
    assert "trace-id" not in response.headers
    failure = call.post("!trace X-Session-Id !fail 1000")
    assert failure.headers["x-session-id"] == failure.json()["request_id"]


@pytest.mark.parametrize(
    "name",
    ["content-length", "Transfer-Encoding", "connection", "content-type", "content-encoding"],
)
def test_trace_leaves_the_headers_that_a_reply_needs(
    call: Any, emulator: Emulator, name: str
) -> None:
    for stream in (False, True):
        response = call.post(f"!trace {name}", stream=stream)
        assert response.status_code == 400
        message = response.json()["error"]["message"]
        assert f"!trace cannot use {name.lower()}" in message
        assert "choose another name, such as x-request-id" in message
    with pytest.raises(ValueError, match=f"!trace cannot use {name.lower()}"):
        emulator.reply(switches=f"!trace {name}")


def test_say(call: Any) -> None:
    assert call.content("!say  4 !fail 1002 is no switch here\n").endswith(
        "\n</think>\n\n4 !fail 1002 is no switch here"
    )
    assert call.content("!think none !say") == ""
    [chunk] = call.stream("!think none !say").chunks
    assert chunk["choices"][0]["delta"]["content"] == ""
    assert chunk["choices"][0]["finish_reason"] == "stop"


def test_switches_are_taken_off_the_message(call: Any) -> None:
    assert "“Hello”" in call.content("!slow 0 between=0 !model m\n !usage null  Hello ")


@pytest.mark.parametrize(
    "content",
    ["!important", "! fail 1002", "hello !fail 1002", "!fails 1002", "!FAIL 1002", "! ", "!"],
)
def test_what_is_no_switch_is_said(call: Any, content: str) -> None:
    assert f"“{content}”" in call.content(content)


def test_switches_in_the_first_text_part(call: Any) -> None:
    parts = [{"type": "text", "text": "!model m !think none"}, {"type": "text", "text": "Hello"}]
    completion = call.completion(messages=[{"role": "user", "content": parts}])
    assert completion["model"] == "m"
    assert "“Hello”" in completion["choices"][0]["message"]["content"]


def test_only_the_last_user_message_is_read(call: Any) -> None:
    messages = [
        {"role": "system", "content": "!fail 1002"},
        {"role": "user", "content": "!fail 1002"},
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "!fail 1002"},
    ]
    assert "“Hello”" in call.content(messages=messages)


@pytest.mark.parametrize(
    "content",
    [
        "!fail",
        "!fail now",
        "!fail 0",
        "!fail -5",
        "!fail 9999999999",
        "!fail 1002 shape=round",
        "!fail 1002 times=0",
        "!fail 1002 status=302",
        "!fail 1002 retry-after=é",
        "!fail 1002 type=int",
        "!html 204",
        "!slow",
        "!slow nan",
        "!slow -1",
        "!slow 1 between=inf",
        "!cut x",
        "!cut 1 end=dirty",
        "!chunk 0",
        "!think hard",
        "!usage none",
        "!odd thing",
        "!model",
        "!sensitive input=x",
        "!trace a:b",
    ],
)
def test_a_switch_written_wrongly_is_explained(call: Any, content: str) -> None:
    response = call.post(content)
    name = content.split()[0]
    assert response.status_code == 400
    assert f"switch {name} is written {name} " in response.json()["error"]["message"]
    assert response.json()["error"]["message"].endswith("(2013)")
