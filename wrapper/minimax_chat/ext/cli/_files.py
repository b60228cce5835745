"""Writes a small file as a whole, or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def replace_file(path: Path, value: Any, *, mode: int = 0o666) -> None:
    """Replaces a file by a JSON value at once; raises OSError, and then the file is as before."""
    text = json.dumps(value, ensure_ascii=False, indent=2) + "\n"
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with open(descriptor, "wb") as file:
            # A lone surrogate becomes what JSON writes for it.
            file.write(text.encode("utf-8", "backslashreplace"))
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
