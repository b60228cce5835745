"""Document ↔ spec: what the pages say, transcribed in documented.py, is what openapi.yaml says."""

from __future__ import annotations

import pytest

import documented
from document_check import document_findings
from spec_reading import read_spec, violations

SPEC = read_spec()


def test_the_spec_says_what_the_documents_say_and_nothing_else() -> None:
    assert document_findings(SPEC) == []


@pytest.mark.parametrize("component", documented.EXAMPLES)
def test_the_spec_allows_each_documented_example(component: str) -> None:
    assert violations(SPEC, component, documented.EXAMPLES[component]) == []


def test_each_thing_in_the_table_has_its_source_among_those_of_the_spec() -> None:
    sources = {field.source for rows in documented.FIELDS.values() for field in rows.values()}
    sources |= {source for _, source in documented.ENUMERATIONS.values()}
    assert sources == SPEC["x-sources"].keys()
