"""What the emulator refuses, and how."""

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


@pytest.fixture
def refused(conforms: Callable[[str, Any], None]) -> Callable[[httpx.Response, int, int], str]:
    """The message of a refusal, which must have the documented shape."""

    def check(response: httpx.Response, status: int, code: int | None) -> str:
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


@pytest.mark.parametrize(
    ("fields", "objection"),
    [
        # How bounds are told: test_specification.py.
        ({"temperature": 12345}, "temperature is 12345; allowed: number, "),
        ({"temperature": -12345.5}, "temperature is -12345.5; allowed: number, "),
        ({"temperature": "hot"}, 'temperature is "hot"; allowed: number'),
        ({"top_p": None}, "top_p is null; allowed: number"),
        ({"max_completion_tokens": 0}, "max_completion_tokens is 0; allowed: integer, at least 1"),
        ({"max_completion_tokens": 1.5}, "max_completion_tokens is 1.5; allowed: integer"),
        ({"max_completion_tokens": True}, "max_completion_tokens is true; allowed: integer"),
        ({"max_completion_tokens": 2**63}, "allowed: integer, at least 1, within 64 bits"),
        ({"stream": "yes"}, 'stream is "yes"; allowed: boolean'),
        ({"model": 5}, "model is 5; allowed: string"),
        ({"messages": {}}, "messages is {}; allowed: array"),
        ({"messages": ["hi"]}, 'messages[0] is "hi"; allowed: object'),
        ({"messages": [{"content": "hi"}]}, "messages[0].role is missing; allowed: string"),
        (
            {"messages": [{"role": "user"}, {"role": "user", "content": ["hi"]}]},
            'messages[1].content[0] is "hi"; allowed: object',
        ),
        ({"messages": [{"role": "user", "name": 1}]}, "messages[0].name is 1; allowed: string"),
    ],
)
def test_a_field_that_the_spec_forbids_is_named(
    call: Any, refused: Any, fields: dict[str, Any], objection: str
) -> None:
    message = refused(call.post(**fields), 400, 2013)
    assert message.startswith("invalid params, ")
    assert objection in message


def part(**fields: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}, fields]}]}


def image(**fields: Any) -> dict[str, Any]:
    return part(type="image_url", image_url=fields)


def function(**fields: Any) -> dict[str, Any]:
    return {"tools": [{"type": "function", "function": fields}]}


TOOL_CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
CALLING = {"role": "assistant", "tool_calls": [TOOL_CALL, {**TOOL_CALL, "id": "c2"}]}
RESULTS = [{"role": "tool", "tool_call_id": each, "content": ""} for each in ("c1", "c2")]
ASKING = {"role": "user", "content": "hi"}


@pytest.mark.parametrize(
    ("fields", "objection"),
    [
        ({"thinking": "no"}, 'thinking is "no"; allowed: object'),
        ({"thinking": {"type": 1}}, "thinking.type is 1; allowed: string"),
        ({"service_tier": 1}, "service_tier is 1; allowed: string"),
        (
            {"stream_options": {"include_usage": 1}},
            "stream_options.include_usage is 1; allowed: boolean",
        ),
        ({"tools": [{"type": "function"}]}, "tools[0].function is missing; allowed: object"),
        (function(parameters={}), "tools[0].function.name is missing; allowed: string"),
        (function(name="f"), "tools[0].function.parameters is missing; allowed: object"),
        (function(name="f", parameters=None), "tools[0].function.parameters is null; allowed: obj"),
        ({"messages": [{"role": "user", "content": 5}]}, "content is 5; allowed: string or array"),
        (part(text="b"), "messages[0].content[1].type is missing; allowed: string"),
        (part(type="text", text=1), "messages[0].content[1].text is 1; allowed: string"),
        (image(), "messages[0].content[1].image_url.url is missing; allowed: string"),
        (image(url="u", detail=1), "messages[0].content[1].image_url.detail is 1; allowed: string"),
        (
            image(url="data:image/bmp;base64,AAAA"),
            "messages[0].content[1].image_url.url is of the media type image/bmp; "
            "allowed: image/jpeg, image/png, image/gif, image/webp",
        ),
        (
            part(type="video_url", video_url={"url": "DATA:image/png;base64,AAAA"}),
            "messages[0].content[1].video_url.url is of the media type image/png; allowed: video/",
        ),
        (
            image(url="data:image/png;base64,AAA"),
            'messages[0].content[1].image_url.url is "data:image/png;base64,AAA", '
            "which is not base64: Incorrect padding",
        ),
        (image(url="data:image/png,abc"), "which is no base64 data URL"),
        (image(url="data:image/png;base64"), "which is no base64 data URL"),
        (
            {"messages": [{"role": "tool", "content": "{}"}]},
            'messages[0].tool_call_id is missing; required where role is "tool"',
        ),
        (
            {"messages": [{"role": "assistant", "tool_calls": [{"type": "function"}]}]},
            "messages[0].tool_calls[0].id is missing; allowed: string",
        ),
        (
            {"messages": [ASKING, RESULTS[0]]},
            'messages[1].tool_call_id is "c1"; '
            "allowed: the id of an earlier call (none, for no call was made before it)",
        ),
        (
            {"messages": [CALLING, *RESULTS, {**RESULTS[0], "tool_call_id": "c3"}]},
            'messages[3].tool_call_id is "c3"; allowed: the id of an earlier call ("c1", "c2")',
        ),
        (
            {"messages": [CALLING]},
            "messages[0].tool_calls[0] has no result: "
            'a message of role tool with the tool_call_id "c1" must follow',
        ),
        (
            {"messages": [CALLING, RESULTS[0], ASKING, RESULTS[1]]},
            "messages[0].tool_calls[1] has no result: "
            'a message of role tool with the tool_call_id "c2" must follow',
        ),
    ],
)
def test_what_the_newer_page_forbids_is_named(
    call: Any, refused: Any, fields: dict[str, Any], objection: str
) -> None:
    message = refused(call.post(model="MiniMax-M3", **fields), 400, 2013)
    assert message.startswith("invalid params, ")
    assert objection in message


