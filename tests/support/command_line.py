"""The command line, run in this process."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass

import pytest

from minimax_chat.ext.cli._app import run
from samples import KEY

PROGRAM = [sys.executable, "-P", "-c", "from minimax_chat.ext.cli import main; main()"]
"""The command, for a process of its own."""


@dataclass
class Outcome:
    """What a command did."""

    status: int
    out: str
    err: str


class CommandLine:
    """Runs commands in this process; their output is no terminal."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def __call__(self, *arguments: str, stdin: str = "") -> Outcome:
        self._monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        status = run(arguments)
        captured = self._capsys.readouterr()
        assert KEY not in captured.out + captured.err
        return Outcome(status, captured.out, captured.err)
