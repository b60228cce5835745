"""The terminal or file that a command writes to, and an answer on it as it arrives."""

from __future__ import annotations

import re
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple, Self, TypeAlias

from markdown_it import MarkdownIt
from markdown_it.token import Token
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.live import Live
from rich.markdown import CodeBlock, Markdown, MarkdownElement, TableElement
from rich.padding import Padding
from rich.segment import Segment
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

if TYPE_CHECKING:
    from types import TracebackType

Shown: TypeAlias = Literal["show", "hide", "only"]
"""What is shown of the thinking: it above the answer, the answer alone, or it alone."""

# No background and no bright or dark colour: legible on light terminals and on dark ones.
STYLES = {
    "markdown.code": "bold",
    "markdown.code_block": "none",
    "markdown.h2": "bold underline",
    "markdown.h3": "bold",
    "markdown.h4": "bold italic",
    "markdown.block_quote": "italic",
    "markdown.item.number": "none",
    "markdown.list": "none",
    "markdown.link": "underline",
    "markdown.link_url": "underline",
    "markdown.table.border": "dim",
    "markdown.table.header": "bold",
}
CONTROLS = {
    **{code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n"},
    **dict.fromkeys([*range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)], 0xFFFD),
}
"""What steers a terminal, or reverses what follows, and what is shown instead."""


def screen() -> Console:
    """Standard output, as a terminal of its width or, elsewhere, plain text."""
    return Console(theme=Theme(STYLES), highlight=False, markup=False, emoji=False)


def printable(text: str) -> str:
    """A text without the characters by which it could steer a terminal."""
    return text.translate(CONTROLS)


def answer_on(console: Console, shown: Shown) -> AnswerView:
    """What shows an answer: use it as a context manager, and feed it the pieces."""
    if console.is_terminal and not console.is_dumb_terminal:
        return _Rendered(console, shown)
    return _Plain(console, shown)


class AnswerView(ABC):
    """Shows an answer as it arrives."""

    def __init__(self, console: Console, shown: Shown) -> None:
        self._console, self._shown = console, shown

    def add(self, thinking: str, text: str) -> None:
        """Shows the next pieces of the thinking and the answer."""
        if thinking:
            self._add("thinking", thinking, shown=self._shown != "hide")
        if text:
            self._add("text", text, shown=self._shown != "only")

    @abstractmethod
    def _add(self, part: str, piece: str, *, shown: bool) -> None: ...

    def __enter__(self) -> Self:
        return self

    @abstractmethod
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


class _Plain(AnswerView):
    """Text as it came, except that it cannot steer a terminal."""

    _part = ""
    _last = "\n"

    def _add(self, part: str, piece: str, *, shown: bool) -> None:
        if not shown:
            return
        if self._part not in ("", part):
            self._write("\n\n")
        self._part = part
        self._write(printable(piece) if self._console.is_terminal else piece)

    def _write(self, text: str) -> None:
        self._last = text[-1]
        # Not by the console, which would wrap lines.
        sys.stdout.write(text)
        sys.stdout.flush()

    def __exit__(self, *exception: object) -> None:
        if self._last != "\n":
            self._write("\n")


class _Rendered(AnswerView):
    """Markdown, below the dimmed thinking. What is complete is printed, the rest redrawn."""

    def __init__(self, console: Console, shown: Shown) -> None:
        super().__init__(console, shown)
        self._waiting = console.status("waiting for the answer", spinner_style="none")
        # Not refreshed by a thread, whose output could get between two lines of what is printed.
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._part = ""
        self._rest = Block("", continued=False)
        self._printed = False
        self._draw_at = 0.0

    def __enter__(self) -> Self:
        self._waiting.start()
        return self

    def _add(self, part: str, piece: str, *, shown: bool) -> None:
        if not shown:
            self._waiting.update(f"receiving the {part}")
            return
        self._waiting.stop()
        self._live.start()
        if part != self._part:
            self._finish()
            self._part = part
        self._rest = self._rest._replace(source=self._rest.source + printable(piece))
        began = time.monotonic()
        if began >= self._draw_at:
            self._draw()
            now = time.monotonic()
            # So that drawing never takes more than a tenth of the time.
            self._draw_at = now + 10 * (now - began)

    def _draw(self) -> None:
        split, render = PARTS[self._part]
        *complete, self._rest = split(self._rest)
        for block in complete:
            self._print(block)
        # No more than the terminal has lines, or what has left it would be drawn again.
        rest = _Trimmed(render(self._rest.source), most=self._console.height - 1)
        self._live.update(rest, refresh=True)

    def _print(self, block: Block) -> None:
        if block.source.strip():
            if self._printed and not block.continued:
                self._console.print()
            self._console.print(_Trimmed(PARTS[self._part][1](block.source)), end="")
            self._printed = True

    def _finish(self) -> None:
        if self._part:
            for block in PARTS[self._part][0](self._rest):
                self._print(block)
        self._rest = Block("", continued=False)

    def __exit__(self, *exception: object) -> None:
        self._waiting.stop()
        self._live.stop()
        self._finish()


