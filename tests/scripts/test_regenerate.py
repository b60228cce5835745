"""The command that regenerates: its output, status and signals."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import regenerate
from generation import regeneration
from generation.package import contents
from rehearsal.project_copy import ROOT
from systems import needs_posix

PACKAGE = "generated/minimax_chat_api"
Edit = Callable[[str, str], int]


def command(
    project: Path, *arguments: str, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs the project's script as a person would."""
    return subprocess.run(
        [sys.executable, str(project / "scripts/regenerate.py"), *arguments],
        cwd=cwd or project,
        env={**os.environ, **(env or {})},
        capture_output=True,
        encoding="utf-8",
    )


def code_of(project: Path) -> dict[str, bytes]:
    return contents(project / "generated")


def test_changed_enumeration_is_regenerated_and_its_members_listed(
    project: Path, edit: Edit
) -> None:
    edit("enum: [stop, length]", "enum: [stop, length, tool_calls]")
    edit("x-enum-varnames: [STOP, LENGTH]", "x-enum-varnames: [STOP, LENGTH, TOOL_CALLS]")
    red = command(project, "--check")
    assert red.returncode == 1
    assert '+    TOOL_CALLS = "tool_calls"' in red.stdout
    written = command(project)
    assert written.returncode == 0, written.stderr
    assert written.stdout.splitlines()[1:] == ["+ FinishReason.TOOL_CALLS: 'tool_calls'"]
    assert (project / PACKAGE / "openapi.yaml").read_bytes() == (
        project / "openapi.yaml"
    ).read_bytes()


def test_refused_spec_is_reported_on_stderr_with_status_1(project: Path, edit: Edit) -> None:
    line = edit("enum: [stop, length]", "enum: [stop, stop]")
    done = command(project)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"openapi.yaml:{line}: [enum-values] ")
    assert done.stderr.endswith("regenerate: refused; the generated code is as it was\n")


@pytest.fixture
def hostile(tmp_path: Path, project: Path) -> dict[str, str]:
    """An environment, and folders above project and temporary files, that want other code."""
    settings = "line-length = 40\nindent-width = 2\n[format]\nquote-style = 'single'\n"
    (tmp_path / "ruff.toml").write_text(settings)
    (project / ".ruff.toml").write_text(settings)
    (tmp_path / "mypy.ini").write_text("[mypy]\nplugins = no_such_plugin\n")
    (tmp_path / ".gitignore").write_text("*\n")
    (tmp_path / ".ignore").write_text("*\n")
    (tmp_path / ".git").mkdir()
    modules = tmp_path / "modules"
    modules.mkdir()
    for name in ("ruff", "mypy", "attr", "typer", "string"):
        (modules / f"{name}.py").write_text(f"raise SystemExit('the wrong {name}')\n")
    # Below a folder whose name ruff leaves out by default.
    temporary = tmp_path / "build" / "tmp"
    temporary.mkdir(parents=True)
    return {
        "TMPDIR": str(temporary),
        "RUFF_LINE_LENGTH": "40",
        "RUFF_CONFIG": str(tmp_path / "ruff.toml"),
        "RUFF_OUTPUT_FORMAT": "json",
        "MYPYPATH": str(modules),
        "MYPY_CONFIG_FILE_DIR": str(tmp_path),
        "PYTHONWARNINGS": "error",
        "PYTHONHASHSEED": "7",
        "FORCE_COLOR": "1",
        "LC_ALL": "C",
        "LANG": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
    }


def test_code_is_the_same_in_any_environment(
    project: Path, tmp_path: Path, hostile: dict[str, str]
) -> None:
    # The project's own contract: this is how the committed code must have been made.
    shutil.copy2(ROOT / "openapi.yaml", project)
    shutil.rmtree(project / PACKAGE)
    first = command(project, cwd=tmp_path / "modules", env=hostile)
    assert first.returncode == 0, first.stderr
    assert code_of(project) == code_of(ROOT)
    assert list((tmp_path / "build/tmp").iterdir()) == []
    again = command(project, cwd=Path("/"), env={**hostile, "PYTHONHASHSEED": "8"})
    assert (again.returncode, again.stdout) == (0, f"{PACKAGE}: up to date\n"), again.stderr


def test_copy_that_fails_half_way_leaves_nothing_and_prints_the_reason_once(
    changed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = code_of(changed)
    copied: list[str] = []

    def full(source: str, target: str, **_: object) -> str:
        copied.append(target)
        if len(copied) > 2:
            raise OSError(errno.ENOSPC, "No space left on device", target)
        shutil.copyfile(source, target)
        return target

    copytree = shutil.copytree

    def skip(*_: object) -> None: ...

    def failing(source: str, target: str, *_: object) -> object:
        return copytree(source, target, copy_function=full)

    monkeypatch.setattr(shutil, "copytree", failing)
    monkeypatch.setattr(regenerate, "ROOT", changed)
    monkeypatch.setattr(regeneration, "type_check", skip)
    monkeypatch.setattr(signal, "signal", skip)
    assert regenerate.main([]) == 1
    told = capsys.readouterr().err
    assert len(copied) > 3
    assert len(told.splitlines()) == 1
    assert told.count("No space left on device") == 1
    assert told.startswith("regenerate: [Errno 28] No space left on device")
    assert code_of(changed) == before
    assert [path.name for path in (changed / "generated").iterdir()] == ["minimax_chat_api"]


def test_interrupt_during_start_up_is_reported(project: Path, tmp_path: Path) -> None:
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules/yaml.py").write_text("raise KeyboardInterrupt\n")
    done = command(project, env={"PYTHONPATH": str(tmp_path / "modules")})
    assert done.returncode == 130
    assert done.stderr == "regenerate: interrupted; the generated code is as it was\n"


@needs_posix
@pytest.mark.parametrize("stop", ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"])
def test_signal_during_generation_leaves_the_code_as_it_was(
    changed: Path, tmp_path: Path, stop: str
) -> None:
    if sys.platform == "win32":
        raise NotImplementedError
    before = code_of(changed)
    begun = tmp_path / "begun"
    config = changed / "generator_config.yml"
    hook = f"touch {begun}; sleep 600"
    config.write_text(config.read_text().replace("post_hooks:\n", f"post_hooks:\n  - {hook}\n"))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    process = subprocess.Popen(
        [sys.executable, str(changed / "scripts/regenerate.py")],
        env={**os.environ, "TMPDIR": str(temporary)},
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )
    try:
        while not begun.exists():
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        # As the terminal does it: the signal goes to everything that runs.
        os.killpg(process.pid, getattr(signal, stop))
        _, told = process.communicate()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    assert code_of(changed) == before
    if stop != "SIGKILL":
        assert process.returncode == 130
        assert told == "regenerate: interrupted; the generated code is as it was\n"
        assert list(temporary.iterdir()) == []
