"""What is tried again, when, and what the log says of it."""

from __future__ import annotations

import json
import logging
import random
from email.utils import formatdate
from typing import Any

import pytest

from minimax_chat import (
    APIConnectionError,
    APITimeoutError,
    ConfigurationError,
    InvalidArgumentError,
    MiniMaxError,
    ResponseDecodeError,
    StreamInterruptedError,
)
from minimax_chat._config import Config
from minimax_chat._reply import api_error
from minimax_chat._request import PreparedCall
from minimax_chat._retry import retry_delay
from minimax_chat_api.contract import RETRYABLE_STATUS_CODES, STATUS_MEANINGS
from replies import (
    KEY,
    PROMPT,
    base_resp,
    call,
    chunk as content_chunk,
    config,
    documented,
    event_stream,
    head,
    openai_style,
    read,
    reply,
    sse,
    stream_reader,
)


@pytest.fixture(autouse=True)
def _alike_every_time() -> None:
    random.seed(3)


def error_of(status: int, body: Any, **headers: str) -> MiniMaxError:
    error = api_error(
        status, {name.replace("_", "-"): value for name, value in headers.items()}, body
    )
    assert error is not None
    return error


def delay(error: MiniMaxError, attempt: int = 1, of: PreparedCall | None = None) -> float | None:
    return retry_delay(error, attempt, (of or call()).config.max_retries)


# By meaning


@pytest.mark.parametrize("code", [code for code in STATUS_MEANINGS if code])
@pytest.mark.parametrize("status", [200, 400, 429, 500])
def test_the_code_decides_and_not_the_http_status(code: int, status: int) -> None:
    worth_it = code in RETRYABLE_STATUS_CODES
    assert (delay(error_of(status, base_resp(code))) is not None) == worth_it
    assert (delay(error_of(status, openai_style(f"x ({code})"))) is not None) == worth_it


def test_a_used_up_balance_in_http_500_is_not_tried_again_but_a_rate_limit_in_http_200_is() -> None:
    assert delay(error_of(500, openai_style("insufficient balance (1008)"))) is None
    assert delay(error_of(200, base_resp(1002, "rate limit"))) is not None


@pytest.mark.parametrize(
    ("status", "worth_it"),
    [
        *((status, False) for status in (302, 400, 401, 402, 403, 404, 409, 422)),
        *((status, True) for status in (429, 500, 502, 503, 504, 520, 529)),
    ],
)
def test_without_a_code_the_http_status_decides(status: int, worth_it: bool) -> None:
    for body in (None, "<html>", {}, openai_style("no number")):
        assert (delay(error_of(status, body)) is not None) == worth_it


@pytest.mark.parametrize(
    ("error", "worth_it"),
    [
        (APIConnectionError("x"), True),
        (APITimeoutError("x"), True),
        (APITimeoutError("midway", retryable=False), False),
        (StreamInterruptedError("x"), False),
        (StreamInterruptedError("before anything came", retryable=True), True),
        (ResponseDecodeError("x"), False),
        (ConfigurationError("x"), False),
        (InvalidArgumentError("x"), False),
    ],
)
def test_what_else_is_tried_again(error: MiniMaxError, worth_it: bool) -> None:
    assert (delay(error) is not None) == worth_it


# How often


@pytest.mark.parametrize("max_retries", [0, 1, 2, 5])
def test_as_often_as_max_retries_says(max_retries: int) -> None:
    error = APIConnectionError("x")
    for of in (call(max_retries=max_retries), call(of=config(max_retries=max_retries))):
        tried = [attempt for attempt in range(1, 9) if delay(error, attempt, of) is not None]
        assert tried == list(range(1, max_retries + 1))


def test_twice_by_default() -> None:
    assert [delay(APIConnectionError("x"), attempt) is None for attempt in (1, 2, 3, 4)] == [
        *(False, False, True, True),
    ]


def test_the_call_says_better_than_the_client() -> None:
    of = call(of=config(max_retries=5), max_retries=0)
    assert delay(APIConnectionError("x"), 1, of) is None


# After what pause


@pytest.mark.parametrize(
    ("attempt", "longest"),
    [(1, 0.5), (2, 1), (3, 2), (4, 4), (5, 8), (6, 8), (7, 8), (100, 8), (2_000, 8), (10**9, 8)],
)
def test_the_pause_doubles_to_8_s_between_half_and_whole(attempt: int, longest: float) -> None:
    of = call(max_retries=10**10)
    pauses = [delay(APIConnectionError("x"), attempt, of) or 0 for _ in range(200)]
    assert longest / 2 <= min(pauses) < longest * 0.55
    assert longest * 0.95 < max(pauses) <= longest


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "0"}, 0),
        ({"retry_after": "3"}, 3),
        ({"retry_after": "2.5"}, 2.5),
        ({"retry_after": "120"}, 120),
        ({"retry_after_ms": "250"}, 0.25),
        ({"retry_after_ms": "250", "retry_after": "9"}, 0.25),
        ({"retry_after_ms": "120000"}, 120),
        ({"retry_after": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0),
    ],
)
def test_what_the_api_asks_is_obeyed(headers: dict[str, str], seconds: float) -> None:
    for attempt in (1, 2):
        assert delay(error_of(429, openai_style("x (1002)"), **headers), attempt) == seconds
    assert delay(error_of(200, base_resp(1002), **headers)) == seconds
    assert delay(error_of(503, None, **headers)) == seconds


