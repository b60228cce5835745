"""Lets calls start, one after the other, when the pace allows it."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Hashable

from ..._errors import MiniMaxError
from ._pace import LONGEST_PAUSE, Pace, Started

GENERAL = 5
"""So many requests that fail on end are no matter of these requests."""
IDLE = 2 * LONGEST_PAUSE
"""Seconds without a call, between two failures that say nothing of the time between them."""
SHARED = 0.1
"""Seconds after which is seen whether calls of other gates with the same pace have ended."""


class Outage:
    """The failures since a call was last taken: of one request, or of all.

    Attributes:
        error: The last failure; None if the last call was taken.
        began: When the first of them came; 0 if there is none.
        taken: How many calls the API has taken, whether or not it answered them.
    """

    def __init__(self) -> None:
        self.error: MiniMaxError | None = None
        self.began: float = 0.0
        self.taken: int = 0
        self._last = 0.0
        self._requests: set[Hashable] = set()

    @property
    def is_general(self) -> bool:
        """Whether it is more than the bad luck of a few requests."""
        return len(self._requests) >= GENERAL

    def add(self, request: Hashable, error: MiniMaxError, started: float, now: float) -> None:
        """Counts a failure that may pass, of a call that started then."""
        if self.error is None or started - self._last > IDLE:
            self.began = now
        self.error, self._last = error, now
        if not self.is_general:
            self._requests.add(request)

    def end(self) -> None:
        """Counts a call that was taken."""
        self.error = None
        self.taken += 1
        self._requests.clear()


class Gate(ABC):
    """What calls pass before they start, and report to when they end.

    Attributes:
        calls: How many have ended, those that failed included.
        outage: The failures since a call was last taken.
    """

    def __init__(self) -> None:
        self.calls: int = 0
        self.outage: Outage = Outage()
        self._waiting: deque[asyncio.Future[Started]] = deque()

    async def enter(self, *, again: bool = False) -> Started:
        """Waits until a call may start; one that starts again goes before all others."""
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

    @abstractmethod
    def end(self, call: Started, tokens: float | None) -> None:
        """The API took the call, whether or not it answered."""

    @abstractmethod
    def refuse(self, call: Started, retry_after: float | None) -> None:
        """The API refused the call because of a rate limit."""

    @abstractmethod
    def fail(self, call: Started, retry_after: float | None) -> None:
        """The call failed for another reason that may pass."""

    @abstractmethod
    def give_up(self, call: Started) -> None:
        """Nothing was sent."""

    @abstractmethod
    def _open(self) -> None:
        """Lets in all who may start now."""

    def _is_awaited(self) -> bool:
        """Whether a call waits to be let in."""
        while self._waiting and self._waiting[0].done():  # cancelled
            self._waiting.popleft()
        return bool(self._waiting)


class LocalGate(Gate):
    """The gate of the calls of one event loop."""

    def __init__(self, pace: Pace, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._pace, self._clock = pace, clock
        self._timer: asyncio.TimerHandle | None = None

    def end(self, call: Started, tokens: float | None) -> None:
        self._pace.end(call, self._clock(), tokens=tokens)
        self._open()

    def refuse(self, call: Started, retry_after: float | None) -> None:
        self._pace.refuse(call, self._clock(), retry_after=retry_after)
        self._open()

    def fail(self, call: Started, retry_after: float | None) -> None:
        self._pace.fail(call, self._clock(), retry_after=retry_after)
        self._open()

    def give_up(self, call: Started) -> None:
        self._pace.give_up(call)
        self._open()

    def _open(self) -> None:
        """Lets in all who may start now, and comes back when the next may."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._is_awaited():
            now = self._clock()
            seconds = self._pace.wait(now)
            if seconds is None:
                seconds = SHARED
            if seconds > 0:
                self._timer = asyncio.get_running_loop().call_later(seconds, self._open)
                return
            self._waiting.popleft().set_result(self._pace.start(now))
