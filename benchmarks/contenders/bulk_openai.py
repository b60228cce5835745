"""The loop that people write: the OpenAI SDK, a semaphore and gather."""

from __future__ import annotations

import asyncio
from typing import Any

from openai import AsyncOpenAI, OpenAIError

from . import KEY
from .bulk import Outcome, body, prompts


async def answers(url: str, count: int, concurrency: int) -> Outcome:
    outcome = Outcome()
    semaphore = asyncio.Semaphore(concurrency)

    async def answer(prompt: str) -> str | None:
        async with semaphore:
            try:
                completion = await completions.create(**body(prompt))
            except (OpenAIError, ValueError):
                return None
        # A failure within an HTTP 200 has no choices.
        text: str | None = completion.choices[0].message.content if completion.choices else None
        return text

    async with AsyncOpenAI(api_key=KEY, base_url=f"{url}/v1") as client:
        # Its overloads cannot know the arguments.
        completions: Any = client.chat.completions
        for text in await asyncio.gather(*map(answer, prompts(count))):
            if text:
                outcome.answered += 1
            else:
                outcome.failed += 1
    return outcome
