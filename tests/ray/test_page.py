"""docs/ray.md runs, and prints what it shows."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from minimax_chat.ext.emulator import Emulator

pytest.importorskip("ray", reason="Ray is not installed: run python3 scripts/dev.py ray")

ROOT = Path(__file__).parents[2]


def test_page_shows_the_output_of_its_code(
    emulator: Emulator, sessions: Path, tmp_path: Path
) -> None:
    runner = ROOT / "tests" / "project" / "run_page.py"
    done = subprocess.run(
        [sys.executable, runner, ROOT / "docs" / "ray.md"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    # Ray prints as well.
    blocks = json.loads(done.stdout.splitlines()[-1])
    shown = [text for _, language, text, _ in blocks if language == "text"]
    assert [output for *_, output in blocks if output] == shown
