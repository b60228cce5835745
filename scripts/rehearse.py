"""Rehearses changes of the API: takes each revision of scripts/rehearsal/revisions.py all the way.

    python scripts/rehearse.py             every revision, as a table
    python scripts/rehearse.py role model  those whose names contain one of the words

Each goes through spec_diff.py and regenerate.py in a copy of the project. There nobody edits the
wrapper by hand: what is new must be usable from `create` and readable in the answer, with its type,
and the wrapper's own tests must pass where the change is additive.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import io
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from generation.package import contents
from generation.regeneration import regenerate
from generation.tools import RegenerationError
from rehearsal.project_copy import copy_project
from rehearsal.revisions import PREAMBLE, REVISIONS, Revision
from spec_diff import compare, from_mapping, verdict

# The wrapper's own tests, without those that have to do with bytes and time alone.
WRAPPER_TESTS = (
    *("tests/core/test_request.py", "tests/core/test_completion.py"),
    *("tests/core/test_reply.py", "tests/clients/test_options.py"),
    "tests/clients/test_streaming.py",
)
ALL_TESTS = ("tests/core", "tests/clients")
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
HEADINGS = ("revision", "diff", "regenerates", "usable", "typed", "wrapper untouched and green")


@dataclass(frozen=True)
class Outcome:
    """What became of a revision. An empty text stands for success, any other says why not."""

    revision: Revision
    verdict: str
    changes: int
    regeneration: str
    use: str
    types: str
    wrapper: str
    tests: str
    passed: int
    """How many of the wrapper's tests passed."""

    @property
    def as_expected(self) -> bool:
        """Whether what is new works, and after an additive change what was there before, too."""
        failures = [self.regeneration, self.use, self.types, self.wrapper]
        if self.revision.verdict == "additive":
            failures.append(self.tests)
        return self.verdict == self.revision.verdict and not any(failures)

    def row(self) -> tuple[str, ...]:
        """The cells of its line in the table."""
        told = ["NO" if each else "yes" for each in (self.regeneration, self.use, self.types)]
        wrapper = f"yes, {self.passed} tests" if self.passed else "yes"
        if self.wrapper or self.tests:
            wrapper = "NO: edited" if self.wrapper else "untouched, but its tests are RED"
        return self.revision.name, f"{self.verdict} ({self.changes})", *told, wrapper

    def failures(self) -> str:
        """What went wrong, in full."""
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
    """Takes `revision` all the way in a copy of the project in the empty `folder`.

    `tests` are the paths of the wrapper's tests to run, `checkers` the type checkers, and `cache` a
    folder for mypy.
    """
    project = copy_project(folder / "project")
    before = contents(project / "wrapper")
    spec_path = project / "openapi.yaml"
    # The one written in C, where there is one, is ten times as fast.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    old: dict[str, Any] = yaml.load(spec_path.read_text(encoding="utf-8"), loader)
    new = copy.deepcopy(old)
    revision.change(new)
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    with spec_path.open("w", encoding="utf-8") as file:
        yaml.dump(new, file, dumper, allow_unicode=True, sort_keys=False)
    changes = compare(from_mapping(old), from_mapping(new))
    regeneration = use = types = ""
    failed, passed = "", 0
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            regenerate(project, check_only=False, cache=cache)
    except RegenerationError as error:
        regeneration = str(error)
    else:
        probes = [project / f"probe_{index}.py" for index in range(len(revision.probes))]
        for path, source in zip(probes, revision.probes, strict=True):
            path.write_text(PREAMBLE + source, encoding="utf-8")
        run_all = "import runpy, sys; [runpy.run_path(path) for path in sys.argv[1:]]"
        use = _run(["-c", run_all, *map(str, probes)], project)
        types = "\n".join(filter(None, (_type_check(each, probes, cache) for each in checkers)))
        if tests:
            failed, passed = _tests(tests, project)
    meant = [each for each in changes if each.severity != "documentation"]
    return Outcome(
        revision=revision,
        verdict=verdict(changes) or "none",
        changes=len(meant),
        regeneration=regeneration,
        use=use,
        types=types,
        wrapper="" if contents(project / "wrapper") == before else "the wrapper was changed",
        tests=failed,
        passed=passed,
    )


def _run(arguments: list[str], project: Path) -> str:
    """Runs Python with the packages of the copy; returns what it says when it fails."""
    code, output = _python(arguments, project)
    return output if code else ""


def _python(arguments: list[str], project: Path) -> tuple[int, str]:
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


def _type_check(checker: str, probes: list[Path], cache: str) -> str:
    if not probes:
        return ""
    project = probes[0].parent
    if checker == "pyright":
        settings = json.dumps(PYRIGHT_SETTINGS)
        (project / "pyrightconfig.json").write_text(settings, encoding="utf-8")
        return _run(["-P", "-m", "pyright", "--pythonpath", sys.executable], project)
    names = [probe.name for probe in probes]
    return _run(["-P", "-m", "mypy", "--strict", "--cache-dir", cache, *names], project)


def _tests(paths: Sequence[str], project: Path) -> tuple[str, int]:
    """What the tests say when they fail, and how many passed."""
    options = ["-q", "-x", "--no-header", "-p", "no:cacheprovider", "-m", "not slow"]
    code, output = _python(["-P", "-m", "pytest", *options, *paths], project)
    counted = re.search(r"(\d+) passed", output)
    return output if code else "", int(counted[1]) if counted else 0


def table(rows: Sequence[Sequence[str]]) -> str:
    """The rows under their headings, as Markdown."""
    lines = [HEADINGS, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    told = ["| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in lines]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([told[0], rule, *told[1:]])


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--all", action="store_true", help="run every test of the wrapper")
    parser.add_argument("words", nargs="*", help="parts of the names of revisions; all without")
    options = parser.parse_args(argv)
    chosen = [
        revision
        for revision in REVISIONS
        if not options.words or any(word in revision.name for word in options.words)
    ]
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="rehearse-") as folder:
        for index, revision in enumerate(chosen):
            outcome = rehearse(
                revision,
                Path(folder, str(index)),
                tests=ALL_TESTS if options.all else WRAPPER_TESTS,
                checkers=("mypy", "pyright"),
                cache=str(Path(folder, "mypy")),
            )
            outcomes.append(outcome)
            if not outcome.as_expected:
                print(outcome.failures(), file=sys.stderr)
    print(table([outcome.row() for outcome in outcomes]))
    return 0 if all(outcome.as_expected for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
