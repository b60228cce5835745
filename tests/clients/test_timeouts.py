"""Timeouts on a real socket: how long no byte may come, not how long an answer may take."""

from __future__ import annotations

import threading

import httpx
import pytest

from driver import Driver
from minimax_chat import APITimeoutError, StreamInterruptedError
from server import (
    END,
    SILENCE,
    TEXT,
    Connection,
    Request,
    Server,
    chunk,
    completion,
    event,
    events,
    reply,
    stream,
    stream_head,
)

ANSWER = reply(completion())


def pause(connection: Connection, request: Request) -> None:
    threading.Event().wait(0.25)


def test_an_answer_may_take_longer_than_the_timeout(api: Driver, server: Server) -> None:
    """Each byte is a sign of life, those of a comment while the model thinks as well."""
    pieces = [b": alive\n\n"] * 3 + [event("on ")] * 3
    dripped = [step for piece in pieces for step in (chunk(piece), pause)]
    server.script(stream_head(), *dripped, chunk(event("and on", "stop")), END)
    streamed = api.client(server.base_url, timeout=1.2, max_retries=0).stream()
    assert "".join(chunk.text for chunk in streamed) == "on on on and on"


def test_silence_before_the_reply(api: Driver, server: Server, naps: list[float]) -> None:
    server.script(SILENCE)
    server.script(ANSWER)
    server.script(SILENCE)
    server.script(stream(*events()))
    client = api.client(server.base_url, max_retries=0)
    with pytest.raises(APITimeoutError, match="timeout") as caught:
        client.ask(timeout=0.1)
    assert caught.value.retryable
    assert client.ask().text == TEXT
    with pytest.raises(APITimeoutError):
        client.stream(timeout=0.1)
    assert "".join(chunk.text for chunk in client.stream()) == TEXT
    assert [server.ended_by(connection) for connection in (0, 1)] == ["client"] * 2


def test_silence_before_the_reply_is_tried_again(
    api: Driver, server: Server, naps: list[float]
) -> None:
    server.otherwise(SILENCE)
    with pytest.raises(APITimeoutError):
        api.client(server.base_url, timeout=0.1, max_retries=1).ask()
    assert len(server.requests) == 2
    assert len(naps) == 1


def test_silence_in_an_answer(api: Driver, server: Server, naps: list[float]) -> None:
    """It is tried again only where no byte had come."""
    server.script(ANSWER[:-20], SILENCE)
    with pytest.raises(APITimeoutError) as caught:
        api.client(server.base_url, timeout=0.5).ask()
    assert not caught.value.retryable
    assert naps == []
    assert server.ended_by() == "client"


def test_silence_before_the_first_event(api: Driver, server: Server) -> None:
    server.script(stream_head(), SILENCE)
    with pytest.raises(APITimeoutError):
        api.client(server.base_url, timeout=0.5, max_retries=0).stream()
    assert server.ended_by() == "client"


def test_silence_after_the_first_event(api: Driver, server: Server) -> None:
    server.script(stream_head(), chunk(event("Hel")), SILENCE)
    streamed = api.client(server.base_url, timeout=1).stream()
    assert next(streamed).text == "Hel"
    with pytest.raises(StreamInterruptedError, match="ReadTimeout") as caught:
        next(streamed)
    assert caught.value.completion is not None
    assert caught.value.completion.text == "Hel"
    assert server.ended_by() == "client"


def test_a_full_pool_is_waited_for_no_longer_than_the_timeout(api: Driver, server: Server) -> None:
    server.script(stream_head(), chunk(event("Hel")), SILENCE)
    http = api.http_client(limits=httpx.Limits(max_connections=1))
    client = api.client(server.base_url, http_client=http, max_retries=0)
    with client.stream() as streamed:
        next(streamed)
        with pytest.raises(APITimeoutError, match="PoolTimeout"):
            client.ask(timeout=0.1)
