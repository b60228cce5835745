"""Files of requests and of results."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from minimax_chat import ConfigurationError, InsufficientBalanceError
from minimax_chat.ext.emulator import Emulator

WHY = "Ray is not installed: run python3 scripts/dev.py ray"
pytest.importorskip("ray", reason=WHY)
ray_data: Any = pytest.importorskip("ray.data", reason=WHY)
ours: Any = pytest.importorskip("minimax_chat.ext.ray")
duckdb: Any = pytest.importorskip("duckdb", reason=WHY)
pandas: Any = pytest.importorskip("pandas", reason=WHY)
polars: Any = pytest.importorskip("polars", reason=WHY)
datasets: Any = pytest.importorskip("datasets", reason=WHY)

pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.usefixtures("ray")]

REQUESTS: list[dict[str, Any]] = [
    {
        "custom_id": "a",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {"messages": [{"role": "user", "content": "!say one"}], "temperature": 0.5},
    },
    {"id": 2, "prompt": "!fail 1026"},
    {"id": "c", "messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}]},
    {"id": "d", "prompt": "!fail 1000"},
]


def write(path: Path, requests: list[dict[str, Any]]) -> str:
    text = "\n".join(json.dumps(each) for each in requests) + "\n"
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return str(path)


def lines(folder: Path) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]


@pytest.fixture(scope="module")
def answers(ray: Any, emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    source = write(folder / "requests.jsonl.gz", REQUESTS)
    summary = ours.run_file(
        source, str(folder / "answers"), model="MiniMax-M3", system="Be brief.", max_retries=0
    )
    assert summary.answered == 2
    assert summary.failures == {"InputContentError 1026": 1, "InternalServerError 1000": 1}
    return folder


def test_each_request_has_a_line(answers: Path) -> None:
    found = {row["custom_id"]: row for row in lines(answers / "answers")}
    assert [*found["a"]] == [
        "custom_id",
        "error",
        "text",
        "thinking",
        "tool_calls",
        "finish_reason",
        "usage",
        "trace_id",
        "attempts",
        "seconds",
        "response",
    ]
    assert sorted(found) == ["2", "a", "c", "d"]
    assert (found["a"]["text"], found["a"]["error"], found["a"]["tool_calls"]) == ("one", None, [])
    assert found["a"]["response"]["body"]["choices"][0]["message"]["content"].endswith("one")
    assert found["a"]["usage"] == found["a"]["response"]["body"]["usage"]
    assert (found["2"]["error"]["code"], found["2"]["response"]) == (1026, None)


def test_a_second_run_sends_what_has_no_result(answers: Path, emulator: Emulator) -> None:
    before, folder = len(emulator.requests), answers / "answers"
    source = write(answers / "more.jsonl", [*REQUESTS, {"id": "e", "prompt": "!say five"}])
    ours.run_file(source, str(folder), model="MiniMax-M3", max_retries=0)
    assert len(emulator.requests) == before + 1
    summary = ours.run_file(
        source, str(folder), model="MiniMax-M3", max_retries=0, retry_failed=True
    )
    # The one that is worth it.
    assert len(emulator.requests) == before + 2
    assert (summary.answered, summary.failures.total()) == (3, 2)
    # The failures of others are not those of this input.
    source = write(answers / "one.jsonl", [{"id": "e", "prompt": "!say five"}])
    assert ours.run_file(source, str(folder), model="MiniMax-M3") == (1, {})


@pytest.mark.parametrize(
    ("requests", "problem"),
    [
        ([{"id": "a", "prompt": "1"}, {"id": "a", "prompt": "2"}], "the id 'a' occurs 2 times"),
        ([{"id": "a", "prompt": "1"}, {"prompt": "2"}], r"line 2 of .*in.jsonl has no id"),
        ([{"id": "a", "promt": "1"}], "line 1 of .* must have a body, a prompt or messages"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_before_the_first_call(
    requests: list[dict[str, Any]], problem: str, emulator: Emulator, tmp_path: Path
) -> None:
    before = len(emulator.requests)
    with pytest.raises(ConfigurationError, match=problem):
        ours.run_file(write(tmp_path / "in.jsonl", requests), str(tmp_path / "out"), model="M")
    assert len(emulator.requests) == before


def test_an_empty_file_has_no_results(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").touch()
    summary = ours.run_file(str(tmp_path / "in.jsonl"), str(tmp_path / "out"), model="MiniMax-M3")
    assert summary == (0, {})


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    cut_off = tmp_path / "in.jsonl.gz"
    for name in (tmp_path / "none.jsonl", cut_off):
        with pytest.raises(ConfigurationError, match=f"cannot read {name}") as raised:
            ours.run_file(str(name), str(tmp_path / "out"), model="MiniMax-M3")
        assert type(raised.value) is ConfigurationError
        cut_off.write_bytes(gzip.compress(b"x" * 1000)[:20])


def test_a_line_ends_at_a_line_feed_alone(emulator: Emulator, tmp_path: Path) -> None:
    prompt = "!say one\u2028two\u0085three"
    (tmp_path / "in.jsonl").write_text(
        json.dumps({"id": "a", "prompt": prompt}, ensure_ascii=False) + "\r\n\r\n", "utf-8"
    )
    ours.run_file(str(tmp_path / "in.jsonl"), str(tmp_path / "out"), model="MiniMax-M3")
    assert emulator.requests[-1].json["messages"][-1]["content"] == prompt


def test_what_was_answered_before_a_fatal_error_is_kept(emulator: Emulator, tmp_path: Path) -> None:
    prompts = [f"!say {number}" for number in range(60)]
    prompts[40] = "!fail 1008"
    rows = [{"id": str(number), "prompt": prompt} for number, prompt in enumerate(prompts)]
    source, out = write(tmp_path / "in.jsonl", rows), tmp_path / "out"
    # One call after the other, so that the order is known; the last rows are another batch.
    options: dict[str, Any] = {"model": "MiniMax-M3", "concurrency": 1}
    before = len(emulator.requests)
    with pytest.raises(InsufficientBalanceError) as raised:
        ours.run_file(source, str(out), **options)
    assert type(raised.value) is InsufficientBalanceError
    assert raised.value.code == 1008
    sent = [request.json["messages"][-1]["content"] for request in emulator.requests[before:]]
    assert {row["custom_id"] for row in lines(out)} == {
        rows[prompts.index(prompt)]["id"] for prompt in sent if prompt != "!fail 1008"
    }
    assert 0 < len(lines(out)) < 59
    rows[40]["prompt"] = "!say 40"
    summary = ours.run_file(write(tmp_path / "in.jsonl", rows), str(out), **options)
    assert summary == (60, {})
    # None was sent twice.
    assert len(emulator.requests) == before + 61


def test_progress_is_told(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minimax_chat.ext.ray._files.BETWEEN_REPORTS", 0.05)
    rows = [{"id": str(number), "prompt": f"!say {number}"} for number in range(64)]
    rows[0]["prompt"] = "!fail 2013"
    out = str(tmp_path / "out")
    ours.run_file(write(tmp_path / "one.jsonl", rows[:1]), out, model="MiniMax-M3")
    told: list[Any] = []
    source = write(tmp_path / "in.jsonl", [*rows[1:], {"id": "b", "prompt": "!fail 2013"}, rows[0]])
    # Batches of 16 rows.
    options: dict[str, Any] = {"model": "MiniMax-M3", "concurrency": 16, "rpm": 1200}
    ours.run_file(source, out, **options, progress=told.append)
    assert {each.total for each in told} == {65}
    counts = [each.done for each in told]
    assert counts == sorted(counts)
    assert counts[0] == 1
    assert 1 < counts[-1] <= 65
    assert told[-1].failed <= 1
    assert told[-1].per_second > 0


def test_a_folder_has_one_writer(emulator: Emulator, tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", [{"id": "a", "prompt": "Hello"}])
    out = tmp_path / "out"
    out.mkdir()
    with (
        FileLock(out / ".lock"),
        pytest.raises(ConfigurationError, match="another run is writing to"),
    ):
        ours.run_file(source, str(out), model="MiniMax-M3")
    with pytest.raises(ConfigurationError, match=r"cannot write to .*in\.jsonl"):
        ours.run_file(source, source, model="MiniMax-M3")
    assert ours.run_file(source, out.as_uri(), model="MiniMax-M3").answered == 1


def test_what_a_killed_run_has_left_is_no_trouble(emulator: Emulator, tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", [{"id": "a", "prompt": "Hello"}])
    out = tmp_path / "out"
    out.mkdir()
    (out / ".20260101T000000-00000000-000001.jsonl").write_text('{"custom_id": "a", "err')
    assert ours.run_file(source, str(out), model="MiniMax-M3").answered == 1
    assert [path.suffix for path in out.iterdir() if path.name != ".lock"] == [".jsonl"]
    assert [row["custom_id"] for row in lines(out)] == ["a"]


@pytest.mark.parametrize("names", ["ab", "ba"])
def test_of_several_results_the_latest_counts(names: str, tmp_path: Path) -> None:
    """It is never one that would not have been sent again."""
    passing = {"code": 1000, "class": "InternalServerError", "retryable": True}
    final = {"code": 1026, "class": "InputContentError", "retryable": False}
    runs: list[dict[str, Any]] = [{"1": passing, "2": passing}, {"1": None, "2": final}]
    for name, results in zip(names, runs, strict=True):
        rows = [{"custom_id": id, "error": error} for id, error in results.items()]
        (tmp_path / f"{name}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    waiting = ray_data.from_items([{"custom_id": "1"}, {"custom_id": "2"}, {"custom_id": "3"}])
    left = ours.unanswered(waiting, str(tmp_path), retry_failed=True).take_all()
    assert [row["custom_id"] for row in left] == ["3"]


def test_a_torn_last_line_is_no_result(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"custom_id": "1", "error": null}\n{"custom_id": "2", "er')
    waiting = ray_data.from_items([{"custom_id": "1"}, {"custom_id": "2"}])
    left = ours.unanswered(waiting, str(tmp_path)).take_all()
    assert [row["custom_id"] for row in left] == ["2"]
    (tmp_path / "a.jsonl").write_text('{"custom_id": "2", "er\n')
    with pytest.raises(ConfigurationError, match=r"cannot read .*a\.jsonl"):
        ours.unanswered(waiting, str(tmp_path))


# What reads the lines, as docs/bulk.md says

COLUMNS = "custom_id, error, text, tool_calls, usage, attempts, response"
ANSWERS = 30_000
"""More than readers look at to guess types from, unless they are told to."""


@pytest.fixture(scope="module")
def file(answers: Path) -> str:
    """Many answers, then a failure, and an answer with tool calls."""
    rows = {row["custom_id"]: row for row in lines(answers / "answers")}
    function = {"name": "f", "arguments": "{}"}
    calls = [{"id": "c1", "type": "function", "function": function}]
    many = ({**rows["c"], "custom_id": f"c{number}"} for number in range(ANSWERS))
    called = {**rows["c"], "custom_id": "t", "tool_calls": calls}
    return write(answers.with_name("many.jsonl"), [*many, rows["a"], rows["2"], called])


def check(rows: list[dict[str, Any]]) -> None:
    found = {row["custom_id"]: row for row in rows}
    assert len(found) == len(rows) == ANSWERS + 3
    assert found["2"]["error"]["code"] == 1026
    assert found["a"]["text"] == "one"
    assert found["a"]["usage"]["total_tokens"] > 0
    assert found["t"]["tool_calls"][0]["function"]["name"] == "f"


def test_pandas_reads_results(file: str, answers: Path, tmp_path: Path) -> None:
    check(pandas.read_json(file, lines=True, dtype=False).to_dict("records"))
    rows = [{**row, "custom_id": "007", "text": "05"} for row in lines(answers / "answers")[:1]]
    numbers = pandas.read_json(write(tmp_path / "a.jsonl", rows), lines=True, dtype=False)
    assert [*numbers["custom_id"], *numbers["text"]] == ["007", "05"]


def test_polars_reads_results(file: str) -> None:
    check(polars.read_ndjson(file, infer_schema_length=None).to_dicts())


def test_duckdb_reads_results(file: str) -> None:
    query = f"SELECT {COLUMNS} FROM read_json('{file}', sample_size = -1)"
    table = duckdb.connect().sql(query)
    check([dict(zip(table.columns, row, strict=True)) for row in table.fetchall()])


def test_datasets_reads_results(file: str, tmp_path: Path) -> None:
    check([*datasets.Dataset.from_json(file, chunksize=1 << 30, cache_dir=str(tmp_path))])
