"""A terminal of any size in which a command runs, and whose screen can be read back."""

from __future__ import annotations

import os
import re
import select
import signal
import struct
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Self

import pyte

PATIENCE = 20.0
"""Seconds to wait for a text on the screen, or for the end of the command."""
DIM, BLINKING = 2, 5
HISTORY = 1000
"""Lines kept of those that have left the screen."""


class _Screen(pyte.HistoryScreen):
    """Answers what a program asks its terminal, such as the position of the cursor."""

    answer: Callable[[str], None]

    def write_process_input(self, data: str) -> None:
        self.answer(data)

    def select_graphic_rendition(self, *attributes: int, **options: object) -> None:
        # Dim characters, which pyte does not know, are kept as blinking ones.
        changed = (BLINKING if each == DIM else each for each in attributes)
        super().select_graphic_rendition(*changed, **options)


class Terminal:
    """Runs a command in a pseudo-terminal; use it as a context manager."""

    _process: int
    _descriptor: int

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        columns: int = 80,
        lines: int = 24,
    ) -> None:
        self._screen = _Screen(columns, lines, history=HISTORY, ratio=0.5)
        self._screen.answer = self.type
        self._stream = pyte.ByteStream(self._screen)
        self.output = b""
        """All that was written to the terminal."""
        self._command, self._environment = [*command], environment
        self._size = struct.pack("HHHH", lines, columns, 0, 0)

    def __enter__(self) -> Self:
        if sys.platform == "win32":
            raise NotImplementedError
        import fcntl
        import pty
        import termios

        self._process, self._descriptor = pty.fork()
        if not self._process:
            try:
                os.execvpe(self._command[0], self._command, dict(self._environment))
            finally:
                os._exit(127)
        fcntl.ioctl(self._descriptor, termios.TIOCSWINSZ, self._size)
        return self

    def __exit__(self, *exception: object) -> None:
        if sys.platform == "win32":
            raise NotImplementedError
        with suppress(ProcessLookupError):
            os.kill(self._process, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(self._process, 0)
        os.close(self._descriptor)

    def type(self, text: str) -> None:
        """Types a text; "\\r" is Enter, "\\x03" Ctrl-C, "\\x04" Ctrl-D."""
        os.write(self._descriptor, text.encode())

    def text(self) -> str:
        """The lines of the screen and those above it, without trailing blanks."""
        lines = ("".join(cell.data for cell in line).rstrip() for line in self.cells())
        return "\n".join(lines).rstrip()

    def cells(self) -> list[list[pyte.screens.Char]]:
        """The same with the attributes of each character; `blink` is that of a dim one."""
        shown = (self._screen.buffer[number] for number in range(self._screen.lines))
        columns = range(self._screen.columns)
        return [
            [line[column] for column in columns] for line in [*self._screen.history.top, *shown]
        ]

    def wait_for(self, pattern: str) -> None:
        """Waits until a regular expression matches something on the screen."""
        end = time.monotonic() + PATIENCE
        while not re.search(pattern, self.text()):
            if not self._read(end):
                raise AssertionError(f"{pattern!r} did not appear; the screen is:\n{self.text()}")

    def end(self) -> int:
        """Waits for the end of the command; returns its exit status."""
        end = time.monotonic() + PATIENCE
        while self._read(end):
            pass
        if time.monotonic() >= end:
            raise AssertionError(f"the command did not end; the screen is:\n{self.text()}")
        _, status = os.waitpid(self._process, 0)
        return os.waitstatus_to_exitcode(status)

    def _read(self, end: float) -> bool:
        """Takes in what was written; False at the end of the output or of the time."""
        ready, _, _ = select.select([self._descriptor], [], [], max(0.0, end - time.monotonic()))
        data = b""
        with suppress(OSError):  # the end, on Linux
            data = os.read(self._descriptor, 65_536) if ready else b""
        self.output += data
        self._stream.feed(data)
        return bool(data)
