"""Streams on a socket: when chunks arrive, how streams end, what becomes of the connection."""

from __future__ import annotations

import gc
import threading
import time
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from driver import Client, Driver, OpenStream
from http_library import httpx
from minimax_chat import (
    APIConnectionError,
    MiniMaxError,
    RateLimitError,
    ResponseDecodeError,
    StreamInterruptedError,
)
from minimax_chat.ext.emulator import Emulator
from samples import (
    CONTENT,
    DONE,
    ENVELOPE,
    MESSAGES,
    TEXT,
    THINKING,
    base_resp,
    event,
    events,
    plain,
    sse,
)
from server import (
    CLOSE,
    END,
    RESET,
    SILENCE,
    Connection,
    Request,
    Server,
    Step,
    answer,
    http_chunk,
    http_reply,
    http_stream,
    stream_head,
)

GZIP = {"Content-Encoding": "gzip"}
HEAD = stream_head()


# What arrives


def test_a_stream_adds_up_to_the_completion_of_a_plain_call(api: Driver, server: Server) -> None:
    server.script(http_reply(plain()))
    server.script(http_stream(*events()))
    client = api.client(server.base_url)
    whole = client.ask()
    chunks = list(stream := client.stream())
    assert stream.completion == whole
    assert (whole.text, whole.thinking) == (TEXT, THINKING)
    assert "".join(chunk.text for chunk in chunks) == TEXT
    assert "".join(chunk.thinking for chunk in chunks) == THINKING
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == CONTENT
    assert [chunk.choices[0].finish_reason for chunk in chunks[-2:]] == [None, "stop"]


@pytest.mark.parametrize(
    "prompt",
    [
        "你好",
        "!chunk 1 Hello",
        "!think orphan Hello",
        "!think field !usage null Hello",
        "!chunk 3 !odd role !odd fields !odd message !usage alone !think both Hello",
    ],
)
def test_a_stream_of_the_emulator_keeps_what_the_page_promises(api: Driver, prompt: str) -> None:
    """What docs/streaming.md names; other fields may differ, and in the emulator do."""
    messages = [{"role": "user", "content": prompt}]
    with Emulator() as emulator:
        client = api.client(emulator.base_url)
        whole = client.ask(messages=messages)
        chunks = list(stream := client.stream(messages=messages))
        streamed = stream.completion
        for name in ("text", "thinking", "finish_reason", "usage", "model", "thinking_truncated"):
            assert getattr(streamed, name) == getattr(whole, name), name
        assert streamed.message.content == whole.message.content
        assert streamed.message.role == whole.message.role == "assistant"
        assert {chunk.id for chunk in chunks} == {streamed.id} != {None}
        # The message goes back as it came.
        client.ask(messages=[*messages, streamed.message, {"role": "user", "content": "And now?"}])
        sent = emulator.requests[-1].json["messages"][1]
    assert sent == streamed.message.to_dict()


def test_chunks_are_yielded_as_they_arrive(api: Driver, server: Server) -> None:
    gates = [server.gate(), server.gate()]
    last = http_chunk(event("three", "stop") + DONE)
    server.script(
        HEAD, http_chunk(event("one ")), gates[0], http_chunk(event("two ")), gates[1], last, END
    )
    stream = api.client(server.base_url).stream()
    assert next(stream).text == "one "
    assert stream.completion.text == "one "
    assert stream.completion.finish_reason is None
    gates[0].set()
    assert next(stream).text == "two "
    gates[1].set()
    assert [chunk.text for chunk in stream] == ["three"]
    assert stream.completion.text == "one two three"


def test_bytes_are_not_decoded_or_split_into_lines_by_httpx(api: Driver, server: Server) -> None:
    """It believes a false charset, and takes other characters for line ends."""
    content = "你好 a\u2028b\u2029c\u0085d\x0b\x0ce"
    headers = {"Content-Type": "text/event-stream; charset=iso-8859-1"}
    server.script(http_stream(*events(content), headers=headers))
    assert api.client(server.base_url).text(streamed=True) == content


def test_two_streams_can_be_read_in_turn(api: Driver, server: Server) -> None:
    server.script(http_stream(*events("the first")))
    server.script(http_stream(*events("the second")))
    client = api.client(server.base_url)
    first, second = client.stream(), client.stream()
    assert [next(first).text, next(second).text] == ["the f", "the s"]
    list(first), list(second)
    assert (first.completion.text, second.completion.text) == ("the first", "the second")


