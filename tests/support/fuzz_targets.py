"""The fuzz targets: each takes any bytes and states what must hold whatever they are.

The tests run them on the kept inputs and on generated ones; `scripts/fuzz.py` runs them for hours.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from minimax_chat import (
    Completion,
    CompletionChunk,
    ContentFilterError,
    MiniMaxError,
    ResponseDecodeError,
    ResponseLimitError,
    StreamInterruptedError,
)
from minimax_chat._events import EventDecoder
from minimax_chat._reply import ReplyHead, api_error, is_failure, parsed
from minimax_chat._stream import StreamReader
from minimax_chat._think import StructuredThinking, ThinkSplitter, join_segments, split
from readable import canonical, check_error, check_view, leaves
from references import bare, events, is_orphaned, thinking_and_answer, with_data
from samples import KEY, sse
from seams import answer, call, config, head, reading, reply

LIMITS = (16_777_216, 1000, 100, 20)
"""What `max_answer_bytes` may be: what is usual, and what an input can exceed."""


def cuts(whole: bytes | str) -> Iterator[list[Any]]:
    """Some ways to cut an input, the same each time; of a short one, the one into single items."""
    data = whole.encode("utf-8", "replace") if isinstance(whole, str) else whole
    chance = random.Random(zlib.crc32(data))
    yield [whole]
    for number in (1, 4):
        places = sorted(chance.randint(0, len(whole)) for _ in range(number))
        yield [
            whole[start:end] for start, end in zip([0, *places], [*places, len(whole)], strict=True)
        ]
    for size in (1, 16):
        if len(whole) <= 400 * size:
            yield [whole[place : place + size] for place in range(0, len(whole), size)]


# Events


def decoding(data: bytes) -> None:
    """An event stream: agrees with the reference; a limit holds, wherever the bytes are cut."""
    wanted = with_data(events(data))
    for limit in LIMITS:
        results = [_decoded(pieces, limit) for pieces in cuts(data)]
        for found, exceeded in results:
            assert (found, exceeded) == results[0]
            assert found == (wanted[: len(found)] if exceeded else wanted)
            assert all(len(event) <= limit for event in found)
        if len(data) <= limit:
            assert not results[0][1]


def _decoded(pieces: list[bytes], limit: int) -> tuple[list[bytes], bool]:
    decoder = EventDecoder(limit)
    found: list[bytes] = []
    try:
        for piece in pieces:
            found.extend(decoder.feed(piece))
    except ResponseLimitError:
        return found, True
    return found, False


# Thinking


def splitting(data: bytes) -> None:
    """A content: agrees with the reference, loses nothing, is the same however it is cut."""
    content = data.decode("utf-8", "replace")
    thinking, text = split(content)
    assert (thinking, text) == thinking_and_answer(content)
    assert bare(thinking) + bare(text) == bare(content)
    structured = join_segments([content])
    assert bare(structured) == bare(content)
    for pieces in cuts(content):
        splitter = ThinkSplitter()
        parts = [*map(splitter.feed, pieces), splitter.flush()]
        streamed = "".join(part for part, _ in parts), "".join(part for _, part in parts)
        if is_orphaned(content):
            assert streamed[1].endswith(text)
            assert letters("".join(streamed)) == letters(content)
        else:
            assert streamed == (thinking, text)
        segment = StructuredThinking()
        assert "".join([*map(segment.feed, pieces), segment.end_segment()]) == structured


def letters(text: str) -> list[str]:
    """The characters that are neither white space nor in a tag, in any order."""
    return sorted(re.sub(r"[</think>\s]", "", text))


# Pieces


class Draw:
    """Takes values from an input, as long as it lasts."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    def number(self, below: int) -> int:
        value = self._data[self._place] % below if self._place < len(self._data) else 0
        self._place += 1
        return value

    def text(self) -> str:
        size = self.number(40)
        piece = self._data[self._place : self._place + size]
        self._place += size
        return piece.decode("utf-8", "replace")

    def texts(self, most: int) -> list[str]:
        """The pieces of a text."""
        return [self.text() for _ in range(self.number(most + 1))]


