"""Datasets, answered by a real Ray."""

from __future__ import annotations

import asyncio
import json
import pickle
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml

from minimax_chat import (
    APIConnectionError,
    AsyncMiniMax,
    AuthenticationError,
    ConfigurationError,
    InsufficientBalanceError,
)
from minimax_chat.ext.emulator import Emulator

WHY = "Ray is not installed: run python3 scripts/dev.py ray"
ray_data: Any = pytest.importorskip("ray.data", reason=WHY)
pa: Any = pytest.importorskip("pyarrow", reason=WHY)
ours: Any = pytest.importorskip("minimax_chat.ext.ray", reason=WHY)

ROOT = Path(__file__).parents[2]
KEY = "sk-never-shown-0123456789abcdef"
# Ray has warnings of its own.
pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.usefixtures("ray")]


def answered(rows: list[dict[str, Any]], **options: Any) -> list[dict[str, Any]]:
    """The answered rows, in the order of their ids."""
    found = ours.complete(ray_data.from_items(rows), **{"model": "MiniMax-M3", **options})
    return sorted(found.take_all(), key=lambda row: row["custom_id"])


def test_prompts_messages_and_bodies_are_answered(emulator: Emulator) -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "!say two"},
    ]
    body = {"model": "MiniMax-M2.7", "messages": messages, "temperature": 0.5}
    rows: list[dict[str, Any]] = [
        {"custom_id": "1", "prompt": "!say one", "label": 7},
        {"custom_id": "2", "messages": messages, "label": 8},
        {"custom_id": "3", "messages": json.dumps(messages), "label": 9},
    ]

    def answer(row: dict[str, Any], **options: Any) -> dict[str, Any]:
        answers = ours.ChatCompletions(model="MiniMax-M3", **options)
        [answered] = asyncio.run(answers(pa.Table.from_pylist([row]))).to_pylist()
        return dict(answered)

    found = [answer(row, system="Speak.") for row in rows]
    assert [(row["text"], row["label"]) for row in found] == [("one", 7), ("two", 8), ("two", 9)]
    for form in (body, json.dumps(body)):
        assert answer({"custom_id": "4", "body": form})["text"] == "two"
        assert emulator.requests[-1].json == body
    sent = {request.json["messages"][-1]["content"]: request.json for request in emulator.requests}
    assert sent["!say one"]["messages"][0] == {"role": "system", "content": "Speak."}


def test_fields_that_other_rows_have_are_not_sent(emulator: Emulator) -> None:
    """Arrow gives each object the fields of all."""
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "1"},
        {"role": "user", "content": "!say nothing added"},
    ]
    [row] = answered([{"custom_id": "1", "messages": messages}])
    assert row["text"] == "nothing added"
    assert emulator.requests[-1].json["messages"] == messages


def test_failures_are_columns(emulator: Emulator) -> None:
    rows: list[dict[str, Any]] = [
        {"custom_id": "1", "prompt": "!fail 1026"},
        {"custom_id": "2", "prompt": "!fail 1002 times=2 Hello"},
        {"custom_id": "3", "prompt": None},
    ]
    refused, patient, empty = answered(rows)
    assert refused["error"]["code"] == 1026
    assert refused["error"]["class"] == "InputContentError"
    assert refused["error"]["retryable"] is False
    assert (refused["text"], refused["response"], refused["attempts"]) == (None, None, 1)
    assert (patient["error"], patient["attempts"]) == (None, 3)
    assert (empty["error"]["class"], empty["attempts"]) == ("InvalidArgumentError", 0)


