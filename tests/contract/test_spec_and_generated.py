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
from bodies import VALUES, bodies, examples
from generated_check import generated_findings, plain_findings, sample
from minimax_chat_api.contract import Received, is_plain_chat_completion_request
from minimax_chat_api.models import Role
from spec_reading import (
    examples as documented_examples,
    objects,
    read_spec,
    same,
    violations,
    without_nulls,
)

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


REQUEST = SPEC["components"]["schemas"]["ChatCompletionRequest"]
# What no JSON document has, or what is more than it seems.
ODD: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from([float("nan"), float("inf"), 10**400, b"", (), ("a",), object(), Role.USER]),
    st.sampled_from([Received(), Received(role="tool"), {1: "a"}, {Role.USER: "a"}]),
)


@examples(300)
@given(bodies(SPEC, "ChatCompletionRequest", unknown=False))
def test_a_request_of_documented_fields_is_plain(body: dict[str, Any]) -> None:
    request = without_nulls(SPEC, REQUEST, body)
    assert is_plain_chat_completion_request(request)
    assert plain_findings(SPEC, minimax_chat_api.contract, request) == []


def test_the_documented_requests_are_plain() -> None:
    requests = [
        body
        for _, component, body in documented_examples(SPEC)
        if component == "ChatCompletionRequest"
    ]
    assert requests
    assert all(map(is_plain_chat_completion_request, requests))


def test_a_request_that_is_plain_is_allowed() -> None:
    plain: set[bool] = set()

    @examples(700)
    @given(bodies(SPEC, "ChatCompletionRequest", unknown=False), st.data())
    def is_allowed(body: dict[str, Any], data: st.DataObject) -> None:
        changed(body, data)
        assert plain_findings(SPEC, minimax_chat_api.contract, body) == []
        plain.add(is_plain_chat_completion_request(body))

    is_allowed()
    assert plain == {True, False}


def changed(body: dict[str, Any], data: st.DataObject) -> None:
    """Changes one place of a body, or none."""
    part: Any = body
    while isinstance(part, (dict, list)) and part:
        key = data.draw(st.sampled_from([*part] if isinstance(part, dict) else [*range(len(part))]))
        match data.draw(st.sampled_from(["deeper", "deeper", "odd", "other", "removed"])):
            case "odd":
                part[key] = data.draw(ODD)
            case "other":
                part[key] = data.draw(VALUES)
            case "removed":
                del part[key]
            case _:
                part = part[key]
                continue
        return
