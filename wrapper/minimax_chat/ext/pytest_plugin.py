"""Fixtures for the tests of programs that use this client: no key, no network. Extra `pytest`.

    def test_greeting(minimax_emulator):
        minimax_emulator.reply("Hello!")
        assert my_program.greet() == "Hello!"

pytest finds the fixtures by itself. docs/testing-your-code.md shows them at work.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

# What the fixtures need is imported by them: this module is loaded wherever pytest starts.
if TYPE_CHECKING:
    from minimax_chat import AsyncMiniMax, MiniMax
    from minimax_chat.ext.emulator import Emulator


@pytest.fixture
def minimax_emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """An emulator of its own for the test, on a free port of this machine.

    MINIMAX_BASE_URL and MINIMAX_API_KEY lead to it, so that a client which the code under test
    makes without arguments talks to it. `reply` and `fail` script what it answers, `requests` has
    what it was asked; without a script it answers by itself. Meanwhile the
    environment names no proxy.
    """
    try:
        from minimax_chat.ext.emulator import Emulator
    except ImportError as error:
        # This extra has what the emulator's has, and more.
        why = str(error).replace("minimax-chat[emulator]", "minimax-chat[pytest]")
        pytest.fail(f"minimax_emulator cannot start: {why}", pytrace=False)
    with Emulator() as emulator:
        monkeypatch.setenv("MINIMAX_BASE_URL", emulator.base_url)
        monkeypatch.setenv("MINIMAX_API_KEY", "for-the-emulator")
        monkeypatch.delenv("MINIMAX_REGION", raising=False)
        # A proxy to the outside world does not reach this machine. httpx makes ready each one that
        # it finds, though NO_PROXY keeps it from use; without NO_PROXY, macOS is asked for more.
        for name in [*os.environ]:
            if name.lower().endswith("_proxy") and name.lower() != "no_proxy":
                monkeypatch.delenv(name)
        for name in ("no_proxy", "NO_PROXY"):
            hosts = filter(None, [os.environ.get(name), "127.0.0.1"])
            monkeypatch.setenv(name, ",".join(hosts))
        yield emulator


@pytest.fixture
def minimax_client(minimax_emulator: Emulator) -> Iterator[MiniMax]:
    """A client of the test's emulator."""
    from minimax_chat import MiniMax

    with MiniMax() as client:
        yield client


@pytest.fixture
def async_minimax_client(minimax_emulator: Emulator) -> AsyncMiniMax:
    """An asynchronous client of the test's emulator, for whatever event loop the test runs."""
    from minimax_chat import AsyncMiniMax

    # Nobody can close it once the test's event loop is gone: it keeps no connection open.
    return AsyncMiniMax(default_headers={"Connection": "close"})
