"""The retry loop of both clients. Which errors are retried, and when, is in core/test_retry.py."""

from __future__ import annotations

import logging

import pytest

from driver import Driver
from http_library import httpx
from minimax_chat import MiniMaxError, RateLimitError
from samples import DONE, KEY, TEXT, base_resp, event, events, openai_style, plain, sse
from server import CLOSE, Server, http_chunk, http_reply, http_stream, stream_head

ANSWER = http_reply(plain())
RATE_LIMIT = http_reply(base_resp(1002))


def test_max_retries_of_client_variant_and_call(
    api: Driver, server: Server, delays: list[float], streamed: bool
) -> None:
    server.otherwise(RATE_LIMIT)
    client = api.client(server.base_url)
    calls = [(client, {}), (client.with_options(max_retries=1), {}), (client, {"max_retries": 0})]
    attempts: list[int] = []
    for each, arguments in calls:
        before = len(server.requests)
        with pytest.raises(RateLimitError):
            each.text(streamed, **arguments)
        attempts.append(len(server.requests) - before)
    assert attempts == [3, 2, 1]
    assert len(delays) == 3
    assert len({request.body for request in server.requests}) == 1


def test_a_call_is_answered_after_failures_on_the_same_connection(
    api: Driver, server: Server, delays: list[float], streamed: bool
) -> None:
    server.script(http_reply(base_resp(1002), headers={"Retry-After": "7"}))
    server.script(http_reply(openai_style("it failed (1000)"), 500))
    server.script(http_stream(*events()) if streamed else ANSWER)
    assert api.client(server.base_url).text(streamed) == TEXT
    assert [request.connection for request in server.requests] == [0, 0, 0]
    assert delays[0] == 7
    assert 0.5 <= delays[1] <= 1


@pytest.mark.parametrize("code", [1008, 2056])
def test_an_error_that_is_not_retryable_is_raised_at_once(
    api: Driver, server: Server, delays: list[float], streamed: bool, code: int
) -> None:
    server.script(http_reply(openai_style(f"it failed ({code})"), 500))
    server.script(ANSWER)
    client = api.client(server.base_url)
    with pytest.raises(MiniMaxError) as caught:
        client.text(streamed)
    assert caught.value.code == code
    assert delays == []
    assert client.ask().text == TEXT
    assert len(server.connections) == 1


def test_a_failure_in_the_first_event_of_a_stream_is_retried(
    api: Driver, server: Server, delays: list[float]
) -> None:
    server.script(http_stream(sse(base_resp(1002))))
    server.script(http_stream(b": a comment\n\n", sse(openai_style("it failed (1002)"))))
    server.script(http_stream(DONE))
    server.script(http_stream(*events()))
    assert api.client(server.base_url, max_retries=3).text(streamed=True) == TEXT
    assert len(delays) == 3


def test_each_attempt_and_retry_is_logged(
    api: Driver, server: Server, delays: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "minimax_chat")
    server.script(http_reply(base_resp(1002), headers={"Trace-Id": "trace-1"}))
    server.script(CLOSE)
    server.script(ANSWER)
    api.client(server.base_url).ask()
    records = [record for record in caplog.records if record.name.startswith("minimax_chat")]
    assert {(record.name, record.levelno) for record in records} == {("minimax_chat", logging.INFO)}
    messages = [record.getMessage() for record in records]
    sending = f"POST {server.base_url}/v1/chat/completions: attempt"
    assert messages[0::2] == [f"{sending} {attempt} of 3" for attempt in (1, 2, 3)]
    first, second = messages[1::2]
    assert first.startswith("retry 1 of 2 ")
    for fact in ("RateLimitError", "1002", "trace-1", f"{delays[0]:.2f} s"):
        assert fact in first
    assert second.startswith("retry 2 of 2 ")
    assert "APIConnectionError" in second


def test_no_log_of_client_or_httpx_shows_key_or_prompt(
    api: Driver, server: Server, delays: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    libraries = {"httpx": "httpcore", "httpx2": "httpcore2"}
    for name in (None, "minimax_chat", *libraries.keys(), *libraries.values()):
        caplog.set_level(logging.DEBUG, name)
    server.script(RATE_LIMIT)
    server.script(ANSWER)
    server.script(http_stream(*events()))
    server.script(http_reply(openai_style(f"login fail {KEY} (1004)"), 401))
    server.script(stream_head(), http_chunk(event("Hel")), CLOSE)
    messages = [{"role": "user", "content": "a s3cret prompt"}]
    client = api.client(server.base_url)
    client.ask(messages=messages)
    client.text(streamed=True, messages=messages)
    for _ in range(2):
        with pytest.raises(MiniMaxError):
            client.text(streamed=True, messages=messages)
    with pytest.raises(MiniMaxError):
        client.ask(messages=messages, extra_headers={"X Y": "z"})
    connections = f"{libraries[httpx.__name__]}.http11"
    assert {"minimax_chat", connections} <= {record.name for record in caplog.records}
    for record in caplog.records:
        line = f"{record.getMessage()} {record.args} {record.exc_text}"
        assert KEY not in line
        assert "s3cret" not in line
