"""Checks that CHANGELOG.md has an entry for each change of the contract.

    python scripts/changelog.py              exit 1 if a change has no entry
    python scripts/changelog.py --add [OLD]  write the entries: what changed since OLD, a file
                                             or git revision (the last commit by default)

Each section of the changelog that changes the contract has its fingerprint in a comment. It covers
what binds callers and code: descriptions, examples and sources do not change it. So the check needs
neither git nor the older document.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from openapi_diff.change import Change
from openapi_diff.compare import compare
from spec.document import SpecError, load

ROOT = Path(__file__).resolve().parent.parent
CHANGELOG = "CHANGELOG.md"
SPEC = "openapi.yaml"

MARK = re.compile(r"^<!-- contract: (\w+) -->\n?", re.MULTILINE)
HEADING = re.compile(r"^(?=## )", re.MULTILINE)
ENTRIES = re.compile(r"^### Contract\n+(?=- )", re.MULTILINE)

# Keywords that explain and do not bind. The keys below NAMES are names, not keywords.
PROSE = {
    *("info", "tags", "externalDocs", "summary", "description", "example", "examples"),
    *("x-sources", "x-source", "x-enum-sources", "x-enum-descriptions"),
}
NAMES = {"properties", "schemas", "responses", "headers", "paths", "content", "parameters"}


class ChangelogError(Exception):
    """The changelog does not record a change of the contract. The message says what to do."""


@dataclass(frozen=True)
class Section:
    """The text under one `## ` heading, and the heading."""

    text: str

    @property
    def heading(self) -> str:
        return self.text.partition("\n")[0]

    @property
    def mark(self) -> str | None:
        """The fingerprint of the contract after its changes."""
        found = MARK.search(self.text)
        return found[1] if found else None

    @property
    def released(self) -> bool:
        return "unreleased" not in self.heading.lower()

    @property
    def has_entries(self) -> bool:
        return ENTRIES.search(self.text) is not None


def fingerprint(spec: dict[str, Any]) -> str:
    """A short hash of what is binding in the contract."""
    binding = json.dumps(_binding(spec, names=False), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(binding.encode()).hexdigest()[:12]


def _binding(node: object, *, names: bool) -> Any:
    if isinstance(node, dict):
        return {
            key: _binding(value, names=key in NAMES and not names)
            for key, value in cast("dict[str, object]", node).items()
            if names or key not in PROSE
        }
    if isinstance(node, list):
        return [_binding(each, names=False) for each in cast("list[object]", node)]
    return node


def sections(text: str) -> list[Section]:
    """The sections of the changelog, the newest first."""
    return [Section(part) for part in HEADING.split(text)[1:]]


def check(root: Path) -> None:
    """Refuse a changelog that does not record the contract as it is."""
    newest, *older = _sections(root)
    now = fingerprint(load(str(root / SPEC)).root)
    known = next((each.mark for each in [newest, *older] if each.mark), None)
    if known != now:
        raise ChangelogError(
            f"{SPEC} has changes that {CHANGELOG} does not record. Before you commit, run "
            "`python scripts/changelog.py --add`, and reword the entries it writes for users"
        )
    before = next((each.mark for each in older if each.mark), None)
    if newest.mark and before and newest.mark != before and not newest.has_entries:
        raise ChangelogError(
            f"{CHANGELOG}: `{newest.heading}` changes the contract but does not say how: list "
            "each change under `### Contract`"
        )


def add(root: Path, old: str) -> list[str]:
    """Write what changed since `old` into the newest section; return the entries."""
    before, after = load(old), load(str(root / SPEC))
    changes = compare(before, after)
    binding = [change for change in changes if change.severity != "documentation"]
    # Extensions such as the names of enum members change the generated code, not the requests.
    binding = binding or [change for change in changes if change.what.startswith("x-")]
    entries = [_entry(change) for change in binding]
    newest, *older = _sections(root)
    path = root / CHANGELOG
    whole = path.read_text(encoding="utf-8")
    now = fingerprint(after.root)
    known = next((each.mark for each in [newest, *older] if each.mark), now)
    if known != now and not entries:
        if known != fingerprint(before.root):
            raise ChangelogError(
                f"nothing binding changed since {old}, and {CHANGELOG} records another contract. "
                f"If you undid a change of {SPEC}, restore {CHANGELOG} too; otherwise name the "
                "last revision whose changelog was right, as in "
                "`python scripts/changelog.py --add HEAD~3`"
            )
        # The same contract in another form, with renamed schemas for example: nothing to record.
        path.write_text(whole.replace(_mark(known), _mark(now), 1), encoding="utf-8")
        return []
    if newest.released:
        raise ChangelogError(
            f"{CHANGELOG}: `{newest.heading}` is released: add a section above it whose heading "
            "says `unreleased`, and run this again"
        )
    entries = [entry for entry in entries if entry not in newest.text]
    text = MARK.sub("", newest.text)
    heading, _, rest = text.partition("\n")
    text = f"{heading}\n{_mark(now)}\n{rest}"
    if entries:
        lines = "\n".join(entries)
        if newest.has_entries:
            text = ENTRIES.sub(lambda found: f"{found[0]}{lines}\n", text, count=1)
        else:
            text = f"{text.rstrip()}\n\n### Contract\n\n{lines}\n" + ("\n" * text.endswith("\n\n"))
    path.write_text(whole.replace(newest.text, text, 1), encoding="utf-8")
    return entries


def _mark(contract: str) -> str:
    return f"<!-- contract: {contract} -->"


def _entry(change: Change) -> str:
    return f"- {change.severity}: `{change.location}` {change.message}"


def _sections(root: Path) -> list[Section]:
    path = root / CHANGELOG
    found = sections(path.read_text(encoding="utf-8")) if path.exists() else []
    if not found:
        raise ChangelogError(f"{CHANGELOG} has no section: start it with `## 0.1.0, unreleased`")
    return found


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument(
        "--add",
        nargs="?",
        const=f"HEAD:{SPEC}",
        metavar="OLD",
        help="write the entries for what changed since OLD, the last commit by default",
    )
    options = parser.parse_args(argv)
    try:
        if options.add is not None:
            for entry in add(ROOT, options.add):
                print(entry)
        check(ROOT)
    except (ChangelogError, SpecError) as error:
        print(f"changelog: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
