"""Retries: which errors are worth one, after how long, and what the log says."""

from __future__ import annotations

import json
import logging
import random

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
from minimax_chat._retry import retry_delay
from samples import KEY, PROMPT, base_resp, chunk, openai_style, plain, sse
from seams import answer, call, config, error_of, read, read_until_error, stream_reader


@pytest.fixture(autouse=True)
def _same_jitter_in_every_run() -> None:
    random.seed(3)


def delay(
    error: MiniMaxError, attempt: int = 1, max_retries: int = 2, seconds_left: float = 1000
) -> float | None:
    return retry_delay(error, attempt, max_retries, seconds_left)


def test_no_retry_that_would_start_after_the_deadline() -> None:
    error = APIConnectionError("x", retry_after=3.0)
    assert delay(error, seconds_left=3.1) == 3
    assert delay(error, seconds_left=3) is None
    assert delay(APIConnectionError("x"), seconds_left=0.2) is None


# Which errors


@pytest.mark.parametrize(
    ("error", "retried"),
    [
        (APIConnectionError("x"), True),
        (APITimeoutError("x"), True),
        (APITimeoutError("inside a reply", retryable=False), False),
        (StreamInterruptedError("x"), False),
        (StreamInterruptedError("before the first event", retryable=True), True),
        (ResponseDecodeError("x"), False),
        (ConfigurationError("x"), False),
        (InvalidArgumentError("x"), False),
        # A status code takes precedence over the HTTP status, in both directions.
        (error_of(500, openai_style("insufficient balance (1008)")), False),
        (error_of(200, base_resp(1002)), True),
        (error_of(503, b""), True),
        (error_of(404, b""), False),
        # To ask for a wait makes no error retryable.
        (error_of(402, openai_style("x (1008)"), retry_after="1"), False),
    ],
    ids=str,
)
def test_only_a_retryable_error_is_retried(error: MiniMaxError, retried: bool) -> None:
    assert (delay(error) is not None) == retried


@pytest.mark.parametrize("max_retries", [0, 1, 2, 5])
def test_an_error_is_retried_max_retries_times(max_retries: int) -> None:
    for error in (APIConnectionError("x"), error_of(429, {}, retry_after="1")):
        retried = [each for each in range(1, 9) if delay(error, each, max_retries) is not None]
        assert retried == list(range(1, max_retries + 1))


# After how long


@pytest.mark.parametrize(
    ("attempt", "longest"),
    [(1, 0.5), (2, 1), (3, 2), (4, 4), (5, 8), (6, 8), (7, 8), (2_000, 8), (10**9, 8)],
)
def test_the_delay_doubles_up_to_8_seconds_with_jitter(attempt: int, longest: float) -> None:
    delays = [delay(APIConnectionError("x"), attempt, 10**10) or 0 for _ in range(200)]
    assert longest / 2 <= min(delays) < longest * 0.55
    assert longest * 0.95 < max(delays) <= longest


@pytest.mark.parametrize("seconds", [0, 0.25, 3, 120])
def test_retry_after_replaces_the_delay(seconds: float) -> None:
    error = error_of(429, openai_style("x (1002)"), retry_after=str(seconds))
    assert [delay(error, attempt) for attempt in (1, 2)] == [seconds, seconds]


def test_a_retry_after_beyond_120_seconds_is_not_waited_for() -> None:
    error = error_of(429, openai_style("x (1002)"), retry_after="121")
    assert delay(error) is None
    assert error.retryable, "the caller may wait"
    assert error.retry_after == 121


# The log


def test_a_retry_is_logged_with_its_cause(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "minimax_chat")
    delay(error_of(429, openai_style("slow down (1002)"), retry_after="1.5", trace_id="t-1"), 2)
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("minimax_chat", logging.INFO)
    message = record.getMessage()
    for fact in ("2 of 2", "1.50 s", "RateLimitError", "1002", "429", "t-1"):
        assert fact in message


def test_an_error_that_is_not_retried_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "minimax_chat")
    error = error_of(402, openai_style("x (1008)"))
    caplog.clear()
    delay(error)
    delay(APIConnectionError("x"), 3)
    assert caplog.records == []


SECRETS = [KEY, PROMPT, "header-secret", "body-secret", "answer-secret"]


def test_no_level_of_the_log_shows_key_prompt_or_answer(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1)
    known = config(headers={"X-Secret": "header-secret"})
    to = call(of=known, extra_body={"new": "body-secret"})
    answer(200, json.dumps(plain("answer-secret")).encode(), to)
    delay(error_of(429, openai_style(f"{KEY} {PROMPT} (1002)"), to))
    delay(error_of(200, f"<html>{KEY} {PROMPT}".encode(), to))
    read(stream_reader(of=known), sse(chunk("answer-secret", "stop")))
    delay(read_until_error(stream_reader(of=known), sse(chunk("answer-secret")))[1])
    lines = [record.getMessage() + repr(record.args) for record in caplog.records]
    assert any("retry 1 of 2" in line for line in lines)
    assert any(record.levelno == logging.DEBUG for record in caplog.records)
    assert not [line for line in lines for secret in SECRETS if secret in line]
    assert not [secret for secret in SECRETS if secret in f"{known!r} {to!r}"]
