"""Say what changed between two OpenAPI documents, and what each change means for users.

    python scripts/spec_diff.py HEAD openapi.yaml              what changed since the last commit
    python scripts/spec_diff.py v1.0:openapi.yaml new.yaml     any two documents or git revisions
    python scripts/spec_diff.py openapi.yaml vendor.md         ours against the vendor's own
    python scripts/spec_diff.py vendor-april.md vendor.md      two revisions of the vendor's page

Each change is one line, classed by the direction in which it is met: *breaking*, *additive* or
*documentation*. What goes over the wire is compared, and `operationId`: schemas may be renamed,
inlined or spelled differently without being reported.

Documents by different authors are compared by meaning: a Markdown page against a file; or two files
whose titles differ or that share no component (`--vendor` and `--no-vendor` override this). Matters
of style are then left out: descriptions, operation ids, closed or open enums, what a response
requires or may be null; bounds and defaults that stand only in a description count, and a field
that one document has only in an example is a note.

Whatever else a document contains (callbacks, OAuth flows, `patternProperties`, …) is only checked
for being the same: a line says "not compared: …" if it is, and a breaking change if it is not. A
component that no operation uses is documentation.

`--accepted FILE` leaves out the differences listed in a YAML file, each with `location`, `what` and
`reason` (and `old` and `new`, where only these values are accepted). An entry that matches nothing
is reported. `--accept REASON` adds all differences found to that file.

Exit status: 0 the contract is the same, 2 input that cannot be used or a stale entry in FILE, 4
additive changes, 5 breaking changes (1 is left to crashes). `--fail-on` sets the least class that
counts: `additive` by default; `any` also counts documentation (3), `breaking` nothing less, `never`
nothing.
"""

import argparse
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from openapi_diff.accepted import add_accepted, read_accepted
from openapi_diff.change import SEVERITIES, Change, Severity, verdict
from openapi_diff.compare import compare_documents, of_different_hands
from openapi_diff.report import Report
from spec.document import SpecError, load

_STATUS = {"breaking": 5, "additive": 4, "documentation": 3}
_UNUSABLE = 2
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
        help="compare by meaning, or do not; by default the documents decide",
    )
    parser.add_argument("--accepted", metavar="FILE", help="leave out the differences listed there")
    parser.add_argument("--accept", metavar="REASON", help="add all differences found to FILE")
    options = parser.parse_args(argv)
    if options.accept is not None and not (options.accepted and options.accept.strip()):
        parser.error("--accept needs --accepted FILE and a reason")
    return options


def _report(options: argparse.Namespace) -> Report:
    """Compare the documents; what is accepted is counted and left out."""
    old, new = load(options.old), load(options.new)
    by_meaning = of_different_hands(old, new) if options.vendor is None else options.vendor
    found = compare_documents(old, new, by_meaning)
    changes = found.changes
    stale: list[str] = []
    if options.accepted and (Path(options.accepted).exists() or not options.accept):
        accepted = read_accepted(options.accepted)
        stale = [str(one) for one in accepted if not any(map(one.matches, found.changes))]
        changes = [each for each in changes if not any(one.matches(each) for one in accepted)]
    if options.accept:
        add_accepted(options.accepted, changes, options.accept)
        changes = []
    number = len(found.changes) - len(changes)
    names = old.name, new.name
    return Report(changes, *names, by_meaning, found.not_compared, number, stale)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    options = _arguments(argv)
    for stream in (sys.stdout, sys.stderr):  # a terminal without Chinese is no reason to fail
        cast(io.TextIOWrapper, stream).reconfigure(errors="backslashreplace")
    try:
        report = _report(options)
    except SpecError as error:
        print(f"spec_diff: {error}", file=sys.stderr)
        return _UNUSABLE
    except RecursionError:
        print(f"spec_diff: {options.old}, {options.new}: nested too deeply", file=sys.stderr)
        return _UNUSABLE
    try:
        print(report.render(options.format), flush=True)
    except BrokenPipeError:  # whoever reads has seen enough; keep the exit of Python quiet
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return _UNUSABLE if report.stale else exit_status(report.changes, options.fail_on)


if __name__ == "__main__":
    sys.exit(main())
