"""Many requests, as fast as the account allows.

from minimax_chat import MiniMax
from minimax_chat.ext.batch import Batch

prompts = ["Name a heron.", "Name a warbler."]
requests = (
    {"model": "MiniMax-M3", "messages": [{"role": "user", "content": prompt}]} for prompt in prompts
)
with MiniMax() as client, Batch(client, requests) as batch:
    for result in batch:
        print(result.index, result.completion.text if result.completion else result.error)
"""

from __future__ import annotations

from ._batch import AsyncBatch as AsyncBatch, Result as Result
from ._gate import Gate as Gate, LocalGate as LocalGate
from ._pace import Pace as Pace, Started as Started
from ._threads import Batch as Batch

__all__ = ["AsyncBatch", "Batch", "Gate", "LocalGate", "Pace", "Result", "Started"]
