"""Measures how close a batch comes to a rate limit, in real time.

    .venv/bin/python benchmarks/bulk_limits.py

A stub takes 600 calls a minute for three minutes, then 1,200. Takes seven minutes, and writes its
figures into docs/bulk-benchmarks.md.
"""

import argparse
import asyncio
import json
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import bulk_page
from minimax_chat import AsyncMiniMax
from minimax_chat.ext.batch import AsyncBatch

STUB = Path(__file__).with_name("bulk_stub.py")
LIMIT, RAISED, MINUTES = 600, 1200, 3
KINDS = {"bucket": "token bucket", "minute": "fixed minute, Retry-After"}
RUNS = [(kind, latency) for kind in KINDS for latency in (0.02, 1.0)]


def requests() -> Iterator[dict[str, Any]]:
    for number in count():
        content = f"Request {number}"
        yield {"model": "MiniMax-M2.7", "messages": [{"role": "user", "content": content}]}


async def minutes(kind: str, latency: float, start: float) -> list[dict[str, float]]:
    """What the stub counted in each minute."""
    limits = f"--limit {kind} --rpm {LIMIT} --raised {RAISED} --latency {latency}".split()
    after = start + 60 * MINUTES - time.time()
    stub = await asyncio.create_subprocess_exec(
        sys.executable, str(STUB), *limits, "--after", str(after), stdout=PIPE
    )
    assert stub.stdout is not None
    url = f"http://127.0.0.1:{int(await stub.stdout.readline())}"
    found: list[dict[str, float]] = []

    async def watch(batch: AsyncBatch) -> None:
        for _ in range(2 * MINUTES):
            await asyncio.sleep(start + 60 * (len(found) + 1) - time.time())
            found.append(await asyncio.to_thread(stats, url))
        batch.stop()

    try:
        await asyncio.sleep(start - time.time())
        async with (
            AsyncMiniMax(api_key="benchmark", base_url=url) as client,
            AsyncBatch(client, requests()) as batch,
            asyncio.TaskGroup() as tasks,
        ):
            tasks.create_task(watch(batch))
            async for result in batch:
                assert result.completion or len(found) == 2 * MINUTES, result.error
    finally:
        stub.terminate()
        await stub.wait()
    return found


def stats(url: str) -> dict[str, float]:
    with urlopen(f"{url}/stats") as reply:
        found: dict[str, float] = json.load(reply)
    return found


def cells(found: list[dict[str, float]]) -> list[str]:
    """Of the first minute with each limit, and of all others with it."""
    counted = [{"taken": 0.0, "refused": 0.0}, *found]
    cells: list[str] = []
    for limit, first in ((LIMIT, 0), (RAISED, MINUTES)):
        for start, end in ((first, first + 1), (first + 1, first + MINUTES)):
            taken, refused = (
                counted[end][name] - counted[start][name] for name in ("taken", "refused")
            )
            reached = taken / limit / (end - start)
            cells.append(f"{reached:.0%} reached, {refused / (taken + refused):.1%} refused")
    return cells


async def measure() -> None:
    # Minutes of the clock, as the fixed minute has them.
    start = (time.time() + 5) // 60 * 60 + 60
    found = await asyncio.gather(*[minutes(*run, start) for run in RUNS])
    rows = [
        [f"{KINDS[kind]}, calls of {latency:g} s", *cells(each)]
        for (kind, latency), each in zip(RUNS, found, strict=True)
    ]
    print(bulk_page.markdown(rows))
    bulk_page.write("limits", rows)


def main() -> None:
    argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None).parse_args()
    asyncio.run(measure())


if __name__ == "__main__":
    main()
