"""Say what changed between two OpenAPI documents, and what each change means for users.

    python scripts/spec_diff.py HEAD openapi.yaml              what changed since the last commit
    python scripts/spec_diff.py v1.0:openapi.yaml new.yaml     any two documents or git revisions
    python scripts/spec_diff.py openapi.yaml vendor.md         ours against the vendor's own

Every change is one line, classed by the direction in which it is met: *breaking*, *additive* or
*documentation*. What goes over the wire is compared, and `operationId`: schemas may be renamed,
written out where they are used, or spelled otherwise without being reported.

Documents of different hands are compared by meaning: a Markdown page; or two files whose titles
differ or that share no component (`--vendor` and `--no-vendor` override this). Matters of style are
then left out: descriptions, operation ids, closed or open enums, what a response requires or may be
null; bounds and defaults that stand only in a description count.

Exit status: 0 the contract is the same, 2 input that cannot be used, 4 additive changes, 5 breaking
changes (1 is left to crashes). `--fail-on` sets the least class that counts: `additive` by default;
`any` also counts documentation (3), `breaking` nothing less, `never` nothing.
"""

import argparse
import io
import json
import os
import sys
from collections.abc import Sequence
from typing import cast

from openapi_diff.comparison import (
    SEVERITIES,
    Change,
    Severity,
    compare,
    of_different_hands,
    verdict,
)
from spec.document import Document, SpecError, from_mapping, load

__all__ = [
    "SEVERITIES",
    "Change",
    "Document",
    "Severity",
    "SpecError",
    "compare",
    "exit_status",
    "from_mapping",
    "load",
    "main",
    "of_different_hands",
    "render",
    "verdict",
]

_STATUS = {"breaking": 5, "additive": 4, "documentation": 3}
_COUNTS: dict[str, Sequence[Severity]] = {
    "breaking": SEVERITIES[:1],
    "additive": SEVERITIES[:2],
    "any": SEVERITIES,
    "never": (),
}


def exit_status(changes: Sequence[Change], fail_on: str = "additive") -> int:
    """Return what CI is told: 0, or the number of the gravest class that counts."""
    worst = verdict(change for change in changes if change.severity in _COUNTS[fail_on])
    return _STATUS[worst] if worst else 0


def render(
    changes: Sequence[Change], style: str, old: str, new: str, by_meaning: bool = False
) -> str:
    """Return the report as `text`, `markdown` or `json`; `old` and `new` are names to show."""
    counts = dict.fromkeys(SEVERITIES, 0)
    for change in changes:
        counts[change.severity] += 1
    if style == "json":
        report = {
            "old": old,
            "new": new,
            "by_meaning": by_meaning,
            "verdict": verdict(changes),
            "counts": counts,
            "changes": [_as_json(change) for change in changes],
        }
        return json.dumps(report, ensure_ascii=False, indent=2)
    groups = _grouped(changes, old, new, by_meaning)
    if style == "markdown":
        parts = [
            "\n".join([f"### {title}", "", *(f"- {_line(one, by_meaning, '`')}" for one in found)])
            for title, found in groups.items()
        ]
        return "\n\n".join(parts) or "No change of the contract."
    lines = [
        f"{title[0].lower()}{title[1:]}: {_line(one, by_meaning)}"
        for title, found in groups.items()
        for one in found
    ]
    heading = [f"{old} and {new}, compared by meaning:"] if by_meaning else []
    total = ", ".join(
        f"{len(found)} {title[0].lower()}{title[1:]}" for title, found in groups.items()
    )
    return "\n".join([*heading, *lines, total or "no change"])


def _grouped(
    changes: Sequence[Change], old: str, new: str, by_meaning: bool
) -> dict[str, list[Change]]:
    titles: dict[str, str] = {severity: severity.capitalize() for severity in SEVERITIES}
    if by_meaning:
        titles = {"added": f"Only in {new}", "removed": f"Only in {old}"}
        titles |= {"changed": "Differs", "documentation": "Note"}
    groups: dict[str, list[Change]] = {title: [] for title in titles.values()}
    for change in changes:
        noted = change.severity == "documentation" or not by_meaning
        groups[titles[change.severity if noted else change.kind]].append(change)
    return {title: found for title, found in groups.items() if found}


def _line(change: Change, by_meaning: bool, quote: str = "") -> str:
    message = change.message
    if by_meaning and change.kind != "changed":
        message = message.replace(f"{change.what} {change.kind}", change.what, 1)
    also = f" (also at {len(change.also)} more: {change.also[0]})" if len(change.also) > 1 else ""
    also = f" (also at {change.also[0]})" if len(change.also) == 1 else also
    return f"{quote}{change.location}{quote} {message}{also}"


def _as_json(change: Change) -> dict[str, object]:
    return {
        "class": change.severity,
        "kind": change.kind,
        "direction": change.direction,
        "location": change.location,
        "also": change.also,
        "message": change.message,
        "old": change.old,
        "new": change.new,
    }


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    about = (__doc__ or "").split("\n\n")
    parser = argparse.ArgumentParser(
        prog="spec_diff.py",
        description=about[0],
        epilog="\n\n".join(about[1:]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    help_ = "a .yaml, .json or .md file, a git revision (its openapi.yaml), or REV:path"
    parser.add_argument("old", metavar="OLD", help=help_)
    parser.add_argument("new", metavar="NEW", help="the same")
    parser.add_argument("--format", choices=("text", "markdown", "json"), default="text")
    parser.add_argument("--fail-on", choices=tuple(_COUNTS), default="additive")
    parser.add_argument(
        "--vendor",
        action=argparse.BooleanOptionalAction,
        help="compare by meaning, or do not; without it the documents decide",
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    options = _arguments(argv)
    for stream in (sys.stdout, sys.stderr):  # a terminal without Chinese is no reason to fail
        cast(io.TextIOWrapper, stream).reconfigure(errors="backslashreplace")
    try:
        old, new = load(options.old), load(options.new)
        by_meaning = of_different_hands(old, new) if options.vendor is None else options.vendor
        changes = compare(old, new, by_meaning)
    except SpecError as error:
        print(f"spec_diff: {error}", file=sys.stderr)
        return 2
    except RecursionError:
        print(f"spec_diff: {options.old}, {options.new}: nested too deeply", file=sys.stderr)
        return 2
    try:
        print(render(changes, options.format, old.name, new.name, by_meaning), flush=True)
    except BrokenPipeError:  # whoever reads has seen enough; keep the exit of Python quiet
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return exit_status(changes, options.fail_on)


if __name__ == "__main__":
    sys.exit(main())
