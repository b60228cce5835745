"""Measures one contender, in that contender's environment.

    python benchmarks/worker.py ADAPTER

Reads orders from standard input, one JSON object a line, and answers each with a line.
"""

from __future__ import annotations

import asyncio
import gc
import json
import resource
import socket
import sys
import time
from collections.abc import AsyncIterator, Iterator
from importlib import import_module
from typing import Any, TypedDict
from urllib.parse import urlsplit

from stub import raise_file_limit


class Order(TypedDict):
    work: str
    url: str
    asynchronous: bool
    count: int
    characters: int
    """Length of the text of each reply, to prove that all of it was read."""


class Worker:
    def __init__(self, adapter: Any) -> None:
        self.adapter = adapter
        self.clients: dict[tuple[str, bool], Any] = {}
        self.runner = asyncio.Runner()

    def measure(self, order: Order) -> float:
        client = self.client(order["url"], order["asynchronous"])
        work = getattr(self, order["work"] + ("_async" if order["asynchronous"] else ""))
        gc.collect()
        if order["asynchronous"]:
            return float(self.runner.run(work(client, order)))
        return float(work(client, order))

    def client(self, url: str, asynchronous: bool) -> Any:
        if (url, asynchronous) not in self.clients:
            make = self.adapter.client_async if asynchronous else self.adapter.client
            self.clients[url, asynchronous] = make(url)
        return self.clients[url, asynchronous]

    def events(self, client: Any, order: Order) -> float:
        start = time.process_time()
        characters = sum(map(len, self.adapter.stream(client)))
        seconds = time.process_time() - start
        check(characters, order)
        return seconds / order["count"]

    async def events_async(self, client: Any, order: Order) -> float:
        start = time.process_time()
        characters = 0
        async for text in self.adapter.stream_async(client):
            characters += len(text)
        seconds = time.process_time() - start
        check(characters, order)
        return seconds / order["count"]

    def calls(self, client: Any, order: Order) -> float:
        start = time.process_time()
        for _ in range(order["count"]):
            check(len(self.adapter.call(client)), order)
        return (time.process_time() - start) / order["count"]

    async def calls_async(self, client: Any, order: Order) -> float:
        start = time.process_time()
        for _ in range(order["count"]):
            check(len(await self.adapter.call_async(client)), order)
        return (time.process_time() - start) / order["count"]

    def first_text(self, client: Any, order: Order) -> float:
        seconds = 0.0
        for _ in range(order["count"]):
            start = time.process_time()
            texts: Iterator[str] = self.adapter.stream(client)
            characters = len(next(texts))
            seconds += time.process_time() - start
            check(characters + sum(map(len, texts)), order)
        return seconds / order["count"]

    async def first_text_async(self, client: Any, order: Order) -> float:
        seconds = 0.0
        for _ in range(order["count"]):
            start = time.process_time()
            texts: AsyncIterator[str] = self.adapter.stream_async(client)
            characters = len(await anext(texts))
            seconds += time.process_time() - start
            async for text in texts:
                characters += len(text)
            check(characters, order)
        return seconds / order["count"]

    async def burst_async(self, client: Any, order: Order) -> float:
        """Calls per second of concurrent calls."""
        calls_each = max(1, 500 // order["count"])

        async def calls(number: int) -> None:
            for _ in range(number):
                check(len(await self.adapter.call_async(client)), order)

        await asyncio.gather(*[calls(1) for _ in range(order["count"])])
        start = time.perf_counter()
        await asyncio.gather(*[calls(calls_each) for _ in range(order["count"])])
        return order["count"] * calls_each / (time.perf_counter() - start)

    def connections(self, client: Any, order: Order) -> float:
        before = opened_connections(order["url"])
        for _ in range(order["count"]):
            check(sum(map(len, self.adapter.stream(client))), order)
        # The question itself opens one.
        return opened_connections(order["url"]) - before - 1

    def growth(self, client: Any, order: Order) -> float:
        """Megabytes that memory grew by after the first fifth of a stream."""
        characters, before = 0, 0.0
        for number, text in enumerate(self.adapter.stream(client)):
            characters += len(text)
            if number == order["count"] // 5:
                before = peak_memory()
        check(characters, order)
        return peak_memory() - before


def check(characters: int, order: Order) -> None:
    if characters != order["characters"]:
        raise ValueError(f"read {characters} characters instead of {order['characters']}")


def opened_connections(url: str) -> int:
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(b"GET /opened HTTP/1.0\r\n\r\n")
        with connection.makefile("rb") as reply:
            return int(reply.read().split()[-1])


def peak_memory() -> float:
    """Megabytes."""
    # Linux's ru_maxrss begins with that of the process which started this one.
    if sys.platform == "linux":
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) / 1024 for line in status if "VmHWM" in line)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_048_576


def main() -> None:
    raise_file_limit()
    worker = Worker(import_module(f"contenders.{sys.argv[1]}"))
    for line in sys.stdin:
        try:
            answer: dict[str, object] = {
                "value": worker.measure(json.loads(line)),
                "megabytes": peak_memory(),
            }
        # A contender that fails in one row still takes part in the others.
        except Exception as error:
            print(f"{sys.argv[1]}: {line.strip()}: {error!r}", file=sys.stderr, flush=True)
            answer = {"failure": type(error).__name__}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
