"""A file of results, one on each line, that is whole at every moment."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from filelock import FileLock, Timeout

from ..._errors import ConfigurationError
from ._compression import is_compressed, open_uncompressed
from ._input import Earlier, Numbers
from ._lines import as_json, failure_name

READ_AT_ONCE = 1 << 20
"""Bytes."""


class Output:
    """The results of a file of requests, as JSON lines: plain, .gz or .zst.

    Each result is written at once, by one write. A compressed file is written uncompressed, under
    its name with .part, and compressed by `finish`.

    Args:
        name: The path.

    Raises:
        ConfigurationError: On entering, if another run writes to the file, if it cannot be written,
            or if it contains something other than results.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        # Two names of one file have one lock, and a link stays one.
        self._path = Path(name).resolve()
        if not self._path.name or (self._path.exists() and not self._path.is_file()):
            raise ConfigurationError(f"the output must be a file (got {name!r})")
        self._work = self._path
        if is_compressed(self._path):
            self._work = self._path.with_name(f"{self._path.name}.part")
        self._resources = ExitStack()

    def __enter__(self) -> Self:
        lock = FileLock(self._path.with_name(f".{self._path.name}.lock"), timeout=0)
        with ExitStack() as resources:
            try:
                resources.enter_context(lock)
                self._is_new = not self._work.exists()
                if self._is_new and self._work != self._path and self._path.exists():
                    self._unpack()
                self._file = resources.enter_context(self._work.open("ab+", buffering=0))
                self._repair()
            except Timeout:
                raise ConfigurationError(
                    f"another run is writing to {self._name}; wait for its end, or choose another "
                    "output"
                ) from None
            except OSError as error:
                reason = error.strerror or error
                raise ConfigurationError(f"cannot write {self._name}: {reason}") from None
            self._resources = resources.pop_all()
        return self

    def __exit__(self, *exception: object) -> None:
        with self._resources:
            if self._is_new:  # and nothing was written, as if the run had not been
                self._work.unlink(missing_ok=True)

    def drop(self, numbers: Numbers) -> None:
        """Removes the lines of these numbers."""
        if not len(numbers):
            return
        kept = self._work.with_name(f"{self._work.name}.kept")
        try:
            with kept.open("wb") as file:
                for row, line in self._rows():
                    if row.number not in numbers:
                        file.write(line)
                file.flush()
                os.fsync(file.fileno())
            shutil.copymode(self._work, kept)
            kept.replace(self._work)
            # The old file stays open, but nothing is written to it.
            self._file = self._resources.enter_context(self._work.open("ab+", buffering=0))
            self._is_new = False
        finally:
            kept.unlink(missing_ok=True)

    def earlier(self) -> Iterator[Earlier]:
        """The results that are there."""
        for row, _ in self._rows():
            yield row

    def write(self, row: dict[str, Any]) -> None:
        """Adds a result; raises OSError, and then nothing of it is left in the file."""
        # A lone surrogate becomes what JSON writes for it.
        data = f"{as_json(row)}\n".encode("utf-8", "backslashreplace")
        end = self._file.seek(0, os.SEEK_END)
        written = 0
        try:
            self._is_new = False
            while written < len(data):
                written += self._file.write(data[written:]) or 0
        except OSError as error:
            self._file.truncate(end)
            raise OSError(f"cannot write {self._name}: {error.strerror}") from None

    def finish(self) -> None:
        """Makes what was written permanent, and compresses it if the name says so."""
        self._is_new = False
        os.fsync(self._file.fileno())
        if self._work != self._path:
            packed = self._path.with_name(f".packed-{self._path.name}")
            try:
                with self._work.open("rb") as source, open_uncompressed(packed, "wb") as target:
                    shutil.copyfileobj(source, target)
                with packed.open("rb") as file:
                    os.fsync(file.fileno())
                shutil.copymode(self._work, packed)
                packed.replace(self._path)
            finally:
                packed.unlink(missing_ok=True)
            self._work.unlink()

    def _unpack(self) -> None:
        unfinished = self._work.with_name(f"{self._work.name}.unpacked")
        try:
            with open_uncompressed(self._path) as source, unfinished.open("wb") as target:
                shutil.copyfileobj(source, target)
            unfinished.replace(self._work)
        finally:
            unfinished.unlink(missing_ok=True)

    def _repair(self) -> None:
        """Ends the last line, or removes it if a run was ended while it was written."""
        end = self._file.seek(0, os.SEEK_END)
        tail = b""
        while end and b"\n" not in tail:
            start = max(0, end - READ_AT_ONCE)
            self._file.seek(start)
            tail = self._file.read(end - start) + tail
            end = start
        line = tail.rpartition(b"\n")[2]
        if not line:
            return
        if not (line.startswith(PREFIX) or PREFIX.startswith(line)):
            raise self._foreign("the last line")
        self._file.seek(0)
        first = self._file.readline()
        if first != line and _read(first, 1) is None:
            raise self._foreign("line 1")
        try:
            json.loads(line)
        except ValueError:
            self._file.truncate(self._file.seek(0, os.SEEK_END) - len(line))
        else:
            self._file.write(b"\n")

    def _rows(self) -> Iterator[tuple[Earlier, bytes]]:
        with self._work.open("rb") as file:
            for number, line in enumerate(file, 1):
                row = _read(line, number)
                if row is None:
                    raise self._foreign(f"line {number}")
                yield row, line

    def _foreign(self, where: str) -> ConfigurationError:
        return ConfigurationError(
            f"{where} of {self._name} is not a result of an earlier run; choose another output"
        )


def _read(line: bytes, number: int) -> Earlier | None:
    """The beginning of a row, which is all that is needed; None if it is no row."""
    if not line.startswith(PREFIX):
        return None
    try:
        text = line.decode()
        id, end = _decode(text, len(PREFIX))
        if text.startswith(ANSWERED, end):
            return Earlier(id, "", False, number)
        error = json.loads(text)["error"]
        name = failure_name(error["class"], error["code"])
        return Earlier(id, name, error["retryable"], number)
    except (ValueError, LookupError, TypeError):
        return None


_decode = json.JSONDecoder().raw_decode
PREFIX, ANSWERED = b'{"custom_id": ', ', "error": null, '
