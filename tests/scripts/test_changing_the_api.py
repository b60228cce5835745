"""docs/changing-the-api.md: its commands, run in a copy of the project, print what it shows.

A YAML block shows what comes into openapi.yaml, and where; a further one takes its place.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from rehearsal.project_copy import ROOT, copy_project

PAGE = (ROOT / "docs/changing-the-api.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return copy_project(tmp_path / "project")


@pytest.fixture
def environment(copied: Path, cache: str) -> Iterator[dict[str, str]]:
    """The environment of a reader: the copy is installed, and the emulator is the API."""
    packages = os.pathsep.join(str(copied / name) for name in ("generated", "wrapper"))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MINIMAX_")}
    kept |= {"PYTHONPATH": packages, "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    kept["MYPY_CACHE_DIR"] = cache
    # `python` is this one.
    kept["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), kept["PATH"]])
    kept |= {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", "LC_ALL": "C.UTF-8"}
    with subprocess.Popen(
        [sys.executable, "-m", "minimax_chat.ext.emulator", "--port", "0"],
        env=kept,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as emulator:
        assert emulator.stdout is not None
        base_url = emulator.stdout.readline().strip()
        try:
            yield {**kept, "MINIMAX_BASE_URL": base_url, "MINIMAX_API_KEY": "any"}
        finally:
            emulator.terminate()


def commands(block: str) -> Iterator[tuple[str, str]]:
    """Each command of a console block, and what it prints."""
    command, output, end = "", "", None
    for line in block.splitlines(keepends=True):
        if end is not None:
            command += line
            end = None if line.strip() == end else end
        elif line.startswith("$ "):
            if command:
                yield command, output
            command, output = line[2:], ""
            document = re.search(r"<<'(\w+)'$", line)
            end = document[1] if document else None
        else:
            output += line
    yield command, output


def merged(old: Any, new: Any) -> Any:
    """`old`, with what a block shows added to it."""
    if not isinstance(old, dict):
        return new
    return {**old, **{key: merged(old.get(key), each) for key, each in new.items()}}


def test_commands_of_the_guide_print_what_it_shows(
    copied: Path, environment: dict[str, str]
) -> None:
    spec = copied / "openapi.yaml"
    original = yaml.safe_load(spec.read_text(encoding="utf-8"))
    shown: list[str] = []
    printed: list[str] = []
    for language, block in BLOCKS:
        if language == "yaml":
            text = yaml.safe_dump(merged(original, yaml.safe_load(block)), sort_keys=False)
            spec.write_text(text, encoding="utf-8")
            continue
        assert language == "console"
        for command, output in commands(block):
            done = subprocess.run(
                ["bash", "-c", command],
                cwd=copied,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
            )
            shown.append(f"$ {command}{without_numbers(output)}")
            printed.append(f"$ {command}{without_numbers(done.stdout)}")
    assert printed == shown


def without_numbers(output: str) -> str:
    """Lines of the spec, and how many files there are: they change with the contract."""
    output = re.sub(r"^openapi\.yaml:\d+:", "openapi.yaml:LINE:", output, flags=re.MULTILINE)
    return re.sub(r"\d+ files written", "FILES written", output)
