"""The seams by which tests reach into the core without a client or a socket."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, cast

import httpx
import pytest

from minimax_chat import Completion, CompletionChunk, MiniMaxError
from minimax_chat._config import Config
from minimax_chat._params import CreateParams
from minimax_chat._reply import ReplyHead
from minimax_chat._request import PreparedCall
from minimax_chat._secret import Secret
from minimax_chat._stream import StreamReader
from samples import KEY, MESSAGES, MODEL

BASE_URL = "https://api.minimaxi.com"


def config(api_key: str = KEY, base_url: str | None = BASE_URL, **options: Any) -> Config:
    """The resolved options of a client."""
    return Config.resolve(Secret(api_key), None, base_url).override(**options)


def call(stream: bool | None = None, *, of: Config | None = None, **params: Any) -> PreparedCall:
    """A prepared call of `create`, with a model and a message unless `params` override them."""
    arguments = {"model": MODEL, "messages": MESSAGES, **params}
    return PreparedCall.prepare(of or config(), stream, cast("CreateParams", arguments))


def reply(status: int = 200, **headers: str) -> httpx.Response:
    """Status and headers of a reply, JSON by default; `_` in a name stands for `-`."""
    named = {"content-type": "application/json"}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, headers=named)


def event_stream(**headers: str) -> httpx.Response:
    """Status and headers of a streamed reply."""
    return reply(200, **{"content_type": "text/event-stream", **headers})


def head(response: httpx.Response, *, to: PreparedCall | None = None, **params: Any) -> ReplyHead:
    """The head of a reply to a call."""
    return ReplyHead.of(to or call(**params), response)


def answer(status: int, body: Any, to: PreparedCall | None = None, **headers: str) -> Completion:
    """The completion that a plain call returns for a reply."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return head(reply(status, **headers), to=to).completion(content)


def error_of(
    status: int, body: Any, to: PreparedCall | None = None, **headers: str
) -> MiniMaxError:
    """The error that a plain call raises for a reply."""
    with pytest.raises(MiniMaxError) as caught:
        answer(status, body, to, **headers)
    return caught.value


def stream_reader(response: httpx.Response | None = None, **params: Any) -> StreamReader:
    """A reader that waits for the body of a stream."""
    return StreamReader(head(response or event_stream(), stream=True, **params))


def read(reader: StreamReader, *body: bytes) -> list[CompletionChunk]:
    """All chunks of a body that arrives in these pieces; raises what reading them raises."""
    return list(reading(reader, body))


def reading(reader: StreamReader, body: Iterable[bytes]) -> Iterator[CompletionChunk]:
    """The chunks of a body, one by one, as a client asks for them."""
    for piece in body:
        yield from reader.feed(piece)
        if reader.done:
            break
    yield from reader.end()


def read_until_error(
    reader: StreamReader, *body: bytes
) -> tuple[list[tuple[str, str]], MiniMaxError]:
    """Thinking and text of the chunks that arrived, and the error that followed."""
    parts: list[tuple[str, str]] = []
    try:
        for each in reading(reader, body):
            parts.append((each.thinking, each.text))
    except MiniMaxError as error:
        return parts, error
    pytest.fail("no error was raised")


def check_readable(completion: Completion) -> None:
    """Reads every property whose value depends on the reply."""
    assert isinstance(completion.text, str)
    assert isinstance(completion.thinking, str)
    assert completion.message.content is None or isinstance(completion.message.content, str)
    assert isinstance(completion.thinking_truncated, bool)
    assert completion.created_at is None or completion.created_at.year > 0
    assert completion.trace_id is None or isinstance(completion.trace_id, str)
    assert repr(completion)
