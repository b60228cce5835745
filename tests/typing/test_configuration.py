"""The type checks of `dev.py test` read this folder, strictly, and notice a comment for nothing."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent
TOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]


def test_mypy_reads_this_folder_strictly() -> None:
    assert any(FOLDER.is_relative_to(ROOT / each) for each in TOOLS["mypy"]["files"])
    assert TOOLS["mypy"]["strict"] is True
    assert not TOOLS["mypy"].keys() & {"warn_unused_ignores", "exclude", "overrides"}


def test_pyright_reads_this_folder_strictly() -> None:
    assert any(FOLDER.is_relative_to(ROOT / each) for each in TOOLS["pyright"]["include"])
    assert TOOLS["pyright"]["typeCheckingMode"] == "strict"
    assert TOOLS["pyright"]["reportUnnecessaryTypeIgnoreComment"] is True
    # mypy's comments would hide from pyright what it has to notice by itself.
    assert TOOLS["pyright"]["enableTypeIgnoreComments"] is False
    assert "exclude" not in TOOLS["pyright"]
