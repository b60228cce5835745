"""From (HTTP status, headers, body) to the error: both documented shapes, and all else."""

from __future__ import annotations

import json
import re
import traceback
from functools import partial
from typing import Any

import httpx
import pytest
from hypothesis import given, strategies as st

import minimax_chat
from minimax_chat import (
    APIError,
    APITimeoutError,
    Completion,
    MiniMaxError,
    RateLimitError,
    ResponseDecodeError,
    _reply,
)
from minimax_chat._reply import api_error, retry_after, trace_id
from minimax_chat._request import PreparedCall
from minimax_chat_api.contract import STATUS_MEANINGS
from properties import tries
from replies import (
    KEY,
    base_resp,
    call,
    chunk,
    config,
    documented,
    event_stream,
    head,
    openai_style,
    plain,
    read,
    reply,
    sse,
    stream_reader,
    without,
)

# Code: class, worth a retry, the HTTP status it comes with, as the vendor's pages have it.
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
HTTP: dict[int, tuple[str, bool]] = {
    400: ("BadRequestError", False),
    401: ("AuthenticationError", False),
    402: ("InsufficientBalanceError", False),
    403: ("AuthenticationError", False),
    404: ("BadRequestError", False),
    413: ("BadRequestError", False),
    422: ("BadRequestError", False),
    429: ("RateLimitError", True),
    500: ("InternalServerError", True),
    502: ("InternalServerError", True),
    503: ("InternalServerError", True),
    520: ("InternalServerError", True),
    529: ("InternalServerError", True),
    301: ("APIError", False),
    304: ("APIError", False),
    600: ("APIError", False),
}


