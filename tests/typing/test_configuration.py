"""mypy and pyright check this folder in strict mode and report unnecessary ignore comments."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent
TOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]


def test_mypy_checks_this_folder_in_strict_mode() -> None:
    assert any(FOLDER.is_relative_to(ROOT / each) for each in TOOLS["mypy"]["files"])
    assert TOOLS["mypy"]["strict"] is True
    assert not TOOLS["mypy"].keys() & {"warn_unused_ignores", "exclude", "overrides"}


def test_pyright_checks_this_folder_in_strict_mode() -> None:
    assert any(FOLDER.is_relative_to(ROOT / each) for each in TOOLS["pyright"]["include"])
    assert TOOLS["pyright"]["typeCheckingMode"] == "strict"
    assert TOOLS["pyright"]["reportUnnecessaryTypeIgnoreComment"] is True
    # Otherwise mypy's comments would suppress pyright's errors as well.
    assert TOOLS["pyright"]["enableTypeIgnoreComments"] is False
    assert "exclude" not in TOOLS["pyright"]
