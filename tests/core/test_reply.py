"""Replies: the completion of a reply, or its error from HTTP status, headers and body."""

from __future__ import annotations

import gzip
import json
import logging
import re
import traceback
from functools import partial
from typing import Any

import pytest
from hypothesis import given, strategies as st

import minimax_chat
from documented import STATUS_CODES
from minimax_chat import (
    APIError,
    APITimeoutError,
    BadRequestError,
    ContentFilterError,
    InputContentError,
    InternalServerError,
    MiniMaxError,
    OutputContentError,
    RateLimitError,
    ResponseDecodeError,
    ResponseLimitError,
    _reply,
)
from minimax_chat._reply import ReplyHead, WholeReply
from minimax_chat_api.contract import STATUS_MEANINGS
from properties import JSON_VALUES, examples
from samples import KEY, TEXT, base_resp, chunk, documented, openai_style, plain, sse, without
from seams import (
    answer,
    call,
    check_readable,
    config,
    error_of,
    event_stream,
    head,
    read,
    read_until_error,
    reply,
    stream_reader,
)

# Code: class, whether it is worth a retry, and the HTTP status that the vendor's pages give.
CODES: dict[int, tuple[str, bool, int]] = {
    1000: ("InternalServerError", True, 500),
    1001: ("ServerTimeoutError", True, 500),
    1002: ("RateLimitError", True, 429),
    1004: ("AuthenticationError", False, 401),
    1008: ("InsufficientBalanceError", False, 402),
    1013: ("InternalServerError", True, 500),
    1024: ("InternalServerError", True, 500),
    1026: ("InputContentError", False, 422),
    1027: ("OutputContentError", False, 422),
    1033: ("InternalServerError", True, 500),
    1039: ("TokenLimitError", False, 400),
    1041: ("RateLimitError", True, 429),
    1042: ("BadRequestError", False, 400),
    2013: ("BadRequestError", False, 400),
    2045: ("RateLimitError", True, 429),
    2049: ("AuthenticationError", False, 401),
    2056: ("PlanLimitError", False, 429),
}
STATUSES: dict[int, tuple[str, bool]] = {
    400: ("BadRequestError", False),
    401: ("AuthenticationError", False),
    402: ("InsufficientBalanceError", False),
    403: ("AuthenticationError", False),
    404: ("BadRequestError", False),
    408: ("ServerTimeoutError", True),
    422: ("BadRequestError", False),
    429: ("RateLimitError", True),
    500: ("InternalServerError", True),
    502: ("InternalServerError", True),
    529: ("InternalServerError", True),
    301: ("APIError", False),
    600: ("APIError", False),
}


def summary(error: MiniMaxError) -> tuple[str, bool, int | None, int | None]:
    return type(error).__name__, error.retryable, error.code, error.http_status


# Status codes


def test_every_documented_status_code_is_tested() -> None:
    assert set(CODES) == set(STATUS_CODES) - {0}


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("as_type", [int, str, float])
def test_status_code_in_base_resp_of_http_200(code: int, as_type: type) -> None:
    kind, retryable, _ = CODES[code]
    body = {**documented(), "choices": None, **base_resp(as_type(code), "what the API says")}
    error = error_of(200, body)
    assert summary(error) == (kind, retryable, code, 200)
    assert isinstance(error.code, int)
    assert error.message == "what the API says"
    assert error.body == body
    assert error.trace_id == documented()["id"]


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("space", ["", " \n"])
def test_status_code_in_trailing_parentheses(code: int, space: str) -> None:
    kind, retryable, status = CODES[code]
    message = f"what the API says ({code})"
    body = openai_style(message + space, http=str(status))
    error = error_of(status, body)
    assert summary(error) == (kind, retryable, code, status)
    assert error.message.rstrip() == message
    assert error.body == body
    assert error.trace_id == "0217aaaa"


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("status", [200, 400, 500])
def test_status_code_takes_precedence_over_http_status(code: int, status: int) -> None:
    kind, retryable, _ = CODES[code]
    for body in (base_resp(code, "x"), openai_style(f"x ({code})", http=str(status))):
        assert summary(error_of(status, body)) == (kind, retryable, code, status)


@pytest.mark.parametrize("code", CODES)
def test_the_documented_meaning_replaces_a_missing_message(code: int) -> None:
    assert error_of(200, base_resp(code)).message == STATUS_MEANINGS[code]
    assert error_of(200, {"base_resp": {"status_code": code}}).message == STATUS_MEANINGS[code]


