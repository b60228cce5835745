"""The README's comparison with general SDKs, checked against the OpenAI SDK."""

from __future__ import annotations

from collections.abc import Iterator

import openai
import pytest

import minimax_chat
from minimax_chat import InsufficientBalanceError, MiniMax, StreamInterruptedError
from minimax_chat.ext.emulator import Emulator

MODEL = "MiniMax-M2.7"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(shape="base_resp") as emulator:
        yield emulator


@pytest.fixture
def general(emulator: Emulator) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{emulator.base_url}/v1", api_key="any") as client:
        yield client


@pytest.fixture
def ours(emulator: Emulator) -> Iterator[MiniMax]:
    with MiniMax(base_url=emulator.base_url, api_key="any") as client:
        yield client


def test_general_sdk_leaves_thinking_in_the_answer(general: openai.OpenAI, ours: MiniMax) -> None:
    theirs = general.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": "Hello"}]
    )
    completion = ours.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": "Hello"}]
    )
    content = theirs.choices[0].message.content or ""
    assert content.startswith("<think>")
    assert content == completion.choices[0].message.content
    assert completion.thinking
    assert content == f"<think>\n{completion.thinking}\n</think>\n\n{completion.text}"


def test_general_sdk_misses_an_error_inside_http_200(general: openai.OpenAI, ours: MiniMax) -> None:
    theirs = general.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": "!fail 1008"}]
    )
    assert not theirs.choices
    with pytest.raises(InsufficientBalanceError):
        ours.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": "!fail 1008"}]
        )


def test_general_sdk_does_not_retry_a_rate_limit_inside_http_200(
    emulator: Emulator, general: openai.OpenAI, ours: MiniMax
) -> None:
    emulator.fail(1002, retry_after_ms=1)
    theirs = general.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": "Hello"}]
    )
    assert not theirs.choices
    assert len(emulator.requests) == 1

    emulator.reset()
    emulator.fail(1002, retry_after_ms=1)
    assert ours.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": "Hello"}]
    ).text
    assert len(emulator.requests) == 2


def test_general_sdk_accepts_a_truncated_stream(general: openai.OpenAI, ours: MiniMax) -> None:
    pieces = [
        chunk.choices[0].delta.content or ""
        for chunk in general.chat.completions.create(
            model=MODEL,
            messages=[{"role": "user", "content": "!cut 3 end=clean Hello"}],
            stream=True,
        )
    ]
    assert len(pieces) == 3

    with pytest.raises(StreamInterruptedError) as caught:
        for _ in ours.chat.completions.create(
            model=MODEL,
            messages=[{"role": "user", "content": "!cut 3 end=clean Hello"}],
            stream=True,
        ):
            pass
    assert caught.value.completion is not None
    assert caught.value.completion.message.content == "".join(pieces)


@pytest.mark.parametrize(
    "name",
    [
        "APIConnectionError",
        "APIError",
        "APITimeoutError",
        "AuthenticationError",
        "BadRequestError",
        "InternalServerError",
        "RateLimitError",
    ],
)
def test_error_class_has_the_same_name_in_the_openai_sdk(name: str) -> None:
    assert issubclass(getattr(openai, name), Exception)
    assert issubclass(getattr(minimax_chat, name), minimax_chat.MiniMaxError)
