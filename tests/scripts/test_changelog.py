"""Changes of the contract and their entries in the changelog."""

import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from changelog import ChangelogError, add, check, fingerprint
from rehearsal.project_copy import ROOT

SMALL = Path(__file__).parent / "fixtures/small-api.yaml"
SPEC: dict[str, Any] = yaml.safe_load(SMALL.read_text(encoding="utf-8"))


def schema(spec: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = spec["components"]["schemas"][name]
    return found


def test_changelog_of_the_project_records_its_contract() -> None:
    check(ROOT)


@pytest.fixture
def released(project: Path) -> Path:
    """The project just after a release: nothing has changed since."""
    mark = f"<!-- contract: {fingerprint(SPEC)} -->"
    (project / "CHANGELOG.md").write_text(
        "# Changelog\n\nFor users.\n\n## Unreleased\n\n### Fixed\n\n- A typo.\n\n"
        f"## 1.0.0, 2026-05-01\n{mark}\n\n### Added\n\n- All of it.\n",
        encoding="utf-8",
    )
    (project / "released.yaml").write_bytes((project / "openapi.yaml").read_bytes())
    return project


def changelog(project: Path) -> str:
    return (project / "CHANGELOG.md").read_text(encoding="utf-8")


def widen(edit: Callable[[str, str], int]) -> None:
    edit("maximum: 1\n          default: 0.95", "maximum: 2\n          default: 0.95")


def test_change_of_the_contract_without_an_entry_is_refused(
    released: Path, edit: Callable[[str, str], int]
) -> None:
    check(released)
    widen(edit)
    with pytest.raises(ChangelogError, match=r"run `python scripts/changelog.py --add`"):
        check(released)


def test_change_of_descriptions_and_examples_needs_no_entry(
    released: Path, edit: Callable[[str, str], int]
) -> None:
    edit("description: Tokens used.", "description: How many tokens.")
    edit("id: 06379b8377842dc0108975f159dc3e7c", "id: another")
    edit("version: 2026.4.0", "version: 2026.5.0")
    edit("        - insufficient balance\n", "        - no money left\n")
    check(released)


def test_add_writes_each_entry_once_and_the_check_passes(
    released: Path, edit: Callable[[str, str], int]
) -> None:
    widen(edit)
    entry = "- additive: `POST /v1/chat/completions request.top_p` upper bound: <= 1 → <= 2"
    assert add(released, str(released / "released.yaml")) == [entry]
    check(released)
    unreleased, _, older = changelog(released).partition("## 1.0.0")
    assert f"- A typo.\n\n### Contract\n\n{entry}\n\n" in unreleased
    assert older.endswith("- All of it.\n")

    # A second change joins the first; what stands there already is not written again.
    edit("enum: [stop, length]", "enum: [stop, length, tool_calls]")
    edit("x-enum-varnames: [STOP, LENGTH]", "x-enum-varnames: [STOP, LENGTH, TOOL_CALLS]")
    with pytest.raises(ChangelogError):
        check(released)
    added = add(released, str(released / "released.yaml"))
    assert [line.partition(" value added: ")[2] for line in added] == ['"tool_calls"'] * 2
    check(released)
    text = changelog(released)
    assert text.count(entry) == 1
    assert text.count("### Contract") == 1
    assert text.count("<!-- contract: ") == 2


def test_new_fingerprint_without_an_entry_is_refused(
    released: Path, edit: Callable[[str, str], int]
) -> None:
    widen(edit)
    add(released, str(released / "released.yaml"))
    text = changelog(released)
    start = text.index("### Contract")
    (released / "CHANGELOG.md").write_text(text[:start] + text[text.index("## 1.0.0") :])
    with pytest.raises(ChangelogError, match="list each change under `### Contract`"):
        check(released)


def test_add_refuses_to_change_a_released_section(
    released: Path, edit: Callable[[str, str], int]
) -> None:
    text = changelog(released).replace("## Unreleased", "## 1.1.0, 2026-06-01")
    (released / "CHANGELOG.md").write_text(text, encoding="utf-8")
    widen(edit)
    with pytest.raises(ChangelogError, match="add a section above it"):
        add(released, str(released / "released.yaml"))


def test_add_asks_for_an_older_revision_if_the_change_is_committed(
    released: Path, edit: Callable[[str, str], int]
) -> None:
    widen(edit)
    with pytest.raises(ChangelogError, match=r"--add HEAD~3"):
        add(released, str(released / "openapi.yaml"))


def test_add_updates_the_fingerprint_alone_if_schemas_are_renamed(released: Path) -> None:
    path = released / "openapi.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"\bDelta\b", "Piece", text), encoding="utf-8")
    with pytest.raises(ChangelogError):
        check(released)
    before = changelog(released)
    assert add(released, str(released / "released.yaml")) == []
    check(released)
    now = fingerprint(yaml.safe_load(path.read_text(encoding="utf-8")))
    assert changelog(released) == before.replace(fingerprint(SPEC), now)


def test_add_asks_to_restore_the_changelog_if_a_change_was_undone(
    released: Path, edit: Callable[[str, str], int]
) -> None:
    widen(edit)
    add(released, str(released / "released.yaml"))
    (released / "openapi.yaml").write_bytes((released / "released.yaml").read_bytes())
    with pytest.raises(ChangelogError, match=r"restore CHANGELOG\.md too"):
        add(released, str(released / "released.yaml"))


def test_renamed_enum_member_needs_an_entry(
    released: Path, edit: Callable[[str, str], int]
) -> None:
    edit("x-enum-varnames: [STOP, LENGTH]", "x-enum-varnames: [STOP, LIMIT]")
    with pytest.raises(ChangelogError):
        check(released)
    assert add(released, str(released / "released.yaml"))
    check(released)


@pytest.mark.parametrize("text", [None, "", "# Changelog\n"])
def test_missing_or_empty_changelog_is_refused(project: Path, text: str | None) -> None:
    if text is not None:
        (project / "CHANGELOG.md").write_text(text)
    else:
        (project / "CHANGELOG.md").unlink(missing_ok=True)
    with pytest.raises(ChangelogError, match=r"start it with `## 0\.1\.0, unreleased`"):
        check(project)


def test_fingerprint_covers_what_is_binding_and_nothing_else() -> None:
    same = copy.deepcopy(SPEC)
    schema(same, "Usage")["description"] = "Else."
    same["components"]["schemas"] = dict(reversed(same["components"]["schemas"].items()))
    assert fingerprint(same) == fingerprint(SPEC)

    # A field may have the name of a keyword that only explains.
    named = copy.deepcopy(SPEC)
    schema(named, "Usage")["properties"]["description"] = {"type": ["string", "null"]}
    assert fingerprint(named) != fingerprint(SPEC)
    typed = copy.deepcopy(named)
    schema(typed, "Usage")["properties"]["description"] = {"type": ["integer", "null"]}
    assert fingerprint(typed) != fingerprint(named)
