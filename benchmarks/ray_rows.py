"""Answers rows on a cluster of this machine, one worker of which is killed, and counts the calls.

    .venv-ray/bin/python benchmarks/ray_rows.py [--rows 100000] [--actors 2] [--kill]

It prints a JSON object. The server is that of tests/support/counting_server.py, in a process of its
own.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

SUPPORT = Path(__file__).parents[1] / "tests" / "support"


def memory(process: int) -> float:
    """MB that it has had at most."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--actors", type=int, default=2)
    parser.add_argument("--concurrency", type=int, default=256)
    parser.add_argument("--kill", action="store_true", help="kill a worker in the middle")
    options = parser.parse_args()
    server = subprocess.Popen(
        [sys.executable, SUPPORT / "counting_server.py"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout
    assert server.stdin
    os.environ |= {"MINIMAX_BASE_URL": server.stdout.readline().strip(), "MINIMAX_API_KEY": "any"}
    sys.path.append(str(SUPPORT))
    with tempfile.TemporaryDirectory() as folder:
        found = run(options, folder)
    # It answers with its counts once its input has ended.
    counts, _ = server.communicate()
    print(json.dumps(found | json.loads(counts), indent=4))


def prompts(batch: dict[str, Any]) -> dict[str, Any]:
    numbers = batch["id"].astype(str)
    return {"custom_id": numbers, "prompt": numbers}


def run(options: argparse.Namespace, folder: str) -> dict[str, Any]:
    ray: Any = import_module("ray")
    data: Any = import_module("ray.data")
    complete: Any = import_module("minimax_chat.ext.ray").complete
    workers: Any = import_module("ray_cluster").workers
    ray.init(include_dashboard=False, log_to_driver=False)
    most = 0.0
    done = threading.Event()

    def watch() -> None:
        nonlocal most
        killed = not options.kill
        while not done.wait(1.0):
            running = workers()
            for process in running:
                with suppress(OSError):  # it has ended
                    most = max(most, memory(process))
            written = sum(1 for _ in Path(folder).glob("*.parquet"))
            if not killed and running and written * 1000 > options.rows / 3:
                if sys.platform == "win32":
                    raise OSError("POSIX is needed")
                os.kill(running[0], signal.SIGKILL)
                killed = True

    rows = data.range(options.rows).map_batches(prompts)
    watcher = threading.Thread(target=watch)
    watcher.start()
    began = time.monotonic()
    answers = complete(
        rows, model="MiniMax-M3", actors=options.actors, concurrency=options.concurrency
    )
    answers.write_parquet(folder, min_rows_per_file=1000)
    seconds = time.monotonic() - began
    done.set()
    watcher.join()
    ids = [row["custom_id"] for row in data.read_parquet(folder, columns=["custom_id"]).iter_rows()]
    ray.shutdown()
    return {
        "rows": options.rows,
        "seconds": round(seconds, 1),
        "rows a second": round(options.rows / seconds),
        "ids": len({*ids}),
        "ids that occur twice": len(ids) - len({*ids}),
        "MB of a worker at most": round(most),
        "MB of the program at most": round(memory(os.getpid())),
    }


if __name__ == "__main__":
    main()
