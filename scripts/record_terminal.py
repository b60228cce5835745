"""Draws the picture of `minimax-chat chat` in README.md: docs/images/chat.svg.

    python scripts/record_terminal.py

The command runs in a terminal of 80 columns; its answer is scripted in the emulator.
"""

from __future__ import annotations

import io
import os
import re
import sys
from itertools import groupby
from pathlib import Path

from pyte.screens import Char
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.style import Style
from rich.text import Text

from minimax_chat.ext.emulator import Emulator

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tests" / "support"))
from terminal import Terminal  # noqa: E402

PICTURE = ROOT / "docs" / "images" / "chat.svg"
COLUMNS = 80
PROMPT = "Which herons nest in Europe? In a table, please."
THINKING = (
    "A table of the large herons: the grey one and the purple one. The smaller relatives "
    "fit into one sentence below it."
)
ANSWER = """\
Two **large herons** nest in most of Europe:

| heron | height | where it nests |
|---|---|---|
| Grey heron (*Ardea cinerea*) | 90–98 cm | in colonies, high in trees |
| Purple heron (*Ardea purpurea*) | 78–90 cm | in reed beds |

Smaller relatives, such as the **little egret** and the **night heron**, nest there as well.
"""


def main() -> None:
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(picture(), "utf-8")
    print(f"wrote {PICTURE.relative_to(ROOT)}")


def picture() -> str:
    """The terminal after the command, as SVG."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), highlight=False)
    console.print(Text.assemble(("$ ", "green"), f'minimax-chat chat "{PROMPT}"'))
    for line in _screen():
        console.print(line)
    # Without the fonts, which would be fetched from a server.
    form = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    svg = console.export_svg(title="minimax-chat", code_format=form, unique_id="chat")
    return re.sub(r"[ \t]+$", "", svg, flags=re.MULTILINE)


def _screen() -> list[Text]:
    """The lines that the command shows, with their attributes."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MINIMAX_")}
    command = [sys.executable, "-P", "-c", "from minimax_chat.ext.cli import main; main()"]
    with Emulator() as emulator:
        emulator.reply(ANSWER, thinking=THINKING)
        own = {"MINIMAX_BASE_URL": emulator.base_url, "MINIMAX_API_KEY": "any"}
        own |= {"TERM": "xterm-256color", "PYTHONUTF8": "1"}
        with Terminal([*command, "chat", PROMPT], {**kept, **own}, columns=COLUMNS) as terminal:
            if terminal.end():
                sys.exit(f"record_terminal: the command failed:\n{terminal.text()}")
            lines = terminal.text().count("\n") + 1
            return [_text(line) for line in terminal.cells()[:lines]]


def _text(line: list[Char]) -> Text:
    runs = groupby(line, _style)
    return Text.assemble(*(("".join(cell.data for cell in run), style) for style, run in runs))


def _style(cell: Char) -> Style:
    """The attributes of a character; the terminal keeps dim ones as blinking."""
    return Style(bold=cell.bold, italic=cell.italics, underline=cell.underscore, dim=cell.blink)


if __name__ == "__main__":
    main()
