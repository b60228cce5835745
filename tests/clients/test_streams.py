"""Streams on a real socket: how they end, and what becomes of the connection."""

from __future__ import annotations

import gc
import threading
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest

from driver import MESSAGES, Client, Driver
from minimax_chat import (
    APIConnectionError,
    APIError,
    CompletionChunk,
    InternalServerError,
    RateLimitError,
    ResponseDecodeError,
    StreamInterruptedError,
)
from minimax_chat.ext.emulator import Emulator
from server import (
    CLOSE,
    CONTENT,
    DONE,
    END,
    ID,
    RESET,
    SILENCE,
    TEXT,
    THINKING,
    Connection,
    Request,
    Server,
    Step,
    answer,
    chunk,
    completion,
    error,
    event,
    event_of,
    events,
    failure,
    reply,
    stream,
    stream_head,
)


def one_connection(api: Driver, server: Server) -> Client:
    """A client that cannot make a second connection while it has the first."""
    http = api.http_client(limits=httpx.Limits(max_connections=1))
    timeout = httpx.Timeout(10, pool=5)
    return api.client(server.base_url, http_client=http, timeout=timeout, max_retries=0)


def test_the_completion_of_a_stream_is_that_of_a_plain_call(api: Driver, server: Server) -> None:
    server.script(reply(completion()))
    server.script(stream(*events()))
    client = api.client(server.base_url)
    plain = client.ask()
    chunks = list(streamed := client.stream())
    assert streamed.completion == plain
    assert streamed.completion.to_dict() == plain.to_dict()
    assert (plain.text, plain.thinking, plain.trace_id) == (TEXT, THINKING, ID)
    for name in (
        *("text", "thinking", "message", "usage", "finish_reason", "id", "model"),
        *("object", "created_at", "trace_id", "input_sensitive", "thinking_truncated"),
    ):
        assert getattr(streamed.completion, name) == getattr(plain, name), name
    assert "".join(chunk.text for chunk in chunks) == plain.text
    assert "".join(chunk.thinking for chunk in chunks) == plain.thinking
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == CONTENT
    assert [chunk.choices[0].finish_reason for chunk in chunks[-2:]] == [None, "stop"]


@pytest.mark.parametrize(
    "prompt",
    [
        *("Hello", "你好", "!chunk 1 Hello", "!say", "!model another Hello"),
        *(f"!think {kind} Hello" for kind in ("none", "tight", "orphan", "field", "both")),
        *(f"!usage {kind} Hello" for kind in ("null", "zero", "alone")),
        *(f"!odd {kind} Hello" for kind in ("role", "fields", "message")),
        "!chunk 3 !odd role !odd fields !odd message !usage alone !think both Hello",
    ],
)
def test_what_a_stream_promises_is_that_of_a_plain_call(api: Driver, prompt: str) -> None:
    """What docs/streaming.md names; the rest may differ, and in the emulator does."""
    messages = [{"role": "user", "content": prompt}]
    with Emulator() as emulator:
        client = api.client(emulator.base_url)
        plain = client.ask(messages=messages)
        chunks = list(streamed := client.stream(messages=messages))
        for name in ("text", "thinking", "finish_reason", "usage", "model", "thinking_truncated"):
            assert getattr(streamed.completion, name) == getattr(plain, name), name
        assert streamed.completion.message.content == plain.message.content
        assert streamed.completion.message.role == plain.message.role == "assistant"
        # Of each answer its own.
        assert {chunk.id for chunk in chunks} == {streamed.completion.id} != {None}
        # It goes back as it is.
        question = {"role": "user", "content": "And now?"}
        client.ask(messages=[*messages, streamed.completion.message, question])
        sent = emulator.requests[-1].json["messages"][1]
    assert sent == streamed.completion.message.to_dict()
    assert (sent["role"], sent["content"]) == ("assistant", plain.message.content or "")


def test_the_trace_id_of_a_stream_is_that_of_its_headers(api: Driver, server: Server) -> None:
    server.script(stream(*events(), headers={"Trace-Id": "from-the-header"}))
    list(streamed := api.client(server.base_url).stream())
    assert streamed.completion.trace_id == "from-the-header"


def test_a_stream_is_asked_for_as_such(api: Driver, server: Server) -> None:
    server.script(stream(*events()))
    server.script(reply(completion()), times=2)
    client = api.client(server.base_url)
    list(client.stream())
    client.ask(stream=False)
    client.ask()
    assert [request.json.get("stream") for request in server.requests] == [True, False, None]