@pytest.mark.parametrize(
    ("model", "fields", "place"),
    [
        pytest.param(model, fields, place, id=f"{model}-{name}")
        for model in ("MiniMax-M2.7", "MiniMax-M3")
        for name, fields, place in beyond_bounds(SPEC, model)
    ],
)
def test_a_number_beyond_a_bound_is_named_with_what_is_allowed(
    call: Any, refused: Any, model: str, fields: dict[str, Any], place: str
) -> None:
    message = refused(call.post(model=model, **fields), 400, 2013)
    assert message.startswith(f"invalid params, {place}")
    assert re.search("allowed: (integer|number), (more than|at least) ", message)


@pytest.mark.parametrize(
    "fields",
    [
        {"temperature": 0},
        {"temperature": 2},
        {"top_p": 0},
        {"thinking": {}},
        {"thinking": {"type": "deeply"}},
        {"service_tier": "priority"},
        {"tools": []},
        {"tools": [{"type": "search", "function": {"name": "f", "parameters": {}}}]},
        {"messages": [{"role": "user"}]},
        {"messages": [{"role": "user", "content": []}]},
        {"messages": [CALLING, *reversed(RESULTS), ASKING]},
        # Seldom of use, but nothing speaks against it.
        {"messages": [CALLING, *RESULTS, ASKING, RESULTS[0]]},
        {"messages": [{**ASKING, "tool_call_id": "c3"}]},
        part(type="audio_url", audio_url={"url": "u"}),
        image(url="https://example.com/heron.png", detail="auto"),
        image(url="data:image/png;base64,AAAA"),
    ],
)
def test_what_the_newer_page_allows_is_answered(call: Any, fields: dict[str, Any]) -> None:
    assert call.completion(model="MiniMax-M3", **fields)["choices"]


def test_the_bounds_are_those_of_the_model(call: Any, refused: Any) -> None:
    message = refused(call.post(model="MiniMax-M2.1", top_p=0), 400, 2013)
    assert "top_p is 0; allowed: number, more than 0, at most 1" in message
    assert call.post(model="MiniMax-M2", top_p=0).status_code == 200
    assert call.post(model="a-model-of-tomorrow", temperature=2).status_code == 200


def test_the_size_of_what_a_data_url_holds(call: Any, refused: Any) -> None:
    limit = 10 * 2**20
    largest, larger = (
        "data:image/png;base64," + base64.b64encode(bytes(size)).decode()
        for size in (limit, limit + 1)
    )
    assert f"image/png, {limit} bytes" in call.content(model="MiniMax-M3", **image(url=largest))
    message = refused(call.post(model="MiniMax-M3", **image(url=larger)), 400, 2013)
    assert f"image_url.url holds {limit + 1} bytes; allowed: at most {limit} bytes" in message


def test_the_size_of_the_body(call: Any, refused: Any) -> None:
    limit = 64 * 2**20
    body = json.dumps(BODY).encode()
    assert call.post_raw(body.ljust(limit)).status_code == 200
    message = refused(call.post_raw(body.ljust(limit + 1)), 400, 2013)
    assert f"the body has {limit + 1} bytes; allowed: at most {limit} bytes" in message


def test_several_objections_come_together(call: Any, refused: Any) -> None:
    message = refused(call.post_raw(b"{}"), 400, 2013)
    assert "model is missing" in message
    assert "messages is missing; allowed: array" in message


def test_a_long_value_is_shown_in_part(call: Any, refused: Any) -> None:
    assert len(refused(call.post(stream="x" * 10_000), 400, 2013)) < 300


