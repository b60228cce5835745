"""Takes one revision of the spec all the way, in a copy of the project."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from generation.package import contents
from generation.regeneration import regenerate
from generation.tools import RegenerationError
from openapi_diff.change import verdict
from openapi_diff.compare import compare
from rehearsal.project_copy import copy_project
from rehearsal.revisions import PREAMBLE, Revision
from spec.document import from_mapping, read_yaml

# Pyright is told to take mypy's comments, and to refuse needless ones as mypy --strict does.
PYRIGHT_SETTINGS = {
    "include": ["probe_*.py"],
    "extraPaths": ["generated", "wrapper"],
    "typeCheckingMode": "strict",
    "enableTypeIgnoreComments": True,
    "reportUnnecessaryTypeIgnoreComment": True,
    "reportPrivateUsage": False,
    "reportUnusedImport": False,
}
RUN_PROBES = "import runpy, sys; [runpy.run_path(path) for path in sys.argv[1:]]"


@dataclass
class Outcome:
    """What became of a revision. An empty text means success, any other says what failed."""

    revision: Revision
    verdict: str
    changes: int
    regeneration: str = ""
    use: str = ""
    types: str = ""
    wrapper: str = ""
    tests: str = ""
    passed: int = 0
    """How many of the wrapper's tests passed."""

    @property
    def as_expected(self) -> bool:
        """Whether what is new works and, after an additive change, what was there before too."""
        failures = [self.regeneration, self.use, self.types, self.wrapper]
        if self.revision.verdict == "additive":
            failures.append(self.tests)
        return self.verdict == self.revision.verdict and not any(failures)

    def failures(self) -> str:
        """What failed, in full."""
        texts = (self.regeneration, self.use, self.types, self.wrapper, self.tests)
        return "\n".join([f"{self.revision.name}: {self.verdict}", *filter(None, texts)])


def rehearse(
    revision: Revision,
    folder: Path,
    *,
    tests: Sequence[str] = (),
    checkers: Sequence[str] = ("mypy",),
    cache: str = os.devnull,
) -> Outcome:
    """Take `revision` all the way in a copy of the project in the empty `folder`.

    `tests` are the paths of the wrapper's tests to run, `checkers` the type checkers, and `cache` a
    folder for mypy.
    """
    project = copy_project(folder / "project")
    wrapper = contents(project / "wrapper")
    outcome = _apply(revision, project / "openapi.yaml")
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            regenerate(project, check_only=False, cache=cache)
    except RegenerationError as error:
        outcome.regeneration = str(error)
        return outcome
    probes = [project / f"probe_{index}.py" for index in range(len(revision.probes))]
    for path, source in zip(probes, revision.probes, strict=True):
        path.write_text(PREAMBLE + source, encoding="utf-8")
    if probes:
        outcome.use = _failure(["-c", RUN_PROBES, *map(str, probes)], project)
        complaints = [_type_check(checker, probes, cache) for checker in checkers]
        outcome.types = "\n".join(filter(None, complaints))
    if tests:
        outcome.tests, outcome.passed = _test(tests, project)
    if contents(project / "wrapper") != wrapper:
        outcome.wrapper = "the wrapper was changed"
    return outcome


def _apply(revision: Revision, spec_path: Path) -> Outcome:
    """Change the spec; the outcome says what the comparison makes of it."""
    old, _ = read_yaml(spec_path.read_text(encoding="utf-8"))
    new = copy.deepcopy(old)
    revision.change(new)
    # The dumper written in C, where there is one, is ten times as fast.
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    with spec_path.open("w", encoding="utf-8") as file:
        yaml.dump(new, file, dumper, allow_unicode=True, sort_keys=False)
    changes = compare(from_mapping(old), from_mapping(new))
    binding = [change for change in changes if change.severity != "documentation"]
    return Outcome(revision, verdict(changes) or "none", len(binding))


def _python(arguments: list[str], project: Path) -> tuple[int, str]:
    """Run Python with the packages of the copy; return its exit status and output."""
    # PYTHONPATH comes before the project's own packages, wherever these are installed.
    packages = os.pathsep.join(str(project / name) for name in ("generated", "wrapper"))
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": packages, "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    return done.returncode, done.stdout.strip()


def _failure(arguments: list[str], project: Path) -> str:
    status, output = _python(arguments, project)
    return output if status else ""


def _type_check(checker: str, probes: list[Path], cache: str) -> str:
    project = probes[0].parent
    if checker == "pyright":
        settings = json.dumps(PYRIGHT_SETTINGS)
        (project / "pyrightconfig.json").write_text(settings, encoding="utf-8")
        return _failure(["-P", "-m", "pyright", "--pythonpath", sys.executable], project)
    names = [probe.name for probe in probes]
    return _failure(["-P", "-m", "mypy", "--strict", "--cache-dir", cache, *names], project)


def _test(paths: Sequence[str], project: Path) -> tuple[str, int]:
    """The output of the tests if they fail, and how many passed."""
    options = ["-q", "-x", "--no-header", "-p", "no:cacheprovider", "-m", "not slow"]
    status, output = _python(["-P", "-m", "pytest", *options, *paths], project)
    counted = re.search(r"(\d+) passed", output)
    return output if status else "", int(counted[1]) if counted else 0
