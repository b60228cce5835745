"""Groq's SDK."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from importlib import import_module
from typing import Any

from . import KEY, MODEL, PROMPT

# Not installed where the types are checked.
groq: Any = import_module("groq")


def client(url: str) -> Any:
    return groq.Groq(api_key=KEY, base_url=url)


def client_async(url: str) -> Any:
    return groq.AsyncGroq(api_key=KEY, base_url=url)


def call(client: Any) -> str:
    completion = client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": PROMPT}]
    )
    return completion.choices[0].message.content or ""


async def call_async(client: Any) -> str:
    completion = await client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": PROMPT}]
    )
    return completion.choices[0].message.content or ""


def stream(client: Any) -> Iterator[str]:
    with client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": PROMPT}], stream=True
    ) as chunks:
        for chunk in chunks:
            yield chunk.choices[0].delta.content or ""


async def stream_async(client: Any) -> AsyncIterator[str]:
    async with await client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": PROMPT}], stream=True
    ) as chunks:
        async for chunk in chunks:
            yield chunk.choices[0].delta.content or ""
