"""Retries on a real socket: which failures are tried again, how often, and after how long."""

from __future__ import annotations

import logging
import random
import time
from email.utils import formatdate

import httpx
import pytest

from driver import KEY, Client, Driver
from minimax_chat import (
    APIError,
    MiniMaxError,
    RateLimitError,
    StreamInterruptedError,
)
from server import (
    CLOSE,
    DONE,
    END,
    TEXT,
    Server,
    chunk,
    completion,
    error,
    event,
    event_of,
    events,
    failure,
    reply,
    stream,
    stream_head,
)

ANSWER = reply(completion())
RATE_LIMIT = reply(failure(1002))


@pytest.fixture(params=["whole", "streamed"])
def shape(request: pytest.FixtureRequest) -> str:
    value: str = request.param
    return value


def text_of(client: Client, shape: str, **arguments: object) -> str:
    """Calls for an answer. That of ANSWER may come whole where a stream was asked for."""
    if shape == "whole":
        return client.ask(**arguments).text
    return "".join(chunk.text for chunk in client.stream(**arguments))


@pytest.mark.parametrize("retries", [0, 1, 2, 5])
def test_max_retries(
    api: Driver, server: Server, naps: list[float], shape: str, retries: int
) -> None:
    server.otherwise(RATE_LIMIT)
    client = api.client(server.base_url, max_retries=retries)
    with pytest.raises(RateLimitError):
        text_of(client, shape)
    assert len(server.requests) == retries + 1
    assert len(naps) == retries
    # All of it was one request, sent again as it was.
    assert len({request.body for request in server.requests}) == 1


def test_two_retries_are_the_default(api: Driver, server: Server, naps: list[float]) -> None:
    server.otherwise(RATE_LIMIT)
    client = api.client(server.base_url)
    with pytest.raises(RateLimitError):
        client.ask()
    assert len(server.requests) == 3
    with pytest.raises(RateLimitError):
        client.ask(max_retries=1)
    assert len(server.requests) == 5
    with pytest.raises(RateLimitError):
        client.with_options(max_retries=0).ask()
    assert len(server.requests) == 6


def test_an_answer_after_failures(
    api: Driver, server: Server, naps: list[float], shape: str
) -> None:
    server.script(RATE_LIMIT)
    server.script(reply(error(1000), 500))
    server.script(ANSWER)
    assert text_of(api.client(server.base_url), shape) == TEXT
    assert len(server.requests) == 3


def test_the_pause_doubles_up_to_eight_seconds(
    api: Driver, server: Server, naps: list[float], shape: str
) -> None:
    server.otherwise(RATE_LIMIT)
    with pytest.raises(RateLimitError):
        text_of(api.client(server.base_url, max_retries=7), shape)
    for nap, longest in zip(naps, [0.5, 1, 2, 4, 8, 8, 8], strict=True):
        assert longest / 2 <= nap <= longest


