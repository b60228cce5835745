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
SPLIT = {"model": "MiniMax-M3", "reasoning_split": True}


def message_of(completion: dict[str, Any]) -> dict[str, Any]:
    message: dict[str, Any] = completion["choices"][0]["message"]
    return message


def meanings_of_codes(document: dict[str, Any]) -> dict[int, str]:
    schema = document["components"]["schemas"]["StatusCode"]
    meanings = dict(zip(schema["enum"], schema["x-enum-descriptions"], strict=True))
    del meanings[0]
    return meanings


def test_the_page_has_every_switch_with_its_meaning() -> None:
    rows = re.findall(r"^\| `(!.*?)` \| (.*) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert [(usage.replace("\\|", "|"), meaning.replace("`", "")) for usage, meaning in rows] == [
        (switch.usage, switch.meaning) for switch in SWITCHES
    ]


# !fail


def test_fail_by_http_status_with_each_documented_code(
    call: Any, document: dict[str, Any], conforms: Callable[[str, Any], None]
) -> None:
    types = document["components"]["schemas"]["ErrorType"]
    http_status = dict(zip(types["enum"], types["x-http-status"], strict=True))
    seen: set[int] = set()
    for code, meaning in meanings_of_codes(document).items():
        response = call.post(f"!fail {code}")
        body = response.json()
        conforms("ErrorResponse", body)
        assert body["error"]["message"] == f"{meaning} ({code})"
        assert body["error"]["http_code"] == str(response.status_code)
        assert http_status[body["error"]["type"]] == response.status_code
        assert body["request_id"] == response.headers["trace-id"]
        seen.add(response.status_code)
    # No code is documented for the overload.
    assert seen == set(http_status.values()) - {529}


def test_the_http_status_of_each_code_is_that_of_the_page(call: Any) -> None:
    sentence = re.search(
        r"the emulator answers (401 .*?) and 500 for every", PAGE.read_text("utf-8"), re.DOTALL
    )
    assert sentence is not None
    pairs = re.findall(r"\b(\d{3}) for\s((?:\d{4}[,\s]*(?:and\s)?)+)", sentence[1])
    assert len(pairs) == 5
    for status, codes in pairs:
        for code in re.findall(r"\d{4}", codes):
            assert call.post(f"!fail {code}").status_code == int(status), code


@pytest.mark.parametrize("stream", [False, True])
def test_fail_by_base_resp_with_each_documented_code(
    call: Any, document: dict[str, Any], conforms: Callable[[str, Any], None], stream: bool
) -> None:
    for code, meaning in meanings_of_codes(document).items():
        response = call.post(f"!fail {code} shape=base_resp", stream=stream)
        body = response.json()
        conforms("ChatCompletion", body)
        assert response.status_code == 200
        assert response.headers["content-type"] == "application/json"
        assert body["base_resp"] == {"status_code": code, "status_msg": meaning}
        assert body["choices"] is None
        assert body["id"] == response.headers["trace-id"]


@pytest.mark.parametrize(
    ("options", "status", "kind"),
    [
        ("4711", 500, "server_error"),
        ("1000 status=529", 529, "overloaded_error"),
        ("1000 status=403", 403, "bad_request_error"),
        ("1000 status=503", 503, "server_error"),
    ],
)
def test_fail_with_an_undocumented_code_or_status(
    call: Any, options: str, status: int, kind: str
) -> None:
    response = call.post(f"!fail {options}")
    assert response.status_code == status
    error = response.json()["error"]
    assert (error["type"], error["http_code"]) == (kind, str(status))
    assert error["message"].endswith(f"({options[:4]})")


@pytest.mark.parametrize(("name", "value"), [("string", "1002"), ("float", 1002.0)])
def test_fail_with_a_code_of_another_type(call: Any, name: str, value: Any) -> None:
    body = call.post(f"!fail 1002 shape=base_resp type={name}").json()
    code = body["base_resp"]["status_code"]
    assert (type(code), code) == (type(value), value)


def test_fail_times_counts_by_key_and_request(call: Any) -> None:
    def statuses(content: str, count: int) -> list[int]:
        return [call.post(f"!fail 1002 times=2 {content}").status_code for _ in range(count)]

    # The count starts again after the answer.
    assert statuses("one", 6) == [429, 429, 200, 429, 429, 200]
    assert statuses("two", 1) + statuses("three", 1) + statuses("two", 2) == [429, 429, 429, 200]
    call.client.headers["authorization"] = "Bearer another"
    assert statuses("three", 2) == [429, 429]


def test_fail_with_retry_headers(call: Any) -> None:
    headers = call.post("!fail 1002 retry-after=3 retry-after-ms=2500").headers
    assert (headers["retry-after"], headers["retry-after-ms"]) == ("3", "2500")
    assert "retry-after" not in call.post("!fail 1002").headers


@pytest.mark.parametrize("shape", ["http", "base_resp"])
def test_fail_after_chunks_of_a_stream(
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


# !html, !slow, !cut, !chunk


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("status", [502, 200])
def test_html_page(call: Any, status: int, stream: bool) -> None:
    response = call.post(f"!html {status}", stream=stream)
    assert response.status_code == status
    assert response.headers["content-type"] == "text/html"
    assert response.text.startswith("<html>")


@pytest.mark.parametrize("stream", [False, True])
def test_slow_delays_the_first_byte(call: Any, stream: bool) -> None:
    assert call.post("!slow 0.01", stream=stream).status_code == 200
    call.client.timeout = httpx.Timeout(20, read=0.1)
    with pytest.raises(httpx.ReadTimeout):
        call.post("!slow 60", stream=stream)


def test_slow_between_chunks_overrides_the_pace_of_the_emulator(call: Any, caller: Any) -> None:
    with Emulator(pace=60) as paced:
        for slow, done in ((call, "!slow 0 between=60"), (caller(paced), "")):
            assert slow.stream("!slow 0 between=0.001").done
            slow.client.timeout = httpx.Timeout(20, read=0.1)
            with pytest.raises(httpx.ReadTimeout):
                slow.stream(done)


@pytest.mark.parametrize("chunks", [0, 3])
@pytest.mark.parametrize(("end", "died"), [("", True), ("end=died", True), ("end=clean", False)])
def test_cut_ends_a_stream_after_chunks(call: Any, chunks: int, end: str, died: bool) -> None:
    streamed = call.stream(f"!cut {chunks} {end}")
    assert len(streamed.chunks) == chunks
    assert streamed.died == died
    assert not streamed.done
    assert all("finish_reason" not in chunk["choices"][0] for chunk in streamed.chunks)


def test_cut_after_more_chunks_than_there_are_loses_done_only(call: Any) -> None:
    streamed = call.stream("!cut 999")
    assert streamed.chunks[-1]["choices"][0]["finish_reason"] == "stop"
    assert streamed.died
    assert not streamed.done


def test_cut_sends_half_of_a_plain_answer(call: Any) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        call.post("!cut 0")
    response = call.post("!cut 0 end=clean")
    assert response.status_code == 200
    assert response.text.startswith("{")
    assert not response.text.endswith("}")


def test_chunk_sets_the_size_of_chunks(call: Any) -> None:
    streamed = call.stream("!chunk 7")
    sizes = [len(delta["content"]) for delta in streamed.deltas]
    assert set(sizes[:-1]) == {7}
    assert 1 <= sizes[-1] <= 7
    assert streamed.content == call.content("!chunk 7")


# !think, !usage


@pytest.mark.parametrize(
    ("style", "pattern"),
    [
        ("none", r"Hello!.*"),
        ("tight", r"<think>\S.*\S</think>Hello!.*"),
        ("orphan", r"\w.*\n</think>\n\nHello!.*"),
        ("field", r"Hello!.*"),
        ("both", r"<think>\n.*\n</think>\n\nHello!.*"),
    ],
)
def test_think_places_the_thinking(call: Any, style: str, pattern: str) -> None:
    # A switch overrides what the request asks for.
    completion = call.completion(f"!think {style} Hello", reasoning_split=True)
    message = message_of(completion)
    assert re.fullmatch(pattern, message["content"])
    in_field = style in ("field", "both")
    assert message.get("reasoning_content", "").startswith("The user says") == in_field
    assert "reasoning_details" not in message
    streamed = call.stream(f"!think {style} Hello", reasoning_split=True)
    assert streamed.content == message["content"]
    thinking = "".join(delta.get("reasoning_content", "") for delta in streamed.deltas)
    assert thinking == message.get("reasoning_content", "")
    assert streamed.chunks[-1]["usage"] == completion["usage"]


def test_thinking_that_is_told_twice_counts_once(call: Any) -> None:
    tokens = [
        call.completion(content)["usage"]["completion_tokens"]
        for content in ("Hello", "!think both Hello")
    ]
    assert tokens[0] == tokens[1]


@pytest.mark.parametrize("model", ["MiniMax-M2.7", "MiniMax-M3"])
@pytest.mark.parametrize(
    ("switch", "in_stream", "last"),
    [("null", None, None), ("zero", {"total_tokens": 0, "total_characters": 0}, "told")],
)
def test_usage_overrides_stream_options(
    call: Any, model: str, switch: str, in_stream: Any, last: str | None
) -> None:
    usage = call.completion(f"!usage {switch}", model=model)["usage"]
    assert (usage is None) == (last is None)
    # Unasked for a number, asked for null.
    options = {"include_usage": last is None}
    chunks = call.stream(f"!usage {switch}", model=model, stream_options=options).chunks
    assert [chunk["usage"] for chunk in chunks] == [in_stream] * (len(chunks) - 1) + [usage]


@pytest.mark.parametrize("model", ["MiniMax-M2.7", "MiniMax-M3"])
def test_usage_alone_has_a_chunk_of_its_own(call: Any, model: str) -> None:
    streamed = call.stream("!usage alone", model=model)
    *others, last = streamed.chunks
    assert {chunk["usage"] for chunk in others} == {None}
    assert others[-1]["choices"][0]["finish_reason"] == "stop"
    assert last["choices"] == []
    assert last["usage"] == call.completion("!usage alone", model=model)["usage"]
    assert streamed.done


# !odd; `calls` is in test_calls.py


def test_odd_role_and_message_add_up(call: Any) -> None:
    streamed = call.stream("!odd role !odd message")
    assert {delta["role"] for delta in streamed.deltas} == {""}
    *others, last = streamed.chunks
    assert last["choices"][0]["message"] == message_of(call.completion("!odd role !odd message"))
    assert all("message" not in chunk["choices"][0] for chunk in others)
    assert {delta["role"] for delta in call.stream().deltas} == {"assistant"}


def test_odd_fields_are_undocumented(call: Any) -> None:
    completion = call.completion("!odd fields")
    assert {"service_tier", "nvext", "request_id"} <= set(completion)
    assert {"name", "audio_content"} <= set(message_of(completion))
    details = completion["usage"]["completion_tokens_details"]
    assert 0 < details["reasoning_tokens"] < completion["usage"]["completion_tokens"]
    assert "service_tier" in call.stream("!odd fields").chunks[0]


def test_odd_cumulative_repeats_the_thinking_so_far(call: Any) -> None:
    streamed = call.stream("!odd cumulative", **SPLIT)
    so_far = ""
    for delta in streamed.deltas:
        if "reasoning_details" in delta:
            so_far += delta["reasoning_content"]
            assert delta["reasoning_details"][0]["text"] == so_far
    message = message_of(call.completion("!odd cumulative", **SPLIT))
    assert so_far == message["reasoning_details"][0]["text"]


@pytest.mark.parametrize("more", ["", "!odd cumulative"])
def test_odd_stray_ends_the_thinking_in_a_tag(call: Any, more: str) -> None:
    streamed = call.stream(f"!odd stray {more}", **SPLIT)
    told = [delta["reasoning_content"] for delta in streamed.deltas if "reasoning_details" in delta]
    assert told[-2:] == ["</th", "ink>"]
    message = message_of(call.completion("!odd stray", **SPLIT))
    assert "".join(told[:-2]) == message["reasoning_content"]
    assert "think>" not in streamed.content
    # There is no thinking that could end in it.
    assert "think" not in call.stream("!think none !odd stray", **SPLIT).content


# !model, !sensitive, !trace, !say


def test_model_names_the_model_that_served(call: Any) -> None:
    assert call.completion("!model MiniMax-M3")["model"] == "MiniMax-M3"
    assert {chunk["model"] for chunk in call.stream("!model MiniMax-M3").chunks} == {"MiniMax-M3"}
    assert call.completion(model="asked-for")["model"] == "asked-for"


def test_sensitive_marks_input_and_output(call: Any) -> None:
    completion = call.completion("!sensitive input=3 output=7")
    assert (completion["input_sensitive"], completion["input_sensitive_type"]) == (True, 3)
    assert (completion["output_sensitive"], completion["output_sensitive_type"]) == (True, 7)
    *_, last = call.stream("!sensitive output=1").chunks
    assert (last["input_sensitive"], last["output_sensitive_type"]) == (False, 1)


def test_trace_moves_the_trace_id_to_another_header(call: Any) -> None:
    response = call.post("!trace x-mm-request-id")
    assert response.headers["x-mm-request-id"] == response.json()["id"]
    assert "trace-id" not in response.headers
    failure = call.post("!trace X-Session-Id !fail 1000")
    assert failure.headers["x-session-id"] == failure.json()["request_id"]
    assert "trace-id" not in failure.headers


def test_say_answers_with_the_rest(call: Any) -> None:
    assert call.content("!say  4 !fail 1002 is no switch here\n").endswith(
        "\n</think>\n\n4 !fail 1002 is no switch here"
    )
    assert call.content("!think none !say") == ""
    [chunk] = call.stream("!think none !say").chunks
    assert chunk["choices"][0]["delta"]["content"] == ""
    assert chunk["choices"][0]["finish_reason"] == "stop"


# Where switches are read


def test_switches_are_taken_off_the_message(call: Any) -> None:
    assert "“Hello”" in call.content("!slow 0 between=0 !model m\n !usage null  Hello ")


@pytest.mark.parametrize(
    "content",
    ["!important", "! fail 1002", "hello !fail 1002", "!fails 1002", "!FAIL 1002", "! ", "!"],
)
def test_what_is_no_switch_is_part_of_the_question(call: Any, content: str) -> None:
    assert f"“{content}”" in call.content(content)


def test_switches_are_read_in_the_first_text_part(call: Any) -> None:
    parts = [{"type": "text", "text": "!model m !think none"}, {"type": "text", "text": "Hello"}]
    completion = call.completion(messages=[{"role": "user", "content": parts}])
    assert completion["model"] == "m"
    assert "“Hello”" in message_of(completion)["content"]


def test_switches_are_read_in_the_last_user_message_only(call: Any) -> None:
    messages = [
        {"role": "system", "content": "!fail 1002"},
        {"role": "user", "content": "!fail 1002"},
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "!fail 1002"},
    ]
    assert "“Hello”" in call.content(messages=messages)


CODE = "must be an integer from 1 to 999999999"
COUNT = "must be an integer from 0 to 999999999"
STATUS = "must be 200 or from 400 to 599"
SECONDS = "must be a number of seconds from 0 to 3600"
HEADER = "must be the name of a header that a reply does not need for itself, such as x-request-id"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("!fail", f"fail {CODE} (got '')"),
        ("!fail now", f"fail {CODE} (got 'now')"),
        ("!fail 0", f"fail {CODE} (got 0)"),
        ("!fail 9999999999", f"fail {CODE} (got 9999999999)"),
        ("!fail 1002 shape=round", "shape must be 'http' or 'base_resp' (got 'round')"),
        ("!fail 1002 times=0", f"times {CODE} (got 0)"),
        ("!fail 1002 after=-1", f"after {COUNT} (got -1)"),
        ("!fail 1002 status=302", f"status {STATUS} (got 302)"),
        ("!fail 1002 retry-after=é", "retry-after must be a finite number >= 0, or printable"),
        ("!fail 1002 type=int", "type must be 'string' or 'float' (got 'int')"),
        ("!html 204", f"html {STATUS} (got 204)"),
        ("!slow nan", f"slow {SECONDS} (got nan)"),
        ("!slow 1 between=inf", f"between {SECONDS} (got inf)"),
        ("!cut x", f"cut {COUNT} (got 'x')"),
        ("!cut 1 end=dirty", "end must be 'died' or 'clean' (got 'dirty')"),
        ("!chunk 0", f"chunk {CODE} (got 0)"),
        ("!think hard", "think must be 'none' or 'tight' or 'orphan' or 'field' or 'both' (got "),
        ("!usage none", "usage must be 'null' or 'zero' or 'alone' (got 'none')"),
        ("!odd thing", "odd must be 'role' or"),
        ("!model", "model must be a word (got '')"),
        ("!sensitive input=x", f"input {CODE} (got 'x')"),
        ("!trace a:b", f"trace {HEADER} (got 'a:b')"),
        ("!trace content-length", f"trace {HEADER} (got 'content-length')"),
        ("!trace Transfer-Encoding", f"trace {HEADER} (got 'Transfer-Encoding')"),
    ],
)
def test_a_switch_written_wrongly_is_refused_with_its_usage(
    call: Any, content: str, problem: str
) -> None:
    response = call.post(content)
    name = content.split()[0]
    assert response.status_code == 400
    message = response.json()["error"]["message"]
    assert f"switch {name} is written {name} " in message
    assert f": {problem}" in message
    assert message.endswith("(2013)")
