"""The benchmark's own code: what it says about figures, and what its stub sends."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import report
from contenders import floor, minimax
from rows import ROWS
from run import PAGE, README, RESULTS
from stub import REPLIES

FOLDER = RESULTS.parent
STREAM = next(row for row in ROWS if row.name == "stream-sync")
BURST = next(row for row in ROWS if row.name == "concurrent-100")


@pytest.fixture
def committed() -> report.Results:
    results: report.Results = json.loads(RESULTS.read_text("utf-8"))
    return results


@pytest.fixture
def stub_url() -> Iterator[str]:
    with subprocess.Popen(
        [sys.executable, "stub.py"], cwd=FOLDER, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        port = json.loads(process.stdout.readline())["ports"][0]
        yield f"http://127.0.0.1:{port}"
        process.terminate()


def test_page_shows_the_committed_results(committed: report.Results) -> None:
    assert PAGE.read_text("utf-8") == report.page(committed)


def test_readme_claims_the_committed_results(committed: report.Results) -> None:
    assert report.claim(committed) in README.read_text("utf-8")


def test_ratio_is_the_median_of_the_rounds_with_its_quartiles() -> None:
    values = {"floor": [1.0, 2.0, 4.0], "minimax-chat": [3.0, 2.0, 8.0]}
    figure = report.figures(STREAM, values, None)["minimax-chat"]
    assert figure["median"] == 3.0
    assert (figure["low"], figure["value"], figure["high"]) == (1.5, 2.0, 2.5)


def test_result_near_the_stubs_headroom_is_marked_server_bound() -> None:
    figures = report.figures(BURST, {"openai": [100.0], "minimax-chat": [900.0]}, 1000.0)
    assert [figure["server_bound"] for figure in figures.values()] == [False, True]


@pytest.mark.parametrize(
    ("row", "factor", "is_worse"),
    [
        ("stream-sync", 1.1, False),
        ("stream-sync", 1.2, True),
        ("stream-sync", 0.5, False),
        ("concurrent-100", 0.75, False),
        ("concurrent-100", 0.65, True),
        ("concurrent-100", 2.0, False),
        ("connections", 10, True),
    ],
)
def test_check_reports_a_row_that_is_worse_beyond_its_tolerance(
    committed: report.Results, row: str, factor: float, is_worse: bool
) -> None:
    results: report.Results = json.loads(json.dumps(committed))
    results["rows"][row]["minimax-chat"]["value"] *= factor
    assert [line.split(":")[0] for line in report.worse(results, committed)] == [row] * is_worse


def test_check_reports_a_row_that_fails(committed: report.Results) -> None:
    results: report.Results = json.loads(json.dumps(committed))
    del results["rows"]["import"]["minimax-chat"]
    results["failures"]["import"]["minimax-chat"] = "ImportError"
    assert report.worse(results, committed) == ["import: minimax-chat fails with ImportError"]


@pytest.mark.parametrize("reply", ["single-events", "batched-events", "short-stream"])
def test_stub_streams_the_same_text_to_the_floor_and_to_the_client(
    stub_url: str, reply: str
) -> None:
    with floor.client(f"{stub_url}/{reply}") as client:
        text = "".join(floor.stream(client))
    with minimax.client(f"{stub_url}/{reply}") as client:
        assert "".join(minimax.stream(client)) == text
    assert len(text) == REPLIES[reply]().characters


def test_peak_memory_leaves_out_that_of_the_parent_process() -> None:
    megabytes_of_parent = 200
    block = b"x" * (megabytes_of_parent << 20)
    code = "from worker import peak_memory; print(peak_memory())"
    output = subprocess.check_output([sys.executable, "-c", code], cwd=FOLDER)
    assert 0 < float(output) < megabytes_of_parent
    del block


def test_results_name_no_machine_path_or_host() -> None:
    text = RESULTS.read_text("utf-8") + PAGE.read_text("utf-8")
    assert str(Path.home()) not in text
    assert "://" not in text
