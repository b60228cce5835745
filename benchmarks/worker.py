"""Measures one contender once, in that contender's environment.

    python benchmarks/worker.py ADAPTER WORK ORDER

WORK is a public method of `Worker`, and ORDER is JSON with the arguments of its `__init__`. Prints
the figure and the peak memory or, if the contender fails, the class of its exception.
"""

import asyncio
import gc
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from importlib import import_module
from statistics import mean
from typing import Any, NamedTuple
from urllib.parse import urljoin
from urllib.request import urlopen

CPU_SECONDS = 0.2
"""How long replies are requested again and again."""
BURST_CALLS = 500
"""At least as many are timed, however few are concurrent."""


class Reading(NamedTuple):
    characters: int
    first: float
    """CPU seconds to the first text."""
    whole: float
    """CPU seconds to the last one."""


def read(texts: Iterator[str]) -> Reading:
    start = time.process_time()
    characters = len(next(texts))
    first = time.process_time() - start
    characters += sum(map(len, texts))
    return Reading(characters, first, time.process_time() - start)


async def read_async(texts: AsyncIterator[str]) -> Reading:
    start = time.process_time()
    characters = len(await anext(texts))
    first = time.process_time() - start
    async for text in texts:
        characters += len(text)
    return Reading(characters, first, time.process_time() - start)


async def only(text: Awaitable[str]) -> AsyncIterator[str]:
    yield await text


class Worker:
    def __init__(
        self, adapter: Any, url: str, asynchronous: bool, count: int, characters: int
    ) -> None:
        self.adapter = adapter
        self.url = url
        self.asynchronous = asynchronous
        self.count = count
        # The length of each reply's text, to prove that all of it was read.
        self.characters = characters
        self.client = adapter.client_async(url) if asynchronous else adapter.client(url)
        self.runner = asyncio.Runner()

    def stream(self) -> float:
        """CPU seconds per event."""
        return mean(reading.whole for reading in self._readings("stream")) / self.count

    def first_text(self) -> float:
        """CPU seconds."""
        return mean(reading.first for reading in self._readings("stream"))

    def call(self) -> float:
        """CPU seconds."""
        return mean(reading.whole for reading in self._readings("call"))

    def burst(self) -> float:
        """Calls per second of concurrent calls."""
        calls_each = max(1, BURST_CALLS // self.count)
        self.runner.run(self._concurrent_calls(1))
        start = time.perf_counter()
        self.runner.run(self._concurrent_calls(calls_each))
        return self.count * calls_each / (time.perf_counter() - start)

    def connections(self) -> float:
        """Connections opened for streams in a row."""
        before = self._opened()
        for _ in range(self.count):
            self._reading("stream")
        # The question itself opens one.
        return self._opened() - before - 1

    def growth(self) -> float:
        """Megabytes that memory grew by after the first fifth of a stream."""
        characters, before = 0, 0.0
        for number, text in enumerate(self.adapter.stream(self.client)):
            characters += len(text)
            if number == self.count // 5:
                before = peak_memory()
        self._check(characters)
        return peak_memory() - before

    def _readings(self, method: str) -> list[Reading]:
        # The first one opens the connection and fills caches.
        self._reading(method)
        gc.collect()
        readings: list[Reading] = []
        end = time.process_time() + CPU_SECONDS
        while time.process_time() < end:
            readings.append(self._reading(method))
        return readings

    def _reading(self, method: str) -> Reading:
        """One reply, by the adapter's "call" or "stream"."""
        if self.asynchronous:
            reply = getattr(self.adapter, f"{method}_async")(self.client)
            reading = self.runner.run(read_async(only(reply) if method == "call" else reply))
        elif method == "call":
            reading = read(map(self.adapter.call, [self.client]))
        else:
            reading = read(self.adapter.stream(self.client))
        self._check(reading.characters)
        return reading

    async def _concurrent_calls(self, calls_each: int) -> None:
        async def calls() -> None:
            for _ in range(calls_each):
                self._check(len(await self.adapter.call_async(self.client)))

        await asyncio.gather(*[calls() for _ in range(self.count)])

    def _check(self, characters: int) -> None:
        if characters != self.characters:
            raise ValueError(f"read {characters} characters instead of {self.characters}")

    def _opened(self) -> int:
        with urlopen(urljoin(self.url, "/opened")) as reply:
            return int(reply.read())


def peak_memory() -> float:
    """Megabytes."""
    # Linux's ru_maxrss begins with that of the process which started this one.
    if sys.platform == "linux":
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) / 1024 for line in status if "VmHWM" in line)
    if sys.platform == "win32":
        raise NotImplementedError("Linux or macOS is needed")
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_048_576


def main() -> None:
    adapter, work, order = sys.argv[1:]
    try:
        worker = Worker(import_module(f"contenders.{adapter}"), **json.loads(order))
        print(getattr(worker, work)(), peak_memory())
    except Exception as error:
        print(type(error).__name__)
        raise


if __name__ == "__main__":
    main()
