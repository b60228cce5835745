#!/usr/bin/env python3
"""Sets up, demonstrates, tests or documents the project, with nothing but Python and its pip.

    python3 scripts/dev.py demo             a chat, with the emulator or the real API
    python3 scripts/dev.py test [ARGUMENT]  every check; arguments are passed to pytest
    CI=true python3 scripts/dev.py test     the slow tests as well
    python3 scripts/dev.py ray [ARGUMENT]   the tests of the extra ray, in .venv-ray
    python3 scripts/dev.py docs             the documentation as a site, in the folder site
    python3 scripts/dev.py setup            create .venv, which the others do if necessary

Standard library only. Older Pythons must be able to parse this file, to be told that they are too
old.
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit(
        "dev: Python 3.11 or newer is needed, and {} is {}.{}: run this with a newer one, "
        "for example python3.13 scripts/dev.py".format(sys.executable, *sys.version_info[:2])
    )

import tomllib
from collections.abc import Generator, Mapping
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
# Ray takes 600 MB, so its tests have an environment of their own, with pins of its own.
SUFFIX = "-ray" if sys.argv[1:2] == ["ray"] else ""
VENV = ROOT / f".venv{SUFFIX}"
CONSTRAINTS = f"constraints{SUFFIX}.txt"
STAMP = VENV / "set-up.sha256"
WINDOWS = sys.platform == "win32"
PROGRAMS = VENV / ("Scripts" if WINDOWS else "bin")
EXE = ".exe" if WINDOWS else ""
PYTHON = str(PROGRAMS / f"python{EXE}")
# Not sys.executable: that may be in the very .venv that is about to be replaced.
BASE_PYTHON = str(getattr(sys, "_base_executable", "") or sys.executable)

# -P keeps the folders of the project (tests, examples ...) from being imported as modules.
MODULE = [PYTHON, "-P", "-m"]
VERIFY_TYPES = [*MODULE, "pyright", "--ignoreexternal", "--verifytypes"]
WORKFLOWS = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob(".github/workflows/*"))
CHECKS = {
    "mypy": [*MODULE, "mypy"],
    # With a cache of its own: each would discard the other's.
    "mypy for Windows": [*MODULE, "mypy", "--platform=win32", "--cache-dir=.mypy_cache/win32"],
    "pyright": [*MODULE, "pyright"],
    "public types of minimax_chat": [*VERIFY_TYPES, "minimax_chat"],
    "public types of minimax_chat_api": [*VERIFY_TYPES, "minimax_chat_api"],
    "regeneration": [PYTHON, "scripts/regenerate.py", "--check"],
    "import walls": [str(PROGRAMS / f"lint-imports{EXE}")],
    "ruff check": [*MODULE, "ruff", "check"],
    "ruff format": [*MODULE, "ruff", "format", "--check"],
    # Without the tools that it would use if they happened to be installed. It finds the workflows
    # of a git repository alone.
    "actionlint": [str(PROGRAMS / f"actionlint{EXE}"), "-shellcheck=", "-pyflakes=", *WORKFLOWS],
    "zizmor": [str(PROGRAMS / f"zizmor{EXE}"), "--offline", "--persona=pedantic", "."],
}
PYTEST = [*MODULE, "pytest", "-n", "auto", "--dist", "worksteal"]
# Without the project's own plugin, which imports the client before the measurement begins.
WITH_COVERAGE = ["-p", "no:minimax-chat", "--cov", "--cov-report=", "--cov-fail-under=0"]
CORE = ["tests/core", "tests/clients"]
# In place of httpx2 and msgspec, the client takes httpx and json: tests/conftest.py.
WITHOUT_SPEED = "tests of the core without the extra speed"
OTHERS = "other tests"
TESTS = {
    "tests of the core": [*CORE, *WITH_COVERAGE],
    WITHOUT_SPEED: [*CORE, *WITH_COVERAGE, "--cov-append"],
    OTHERS: ["tests", *(f"--ignore={folder}" for folder in CORE)],
}
# Of the first two together.
COVERAGE = "branch coverage of the core"
STEPS = [*CHECKS, *TESTS, COVERAGE]


class Failure(Exception):
    """Ends the run. The message is for the person who started it."""


def main(arguments: list[str]) -> int:
    command, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if command in ("", "-h", "--help"):
        say((__doc__ or "").strip())
        return 0 if command else 2
    with_arguments = command in ("test", "ray")
    if not with_arguments and (rest or command not in ("demo", "docs", "setup")):
        raise Failure(f"no such command: {' '.join(arguments)}; --help lists them")
    set_up()
    if command == "demo":
        return demo()
    if command == "test":
        return test(rest)
    if command == "docs":
        return docs()
    if command == "ray":
        with running([*MODULE, "pytest", "tests/ray", *rest], no_proxies()) as child:
            return child.wait()
    return 0


# Set-up


def set_up() -> None:
    """Create .venv, unless there is one that is complete and up to date."""
    start = time.monotonic()
    wanted = fingerprint()
    with contextlib.suppress(OSError):
        if STAMP.read_text(encoding="utf-8") == wanted and os.access(PYTHON, os.X_OK):
            return
    say(f"set-up: creating {VENV.name} with Python {sys.version.split()[0]}")
    if WINDOWS and Path(sys.prefix) == VENV:
        raise Failure(f"on Windows {VENV.name} cannot replace itself: run this with {BASE_PYTHON}")
    if VENV.is_symlink():
        VENV.unlink()
    elif VENV.exists():
        shutil.rmtree(VENV)
    # Without pip: on Debian, venv can install it only if another system package is installed.
    run_quietly([BASE_PYTHON, "-m", "venv", "--without-pip", str(VENV)])
    if succeeds([BASE_PYTHON, "-m", "pip", "--version"]):
        pip = [BASE_PYTHON, "-m", "pip", "--python", PYTHON]
    elif succeeds([PYTHON, "-m", "ensurepip"]):
        pip = [PYTHON, "-m", "pip"]
    else:
        raise Failure(
            f"{BASE_PYTHON} has no pip. Install it (Debian, Ubuntu: apt install python3-pip; "
            "Fedora: dnf install python3-pip), then run this again"
        )
    say(f"set-up: installing the versions of {CONSTRAINTS}, which takes about a minute")
    # Isolated builds read constraints from the environment alone: pip up to 25.2 from the first
    # name, later ones from the second. pip splits the values at white space, hence a relative path.
    limits = {"PIP_CONSTRAINT": CONSTRAINTS, "PIP_BUILD_CONSTRAINT": "constraints.txt"}
    options = ["--quiet", "--no-input", "--disable-pip-version-check"]
    run_quietly([*pip, "install", *options, "-e", f".[dev{SUFFIX}]"], {**limits, "PIP_USER": "0"})
    STAMP.write_text(wanted, encoding="utf-8")
    say(f"set-up: done in {time.monotonic() - start:.0f} s")


def fingerprint() -> str:
    """What .venv depends on: requirements, Python, and the folder, which pip records in it."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)
    requirements = [project["build-system"], project["project"], project["tool"]["hatch"]]
    constraints = (ROOT / CONSTRAINTS).read_text(encoding="utf-8").splitlines()
    parts = [requirements, constraints, sys.version, sys.base_prefix, str(ROOT)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def run_quietly(command: list[str], variables: dict[str, str] | None = None) -> None:
    """Run a step of the set-up; if it fails, show its errors and the likely reason."""
    with temporary_log() as log:
        with running(command, variables, stdout=log) as child:
            if child.wait() == 0:
                return
        log.seek(0)
        output = log.read()
    lines = output.strip().splitlines()
    say("\n".join([line.strip() for line in lines if "ERROR: " in line] or lines[-10:]))
    if "No space left on device" in output:
        reason = "the disk is full"
    elif re.search("connection|resol|timed out|No matching distribution", output, re.IGNORECASE):
        reason = (
            "a distribution could not be downloaded; check the network "
            "(pip takes a proxy from HTTPS_PROXY and a mirror from PIP_INDEX_URL)"
        )
    else:
        reason = f"{command[2]} failed, as above"
    raise Failure(f"set-up failed: {reason}. Then run this again: it starts from scratch")


def succeeds(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, env=environment({})).returncode == 0


# Demo


def demo() -> int:
    script = [PYTHON, "-P", "examples/demo.py"]
    if os.environ.get("MINIMAX_API_KEY"):
        # The client refuses a URL with a user name and password; do not print them either.
        base_url = os.environ.get("MINIMAX_BASE_URL", "").strip().rpartition("@")[2]
        say(f"demo: MINIMAX_API_KEY is set, so the calls go to {base_url or 'the real API'}")
        with running(script) as child:
            return child.wait()
    with emulator() as base_url:
        say(f"demo: MINIMAX_API_KEY is not set, so this is the emulator at {base_url}")
        variables = {"MINIMAX_BASE_URL": base_url, "MINIMAX_API_KEY": "for-the-emulator"}
        with running(script, {**no_proxies(), **variables}) as child:
            return child.wait()


@contextlib.contextmanager
def emulator() -> Generator[str]:
    """Start an emulator that runs until the block is left; yield its base URL."""
    command = [*MODULE, "minimax_chat.ext.emulator", "--port", "0"]
    with temporary_log() as log, running(command, stdout=subprocess.PIPE, stderr=log) as child:
        timeout = threading.Timer(30, child.kill)
        timeout.start()
        found = None
        for line in child.stdout or ():
            found = re.search(r"http://\S+", line)
            if found:
                break
        timeout.cancel()
        if found is None:
            log.seek(0)
            say(log.read().strip())
            raise Failure("the emulator did not start, as above")
        yield found[0]


# Test


def test(pytest_arguments: list[str]) -> int:
    start = time.monotonic()
    say("tests/ray: left out; to run it, use python3 scripts/dev.py ray")
    failed = run_checks()
    commands = {name: [*PYTEST, *arguments] for name, arguments in TESTS.items()}
    commands[COVERAGE] = [*MODULE, "coverage", "report"]
    if pytest_arguments:
        say(f"{WITHOUT_SPEED}, {COVERAGE}: left out, because the arguments select tests")
        commands = {"tests": [*PYTEST, *pytest_arguments]}
    elif not os.environ.get("CI"):
        say("slow tests: left out, as always outside CI; to run them as well, set CI=true")
        commands[OTHERS] += ["-m", "not slow"]
    for name, command in commands.items():
        began = time.monotonic()
        # With a key, tests/live calls the real API.
        variables = {} if os.environ.get("MINIMAX_API_KEY") else no_proxies()
        without = {"WITHOUT_SPEED": "1" if name == WITHOUT_SPEED else ""}
        with running(command, {**variables, **without}) as child:
            status = child.wait()
        report(name, status, began)
        if status:
            failed.append(name)
    seconds = f"{time.monotonic() - start:.0f} s"
    steps = len(CHECKS) + len(commands)
    if failed:
        raise Failure(f"{len(failed)} of {steps} steps failed: {', '.join(failed)}")
    say(f"test: all {steps} steps ok in {seconds}")
    return 0


def run_checks() -> list[str]:
    """Run every check, two at a time; return the names of those that failed."""
    waiting = list(CHECKS.items())
    failed: list[str] = []
    active: list[tuple[str, float, IO[str], subprocess.Popen[str]]] = []
    with contextlib.ExitStack() as stack:
        while waiting or active:
            while waiting and len(active) < 2:
                name, command = waiting.pop(0)
                log = stack.enter_context(temporary_log())
                child = stack.enter_context(running(command, stdout=log))
                active.append((name, time.monotonic(), log, child))
            time.sleep(0.02)
            for step in [step for step in active if step[-1].poll() is not None]:
                active.remove(step)
                name, began, log, child = step
                report(name, child.returncode, began)
                if child.returncode:
                    failed.append(name)
                    log.seek(0)
                    say(log.read().rstrip())
    return failed


def report(name: str, status: int, began: float) -> None:
    say(f"{'FAILED' if status else 'ok    '}  {name}  {time.monotonic() - began:.1f} s")


# Docs


def docs() -> int:
    with running([PYTHON, "-P", "scripts/build_site.py"]) as child:
        return child.wait()


# Children


@contextlib.contextmanager
def running(
    command: list[str],
    variables: Mapping[str, str | None] | None = None,
    stdout: IO[str] | int | None = None,
    stderr: IO[str] | int = subprocess.STDOUT,
) -> Generator[subprocess.Popen[str]]:
    """Start a process that is ended, with all it started, when the block is left.

    `variables` are set in its environment, or removed if None. It gets its own process group, so
    that a Ctrl-C in the terminal reaches it only once, from here. Windows has no such groups: there
    a Ctrl-C reaches every process of the console.
    """
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(variables or {}),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        text=True,
        encoding="utf-8",
        process_group=0,
    ) as child:
        try:
            yield child
        finally:
            end(child)


