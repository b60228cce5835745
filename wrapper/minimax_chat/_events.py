"""Decodes server-sent events: bytes, however they are split, to the data of events."""

from __future__ import annotations

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
        self._byte_order_mark = b"\xef\xbb\xbf"

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Decodes the next bytes; yields the data of each event that they complete.

        Raises ResponseLimitError if a line or an event exceeds `max_bytes`.
        """
        for line in self._complete_lines(piece):
            if line:
                if line.startswith(b"data: "):
                    value = line[6:]
                else:
                    name, _, value = line.partition(b":")
                    if name != b"data":
                        self._check_size(len(line))
                        continue
                self._data.append(value)
                self._data_size += len(line)
                self._check_size(self._data_size)
            elif self._data:
                data = b"\n".join(self._data)
                self._data.clear()
                self._data_size = 0
                if data:
                    yield data
        self._check_size(len(self._line))

    def _check_size(self, size: int) -> None:
        if size > self._max_bytes:
            raise ResponseLimitError(f"an event of the stream exceeds {self._max_bytes:,} bytes")

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
        self._line += begun
        if lines and self._byte_order_mark:
            lines[0] = lines[0].removeprefix(self._byte_order_mark)
            self._byte_order_mark = b""
        return lines
