"""The commands shown in the documentation run, and print what is shown.

Some are not run: what `pip install` installs is looked up, programs that serve or take long have to
know the options shown.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.requirements import Requirement

from minimax_chat.ext.emulator import Emulator
from systems import needs_posix

# The commands are those of a POSIX shell.
pytestmark = needs_posix
ROOT = Path(__file__).parents[2]
# tests/scripts/test_changing_the_api.py runs this one as a whole.
ELSEWHERE = ROOT / "docs" / "changing-the-api.md"
PAGES = sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")} - {ELSEWHERE})
RUN = ("cat", "echo", "export", "minimax-chat")
"""The commands that are run as they are."""


class Shown(NamedTuple):
    """A command of a page, with the output below it."""

    line: int
    command: str
    output: str


def commands(page: Path) -> Iterator[Shown]:
    source = page.read_text("utf-8")
    for block in re.finditer(r"^```console\n(.*?)^```$", source, re.MULTILINE | re.DOTALL):
        for command in re.finditer(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block[1], re.MULTILINE):
            line = source.count("\n", 0, block.start(1) + command.start()) + 1
            yield Shown(line, re.sub(r"\s+# .*", "", command[1]), command[2])


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """That of a reader who has started the emulator."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MINIMAX_")}
    path = [str(Path(sys.executable).parent), os.environ["PATH"]]
    with Emulator() as emulator:
        yield {
            **kept,
            "PATH": os.pathsep.join(path),
            "HOME": str(tmp_path),
            "PYTHONUTF8": "1",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
            "MINIMAX_BASE_URL": emulator.base_url,
            "MINIMAX_API_KEY": "any",
        }


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", [each for each in PAGES if [*commands(each)]], ids=name)
def test_commands_of_a_page(page: Path, environment: dict[str, str], tmp_path: Path) -> None:
    for shown in commands(page):
        where = f"{name(page)}, line {shown.line}: {shown.command}"
        words = [each for each in shlex.split(shown.command) if not re.match(r"[A-Z_]+=", each)]
        if words[:2] == ["pip", "install"]:
            for requirement in words[2:]:
                assert not missing_extras(Requirement(requirement)), where
        elif words[0] in RUN:
            run(shown, where, environment, tmp_path)
        else:
            check_without_running(words, where, environment)


def missing_extras(requirement: Requirement) -> set[str]:
    """The extras that an installed distribution does not have."""
    known = metadata.metadata(requirement.name).get_all("Provides-Extra") or []
    return requirement.extras - {*known}


def run(shown: Shown, where: str, environment: dict[str, str], folder: Path) -> None:
    done = subprocess.run(
        ["bash", "-c", shown.command],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        timeout=60,
    )
    if shown.output:  # which may be an error, too
        # … stands for what differs each time.
        pattern = ".*".join(map(re.escape, without_trailing_blanks(shown.output).split("…")))
        printed = without_trailing_blanks(done.stdout)
        assert re.fullmatch(pattern, printed), f"{where} printed:\n{printed}"
    else:
        assert (done.returncode, done.stdout) == (0, ""), where


def without_trailing_blanks(text: str) -> str:
    return re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)


def check_without_running(words: list[str], where: str, environment: dict[str, str]) -> None:
    """Fails unless the program knows the options, and the files named exist."""
    program = Path(words[0]).name
    program = program if program in ("ruff", "pytest", "uvicorn") else "python"
    start = 1
    if program == "python" and words[1] == "-m":
        start = 3
    elif program == "python":
        start = 2
    command = [program, *words[1:start], *(words[1:2] if program == "ruff" else []), "--help"]
    help_text = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    ).stdout
    for place, word in enumerate(words[start:]):
        is_command = place == 0 and program == "python"
        if word.startswith("-") or "/" in word or is_command:
            assert word in help_text or (ROOT / word).exists(), where
