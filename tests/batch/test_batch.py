"""Many requests to an emulator, async and not."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from typing import Any, Literal

import httpx
import pytest

from minimax_chat import (
    APIConnectionError,
    APIError,
    AsyncMiniMax,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    InsufficientBalanceError,
    InternalServerError,
    InvalidArgumentError,
    MiniMax,
    MiniMaxError,
    PlanLimitError,
    RateLimitError,
)
from minimax_chat.ext.batch import AsyncBatch, Batch, LocalGate, Pace, Result
from minimax_chat.ext.emulator import Emulator

KEY = "sk-test-0123456789abcdef"
Run = Callable[..., list[Result]]


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture(params=["async", "sync"])
def run(request: pytest.FixtureRequest, emulator: Emulator) -> Run:
    """Runs a batch to its end, with either class."""

    async def run_async(requests: Any, options: dict[str, Any]) -> list[Result]:
        async with (
            AsyncMiniMax(base_url=emulator.base_url, api_key=KEY) as client,
            AsyncBatch(client, requests, **options) as batch,
        ):
            return [result async for result in batch]

    def run_sync(requests: Any, **options: Any) -> list[Result]:
        if request.param == "async":
            return asyncio.run(run_async(requests, options))
        with (
            MiniMax(base_url=emulator.base_url, api_key=KEY) as client,
            Batch(client, requests, **options) as batch,
        ):
            return [*batch]

    return run_sync


def ask(text: str, **arguments: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": text}]
    return {"model": "MiniMax-M2.7", "messages": messages, **arguments}


def questions(count: int) -> list[dict[str, Any]]:
    return [ask(f"!say {number}") for number in range(count)]


def texts(results: list[Result]) -> list[str]:
    return [result.completion.text for result in results if result.completion]


def test_each_request_has_a_result(run: Run) -> None:
    requests = questions(100)
    results = run(requests)
    assert sorted(result.index for result in results) == [*range(100)]
    for result in results:
        assert result.request is requests[result.index]
        assert result.completion
        assert result.completion.text == str(result.index)
        assert result.error is None
        assert result.attempts == 1
        assert 0 < result.seconds < 60


def test_results_in_the_order_of_the_requests(run: Run) -> None:
    requests = [ask(f"!slow {0.3 if number == 0 else 0} !say {number}") for number in range(60)]
    assert texts(run(requests, ordered=True, pace=Pace(concurrency=4))) == [
        str(number) for number in range(60)
    ]


def test_results_as_they_come(run: Run) -> None:
    requests = [ask("!slow 1 !say slow"), *questions(3)]
    assert texts(run(requests))[-1] == "slow"


def test_failures_are_values(run: Run) -> None:
    results = run([ask("!fail 2013"), ask("Hello", temperature=9), ask("Hello", stream=True)])
    errors = [result.error for result in sorted(results, key=lambda result: result.index)]
    assert [type(error) for error in errors] == [
        BadRequestError,
        InvalidArgumentError,
        InvalidArgumentError,
    ]
    assert sorted(result.attempts for result in results) == [0, 0, 1]
    assert not texts(results)


def test_what_may_pass_is_sent_again(
    run: Run, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minimax_chat._retry.FIRST_DELAY", 0.01)
    (result,) = run([ask("!fail 1000 times=2 Hello")])
    assert result.completion
    assert result.attempts == 3
    (result,) = run([ask("!fail 1000")], max_retries=1)
    assert result.error
    assert result.error.code == 1000
    assert result.attempts == 2


def test_rate_limits_are_no_failures(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minimax_chat._retry.FIRST_DELAY", 0.001)
    monkeypatch.setattr("minimax_chat.ext.batch._pace.FIRST_PAUSE", 0.001)
    results = run([ask(f"!fail 1002 times=6 {number}") for number in range(3)], max_retries=0)
    assert all(result.completion for result in results)
    assert {result.attempts for result in results} == {7}


@pytest.mark.parametrize(
    ("code", "error"),
    [(1004, AuthenticationError), (1008, InsufficientBalanceError), (2056, PlanLimitError)],
)
def test_what_every_call_would_meet_ends_the_batch(
    run: Run, emulator: Emulator, code: int, error: type[MiniMaxError]
) -> None:
    def requests() -> Iterator[dict[str, Any]]:
        yield from questions(5)
        yield ask(f"!fail {code}")
        for _ in range(100_000):
            yield ask("!slow 0.05 Hello")

    with pytest.raises(error) as caught:
        run(requests(), pace=Pace(concurrency=2))
    assert caught.value.code == code
    assert len(emulator.requests) < 20


def test_an_api_that_cannot_be_reached_ends_the_batch(
    run: Run, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest of the requests would fail as well."""
    monkeypatch.setattr("minimax_chat.ext.batch._batch.OUTAGE", 0.5)
    monkeypatch.setattr("minimax_chat.ext.batch._pace.FIRST_PAUSE", 0.05)
    monkeypatch.setattr("minimax_chat._retry.FIRST_DELAY", 0.05)
    taken = 0

    def requests() -> Iterator[dict[str, Any]]:
        nonlocal taken
        for number in range(100_000):
            taken += 1
            if number == 20:
                emulator.stop()
            yield ask(f"!say {number}")

    with pytest.raises(APIConnectionError):
        run(requests(), pace=Pace(concurrency=8))
    assert taken < 500


