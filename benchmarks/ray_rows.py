"""Answers rows on a cluster of this machine, one worker of which is killed, and counts the calls.

    .venv-ray/bin/python benchmarks/ray_rows.py [--rows 100000] [--actors 2] [--kill] [--file]

It prints a JSON object. The server is that of bulk_stub.py, in a process of its own, whose faults
are those of bulk.py. At the end, the key is searched for in all that Ray shows and stores.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import threading
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from bulk import FAULTS, started

KEY = "sk-searched-for-0123456789abcdef"
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
    parser.add_argument("--faults", type=float, default=FAULTS, help="share of calls that fail")
    parser.add_argument("--kill", action="store_true", help="kill a worker in the middle")
    parser.add_argument("--file", action="store_true", help="answer a file, not a dataset")
    options = parser.parse_args()
    sys.path.append(str(SUPPORT))
    with (
        started("--faults", str(options.faults)) as url,
        tempfile.TemporaryDirectory() as folder,
    ):
        os.environ |= {"MINIMAX_BASE_URL": url, "MINIMAX_API_KEY": KEY}
        found = run(options, Path(folder))
        with urlopen(f"{url}/stats") as reply:
            stats = json.load(reply)
    sent = {
        "calls": stats["taken"],
        "calls that met a fault": sum(stats["faults"].values()),
        "answers sent in vain": stats["answered"] - options.rows,
    }
    print(json.dumps(found | sent, indent=4))


def prompts(batch: dict[str, Any]) -> dict[str, Any]:
    numbers = batch["id"].astype(str)
    return {"custom_id": numbers, "prompt": numbers}


def run(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    ray: Any = import_module("ray")
    data: Any = import_module("ray.data")
    ours: Any = import_module("minimax_chat.ext.ray")
    workers: Any = import_module("ray_cluster").workers
    session = ray.init(include_dashboard=False, log_to_driver=False).address_info["session_dir"]
    answers, source = folder / "answers", folder / "requests.jsonl"
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
            if not killed and running and answered(url) > options.rows / 3:
                if sys.platform == "win32":
                    raise OSError("POSIX is needed")
                os.kill(running[0], signal.SIGKILL)
                killed = True

    url = os.environ["MINIMAX_BASE_URL"]
    limits = {"actors": options.actors, "concurrency": options.concurrency}
    shown: list[str] = []
    if options.file:
        with source.open("w") as file:
            for number in range(options.rows):
                file.write(f'{{"id": "{number}", "prompt": "{number}"}}\n')
    watcher = threading.Thread(target=watch)
    watcher.start()
    began = time.monotonic()
    if options.file:
        shown.append(str(ours.run_file(str(source), str(answers), model="MiniMax-M3", **limits)))
    else:
        dataset: Any = ours.complete(
            data.range(options.rows).map_batches(prompts), model="MiniMax-M3", **limits
        )
        dataset.write_parquet(str(answers), min_rows_per_file=1000)
        shown += [repr(dataset), repr(dataset._logical_plan.dag.__dict__), dataset.stats()]
    seconds = time.monotonic() - began
    done.set()
    watcher.join()
    read = data.read_json if options.file else data.read_parquet
    rows = read(str(answers)).select_columns(["custom_id", "text", "error"]).take_all()
    ids = {row["custom_id"] for row in rows}
    ray.shutdown()
    logs = [path.read_bytes() for path in Path(session).rglob("*") if path.is_file()]
    return {
        "rows": options.rows,
        "seconds": round(seconds, 1),
        "rows a second": round(options.rows / seconds),
        "ids that are those of the input": len(ids & {str(each) for each in range(options.rows)}),
        "ids that occur twice": len(rows) - len(ids),
        "rows that failed": sum(row["error"] is not None for row in rows),
        "MB of a worker at most": round(most),
        "MB of the program at most": round(memory(os.getpid())),
        "files and texts searched for the key": len(logs) + len(shown),
        "those that have it": sum(KEY.encode() in each for each in logs)
        + sum(KEY in each for each in shown),
    }


def answered(url: str) -> int:
    with urlopen(f"{url}/stats") as reply:
        count: int = json.load(reply)["answered"]
    return count


if __name__ == "__main__":
    main()
