"""Answers a file of requests."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self, TypedDict

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from ..._errors import ConfigurationError, MiniMaxError
from ...aio import AsyncMiniMax
from ..batch import AsyncBatch, Gate, LocalGate, Pace, Result
from ..batch._input import Earlier, Input, Line, Numbers
from ..batch._lines import as_json, failure_name, may_pass, row_of
from ..batch._output import Output

if TYPE_CHECKING:
    from types import FrameType

    from ..ray import Progress as ClusterProgress
    from ._access import Access, Options

BETWEEN_LINES, BETWEEN_DRAWINGS = 10.0, 0.1
"""Seconds between two lines about the progress, where there is no terminal, and two bars on one."""
GRACE = 10.0
"""Seconds that the calls in flight have to end after an interrupt."""
MOST_BYTES = 32 << 20
"""Of the lines whose calls have not ended."""

GO_ON = "What was answered is kept; to go on, run the same command again."
FAILED, INTERRUPTED = 1, 130
INTERRUPTING = (signal.SIGINT, signal.SIGTERM)


class Settings(TypedDict):
    """How a file is answered, beside the arguments of the calls."""

    pace: Pace
    max_retries: int
    retry_failed: bool


@dataclass
class Tally:
    """What has been done."""

    total: int
    gate: Gate
    earlier: int
    """Requests that an earlier run has answered, or failed to."""
    failures: Counter[tuple[str, bool]]
    """By class and code, and whether worth another try; those of earlier runs as well."""
    answered: int = 0
    failed: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    began: float = field(default_factory=time.monotonic)

    def add(self, result: Result) -> None:
        if result.error is not None:
            self.failed += 1
            self.failures[_name_of(result.error), may_pass(result.error)] += 1
        elif result.completion is not None:
            self.answered += 1
            if usage := result.completion.usage:
                self.tokens_in += usage.prompt_tokens or 0
                self.tokens_out += usage.completion_tokens or 0

    @property
    def done(self) -> int:
        return self.earlier + self.answered + self.failed

    def facts(self) -> str:
        """Failures, tokens and speed, in one line."""
        seconds = time.monotonic() - self.began
        rate = (self.answered + self.failed) / seconds if seconds else 0.0
        facts = [
            f"{self.failed:,} failed",
            f"{_short(self.tokens_in)} tokens in, {_short(self.tokens_out)} out",
            f"{rate:,.1f}/s",
        ]
        if rate and self.done < self.total:
            facts.append(f"{_duration((self.total - self.done) / rate)} left")
        if trouble := self.gate.outage.error:
            facts.append(f"held up by {_name_of(trouble)}")
        return ", ".join(facts)


class StandardOutput:
    """Results on the standard output, where none is found again."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.finish()

    def drop(self, numbers: Numbers) -> None:
        pass

    def earlier(self) -> Iterator[Earlier]:
        return iter(())

    def write(self, row: dict[str, Any]) -> None:
        print(as_json(row), flush=True)

    def finish(self) -> None:
        sys.stdout.flush()


def answer_file(
    access: Access,
    source: Input,
    target: str,
    settings: Settings,
    sentence: Callable[[MiniMaxError], str],
) -> int:
    """Answers the requests of a file that have no result yet; returns the exit status."""
    if source.is_file(target):
        raise ConfigurationError(f"the output must not be the input (got {target!r})")
    err = Console(stderr=True, highlight=False, markup=False)
    sink: Output | StandardOutput = StandardOutput() if target == "-" else Output(target)
    with _terminable(), source as requests, access.options() as options, sink:
        with err.status("reading the requests"):
            found = requests.check(sink.earlier(), retry_failed=settings["retry_failed"])
            # Only now: an input that is refused must not cost the failures of another one.
            sink.drop(found.again)
        gate = LocalGate(settings["pace"])
        tally = Tally(requests.count, gate, found.done, found.failures)
        if found.done:
            print(f"{found.done:,} of {tally.total:,} have a result already.", file=sys.stderr)
        if found.again:
            print(f"{len(found.again):,} that failed are sent again.", file=sys.stderr)
        run = _Run(tally, sink, err, settings)
        try:
            status = asyncio.run(run.answer(options, requests.unanswered()))
            sink.finish()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OSError(f"{error}. {GO_ON}") from None
    print(_summary(tally), file=sys.stderr)
    if run.reason:
        print(f"minimax-chat: {sentence(run.reason)} {GO_ON}", file=sys.stderr)
    elif status:
        print(GO_ON, file=sys.stderr)
    elif tally.done != tally.total:
        print(f"minimax-chat: the input has changed meanwhile. {GO_ON}", file=sys.stderr)
        status = FAILED
    return status or (FAILED if tally.failures else 0)


