"""When the next call may start: as many at a time, and as often, as the account allows."""

from __future__ import annotations

from dataclasses import dataclass

MINUTE = 60.0
"""Seconds."""
FIRST_WINDOW = 8.0
CALLS_OF_RECOVERY = 100
"""From a halved rate back to the one that was too fast; about one in so many is refused."""
ROUNDS_OF_RECOVERY = 4
"""The least number of calls, one after the other, that it takes."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds without a start, after several refusals on end that do not say how long to wait."""
CATCH_UP = 0.1
"""Seconds of starts that are made up for if the event loop was busy."""
TOLERANCE = 0.01
"""Seconds by which a start may be early, so that the starts of many calls share a timer."""
UNKNOWN_TOKENS = 1000.0
"""What a call is expected to use before the first one has ended."""
WEIGHT = 0.1
"""Of the last call in the averages of durations and tokens."""
SHARE_WEIGHT, NOISE_WEIGHT = 1 / 50, 1 / 200
"""The same in the shares of refused calls."""
MOST_NOISE = 0.04
"""The largest share of refusals that may have nothing to do with the rate."""
IN_A_ROW = 5
"""Refusals on end that are a sign of overload, whatever the share."""
WELL_BELOW = 0.9
"""The part of a rate that was too fast at which refusals are no sign of overload."""


@dataclass(frozen=True)
class Started:
    """A call that has started."""

    at: float
    tokens: float
    """What it is expected to use."""


