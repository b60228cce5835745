"""Changes the core in one small place at a time, and demands that its tests notice.

    python scripts/mutate.py                 every room of the core; takes an hour or two
    python scripts/mutate.py _retry _events  these rooms
    python scripts/mutate.py --sample 100    so many mutants, picked at random

Each mutant is tried in a copy of the package, with the tests that reach the changed line. Those
that may survive are in tests/mutants.toml, with the reason why they change nothing. Results are
kept in .mutation: a run that was stopped continues, and a mutant is tried again once its module
has changed or, if it survived, the tests have.
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
import shutil
import signal
import subprocess
import sys
import tomllib
import traceback
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import pytest
from coverage import CoverageData

if sys.platform == "win32":
    sys.exit("mutate: Linux or macOS is needed; on Windows, run this in WSL")

import resource

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "wrapper" / "minimax_chat"
ACCEPTED = ROOT / "tests" / "mutants.toml"
FOLDER = ROOT / ".mutation"
TESTS = ("tests/core", "tests/clients")
USED = (*TESTS, "tests/support")
# The rooms that do something else without the extra `speed`.
SPEED_MATTERS = ("_http", "_json")
# What the tests import, imported once for all mutants.
PRELOADED = ("hypothesis", "httpx", "httpx2", "openai", "minimax_chat_api.models", "documented")
PYTEST = ["-q", "-x", "-p", "no:cacheprovider", "--no-header", "--tb=line", "--assert=plain"]
MEMORY = 8 * 2**30
LONGEST_LABEL = 90

PAIRS: list[tuple[Any, Any]] = [
    *[(ast.Lt, ast.LtE), (ast.Gt, ast.GtE), (ast.Eq, ast.NotEq), (ast.Is, ast.IsNot)],
    *[(ast.In, ast.NotIn), (ast.And, ast.Or), (ast.Add, ast.Sub), (ast.Mult, ast.Div)],
    *[(ast.Pow, ast.Mult), (ast.BitOr, ast.BitAnd), ("min", "max"), ("any", "all")],
    *[("lstrip", "rstrip"), ("startswith", "endswith"), ("find", "rfind")],
    *[("partition", "rpartition"), ("removeprefix", "removesuffix")],
]
OTHER: dict[Any, Any] = {two: one for one, two in PAIRS} | dict(PAIRS)


@dataclass
class Mutant:
    """A node of a module, and what replaces it."""

    room: str
    tree: ast.AST
    parent: ast.AST
    field: str
    index: int | None
    node: Any
    scope: str
    lines: range
    """Of the changed statement."""
    cached: bool
    """Whether its function runs once, and later tests rely on what it returned."""
    replacement: Any = None
    name: str = ""

    def source(self, root: ast.AST) -> str:
        """The code of the module or of a part of it, changed."""
        self._put(self.replacement)
        try:
            return ast.unparse(root)
        finally:
            self._put(self.node)

    def _put(self, node: ast.AST) -> None:
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node

    def describe(self) -> str:
        before, after = ast.unparse(self.parent), self.source(self.parent)
        if "\n" in before or len(before) > LONGEST_LABEL:
            before, after = ast.unparse(self.node), ast.unparse(self.replacement)
        return f"{self.scope}: {before[:LONGEST_LABEL]} → {after[:LONGEST_LABEL]}"

    def replacements(self) -> Iterator[Any]:
        """What may stand here instead."""
        node, holder = self.node, self.parent
        if self.field in ("test", "ifs") and not isinstance(node, (ast.Compare, ast.UnaryOp)):
            yield ast.UnaryOp(ast.Not(), node)
        if self.field == "decorator_list":
            yield ast.parse("lambda it: it", mode="eval").body
        is_result = isinstance(holder, (ast.Assign, ast.AnnAssign, ast.Return))
        if is_result and self.field == "value" and not isinstance(node, ast.Constant):
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
                    yield _changed(node, ops=_with(ops, number, OTHER[type(op)]()))
            case ast.BoolOp() | ast.BinOp() | ast.AugAssign() if type(node.op) in OTHER:
                yield _changed(node, op=OTHER[type(node.op)]())
            case ast.UnaryOp(op=ast.Not()):
                yield node.operand
            case ast.Call(keywords=keywords):
                for number, keyword in enumerate(keywords):
                    if keyword.arg:
                        yield _changed(node, keywords=_with(keywords, number))
            case ast.Name(id=name) if name in OTHER:
                yield ast.Name(OTHER[name])
            case ast.Attribute(attr=name) if name in OTHER:
                yield _changed(node, attr=OTHER[name])
            case ast.Expr(value=ast.Call() | ast.Await()):
                yield ast.Pass()
            case ast.Raise() | ast.Delete() | ast.Break() | ast.Continue():
                yield ast.Pass()
            case ast.Tuple(elts=elements) if isinstance(holder, ast.ExceptHandler):
                for number in range(len(elements)):
                    yield _changed(node, elts=_with(elements, number))
            case _:
                pass


def _changed(node: Any, **fields: Any) -> Any:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _with(nodes: list[Any], number: int, *instead: ast.AST) -> list[Any]:
    return [*nodes[:number], *instead, *nodes[number + 1 :]]


def mutants_of(room: str) -> Iterator[Mutant]:
    """All mutants of a module."""
    tree = ast.parse((CORE / f"{room}.py").read_text("utf-8"))
    names: Counter[str] = Counter()
    for place in _places(room, tree, tree, room, range(1), cached=False):
        for replacement in place.replacements():
            mutant = copy.copy(place)
            mutant.replacement = replacement
            name = mutant.describe()
            names[name] += 1
            mutant.name = f"{name} ({names[name]})" if names[name] > 1 else name
            yield mutant


def _places(
    room: str, tree: ast.AST, node: ast.AST, scope: str, lines: range, *, cached: bool
) -> Iterator[Mutant]:
    """Every node below a node that counts when the code runs."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        scope = f"{scope}.{node.name}"
        cached = cached or any("lru_cache" in ast.unparse(each) for each in node.decorator_list)
    for field, value in ast.iter_fields(node):
        children = cast("list[object]", value) if isinstance(value, list) else [value]
        for number, child in enumerate(children):
            if not isinstance(child, ast.AST) or _is_for_readers(node, field, number, child):
                continue
            own = lines
            if isinstance(child, (ast.stmt, ast.ExceptHandler)):
                body: list[ast.stmt] = getattr(child, "body", [])
                last = body[0].lineno - 1 if body else child.end_lineno or child.lineno
                own = range(child.lineno, max(child.lineno, last) + 1)
            index = number if isinstance(value, list) else None
            yield Mutant(room, tree, node, field, index, child, scope, own, cached)
            yield from _places(room, tree, child, scope, own, cached=cached)


