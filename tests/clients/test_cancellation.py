"""A call and a stream cancelled wherever they suspend: at the first await, the second, and so on
until they end by themselves."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass
from typing import Any

import anyio
import pytest

from minimax_chat import AsyncMiniMax
from minimax_chat._connections import Connections
from samples import KEY, MESSAGES, MODEL, TEXT, events, plain
from server import PATIENCE, Connection, Request, Server, http_reply, http_stream

MOST_SUSPENSIONS = 200


@dataclass
class Run:
    """A call that is to be cancelled at its n-th suspension."""

    client: AsyncMiniMax
    work: Callable[[AsyncMiniMax], Coroutine[Any, Any, str]]
    n: int
    pieces: Pieces


class Pieces:
    """A reply of which each suspension of the client releases a piece, so that there are as many
    suspensions as pieces at least."""

    def __init__(self, reply: bytes, number: int = 8) -> None:
        size = len(reply) // number + 1
        self._pieces = [reply[at : at + size] for at in range(0, len(reply), size)]
        self._released = threading.Semaphore(0)

    def release(self, number: int = 1) -> None:
        self._released.release(number)

    def send(self, connection: Connection, request: Request) -> None:
        for piece in self._pieces:
            assert self._released.acquire(timeout=PATIENCE)
            connection.send(piece)


class SuspendedAt:
    """Runs a coroutine; when it suspends for the n-th time, from 0, calls `interrupt` first."""

    def __init__(self, run: Run, interrupt: Any) -> None:
        self.coroutine, self.n, self.pieces = run.work(run.client), run.n, run.pieces
        self.interrupt = interrupt
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
                self.pieces.release(MOST_SUSPENSIONS)  # the server is not to wait
                return str(ended.value)
            if self.suspensions == self.n:
                self.interrupt()
                self.pieces.release(MOST_SUSPENSIONS)
            self.suspensions += 1
            self.pieces.release()
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


async def cancelled_by_task(run: Run) -> bool:
    """Whether it was cancelled, by `Task.cancel`; raises if the cancellation was swallowed."""

    async def main() -> str:
        return await running

    task: asyncio.Task[str]
    running = SuspendedAt(run, lambda: task.cancel())
    task = asyncio.create_task(main())
    await asyncio.wait([task])
    assert task.cancelled() == running.interrupted
    return task.cancelled()


async def cancelled_by_timeout(run: Run) -> bool:
    timeout = asyncio.timeout(None)
    running = SuspendedAt(run, lambda: timeout.reschedule(0))
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


async def cancelled_by_scope(run: Run) -> bool:
    """anyio cancels again at every further await of the scope."""
    ended = False
    with anyio.CancelScope() as scope:
        running = SuspendedAt(run, scope.cancel)
        await running
        ended = True
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
            reply = http_reply(plain()) if work is call else http_stream(*events())
            pieces = Pieces(reply)
            server.otherwise(pieces.send)
            interrupted: bool = await cancelled(Run(client, work, n, pieces))
            server.otherwise(http_stream(*events()))
            assert await stream(client) == TEXT
            (pooled,) = next(iter(client._connections._by_scope.values()))
            assert pooled.calls == 0
            gc.collect()  # the HTTP library's generators end in tasks of their own
            async with asyncio.timeout(5):
                while asyncio.all_tasks() != {asyncio.current_task()}:
                    await asyncio.sleep(0)
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