@pytest.mark.parametrize("code", [0, "0", 0.0, None, True, False, "garbage", "", [], {}, "nan"])
def test_status_code_0_or_none_is_a_success(code: Any) -> None:
    body = {**documented(), **base_resp(code, "success")}
    assert answer(200, body).text.startswith("你好")
    assert summary(error_of(429, body)) == ("RateLimitError", True, None, 429)


@pytest.mark.parametrize("field", [None, [], "x", 5, True, {}])
def test_base_resp_of_a_wrong_type_is_ignored(field: Any) -> None:
    assert answer(200, {**documented(), "base_resp": field}).text.startswith("你好")
    assert error_of(500, {"base_resp": field}).http_status == 500


@pytest.mark.parametrize("code", [4242, -1, 999_999_999, 1, 3000])
def test_an_undocumented_status_code_is_kept_and_the_http_status_decides(code: int) -> None:
    assert summary(error_of(200, base_resp(code, "new"))) == ("APIError", False, code, 200)
    assert summary(error_of(429, base_resp(code, "new"))) == ("RateLimitError", True, code, 429)


def test_the_contract_decides_which_codes_are_retryable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_reply, "RETRYABLE_STATUS_CODES", frozenset({1008}))
    assert error_of(402, openai_style("x (1008)")).retryable
    assert not error_of(429, openai_style("x (1002)")).retryable


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("(1004) login fail", None),
        ("login (1004) failed", None),
        ("5 requests (of 1002) left (1008)", 1008),
        ("limit (3 per minute)", None),
        ("limit (1002) (of today)", None),
        ("(1002)", 1002),
        ("new (4242)", 4242),
        ("limit 1002", None),
        ("limit (1002", None),
        ("limit ()", None),
        ("limit (" + "9" * 5_000 + ")", None),
        ("limit (-1002)", None),
        ("", None),
    ],
)
def test_only_trailing_parentheses_hold_the_status_code(message: str, code: int | None) -> None:
    assert error_of(400, openai_style(message, "bad_request_error", "400")).code == code


def test_a_failure_in_both_shapes_is_one_error() -> None:
    both = {**openai_style("insufficient balance (1008)", http="402"), **base_resp(1008, "x")}
    assert summary(error_of(402, both)) == ("InsufficientBalanceError", False, 1008, 402)
    both = {**openai_style("no number here", http="402"), **base_resp(1002, "x")}
    assert error_of(500, both).code == 1002


# HTTP statuses


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(
    "body",
    [
        openai_style("no number here"),
        {"error": "in words"},
        {"error": None},
        {},
        documented(),
        [],
        None,
        "x",
        b"",
        b"<html><h1>Bad gateway</h1></html>",
        b'{"error": {"mess',
        b"\xff\xfe",
    ],
    ids=lambda body: repr(body)[:40],
)
def test_http_status_decides_without_a_status_code(status: int, body: Any) -> None:
    error = error_of(status, body)
    assert summary(error) == (*STATUSES[status], None, status)
    assert error.message not in ("", "success")
    assert type(error) is getattr(minimax_chat, STATUSES[status][0])
    assert isinstance(error, APIError)
    assert isinstance(error, APITimeoutError) == (status == 408)
    if isinstance(body, dict):
        assert error.body == body


def test_an_error_object_in_http_200_is_a_failure() -> None:
    error = error_of(200, {"error": {"message": "it broke"}})
    assert (type(error), error.message) == (APIError, "it broke")
    error = error_of(200, openai_style("slow down", http="429"))
    assert isinstance(error, RateLimitError)


@pytest.mark.parametrize("http", [None, "garbage", [], {}, True, "", "9" * 5_000])
def test_http_code_of_a_wrong_type_is_ignored(http: Any) -> None:
    assert type(error_of(200, openai_style("it broke", http=http))) is APIError
    assert error_of(429, openai_style("it broke", http=http)).http_status == 429


