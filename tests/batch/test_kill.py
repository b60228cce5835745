"""What is left of a file of results when a run is killed, or its disk or network fails."""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path

import pytest

from bulk import started
from bulk_kill import Work, stats, survive
from minimax_chat.ext.batch._output import Output
from systems import needs_posix

pytestmark = needs_posix


@pytest.mark.parametrize(
    ("count", "kills"), [(600, 3), pytest.param(5000, 10, marks=pytest.mark.slow)]
)
def test_kills_lose_nothing_and_double_nothing(tmp_path: Path, count: int, kills: int) -> None:
    concurrency = 16
    found = survive(Work(tmp_path, count), kills, 3, "--concurrency", str(concurrency))
    assert found["answered"] > 0.99 * count
    assert found["sent in vain"] <= kills * concurrency


def test_a_second_run_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    work = Work(tmp_path, 300)
    work.write()
    with started("--latency", "0.2") as url:
        with work.start(url, "--concurrency", "4") as first:
            while not stats(url)["answered"]:
                time.sleep(0.02)
            with work.start(url) as second:
                _, told = second.communicate()
            assert second.returncode == 2
            assert "another run is writing to" in told
            first.kill()
        with work.start(url) as third:
            third.communicate()
        assert third.returncode == 0
    work.rows()


def test_a_disk_that_was_full(tmp_path: Path) -> None:
    work = Work(tmp_path, 300)
    work.write()

    def full() -> None:
        if sys.platform == "win32":
            raise OSError("POSIX is needed")
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    with started() as url:
        with work.start(url, "--concurrency", "8", preexec_fn=full) as run:
            _, told = run.communicate()
        assert run.returncode == 1
        assert "File too large" in told
        lines = work.output.read_bytes().splitlines(keepends=True)
        assert all(line.endswith(b"\n") and json.loads(line) for line in lines)
        assert 0 < len(lines) < 300
        with work.start(url) as run:
            run.communicate()
        assert run.returncode == 0
        # What was in flight, at most.
        assert stats(url)["answered"] <= 300 + 8
    work.rows()


def test_a_network_that_comes_back(tmp_path: Path) -> None:
    work = Work(tmp_path, 400)
    work.write()
    with started() as url:
        run = work.start(url, "--rpm", "12000", "--concurrency", "8")
        while stats(url)["answered"] < 50:
            time.sleep(0.02)
    time.sleep(1)
    with run, started("--port", url.rpartition(":")[2]):
        _, told = run.communicate()
    assert run.returncode == 0, told
    assert all(row["error"] is None for row in work.rows())


def test_a_network_that_stays_away_until_the_run_is_interrupted(tmp_path: Path) -> None:
    work = Work(tmp_path, 200)
    work.write()
    with started() as url:
        run = work.start(url, "--rpm", "6000", "--concurrency", "8")
        while stats(url)["answered"] < 50:
            time.sleep(0.02)
    time.sleep(1)
    run.send_signal(signal.SIGINT)
    with run:
        _, told = run.communicate()
    assert run.returncode == 130
    assert "run the same command again" in told
    before = [json.loads(line) for line in work.output.read_bytes().splitlines()]
    assert 0 < len(before) < 200
    assert all(row["error"] is None for row in before)
    with started("--port", url.rpartition(":")[2]):
        with work.start(url) as again:
            again.communicate()
        assert again.returncode == 0
        assert stats(url)["answered"] == 200 - len(before)
    assert all(row["error"] is None for row in work.rows())


def test_a_line_torn_at_any_byte_is_repaired(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    rows = [{"custom_id": each, "error": None, "text": "“是”\n\\ 🙂" * 3} for each in ("一", "二")]
    with Output(str(path)) as output:
        for row in rows:
            output.write(row)
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    for end in range(first, len(whole)):
        path.write_bytes(whole[:end])
        with Output(str(path)):
            pass
        # Of a line, nothing but its end may be missing.
        assert path.read_bytes() == (whole if end == len(whole) - 1 else whole[:first]), end
