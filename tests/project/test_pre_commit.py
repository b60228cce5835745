"""The pre-commit hooks run the checks of scripts/dev.py."""

from __future__ import annotations

from pathlib import Path

import yaml

import dev

ROOT = Path(__file__).parents[2]


def test_pre_commit_hooks_run_every_check_of_dev_py() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    commands = [hook["entry"] for repo in config["repos"] for hook in repo["hooks"]]
    checks = [" ".join(command).replace(f"{dev.ROOT}/", "") for command in dev.CHECKS.values()]
    assert sorted(commands) == sorted(checks)
