"""Decides when a failed call is retried, if at all."""

from __future__ import annotations

import logging
import random

from ._errors import MiniMaxError

log = logging.getLogger("minimax_chat")

FIRST_DELAY = 0.5
"""Seconds; doubled with each further retry."""
LONGEST_DELAY = 8.0
LONGEST_RETRY_AFTER = 120.0
"""Seconds; if the API asks to wait longer, the error is raised at once."""


def retry_delay(
    error: MiniMaxError, attempt: int, max_retries: int, seconds_left: float
) -> float | None:
    """Seconds to wait after the error of attempt number `attempt`; None not to retry."""
    if not error.retryable or attempt > max_retries:
        return None
    if error.retry_after is None:
        doublings = min(attempt - 1, 10)  # by then above the longest delay
        delay = min(LONGEST_DELAY, FIRST_DELAY * 2.0**doublings) * random.uniform(0.5, 1)
    elif error.retry_after <= LONGEST_RETRY_AFTER:
        delay = error.retry_after
    else:
        return None
    if delay >= seconds_left:
        return None
    log.info(
        "retry %d of %d in %.2f s after %s (code %s, HTTP %s, trace id %s)",
        attempt,
        max_retries,
        delay,
        type(error).__name__,
        error.code,
        error.http_status,
        error.trace_id,
    )
    return delay
