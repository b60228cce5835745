"""Decodes server-sent events: bytes, however they are split, to the data of events."""

from __future__ import annotations


class EventDecoder:
    """Decodes an event stream as WHATWG specifies.

    Own code, because httpx-sse keeps a leading byte order mark, trusts a wrong charset and delays
    an event whose line ends in CR until more bytes arrive.
    """

    def __init__(self) -> None:
        self._line: list[bytes] = []
        self._data: list[bytes] = []
        self._after_cr = False
        self._byte_order_mark = b"\xef\xbb\xbf"

    def feed(self, piece: bytes) -> list[bytes]:
        """Decodes the next bytes; returns the data of each event that they complete."""
        events: list[bytes] = []
        if b"\n\n" in piece and b"\r" not in piece and self._is_at_first_line():
            # Nearly all events are a single line, which takes a quarter of the time this way.
            *complete, piece = b"".join([*self._line, piece]).split(b"\n\n")
            self._line = []
            for event in complete:
                if event.startswith(b"data: ") and len(event) > 6 and b"\n" not in event:
                    events.append(event[6:])
                else:
                    self._feed_lines(event + b"\n\n", events)
        self._feed_lines(piece, events)
        return events

    def _is_at_first_line(self) -> bool:
        """Whether the next bytes belong to the first line of an event, other than the first one."""
        return not (self._data or self._after_cr or self._byte_order_mark)

    def _feed_lines(self, piece: bytes, events: list[bytes]) -> None:
        if self._after_cr and piece:
            piece, self._after_cr = piece.removeprefix(b"\n"), False
        # bytes.splitlines() splits at CR, LF and CRLF only, as an event stream does.
        for line in piece.splitlines(keepends=True):
            self._line.append(line)
            self._after_cr = line.endswith(b"\r")
            if not line.endswith((b"\r", b"\n")):
                break
            whole = b"".join(self._line).rstrip(b"\r\n").removeprefix(self._byte_order_mark)
            self._line, self._byte_order_mark = [], b""
            name, _, value = whole.partition(b":")
            if name == b"data":
                self._data.append(value.removeprefix(b" "))
            elif not whole:
                data, self._data = b"\n".join(self._data), []
                if data:
                    events.append(data)