def end(child: subprocess.Popen[str]) -> None:
    """End a process with all it started, which on Windows are found only while it runs."""
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(child.pid)], capture_output=True)
        return
    try:
        if child.poll() is None:
            child.send_signal(signal.SIGINT)
            child.wait(10)
    except subprocess.TimeoutExpired:
        pass
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)


def environment(variables: Mapping[str, str | None]) -> dict[str, str]:
    """This environment, made safe for child processes, with the given changes."""
    changed: dict[str, str | None] = dict(os.environ)
    for name in ("PYTHONPATH", "PYTHONHOME", "PYRIGHT_PYTHON_FORCE_VERSION"):
        changed[name] = None
    changed["PATH"] = os.pathsep.join([str(PROGRAMS), os.environ.get("PATH", os.defpath)])
    # Python's choice for a pipe or a file on Windows cannot write every character.
    if WINDOWS:
        changed["PYTHONIOENCODING"] = "utf-8"
    # Otherwise pyright looks online for a newer version.
    changed["PYRIGHT_PYTHON_IGNORE_WARNINGS"] = "1"
    # The emulator must not be reached through a proxy.
    for name in ("no_proxy", "NO_PROXY"):
        changed[name] = ",".join(filter(None, [os.environ.get(name), "127.0.0.1", "localhost"]))
    changed.update(variables)
    return {name: value for name, value in changed.items() if value is not None}


def no_proxies() -> dict[str, None]:
    """Variables that remove every proxy, for a process that talks to this machine alone.

    httpx prepares every proxy that it finds, even if NO_PROXY keeps it from being used, and fails
    for an unknown kind. NO_PROXY stays: without it, macOS is asked for proxies.
    """
    names = [name for name in os.environ if name.lower().endswith("_proxy")]
    return {name: None for name in names if name.lower() != "no_proxy"}


def temporary_log() -> IO[str]:
    return tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")


def say(text: str) -> None:
    sys.stdout.buffer.write((text + "\n").encode(sys.stdout.encoding, "replace"))
    sys.stdout.flush()


def stop(number: int, frame: object) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    for name in ("SIGTERM", "SIGHUP", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), stop)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        print("dev: interrupted", file=sys.stderr)
        sys.exit(130)
    except (Failure, OSError, ValueError) as error:
        sys.exit(f"dev: {error}")
