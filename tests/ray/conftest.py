"""A real Ray, whose workers call an emulator."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from minimax_chat.ext.emulator import Emulator

KEY = "sk-never-shown-0123456789abcdef"
WHY = "Ray is not installed: run python3 scripts/dev.py ray"


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator, pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINIMAX_BASE_URL", emulator.base_url)
        patch.setenv("MINIMAX_API_KEY", KEY)
        yield emulator


@pytest.fixture(scope="module")
def sessions() -> Iterator[Path]:
    """The folder of Ray's sessions, with all logs."""
    # Not below pytest's folder: the paths of sockets must be short.
    folder = Path(tempfile.mkdtemp(prefix="ray-"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_TMPDIR", str(folder))
        yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def ray(emulator: Emulator, sessions: Path) -> Iterator[Any]:
    """A cluster of one node."""
    ray = pytest.importorskip("ray", reason=WHY)
    ray.init(num_cpus=2, include_dashboard=False)
    yield ray
    ray.shutdown()
