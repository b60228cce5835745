"""Fixtures for tests of programs that use this client: no key, no network. Extra `pytest`.

    def test_greeting(minimax_emulator):
        minimax_emulator.reply("Hello!")
        assert my_program.greet() == "Hello!"

pytest finds the fixtures by itself; docs/testing-your-code.md shows how to use them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

# pytest loads this module in every run, so only the fixtures import what they need.
if TYPE_CHECKING:
    from minimax_chat import AsyncMiniMax, MiniMax
    from minimax_chat.ext.emulator import Emulator


@pytest.fixture
def minimax_emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """An emulator for this test alone, on a free port of this machine.

    MINIMAX_BASE_URL and MINIMAX_API_KEY point to it, so that a client made without arguments by the
    code under test talks to it. `reply` and `fail` script what it answers, `requests` has what it
    was asked; without a script it computes an answer. During the test the environment has no proxy.
    """
    try:
        from minimax_chat.ext.emulator import Emulator
    except ImportError as error:
        # The extra `pytest` includes the extra `emulator`.
        why = str(error).replace("minimax-chat[emulator]", "minimax-chat[pytest]")
        pytest.fail(f"minimax_emulator cannot start: {why}", pytrace=False)
    with Emulator() as emulator:
        monkeypatch.setenv("MINIMAX_BASE_URL", emulator.base_url)
        monkeypatch.setenv("MINIMAX_API_KEY", "for-the-emulator")
        monkeypatch.delenv("MINIMAX_REGION", raising=False)
        # A proxy does not reach this machine. httpx sets up each one that it finds, even where
        # NO_PROXY keeps it from use; without NO_PROXY it asks macOS for the system's proxies.
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
    """An asynchronous client of the test's emulator, for any event loop that the test runs."""
    from minimax_chat import AsyncMiniMax

    # It cannot be closed once the test's event loop is gone, so it keeps no connection open.
    return AsyncMiniMax(default_headers={"Connection": "close"})
