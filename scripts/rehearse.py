"""Rehearses changes of the API: takes each revision of scripts/rehearsal/revisions.py all the way.

    python scripts/rehearse.py             every revision, as a table
    python scripts/rehearse.py role model  those whose names contain one of the words

Each goes through the comparison of spec_diff.py and through regenerate.py in a copy of the project.
There nobody edits the wrapper by hand: what is new must be usable from `create` and readable in the
answer, with its type, and the wrapper's own tests must pass if the change is additive.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rehearsal.revisions import REVISIONS
from rehearsal.running import Outcome, rehearse

HEADINGS = ("revision", "diff", "regenerates", "usable", "typed", "wrapper untouched and green")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--all", action="store_true", help="run the tests of both clients too")
    parser.add_argument("words", nargs="*", help="parts of the names of revisions; all if omitted")
    options = parser.parse_args(argv)
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="rehearse-") as folder:
        for index, revision in enumerate(REVISIONS):
            if options.words and not any(word in revision.name for word in options.words):
                continue
            outcome = rehearse(
                revision,
                Path(folder, str(index)),
                tests=["tests/core", "tests/clients"] if options.all else ["tests/core"],
                checkers=["mypy", "pyright"],
                cache=str(Path(folder, "mypy")),
            )
            outcomes.append(outcome)
            if not outcome.as_expected:
                print(outcome.failures(), file=sys.stderr)
    print(table(outcomes))
    return 0 if all(outcome.as_expected for outcome in outcomes) else 1


def table(outcomes: Sequence[Outcome]) -> str:
    """One line for each outcome, as Markdown."""
    rows = [HEADINGS, *map(_row, outcomes)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def _row(outcome: Outcome) -> tuple[str, ...]:
    steps = [outcome.regeneration, outcome.use, outcome.types]
    cells = ["NO" if failure else "yes" for failure in steps]
    if outcome.wrapper:
        cells.append("NO: edited")
    elif outcome.tests:
        cells.append("untouched, but its tests are RED")
    else:
        cells.append(f"yes, {outcome.passed} tests" if outcome.passed else "yes")
    return outcome.revision.name, f"{outcome.verdict} ({outcome.changes})", *cells


if __name__ == "__main__":
    sys.exit(main())
