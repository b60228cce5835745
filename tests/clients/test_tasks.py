"""The asynchronous client among tasks: cancellation, garbage, several event loops."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from driver import KEY, MESSAGES
from minimax_chat import AsyncMiniMax, AsyncStream, ConfigurationError
from server import (
    SILENCE,
    TEXT,
    Server,
    Step,
    answer,
    chunk,
    completion,
    event,
    events,
    failure,
    reply,
    stream,
    stream_head,
)

MODEL = "MiniMax-M2.7"
WHOLE = reply(completion())


async def ask(client: AsyncMiniMax) -> str:
    return (await client.chat.completions.create(model=MODEL, messages=MESSAGES)).text


async def open_stream(client: AsyncMiniMax) -> AsyncStream:
    return await client.chat.completions.create(model=MODEL, messages=MESSAGES, stream=True)


async def read_stream(client: AsyncMiniMax) -> str:
    return "".join([chunk.text async for chunk in await open_stream(client)])


def run(main: Callable[[AsyncMiniMax, httpx.AsyncClient], Awaitable[None]], server: Server) -> None:
    """Runs `main` with a client that cannot make a second connection while it has the first."""

    async def with_client() -> None:
        limits = httpx.Limits(max_connections=1)
        async with httpx.AsyncClient(limits=limits) as http:
            timeout = httpx.Timeout(10, pool=5)
            client = AsyncMiniMax(
                base_url=server.base_url, api_key=KEY, http_client=http, timeout=timeout
            )
            await main(client, http)

    asyncio.run(with_client())


STAGES: dict[str, list[Step]] = {
    "before the reply": [SILENCE],
    "in the headers": [stream_head()[:40], SILENCE],
    "before the first event": [stream_head(), SILENCE],
    "in the first event": [stream_head(), chunk(event("one ")[:40]), SILENCE],
    "after an event": [stream_head(), chunk(event("one ")), SILENCE],
    "in an answer": [WHOLE[:-20], SILENCE],
}


@pytest.mark.parametrize("by", ["cancel", "timeout"])
@pytest.mark.parametrize("stage", STAGES)
def test_a_cancelled_task_gives_its_connection_back(server: Server, stage: str, by: str) -> None:
    server.script(*STAGES[stage])
    server.script(stream(*events()))

    async def main(client: AsyncMiniMax, http: httpx.AsyncClient) -> None:
        progress = asyncio.Event()

        async def replied(response: httpx.Response) -> None:
            if stage != "after an event":
                progress.set()

        http.event_hooks = {"response": [replied]}

        async def work() -> None:
            if stage == "in an answer":
                await ask(client)
                return
            async for _ in await open_stream(client):
                progress.set()

        async def limited() -> None:
            async with asyncio.timeout(None) as limit:
                limits.append(limit)
                await work()

        limits: list[asyncio.Timeout] = []
        task = asyncio.create_task(work() if by == "cancel" else limited())
        if stage in ("before the reply", "in the headers"):
            await asyncio.to_thread(server.wait_for_requests, 1)
        else:
            await asyncio.wait_for(progress.wait(), 10)
        if by == "cancel":
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert task.cancelled()
        else:
            limits[0].reschedule(0)
            with pytest.raises(TimeoutError):
                await task
        assert await asyncio.to_thread(server.ended_by) == "client"
        assert await read_stream(client) == TEXT

    run(main, server)
    # A cancelled call is not tried again.
    assert len(server.requests) == 2


def test_a_task_may_be_cancelled_between_two_tries(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.otherwise(reply(failure(1002)))
    original = asyncio.sleep

    async def main(client: AsyncMiniMax, http: httpx.AsyncClient) -> None:
        asleep = asyncio.Event()

        async def long_sleep(delay: float) -> None:
            asleep.set()
            await original(3600)

        monkeypatch.setattr(asyncio, "sleep", long_sleep)
        task = asyncio.create_task(ask(client))
        await asyncio.wait_for(asleep.wait(), 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(main, server)
    assert len(server.requests) == 1


def test_other_tasks_run_between_two_tries(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.script(reply(failure(1002)))
    server.script(WHOLE, times=2)

    async def main(client: AsyncMiniMax, http: httpx.AsyncClient) -> None:
        asleep, awake = asyncio.Event(), asyncio.Event()

        async def sleep(delay: float) -> None:
            asleep.set()
            await asyncio.wait_for(awake.wait(), 10)

        def block(delay: float) -> None:
            raise AssertionError("the event loop stands still")

        monkeypatch.setattr(asyncio, "sleep", sleep)
        monkeypatch.setattr(time, "sleep", block)
        first = asyncio.create_task(ask(client))
        await asyncio.wait_for(asleep.wait(), 10)
        # The connection is free meanwhile.
        assert await ask(client) == TEXT
        assert not first.done()
        awake.set()
        assert await first == TEXT

    run(main, server)
    assert [request.connection for request in server.requests] == [0, 0, 0]


async def drop(client: AsyncMiniMax) -> None:
    streamed = await open_stream(client)
    assert (await anext(streamed)).text == "one "


async def drop_unread(client: AsyncMiniMax) -> None:
    await open_stream(client)


async def leave_the_loop(client: AsyncMiniMax) -> None:
    async for piece in await open_stream(client):
        assert piece.text == "one "
        break


async def fail_in_the_loop(client: AsyncMiniMax) -> None:
    async def consume() -> None:
        async for _ in await open_stream(client):
            raise LookupError

    with pytest.raises(LookupError):
        await consume()


@pytest.mark.parametrize("leave", [drop, drop_unread, leave_the_loop, fail_in_the_loop])
def test_a_stream_that_is_left_gives_its_connection_back(
    server: Server, leave: Callable[[AsyncMiniMax], Awaitable[None]]
) -> None:
    server.script(stream_head(), chunk(event("one ")), SILENCE)
    server.script(stream(*events()))

    async def main(client: AsyncMiniMax, http: httpx.AsyncClient) -> None:
        await leave(client)
        gc.collect()
        assert await asyncio.to_thread(server.ended_by) == "client"
        assert await read_stream(client) == TEXT

    run(main, server)


# A loop that ends takes the sockets of idle connections along, and Python says so.
left_open = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


@left_open
def test_one_client_on_one_loop_after_the_other(server: Server) -> None:
    server.otherwise(answer)

    async def main(client: AsyncMiniMax) -> tuple[str, str]:
        return await ask(client), await read_stream(client)

    client = AsyncMiniMax(base_url=server.base_url, api_key=KEY)
    assert asyncio.run(main(client)) == ("Hello", "Hello")
    assert asyncio.run(main(client)) == ("Hello", "Hello")
    assert [request.connection for request in server.requests] == [0, 0, 1, 1]
    # What is left of a loop is let go when the next one comes.
    gc.collect()
    assert server.ended_by() == "client"
    del client
    gc.collect()
    assert server.ended_by(1) == "client"


@left_open
def test_one_client_on_two_loops_at_once(server: Server) -> None:
    server.otherwise(answer)
    barrier = threading.Barrier(2)

    async def main(client: AsyncMiniMax) -> list[str]:
        await asyncio.to_thread(barrier.wait, 10)
        texts = await asyncio.gather(ask(client), read_stream(client))
        return [*texts, await ask(client), await read_stream(client)]

    def run_both() -> list[list[str]]:
        client = AsyncMiniMax(base_url=server.base_url, api_key=KEY)
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(lambda _: asyncio.run(main(client)), range(2)))

    assert run_both() == [["Hello"] * 4] * 2
    gc.collect()


def test_there_is_no_call_without_a_loop() -> None:
    client = AsyncMiniMax(base_url="http://127.0.0.1:1", api_key=KEY)
    coroutine = ask(client)
    with pytest.raises(RuntimeError, match="no running event loop"):
        coroutine.send(None)


def test_closed_means_closed_on_every_loop(server: Server) -> None:
    server.otherwise(answer)
    client = AsyncMiniMax(base_url=server.base_url, api_key=KEY)

    async def main() -> None:
        async with client:
            assert await ask(client) == "Hello"

    asyncio.run(main())
    with pytest.raises(ConfigurationError, match="closed"):
        asyncio.run(ask(client))
    assert len(server.requests) == 1
