"""The command that fuzzes, with a stand-in for atheris, which is not installed everywhere."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

import fuzz
from fuzz_targets import TARGETS

STAND_IN = """
import sys
from pathlib import Path

name, first, second, *options = sys.argv[1:]
if "-merge=1" in options:
    for new in Path(second).iterdir():
        new.rename(Path(first, new.name))
    sys.exit()
print("#2 INITED cov: 10 ft: 20 corp: 2/8b exec/s: 0 rss: 80Mb", file=sys.stderr)
print("#12345 DONE cov: 14 ft: 25 corp: 3/9b exec/s: 100 rss: 80Mb", file=sys.stderr)
if name == "broken":
    prefix = next(each for each in options if each.startswith("-artifact_prefix="))
    Path(prefix.partition("=")[2] + "crash-1").write_bytes(b"x")
    sys.exit("AssertionError: it is broken")
assert "-max_total_time=30" in options
Path(first, "found").write_bytes(b"x")
"""


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "run_target.py").write_text(STAND_IN, "utf-8")
    for target in ("broken", "sound"):
        (tmp_path / "corpus" / target).mkdir(parents=True)
    monkeypatch.setattr(fuzz, "RUN_TARGET", tmp_path / "run_target.py")
    monkeypatch.setattr(fuzz, "CORPUS", tmp_path / "corpus")
    monkeypatch.setattr(fuzz, "TARGETS", ["broken", "sound"])
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name == "atheris" or None)
    return tmp_path / "corpus"


def test_the_command_knows_the_targets() -> None:
    assert {*fuzz.TARGETS} == {*TARGETS}


def test_inputs_that_reach_new_code_are_kept(
    corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fuzz.main(["sound", "--minutes", "0.5"]) == 0
    wanted = "sound: 12,345 executions, coverage 10 → 14, inputs kept: found\n"
    assert capsys.readouterr().out == wanted
    assert (corpus / "sound" / "found").exists()


def test_an_input_that_breaks_a_target_is_kept(
    corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fuzz.main(["--minutes", "0.5"]) == 1
    shown = capsys.readouterr()
    assert "broken: 12,345 executions, coverage 10 → 14, inputs kept: crash-1\n" in shown.out
    assert "sound: " in shown.out, "the other targets are run as well"
    assert "AssertionError: it is broken" in shown.err
    assert (corpus / "broken" / "crash-1").exists()


def test_without_atheris_the_command_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert fuzz.main([]) == 2
    assert "pip install -e '.[fuzz]'" in capsys.readouterr().err
