"""Replies of the API as the tests need them, and calls that wait for one. No socket, no client."""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

import httpx

from documented import EXAMPLE_CHUNK, EXAMPLE_RESPONSE
from minimax_chat import CompletionChunk
from minimax_chat._config import Config
from minimax_chat._reply import ReplyHead
from minimax_chat._request import CreateParams, PreparedCall
from minimax_chat._stream import StreamReader

KEY = "sk-test-0123456789abcdef"
BASE_URL = "https://api.minimaxi.com"
MODEL = "MiniMax-M2.7"
PROMPT = "What is the secret of the mountain?"

DOCUMENTED = EXAMPLE_RESPONSE
"""The response on the documented page."""

ENVELOPE = {name: value for name, value in EXAMPLE_CHUNK.items() if name != "choices"}
"""What the documented chunk repeats in every event."""

USAGE: dict[str, Any] = DOCUMENTED["usage"]


def documented() -> dict[str, Any]:
    """A copy of the documented response."""
    return copy.deepcopy(DOCUMENTED)


def plain(content: str | None, finish_reason: str | None = "stop", **fields: Any) -> dict[str, Any]:
    """A whole answer."""
    message = {"role": "assistant", "content": content}
    choice = {"index": 0, "message": message, "finish_reason": finish_reason}
    return {**ENVELOPE, "object": "chat.completion", "choices": [choice], **fields}


def chunk(
    content: str | None = None, finish_reason: str | None = None, **delta: Any
) -> dict[str, Any]:
    """One event of a stream; `delta` holds what it has beside the content."""
    if content is not None:
        delta["content"] = content
    choice: dict[str, Any] = {"index": 0, "delta": delta}
    if finish_reason is not None:
        choice["finish_reason"] = finish_reason
    return {**ENVELOPE, "choices": [choice]}


def sse(*events: Any, done: bool = True) -> bytes:
    """The body of a stream: each event as JSON, or as it is where it is bytes."""
    datas = [
        event if isinstance(event, bytes) else json.dumps(event, ensure_ascii=False).encode()
        for event in events
    ]
    return b"".join(b"data: %b\n\n" % data for data in (*datas, *[b"[DONE]"] * done))


def base_resp(code: Any, message: str = "") -> dict[str, Any]:
    """A failure told inside an HTTP 200."""
    return {"base_resp": {"status_code": code, "status_msg": message}}


def openai_style(message: Any, kind: str = "server_error", http: Any = "500") -> dict[str, Any]:
    """A failure told beside a true HTTP status."""
    error = {"type": kind, "message": message, "http_code": http}
    return {"type": "error", "error": error, "request_id": "0217aaaa"}


def config(api_key: str = KEY, base_url: str | None = BASE_URL, **options: Any) -> Config:
    """What a client knows. Not from the environment."""
    found = Config.resolve(api_key, None, base_url)
    return found.override(
        options.get("timeout"), options.get("max_retries"), options.get("headers")
    )


def call(stream: bool | None = None, *, of: Config | None = None, **params: Any) -> PreparedCall:
    """A call of `create`, with a model and a message unless `params` say otherwise."""
    arguments = {"model": MODEL, "messages": [{"role": "user", "content": PROMPT}], **params}
    return PreparedCall.prepare(of or config(), stream, cast("CreateParams", arguments))


def head(response: httpx.Response, *, to: PreparedCall | None = None, **params: Any) -> ReplyHead:
    """The head of a reply to a call."""
    return ReplyHead.of(to or call(**params), response)


def reply(status: int = 200, **headers: str) -> httpx.Response:
    """Status and headers of a reply, JSON by default; `_` in a name stands for `-`."""
    named = {"content-type": "application/json"}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, headers=named)


def event_stream(**headers: str) -> httpx.Response:
    """Status and headers of a streamed reply."""
    return reply(200, **{"content_type": "text/event-stream", **headers})


def stream_reader(response: httpx.Response | None = None, **params: Any) -> StreamReader:
    """A reader that waits for a body."""
    return StreamReader(head(response or event_stream(), stream=True, **params))


def read(reader: StreamReader, *body: bytes) -> list[CompletionChunk]:
    """All chunks of a body that comes in these pieces; raises what its reading raises."""
    return list(reading(reader, body))


def reading(reader: StreamReader, body: Iterable[bytes]) -> Iterator[CompletionChunk]:
    """The chunks of a body, in the order in which a client asks for them."""
    for piece in body:
        yield from reader.feed(piece)
        if reader.done:
            break
    yield from reader.end()


def cut(whole: Sequence[Any], at: Iterable[int]) -> list[Any]:
    """`whole` in pieces, cut at these positions, wherever they lie."""
    places = sorted({place % (len(whole) + 1) for place in at} | {0, len(whole)})
    return [whole[start:end] for start, end in itertools.pairwise(places)] or [whole]


def without(value: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """A copy without these members."""
    return {name: item for name, item in value.items() if name not in names}
