"""Changes of the API, each taken all the way in a copy of the project: `scripts/rehearse.py`."""

from dataclasses import replace
from pathlib import Path

import pytest

from rehearsal.revisions import REVISIONS, Revision, properties, together
from rehearse import WRAPPER_TESTS, Outcome, rehearse, table

BY_NAME = {revision.name: revision for revision in REVISIONS}


ADDITIVE = [each for each in REVISIONS if each.verdict == "additive"]
BREAKING = [each for each in REVISIONS if each.verdict == "breaking"]


@pytest.mark.slow
@pytest.mark.parametrize("revision", ADDITIVE, ids=lambda each: each.name)
def test_an_additive_change_goes_through_diff_and_regeneration(
    revision: Revision, tmp_path: Path, cache: str
) -> None:
    # What it brings is put to use below, all at once, which is cheaper; rehearse.py does it here.
    outcome = rehearse(replace(revision, probes=()), tmp_path, cache=cache)
    assert outcome.as_expected, outcome.failures()


@pytest.mark.slow
def test_what_is_new_works_at_once_with_its_type_and_breaks_nothing(
    tmp_path: Path, cache: str
) -> None:
    outcome = rehearse(
        together(ADDITIVE),
        tmp_path,
        tests=WRAPPER_TESTS,
        checkers=["mypy", "pyright"],
        cache=cache,
    )
    assert outcome.as_expected, outcome.failures()
    assert outcome.passed > 100


@pytest.mark.slow
@pytest.mark.parametrize("revision", BREAKING, ids=lambda each: each.name)
def test_a_breaking_change_needs_no_edit_of_the_wrapper_either(
    revision: Revision, tmp_path: Path, cache: str
) -> None:
    outcome = rehearse(revision, tmp_path, cache=cache)
    assert outcome.as_expected, outcome.failures()


def test_a_probe_that_fails_is_told(tmp_path: Path, cache: str) -> None:
    """The rehearsal can fail: here nothing is new, but the probe wants it."""
    probes = BY_NAME["new optional request object"].probes
    unchanged = Revision("nothing new", "additive", lambda spec: None, probes)
    outcome = rehearse(unchanged, tmp_path, cache=cache)
    assert not outcome.as_expected
    assert "no request field 'mood'" in outcome.use
    assert "[call-overload]" in outcome.types
    assert outcome.verdict == "none"


def test_a_revision_that_breaks_a_rule_is_told(tmp_path: Path) -> None:
    def close(spec: dict[str, object]) -> None:
        properties(spec, "Choice")["finish_reason"] = {
            "description": "Why.",
            "$ref": "#/components/schemas/FinishReason",
        }

    outcome = rehearse(Revision("closed", "breaking", close, ()), tmp_path)
    assert not outcome.as_expected
    assert "[closed-enum]" in outcome.regeneration


def test_the_table_has_a_line_for_each_revision() -> None:
    def outcome(name: str, **told: str) -> Outcome:
        texts = dict.fromkeys(("regeneration", "use", "types", "wrapper", "tests"), "") | told
        return Outcome(BY_NAME[name], "additive", 1, **texts, passed=5)

    rows = [outcome("new model id").row(), outcome("wider range", use="x", tests="y").row()]
    assert (
        table(rows)
        == """\
| revision     | diff         | regenerates | usable | typed | wrapper untouched and green      |
|--------------|--------------|-------------|--------|-------|----------------------------------|
| new model id | additive (1) | yes         | yes    | yes   | yes, 5 tests                     |
| wider range  | additive (1) | yes         | NO     | yes   | untouched, but its tests are RED |"""
    )
