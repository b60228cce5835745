"""An answer on a terminal: rendered as it arrives, whatever the size, the colours, the pieces."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Callable

import pyte
import pytest
from hypothesis import given, settings, strategies as st
from rich.console import Console
from rich.theme import Theme

from minimax_chat.ext.cli._screen import STYLES, answer_on
from minimax_chat.ext.emulator import Emulator
from terminal import Terminal

Start = Callable[..., Terminal]
THINKING = "They want everything.\n\nSo do I."
ANSWER = """\
# Title

Some **bold** text with `code`, long enough to be wrapped on a terminal of forty columns.

1. first
2. second

```python
def double(x: int) -> int:
    return x * 2  # twice
```

| a | b |
|---|---|
| 1 | 你好 |

> A quote.
"""
SHOWN = """\
They want everything.

So do I.

                 Title

Some bold text with code, long enough to
be wrapped on a terminal of forty
columns.

 1 first
 2 second

  def double(x: int) -> int:
      return x * 2  # twice

 a  b
 ───────
 1  你好

▌ A quote."""


def test_markdown_on_a_narrow_terminal(terminal: Start, emulator: Emulator) -> None:
    emulator.reply(ANSWER, thinking=THINKING)
    screen = terminal("chat", "Hello", columns=40)
    assert screen.end() == 0
    assert screen.text() == SHOWN


def test_markdown_on_a_wide_terminal(terminal: Start, emulator: Emulator) -> None:
    emulator.reply(ANSWER, thinking=THINKING)
    screen = terminal("chat", "Hello", "--thinking", "hide")
    assert screen.end() == 0
    assert screen.text().startswith(" " * 37 + "Title\n\nSome bold text with code, long enough")


def test_no_colour_is_chosen_for_the_terminal(terminal: Start, emulator: Emulator) -> None:
    """Light or dark: only attributes such as bold and dim are used."""
    emulator.reply(ANSWER, thinking=THINKING)
    screen = terminal("chat", "Hello")
    assert screen.end() == 0
    used = {
        int(number or 0)
        for numbers in re.findall(rb"\x1b\[([\d;]*)m", screen.output)
        for number in numbers.split(b";")
    }
    assert used <= {0, 1, 2, 3, 4, 49}


@pytest.mark.parametrize("variable", [{"TERM": "dumb"}, {"NO_COLOR": "1"}])
def test_terminals_without_colours(
    terminal: Start, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, variable: dict[str, str]
) -> None:
    for name, value in variable.items():
        monkeypatch.setenv(name, value)
    emulator.fail(1008)
    screen = terminal("chat", "Hello")
    assert screen.end() == 1
    assert not re.search(rb"\x1b\[[\d;]*3\dm", screen.output)


def test_a_dumb_terminal_gets_plain_text(
    terminal: Start, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    emulator.reply("**bold** \x1b[2J", thinking="hm")
    screen = terminal("chat", "Hello")
    assert screen.end() == 0
    assert screen.output.decode() == "hm\r\n\r\n**bold** ␛[2J\r\n"


def test_an_answer_cannot_steer_the_terminal(terminal: Start, emulator: Emulator) -> None:
    emulator.reply("a\x1b]0;title\x07b\x9b2Jc", thinking="\x1b[2Jhm")
    screen = terminal("chat", "Hello")
    assert screen.end() == 0
    assert screen.text() == "␛[2Jhm\n\na␛]0;title␇b�2Jc"


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ("if a <b and c> d: print('<html>')", "if a <b and c> d: print('<html>')"),
        ("<details>\nHidden?\n</details>", "<details> Hidden? </details>"),
        ("one<br>two <!-- three -->", "one<br>two <!-- three -->"),
        ("[the docs](https://example.com/a)", "the docs (https://example.com/a)"),
        ("See [1].\n\n[1]: https://example.com", "See [1].\n\n[1]: https://example.com"),
        ("![a heron](https://example.com/h.png)", "!a heron (https://example.com/h.png)"),
        ("<https://example.com>", "https://example.com"),
        ("a\u202ecba\u2066d", "a�cba�d"),
        ("```\nnever closed", "  never closed"),
    ],
)
def test_nothing_of_an_answer_is_hidden(
    terminal: Start, emulator: Emulator, answer: str, shown: str
) -> None:
    emulator.reply(answer, thinking="")
    screen = terminal("chat", "Hello")
    assert screen.end() == 0
    assert screen.text().replace("https://example.com (https://example.com)", shown) == shown


def test_a_table_loses_nothing_on_a_narrow_terminal(terminal: Start, emulator: Emulator) -> None:
    cells = [f"{'abcdefghijkl'[column:]}{column}" for column in range(6)]
    table = "\n".join(f"| {' | '.join(row)} |" for row in (cells, ["---"] * 6, cells))
    emulator.reply(table, thinking="")
    screen = terminal("chat", "Hello", columns=40)
    assert screen.end() == 0
    assert "…" not in screen.text()
    # Each letter, twice.
    letters = sorted(each for each in screen.text() if each.isalnum())
    assert letters == sorted("".join(cells) * 2)


def test_models_on_a_narrow_terminal(terminal: Start) -> None:
    screen = terminal("models", columns=40)
    assert screen.end() == 0
    assert "…" not in screen.text()


def test_the_beginning_of_long_code_can_be_read_while_the_rest_arrives(
    terminal: Start, emulator: Emulator
) -> None:
    code = "\n".join(f"line_{number}()" for number in range(100))
    emulator.reply(f"```\n{code}\n```", thinking="", switches="!slow 0 between=0.1")
    screen = terminal("chat", "Hello", lines=10)
    screen.wait_for(r"line_60\(\)")
    assert "line_0()" in screen.text()
    assert screen.end() == 0
    assert screen.text().split() == code.split()
    # Not drawn again and again.
    assert len(screen.output) < 20 * len(code)


def test_nothing_is_lost_or_doubled_of_what_is_longer_than_the_screen(
    terminal: Start, emulator: Emulator
) -> None:
    numbers = "\n".join(f"- {number}" for number in range(200))
    emulator.reply(numbers, thinking="")
    screen = terminal("chat", "Hello", lines=10)
    assert screen.end() == 0
    assert re.findall(r"\d+", screen.text()) == [str(number) for number in range(200)]


def test_ctrl_c_keeps_what_had_arrived(terminal: Start, emulator: Emulator) -> None:
    emulator.reply("one two three four " * 30, thinking="", switches="!slow 0 between=5")
    screen = terminal("chat", "Hello")
    screen.wait_for("one")
    screen.type("\x03")
    assert screen.end() == 130
    assert "one two three" in screen.text()
    assert "Traceback" not in screen.text()


def test_while_it_waits_it_says_so(terminal: Start, emulator: Emulator) -> None:
    emulator.reply("Hello", thinking="one two three four " * 30, switches="!slow 0 between=0.2")
    screen = terminal("chat", "Hello", "--thinking", "hide")
    screen.wait_for("receiving the thinking")
    assert screen.end() == 0
    assert screen.text() == "Hello"


def shown(pieces: list[tuple[str, str]]) -> str:
    """The screen after these pieces of thinking and text."""
    written = io.StringIO()
    console = Console(
        file=written, force_terminal=True, width=40, height=12, theme=Theme(STYLES), highlight=False
    )
    with answer_on(console, "show") as view:
        for thinking, text in pieces:
            view.add(thinking, text)
    screen = pyte.HistoryScreen(40, 12, history=1000, ratio=0.5)
    pyte.Stream(screen).feed(written.getvalue().replace("\n", "\r\n"))
    above = ["".join(line[x].data for x in range(40)) for line in screen.history.top]
    return "\n".join(map(str.rstrip, [*above, *screen.display])).rstrip()


def cut(text: str, places: list[int]) -> list[str]:
    bounds = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    return [text[start:end] for start, end in itertools.pairwise(bounds)]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 10_000), max_size=60), st.lists(st.integers(0, 10_000), max_size=5))
def test_the_screen_is_the_same_however_the_answer_is_cut(
    text_cuts: list[int], thinking_cuts: list[int]
) -> None:
    pieces = [(each, "") for each in cut(THINKING, thinking_cuts)]
    pieces += [("", each) for each in cut(ANSWER, text_cuts)]
    assert shown(pieces) == SHOWN
