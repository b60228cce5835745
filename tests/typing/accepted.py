"""Code that type checkers must accept. It is checked, never run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, assert_type

import httpx

from minimax_chat import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    AsyncMiniMax,
    AsyncStream,
    Completion,
    CompletionChunk,
    ContentFilterError,
    ContentPartParam,
    Conversation,
    InputContentError,
    InvalidArgumentError,
    MiniMax,
    MiniMaxError,
    PlanLimitError,
    RateLimitError,
    ServerTimeoutError,
    Stream,
    StreamInterruptedError,
    ToolCallView,
    ToolParam,
    image,
    video,
)
from minimax_chat_api.models import ChatCompletion, ChatCompletionChunk, Message, ModelId, Role
from minimax_chat_api.params import MessageParam


def overloads(client: MiniMax, either: bool, perhaps: bool | None) -> None:
    create = client.chat.completions.create
    messages: list[MessageParam] = [{"role": "user", "content": "Hello"}]
    assert_type(create(model="m", messages=messages), Completion)
    assert_type(create(model="m", messages=messages, stream=None), Completion)
    assert_type(create(model="m", messages=messages, stream=False), Completion)
    assert_type(create(model="m", messages=messages, stream=True), Stream)
    assert_type(create(model="m", messages=messages, stream=either), Completion | Stream)
    assert_type(create(model="m", messages=messages, stream=perhaps), Completion | Stream)


async def async_overloads(client: AsyncMiniMax, either: bool, perhaps: bool | None) -> None:
    create = client.chat.completions.create
    messages: list[MessageParam] = [{"role": "user", "content": "Hello"}]
    assert_type(await create(model="m", messages=messages), Completion)
    assert_type(await create(model="m", messages=messages, stream=None), Completion)
    assert_type(await create(model="m", messages=messages, stream=False), Completion)
    assert_type(await create(model="m", messages=messages, stream=True), AsyncStream)
    assert_type(await create(model="m", messages=messages, stream=either), Completion | AsyncStream)
    assert_type(
        await create(model="m", messages=messages, stream=perhaps), Completion | AsyncStream
    )


def completion_attributes(completion: Completion) -> None:
    assert_type(completion.text, str)
    assert_type(completion.thinking, str)
    assert_type(completion.thinking_truncated, bool)
    assert_type(completion.trace_id, str | None)
    assert_type(completion.finish_reason, str | None)
    assert_type(completion.created_at, datetime | None)
    assert_type(completion.id, str | None)
    assert_type(completion.model, str | None)
    assert_type(completion.created, int | None)
    assert_type(completion.object, str | None)
    assert_type(completion.input_sensitive, bool | None)
    assert_type(completion.output_sensitive_type, int | None)
    assert_type(completion.choices[0].index, int | None)
    assert_type(completion.choices[0].finish_reason, str | None)
    assert_type(completion.choices[0].message.content, str | None)
    assert_type(completion.choices[0].message.role, str | None)
    assert_type(completion.message.content, str | None)
    assert_type(completion.raw, ChatCompletion)
    assert_type(completion.to_dict(), dict[str, Any])
    if completion.usage is not None:
        assert_type(completion.usage.total_tokens, int | None)
        assert_type(completion.usage.completion_tokens, int | None)
        details = completion.usage.prompt_tokens_details
        assert_type(None if details is None else details.cached_tokens, int | None)
    if completion.base_resp is not None:
        assert_type(completion.base_resp.status_code, int | None)


def chunk_attributes(chunk: CompletionChunk) -> None:
    assert_type(chunk.text, str)
    assert_type(chunk.thinking, str)
    assert_type(chunk.choices[0].delta.content, str | None)
    assert_type(chunk.choices[0].delta.role, str | None)
    assert_type(chunk.choices[0].finish_reason, str | None)
    assert_type(chunk.raw, ChatCompletionChunk)
    assert_type(None if chunk.usage is None else chunk.usage.total_tokens, int | None)


def stream_iteration(stream: Stream) -> None:
    with stream as same:
        assert_type(same, Stream)
        for chunk in same:
            assert_type(chunk, CompletionChunk)
    assert_type(next(stream), CompletionChunk)
    assert_type(stream.completion, Completion)
    assert_type(list(stream), list[CompletionChunk])
    chunks: Iterator[CompletionChunk] = stream
    print(chunks)
    stream.close()


async def async_stream_iteration(stream: AsyncStream) -> None:
    async with stream as same:
        assert_type(same, AsyncStream)
        async for chunk in same:
            assert_type(chunk, CompletionChunk)
    assert_type(await anext(stream), CompletionChunk)
    assert_type(stream.completion, Completion)
    assert_type([chunk.text async for chunk in stream], list[str])
    await stream.aclose()


def create_arguments(client: MiniMax, completion: Completion, anything: dict[str, Any]) -> None:
    create = client.chat.completions.create
    create(
        model="MiniMax-M2.7",
        messages=[
            {"role": "system", "name": "MiniMax AI"},
            {"role": "user", "name": "用户", "content": "你好"},
            {"role": "a future role", "content": "Hello"},
        ],
        max_completion_tokens=100,
        temperature=0.7,
        top_p=1,
        timeout=10,
        total_timeout=60.5,
        max_retries=0,
        extra_headers={"X-Team": "a"},
        extra_body={"new": {"a": [1]}},
    )
    create(
        model="a-future-model",
        messages=(),
        max_completion_tokens=None,
        temperature=None,
        top_p=None,
        timeout=httpx.Timeout(10, read=5),
        max_retries=None,
        extra_headers=None,
        extra_body=None,
    )
    # Messages are mappings, generated models, or messages from answers.
    create(model=ModelId.MINIMAX_M2_7, messages=[Message(role=Role.USER, content="Hello")])
    create(model="m", messages=[Message(role="user"), completion.message, {"role": "user"}])
    create(model="m", messages=(message for message in [completion.message]))
    history: Conversation = [{"role": "user", "content": "Hello"}]
    history.append(completion.message)
    history.append({"role": "user", "content": "And then?"})
    create(model="m", messages=history, stream=True)
    create(**anything)


def inferred_variables(client: MiniMax) -> None:
    """Variables without annotations, as in everybody's first program."""
    create = client.chat.completions.create
    messages = [{"role": "user", "content": "hi"}]
    assert_type(create(model="m", messages=messages), Completion)
    assert_type(create(model="m", messages=messages, stream=True), Stream)
    message = {"role": "user", "content": "hi"}
    create(model="m", messages=[message])
    parts = [{"type": "text", "text": "Which?"}]
    create(model="m", messages=[{"role": "user", "content": parts}])
    # The price: keys of an object that holds nothing but strings are checked at run time only.
    create(model="m", messages=[{"content": "no role"}])
    create(model="m", messages=[{"role": "user", "text": "no such key"}])


