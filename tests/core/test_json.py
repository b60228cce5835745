"""_json.py: msgspec, if it is installed, changes the time alone."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from hypothesis import example, given, strategies as st

from minimax_chat import _json
from minimax_chat._json import MAX_DEPTH, parse

NUMBERS = st.integers() | st.integers(-(2**70), 2**70) | st.floats()
# Lone surrogates included.
TEXTS = st.text(st.characters(codec=None, exclude_categories=()))
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda values: st.lists(values) | st.dictionaries(TEXTS, values),
)


needs_msgspec = pytest.mark.skipif(_json.decode is None, reason="msgspec is hidden")


def test_msgspec_is_used_if_it_is_installed() -> None:
    assert (_json.decode is None) == bool(os.environ.get("WITHOUT_SPEED"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_json, "decode", lambda content: ["decoded", content])
        assert parse(b"1") == ["decoded", b"1"]


def outcome(content: bytes) -> str:
    """The value with the types in it, or the error; NaN is equal to itself in neither."""
    try:
        return repr(parse(content))
    except (ValueError, RecursionError) as error:
        return f"{type(error).__name__}: {error}"


def assert_same_without_msgspec(content: bytes) -> None:
    found = outcome(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_json, "decode", None)
        assert found == outcome(content)


@needs_msgspec
@given(VALUES, st.booleans())
def test_msgspec_reads_the_same_values(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert_same_without_msgspec(text.encode("utf-8", "surrogatepass"))


@needs_msgspec
@given(VALUES, st.data())
def test_msgspec_reads_broken_json_in_the_same_way(value: Any, data: st.DataObject) -> None:
    content = json.dumps(value).encode()
    place = data.draw(st.integers(0, len(content)))
    cut = data.draw(st.integers(0, 3))
    put = data.draw(st.binary(max_size=3) | st.sampled_from([b"[", b"}", b'"', b"\\", b"0", b"e"]))
    assert_same_without_msgspec(content[:place] + put + content[place + cut :])


@needs_msgspec
@given(st.from_regex(rb"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,4})?", fullmatch=True))
@example(b"-0")
@example(b"1e999")
@example(b"1" * 400 + b".0")
def test_msgspec_reads_the_same_numbers(content: bytes) -> None:
    assert_same_without_msgspec(content)
    assert_same_without_msgspec(b'{"a": [' + content + b"]}")


@needs_msgspec
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" \t\r\n1 ",
        b"\x0b1",
        b"\xef\xbb\xbf{}",
        b"\xef\xbb\xbf\xef\xbb\xbf{}",
        b'{"a": 1, "a": 2}',
        b"[NaN, Infinity, -Infinity]",
        b"9" * 5_000,
        b'"\\ud800"',
        b'"\\ud83d\\ude00"',
        b'"\xed\xa0\x80"',
        b'"\xc0\x80"',
        b'"a\nb"',
        b'"\\u0000"',
        b"[1,]",
        b"1 2",
        b"01",
        b"1.",
        '{"a": 1}'.encode("utf-16"),
    ],
    ids=repr,
)
def test_msgspec_reads_odd_json_in_the_same_way(content: bytes) -> None:
    assert_same_without_msgspec(content)


@pytest.mark.parametrize("shape", [(b"[", b"", b"]"), (b'{"a":', b"1", b"}")], ids=["[]", "{}"])
@pytest.mark.parametrize("depth", [MAX_DEPTH, MAX_DEPTH + 1, *range(960, 1_000), 100_000])
def test_nesting_is_limited(shape: tuple[bytes, bytes, bytes], depth: int) -> None:
    before, inside, after = shape
    content = before * depth + inside + after * depth
    if depth <= MAX_DEPTH:
        assert parse(content) == json.loads(content)
    else:
        with pytest.raises(RecursionError):
            parse(content)


def test_the_limit_of_nesting_is_told() -> None:
    assert parse(b"[" * 100 + b"]" * 100)
    with pytest.raises(RecursionError, match=r"^it is nested more than 100 levels deep$"):
        parse(b"[" * 101 + b"]" * 101)


def test_many_brackets_are_no_nesting() -> None:
    value = {"text": "[{" * 1_000, "items": [[1], {"a": [2]}] * 1_000}
    assert parse(json.dumps(value).encode()) == value


@pytest.mark.parametrize("empty", [b"[]", b"{}"])
def test_a_value_of_more_arrays_and_objects_than_any_answer_is_refused(empty: bytes) -> None:
    many = b"[" + (empty + b",") * (_json.MAX_CONTAINERS - 2)
    assert len(parse(many + b"[]]")) == _json.MAX_CONTAINERS - 1
    with pytest.raises(ValueError, match=r"^it has more than 50,000 arrays and objects$"):
        parse(many + b"[],[]]")


@pytest.mark.parametrize("empty", [b"[]", b"{}"])
def test_millions_of_brackets_are_refused_before_they_are_read(empty: bytes) -> None:
    """Two bytes each in the body, but 56 in memory; fewer may be a text about brackets."""
    text = empty[:1].decode() * (_json.MAX_BRACKETS - 1)
    assert parse(json.dumps([text]).encode()) == [text]
    with pytest.raises(ValueError, match=r"^it has more than 2,000,000 brackets$"):
        parse(b"[" + (empty + b",") * (_json.MAX_BRACKETS - 1) + empty + b"]")
