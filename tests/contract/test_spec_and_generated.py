"""Spec ↔ generated: the generated classes keep all that the spec allows."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, strategies as st

import minimax_chat_api.contract
import minimax_chat_api.models
import minimax_chat_api.params
import minimax_chat_api.views
from bodies import bodies, examples
from generated_check import generated_findings, sample
from spec_reading import objects, read_spec, same, violations

SPEC = read_spec()
# The roots, which contain all other components, and how many examples each gets.
ROOTS = {
    "ChatCompletion": 500,
    "ChatCompletionChunk": 400,
    "ChatCompletionRequest": 200,
    "ErrorResponse": 150,
}


def test_the_generated_code_agrees_with_the_spec() -> None:
    assert generated_findings(SPEC, minimax_chat_api) == []


@pytest.mark.parametrize("component", ROOTS)
def test_a_body_that_the_spec_allows_is_written_back_unchanged(component: str) -> None:
    """With undocumented fields and values, nulls and absent fields, at every level."""
    model: Any = getattr(minimax_chat_api.models, component)

    @examples(ROOTS[component])
    @given(bodies(SPEC, component))
    def is_unchanged(body: dict[str, Any]) -> None:
        before = copy.deepcopy(body)
        assert same(model.from_dict(body).to_dict(), body)
        assert same(body, before), "from_dict changes its argument"

    is_unchanged()


@pytest.mark.parametrize("component", objects(SPEC))
def test_each_object_keeps_an_undocumented_field(component: str) -> None:
    model: Any = getattr(minimax_chat_api.models, component)
    body = {**sample(SPEC, objects(SPEC)[component]), "brand_new": {"deep": [1, None]}}
    read = model.from_dict(body)
    assert read["brand_new"] == {"deep": [1, None]}
    assert same(read.to_dict(), body)


@given(data=st.data())
@examples(50)
def test_drawn_bodies_are_allowed_by_the_schema(data: st.DataObject) -> None:
    component = data.draw(st.sampled_from([*ROOTS]))
    assert violations(SPEC, component, data.draw(bodies(SPEC, component))) == []
