"""The rows of the table: what is measured, and against whom."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Work:
    name: str
    """A method of `worker.Worker`; or "import" or "cold", each a process without one; or "memory",
    which another row measures as well."""
    unit: str
    scale: float = 1
    """The number of these units in the worker's, which is seconds for CPU time."""
    base: str | None = "floor"
    """The contender that the ratios refer to; None where the figures speak for themselves."""
    calls: bool = False
    """Whether a library for streams alone has no part in it."""
    higher_is_better: bool = False
    tolerance: float = 0.1
    """How much worse the quartiles may become before `--check` fails: see `report.is_worse`."""


STREAM = Work("stream", "µs per event", 1e6)
FIRST_TEXT = Work("first_text", "µs", 1e6)
CALL = Work("call", "µs", 1e6, calls=True)
IMPORT = Work("import", "ms", 1e3)
COLD = Work("cold", "ms", 1e3)
BURST = Work("burst", "calls/s", 1, "openai", calls=True, higher_is_better=True, tolerance=0.2)
MEMORY = Work("memory", "MB", base="openai", calls=True)
CONNECTIONS = Work("connections", "", base=None)
GROWTH = Work("growth", "MB", base=None)


@dataclass(frozen=True)
class Row:
    name: str
    title: str
    work: Work
    reply: str = "call"
    """The stub's."""
    count: int = 1
    """Events, tasks or streams: what the work makes of it."""
    asynchronous: bool = False
    every: int = 1
    """Rounds from one measurement to the next, larger for rows that take seconds."""
    memory_row: str | None = None
    """The row that shows the peak memory of the same processes."""


def both(name: str, title: str, work: Work, reply: str, count: int = 1) -> tuple[Row, Row]:
    """The same work, without and with asyncio."""
    return (
        Row(f"{name}-sync", f"{title}, sync", work, reply, count),
        Row(f"{name}-async", f"{title}, async", work, reply, count, asynchronous=True),
    )


def burst(count: int, every: int, memory_row: str | None = None) -> Row:
    title = f"{count:,} concurrent async calls at 50 ms, calls/s against openai's"
    return Row(f"concurrent-{count}", title, BURST, "slow-call", count, True, every, memory_row)


ROWS = (
    *both("stream", "stream, an event per read", STREAM, "single-events", 1024),
    *both("batched-stream", "stream, 32 events per read", STREAM, "batched-events", 1024),
    *both("call", "warm call", CALL, "call"),
    *both("first-text", "first text of a stream, warm", FIRST_TEXT, "short-stream"),
    Row("import", "cold import of the class", IMPORT),
    Row("cold", "cold process over TLS to the first text", COLD, "short-stream"),
    Row("megabyte", "1 MB answer", CALL, "megabyte"),
    burst(100, every=3),
    burst(1000, every=4, memory_row="concurrent-1000-memory"),
    Row("concurrent-1000-memory", "1,000 concurrent, memory against openai's", MEMORY),
    Row(
        "connections",
        "connections for ten streams in a row",
        CONNECTIONS,
        "short-stream",
        count=10,
        every=3,
    ),
    Row(
        "growth",
        "growth of memory over a stream of 100,000 chunks",
        GROWTH,
        "long-stream",
        count=100_000,
        every=5,
    ),
)
MEASURED = [row for row in ROWS if row.work is not MEMORY]
