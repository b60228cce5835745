"""`minimax-chat batch --ray`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from minimax_chat.ext.emulator import Emulator

WHY = "Ray is not installed: run python3 scripts/dev.py ray"
pytest.importorskip("ray", reason=WHY)

from minimax_chat.ext.cli._app import run  # noqa: E402

pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.usefixtures("ray")]


def test_a_file_is_answered_and_gone_on_with(
    tmp_path: Path, emulator: Emulator, capfd: pytest.CaptureFixture[str]
) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out"
    prompts = {"a": "!say one", "b": "!fail 2013"}
    rows = [json.dumps({"id": id, "prompt": prompt}) for id, prompt in prompts.items()]
    source.write_text("\n".join(rows))
    command = ["batch", str(source), "-o", str(target), "--ray", "--model", "MiniMax-M2.7"]
    assert run(command) == 1
    assert "1 have an answer; failed: 1 BadRequestError 2013." in capfd.readouterr().err
    lines = [line for path in target.glob("*.jsonl") for line in path.read_text().splitlines()]
    found = {row["custom_id"]: row["text"] for row in map(json.loads, lines)}
    assert found == {"a": "one", "b": None}
    source.write_text("\n".join([*rows, json.dumps({"id": "c", "prompt": "!say three"})]))
    sent = len(emulator.requests)
    assert run(command) == 1
    assert len(emulator.requests) == sent + 1
    assert run([*command, "--emulator"]) == 2
