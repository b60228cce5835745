"""The rows of the table: what is measured, and against whom."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    name: str
    title: str
    process: str
    """Where it is measured: a contender's long-lived "worker"; a "fresh" worker, for what must not
    depend on earlier rows; or a bare process, for "import" and "cold"."""
    unit: str
    """That of the median; `report.SCALES` converts it from seconds."""
    work: str = ""
    """The worker's method."""
    reply: str = "call"
    """The stub's reply."""
    asynchronous: bool = False
    count: int = 1
    """Events, calls or tasks: what the worker's method makes of it."""
    base: str | None = "floor"
    """The contender that the ratios refer to; None where the figures speak for themselves."""
    higher_is_better: bool = False
    tolerance: float = 0.15
    """How much worse the ratio may become before `--check` fails."""
    slack: float = 0
    """The same for figures without a base, in their unit."""
    every: int = 1
    """Rounds from one measurement to the next, larger for rows that take seconds."""
    memory_of: str | None = None
    """The row whose processes had the peak memory that this row shows."""

    @property
    def calls_only(self) -> bool:
        """Whether a library for streams alone has no part in it."""
        return self.work in ("calls", "burst") or self.memory_of is not None


def both(name: str, title: str, unit: str, work: str, reply: str, count: int) -> tuple[Row, Row]:
    """The same work, with and without asyncio."""
    sync = Row(f"{name}-sync", f"{title}, sync", "worker", unit, work, reply, False, count)
    return sync, Row(f"{name}-async", f"{title}, async", "worker", unit, work, reply, True, count)


def burst(count: int) -> Row:
    return Row(
        f"concurrent-{count}",
        f"{count:,} concurrent async calls at 50 ms, calls/s against openai's",
        "fresh",
        "calls/s",
        "burst",
        "slow-call",
        asynchronous=True,
        count=count,
        base="openai",
        higher_is_better=True,
        tolerance=0.3,
        every=3,
    )


ROWS = (
    *both("stream", "stream, an event per read", "µs per event", "events", "single-events", 1024),
    *both(
        "batched-stream",
        "stream, 32 events per read",
        "µs per event",
        "events",
        "batched-events",
        1024,
    ),
    *both("call", "warm call", "µs", "calls", "call", 100),
    *both("first-text", "first text of a stream, warm", "µs", "first_text", "short-stream", 60),
    Row("import", "cold import of the class", "import", "ms"),
    Row("cold", "cold process over TLS to the first text", "cold", "ms", reply="short-stream"),
    Row("megabyte", "1 MB answer", "worker", "ms", "calls", "megabyte", count=10),
    burst(100),
    burst(1000),
    Row(
        "concurrent-1000-memory",
        "1,000 concurrent, memory against openai's",
        "fresh",
        "MB",
        base="openai",
        every=3,
        memory_of="concurrent-1000",
    ),
    Row(
        "connections",
        "connections for ten streams in a row",
        "fresh",
        "",
        "connections",
        "short-stream",
        count=10,
        base=None,
        every=3,
    ),
    Row(
        "growth",
        "growth of memory over a stream of 100,000 chunks",
        "fresh",
        "MB",
        "growth",
        "long-stream",
        count=100_000,
        base=None,
        slack=1,
        every=9,
    ),
)
