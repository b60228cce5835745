"""The splitter of thinking and answer, fed with whole contents and with pieces."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from minimax_chat._think import ThinkSplitter, split
from properties import cut, examples
from references import (
    CLOSE,
    OPEN,
    WHITE_SPACE,
    bare,
    is_orphaned,
    thinking_and_answer as reference,
)
from work import work

PAGE = Path(__file__).parents[2] / "docs" / "thinking.md"

CONTENTS = {
    "documented": (
        "<think>用户用中文打招呼,我应该用中文回应。</think>\n\n你好!有什么我可以帮助你的吗?",
        ("用户用中文打招呼,我应该用中文回应。", "你好!有什么我可以帮助你的吗?"),
    ),
    "no tags": ("Hello there.", ("", "Hello there.")),
    "no tags: white space is the answer's": ("  Hello\n", ("", "  Hello\n")),
    "nothing": ("", ("", "")),
    "white space alone": (" \n", ("", " \n")),
    "thinking alone": ("<think>hm</think>", ("hm", "")),
    "empty thinking": ("<think></think>\n\nHello", ("", "Hello")),
    "blank thinking": ("<think> \n </think>Hello", ("", "Hello")),
    "no white space around the tags": ("<think>hm</think>Hello", ("hm", "Hello")),
    "white space around the tags": ("\n <think>\n hm\n </think> \r\n\tHello", ("hm", "\tHello")),
    "indentation of the answer": (
        "<think>a</think>\n \n\n    return 1\n",
        ("a", "    return 1\n"),
    ),
    "lines that end in CR": ("<think>a</think>\r\r  b", ("a", "  b")),
    "only white space is dropped": ("<think>XaX</think>XbX", ("XaX", "XbX")),
    "white space on the line of the closing tag": ("<think>a</think> b", ("a", " b")),
    "blank lines alone": ("<think>a</think>\n \n  ", ("a", "")),
    "white space inside stays": ("<think>\na\n\n b\n</think>\nc \n d\n", ("a\n\n b", "c \n d\n")),
    "only the four spaces of JSON are white space": (
        "<think>\u3000hm\u00a0</think>\u3000Hello",
        ("\u3000hm\u00a0", "\u3000Hello"),
    ),
    "cut off by the limit": ("<think>I wonder", ("I wonder", "")),
    "cut off by the limit at white space": ("<think>I wonder \n", ("I wonder", "")),
    "cut off by the limit in the closing tag": ("<think>I wonder</thi", ("I wonder</thi", "")),
    "cut off by the limit in the closing tag of a second block": (
        "<think>a</think><think></thi",
        ("a\n\n</thi", ""),
    ),
    "cut off by the limit in the opening tag": ("<thi", ("", "<thi")),
    "cut off by the limit in a second opening tag": ("<think>a</think>\n<th", ("a", "<th")),
    "orphan closing tag": ("I wonder.\n</think>\n\nHello", ("I wonder.", "Hello")),
    "orphan closing tag, then a block": ("a</think><think>b</think>c", ("a\n\nb", "c")),
    "orphan closing tag at the start": ("</think>Hello", ("", "Hello")),
    "several leading blocks": (
        "<think>a</think>\n<think>b</think><think>\nc</think>\nHello",
        ("a\n\nb\n\nc", "Hello"),
    ),
    "several leading blocks, one empty": (
        "<think>a</think><think></think><think>b</think>c",
        ("a\n\nb", "c"),
    ),
    "mentioned in the answer": (
        "<think>a</think>Use <think> and </think>, so: <think>x</think>",
        ("a", "Use <think> and </think>, so: <think>x</think>"),
    ),
    "mentioned in an answer without thinking": (
        "The tag <think> opens, </think> closes.",
        ("", "The tag <think> opens, </think> closes."),
    ),
    "mentioned in a code block": (
        "<think>a</think>\n```xml\n<think>b</think>\n```\n",
        ("a", "```xml\n<think>b</think>\n```\n"),
    ),
    "an answer that begins with a code block": (
        "```xml\n<think>b</think>\n```",
        ("", "```xml\n<think>b</think>\n```"),
    ),
    "an opening tag inside the thinking": ("<think>a <think> b</think>c", ("a <think> b", "c")),
    "a closing tag after the thinking": ("<think>a</think>b</think>c", ("a", "b</think>c")),
    "a lone <": ("< 3", ("", "< 3")),
    "a lone < after the thinking": ("<think>a</think> < 3", ("a", " < 3")),
    "a false start": ("<thin ice", ("", "<thin ice")),
    "a false start in the thinking": ("<think></thin ice></think>b", ("</thin ice>", "b")),
    "a false start before a tag": ("<think>a<</think>b", ("a<", "b")),
    "two false starts": ("<think>a</thi</thin</think>b", ("a</thi</thin", "b")),
    "a false start before the opening tag": ("<<think>b", ("", "<<think>b")),
    "another case is no tag": ("<THINK>a</THINK>b", ("", "<THINK>a</THINK>b")),
    "a tag with a space is none": ("<think >a", ("", "<think >a")),
    "characters outside the basic plane": ("<think>🏔️ 山</think>🏔️", ("🏔️ 山", "🏔️")),
}

contents_and_parts = pytest.mark.parametrize(
    ("content", "parts"), CONTENTS.values(), ids=[name.replace(" ", "-") for name in CONTENTS]
)

contents = st.lists(
    st.sampled_from(
        [
            OPEN,
            CLOSE,
            OPEN,
            CLOSE,
            "<",
            "</",
            "<thin ice",
            "</thi",
            "<<",
            ">",
            "think>",
            " ",
            "\n",
            "\n\n",
            "\t",
            "\r\n",
            "a",
            "Hello.",
            "你好",
            "。",
            "🏔️",
            "\u3000",
            "\u2028",
            "```xml\n<think>x</think>\n```",
        ]
    ),
    max_size=12,
).map("".join)
cuts = st.lists(st.integers(min_value=0, max_value=200), max_size=8)


def streamed(pieces: list[str]) -> list[tuple[str, str]]:
    splitter = ThinkSplitter()
    return [*map(splitter.feed, pieces), splitter.flush()]


def joined(parts: list[tuple[str, str]]) -> tuple[str, str]:
    return "".join(thinking for thinking, _ in parts), "".join(text for _, text in parts)


@contents_and_parts
def test_thinking_and_answer_of_a_content(content: str, parts: tuple[str, str]) -> None:
    assert split(content) == parts


@pytest.mark.parametrize("start", ["<think>a</think>b", "The tag <think> opens"])
def test_an_answer_that_has_begun_is_passed_on_at_once(start: str) -> None:
    splitter = ThinkSplitter()
    splitter.feed(start)
    assert [splitter.feed(piece) for piece in ("<", "/thi", "nk>", " <th")] == [
        ("", "<"),
        ("", "/thi"),
        ("", "nk>"),
        ("", " <th"),
    ]


@contents_and_parts
def test_the_reference_agrees_with_the_examples(content: str, parts: tuple[str, str]) -> None:
    assert reference(content) == parts


def test_the_page_shows_thinking_and_answer_of_contents() -> None:
    rows = re.findall(r"^\| `(.+?)`.* \| (.+) \| (.+) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert len(rows) >= 6

    def shown(cell: str) -> str:
        return "\n\n".join(re.findall("`(.+?)`", cell))

    for content, thinking, text in rows:
        assert split(content) == (shown(thinking), shown(text)), content


@examples(150)
@given(contents)
def test_any_content_agrees_with_the_reference(content: str) -> None:
    assert split(content) == reference(content)


@contents_and_parts
def test_thinking_and_answer_are_the_same_after_any_two_cuts(
    content: str, parts: tuple[str, str]
) -> None:
    for first in range(len(content) + 1):
        for second in range(first, len(content) + 1):
            pieces = [content[:first], content[first:second], content[second:]]
            thinking, text = joined(streamed(pieces))
            if is_orphaned(content):  # text passed on before the tag cannot be taken back
                assert text.endswith(parts[1]), pieces
            else:
                assert (thinking, text) == parts, pieces


@examples(150)
@given(contents, cuts)
def test_any_content_is_the_same_after_any_cuts(content: str, at: list[int]) -> None:
    for pieces in (cut(content, at), list(content)):
        if not is_orphaned(content):
            assert joined(streamed(pieces)) == split(content), pieces


@examples(150)
@given(contents, cuts)
def test_an_orphan_closing_tag_in_pieces_loses_nothing(content: str, at: list[int]) -> None:
    """Text that was passed on cannot be taken back; everything else is as in the whole."""
    content = "I wonder" + content
    whole_thinking, whole_text = split(content)
    for pieces in (cut(content, at), list(content)):
        parts = streamed(pieces)
        thinking, text = joined(parts)
        assert text.endswith(whole_text)
        assert thinking.strip(WHITE_SPACE) in whole_thinking
        in_order = "".join(thinking + text for thinking, text in parts)
        assert bare(in_order) == bare(whole_thinking + whole_text)


def test_pieces_before_an_orphan_closing_tag_are_text() -> None:
    parts = streamed(["I won", "der.", "\n</thi", "nk>\n", "\nHello"])
    assert [text for _, text in parts] == ["I won", "der.", "\n", "", "Hello", ""]


@examples(150)
@given(contents)
def test_only_white_space_at_an_edge_and_possible_tags_are_held_back(content: str) -> None:
    for length in range(len(content) + 1):
        splitter = ThinkSplitter()
        _, text = joined([splitter.feed(character) for character in content[:length]])
        waiting = "".join(splitter.flush())
        if text and split(content[:length])[0] and not is_orphaned(content[:length]):
            assert waiting == "", "behind a block, all of the answer is passed on at once"
        elif text and not is_orphaned(content[:length]):
            assert len(waiting) <= 7, "no white space waits inside an answer"
            assert waiting.startswith("<") or not waiting
        tag = waiting.strip(WHITE_SPACE)
        assert any(each.startswith(tag) and each != tag for each in (OPEN, CLOSE)), waiting


@pytest.mark.parametrize(
    ("characters", "passed_on"),
    [
        ("< 3", ["", "< ", "3"]),
        ("<thin ice", ["", "", "", "", "", "<thin ", "i", "c", "e"]),
        ("a<b", ["a", "", "<b"]),
        ("a</thinner", ["a", "", "", "", "", "", "", "</thinn", "e", "r"]),
        ("  a b", ["", "", "  a", " ", "b"]),
    ],
)
def test_a_false_start_of_a_tag_is_passed_on_once_it_is_known(
    characters: str, passed_on: list[str]
) -> None:
    splitter = ThinkSplitter()
    assert [splitter.feed(character) for character in characters] == [
        ("", text) for text in passed_on
    ]


def test_thinking_is_passed_on_once_it_is_known() -> None:
    splitter = ThinkSplitter()
    pieces = ["<think>", "\n", "a", " ", "b", "<", "c", "</think>", "\n", "d", "<", "think>"]
    parts = [splitter.feed(piece) for piece in pieces]
    assert [thinking for thinking, _ in parts] == ["", "", "a", "", " b", "", "<c", *[""] * 5]
    assert [text for _, text in parts] == [*[""] * 9, "d", "<", "think>"]


SHAPES = {
    "a long answer, by characters": lambda n: list("a" * n),
    "a long block, by lines": lambda n: ["<think>", *["a line\n"] * (n // 7), "</think>"],
    "white space ahead": lambda n: [*" " * n, "a"],
    "white space in a block": lambda n: ["<think>a", *" " * n, "b</think>"],
    "white space behind a block": lambda n: ["<think>a</think>", *" " * n, "b"],
    "false starts": lambda n: list("<think>" + "</thin" * (n // 6)),
    "false starts in an answer": lambda n: list("a" + "<thin" * (n // 5)),
    "many blocks in one piece": lambda n: ["<think>a</think>\n" * (n // 17)],
    "an orphan at the end": lambda n: [*"a" * n, "</think>b"],
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=[name.replace(" ", "-") for name in SHAPES])
def test_splitting_is_linear_work(shape: Any) -> None:
    short, long = shape(1_000), shape(10_000)
    small, large = work(lambda: streamed(short)), work(lambda: streamed(long))
    assert small >= 30, "nothing was counted"
    assert large <= 11 * small


def test_content_that_goes_on_after_its_end_is_read_on() -> None:
    """As after a finish_reason that was not the end."""
    splitter = ThinkSplitter()
    assert splitter.feed("a<") == ("", "a")
    assert splitter.flush() == ("", "<")
    assert splitter.feed("b</think>c") == ("b", "c")
    splitter = ThinkSplitter()
    assert (splitter.feed("<"), splitter.flush()) == (("", ""), ("", "<"))
    assert splitter.feed("<think>a</think>b") == ("", "<think>a</think>b"), "only mentioned"
    splitter = ThinkSplitter()
    assert (splitter.feed("<think>a</think><"), splitter.flush()) == (("a", ""), ("", "<"))
    assert splitter.feed("<") == ("", "<"), "in an answer, nothing is held back"
