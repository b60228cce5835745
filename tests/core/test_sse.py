"""Server-sent events: WHATWG's rules for event streams, however the bytes are cut."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, strategies as st

from minimax_chat._events import EventDecoder
from properties import tries
from replies import chunk as content_chunk, cut, read, sse, stream_reader
from work import work

MARK = b"\xef\xbb\xbf"

STREAMS: dict[str, tuple[bytes, list[bytes]]] = {
    "LF": (b"data: a\n\ndata: b\n\n", [b"a", b"b"]),
    "CR": (b"data: a\r\rdata: b\r\r", [b"a", b"b"]),
    "CRLF": (b"data: a\r\n\r\ndata: b\r\n\r\n", [b"a", b"b"]),
    "mixed line ends": (b"data: a\r\ndata: b\rdata: c\n\r\ndata: d\n\r", [b"a\nb\nc", b"d"]),
    "CR and LF in CRLF are one line end": (b"data: a\r\ndata: b\r\n\r\n", [b"a\nb"]),
    "LF and CR are two": (b"data: a\n\rdata: b\n\r", [b"a", b"b"]),
    "comments": (b": hello\n\ndata: a\n:\n:x\ndata: b\n\n:\n\n", [b"a\nb"]),
    "lines of data": (b"data: {\ndata: }\n\n", [b"{\n}"]),
    "blank lines between events": (b"\n\ndata: a\n\n\n\ndata: b\n\n", [b"a", b"b"]),
    "byte order mark": (MARK + b"data: a\n\n", [b"a"]),
    "one mark alone is taken away": (MARK + MARK + b"data: a\n\ndata: b\n\n", [b"b"]),
    "a later mark belongs to its line": (b"data: a\n\n" + MARK + b"data: b\n\n", [b"a"]),
    "a mark in data stays": (b"data: " + MARK + b"a\n\n", [MARK + b"a"]),
    "unknown fields": (b"foo: x\nevent: y\ndata: a\nretry: 5\nDATA: z\n\n", [b"a"]),
    "field names are whole": (b"dat: x\ndata2: y\n data: z\ndata : w\n\n", []),
    "an id alone is no event": (b"id: 7\n\ndata: a\nid: 8\n\n", [b"a"]),
    "an event without data is none": (b"event: ping\n\ndata: a\n\n", [b"a"]),
    "no colon": (b"data: a\ndata\ndata: b\n\nfoo\n\n", [b"a\n\nb"]),
    "no space": (b"data:a\n\n", [b"a"]),
    "one space is taken away": (b"data:  a \n\ndata:\ta\n\n", [b" a ", b"\ta"]),
    "colons in data": (b'data: {"a":1}\n\ndata::\n\n', [b'{"a":1}', b":"]),
    "Unicode's line ends are none": (
        "data: a\u2028b\u2029c\u0085d\x0b\x0c\x1c\x1d\x1ee\n\n".encode(),
        ["a\u2028b\u2029c\u0085d\x0b\x0c\x1c\x1d\x1ee".encode()],
    ),
    "characters of several bytes": ("data: 你好🏔️\n\n".encode(), ["你好🏔️".encode()]),
    "the end drops an event that is not complete": (b"data: a\n\ndata: b\n", [b"a"]),
    "the end drops a line that is not complete": (b"data: a\n\ndata: b", [b"a"]),
    "an end behind CR is complete": (b"data: a\r\r", [b"a"]),
    "nothing": (b"", []),
}

streams = pytest.mark.parametrize(
    ("stream", "events"), STREAMS.values(), ids=[name.replace(" ", "-") for name in STREAMS]
)

bodies = st.lists(
    st.sampled_from(
        [
            *(b"\n", b"\r", b"\r\n", b"\n\n", b"\r\r", b"\r\n\r\n", MARK, b":", b" ", b"data"),
            *(b"data:", b"data: ", b"data: a", b"event: x", b"id: 1", b"retry: 5", b"dataa: b"),
            *("你好".encode(), "\u2028".encode(), "\u0085".encode(), b"\x0b", b"\x00", b"\xff"),
            *(b'{"a": 1}', b"[DONE]", b": comment"),
        ]
    ),
    max_size=20,
).map(b"".join)
cuts = st.lists(st.integers(min_value=0, max_value=400), max_size=8)


def reference(stream: bytes) -> list[bytes]:
    """The data of a whole stream's events, by WHATWG's rules for parsing and interpreting one.

    Its rules are about characters of ASCII, which are bytes of UTF-8, and about one mark.
    """
    lines = re.split("\r\n|\r|\n", stream.removeprefix(MARK).decode("latin-1"))
    events: list[str] = []
    data = ""
    for line in lines[:-1]:  # what stands behind the last line end is no line
        if line == "":
            if data:
                events.append(data.removesuffix("\n"))
            data = ""
        elif line.startswith(":"):
            continue
        else:
            field, colon, value = line.partition(":")
            if field == "data":
                data += (value.removeprefix(" ") if colon else "") + "\n"
    return [event.encode("latin-1") for event in events]


def decode(*pieces: bytes) -> list[bytes]:
    decoder = EventDecoder()
    return [event for piece in pieces for event in decoder.feed(piece)]


def told(events: list[bytes]) -> list[bytes]:
    """An event whose data is empty tells a client of this API nothing: it may come or not."""
    return [event for event in events if event]


@streams
def test_what_a_stream_holds(stream: bytes, events: list[bytes]) -> None:
    assert decode(stream) == events


@streams
def test_the_reference_agrees_with_the_examples(stream: bytes, events: list[bytes]) -> None:
    assert told(reference(stream)) == events


@streams
def test_two_cuts_anywhere_change_nothing(stream: bytes, events: list[bytes]) -> None:
    for first in range(len(stream) + 1):
        for second in range(first, len(stream) + 1):
            pieces = stream[:first], stream[first:second], stream[second:]
            assert decode(*pieces) == events, pieces


@tries(400)
@given(bodies, cuts)
@example(b"data: a\r\n\r\ndata: b\r\n\r\n", [8, 9, 10])
@example(MARK + b"data: a\n\n", [1, 2])
@example(b"data: a\r", [8])
def test_every_stream_holds_what_the_reference_says(stream: bytes, at: list[int]) -> None:
    events = told(reference(stream))
    assert told(decode(stream)) == events
    assert told(decode(*cut(stream, at))) == events
    assert told(decode(*(stream[place : place + 1] for place in range(len(stream))))) == events


@tries(100)
@given(st.binary(max_size=60), cuts)
def test_bytes_at_random_as_well(stream: bytes, at: list[int]) -> None:
    assert told(decode(*cut(stream, at))) == told(reference(stream))


@pytest.mark.parametrize("end", [b"\n\n", b"\r\r", b"\r\n\r\n", b"\r\n\r"])
def test_an_event_is_passed_on_with_the_last_byte_of_its_end(end: bytes) -> None:
    """Not one byte later, which may not come before the next event."""
    decoder = EventDecoder()
    whole = b"data: a" + end
    # Behind CRLF a CR ends the blank line; that LF follows it is not known yet.
    complete = len(whole) - (end == b"\r\n\r\n")
    given_at = [
        place for place in range(len(whole)) for _ in decoder.feed(whole[place : place + 1])
    ]
    assert given_at == [complete - 1]


def test_an_empty_piece_changes_nothing() -> None:
    assert decode(b"data: a\r", b"", b"\n", b"", b"\r", b"", b"\n") == [b"a"]


def test_events_of_a_piece_come_in_order() -> None:
    assert decode(b"".join(b"data: %d\n\n" % number for number in range(1000))) == [
        b"%d" % number for number in range(1000)
    ]


def test_a_chunk_survives_every_cut_of_its_bytes() -> None:
    """The JSON of a real chunk, with what other line splitters would tear apart."""
    content = "a\u2028b\u2029c\u0085d 你好 🏔️"
    body = sse(content_chunk(content, "stop"))
    assert "\u2028".encode() in body
    for place in range(len(body) + 1):
        reader = stream_reader()
        chunks = read(reader, body[:place], body[place:])
        assert "".join(chunk.text for chunk in chunks) == content
        assert reader.completion.text == content


def test_an_event_without_data_says_nothing_to_a_client() -> None:
    body = b"data\n\ndata:\n\nid: 1\n\n: x\n\n" + sse(content_chunk("Hello", "stop"))
    assert [chunk.text for chunk in read(stream_reader(), body)] == ["Hello"]


def work_of(pieces: list[bytes]) -> int:
    return work(lambda: decode(*pieces))


def megabytes(size: int) -> list[bytes]:
    return [b"data: ", *[b"x" * 1000] * (size // 1000), b"\n\n"]


def test_an_event_of_5_mb_arrives_whole() -> None:
    assert decode(*megabytes(5_000_000)) == [b"x" * 5_000_000]


@pytest.mark.parametrize("line_end", [b"", b"\ndata: ", b"\n: ", b"\n\ndata: "])
def test_ten_times_the_event_is_ten_times_the_work(line_end: bytes) -> None:
    small, large = (
        work_of([piece + line_end for piece in megabytes(size)]) for size in (500_000, 5_000_000)
    )
    assert small >= 500_000, "nothing was counted"
    assert large <= 10.5 * small


def test_many_events_in_one_piece_are_linear_work() -> None:
    small, large = (work_of([b"data: a\n\n" * number]) for number in (1_000, 10_000))
    assert large <= 11 * small
