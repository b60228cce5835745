"""The benchmarks of bulk work: what their stub does, and what their page shows."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import bulk_limits
import bulk_page
from bulk import started
from bulk_kill import stats
from bulk_stub import FAULTS, PAUSES, Stub
from minimax_chat import (
    APIConnectionError,
    APIError,
    AsyncMiniMax,
    InternalServerError,
    ResponseDecodeError,
    ServerTimeoutError,
)
from minimax_chat.ext.batch import AsyncBatch, Result


def test_page_shows_the_committed_results() -> None:
    results: dict[str, Any] = json.loads(bulk_page.RESULTS.read_text("utf-8"))
    assert bulk_page.PAGE.read_text("utf-8") == bulk_page.page(results)
    assert str(Path.home()) not in bulk_page.RESULTS.read_text("utf-8")


def test_share_is_that_of_the_bare_loop_from_the_lowest_round_to_the_highest() -> None:
    def measured(seconds: float) -> bulk_page.Measured:
        return {
            "seconds": seconds,
            "cpu_seconds": 1.0,
            "answered": 99,
            "failed": 1,
            "megabytes": 20.0,
        }

    found: bulk_page.Bulk = {
        "python": "",
        "system": "",
        "cores": 2,
        "versions": {},
        "counts": {bulk_page.BARE: 1000, bulk_page.OWN: 100},
        "measured": {
            bulk_page.BARE: [measured(1), measured(1), measured(2)],
            bulk_page.OWN: [measured(0.2), measured(0.25), measured(0.4)],
        },
    }
    *_, row = bulk_page.table(found).splitlines()
    assert row == "| AsyncBatch | 100 | 400 | 0.40 (0.25 to 0.50) | 10,000 µs | 20 MB | 1.0% |"


def test_minutes_are_shares_of_the_limit_that_held() -> None:
    counted = [(600, 0), (1200, 60), (1740, 120), (2940, 120), (4140, 120), (4740, 720)]
    found = [{"taken": float(taken), "refused": float(refused)} for taken, refused in counted]
    assert bulk_limits.cells(found) == [
        "100% reached, 0.0% refused",
        "95% reached, 9.5% refused",
        "100% reached, 0.0% refused",
        "75% reached, 25.0% refused",
    ]


def test_the_same_requests_meet_the_same_faults_in_any_order() -> None:
    requests = [str(number) for number in range(3000)]
    met = [
        {(each, attempt): stub.fault(each, attempt) for each in order for attempt in (1, 2, 3, 4)}
        for stub, order in (
            (Stub(faults=0.03), requests),
            (Stub(faults=0.03), requests[::-1]),
            (Stub(faults=0.03, seed=1), requests),
        )
    ]
    assert met[0] == met[1] != met[2]
    kinds = Counter(met[0].values())
    assert kinds.keys() == {None, *FAULTS} - PAUSES.keys()
    assert 0.025 < 1 - kinds[None] / 9000 + 3000 / 9000 < 0.035
    # A request that is sent often enough is answered.
    assert not [fault for (_, attempt), fault in met[0].items() if attempt == 4 and fault]


def test_each_fault_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minimax_chat.ext.batch._pace.FIRST_PAUSE", 0.001)
    monkeypatch.setattr("minimax_chat.ext.batch._pace.LONGEST_PAUSE", 0.001)

    async def results(url: str) -> list[Result]:
        messages = [[{"role": "user", "content": f"Sentence {number}"}] for number in range(150)]
        requests = ({"model": "MiniMax-M2.7", "messages": each} for each in messages)
        async with AsyncMiniMax(api_key="any", base_url=url) as client:
            return [result async for result in AsyncBatch(client, requests, max_retries=0)]

    with started("--faults", "1", "--latency", "0.001") as url:
        found = asyncio.run(results(url))
        counted = stats(url)
    assert counted["faults"].keys() == FAULTS.keys() - PAUSES.keys()
    assert counted["answered"] == sum(result.completion is not None for result in found)
    kinds = {type(result.error) for result in found if result.error}
    assert kinds == {
        APIConnectionError,
        InternalServerError,
        ResponseDecodeError,
        ServerTimeoutError,
    }


@pytest.mark.parametrize("limit", ["bucket", "minute"])
def test_the_limiter_refuses_what_is_too_much(limit: str) -> None:
    async def answer(url: str) -> int:
        message = {"role": "user", "content": "Hello"}
        request: Any = {"model": "MiniMax-M2.7", "messages": [message]}
        async with AsyncMiniMax(api_key="any", base_url=url, max_retries=0) as client:
            calls = (client.chat.completions.create(**request) for _ in range(40))
            found = await asyncio.gather(*calls, return_exceptions=True)
        refused = [each for each in found if isinstance(each, APIError)]
        assert {each.http_status for each in refused} == {429}
        assert all((each.retry_after is not None) == (limit == "minute") for each in refused)
        return len(refused)

    with started("--limit", limit, "--rpm", "10") as url:
        refused = asyncio.run(answer(url))
        assert stats(url)["refused"] == refused >= 1
