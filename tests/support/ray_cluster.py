"""What can be seen of a cluster on this machine."""

from __future__ import annotations

import os
from pathlib import Path


def workers() -> list[int]:
    """The processes of the actors that call the server of this environment."""
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
