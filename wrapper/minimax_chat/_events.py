"""Decodes server-sent events: bytes, however they are split, to the data of events."""

from __future__ import annotations


class EventDecoder:
    """Decodes an event stream as WHATWG specifies.

    Own code, because httpx-sse keeps a leading byte order mark, trusts a wrong charset and delays
    an event whose line ends in CR until more bytes arrive.
    """

    def __init__(self) -> None:
        self._line: list[bytes] = []  # pieces of the line that has begun
        self._data: list[bytes] = []  # lines of the event that has begun
        self._after_cr = False
        self._byte_order_mark = b"\xef\xbb\xbf"

    def feed(self, piece: bytes) -> list[bytes]:
        """Decodes the next bytes; returns the data of each event that they complete."""
        events: list[bytes] = []
        for line in self._complete_lines(piece):
            if line.startswith(b"data: "):
                self._data.append(line[6:])
            elif line:
                name, _, value = line.partition(b":")
                if name == b"data":
                    self._data.append(value)
            elif self._data:
                data = b"\n".join(self._data)
                self._data.clear()
                if data:
                    events.append(data)
        return events

    def _complete_lines(self, piece: bytes) -> list[bytes]:
        """The lines that the next bytes complete. They end in LF, CR, or both."""
        if self._after_cr and piece:
            piece, self._after_cr = piece.removeprefix(b"\n"), False
        if b"\r" in piece:
            self._after_cr = piece.endswith(b"\r")
            piece = piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *lines, begun = piece.split(b"\n")
        if lines and self._line:
            lines[0] = b"".join([*self._line, lines[0]])
            self._line.clear()
        if begun:
            self._line.append(begun)
        if lines and self._byte_order_mark:
            lines[0] = lines[0].removeprefix(self._byte_order_mark)
            self._byte_order_mark = b""
        return lines
