"""A pool of workers with httpx2, written by hand; it parses nothing and retries nothing."""

from __future__ import annotations

import asyncio

import httpx2

from . import KEY
from .bulk import Outcome, body, prompts


async def answers(url: str, count: int, concurrency: int) -> Outcome:
    source, outcome = prompts(count), Outcome()
    limits = httpx2.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)

    async def work() -> None:
        for prompt in source:
            try:
                reply = await client.post("/v1/chat/completions", json=body(prompt))
            except httpx2.TransportError:
                outcome.failed += 1
            else:
                outcome.answered += reply.is_success
                outcome.failed += not reply.is_success

    headers = {"Authorization": f"Bearer {KEY}"}
    async with httpx2.AsyncClient(base_url=url, headers=headers, limits=limits) as client:
        await asyncio.gather(*[work() for _ in range(concurrency)])
    return outcome
