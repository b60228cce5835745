"""Builds what is released, a source distribution and a wheel, into dist/.

    python scripts/release.py           build
    python scripts/release.py v1.2.3    check first that this commit may be released under this tag

The same commit gives the same bytes, wherever and whenever it is built.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import changelog

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = Path("wrapper/minimax_chat/__init__.py")


class ReleaseError(Exception):
    """This cannot be released. The message says why."""


def check(root: Path, tag: str) -> None:
    """Refuse a tag that is not the version, a changelog without it, and files not committed."""
    found = re.search(r'^__version__ = "(.+)"$', (root / PACKAGE).read_text("utf-8"), re.MULTILINE)
    version = found[1] if found else ""
    if tag != f"v{version}":
        raise ReleaseError(f"the tag is {tag}, but {PACKAGE.as_posix()} says {version}")
    newest = changelog.sections((root / changelog.CHANGELOG).read_text("utf-8"))[0].heading
    if not re.fullmatch(rf"## {re.escape(version)}, \d{{4}}-\d\d-\d\d", newest):
        raise ReleaseError(
            f"{changelog.CHANGELOG} must begin with `## {version}, <date>`, not `{newest}`"
        )
    changed = subprocess.check_output(["git", "status", "--porcelain"], cwd=root, encoding="utf-8")
    if changed:
        raise ReleaseError(f"not everything is committed:\n{changed.rstrip()}")


def build(root: Path, folder: Path) -> None:
    command = [sys.executable, "-P", "-m", "hatchling", "build", "--directory", str(folder)]
    # Otherwise hatchling gives every file the same date.
    kept = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    subprocess.run(command, cwd=root, env=kept, check=True)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("tag", nargs="?", help="the tag of this commit")
    options = parser.parse_args(argv)
    dist = ROOT / "dist"
    try:
        if options.tag is not None:
            check(ROOT, options.tag)
        shutil.rmtree(dist, ignore_errors=True)
        build(ROOT, dist)
    except (ReleaseError, subprocess.CalledProcessError) as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