# Bodies that hold no answer


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><h1>Welcome</h1></html>",
        b'{"choices": [{"mess',
        b'{"id": "\xff"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"created": ' + b"9" * 5_000 + b"}",
        b'{"choices": []} and more',
        b"[]",
        b'"text"',
        b"null",
        b"NaN",
        b"{}",
        b'{"choices": null}',
        b'{"choices": []}',
        b'{"choices": "x"}',
        b'{"choices": {"0": {}}}',
        b'{"choices": ["x"]}',
        b'{"choices": [{"message": "x"}]}',
        b'{"choices": [{"message": {"content": 5}}]}',
        b'{"choices": [{"message": {}}, {"message": {"content": 5}}]}',
        # Falsy, but of a wrong type.
        b'{"choices": {}}',
        b'{"choices": false}',
        b'{"choices": [null]}',
        b'{"choices": [{"message": []}]}',
        b'{"choices": [{"message": {"content": 0}}]}',
        # Calls that would read as none at all.
        b'{"choices": [{"message": {"tool_calls": {}}}]}',
        b'{"choices": [{"message": {"tool_calls": [{"id": 5}]}}]}',
        b'{"choices": [{"message": {"content": "x", "tool_calls": {}}}]}',
        b'{"choices": [{"message": {"content": "x"}, "delta": {"content": 5}}]}',
        b'{"choices": [{"message": {"tool_calls": [{"function": "f"}]}}]}',
        b'{"choices": [{"message": {"tool_calls": [{"function": {"arguments": {}}}]}}]}',
        b'{"base_resp": {"status_code": "garbage"}}',
        b'{"base_resp": "x"}',
    ],
    ids=lambda body: body[:70].decode("latin-1"),
)
def test_a_body_without_an_answer_is_a_decode_error(body: bytes) -> None:
    error = error_of(200, body, trace_id="t-1")
    assert type(error) is ResponseDecodeError
    assert (error.code, error.http_status, error.trace_id) == (None, 200, "t-1")
    assert not error.retryable
    assert error.body == body[:500].decode("utf-8", "replace")
    assert "application/json" in error.message
    assert len(str(error)) < 1_000


@pytest.mark.parametrize("body", [{"choices": None}, base_resp(0), {**documented(), "choices": []}])
@pytest.mark.parametrize(
    ("flags", "kind"),
    [
        ({"input_sensitive": True, "input_sensitive_type": 2}, InputContentError),
        ({"output_sensitive": True, "output_sensitive_type": 2}, OutputContentError),
    ],
)
def test_without_a_choice_the_sensitive_flags_make_a_content_filter_error(
    body: dict[str, Any], flags: dict[str, Any], kind: type[ContentFilterError]
) -> None:
    error = error_of(200, {**body, **flags})
    assert summary(error) == (kind.__name__, False, None, 200)
    assert "2" in error.message
    assert error.body == {**body, **flags}
    assert answer(200, plain("Hello", **flags)).text == "Hello", "a mild hit leaves the answer"


def test_a_byte_order_mark_before_a_body_is_dropped() -> None:
    assert answer(200, b"\xef\xbb\xbf" + json.dumps(documented()).encode()).id == documented()["id"]


@pytest.mark.parametrize("status", [200, 500])
def test_the_body_of_an_error_is_cut_to_500_characters(status: int) -> None:
    page = ("<html>你好" + "x" * 100_000).encode()
    error = error_of(status, page, content_type="text/html", content_encoding="br")
    assert isinstance(error.body, str)
    assert error.body.startswith("<html>你好xxx")
    assert len(error.body) <= 500
    if status == 200:
        assert "text/html" in str(error)
        assert "br" in str(error)
    else:
        assert "<html>你好" in str(error)


PATHS: list[tuple[str | int, ...]] = [
    *((name,) for name in (*documented(), "error", "request_id")),
    *(("base_resp", name) for name in ("status_code", "status_msg")),
    *(("choices", 0, name) for name in ("message", "finish_reason", "index")),
    *(("choices", 0, "message", name) for name in ("content", "role", "reasoning_content")),
    ("choices", 0),
    *(("error", name) for name in ("message", "type", "http_code", "code")),
    *(("usage", name) for name in ("total_tokens", "prompt_tokens_details")),
]


@examples(40)
@given(JSON_VALUES, st.sampled_from([200, 200, 401, 429, 500]))
def test_any_value_of_any_field_is_readable_or_a_typed_error(value: Any, status: int) -> None:
    for path in PATHS:
        body: Any = documented()
        if path[0] == "error":
            body = {**openai_style("x (1002)"), "base_resp": None}
        holder: Any = body
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = value
        try:
            completion = answer(status, body)
        except MiniMaxError as error:
            check_error(error)
        else:
            check_readable(completion)
            assert completion.raw.to_dict() == body


def check_error(error: MiniMaxError) -> None:
    assert error.http_status is not None
    assert error.code is None or type(error.code) is int
    assert error.message
    assert str(error)
    assert error.trace_id is None or isinstance(error.trace_id, str)