def _is_for_readers(parent: ast.AST, field: str, number: int, child: ast.AST) -> bool:
    """Whether a node counts for type checkers or people alone."""
    match parent, child:
        case ast.If(test=ast.Name(id="TYPE_CHECKING")), _:
            return field != "orelse"
        case ast.If(test=ast.UnaryOp(operand=ast.Name(id="TYPE_CHECKING"))), _:
            return field == "test"
        case ast.AnnAssign(annotation=ast.Name(id="TypeAlias")), _:
            return True
        case ast.Call(func=ast.Name(id="cast")), _:
            return field == "args" and number == 0
        case _, ast.Call(func=ast.Name(id="TypeVar")) | ast.Expr(value=ast.Constant()):
            return True
        case _, ast.FunctionDef() | ast.AsyncFunctionDef():
            return "overload" in map(ast.unparse, child.decorator_list)
        case _:
            return field in ("annotation", "returns")


class Reach:
    """Which tests reach a line, and how long they take."""

    def __init__(self) -> None:
        state, wanted = FOLDER / "reach.txt", fingerprint(CORE, *USED)
        if not state.exists() or state.read_text("utf-8") != wanted:
            state.unlink(missing_ok=True)
            for without in ("", "1"):
                print("mutate: running the tests to see which lines they reach", flush=True)
                command = [sys.executable, "-P", "-m", "pytest", *TESTS, "-q", "-n", "auto"]
                command += ["-p", "no:minimax-chat", f"--junit-xml={FOLDER}/tests{without}.xml"]
                command += ["--cov", "--cov-context=test", "--cov-report=", "--cov-fail-under=0"]
                own = {"COVERAGE_FILE": f"{FOLDER}/lines{without}", "WITHOUT_SPEED": without}
                if subprocess.run(command, cwd=ROOT, env={**os.environ, **own}).returncode:
                    sys.exit("mutate: the tests fail already without a mutant")
            state.write_text(wanted, "utf-8")
        self._seconds: dict[str, float] = {}
        self._lines: dict[tuple[str, str], dict[int, list[str]]] = {}
        for without in ("1", ""):
            data = CoverageData(f"{FOLDER}/lines{without}")
            data.read()
            for path in CORE.glob("*.py"):
                self._lines[without, path.stem] = data.contexts_by_lineno(str(path))
            for case in ET.parse(f"{FOLDER}/tests{without}.xml").iter("testcase"):
                name = f"{case.attrib['classname'].replace('.', '/')}.py::{case.attrib['name']}"
                self._seconds[name] = float(case.attrib["time"])

    def runs(self, mutant: Mutant) -> list[tuple[str, list[str]]]:
        """WITHOUT_SPEED and tests of each run: first the tests named after the room."""
        runs: list[tuple[str, list[str]]] = []
        for without in ("", "1") if mutant.room in SPEED_MATTERS else ("",):
            lines = self._lines[without, mutant.room]
            reached = {each for line in mutant.lines for each in lines.get(line, ())}
            # "": when a module is imported, which may matter to any test.
            anywhere = mutant.cached or not reached or "" in reached
            tests = self._seconds if anywhere else {each.partition("|")[0] for each in reached}
            ordered = sorted(tests, key=self.limit)
            own = [test for test in ordered if f"test_{mutant.room.strip('_')}.py" in test]
            runs += [(without, own), (without, [test for test in ordered if test not in own])]
        return [run for run in runs if run[1]]

    def limit(self, test: str) -> float:
        """The seconds after which a test is held to be stuck."""
        return 5 + 4 * self._seconds[test]


