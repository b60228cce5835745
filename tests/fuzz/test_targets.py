"""The fuzz targets, for a short time: the kept inputs, and others spliced from them.

`scripts/fuzz.py` runs them for a long time.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

import fuzz_targets
from fuzz_targets import TARGETS, recorded
from minimax_chat._config import Config
from minimax_chat._events import EventDecoder
from minimax_chat._merge import Text
from minimax_chat._think import ThinkSplitter
from minimax_chat._unpack import Unpacker
from properties import examples
from work import work

CORPUS = Path(__file__).parent / "corpus"
KEPT = [(target, path.name) for target in TARGETS for path in sorted((CORPUS / target).iterdir())]
EXAMPLES = {"decoding": 1500, "splitting": 1500, "merging": 500, "failing": 1000, "replying": 400}
"""How many inputs to splice: they take about as long for each target."""


def kept(target: str) -> list[bytes]:
    return [*recorded(target), *(path.read_bytes() for path in sorted((CORPUS / target).iterdir()))]


@pytest.mark.parametrize(("target", "name"), KEPT, ids=lambda value: str(value))
def test_a_kept_input(target: str, name: str) -> None:
    TARGETS[target]((CORPUS / target / name).read_bytes())


@st.composite
def spliced(draw: st.DrawFn, inputs: list[bytes]) -> bytes:
    """Pieces of the inputs, and bytes of any kind."""
    parts: list[bytes] = []
    for _ in range(draw(st.integers(1, 5))):
        source = draw(st.sampled_from(inputs))
        start = draw(st.integers(0, len(source)))
        parts.append(source[start : start + draw(st.integers(0, 300))])
        parts.append(draw(st.binary(max_size=4)))
    return b"".join(parts)


@pytest.mark.parametrize("target", TARGETS)
def test_inputs_spliced_from_the_kept_ones(target: str) -> None:
    @examples(EXAMPLES[target])
    @given(spliced(kept(target)))
    def holds(data: bytes) -> None:
        TARGETS[target](data)

    holds()


def decode(pieces: Iterator[bytes]) -> None:
    decoder = EventDecoder(10**9)
    for piece in pieces:
        assert all(decoder.feed(piece))


def split(pieces: Iterator[bytes]) -> None:
    splitter = ThinkSplitter()
    for piece in pieces:
        splitter.feed(piece.decode("latin-1"))
    splitter.flush()


@pytest.mark.parametrize(("target", "read"), [("decoding", decode), ("splitting", split)])
def test_the_work_is_linear_in_the_input(target: str, read: Any) -> None:
    def work_of(whole: bytes) -> int:
        return work(lambda: read(whole[at : at + 16] for at in range(0, len(whole), 16)))

    for data in kept(target):
        small, large = work_of(data[:500] * 10), work_of(data[:500] * 100)
        assert large <= 11 * small + 1000, data


BROKEN: dict[str, tuple[Any, str, Any]] = {
    "decoding": (EventDecoder, "_complete_lines", lambda decoder, piece: piece.splitlines()),
    "splitting": (fuzz_targets, "split", lambda content: ("", content)),
    "merging": (Text, "whole", lambda text: "".join(text._pieces[:2])),
    "failing": (Config, "redact", lambda config, value: value),
    "replying": (Unpacker, "feed", lambda unpacker, data: [data[:-1]]),
}
"""What a target tests, broken."""


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_holds_unless_its_subject_is_broken(
    target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_all() -> None:
        for data in kept(target):
            TARGETS[target](data)

    run_all()
    monkeypatch.setattr(*BROKEN[target])
    with pytest.raises(AssertionError):
        run_all()