def answer(status: int, body: Any, of: PreparedCall | None = None, **headers: str) -> Completion:
    """What a plain call makes of a reply."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return head(reply(status, **headers), to=of).completion(content)


def error_of(
    status: int, body: Any, of: PreparedCall | None = None, **headers: str
) -> MiniMaxError:
    with pytest.raises(MiniMaxError) as caught:
        answer(status, body, of, **headers)
    return caught.value


def streamed_error_of(response: httpx.Response, body: bytes) -> MiniMaxError:
    with pytest.raises(MiniMaxError) as caught:
        read(stream_reader(response), body)
    return caught.value


def seen(error: MiniMaxError) -> tuple[str, bool, int | None, int | None]:
    return type(error).__name__, error.retryable, error.code, error.http_status


# The codes


def test_the_table_holds_every_documented_code() -> None:
    assert set(CODES) == set(STATUS_MEANINGS) - {0}


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("as_type", [int, str, float])
def test_a_code_inside_http_200(code: int, as_type: type) -> None:
    kind, retryable, _ = CODES[code]
    body = {**documented(), "choices": None, **base_resp(as_type(code), "what the API says")}
    error = error_of(200, body)
    assert seen(error) == (kind, retryable, code, 200)
    assert isinstance(error.code, int)
    assert error.message == "what the API says"
    assert error.body == body
    assert error.trace_id == documented()["id"]


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("space", ["", " ", "\n"])
def test_a_code_in_trailing_parentheses(code: int, space: str) -> None:
    kind, retryable, status = CODES[code]
    message = f"what the API says ({code})"
    body = openai_style(message + space, http=str(status))
    error = error_of(status, body)
    assert seen(error) == (kind, retryable, code, status)
    assert error.message.rstrip() == message
    assert error.body == body
    assert error.trace_id == "0217aaaa"


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("status", [200, 400, 429, 500, 529])
def test_the_code_counts_and_not_the_http_status(code: int, status: int) -> None:
    kind, retryable, _ = CODES[code]
    for body in (base_resp(code, "x"), openai_style(f"x ({code})", http=str(status))):
        error = error_of(status, body)
        assert seen(error) == (kind, retryable, code, status)


@pytest.mark.parametrize("code", CODES)
def test_without_words_of_the_api_the_documented_meaning_is_the_message(code: int) -> None:
    assert error_of(200, base_resp(code)).message == STATUS_MEANINGS[code]
    assert error_of(200, {"base_resp": {"status_code": code}}).message == STATUS_MEANINGS[code]


@pytest.mark.parametrize("code", [0, "0", 0.0, "0.0"])
def test_success_is_no_failure(code: Any) -> None:
    assert answer(200, {**documented(), **base_resp(code, "success")}).text.startswith("你好")


@pytest.mark.parametrize("status_code", [None, True, False, "garbage", "", [], {}, "nan", "inf"])
def test_a_code_that_is_none_decides_nothing(status_code: Any) -> None:
    body = {**documented(), **base_resp(status_code, "?")}
    assert answer(200, body).text.startswith("你好")
    assert seen(error_of(429, body)) == ("RateLimitError", True, None, 429)


@pytest.mark.parametrize("field", [None, [], "x", 5, True, {}])
def test_base_resp_of_a_wrong_type_decides_nothing(field: Any) -> None:
    assert answer(200, {**documented(), "base_resp": field}).text.startswith("你好")
    assert error_of(500, {"base_resp": field}).http_status == 500


@pytest.mark.parametrize("code", [4242, -1, 999_999_999, 1, 3000])
def test_an_unknown_code_is_a_typed_error_that_carries_it(code: int) -> None:
    assert seen(error_of(200, base_resp(code, "novel"))) == ("APIError", False, code, 200)
    assert seen(error_of(429, base_resp(code, "novel"))) == ("RateLimitError", True, code, 429)


def test_the_contract_decides_what_is_worth_a_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    """A code that the documentation marks anew needs no change of a class."""
    monkeypatch.setattr(_reply, "RETRYABLE_STATUS_CODES", frozenset({1008}))
    assert error_of(402, openai_style("x (1008)")).retryable
    assert not error_of(429, openai_style("x (1002)")).retryable


def test_an_unknown_code_in_parentheses_is_carried_too() -> None:
    error = error_of(400, openai_style("novel (4242)", http="400"))
    assert seen(error) == ("BadRequestError", False, 4242, 400)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("(1004) login fail", None),
        ("login (1004) failed", None),
        ("5 requests (of 1002) left (1008)", 1008),
        ("limit (3 per minute)", None),
        ("limit (1002) (of today)", None),
        ("(1002)", 1002),
        ("limit 1002", None),
        ("limit (1002", None),
        ("limit 1002)", None),
        ("limit ()", None),
        ("limit (" + "9" * 5_000 + ")", None),
        ("limit (-1002)", None),
        ("", None),
    ],
)
def test_the_code_is_in_the_trailing_parentheses_alone(message: str, code: int | None) -> None:
    error = error_of(400, openai_style(message, "bad_request_error", "400"))
    assert error.code == code


def test_a_failure_told_twice_is_one() -> None:
    body = {**openai_style("insufficient balance (1008)", http="402"), **base_resp(1008, "x")}
    assert seen(error_of(402, body)) == ("InsufficientBalanceError", False, 1008, 402)
    body = {**openai_style("no number here", http="402"), **base_resp(1002, "x")}
    assert error_of(500, body).code == 1002


# The HTTP status


@pytest.mark.parametrize("status", HTTP)
@pytest.mark.parametrize(
    "body",
    [
        openai_style("no number here"),
        {"error": "in words"},
        {"error": {}},
        {"error": None},
        {},
        {"detail": "x"},
        documented(),
        [],
        None,
        5,
        "x",
        b"",
        b"<html><h1>Bad gateway</h1></html>",
        b'{"error": {"mess',
        b"\xff\xfe",
    ],
    ids=lambda body: repr(body)[:40],
)
def test_without_a_code_the_http_status_decides(status: int, body: Any) -> None:
    error = error_of(status, body)
    assert seen(error) == (*HTTP[status], None, status)
    assert error.message not in ("", "success")
    assert type(error) is getattr(minimax_chat, HTTP[status][0])
    if isinstance(body, dict):
        assert error.body == body
    assert isinstance(error, APIError)


def test_an_error_inside_http_200_is_a_failure() -> None:
    error = error_of(200, {"error": {"message": "it broke"}})
    assert (type(error), error.message) == (APIError, "it broke")
    error = error_of(200, openai_style("slow down", http="429"))
    assert isinstance(error, RateLimitError)


@pytest.mark.parametrize("http", [None, "garbage", [], {}, True, "", "9" * 5_000])
def test_a_wrong_http_code_inside_decides_nothing(http: Any) -> None:
    assert type(error_of(200, openai_style("it broke", http=http))) is APIError
    assert error_of(429, openai_style("it broke", http=http)).http_status == 429


def test_a_redirect_says_where_to_and_that_the_key_did_not_follow() -> None:
    error = error_of(307, b"", location="https://elsewhere.example/v1")
    assert "https://elsewhere.example/v1" in str(error)
    assert "key" in str(error)
    assert "base_url" in str(error)


PAGES = [b"<html>Not Found</html>", b"404 page not found", b"", b"[]", b"{}"]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("status", [200, 404, 405, 502])
def test_a_reply_of_something_else_names_base_url(status: int, page: bytes) -> None:
    """Most often base_url leads to some other server, or to another path of this one."""
    html = partial(reply, content_type="text/html")
    for error in (error_of(status, page, call()), streamed_error_of(html(status), page)):
        assert "base_url" in error.hint
        assert str(error).startswith(f"{error.message}. {error.hint}")


# Bodies that are something else


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"<html><h1>Welcome</h1></html>",
        b'{"choices": [{"mess',
        b'{"id": "\xff"}',
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"created": ' + b"9" * 5_000 + b"}",
        b'{"choices": []} and more',
        *(b"[]", b'"text"', b"5", b"null", b"true", b"NaN", b"{}"),
        b'{"id": "x", "model": "y"}',
        b'{"choices": "x"}',
        b'{"choices": {"0": {}}}',
        b'{"choices": 5}',
        b'{"choices": true}',
        b'{"choices": ["x"]}',
        b'{"choices": [[]]}',
        b'{"choices": [{"message": "x"}]}',
        b'{"choices": [{"message": [1]}]}',
        b'{"choices": [{"message": {"content": 5}}]}',
        b'{"choices": [{"message": {"content": ["x"]}}]}',
        b'{"choices": [{"message": {"content": {"x": 1}}}]}',
        b'{"choices": [{"message": {}}, {"message": {"content": 5}}]}',
        # Falsy, and of a wrong type all the same.
        b'{"choices": {}}',
        b'{"choices": ""}',
        b'{"choices": 0}',
        b'{"choices": false}',
        b'{"choices": [null]}',
        b'{"choices": [{"message": ""}]}',
        b'{"choices": [{"message": []}]}',
        b'{"choices": [{"message": {"content": 0}}]}',
        b'{"choices": [{"message": {"content": []}}]}',
        b'{"choices": [{"message": {"content": false}}]}',
        b'{"base_resp": {"status_code": "garbage"}}',
        b'{"base_resp": "x"}',
    ],
    ids=lambda body: body[:50].decode("latin-1"),
)
def test_an_answer_that_is_none_is_a_decode_error(body: bytes) -> None:
    error = error_of(200, body, trace_id="t-1")
    assert type(error) is ResponseDecodeError
    assert (error.code, error.http_status, error.trace_id) == (None, 200, "t-1")
    assert not error.retryable
    assert error.body == body[:500].decode("utf-8", "replace")
    assert "application/json" in error.message
    assert len(str(error)) < 1_000


def test_a_byte_order_mark_is_no_harm() -> None:
    assert answer(200, b"\xef\xbb\xbf" + json.dumps(documented()).encode()).id == documented()["id"]


@pytest.mark.parametrize("status", [200, 500])
def test_the_body_of_an_error_is_the_first_part_of_what_came(status: int) -> None:
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


def test_a_body_of_an_error_that_is_no_json_is_shown() -> None:
    assert "upstream connect error" in str(error_of(503, b"upstream connect error"))


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**400)
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.sampled_from(["1004", 1004, 1002.0, "x (1008)", "", 0]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)
PATHS: list[tuple[str | int, ...]] = [
    *((name,) for name in (*documented(), "error", "request_id")),
    *(("base_resp", "status_code"), ("base_resp", "status_msg"), ("choices", 0)),
    *(("choices", 0, name) for name in ("message", "finish_reason", "index")),
    *(("choices", 0, "message", name) for name in ("content", "role", "reasoning_content")),
    *(("error", name) for name in ("message", "type", "http_code", "code")),
    *(("usage", name) for name in ("total_tokens", "prompt_tokens_details")),
]


def check_error(error: MiniMaxError) -> None:
    assert error.http_status is not None
    assert error.code is None or type(error.code) is int
    assert error.message
    assert str(error)
    assert error.trace_id is None or isinstance(error.trace_id, str)


@tries(60)
@given(json_values, st.sampled_from([200, 200, 401, 429, 500]))
def test_a_wrong_type_at_any_field_breaks_nothing_else(value: Any, status: int) -> None:
    """A reply is an answer that can be read, or a typed error that can be shown."""
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
            assert isinstance(completion.text, str)
            assert isinstance(completion.thinking, str)
            assert completion.message.content is None or isinstance(completion.message.content, str)
            assert isinstance(completion.thinking_truncated, bool)
            assert completion.created_at is None or completion.created_at.year > 0
            assert completion.trace_id is None or isinstance(completion.trace_id, str)
            repr(completion)
            assert completion.raw.to_dict() == body


@tries(100)
@given(st.binary(max_size=40), st.sampled_from([200, 400, 500]))
def test_a_body_of_any_bytes_is_a_typed_error(body: bytes, status: int) -> None:
    error = error_of(status, body)
    assert error.http_status == status
    assert error.retryable == (status == 500)


@tries(100)
@given(json_values, st.integers(min_value=100, max_value=999))
def test_failure_takes_any_json_and_any_status(body: Any, status: int) -> None:
    error = api_error(status, {}, body)
    assert (error is None) <= (200 <= status < 300)


# Where the trace id comes from

TRACED = ["trace-id", "x-mm-request-id", "minimax-request-id", "x-session-id"]


@pytest.mark.parametrize("header", TRACED)
def test_the_trace_id_is_in_a_header(header: str) -> None:
    assert error_of(500, b"", None, **{header: "t-1"}).trace_id == "t-1"
    assert error_of(200, b"", None, **{header: "t-1"}).trace_id == "t-1"
    body = without(documented(), "id")
    assert answer(200, body, None, **{header: "t-1"}).trace_id == "t-1"


def test_the_documented_header_comes_first() -> None:
    headers = {name: f"t-{place}" for place, name in enumerate(reversed(TRACED))}
    assert error_of(500, openai_style("x"), None, **headers).trace_id == headers["trace-id"]
    assert answer(200, documented(), None, **headers).trace_id == headers["trace-id"]


def test_else_it_is_in_the_body() -> None:
    assert error_of(500, openai_style("x")).trace_id == "0217aaaa"
    assert error_of(200, {**base_resp(1002), "id": "b-1"}).trace_id == "b-1"
    assert answer(200, documented()).trace_id == documented()["id"]


@pytest.mark.parametrize("body", [None, "x", [], {}, {"id": None}, {"id": ""}, {"request_id": ""}])
def test_else_there_is_none(body: Any) -> None:
    assert trace_id({}, body) is None


def test_a_trace_id_is_a_string() -> None:
    assert trace_id({}, {"id": 5}) == "5"


# What an error says


@pytest.mark.parametrize("code", [1004, 2049])
@pytest.mark.parametrize(
    ("base_url", "here", "others"),
    [
        (
            "https://api.minimaxi.com",
            ["'cn'", "https://api.minimaxi.com"],
            ["'global'", "https://api.minimax.io"],
        ),
        (
            "https://api.minimax.io",
            ["'global'", "https://api.minimax.io"],
            ["'cn'", "https://api.minimaxi.com"],
        ),
        (
            "https://proxy.example/minimax",
            ["https://proxy.example/minimax"],
            ["'cn'", "https://api.minimaxi.com", "'global'", "https://api.minimax.io"],
        ),
    ],
)
def test_a_refused_key_names_the_region_in_use_and_then_the_other(
    code: int, base_url: str, here: list[str], others: list[str]
) -> None:
    of = call(of=config(base_url=base_url))
    for status, body in ((200, base_resp(code)), (401, openai_style(f"login fail ({code})"))):
        said = str(error_of(status, body, of))
        in_use = [said.index(name) for name in here]
        assert max(in_use) < min(said.index(name) for name in others)
        assert KEY not in said


def test_several_system_messages_are_told() -> None:
    systems = [{"role": "system", "content": "a"}, {"role": "system", "content": "b"}]
    user = {"role": "user", "content": "c"}
    two, one = call(messages=[*systems, user]), call(messages=[systems[0], user])
    for body in (base_resp(2013, "invalid chat setting"), openai_style("invalid (2013)")):
        assert "one system message" in str(error_of(400, body, two))
        assert "system message" not in str(error_of(400, body, one))
    assert "system message" not in str(error_of(400, base_resp(1042), two))


@pytest.mark.parametrize("messages", ["x", None, 5, ["x", None], {"role": "system"}])
def test_nor_does_what_extra_body_sends_as_messages_break_an_error(messages: Any) -> None:
    of = call(extra_body={"messages": messages})
    assert error_of(400, base_resp(2013, "invalid params"), of).code == 2013


def test_a_balance_that_is_used_up_says_what_to_do() -> None:
    assert "Top up" in str(error_of(200, base_resp(1008)))


def test_a_plan_limit_says_when_it_lifts() -> None:
    said = str(error_of(200, base_resp(2056)))
    assert "next time window" in said
    assert "wait" not in said
    error = error_of(429, openai_style("plan limit (2056)"), retry_after="3600")
    assert "next time window" in str(error)
    assert "3600 s" in str(error)
    assert error.retry_after == 3600


def test_a_rate_limit_says_how_long_to_wait_if_known() -> None:
    assert "30 s" in str(error_of(429, openai_style("slow down (1002)"), retry_after="30"))
    assert "0.25 s" in str(error_of(429, openai_style("slow down"), retry_after_ms="250"))
    assert "wait" not in str(error_of(429, openai_style("slow down")))


@pytest.mark.parametrize("code", [1026, 1027, 1039])
def test_other_errors_that_the_caller_can_mend_say_how(code: int) -> None:
    error = error_of(200, base_resp(code, "refused"))
    assert error.hint
    assert str(error).startswith(f"refused. {error.hint} [")


@pytest.mark.parametrize("status", [200, 302, 400, 401, 402, 403, 404, 418, 429, 500, 503, 529])
def test_every_error_says_what_to_do(status: int) -> None:
    codes = [code for code in (*STATUS_MEANINGS, 7777) if code]
    bodies = [base_resp(code, "No.") for code in codes]
    bodies += [openai_style(f"no ({code})") for code in codes]
    bodies += [{"error": "no"}, {"error": {"message": "It failed."}}, {"choices": [5]}]
    for body in bodies:
        check_hint(error_of(status, body))


def test_every_error_of_a_stream_says_what_to_do() -> None:
    for events in ([], [chunk("Hel")], [chunk("Hel"), base_resp(1000)], [chunk("Hel"), b"{"]):
        check_hint(streamed_error_of(event_stream(), sse(*events)))


def check_hint(error: MiniMaxError) -> None:
    """Message and hint are sentences, each with one full stop."""
    assert re.fullmatch(r"[A-Z`].+[.]", error.hint), error.hint
    said, _, known = str(error).rpartition(" [")
    assert said.endswith(f" {error.hint}"), said
    message = said.removesuffix(f" {error.hint}")
    assert re.search(r"[^.][.]\Z", message), message
    assert ".." not in said
    assert message.rstrip(".") == error.message.rstrip(".")
    assert re.fullmatch(r"(code -?\d+, )?HTTP \d+(, trace id \S+)?\]", known), known


def test_an_error_shows_code_http_status_and_trace_id() -> None:
    error = error_of(500, openai_style("it broke (1013)"))
    told = f"it broke (1013). {error.hint} [code 1013, HTTP 500, trace id 0217aaaa]"
    assert str(error) == told
    assert str(error_of(500, {"detail": "x"})).endswith("[HTTP 500]")


# The key is not shown

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


@pytest.mark.parametrize(("status", "body"), ECHOES)
def test_a_key_that_the_server_echoes_is_not_shown(status: int, body: Any) -> None:
    error = error_of(status, body)
    shown = [
        *(str(error), repr(error), repr(error.args), repr(error.body), error.message, error.hint),
        *(repr(vars(error)), repr(error.trace_id)),
        "".join(traceback.format_exception(error)),
    ]
    assert not [text for text in shown if KEY in text]
    if b"***" not in json.dumps(body if not isinstance(body, bytes) else "").encode():
        assert "***" in repr(vars(error)) + str(error)


@pytest.mark.parametrize("status", [200, 401])
@pytest.mark.parametrize("shown", range(8, len(KEY)))
def test_nor_is_a_part_of_it_where_the_body_is_cut_off(status: int, shown: int) -> None:
    error = error_of(status, b"<" + b"x" * (499 - shown) + KEY.encode() + b">" * 100)
    assert KEY[:8] not in repr(vars(error)) + str(error)


@pytest.mark.parametrize("status", [200, 401])
def test_nor_is_a_part_of_a_long_key_where_a_value_is_abridged(status: int) -> None:
    key = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9" * 10
    of = call(of=config(key))
    for body in (
        {"choices": key},
        {"choices": [{"message": f"no {key}"}]},
        {"choices": [{"message": {"content": [key]}}]},
        f"no {key}",
    ):
        error = error_of(status, body, of)
        assert key[:8] not in str(error) + repr(vars(error))
        assert key[-8:] not in str(error) + repr(vars(error))


def test_a_key_with_signs_that_json_escapes_is_not_shown_either() -> None:
    key = 'sk-"quoted"\\and\\more'
    of = call(of=config(key))
    for status in (200, 401):
        for body in (base_resp(2049, f"no key {key}"), f"no key {key}".encode()):
            error = error_of(status, body, of)
            assert key not in str(error) + str(error.message) + str(error.body)
            assert json.dumps(key)[1:-1] not in str(error) + repr(vars(error))


@pytest.mark.parametrize("header", TRACED)
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, base_resp(1008)),
        (401, openai_style("login fail (1004)")),
        (502, b"<html>"),
        (200, b"x"),
    ],
)
def test_nor_in_a_header_with_the_trace_id(status: int, body: Any, header: str) -> None:
    if isinstance(body, dict):
        body = without(body, "request_id")
    error = error_of(status, body, None, **{header: f"for-{KEY}"})
    assert error.trace_id == "for-***"
    assert KEY not in str(error) + repr(vars(error))


def test_nor_in_the_trace_id_of_an_answer() -> None:
    completion = answer(200, plain("Hello"), trace_id=KEY)
    assert completion.trace_id == "***"
    reader = stream_reader(event_stream(trace_id=KEY))
    read(reader, sse(chunk("Hello", "stop")))
    assert reader.completion.trace_id == "***"


@pytest.mark.parametrize("where", ["https://elsewhere.example/v1?key={}", "/{}", "{}"])
def test_nor_in_the_place_that_a_redirect_names(where: str) -> None:
    error = error_of(307, b"", location=where.format(KEY))
    assert where.format("***") in error.hint
    assert KEY not in str(error) + repr(vars(error))


def test_nor_in_a_type_or_encoding_of_the_reply() -> None:
    for header in ("content_type", "content_encoding"):
        error = error_of(200, b"x", None, **{header: f"text/{KEY}"})
        assert "text/***" in str(error)
        assert KEY not in str(error) + repr(vars(error))


def test_nor_in_a_stream() -> None:
    for event in (openai_style(f"no such key {KEY} (2049)", http="401"), f"no {KEY}".encode()):
        with pytest.raises(MiniMaxError) as caught:
            read(stream_reader(event_stream()), sse(event))
        assert KEY not in str(caught.value) + repr(vars(caught.value))


# How long the API asks to wait: what counts as said at all


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
        *(
            ({"retry-after": garbage}, None)
            for garbage in (
                *("", " ", "soon", "-1", "-0.001", "nan", "NaN", "inf", "-inf", "Infinity"),
                *("1e999", "1 2", "7s", "0x10", "may", "Mon", "12:30", "10 days", "{}", "%s"),
                *("9" * 5_000 + "x", "Wed, 99 Foo 2026 99:99:99 GMT"),
                "Mon, 01 Jan 10000 00:00:00 GMT",
                # Each of these is an error of its own kind in a parser of dates.
                "Sun, 06 Nov 1994 08:49:37 XYZ",
                "-10h069999999999999999999999999999999999999999infinity/Sun",
                "1 Jan 99999999999999999999 GMT",
            )
        ),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0),
        ({"retry-after": "Sun, 06 Nov 1994 08:49:37 GMT"}, 0),
        ({"retry-after": "Sunday, 06-Nov-94 08:49:37 GMT"}, 0),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_retry_after_as_a_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 784_111_777.0 - 30)
    assert retry_after({"retry-after": "Sun, 06 Nov 1994 08:49:37 GMT"}) == 30
    assert retry_after({"retry-after": "Sun, 06 Nov 1994 08:49:07 GMT"}) == 0
    assert retry_after({"retry-after": "1994-11-06T09:49:37+01:00"}) == 30


@tries(200)
@given(st.text(alphabet="0123456789.-+eE naifNMonGT,:/", max_size=12))
def test_any_retry_after_is_seconds_or_nothing(value: str) -> None:
    seconds = retry_after({"retry-after": value, "retry-after-ms": value})
    assert seconds is None or 0 <= seconds < float("inf")


@pytest.mark.parametrize("body", [b"", b"<html>Request Timeout</html>"])
def test_http_408_is_a_timeout_and_says_what_to_do_about_it(body: bytes) -> None:
    error = error_of(408, body)
    assert type(error).__name__ == "ServerTimeoutError"
    assert isinstance(error, APITimeoutError)
    assert error.retryable
    assert error.hint.startswith("Try again; a shorter or streamed answer")
