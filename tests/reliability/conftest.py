"""The figures that these tests measure."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def figure() -> Callable[..., None]:
    """Records what was measured, for `scripts/reliability.py`, which names a file."""

    def record(what: str, **figures: object) -> None:
        if path := os.environ.get("RELIABILITY_FIGURES"):
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(json.dumps({"what": what, **figures}) + "\n")

    return record
