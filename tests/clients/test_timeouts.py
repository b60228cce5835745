"""Timeouts on a socket: how long no byte may arrive, not how long an answer may take."""

from __future__ import annotations

import threading

import pytest

from driver import Driver
from minimax_chat import APITimeoutError, StreamInterruptedError
from samples import TEXT, event, events, plain
from server import (
    END,
    SILENCE,
    Connection,
    Request,
    Server,
    http_chunk,
    http_reply,
    http_stream,
    stream_head,
)

ANSWER = http_reply(plain())


def pause(connection: Connection, request: Request) -> None:
    threading.Event().wait(0.25)


def test_a_stream_may_take_longer_than_the_timeout(api: Driver, server: Server) -> None:
    """Each byte is a sign of life, those of a comment while the model thinks as well."""
    pieces = [b": alive\n\n"] * 3 + [event("on ")] * 3
    steps = [step for piece in pieces for step in (http_chunk(piece), pause)]
    server.script(stream_head(), *steps, http_chunk(event("and on", "stop")), END)
    client = api.client(server.base_url, timeout=1.2, max_retries=0)
    assert client.text(streamed=True) == "on on on and on"


def test_silence_before_the_reply_is_a_timeout_and_retried(
    api: Driver, server: Server, delays: list[float], streamed: bool
) -> None:
    server.script(SILENCE)
    server.script(http_stream(*events()) if streamed else ANSWER)
    client = api.client(server.base_url, max_retries=0)
    with pytest.raises(APITimeoutError) as caught:
        client.text(streamed, timeout=0.1)
    assert caught.value.retryable
    assert client.text(streamed) == TEXT
    assert server.ended_by() == "client"
    server.otherwise(SILENCE)
    with pytest.raises(APITimeoutError):
        client.text(streamed, timeout=0.1, max_retries=1)
    assert (len(server.requests), len(delays)) == (4, 1)


def test_silence_inside_a_plain_reply_is_not_retried(
    api: Driver, server: Server, delays: list[float]
) -> None:
    server.script(ANSWER[:-20], SILENCE)
    with pytest.raises(APITimeoutError) as caught:
        api.client(server.base_url, timeout=0.8).ask()
    assert not caught.value.retryable
    assert delays == []
    assert server.ended_by() == "client"


def test_silence_before_the_first_event_is_a_timeout(api: Driver, server: Server) -> None:
    server.script(stream_head(), SILENCE)
    with pytest.raises(APITimeoutError) as caught:
        api.client(server.base_url, timeout=0.8, max_retries=0).stream()
    assert caught.value.retryable
    assert server.ended_by() == "client"


def test_silence_after_the_first_event_is_an_interruption(api: Driver, server: Server) -> None:
    server.script(stream_head(), http_chunk(event("Hel")), SILENCE)
    stream = api.client(server.base_url, timeout=1).stream()
    assert next(stream).text == "Hel"
    with pytest.raises(StreamInterruptedError, match="ReadTimeout") as caught:
        next(stream)
    assert caught.value.completion.text == "Hel"
    assert server.ended_by() == "client"


def test_a_full_pool_is_a_timeout(api: Driver, server: Server) -> None:
    server.script(stream_head(), http_chunk(event("Hel")), SILENCE)
    client = api.single_connection_client(server.base_url, max_retries=0)
    with client.stream() as stream:
        next(stream)
        with pytest.raises(APITimeoutError, match="PoolTimeout"):
            client.ask(timeout=0.1)