@examples(100)
@given(st.binary(max_size=40), st.sampled_from([200, 400, 500]))
def test_a_body_of_random_bytes_is_a_typed_error(body: bytes, status: int) -> None:
    error = error_of(status, body)
    assert error.http_status == status
    assert error.retryable == (status == 500)


# Trace ids

TRACE_HEADERS = ["trace-id", "x-mm-request-id", "minimax-request-id", "x-session-id"]


@pytest.mark.parametrize("header", TRACE_HEADERS)
def test_trace_id_from_a_header(header: str) -> None:
    assert error_of(500, b"", None, **{header: "t-1"}).trace_id == "t-1"
    assert error_of(200, b"", None, **{header: "t-1"}).trace_id == "t-1"
    assert answer(200, without(documented(), "id"), None, **{header: "t-1"}).trace_id == "t-1"


def test_the_documented_trace_header_takes_precedence() -> None:
    headers = {name: f"t-{place}" for place, name in enumerate(reversed(TRACE_HEADERS))}
    assert error_of(500, openai_style("x"), None, **headers).trace_id == headers["trace-id"]
    assert answer(200, documented(), None, **headers).trace_id == headers["trace-id"]


def test_trace_id_from_the_body() -> None:
    assert error_of(500, openai_style("x")).trace_id == "0217aaaa"
    assert error_of(200, {**base_resp(1002), "id": "b-1"}).trace_id == "b-1"
    assert error_of(500, {"id": 5}).trace_id == "5"
    assert answer(200, documented()).trace_id == documented()["id"]


@pytest.mark.parametrize("body", [None, "x", [], {}, {"id": None}, {"id": ""}, {"request_id": ""}])
def test_trace_id_is_none_where_there_is_no_id(body: Any) -> None:
    assert error_of(500, body).trace_id is None


# Hints

CN = ["'cn'", "https://api.minimaxi.com"]
GLOBAL = ["'global'", "https://api.minimax.io"]
PROXY = "https://proxy.example/minimax"


@pytest.mark.parametrize("code", [1004, 2049])
@pytest.mark.parametrize(
    ("base_url", "here", "others"),
    [(CN[1], CN, GLOBAL), (GLOBAL[1], GLOBAL, CN), (PROXY, [PROXY], CN + GLOBAL)],
)
def test_a_refused_key_is_hinted_the_region_in_use_and_then_the_others(
    code: int, base_url: str, here: list[str], others: list[str]
) -> None:
    to = call(of=config(base_url=base_url))
    for status, body in ((200, base_resp(code)), (401, openai_style(f"login fail ({code})"))):
        hint = error_of(status, body, to).hint
        in_use = [hint.index(name) for name in here]
        assert max(in_use) < min(hint.index(name) for name in others)


def test_several_system_messages_are_hinted_at() -> None:
    systems = [{"role": "system", "content": "a"}, {"role": "system", "content": "b"}]
    user = {"role": "user", "content": "c"}
    two, one = call(messages=[*systems, user]), call(messages=[systems[0], user])
    for body in (base_resp(2013, "invalid chat setting"), openai_style("invalid (2013)")):
        assert "a single system message" in error_of(400, body, two).hint
        assert "system message" not in error_of(400, body, one).hint
    assert "system message" not in error_of(400, base_resp(1042), two).hint


@pytest.mark.parametrize("messages", ["x", None, 5, ["x", None], {"role": "system"}])
def test_messages_of_any_type_in_extra_body_break_no_hint(messages: Any) -> None:
    to = call(extra_body={"messages": messages})
    assert error_of(400, base_resp(2013, "invalid params"), to).code == 2013


def test_the_wait_that_the_api_asks_for_is_hinted_at() -> None:
    assert "30 s" in error_of(429, openai_style("slow down (1002)"), retry_after="30").hint
    assert "0.25 s" in error_of(429, openai_style("slow down"), retry_after_ms="250").hint
    plan_limit = error_of(429, openai_style("plan limit (2056)"), retry_after="3600")
    assert error_of(200, base_resp(2056)).hint in plan_limit.hint
    assert "3600 s" in plan_limit.hint
    assert plan_limit.retry_after == 3600


def test_a_redirect_is_hinted_with_its_target() -> None:
    error = error_of(307, b"", location="https://elsewhere.example/v1")
    assert "https://elsewhere.example/v1" in error.hint
    assert "base_url" in error.hint