def test_the_pause_is_jittered(
    api: Driver, server: Server, naps: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    server.otherwise(RATE_LIMIT)
    client = api.client(server.base_url, max_retries=1)
    for seed in range(6):
        random.seed(seed)
        with pytest.raises(RateLimitError):
            client.ask()
    assert len(set(naps)) == 6


AFTER = [
    ({"Retry-After": "7"}, 7),
    ({"Retry-After": "0"}, 0),
    ({"Retry-After": "1.5"}, 1.5),
    ({"Retry-After": "120"}, 120),
    ({"retry-after-ms": "2500"}, 2.5),
    ({"retry-after-ms": "2500", "Retry-After": "7"}, 2.5),
    ({"retry-after-ms": "soon", "Retry-After": "7"}, 7),
]


@pytest.mark.parametrize(("headers", "seconds"), AFTER)
@pytest.mark.parametrize("status", [200, 429, 503])
def test_retry_after_is_obeyed(
    api: Driver,
    server: Server,
    naps: list[float],
    headers: dict[str, str],
    seconds: float,
    status: int,
) -> None:
    body = failure(1002) if status == 200 else error(1002)
    server.script(reply(body, status, headers))
    server.script(ANSWER)
    assert api.client(server.base_url).ask().text == TEXT
    # The asynchronous recorder leaves zeros out.
    assert naps == ([seconds] if seconds or not api.asynchronous else [])


def test_a_date_in_retry_after_is_obeyed(api: Driver, server: Server, naps: list[float]) -> None:
    server.script(reply(b"", 503, {"Retry-After": formatdate(time.time() + 60, usegmt=True)}))
    server.script(reply(b"", 503, {"Retry-After": formatdate(time.time() - 60, usegmt=True)}))
    server.script(ANSWER)
    assert api.client(server.base_url).ask().text == TEXT
    assert 0 < naps[0] <= 60
    assert naps[1:] in ([0], [])


@pytest.mark.parametrize("garbage", ["soon", "-1", "nan", "inf", "", "1e999", "7 apples"])
def test_garbage_in_retry_after_is_ignored(
    api: Driver, server: Server, naps: list[float], garbage: str
) -> None:
    server.script(reply(b"", 503, {"Retry-After": garbage, "retry-after-ms": garbage}))
    server.script(ANSWER)
    assert api.client(server.base_url).ask().text == TEXT
    assert 0.25 <= naps[0] <= 0.5


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After": "121"},
        {"retry-after-ms": "120001"},
        {"Retry-After": formatdate(time.time() + 9999, usegmt=True)},
    ],
)
def test_a_wait_beyond_the_ceiling_is_left_to_the_caller(
    api: Driver, server: Server, naps: list[float], headers: dict[str, str]
) -> None:
    server.script(reply(error(1002), 429, headers))
    with pytest.raises(RateLimitError, match="asks to wait") as caught:
        api.client(server.base_url).ask()
    assert naps == []
    assert caught.value.retryable
    assert caught.value.retry_after is not None
    assert caught.value.retry_after > 120


WORTH_IT = {1000, 1001, 1002, 1013, 1024, 1033, 1041, 2045}
NOT_WORTH_IT = {1004, 1008, 1026, 1027, 1039, 1042, 2013, 2049, 2056, 7777}


@pytest.mark.parametrize("status", [200, 400, 500])
def test_the_code_decides_and_not_the_status(
    api: Driver, server: Server, naps: list[float], shape: str, status: int
) -> None:
    client = api.client(server.base_url)
    for code in sorted(WORTH_IT | NOT_WORTH_IT):
        body = failure(code) if status == 200 else error(code, status=status)
        server.script(reply(body, status))
        server.script(ANSWER)
        # What nobody has documented is judged by its status.
        if code in WORTH_IT or (code == 7777 and status == 500):
            assert text_of(client, shape) == TEXT
            assert len(naps) == 1, code
            naps.clear()
        else:
            with pytest.raises(APIError) as caught:
                text_of(client, shape)
            assert caught.value.code == code
            assert naps == [], code
            assert client.ask().text == TEXT


@pytest.mark.parametrize(
    ("status", "again"),
    [(408, True), (404, False), (429, True), (500, True), (502, True), (503, True), (529, True)],
)
def test_without_a_code_the_status_decides(
    api: Driver, server: Server, naps: list[float], status: int, again: bool
) -> None:
    server.script(reply(b"<html></html>", status, content_type="text/html"))
    server.script(ANSWER)
    if again:
        assert api.client(server.base_url).ask().text == TEXT
    else:
        with pytest.raises(APIError):
            api.client(server.base_url).ask()
    assert len(naps) == again


@pytest.mark.parametrize("first", [failure(1002), error(1002)], ids=["base_resp", "error"])
def test_a_stream_whose_first_event_is_a_failure_is_tried_again(
    api: Driver, server: Server, naps: list[float], first: dict[str, object]
) -> None:
    server.script(stream(event_of(first), DONE))
    server.script(stream(b": a comment\n\n", event_of(first)))
    server.script(stream(*events()))
    streamed = api.client(server.base_url).stream()
    assert "".join(chunk.text for chunk in streamed) == TEXT
    assert len(naps) == 2


