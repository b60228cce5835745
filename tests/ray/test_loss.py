"""Workers and nodes are lost in the middle of a job: each row is answered once in the sink."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from counting_server import CountingServer
from ray_cluster import workers

WHY = "Ray is not installed: run python3 scripts/dev.py ray"
ray: Any = pytest.importorskip("ray", reason=WHY)
ray_data: Any = pytest.importorskip("ray.data", reason=WHY)
ours: Any = pytest.importorskip("minimax_chat.ext.ray", reason=WHY)

ROWS = 1200
CONCURRENCY = 64
PATIENCE = 60.0
pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[CountingServer]:
    # So slow that a worker always has calls in flight.
    with CountingServer(latency=0.3) as server:
        monkeypatch.setenv("MINIMAX_BASE_URL", server.base_url)
        monkeypatch.setenv("MINIMAX_API_KEY", "any")
        yield server


@pytest.fixture
def cluster(server: CountingServer, sessions: Path) -> Iterator[Any]:
    """A node for the program."""
    cluster_utils: Any = pytest.importorskip("ray.cluster_utils")
    head = {"num_cpus": 2, "include_dashboard": False}
    cluster = cluster_utils.Cluster(initialize_head=True, head_node_args=head)
    ray.init(address=cluster.address)
    yield cluster
    ray.shutdown()
    cluster.shutdown()


@pytest.mark.parametrize(("loss", "sink"), [("worker", "parquet"), ("node", "lines")])
def test_loss(loss: str, sink: str, cluster: Any, server: CountingServer, tmp_path: Path) -> None:
    second = cluster.add_node(num_cpus=2)
    cluster.wait_for_nodes()
    names = [f"{i}" for i in range(ROWS)]
    rows = [{"custom_id": each, "prompt": each} for each in names]
    lost: list[int] = []

    def lose() -> None:
        end = time.monotonic() + PATIENCE
        while len(server.prompts) < ROWS / 3:
            if time.monotonic() > end:
                return
            time.sleep(0.05)
        running = workers()
        if loss == "worker":
            if sys.platform == "win32":
                raise OSError("POSIX is needed")
            os.kill(running[0], signal.SIGKILL)
            lost.append(running[0])
        else:
            cluster.remove_node(second, allow_graceful=False)
            # Its workers end a moment later.
            while not lost and time.monotonic() < end:
                time.sleep(0.05)
                lost.extend({*running} - {*workers()})

    thread = threading.Thread(target=lose)
    thread.start()
    options: dict[str, Any] = {"model": "MiniMax-M3", "actors": 2, "concurrency": CONCURRENCY}
    folder = str(tmp_path / "answers")
    if sink == "parquet":
        answers = ours.complete(ray_data.from_items(rows), **options)
        answers.write_parquet(folder, min_rows_per_file=500)
        found = ray_data.read_parquet(folder).take_all()
    else:
        source = tmp_path / "requests.jsonl"
        source.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
        assert ours.run_file(str(source), folder, **options) == (ROWS, {})
        found = ray_data.read_json(folder).take_all()
    thread.join()
    assert len(lost) == 1  # there was one on each node
    assert sorted(row["custom_id"] for row in found) == sorted(names)
    assert all(row["text"] == row["custom_id"] for row in found)
    again = server.prompts.total() - ROWS
    print(f"{loss}, {sink}: {again} of {ROWS} were sent again")
    assert max(server.prompts.values()) <= 2
    # What an actor has taken and not handed over. Those of a lost node may end in time.
    assert (loss == "worker") <= again <= 4 * CONCURRENCY / 2
