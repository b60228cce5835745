"""Decodes server-sent events: bytes, however they are split, to the data of events."""

from __future__ import annotations

from collections.abc import Iterator


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

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Decodes the next bytes; yields the data of each event that they complete."""
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
                    yield data
