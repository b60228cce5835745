"""Measures how close a batch comes to a rate limit, in real time.

    .venv/bin/python benchmarks/bulk_limits.py

A stub takes 600 calls a minute for three minutes, then 1,200. Prints, for each minute, the calls
taken as a share of the limit and the share of calls refused. Takes seven minutes.
"""

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

from minimax_chat import AsyncMiniMax
from minimax_chat.ext.batch import AsyncBatch

STUB = Path(__file__).with_name("bulk_stub.py")
LIMIT, RAISED, MINUTES = 600, 1200, 3
RUNS = [(kind, latency) for kind in ("bucket", "minute") for latency in (0.02, 1.0)]


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


def row(found: list[dict[str, float]]) -> list[str]:
    """The cells of each minute."""
    cells: list[str] = []
    before = {"taken": 0.0, "refused": 0.0}
    for minute, after in enumerate(found):
        limit = LIMIT if minute < MINUTES else RAISED
        taken, refused = (after[name] - before[name] for name in ("taken", "refused"))
        cells.append(f"{taken / limit:.1%}, {refused / max(1, taken + refused):.1%}")
        before = after
    return cells


async def main() -> None:
    # Minutes of the clock, as the fixed minute has them.
    start = (time.time() + 5) // 60 * 60 + 60
    found = await asyncio.gather(*[minutes(*run, start) for run in RUNS])
    for (kind, latency), each in zip(RUNS, found, strict=True):
        print(f"| {kind}, {latency:g} s | {' | '.join(row(each))} |")


if __name__ == "__main__":
    asyncio.run(main())
