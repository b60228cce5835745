"""The openai package works with the emulator, as its users use it."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai.types.chat import (
    ChatCompletion,
    ChatCompletionMessage,
    ChatCompletionMessageParam,
    ChatCompletionToolParam,
)

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


def test_a_plain_answer(client: openai.OpenAI) -> None:
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


def test_a_stream_adds_up_to_the_plain_answer(client: openai.OpenAI) -> None:
    plain = client.chat.completions.create(model=MODEL, messages=user("Hello"))
    chunks = list(client.chat.completions.create(model=MODEL, messages=user("Hello"), stream=True))
    content = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert content == plain.choices[0].message.content
    assert {chunk.id for chunk in chunks} == {chunks[0].id}
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert chunks[-1].usage == plain.usage


def test_the_async_client_reads_both(emulator: Emulator) -> None:
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
def test_an_error_of_each_class(
    client: openai.OpenAI, code: int, error: type[openai.APIStatusError], status: int
) -> None:
    for stream in (False, True):
        with pytest.raises(error) as caught:
            client.chat.completions.create(
                model=MODEL, messages=user(f"!fail {code}"), stream=stream
            )
        assert caught.value.status_code == status
        assert f"({code})" in caught.value.message


def test_a_refused_value_and_a_refused_key(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="temperature must be a number"):
        client.chat.completions.create(model=MODEL, messages=user("Hello"), temperature=12345)
    with pytest.raises(openai.AuthenticationError, match=r"invalid API key \(2049\)"):
        client.with_options(api_key="invalid").chat.completions.create(
            model=MODEL, messages=user("Hello")
        )


def test_its_retries_are_counted(client: openai.OpenAI, emulator: Emulator) -> None:
    emulator.fail(1002, times=2, retry_after_ms=1)
    completion = client.with_options(max_retries=2).chat.completions.create(
        model=MODEL, messages=user("Hello")
    )
    assert completion.choices[0].finish_reason == "stop"
    assert len(emulator.requests) == 3


def test_an_error_inside_a_stream_is_raised(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(
        model=MODEL, messages=user("!fail 1013 after=2"), stream=True
    )
    assert [next(stream).choices[0].finish_reason for _ in range(2)] == [None, None]
    with pytest.raises(openai.APIError, match="internal service error"):
        next(stream)


def test_a_connection_that_dies_is_raised(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(model=MODEL, messages=user("!cut 2"), stream=True)
    # Which class it is has changed from version to version.
    with pytest.raises(Exception, match="onnection"):
        list(stream)


# A tool loop, as the package's own pages have it

QUESTION = "!call get_forecast get_time\nDo I need an umbrella in Bergen?"
TOOLS: list[ChatCompletionToolParam] = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": "Of one city.",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}},
                "required": ["city"],
            },
        },
    }
    for name in ("get_forecast", "get_time")
]


def as_sent_back(message: ChatCompletionMessage) -> Any:
    """A message of the package's helper for streams, with its role put right.

    The helper adds strings up, and each chunk of this API has the role and the name.
    """
    assert message.role == "assistant" * message.role.count("assistant")
    calls = [
        {"id": call.id, "type": call.type, "function": call.function.to_dict()}
        for call in message.tool_calls or ()
        if call.type == "function"
    ]
    return {"role": "assistant", "content": message.content, "tool_calls": calls}


def results(message: ChatCompletionMessage) -> list[ChatCompletionMessageParam]:
    """The messages that answer the calls of a message."""
    answers: list[ChatCompletionMessageParam] = []
    for call in message.tool_calls or ():
        assert call.type == "function"
        city = json.loads(call.function.arguments)["city"]
        result = f"{call.function.name} of {city}"
        answers.append({"role": "tool", "tool_call_id": call.id, "content": result})
    return answers


def check_answer(completion: ChatCompletion) -> None:
    [choice] = completion.choices
    assert choice.finish_reason == "stop"
    assert not choice.message.tool_calls
    told = "get_forecast returned: get_forecast of Bergen. get_time returned: get_time of city."
    assert told in (choice.message.content or "")


def test_a_tool_loop_of_plain_answers(client: openai.OpenAI) -> None:
    messages: list[Any] = user(QUESTION)
    for _ in range(2):
        completion = client.chat.completions.create(
            model="MiniMax-M3", messages=messages, tools=TOOLS
        )
        messages.append(completion.choices[0].message)
        messages += results(completion.choices[0].message)
    sent = [message["role"] for message in messages if isinstance(message, dict)]
    assert sent == ["user", "tool", "tool"]
    check_answer(completion)


@pytest.mark.parametrize("odd", ["", "!chunk 3 ", "!odd calls !chunk 3 "])
def test_calls_are_merged_from_a_stream(client: openai.OpenAI, odd: str) -> None:
    calls: dict[int, tuple[str, str]] = {}
    finish_reason = None
    for chunk in client.chat.completions.create(
        model="MiniMax-M3", messages=user(odd + QUESTION), tools=TOOLS, stream=True
    ):
        [choice] = chunk.choices
        for piece in choice.delta.tool_calls or ():
            assert piece.function is not None
            name, arguments = calls.get(piece.index, ("", ""))
            calls[piece.index] = (
                name or piece.function.name or "",
                arguments + (piece.function.arguments or ""),
            )
        finish_reason = choice.finish_reason
    assert calls == {0: ("get_forecast", '{"city": "Bergen"}'), 1: ("get_time", '{"city": "city"}')}
    assert finish_reason == "tool_calls"


def test_a_tool_loop_with_its_stream_helper(client: openai.OpenAI) -> None:
    """With the package's helper, which merges the pieces by itself."""
    plain = client.chat.completions.create(
        model="MiniMax-M3", messages=user(QUESTION), tools=TOOLS
    ).choices[0]
    messages: list[Any] = user(QUESTION)
    done: list[tuple[str, str]] = []
    for _ in range(2):
        with client.chat.completions.stream(
            model="MiniMax-M3",
            messages=messages,
            tools=TOOLS,
            stream_options={"include_usage": True},
        ) as stream:
            for event in stream:
                if event.type == "tool_calls.function.arguments.done":
                    done.append((event.name, event.arguments))
            completion = stream.get_final_completion()
        message = completion.choices[0].message
        assert completion.usage is not None
        if message.tool_calls:
            assert message.content == plain.message.content
            assert [call.id for call in message.tool_calls] == [
                call.id for call in plain.message.tool_calls or ()
            ]
        messages.append(as_sent_back(message))
        messages += results(message)
    assert done == [("get_forecast", '{"city": "Bergen"}'), ("get_time", '{"city": "city"}')]
    check_answer(completion)


def test_split_thinking_and_a_picture_are_passed_on(client: openai.OpenAI) -> None:
    completion = client.chat.completions.create(
        model="MiniMax-M3",
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Which animal is this?"},
                    {
                        "type": "image_url",
                        "image_url": {"url": "https://example.com/heron.png", "detail": "low"},
                    },
                ],
            }
        ],
        extra_body={"reasoning_split": True},
    )
    message = completion.choices[0].message
    assert "heron.png from example.com, detail low" in (message.content or "")
    extra = message.model_extra or {}
    assert extra["reasoning_details"][0]["text"] == extra["reasoning_content"]
