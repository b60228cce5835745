"""Emulator ↔ spec: a running emulator answers what openapi.yaml allows and refuses the rest."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

import documented
from bodies import MORE, bodies, examples
from emulator_check import (
    emulator_findings,
    http_client,
    is_refused,
    reply_findings,
    schemathesis,
)
from minimax_chat import Completion, MiniMax
from minimax_chat.ext.emulator import Emulator
from minimax_chat_api.models import ChatCompletionRequest
from spec_reading import canonical, read_spec, violations

SPEC = read_spec()


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    # With one key, the calls of schemathesis without it or with another must be refused.
    with Emulator(api_key="sk-contract") as emulator:
        yield emulator


def test_every_kind_of_reply_conforms_to_the_spec(emulator: Emulator) -> None:
    assert emulator_findings(SPEC, emulator.base_url) == []


def test_any_request_that_the_spec_allows_is_streamed_and_others_are_refused(
    emulator: Emulator,
) -> None:
    with http_client(emulator.base_url) as http:

        @examples(60)
        @given(bodies(SPEC, "ChatCompletionRequest"))
        def holds(body: dict[str, Any]) -> None:
            refused = 2013 if is_refused(SPEC, body) else 0
            assert reply_findings(SPEC, http, {**body, "stream": True}, code=refused) == []

        holds()


# In separate runs, so that one cannot hide that another has tried nothing. The figures are the
# least number of requests, and of different conversations among them that the spec allows.
@pytest.mark.parametrize(
    ("phases", "made", "allowed"),
    [(("Examples", "Coverage"), 80, 20), (("Fuzzing",), 120, 8)],
    ids=["examples, coverage", "fuzzing"],
)
def test_schemathesis_finds_nothing(
    emulator: Emulator, tmp_path: Path, phases: tuple[str, ...], made: int, allowed: int
) -> None:
    """Valid and invalid requests, documented examples, wrong methods, missing and wrong keys."""
    emulator.reset()
    options = ["--max-examples", str(round(120 * MORE)), "--seed", "1", "--mode", "all"]
    chosen = ",".join(phases).lower()
    done = schemathesis(emulator.base_url, tmp_path, *options, "--phases", chosen)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No issues found" in done.stdout
    for phase in phases:
        assert f"✅ {phase}" in done.stdout
    requests = emulator.requests
    assert len(requests) >= made
    bodies = [request.json for request in requests if request.json is not None]
    taken = [body for body in bodies if not violations(SPEC, "ChatCompletionRequest", body)]
    assert len({canonical(body) for body in taken if body["messages"]}) >= allowed
    assert len(taken) < len(bodies), "no body was tried that the spec forbids"
    if "Coverage" in phases:
        assert {"GET", "POST"} <= {request.method for request in requests}


@pytest.mark.parametrize("body", documented.EXAMPLES["ChatCompletionRequest"], ids=canonical)
def test_a_documented_request_arrives_unchanged_through_the_client(
    emulator: Emulator, body: dict[str, Any]
) -> None:
    """Through the models and the wrapper, as a user would send it."""
    assert ChatCompletionRequest.from_dict(copy.deepcopy(body)).to_dict() == body
    with MiniMax(base_url=emulator.base_url, api_key="sk-contract") as client:
        answer = client.chat.completions.create(**body)
        if not isinstance(answer, Completion):
            assert list(answer)
            answer = answer.completion
    assert emulator.requests[-1].json == body
    assert answer.finish_reason == "stop"
    assert answer.text
