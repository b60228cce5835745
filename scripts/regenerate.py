"""Turns openapi.yaml into generated/minimax_chat_api.

    python scripts/regenerate.py            write the package
    python scripts/regenerate.py --check    only compare; print a diff and exit 1 where the package is not what the spec gives

The result depends on openapi.yaml, generator_config.yml and the pinned generator and ruff alone: not on the Python version, the
working directory, or the ruff settings of any folder above.
"""

from __future__ import annotations

import argparse
import difflib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from contract_module import UnsupportedSchema, contract_module

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "minimax_chat_api"


class RegenerationError(Exception):
    """The package could not be made. The message says why; nothing was changed."""


def build(root: Path, into: Path) -> None:
    """Writes the package that the spec under `root` gives into the empty folder `into`."""
    spec_path = root / "openapi.yaml"
    spec_bytes = spec_path.read_bytes()
    # The hooks of generator_config.yml call ruff by name: find the one beside this Python first.
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    package = into / PACKAGE
    run(
        [
            *("openapi_python_client", "generate"),
            *("--path", str(spec_path), "--config", str(root / "generator_config.yml")),
            *("--meta", "none", "--fail-on-warning", "--output-path", str(package)),
        ],
        environment,
    )
    try:
        source = contract_module(yaml.safe_load(spec_bytes), spec_bytes)
    except UnsupportedSchema as error:
        raise RegenerationError(f"{spec_path}: {error}") from None
    (package / "contract.py").write_text(source, encoding="utf-8")
    run(
        [
            "ruff",
            "format",
            "--isolated",
            "--no-cache",
            "--target-version",
            "py311",
            str(package / "contract.py"),
        ],
        environment,
    )
    # `--meta none` writes no marker, and the spec ships with the code made from it.
    (package / "py.typed").touch()
    (package / "openapi.yaml").write_bytes(spec_bytes)


def run(command: list[str], environment: dict[str, str]) -> None:
    """Runs a module of this Python's environment; -P keeps modules of the working directory out."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", *command],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    if done.returncode:
        raise RegenerationError(f"{command[0]} failed:\n{done.stdout.strip()}")


def contents(package: Path) -> dict[str, bytes]:
    return {
        path.relative_to(package).as_posix(): path.read_bytes()
        for path in sorted(package.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def differences(old: dict[str, bytes], new: dict[str, bytes]) -> list[str]:
    """A unified diff of two packages, empty where they are equal."""
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
    """Puts `new` in the place of `old`; at every moment the old package or the new one is whole on disk."""
    old.parent.mkdir(exist_ok=True)
    incoming, outgoing = old.with_name(old.name + ".new"), old.with_name(old.name + ".old")
    for leftover in (incoming, outgoing):
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.copytree(new, incoming)
    if old.exists():
        old.rename(outgoing)
    incoming.rename(old)
    shutil.rmtree(outgoing, ignore_errors=True)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description="Turn openapi.yaml into generated/minimax_chat_api."
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="compare only: print a diff and exit 1 where they differ",
    )
    options = parser.parse_args(argv)
    committed = ROOT / "generated" / PACKAGE
    try:
        with tempfile.TemporaryDirectory() as folder:
            build(ROOT, Path(folder))
            made = Path(folder) / PACKAGE
            changes = differences(contents(committed), contents(made))
            if not options.check and changes:
                swap(made, committed)
    except RegenerationError as error:
        print(f"regenerate: {error}", file=sys.stderr)
        return 1
    if options.check and changes:
        print("\n".join(changes))
        print(
            "generated/ is not what openapi.yaml gives: run python scripts/regenerate.py",
            file=sys.stderr,
        )
        return 1
    changed = sum(line.startswith("! ") for line in changes)
    print(f"generated/{PACKAGE}: {f'{changed} files written' if changed else 'up to date'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
