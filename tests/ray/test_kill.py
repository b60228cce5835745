"""`minimax-chat batch --ray` is interrupted, then killed, and goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from command_line import PROGRAM
from counting_server import CountingServer

WHY = "Ray is not installed: run python3 scripts/dev.py ray"
pytest.importorskip("ray", reason=WHY)

ROWS = 320
CONCURRENCY = 32
PATIENCE = 60.0


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, sessions: Path) -> Iterator[CountingServer]:
    with CountingServer(latency=0.3) as server:
        monkeypatch.setenv("MINIMAX_BASE_URL", server.base_url)
        monkeypatch.setenv("MINIMAX_API_KEY", "any")
        yield server


def written(folder: Path) -> list[str]:
    return [
        json.loads(line)["custom_id"]
        for path in folder.glob("*.jsonl")
        for line in path.read_text("utf-8").splitlines()
    ]


def test_nothing_is_lost_or_doubled(server: CountingServer, tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("POSIX is needed")
    source, target = tmp_path / "in.jsonl", tmp_path / "out"
    names = [f"{number}" for number in range(ROWS)]
    source.write_text("".join(f'{{"id": "{name}", "prompt": "{name}"}}\n' for name in names))
    arguments = ["batch", str(source), "-o", str(target), "--ray"]
    command = [*PROGRAM, *arguments, "--concurrency", str(CONCURRENCY)]
    known = 0
    for number, status in ((signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)):
        run = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        end = time.monotonic() + PATIENCE
        while len(written(target)) == known:
            assert time.monotonic() < end
            time.sleep(0.1)
        os.kill(run.pid, number)
        _, told = run.communicate(timeout=PATIENCE)
        assert run.returncode == status
        if number == signal.SIGINT:
            assert "What was answered is kept; to go on, run the same command again." in told
            assert "Traceback" not in told
        known = len(written(target))
        assert known < ROWS
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, timeout=2 * PATIENCE)
    assert done.returncode == 0
    assert f"{ROWS} have an answer; failed: none." in done.stderr
    assert sorted(written(target)) == sorted(names)
    again = server.prompts.total() - ROWS
    print(f"{again} of {ROWS} were sent again")
    # Each end costs at most what an actor takes at a time.
    assert max(server.prompts.values()) <= 3
    assert again <= 2 * 4 * CONCURRENCY
