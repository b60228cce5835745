"""minimax-chat, with or without its extra `speed`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import minimax_chat

from . import KEY, MODEL, PROMPT

if TYPE_CHECKING:
    from minimax_chat import AsyncMiniMax, MiniMax


def client(url: str) -> MiniMax:
    return minimax_chat.MiniMax(api_key=KEY, base_url=url)


def client_async(url: str) -> AsyncMiniMax:
    return minimax_chat.AsyncMiniMax(api_key=KEY, base_url=url)


def call(client: MiniMax) -> str:
    return client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": PROMPT}]
    ).text


async def call_async(client: AsyncMiniMax) -> str:
    completion = await client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": PROMPT}]
    )
    return completion.text


def stream(client: MiniMax) -> Iterator[str]:
    with client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": PROMPT}], stream=True
    ) as chunks:
        for chunk in chunks:
            yield chunk.text


async def stream_async(client: AsyncMiniMax) -> AsyncIterator[str]:
    async with await client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": PROMPT}], stream=True
    ) as chunks:
        async for chunk in chunks:
            yield chunk.text
