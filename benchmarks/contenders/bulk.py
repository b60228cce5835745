"""What those who answer many requests share: the requests, and what became of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from . import MODEL


@dataclass
class Outcome:
    answered: int = 0
    failed: int = 0


def prompts(count: int) -> Iterator[str]:
    """Each is another request to the stub."""
    return (f"Translate sentence {number} of the book." for number in range(count))


def body(prompt: str) -> dict[str, Any]:
    return {"model": MODEL, "messages": [{"role": "user", "content": prompt}]}
