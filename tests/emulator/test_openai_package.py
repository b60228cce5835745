"""The published openai package, as its users use it: the emulator speaks the protocol."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator

import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam

from minimax_chat.ext.emulator import Emulator

MODEL = "MiniMax-M2.7"


def user(content: str) -> list[ChatCompletionMessageParam]:
    return [{"role": "user", "content": content}]


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    # A proxy of the environment does not reach the emulator, nor does one of the system.
    for name in [*os.environ]:
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def client(emulator: Emulator) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(
        base_url=f"{emulator.base_url}/v1", api_key="sk-test", max_retries=0
    ) as client:
        yield client


def test_plain(client: openai.OpenAI) -> None:
    completion = client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "system", "content": "Be brief."}, *user("What is a monad?")],
        temperature=0.5,
        max_completion_tokens=2048,
    )
    assert completion.model == MODEL
    [choice] = completion.choices
    assert choice.finish_reason == "stop"
    assert "You asked: “What is a monad?”" in (choice.message.content or "")
    assert completion.usage is not None
    assert completion.usage.total_tokens > completion.usage.prompt_tokens > 0


def test_stream(client: openai.OpenAI) -> None:
    plain = client.chat.completions.create(model=MODEL, messages=user("Hello"))
    chunks = list(client.chat.completions.create(model=MODEL, messages=user("Hello"), stream=True))
    content = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert content == plain.choices[0].message.content
    assert {chunk.id for chunk in chunks} == {chunks[0].id}
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert chunks[-1].usage == plain.usage


def test_async(emulator: Emulator) -> None:
    async def go() -> str:
        async with openai.AsyncOpenAI(
            base_url=f"{emulator.base_url}/v1", api_key="sk-test"
        ) as client:
            plain = await client.chat.completions.create(model=MODEL, messages=user("你好"))
            stream = await client.chat.completions.create(
                model=MODEL, messages=user("你好"), stream=True
            )
            streamed = "".join([chunk.choices[0].delta.content or "" async for chunk in stream])
            assert streamed == plain.choices[0].message.content
            return streamed

    assert "“你好”" in asyncio.run(go())


@pytest.mark.parametrize(
    ("code", "error", "status"),
    [
        (2013, openai.BadRequestError, 400),
        (1004, openai.AuthenticationError, 401),
        (1008, openai.APIStatusError, 402),
        (1026, openai.UnprocessableEntityError, 422),
        (1002, openai.RateLimitError, 429),
        (1013, openai.InternalServerError, 500),
    ],
)
def test_an_error_of_each_kind(
    client: openai.OpenAI, code: int, error: type[openai.APIStatusError], status: int
) -> None:
    for stream in (False, True):
        with pytest.raises(error) as caught:
            client.chat.completions.create(
                model=MODEL, messages=user(f"!fail {code}"), stream=stream
            )
        assert caught.value.status_code == status
        assert f"({code})" in caught.value.message


def test_a_real_refusal(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="temperature is 12345"):
        client.chat.completions.create(model=MODEL, messages=user("Hello"), temperature=12345)
    with pytest.raises(openai.AuthenticationError, match=r"invalid API key \(2049\)"):
        client.with_options(api_key="invalid").chat.completions.create(
            model=MODEL, messages=user("Hello")
        )


def test_its_retries(client: openai.OpenAI, emulator: Emulator) -> None:
    emulator.fail(1002, times=2, retry_after_ms=1)
    completion = client.with_options(max_retries=2).chat.completions.create(
        model=MODEL, messages=user("Hello")
    )
    assert completion.choices[0].finish_reason == "stop"
    assert len(emulator.requests) == 3


def test_an_error_inside_the_stream(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(
        model=MODEL, messages=user("!fail 1013 after=2"), stream=True
    )
    assert [next(stream).choices[0].finish_reason for _ in range(2)] == [None, None]
    with pytest.raises(openai.APIError, match="internal service error"):
        next(stream)


def test_a_connection_that_dies(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(model=MODEL, messages=user("!cut 2"), stream=True)
    # Which class it is has changed from version to version.
    with pytest.raises(Exception, match="onnection"):
        list(stream)
