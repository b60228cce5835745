"""Spec ↔ generated: the generated classes lose nothing that the spec allows."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, strategies as st

import minimax_chat_api.contract
import minimax_chat_api.models
from bodies import bodies, examples
from generated_check import generated_findings, sample
from spec_reading import objects, read_spec, same, violations

SPEC = read_spec()
# The roots; they contain all the others.
ROOTS = {
    "ChatCompletion": 900,
    "ChatCompletionChunk": 600,
    "ChatCompletionRequest": 300,
    "ErrorResponse": 300,
}


def test_the_generated_code_is_the_spec() -> None:
    assert generated_findings(SPEC, minimax_chat_api) == []


@pytest.mark.parametrize("component", ROOTS)
def test_what_the_spec_allows_comes_back_as_it_was(component: str) -> None:
    """Unknown fields, unknown values of enumerations, nulls and absent fields, at every level."""
    model: Any = getattr(minimax_chat_api.models, component)

    @examples(ROOTS[component])
    @given(bodies(SPEC, component))
    def comes_back(body: dict[str, Any]) -> None:
        before = copy.deepcopy(body)
        assert same(model.from_dict(body).to_dict(), body)
        assert same(body, before), "from_dict changes what it is given"

    comes_back()


@pytest.mark.parametrize("component", objects(SPEC))
def test_an_unknown_field_survives_in_each_object(component: str) -> None:
    model: Any = getattr(minimax_chat_api.models, component)
    body = {**sample(SPEC, objects(SPEC)[component]), "brand_new": {"deep": [1, None]}}
    read = model.from_dict(body)
    assert read["brand_new"] == {"deep": [1, None]}
    assert same(read.to_dict(), body)


@given(data=st.data())
@examples(50)
def test_the_bodies_are_those_that_the_schema_allows(data: st.DataObject) -> None:
    component = data.draw(st.sampled_from([*ROOTS]))
    assert violations(SPEC, component, data.draw(bodies(SPEC, component))) == []