def fingerprint(*paths: str | Path) -> str:
    """Of Python files, and of those in folders."""
    found = [each for path in paths for each in [ROOT / path, *(ROOT / path).rglob("*.py")]]
    contents = [each.read_bytes() for each in sorted(found) if each.is_file()]
    return hashlib.sha256(b"\0".join(contents)).hexdigest()[:16]


class Chosen:
    """A pytest plugin that runs some tests, in their order, each for a limited time."""

    def __init__(self, tests: list[str], reach: Reach) -> None:
        self._places = {test: place for place, test in enumerate(tests)}
        self._reach = reach
        self.failed = ""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        chosen = [item for item in items if item.nodeid in self._places]
        items[:] = sorted(chosen, key=lambda item: self._places[item.nodeid])

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        signal.setitimer(signal.ITIMER_REAL, self._reach.limit(nodeid))  # ends the process

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed = report.nodeid


def start(mutant: Mutant, run: tuple[str, list[str]], folder: Path, reach: Reach) -> int:
    """Starts a process that runs tests with a mutant; returns its id."""
    process = os.fork()
    if process:
        return process
    try:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        shutil.rmtree(folder, ignore_errors=True)
        package = shutil.copytree(CORE, folder / CORE.name)
        (package / f"{mutant.room}.py").write_text(mutant.source(mutant.tree), "utf-8")
        log = os.open(folder / "log.txt", os.O_CREAT | os.O_WRONLY)
        os.dup2(log, 1)
        os.dup2(log, 2)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        signal.setitimer(signal.ITIMER_REAL, 60)
        without_speed, tests = run
        sys.dont_write_bytecode = True
        sys.path.insert(0, str(folder))
        os.environ |= {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
        os.environ |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "WITHOUT_SPEED": without_speed}
        chosen = Chosen(tests, reach)
        files = {test.partition("::")[0]: None for test in tests}
        try:
            status = pytest.main([*PYTEST, *files], plugins=[chosen])
        except (Warning, ExceptionGroup) as left:  # open when all tests were over
            status, chosen.failed = 1, chosen.failed or str(left)
        (folder / "failed.txt").write_text(chosen.failed or "an import", "utf-8")
        os._exit(min(status, 1))
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(2)


