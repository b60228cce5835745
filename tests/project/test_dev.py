"""scripts/dev.py sets up, shows, tests, and fails with a sentence: in small projects, offline."""

from __future__ import annotations

import ast
import importlib.metadata
import os
import re
import runpy
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dev
from generation.regeneration import regenerate
from generation.tools import RegenerationError
from minimax_chat.ext.emulator import Emulator

ROOT = Path(__file__).parents[2]
SCRIPT = Path("scripts/dev.py")

PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "sample"
version = "1"
optional-dependencies = { dev = [] }

[tool.hatch]
"""

BACKEND = """
from pathlib import Path
from zipfile import ZipFile

def build_editable(folder, settings=None, metadata=None):
    with ZipFile(Path(folder, "sample-1-py3-none-any.whl"), "w") as wheel:
        wheel.writestr("sample.pth", str(Path.cwd()))
        wheel.writestr("sample-1.dist-info/METADATA",
            "Metadata-Version: 2.1\\nName: sample\\nVersion: 1\\nProvides-Extra: dev\\n"
            + Path("requires").read_text())
        wheel.writestr("sample-1.dist-info/WHEEL",
            "Wheel-Version: 1.0\\nGenerator: own\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("sample-1.dist-info/RECORD", "")
    return "sample-1-py3-none-any.whl"
"""


def run(
    project: Path, *arguments: str, python: str = sys.executable, **variables: str
) -> subprocess.CompletedProcess[str]:
    dropped = re.compile("MINIMAX_|CI$")
    kept = {name: value for name, value in os.environ.items() if not dropped.match(name)}
    done = subprocess.run(
        [python, str(project / SCRIPT), *arguments],
        # Any folder will do.
        cwd="/",
        env={**kept, "PIP_NO_INDEX": "1", **variables},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project without dependencies, in a folder whose name has a space."""
    project = tmp_path / "a project"
    (project / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / SCRIPT, project / SCRIPT)
    (project / "pyproject.toml").write_text(PYPROJECT)
    (project / "backend.py").write_text(BACKEND)
    (project / "requires").write_text("")
    (project / "constraints.txt").write_text("# None\n")
    return project


@pytest.fixture
def ready(project: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Gives the project a finished .venv whose programs are all the given shell script."""

    def make(program: str) -> Path:
        if os.name != "posix":
            pytest.skip("its programs are shell scripts")
        programs = project / ".venv" / "bin"
        programs.mkdir(parents=True)
        for name in ("python", "lint-imports", "actionlint", "zizmor"):
            (programs / name).write_text(f"#!/bin/sh\n{program}\n")
            (programs / name).chmod(0o755)
        monkeypatch.setattr(dev, "ROOT", project)
        (project / ".venv" / dev.STAMP.name).write_text(dev.fingerprint())
        return project

    return make


THIS_PYTHON = f'exec "{sys.executable}" "$@"'


# Older Pythons


def test_older_python_can_parse_the_script() -> None:
    ast.parse((ROOT / SCRIPT).read_text("utf-8"), feature_version=(3, 6))


def test_older_python_is_told_that_it_is_too_old(project: Path) -> None:
    code = "import runpy, sys; sys.version_info = (3, 8, 1); runpy.run_path(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-c", code, str(project / SCRIPT)], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert re.fullmatch(r"dev: Python 3\.11 or newer is needed, and \S+ is 3\.8: .*\n", done.stderr)


# Set-up


def test_set_up_is_repeated_only_when_the_constraints_change(project: Path) -> None:
    first = run(project, "setup")
    assert first.returncode == 0, first.stdout + first.stderr
    assert [line.split(":")[0] for line in first.stdout.splitlines()] == ["set-up"] * 3
    python = project / Path(dev.PYTHON).relative_to(dev.ROOT)
    found = subprocess.run(
        [python, "-c", "import importlib.metadata as m; print(m.version('sample'))"],
        capture_output=True,
        text=True,
    )
    assert found.stdout == "1\n", found.stderr

    (project / ".venv" / "kept").touch()
    again = run(project, "setup")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    # Also when it is started by the Python of .venv, as it is where that is activated.
    assert run(project, "setup", python=str(python)).stdout == ""
    assert (project / ".venv" / "kept").exists()

    (project / "constraints.txt").write_text("other==1\n")
    assert run(project, "setup", python=str(python)).returncode == 0
    assert not (project / ".venv" / "kept").exists()


@pytest.mark.parametrize("left", ["a folder", "a broken link", "no python"])
def test_incomplete_venv_is_replaced(project: Path, left: str) -> None:
    venv = project / ".venv"
    if left == "a folder":
        venv.mkdir()
        (venv / "half").touch()
    elif left == "a broken link":
        venv.symlink_to(project / "gone")
    elif left == "no python":
        run(project, "setup")
        (project / Path(dev.PYTHON).relative_to(dev.ROOT)).unlink()
    assert run(project, "setup").stdout.startswith("set-up: creating .venv")
    assert (venv / dev.STAMP.name).exists()
    assert not (venv / "half").exists()


def test_missing_distribution_is_reported(project: Path) -> None:
    (project / "requires").write_text("Requires-Dist: nowhere-to-be-found; extra == 'dev'\n")
    done = run(project, "setup")
    assert done.returncode == 1
    assert "nowhere-to-be-found" in done.stdout
    assert done.stderr.startswith(
        "dev: set-up failed: a distribution could not be downloaded; check"
    )
    assert not (project / ".venv" / dev.STAMP.name).exists()


def test_constraints_are_applied(project: Path) -> None:
    (project / "constraints.txt").write_text("sample==2\n")
    done = run(project, "setup")
    assert done.returncode == 1
    assert "sample" in done.stdout


def test_python_without_pip_is_told_how_to_install_it(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dev, "ROOT", project)
    monkeypatch.setattr(dev, "VENV", project / ".venv")
    monkeypatch.setattr(dev, "STAMP", project / ".venv" / "stamp")
    monkeypatch.setattr(dev, "succeeds", lambda command: False)
    with pytest.raises(dev.Failure, match=r"has no pip\. Install it \(.*apt install python3-pip"):
        dev.set_up()


def test_unwritable_venv_is_reported(project: Path) -> None:
    (project / ".venv").write_text("no folder")
    done = run(project, "setup")
    assert done.returncode == 1
    assert re.fullmatch(r"dev: .*Not a directory: .*\n", done.stderr)


def test_fingerprint_changes_with_requirements_and_python_only(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dev, "ROOT", project)
    before = dev.fingerprint()
    (project / "pyproject.toml").write_text(f"{PYPROJECT}\n[tool.ruff]\nline-length = 80\n")
    assert dev.fingerprint() == before
    (project / "pyproject.toml").write_text(PYPROJECT.replace("dev = []", "dev = ['attrs']"))
    assert dev.fingerprint() != before
    (project / "pyproject.toml").write_text(PYPROJECT)
    monkeypatch.setattr(sys, "version", "3.11.0 (another build)")
    assert dev.fingerprint() != before


# Commands


@pytest.mark.parametrize("arguments", [["deploy"], ["demo", "now"], ["docs", "now"]])
def test_unknown_command_is_refused_before_set_up(project: Path, arguments: list[str]) -> None:
    done = run(project, *arguments)
    assert done.returncode == 1
    assert done.stderr.startswith(f"dev: no such command: {' '.join(arguments)}")
    assert not (project / ".venv").exists()


def test_help_lists_the_commands(project: Path) -> None:
    done = run(project, "--help")
    assert done.returncode == 0
    for command in ("demo", "test", "docs", "setup"):
        assert f"scripts/dev.py {command}" in done.stdout


# Windows, as far as it can be tested elsewhere; the check "mypy for Windows" does the rest.


@pytest.fixture
def on_windows(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the script defines on Windows."""
    monkeypatch.setattr(sys, "platform", "win32")
    return runpy.run_path(str(ROOT / SCRIPT))


def test_windows_has_its_programs_in_another_folder(on_windows: dict[str, Any]) -> None:
    programs = ROOT / ".venv" / "Scripts"
    assert on_windows["PYTHON"] == str(programs / "python.exe")
    # Names are not completed there if a folder is given.
    for command in on_windows["CHECKS"].values():
        assert re.fullmatch(r"(python|lint-imports|actionlint|zizmor)\.exe", Path(command[0]).name)
        assert Path(command[0]).parent == programs
    environment = on_windows["environment"]({})
    assert environment["PATH"].split(os.pathsep)[0] == str(programs)
    assert environment["PYTHONIOENCODING"] == "utf-8"
    assert dev.environment({}).keys() == environment.keys() - {"PYTHONIOENCODING"}


def test_windows_ends_a_process_with_all_it_started(
    on_windows: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[list[str]] = []
    with subprocess.Popen([sys.executable, "-c", ""], text=True) as child:
        monkeypatch.setattr(subprocess, "run", lambda command, **_: ended.append(command))
        on_windows["end"](child)
    assert ended == [["taskkill", "/F", "/T", "/PID", str(child.pid)]]


def test_windows_cannot_replace_the_venv_that_it_runs_in(
    on_windows: dict[str, Any], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up = on_windows["set_up"]
    used = {"ROOT": project, "VENV": project / ".venv", "STAMP": project / ".venv" / "stamp"}
    for name, path in used.items():
        monkeypatch.setitem(set_up.__globals__, name, path)
    monkeypatch.setattr(sys, "prefix", str(project / ".venv"))
    with pytest.raises(on_windows["Failure"], match=r"^on Windows \.venv cannot replace itself"):
        set_up()


# Demo


def port_of(output: str) -> int:
    match = re.search(r"http://127\.0\.0\.1:(\d+)", output)
    assert match, output
    return int(match[1])


def is_gone(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) != 0


def test_demo_without_a_key_starts_and_stops_an_emulator(ready: Callable[[str], Path]) -> None:
    project = ready(THIS_PYTHON)
    shutil.copytree(ROOT / "examples", project / "examples")
    # Neither the caller's address nor a proxy is in the way of the emulator.
    done = run(project, "demo", MINIMAX_REGION="global", HTTP_PROXY="http://127.0.0.1:9")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "MINIMAX_API_KEY is not set, so this is the emulator at http://127.0.0.1:" in done.stdout
    for label in ("thinking", "answer", "usage", "trace id"):
        assert len(re.findall(f"^{label}  +\\S", done.stdout, re.MULTILINE)) == 2
    assert is_gone(port_of(done.stdout))


SOCKS = dict.fromkeys(("ALL_PROXY", "all_proxy", "https_proxy"), "socks5://127.0.0.1:9")


def test_demo_ignores_a_proxy_that_httpx_cannot_use(ready: Callable[[str], Path]) -> None:
    project = ready(THIS_PYTHON)
    shutil.copytree(ROOT / "examples", project / "examples")
    done = run(project, "demo", **SOCKS)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("command", "variables", "kept"),
    [
        ("demo", {}, False),
        ("test", {}, False),
        # The real API may be out of reach without it, for the demo and for tests/live.
        ("demo", {"MINIMAX_API_KEY": "a-secret"}, True),
        ("test", {"MINIMAX_API_KEY": "a-secret"}, True),
    ],
)
def test_proxies_are_removed_unless_the_real_api_is_called(
    ready: Callable[[str], Path], command: str, variables: dict[str, str], kept: bool
) -> None:
    shown = 'echo "proxies: $(env | grep -ic "^[a-z]*_proxy=socks5:") $NO_PROXY"'
    project = ready(
        'case "$*" in\n'
        "*emulator*) echo http://127.0.0.1:9; exec sleep 60;;\n"
        f"*pytest*|*demo.py*) {shown};;\n"
        "esac"
    )
    done = run(project, command, NO_PROXY="example.com", **SOCKS, **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    told = set(re.findall(r"^proxies: (.*)$", done.stdout, re.MULTILINE))
    # It stays, for where it is empty httpx asks the system for proxies.
    assert told == {f"{len(SOCKS) if kept else 0} example.com,127.0.0.1,localhost"}


@pytest.mark.parametrize(
    "terminal",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": ""},
    ],
    ids=["encoding", "locale"],
)
def test_demo_works_in_a_terminal_without_chinese(
    ready: Callable[[str], Path], terminal: dict[str, str]
) -> None:
    project = ready(THIS_PYTHON)
    shutil.copytree(ROOT / "examples", project / "examples")
    done = run(project, "demo", **terminal)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^answer    \\u4f60\\u597d", done.stdout, re.MULTILINE)


def test_demo_with_a_key_calls_the_api(ready: Callable[[str], Path]) -> None:
    project = ready(THIS_PYTHON)
    shutil.copytree(ROOT / "examples", project / "examples")
    with Emulator(api_key="a-secret") as api:
        done = run(project, "demo", MINIMAX_API_KEY="a-secret", MINIMAX_BASE_URL=api.base_url)
        assert len(api.requests) == 2
    assert done.returncode == 0, done.stdout + done.stderr
    told = f"demo: MINIMAX_API_KEY is set, so the calls go to {api.base_url}\n"
    assert done.stdout.startswith(told)
    assert "a-secret" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("base_url", "told"),
    [
        (None, "the real API"),
        ("", "the real API"),
        (" https://gateway.example/minimax ", "https://gateway.example/minimax"),
        # The client refuses it, and a password is shown to nobody.
        ("https://me:a-secret@gateway.example", "gateway.example"),
    ],
)
def test_demo_with_a_key_prints_where_the_calls_go_without_a_password(
    ready: Callable[[str], Path], base_url: str | None, told: str
) -> None:
    given = {} if base_url is None else {"MINIMAX_BASE_URL": base_url}
    done = run(ready("exit 0"), "demo", MINIMAX_API_KEY="a-secret", **given)
    assert done.stdout == f"demo: MINIMAX_API_KEY is set, so the calls go to {told}\n"
    assert "a-secret" not in done.stdout + done.stderr


@pytest.mark.parametrize(("name", "status"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_signal_stops_the_demo_and_the_emulator(
    ready: Callable[[str], Path], name: str, status: int
) -> None:
    project = ready(THIS_PYTHON)
    (project / "examples").mkdir()
    (project / "examples" / "demo.py").write_text(
        "import signal, time\n"
        "signal.signal(signal.SIGINT, signal.SIG_DFL)\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, str(project / SCRIPT), "demo"],
        env={name: value for name, value in os.environ.items() if name != "MINIMAX_API_KEY"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        output = running.stdout.readline()
        assert running.stdout.readline() == "ready\n"
        assert not is_gone(port_of(output))
        running.send_signal(getattr(signal, name))
        assert running.wait(30) == status
        assert "Traceback" not in running.stderr.read()
    assert is_gone(port_of(output))


def test_emulator_that_fails_to_start_is_reported(ready: Callable[[str], Path]) -> None:
    project = ready("echo 'the emulator needs uvicorn' >&2; exit 1")
    done = run(project, "demo")
    assert done.returncode == 1
    assert "the emulator needs uvicorn" in done.stdout
    assert done.stderr == "dev: the emulator did not start, as above\n"


# Test


def test_every_step_is_reported(ready: Callable[[str], Path]) -> None:
    done = run(ready('case "$*" in *pytest*) echo "ran $* $WITHOUT_SPEED";; esac'), "test")
    assert done.returncode == 0, done.stdout + done.stderr
    told = re.findall(r"^ok +(.+?)  \d+\.\d s$", done.stdout, re.MULTILINE)
    assert sorted(told) == sorted(dev.STEPS)
    ran = re.findall(r"^ran -P -m pytest .*?worksteal(.*)$", done.stdout, re.MULTILINE)
    core = " tests/core tests/clients -p no:minimax-chat --cov --cov-report= --cov-fail-under=0"
    others = " tests --ignore=tests/core --ignore=tests/clients -m not slow "
    assert ran == [f"{core} ", f"{core} --cov-append 1", others]
    assert done.stdout.splitlines()[-1].startswith(f"test: all {len(dev.STEPS)} steps ok in ")


def test_ci_runs_the_slow_tests_as_well(ready: Callable[[str], Path]) -> None:
    project = ready('case "$*" in *pytest*) echo "ran $*";; esac')
    assert "slow tests: left out" in run(project, "test").stdout
    done = run(project, "test", CI="true")
    assert "slow" not in done.stdout


def test_arguments_select_tests_of_one_run(ready: Callable[[str], Path]) -> None:
    done = run(ready('case "$*" in *pytest*) echo "ran $*";; esac'), "test", "-k", "one word")
    assert re.findall(r"^ran .* -k one word$", done.stdout, re.MULTILINE)
    assert done.stdout.count("ran ") == 1
    assert f"{dev.WITHOUT_SPEED}, {dev.COVERAGE}: left out, because" in done.stdout
    steps = len(dev.CHECKS) + 1
    assert done.stdout.splitlines()[-1].startswith(f"test: all {steps} steps ok in ")


@pytest.mark.parametrize(
    ("broken", "steps"),
    [
        ("--platform", ["mypy for Windows"]),
        ("regenerate.py", ["regeneration"]),
        ("pytest", [*dev.TESTS]),
        ("coverage", [dev.COVERAGE]),
    ],
)
def test_failing_step_is_shown_and_the_others_still_run(
    ready: Callable[[str], Path], broken: str, steps: list[str]
) -> None:
    done = run(ready(f'case "$*" in *{broken}*) echo "here is why"; exit 3;; esac'), "test")
    assert done.returncode == 1
    assert "here is why" in done.stdout
    assert len(re.findall(r"^ok ", done.stdout, re.MULTILINE)) == len(dev.STEPS) - len(steps)
    for step in steps:
        assert re.search(rf"^FAILED  {step}  ", done.stdout, re.MULTILINE)
    count = f"{len(steps)} of {len(dev.STEPS)}"
    assert done.stderr == f"dev: {count} steps failed: {', '.join(steps)}\n"


# Docs


def test_docs_builds_the_site(ready: Callable[[str], Path]) -> None:
    done = run(ready('echo "ran $*"; exit 3'), "docs")
    assert (done.returncode, done.stdout) == (3, "ran -P scripts/build_site.py\n")


# Beside it


def test_regenerate_outside_the_venv_names_the_set_up_command() -> None:
    done = subprocess.run(
        # -S leaves out what is installed.
        [sys.executable, "-S", str(ROOT / "scripts" / "regenerate.py")],
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 1
    assert done.stderr == (
        f"regenerate: yaml is not installed for {sys.executable}: run `python3 scripts/dev.py "
        "setup` once, then `.venv/bin/python scripts/regenerate.py`\n"
    )


def test_regenerate_without_the_generator_names_the_set_up_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def version(tool: str) -> str:
        raise importlib.metadata.PackageNotFoundError(tool)

    monkeypatch.setattr(importlib.metadata, "version", version)
    with pytest.raises(RegenerationError, match=r"run `python3 scripts/dev\.py setup`"):
        regenerate(ROOT, check_only=True)
