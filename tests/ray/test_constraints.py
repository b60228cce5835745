"""constraints-ray.txt pins what `scripts/dev.py ray` installs, and nothing else."""

from __future__ import annotations

import re
import sysconfig
from importlib import metadata
from pathlib import Path

import pytest

pytest.importorskip("ray", reason="Ray is not installed: run python3 scripts/dev.py ray")


def test_constraints_pin_what_is_installed() -> None:
    lines = (Path(__file__).parents[2] / "constraints-ray.txt").read_text("utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("# ")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9a-z.]*", pin) for pin in pins)
    installed = {
        f"{each.name}=={each.version}".lower()
        for each in metadata.distributions(path=[sysconfig.get_path("purelib")])
        if each.name not in ("minimax-chat", "pip", "setuptools")
    }
    assert {pin.lower() for pin in pins} == installed
