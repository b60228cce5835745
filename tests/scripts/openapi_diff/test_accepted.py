"""The file of accepted differences: what it leaves out, what is stale, what is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from openapi_documents import INTEGER, STRING, obj, spec
from spec_diff import main

PLACE = "POST /x request"


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Compare two documents that differ in a type and in a field, with some arguments."""
    monkeypatch.chdir(tmp_path)
    for name, schema in (("old", obj(a=STRING)), ("new", obj(a=INTEGER, b=STRING))):
        Path(f"{name}.yaml").write_text(yaml.safe_dump(spec(schema)), encoding="utf-8")

    def compare(*argv: str) -> tuple[int, str, str]:
        status = main(["old.yaml", "new.yaml", *argv])
        return status, *capsys.readouterr()

    return compare


def accept(*entries: Any) -> None:
    Path("accepted.yaml").write_text(yaml.safe_dump([*entries]), encoding="utf-8")


def entry(**more: Any) -> dict[str, Any]:
    return {"location": f"{PLACE}.a", "what": "type", "reason": "agreed", **more}


def test_accepted_difference_is_counted_and_left_out(
    run: Callable[..., tuple[int, str, str]],
) -> None:
    accept(entry(old="string", new="integer"))
    status, out, _ = run("--accepted", "accepted.yaml")
    assert status == 4
    assert out.splitlines() == [
        f"additive: {PLACE}.b optional field added: string",
        "1 additive, 1 accepted",
    ]
    _, out, _ = run("--accepted", "accepted.yaml", "--format", "markdown")
    assert out.endswith("1 accepted.\n")


def test_other_values_are_not_accepted(run: Callable[..., tuple[int, str, str]]) -> None:
    accept(entry(new="number"))
    status, out, _ = run("--accepted", "accepted.yaml")
    assert status == 2
    assert f"breaking: {PLACE}.a type: string → integer" in out


def test_entry_that_matches_nothing_is_told(run: Callable[..., tuple[int, str, str]]) -> None:
    accept(entry(), entry(location="gone"))
    status, out, _ = run("--accepted", "accepted.yaml")
    assert status == 2
    assert "accepted, but not found: gone type (accepted.yaml:4)" in out
    _, out, _ = run("--accepted", "accepted.yaml", "--format", "markdown")
    assert "### Accepted, but not found\n\n- gone type (accepted.yaml:4)" in out
    _, out, _ = run("--accepted", "accepted.yaml", "--format", "json")
    told = json.loads(out)
    assert (told["accepted"], told["stale"]) == (1, ["gone type (accepted.yaml:4)"])


def test_all_differences_are_accepted_with_one_reason(
    run: Callable[..., tuple[int, str, str]],
) -> None:
    accept(entry())
    status, out, _ = run("--accepted", "accepted.yaml", "--accept", "looked at")
    assert (status, out) == (0, "no change, 2 accepted\n")
    added = yaml.safe_load(Path("accepted.yaml").read_text(encoding="utf-8"))[1]
    assert added == {
        "location": f"{PLACE}.b",
        "what": "optional field",
        "old": None,
        "new": "string",
        "reason": "looked at",
    }
    assert run("--accepted", "accepted.yaml")[:2] == (0, "no change, 2 accepted\n")
    assert run("--accepted", "other.yaml", "--accept", "all")[0] == 0
    assert run("--accepted", "other.yaml")[0] == 0


def test_difference_is_accepted_at_another_place_of_the_same_schema(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shared = {"$ref": "#/components/schemas/S"}
    for name, schema in (("old", STRING), ("new", INTEGER)):
        root = spec(obj(a=shared, b=shared), schemas={"S": schema})
        Path(f"{name}.yaml").write_text(yaml.safe_dump(root), encoding="utf-8")
    accept(entry(location=f"{PLACE}.b"))
    assert main(["old.yaml", "new.yaml", "--accepted", "accepted.yaml"]) == 0


BAD: dict[str, tuple[str, str]] = {
    "missing": ("", "accepted.yaml: cannot be read"),
    "malformed": ("[", "accepted.yaml: not YAML: "),
    "no list": ("a: 1", "accepted.yaml: must be a list of accepted differences"),
    "no reason": ("- {location: a, what: b}", "accepted.yaml: line 1: `reason` is required"),
    "empty reason": ("- {location: a, what: b, reason: ' '}", "line 1: `reason` is required"),
    "unknown key": ("- {location: a, what: b, reason: c, why: d}", "line 1: unknown key `why`"),
    "number": ("- {location: a, what: b, reason: c, old: 1}", "line 1: `old` must be text"),
}


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD)
def test_unusable_file_is_refused(
    run: Callable[..., tuple[int, str, str]], text: str, message: str
) -> None:
    if text:
        Path("accepted.yaml").write_text(text, encoding="utf-8")
    status, out, error = run("--accepted", "accepted.yaml")
    assert (status, out) == (2, "")
    assert message in error


def test_accepting_needs_a_file_and_a_reason(run: Callable[..., tuple[int, str, str]]) -> None:
    for argv in (["--accept", "why"], ["--accept", " ", "--accepted", "accepted.yaml"]):
        with pytest.raises(SystemExit) as caught:
            run(*argv)
        assert caught.value.code == 2