class Pace:
    """Adapts the number of concurrent calls to what the API accepts, below the ceilings given.

    Args:
        concurrency: The most calls at a time.
        rpm: The most calls to start in a minute.
        tpm: The most tokens to use in a minute, in and out.

    The window is the number of calls at a time; below 1, it is the share of the time in which
    there is a call. It doubles with each round of calls until one is refused. A refusal halves it.
    Then the rate returns to what was too fast, stays near it for a while, and passes it, as the
    window of CUBIC does (RFC 9438). The limits of an account are rates: with longer calls, they
    leave room for more at a time. Times are seconds of one monotonic clock.
    """

    def __init__(
        self, *, concurrency: int = 256, rpm: float | None = None, tpm: float | None = None
    ) -> None:
        if concurrency < 1 or any(limit is not None and not limit > 0 for limit in (rpm, tpm)):
            raise ValueError("concurrency must be >= 1, and rpm and tpm > 0")
        self.concurrency: int = concurrency
        self.running: int = 0
        """Calls that have started and not ended."""
        self._between_starts = 0.0 if rpm is None else MINUTE / rpm
        self._per_token = 0.0 if tpm is None else MINUTE / tpm
        self._next_start = self._next_allowed = self._next_tokens = 0.0
        self._window = min(FIRST_WINDOW, float(concurrency))
        self._too_fast: float | None = None
        """Starts in a second, when one was refused."""
        self._halved_at = float("-inf")
        self._seconds: float | None = None
        self._tokens: float | None = None
        self._share = self._noise = self._noise_before = 0.0
        self._in_a_row = 0
        """Refusals and failures since the last call that was taken."""
        self._refusals = 0
        """Those of them that were too many."""
        self._failed_at = float("-inf")
        """When failures were too many last; of calls that had started before, more say nothing."""

    @property
    def window(self) -> float:
        """How many calls may run at a time."""
        return self._window

    def wait(self, now: float) -> float | None:
        """Seconds until a call may start, 0 for at once; None if one must end first."""
        # After a refusal one call after the other, until one is taken.
        if self.running >= (1 if self._refusals else self._window):
            return None
        at = max(self._next_start, self._next_allowed, self._next_tokens)
        return at - now if at - now > TOLERANCE else 0.0

    def start(self, now: float) -> Started:
        """Counts a call that starts."""
        self.running += 1
        tokens = UNKNOWN_TOKENS if self._tokens is None else self._tokens
        spacing = (self._seconds or 0.0) / self._window
        self._next_start = max(self._next_start, now - CATCH_UP) + spacing
        self._next_allowed = max(self._next_allowed, now) + self._between_starts
        self._next_tokens = max(self._next_tokens, now) + tokens * self._per_token
        return Started(now, tokens)

    def end(self, call: Started, now: float, *, tokens: float | None = None) -> None:
        """Counts a call that the API has taken, whether or not it answered.

        Args:
            call: What `start` returned.
            now: The time.
            tokens: What it used; None if unknown.
        """
        self.running -= 1
        self._refusals = self._in_a_row = 0
        self._seconds = _average(self._seconds, now - call.at)
        if tokens is not None:
            self._tokens = _average(self._tokens, tokens)
            self._next_tokens += (tokens - call.tokens) * self._per_token
        self._note(call, refused=False)
        if self._too_fast is None:
            self._window += 1
        else:
            recovery = max(ROUNDS_OF_RECOVERY * self._seconds, CALLS_OF_RECOVERY / self._too_fast)
            progress = max(0.0, now - self._halved_at) / recovery - 1
            self._window = self._too_fast * (1 + progress**3 / 2) * self._seconds
        self._window = min(self._window, float(self.concurrency))

    def refuse(self, call: Started, now: float, *, retry_after: float | None = None) -> None:
        """Counts a call that the API refused because of a rate limit.

        Args:
            call: What `start` returned.
            now: The time.
            retry_after: Seconds that the API asks to wait; every call waits for them.
        """
        self.running -= 1
        self._next_tokens -= call.tokens * self._per_token
        self._in_a_row += 1
        too_many = self._note(call, refused=True) or self._in_a_row >= IN_A_ROW
        if call.at >= self._halved_at and (too_many or self._refusals):
            below = self._is_well_below()
            if self._refusals == 0:
                # Before the first call has ended, the refusal is the only measure.
                self._too_fast = self._window / (self._seconds or max(now - call.at, 0.001))
                self._window /= 2
            elif retry_after is None:
                retry_after = self._pause()
            self._refusals += 1
            self._halved_at = now
            self._share = 0.0
            if below:  # so these refusals were no noise
                self._noise = self._noise_before
            self._noise_before = self._noise
        if retry_after is not None:
            self._next_start = max(self._next_start, now + retry_after)
            # The recovery begins with the next call.
            self._halved_at = self._next_start

    def fail(self, call: Started, now: float, *, retry_after: float | None = None) -> None:
        """Counts a call that failed for a reason that may pass, which is not the rate.

        Several on end are followed by one call at a time, and pauses, until one is taken.

        Args:
            call: What `start` returned.
            now: The time.
            retry_after: Seconds that the API asks to wait; every call waits for them.
        """
        self.give_up(call)
        self._in_a_row += 1
        if self._in_a_row >= IN_A_ROW and call.at >= self._failed_at:
            if self._refusals and retry_after is None:
                retry_after = self._pause()
            self._refusals += 1
            self._failed_at = now
        if retry_after is not None:
            self._next_start = max(self._next_start, now + retry_after)

    def _pause(self) -> float:
        return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self._refusals - 1, 10))

    def _note(self, call: Started, *, refused: bool) -> bool:
        """Counts a call in the shares; returns whether more are refused than always are."""
        if call.at < self._halved_at:  # it says nothing of the halved window
            return False
        self._share += SHARE_WEIGHT * (refused - self._share)
        if self._is_well_below():
            self._noise += NOISE_WEIGHT * (refused - self._noise)
        return self._share > 0.01 + 3 * min(self._noise, MOST_NOISE)

    def _is_well_below(self) -> bool:
        if self._too_fast is None or self._seconds is None:
            return False
        return self._window < WELL_BELOW * self._too_fast * self._seconds

    def give_up(self, call: Started) -> None:
        """Takes back a start: nothing was sent."""
        self.running -= 1
        self._next_tokens -= call.tokens * self._per_token


def _average(before: float | None, last: float) -> float:
    return last if before is None else before + WEIGHT * (last - before)