def test_usage_has_the_integers_of_the_contract() -> None:
    schemas = yaml.safe_load((ROOT / "openapi.yaml").read_text("utf-8"))["components"]["schemas"]

    def types(name: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for field, schema in schemas[name]["properties"].items():
            [kind] = [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]
            component = kind.get("$ref", "").rpartition("/")[2]
            if component:
                found[field] = types(component)
            else:
                assert "integer" in kind["type"]
                found[field] = "int64"
        return found

    def columns(struct: Any) -> dict[str, Any]:
        return {
            each.name: columns(each.type) if pa.types.is_struct(each.type) else str(each.type)
            for each in struct
        }

    from minimax_chat.ext.ray._complete import COLUMNS

    assert columns(COLUMNS["usage"]) == types("Usage")


def test_columns_of_the_answer_are_not_overwritten(emulator: Emulator) -> None:
    with pytest.raises(ConfigurationError, match="the answer has a column 'text', too"):
        answered([{"custom_id": "1", "prompt": "Hello", "text": "mine"}])


def test_an_error_that_all_calls_would_meet_ends_the_job(emulator: Emulator) -> None:
    rows = [{"custom_id": str(i), "prompt": "!fail 1008 shape=base_resp"} for i in range(500)]
    before = len(emulator.requests)
    with pytest.raises(InsufficientBalanceError, match="insufficient balance") as raised:
        answered(rows, concurrency=16)
    error: Any = raised.value
    assert error.cause.code == 1008
    # Not all were sent to find that out.
    assert len(emulator.requests) - before < 200


def test_all_actors_share_one_budget(emulator: Emulator) -> None:
    import time

    rows = [{"custom_id": str(i), "prompt": f"!say shared {i}"} for i in range(120)]
    began = time.monotonic()
    found = answered(rows, actors=2, rpm=1200, concurrency=64)
    assert {row["text"] for row in found} == {f"shared {i}" for i in range(120)}
    # Two budgets would let them through in half the time.
    assert time.monotonic() - began > 119 / 20 - 0.5


def test_the_key_is_nowhere(emulator: Emulator, sessions: Path) -> None:
    rows = ray_data.from_items([{"custom_id": "1", "prompt": "!fail 1004"}, {"prompt": "Hello"}])
    plan = ours.complete(rows, model="MiniMax-M3")
    seen = [repr(plan), str(plan._logical_plan.dag), repr(vars(plan._logical_plan.dag))]
    assert "ChatCompletions" in "".join(seen)  # so that is the plan
    with pytest.raises(AuthenticationError, match="1004") as raised:
        plan.take_all()
    seen += [repr(raised.value), str(raised.value)]
    done = ours.complete(rows.limit(0), model="MiniMax-M3").materialize()
    seen += [done.stats(), repr(ours.ChatCompletions(model="MiniMax-M3"))]
    assert not [text for text in seen if KEY in text]
    assert KEY.encode() not in pickle.dumps(ours.ChatCompletions(model="MiniMax-M3")._arguments)
    # The emulator saw it, so that is the key in use.
    assert KEY in emulator.requests[-1].headers["authorization"]
    logs = [path for path in sessions.rglob("*") if path.is_file() and not path.is_symlink()]
    assert any(path.name.startswith("worker-") for path in logs)
    assert not [path for path in logs if KEY.encode() in path.read_bytes()]


def test_a_key_is_no_argument() -> None:
    with pytest.raises(ConfigurationError, match="set MINIMAX_API_KEY in the env") as raised:
        ours.complete(ray_data.range(1), model="MiniMax-M3", api_key=KEY)
    assert KEY not in str(raised.value)


def test_a_worker_without_a_key_says_where_to_set_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MINIMAX_API_KEY")
    table = pa.table({"prompt": ["Hello"]})
    with pytest.raises(ConfigurationError, match="MINIMAX_API_KEY in the environment of the nodes"):
        asyncio.run(ours.ChatCompletions(model="MiniMax-M3")(table))


def test_an_api_that_cannot_be_reached_ends_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """The batches of an actor together, none of which need meet many failures."""
    monkeypatch.setattr("minimax_chat.ext.batch._batch.UNREACHABLE", 1.0)
    monkeypatch.setenv("MINIMAX_API_KEY", "any")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"

    async def answer() -> list[BaseException]:
        answers = ours.ChatCompletions(model="MiniMax-M3", base_url=url)
        tables = [pa.table({"prompt": ["Hello"]}) for _ in range(2)]
        work = asyncio.gather(*map(answers, tables), return_exceptions=True)
        return await asyncio.wait_for(work, 20)

    assert [type(error) for error in asyncio.run(answer())] == [APIConnectionError] * 2


def with_server(reply: Callable[[httpx2.Request], httpx2.Response], **options: Any) -> Any:
    answers = ours.ChatCompletions(model="MiniMax-M3", **options)
    answers._client = AsyncMiniMax(
        api_key="any", http_client=httpx2.AsyncClient(transport=httpx2.MockTransport(reply))
    )
    return answers


def test_batches_are_answered_one_after_the_other() -> None:
    """So that the first can be written while the next is answered."""
    sent: list[str] = []

    def reply(request: httpx2.Request) -> httpx2.Response:
        sent.append(json.loads(request.content)["messages"][0]["content"])
        # None takes it for an answer, and it is not sent again.
        return httpx2.Response(400, json={"base_resp": {"status_code": 2013, "status_msg": "no"}})

    async def answer() -> None:
        answers = with_server(reply, concurrency=1)
        await asyncio.gather(*(answers(pa.table({"prompt": [each] * 8})) for each in "abc"))

    asyncio.run(answer())
    assert "".join(sent) == "a" * 8 + "b" * 8 + "c" * 8


def test_after_a_fatal_error_no_batch_is_sent() -> None:
    sent: list[str] = []

    def reply(request: httpx2.Request) -> httpx2.Response:
        sent.append(json.loads(request.content)["messages"][0]["content"])
        return httpx2.Response(402, json={"base_resp": {"status_code": 1008, "status_msg": "no"}})

    async def answer() -> list[Any]:
        answers = with_server(reply, concurrency=1)
        tables = [pa.table({"prompt": [each] * 8}) for each in "abc"]
        return await asyncio.gather(*map(answers, tables), return_exceptions=True)

    assert [type(error) for error in asyncio.run(answer())] == [InsufficientBalanceError] * 3
    assert sent == ["a"]


def test_odd_values_are_null_and_kept_in_the_response() -> None:
    message = {"role": "assistant", "content": "half \ud800"}
    body = {
        "choices": [{"finish_reason": 7, "message": message}],
        "usage": {"total_tokens": 2**70, "prompt_tokens": "4", "completion_tokens": 5, "new": []},
    }

    answers = with_server(lambda _: httpx2.Response(200, content=json.dumps(body)))
    [row] = asyncio.run(answers(pa.table({"prompt": ["Hello"]}))).to_pylist()
    assert row["error"] is None
    assert (row["text"], row["finish_reason"]) == ("half \\ud800", None)
    assert row["usage"]["completion_tokens"] == 5
    assert row["usage"]["total_tokens"] is row["usage"]["prompt_tokens"] is None
    response = json.loads(row["response"])
    assert (response["status_code"], response["body"]) == (200, body)


def test_map_batches_takes_the_class(emulator: Emulator) -> None:
    """Without a shared budget."""
    found = ray_data.from_items([{"prompt": "!say one"}, {"prompt": "!say two"}]).map_batches(
        ours.ChatCompletions,
        fn_constructor_kwargs={"model": "MiniMax-M3", "concurrency": 2},
        batch_format="pyarrow",
        batch_size=16,
        num_cpus=0.1,
        compute=ray_data.ActorPoolStrategy(size=1),
    )
    assert {row["text"] for row in found.take_all()} == {"one", "two"}


def test_rows_with_a_result_are_not_asked_again(emulator: Emulator, tmp_path: Path) -> None:
    sink = str(tmp_path / "answers")
    names = ["1", "2", "3"]
    switches = ["!say one", "!fail 1026", "!fail 1000"]
    rows = ray_data.from_items(
        [{"custom_id": a, "prompt": b} for a, b in zip(names, switches, strict=True)]
    )

    def waiting(**options: Any) -> list[str]:
        return sorted(row["custom_id"] for row in ours.unanswered(rows, sink, **options).take_all())

    assert waiting() == names
    first = ours.complete(rows.limit(1), model="MiniMax-M3")
    first.write_parquet(sink)
    assert waiting() == ["2", "3"]
    ours.complete(ours.unanswered(rows, sink), model="MiniMax-M3").write_json(sink)
    assert waiting() == []
    assert waiting(retry_failed=True) == ["3"]
    (tmp_path / "answers" / "torn.parquet").write_bytes(b"PAR1")
    with pytest.raises(ConfigurationError, match=r"torn\.parquet .*delete it"):
        waiting()