async def async_inferred_variables(client: AsyncMiniMax) -> None:
    messages = [{"role": "user", "content": "hi"}]
    completion = await client.chat.completions.create(model="m", messages=messages)
    assert_type(completion, Completion)


def client_options(
    http: httpx.Client, async_http: httpx.AsyncClient, headers: Mapping[str, str], key: str | None
) -> None:
    client = MiniMax(
        api_key=key,
        region="global",
        base_url=None,
        timeout=1.5,
        total_timeout=60,
        max_retries=0,
        max_answer_bytes=2**24,
        http_client=http,
        default_headers=headers,
    )
    assert_type(client.with_options(timeout=httpx.Timeout(5), max_retries=1), MiniMax)
    assert_type(client.base_url, str)
    with MiniMax() as entered:
        assert_type(entered, MiniMax)
    client.close()
    assert_type(AsyncMiniMax(http_client=async_http).with_options(), AsyncMiniMax)


async def async_client_context() -> None:
    async with AsyncMiniMax() as entered:
        assert_type(entered, AsyncMiniMax)
    await entered.aclose()


class Subclass(MiniMax):
    """`with_options` of a subclass returns the subclass."""

    def variant(self) -> Subclass:
        with self.with_options() as same:
            return assert_type(same, Subclass)


def error_attributes(error: MiniMaxError) -> None:
    assert_type(error.message, str)
    assert_type(error.code, int | None)
    assert_type(error.http_status, int | None)
    assert_type(error.trace_id, str | None)
    assert_type(error.retryable, bool)
    assert_type(error.retry_after, float | None)
    assert_type(error.body, dict[str, Any] | str | None)
    assert_type(error.completion, Completion | None)


