"""The common cases take the short ways made for them.

What they return is tested elsewhere. Here the functions called are counted, which unlike the time
taken is the same on every machine.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from minimax_chat._json import parse
from minimax_chat._think import split
from samples import chunk, plain, sse
from seams import answer, call, head, read, reply, stream_reader


def calls(run: Callable[[], object]) -> int:
    """How many functions are called, when nothing is left to be imported."""
    count = 0

    def profile(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    run()
    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        run()
    finally:
        sys.setprofile(before)
    return count


def calls_per_event(event: Callable[[int], dict[str, Any]]) -> float:
    """For an event in the middle of a stream."""
    few, many = (sse(*map(event, range(number)), chunk("", "stop")) for number in (10, 110))
    return (
        calls(lambda: read(stream_reader(), many)) - calls(lambda: read(stream_reader(), few))
    ) / 100


@pytest.mark.parametrize("role", ["assistant", "", None])
def test_an_event_that_adds_only_text_is_not_checked_and_merged_as_a_whole(
    role: str | None,
) -> None:
    text = calls_per_event(lambda number: chunk("word ", role=role))
    more = calls_per_event(lambda number: chunk("word ", role=role, novel=number))
    assert text < more / 3


def test_any_other_event_with_a_text_is_not_checked_against_the_schema() -> None:
    plain_event = calls_per_event(lambda number: chunk("word ", novel=number))
    other = calls_per_event(lambda number: chunk("word ", novel=number, tool_calls=[]))
    assert plain_event < other / 1.3


def test_text_is_searched_for_tags_only_where_one_may_begin() -> None:
    begun = chunk("<think>a</think>b")
    text = calls_per_event(lambda number: chunk("word "))
    brackets = calls_per_event(lambda number: chunk("<word "))
    after_thinking = calls_per_event(lambda number: chunk("<word ") if number else begun)
    assert text < brackets
    assert after_thinking < brackets


def test_a_plain_answer_is_not_checked_against_the_schema() -> None:
    reply_head = head(reply())
    other = plain()
    other["choices"][0]["message"]["tool_calls"] = []
    short, long = (json.dumps(each).encode() for each in (plain(), other))
    assert calls(lambda: reply_head.completion(short)) < (
        calls(lambda: reply_head.completion(long)) / 2
    )


def test_a_plain_request_is_not_checked_against_the_schema() -> None:
    message = answer(200, plain()).message
    assert calls(lambda: call()) < calls(lambda: call(messages=[message])) / 2


def test_a_value_with_few_brackets_is_not_searched_for_deep_nesting() -> None:
    text = json.dumps(["x" * 300]).encode()
    short = json.dumps([[]] * 60).encode()
    many = json.dumps([[]] * 120).encode()
    searched = calls(lambda: parse(many))
    assert calls(lambda: parse(text)) < searched / 2
    assert calls(lambda: parse(short)) < searched / 2


def test_a_content_without_tags_is_not_split() -> None:
    assert calls(lambda: split("word " * 9)) < calls(lambda: split("<word " * 9)) / 3
