"""Changes the core in one small place at a time, and demands that its tests notice.

    python scripts/mutate.py                 every room of the core
    python scripts/mutate.py _retry _events  these rooms
    python scripts/mutate.py --sample 100    so many mutants, picked at random

Each mutant is tried in a copy of the package, with the tests that reach the changed line, first
with the extra `speed`, then without. Those that may survive are in tests/mutants.toml, with the
reason why they change nothing that matters. What is known is kept in .mutation: a run that is
stopped continues where it was, and surviving mutants are tried again once tests have changed.
"""

from __future__ import annotations

import argparse
import ast
import copy
import gc
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from coverage import CoverageData

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "wrapper" / "minimax_chat"
ACCEPTED = ROOT / "tests" / "mutants.toml"
FOLDER = ROOT / ".mutation"
TESTS = ("tests/core", "tests/clients")
SPEED = {"with speed": "", "without speed": "1"}
SPEED_MATTERS = ("_http", "_json")
# For the tests, imported once for all mutants.
PRELOADED = ("hypothesis", "httpx", "httpx2", "openai", "minimax_chat_api.models", "documented")
PYTEST = ["-q", "-x", "-p", "no:cacheprovider", "--no-header", "--tb=line", "--assert=plain"]
MEMORY = 8 * 2**30
LONGEST_LABEL = 90

SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd,
}
PAIRS = [("min", "max"), ("any", "all"), ("lstrip", "rstrip"), ("startswith", "endswith")]
PAIRS += [("find", "rfind"), ("partition", "rpartition"), ("removeprefix", "removesuffix")]
SWAPPED_NAMES = {**dict(PAIRS), **{other: one for one, other in PAIRS}}


@dataclass(frozen=True)
class Mutant:
    """The core with one small change."""

    room: str
    name: str
    lines: range
    """Of the changed statement."""
    kept: bool
    """Whether what it computes is kept, so that later tests rely on it without running it."""
    source: Callable[[], str]


@dataclass(frozen=True)
class Place:
    """A node of a module, where it stands."""

    parent: ast.AST
    field: str
    index: int | None
    node: Any
    scope: str
    lines: range
    kept: bool

    def source(self, root: ast.AST, replacement: ast.AST) -> str:
        """The code of a node above, with the replacement."""
        self._put(replacement)
        try:
            return ast.unparse(root)
        finally:
            self._put(self.node)

    def _put(self, node: ast.AST) -> None:
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node

    def label(self, replacement: ast.AST) -> str:
        before, after = ast.unparse(self.parent), self.source(self.parent, replacement)
        if "\n" in before or len(before) > LONGEST_LABEL:
            before, after = ast.unparse(self.node), ast.unparse(replacement)
        return f"{self.scope}: {_shortened(before)} → {_shortened(after)}"

    def replacements(self) -> Iterator[ast.AST]:
        """What may stand here instead."""
        node = self.node
        if self.field in ("test", "ifs") and not _has_an_opposite(node):
            yield ast.UnaryOp(ast.Not(), node)
        if self.field == "decorator_list":
            yield ast.parse("lambda it: it", mode="eval").body
        is_value = isinstance(self.parent, (ast.Assign, ast.AnnAssign, ast.Return))
        if self.field == "value" and is_value and not isinstance(node, ast.Constant):
            yield ast.Constant(None)
        match node:
            case ast.Constant(value=bool(value)):
                yield ast.Constant(not value)
            case ast.Constant(value=int(value) | float(value)):
                yield ast.Constant(value + 1)
            case ast.Constant(value=str(value)):
                yield ast.Constant(f"XX{value}")
            case ast.Constant(value=bytes(value)):
                yield ast.Constant(b"XX" + value)
            case ast.Compare(ops=ops):
                for number, op in enumerate(ops):
                    yield _changed(node, ops=_with(ops, number, SWAPPED[type(op)]()))
            case ast.BoolOp(op=op) | ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in SWAPPED:
                yield _changed(node, op=SWAPPED[type(op)]())
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                yield operand
            case ast.Call(keywords=keywords):
                for number, keyword in enumerate(keywords):
                    if keyword.arg:
                        yield _changed(node, keywords=_with(keywords, number))
            case ast.Name(id=name) if name in SWAPPED_NAMES:
                yield ast.Name(SWAPPED_NAMES[name])
            case ast.Attribute(attr=name) if name in SWAPPED_NAMES:
                yield _changed(node, attr=SWAPPED_NAMES[name])
            case ast.Expr(value=ast.Call() | ast.Await()):
                yield ast.Pass()
            case ast.Raise() | ast.Delete() | ast.Break() | ast.Continue():
                yield ast.Pass()
            case ast.Tuple(elts=elements) if isinstance(self.parent, ast.ExceptHandler):
                for number in range(len(elements)):
                    yield _changed(node, elts=_with(elements, number))
            case _:
                pass


