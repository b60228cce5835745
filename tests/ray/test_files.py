"""Files of requests and of results."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from minimax_chat import ConfigurationError, InsufficientBalanceError
from minimax_chat.ext.emulator import Emulator

WHY = "Ray is not installed: run python3 scripts/dev.py ray"
pytest.importorskip("ray", reason=WHY)
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
        for path in sorted(folder.glob("*"))
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


def test_an_empty_balance_is_one_clear_error(emulator: Emulator, tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", [{"id": "a", "prompt": "!fail 1008"}])
    with pytest.raises(InsufficientBalanceError) as raised:
        ours.run_file(source, str(tmp_path / "out"), model="MiniMax-M3")
    assert raised.value.code == 1008
    assert type(raised.value) is InsufficientBalanceError


# The lines as they are

COLUMNS = "custom_id, error, text, tool_calls, usage, attempts, response"


@pytest.fixture
def file(answers: Path, tmp_path: Path) -> str:
    """One file of answers and failures, and an answer with tool calls."""
    rows = [row for row in lines(answers / "answers") if row["custom_id"] in ("a", "2", "c")]
    function = {"name": "f", "arguments": "{}"}
    calls = [{"id": "c1", "type": "function", "function": function}]
    rows.append({**rows[-1], "custom_id": "t", "tool_calls": calls})
    return write(tmp_path / "answers.jsonl", rows)


def check(rows: list[dict[str, Any]]) -> None:
    found = {row["custom_id"]: row for row in rows}
    assert sorted(found) == ["2", "a", "c", "t"]
    assert found["2"]["error"]["code"] == 1026
    assert found["a"]["text"] == "one"
    assert found["a"]["usage"]["total_tokens"] > 0
    assert found["t"]["tool_calls"][0]["function"]["name"] == "f"


def test_pandas_reads_results(file: str) -> None:
    check(pandas.read_json(file, lines=True).to_dict("records"))


def test_polars_reads_results(file: str) -> None:
    check(polars.read_ndjson(file).to_dicts())


def test_duckdb_reads_results(file: str) -> None:
    table = duckdb.connect().sql(f"SELECT {COLUMNS} FROM read_json('{file}')")
    check([dict(zip(table.columns, row, strict=True)) for row in table.fetchall()])


def test_datasets_reads_results(file: str, tmp_path: Path) -> None:
    check([*datasets.load_dataset("json", data_files=file, split="train", cache_dir=str(tmp_path))])
