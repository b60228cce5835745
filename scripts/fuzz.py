"""Fuzzes what reads replies, guided by coverage, with the targets of tests/support/fuzz_targets.py.

    python scripts/fuzz.py                      every target, ten minutes each
    python scripts/fuzz.py merging --minutes 1  this target

It begins with the inputs in tests/fuzz/corpus and the recordings of the API. Inputs that reach new
code are added to the corpus. So is one that breaks a target: the tests then fail until the code is
mended. Rename it after what it shows, and commit both.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUN_TARGET = ROOT / "tests" / "fuzz" / "run_target.py"
CORPUS = ROOT / "tests" / "fuzz" / "corpus"
TARGETS = sorted(path.name for path in CORPUS.iterdir())

MISSING = (
    "fuzz: atheris is not installed: run .venv/bin/pip install -e '.[fuzz]' "
    "with CPython 3.11 or 3.13 on Linux"
)
LIMITS = ("-max_len=2000", "-timeout=20", "-rss_limit_mb=3000")
# Of the inputs found, only what reaches a line that no input in the corpus reaches.
MERGE = ("-merge=1", "-set_cover_merge=1", "-use_counters=0")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("target", nargs="?", choices=TARGETS, help="all of them if omitted")
    parser.add_argument("--minutes", type=float, default=10, help="for each target; default: 10")
    options = parser.parse_args(argv)
    if importlib.util.find_spec("atheris") is None:
        print(MISSING, file=sys.stderr)
        return 2
    targets = [options.target] if options.target else TARGETS
    return max([fuzz(target, options.minutes) for target in targets])


def fuzz(target: str, minutes: float) -> int:
    """Run a target and print what came of it; 1 if an input broke it."""
    kept = CORPUS / target
    before = {*kept.iterdir()}
    with tempfile.TemporaryDirectory(prefix="fuzz-") as found:
        seconds = f"-max_total_time={minutes * 60:.0f}"
        status, log = run(target, found, str(kept), seconds, f"-artifact_prefix={kept}/", *LIMITS)
        last = log
        if status == 0:
            status, last = run(target, str(kept), found, *MERGE)
    if status:
        print(last, file=sys.stderr)
    covered = [int(each) for each in re.findall(r"cov: (\d+)", log)] or [0]
    executions = [int(each) for each in re.findall(r"^#(\d+)", log, re.MULTILINE)] or [0]
    new = sorted(path.name for path in {*kept.iterdir()} - before)
    print(
        f"{target}: {executions[-1]:,} executions, coverage {covered[0]:,} → {covered[-1]:,}, "
        f"inputs kept: {', '.join(new) or 'none'}"
    )
    return 1 if status else 0


def run(target: str, *arguments: str) -> tuple[int, str]:
    """The exit status of a run, and what it printed."""
    command = [sys.executable, str(RUN_TARGET), target, *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout.decode("utf-8", "replace")


if __name__ == "__main__":
    sys.exit(main())
