"""constraints.txt names all that is installed, in its exact version, and nothing else."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = "minimax-chat"
# What hatchling asks for when it builds an editable install.
BUILD = ["editables"]


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def required() -> set[str]:
    """The names of all that the project with its extra `dev`, and its build, bring along here."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    project = settings["project"]
    # From the file and not from what is installed, which may be older.
    own = {"": project["dependencies"], **project["optional-dependencies"]}
    waiting = [
        Requirement(f"{PROJECT}[dev]"),
        *map(Requirement, settings["build-system"]["requires"]),
    ]
    seen: set[tuple[str, str]] = set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        for extra in {"", *requirement.extras} - {
            extra for seen_name, extra in seen if seen_name == name
        }:
            seen.add((name, extra))
            if name == PROJECT:
                waiting += map(Requirement, own[extra])
                continue
            for line in metadata.requires(name) or []:
                further = Requirement(line)
                if further.marker is None:
                    wanted = extra == ""
                else:
                    wanted = further.marker.evaluate({"extra": extra})
                if wanted:
                    waiting.append(further)
    return {name for name, _ in seen} - {PROJECT}


def test_it_names_no_address() -> None:
    for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines():
        assert line.startswith("# ") or re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9a-z.]*", line), (
            line
        )


def test_it_names_all_that_is_required_and_no_more() -> None:
    assert {canonicalize_name(name) for name in pins()} == required() | set(BUILD)


def test_it_names_the_versions_that_are_tested() -> None:
    installed = {name: metadata.version(name) for name in pins() if name not in BUILD}
    assert installed == {name: pin for name, pin in pins().items() if name not in BUILD}
