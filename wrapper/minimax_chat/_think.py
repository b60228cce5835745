"""Tells the thinking, in `<think>…</think>` ahead of the answer, from the answer.

Knows strings alone. The documented form is one block, then the answer. Seen on the wire are also
several blocks, one that the token limit cut off, and a closing tag without an opening one: what
stands before it was thinking.
"""

from __future__ import annotations

OPEN, CLOSE = "<think>", "</think>"
WHITE_SPACE = " \t\r\n"


class ThinkSplitter:
    """Splits content that comes in pieces, in time linear in its length, however it is cut.

    A piece is passed on as soon as nothing that follows can change what it is: white space at the
    edge of a block and what may become a tag have to wait.
    """

    def __init__(self) -> None:
        self._state = "leading"  # ahead of the answer; then "thinking", "answer" or "untagged"
        self._held = ""  # a proper prefix of a tag
        self._blank: list[str] = []  # white space that is dropped if it turns out to be at an edge
        self._after_block = False
        self._block_begun = False
        self._thought = False

    def feed(self, piece: str) -> tuple[str, str]:
        """Takes the next piece; returns the thinking and the answer that it makes known."""
        thinking: list[str] = []
        text: list[str] = []
        buffer, self._held = self._held + piece, ""
        at = 0
        while at < len(buffer):
            if self._state == "answer":
                text.append(buffer[at:])
                break
            if self._state == "leading":
                start = at
                while at < len(buffer) and buffer[at] in WHITE_SPACE:
                    at += 1
                self._blank.append(buffer[start:at])
                if buffer.startswith(OPEN, at):
                    self._state, self._block_begun = "thinking", False
                    self._blank.clear()
                    at += len(OPEN)
                elif len(buffer) - at < len(OPEN) and OPEN.startswith(buffer[at:]):
                    self._held = buffer[at:]
                    break
                elif self._after_block:
                    self._blank.clear()
                    self._state = "answer"
                else:
                    self._state = "untagged"
                continue
            closing = buffer.find(CLOSE, at)
            if self._state == "untagged":
                opening = buffer.find(OPEN, at, len(buffer) if closing < 0 else closing)
                if opening >= 0:  # a tag in the midst of the answer is a mention
                    self._state = "answer"
                if opening >= 0 or closing < 0:
                    end = len(buffer) if opening >= 0 else _unheld(buffer, at, OPEN, CLOSE)
                    text.append(self._take_blank() + buffer[at:end])
                    self._held = buffer[end:]
                    break
                self._think(self._take_blank() + buffer[at:closing], thinking)
            else:
                end = closing if closing >= 0 else _unheld(buffer, at, CLOSE)
                self._think(buffer[at:end], thinking)
                if closing < 0:
                    self._held = buffer[end:]
                    break
            self._state, self._after_block = "leading", True
            self._blank.clear()
            at = closing + len(CLOSE)
        return "".join(thinking), "".join(text)

    def flush(self) -> tuple[str, str]:
        """Ends the content; returns the thinking and the answer that were held back."""
        held, self._held = self._held, ""
        if self._state == "thinking":
            thinking: list[str] = []
            self._think(held, thinking)
            return "".join(thinking), ""
        blank = self._take_blank()
        return "", held if self._after_block else blank + held

    def _take_blank(self) -> str:
        blank = "".join(self._blank)
        self._blank.clear()
        return blank

    def _think(self, piece: str, thinking: list[str]) -> None:
        kept = piece.rstrip(WHITE_SPACE)
        if kept:
            blank = self._take_blank()
            if self._block_begun:
                thinking.append(blank + kept)
            else:
                thinking.append("\n\n" * self._thought + kept.lstrip(WHITE_SPACE))
            self._block_begun = self._thought = True
        self._blank.append(piece[len(kept) :])


def split(content: str) -> tuple[str, str]:
    """The thinking and the answer of a whole content."""
    splitter = ThinkSplitter()
    thinking, text = splitter.feed(content)
    last_thinking, last_text = splitter.flush()
    return thinking + last_thinking, text + last_text


def _unheld(buffer: str, at: int, *tags: str) -> int:
    """Where the end of `buffer` begins that may become one of `tags`."""
    for length in range(min(len(CLOSE) - 1, len(buffer) - at), 0, -1):
        if any(length < len(tag) and buffer.endswith(tag[:length]) for tag in tags):
            return len(buffer) - length
    return len(buffer)
