"""One budget for many workers, without a cluster."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

WHY = "Ray is not installed: run python3 scripts/dev.py ray"
pytest.importorskip("ray", reason=WHY)
budget: Any = pytest.importorskip("minimax_chat.ext.ray._budget")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_workers_share_the_calls_in_a_minute() -> None:
    clock = Clock()
    shared = budget.Budget(1000, 600, None, clock)
    times: list[float] = []
    running: dict[str, list[Any]] = {"one": [], "two": []}
    for step in range(6000):
        clock.now = step / 100
        for worker, calls in running.items():
            reports = [budget.Report(call.number, "end", 0.01, 50.0) for call in calls]
            running[worker], _ = shared.exchange(worker, reports, 20)
            times += [clock.now + call.after for call in running[worker]]
    assert times == sorted(times)
    assert len(times) == pytest.approx(600, abs=2)


def test_the_calls_of_a_lost_worker_do_not_count_for_ever() -> None:
    clock = Clock()
    shared = budget.Budget(4, None, None, clock)
    taken, _ = shared.exchange("lost", [], 10)
    assert len(taken) == 4
    clock.now = budget.LOST
    assert shared.exchange("other", [], 10)[0] == []
    clock.now += 1
    assert len(shared.exchange("other", [], 10)[0]) == 4
    # It was not lost after all.
    shared.exchange("lost", [budget.Report(taken[0].number, "end", 1.0, None)], 0)


def test_each_worker_has_its_share() -> None:
    shared = budget.Budget(8, None, None)
    first, _ = shared.exchange("one", [], 100)
    assert len(first) == 8
    assert shared.exchange("two", [], 100)[0] == []
    for _ in range(10):
        reports = [budget.Report(call.number, "end", 0.01, None) for call in first]
        first, _ = shared.exchange("one", reports, 100)
    second, _ = shared.exchange("two", [], 100)
    assert (len(first), len(second)) == (4, 4)


def test_the_load_of_the_budget_does_not_grow_with_the_workers() -> None:
    shared = budget.Budget(4, None, None)
    for worker in range(2000):
        _, interval = shared.exchange(str(worker), [], 0)
    assert interval == 2000 / budget.MOST_EXCHANGES


def test_a_pause_holds_for_all_workers() -> None:
    clock = Clock()
    shared = budget.Budget(16, None, None, clock)
    [call], _ = shared.exchange("one", [], 1)
    shared.exchange("one", [budget.Report(call.number, "refuse", 0.01, 5.0)], 0)
    starts, interval = shared.exchange("two", [], 3)
    assert (starts, interval) == ([], budget.HEARTBEAT)
    clock.now = 5.1
    assert shared.exchange("two", [], 3)[0]


def run(work: Any) -> Any:
    return asyncio.run(asyncio.wait_for(work, 10))


async def remote(shared: Any, sent: list[int]) -> Any:
    async def exchange(worker: str, reports: Any, wanted: int) -> Any:
        sent.append(wanted)
        await asyncio.sleep(0.001)
        return shared.exchange(worker, reports, wanted)

    return budget.RemoteGate(exchange)


def test_many_calls_pass_with_few_exchanges() -> None:
    async def work() -> None:
        sent: list[int] = []
        gate = await remote(budget.Budget(500, None, None), sent)
        gate.expect(500)
        for _ in range(500):
            gate.end(await gate.enter(), 10.0)
        assert gate._expected == 0
        assert len(sent) < 250

    run(work())


def test_a_cancelled_call_gives_its_start_to_the_next() -> None:
    async def work() -> None:
        gate = await remote(budget.Budget(1, None, None), [])
        first = await gate.enter()
        waiting = asyncio.create_task(gate.enter())
        await asyncio.sleep(0.05)
        waiting.cancel()
        gate.give_up(first)
        gate.end(await gate.enter(), None)

    run(work())


def test_starts_that_no_call_takes_are_given_back() -> None:
    async def work() -> None:
        shared = budget.Budget(1, None, None)
        one, two = await remote(shared, []), await remote(shared, [])
        one.expect(10)
        call = await one.enter()
        one.end(call, None)
        await asyncio.sleep(0.1)  # it has the next start
        waiting = asyncio.create_task(two.enter())
        await asyncio.sleep(0.1)
        assert not waiting.done()
        one.expect_none()
        two.end(await waiting, None)

    run(work())


def test_without_the_budget_no_call_waits_for_ever() -> None:
    async def exchange(*arguments: object) -> Any:
        raise ConnectionError("the budget is gone")

    async def work() -> None:
        with pytest.raises(ConnectionError, match="the budget is gone"):
            await budget.RemoteGate(exchange).enter()

    run(work())
