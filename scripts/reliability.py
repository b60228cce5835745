"""Runs the tests of reliability three times; writes what they measured into docs/reliability.md.

    python scripts/reliability.py

A test that fails in one of the runs leaves the page as it is, and the exit status is 1.
"""

from __future__ import annotations

import datetime
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from minimax_chat._http import default_library

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/reliability.md"
START, END = "<!-- figures of scripts/reliability.py -->\n", "<!-- end of figures -->"
RUNS = 3

Figures = dict[str, Any]


def main() -> int:
    found: list[Figures] = []
    for run in range(1, RUNS + 1):
        print(f"reliability: run {run} of {RUNS}", flush=True)
        figures = measured()
        if figures is None:
            print(f"reliability: run {run} failed; {PAGE.name} is unchanged", file=sys.stderr)
            return 1
        found += figures
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(with_figures(page, f"{facts()}\n\n{tables(found)}"), encoding="utf-8")
    return 0


def measured() -> list[Figures] | None:
    """What one run of the tests has measured; None if a test failed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "figures.jsonl"
        command = [sys.executable, "-P", "-m", "pytest", "-q", "tests/reliability"]
        environment = {**os.environ, "RELIABILITY_FIGURES": str(path)}
        if subprocess.run(command, cwd=ROOT, env=environment).returncode:
            return None
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def facts() -> str:
    today = datetime.datetime.now(datetime.UTC).date()
    python = f"{platform.python_implementation()} {platform.python_version()}"
    http = f"{default_library.__name__} {default_library.__version__}"
    machine = f"{platform.system()}, {os.cpu_count()} cores"
    return f"{RUNS} runs without a failure, on {today}: {python}, {http}, {machine}."


def tables(found: Iterable[Figures]) -> str:
    """A table for each set of figures, in the order in which they were measured."""
    by_columns: dict[tuple[str, ...], dict[str, list[Figures]]] = {}
    for figures in found:
        columns = tuple(name for name in figures if name != "what")
        by_columns.setdefault(columns, {}).setdefault(figures["what"], []).append(figures)
    return "\n\n".join(table(columns, rows) for columns, rows in by_columns.items())


def table(columns: Sequence[str], rows: dict[str, list[Figures]]) -> str:
    lines = [["", *columns], ["---"] * (len(columns) + 1)]
    for what, runs in rows.items():
        lines.append([what, *(cell([run[column] for run in runs]) for column in columns)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cell(values: Sequence[Any]) -> str:
    """The value of all runs, or from the smallest to the largest."""
    if len(set(values)) == 1:
        return shown(values[0])
    if any(isinstance(value, str) for value in values):
        return ", ".join(sorted(set(values)))
    return f"{shown(min(values))} to {shown(max(values))}"


def shown(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:,}"


def with_figures(page: str, figures: str) -> str:
    before, start, rest = page.partition(START)
    _, end, after = rest.partition(END)
    if not end:
        raise SystemExit(f"reliability: {PAGE.name} needs the lines {START.strip()} and {END}")
    return f"{before}{start}\n{figures}\n\n{end}{after}"


if __name__ == "__main__":
    sys.exit(main())
