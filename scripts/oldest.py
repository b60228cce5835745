"""Runs the tests of the core with the oldest versions that pyproject.toml allows.

python scripts/oldest.py
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
EXTRAS = ("speed", "emulator", "cli")
# What the tests import beside them, in any version that fits.
TOOLS = ("hypothesis", "openai", "pytest")
TESTS = ("tests/core", "tests/clients", "tests/emulator")


def main() -> int:
    pins = oldest()
    print(f"oldest: {', '.join(pins)}", flush=True)
    with tempfile.TemporaryDirectory(prefix="oldest-") as folder:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        python = str(Path(folder, Path(sys.executable).relative_to(sys.prefix)))
        project = f"{ROOT}[{','.join(EXTRAS)}]"
        pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet"]
        subprocess.run([*pip, "--editable", project, *pins, *TOOLS], check=True)
        return subprocess.run([python, "-P", "-m", "pytest", "-q", *TESTS], cwd=ROOT).returncode


def oldest() -> list[str]:
    """The lower bound of each requirement, as a pin."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [line for name in EXTRAS for line in project["optional-dependencies"][name]]
    requirements = [Requirement(line) for line in [*project["dependencies"], *extras]]
    return [
        f"{requirement.name}=={bound.version}"
        for requirement in requirements
        for bound in requirement.specifier
        if bound.operator == ">="
    ]


if __name__ == "__main__":
    sys.exit(main())
