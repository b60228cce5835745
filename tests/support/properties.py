"""How property tests run here: alike every time, and without a clock."""

from __future__ import annotations

from hypothesis import settings


def tries(number: int) -> settings:
    """Decorates a property test: so many examples."""
    return settings(max_examples=number, deadline=None, derandomize=True, database=None)
