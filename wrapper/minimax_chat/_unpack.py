"""Unpacks the body of a response, piece by piece."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from ._errors import ResponseDecodeError

ENCODINGS = "gzip"
"""The encodings to ask for, as the header Accept-Encoding lists them."""
PIECE = 65_536
"""Bytes that are unpacked at a time: a compressed body may be a thousand times larger unpacked."""


class Unpacker:
    """Unpacks a body in gzip. Content in an unknown encoding stays as it is."""

    def __init__(self, encoding: str) -> None:
        known = encoding in ("gzip", "x-gzip")
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 16) if known else None

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Unpacks the next bytes; yields at most PIECE bytes at a time."""
        if self._inflate is None:
            yield data
            return
        if self._inflate.eof:  # it would keep all that follows
            return
        try:
            while piece := self._inflate.decompress(data, PIECE):
                yield piece
                data = self._inflate.unconsumed_tail
            return
        except zlib.error as error:
            problem = str(error)
        raise ResponseDecodeError(f"the response body cannot be unpacked ({problem})")
