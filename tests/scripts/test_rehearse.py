"""Revisions of the API, each taken all the way in a copy of the project."""

from dataclasses import replace
from pathlib import Path

import pytest

from rehearsal.revisions import REVISIONS, Revision, properties, together
from rehearsal.running import Outcome, rehearse
from rehearse import table

BY_NAME = {revision.name: revision for revision in REVISIONS}


ADDITIVE = [each for each in REVISIONS if each.verdict == "additive"]
BREAKING = [each for each in REVISIONS if each.verdict == "breaking"]


@pytest.mark.slow
@pytest.mark.parametrize("revision", ADDITIVE, ids=lambda each: each.name)
def test_additive_revision_is_compared_and_regenerated(
    revision: Revision, tmp_path: Path, cache: str
) -> None:
    # The probes run below, all at once, which is cheaper; rehearse.py runs them here.
    outcome = rehearse(replace(revision, probes=()), tmp_path, cache=cache)
    assert outcome.as_expected, outcome.failures()


@pytest.mark.slow
def test_additive_revisions_together_are_usable_typed_and_break_nothing(
    tmp_path: Path, cache: str
) -> None:
    outcome = rehearse(
        together(ADDITIVE),
        tmp_path,
        tests=["tests/core"],
        checkers=["mypy", "pyright"],
        cache=cache,
    )
    assert outcome.as_expected, outcome.failures()
    assert outcome.passed > 100


@pytest.mark.slow
@pytest.mark.parametrize("revision", BREAKING, ids=lambda each: each.name)
def test_breaking_revision_is_usable_without_an_edit_of_the_wrapper(
    revision: Revision, tmp_path: Path, cache: str
) -> None:
    outcome = rehearse(revision, tmp_path, cache=cache)
    assert outcome.as_expected, outcome.failures()


def test_failing_probe_is_reported(tmp_path: Path, cache: str) -> None:
    # Nothing is new here, but the probe wants it.
    probes = BY_NAME["new optional request object"].probes
    unchanged = Revision("nothing new", "additive", lambda spec: None, probes)
    outcome = rehearse(unchanged, tmp_path, cache=cache)
    assert not outcome.as_expected
    assert "unknown argument 'mood'" in outcome.use
    assert "[call-overload]" in outcome.types
    assert outcome.verdict == "none"


def test_revision_that_breaks_a_rule_is_reported(tmp_path: Path) -> None:
    def close(spec: dict[str, object]) -> None:
        properties(spec, "Choice")["finish_reason"] = {
            "description": "Why.",
            "$ref": "#/components/schemas/FinishReason",
        }

    outcome = rehearse(Revision("closed", "breaking", close, ()), tmp_path)
    assert not outcome.as_expected
    assert "[closed-enum]" in outcome.regeneration


def test_table_has_a_line_for_each_outcome() -> None:
    outcomes = [
        Outcome(BY_NAME["new model id"], "additive", 1, passed=5),
        Outcome(BY_NAME["wider range"], "additive", 2, use="x", tests="y"),
        Outcome(BY_NAME["removed role"], "breaking", 1, wrapper="changed", tests="y"),
    ]
    assert (
        table(outcomes)
        == """\
| revision     | diff         | regenerates | usable | typed | wrapper untouched and green      |
|--------------|--------------|-------------|--------|-------|----------------------------------|
| new model id | additive (1) | yes         | yes    | yes   | yes, 5 tests                     |
| wider range  | additive (2) | yes         | NO     | yes   | untouched, but its tests are RED |
| removed role | breaking (1) | yes         | yes    | yes   | NO: edited                       |"""
    )