# The end, and the connection behind it


def compressed(pieces: list[bytes]) -> list[bytes]:
    """Pieces in gzip, each of which can be read once it has arrived."""
    gzip = zlib.compressobj(wbits=31)
    flushed = [gzip.compress(piece) + gzip.flush(zlib.Z_SYNC_FLUSH) for piece in pieces]
    return [*flushed, gzip.flush()]


@pytest.mark.parametrize(
    "stream",
    [http_stream(*events()), http_stream(*compressed(events()), headers=GZIP)],
    ids=["uncompressed", "gzip"],
)
def test_streams_in_a_row_use_one_connection(api: Driver, server: Server, stream: bytes) -> None:
    server.script(stream, times=5)
    server.script(http_reply(plain()))
    client = api.client(server.base_url)
    for _ in range(5):
        assert client.text(streamed=True) == TEXT
    assert client.ask().text == TEXT
    assert [request.connection for request in server.requests] == [0] * 6


def test_a_stream_ends_at_done_although_the_body_goes_on(api: Driver, server: Server) -> None:
    server.script(HEAD, *map(http_chunk, events()), SILENCE)
    server.script(http_stream(*events()))
    client = api.single_connection_client(server.base_url, max_retries=0)
    stream = client.stream()
    assert "".join(next(stream).text for _ in range(len(events()) - 1)) == TEXT
    start = time.monotonic()
    assert list(stream) == []
    assert time.monotonic() - start < 1
    # Neither this stream nor the next call has waited for the rest of the body.
    assert server.ended_by() == "client"
    assert client.text(streamed=True) == TEXT


