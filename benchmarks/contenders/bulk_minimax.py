"""minimax-chat's AsyncBatch."""

from __future__ import annotations

from minimax_chat import AsyncMiniMax
from minimax_chat.ext.batch import AsyncBatch, Pace

from . import KEY
from .bulk import Outcome, body, prompts


async def answers(url: str, count: int, concurrency: int) -> Outcome:
    outcome = Outcome()
    requests = (body(prompt) for prompt in prompts(count))
    async with (
        AsyncMiniMax(api_key=KEY, base_url=url) as client,
        AsyncBatch(client, requests, pace=Pace(concurrency=concurrency)) as batch,
    ):
        async for result in batch:
            if result.completion and result.completion.text:
                outcome.answered += 1
            else:
                outcome.failed += 1
    return outcome