def error_hierarchy(
    rate_limit: RateLimitError,
    plan_limit: PlanLimitError,
    timeout: ServerTimeoutError,
    content: InputContentError,
    argument: InvalidArgumentError,
    interrupted: StreamInterruptedError,
) -> None:
    api_errors: list[APIError] = [rate_limit, plan_limit, timeout, content]
    timeouts: list[APITimeoutError] = [timeout]
    connections: list[APIConnectionError] = [*timeouts]
    limits: list[RateLimitError] = [plan_limit]
    filtered: list[ContentFilterError] = [content]
    values: list[ValueError] = [argument]
    ours: list[MiniMaxError] = [*api_errors, *connections, argument, interrupted]
    print(limits, filtered, values, ours)


def stream_exit(stream: Stream, traceback: TracebackType | None) -> None:
    # It returns None: code after a `with` block is not reached if an exception was raised.
    stream.__exit__(None, None, traceback)


def run(call: ToolCallView) -> str:
    assert_type(call.id, str)
    assert_type(call.type, str | None)
    assert_type(call.index, int | None)
    assert_type(call.function.name, str)
    assert_type(call.function.arguments, str)
    arguments: dict[str, Any] = json.loads(call.function.arguments)
    return json.dumps(FUNCTIONS[call.function.name](**arguments))


FUNCTIONS: dict[str, Callable[..., object]] = {}
TOOLS: list[ToolParam] = [
    {
        "type": "function",
        "function": {
            "name": "get_forecast",
            "parameters": {"type": "object", "properties": {"day": {"default": None}}},
        },
    }
]


def tool_loop(client: MiniMax, question: str) -> str:
    """As users write it: without casts and ignore comments."""
    messages: Conversation = [{"role": "user", "content": question}]
    while True:
        completion = client.chat.completions.create(
            model="MiniMax-M3", messages=messages, tools=TOOLS, thinking={"type": "adaptive"}
        )
        assert_type(completion.tool_calls, list[ToolCallView])
        if not completion.tool_calls:
            return completion.text
        messages.append(completion.message)
        for call in completion.tool_calls:
            messages.append({"role": "tool", "tool_call_id": call.id, "content": run(call)})


async def streamed_tool_loop(client: AsyncMiniMax, question: str) -> str:
    messages: Conversation = [{"role": "user", "content": question}]
    while True:
        async with await client.chat.completions.create(
            model="MiniMax-M3", messages=messages, tools=TOOLS, stream=True
        ) as stream:
            async for chunk in stream:
                assert_type(chunk.tool_calls, list[ToolCallView])
        if not stream.completion.tool_calls:
            return stream.completion.text
        messages.append(stream.completion.message)
        for call in stream.completion.tool_calls:
            messages.append({"role": "tool", "tool_call_id": call.id, "content": run(call)})


def images_and_videos(client: MiniMax, path: Path, content: bytes) -> None:
    assert_type(image(path, detail="low"), ContentPartParam)
    assert_type(video(content, fps=0.5), ContentPartParam)
    parts: list[ContentPartParam] = [{"type": "text", "text": "Which?"}, image("a.png")]
    messages: list[MessageParam] = [{"role": "user", "content": parts}]
    client.chat.completions.create(model="MiniMax-M3", messages=messages, reasoning_split=True)
    client.chat.completions.create(
        model="MiniMax-M3",
        messages=[{"role": "user", "content": [{"type": "text", "text": "Which?"}, image(path)]}],
    )


def split_thinking(completion: Completion) -> None:
    assert_type(completion.message.reasoning_content, str | None)
    assert_type(completion.message.reasoning_details[0].text, str | None)