def mutants_of(room: str) -> list[Mutant]:
    """All mutants of a module."""
    tree = ast.parse((CORE / f"{room}.py").read_text("utf-8"))
    mutants: list[Mutant] = []
    names: Counter[str] = Counter()
    for place in _places(tree, room, range(1), kept=False):
        for replacement in place.replacements():
            name = place.label(replacement)
            names[name] += 1
            name += f" ({names[name]})" if names[name] > 1 else ""
            source = partial(place.source, tree, replacement)
            mutants.append(Mutant(room, name, place.lines, place.kept, source))
    return mutants


def _places(node: ast.AST, scope: str, lines: range, *, kept: bool) -> Iterator[Place]:
    """The nodes below a node that count when the code runs."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        scope = f"{scope}.{node.name}"
        kept = kept or any("lru_cache" in ast.unparse(each) for each in node.decorator_list)
    for field, value in ast.iter_fields(node):
        for index, child in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(child, ast.AST) and not _for_type_checkers(node, field, index, child):
                place = index if isinstance(value, list) else None
                own = _lines(child) or lines
                yield Place(node, field, place, child, scope, own, kept)
                yield from _places(child, scope, own, kept=kept)


def _lines(node: ast.AST) -> range | None:
    """Those of a statement, or of its first part if it contains others."""
    if not isinstance(node, (ast.stmt, ast.ExceptHandler)):
        return None
    body: list[ast.stmt] = getattr(node, "body", [])
    last = body[0].lineno - 1 if body else node.end_lineno or node.lineno
    return range(node.lineno, max(node.lineno, last) + 1)


def _for_type_checkers(parent: ast.AST, field: str, index: int, child: ast.AST) -> bool:
    """Whether a node counts for type checkers or readers alone."""
    match parent, child:
        case ast.If(test=ast.Name(id="TYPE_CHECKING")), _:
            return field != "orelse"
        case ast.If(test=ast.UnaryOp(operand=ast.Name(id="TYPE_CHECKING"))), _:
            return field == "test"
        case ast.AnnAssign(annotation=ast.Name(id="TypeAlias")), _:
            return True
        case ast.Call(func=ast.Name(id="cast")), _:
            return field == "args" and index == 0
        case _, ast.Call(func=ast.Name(id="TypeVar")) | ast.Expr(value=ast.Constant()):
            return True
        case _, ast.FunctionDef(decorator_list=decorators) | ast.AsyncFunctionDef(
            decorator_list=decorators
        ):
            return any(ast.unparse(each) == "overload" for each in decorators)
        case _:
            return field in ("annotation", "returns")


def _has_an_opposite(node: ast.AST) -> bool:
    """Whether one of its own replacements negates a condition."""
    match node:
        case ast.UnaryOp(op=ast.Not()):
            return True
        case ast.Compare(
            ops=[ast.Eq() | ast.NotEq() | ast.Is() | ast.IsNot() | ast.In() | ast.NotIn()]
        ):
            return True
        case _:
            return False


def _changed(node: Any, **fields: Any) -> Any:
    changed = copy.copy(node)
    vars(changed).update(fields)
    return changed


def _with(nodes: list[Any], number: int, *instead: ast.AST) -> list[Any]:
    return [*nodes[:number], *instead, *nodes[number + 1 :]]


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_LABEL else f"{text[:LONGEST_LABEL]}…"


# Tests


@dataclass
class Run:
    """Tests that a mutant has to pass in one process."""

    tests: list[str]
    without_speed: str = ""


class Reached:
    """Which tests reach a line, and how long they take; measured once for each state of the code."""

    def __init__(self) -> None:
        state = FOLDER / "reached.txt"
        if not state.exists() or state.read_text("utf-8") != fingerprint():
            for name, without in SPEED.items():
                print(f"mutate: finding out which tests reach which line, {name}", flush=True)
                command = [sys.executable, "-P", "-m", "pytest", *TESTS, "-q", "-n", "auto"]
                command += [
                    "-p",
                    "no:minimax-chat",
                    "--cov",
                    "--cov-context=test",
                    "--cov-report=",
                    "--cov-fail-under=0",
                ]
                command += [f"--junit-xml={FOLDER / name}.xml"]
                variables = {"COVERAGE_FILE": str(FOLDER / name), "WITHOUT_SPEED": without}
                subprocess.run(command, cwd=ROOT, env={**os.environ, **variables}, check=True)
            state.write_text(fingerprint(), "utf-8")
        self._data = {name: CoverageData(str(FOLDER / name)) for name in SPEED}
        self._seconds: dict[str, float] = {}
        for name, data in self._data.items():
            data.read()
            for case in ET.parse(FOLDER / f"{name}.xml").iter("testcase"):
                test = f"{case.attrib['classname'].replace('.', '/')}.py::{case.attrib['name']}"
                self._seconds[test] = float(case.attrib["time"])
        self.lines = lru_cache(self._lines)

    def _lines(self, name: str, room: str) -> dict[int, list[str]]:
        return self._data[name].contexts_by_lineno(str(CORE / f"{room}.py"))

    def runs(self, mutant: Mutant) -> list[Run]:
        """The tests to try it with: those that are named after its room first."""
        runs: list[Run] = []
        for name, without in SPEED.items():
            if without and mutant.room not in SPEED_MATTERS:
                continue
            by_line = self.lines(name, mutant.room)
            contexts = {each for line in mutant.lines for each in by_line.get(line, [])}
            # What runs when a module is imported, or once, may matter to any test.
            anywhere = mutant.kept or not contexts or "" in contexts
            tests = self._seconds if anywhere else {each.partition("|")[0] for each in contexts}
            quickest = sorted(tests, key=lambda test: self._seconds[test])
            own = [each for each in quickest if f"test_{mutant.room.strip('_')}.py" in each]
            runs += [Run(each, without) for each in (own, [t for t in quickest if t not in own])]
        return [run for run in runs if run.tests]

    def limit(self, test: str) -> float:
        """The seconds after which a mutant is held to be stuck in a test."""
        return 5 + 4 * self._seconds[test]


def fingerprint(*folders: str | Path) -> str:
    """Of the files that decide which tests reach what, or of those in some folders."""
    folders = folders or (CORE, *TESTS, "tests/support")
    found = [ROOT / each for each in folders]
    paths = [p for each in found for p in ([each] if each.is_file() else each.rglob("*.py"))]
    contents = [path.read_bytes() for path in sorted(paths)]
    return hashlib.sha256(b"\0".join(contents)).hexdigest()


class Chosen:
    """A pytest plugin: runs the given tests in the given order, none too long."""

    def __init__(self, tests: list[str], limit: Callable[[str], float]) -> None:
        self._places = {test: place for place, test in enumerate(tests)}
        self._limit = limit
        self.failed = ""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        chosen = [item for item in items if item.nodeid in self._places]
        items[:] = sorted(chosen, key=lambda item: self._places[item.nodeid])

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        signal.setitimer(signal.ITIMER_REAL, self._limit(nodeid))  # ends the process

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed = report.nodeid


# Trials


def start(mutant: Mutant, run: Run, slot: int, limit: Callable[[str], float]) -> int:
    """Starts a process that tries a mutant with some tests; returns its id."""
    process = os.fork()
    if process:
        return process
    try:
        os.setsid()
        folder = FOLDER / str(slot)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(CORE, folder / CORE.name)
        (folder / CORE.name / f"{mutant.room}.py").write_text(mutant.source(), "utf-8")
        log = os.open(folder / "log.txt", os.O_CREAT | os.O_WRONLY)
        os.dup2(log, 1)
        os.dup2(log, 2)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        signal.setitimer(signal.ITIMER_REAL, 60)
        # For processes that tests start, too.
        variables = {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
        os.environ |= {**variables, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        os.environ["WITHOUT_SPEED"] = run.without_speed
        sys.dont_write_bytecode = True
        sys.path.insert(0, str(folder))
        chosen = Chosen(run.tests, limit)
        files = dict.fromkeys(test.partition("::")[0] for test in run.tests)
        status = pytest.main([*PYTEST, *files], plugins=[chosen])
        (folder / "failed.txt").write_text(chosen.failed, "utf-8")
        os._exit(status)
    finally:
        os._exit(70)


def try_all(mutants: Iterable[Mutant], jobs: int) -> Iterator[tuple[Mutant, str | None]]:
    """Yields each mutant with what noticed it, None if nothing did."""
    reached = Reached()
    sys.path.append(str(ROOT / "tests" / "support"))
    for name in PRELOADED:
        import_module(name)
    gc.freeze()  # or each process would copy and search all that was imported
    waiting = iter(mutants)
    active: dict[int, tuple[Mutant, list[Run], int]] = {}
    free = list(range(jobs))
    try:
        while True:
            while free and (mutant := next(waiting, None)):
                runs, slot = reached.runs(mutant), free.pop()
                active[start(mutant, runs.pop(0), slot, reached.limit)] = mutant, runs, slot
            if not active:
                return
            process, status = os.wait()
            mutant, runs, slot = active.pop(process)
            kill_group(process)  # what its tests have started
            code = os.waitstatus_to_exitcode(status)
            if code == 70:
                raise RuntimeError((FOLDER / str(slot) / "log.txt").read_text("utf-8"))
            if code == 0 and runs:
                active[start(mutant, runs.pop(0), slot, reached.limit)] = mutant, runs, slot
                continue
            free.append(slot)
            failed = FOLDER / str(slot) / "failed.txt"
            found = failed.read_text("utf-8") if failed.exists() else f"signal {-code}"
            yield mutant, (found or "no test could run") if code else None
    finally:
        for process in active:
            kill_group(process)


def kill_group(process: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process, signal.SIGKILL)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("rooms", nargs="*", help="modules of the core; all by default")
    parser.add_argument("--sample", type=int, help="try so many mutants, picked at random")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="mutants at a time")
    options = parser.parse_args(argv)
    rooms = options.rooms or sorted(path.stem for path in CORE.glob("*.py"))
    mutants = [mutant for room in rooms for mutant in mutants_of(room)]
    chosen = mutants
    if options.sample is not None:
        chosen = random.sample(mutants, min(options.sample, len(mutants)))
    FOLDER.mkdir(exist_ok=True)
    code = {room: fingerprint(CORE / f"{room}.py") for room in rooms}
    tests = fingerprint(*TESTS, "tests/support")
    results: dict[str, str | None] = {}
    log = FOLDER / "results.jsonl"
    for line in log.read_text("utf-8").splitlines() if log.exists() else ():
        name, noticed_by, code_then, tests_then = json.loads(line)
        if code.get(name.partition(".")[0].partition(":")[0]) == code_then and (
            noticed_by or tests_then == tests
        ):
            results[name] = noticed_by
    with log.open("a", encoding="utf-8") as file:
        for mutant, noticed_by in try_all(
            [m for m in chosen if m.name not in results], options.jobs
        ):
            results[mutant.name] = noticed_by
            line = [mutant.name, noticed_by, code[mutant.room], tests]
            print(json.dumps(line, ensure_ascii=False), file=file, flush=True)
            if noticed_by is None:
                print(f"survived  {mutant.name}", flush=True)
    accepted = {
        name: group["reason"]
        for group in tomllib.loads(ACCEPTED.read_text("utf-8"))["survivors"]
        for name in group["mutants"]
    }
    survivors = {mutant.name for mutant in chosen if results[mutant.name] is None}
    problems = [f"no test notices it: {name}" for name in sorted(survivors - accepted.keys())]
    for name in accepted:
        if name.partition(".")[0].partition(":")[0] not in rooms:
            continue
        if name not in {mutant.name for mutant in mutants}:
            problems.append(f"{ACCEPTED.name} lists what no longer exists: {name}")
        elif results.get(name):
            problems.append(f"{ACCEPTED.name} lists what {results[name]} notices: {name}")
    killed = len(chosen) - len(survivors)
    print("\n".join(problems))
    print(
        f"mutate: {killed} of {len(chosen)} noticed ({killed / len(chosen):.1%}), {len(survivors)} survived"
    )
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
