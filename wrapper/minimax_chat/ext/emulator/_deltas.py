"""A message in the pieces of a stream."""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator
from itertools import accumulate, chain, zip_longest
from typing import Any

from ._specification import Object
from ._switches import Behaviour


def deltas_of(message: Object, behaviour: Behaviour) -> Iterator[Object]:
    """What each chunk adds: the thinking in fields of its own, then the content, then the calls."""
    thinking = _pieces(message.get("reasoning_content", ""), behaviour.chunk)
    if thinking and "stray" in behaviour.odd:
        thinking += ["</th", "ink>"]
    texts = accumulate(thinking) if "cumulative" in behaviour.odd else thinking
    for piece, text in zip(thinking, texts, strict=True):
        delta: Object = {"content": "", "reasoning_content": piece}
        if details := message.get("reasoning_details"):
            delta["reasoning_details"] = [{**details[0], "text": text}]
        yield delta
    for piece in _pieces(message["content"], behaviour.chunk):
        yield {"content": piece}
    calls = [_pieces_of_call(call, behaviour) for call in message.get("tool_calls", ())]
    in_turn: Any = zip_longest(*calls) if "calls" in behaviour.odd else calls
    for call_piece in filter(None, chain.from_iterable(in_turn)):
        yield {"content": "", "tool_calls": [call_piece]}


def _pieces_of_call(call: Object, behaviour: Behaviour) -> Iterator[Object]:
    """A call without arguments, then these in pieces."""
    yield {**call, "function": {**call["function"], "arguments": ""}}
    for number, piece in enumerate(_pieces(call["function"]["arguments"], behaviour.chunk)):
        later: Object = {"index": call["index"], "function": {"arguments": piece}}
        if "calls" in behaviour.odd:
            later["id"] = later["function"]["name"] = "" if number % 2 else None
        yield later


def _pieces(text: str, size: int | None) -> list[str]:
    """Cuts `text` as the API does: coarsely, without regard to tags; the same text the same way."""
    # Eight chunks or so of a short text; the API's 125 characters on average of a long one.
    mean = min(max(len(text) // 8, 8), 125)
    sizes = random.Random(zlib.crc32(text.encode("utf-8", "replace")))
    pieces: list[str] = []
    start = 0
    while start < len(text):
        end = start + (size or sizes.randint(3, 2 * mean))
        pieces.append(text[start:end])
        start = end
    return pieces
