"""Files that are compressed if their name says so: .gz, .zst."""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING or sys.version_info < (3, 14):
    from backports import zstd
else:
    from compression import zstd


def is_compressed(path: Path) -> bool:
    """Whether the name of a file says that it is compressed."""
    return path.suffix in (".gz", ".zst")


@contextmanager
def open_uncompressed(path: Path, mode: str = "rb") -> Generator[BinaryIO]:
    """Opens a file for what it contains; a damaged one raises OSError, as an unreadable one."""
    openers: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".zst": zstd.open}
    try:
        with openers.get(path.suffix, open)(path, mode) as file:
            yield file
    except (EOFError, zlib.error, zstd.ZstdError) as error:
        raise OSError(f"the compressed data is damaged: {error}") from None
