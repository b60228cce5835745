"""The benchmark's own code: what it says about figures, and what its stub sends."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import report
import rooms
import weight
from contenders import floor, minimax, openai
from environments import FOLDER, Contender
from rows import ROWS, Row
from run import PAGE, README, RESULTS, Bench, measure
from stub import characters

STREAM = next(row for row in ROWS if row.name == "stream-sync")
BURST = next(row for row in ROWS if row.name == "concurrent-100")
CONNECTIONS = next(row for row in ROWS if row.name == "connections")


@pytest.fixture
def committed() -> report.Results:
    results: report.Results = json.loads(RESULTS.read_text("utf-8"))
    return results


@pytest.fixture
def stub_port() -> Iterator[int]:
    with subprocess.Popen(
        [sys.executable, "stub.py"], cwd=FOLDER, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        (port,) = json.loads(process.stdout.readline())
        yield port
        process.terminate()


class InThisEnvironment(Contender):
    python = sys.executable


def test_page_shows_the_committed_results(committed: report.Results) -> None:
    assert PAGE.read_text("utf-8") == report.page(committed)


def test_readme_claims_the_committed_results(committed: report.Results) -> None:
    assert report.claim(committed)
    assert report.claim(committed) in README.read_text("utf-8")


def test_claim_is_one_sentence_that_names_the_extra_if_it_was_measured(
    committed: report.Results,
) -> None:
    for figures in committed["rows"].values():
        figures.pop("minimax-chat+speed", None)
    assert "speed" not in report.claim(committed)
    for figures in committed["rows"].values():
        figures["minimax-chat+speed"] = [value / 4 for value in figures["openai"]]
    sentence = " ".join(report.claim(committed).split())
    assert ", with the extra `speed` 25 %, 25 % and 25 % (Python" in sentence
    assert ". " not in sentence.removesuffix(".")


def test_claim_stays_as_it_is_if_a_figure_for_it_is_missing(committed: report.Results) -> None:
    del committed["rows"]["import"]["openai"]
    readme = README.read_text("utf-8")
    assert report.with_claim(readme, committed) == readme


def test_figure_is_the_ratio_of_medians_with_the_quartiles_over_the_base(
    committed: report.Results,
) -> None:
    committed["rows"]["stream-sync"] = {"floor": [1, 2, 4], "minimax-chat": [3, 2, 8]}
    assert report.figure(committed, STREAM, "minimax-chat") == (1.25, 1.5, 2.75, False)


def test_result_near_the_stubs_headroom_is_marked_server_bound(committed: report.Results) -> None:
    committed["headroom"][BURST.name] = 1000
    committed["rows"][BURST.name] = {"openai": [100], "minimax-chat": [900]}
    assert report.cell(committed, BURST, "openai") == "1.00"
    assert report.cell(committed, BURST, "minimax-chat") == "≥ 9.00, server-bound"


@pytest.mark.parametrize(
    ("row", "values", "is_worse"),
    [
        (STREAM, [108, 109, 110], False),
        (STREAM, [114, 115, 116], True),
        (STREAM, [100, 120, 140], False),
        (STREAM, [50], False),
        (BURST, [78, 80, 82], False),
        (BURST, [73, 74, 75], True),
        (BURST, [200], False),
        (CONNECTIONS, [1000], True),
    ],
)
def test_check_reports_a_row_whose_quartiles_moved_apart(
    committed: report.Results, row: Row, values: list[float], is_worse: bool
) -> None:
    base = {row.work.base or "floor": [10.0]}
    committed["rows"][row.name] = {**base, "minimax-chat": [98, 100, 102]}
    results: report.Results = json.loads(json.dumps(committed))
    results["rows"][row.name]["minimax-chat"] = values
    found = [line.split(":")[0] for line in report.worse(results, committed)]
    assert found == [row.name] * is_worse


def test_check_reports_a_row_that_fails(committed: report.Results) -> None:
    results: report.Results = json.loads(json.dumps(committed))
    results["failures"]["import"] = {"minimax-chat": "ImportError"}
    assert report.worse(results, committed) == ["import: minimax-chat fails with ImportError"]


@pytest.mark.parametrize("contender", [minimax, openai])
@pytest.mark.parametrize("reply", ["single-events", "batched-events", "short-stream"])
def test_stub_streams_the_same_text_to_the_floor_and_to_others(
    stub_port: int, reply: str, contender: ModuleType
) -> None:
    url = f"http://127.0.0.1:{stub_port}/{reply}"
    with floor.client(url) as client:
        text = "".join(floor.stream(client))
    with contender.client(url) as client:
        assert "".join(contender.stream(client)) == text
    assert len(text) == characters(reply)


def test_contender_that_fails_does_not_keep_others_from_being_measured(
    committed: report.Results, stub_port: int
) -> None:
    committed["rows"], committed["failures"] = {}, {}
    turns = [
        InThisEnvironment("broken", "no_such_module", "", ()),
        InThisEnvironment("minimax-chat", "minimax", "", ()),
    ]
    for _ in range(2):
        measure(Bench({}, stub_port, 0), CONNECTIONS, turns, committed)
    assert committed["rows"] == {"connections": {"minimax-chat": [1, 1]}}
    assert committed["failures"] == {"connections": {"broken": "ModuleNotFoundError"}}
    assert report.cell(committed, CONNECTIONS, "broken") == "fails (ModuleNotFoundError)"


def test_peak_memory_leaves_out_that_of_the_parent_process() -> None:
    megabytes_of_parent = 200
    block = b"x" * (megabytes_of_parent << 20)
    code = "from worker import peak_memory; print(peak_memory())"
    output = subprocess.check_output([sys.executable, "-c", code], cwd=FOLDER)
    assert 0 < float(output) < megabytes_of_parent
    del block


def test_each_room_of_the_client_is_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "EVENTS", 32)
    monkeypatch.setattr(rooms, "RUNS", 1)
    times = rooms.rooms()
    assert len(times) == 8
    assert all(time > 0 for time in times.values())


def test_pages_say_what_is_installed() -> None:
    here = (platform.system(), platform.machine(), *sys.version_info[:2])
    if here != ("Linux", "x86_64", 3, 11):
        pytest.skip("other systems and versions of Python install something else")
    *table, english, chinese = weight.lines()
    said = [(page, line) for page in weight.TABLES for line in table]
    for page, line in [*said, *zip(weight.SENTENCES, (english, chinese), strict=True)]:
        assert line in page.read_text("utf-8").splitlines(), f"run {weight.__file__}"


def test_general_sdk_is_heavier() -> None:
    own, with_speed, openai = map(weight.weight, ("minimax-chat", "minimax-chat[speed]", "openai"))
    assert own.packages < with_speed.packages
    assert own.packages < openai.packages
    assert own.mib < with_speed.mib < openai.mib / 2


def test_results_name_no_machine_path_or_host() -> None:
    text = RESULTS.read_text("utf-8") + PAGE.read_text("utf-8")
    assert str(Path.home()) not in text
    assert "://" not in text
