"""Servers with rate limits, and a batch that calls them, in simulated time."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from minimax_chat.ext.batch import Pace, Started

REFUSAL_TAKES = 0.005
"""Seconds."""


class Limiter(Protocol):
    def takes(self, now: float) -> bool:
        """Whether a call is taken."""
        ...


@dataclass
class Noise:
    """Refusals that have nothing to do with the rate."""

    share: float
    _random: random.Random = field(default_factory=lambda: random.Random(5))

    def takes(self, now: float) -> bool:
        return self._random.random() >= self.share


@dataclass
class Simulated:
    """What a batch did."""

    starts: list[float] = field(default_factory=list)
    taken: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    tokens: list[tuple[float, float]] = field(default_factory=list)
    most_running: int = 0

    def rate(self, begin: float, end: float) -> float:
        """Calls taken in a minute."""
        return sum(begin <= at < end for at in self.taken) / (end - begin) * 60

    def refused_share(self, begin: float, end: float) -> float:
        refused = sum(begin <= at < end for at in self.refused)
        return refused / max(1, refused + sum(begin <= at < end for at in self.taken))


def simulate(
    pace: Pace,
    limiter: Limiter,
    *,
    latency: float | Callable[[float], float],
    seconds: float,
    retry_after: Callable[[float], float | None] = lambda now: None,
    tokens: Callable[[], float] = lambda: 100.0,
    lag: Callable[[], float] = lambda: 0.0,
    events: tuple[tuple[float, Callable[[float], None]], ...] = (),
) -> Simulated:
    """A batch that always has something to send, for so many seconds.

    After each pause it goes on later by `lag`, as in a busy event loop.
    """
    chance = random.Random(1)
    done, now, number = Simulated(), 0.0, 0
    running: list[tuple[float, int, Callable[[float], None]]] = []
    for at, event in events:
        heapq.heappush(running, (at, -1, event))
    while now < seconds:
        wait = pace.wait(now)
        if wait == 0:
            call = pace.start(now)
            number += 1
            done.starts.append(now)
            done.most_running = max(done.most_running, pace.running)
            if limiter.takes(now):

                def end(now: float, call: Started = call) -> None:
                    used = tokens()
                    done.taken.append(now)
                    done.tokens.append((now, used))
                    pace.end(call, now, tokens=used)

                lasts = latency(now) if callable(latency) else latency
                heapq.heappush(running, (now + lasts * chance.uniform(0.5, 1.5), number, end))
            else:

                def refuse(now: float, call: Started = call) -> None:
                    done.refused.append(now)
                    pace.refuse(call, now, retry_after=retry_after(now))

                heapq.heappush(running, (now + REFUSAL_TAKES, number, refuse))
            continue
        following = [*([] if wait is None else [now + wait]), *(each[0] for each in running[:1])]
        now = max(now, min(following) + lag())
        while running and running[0][0] <= now:
            heapq.heappop(running)[2](now)
    return done