def test_chunks_are_handed_over_as_they_arrive(api: Driver, server: Server) -> None:
    gates = [server.gate() for _ in range(2)]
    server.script(
        *(stream_head(), chunk(event("one ")), gates[0], chunk(event("two ")), gates[1]),
        *(chunk(event("three", "stop")), chunk(DONE), END),
    )
    streamed = api.client(server.base_url).stream()
    assert next(streamed).text == "one "
    assert streamed.completion.text == "one "
    assert streamed.completion.finish_reason is None
    gates[0].set()
    assert next(streamed).text == "two "
    gates[1].set()
    assert [chunk.text for chunk in streamed] == ["three"]
    assert streamed.completion.text == "one two three"


def test_bytes_may_be_cut_anywhere(api: Driver, server: Server) -> None:
    body = b"".join(events())
    server.script(stream(*(body[at : at + 1] for at in range(len(body)))))
    streamed = api.client(server.base_url).stream()
    assert "".join(chunk.text for chunk in streamed) == TEXT
    assert streamed.completion.message.content == CONTENT


def test_line_ends_of_unicode_are_not_those_of_a_stream(api: Driver, server: Server) -> None:
    content = "a\u2028b\u2029c\u0085d\x0b\x0ce"
    server.script(stream(*events(content)))
    streamed = api.client(server.base_url).stream()
    assert "".join(chunk.text for chunk in streamed) == content


def test_a_false_charset_is_not_believed(api: Driver, server: Server) -> None:
    headers = {"Content-Type": "text/event-stream; charset=iso-8859-1"}
    server.script(stream(*events(), headers=headers))
    list(streamed := api.client(server.base_url).stream())
    assert streamed.completion.text == TEXT


def test_an_event_of_megabytes(api: Driver, server: Server) -> None:
    content = "三" * 1_000_000
    server.script(stream(event(content, "stop"), DONE))
    streamed = api.client(server.base_url).stream()
    assert [chunk.text for chunk in streamed] == [content]


def test_ten_streams_and_a_call_take_one_connection(api: Driver, server: Server) -> None:
    server.otherwise(answer)
    client = api.client(server.base_url)
    for _ in range(10):
        assert "".join(chunk.text for chunk in client.stream()) == "Hello"
    assert client.ask().text == "Hello"
    assert [request.connection for request in server.requests] == [0] * 11


def test_a_stream_ends_at_done_although_the_body_goes_on(api: Driver, server: Server) -> None:
    server.script(stream_head(), *map(chunk, events()), SILENCE)
    server.script(stream(*events()))
    client = one_connection(api, server)
    assert "".join(chunk.text for chunk in client.stream()) == TEXT
    # It did not wait for the rest, and the next call does not wait for the connection.
    assert server.ended_by() == "client"
    assert "".join(chunk.text for chunk in client.stream()) == TEXT


def test_nothing_after_done_counts(api: Driver, server: Server) -> None:
    server.script(stream(*events(), event("more", "stop"), b"data: nonsense\n\n"))
    list(streamed := api.client(server.base_url).stream())
    assert streamed.completion.text == TEXT


