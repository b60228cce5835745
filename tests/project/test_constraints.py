"""constraints.txt pins everything that is installed, wherever it is, and nothing else."""

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
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
# Of the markers of requirements.
ENVIRONMENTS = [
    {"python_version": version, "python_full_version": f"{version}.0", **system}
    for version in re.findall(r"Python :: (3\.\d+)", "\n".join(SETTINGS["project"]["classifiers"]))
    for system in (
        {"os_name": "posix", "sys_platform": "linux", "platform_system": "Linux"},
        {"os_name": "posix", "sys_platform": "darwin", "platform_system": "Darwin"},
        {"os_name": "nt", "sys_platform": "win32", "platform_system": "Windows"},
    )
]


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def required() -> set[str]:
    """The distributions that the extra `dev` and the build require, directly or indirectly."""
    project = SETTINGS["project"]
    # From pyproject.toml, since the installed metadata may be outdated.
    own = {"": project["dependencies"], **project["optional-dependencies"]}
    waiting = [Requirement(f"{PROJECT}[dev]")]
    waiting += [Requirement(line) for line in SETTINGS["build-system"]["requires"]]
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
    """What a distribution requires somewhere, for an extra, or for itself if `extra` is "".

    Nothing, if it is not installed here; the tests elsewhere know more.
    """
    try:
        requirements = [Requirement(line) for line in metadata.requires(name) or []]
    except metadata.PackageNotFoundError:
        return []
    unconditional = [each for each in requirements if each.marker is None]
    conditional = [
        each
        for each in requirements
        if each.marker
        and any(each.marker.evaluate({**place, "extra": extra}) for place in ENVIRONMENTS)
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
    pinned = {canonicalize_name(name): pin for name, pin in pins().items()}
    installed = {canonicalize_name(each.name): each.version for each in metadata.distributions()}
    found = {name: version for name, version in installed.items() if name in pinned}
    assert found == {name: pinned[name] for name in found}
    assert {"attrs", "httpx", "python-dateutil"} <= found.keys()