@pytest.mark.parametrize("page", [b"<html>Not Found</html>", b"404 page not found", b"", b"{}"])
@pytest.mark.parametrize("status", [200, 404, 502])
def test_a_page_of_another_server_is_hinted_with_base_url(status: int, page: bytes) -> None:
    html = partial(reply, content_type="text/html")
    assert "base_url" in error_of(status, page).hint
    assert "base_url" in read_until_error(stream_reader(html(status)), page)[1].hint


@pytest.mark.parametrize("status", [200, 302, 400, 401, 402, 404, 418, 429, 500])
def test_every_error_of_a_reply_has_a_hint(status: int) -> None:
    codes = [code for code in (*STATUS_MEANINGS, 7777) if code]
    bodies = [base_resp(code, "No.") for code in codes]
    bodies += [openai_style(f"no ({code})") for code in codes]
    bodies += [{"error": "no"}, {"error": {"message": "It failed."}}, {"choices": [5]}]
    for body in bodies:
        check_hint(error_of(status, body))


def test_every_error_of_a_stream_has_a_hint() -> None:
    for events in ([], [chunk("Hel")], [chunk("Hel"), base_resp(1000)], [chunk("Hel"), b"{"]):
        check_hint(read_until_error(stream_reader(), sse(*events))[1])


def check_hint(error: MiniMaxError) -> None:
    """Message and hint are sentences, each with one full stop."""
    assert re.fullmatch(r"[A-Z`].+[.]", error.hint), error.hint
    text, _, facts = str(error).rpartition(" [")
    assert text.endswith(f" {error.hint}"), text
    message = text.removesuffix(f" {error.hint}")
    assert re.search(r"[^.][.]\Z", message), message
    assert ".." not in text
    assert message.rstrip(".") == error.message.rstrip(".")
    assert re.fullmatch(r"(code -?\d+, )?HTTP \d+(, trace id \S+)?\]", facts), facts


# The key stays hidden

ECHOES: list[tuple[int, Any]] = [
    (401, openai_style(f"no such key {KEY} (2049)", http="401")),
    (200, base_resp(2049, f"no such key {KEY}")),
    (400, {"error": {"message": "x"}, "received": {"headers": [f"Bearer {KEY}"]}}),
    (400, {KEY: "as a name", "error": "x"}),
    (401, f"<html>no such key {KEY}</html>".encode()),
    (200, f"<html>no such key {KEY}</html>".encode()),
    (200, {"id": KEY}),
    (400, [KEY]),
    (500, openai_style("x " * 300 + KEY)),
    (200, {"choices": KEY}),
    (200, {"choices": [{"message": {"content": [KEY]}}]}),
    (200, {"base_resp": [{KEY: KEY}]}),
    (401, ('{"error": "no such key \\u0073' + KEY[1:] + '"}').encode()),
]


def shown(error: MiniMaxError) -> str:
    """All that an error shows anywhere."""
    return "".join([str(error), repr(error), repr(vars(error)), *traceback.format_exception(error)])


@pytest.mark.parametrize(("status", "body"), ECHOES)
def test_a_key_echoed_in_the_body_is_redacted(status: int, body: Any) -> None:
    text = shown(error_of(status, body))
    assert KEY not in text
    assert "***" in text


@pytest.mark.parametrize("status", [200, 401])
@pytest.mark.parametrize("visible", [8, len(KEY) - 1])
def test_a_key_echoed_where_the_body_is_cut_is_redacted(status: int, visible: int) -> None:
    error = error_of(status, b"<" + b"x" * (499 - visible) + KEY.encode() + b">" * 100)
    assert KEY[:8] not in shown(error)


@pytest.mark.parametrize("status", [200, 401])
def test_a_long_key_echoed_in_an_abridged_value_is_redacted(status: int) -> None:
    key = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9" * 10
    to = call(of=config(key))
    for body in (
        {"choices": key},
        {"choices": [{"message": f"no {key}"}]},
        {"choices": [{"message": {"content": [key]}}]},
        f"no {key}",
    ):
        text = shown(error_of(status, body, to))
        assert key[:8] not in text
        assert key[-8:] not in text


@pytest.mark.parametrize("status", [200, 401])
def test_a_key_that_json_escapes_is_redacted(status: int) -> None:
    key = 'sk-"quoted"\\and\\more'
    to = call(of=config(key))
    for body in (base_resp(2049, f"no key {key}"), f"no key {key}".encode()):
        error = error_of(status, body, to)
        assert key not in str(error) + error.message + str(error.body)
        assert json.dumps(key)[1:-1] not in str(error) + repr(vars(error))


