"""The import walls of pyproject.toml are kept, and each of them can be broken."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("wrapper", "generated", "scripts")

LAYERS = "The core has its layers"
CORE = "The core never imports ext"
GENERATED = "The generated code imports nothing"
LEAVES = "The leaves know nothing"
EMULATOR = "The emulator is built on openapi.yaml alone"
HTTPX = "The HTTP libraries stay in"
SCRIPTS = "The machinery of the scripts has its layers"
NO_COMMAND = "The machinery of the scripts imports neither"
COMPARISON = "The comparison reads documents"

BREACHES = {
    "a leaf imports a shell": ("wrapper/minimax_chat/_errors.py", "from . import client", {LAYERS}),
    "a leaf imports the protocol": (
        "wrapper/minimax_chat/_config.py",
        "from . import _request",
        {LAYERS},
    ),
    "a retry looks into a reply": (
        "wrapper/minimax_chat/_retry.py",
        "from . import _reply",
        {LAYERS},
    ),
    "a shell imports its mirror": ("wrapper/minimax_chat/aio.py", "from . import client", {LAYERS}),
    "a type checker's import counts": (
        "wrapper/minimax_chat/_errors.py",
        "if TYPE_CHECKING:\n    from .client import MiniMax",
        {LAYERS},
    ),
    "a module without a place": ("wrapper/minimax_chat/_new.py", "", {LAYERS}),
    "the front door imports ext": (
        "wrapper/minimax_chat/__init__.py",
        "def serve() -> None:\n    from .ext.emulator import _server",
        {CORE},
    ),
    "generated code imports ours": (
        "generated/minimax_chat_api/models/role.py",
        "import minimax_chat._config",
        {GENERATED},
    ),
    "the splitter imports a model": (
        "wrapper/minimax_chat/_think.py",
        "from minimax_chat_api.models import Message",
        {LEAVES},
    ),
    "the event decoder imports httpx": (
        "wrapper/minimax_chat/_events.py",
        "import httpx",
        {LEAVES, HTTPX},
    ),
    "the protocol imports httpx": ("wrapper/minimax_chat/_reply.py", "import httpx", {HTTPX}),
    "the splitter imports httpx": (
        "wrapper/minimax_chat/_think.py",
        "import httpx",
        {LEAVES, HTTPX},
    ),
    "the emulator imports the core": (
        "wrapper/minimax_chat/ext/emulator/_answers.py",
        "from minimax_chat._think import split",
        {EMULATOR},
    ),
    "the emulator imports the client": (
        "wrapper/minimax_chat/ext/emulator/_answers.py",
        "from minimax_chat import MiniMax",
        {EMULATOR},
    ),
    "the emulator imports a model": (
        "wrapper/minimax_chat/ext/emulator/_answers.py",
        "from minimax_chat_api.models import Message",
        {EMULATOR},
    ),
    "the spec imports the generation": (
        "scripts/spec/rules.py",
        "import generation.tools",
        {SCRIPTS},
    ),
    "the comparison imports a rule of this project": (
        "scripts/openapi_diff/__init__.py",
        "import spec.references",
        {COMPARISON},
    ),
    "the machinery imports a command": (
        "scripts/generation/package.py",
        "import regenerate",
        {NO_COMMAND},
    ),
    "a leaf imports httpx": ("wrapper/minimax_chat/_completion.py", "import httpx", {HTTPX}),
}


def lint(project: Path) -> tuple[int, str]:
    """Check the walls of the packages in `project`; return the exit status and output."""
    path = os.pathsep.join(str(project / name) for name in FOLDERS)
    done = subprocess.run(
        [
            *(sys.executable, "-P", "-c"),
            "from importlinter.cli import lint_imports_command as lint; lint()",
            "--no-cache",
        ],
        cwd=project,
        env={**os.environ, "PYTHONPATH": path, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in FOLDERS:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_walls_of_the_project_are_kept(project: Path) -> None:
    status, output = lint(project)
    assert status == 0, output
    assert "BROKEN" not in output


@pytest.mark.parametrize("breach", BREACHES)
def test_breach_is_reported_by_the_walls_it_breaks(project: Path, breach: str) -> None:
    file, line, walls = BREACHES[breach]
    with (project / file).open("a", encoding="utf-8") as source:
        source.write(f"\n{line}\n")
    status, output = lint(project)
    assert status == 1, output
    broken = [line for line in output.splitlines() if " BROKEN" in line]
    assert len(broken) == len(walls), output
    assert all(any(line.startswith(wall) for line in broken) for wall in walls), output


@pytest.mark.parametrize("module", ["_think.py", "ext/emulator"])
def test_wall_around_a_module_that_is_gone_is_reported(project: Path, module: str) -> None:
    # It would protect nothing.
    gone = project / "wrapper" / "minimax_chat" / module
    gone.rename(gone.with_name(f"renamed_{gone.name}"))
    status, output = lint(project)
    assert status == 1, output
    assert "does not exist" in output or "Missing layer" in output, output
