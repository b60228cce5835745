"""scripts/spec_diff.py: its arguments, reports and exit status."""

import copy
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from openapi_diff.change import Change
from openapi_diff.compare import compare
from openapi_diff.report import Report
from openapi_documents import INTEGER, NUMBER, STRING, Json, enum, obj, ref, spec
from spec.document import from_mapping, load
from spec_diff import main

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "spec_diff.py"


def report(capsys: pytest.CaptureFixture[str], *argv: object) -> tuple[int, list[str]]:
    status = main([str(one) for one in argv])
    return status, capsys.readouterr().out.splitlines()


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    monkeypatch.chdir(tmp_path)

    def put(name: str, content: Json | str | bytes) -> str:
        if isinstance(content, bytes):
            Path(name).write_bytes(content)
        else:
            text = content if isinstance(content, str) else yaml.safe_dump(content)
            Path(name).write_text(text, encoding="utf-8")
        return name

    return put


REVISIONS = {
    "documentation": obj(a=STRING | {"description": "x"}),
    "additive": obj(a=STRING | {"description": "x"}, b=STRING),
    "breaking": obj(b=STRING),
}


@pytest.mark.parametrize(
    ("fail_on", "expected"),
    [
        ("additive", (0, 0, 4, 5)),
        ("breaking", (0, 0, 0, 5)),
        ("any", (0, 3, 4, 5)),
        ("never", (0, 0, 0, 0)),
    ],
)
def test_exit_status_follows_fail_on(
    write: Callable[..., str], fail_on: str, expected: tuple[int, ...]
) -> None:
    old = write("old.yaml", spec(obj(a=STRING)))
    statuses = [main([old, old, "--fail-on", fail_on])]
    for schema in REVISIONS.values():
        statuses.append(main([old, write("new.yaml", spec(schema)), "--fail-on", fail_on]))
    assert tuple(statuses) == expected
    if fail_on == "additive":
        assert main([old, write("new.yaml", spec(REVISIONS["breaking"]))]) == 5


