"""How fast a batch is, against limits of several kinds, in simulated time."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from limiters import FixedWindow, TokenBucket
from minimax_chat.ext.batch import Pace
from rate_limits import Noise, simulate


@pytest.mark.parametrize("latency", [0.02, 1])
def test_it_comes_close_to_a_limit_and_is_seldom_refused(latency: float) -> None:
    done = simulate(Pace(), TokenBucket(10, burst=10), latency=latency, seconds=300)
    assert done.rate(60, 300) > 0.97 * 600
    assert done.refused_share(60, 300) < 0.03


@pytest.mark.parametrize("latency", [0.02, 1])
def test_it_follows_a_limit_that_is_raised(latency: float) -> None:
    bucket = TokenBucket(10, burst=10)
    events = ((200.0, lambda now: setattr(bucket, "rate", 20.0)),)
    done = simulate(Pace(), bucket, latency=latency, seconds=400, events=events)
    assert done.rate(100, 200) > 0.97 * 600
    assert done.rate(200, 260) > 0.9 * 1200
    assert done.rate(260, 400) > 0.97 * 1200
    assert done.refused_share(100, 400) < 0.03


def test_it_follows_a_limit_that_is_lowered() -> None:
    bucket = TokenBucket(100, burst=10)
    events = ((100.0, lambda now: setattr(bucket, "rate", 10.0)),)
    done = simulate(Pace(), bucket, latency=0.5, seconds=300, events=events)
    assert done.rate(150, 300) > 0.97 * 600
    assert done.refused_share(150, 300) < 0.03


@pytest.mark.parametrize(
    ("first", "then", "change"), [(0.3, 0.02, 2), (1, 0.02, 10), (0.1, 0.02, 30), (0.02, 1, 90)]
)
def test_it_keeps_the_rate_when_calls_get_longer_or_shorter(
    first: float, then: float, change: float
) -> None:
    def latency(now: float) -> float:
        return first if now < change else then

    done = simulate(Pace(), TokenBucket(10, burst=10), latency=latency, seconds=300)
    assert done.rate(120, 300) > 0.97 * 600
    assert done.refused_share(120, 300) < 0.03


def test_it_keeps_the_rate_when_calls_take_now_long_now_short() -> None:
    def latency(now: float) -> float:
        return 0.2 if now // 7 % 2 else 0.02

    done = simulate(Pace(), TokenBucket(10, burst=10), latency=latency, seconds=300)
    assert done.rate(60, 300) > 0.95 * 600
    assert done.refused_share(60, 300) < 0.03


@pytest.mark.parametrize("latency", [0.02, 1])
def test_it_keeps_the_rate_in_a_busy_event_loop(latency: float) -> None:
    chance = random.Random(7)

    def lag() -> float:
        return chance.choice([0.0, chance.expovariate(1 / 0.05)])

    done = simulate(Pace(), TokenBucket(20, burst=10), latency=latency, seconds=300, lag=lag)
    assert done.rate(60, 300) > 0.95 * 1200
    assert done.refused_share(60, 300) < 0.03


def test_it_waits_for_the_next_minute() -> None:
    limiter = FixedWindow(600)
    done = simulate(Pace(), limiter, latency=1, seconds=600, retry_after=lambda now: 60 - now % 60)
    assert done.rate(60, 600) > 0.97 * 600
    assert done.refused_share(60, 600) < 0.02


@pytest.mark.parametrize("share", [0.002, 0.01, 0.03])
def test_refusals_that_come_at_any_rate_do_not_slow_it_down(share: float) -> None:
    done = simulate(Pace(), Noise(share), latency=0.02, seconds=20)
    assert done.rate(5, 20) > 0.9 * 256 / 0.02 * 60


def test_retry_after_holds_for_every_call() -> None:
    limiter = TokenBucket(10, burst=10)
    done = simulate(Pace(), limiter, latency=0.02, seconds=100, retry_after=lambda now: 3.0)
    assert done.refused
    for refused in done.refused:
        # What had started before is not called back.
        assert not [at for at in done.starts if refused < at < refused + 2.9]


@pytest.mark.parametrize("share", [0.03, 0.3, 0.6])
def test_failures_that_are_not_the_rates_bring_it_to_no_halt(share: float) -> None:
    pace, chance, now, taken = Pace(concurrency=8), random.Random(3), 0.0, 0
    while now < 600:
        if pace.wait(now) != 0:
            now += 0.5
            continue
        call = pace.start(now)
        now += 0.1
        if chance.random() < share:
            pace.fail(call, now)
        else:
            pace.end(call, now)
            taken += 1
    # One after the other, with some pauses.
    assert taken > 0.2 * (1 - share) * 600 / 0.1


def test_without_any_call_taken_it_tries_less_and_less_often() -> None:
    done = simulate(Pace(), Noise(1), latency=0.02, seconds=600)
    assert sum(at > 100 for at in done.starts) < 20


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 64), st.floats(30, 3000), st.sampled_from([0.02, 1.0, 5.0]), st.floats(0, 0.1)
)
def test_no_ceiling_is_passed(concurrency: int, rpm: float, latency: float, noise: float) -> None:
    pace = Pace(concurrency=concurrency, rpm=rpm)
    done = simulate(pace, Noise(noise), latency=latency, seconds=130)
    assert done.most_running <= concurrency
    for index, start in enumerate(done.starts):
        later = done.starts[index + int(rpm) + 1 :][:1]
        assert all(at - start >= 59.9 for at in later)


@settings(max_examples=20, deadline=None)
@given(st.floats(1000, 1_000_000), st.sampled_from([0.02, 1.0, 5.0]))
def test_tokens_of_a_minute_stay_below_the_ceiling(tpm: float, latency: float) -> None:
    done = simulate(Pace(tpm=tpm), Noise(0), latency=latency, seconds=400)
    used = sum(tokens for at, tokens in done.tokens if 100 <= at < 400) / 5
    assert used <= 1.05 * tpm + 100
    possible = 256 / latency * 60 * 100
    assert used >= min(0.9 * tpm, 0.8 * possible) - 100


@pytest.mark.parametrize(
    "options", [{"concurrency": 0}, {"rpm": 0}, {"tpm": -1}, {"rpm": float("nan")}], ids=str
)
def test_ceilings_make_sense(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Pace(**options)
