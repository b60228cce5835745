"""Results as a page, as a sentence for the README, and compared with earlier ones."""

from __future__ import annotations

import re
import statistics
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict

from rows import ROWS, Row

SCALES = {"µs per event": 1e6, "µs": 1e6, "ms": 1e3}
OWN = ("minimax-chat", "minimax-chat+speed")
BUSY = 0.8
"""The share of the stub's head-room from which on the stub may be what is measured."""


class Figure(TypedDict):
    """What one contender reached in one row."""

    median: float
    """In seconds, calls/s, MB or connections."""
    value: float
    """The median of the ratio in each round or, in a row without a base, of the figure itself."""
    low: float
    """The lower quartile of the same; `high` is the upper one."""
    high: float
    rounds: int
    server_bound: bool


class Results(TypedDict):
    python: str
    system: str
    cores: int
    rounds: int
    versions: dict[str, dict[str, str]]
    headroom: dict[str, float]
    """Replies per second of the stub, by row."""
    rows: dict[str, dict[str, Figure]]
    failures: dict[str, dict[str, str]]
    """The class of the exception, by row and contender that cannot do the work."""


def figures(
    row: Row, values: Mapping[str, Sequence[float]], headroom: float | None
) -> dict[str, Figure]:
    """The figures of a row, given each contender's value per round."""
    base = values.get(row.base) if row.base else None
    if row.base and not base:
        return {}
    found: dict[str, Figure] = {}
    for name, own in values.items():
        median = statistics.median(own)
        # Noise lasts longer than a round, so a ratio within one is steadier than one of medians.
        spread = [mine / other for mine, other in zip(own, base, strict=True)] if base else own
        low = value = high = spread[0]
        if len(spread) > 1:
            low, value, high = statistics.quantiles(spread, n=4, method="inclusive")
        found[name] = {
            "median": median,
            "value": round(value, 3),
            "low": round(low, 3),
            "high": round(high, 3),
            "rounds": len(own),
            "server_bound": headroom is not None and median > BUSY * headroom,
        }
    return found


def worse(results: Results, committed: Results) -> list[str]:
    """The rows in which this project's client got worse than committed, beyond the tolerance."""
    found: list[str] = []
    for row in ROWS:
        for name in OWN:
            before = committed["rows"].get(row.name, {}).get(name)
            now = results["rows"].get(row.name, {}).get(name)
            failure = results["failures"].get(row.name, {}).get(name)
            if before and failure:
                found.append(f"{row.name}: {name} fails with {failure}")
            elif before and now and is_worse(row, now, before):
                found.append(
                    f"{row.name}: {name} was {before['value']:.2f}, now is {now['value']:.2f}"
                )
    return found


def is_worse(row: Row, now: Figure, before: Figure) -> bool:
    if row.higher_is_better:
        limit = before["value"] * (1 - row.tolerance)
        return now["value"] < limit and not now["server_bound"]
    return now["value"] > before["value"] * (1 + row.tolerance) + row.slack


def table(results: Results) -> str:
    names = list(results["versions"])
    lines = [
        "| " + " | ".join(["work", "1 is", *names]) + " |",
        "|---" * (len(names) + 2) + "|",
    ]
    for row in ROWS:
        if row.name in results["rows"]:
            cells = [row.title, base_cell(row, results)]
            cells += [cell(row, name, results) for name in names]
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def base_cell(row: Row, results: Results) -> str:
    if row.base is None or row.base not in results["rows"][row.name]:
        return row.unit or "–"
    median = results["rows"][row.name][row.base]["median"]
    return f"{row.base}, {amount(median * SCALES.get(row.unit, 1))} {row.unit}"


def cell(row: Row, name: str, results: Results) -> str:
    if failure := results["failures"][row.name].get(name):
        return f"fails ({failure})"
    figure = results["rows"][row.name].get(name)
    if figure is None:
        return "–"
    if row.base is None:
        return amount(figure["median"])
    ratio = f"{figure['value']:.2f}"
    if name != row.base:
        ratio += f" ({figure['low']:.2f} to {figure['high']:.2f})"
    return f"≥ {ratio}, server-bound" if figure["server_bound"] else ratio


def amount(number: float) -> str:
    return f"{number:.1f}" if 0 < number < 100 and number != int(number) else f"{number:,.0f}"


TEMPLATE = Path(__file__).with_name("page.md")


def page(results: Results) -> str:
    rates = [
        f"{rate:,.0f} calls/s ({row.title.split(' async')[0]})"
        for row in ROWS
        if (rate := results["headroom"].get(row.name)) is not None
    ]
    versions = [
        f"- {name}: " + ", ".join(f"{package} {version}" for package, version in found.items())
        for name, found in results["versions"].items()
    ]
    return TEMPLATE.read_text("utf-8").format(
        table=table(results),
        row_names=", ".join(f"`{row.name}`" for row in ROWS),
        headroom=f"The stub's head-room was {' and '.join(rates)}." if rates else "",
        versions="\n".join(versions),
        busy=round(BUSY * 100),
        tolerance=round(Row("", "", "", "").tolerance * 100),
        rate_tolerance=round(max(row.tolerance for row in ROWS) * 100),
        **{name: results[name] for name in ("rounds", "python", "system", "cores")},
    )


def claim(results: Results) -> str:
    """The README's sentence about performance."""

    def percent(row: str) -> int:
        figures = results["rows"][row]
        return round(100 * figures["minimax-chat"]["value"] / figures["openai"]["value"])

    openai = ".".join(results["versions"]["openai"]["openai"].split(".")[:2])
    python = ".".join(results["python"].split(".")[:2])
    text = (
        f"It is also light: of the CPU time that the OpenAI SDK {openai} takes, an import needs "
        f"{percent('import')} %, a call {percent('call-sync')} % and an event of a stream "
        f"{percent('stream-sync')} % (Python {python}; "
        "[docs/benchmarks.md](docs/benchmarks.md) has the method, other libraries and the command "
        "that measures them)."
    )
    return textwrap.fill(text, 120, break_long_words=False, break_on_hyphens=False)


def with_claim(readme: str, results: Results) -> str:
    pattern = re.compile(r"^It is also light.*?(?=\n\n)", re.MULTILINE | re.DOTALL)
    return pattern.sub(lambda _: claim(results), readme, count=1)
