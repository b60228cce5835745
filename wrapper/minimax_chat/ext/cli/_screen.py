"""The terminal or file that a command writes to, and an answer on it as it arrives."""

from __future__ import annotations

import re
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, Literal, Self, TypeAlias

from markdown_it import MarkdownIt
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.live import Live
from rich.markdown import CodeBlock, Markdown, MarkdownElement
from rich.segment import Segment
from rich.style import Style
from rich.syntax import ANSISyntaxTheme, Syntax
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
CODE = ANSISyntaxTheme(
    {
        ("Comment",): Style(dim=True),
        ("Keyword",): Style(bold=True),
        ("Literal", "String"): Style(italic=True),
        ("Literal", "String", "Doc"): Style(dim=True),
    }
)
CONTROLS = {
    **{code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n"},
    **dict.fromkeys(range(0x7F, 0xA0), 0xFFFD),
}
"""What steers a terminal, and what is shown instead."""


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
        self._part, self._rest = "", ""
        self._printed = False

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
            self._print(self._rest)
            self._part, self._rest = part, ""
        split, render = PARTS[part]
        *complete, self._rest = split(self._rest + printable(piece))
        for block in complete:
            self._print(block)
        # No more than the terminal has lines, or what has left it would be drawn again.
        rest = _Block(render(self._rest), most=self._console.height - 1)
        self._live.update(rest, refresh=True)

    def _print(self, block: str) -> None:
        if block.strip():
            if self._printed:
                self._console.print()
            self._console.print(_Block(PARTS[self._part][1](block)), end="")
            self._printed = True

    def __exit__(self, *exception: object) -> None:
        self._waiting.stop()
        self._live.stop()
        self._print(self._rest)


class _Block:
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


class _Code(CodeBlock):
    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        code = str(self.text).rstrip()
        yield Syntax(
            code,
            self.lexer_name,
            theme=CODE,
            background_color="default",
            word_wrap=True,
            padding=(0, 2),
        )


class _Markdown(Markdown):
    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "fence": _Code,
        "code_block": _Code,
    }


def _blocks(markdown: str) -> list[str]:
    """The paragraphs, lists, code blocks ... of a text. Only the last can change as it grows."""
    lines = re.findall(r"[^\n]*\n|[^\n]+", markdown)  # as the parser counts them
    starts = [token.map[0] for token in _parser.parse(markdown) if token.map and not token.level]
    bounds = [0, *starts[1:], len(lines)]
    return ["".join(lines[start:end]) for start, end in pairwise(bounds)]


_parser = MarkdownIt().enable("strikethrough").enable("table")
PARTS: dict[str, tuple[Callable[[str], list[str]], Callable[[str], RenderableType]]] = {
    "thinking": (lambda text: text.split("\n\n"), lambda text: Text(text, "dim")),
    "text": (_blocks, _Markdown),
}
"""How to split a part of the answer into blocks, and how to render them."""
