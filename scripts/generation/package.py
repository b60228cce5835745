"""Compares the files of two packages, and puts one in the place of the other."""

from __future__ import annotations

import difflib
import shutil
from pathlib import Path


def contents(package: Path) -> dict[str, bytes]:
    """Every file of a package, by its path in it."""
    return {
        path.relative_to(package).as_posix(): path.read_bytes()
        for path in sorted(package.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def differences(old: dict[str, bytes], new: dict[str, bytes]) -> list[str]:
    """A unified diff of two packages, empty if they are equal."""
    lines: list[str] = []
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        lines += difflib.unified_diff(
            (before or b"").decode("utf-8", "replace").splitlines(),
            (after or b"").decode("utf-8", "replace").splitlines(),
            f"committed/{name}" if before is not None else "/dev/null",
            f"regenerated/{name}" if after is not None else "/dev/null",
            lineterm="",
        )
        # Line ends and invalid bytes do not show in the lines above.
        lines.append(f"! {name} differs")
    return lines


def swap(new: Path, old: Path) -> None:
    """Put a copy of `new` in the place of `old`, or leave `old` as it was."""
    old.parent.mkdir(exist_ok=True)
    incoming, outgoing = _beside(old)
    try:
        shutil.copytree(new, incoming)
        if old.exists():
            old.rename(outgoing)
        incoming.rename(old)
    except shutil.Error as error:
        # It lists every file that could not be copied, most often for one reason.
        raise OSError(error.args[0][0][2]) from None
    finally:
        recover(old)


def recover(package: Path) -> None:
    """Restore the package and remove what a swap that was interrupted left behind."""
    incoming, outgoing = _beside(package)
    if outgoing.exists() and not package.exists():
        outgoing.rename(package)
    for leftover in (incoming, outgoing):
        if leftover.exists():
            shutil.rmtree(leftover)


def _beside(package: Path) -> tuple[Path, Path]:
    return package.with_name(f"{package.name}.new"), package.with_name(f"{package.name}.old")