def test_an_address_that_never_answers_ends_the_batch_sooner(
    run: Run, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minimax_chat.ext.batch._batch.UNREACHABLE", 0.2)
    monkeypatch.setattr("minimax_chat.ext.batch._pace.FIRST_PAUSE", 0.05)
    emulator.stop()
    with pytest.raises(APIConnectionError):
        run(questions(100))


def test_a_lost_network_uses_up_no_retries(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minimax_chat.ext.batch._pace.FIRST_PAUSE", 0.01)
    monkeypatch.setattr("minimax_chat.ext.batch._pace.LONGEST_PAUSE", 0.05)
    requests = [ask(f"!slow 0.1 !say {number}") for number in range(100)]

    async def main() -> list[Result]:
        results: list[Result] = []
        async with (
            AsyncMiniMax(base_url=emulator.base_url, api_key=KEY) as client,
            AsyncBatch(client, requests, pace=Pace(concurrency=16), max_retries=1) as batch,
        ):
            async for result in batch:
                results.append(result)
                if len(results) == 10:
                    await asyncio.to_thread(emulator.stop)
                    asyncio.get_running_loop().call_later(2, emulator.start)
        return results

    results = asyncio.run(main())
    assert len(texts(results)) == 100
    assert max(result.attempts for result in results) > 5


@pytest.mark.parametrize("shape", ["http", "base_resp"])
def test_retry_after_of_a_server_error_holds_for_all_calls(
    emulator: Emulator, shape: Literal["http", "base_resp"]
) -> None:
    emulator.fail(1033, retry_after=1, shape=shape)
    began = time.monotonic()

    async def main() -> list[float]:
        async with (
            AsyncMiniMax(base_url=emulator.base_url, api_key=KEY) as client,
            AsyncBatch(client, questions(5), pace=Pace(concurrency=1)) as batch,
        ):
            return [time.monotonic() - began async for result in batch if result.completion]

    ends = asyncio.run(main())
    assert len(ends) == 5
    assert min(ends) > 1


def test_a_very_long_retry_after_ends_the_batch(run: Run, emulator: Emulator) -> None:
    emulator.fail(1002, retry_after=3600)
    with pytest.raises(RateLimitError) as caught:
        run(questions(5), pace=Pace(concurrency=1))
    assert caught.value.retry_after == 3600


def test_a_source_that_fails_ends_the_batch(emulator: Emulator) -> None:
    def requests() -> Iterator[dict[str, Any]]:
        yield ask("!slow 0.2 Hello")
        raise KeyError("broken")

    results: list[Result] = []
    with (
        MiniMax(base_url=emulator.base_url, api_key=KEY) as client,
        Batch(client, requests()) as batch,
        pytest.raises(KeyError, match="broken"),
    ):
        results.extend(batch)
    assert len(texts(results)) == 1


def test_requests_are_taken_as_they_are_needed(emulator: Emulator) -> None:
    taken = 0

    def requests() -> Iterator[dict[str, Any]]:
        nonlocal taken
        for number in range(100_000):
            taken += 1
            yield ask(f"!say {number}")

    with (
        MiniMax(base_url=emulator.base_url, api_key=KEY) as client,
        Batch(client, requests(), pace=Pace(concurrency=2)) as batch,
    ):
        next(batch)
        next(batch)
    # Two that run, some that have ended, and those that are handed over.
    assert taken < 100


def test_an_async_source(emulator: Emulator) -> None:
    async def requests() -> AsyncIterator[dict[str, Any]]:
        for number in range(3):
            await asyncio.sleep(0)
            yield ask(f"!say {number}")

    async def main() -> list[Result]:
        async with AsyncMiniMax(base_url=emulator.base_url, api_key=KEY) as client:
            return [result async for result in AsyncBatch(client, requests())]

    assert sorted(texts(asyncio.run(main()))) == ["0", "1", "2"]


def test_stop_before_the_first_call(emulator: Emulator) -> None:
    with (
        MiniMax(base_url=emulator.base_url, api_key=KEY) as client,
        Batch(client, questions(30)) as batch,
    ):
        batch.stop()
        assert [*batch] == []
    assert emulator.requests == []


def test_arguments_of_impossible_names_are_failures(run: Run) -> None:
    results = run([{**ask("Hello"), "self": 1}, ask("!say yes")], ordered=True)
    assert texts(results) == ["yes"]
    assert isinstance(results[0].error, InvalidArgumentError)


def test_one_fault_after_a_pause_does_not_end_the_batch(
    run: Run, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minimax_chat.ext.batch._batch.UNREACHABLE", 0.3)
    monkeypatch.setattr("minimax_chat._retry.FIRST_DELAY", 0.01)
    emulator.fail(1002, retry_after=0.5)
    emulator.reply("lost", switches="!cut 1")
    assert texts(run([ask("!say yes")], pace=Pace(concurrency=1))) == ["yes"]


def test_stop_waits_for_the_calls_that_run(emulator: Emulator) -> None:
    async def main() -> list[Result]:
        results: list[Result] = []
        endless = (ask(f"!slow 0.2 !say {number}") for number in range(100_000))
        async with (
            AsyncMiniMax(base_url=emulator.base_url, api_key=KEY) as client,
            AsyncBatch(client, endless, pace=Pace(concurrency=3)) as batch,
        ):
            async for result in batch:
                batch.stop()
                results.append(result)
        return results

    results = asyncio.run(main())
    assert 1 <= len(results) <= 6
    assert len(results) == len(emulator.requests)
    assert all(result.completion for result in results)


def test_stop_does_not_wait_for_what_would_be_sent_again(emulator: Emulator) -> None:
    async def main() -> Result:
        async with (
            AsyncMiniMax(base_url=emulator.base_url, api_key=KEY) as client,
            AsyncBatch(client, [ask("!fail 1002 retry-after=100")]) as batch,
        ):
            asyncio.get_running_loop().call_later(0.5, batch.stop)
            async with asyncio.timeout(5):
                return await anext(batch)

    result = asyncio.run(main())
    assert result.error
    assert result.error.code == 1002


def test_leaving_ends_the_calls(emulator: Emulator) -> None:
    async def main() -> None:
        async with AsyncMiniMax(base_url=emulator.base_url, api_key=KEY) as client:
            async with AsyncBatch(client, [ask("Hello"), ask("!slow 60")]) as batch:
                await anext(batch)
            assert len(asyncio.all_tasks()) == 1

    asyncio.run(main())


def test_cancellation_reaches_the_calls(emulator: Emulator) -> None:
    async def main() -> None:
        async with AsyncMiniMax(base_url=emulator.base_url, api_key=KEY) as client:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.5), AsyncBatch(client, [ask("!slow 60")]) as batch:
                    await anext(batch)
            assert len(asyncio.all_tasks()) == 1

    asyncio.run(main())


def test_a_thread_is_left_nowhere(emulator: Emulator) -> None:
    before = threading.active_count()
    with MiniMax(base_url=emulator.base_url, api_key=KEY) as client:
        with Batch(client, questions(1000)) as batch:
            next(batch)
        with Batch(client, questions(1000)) as batch:
            next(batch)
            batch.stop()
            assert len([*batch]) < 900
        with Batch(client, []) as batch:
            assert [*batch] == []
        with Batch(client, questions(3)):
            pass  # never asked for anything
    assert threading.active_count() == before


def test_a_client_with_an_http_client_of_its_own(emulator: Emulator) -> None:
    with (
        httpx.Client() as http,
        MiniMax(base_url=emulator.base_url, api_key=KEY, http_client=http) as client,
        pytest.raises(ConfigurationError, match="AsyncBatch"),
    ):
        Batch(client, [])


def test_a_closed_client_ends_the_batch(emulator: Emulator) -> None:
    async def main() -> None:
        client = AsyncMiniMax(base_url=emulator.base_url, api_key=KEY)
        await client.aclose()
        with pytest.raises(ConfigurationError):
            await anext(AsyncBatch(client, questions(3)))

    asyncio.run(main())


def test_a_request_that_is_always_refused_holds_up_no_others(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minimax_chat.ext.batch._batch.SINGLED_OUT", 3)
    monkeypatch.setattr("minimax_chat.ext.batch._pace.FIRST_PAUSE", 0.01)
    monkeypatch.setattr("minimax_chat._retry.FIRST_DELAY", 0.01)
    requests = [ask("!fail 1002"), *[ask(f"!slow 0.05 !say {number}") for number in range(200)]]
    results = run(requests, pace=Pace(concurrency=8))
    assert len(texts(results)) == 200
    (failed,) = [result for result in results if result.error]
    assert failed.index == 0
    assert failed.attempts > 3
    assert not failed.stopped


@pytest.mark.parametrize("seconds", [200, 3600])
def test_a_server_error_with_a_long_retry_after_is_not_held_against_the_request(
    emulator: Emulator, seconds: int
) -> None:
    async def main() -> list[Result]:
        results: list[Result] = []
        async with (
            AsyncMiniMax(base_url=emulator.base_url, api_key=KEY) as client,
            AsyncBatch(client, [ask(f"!fail 1033 retry-after={seconds}")] * 5) as batch,
        ):
            asyncio.get_running_loop().call_later(1, batch.stop)
            with suppress(InternalServerError):
                async for result in batch:
                    results.append(result)
        return results

    results = asyncio.run(main())
    assert len(results) == 5
    assert all(result.stopped for result in results)


def test_the_wrong_server_ends_the_batch(emulator: Emulator) -> None:
    with (
        MiniMax(base_url=f"{emulator.base_url}/elsewhere", api_key=KEY) as client,
        Batch(client, questions(1000), pace=Pace(concurrency=4)) as batch,
        pytest.raises(APIError),
    ):
        assert len([*batch]) < 50


def test_a_proxy_that_forbids_one_prompt_does_not_end_the_batch(run: Run) -> None:
    requests = [*questions(3), ask("!html 403"), ask("!say last")]
    results = run(requests, pace=Pace(concurrency=1))
    assert texts(results) == ["0", "1", "2", "last"]
    assert [type(result.error) for result in results if result.error] == [AuthenticationError]


def test_what_is_no_request_is_a_failure(run: Run) -> None:
    results = run([*questions(3), "oops", ask("!say last")])
    assert len(texts(results)) == 4
    assert sum(isinstance(result.error, InvalidArgumentError) for result in results) == 1


def test_a_slow_source_does_not_keep_calls_from_being_sent(emulator: Emulator) -> None:
    sent: list[int] = []

    def requests() -> Iterator[dict[str, Any]]:
        for number in range(40):
            sent.append(len(emulator.requests))
            time.sleep(0.02)
            yield ask(f"!say {number}")

    with (
        MiniMax(base_url=emulator.base_url, api_key=KEY) as client,
        Batch(client, requests()) as batch,
    ):
        assert len([*batch]) == 40
    assert sent[-1] > 0


def test_an_idle_time_is_no_outage(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minimax_chat.ext.batch._batch.OUTAGE", 0.5)
    monkeypatch.setattr("minimax_chat.ext.batch._gate.IDLE", 0.3)

    async def requests() -> AsyncIterator[dict[str, Any]]:
        yield ask("!fail 1000")
        await asyncio.sleep(1)
        yield ask("!fail 1002 times=1 !say yes")

    async def main() -> list[Result]:
        async with AsyncMiniMax(base_url=emulator.base_url, api_key=KEY) as client:
            return [result async for result in AsyncBatch(client, requests(), max_retries=0)]

    assert texts(asyncio.run(main())) == ["yes"]


def test_batches_in_threads_share_a_pace(emulator: Emulator) -> None:
    pace = Pace(concurrency=2)
    counts: list[int] = []

    def use() -> None:
        with (
            MiniMax(base_url=emulator.base_url, api_key=KEY) as client,
            Batch(client, questions(30), pace=pace) as batch,
        ):
            counts.append(len([*batch]))

    threads = [threading.Thread(target=use, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert counts == [30, 30]


def test_threads_take_from_one_batch(emulator: Emulator) -> None:
    taken: list[Result] = []
    with (
        MiniMax(base_url=emulator.base_url, api_key=KEY) as client,
        Batch(client, questions(50)) as batch,
    ):
        threads = [threading.Thread(target=lambda: taken.extend(batch)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
            assert not thread.is_alive()
    assert sorted(result.index for result in taken) == [*range(50)]


def test_two_batches_share_a_gate(emulator: Emulator) -> None:
    pace = Pace(concurrency=3)
    most = 0

    async def main() -> None:
        nonlocal most
        gate = LocalGate(pace)
        async with AsyncMiniMax(base_url=emulator.base_url, api_key=KEY) as client:

            async def use() -> None:
                nonlocal most
                requests = [ask("!slow 0.02 Hello")] * 20
                async for _ in AsyncBatch(client, requests, gate=gate):
                    most = max(most, pace.running)

            await asyncio.gather(use(), use())

    asyncio.run(main())
    assert len(emulator.requests) == 40
    assert 1 <= most <= 3