@contextmanager
def _terminable() -> Generator[None]:
    """Lets SIGTERM end the run as Ctrl-C does, so that no temporary file is left."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def answer_on_cluster(
    source: str,
    target: str,
    options: dict[str, Any],
    sentence: Callable[[MiniMaxError], str],
    *,
    retry_failed: bool,
) -> int:
    """The same on a Ray cluster, with a folder for the results."""
    try:
        from ..ray import run_file
    except ImportError as error:  # which says what to install
        raise ConfigurationError(str(error)) from None

    def write(progress: ClusterProgress) -> None:
        total, done, failed, rate = progress
        print(f"{done:,} of {total:,}, {failed:,} failed, {rate:,.1f}/s", file=sys.stderr)

    try:
        summary = run_file(source, target, retry_failed=retry_failed, progress=write, **options)
    except ConfigurationError:
        raise
    except MiniMaxError as error:
        print(f"minimax-chat: {sentence(error)} {GO_ON}", file=sys.stderr)
        return FAILED
    except OSError as error:
        raise OSError(f"{error}. {GO_ON}") from None
    except KeyboardInterrupt:
        print(GO_ON, file=sys.stderr)
        return INTERRUPTED
    failed = ", ".join(f"{count:,} {name}" for name, count in summary.failures.most_common())
    print(f"{summary.answered:,} have an answer; failed: {failed or 'none'}.", file=sys.stderr)
    return FAILED if failed else 0


class _Run:
    """Answers requests, and tells how it goes."""

    def __init__(
        self, tally: Tally, sink: Output | StandardOutput, err: Console, settings: Settings
    ) -> None:
        self._tally, self._sink, self._err, self._settings = tally, sink, err, settings
        self._interrupts = 0
        self.reason: MiniMaxError | None = None
        """Why the batch ended early."""

    async def answer(self, options: Options, lines: Iterator[Line]) -> int:
        """Returns the exit status of an interrupt, or of an early end, else 0."""
        taken: dict[int, Line] = {}
        in_memory = 0
        ended = asyncio.Event()

        async def requests() -> AsyncIterator[dict[str, Any]]:
            nonlocal in_memory
            for index, line in enumerate(lines):
                while in_memory and in_memory + line.bytes > MOST_BYTES:
                    ended.clear()
                    await ended.wait()
                taken[index] = line
                in_memory += line.bytes
                yield line.request

        async with (
            AsyncMiniMax(**options) as client,
            AsyncBatch(
                client,
                requests(),
                pace=self._settings["pace"],
                max_retries=self._settings["max_retries"],
                gate=self._tally.gate,
            ) as batch,
        ):
            with self._progress(), self._interruptible(batch):
                try:
                    async for result in batch:
                        line = taken.pop(result.index)
                        in_memory -= line.bytes
                        ended.set()
                        # What says nothing of the request is left to the next run.
                        if not result.stopped:
                            self._tally.add(result)
                            self._sink.write(row_of(line.id, result))
                except MiniMaxError as error:
                    self.reason = error
                    return 1
                except asyncio.CancelledError:
                    if not self._interrupts:
                        raise
        return INTERRUPTED if self._interrupts else 0

    @contextmanager
    def _interruptible(self, batch: AsyncBatch) -> Generator[None]:
        """The first interrupt lets the calls in flight end, the second does not."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()

        def interrupt() -> None:
            self._interrupts += 1
            if self._interrupts > 1:
                if self._interrupts == 2 and task is not None:
                    task.cancel()
                return
            self._err.print(
                f"Waiting up to {GRACE:.0f} s for the calls in flight; Ctrl-C again leaves at once."
            )
            batch.stop()
            loop.call_later(GRACE, interrupt)

        def handle(number: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(interrupt)

        before = {number: signal.signal(number, handle) for number in INTERRUPTING}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def _progress(self) -> Generator[None]:
        """Shows the progress meanwhile, with a bar or, where there is no terminal, with lines."""
        tally = self._tally
        if not self._err.is_terminal:

            def write() -> None:
                print(f"{tally.done:,} of {tally.total:,}, {tally.facts()}", file=sys.stderr)

            with _regularly(write, BETWEEN_LINES):
                yield
            return
        columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
        with Progress(*columns, console=self._err) as progress:
            bar = progress.add_task("", total=tally.total, completed=tally.done)

            def draw() -> None:
                running = self._settings["pace"].running
                description = f"{tally.facts()}, {running} at a time"
                progress.update(bar, completed=tally.done, description=description)

            with _regularly(draw, BETWEEN_DRAWINGS):
                yield
            draw()


@contextmanager
def _regularly(act: Callable[[], None], seconds: float) -> Generator[None]:
    """Acts again and again in the event loop."""

    async def repeat() -> None:
        while True:
            await asyncio.sleep(seconds)
            act()

    task = asyncio.create_task(repeat())
    try:
        yield
    finally:
        task.cancel()


def _summary(tally: Tally) -> str:
    seconds, calls = _duration(time.monotonic() - tally.began), tally.gate.calls
    lines = [
        f"{tally.answered:,} answered and {tally.failed:,} failed in {seconds}, by "
        f"{calls:,} call{'' if calls == 1 else 's'}, {_short(tally.tokens_in)} tokens in, "
        f"{_short(tally.tokens_out)} out. {tally.done:,} of {tally.total:,} have a result."
    ]
    if tally.failures:
        counts = tally.failures.most_common()
        named = ", ".join(f"{count:,} {name}" for (name, _), count in counts)
        lines.append(f"Failed, in earlier runs or in this one: {named}.")
        if again := sum(count for (_, retryable), count in counts if retryable):
            lines.append(f"To send {again:,} of them again, add --retry-failed.")
    return "\n".join(lines)


def _short(number: float) -> str:
    """12, 3.4k, 5.6M."""
    for unit in ("", "k", "M"):
        if number < 1000:
            return f"{number:.1f}{unit}" if unit else f"{number:.0f}"
        number /= 1000
    return f"{number:.1f}G"


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def _name_of(error: MiniMaxError) -> str:
    """The class and the code of an error."""
    return failure_name(type(error).__name__, error.code)
