"""Counts work instead of measuring time, so that a test of linear time cannot be disturbed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

# Methods that can be told where to begin, so that the length of the whole says nothing.
WITH_PLACES = {"find", "rfind", "index", "startswith", "endswith", "match", "search"}


class _Meter:
    def __init__(self) -> None:
        self.work = 0
        self.known: dict[str, object] = {}

    def __call__(self, frame: FrameType, event: str, argument: Any) -> None:
        if event == "c_call" and argument.__name__ not in WITH_PLACES:
            self.add(getattr(argument, "__self__", None))
        elif event == "return":
            holder = getattr(frame.f_locals.get("self"), "__dict__", {})
            for name, value in {**frame.f_locals, **holder}.items():
                if self.known.get(name) is not value:
                    self.add(value)
                    self.known[name] = value

    def add(self, value: object) -> None:
        if isinstance(value, (bytes, bytearray, str)):
            self.work += len(value)


def work(task: Callable[[], object]) -> int:
    """The length of all text and bytes that methods look at, and that variables and objects get."""
    meter, before = _Meter(), sys.getprofile()
    sys.setprofile(meter)
    try:
        task()
    finally:
        sys.setprofile(before)
    return meter.work
