"""Document ↔ spec: what the pages say, transcribed in documented.py, is what openapi.yaml says."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

import documented
from document_check import document_findings
from openapi_diff.compare import compare
from rehearsal.project_copy import ROOT
from spec.document import from_mapping, load
from spec_reading import read_spec, violations

SPEC = read_spec()


def test_the_spec_says_what_the_documents_say_and_nothing_else() -> None:
    assert document_findings(SPEC) == []


@pytest.mark.parametrize(
    ("component", "example"),
    [(name, example) for name, examples in documented.EXAMPLES.items() for example in examples],
)
def test_the_spec_allows_each_documented_example(component: str, example: dict[str, Any]) -> None:
    assert violations(SPEC, component, example) == []


def test_each_source_of_the_table_is_one_of_the_spec_and_the_other_way_round() -> None:
    sources = {field.source for rows in documented.FIELDS.values() for field in rows.values()}
    sources |= {source for _, source in documented.ENUMERATIONS.values()}
    assert sources == SPEC["x-sources"].keys()


def test_both_loaders_of_yaml_read_the_same() -> None:
    """The one written in C, which the project's tools prefer, is more tolerant than the other."""
    text = (ROOT / "openapi.yaml").read_text(encoding="utf-8")
    assert yaml.load(text, yaml.SafeLoader) == SPEC


def test_nothing_of_the_seed_page_is_dropped_or_narrowed() -> None:
    """seed-page.yaml is the contract as of April 2026, and stays as it is."""
    old = load(str(Path(__file__).parent / "seed-page.yaml"))
    changes = compare(old, from_mapping(SPEC))
    assert {change.severity for change in changes} == {"additive", "documentation"}


def test_a_bound_of_the_seed_pages_models_cannot_be_narrowed_unnoticed() -> None:
    spec = copy.deepcopy(SPEC)
    request = spec["components"]["schemas"]["ChatCompletionRequest"]["properties"]
    request["temperature"]["x-bounds"][0]["maximum"] = 0.5
    old = load(str(Path(__file__).parent / "seed-page.yaml"))
    (found,) = [each for each in compare(old, from_mapping(spec)) if each.severity == "breaking"]
    assert (found.old, found.new) == ("<= 1", "<= 0.5")
    assert found.what.startswith("upper bound for MiniMax-M2.7, ")


@pytest.mark.parametrize(
    ("component", "field", "extension", "value"),
    [
        ("ChatCompletionRequest", None, "x-max-body-bytes", 1000),
        ("ImageUrl", "url", "x-max-data-bytes", 1000),
        ("ToolCallFunction", "arguments", "x-merge", "replace"),
        ("Message", "name", "x-required-when", {"role": "user"}),
    ],
)
def test_what_an_extension_narrows_is_a_breaking_change(
    component: str, field: str | None, extension: str, value: Any
) -> None:
    spec = copy.deepcopy(SPEC)
    schema = spec["components"]["schemas"][component]
    (schema if field is None else schema["properties"][field])[extension] = value
    found = [
        each.what
        for each in compare(from_mapping(SPEC), from_mapping(spec))
        if each.severity == "breaking"
    ]
    assert extension in found
