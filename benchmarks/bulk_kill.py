"""Kills `minimax-chat batch` again and again, then looks at what is left.

    .venv/bin/python benchmarks/bulk_kill.py              100,000 requests, ten kills
    .venv/bin/python benchmarks/bulk_kill.py --memory     a million requests, most of them answered

The first takes four minutes, the second two. Both write their figures into docs/bulk-benchmarks.md.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import bulk_page
from bulk import FAULTS, started

PROGRAM = [str(Path(sys.executable).with_name("minimax-chat")), "batch"]
MILLION = 1_000_000


@dataclass(frozen=True)
class Work:
    """A file of requests, and the file of its results."""

    folder: Path
    count: int

    @property
    def input(self) -> Path:
        return self.folder / "in.jsonl"

    @property
    def output(self) -> Path:
        return self.folder / "out.jsonl"

    def ids(self) -> Iterator[str]:
        return (f"id-{number}" for number in range(self.count))

    def write(self) -> None:
        with self.input.open("w") as file:
            for each in self.ids():
                file.write(f'{{"id": "{each}", "prompt": "Translate sentence {each}."}}\n')

    def start(self, url: str, *options: str, **popen: Any) -> subprocess.Popen[str]:
        command = [*PROGRAM, str(self.input), "-o", str(self.output), *options]
        variables = {"MINIMAX_API_KEY": "benchmark", "MINIMAX_BASE_URL": url}
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return subprocess.Popen(
            command, env={**kept, **variables}, stderr=subprocess.PIPE, text=True, **popen
        )

    def rows(self) -> list[dict[str, Any]]:
        """Raises AssertionError if an id is missing, unknown or there twice."""
        with self.output.open() as file:
            rows = [json.loads(line) for line in file]
        found = [row["custom_id"] for row in rows]
        assert len(found) == len(set(found)), "an id is there twice"
        assert set(found) == set(self.ids()), "not the ids of the input"
        return rows


def stats(url: str) -> dict[str, Any]:
    with urlopen(f"{url}/stats") as reply:
        found: dict[str, Any] = json.load(reply)
    return found


def survive(work: Work, kills: int, seed: int, *options: str) -> dict[str, Any]:
    """What is left after so many kills at random moments and a run to the end."""
    chance = random.Random(seed)
    work.write()
    with started("--faults", str(FAULTS)) as url:
        answered = 0
        for _ in range(kills):
            more = int(chance.uniform(-0.2, 1.8) * work.count / (kills + 1))
            enough = min(answered + more, int(0.9 * work.count))
            # Some are killed while they start.
            moment = chance.uniform(0, 0.02 if answered < enough else 1)
            with work.start(url, *options) as run:
                while answered < enough and run.poll() is None:
                    time.sleep(0.02)
                    answered = stats(url)["answered"]
                time.sleep(moment)
                assert run.poll() is None, "it came to its end before it was killed"
                run.kill()
        with work.start(url, *options) as run:
            _, told = run.communicate()
        assert run.returncode in (0, 1), told
        counted = stats(url)
    rows = work.rows()
    needed = sum(row["error"] is None for row in rows)
    return {
        "requests": work.count,
        "kills": kills,
        "answered": needed,
        "failed": len(rows) - needed,
        "sent in vain": counted["answered"] - needed,
        "at a time": counted["most_concurrent"],
    }


def memory(work: Work) -> dict[str, Any]:
    """Seconds until the first call and peak memory, of a run of which most has been done."""
    work.write()
    left = 1000
    row = {"error": None, "text": "x" * 500}
    with work.output.open("w") as file:
        for number, each in enumerate(work.ids()):
            if number % (work.count // left):
                file.write(json.dumps({"custom_id": each, **row}) + "\n")
    with started() as url:
        began = time.monotonic()
        with work.start(url) as run:
            while not stats(url)["taken"]:
                time.sleep(0.05)
                assert run.poll() is None
            until_first = time.monotonic() - began
            cpu = cpu_seconds(run.pid)
            peak = 0.0
            while run.poll() is None:
                # It is the highest so far; a process that has ended has none.
                lines = Path(f"/proc/{run.pid}/status").read_text().splitlines()
                peak = max([peak, *(int(each.split()[1]) for each in lines if "VmHWM" in each)])
                time.sleep(0.02)
        counted = stats(url)
    return {
        "requests": work.count,
        "left to answer": counted["answered"],
        "seconds until the first call": round(until_first, 1),
        "of them CPU": round(cpu, 1),
        "peak MB": round(peak / 1024),
    }


def cpu_seconds(process: int) -> float:
    if sys.platform == "win32":
        raise OSError("POSIX is needed")
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--count", type=int)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.memory:
            found = memory(Work(Path(folder), options.count or MILLION))
        else:
            work = Work(Path(folder), options.count or 100_000)
            found = survive(work, options.kills, options.seed)
    print(json.dumps(found))
    if options.count is None:
        bulk_page.write("memory" if options.memory else "kills", found)


if __name__ == "__main__":
    main()
