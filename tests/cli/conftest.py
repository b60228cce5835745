"""The command line, run in this process or in a terminal, beside an emulator."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from command_line import PROGRAM, CommandLine
from minimax_chat.ext.emulator import Emulator
from samples import KEY
from terminal import Terminal


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture(autouse=True)
def environment(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> dict[str, str]:
    """That of a user with a key and a home of their own, whose server is the emulator."""
    if os.name != "posix":
        pytest.skip("HOME is not where settings are saved, and there are no pseudo-terminals")
    for name in [name for name in os.environ if name.startswith(("MINIMAX_", "XDG_"))]:
        monkeypatch.delenv(name)
    for name in ("NO_COLOR", "COLUMNS", "LINES", "PYTHONPATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("PYTHONUTF8", "1")
    monkeypatch.setenv("MINIMAX_API_KEY", KEY)
    monkeypatch.setenv("MINIMAX_BASE_URL", emulator.base_url)
    monkeypatch.chdir(tmp_path)
    return dict(os.environ)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(monkeypatch, capsys)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Terminal]]:
    """Runs a command in a terminal of its own."""
    opened: list[Terminal] = []

    def start(*arguments: str, columns: int = 80, lines: int = 24) -> Terminal:
        terminal = Terminal([*PROGRAM, *arguments], os.environ, columns=columns, lines=lines)
        opened.append(terminal.__enter__())
        return terminal

    yield start
    for each in opened:
        each.__exit__()
        assert KEY not in each.text()