@pytest.mark.parametrize("header", TRACE_HEADERS)
def test_a_key_echoed_in_a_trace_header_is_redacted(header: str) -> None:
    for status, body in ((200, base_resp(1008)), (401, b"login fail (1004)"), (200, b"x")):
        error = error_of(status, body, None, **{header: f"for-{KEY}"})
        assert error.trace_id == "for-***"
        assert KEY not in shown(error)


def test_a_key_echoed_in_the_trace_id_of_an_answer_is_redacted() -> None:
    assert answer(200, plain("Hello"), trace_id=KEY).trace_id == "***"
    reader = stream_reader(event_stream(trace_id=KEY))
    read(reader, sse(chunk("Hello", "stop")))
    assert reader.completion.trace_id == "***"


def test_a_key_echoed_in_the_id_of_a_body_is_redacted_in_the_trace_id() -> None:
    assert answer(200, {**plain("Hello"), "id": KEY}).trace_id == "***"
    reader = stream_reader()
    read(reader, sse({**chunk("Hello", "stop"), "id": KEY}))
    assert reader.completion.trace_id == "***"


def test_a_key_echoed_in_a_redirect_is_redacted() -> None:
    error = error_of(307, b"", location=f"https://elsewhere.example/v1?key={KEY}")
    assert "https://elsewhere.example/v1?key=***" in error.hint
    assert KEY not in shown(error)


@pytest.mark.parametrize("header", ["content_type", "content_encoding"])
def test_a_key_echoed_in_the_type_of_a_reply_is_redacted(header: str) -> None:
    error = error_of(200, b"x", None, **{header: f"text/{KEY}"})
    assert "text/***" in str(error)
    assert KEY not in shown(error)


# The words of errors

SYSTEM: dict[str, Any] = {"role": "system", "content": "Be brief."}
DECODE_ERROR = (
    "the response violates the schema: {}. Check base_url, and proxies between this "
    "machine and the API. [HTTP 200]"
)
NO_MESSAGE = "the API returned an error without a message. "


def calls(**call: Any) -> dict[str, Any]:
    return {"choices": [{"message": {"tool_calls": [call]}}]}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({}, "the body has no choices (application/json)"),
        ([1], "the body must be a mapping (got a list) (application/json)"),
        ("x", "the body is a string (application/json)"),
        (
            b"<",
            "the body is not JSON (Expecting value: line 1 column 1 (char 0)) (application/json)",
        ),
        (
            calls(id=5),
            "the body.choices[0].message.tool_calls[0].id must be a string or None (got 5) "
            "(application/json)",
        ),
        (
            calls(function={"name": 5}),
            "the body.choices[0].message.tool_calls[0].function.name must be a string or None "
            "(got 5) (application/json)",
        ),
    ],
)
def test_wording_of_a_decode_error(body: Any, reason: str) -> None:
    assert str(error_of(200, body)) == DECODE_ERROR.format(reason)


def test_a_decode_error_names_the_encoding() -> None:
    error = error_of(200, {}, content_type="text/html", content_encoding="br")
    assert str(error) == DECODE_ERROR.format("the body has no choices (text/html, br)")


@pytest.mark.parametrize(
    ("status", "body", "headers", "wording"),
    [
        (
            404,
            b"nothing",
            {},
            NO_MESSAGE + "The response was 'nothing'. Check base_url. [HTTP 404]",
        ),
        (
            404,
            b"x" * 201,
            {},
            NO_MESSAGE + f"The response was '{'x' * 200}'. Check base_url. [HTTP 404]",
        ),
        (
            307,
            b"",
            {"location": "https://h"},
            NO_MESSAGE
            + "The redirect to https://h was not followed, to protect the key. Check base_url. "
            "[HTTP 307]",
        ),
        (
            399,
            b"",
            {"location": "https://h"},
            NO_MESSAGE
            + "The redirect to https://h was not followed, to protect the key. Check base_url. "
            "[HTTP 399]",
        ),
        (
            300,
            b"",
            {"location": "https://h"},
            NO_MESSAGE
            + "The redirect to https://h was not followed, to protect the key. Check base_url. "
            "[HTTP 300]",
        ),
        (
            400,
            b"",
            {"location": "https://h"},
            NO_MESSAGE + "The response was ''. Check base_url. [HTTP 400]",
        ),
        (
            200,
            {"input_sensitive": True, "input_sensitive_type": 3},
            {},
            "the input hit the content filter, and there is no answer (input_sensitive_type 3). "
            "Change the messages; the same input would be blocked again. [HTTP 200]",
        ),
        (
            200,
            {"output_sensitive": True, "output_sensitive_type": 4},
            {"trace_id": "t-1"},
            "the output hit the content filter, and there is no answer (output_sensitive_type "
            "4). Change the messages; the answer to them was blocked. [HTTP 200, trace id t-1]",
        ),
        (
            400,
            base_resp(2013, "bad"),
            {},
            "bad. The API accepts a single system message; combine them. [code 2013, HTTP 400]",
        ),
        (
            422,
            {"error": {"message": "bad", "code": "1026"}},
            {},
            "bad. Change the messages; the same input would be blocked again. "
            "[code 1026, HTTP 422]",
        ),
        (
            429,
            base_resp(1002, "slow"),
            {"retry_after": "30"},
            "slow. Wait before the next call, or increase max_retries. The API asks to wait 30 "
            "s. [code 1002, HTTP 429]",
        ),
    ],
)
def test_wording_of_an_error(status: int, body: Any, headers: dict[str, str], wording: str) -> None:
    error = error_of(status, body, call(messages=[SYSTEM, SYSTEM]), **headers)
    assert str(error) == wording


