"""Where the CPU time of one event of a stream goes, by room of the client, in µs.

    .venv/bin/python benchmarks/rooms.py

Without a network: each room gets what it gets during a stream. The best of several runs counts.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

from minimax_chat import MiniMax, _json
from minimax_chat._completion import CompletionChunk
from minimax_chat._config import MAX_ANSWER_BYTES
from minimax_chat._events import EventDecoder
from minimax_chat._reply import ReplyHead, parsed
from minimax_chat._request import PreparedCall
from minimax_chat._stream import Accumulator, StreamReader
from minimax_chat._think import ThinkSplitter
from stub import WORD, event

EVENTS, RUNS = 3_200, 15
EVENT = event(finish_reason=None)
DATA = EVENT.removeprefix(b"data: ").strip()
HEADERS = {"content-type": "text/event-stream"}


def microseconds(work: Callable[[], Any]) -> float:
    """Per event, of work that handles all of them."""
    best = float("inf")
    for _ in range(RUNS):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best / EVENTS * 1e6


def decode(pieces: Sequence[bytes]) -> None:
    decoder = EventDecoder(MAX_ANSWER_BYTES)
    for piece in pieces:
        list(decoder.feed(piece))


def repeat(work: Callable[..., Any], *arguments: Any) -> None:
    for _ in range(EVENTS):
        work(*arguments)


def read(head: ReplyHead, pieces: Sequence[bytes]) -> None:
    reader = StreamReader(head)
    for piece in pieces:
        for _ in reader.feed(piece):
            pass


def accumulator_in_a_text() -> Accumulator:
    accumulator = Accumulator()
    accumulator.add(parsed(DATA)[0])
    return accumulator


def rooms() -> dict[str, float]:
    config = MiniMax(api_key="benchmark")._config  # pyright: ignore[reportPrivateUsage]
    call = PreparedCall.prepare(config, True, {"model": "MiniMax-M2.7", "messages": []})
    head = ReplyHead(call, 200, HEADERS)
    body, _ = parsed(DATA)
    single, batched = [EVENT] * EVENTS, [EVENT * 32] * (EVENTS // 32)
    splitter = ThinkSplitter()
    splitter.feed(WORD)
    add_text = accumulator_in_a_text().add_text
    return {
        "_events, an event per read": microseconds(lambda: decode(single)),
        "_events, 32 events per read": microseconds(lambda: decode(batched)),
        "_json": microseconds(lambda: repeat(_json.parse, DATA)),
        "_stream and _merge, with the next two": microseconds(lambda: repeat(add_text, body)),
        "_think": microseconds(lambda: repeat(splitter.feed, WORD)),
        "_completion": microseconds(lambda: repeat(CompletionChunk, body, "", WORD)),
        "all, an event per read": microseconds(lambda: read(head, single)),
        "all, 32 events per read": microseconds(lambda: read(head, batched)),
    }


def main() -> None:
    found = {"msgspec": rooms()} if _json.decode else {}
    _json.decode = None
    found["json"] = rooms()
    for room in found["json"]:
        figures = [f"{name} {times[room]:5.2f}" for name, times in found.items()]
        print(f"{room:40}{'   '.join(figures)}")


if __name__ == "__main__":
    main()
