"""A call and a stream cancelled wherever they suspend: at the first await, the second, and so on
until they end by themselves."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Coroutine, Generator
from typing import Any

import anyio
import pytest

from minimax_chat import AsyncMiniMax
from minimax_chat._connections import Connections
from samples import KEY, MESSAGES, MODEL, TEXT, events, plain
from server import (
    END,
    Connection,
    Request,
    Server,
    Step,
    http_chunk,
    http_reply,
    http_stream,
    stream_head,
)

MOST_SUSPENSIONS = 200


class SuspendedAt:
    """Runs a coroutine; when it suspends for the n-th time, from 0, calls `interrupt` first."""

    def __init__(self, coroutine: Coroutine[Any, Any, str], n: int, interrupt: Any) -> None:
        self.coroutine, self.n, self.interrupt = coroutine, n, interrupt
        self.suspensions = 0

    @property
    def interrupted(self) -> bool:
        return self.suspensions > self.n

    def __await__(self) -> Generator[Any, Any, str]:
        resume, value = self.coroutine.send, None
        while True:
            try:
                future = resume(value)
            except StopIteration as ended:
                return str(ended.value)
            if self.suspensions == self.n:
                self.interrupt()
            self.suspensions += 1
            try:
                resume, value = self.coroutine.send, (yield future)
            except BaseException as error:
                resume, value = self.coroutine.throw, error


async def call(client: AsyncMiniMax) -> str:
    return (await client.chat.completions.create(model=MODEL, messages=MESSAGES)).text


async def stream(client: AsyncMiniMax) -> str:
    create = client.chat.completions.create
    async with await create(model=MODEL, messages=MESSAGES, stream=True) as chunks:
        return "".join([chunk.text async for chunk in chunks])


async def left_stream(client: AsyncMiniMax) -> str:
    create = client.chat.completions.create
    async with await create(model=MODEL, messages=MESSAGES, stream=True) as chunks:
        return (await anext(chunks)).thinking


def pause(connection: Connection, request: Request) -> None:
    """Lets the client wait for the next bytes."""
    connection.ended.wait(0.002)


def slow_reply(streamed: bool) -> list[Step]:
    whole = http_reply(plain())
    pieces = [whole[:20], whole[20:100], whole[100:-30], whole[-30:]]
    if streamed:
        pieces = [stream_head()[:20], stream_head()[20:], *map(http_chunk, events(size=12)), END]
    return [step for piece in pieces for step in (pause, piece)]


async def cancelled_by_task(client: AsyncMiniMax, work: Any, n: int) -> bool:
    """Whether it was cancelled, by `Task.cancel`; raises if the cancellation was swallowed."""

    async def main() -> str:
        return await running

    task: asyncio.Task[str]
    running = SuspendedAt(work(client), n, lambda: task.cancel())
    task = asyncio.create_task(main())
    await asyncio.wait([task])
    assert task.cancelled() == running.interrupted
    return task.cancelled()


async def cancelled_by_timeout(client: AsyncMiniMax, work: Any, n: int) -> bool:
    timeout = asyncio.timeout(None)
    running = SuspendedAt(work(client), n, lambda: timeout.reschedule(0))
    try:
        async with timeout:
            await running
            # It may have ended before the event loop came to the timeout.
            timeout.reschedule(None)
    except TimeoutError:
        assert timeout.expired()
    task = asyncio.current_task()
    assert task is not None
    assert not task.cancelling()
    return running.interrupted


async def cancelled_by_scope(client: AsyncMiniMax, work: Any, n: int) -> bool:
    """anyio cancels again at every further await of the scope."""
    ended = False
    with anyio.CancelScope() as scope:
        running = SuspendedAt(work(client), n, scope.cancel)
        ended = bool(await running)
    # Closing a connection is shielded, so the last await may be past cancelling.
    assert scope.cancelled_caught != ended
    return running.interrupted


@pytest.mark.parametrize("reused", [False, True], ids=["new connection", "reused"])
@pytest.mark.parametrize("work", [call, stream, left_stream])
@pytest.mark.parametrize("cancelled", [cancelled_by_task, cancelled_by_timeout, cancelled_by_scope])
def test_a_cancelled_call_leaves_nothing_behind(
    cancelled: Any, work: Any, reused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One connection at most: the next call finds it free, or waits in vain.
    monkeypatch.setattr(Connections, "CALLS_PER_CLIENT", 1)
    monkeypatch.setattr(Connections, "MAX_CLIENTS", 1)
    complaints: list[dict[str, Any]] = []

    async def main(n: int) -> bool:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda loop, context: complaints.append(context))
        async with AsyncMiniMax(
            base_url=server.base_url, api_key=KEY, max_retries=0, timeout=10
        ) as client:
            if reused:
                server.script(http_stream(*events()))
                assert await stream(client) == TEXT
            server.otherwise(*slow_reply(streamed=work is not call))
            interrupted: bool = await cancelled(client, work, n)
            server.otherwise(http_stream(*events()))
            assert await stream(client) == TEXT
            (pooled,) = next(iter(client._connections._by_scope.values()))
            assert pooled.calls == 0
            assert asyncio.all_tasks() == {asyncio.current_task()}
        return interrupted

    n = 0
    with Server() as server:
        while asyncio.run(main(n)):
            n += 1
            for number in range(len(server.connections)):
                assert server.ended_by(number) == "client"
            assert n < MOST_SUSPENSIONS
    gc.collect()
    assert complaints == []
    assert n >= 5, "it hardly ever suspends, so this tests nothing"
