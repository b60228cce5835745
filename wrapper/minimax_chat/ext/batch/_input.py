"""A file of requests, one on each line."""

from __future__ import annotations

import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, NamedTuple, Self

from ..._errors import ConfigurationError
from ._compression import open_uncompressed
from ._lines import complete, read_line

MOST_PROBLEMS = 5
"""That are told at once."""


class Line(NamedTuple):
    """A line that is not blank."""

    number: int
    id: str
    """Its number, if it has none."""
    has_id: bool
    request: dict[str, Any]
    bytes: int


class Numbers:
    """Numbers of lines, a bit for each."""

    def __init__(self) -> None:
        self._bits = bytearray()
        self._count = 0

    def add(self, number: int) -> None:
        missing = number // 8 + 1 - len(self._bits)
        if missing > 0:
            self._bits.extend(bytes(missing))
        self._bits[number // 8] |= 1 << number % 8
        self._count += 1

    def __contains__(self, number: int) -> bool:
        byte, bit = divmod(number, 8)
        return byte < len(self._bits) and bool(self._bits[byte] & 1 << bit)

    def __len__(self) -> int:
        return self._count


class Earlier(NamedTuple):
    """A result of an earlier run."""

    id: str
    error: str
    """Its class and code; "" for an answer."""
    retryable: bool
    number: int
    """Of its line."""


class Found(NamedTuple):
    """The requests that have a result of an earlier run."""

    done: int
    failures: Counter[tuple[str, bool]]
    """By class and code, and whether they are worth another try."""
    again: Numbers
    """The lines of the results that are to be replaced; they are in neither of the others."""


class Input:
    """The requests of a file of JSON lines: plain, .gz or .zst; - is the standard input.

    A line is that of an OpenAI Batch file, `{"custom_id": …, "body": {…}}`, or a short one:
    `{"id": …, "prompt": …}` or `{"id": …, "messages": […]}`. The id may be left out on all lines,
    which then have their numbers for ids.

    Args:
        name: The path.
        defaults: Arguments of the calls; those of a line go first.
        system: A system message for the conversations that have none.
    """

    def __init__(self, name: str, defaults: Mapping[str, Any], system: str | None) -> None:
        self._name = name
        self._defaults = {key: value for key, value in defaults.items() if value is not None}
        self._system = system
        self._resources = ExitStack()
        self._path = Path(name)
        # The lines that have a result; empty until they have been checked.
        self._answered = Numbers()
        self.count = 0
        """The number of requests; known once they have been checked."""

    def __enter__(self) -> Self:
        is_piped = self._name == "-"
        if is_piped or (self._path.exists() and not self._path.is_file()):
            # It can be read once, and is read twice.
            folder = self._resources.enter_context(tempfile.TemporaryDirectory())
            copy = Path(folder) / self._path.name
            with copy.open("wb") as target:
                if not is_piped:
                    with self._path.open("rb") as source:
                        shutil.copyfileobj(source, target)
                elif sys.stdin:  # else it is closed
                    shutil.copyfileobj(sys.stdin.buffer, target)
            self._path = copy
        return self

    def __exit__(self, *exception: object) -> None:
        self._resources.close()

    def is_file(self, name: str) -> bool:
        """Whether it is this file that has the name."""
        return "-" not in (self._name, name) and self._path.resolve() == Path(name).resolve()

    def check(self, results: Iterable[Earlier], *, retry_failed: bool = False) -> Found:
        """Reads the whole file, and finds its requests among the results that are there.

        Raises:
            ConfigurationError: The file cannot be read, a line is invalid, or an id is missing or
                occurs twice.
            OSError: There is no room for the ids.
        """
        try:
            return self._check(results, retry_failed)
        except sqlite3.Error as error:
            raise OSError(f"cannot keep the ids in {tempfile.gettempdir()}: {error}") from None

    def _check(self, results: Iterable[Earlier], retry_failed: bool) -> Found:
        with (
            # On disk, so that the memory does not grow with the file.
            tempfile.TemporaryDirectory() as folder,
            closing(sqlite3.connect(Path(folder) / "ids")) as database,
        ):
            execute = database.execute
            execute("PRAGMA journal_mode = OFF")
            execute("PRAGMA synchronous = OFF")
            execute("CREATE TABLE asked (id TEXT, number INTEGER)")
            execute("CREATE TABLE results (id TEXT, error TEXT, retryable INTEGER, number INTEGER)")
            database.executemany("INSERT INTO asked VALUES (?, ?)", self._checked_ids())
            twice = execute(
                "SELECT id, min(number), max(number) FROM asked GROUP BY id "
                f"HAVING count(*) > 1 ORDER BY 2 LIMIT {MOST_PROBLEMS + 1}"
            )
            self._refuse(f"lines {one} and {other} have the id {id!r}" for id, one, other in twice)
            database.executemany("INSERT INTO results VALUES (?, ?, ?, ?)", results)
            execute("DELETE FROM results WHERE id NOT IN (SELECT id FROM asked)")
            again = Numbers()
            if retry_failed:
                for (number,) in execute("SELECT number FROM results WHERE retryable"):
                    again.add(number)
                execute("DELETE FROM results WHERE retryable")
            for (number,) in execute(
                "SELECT number FROM asked WHERE id IN (SELECT id FROM results)"
            ):
                self._answered.add(number)
            counted = execute(
                "SELECT error, retryable, count(*) FROM results WHERE error != '' GROUP BY 1, 2"
            )
            failures = Counter({(error, bool(passes)): count for error, passes, count in counted})
        return Found(len(self._answered), failures, again)

    def unanswered(self) -> Iterator[Line]:
        """The lines that have not been answered; without those that became invalid meanwhile."""
        for line in self._lines():
            if isinstance(line, Line):
                yield line

    def _checked_ids(self) -> Iterator[tuple[str, int]]:
        problems: list[str] = []
        without_id: list[int] = []
        with_id = 0
        self.count = 0
        for line in self._lines():
            if isinstance(line, str):
                problems.append(line)
            else:
                self.count += 1
                if line.has_id:
                    with_id += 1
                elif len(without_id) <= MOST_PROBLEMS:
                    without_id.append(line.number)
                yield line.id, line.number
            if len(problems) > MOST_PROBLEMS:
                break
        if with_id:
            problems += [f"line {number} has no id, and others have" for number in without_id]
        self._refuse(problems)

    def _refuse(self, problems: Iterable[str]) -> None:
        told = [*problems]
        if told:
            more = "; there are more" if len(told) > MOST_PROBLEMS else ""
            raise ConfigurationError(f"{self._name}: {'; '.join(told[:MOST_PROBLEMS])}{more}")

    def _lines(self) -> Iterator[Line | str]:
        """Each line that is neither blank nor answered, or what is wrong with it."""
        try:
            with open_uncompressed(self._path) as file:
                for number, text in enumerate(file, 1):
                    if text.strip() and number not in self._answered:
                        yield self._read(number, text)
        except OSError as error:
            reason = error.strerror or error
            raise ConfigurationError(f"cannot read {self._name}: {reason}") from None

    def _read(self, number: int, text: bytes) -> Line | str:
        try:
            id, request = read_line(text)
        except ValueError as error:
            return f"line {number} {error}"
        request = complete(request, self._defaults, self._system)
        return Line(number, id or str(number), id is not None, request, len(text))
