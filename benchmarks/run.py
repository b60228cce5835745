"""Measures what the client costs, beside the least that is possible and beside other SDKs.

    python benchmarks/run.py            measure, then rewrite docs/benchmarks.md and the README
    python benchmarks/run.py --check    measure, and fail if a ratio got worse than committed

The page says how it is measured.
"""

import argparse
import asyncio
import json
import os
import platform
import random
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import environments
import report
import stub
from environments import CONTENDERS, FOLDER, ROOT, Contender
from headroom import replies_per_second
from rows import BURST, COLD, IMPORT, MEASURED, Row

RESULTS = FOLDER / "results.json"
PAGE = ROOT / "docs" / "benchmarks.md"
README = ROOT / "README.md"

TIME_IMPORT = "import time; start = time.process_time(); {}; print(time.process_time() - start)"
TIME_COLD = """
import sys, time
from importlib import import_module
adapter = import_module(f"contenders.{sys.argv[1]}")
print(next(adapter.stream(adapter.client(sys.argv[2]))) and time.process_time())
"""


class Failed(Exception):
    """The message is the class of the exception that a contender raised."""


@dataclass(frozen=True)
class Bench:
    environment: Mapping[str, str]
    port: int
    tls_port: int

    def measure(self, row: Row, contender: Contender) -> list[float]:
        """The row's value and, if a worker measured it, its peak memory; raises Failed."""
        done = subprocess.run(
            [contender.python, *self.arguments(row, contender)],
            cwd=FOLDER,
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
            # Ctrl-C reaches this process alone, which stops the other.
            start_new_session=True,
        )
        if done.returncode:
            raise Failed(done.stdout.strip() or f"exit status {done.returncode}")
        return [float(f"{float(number):.4g}") for number in done.stdout.split()]

    def arguments(self, row: Row, contender: Contender) -> list[str]:
        if row.work is IMPORT:
            return ["-c", TIME_IMPORT.format(contender.statement)]
        if row.work is COLD:
            url = f"https://127.0.0.1:{self.tls_port}/{row.reply}"
            return ["-c", TIME_COLD, contender.adapter, url]
        order = {
            "url": f"http://127.0.0.1:{self.port}/{row.reply}",
            "asynchronous": row.asynchronous,
            "count": row.count,
            "characters": stub.characters(row.reply),
        }
        return ["worker.py", contender.adapter, row.work.name, json.dumps(order)]

    def headroom(self, row: Row) -> float:
        """The best of three: what the stub can do, not what it did."""
        runs = [replies_per_second(self.port, row.reply, row.count) for _ in range(3)]
        return round(max(map(asyncio.run, runs)))


@contextmanager
def started() -> Generator[Bench]:
    certificate = environments.certificate()
    command = [sys.executable, "stub.py", str(certificate)]
    with subprocess.Popen(
        command, cwd=FOLDER, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as server:
        assert server.stdout is not None
        try:
            ports = json.loads(server.stdout.readline())
            yield Bench(environments.variables(CONTENDERS[0], certificate), *ports)
        finally:
            server.terminate()


def run(rows: Sequence[Row], contenders: Sequence[Contender], rounds: int) -> report.Results:
    for contender in contenders:
        print(f"installing {contender.name}", file=sys.stderr)
        environments.install(contender)
    results: report.Results = {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count() or 0,
        "rounds": rounds,
        "versions": {item.name: environments.versions(item) for item in contenders},
        "headroom": {},
        "rows": {},
        "failures": {},
    }
    with started() as bench:
        for row in rows:
            if row.work is BURST:
                results["headroom"][row.name] = bench.headroom(row)
        for number in range(rounds):
            # In random order, so that nobody always follows the same one; the same in every run.
            turns = random.Random(number).sample(contenders, len(contenders))
            for row in rows:
                if number % row.every == 0:
                    print(f"round {number + 1} of {rounds}: {row.name}", file=sys.stderr)
                    measure(bench, row, turns, results)
    return results


def measure(bench: Bench, row: Row, turns: Sequence[Contender], results: report.Results) -> None:
    """Adds a value of each contender."""
    values = results["rows"].setdefault(row.name, {})
    failures = results["failures"].setdefault(row.name, {})
    for contender in turns:
        left_out = contender.streams_only and row.work.calls
        if left_out or contender.name in failures:
            continue
        try:
            value, *memory = bench.measure(row, contender)
        except Failed as failure:
            failures[contender.name] = str(failure)
            continue
        values.setdefault(contender.name, []).append(value)
        if row.memory_row is not None:
            memory_values = results["rows"].setdefault(row.memory_row, {})
            memory_values.setdefault(contender.name, []).extend(memory)


def selected(names: Sequence[str]) -> list[Contender]:
    """Those chosen, with the two that the ratios refer to."""
    found: list[Contender] = []
    for contender in CONTENDERS:
        if contender.name not in (*names, "floor", "openai"):
            continue
        if contender.extra is not None and not environments.extra_exists(contender.extra):
            message = f"skipping {contender.name}: pyproject.toml has no extra {contender.extra}"
            print(message, file=sys.stderr)
            continue
        found.append(contender)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    row_names = [row.name for row in MEASURED]
    names = [contender.name for contender in CONTENDERS]
    parser.add_argument("--only", nargs="+", default=row_names, choices=row_names, metavar="ROW")
    parser.add_argument("--contenders", nargs="+", default=names, choices=names, metavar="NAME")
    parser.add_argument("--rounds", type=int, default=5, help="rounds to measure (default: 5)")
    parser.add_argument("--check", action="store_true", help="compare with the committed ratios")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    if sys.platform == "win32":
        print("Linux or macOS is needed; on Windows, run this in WSL", file=sys.stderr)
        return 2
    import resource

    # The other processes inherit it: a thousand connections exceed a usual limit.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        rows = [row for row in MEASURED if row.name in options.only]
        results = run(rows, selected(options.contenders), options.rounds)
    except environments.SetupError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    print(report.table(results))
    if options.check:
        lines = report.worse(results, json.loads(RESULTS.read_text("utf-8")))
        for line in lines:
            print(f"worse: {line}", file=sys.stderr)
        return 1 if lines else 0
    if options.only == row_names and options.contenders == names:
        RESULTS.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
        PAGE.write_text(report.page(results), "utf-8")
        README.write_text(report.with_claim(README.read_text("utf-8"), results), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