@pytest.mark.parametrize(
    ("body", "objection"),
    [
        (b"", "it is empty"),
        (b"[]", "the body is []; allowed: object"),
        (b"null", "the body is null; allowed: object"),
        (b"{", "the body is not JSON"),
        (b"\xef\xbb\xbf{}", "the body is not JSON"),
        (b'{"model": "\xff"}', "it is not UTF-8 from byte 11 on"),
        (b'{"temperature": NaN}', "NaN is not a JSON number"),
        (b'{"temperature": -Infinity}', "-Infinity is not a JSON number"),
        (b'{"max_completion_tokens": ' + b"9" * 5000 + b"}", "the body is not JSON"),
        (b"[" * 100_000, "it is nested too deeply"),
        (b'{"messages": ' + b"[" * 700 + b"]" * 700 + b"}", "model is missing"),
    ],
    ids=lambda value: None if isinstance(value, bytes) else value,
)
def test_a_body_that_is_no_request(call: Any, refused: Any, body: bytes, objection: str) -> None:
    assert objection in refused(call.post_raw(body), 400, 2013)


@pytest.mark.parametrize("tokens", [b"1e400", b"-1e400"])
def test_a_number_beyond_a_double(call: Any, refused: Any, tokens: bytes) -> None:
    body = json.dumps(BODY).encode()[:-1] + b', "temperature": ' + tokens + b"}"
    assert "temperature" in refused(call.post_raw(body), 400, 2013)


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_another_media_type(call: Any, refused: Any, content_type: str) -> None:
    response = call.post_raw(json.dumps(BODY).encode(), content_type=content_type)
    assert "allowed: application/json" in refused(response, 400, 2013)


def test_a_media_type_with_a_parameter(call: Any) -> None:
    body = json.dumps(BODY).encode()
    response = call.post_raw(body, content_type="Application/JSON; charset=utf-8")
    assert response.status_code == 200


def test_several_system_messages(call: Any, refused: Any) -> None:
    messages = [{"role": "system", "content": word} for word in "ab"]
    assert "invalid chat setting" in refused(call.post(messages=messages), 400, 2013)


@pytest.mark.parametrize("value", [None, "", "Bearer", "Basic abc", "Bearer a b", "abc"])
def test_a_call_without_a_key(
    emulator: Emulator, refused: Any, document: dict[str, Any], value: str | None
) -> None:
    headers = {} if value is None else {"authorization": value}
    url = f"{emulator.base_url}/v1/chat/completions"
    response = httpx.post(url, json=BODY, headers=headers, trust_env=False, verify=False)
    responses = document["paths"]["/v1/chat/completions"]["post"]["responses"]
    example = responses["401"]["content"]["application/json"]["examples"]["documented"]["value"]
    assert refused(response, 401, 1004) == example["error"]["message"]
    assert response.json()["error"] == example["error"]


def test_a_key_that_begins_with_invalid(call: Any, refused: Any) -> None:
    call.client.headers["authorization"] = "Bearer invalid-key"
    assert refused(call.post(), 401, 2049) == "invalid API key (2049)"


def test_the_only_key(caller: Any, refused: Any) -> None:
    with Emulator(api_key="the-key") as emulator:
        call = caller(emulator)
        refused(call.post(), 401, 2049)
        call.client.headers["authorization"] = "bearer the-key"
        assert call.post().status_code == 200


def test_the_key_comes_before_the_body(call: Any, refused: Any) -> None:
    call.client.headers["authorization"] = "Bearer invalid"
    refused(call.post_raw(b"{"), 401, 2049)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "QUERY"])
def test_another_method(call: Any, refused: Any, method: str) -> None:
    response = call.client.request(method, "/v1/chat/completions")
    assert refused(response, 405, None) == f"{method} is not allowed; allowed: POST"
    assert response.headers["allow"] == "POST"


def test_head(call: Any) -> None:
    response = call.client.head("/v1/chat/completions")
    assert (response.status_code, response.headers["allow"], response.content) == (405, "POST", b"")


@pytest.mark.parametrize("path", ["/", "/chat/completions", "/v1/chat/completions/", "/v1/models"])
def test_another_path(call: Any, refused: Any, path: str) -> None:
    message = refused(call.client.post(path, json=BODY), 404, None)
    assert message == f"no such path: {path}; the API has /v1/chat/completions"


def test_refusals_in_the_other_shape(caller: Any, conforms: Callable[[str, Any], None]) -> None:
    with Emulator(shape="base_resp") as emulator:
        call = caller(emulator)
        for stream in (False, True):
            response = call.post(temperature=12345, stream=stream)
            assert response.status_code == 200
            assert response.headers["content-type"] == "application/json"
            body = response.json()
            conforms("ChatCompletion", body)
            assert body["choices"] is None
            assert body["id"] == response.headers["trace-id"]
            assert body["base_resp"]["status_code"] == 2013
            assert body["base_resp"]["status_msg"].startswith(
                "invalid params, temperature is 12345"
            )
        call.client.headers["authorization"] = ""
        assert call.post().json()["base_resp"]["status_code"] == 1004
        # What no code is documented for stays an HTTP matter.
        assert call.client.get("/v1/chat/completions").status_code == 405
