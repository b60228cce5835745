"""Answers many requests with one contender, in that contender's environment.

    python benchmarks/bulk_worker.py ADAPTER URL COUNT CONCURRENCY

Prints as JSON the seconds, the requests answered and failed, and the peak memory in MB.
"""

import asyncio
import json
import sys
import time
from importlib import import_module
from typing import Any

from worker import peak_memory


def main() -> None:
    adapter, url, count, concurrency = sys.argv[1:]
    contender: Any = import_module(f"contenders.{adapter}")
    start = time.perf_counter()
    outcome = asyncio.run(contender.answers(url, int(count), int(concurrency)))
    seconds = time.perf_counter() - start
    print(
        json.dumps(
            {
                "seconds": seconds,
                "cpu_seconds": time.process_time(),
                "answered": outcome.answered,
                "failed": outcome.failed,
                "megabytes": peak_memory(),
            }
        )
    )


if __name__ == "__main__":
    main()
