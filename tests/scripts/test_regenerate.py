"""The one command that turns openapi.yaml into the generated package."""

import errno
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import regenerate
from generation import regeneration, tools
from generation.package import contents, swap
from generation.tools import RegenerationError
from rehearsal.project_copy import ROOT

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


def test_check_is_red_after_one_generated_byte_changed(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path, old, new in [
        ("models/role.py", b'"user"', b'"used"'),
        ("contract.py", b"1000", b"1009"),
        ("py.typed", b"", b"\n"),
        ("openapi.yaml", b"\n", b"\r\n"),
    ]:
        touched = project / PACKAGE / path
        touched.write_bytes(touched.read_bytes().replace(old, new, 1))
    (project / PACKAGE / "models/usage.py").unlink()
    (project / PACKAGE / "models/stray.py").write_text("")
    before = code_of(project)
    assert regeneration.regenerate(project, check_only=True) == 1
    told = capsys.readouterr()
    assert [line for line in told.out.splitlines() if line.startswith("! ")] == [
        "! contract.py differs",
        "! models/role.py differs",
        "! models/stray.py differs",
        "! models/usage.py differs",
        "! openapi.yaml differs",
        "! py.typed differs",
    ]
    assert "run python scripts/regenerate.py" in told.err
    assert code_of(project) == before


def test_an_enum_of_the_spec_changes_the_code_and_says_how(project: Path, edit: Edit) -> None:
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


# --- the same bytes everywhere -------------------------------------------------------------------


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


def test_the_code_is_the_same_whatever_stands_around(
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


def test_crlf_line_ends_in_the_spec_change_nothing(project: Path) -> None:
    path = project / "openapi.yaml"
    before = path.read_bytes()
    path.write_bytes(before.replace(b"\n", b"\r\n"))
    _, source = regeneration.read_spec(project)
    assert source == before


def test_another_version_of_a_tool_is_refused(project: Path) -> None:
    (project / "constraints.txt").write_text("openapi-python-client==0.0.1\nruff==0.0.1\n")
    with pytest.raises(RegenerationError, match=r"generated by 0\.0\.1: run `python -m"):
        regeneration.regenerate(project, check_only=False)


# --- a failure at each stage ---------------------------------------------------------------------


def test_what_the_generator_cannot_do_is_told_with_its_line(project: Path, edit: Edit) -> None:
    before = code_of(project)
    edit("          items: {$ref: '#/components/schemas/Message'}\n", "")
    done = command(project)
    assert done.returncode == 1
    text = (project / "openapi.yaml").read_text(encoding="utf-8")
    line = text[: text.index("    ChatCompletionRequest:\n")].count("\n") + 1
    assert done.stderr.startswith(f"openapi.yaml:{line}: [generator] ")
    assert "type array must have items" in done.stderr
    assert done.stderr.endswith("regenerate: refused; the generated code is as it was\n")
    assert code_of(project) == before


@pytest.mark.parametrize(
    "output",
    [
        "Generating minimax_chat_api\nTraceback (most recent call last):\n"
        '  File "a.py", line 1, in f\nOSError: [Errno 28] No space left on device',
        "╭───── Traceback (most recent call last) ─────╮\n│ a.py:1 in f │\n╰─────╯\n"
        "OSError: [Errno 28] No space\nleft on device",
    ],
)
def test_a_crash_of_the_generator_is_told_in_a_line_and_not_laid_to_the_spec(
    project: Path, monkeypatch: pytest.MonkeyPatch, output: str
) -> None:
    def crash(arguments: list[str], cwd: Path) -> tuple[int, str]:
        return 1, output

    monkeypatch.setattr(tools, "run", crash)
    with pytest.raises(RegenerationError) as refusal:
        regeneration.regenerate(project, check_only=False)
    said = "openapi-python-client crashed: OSError: [Errno 28] No space left on device"
    assert str(refusal.value) == said


def test_a_failing_hook_is_told(project: Path) -> None:
    before = code_of(project)
    config = project / "generator_config.yml"
    config.write_text(config.read_text().replace("I,F401", "I,NO_SUCH_RULE"))
    with pytest.raises(RegenerationError, match="NO_SUCH_RULE"):
        regeneration.regenerate(project, check_only=False)
    assert code_of(project) == before


def test_code_that_fails_its_type_check_is_refused(
    project: Path, monkeypatch: pytest.MonkeyPatch, cache: str
) -> None:
    before = code_of(project)
    monkeypatch.setattr(regeneration, "contract_module", lambda *_: 'limit: int = "many"\n')
    with pytest.raises(RegenerationError) as refusal:
        regeneration.regenerate(project, check_only=False, cache=cache)
    assert "minimax_chat_api/contract.py:1: error: Incompatible types" in str(refusal.value)
    assert "[assignment]" in str(refusal.value)
    assert code_of(project) == before


def test_a_loss_that_the_generator_does_not_tell_is_refused(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = code_of(project)
    run = tools.run

    def lossy(arguments: list[str], cwd: Path) -> tuple[int, str]:
        result = run(arguments, cwd)
        if arguments[0] == "openapi_python_client":
            models = cwd / "minimax_chat_api/models"
            for module, line in [
                ("role.py", '    GROUP = "group"\n'),
                ("usage.py", "    total_tokens: int | None | Unset = UNSET\n"),
            ]:
                source = (models / module).read_text(encoding="utf-8")
                assert line in source
                (models / module).write_text(source.replace(line, "", 1), encoding="utf-8")
            (models / "delta.py").unlink()
        return result

    monkeypatch.setattr(tools, "run", lossy)
    with pytest.raises(RegenerationError) as refusal:
        regeneration.regenerate(project, check_only=False)
    lost = re.findall(r"^openapi.yaml:\d+: \[lost\] \S+/(\w+): ", str(refusal.value), re.MULTILINE)
    assert lost == ["Role", "Usage", "Delta"]
    assert code_of(project) == before


@pytest.fixture
def changed(project: Path, edit: Edit) -> Path:
    """The project after a change of the spec that is not generated yet."""
    edit("enum: [stop, length]", "enum: [stop, length, tool_calls]")
    edit("x-enum-varnames: [STOP, LENGTH]", "x-enum-varnames: [STOP, LENGTH, TOOL_CALLS]")
    return project


def test_a_swap_that_fails_half_way_is_undone(
    changed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = code_of(changed)
    rename = Path.rename

    def full(path: Path, target: Path) -> Path:
        if path.name.endswith(".new"):
            raise OSError("no space left on device")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(OSError, match="no space left"):
        swap(ROOT / PACKAGE, changed / PACKAGE)
    assert code_of(changed) == before
    assert [path.name for path in (changed / "generated").iterdir()] == ["minimax_chat_api"]


def test_a_copy_that_fails_half_way_leaves_nothing_and_says_why(
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


def test_a_swap_that_was_killed_half_way_is_undone_by_the_next_run(
    project: Path, edit: Edit
) -> None:
    before = code_of(project)
    package = project / PACKAGE
    shutil.copytree(package, package.with_name("minimax_chat_api.new"))
    package.rename(package.with_name("minimax_chat_api.old"))
    edit("enum: [stop, length]", "enum: [stop, stop]")
    # Even if it comes to nothing itself.
    with pytest.raises(RegenerationError, match="listed twice"):
        regeneration.regenerate(project, check_only=True)
    assert code_of(project) == before


def test_stopped_while_it_starts_it_says_so(project: Path, tmp_path: Path) -> None:
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules/yaml.py").write_text("raise KeyboardInterrupt\n")
    done = command(project, env={"PYTHONPATH": str(tmp_path / "modules")})
    assert done.returncode == 130
    assert done.stderr == "regenerate: interrupted; the generated code is as it was\n"


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_stopped_in_the_middle_it_leaves_the_code_as_it_was(
    changed: Path, tmp_path: Path, stop: signal.Signals
) -> None:
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
        os.killpg(process.pid, stop)
        _, told = process.communicate()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    assert code_of(changed) == before
    if stop != signal.SIGKILL:
        assert process.returncode == 130
        assert told == "regenerate: interrupted; the generated code is as it was\n"
        assert list(temporary.iterdir()) == []