class _Trimmed:
    """What is rendered of a text, without blank lines around it."""

    def __init__(self, whole: RenderableType, *, most: int = sys.maxsize) -> None:
        self._whole, self._most = whole, most

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = console.render_lines(self._whole, options.update(height=None), pad=False)
        filled = [number for number, line in enumerate(lines) if _text_of(line).strip()]
        shown = lines[filled[0] : filled[-1] + 1] if filled else []
        for line in shown[-self._most :]:
            yield from line
            yield Segment.line()


def _text_of(line: list[Segment]) -> str:
    return "".join(segment.text for segment in line)


class Block(NamedTuple):
    """A paragraph, a list item, lines of code ..."""

    source: str
    continued: bool
    """Whether it continues the block before, with no line between them."""


class _Code(CodeBlock):
    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        # Without colours, which no line would have that is printed before the next has come.
        yield Padding(Text(str(self.text).rstrip("\n"), overflow="fold"), (0, 2))


class _Table(TableElement):
    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for table in super().__rich_console__(console, options):
            if isinstance(table, Table):
                for column in table.columns:
                    column.overflow = "fold"  # or the ends of long words would be lost
            yield table


class _Markdown(Markdown):
    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "fence": _Code,
        "code_block": _Code,
        "table_open": _Table,
    }

    def __init__(self, markup: str) -> None:
        super().__init__(markup, hyperlinks=False)  # an address is shown, not hidden in a link
        self.parsed = _parser.parse(markup)


# What looks like HTML is text, and addresses stand where they are written: an answer is shown
# before its end, where others could follow.
_parser = MarkdownIt("commonmark", {"html": False})
_parser.enable(["strikethrough", "table"]).disable(["image", "reference"])


def _blocks(rest: Block) -> list[Block]:
    """The blocks of a text. Only the last can change when the text grows."""
    lines = re.findall(r"[^\n]*\n|[^\n]+", rest.source)  # as the parser counts them
    starts: list[tuple[int, bool]] = []
    continued = False
    code: Token | None = None
    for token in _parser.parse(rest.source):
        if token.map is None:
            continue
        if token.level == 0:
            continued = False
            code = token if token.type == "fence" else None
        if token.type == "list_item_open" and token.level == 1:
            starts.append((token.map[0], continued))
            continued = True
        elif token.level == 0 and not token.type.endswith("list_open"):
            starts.append((token.map[0], False))
    if not starts:
        return [rest]
    starts[0] = (0, rest.continued)
    ends = [start for start, _ in starts[1:]] + [len(lines)]
    blocks = [
        Block("".join(lines[start:end]), continued)
        for (start, continued), end in zip(starts, ends, strict=True)
    ]
    return [*blocks[:-1], *(_code_lines(blocks[-1]) if code else blocks[-1:])]


def _code_lines(block: Block) -> list[Block]:
    """A code block that may go on: the lines that are there, and the line that is not whole."""
    opening, *lines = block.source.splitlines(keepends=True)
    fence = opening.strip()[:3]
    partial = "" if not lines or lines[-1].endswith("\n") else lines.pop()
    if not lines or lines[-1].strip().startswith(fence):  # it has ended
        return [block]
    return [
        block._replace(source=opening + "".join(lines)),
        Block(opening + partial, continued=True),
    ]


def _paragraphs(rest: Block) -> list[Block]:
    first, *others = rest.source.split("\n\n")
    return [Block(first, rest.continued), *(Block(each, continued=False) for each in others)]


PARTS: dict[str, tuple[Callable[[Block], list[Block]], Callable[[str], RenderableType]]] = {
    "thinking": (_paragraphs, lambda text: Text(text, "dim")),
    "text": (_blocks, _Markdown),
}
"""How to split a part of the answer into blocks, and how to render them."""
