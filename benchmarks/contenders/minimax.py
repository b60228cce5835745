"""minimax-chat, with or without its extra `speed`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import minimax_chat

from . import KEY, MESSAGES, MODEL


def client(url: str) -> minimax_chat.MiniMax:
    return minimax_chat.MiniMax(api_key=KEY, base_url=url)


def client_async(url: str) -> minimax_chat.AsyncMiniMax:
    return minimax_chat.AsyncMiniMax(api_key=KEY, base_url=url)


def call(client: minimax_chat.MiniMax) -> str:
    return client.chat.completions.create(model=MODEL, messages=MESSAGES).text


async def call_async(client: minimax_chat.AsyncMiniMax) -> str:
    return (await client.chat.completions.create(model=MODEL, messages=MESSAGES)).text


def stream(client: minimax_chat.MiniMax) -> Iterator[str]:
    with client.chat.completions.create(model=MODEL, messages=MESSAGES, stream=True) as chunks:
        for chunk in chunks:
            yield chunk.text


async def stream_async(client: minimax_chat.AsyncMiniMax) -> AsyncIterator[str]:
    create = client.chat.completions.create
    async with await create(model=MODEL, messages=MESSAGES, stream=True) as chunks:
        async for chunk in chunks:
            yield chunk.text
