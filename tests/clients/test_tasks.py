"""The asynchronous client among tasks: cancellation, garbage collection, several event loops."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from http_library import httpx
from minimax_chat import AsyncMiniMax, AsyncStream, ConfigurationError
from samples import KEY, MESSAGES, MODEL, PROMPT, TEXT, base_resp, event, events, plain
from server import (
    SILENCE,
    Server,
    Step,
    answer,
    http_chunk,
    http_reply,
    http_stream,
    stream_head,
)

ANSWER = http_reply(plain())


async def ask(client: AsyncMiniMax, messages: Any = MESSAGES) -> str:
    return (await client.chat.completions.create(model=MODEL, messages=messages)).text


async def open_stream(client: AsyncMiniMax, messages: Any = MESSAGES) -> AsyncStream:
    return await client.chat.completions.create(model=MODEL, messages=messages, stream=True)


async def read_stream(client: AsyncMiniMax, messages: Any = MESSAGES) -> str:
    async with await open_stream(client, messages) as stream:
        return "".join([chunk.text async for chunk in stream])


def run(main: Callable[[AsyncMiniMax, httpx.AsyncClient], Awaitable[None]], server: Server) -> None:
    """Runs `main` with a client that cannot open a second connection while the first is in use."""

    async def with_client() -> None:
        limits = httpx.Limits(max_connections=1)
        async with httpx.AsyncClient(limits=limits) as http:
            timeout = httpx.Timeout(10, pool=5)
            client = AsyncMiniMax(
                base_url=server.base_url, api_key=KEY, http_client=http, timeout=timeout
            )
            await main(client, http)

    asyncio.run(with_client())


# Cancellation

STAGES: dict[str, list[Step]] = {
    "before the reply": [SILENCE],
    "before the first event": [stream_head(), SILENCE],
    "in the first event": [stream_head(), http_chunk(event("one ")[:40]), SILENCE],
    "after an event": [stream_head(), http_chunk(event("one ")), SILENCE],
    "in a plain reply": [ANSWER[:-20], SILENCE],
}


@pytest.mark.parametrize("stage", STAGES)
def test_a_cancelled_call_is_not_retried_and_closes_its_connection(
    server: Server, stage: str
) -> None:
    server.script(*STAGES[stage])
    server.script(http_stream(*events()))

    async def main(client: AsyncMiniMax, http: httpx.AsyncClient) -> None:
        progress = asyncio.Event()

        async def replied(response: httpx.Response) -> None:
            if stage != "after an event":
                progress.set()

        http.event_hooks = {"response": [replied]}

        async def work() -> None:
            if stage == "in a plain reply":
                await ask(client)
                return
            async for _ in await open_stream(client):
                progress.set()

        task = asyncio.create_task(work())
        if stage == "before the reply":
            await asyncio.to_thread(server.wait_for_requests, 1)
        else:
            await asyncio.wait_for(progress.wait(), 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert task.cancelled()
        assert await asyncio.to_thread(server.ended_by) == "client"
        assert await read_stream(client) == TEXT

    run(main, server)
    assert len(server.requests) == 2


def test_a_call_can_be_cancelled_before_a_retry(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.otherwise(http_reply(base_resp(1002)))
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


def test_other_tasks_run_while_a_call_waits_for_its_retry(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.script(http_reply(base_resp(1002)))
    server.script(ANSWER, times=2)

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


# Streams that are left without a close


async def drop(client: AsyncMiniMax) -> None:
    stream = await open_stream(client)
    assert (await anext(stream)).text == "one "


async def drop_unread(client: AsyncMiniMax) -> None:
    await open_stream(client)


async def break_the_loop(client: AsyncMiniMax) -> None:
    async for chunk in await open_stream(client):
        assert chunk.text == "one "
        break


async def raise_in_the_loop(client: AsyncMiniMax) -> None:
    async def consume() -> None:
        async for _ in await open_stream(client):
            raise LookupError

    with pytest.raises(LookupError):
        await consume()


@pytest.mark.parametrize("leave", [drop, drop_unread, break_the_loop, raise_in_the_loop])
def test_an_async_stream_that_is_garbage_collected_closes_its_connection(
    server: Server, leave: Callable[[AsyncMiniMax], Awaitable[None]]
) -> None:
    server.script(stream_head(), http_chunk(event("one ")), SILENCE)
    server.script(http_stream(*events()))

    async def main(client: AsyncMiniMax, http: httpx.AsyncClient) -> None:
        await leave(client)
        gc.collect()
        assert await asyncio.to_thread(server.ended_by) == "client"
        assert await read_stream(client) == TEXT

    run(main, server)


# Tasks and event loops

# A loop that ends takes the sockets of idle connections with it, and Python warns of that.
left_open = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


def test_tasks_can_share_a_client(server: Server) -> None:
    server.otherwise(answer)

    async def main() -> list[str]:
        async with AsyncMiniMax(base_url=server.base_url, api_key=KEY) as client:

            async def work(task: int) -> str:
                messages = [{"role": "user", "content": f"task {task}"}]
                return await (ask if task % 2 else read_stream)(client, messages)

            return list(await asyncio.gather(*map(work, range(24))))

    assert asyncio.run(main()) == [f"task {task}" for task in range(24)]


@left_open
def test_a_client_can_be_used_on_one_event_loop_after_another(server: Server) -> None:
    server.otherwise(answer)

    async def main(client: AsyncMiniMax) -> list[str]:
        return [await ask(client), await read_stream(client)]

    client = AsyncMiniMax(base_url=server.base_url, api_key=KEY)
    assert asyncio.run(main(client)) == [PROMPT] * 2
    assert asyncio.run(main(client)) == [PROMPT] * 2
    assert [request.connection for request in server.requests] == [0, 0, 1, 1]
    # The connections of a loop that has ended are dropped when the next one comes.
    gc.collect()
    assert server.ended_by() == "client"
    del client
    gc.collect()
    assert server.ended_by(1) == "client"


@left_open
def test_a_client_can_be_used_on_two_event_loops_at_once(server: Server) -> None:
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

    assert run_both() == [[PROMPT] * 4] * 2
    gc.collect()


@pytest.mark.parametrize("http_client", [None, httpx.AsyncClient()], ids=["ours", "the user's"])
def test_a_call_without_an_event_loop_is_refused(http_client: Any) -> None:
    """As under trio, for which the client of the user may be made."""
    client = AsyncMiniMax(base_url="http://127.0.0.1:1", api_key=KEY, http_client=http_client)
    with pytest.raises(ConfigurationError) as caught:
        ask(client).__await__().send(None)
    assert str(caught.value) == (
        "AsyncMiniMax runs on asyncio, which is not running here. "
        "With trio, use MiniMax in a thread: trio.to_thread.run_sync"
    )


def test_a_client_closed_on_one_event_loop_refuses_calls_on_every_other(server: Server) -> None:
    server.otherwise(answer)
    client = AsyncMiniMax(base_url=server.base_url, api_key=KEY)

    async def main() -> None:
        async with client:
            assert await ask(client) == PROMPT

    asyncio.run(main())
    with pytest.raises(ConfigurationError, match="closed"):
        asyncio.run(ask(client))
    assert len(server.requests) == 1
