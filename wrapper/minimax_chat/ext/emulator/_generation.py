"""An answer as it is generated: token by token, up to the limit of the request."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from ._switches import Call

# A Chinese, Japanese or Korean character, a tag, a word, or any other sign; whitespace is free.
_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
_TOKEN = re.compile(rf"</?think>|[{_CJK}]|[^\W{_CJK}]+|[^\w\s]")


@dataclass(frozen=True)
class Output:
    """What goes into the message."""

    content: str
    reasoning: str
    calls: Sequence[Call]
    tokens: int
    finish_reason: str


def count_tokens(text: str) -> int:
    return sum(1 for _ in _TOKEN.finditer(text))


def generate(
    thinking: str, text: str, style: str, limit: float | None, calls: Sequence[Call]
) -> Output:
    """Joins thinking and answer in a style of `!think`, or "split", as far as the limit goes.

    A message has calls only where the limit suffices for all of them.
    """
    limit = int(min(sys.maxsize if limit is None else limit, sys.maxsize))
    tagged = f"<think>\n{thinking}\n</think>\n\n{text}"
    contents = {
        "tags": tagged,
        "both": tagged,
        "tight": f"<think>{thinking}</think>{text}",
        "orphan": f"{thinking}\n</think>\n\n{text}",
    }
    content = contents.get(style, text) if thinking else text
    reasoning = thinking if style in ("field", "split") else ""
    generated = [reasoning, content, *(f"{call.name} {call.arguments}" for call in calls)]
    kept: list[str] = []
    left = limit
    for each in generated:
        kept.append(_first_tokens(each, left))
        left -= count_tokens(kept[-1])
    reasoning, content, *_ = kept
    if style == "both":
        # The field repeats what the tags hold, and nothing is generated twice.
        reasoning = _first_tokens(thinking, limit)
    if kept != generated:
        return Output(content, reasoning, [], limit - left, "length")
    return Output(content, reasoning, calls, limit - left, "tool_calls" if calls else "stop")


def _first_tokens(text: str, limit: int) -> str:
    """As much of `text` as `limit` tokens make; whitespace at the end belongs to the whole."""
    end = max((match.end() for match in islice(_TOKEN.finditer(text), limit)), default=0)
    return text[:end] if _TOKEN.search(text, end) else text
