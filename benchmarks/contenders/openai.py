"""The OpenAI SDK."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from openai import AsyncOpenAI, OpenAI

from . import KEY, MODEL, PROMPT


def client(url: str) -> OpenAI:
    return OpenAI(api_key=KEY, base_url=f"{url}/v1")


def client_async(url: str) -> AsyncOpenAI:
    return AsyncOpenAI(api_key=KEY, base_url=f"{url}/v1")


def call(client: OpenAI) -> str:
    completion = client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": PROMPT}]
    )
    return completion.choices[0].message.content or ""


async def call_async(client: AsyncOpenAI) -> str:
    completion = await client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": PROMPT}]
    )
    return completion.choices[0].message.content or ""


def stream(client: OpenAI) -> Iterator[str]:
    with client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": PROMPT}], stream=True
    ) as chunks:
        for chunk in chunks:
            yield chunk.choices[0].delta.content or ""


async def stream_async(client: AsyncOpenAI) -> AsyncIterator[str]:
    async with await client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": PROMPT}], stream=True
    ) as chunks:
        async for chunk in chunks:
            yield chunk.choices[0].delta.content or ""
