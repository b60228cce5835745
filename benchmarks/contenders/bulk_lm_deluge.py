"""lm-deluge, with rates that do not bind."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from . import KEY, MODEL
from .bulk import Outcome, prompts

# Not installed where the types are checked.
lm_deluge: Any = import_module("lm_deluge")
models: Any = import_module("lm_deluge.models")

UNBOUND = 10**9
"""Requests and tokens in a minute."""


async def answers(url: str, count: int, concurrency: int) -> Outcome:
    os.environ["BENCHMARK_KEY"] = KEY
    models.register_model(
        id=MODEL, name=MODEL, api_base=f"{url}/v1", api_key_env_var="BENCHMARK_KEY"
    )
    client = lm_deluge.LLMClient(
        MODEL,
        max_requests_per_minute=UNBOUND,
        max_tokens_per_minute=UNBOUND,
        max_concurrent_requests=concurrency,
    )
    texts = await client.process_prompts_async(
        [*prompts(count)], return_completions_only=True, show_progress=False
    )
    answered = sum(map(bool, texts))
    return Outcome(answered, count - answered)
