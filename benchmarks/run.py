"""Measures what the client costs, beside the least that is possible and beside other SDKs.

    python benchmarks/run.py            measure, then rewrite docs/benchmarks.md and the README
    python benchmarks/run.py --check    measure, and fail if a ratio got worse than committed

The page says how it is measured.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import report
from environments import (
    CONTENDERS,
    FOLDER,
    ROOT,
    Contender,
    SetupError,
    certificate,
    extra_exists,
    install,
    variables,
    versions,
)
from headroom import replies_per_second
from rows import ROWS, Row
from stub import raise_file_limit

RESULTS = FOLDER / "results.json"
PAGE = ROOT / "docs" / "benchmarks.md"
README = ROOT / "README.md"

IMPORT = "import time; start = time.process_time(); {}; print(time.process_time() - start)"
COLD = """
import sys, time
from importlib import import_module
adapter = import_module(f"contenders.{sys.argv[1]}")
print(next(adapter.stream(adapter.client(sys.argv[2]))) and time.process_time())
"""


class Failed(Exception):
    """The message is the class of the exception that a contender raised."""


class Bench:
    """The processes of a run, which end with its `with` block."""

    def __init__(self, environment: Mapping[str, str], certificate: Path) -> None:
        self.environment = environment
        self.processes = ExitStack()
        self.workers: dict[str, subprocess.Popen[str]] = {}
        stub = self.start([sys.executable, "stub.py", str(certificate)])
        assert stub.stdout is not None
        started = json.loads(stub.stdout.readline())
        self.port, self.tls_port = started["ports"]
        self.characters = started["characters"]
        self.memory: dict[tuple[str, str], float] = {}
        """Peak memory of the latest fresh process, by row and contender."""

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *exception: object) -> None:
        self.processes.close()

    def start(self, command: Sequence[str]) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command,
            cwd=FOLDER,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # Ctrl-C reaches this process alone, which stops the others.
            start_new_session=True,
        )
        self.processes.callback(stop, process)
        return process

    def measure(self, row: Row, contender: Contender) -> float:
        """One value; raises Failed."""
        if row.memory_of is not None:
            return self.recorded(row.memory_of, contender)
        if row.process == "import":
            return self.bare([IMPORT.format(contender.statement)], contender)
        if row.process == "cold":
            url = f"https://127.0.0.1:{self.tls_port}/{row.reply}"
            return self.bare([COLD, contender.adapter, url], contender)
        worker = self.workers.get(contender.name)
        if worker is None or row.process == "fresh":
            worker = self.start([contender.python, "worker.py", contender.adapter])
        if row.process == "worker":
            self.workers[contender.name] = worker
        order = {
            "work": row.work,
            "url": f"http://127.0.0.1:{self.port}/{row.reply}",
            "asynchronous": row.asynchronous,
            "count": row.count,
            "characters": self.characters[row.reply],
        }
        answer = ask(worker, order)
        if row.process == "fresh":
            stop(worker)
        if "failure" in answer:
            raise Failed(answer["failure"])
        self.memory[row.name, contender.name] = answer["megabytes"]
        return float(answer["value"])

    def recorded(self, row: str, contender: Contender) -> float:
        if (row, contender.name) not in self.memory:
            raise Failed(f"see {row}")
        return self.memory[row, contender.name]

    def bare(self, arguments: Sequence[str], contender: Contender) -> float:
        process = self.start([contender.python, "-c", *arguments])
        output, _ = process.communicate()
        if process.returncode:
            raise Failed(f"exit status {process.returncode}")
        return float(output)


def ask(worker: subprocess.Popen[str], order: Mapping[str, Any]) -> dict[str, Any]:
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write(json.dumps(order) + "\n")
    worker.stdin.flush()
    answer: dict[str, Any] = json.loads(worker.stdout.readline() or '{"failure": "crash"}')
    return answer


def stop(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.terminate()
        process.communicate()


def takes_part(row: Row, contender: Contender) -> bool:
    return not (row.calls_only and contender.streams_only)


def measure_rounds(
    bench: Bench, rows: Sequence[Row], contenders: Sequence[Contender], rounds: int
) -> tuple[dict[str, dict[str, list[float]]], dict[str, dict[str, str]]]:
    """The values and the failures, by row and contender."""
    values: dict[str, dict[str, list[float]]] = {row.name: {} for row in rows}
    failures: dict[str, dict[str, str]] = {row.name: {} for row in rows}
    # The first round, which compiles bytecode and opens connections, does not count.
    for number in range(rounds + 1):
        # In random order, so that nobody always follows the same one; the same in every run.
        turns = random.Random(number).sample(contenders, len(contenders))
        warming_up = number == 0
        for row in rows:
            if not is_due(row, number):
                continue
            name = "warm-up" if warming_up else f"round {number} of {rounds}"
            print(f"{name}: {row.name}", file=sys.stderr, flush=True)
            for contender in turns:
                if not takes_part(row, contender) or contender.name in failures[row.name]:
                    continue
                try:
                    value = bench.measure(row, contender)
                except Failed as failure:
                    failures[row.name][contender.name] = str(failure)
                    continue
                if not warming_up:
                    values[row.name].setdefault(contender.name, []).append(value)
    return values, failures


def is_due(row: Row, number: int) -> bool:
    """Whether a row is measured in this round; slow ones need no warm-up in round 0."""
    if number == 0:
        return row.every == 1
    return (number - 1) % row.every == 0


def measure_headroom(bench: Bench, row: Row) -> float:
    """The best of three: what the stub can do, not what it did."""
    return max(asyncio.run(replies_per_second(bench.port, row.reply, row.count)) for _ in range(3))


def run(rows: Sequence[Row], contenders: Sequence[Contender], rounds: int) -> report.Results:
    for contender in contenders:
        print(f"installing {contender.name}", file=sys.stderr, flush=True)
        install(contender)
    made = certificate()
    with Bench(variables(CONTENDERS[0], made), made) as bench:
        headroom = {row.name: measure_headroom(bench, row) for row in rows if row.work == "burst"}
        values, failures = measure_rounds(bench, rows, contenders, rounds)
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count() or 0,
        "rounds": rounds,
        "versions": {contender.name: versions(contender) for contender in contenders},
        "headroom": {name: round(rate) for name, rate in headroom.items()},
        "rows": {
            row.name: report.figures(row, values[row.name], headroom.get(row.name)) for row in rows
        },
        "failures": failures,
    }


def selected_rows(names: Sequence[str]) -> list[Row]:
    chosen = [row for row in ROWS if not names or row.name in names]
    needed = {row.memory_of for row in chosen}
    return [row for row in ROWS if row in chosen or row.name in needed]


def selected_contenders(names: Sequence[str]) -> list[Contender]:
    """Those chosen, with the two that the ratios refer to."""
    found: list[Contender] = []
    for contender in CONTENDERS:
        if names and contender.name not in (*names, "floor", "openai"):
            continue
        if contender.extra is not None and not extra_exists(contender.extra):
            message = f"skipping {contender.name}: pyproject.toml has no extra {contender.extra}"
            print(message, file=sys.stderr)
            continue
        found.append(contender)
    return found


def write(results: report.Results) -> None:
    text = json.dumps(results, indent=1, ensure_ascii=False) + "\n"
    RESULTS.write_text(text, "utf-8")
    PAGE.write_text(report.page(results), "utf-8")
    README.write_text(report.with_claim(README.read_text("utf-8"), results), "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    row_names = [row.name for row in ROWS]
    names = [contender.name for contender in CONTENDERS]
    parser.add_argument("--only", nargs="+", default=[], choices=row_names, metavar="ROW")
    parser.add_argument("--contenders", nargs="+", default=[], choices=names, metavar="NAME")
    parser.add_argument("--rounds", type=int, default=9, help="rounds to measure (default: 9)")
    parser.add_argument("--check", action="store_true", help="compare with the committed ratios")
    options = parser.parse_args()
    rows = selected_rows(options.only)
    raise_file_limit()
    try:
        results = run(rows, selected_contenders(options.contenders), options.rounds)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    print(report.table(results))
    if options.check:
        committed: report.Results = json.loads(RESULTS.read_text("utf-8"))
        lines = report.worse(results, committed)
        for line in lines:
            print(f"worse: {line}", file=sys.stderr)
        return 1 if lines else 0
    if not options.only and not options.contenders:
        write(results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
