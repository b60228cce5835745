"""Mistral's SDK."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from importlib import import_module
from typing import Any

from . import KEY, MESSAGES, MODEL

# Not installed where the types are checked.
mistral: Any = import_module("mistralai.client")


def client(url: str) -> Any:
    return mistral.Mistral(api_key=KEY, server_url=url)


# One class has both kinds of methods.
client_async = client


def call(client: Any) -> str:
    completion = client.chat.complete(model=MODEL, messages=MESSAGES)
    return completion.choices[0].message.content or ""


async def call_async(client: Any) -> str:
    completion = await client.chat.complete_async(model=MODEL, messages=MESSAGES)
    return completion.choices[0].message.content or ""


def stream(client: Any) -> Iterator[str]:
    with client.chat.stream(model=MODEL, messages=MESSAGES) as events:
        for event in events:
            yield event.data.choices[0].delta.content or ""


async def stream_async(client: Any) -> AsyncIterator[str]:
    async with await client.chat.stream_async(model=MODEL, messages=MESSAGES) as events:
        async for event in events:
            yield event.data.choices[0].delta.content or ""