@pytest.mark.parametrize(
    "ending",
    [
        chunk(event_of(failure(1002))),
        chunk(event_of(error(1000))),
        b"",
        chunk(DONE) + END,
    ],
    ids=["base_resp", "error", "death", "no finish_reason"],
)
def test_a_stream_is_not_tried_again_once_a_chunk_was_handed_over(
    api: Driver, server: Server, naps: list[float], ending: bytes
) -> None:
    server.script(stream_head(), chunk(event("Hel")), ending, CLOSE)
    server.script(ANSWER)
    streamed = api.client(server.base_url).stream()
    assert next(streamed).text == "Hel"
    with pytest.raises((APIError, StreamInterruptedError)):
        next(streamed)
    assert naps == []
    assert len(server.requests) == 1


def test_what_the_caller_does_wrong_is_not_tried_again(
    api: Driver, server: Server, naps: list[float]
) -> None:
    with pytest.raises(MiniMaxError):
        api.client(server.base_url).ask(temperature=12345)
    assert naps == []


# The log


def test_each_attempt_is_logged(
    api: Driver, server: Server, naps: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "minimax_chat")
    server.script(reply(failure(1002), headers={"Trace-Id": "trace-1"}))
    server.script(CLOSE)
    server.script(ANSWER)
    api.client(server.base_url).ask()
    lines = [record for record in caplog.records if record.name.startswith("minimax_chat")]
    assert {(record.name, record.levelno) for record in lines} == {("minimax_chat", logging.INFO)}
    told = [record.getMessage() for record in lines]
    first, second = told[1::2]
    assert first.startswith("retry 1 of 2 ")
    for fact in ("RateLimitError", "1002", "trace-1", f"{naps[0]:.2f} s"):
        assert fact in first
    assert second.startswith("retry 2 of 2 ")
    assert "APIConnectionError" in second
    sending = f"POST {server.base_url}/v1/chat/completions: attempt"
    assert told[0::2] == [f"{sending} {attempt} of 3" for attempt in (1, 2, 3)]


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_a_call_that_is_answered_at_once_is_one_attempt(
    api: Driver, server: Server, caplog: pytest.LogCaptureFixture, streamed: bool
) -> None:
    caplog.set_level(logging.INFO, "minimax_chat")
    server.script(stream(*events()) if streamed else ANSWER)
    client = api.client(server.base_url, max_retries=0)
    list(client.stream()) if streamed else client.ask()
    told = [record.getMessage() for record in caplog.records if "minimax_chat" in record.name]
    assert told == [f"POST {server.base_url}/v1/chat/completions: attempt 1 of 1"]


def test_a_call_that_is_refused_is_no_attempt(
    api: Driver, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "minimax_chat")
    with pytest.raises(MiniMaxError):
        api.client(server.base_url).ask(temperature=12345)
    assert caplog.records == []


def test_the_log_has_details_but_neither_key_nor_prompts(
    api: Driver, server: Server, naps: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("", "minimax_chat", "httpx", "httpcore"):
        caplog.set_level(logging.DEBUG, name or None)
    server.script(RATE_LIMIT)
    server.script(ANSWER)
    server.script(stream(*events()))
    server.script(reply(error(1004, f"login fail {KEY}"), 401))
    server.script(stream_head(), chunk(event("Hel")), CLOSE)
    messages = [{"role": "user", "content": "a s3cret prompt"}]
    client = api.client(server.base_url)
    client.ask(messages=messages)
    list(client.stream(messages=messages))
    for _ in range(2):
        with pytest.raises(MiniMaxError):
            list(client.stream(messages=messages))
    with pytest.raises(MiniMaxError):
        client.ask(messages=messages, extra_headers={"X Y": "z"})
    told = [f"{record.getMessage()} {record.args} {record.exc_text}" for record in caplog.records]
    assert {"minimax_chat", "httpcore.http11"} <= {record.name for record in caplog.records}
    details = [record for record in caplog.records if record.levelno == logging.DEBUG]
    assert any(record.name.startswith("minimax_chat") for record in details)
    for line in told:
        assert KEY not in line
        assert "s3cret" not in line


def test_a_connection_that_fails_in_a_transport_of_ones_own_is_tried_again(
    api: Driver, naps: list[float]
) -> None:
    attempts: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        attempts.append(request)
        if len(attempts) < 3:
            raise httpx.ConnectTimeout("no route")
        return httpx.Response(200, json=completion())

    http = api.http_client(transport=httpx.MockTransport(respond))
    assert api.client(http_client=http).ask().text == TEXT
    assert len(naps) == 2
