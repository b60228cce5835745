"""Separates the thinking, `<think>…</think>` before the answer, from the answer.

Works on strings alone. The documented form is one block followed by the answer. In practice there
are also several blocks, a block cut off by the token limit, and a closing tag without an opening
one, in which case everything before it is thinking.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

OPEN, CLOSE = "<think>", "</think>"
TAGS = f"({OPEN}|{CLOSE})"
WHITE_SPACE = " \t\r\n"


class ThinkSplitter:
    """Splits content that arrives in pieces, in linear time, however it is cut.

    A piece is returned as soon as nothing that follows can change its meaning: white space at the
    edge of a block, and what may become a tag, have to wait.
    """

    def __init__(self) -> None:
        self._state = "ahead"  # of block or answer; then "block", "untagged" or "answer"
        self._held = ""  # what may become a tag
        self._blank: list[str] = []  # white space, dropped if it turns out to be at an edge
        self._after_block = self._begun_block = self._thought = False

    def feed(self, piece: str) -> tuple[str, str]:
        """Reads the next piece; returns the thinking and the answer that it reveals."""
        if self._state == "answer":  # where tags have no meaning
            return "", piece
        buffer = self._held + piece
        if self._state == "untagged" and "<" not in buffer:
            return "", buffer
        thinking: list[str] = []
        text: list[str] = []
        tail = buffer.rfind("<", max(0, len(buffer) - len(OPEN)))
        if tail < 0 or not any(tag.startswith(buffer[tail:]) for tag in (OPEN[:-1], CLOSE[:-1])):
            tail = len(buffer)
        self._held = buffer[tail:]
        for part in re.split(TAGS, buffer[:tail]):
            self._take(part, thinking, text)
        if self._state == "answer":  # where tags have no meaning
            text.append(self._held)
            self._held = ""
        return "".join(thinking), "".join(text)

    def flush(self) -> tuple[str, str]:
        """Ends the content, unless more follows; returns the thinking and the answer held back."""
        thinking: list[str] = []
        held, self._held = self._held, ""
        if self._state == "block":
            self._think(held, thinking)
            return "".join(thinking), ""
        if self._after_block and not held:
            return "", ""
        blank = self._take_blank()
        if held:  # it is no tag
            self._state = "answer" if self._after_block else "untagged"
        return "", (_indentation(blank) if self._after_block else blank) + held

    def _take(self, part: str, thinking: list[str], text: list[str]) -> None:
        untagged = self._state in ("ahead", "untagged") and not self._after_block
        if part == OPEN and self._state == "ahead":
            self._state, self._begun_block = "block", False
        elif part == CLOSE and (self._state == "block" or untagged):
            # Without an opening tag, everything before was thinking.
            self._think("".join(text), thinking)
            text.clear()
            self._state, self._after_block = "ahead", True
            self._blank.clear()
        elif self._state == "block":
            self._think(part, thinking)
        else:
            if self._state == "ahead":
                kept = part.lstrip(WHITE_SPACE)
                self._blank.append(part[: len(part) - len(kept)])
                if not kept:
                    return
                blank = self._take_blank()
                self._state = "answer" if self._after_block else "untagged"
                part = (_indentation(blank) if self._after_block else blank) + kept
            if part == OPEN:  # within the answer, it is only mentioned
                self._state = "answer"
            text.append(part)

    def _take_blank(self) -> str:
        blank = "".join(self._blank)
        self._blank.clear()
        return blank

    def _think(self, piece: str, thinking: list[str]) -> None:
        kept = piece.rstrip(WHITE_SPACE)
        if kept:
            blank = self._take_blank()
            if self._begun_block:
                thinking.append(blank + kept)
            else:
                if self._thought:  # in an earlier block
                    thinking.append("\n\n")
                thinking.append(kept.lstrip(WHITE_SPACE))
            self._begun_block = self._thought = True
        self._blank.append(piece[len(kept) :])


class StructuredThinking:
    """Thinking that arrives in separate fields, as pieces of one or more segments.

    The result reads like tagged thinking: white space at the edges of a segment is dropped,
    segments are separated by a blank line, and a stray closing tag at the end is dropped.
    """

    def __init__(self) -> None:
        self._held: list[str] = []  # dropped if nothing follows in the segment
        self._begun_segment = self._thought = False

    def feed(self, piece: str) -> str:
        """Reads the next piece; returns the thinking that it reveals."""
        if not piece.strip(WHITE_SPACE):
            self._held.append(piece)
            return ""
        buffer = "".join([*self._held, piece])
        kept = _trimmed(buffer)
        tail = kept.rfind("<", max(0, len(kept) - len(CLOSE)))
        if len(kept) == len(buffer) and tail >= 0 and CLOSE.startswith(kept[tail:]):
            kept = kept[:tail].rstrip(WHITE_SPACE)
        self._held = [buffer[len(kept) :]]
        return self._think(kept)

    def flush(self) -> str:
        """Returns the thinking held back so far, but for what is dropped if nothing follows."""
        held = "".join(self._held)
        kept = _trimmed(held)
        self._held = [held[len(kept) :]]
        return self._think(kept)

    def end_segment(self) -> str:
        """Ends the segment; returns its thinking held back so far."""
        thinking = self.flush()
        self._held.clear()
        self._begun_segment = False
        return thinking

    def _think(self, kept: str) -> str:
        if not self._begun_segment:
            kept = kept.lstrip(WHITE_SPACE)
            if kept and self._thought:
                kept = "\n\n" + kept
        if kept:
            self._begun_segment = self._thought = True
        return kept


def _trimmed(segment: str) -> str:
    return segment.rstrip(WHITE_SPACE).removesuffix(CLOSE).rstrip(WHITE_SPACE)


def _indentation(blank: str) -> str:
    """The white space after a block, without blank lines."""
    return blank[max(blank.rfind("\n"), blank.rfind("\r")) + 1 :]


def split(content: str) -> tuple[str, str]:
    """The thinking and the answer in a whole content."""
    if "<" not in content:  # found so in a tenth of the time
        return "", content
    splitter = ThinkSplitter()
    (thinking, text), (last_thinking, last_text) = splitter.feed(content), splitter.flush()
    return thinking + last_thinking, text + last_text


def join_segments(segments: Iterable[str]) -> str:
    """The structured thinking in whole segments."""
    thinking = StructuredThinking()
    return "".join(
        part for each in segments for part in (thinking.feed(each), thinking.end_segment())
    )
