"""Results as a page, as a sentence for the README, and compared with earlier ones."""

import re
import statistics
import textwrap
from pathlib import Path
from typing import NamedTuple, TypedDict

from rows import MEASURED, ROWS, Row
from worker import CPU_SECONDS

OWN = ("minimax-chat", "minimax-chat+speed")
BUSY = 0.8
"""The share of the stub's head-room from which on the stub may be what is measured."""
TEMPLATE = Path(__file__).with_name("page.md")


class Results(TypedDict):
    python: str
    system: str
    cores: int
    rounds: int
    versions: dict[str, dict[str, str]]
    headroom: dict[str, float]
    """Replies per second of the stub, by row."""
    rows: dict[str, dict[str, list[float]]]
    """In seconds, calls/s, MB or connections, by row and contender, from each round."""
    failures: dict[str, dict[str, str]]
    """The class of the exception, by row and contender that cannot do the work."""


class Figure(NamedTuple):
    """The median of a contender's values, between their quartiles; in a row with a base, over the
    median of the base's values."""

    low: float
    median: float
    high: float
    server_bound: bool


def figure(results: Results, row: Row, name: str) -> Figure | None:
    """None if the contender, or the base, has no part in the row or fails."""
    values = results["rows"].get(row.name, {})
    own = values.get(name)
    base = values.get(row.work.base) if row.work.base else [1.0]
    if not own or not base:
        return None
    # Python 3.11 and 3.12 know no quartiles of a single value.
    quartiles = statistics.quantiles(own if len(own) > 1 else own * 2, n=4, method="inclusive")
    unit = statistics.median(base)
    low, median, high = [value / unit for value in quartiles]
    bound = BUSY * results["headroom"].get(row.name, float("inf"))
    return Figure(low, median, high, statistics.median(own) > bound)


def worse(results: Results, committed: Results) -> list[str]:
    """The rows in which this project's client got worse than committed, beyond the tolerance."""
    found: list[str] = []
    for row in ROWS:
        for name in OWN:
            before, now = figure(committed, row, name), figure(results, row, name)
            failure = results["failures"].get(row.name, {}).get(name)
            if before and failure:
                found.append(f"{row.name}: {name} fails with {failure}")
            elif before and now and is_worse(row, now, before):
                found.append(f"{row.name}: {name} was {before.median:.2f}, is {now.median:.2f}")
    return found


def is_worse(row: Row, now: Figure, before: Figure) -> bool:
    """Whether the two ranges between the quartiles are farther apart than tolerated."""
    if row.work.higher_is_better:
        return now.high < before.low * (1 - row.work.tolerance) and not now.server_bound
    return now.low > before.high * (1 + row.work.tolerance)


def table(results: Results) -> str:
    names = list(results["versions"])
    lines = [["work", "1 is", *names], ["---"] * (len(names) + 2)]
    for row in ROWS:
        if row.name in results["rows"]:
            cells = [cell(results, row, name) for name in names]
            lines.append([row.title, base_cell(results, row), *cells])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def base_cell(results: Results, row: Row) -> str:
    values = results["rows"][row.name].get(row.work.base or "")
    if not values:
        return row.work.unit or "–"
    return f"{row.work.base}, {amount(statistics.median(values) * row.work.scale)} {row.work.unit}"


def cell(results: Results, row: Row, name: str) -> str:
    if failure := results["failures"].get(row.name, {}).get(name):
        return f"fails ({failure})"
    found = figure(results, row, name)
    if found is None:
        return "–"
    if row.work.base is None:
        return amount(found.median)
    text = f"{found.median:.2f}"
    if found.low < found.high:
        text += f" ({found.low:.2f} to {found.high:.2f})"
    return f"≥ {text}, server-bound" if found.server_bound else text


def amount(number: float) -> str:
    return f"{number:.1f}" if 0 < number < 100 and number != int(number) else f"{number:,.0f}"


def page(results: Results) -> str:
    rates = [f"{rate:,.0f} calls/s (`{name}`)" for name, rate in results["headroom"].items()]
    versions = [
        f"- {name}: " + ", ".join(f"{package} {version}" for package, version in found.items())
        for name, found in results["versions"].items()
    ]
    return TEMPLATE.read_text("utf-8").format(
        table=table(results),
        row_names=", ".join(f"`{row.name}`" for row in MEASURED),
        headroom=f"The stub's head-room was {' and '.join(rates)}." if rates else "",
        versions="\n".join(versions),
        busy=round(BUSY * 100),
        cpu_seconds=CPU_SECONDS,
        tolerance=round(min(row.work.tolerance for row in ROWS) * 100),
        rate_tolerance=round(max(row.work.tolerance for row in ROWS) * 100),
        **{name: results[name] for name in ("rounds", "python", "system", "cores")},
    )


def claim(results: Results) -> str:
    """The README's sentence about performance; empty if a figure for it is missing."""
    shares = shares_of_openai(results, "minimax-chat")
    if not shares:
        return ""
    openai = ".".join(results["versions"]["openai"]["openai"].split(".")[:2])
    python = ".".join(results["python"].split(".")[:2])
    text = "an import needs {} %, a call {} % and an event of a stream {} %".format(*shares)
    if faster := shares_of_openai(results, "minimax-chat+speed"):
        text += ", with the extra `speed` {} %, {} % and {} %".format(*faster)
    text = (
        f"It is also light: of the CPU time that the OpenAI SDK {openai} takes, {text} (Python "
        f"{python}; [docs/benchmarks.md](docs/benchmarks.md) has the method, other libraries and "
        "the command that measures them)."
    )
    return textwrap.fill(text, 120, break_long_words=False, break_on_hyphens=False)


def shares_of_openai(results: Results, name: str) -> list[int]:
    """In percent, of the CPU time for an import, a call and an event; empty if one is missing."""
    shares: list[int] = []
    for row in ("import", "call-sync", "stream-sync"):
        own, openai = [results["rows"][row].get(contender) for contender in (name, "openai")]
        if not own or not openai:
            return []
        shares.append(round(100 * statistics.median(own) / statistics.median(openai)))
    return shares


def with_claim(readme: str, results: Results) -> str:
    pattern = re.compile(r"^It is also light.*?(?=\n\n)", re.MULTILINE | re.DOTALL)
    return pattern.sub(lambda old: claim(results) or old[0], readme, count=1)
