"""What a user writes with every SDK whose methods are those of OpenAI's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from . import MESSAGES, MODEL


def call(client: Any) -> str:
    completion = client.chat.completions.create(model=MODEL, messages=MESSAGES)
    return completion.choices[0].message.content or ""


async def call_async(client: Any) -> str:
    completion = await client.chat.completions.create(model=MODEL, messages=MESSAGES)
    return completion.choices[0].message.content or ""


def stream(client: Any) -> Iterator[str]:
    with client.chat.completions.create(model=MODEL, messages=MESSAGES, stream=True) as chunks:
        for chunk in chunks:
            yield chunk.choices[0].delta.content or ""


async def stream_async(client: Any) -> AsyncIterator[str]:
    create = client.chat.completions.create
    async with await create(model=MODEL, messages=MESSAGES, stream=True) as chunks:
        async for chunk in chunks:
            yield chunk.choices[0].delta.content or ""
