"""Hides values from repr(), vars() and pickles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value", covariant=True)


class Secret(Generic[Value]):
    """A value in a closure, where debuggers and tools that print attributes do not look."""

    def __init__(self, value: Value) -> None:
        self.reveal: Callable[[], Value] = lambda: value
