"""Our own HTTP clients: few calls on each, no more of them than needed, none of them lost."""

from __future__ import annotations

import asyncio
import gc
import ssl
import threading
from collections.abc import Callable
from typing import Any

import pytest

from driver import Client, Driver, OpenStream
from http_library import httpx
from minimax_chat import APITimeoutError, AsyncMiniMax, ConfigurationError, MiniMaxError
from minimax_chat._connections import Connections
from samples import KEY, MESSAGES, MODEL, PROMPT, event, openai_style, plain
from server import CLOSE, SILENCE, Server, answer, http_chunk, http_reply, stream_head


@pytest.fixture
def made(api: Driver, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The HTTP clients that were made."""
    return record_clients(api.asynchronous, monkeypatch)


def record_clients(asynchronous: bool, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    made: list[Any] = []
    kind = httpx.AsyncClient if asynchronous else httpx.Client
    make = kind.__init__

    def record(http: Any, *arguments: Any, **options: Any) -> None:
        made.append(http)
        make(http, *arguments, **options)

    monkeypatch.setattr(kind, "__init__", record)
    return made


def open_streams(client: Client, number: int) -> list[OpenStream]:
    return [client.stream() for _ in range(number)]


def test_an_http_client_carries_four_calls_at_a_time(
    api: Driver, server: Server, made: list[Any]
) -> None:
    server.otherwise(answer)
    client = api.client(server.base_url)
    streams = open_streams(client, 9)
    assert len(made) == 3
    for stream in streams:
        stream.close()
        stream.close()
    open_streams(client, 12)
    assert len(made) == 3, "the clients are used again"


def test_it_is_known_whether_the_user_has_brought_an_http_client(api: Driver) -> None:
    """ext.batch asks."""
    for options, has in (({"http_client": api.http_client()}, True), ({}, False)):
        assert api.client(**options).client._connections.has_user_client is has


def test_certificates_are_loaded_once(
    api: Driver, server: Server, made: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[None] = []
    load = ssl.SSLContext.load_verify_locations

    def record(context: ssl.SSLContext, *arguments: Any, **options: Any) -> None:
        loaded.append(None)
        load(context, *arguments, **options)

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", record)
    server.otherwise(answer)
    open_streams(api.client(server.base_url), 9)
    assert (len(made), len(loaded)) == (3, 1)


def test_calls_in_a_row_use_one_connection(
    api: Driver, server: Server, made: list[Any], streamed: bool
) -> None:
    server.otherwise(answer)
    client = api.client(server.base_url)
    assert [client.text(streamed) for _ in range(10)] == [PROMPT] * 10
    assert {request.connection for request in server.requests} == {0}
    assert len(made) == 1


def test_clients_that_are_no_longer_needed_are_closed(
    api: Driver, server: Server, made: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Connections, "CALLS_PER_CLIENT", 1)
    monkeypatch.setattr(Connections, "MAX_IDLE_CLIENTS", 2)
    server.otherwise(answer)
    client = api.client(server.base_url)
    for stream in open_streams(client, 5):
        stream.close()
    assert [http.is_closed for http in made].count(False) == 2
    open_streams(client, 3)
    assert len(made) == 6
    client.close()
    assert all(http.is_closed for http in made)


def test_more_calls_than_connections_wait_for_one(
    api: Driver, server: Server, made: list[Any], monkeypatch: pytest.MonkeyPatch, streamed: bool
) -> None:
    monkeypatch.setattr(Connections, "CALLS_PER_CLIENT", 1)
    monkeypatch.setattr(Connections, "MAX_CLIENTS", 2)
    server.otherwise(answer)
    client = api.client(server.base_url, max_retries=0)
    streams = open_streams(client, 2)
    with pytest.raises(APITimeoutError, match="PoolTimeout"):
        client.text(streamed, timeout=httpx.Timeout(5, pool=0.05))
    streams[0].close()
    assert client.text(streamed) == PROMPT
    assert len(made) == 2


def test_calls_that_wait_are_spread_over_the_http_clients(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Connections, "CALLS_PER_CLIENT", 1)
    monkeypatch.setattr(Connections, "MAX_CLIENTS", 2)
    server.otherwise(answer)

    async def main() -> None:
        async with AsyncMiniMax(base_url=server.base_url, api_key=KEY) as client:
            create = client.chat.completions.create
            streams = [await create(model=MODEL, messages=MESSAGES, stream=True) for _ in range(2)]
            calls = [asyncio.create_task(create(model=MODEL, messages=MESSAGES)) for _ in range(2)]
            await asyncio.sleep(0.05)
            for stream in reversed(streams):
                await stream.aclose()
                await asyncio.wait(calls, timeout=5, return_when=asyncio.FIRST_COMPLETED)
                assert any(call.done() for call in calls)
            assert [(await call).text for call in calls] == [PROMPT] * 2

    asyncio.run(main())


BROKEN_STREAM: list[Any] = [stream_head(), http_chunk(event("Hel")), CLOSE]
FAILURES: dict[str, list[Any]] = {
    "an error": [http_reply(openai_style("login fail (1004)"), 401)],
    "no JSON": [http_reply(b"<html>")],
    "a lost connection": [CLOSE],
    "silence": [SILENCE],
    "half a body": [http_reply(plain())[:-5], CLOSE],
    "half a stream": BROKEN_STREAM,
}


@pytest.mark.parametrize("replies", FAILURES.values(), ids=FAILURES.keys())
def test_a_failed_call_gives_its_http_client_back(
    api: Driver,
    server: Server,
    made: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    replies: list[Any],
    streamed: bool,
) -> None:
    monkeypatch.setattr(Connections, "CALLS_PER_CLIENT", 1)
    client = api.client(server.base_url, max_retries=0, timeout=0.3)
    for _ in range(3):
        server.script(*replies)
        with pytest.raises(MiniMaxError):
            client.text(streamed)
    assert len(made) == 1


def test_a_cancelled_call_takes_its_http_client_with_it(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For httpcore 1.0 then keeps a place in its pool, until no call gets one any more."""
    monkeypatch.setattr(Connections, "CALLS_PER_CLIENT", 1)
    made = record_clients(True, monkeypatch)

    async def main() -> None:
        async with AsyncMiniMax(base_url=server.base_url, api_key=KEY) as client:
            for stream in (False, True):
                server.script(SILENCE)
                call = client.chat.completions.create(model=MODEL, messages=MESSAGES, stream=stream)
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(call, 0.1)
                assert made[-1].is_closed

    asyncio.run(main())
    assert len(made) == 2


class Interruption(BaseException):
    """As Ctrl-C is, or the cancellation of a task."""


def test_the_http_client_of_an_interrupted_call_is_closed_after_its_other_calls(
    api: Driver, server: Server, made: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    server.otherwise(answer)
    client = api.client(server.base_url)
    first, second = open_streams(client, 2)
    with monkeypatch.context() as patch:

        def interrupt(response: Any) -> Any:
            raise Interruption

        patch.setattr(httpx.Response, "aclose" if api.asynchronous else "close", interrupt)
        with pytest.raises(Interruption):
            first.close()
    assert client.ask().text == PROMPT
    assert [http.is_closed for http in made] == [False, False]
    assert "".join(chunk.text for chunk in second) == PROMPT
    assert [http.is_closed for http in made] == [True, False]


def test_the_http_client_of_a_call_that_was_interrupted_is_not_used_again(
    api: Driver, server: Server, made: list[Any], monkeypatch: pytest.MonkeyPatch, streamed: bool
) -> None:
    client = api.client(server.base_url)
    with monkeypatch.context() as patch:

        def interrupt(*arguments: Any, **options: Any) -> Any:
            raise Interruption

        patch.setattr(httpx.AsyncClient if api.asynchronous else httpx.Client, "send", interrupt)
        with pytest.raises(Interruption):
            client.text(streamed)
    assert [http.is_closed for http in made] == [True]


def test_the_http_client_of_an_interrupted_stream_is_not_used_again(
    api: Driver, server: Server, made: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    server.otherwise(answer)
    client = api.client(server.base_url)
    stream = client.stream()
    next(stream)
    with monkeypatch.context() as patch:

        def interrupt(content: bytes) -> Any:
            raise Interruption

        patch.setattr("minimax_chat._stream.parsed", interrupt)
        with pytest.raises(Interruption):
            next(stream)
    assert made[0].is_closed
    # A stream that is left, or that fails, has not been interrupted.
    client.stream().close()
    server.script(*BROKEN_STREAM)
    with pytest.raises(MiniMaxError):
        client.text(streamed=True)
    assert [http.is_closed for http in made] == [True, False]


def test_closing_that_is_interrupted_can_be_finished(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Connections, "CALLS_PER_CLIENT", 1)
    made = record_clients(True, monkeypatch)
    server.otherwise(answer)
    close = httpx.AsyncClient.aclose
    begun = asyncio.Event()

    async def close_slowly(http: Any) -> None:
        await close(http)
        begun.set()
        await asyncio.sleep(10)

    async def main() -> None:
        client = AsyncMiniMax(base_url=server.base_url, api_key=KEY)
        ask = client.chat.completions.create
        await asyncio.gather(*(ask(model=MODEL, messages=MESSAGES) for _ in range(3)))
        with monkeypatch.context() as patch:
            patch.setattr(httpx.AsyncClient, "aclose", close_slowly)
            closing = asyncio.create_task(client.aclose())
            await begun.wait()
            closing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await closing
        assert [http.is_closed for http in made].count(True) == 1
        await client.aclose()

    asyncio.run(main())
    assert [http.is_closed for http in made] == [True] * 3


def test_a_client_that_is_closed_while_a_call_begins_refuses_it(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else its HTTP client would be made after all others were closed, and stay open."""
    made = record_clients(False, monkeypatch)
    driver = Driver(asynchronous=False)
    client = driver.client(server.base_url)
    connections = client.client._connections
    take = connections._take_own

    def take_after_closing(scope: Any) -> Any:
        client.close()
        return take(scope)

    monkeypatch.setattr(connections, "_take_own", take_after_closing)
    with pytest.raises(ConfigurationError, match="closed"):
        client.ask()
    assert not made
    driver.close()


def finishes(work: Callable[[], object]) -> bool:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(10)
    return not thread.is_alive()


def test_a_stream_may_be_collected_while_another_call_takes_a_connection(server: Server) -> None:
    """The garbage collector runs anywhere: also in the thread that holds the lock."""
    driver = Driver(asynchronous=False)
    server.otherwise(answer)
    client = driver.client(server.base_url)

    class Cycle:
        def __init__(self) -> None:
            self.stream, self.itself = client.stream(), self

    def work() -> None:
        Cycle()
        with client.client._connections._lock:
            gc.collect()
        assert client.ask().text == PROMPT

    assert finishes(work)
    driver.close()
