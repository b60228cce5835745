from collections.abc import Callable
from pathlib import Path

import pytest

from project_copy import copy_project


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what regeneration needs."""
    return copy_project(tmp_path / "project", ("scripts", "generated"))


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder for mypy, one for each process that runs tests: it cannot be shared at once."""
    return str(tmp_path_factory.mktemp("mypy"))


@pytest.fixture
def edit(project: Path) -> Callable[[str, str], int]:
    """Replaces text that stands once in the copied spec; returns the line of the new text."""

    def replace(old: str, new: str) -> int:
        path = project / "openapi.yaml"
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in openapi.yaml"
        path.write_text(text.replace(old, new), encoding="utf-8")
        return text[: text.index(old)].count("\n") + 1

    return replace
