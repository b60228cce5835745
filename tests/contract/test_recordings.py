"""Recordings of the live tests, replayed offline; and the live tests themselves.

emulator.json was recorded with the emulator, for want of a key: it proves that recording works, but
says nothing about the real API. To record it again, as after a change of the calls:

    export MINIMAX_RECORD=tests/contract/recordings/emulator.json
    python -m pytest tests/contract/test_recordings.py -k record_and_replay
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import httpx
import pytest

from live_run import Recorder, Report, replay, run, why_not
from minimax_chat import MiniMax
from minimax_chat.ext.emulator import Emulator
from spec_reading import read_spec

SPEC = read_spec()
FOLDER = Path(__file__).parent / "recordings"
RECORDINGS = sorted(FOLDER.glob("*.json"))
KEY = "sk-0123456789-secret"


def replayed(path: Path) -> Report:
    with replay(path) as transport, httpx.Client(transport=transport) as http:
        return run(SPEC, lambda key: MiniMax(api_key=key or KEY, http_client=http))


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)
def test_a_recording_keeps_the_contract(recording: Path) -> None:
    assert str(replayed(recording)) == "the API keeps the contract"


def test_the_live_tests_record_and_replay_the_emulator(tmp_path: Path) -> None:
    target = Path(os.environ.get("MINIMAX_RECORD") or tmp_path / "emulator.json")
    recorder = Recorder()
    with Emulator() as emulator, httpx.Client(event_hooks=recorder.hooks, trust_env=False) as http:
        report = run(
            SPEC,
            lambda key: MiniMax(api_key=key or KEY, base_url=emulator.base_url, http_client=http),
        )
    assert str(report) == "the API keeps the contract"
    recorder.write(target)
    text = target.read_text("utf-8")
    recorded = json.loads(text)
    seen = [(each["status"], each["headers"]["content-type"]) for each in recorded]
    kept = json.loads((FOLDER / "emulator.json").read_text("utf-8"))
    assert seen == [(each["status"], each["headers"]["content-type"]) for each in kept]
    # The file holds neither the key nor an id; what replaces an id is the same everywhere.
    assert KEY not in text
    assert "Bearer" not in text
    first = json.loads(recorded[0]["body"])
    assert first["id"].startswith("id-")
    assert recorded[0]["headers"]["trace-id"] == first["id"]
    ids = [exchange.headers["trace-id"] for exchange in recorder.exchanges]
    assert not any(each in text for each in ids)
    assert str(replayed(target)) == "the API keeps the contract"


def test_a_retry_is_replayed(tmp_path: Path) -> None:
    recorded: list[dict[str, Any]] = json.loads((FOLDER / "emulator.json").read_text("utf-8"))
    failure = {"base_resp": {"status_code": 1002, "status_msg": "rate limit"}}
    headers = {"content-type": "application/json", "retry-after": "100"}
    limited = {**recorded[1], "status": 429, "headers": headers, "body": json.dumps(failure)}
    path = tmp_path / "retried.json"
    path.write_text(json.dumps([recorded[0], limited, *recorded[1:]]), "utf-8")
    assert str(replayed(path)) == "the API keeps the contract"


def test_a_recording_with_unused_replies_fails(tmp_path: Path) -> None:
    recorded: list[dict[str, Any]] = json.loads((FOLDER / "emulator.json").read_text("utf-8"))
    path = tmp_path / "more.json"
    path.write_text(json.dumps([*recorded, recorded[0]]), "utf-8")
    with pytest.raises(AssertionError, match="1 more replies were recorded than asked for"):
        replayed(path)


def test_a_refused_key_ends_the_live_tests() -> None:
    with Emulator(api_key="sk-another") as emulator, httpx.Client(trust_env=False) as http:
        report = run(
            SPEC,
            lambda key: MiniMax(api_key=key or KEY, base_url=emulator.base_url, http_client=http),
        )
        assert len(emulator.requests) == 1
    assert str(report).startswith("the key was refused, and nothing else tried: ")
    assert "Set MINIMAX_API_KEY" in str(report)
    assert KEY not in str(report)
    assert "contract" not in str(report)


def test_ids_in_bodies_are_replaced_consistently(tmp_path: Path) -> None:
    """IDs that are in no header: at the top, nested, in a list, as a number, in an event."""
    ids = ["req-aaaaaaaa", "cmpl-bbbbbbbb", "call-cccccccc", "9876543210", "evt-dddddddd"]
    request_id, own, nested, number, of_event = ids
    plain = {"request_id": request_id, "id": own, "list": [{"call_id": nested, "text": "kept"}]}
    event = {"id": of_event, "of": {"user_id": int(number), "request_id": request_id}}
    bodies = iter([json.dumps(plain), f"data: {json.dumps(event)}\n\ndata: [DONE]\n\n"])
    api = httpx.MockTransport(
        lambda request: httpx.Response(200, headers={"trace-id": "in-header"}, text=next(bodies))
    )
    recorder = Recorder()
    with httpx.Client(transport=api, event_hooks=recorder.hooks) as http:
        for _ in range(2):
            http.post("https://api", headers={"authorization": f"Bearer {KEY}"}, json={})
    recorder.write(tmp_path / "ids.json")
    text = (tmp_path / "ids.json").read_text("utf-8")
    assert [each for each in [*ids, "in-header", KEY] if each in text] == []
    first, second = (each["body"] for each in json.loads(text))
    kept = json.loads(first)
    assert kept["list"][0]["text"] == "kept"
    streamed = json.loads(second.split("\n")[0].removeprefix("data: "))
    assert streamed["of"]["request_id"] == kept["request_id"]
    found = [kept["request_id"], kept["id"], kept["list"][0]["call_id"], streamed["id"]]
    assert len(set(found)) == len(found)
    assert isinstance(streamed["of"]["user_id"], int), "a number stays a number"


def test_violations_and_news_of_the_api_are_reported(tmp_path: Path) -> None:
    recorded: list[dict[str, Any]] = json.loads((FOLDER / "emulator.json").read_text("utf-8"))
    body = json.loads(recorded[0]["body"])
    body["usage"]["tokens_of_tomorrow"] = 3
    body["choices"][0]["finish_reason"] = "reason-of-tomorrow"
    body["created"] = "today"
    recorded[0]["body"] = json.dumps(body)
    stream = recorded[1]["body"]
    recorded[1]["body"] = stream.replace('"delta": {', '"delta": {"field_of_tomorrow": "good", ')
    recorded[-1]["status"] = 429
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps(recorded), "utf-8")
    report = str(replayed(changed))
    assert "the API breaks the contract:" in report
    assert "\n  - plain: ChatCompletion.created: 'today'" in report
    assert "\n  - wrong key: " not in report, "a status that goes with the code is enough"
    assert "the API has moved:" in report
    assert "\n  - plain: ChatCompletion.usage.tokens_of_tomorrow: new field, here 3" in report
    assert (
        "\n  - plain: ChatCompletion.choices.finish_reason: new value 'reason-of-tomorrow'"
        in report
    )
    assert "\n  - stream: ChatCompletionChunk.choices.delta.field_of_tomorrow: new field" in report


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ({}, "MINIMAX_API_KEY is not set: the real API was not called"),
        (
            {"MINIMAX_API_KEY": "sk", "MINIMAX_BASE_URL": "http://127.0.0.1:8000"},
            "MINIMAX_BASE_URL is http://127.0.0.1:8000, which is not the real API",
        ),
        ({"MINIMAX_API_KEY": "sk"}, ""),
        ({"MINIMAX_API_KEY": "sk", "MINIMAX_BASE_URL": "https://api.minimax.io"}, ""),
    ],
)
def test_reason_for_skipping_the_live_tests(environment: dict[str, str], reason: str) -> None:
    assert why_not(environment) == reason
