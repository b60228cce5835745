"""Lets calls start, one after the other, when the pace allows it."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from ._pace import Pace, Started


class Gate(Protocol):
    """What calls pass before they start, and report to when they end."""

    async def enter(self, *, again: bool = False) -> Started:
        """Waits until a call may start; one that starts again goes before all others."""
        ...

    def end(self, call: Started, tokens: float | None) -> None:
        """The API took the call, whether or not it answered."""
        ...

    def refuse(self, call: Started, retry_after: float | None) -> None:
        """The API refused the call because of a rate limit."""
        ...

    def give_up(self, call: Started) -> None:
        """Nothing was sent."""
        ...


class LocalGate:
    """The gate of the calls of one event loop."""

    def __init__(self, pace: Pace, clock: Callable[[], float] = time.monotonic) -> None:
        self._pace, self._clock = pace, clock
        self._waiting: deque[asyncio.Future[Started]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    async def enter(self, *, again: bool = False) -> Started:
        place: asyncio.Future[Started] = asyncio.get_running_loop().create_future()
        if again:
            self._waiting.appendleft(place)
        else:
            self._waiting.append(place)
        self._open()
        try:
            return await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():  # it was let in at the same moment
                self.give_up(place.result())
            raise

    def end(self, call: Started, tokens: float | None) -> None:
        self._pace.end(call, self._clock(), tokens=tokens)
        self._open()

    def refuse(self, call: Started, retry_after: float | None) -> None:
        self._pace.refuse(call, self._clock(), retry_after=retry_after)
        self._open()

    def give_up(self, call: Started) -> None:
        self._pace.give_up(call)
        self._open()

    def _open(self) -> None:
        """Lets in all who may start now, and comes back when the next may."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting:
            if self._waiting[0].done():  # cancelled
                self._waiting.popleft()
                continue
            now = self._clock()
            seconds = self._pace.wait(now)
            if seconds is None:
                return
            if seconds > 0:
                self._timer = asyncio.get_running_loop().call_later(seconds, self._open)
                return
            self._waiting.popleft().set_result(self._pace.start(now))