def test_a_transport_of_ones_own_is_not_asked_for_more_than_done(api: Driver) -> None:
    class Body(httpx.SyncByteStream, httpx.AsyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield b"".join(events())
            raise httpx.ReadTimeout("the body goes on, but not in time")

        async def __aiter__(self) -> AsyncIterator[bytes]:
            for piece in self:
                yield piece

    def respond(request: httpx.Request) -> httpx.Response:
        headers = {"content-type": "text/event-stream"}
        return httpx.Response(200, headers=headers, stream=Body())

    http = api.http_client(transport=httpx.MockTransport(respond))
    streamed = api.client(http_client=http).stream()
    assert "".join(chunk.text for chunk in streamed) == TEXT


class Tail(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The body of a reply that does one more thing when its connection is free again."""

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


def test_waiting_briefly_for_the_end_is_nobody_elses_wait(api: Driver, server: Server) -> None:
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

    def slowly(connection: Connection, request: Request) -> None:
        threading.Event().wait(0.3)

    server.script(stream(*events()))
    server.script(slowly, reply(completion()))
    texts: list[str] = []
    http = api.http_client(transport=(AsyncTransport if api.asynchronous else Transport)())
    client = api.client(server.base_url, http_client=http, max_retries=0)
    assert "".join(chunk.text for chunk in client.stream()) == TEXT
    assert texts == [TEXT]
    assert [request.connection for request in server.requests] == [0, 0]


def test_a_body_without_length_may_end_with_the_connection(api: Driver, server: Server) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    server.script(head, *events()[:-1], CLOSE)
    assert "".join(chunk.text for chunk in api.client(server.base_url).stream()) == TEXT


# Ends before the end

FIRST = event("<think>\nThe user greets.\n</think>\n\nHel")
HEAD = stream_head()
TWO = [chunk(FIRST), chunk(event("lo"))]

BEFORE_THE_FIRST_EVENT: dict[str, list[Step]] = {
    "before the reply": [CLOSE],
    "before the reply, by a reset": [RESET],
    "in the status line": [HEAD[:9], CLOSE],
    "in the headers": [HEAD[:40], CLOSE],
    "behind the headers": [HEAD, CLOSE],
    "in the first event": [HEAD, chunk(FIRST[:60]), CLOSE],
    "in the line end of the first event": [HEAD, chunk(FIRST[:-1]), CLOSE],
    "in the size of a chunk": [HEAD, b"5", CLOSE],
}
AFTER_THE_FIRST_EVENT: dict[str, list[Step]] = {
    "between two events": [HEAD, *TWO, CLOSE],
    "in an event": [HEAD, *TWO, chunk(FIRST[:60]), CLOSE],
    "in a character": [HEAD, *TWO, chunk(b'data: {"id": "\xe4\xbd'), CLOSE],
    "in the size of a chunk": [HEAD, *TWO, b"5", CLOSE],
    "in a chunk": [HEAD, *TWO, chunk(FIRST)[:50], CLOSE],
    "behind a size that is none": [HEAD, *TWO, b"nonsense\r\n", CLOSE],
    "between finish_reason and [DONE]": [HEAD, *TWO, chunk(event("", "stop")), CLOSE],
    "without finish_reason": [HEAD, *TWO, END],
    "without finish_reason, but with [DONE]": [HEAD, *TWO, chunk(DONE), END],
    "without finish_reason, with the connection": [
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n",
        *(FIRST, event("lo"), CLOSE),
    ],
    "shorter than its length": [
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9999\r\n\r\n",
        *(FIRST, event("lo"), CLOSE),
    ],
}


@pytest.mark.parametrize("steps", BEFORE_THE_FIRST_EVENT.values(), ids=BEFORE_THE_FIRST_EVENT)
def test_a_stream_that_dies_before_its_first_event_is_tried_again(
    api: Driver, server: Server, naps: list[float], steps: list[Step]
) -> None:
    server.script(*steps, times=2)
    server.script(stream(*events()))
    client = one_connection(api, server)
    with pytest.raises(APIConnectionError) as caught:
        client.stream()
    assert caught.value.retryable
    assert naps == []
    streamed = client.with_options(max_retries=1).stream()
    assert "".join(chunk.text for chunk in streamed) == TEXT
    assert len(naps) == 1
    assert len(server.requests) == 3


@pytest.mark.parametrize("steps", AFTER_THE_FIRST_EVENT.values(), ids=AFTER_THE_FIRST_EVENT)
def test_a_stream_that_dies_later_says_so_and_keeps_what_came(
    api: Driver, server: Server, naps: list[float], steps: list[Step]
) -> None:
    server.script(*steps)
    server.script(stream(*events()))
    client = one_connection(api, server).with_options(max_retries=2)
    streamed = client.stream()
    chunks: list[CompletionChunk] = []
    with pytest.raises(StreamInterruptedError) as caught:
        chunks.extend(streamed)
    partial = caught.value.completion
    assert partial is not None
    assert (partial.text, partial.thinking) == ("Hello", THINKING)
    assert partial == streamed.completion
    assert caught.value.trace_id == partial.trace_id == ID
    assert not caught.value.retryable
    # It has ended for good, was not tried again, and the next call can have the connection.
    assert list(streamed) == []
    assert naps == []
    assert len(server.requests) == 1
    assert "".join(chunk.text for chunk in client.stream()) == TEXT


def test_a_reset_in_a_stream_says_so_and_keeps_what_came(api: Driver, server: Server) -> None:
    gate = server.gate()
    server.script(HEAD, chunk(FIRST), gate, RESET)
    streamed = api.client(server.base_url).stream()
    assert next(streamed).text == "Hel"
    gate.set()
    with pytest.raises(StreamInterruptedError) as caught:
        next(streamed)
    assert caught.value.completion is not None
    assert caught.value.completion.text == "Hel"


def test_an_empty_stream_is_no_answer(api: Driver, server: Server, naps: list[float]) -> None:
    server.script(stream(DONE))
    server.script(stream())
    server.script(stream(*events()))
    streamed = api.client(server.base_url).stream()
    assert "".join(chunk.text for chunk in streamed) == TEXT
    assert len(naps) == 2
    server.script(stream(DONE))
    with pytest.raises(StreamInterruptedError):
        api.client(server.base_url, max_retries=0).stream()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (failure(1027), APIError),
        (error(1027), APIError),
        (failure(1002), RateLimitError),
        (error(1000), InternalServerError),
    ],
    ids=["base_resp 1027", "error 1027", "base_resp 1002", "error 1000"],
)
def test_a_failure_inside_a_stream_keeps_what_came(
    api: Driver,
    server: Server,
    naps: list[float],
    body: dict[str, object],
    kind: type[APIError],
) -> None:
    server.script(HEAD, *TWO, chunk(event_of(body)), SILENCE)
    server.script(stream(*events()))
    client = one_connection(api, server).with_options(max_retries=2)
    streamed = client.stream()
    assert [next(streamed).text for _ in range(2)] == ["Hel", "lo"]
    with pytest.raises(kind) as caught:
        next(streamed)
    assert caught.value.completion is not None
    assert caught.value.completion.text == "Hello"
    assert caught.value.message.startswith("it failed")
    # Although it did not stop at the failure, the server has lost the client.
    assert server.ended_by() == "client"
    assert naps == []
    assert "".join(chunk.text for chunk in client.stream()) == TEXT


def test_an_event_that_is_no_json(api: Driver, server: Server) -> None:
    server.script(HEAD, *TWO, chunk(b"data: {nonsense\n\n"), SILENCE)
    streamed = api.client(server.base_url).stream()
    with pytest.raises(ResponseDecodeError) as caught:
        list(streamed)
    assert caught.value.completion is not None
    assert caught.value.completion.text == "Hello"
    assert caught.value.body == "{nonsense"
    assert server.ended_by() == "client"


# No stream


def test_a_failure_where_a_stream_was_expected_is_raised(api: Driver, server: Server) -> None:
    server.script(reply(failure(1008, "insufficient balance")))
    with pytest.raises(APIError, match="insufficient balance") as caught:
        api.client(server.base_url).stream()
    assert (caught.value.code, caught.value.http_status) == (1008, 200)
    assert len(server.requests) == 1


def test_a_failure_where_a_stream_was_expected_is_tried_again(
    api: Driver, server: Server, naps: list[float]
) -> None:
    server.script(reply(failure(1002)))
    server.script(reply(error(1000), 500))
    server.script(stream(*events()))
    streamed = api.client(server.base_url).stream()
    assert "".join(chunk.text for chunk in streamed) == TEXT
    assert len(naps) == 2
    # Failures leave the connection as it was.
    assert [request.connection for request in server.requests] == [0, 0, 0]


def test_an_answer_where_a_stream_was_expected_is_one_chunk(api: Driver, server: Server) -> None:
    server.script(reply(completion()), times=2)
    client = api.client(server.base_url)
    (chunk,) = streamed = client.stream()
    assert (chunk.text, chunk.thinking) == (TEXT, THINKING)
    assert chunk.choices[0].delta.content == CONTENT
    assert streamed.completion == client.ask()
    assert [request.connection for request in server.requests] == [0, 0]


def test_a_page_where_a_stream_was_expected(api: Driver, server: Server) -> None:
    page = b"<html><body>Welcome to the hotel's network</body></html>"
    server.script(reply(page, content_type="text/html"))
    with pytest.raises(ResponseDecodeError, match="text/html") as caught:
        api.client(server.base_url).stream()
    assert caught.value.body == page.decode()


def test_a_stream_where_an_answer_was_expected(api: Driver, server: Server) -> None:
    server.script(stream(*events()))
    with pytest.raises(ResponseDecodeError, match="text/event-stream"):
        api.client(server.base_url).ask()


# Content encoding


def compressed(pieces: list[bytes]) -> list[bytes]:
    """Each piece can be read when it has come."""
    gzip = zlib.compressobj(wbits=31)
    flushed = [gzip.compress(piece) + gzip.flush(zlib.Z_SYNC_FLUSH) for piece in pieces]
    return [*flushed, gzip.flush()]


GZIP = {"Content-Encoding": "gzip"}


def test_a_compressed_stream_is_read_as_it_arrives(api: Driver, server: Server) -> None:
    first, *others = compressed(events())
    gate = server.gate()
    server.script(stream_head(GZIP), chunk(first), gate, *map(chunk, others), END)
    streamed = api.client(server.base_url).stream()
    assert next(streamed).choices[0].delta.content == CONTENT[:5]
    gate.set()
    assert "".join(chunk.text for chunk in streamed) == TEXT
    assert "gzip" in server.requests[0].headers["accept-encoding"]


def test_ten_compressed_streams_take_one_connection(api: Driver, server: Server) -> None:
    server.script(stream(*compressed(events()), headers=GZIP), times=10)
    client = api.client(server.base_url)
    for _ in range(10):
        assert "".join(chunk.text for chunk in client.stream()) == TEXT
    assert len(server.connections) == 1


def test_a_truncated_compressed_stream_is_noticed(api: Driver, server: Server) -> None:
    whole = b"".join(compressed([event("Hello"), event(" again" * 9, "stop"), DONE]))
    first = b"".join(compressed([event("Hello")])[:1])
    server.script(stream(whole[: len(first) + 20], headers=GZIP))
    streamed = api.client(server.base_url).stream()
    with pytest.raises(StreamInterruptedError) as caught:
        list(streamed)
    assert caught.value.completion is not None
    assert caught.value.completion.text == "Hello"


def test_a_broken_compressed_stream_is_noticed(api: Driver, server: Server) -> None:
    first = compressed([event("Hello")])[0]
    server.script(stream(first, b"\xff" * 50, headers=GZIP))
    with pytest.raises(StreamInterruptedError):
        list(api.client(server.base_url).stream())
    server.script(stream(*events(), headers=GZIP))
    with pytest.raises(ResponseDecodeError, match="encoding"):
        api.client(server.base_url, max_retries=0).stream()


def test_an_unknown_encoding_of_a_stream_is_named(
    api: Driver, server: Server, naps: list[float]
) -> None:
    body = zlib.compress(b"".join(events()))
    server.script(stream(body, headers={"Content-Encoding": "snappy"}))
    with pytest.raises(ResponseDecodeError, match="snappy"):
        api.client(server.base_url).stream()
    # It would come back the same.
    assert naps == []


# Leaving


def leave_by_close(client: Client) -> None:
    streamed = client.stream()
    assert next(streamed).text == "one "
    streamed.close()
    assert list(streamed) == []
    streamed.close()


def leave_by_break(client: Client) -> None:
    with client.stream() as streamed:
        for _ in streamed:
            break


def leave_by_exception(client: Client) -> None:
    def consume() -> None:
        with client.stream() as streamed:
            for _ in streamed:
                raise LookupError("of the loop's body")

    with pytest.raises(LookupError, match="of the loop's body"):
        consume()


def leave_unread(client: Client) -> None:
    with client.stream():
        pass


def leave_to_garbage(client: Client) -> None:
    streamed = client.stream()
    assert next(streamed).text == "one "
    del streamed
    gc.collect()


def leave_unread_to_garbage(client: Client) -> None:
    client.stream()
    gc.collect()


@pytest.mark.parametrize(
    "leave",
    [
        leave_by_close,
        leave_by_break,
        leave_by_exception,
        leave_unread,
        leave_to_garbage,
        leave_unread_to_garbage,
    ],
)
def test_a_stream_that_is_left_gives_its_connection_back(
    api: Driver, server: Server, leave: Callable[[Client], None]
) -> None:
    server.script(stream_head(), chunk(event("one ")), SILENCE)
    server.script(stream(*events()))
    client = one_connection(api, server)
    leave(client)
    assert "".join(chunk.text for chunk in client.stream()) == TEXT
    assert server.ended_by() == "client"


def test_what_had_arrived_can_be_read_after_leaving(api: Driver, server: Server) -> None:
    server.script(stream_head(), chunk(event("one ")), SILENCE)
    with api.client(server.base_url).stream() as streamed:
        next(streamed)
    assert streamed.completion.text == "one "
    assert streamed.completion.finish_reason is None


def test_closing_a_stream_that_has_ended_keeps_the_connection(api: Driver, server: Server) -> None:
    server.otherwise(answer)
    client = api.client(server.base_url)
    with client.stream() as streamed:
        list(streamed)
    streamed.close()
    client.ask()
    assert len(server.connections) == 1
