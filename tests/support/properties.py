"""What property tests share: their settings, values to draw, and cuts."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Sequence
from typing import Any

from hypothesis import HealthCheck, settings, strategies as st

MORE = float(os.environ.get("MINIMAX_CONTRACT_EXAMPLES", "1"))
"""How many times the usual number of examples to try."""

JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.just(10**400),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=5),
        st.sampled_from(["1004", 1004, 1002.0, "x (1008)", "", 0]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)
"""JSON of any shape, with what looks like a status code."""


def examples(number: int) -> settings:
    """The settings of a property that is tried so many times, the same way in every run."""
    return settings(
        max_examples=round(number * MORE),
        derandomize=MORE == 1,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )


def cut(whole: Sequence[Any], at: Iterable[int]) -> list[Any]:
    """`whole` in pieces, cut at these positions, wherever they lie."""
    places = sorted({place % (len(whole) + 1) for place in at} | {0, len(whole)})
    return [whole[start:end] for start, end in itertools.pairwise(places)] or [whole]
