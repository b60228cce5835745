"""What the core does, written a second time: plainly, and without a thought of efficiency."""

from __future__ import annotations

import re

OPEN, CLOSE = "<think>", "</think>"
WHITE_SPACE = " \t\r\n"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def events(stream: bytes) -> list[bytes]:
    """The data of the events of a whole stream, written after WHATWG's text.

    Its rules are about ASCII characters, which are single bytes of UTF-8, and the byte order mark.
    """
    lines = re.split("\r\n|\r|\n", stream.removeprefix(BYTE_ORDER_MARK).decode("latin-1"))
    found: list[str] = []
    data = ""
    for line in lines[:-1]:  # the rest after the last line end is no line
        if line == "":
            if data:
                found.append(data.removesuffix("\n"))
            data = ""
        elif line.startswith(":"):
            continue
        else:
            field, colon, value = line.partition(":")
            if field == "data":
                data += (value.removeprefix(" ") if colon else "") + "\n"
    return [event.encode("latin-1") for event in found]


def with_data(events: list[bytes]) -> list[bytes]:
    """Without events of empty data, which say nothing to a client of this API."""
    return [event for event in events if event]


def thinking_and_answer(content: str) -> tuple[str, str]:
    """The thinking and the answer of a whole content."""
    blocks: list[str] = []
    rest = content
    opening, closing = content.find(OPEN), content.find(CLOSE)
    if closing >= 0 and not 0 <= opening < closing:
        block, _, rest = content.partition(CLOSE)
        blocks.append(block)
    while rest.lstrip(WHITE_SPACE).startswith(OPEN):
        block, _, rest = rest.lstrip(WHITE_SPACE).removeprefix(OPEN).partition(CLOSE)
        blocks.append(block)
    if not blocks:
        return "", content
    thinking = "\n\n".join(filter(None, (block.strip(WHITE_SPACE) for block in blocks)))
    return thinking, re.sub(r"\A[ \t\r\n]+\Z|\A[ \t\r\n]*[\r\n]", "", rest)


def is_orphaned(content: str) -> bool:
    """Whether the first tag is a closing one: text passed on before it cannot be taken back."""
    return re.findall("</?think>", content)[:1] == [CLOSE]


def bare(text: str) -> str:
    """Without tags, and then without white space."""
    return "".join(re.sub("</?think>", "", text).translate(dict.fromkeys(map(ord, WHITE_SPACE))))
