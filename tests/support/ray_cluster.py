"""What the tests of the extra `ray` see of a cluster."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

from minimax_chat.ext.emulator import Emulator


def prompts(emulator: Emulator) -> Counter[str]:
    """How often each prompt was sent."""
    return Counter(request.json["messages"][-1]["content"] for request in [*emulator.requests])


def workers() -> list[int]:
    """The processes of the actors that call the emulator of this test."""
    mine = f"MINIMAX_BASE_URL={os.environ['MINIMAX_BASE_URL']}".encode()
    found: list[int] = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            title = (process / "cmdline").read_bytes()
            variables = (process / "environ").read_bytes()
        except OSError:
            continue
        if title.startswith(b"ray::MapWorker") and mine in variables:
            found.append(int(process.name))
    return found
