"""Which requests the emulator refuses, with which message."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from minimax_chat.ext.emulator import Emulator
from spec_reading import beyond_bounds, read_spec

SPEC = read_spec()

BODY = {"model": "MiniMax-M2.7", "messages": [{"role": "user", "content": "Hello"}]}
RAW = json.dumps(BODY).encode()


@pytest.fixture
def refused(conforms: Callable[[str, Any], None]) -> Callable[[httpx.Response, int, int], str]:
    """The message of a refusal, which must have the documented form."""

    def check(response: httpx.Response, status: int = 400, code: int | None = 2013) -> str:
        assert response.status_code == status, response.text
        assert response.headers["content-type"] == "application/json"
        body = response.json()
        conforms("ErrorResponse", body)
        assert set(body) == {"type", "error", "request_id"}
        assert body["type"] == "error"
        assert body["error"]["http_code"] == str(status)
        assert body["request_id"] == response.headers["trace-id"]
        message: str = body["error"]["message"]
        if code is not None:
            assert message.endswith(f" ({code})")
        return message

    return check


def part(**fields: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}, fields]}]}


def image(**fields: Any) -> dict[str, Any]:
    return part(type="image_url", image_url=fields)


def function(**fields: Any) -> dict[str, Any]:
    return {"tools": [{"type": "function", "function": fields}]}


def messages(*each: Any) -> dict[str, Any]:
    return {"messages": list(each)}


TOOL_CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
CALLING = {"role": "assistant", "tool_calls": [TOOL_CALL, {**TOOL_CALL, "id": "c2"}]}
RESULTS = [{"role": "tool", "tool_call_id": each, "content": ""} for each in ("c1", "c2")]
ASKING = {"role": "user", "content": "hi"}
SYSTEM = {"role": "system", "content": "Be brief."}

# Fields of a request, and what the refusal says; how bounds are told is in test_document.py.
REFUSED: list[tuple[dict[str, Any], str]] = [
    # Types, at every depth.
    ({"temperature": "hot"}, 'temperature must be a number >= 0 and <= 2 (got "hot")'),
    ({"top_p": None}, "top_p must be a number >= 0 and <= 1 (got null)"),
    ({"max_tokens": 1.5}, "max_tokens must be an integer >= 1 and within 64 bits (got 1.5)"),
    ({"max_tokens": True}, "max_tokens must be an integer >= 1 and within 64 bits (got true)"),
    ({"max_tokens": 2**63}, "must be an integer >= 1 and within 64 bits (got 9223372036854775808)"),
    ({"stream": "yes"}, 'stream must be a boolean (got "yes")'),
    ({"model": 5}, "model must be a string (got 5)"),
    ({"messages": {}}, "messages must be an array (got {})"),
    (messages("hi"), 'messages[0] must be an object (got "hi")'),
    (messages(ASKING, {**ASKING, "content": ["hi"]}), "messages[1].content[0] must be an object"),
    (messages({"role": "user", "name": 1}), "messages[0].name must be a string (got 1)"),
    (messages({"role": "user", "content": 5}), "content must be a string or an array (got 5)"),
    ({"thinking": {"type": 1}}, "thinking.type must be a string (got 1)"),
    ({"service_tier": 1}, "service_tier must be a string (got 1)"),
    ({"stream_options": {"include_usage": 1}}, "stream_options.include_usage must be a boolean"),
    (function(name="f", parameters=None), "tools[0].function.parameters must be an object"),
    (part(type="text", text=1), "messages[0].content[1].text must be a string (got 1)"),
    (image(url="u", detail=1), "messages[0].content[1].image_url.detail must be a string (got 1)"),
    # Missing fields.
    (messages({"content": "hi"}), "messages[0].role is required"),
    ({"tools": [{"type": "function"}]}, "tools[0].function is required"),
    (function(parameters={}), "tools[0].function.name is required"),
    (part(text="b"), "messages[0].content[1].type is required"),
    (image(), "messages[0].content[1].image_url.url is required"),
    (messages({"role": "assistant", "tool_calls": [{}]}), "messages[0].tool_calls[0].id is requir"),
    (messages({"role": "tool"}), 'messages[0].tool_call_id is required where role is "tool"'),
    # Data URLs.
    (
        image(url="data:image/bmp;base64,AAAA"),
        "messages[0].content[1].image_url.url must hold "
        "image/jpeg or image/png or image/gif or image/webp (got image/bmp)",
    ),
    (
        part(type="video_url", video_url={"url": "DATA:image/png;base64,AAAA"}),
        "messages[0].content[1].video_url.url must hold video/mp4",
    ),
    (image(url="data:image/png;base64,AAA"), "url must be valid base64 (Incorrect padding) (got "),
    (image(url="data:image/png,abc"), "url must be a base64 data URL: data:MEDIA_TYPE;base64,DATA"),
    (image(url="data:image/png;base64"), "url must be a base64 data URL"),
    # Messages that do not go together.
    (messages(SYSTEM, SYSTEM), "invalid chat setting: messages must have at most 1 of role system"),
    (
        messages(ASKING, RESULTS[0]),
        "messages[1].tool_call_id must be the id of an earlier call: there is none (got ",
    ),
    (
        messages(CALLING, *RESULTS, {**RESULTS[0], "tool_call_id": "c3"}),
        'messages[3].tool_call_id must be the id of an earlier call: "c1", "c2" (got "c3")',
    ),
    (
        messages(CALLING),
        "messages[0].tool_calls[0] has no result: "
        'a message of role tool with the tool_call_id "c1" must follow',
    ),
    (
        messages(CALLING, RESULTS[0], ASKING, RESULTS[1]),
        "messages[0].tool_calls[1] has no result: "
        'a message of role tool with the tool_call_id "c2" must follow',
    ),
]


@pytest.mark.parametrize(("fields", "problem"), REFUSED, ids=[each[1] for each in REFUSED])
def test_a_forbidden_field_is_named_with_what_is_allowed(
    call: Any, refused: Any, fields: dict[str, Any], problem: str
) -> None:
    message = refused(call.post(**{"model": "MiniMax-M3", **fields}))
    assert message.startswith("invalid params, ")
    assert problem in message


@pytest.mark.parametrize(
    ("model", "fields", "place"),
    [
        pytest.param(model, fields, place, id=f"{model}-{name}")
        for model in ("MiniMax-M2.7", "MiniMax-M3")
        for name, fields, place in beyond_bounds(SPEC, model)
    ],
)
def test_a_number_out_of_bounds_is_refused_with_the_range(
    call: Any, refused: Any, model: str, fields: dict[str, Any], place: str
) -> None:
    message = refused(call.post(model=model, **fields))
    assert re.match(rf"invalid params, {re.escape(place)} must be an? (integer|number) >", message)


@pytest.mark.parametrize(
    "fields",
    [
        {"temperature": 2},
        {"thinking": {"type": "deeply"}},
        {"tools": [{"type": "search", "function": {"name": "f", "parameters": {}}}]},
        messages({"role": "user"}),
        messages({"role": "pirate", "content": "Arr", "mood": 1}),
        {"unheard_of": {"a": 1}},
        messages(CALLING, *reversed(RESULTS), ASKING),
        # Seldom of use, but nothing speaks against it.
        messages(CALLING, *RESULTS, ASKING, RESULTS[0]),
        messages({**ASKING, "tool_call_id": "c3"}),
        image(url="https://example.com/heron.png", detail="auto"),
        image(url="data:image/png;base64,AAAA"),
    ],
)
def test_what_the_spec_leaves_open_is_answered(call: Any, fields: dict[str, Any]) -> None:
    assert call.completion(**{"model": "MiniMax-M3", **fields})["choices"]


def test_a_data_url_is_measured_decoded(call: Any, refused: Any) -> None:
    limit = 10 * 2**20
    largest, larger = (
        "data:image/png;base64," + base64.b64encode(bytes(size)).decode()
        for size in (limit, limit + 1)
    )
    assert f"image/png, {limit} bytes" in call.content(model="MiniMax-M3", **image(url=largest))
    message = refused(call.post(model="MiniMax-M3", **image(url=larger)))
    assert f"image_url.url must hold at most {limit} bytes (got {limit + 1})" in message


def test_a_body_over_the_limit_is_refused(call: Any, refused: Any) -> None:
    limit = 64 * 2**20
    assert call.post_raw(RAW.ljust(limit)).status_code == 200
    message = refused(call.post_raw(RAW.ljust(limit + 1)))
    assert f"the body must have at most {limit} bytes (got {limit + 1})" in message


def test_several_problems_are_told_together(call: Any, refused: Any) -> None:
    assert "model is required; messages is required" in refused(call.post_raw(b"{}"))


def test_a_long_value_is_truncated(call: Any, refused: Any) -> None:
    assert len(refused(call.post(stream="x" * 10_000))) < 300


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "it is empty"),
        (b"[]", "the body must be an object (got [])"),
        (b"{", "the body is not JSON"),
        (b"\xef\xbb\xbf{}", "the body is not JSON"),
        (b'{"model": "\xff"}', "it is not UTF-8 from byte 11 on"),
        (b'{"temperature": NaN}', "NaN is not a JSON number"),
        (RAW[:-1] + b', "temperature": 1e400}', "temperature must be a number"),
        (b'{"max_completion_tokens": ' + b"9" * 5000 + b"}", "the body is not JSON"),
        (b"[" * 100_000, "it is nested too deeply"),
        (b'{"messages": ' + b"[" * 700 + b"]" * 700 + b"}", "model is required"),
    ],
    ids=lambda value: None if isinstance(value, bytes) else value,
)
def test_a_body_that_is_no_request_is_refused(
    call: Any, refused: Any, body: bytes, problem: str
) -> None:
    assert problem in refused(call.post_raw(body))


@pytest.mark.parametrize("content_type", ["", "text/plain"])
def test_another_media_type_is_refused(call: Any, refused: Any, content_type: str) -> None:
    message = refused(call.post_raw(RAW, content_type=content_type))
    assert f"Content-Type must be application/json (got {content_type or 'none'})" in message


def test_a_media_type_may_have_a_parameter(call: Any) -> None:
    response = call.post_raw(RAW, content_type="Application/JSON; charset=utf-8")
    assert response.status_code == 200


@pytest.mark.parametrize("value", [None, "", "Bearer", "Basic abc", "Bearer a b"])
def test_a_request_without_a_key_gets_the_documented_failure(
    emulator: Emulator, refused: Any, documented: Any, value: str | None
) -> None:
    headers = {} if value is None else {"authorization": value}
    url = f"{emulator.base_url}/v1/chat/completions"
    response = httpx.post(url, json=BODY, headers=headers, trust_env=False, verify=False)
    refused(response, 401, 1004)
    assert response.json()["error"] == documented("401")["error"]


def test_a_key_that_begins_with_invalid_is_refused_before_the_body(call: Any, refused: Any) -> None:
    call.client.headers["authorization"] = "Bearer invalid-key"
    assert refused(call.post_raw(b"{"), 401, 2049) == "invalid API key (2049)"


def test_another_key_than_the_only_one_is_refused(caller: Any, refused: Any) -> None:
    with Emulator(api_key="the-key") as emulator:
        call = caller(emulator)
        refused(call.post(), 401, 2049)
        call.client.headers["authorization"] = "bearer the-key"
        assert call.post().status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS", "QUERY"])
def test_another_method_is_answered_with_405(call: Any, refused: Any, method: str) -> None:
    response = call.client.request(method, "/v1/chat/completions")
    assert refused(response, 405, None) == f"{method} is not allowed; allowed: POST"
    assert response.headers["allow"] == "POST"


def test_head_is_answered_without_a_body(call: Any) -> None:
    response = call.client.head("/v1/chat/completions")
    assert (response.status_code, response.headers["allow"], response.content) == (405, "POST", b"")


@pytest.mark.parametrize("path", ["/", "/v1/chat/completions/", "/v1/models"])
def test_another_path_is_answered_with_404(call: Any, refused: Any, path: str) -> None:
    message = refused(call.client.post(path, json=BODY), 404, None)
    assert message == f"no such path: {path}; the API has /v1/chat/completions"


@pytest.mark.parametrize("stream", [False, True])
def test_refusals_in_the_shape_base_resp(
    caller: Any, conforms: Callable[[str, Any], None], stream: bool
) -> None:
    with Emulator(shape="base_resp") as emulator:
        call = caller(emulator)
        response = call.post(temperature=12345, stream=stream)
        assert response.status_code == 200
        assert response.headers["content-type"] == "application/json"
        body = response.json()
        conforms("ChatCompletion", body)
        assert body["choices"] is None
        assert body["id"] == response.headers["trace-id"]
        assert body["base_resp"]["status_code"] == 2013
        assert body["base_resp"]["status_msg"].startswith("invalid params, temperature must be")
        call.client.headers["authorization"] = ""
        assert call.post().json()["base_resp"]["status_code"] == 1004
        # What no code is documented for stays a matter of HTTP.
        assert call.client.get("/v1/chat/completions").status_code == 405
