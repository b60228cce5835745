"""Bodies in gzip, unpacked piece by piece."""

from __future__ import annotations

import contextlib
import gzip

import pytest
from hypothesis import given, strategies as st

from minimax_chat import ResponseDecodeError
from minimax_chat._unpack import PIECE, Unpacker
from properties import cut, examples

PACKED = ["gzip", "x-gzip"]


def unpack(encoding: str, *pieces: bytes) -> bytes:
    unpacker = Unpacker(encoding)
    return b"".join(part for piece in pieces for part in unpacker.feed(piece))


@pytest.mark.parametrize("encoding", PACKED)
@examples(50)
@given(content=st.binary(max_size=200), at=st.lists(st.integers(0, 300), max_size=5))
def test_a_body_is_unpacked_however_it_is_cut(encoding: str, content: bytes, at: list[int]) -> None:
    assert unpack(encoding, *cut(gzip.compress(content), at)) == content


@pytest.mark.parametrize("encoding", ["", "identity", "br", "deflate", "gzip, br", "GZIP"])
def test_content_in_an_unknown_encoding_is_left_as_it_is(encoding: str) -> None:
    """Its error says more than one about the encoding would."""
    assert unpack(encoding, b"\x1f\x8b", b"{}") == b"\x1f\x8b{}"


@pytest.mark.parametrize("encoding", PACKED)
def test_a_body_is_unpacked_a_little_at_a_time(encoding: str) -> None:
    blanks = b" " * 10_000_000
    pieces = list(Unpacker(encoding).feed(gzip.compress(blanks)))
    assert b"".join(pieces) == blanks
    assert max(map(len, pieces)) == PIECE


@pytest.mark.parametrize("encoding", PACKED)
def test_what_follows_the_end_is_dropped_and_not_kept(encoding: str) -> None:
    unpacker = Unpacker(encoding)
    packed = gzip.compress(b"{}")
    assert b"".join(unpacker.feed(packed + b"more")) == b"{}"
    assert list(unpacker.feed(b"\n" * 1000)) == []
    assert unpacker._inflate is not None
    assert unpacker._inflate.unused_data == b"more"


@pytest.mark.parametrize("encoding", PACKED)
@examples(50)
@given(at=st.integers(0, 40), byte=st.integers(0, 255))
def test_a_broken_body_is_a_decode_error_at_most(encoding: str, at: int, byte: int) -> None:
    packed = bytearray(gzip.compress(b"The secret of the mountain"))
    packed[at % len(packed)] = byte
    # Any other exception is a failure.
    with contextlib.suppress(ResponseDecodeError):
        unpack(encoding, bytes(packed))


@pytest.mark.parametrize("encoding", PACKED)
def test_the_error_says_what_is_broken(encoding: str) -> None:
    with pytest.raises(ResponseDecodeError) as caught:
        unpack(encoding, b"no archive")
    assert caught.value.message == (
        "the response body cannot be unpacked "
        "(Error -3 while decompressing data: incorrect header check)"
    )
    assert caught.value.__context__ is None
