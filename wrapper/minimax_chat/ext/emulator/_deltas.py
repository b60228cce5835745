"""A message in the pieces of a stream."""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator, Mapping, Set
from itertools import chain, zip_longest
from typing import Any


def deltas(message: Mapping[str, Any], size: int | None, odd: Set[str]) -> Iterator[dict[str, Any]]:
    """What each chunk adds, in pieces of `size` characters; `odd` are oddities of `!odd`."""
    told = pieces(message.get("reasoning_content", ""), size)
    if told and "stray" in odd:
        told += ["</th", "ink>"]
    for number, piece in enumerate(told, 1):
        delta: dict[str, Any] = {"content": "", "reasoning_content": piece}
        if details := message.get("reasoning_details"):
            text = "".join(told[:number]) if "cumulative" in odd else piece
            delta["reasoning_details"] = [{**details[0], "text": text}]
        yield delta
    for piece in pieces(message["content"], size):
        yield {"content": piece}
    calls = [_call_pieces(call, size, odd) for call in message.get("tool_calls", ())]
    in_turn = chain.from_iterable(zip_longest(*calls) if "calls" in odd else calls)
    for call_piece in filter(None, in_turn):
        yield {"content": "", "tool_calls": [call_piece]}


def _call_pieces(
    call: Mapping[str, Any], size: int | None, odd: Set[str]
) -> Iterator[dict[str, Any]]:
    """A call without arguments, then these in pieces."""
    yield {**call, "function": {**call["function"], "arguments": ""}}
    for number, piece in enumerate(pieces(call["function"]["arguments"], size)):
        later: dict[str, Any] = {"index": call["index"], "function": {"arguments": piece}}
        if "calls" in odd:
            nothing = None if number % 2 == 0 else ""
            later = {**later, "id": nothing, "function": {"name": nothing, "arguments": piece}}
        yield later


def pieces(text: str, size: int | None = None) -> list[str]:
    """Cuts `text` as the API does: coarsely, without regard to tags; the same text the same way."""
    if size is None:
        # Eight chunks or so of a short text; the API's 125 characters on average of a long one.
        mean = min(max(len(text) // 8, 8), 125)
        sizes = random.Random(zlib.crc32(text.encode("utf-8", "replace")))
        ends: list[int] = []
        while (ends[-1] if ends else 0) < len(text):
            ends.append((ends[-1] if ends else 0) + sizes.randint(3, 2 * mean))
    else:
        ends = list(range(size, len(text) + size, size))
    return [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]