def test_a_decode_error_shows_the_body_as_it_came() -> None:
    assert error_of(200, {"id": "你好"}).body == '{"id": "你好"}'


def test_http_300_is_a_failure_of_its_own_status() -> None:
    assert error_of(300, plain()).http_status == 300
    assert error_of(300, openai_style("x (1004)", http="401")).http_status == 300


def test_the_size_of_a_body_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "minimax_chat")
    content = json.dumps(plain()).encode()
    answer(200, content)
    assert caplog.record_tuples == [
        ("minimax_chat", logging.DEBUG, f"HTTP 200: {len(content)} bytes")
    ]


# How long the API asks to wait


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "7"}, 7),
        ({"retry-after": " 7 "}, 7),
        ({"retry-after": "7.5"}, 7.5),
        ({"retry-after": "100000"}, 100_000),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "1500", "retry-after": "7"}, 1.5),
        ({"retry-after-ms": "soon", "retry-after": "7"}, 7),
        ({"retry-after-ms": "-5", "retry-after": "7"}, 7),
        ({"retry-after-ms": "nan", "retry-after": "7"}, 7),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0),
        ({"retry-after": "Sunday, 06-Nov-94 08:49:37 GMT"}, 0),
    ],
)
def test_retry_after_in_seconds(headers: dict[str, str], seconds: float | None) -> None:
    assert error_of(429, {}, None, **headers).retry_after == seconds


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        " ",
        "soon",
        "-1",
        "-0.001",
        "nan",
        "inf",
        "-inf",
        "Infinity",
        "1e999",
        "1 2",
        "7s",
        "0x10",
        "may",
        "Mon",
        "12:30",
        "10 days",
        "{}",
        "%s",
        "9" * 5_000 + "x",
        # Each of these raises an error of its own kind in the parser of dates.
        "Wed, 99 Foo 2026 99:99:99 GMT",
        "Mon, 01 Jan 10000 00:00:00 GMT",
        "Sun, 06 Nov 1994 08:49:37 XYZ",
        "-10h069999999999999999999999999999999999999999infinity/Sun",
        "1 Jan 99999999999999999999 GMT",
    ],
)
def test_garbage_in_retry_after_is_ignored(garbage: str) -> None:
    assert error_of(429, {}, retry_after=garbage, retry_after_ms="soon").retry_after is None


def test_retry_after_as_a_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 784_111_777.0 - 30)
    for date, seconds in (
        ("Sun, 06 Nov 1994 08:49:37 GMT", 30),
        ("Sun, 06 Nov 1994 08:49:07 GMT", 0),
        ("1994-11-06T09:49:37+01:00", 30),
    ):
        assert error_of(503, {}, retry_after=date).retry_after == seconds


@examples(200)
@given(st.text(alphabet="0123456789.-+eE naifNMonGT,:/", max_size=12))
def test_any_retry_after_is_seconds_or_none(value: str) -> None:
    seconds = error_of(429, {}, retry_after=value, retry_after_ms=value).retry_after
    assert seconds is None or 0 <= seconds < float("inf")


# Limits


def test_a_body_above_the_limit_is_an_error() -> None:
    of = call(of=config(max_answer_bytes=100))
    whole = WholeReply(head(reply(200, trace_id="t-1"), to=of))
    whole.feed(b" " * 60)
    whole.feed(b" " * 40)
    with pytest.raises(ResponseLimitError, match="the response body exceeds 100 bytes") as caught:
        whole.feed(b" ")
    error = caught.value
    assert "max_answer_bytes" in error.hint
    assert (error.http_status, error.trace_id, error.retryable) == (200, "t-1", False)


