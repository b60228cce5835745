"""The workflows run commands of this project, on what it promises to run on; mistakes are found."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import dev

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted(ROOT.glob(".github/workflows/*.yml"))
COMMAND = (
    r"(python|\.venv/bin/python) (?:-P )?((?:scripts|benchmarks)/\w+\.py|-m (?:pytest|pip)\b).*"
)


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in WORKFLOWS:
        for name, job in yaml.safe_load(path.read_text("utf-8"))["jobs"].items():
            yield f"{path.name}, {name}", job


def test_each_step_is_one_command_that_a_person_can_run() -> None:
    commands = {step["run"] for _, job in jobs() for step in job.get("steps", ()) if "run" in step}
    assert commands
    for command in commands:
        found = re.fullmatch(COMMAND, command)
        assert found, command
        python, program = found.groups()
        assert program.startswith("-m ") or (ROOT / program).is_file(), program
        # dev.py alone needs nothing but Python.
        assert (python == "python") == (program == "scripts/dev.py"), command


def test_each_job_ends_in_bounded_time_without_credentials_left_behind() -> None:
    for name, job in jobs():
        assert "uses" in job or job["timeout-minutes"] <= 360, name
        for step in job.get("steps", ()):
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False, name


def test_the_matrix_is_what_the_package_promises() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    classifier = "Programming Language :: Python :: 3."
    promised = [each for each in project["classifiers"] if each.startswith(classifier)]
    (matrix,) = [job["strategy"]["matrix"] for _, job in jobs() if "strategy" in job]
    assert matrix["python"] == [each.rpartition(" ")[2] for each in promised]
    assert "Operating System :: OS Independent" in project["classifiers"]
    assert {system.partition("-")[0] for system in matrix["system"]} == {
        "ubuntu",
        "macos",
        "windows",
    }


@pytest.mark.parametrize(
    ("check", "old", "new"),
    [
        ("actionlint", "timeout-minutes:", "timeout-minute:"),
        ("actionlint", "${{ matrix.system }}", "${{ matrix.sytem }}"),
        ("zizmor", "          persist-credentials: false\n", "          fetch-depth: 1\n"),
        ("zizmor", r"checkout@\w{40} #", "checkout@v7 #"),
        ("zizmor", "permissions: {}", "permissions: write-all"),
    ],
)
def test_a_mistake_is_found(check: str, old: str, new: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / ".github", tmp_path / ".github")
    assert run(check, tmp_path) == 0
    workflow = tmp_path / ".github" / "workflows" / "ci.yml"
    text = workflow.read_text("utf-8")
    changed = text.replace(old, new) if old in text else re.sub(old, new, text)
    assert changed != text
    workflow.write_text(changed, "utf-8")
    assert run(check, tmp_path) != 0


def run(check: str, folder: Path) -> int:
    return subprocess.run(dev.CHECKS[check], cwd=folder, capture_output=True).returncode
