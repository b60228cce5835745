"""Server-sent events by WHATWG's rules for event streams, however the bytes are cut."""

from __future__ import annotations

import pytest
from hypothesis import example, given, strategies as st

from minimax_chat import ResponseLimitError
from minimax_chat._config import MAX_ANSWER_BYTES
from minimax_chat._events import EventDecoder
from properties import cut, examples
from references import BYTE_ORDER_MARK as MARK, events as reference, with_data
from samples import chunk, sse
from seams import read, stream_reader
from work import work

STREAMS: dict[str, tuple[bytes, list[bytes]]] = {
    "LF": (b"data: a\n\ndata: b\n\n", [b"a", b"b"]),
    "CR": (b"data: a\r\rdata: b\r\r", [b"a", b"b"]),
    "CRLF": (b"data: a\r\n\r\ndata: b\r\n\r\n", [b"a", b"b"]),
    "mixed line ends": (b"data: a\r\ndata: b\rdata: c\n\r\ndata: d\n\r", [b"a\nb\nc", b"d"]),
    "CRLF is one line end": (b"data: a\r\ndata: b\r\n\r\n", [b"a\nb"]),
    "LF CR is two line ends": (b"data: a\n\rdata: b\n\r", [b"a", b"b"]),
    "comments": (b": hello\n\ndata: a\n:\n:x\ndata: b\n\n:\n\n", [b"a\nb"]),
    "several lines of data": (b"data: {\ndata: }\n\n", [b"{\n}"]),
    "blank lines between events": (b"\n\ndata: a\n\n\n\ndata: b\n\n", [b"a", b"b"]),
    "byte order mark": (MARK + b"data: a\n\n", [b"a"]),
    "a second byte order mark": (MARK + MARK + b"data: a\n\ndata: b\n\n", [b"b"]),
    "byte order mark in a later line": (b"data: a\n\n" + MARK + b"data: b\n\n", [b"a"]),
    "byte order mark after a blank line": (b"\n" + MARK + b"data: a\n\n", []),
    "byte order mark in data": (b"data: " + MARK + b"a\n\n", [MARK + b"a"]),
    "unknown fields": (b"foo: x\nevent: y\ndata: a\nretry: 5\nDATA: z\n\n", [b"a"]),
    "similar field names": (b"dat: x\ndata2: y\n data: z\ndata : w\n\n", []),
    "id without data": (b"id: 7\n\ndata: a\nid: 8\n\n", [b"a"]),
    "event without data": (b"event: ping\n\ndata: a\n\n", [b"a"]),
    "field without a colon": (b"data: a\ndata\ndata: b\n\nfoo\n\n", [b"a\n\nb"]),
    "no space after the colon": (b"data:a\n\n", [b"a"]),
    "one space after the colon is dropped": (b"data:  a \n\ndata:\ta\n\n", [b" a ", b"\ta"]),
    "colons in data": (b'data: {"a":1}\n\ndata::\n\n', [b'{"a":1}', b":"]),
    "Unicode's line ends": (
        "data: a\u2028b\u2029c\u0085d\x0b\x0c\x1c\x1d\x1ee\n\n".encode(),
        ["a\u2028b\u2029c\u0085d\x0b\x0c\x1c\x1d\x1ee".encode()],
    ),
    "characters of several bytes": ("data: 你好🏔️\n\n".encode(), ["你好🏔️".encode()]),
    "an incomplete event at the end": (b"data: a\n\ndata: b\n", [b"a"]),
    "an incomplete line at the end": (b"data: a\n\ndata: b", [b"a"]),
    "CR at the end": (b"data: a\r\r", [b"a"]),
    "nothing": (b"", []),
}

streams = pytest.mark.parametrize(
    ("stream", "events"), STREAMS.values(), ids=[name.replace(" ", "-") for name in STREAMS]
)

bodies = st.lists(
    st.sampled_from(
        [
            b"\n",
            b"\r",
            b"\r\n",
            b"\n\n",
            b"\r\r",
            b"\r\n\r\n",
            MARK,
            b":",
            b" ",
            b"data",
            b"data:",
            b"data: ",
            b"data: a",
            b"event: x",
            b"id: 1",
            b"retry: 5",
            b"dataa: b",
            "你好".encode(),
            "\u2028".encode(),
            "\u0085".encode(),
            b"\x0b",
            b"\x00",
            b"\xff",
            b'{"a": 1}',
            b"[DONE]",
            b": comment",
        ]
    ),
    max_size=20,
).map(b"".join)
cuts = st.lists(st.integers(min_value=0, max_value=400), max_size=8)


def decode(*pieces: bytes) -> list[bytes]:
    decoder = EventDecoder(MAX_ANSWER_BYTES)
    return [event for piece in pieces for event in decoder.feed(piece)]


@streams
def test_events_of_a_stream(stream: bytes, events: list[bytes]) -> None:
    assert decode(stream) == events


@streams
def test_the_reference_agrees_with_the_examples(stream: bytes, events: list[bytes]) -> None:
    assert with_data(reference(stream)) == events


@streams
def test_events_are_the_same_after_any_two_cuts(stream: bytes, events: list[bytes]) -> None:
    for first in range(len(stream) + 1):
        for second in range(first, len(stream) + 1):
            pieces = stream[:first], stream[first:second], stream[second:]
            assert decode(*pieces) == events, pieces


