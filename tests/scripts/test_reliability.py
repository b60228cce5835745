"""The page that scripts/reliability.py writes."""

from __future__ import annotations

from typing import Any

import pytest

import reliability

PAGE = f"# Reliability\n\n{reliability.START}old\n{reliability.END}\n\nMore.\n"


def test_the_figures_of_all_runs_stand_between_the_markers() -> None:
    runs: list[dict[str, Any]] = [
        {"what": "load", "calls": 1000, "seconds": 2.5},
        {"what": "a bomb", "outcome": "ResponseLimitError", "megabytes": 17},
        {"what": "load", "calls": 1000, "seconds": 1.5},
        {"what": "a bomb", "outcome": "APITimeoutError", "megabytes": 17},
    ]
    page = reliability.with_figures(PAGE, reliability.tables(runs))
    assert page == (
        f"# Reliability\n\n{reliability.START}\n"
        "|  | calls | seconds |\n| --- | --- | --- |\n| load | 1,000 | 1.5 to 2.5 |\n\n"
        "|  | outcome | megabytes |\n| --- | --- | --- |\n"
        "| a bomb | APITimeoutError, ResponseLimitError | 17 |\n\n"
        f"{reliability.END}\n\nMore.\n"
    )
    assert reliability.with_figures(page, "new") == reliability.with_figures(PAGE, "new")


def test_a_page_without_markers_is_left_alone() -> None:
    with pytest.raises(SystemExit, match="end of figures"):
        reliability.with_figures("# Reliability\n", "new")