def test_text_report(write: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> None:
    old, new = write("old.yaml", spec(obj(a=STRING))), write("new.yaml", spec(obj(b=STRING)))
    assert report(capsys, old, new)[1] == [
        "breaking: POST /x request.a field removed: string",
        "additive: POST /x request.b optional field added: string",
        "1 breaking, 1 additive",
    ]
    assert report(capsys, old, old)[1] == ["no change"]


def test_markdown_report(write: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> None:
    old, new = write("old.yaml", spec(obj(a=STRING))), write("new.yaml", spec(obj(b=STRING)))
    assert report(capsys, old, new, "--format", "markdown")[1] == [
        "### Breaking",
        "",
        "- `POST /x request.a` field removed: string",
        "",
        "### Additive",
        "",
        "- `POST /x request.b` optional field added: string",
    ]
    assert report(capsys, old, old, "--format", "markdown")[1] == ["No change of the contract."]


def test_json_report(write: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> None:
    shared = obj(m=ref("S"), n=ref("S"))
    old = write("old.yaml", spec(shared, schemas={"S": obj(o=NUMBER | {"maximum": 1})}))
    new = write("new.yaml", spec(shared, schemas={"S": obj(o=NUMBER | {"maximum": 2})}))
    assert main([old, new, "--format", "json"]) == 4
    assert json.loads(capsys.readouterr().out) == {
        "old": "old.yaml",
        "new": "new.yaml",
        "by_meaning": False,
        "verdict": "additive",
        "counts": {"breaking": 0, "additive": 1, "documentation": 0},
        "changes": [
            {
                "class": "additive",
                "kind": "changed",
                "direction": "request",
                "location": "POST /x request.m.o",
                "also": ["POST /x request.n.o"],
                "message": "upper bound: <= 1 → <= 2",
                "old": "<= 1",
                "new": "<= 2",
            }
        ],
        "not_compared": [],
        "accepted": 0,
        "stale": [],
    }


def test_change_stays_on_one_line() -> None:
    change = Change("documentation", "request", "POST /x request", "description", "a\nb", "c " * 99)
    first, total = Report([change], "old", "new").render("text").splitlines()
    assert first.startswith("documentation: POST /x request description: a b → c c c")
    assert first.endswith("…")
    assert len(first) < 200
    assert total == "1 documentation"


def test_places_that_share_a_schema_are_counted() -> None:
    change = Change("additive", "request", "here", "value", None, "1", ("there", "and there"))
    text = Report([change], "old", "new").render("text").splitlines()[0]
    assert text == "additive: here value added: 1 (also at 2 more: there)"


def test_what_is_not_compared_is_a_line(
    write: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    old = write("old.yaml", spec(STRING | {"not": {"maxLength": 1}}))
    said = "POST /x request: not"
    assert report(capsys, old, old) == (0, [f"not compared: {said}", "no change"])
    _, found = report(capsys, old, old, "--format", "markdown")
    assert found[:4] == ["No change of the contract.", "", "### Not compared", ""]
    assert main([old, old, "--format", "json", "--fail-on", "any"]) == 0
    assert json.loads(capsys.readouterr().out)["not_compared"] == [said]


def test_git_revisions_are_compared(
    write: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    git = shutil.which("git")
    assert git
    identity = ("-c", "user.name=n", "-c", "user.email=e@example.com", "-c", "commit.gpgsign=false")

    def run(*argv: str) -> None:
        subprocess.run([git, *identity, *argv], check=True, capture_output=True)

    write("openapi.yaml", spec(obj(a=STRING)))
    write("other.json", json.dumps(spec(obj())))
    run("init", "-q")
    run("add", ".")
    run("commit", "-qm", "one")
    write("openapi.yaml", spec(obj(a=STRING, b=STRING)))
    assert report(capsys, "HEAD", "openapi.yaml")[0] == 4
    assert report(capsys, "HEAD:openapi.yaml", "HEAD:other.json")[0] == 5
    Path("below").mkdir()
    write("below/openapi.yaml", spec(obj(a=INTEGER)))
    assert report(capsys, "HEAD", "HEAD")[1] == ["no change"]
    assert main(["HEAD:nowhere.yaml", "openapi.yaml"]) == 2
    assert "HEAD:nowhere.yaml: neither a file nor something git can show" in capsys.readouterr().err
    assert main(["nonsense", "openapi.yaml"]) == 2
    # a revision is always one of ours, whatever its title became
    write("openapi.yaml", spec(obj(a=STRING | {"description": "x"})) | {"info": {"title": "U"}})
    assert report(capsys, "HEAD", "openapi.yaml")[1][-1] == "2 documentation"


def test_command_runs_as_a_program(write: Callable[..., str]) -> None:
    old, new = write("old.yaml", spec(obj(a=STRING))), write("new.yaml", spec(obj()))
    run = subprocess.run([sys.executable, SCRIPT, old, new], capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (5, "")
    assert run.stdout.splitlines()[0] == "breaking: POST /x request.a field removed: string"
    usage = subprocess.run([sys.executable, SCRIPT, old], capture_output=True, text=True)
    assert usage.returncode == 2
    assert "NEW" in usage.stderr


def test_console_without_unicode_is_no_reason_to_fail(write: Callable[..., str]) -> None:
    old, new = write("a.yaml", spec(enum("你"))), write("b.yaml", spec(enum("好")))
    run = subprocess.run(
        [sys.executable, SCRIPT, old, new],
        capture_output=True,
        env={"PYTHONIOENCODING": "ascii", "PATH": ""},
    )
    assert run.returncode == 5
    assert b"\\u4f60" in run.stdout


def test_own_contract_is_understood() -> None:
    ours = load(str(ROOT / "openapi.yaml"))
    assert compare(ours, ours) == []
    assert compare(ours, ours, by_meaning=True) == []
    changed = copy.deepcopy(ours.root)
    changed["components"]["schemas"]["ChatCompletionRequest"]["required"].append("stream")
    (change,) = compare(ours, from_mapping(changed))
    assert change.severity == "breaking"
    assert change.location == "POST /v1/chat/completions request.stream"