@examples(400)
@given(bodies | st.binary(max_size=60), cuts)
@example(b"data: a\r\n\r\ndata: b\r\n\r\n", [8, 9, 10])
@example(MARK + b"data: a\n\n", [1, 2])
@example(b"data: a\r", [8])
def test_any_stream_however_cut_agrees_with_the_reference(stream: bytes, at: list[int]) -> None:
    events = with_data(reference(stream))
    assert with_data(decode(stream)) == events
    assert with_data(decode(*cut(stream, at))) == events
    single_bytes = [stream[place : place + 1] for place in range(len(stream))]
    assert with_data(decode(*single_bytes)) == events


@pytest.mark.parametrize("end", [b"\n\n", b"\r\r", b"\r\n\r\n", b"\r\n\r"])
def test_an_event_is_yielded_at_the_last_byte_of_its_line_end(end: bytes) -> None:
    """Not one byte later, which may not arrive before the next event."""
    decoder = EventDecoder(MAX_ANSWER_BYTES)
    whole = b"data: a" + end
    # After CRLF, a CR ends the blank line; whether LF follows is not known yet.
    complete = len(whole) - (end == b"\r\n\r\n")
    yielded_at = [
        place for place in range(len(whole)) for _ in decoder.feed(whole[place : place + 1])
    ]
    assert yielded_at == [complete - 1]


def test_an_empty_piece_inside_crlf_is_ignored() -> None:
    assert decode(b"data: a\r", b"", b"\n", b"", b"\r", b"", b"\n") == [b"a"]


def test_a_chunk_is_read_after_any_cut_of_its_bytes() -> None:
    """The JSON of a real chunk, with characters that other line splitters split at."""
    content = "a\u2028b\u2029c\u0085d 你好 🏔️"
    body = sse(chunk(content, "stop"))
    assert "\u2028".encode() in body
    for place in range(len(body) + 1):
        reader = stream_reader()
        chunks = read(reader, body[:place], body[place:])
        assert "".join(each.text for each in chunks) == content
        assert reader.completion.text == content


def test_an_event_without_data_is_no_chunk() -> None:
    body = b"data\n\ndata:\n\nid: 1\n\n: x\n\n" + sse(chunk("Hello", "stop"))
    assert [each.text for each in read(stream_reader(), body)] == ["Hello"]


def work_of(pieces: list[bytes]) -> int:
    return work(lambda: decode(*pieces))


def megabytes(size: int) -> list[bytes]:
    return [b"data: ", *[b"x" * 1000] * (size // 1000), b"\n\n"]


def test_an_event_of_5_mb_in_small_pieces_is_whole() -> None:
    assert decode(*megabytes(5_000_000)) == [b"x" * 5_000_000]


@pytest.mark.parametrize("line_end", [b"", b"\ndata: ", b"\n: ", b"\n\ndata: "])
def test_a_large_event_is_linear_work(line_end: bytes) -> None:
    small, large = (
        work_of([piece + line_end for piece in megabytes(size)]) for size in (500_000, 5_000_000)
    )
    assert small >= 500_000, "nothing was counted"
    assert large <= 10.5 * small


def test_many_events_in_one_piece_are_linear_work() -> None:
    small, large = (work_of([b"data: a\n\n" * number]) for number in (1_000, 10_000))
    assert large <= 11 * small


# Limits


def decode_within(limit: int, *pieces: bytes) -> tuple[list[bytes], str]:
    """The events before an error, and the error."""
    decoder = EventDecoder(limit)
    events: list[bytes] = []
    try:
        for piece in pieces:
            events.extend(decoder.feed(piece))
    except ResponseLimitError as error:
        return events, error.message
    return events, ""


TOO_LARGE = "an event of the stream exceeds 20 bytes"


@pytest.mark.parametrize(
    ("stream", "events", "message"),
    [
        (b"data: 01234567890123\n\n", [b"01234567890123"], ""),
        (b"data: 01234567890123\n\n" * 2, [b"01234567890123"] * 2, ""),
        (b": 234567890123456789\n\n", [], ""),
        (b"data: 012345678901234\n\n", [], TOO_LARGE),
        (b"data: 01234567\ndata:\n\n", [b"01234567\n"], ""),
        (b"data: 01234567\ndata: 0\n\n", [], TOO_LARGE),
        (b"data:\ndata:\ndata:\ndata:\ndata:\n", [], TOO_LARGE),
        (b": 0123456789 0123456789\n\n", [], TOO_LARGE),
        (b"id: 0123456789 0123456789", [], TOO_LARGE),
        (b"data: a\n\n" * 9 + b":\n" * 30 + b"data: b\n\n", [b"a"] * 9 + [b"b"], ""),
        (b"data: a\n\ndata: 012345678901234", [b"a"], TOO_LARGE),
    ],
)
def test_a_line_or_event_above_the_limit_is_an_error(
    stream: bytes, events: list[bytes], message: str
) -> None:
    """Wherever it is cut; the events before it are not lost."""
    assert decode_within(20, stream) == (events, message)
    for place in range(len(stream)):
        assert decode_within(20, stream[:place], stream[place:]) == (events, message)
    single_bytes = [stream[place : place + 1] for place in range(len(stream))]
    assert decode_within(20, *single_bytes) == (events, message)