@pytest.mark.parametrize("unpacked", [False, True])
def test_a_compressed_body_is_unpacked_unless_that_has_been_done(unpacked: bool) -> None:
    """By a transport or an event hook, which leaves the header as it was."""
    content = json.dumps(plain()).encode()
    headers = {"content-type": "application/json", "content-encoding": " GZIP "}
    whole = WholeReply(ReplyHead(call(), 200, headers, unpacked=unpacked))
    whole.feed(content if unpacked else gzip.compress(content))
    assert whole.completion().text == TEXT


def test_the_limit_is_for_the_unpacked_body() -> None:
    headers = {"content-encoding": "gzip", "trace-id": "t-1"}
    of = call(of=config(max_answer_bytes=100_000))
    whole = WholeReply(ReplyHead(of, 200, headers))
    with pytest.raises(ResponseLimitError) as caught:
        whole.feed(gzip.compress(b" " * 100_001))
    assert (caught.value.http_status, caught.value.trace_id) == (200, "t-1")


@pytest.mark.parametrize(
    ("status", "kind", "retryable"),
    [
        (200, ResponseLimitError, False),
        (299, ResponseLimitError, False),
        (300, APIError, False),
        (404, BadRequestError, False),
        (503, InternalServerError, True),
    ],
)
def test_the_http_status_of_a_large_error_page_decides(
    status: int, kind: type[MiniMaxError], retryable: bool
) -> None:
    of = call(of=config(max_answer_bytes=1000))
    whole = WholeReply(head(reply(status), to=of))
    with pytest.raises(MiniMaxError) as caught:
        whole.feed(b"<p>busy" * 1000)
    assert type(caught.value) is kind
    assert caught.value.retryable == retryable


@pytest.mark.parametrize("size", [1, 7, 5000])
def test_a_large_error_page_is_read_up_to_the_limit_however_it_is_cut(size: int) -> None:
    whole = WholeReply(head(reply(503), to=call(of=config(max_answer_bytes=1000))))
    page = json.dumps({"error": {"message": "busy" + "!" * 1000}}).encode()
    pieces = [page[start : start + size] for start in range(0, len(page), size)]
    with pytest.raises(InternalServerError, match="without a message"):
        list(map(whole.feed, pieces))


def test_an_error_about_the_body_says_which_reply_it_was() -> None:
    headers = {"content-encoding": "gzip", "trace-id": "t-1"}
    with pytest.raises(ResponseDecodeError, match="unpacked") as caught:
        WholeReply(ReplyHead(call(), 502, headers)).feed(b"no archive")
    assert (caught.value.http_status, caught.value.trace_id) == (502, "t-1")


# Headers of the user


@pytest.mark.parametrize(
    ("value", "secret"),
    [
        ("hush-hush", "hush-hush"),
        ("Bearer hush-hush", "hush-hush"),
        ("Basic dTpwIHA=", "dTpwIHA="),
        ("a word or two", "a word or two"),
    ],
)
def test_a_header_of_the_user_is_not_shown_by_an_error_that_echoes_it(
    value: str, secret: str
) -> None:
    of = call(of=config(headers={"X-Gateway": value}), extra_headers={"X-Other": "hidden too"})
    error = error_of(502, f"<p>bad gateway: {secret}, hidden too</p>".encode(), to=of)
    assert secret not in f"{error} {vars(error)}"
    assert "hidden too" not in f"{error} {vars(error)}"
    assert "bad gateway: ***, ***" in str(error.body)


def test_a_header_of_the_user_that_is_a_name_in_the_reply_changes_nothing_but_texts() -> None:
    of = call(of=config(headers={"X-Mode": "base_resp", "Accept": "application/json"}))
    error = error_of(200, base_resp(1002, "base_resp: no application/json"), to=of)
    assert (error.code, error.message) == (1002, "***: no application/json")


def test_a_trace_id_that_the_user_chose_is_shown() -> None:
    of = call(extra_headers={"Trace-Id": "my-trace-0001"})
    assert answer(200, plain(), to=of, trace_id="my-trace-0001").trace_id == "my-trace-0001"


def test_short_values_of_headers_stay_readable_in_messages() -> None:
    of = call(of=config(headers={"X-Version": "1", "Accept-Language": "zh"}))
    assert "(1004)" in error_of(401, openai_style("zh: wrong key (1004)"), to=of).message
