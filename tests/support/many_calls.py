"""Makes calls of every kind in a process of its own; prints what it held before and after.

python many_calls.py BASE_URL sync|async CALLS
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

from driver import Client, Driver
from minimax_chat import MiniMaxError
from one_call import peak_memory

WARM_UP = 1000
ANSWERED = {"plain", "streamed", "left", "dropped"}
FAILED = {"cut off", "HTTP 500", "reset", "no JSON"}
KINDS = ["cut off", "HTTP 500", "left", "plain", "reset", "dropped", "no JSON", "streamed"]


def call(client: Client, kind: str) -> None:
    arguments: dict[str, Any] = {"messages": [{"role": "user", "content": kind}]}
    if kind in ("left", "dropped"):
        stream = client.stream(**arguments)
        next(stream)
        if kind == "left":
            stream.close()
    else:
        client.text(kind in ("streamed", "cut off"), **arguments)


async def tasks() -> int:
    # Debug mode, a part of -X dev, would take four times as long.
    asyncio.get_running_loop().set_debug(False)
    return len(asyncio.all_tasks()) - 1


def held(driver: Driver) -> dict[str, float]:
    gc.collect()
    return {
        "file descriptors": len(os.listdir("/dev/fd")),
        "threads": threading.active_count(),
        "tasks": driver.run(tasks()) if driver.asynchronous else 0,
        "megabytes": memory(),
    }


def memory() -> float:
    """MB that this process has; where that is unknown, has had at most."""
    status = Path("/proc/self/status")
    if not status.exists():
        return peak_memory()
    (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1000


def main(base_url: str, kind: str, calls: str) -> None:
    driver = Driver(asynchronous=kind == "async")
    client = driver.client(base_url, max_retries=0)
    found = [held(driver)]
    for count in (WARM_UP, int(calls)):
        for number in range(count):
            kind = KINDS[number % len(KINDS)]
            try:
                call(client, kind)
                assert kind in ANSWERED
            except MiniMaxError:
                assert kind in FAILED
        found.append(held(driver))
    driver.close()
    print(json.dumps(found[1:]))


if __name__ == "__main__":
    main(*sys.argv[1:])
