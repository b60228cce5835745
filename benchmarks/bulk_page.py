"""The page about bulk work, from what its three scripts have measured."""

import json
import statistics
from typing import Any, TypedDict

from environments import FOLDER, ROOT
from report import amount

RESULTS = FOLDER / "bulk_results.json"
TEMPLATE = FOLDER / "bulk_page.md"
PAGE = ROOT / "docs" / "bulk-benchmarks.md"

BARE = "sockets, by hand"
OWN = "AsyncBatch"
LIMITS = ["600 a minute, first", "then", "1,200 a minute, first", "then"]


class Measured(TypedDict):
    """By one process."""

    seconds: float
    cpu_seconds: float
    answered: int
    failed: int
    megabytes: float


class Bulk(TypedDict):
    python: str
    system: str
    cores: int
    versions: dict[str, dict[str, str]]
    counts: dict[str, int]
    measured: dict[str, list[Measured]]
    """By title, from each round."""


def table(found: Bulk) -> str:
    bare = statistics.median(rates(found, BARE))
    lines = [["", "requests", "calls/s", "share", "CPU per call", "memory", "failed"], ["---"] * 7]
    for title, runs in found["measured"].items():
        count = found["counts"][title]
        own = rates(found, title)
        low, median, high = (each / bare for each in (min(own), statistics.median(own), max(own)))
        cpu = statistics.median(run["cpu_seconds"] for run in runs) / count
        lines.append(
            [
                title,
                f"{count:,}",
                amount(statistics.median(own)),
                f"{median:.2f} ({low:.2f} to {high:.2f})",
                f"{cpu * 1e6:,.0f} µs",
                f"{max(run['megabytes'] for run in runs):,.0f} MB",
                f"{statistics.median(run['failed'] for run in runs) / count:.1%}",
            ]
        )
    return markdown(lines)


def rates(found: Bulk, title: str) -> list[float]:
    return [found["counts"][title] / run["seconds"] for run in found["measured"][title]]


def markdown(lines: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def page(results: dict[str, Any]) -> str:
    bulk: Bulk = results["bulk"]
    versions = [
        f"- {name}: " + ", ".join(f"{package} {version}" for package, version in found.items())
        for name, found in bulk["versions"].items()
    ]
    limits = [["", *LIMITS], ["---"] * 5, *results["limits"]]
    return TEMPLATE.read_text("utf-8").format(
        table=table(bulk),
        rounds=len(bulk["measured"][OWN]),
        versions="\n".join(versions),
        limits=markdown(limits),
        kills=figures(results["kills"]),
        memory=figures(results["memory"]),
        **{name: bulk[name] for name in ("python", "system", "cores")},
    )


def figures(found: dict[str, float]) -> str:
    """A table of one row."""
    return markdown([[*found], ["---"] * len(found), [amount(each) for each in found.values()]])


def write(part: str, found: object) -> None:
    """Keeps what a script has measured, and writes the page once there is everything."""
    results: dict[str, Any] = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    results[part] = found
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    if {"bulk", "limits", "kills", "memory"} <= results.keys():
        PAGE.write_text(page(results), "utf-8")
