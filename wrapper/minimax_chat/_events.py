"""Decodes server-sent events: bytes, however they are split, to the data of events."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator

from ._errors import ResponseLimitError


class EventDecoder:
    """Decodes an event stream as WHATWG specifies.

    Own code, because httpx-sse keeps a leading byte order mark, trusts a wrong charset, delays an
    event whose line ends in CR until more bytes arrive, and collects an event without limit.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._line = bytearray()  # the line that has begun
        self._data: list[bytes] = []  # lines of the event that has begun
        self._data_size = 0  # bytes, with those of the names
        self._after_cr = False
        self._at_start = True  # where a byte order mark may stand

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Decodes the next bytes; yields the data of each event that they complete.

        Raises ResponseLimitError if a line or an event exceeds `max_bytes`.
        """
        for line in self._complete_lines(piece):
            if line.startswith(b"data: "):
                self._data.append(line[6:])
                self._data_size += len(line)
            elif line:
                name, _, value = line.partition(b":")
                if name == b"data":
                    self._data.append(value)
                    self._data_size += len(line)
                if len(line) > self._max_bytes:
                    raise self._too_large()
            elif self._data:
                data = b"\n".join(self._data)
                if self._data_size > self._max_bytes:
                    raise self._too_large()
                self._data.clear()
                self._data_size = 0
                if data:
                    yield data
        if len(self._line) > self._max_bytes or self._data_size > self._max_bytes:
            raise self._too_large()

    def _too_large(self) -> ResponseLimitError:
        return ResponseLimitError(f"an event of the stream exceeds {self._max_bytes:,} bytes")

    def _complete_lines(self, piece: bytes) -> list[bytes]:
        """The lines that the next bytes complete. They end in LF, CR, or both."""
        if self._after_cr and piece:
            piece, self._after_cr = piece.removeprefix(b"\n"), False
        if b"\r" in piece:
            self._after_cr = piece.endswith(b"\r")
            piece = piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *lines, begun = piece.split(b"\n")
        if lines and self._line:
            lines[0] = bytes(self._line + lines[0])
            self._line.clear()
        if begun:
            self._line += begun
        if lines and self._at_start:
            lines[0] = lines[0].removeprefix(BOM_UTF8)
            self._at_start = False
        return lines