class Network:
    """What is taken for a network connection, whose reads can be limited."""

    def start_tls(self) -> None:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("extensions", "timeouts"),
    [
        ({}, {}),
        ({"network_stream": Network(), "http_version": b"HTTP/2"}, {}),
        ({"network_stream": Network()}, {"timeout": {"read": 5.0}}),
    ],
    ids=["no network", "HTTP/2", "timeouts of its own"],
)
def test_a_custom_transport_is_not_read_beyond_done(
    api: Driver, extensions: dict[str, Any], timeouts: dict[str, Any]
) -> None:
    """Unless it is known how to keep that short."""

    class Body(httpx.SyncByteStream, httpx.AsyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield b"".join(events())
            raise AssertionError("it was read on")

        async def __aiter__(self) -> AsyncIterator[bytes]:
            for piece in self:
                yield piece

    def respond(request: httpx.Request) -> httpx.Response:
        request.extensions.update(timeouts)
        headers = {"content-type": "text/event-stream"}
        return httpx.Response(200, headers=headers, stream=Body(), extensions=extensions)

    http = api.http_client(transport=httpx.MockTransport(respond))
    assert api.client(http_client=http).text(streamed=True) == TEXT


def test_a_stream_that_another_thread_closes_at_its_end_has_ended(api: Driver) -> None:
    class Body(httpx.SyncByteStream, httpx.AsyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield event("Hello", "stop")
            stream.stream.close()
            yield DONE

        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield event("Hello", "stop")
            await stream.stream.aclose()
            yield DONE

    def respond(request: httpx.Request) -> httpx.Response:
        headers = {"content-type": "text/event-stream"}
        return httpx.Response(200, headers=headers, stream=Body())

    http = api.http_client(transport=httpx.MockTransport(respond))
    stream = api.client(http_client=http).stream()
    assert [chunk.text for chunk in stream] == ["Hello"]


class Tail(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The body of a reply that does one more thing once its connection is free again."""

    def __init__(self, body: Any, then: Callable[[], Any]) -> None:
        self._body, self._then = body, then

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def close(self) -> None:
        self._body.close()
        self._then()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._body)

    async def aclose(self) -> None:
        await self._body.aclose()
        await self._then()


def test_the_short_read_after_done_does_not_shorten_reads_of_the_next_call(
    api: Driver, server: Server
) -> None:
    """The connection may be another thread's or task's as soon as the body has ended."""

    class Transport(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            response = super().handle_request(request)
            response.stream = Tail(response.stream, another)
            return response

    class AsyncTransport(httpx.AsyncHTTPTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            response = await super().handle_async_request(request)
            response.stream = Tail(response.stream, another_async)
            return response

    def another() -> None:
        if len(server.requests) == 1:
            texts.append(client.ask().text)

    async def another_async() -> None:
        if len(server.requests) == 1:
            create = client.client.chat.completions.create
            texts.append((await create(model="MiniMax-M2.7", messages=MESSAGES)).text)

    def pause(connection: Connection, request: Request) -> None:
        threading.Event().wait(0.3)

    server.script(http_stream(*events()))
    server.script(pause, http_reply(plain()))
    texts: list[str] = []
    http = api.http_client(transport=(AsyncTransport if api.asynchronous else Transport)())
    client = api.client(server.base_url, http_client=http, max_retries=0)
    assert client.text(streamed=True) == TEXT
    assert texts == [TEXT]
    assert [request.connection for request in server.requests] == [0, 0]


# Interruptions

FIRST = event("<think>\nThe user greets.\n</think>\n\nHel")
TWO = [http_chunk(FIRST), http_chunk(event("lo"))]
NO_LENGTH = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
LENGTH = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9999\r\n\r\n"

BEFORE_THE_FIRST_EVENT: dict[str, list[Step]] = {
    "before the reply": [RESET],
    "after the headers": [HEAD, CLOSE],
    "in the first event": [HEAD, http_chunk(FIRST[:60]), CLOSE],
    "in the line end of the first event": [HEAD, http_chunk(FIRST[:-1]), CLOSE],
}
AFTER_THE_FIRST_EVENT: dict[str, list[Step]] = {
    "between two events": [HEAD, *TWO, CLOSE],
    "in an event": [HEAD, *TWO, http_chunk(FIRST[:60]), CLOSE],
    "in a chunk": [HEAD, *TWO, http_chunk(FIRST)[:50], CLOSE],
    "at a malformed chunk size": [HEAD, *TWO, b"nonsense\r\n", CLOSE],
    "between finish_reason and [DONE]": [HEAD, *TWO, http_chunk(event("", "stop")), CLOSE],
    "without finish_reason": [HEAD, *TWO, END],
    "without finish_reason or length": [NO_LENGTH, FIRST, event("lo"), CLOSE],
    "before the announced length": [LENGTH, FIRST, event("lo"), CLOSE],
}


@pytest.mark.parametrize("steps", BEFORE_THE_FIRST_EVENT.values(), ids=BEFORE_THE_FIRST_EVENT)
def test_a_stream_that_breaks_off_before_its_first_event_is_retried(
    api: Driver, server: Server, delays: list[float], steps: list[Step]
) -> None:
    server.script(*steps, times=2)
    server.script(http_stream(*events()))
    client = api.single_connection_client(server.base_url, max_retries=0)
    with pytest.raises(APIConnectionError) as caught:
        client.stream()
    assert caught.value.retryable
    assert delays == []
    assert client.with_options(max_retries=1).text(streamed=True) == TEXT
    assert len(delays) == 1
    assert len(server.requests) == 3


@pytest.mark.parametrize("steps", AFTER_THE_FIRST_EVENT.values(), ids=AFTER_THE_FIRST_EVENT)
def test_a_stream_that_breaks_off_later_is_not_retried_and_keeps_what_arrived(
    api: Driver, server: Server, delays: list[float], steps: list[Step]
) -> None:
    server.script(*steps)
    server.script(http_stream(*events()))
    client = api.single_connection_client(server.base_url, max_retries=2)
    stream = client.stream()
    with pytest.raises(StreamInterruptedError) as caught:
        list(stream)
    partial = caught.value.completion
    assert (partial.text, partial.thinking) == ("Hello", THINKING)
    assert partial == stream.completion
    assert caught.value.trace_id == ENVELOPE["id"]
    assert not caught.value.retryable
    assert list(stream) == [], "it has ended for good"
    assert (delays, len(server.requests)) == ([], 1)
    assert client.text(streamed=True) == TEXT, "the connection is free again"


def test_a_reset_inside_a_stream_is_an_interruption(api: Driver, server: Server) -> None:
    gate = server.gate()
    server.script(HEAD, http_chunk(FIRST), gate, RESET)
    stream = api.client(server.base_url).stream()
    assert next(stream).text == "Hel"
    gate.set()
    with pytest.raises(StreamInterruptedError) as caught:
        next(stream)
    assert caught.value.completion.text == "Hel"


@pytest.mark.parametrize(
    ("event", "kind"),
    [(sse(base_resp(1002), done=False), RateLimitError), (b"data: {\n\n", ResponseDecodeError)],
    ids=["rate limit", "not JSON"],
)
def test_a_failure_inside_a_stream_is_not_retried_and_closes_the_connection(
    api: Driver, server: Server, delays: list[float], event: bytes, kind: type[MiniMaxError]
) -> None:
    server.script(HEAD, *TWO, http_chunk(event), SILENCE)
    server.script(http_stream(*events()))
    client = api.single_connection_client(server.base_url, max_retries=2)
    stream = client.stream()
    assert [next(stream).text, next(stream).text] == ["Hel", "lo"]
    with pytest.raises(kind) as caught:
        next(stream)
    assert caught.value.completion == stream.completion
    # The server goes on sending nothing; it is the client that has left.
    assert server.ended_by() == "client"
    assert delays == []
    assert client.text(streamed=True) == TEXT


def test_a_broken_compressed_stream_is_an_error(api: Driver, server: Server) -> None:
    first = compressed([event("Hello")])[0]
    later = b"".join(compressed([event("Hello"), event(" again" * 9, "stop"), DONE]))
    client = api.client(server.base_url, max_retries=0)
    broken: list[tuple[type[MiniMaxError], list[bytes]]] = [
        (StreamInterruptedError, [later[: len(first) + 20]]),
        (ResponseDecodeError, [first, b"\xff" * 50]),
    ]
    for kind, pieces in broken:
        server.script(http_stream(*pieces, headers=GZIP))
        with pytest.raises(kind) as caught:
            client.text(streamed=True)
        assert caught.value.completion is not None
        assert caught.value.completion.text == "Hello"
    server.script(http_stream(*events(), headers=GZIP))
    with pytest.raises(ResponseDecodeError):
        client.stream()


# Leaving. Each function returns the stream that it leaves, so that garbage collection, which
# closes streams as well, is not what frees the connection.


def leave_by_close(client: Client) -> OpenStream:
    stream = client.stream()
    assert next(stream).text == "one "
    stream.close()
    assert list(stream) == []
    stream.close()
    return stream


def leave_by_break(client: Client) -> OpenStream:
    with client.stream() as stream:
        for _ in stream:
            break
    return stream


def leave_by_exception(client: Client) -> OpenStream:
    stream = client.stream()

    def consume() -> None:
        with stream:
            for _ in stream:
                raise LookupError("in the body of the loop")

    with pytest.raises(LookupError, match="in the body of the loop"):
        consume()
    return stream


def leave_unread(client: Client) -> OpenStream:
    with client.stream() as stream:
        pass
    return stream


@pytest.mark.parametrize(
    "leave", [leave_by_close, leave_by_break, leave_by_exception, leave_unread]
)
def test_a_stream_that_is_left_early_closes_its_connection(
    api: Driver, server: Server, leave: Callable[[Client], OpenStream]
) -> None:
    server.script(HEAD, http_chunk(event("one ")), SILENCE)
    server.script(http_stream(*events()))
    client = api.single_connection_client(server.base_url, max_retries=0)
    left = leave(client)
    assert server.ended_by() == "client"
    assert client.text(streamed=True) == TEXT
    assert left.completion.text == "one "
    assert left.completion.finish_reason is None


@pytest.mark.parametrize("begin", [next, lambda stream: None], ids=["read", "unread"])
def test_a_stream_that_is_garbage_collected_closes_its_connection(
    api: Driver, server: Server, begin: Callable[[OpenStream], object]
) -> None:
    server.script(HEAD, http_chunk(event("one ")), SILENCE)
    server.script(http_stream(*events()))
    client = api.single_connection_client(server.base_url, max_retries=0)
    begin(client.stream())
    gc.collect()
    assert client.text(streamed=True) == TEXT
    assert server.ended_by() == "client"


def test_closing_a_stream_that_has_ended_keeps_the_connection(api: Driver, server: Server) -> None:
    server.otherwise(answer)
    client = api.client(server.base_url)
    with client.stream() as stream:
        list(stream)
    stream.close()
    client.ask()
    assert len(server.connections) == 1


def test_an_answer_in_plain_json_is_a_stream_of_one_chunk(api: Driver, server: Server) -> None:
    server.script(http_reply(plain()))
    stream = api.client(server.base_url).stream()
    assert [(each.thinking, each.text) for each in stream] == [(THINKING, TEXT)]
    assert stream.completion.text == TEXT


def test_a_stream_in_http_1_0_ends_with_its_connection(api: Driver, server: Server) -> None:
    head = b"HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    server.script(head, *events(), SILENCE)
    assert api.client(server.base_url).text(streamed=True) == TEXT
    assert server.ended_by() == "client"