def test_a_date_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_800_000_000.0
    monkeypatch.setattr("time.time", lambda: now)
    for ahead, seconds in ((0, 0), (30, 30), (120, 120), (-30, 0), (121, None), (10**8, None)):
        headers = {"retry_after": formatdate(now + ahead, usegmt=True)}
        assert delay(error_of(503, None, **headers)) == seconds


@pytest.mark.parametrize(
    "garbage", ["", "soon", "-5", "nan", "inf", "-inf", "1e999", "Wed, 99 Foo 2026 99:99:99 GMT"]
)
@pytest.mark.parametrize("header", ["retry_after", "retry_after_ms"])
def test_garbage_is_ignored(header: str, garbage: str) -> None:
    error = error_of(429, openai_style("x (1002)"), **{header: garbage})
    assert error.retry_after is None
    pause = delay(error)
    assert pause is not None
    assert 0.25 <= pause <= 0.5


@pytest.mark.parametrize(
    "headers", [{"retry_after": "121"}, {"retry_after": "86400"}, {"retry_after_ms": "120001"}]
)
def test_beyond_the_ceiling_the_error_comes_at_once(headers: dict[str, str]) -> None:
    of = call()
    with pytest.raises(MiniMaxError) as caught:
        head(reply(429, **headers), to=of).completion(b'{"error": {"message": "slow down (1002)"}}')
    assert delay(caught.value, 1, of) is None
    assert caught.value.retryable
    assert f"The API asks to wait {caught.value.retry_after:g} s" in str(caught.value)


def test_what_the_api_asks_makes_nothing_worth_a_retry() -> None:
    assert delay(error_of(402, openai_style("x (1008)"), retry_after="1")) is None
    assert delay(error_of(429, openai_style("x (1002)"), retry_after="1"), 3) is None


# The log


def test_each_retry_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "minimax_chat")
    error = error_of(429, openai_style("slow down (1002)"), retry_after="1.5", trace_id="t-1")
    delay(error, 2)
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("minimax_chat", logging.INFO)
    told = record.getMessage()
    assert all(
        each in told for each in ("2 of 2", "1.50 s", "RateLimitError", "1002", "429", "t-1")
    )


def test_what_is_not_tried_again_is_not_logged_as_a_retry(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "minimax_chat")
    delay(error_of(402, openai_style("x (1008)")))
    delay(APIConnectionError("x"), 3)
    assert caplog.records == []


def of_secrets() -> tuple[Config, PreparedCall]:
    known = config(headers={"X-Secret": "header-secret"})
    return known, call(of=known, extra_body={"novel": "body-secret"})


SECRETS = [KEY, PROMPT, "header-secret", "body-secret", "answer-secret"]


def test_no_level_of_the_log_shows_key_prompt_or_answer(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1)
    known, of = of_secrets()
    answer = documented()
    answer["choices"][0]["message"]["content"] = "answer-secret"
    head(reply(), to=of).completion(json.dumps(answer).encode())
    for status, body in (
        (401, f'{{"error": {{"message": "{KEY} {PROMPT} (2049)"}}}}'),
        (429, f'{{"error": {{"message": "{KEY} {PROMPT} (1002)"}}}}'),
        (200, f"<html>{KEY} {PROMPT}"),
    ):
        with pytest.raises(MiniMaxError) as caught:
            head(reply(status), to=of).completion(body.encode())
        delay(caught.value, 1, of)
    reader = stream_reader(event_stream(), of=known)
    read(reader, sse(content_chunk("answer-secret", "stop")))
    with pytest.raises(MiniMaxError) as caught:
        read(stream_reader(event_stream(), of=known), sse(content_chunk("answer-secret")))
    delay(caught.value, 1, of)
    logged = [record.getMessage() + repr(record.args) for record in caplog.records]
    assert any("retry 1 of 2" in line for line in logged)
    assert any(record.levelno == logging.DEBUG for record in caplog.records)
    assert not [line for line in logged for secret in SECRETS if secret in line]


def test_nor_does_the_repr_of_what_a_client_holds() -> None:
    for held in of_secrets():
        assert not [secret for secret in SECRETS if secret in repr(held)]
