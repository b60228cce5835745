"""Copies the project, so that a change can be tried without touching it."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What the tests read besides the code.
FILES = (
    *("openapi.yaml", "generator_config.yml", "constraints.txt", "pyproject.toml"),
    *("CHANGELOG.md", "README.md"),
)
FOLDERS = ("scripts", "generated", "wrapper", "docs", "examples", "tests")


def copy_project(into: Path, folders: tuple[str, ...] = FOLDERS) -> Path:
    """Copies the named folders of the project, and its files, into the folder `into`."""
    into.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        if (ROOT / name).exists():
            shutil.copy2(ROOT / name, into / name)
    for name in folders:
        if (ROOT / name).exists():
            shutil.copytree(
                ROOT / name, into / name, ignore=shutil.ignore_patterns("__pycache__", ".*")
            )
    return into
