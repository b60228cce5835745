"""One rate budget for the workers of a cluster."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NamedTuple
from uuid import uuid4

from ..batch import Gate, Pace, Started

INTERVAL = 0.01
"""Seconds between two exchanges of a busy worker with the budget."""
MOST_EXCHANGES = 500
"""In a second, of all workers together."""
HEARTBEAT = 1.0
"""Seconds between two exchanges of a worker that only waits for its calls."""
LOST = 15.0
"""Seconds of silence after which a worker's calls no longer count as running."""


class Report(NamedTuple):
    """What became of a call."""

    number: int
    kind: str
    """end, refuse, fail or give_up, the methods of a pace."""
    seconds: float
    detail: float | None
    """The tokens of a call that ended, and for how long a refusal or failure asks to wait."""


class Start(NamedTuple):
    """A call that may start."""

    number: int
    after: float
    """Seconds from now."""
    tokens: float


class Budget:
    """The pace of all workers; an actor of the cluster.

    Workers ask for several starts at once, a hundred times a second, or less often if there are
    many of them: the number of exchanges depends neither on that of the calls nor on that of the
    workers.
    """

    def __init__(
        self,
        concurrency: int,
        rpm: float | None,
        tpm: float | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pace = Pace(concurrency=concurrency, rpm=rpm, tpm=tpm)
        self._clock = clock
        self._running: dict[str, dict[int, Started]] = {}
        self._heard: dict[str, float] = {}
        self._asking: set[str] = set()
        """Those that asked for starts when they were last heard."""
        self._number = 0

    def exchange(
        self, worker: str, reports: list[Report], wanted: int
    ) -> tuple[list[Start], float]:
        """Takes what became of calls; returns those that may start, and when to ask again."""
        now = self._clock()
        self._heard[worker] = now
        self._forget_the_lost(now)
        running = self._running.setdefault(worker, {})
        for number, kind, seconds, detail in reports:
            call = running.pop(number, None)
            if call is not None:  # else this budget is new, or took the worker for lost
                self._count(call, kind, min(now, call.at + seconds), detail)
        interval = max(INTERVAL, len(self._heard) / MOST_EXCHANGES)
        self._asking = (self._asking - {worker}) | ({worker} if wanted else set())
        # Else a worker would start again what it has just reported, and the others nothing.
        share = max(1, math.ceil(self._pace.window / max(1, len(self._asking))))
        starts: list[Start] = []
        at, wait = now, None
        while len(starts) < wanted and len(running) < share:
            wait = self._pace.wait(at)
            # Ahead of time, so that no start is missed between two exchanges.
            if wait is None or at + wait > now + 2 * interval:
                break
            at += wait
            self._number += 1
            call = running[self._number] = self._pace.start(at)
            starts.append(Start(self._number, at - now, call.tokens))
        if wait and not starts:  # nobody may start for a while
            interval = max(interval, min(wait, HEARTBEAT))
        return starts, interval

    def _count(self, call: Started, kind: str, at: float, detail: float | None) -> None:
        if kind == "end":
            self._pace.end(call, at, tokens=detail)
        elif kind == "refuse":
            self._pace.refuse(call, at, retry_after=detail)
        elif kind == "fail":
            self._pace.fail(call, at, retry_after=detail)
        else:
            self._pace.give_up(call)

    def _forget_the_lost(self, now: float) -> None:
        for worker in [each for each, heard in self._heard.items() if now - heard > LOST]:
            del self._heard[worker]
            self._asking.discard(worker)
            for call in self._running.pop(worker, {}).values():
                self._pace.give_up(call)


@dataclass(frozen=True)
class _Numbered(Started):
    number: int


Exchange = Callable[[str, list[Report], int], Awaitable[tuple[list[Start], float]]]


class RemoteGate(Gate):
    """The gate of a worker: the calls of its event loop pass it when a budget lets them.

    Args:
        exchange: `Budget.exchange`, called from afar.
    """

    def __init__(self, exchange: Exchange) -> None:
        super().__init__()
        self._exchange = exchange
        # A worker that starts again is another one, whose calls are not those of the first.
        self._worker = uuid4().hex
        self._reports: list[Report] = []
        self._expected = 0
        """Calls that have not come yet."""
        self._coming = 0
        """Starts that are allowed, in a moment."""
        self._allowed: deque[_Numbered] = deque()
        """Starts that no call has taken yet."""
        self._running = 0
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def expect(self, calls: int) -> None:
        """Asks for so many starts before the calls come, which they do one after the other."""
        self._expected += calls
        self._wake()

    def expect_none(self) -> None:
        """No more calls are to come, but those that are here."""
        self._expected = 0
        self._open()

    async def enter(self, *, again: bool = False) -> Started:
        if not again:
            self._expected = max(0, self._expected - 1)
        return await super().enter(again=again)

    def end(self, call: Started, tokens: float | None) -> None:
        self._report(call, "end", tokens)

    def refuse(self, call: Started, retry_after: float | None) -> None:
        self._report(call, "refuse", retry_after)

    def fail(self, call: Started, retry_after: float | None) -> None:
        self._report(call, "fail", retry_after)

    def give_up(self, call: Started) -> None:
        self._report(call, "give_up", None)

    def _open(self) -> None:
        while self._allowed and self._is_awaited():
            self._waiting.popleft().set_result(self._allowed.popleft())
        # Others need the starts that no call will take.
        while len(self._allowed) > self._expected + len(self._waiting):
            self.give_up(self._allowed.popleft())
        if self._waiting:
            self._wake()

    def _wake(self) -> None:
        self._news.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._talk())

    def _report(self, call: Started, kind: str, detail: float | None) -> None:
        assert isinstance(call, _Numbered)
        self._running -= 1
        seconds = time.monotonic() - call.at
        self._reports.append(Report(call.number, kind, seconds, detail))
        self._news.set()

    async def _talk(self) -> None:
        """Exchanges with the budget until the worker has nothing to call."""
        try:
            while self._wanted() or self._running or self._reports or self._coming:
                self._news.clear()
                reports, self._reports = self._reports, []
                wanted = max(0, self._wanted())
                starts, interval = await self._exchange(self._worker, reports, wanted)
                self._coming += len(starts)
                for start in starts:
                    asyncio.get_running_loop().call_later(start.after, self._let_in, start)
                await asyncio.sleep(interval)
                if not self._reports and self._wanted() <= 0:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._news.wait(), HEARTBEAT)
        except Exception as error:  # the budget is gone
            for place in self._waiting:
                if not place.done():
                    place.set_exception(error)
            self._waiting.clear()

    def _wanted(self) -> int:
        return self._expected + len(self._waiting) - self._coming - len(self._allowed)

    def _let_in(self, start: Start) -> None:
        self._coming -= 1
        self._running += 1
        self._allowed.append(_Numbered(time.monotonic(), start.tokens, start.number))
        self._open()
