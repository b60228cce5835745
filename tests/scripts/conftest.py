import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from generation import regeneration
from rehearsal.project_copy import copy_project

SMALL = Path(__file__).parent / "fixtures/small-api.yaml"


@pytest.fixture(scope="session")
def small_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What regeneration needs, with the small API and the package generated from it."""
    root = copy_project(tmp_path_factory.mktemp("small") / "project", ("scripts",))
    shutil.copy2(SMALL, root / "openapi.yaml")
    spec, source = regeneration.read_spec(root)
    package = regeneration.build(root, spec, source, tmp_path_factory.mktemp("made"))
    shutil.copytree(package, root / "generated" / package.name)
    return root


@pytest.fixture
def project(tmp_path: Path, small_project: Path) -> Path:
    """A copy of it, to be changed."""
    return shutil.copytree(small_project, tmp_path / "project")


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder for mypy, one for each process that runs tests: it cannot be shared at once."""
    return str(tmp_path_factory.mktemp("mypy"))


@pytest.fixture
def edit(project: Path) -> Callable[[str, str], int]:
    """Replaces text that occurs once in the small API; returns the line of the new text."""

    def replace(old: str, new: str) -> int:
        path = project / "openapi.yaml"
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times in openapi.yaml"
        path.write_text(text.replace(old, new), encoding="utf-8")
        return text[: text.index(old)].count("\n") + 1

    return replace


@pytest.fixture
def changed(project: Path, edit: Callable[[str, str], int]) -> Path:
    """The project after a change of the spec that is not regenerated yet."""
    edit("enum: [stop, length]", "enum: [stop, length, tool_calls]")
    edit("x-enum-varnames: [STOP, LENGTH]", "x-enum-varnames: [STOP, LENGTH, TOOL_CALLS]")
    return project
