"""Makes one call in a process of its own; prints how it ended, after how long, at what memory.

python one_call.py BASE_URL sync|async plain|streamed TOTAL_TIMEOUT
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from pathlib import Path
from typing import Any

from minimax_chat import AsyncMiniMax, MiniMax, MiniMaxError

REQUEST: dict[str, Any] = {
    "model": "MiniMax-M2.7",
    "messages": [{"role": "user", "content": "Hello"}],
    "max_retries": 0,
}


def peak_memory() -> float:
    """MB that this process has had at most."""
    status = Path("/proc/self/status")
    if status.exists():  # where ru_maxrss includes the parent, whose memory was inherited at first
        (line,) = re.findall(r"VmHWM:\s*(\d+) kB", status.read_text())
        return int(line) / 1000
    if sys.platform == "win32":
        raise NotImplementedError
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # in bytes, on macOS


def call(base_url: str, streamed: bool) -> int:
    with MiniMax(base_url=base_url, api_key="any") as client:
        if not streamed:
            client.chat.completions.create(**REQUEST)
            return 0
        with client.chat.completions.create(**REQUEST, stream=True) as stream:
            return sum(1 for _ in stream)


async def async_call(base_url: str, streamed: bool) -> int:
    async with AsyncMiniMax(base_url=base_url, api_key="any") as client:
        if not streamed:
            await client.chat.completions.create(**REQUEST)
            return 0
        async with await client.chat.completions.create(**REQUEST, stream=True) as stream:
            return len([1 async for _ in stream])


def main(base_url: str, kind: str, mode: str, total_timeout: str) -> None:
    REQUEST["total_timeout"] = float(total_timeout)
    outcome = message = ""
    memory, start = peak_memory(), time.monotonic()
    try:
        if kind == "async":
            asyncio.run(async_call(base_url, mode == "streamed"))
        else:
            call(base_url, mode == "streamed")
    except MiniMaxError as error:
        outcome, message = type(error).__name__, error.message
    seconds = time.monotonic() - start
    figures = {"seconds": seconds, "megabytes": peak_memory() - memory}
    print(json.dumps({"outcome": outcome, "message": message, **figures}))


if __name__ == "__main__":
    main(*sys.argv[1:])
