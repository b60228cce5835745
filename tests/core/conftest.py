"""Hides this machine's environment."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("MINIMAX_")]:
        monkeypatch.delenv(name)
