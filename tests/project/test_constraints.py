"""constraints.txt pins everything that is installed, and nothing else."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = "minimax-chat"
# hatchling requires it to build an editable install.
BUILD = ["editables"]


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def required() -> set[str]:
    """The distributions that the extra `dev` and the build require, directly or indirectly."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    project = settings["project"]
    # From pyproject.toml, since the installed metadata may be outdated.
    own = {"": project["dependencies"], **project["optional-dependencies"]}
    waiting = [Requirement(f"{PROJECT}[dev]")]
    waiting += [Requirement(line) for line in settings["build-system"]["requires"]]
    seen: set[tuple[str, str]] = set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        for extra in ["", *requirement.extras]:
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            if name == PROJECT:
                waiting += [Requirement(line) for line in own[extra]]
            else:
                waiting += required_by(name, extra)
    return {name for name, _ in seen} - {PROJECT}


def required_by(name: str, extra: str) -> list[Requirement]:
    """What an installed distribution requires for an extra, or for itself if `extra` is ""."""
    requirements = [Requirement(line) for line in metadata.requires(name) or []]
    unconditional = [each for each in requirements if each.marker is None]
    conditional = [
        each for each in requirements if each.marker and each.marker.evaluate({"extra": extra})
    ]
    return conditional if extra else unconditional + conditional


def test_constraints_contain_no_addresses() -> None:
    for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines():
        assert line.startswith("# ") or re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9a-z.]*", line), (
            line
        )


def test_constraints_pin_every_requirement_and_nothing_else() -> None:
    assert {canonicalize_name(name) for name in pins()} == required() | set(BUILD)


def test_constraints_pin_the_installed_versions() -> None:
    installed = {name: metadata.version(name) for name in pins() if name not in BUILD}
    assert installed == {name: pin for name, pin in pins().items() if name not in BUILD}