def merging(data: bytes) -> None:
    """The pieces of an answer, drawn from the input: they merge into it."""
    draw = Draw(data)
    contents = draw.texts(4)
    message: dict[str, Any] = {"role": "assistant", "content": "".join(contents)}
    deltas: list[dict[str, Any]] = [{"content": each} for each in contents]
    kind = draw.number(4)
    if kind == 1:
        thoughts = draw.texts(4)
        message["reasoning_content"] = "".join(thoughts)
        deltas = [*({"reasoning_content": each} for each in thoughts), *deltas]
    elif kind > 1:
        segments = _segments(draw)
        message["reasoning_details"] = [
            {"index": index, "text": "".join(texts)} for index, texts in enumerate(segments)
        ]
        cumulative = kind == 3
        deltas = [*_details(segments, cumulative=cumulative), *deltas]
    calls = [(f"c{index}", draw.text(), draw.texts(3)) for index in range(draw.number(4))]
    if calls:
        message["tool_calls"] = [
            {
                "index": index,
                "id": identity,
                "function": {"name": name, "arguments": "".join(texts)},
            }
            for index, (identity, name, texts) in enumerate(calls)
        ]
        waiting = [[*_call(index, *each)] for index, each in enumerate(calls)]
        while any(waiting):
            left = [each for each in waiting if each]
            deltas.append(left[draw.number(len(left))].pop(0))
    # A limit, which may cut off arguments.
    end: dict[str, Any] = {"index": 0, "delta": {}, "finish_reason": "length"}
    choices = [*({"index": 0, "delta": each} for each in deltas), end]
    body = sse(*({"id": "x", "choices": [each]} for each in choices))
    reader = StreamReader(head(reply(content_type="text/event-stream"), stream=True))
    chunks = [*reading(reader, [body])]
    choice = {"index": 0, "message": message, "finish_reason": "length"}
    whole = answer(200, {"id": "x", "choices": [choice]})
    assert _said(reader.completion.message.to_dict()) == _said(message)
    assert (reader.completion.thinking, reader.completion.text) == (whole.thinking, whole.text)
    assert reader.completion.finish_reason == whole.finish_reason
    if not is_orphaned("".join(contents)):
        assert "".join(each.text for each in chunks) == whole.text
        assert "".join(each.thinking for each in chunks) == whole.thinking


def _segments(draw: Draw) -> list[list[str]]:
    """The pieces of segments: the first show whether they are concatenated or cumulative."""
    segments = [["Let me think: ", "so, ", *draw.texts(3)]]
    segments += [draw.texts(3) or [""] for _ in range(draw.number(3))]
    return segments


def _details(segments: list[list[str]], *, cumulative: bool) -> Iterator[dict[str, Any]]:
    for index, texts in enumerate(segments):
        for place, text in enumerate(texts):
            shown = "".join(texts[: place + 1]) if cumulative else text
            yield {"reasoning_details": [{"index": index, "text": shown}]}


def _call(index: int, identity: str, name: str, texts: list[str]) -> Iterator[dict[str, Any]]:
    function: dict[str, Any] = {"name": name, "arguments": ""}
    yield {"tool_calls": [{"index": index, "id": identity, "function": function}]}
    for text in texts:
        yield {"tool_calls": [{"index": index, "function": {"arguments": text}}]}


def _said(value: Any) -> Any:
    """A value without the texts that say nothing, which a stream need not repeat."""
    if isinstance(value, dict):
        return {name: _said(each) for name, each in value.items() if each != ""}
    return [_said(each) for each in value] if isinstance(value, list) else value


# Errors

STATUSES = (200, 200, 200, 204, 302, 400, 401, 402, 404, 408, 422, 429, 500, 503, 529, 600)


def failing(data: bytes) -> None:
    """A status, then a body, with the key for each `$`: an answer, or an error without the key."""
    status = STATUSES[data[0] % len(STATUSES)] if data else 500
    body = data[1:].replace(b"$", KEY.encode())
    value, problem = parsed(body)
    shown = call().config.redact(value)
    error = api_error(status, {"trace-id": "t-1"}, shown)
    assert (error is None) == (not is_failure(status, value))
    if error is not None:
        assert error.http_status is not None
        check_error(error)
    found = answer_or_error(status, body)
    if isinstance(found, Completion):
        assert error is None
        assert problem is None
        check_view(found)
        assert canonical(found.to_dict()) == canonical(value)
    else:
        check_error(found)
        if error is not None:
            assert (type(found), found.code) == (type(error), error.code)
        elif not isinstance(found, ContentFilterError):
            assert type(found) is ResponseDecodeError