def tried(mutants: Iterable[Mutant], jobs: int) -> Iterator[tuple[Mutant, str | None]]:
    """Each mutant with the test that noticed it, None if none did."""
    reach = Reach()
    sys.path.append(str(ROOT / "tests" / "support"))
    for name in PRELOADED:
        import_module(name)
    gc.freeze()  # or each process would copy and search all that was imported
    waiting = iter(mutants)
    again: set[str] = set()
    active: dict[int, tuple[Mutant, list[tuple[str, list[str]]], Path]] = {}
    free = [FOLDER / f"job-{number}" for number in range(jobs)]
    try:
        while True:
            while free and (mutant := next(waiting, None)):
                runs, folder = reach.runs(mutant), free.pop()
                active[start(mutant, runs[0], folder, reach)] = mutant, runs, folder
            if not active:
                return
            process, status = os.wait()
            mutant, runs, folder = active.pop(process)
            _kill_group(process)  # what its tests have started
            code = os.waitstatus_to_exitcode(status)
            if code == 0 and runs[1:]:
                active[start(mutant, runs[1], folder, reach)] = mutant, runs[1:], folder
                continue
            if code not in (0, 1) and mutant.name not in again:  # pytest failed, or was stuck
                again.add(mutant.name)
                active[start(mutant, runs[0], folder, reach)] = mutant, runs, folder
                continue
            if code == 2:
                sys.exit(f"mutate: {mutant.name} was not tried: see {folder}/log.txt")
            free.append(folder)
            noticed_by = (
                (folder / "failed.txt").read_text("utf-8") if code > 0 else "the time limit"
            )
            yield mutant, noticed_by if code else None
    finally:
        for process in active:
            _kill_group(process)


def _kill_group(process: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process, signal.SIGKILL)


def problems_of(results: dict[str, str | None], names: set[str], rooms: list[str]) -> Iterator[str]:
    """What is wrong with the results, or with the list of mutants that may survive."""
    listed: set[str] = set()
    for group in tomllib.loads(ACCEPTED.read_text("utf-8"))["mutants"]:
        listed.update(group["equivalent"])
    for name in results:
        if results[name] is None and name not in listed:
            yield f"no test notices  {name}"
    for name in listed:
        if name.partition(":")[0].partition(".")[0] in rooms and name not in names:
            yield f"listed, but no mutant any more  {name}"
        elif noticed_by := results.get(name):
            yield f"listed, but noticed by {noticed_by}  {name}"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("rooms", nargs="*", help="modules of the core; all by default")
    parser.add_argument("--sample", type=int, help="try so many mutants, picked at random")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="mutants at a time")
    options = parser.parse_args(argv)
    rooms: list[str] = options.rooms or sorted(path.stem for path in CORE.glob("*.py"))
    mutants = [mutant for room in rooms for mutant in mutants_of(room)]
    chosen = mutants if options.sample is None else random.sample(mutants, options.sample)
    FOLDER.mkdir(exist_ok=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # to end the processes it started
    code = {room: fingerprint(CORE / f"{room}.py") for room in rooms}
    tests = fingerprint(*USED)
    known: dict[str, str | None] = {}
    log = FOLDER / "results.jsonl"
    for line in log.read_text("utf-8").splitlines() if log.exists() else ():
        name, noticed_by, code_then, tests_then = json.loads(line)
        if code_then in code.values() and (noticed_by or tests_then == tests):
            known[name] = noticed_by
    unknown = [mutant for mutant in chosen if mutant.name not in known]
    print(f"mutate: {len(unknown)} of {len(chosen)} mutants to try", flush=True)
    with log.open("a", encoding="utf-8") as file:
        for mutant, noticed_by in tried(unknown, options.jobs) if unknown else ():
            known[mutant.name] = noticed_by
            line = json.dumps([mutant.name, noticed_by, code[mutant.room], tests])
            print(line, file=file, flush=True)
            if noticed_by is None:
                print(f"survived  {mutant.name}", flush=True)
    results = {mutant.name: known[mutant.name] for mutant in chosen}
    problems = sorted(problems_of(results, {mutant.name for mutant in mutants}, rooms))
    print("\n".join(problems))
    survived = list(results.values()).count(None)
    print(f"mutate: {len(results)} mutants, {survived} survived, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("mutate: interrupted; run it again to go on")