def answer_or_error(status: int, body: bytes) -> Completion | MiniMaxError:
    try:
        return answer(status, body)
    except MiniMaxError as error:
        return error


# Replies

TYPES = ("text/event-stream", "text/event-stream", "application/json", "")
ENCODINGS = ("", "gzip", "identity", "broken gzip")
ENVELOPE = 100
"""What an answer has besides the texts that arrived."""
READ = 8
"""How many chunks of a reply are read in every way: it takes longer than all else."""


def replying(data: bytes) -> None:
    """A type, an encoding, a limit, a status, then a body: the same result wherever it is cut."""
    draw = Draw(data)
    content_type, encoding = TYPES[draw.number(4)], ENCODINGS[draw.number(4)]
    limit, status = LIMITS[draw.number(4)], STATUSES[draw.number(16)]
    body = data[4:].replace(b"$", KEY.encode())
    headers = {"content-type": content_type, "content-encoding": encoding.rpartition(" ")[2]}
    of = call(stream=True, of=config(max_answer_bytes=limit))
    start = ReplyHead(of, status, headers)
    whole, *others = [Result(start, pieces) for pieces in cuts(packed(body, encoding))]
    for chunk in whole.chunks[:READ]:
        check_view(chunk)
    check_view(whole.completion)
    if whole.error is not None:
        check_error(whole.error)
    if isinstance(whole.error, StreamInterruptedError):
        assert whole.error.retryable == (not whole.chunks)
    if encoding == "broken gzip":
        return  # how much of it can be read depends on the cuts
    is_stream = status == 200 and content_type == "text/event-stream"
    if not is_stream or limit > len(body):
        assert all(each.shown == whole.shown for each in others)
    if not is_stream:
        too_large = len(body) > limit and 200 <= status < 300  # else the status decides
        assert isinstance(whole.error, ResponseLimitError) == too_large
    if whole.error is None:
        again = answer(200, whole.completion.to_dict())
        assert (again.text, again.thinking) == (whole.completion.text, whole.completion.thinking)
        if not is_stream:
            assert canonical(whole.completion.to_dict()) == canonical(json.loads(body))


def packed(body: bytes, encoding: str) -> bytes:
    if "gzip" not in encoding:
        return body
    whole = gzip.compress(body, 1, mtime=0)
    middle = len(whole) // 2
    return whole[:middle] + b"\0" + whole[middle:] if encoding == "broken gzip" else whole


class Result:
    """What comes of a reply whose body arrives in these pieces."""

    def __init__(self, start: ReplyHead, pieces: list[bytes]) -> None:
        reader = StreamReader(start)
        self.chunks: list[CompletionChunk] = []
        self.error: MiniMaxError | None = None
        try:
            for each in reading(reader, pieces):
                self.chunks.append(each)
        except MiniMaxError as error:
            self.error = error
        self.completion = reader.completion
        # It is measured whenever as much has arrived again.
        kept = sum(len(text) for _, text in leaves(self.completion.to_dict()))
        limit = start.call.config.max_answer_bytes
        assert kept <= 2 * limit + max(map(len, pieces), default=0) + ENVELOPE
        shown = [(each.thinking, each.text, canonical(each.to_dict())) for each in self.chunks]
        self.shown = (
            shown,
            repr(self.error),
            str(self.error),
            canonical(self.completion.to_dict()),
        )


# Where to start

RECORDINGS = Path(__file__).parents[1] / "contract" / "recordings"


def recorded(target: str) -> Iterator[bytes]:
    """The inputs of a target that are in the recordings of the API."""
    for path in sorted(RECORDINGS.glob("*.json")):
        for exchange in json.loads(path.read_text("utf-8")):
            body = exchange["body"].encode()
            content_type = exchange["headers"].get("content-type", "")
            status = STATUSES.index(exchange["status"])
            if target == "decoding" and content_type == "text/event-stream":
                yield body
            elif target == "failing" and content_type == "application/json":
                yield bytes([status]) + body
            elif target == "replying" and content_type in TYPES:
                yield bytes([TYPES.index(content_type), 0, 0, status]) + body


TARGETS: dict[str, Callable[[bytes], None]] = {
    each.__name__: each for each in (decoding, splitting, merging, failing, replying)
}
