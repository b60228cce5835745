"""Timeouts on a socket: how long no byte may arrive, and how long a call may take in all."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from driver import Client, Driver
from http_library import httpx
from minimax_chat import APITimeoutError, RateLimitError, StreamInterruptedError
from samples import TEXT, base_resp, event, events, plain
from server import (
    END,
    SILENCE,
    Connection,
    Request,
    Server,
    Step,
    http_chunk,
    http_reply,
    http_stream,
    stream_head,
)

ANSWER = http_reply(plain())


def pause(connection: Connection, request: Request) -> None:
    threading.Event().wait(0.25)


def test_a_stream_may_take_longer_than_the_timeout(api: Driver, server: Server) -> None:
    """Each byte is a sign of life, those of a comment while the model thinks as well."""
    pieces = [b": alive\n\n"] * 3 + [event("on ")] * 3
    steps = [step for piece in pieces for step in (http_chunk(piece), pause)]
    server.script(stream_head(), *steps, http_chunk(event("and on", "stop")), END)
    client = api.client(server.base_url, timeout=1.2, max_retries=0)
    assert client.text(streamed=True) == "on on on and on"


def test_silence_before_the_reply_is_a_timeout_and_retried(
    api: Driver, server: Server, delays: list[float], streamed: bool
) -> None:
    server.script(SILENCE)
    server.script(http_stream(*events()) if streamed else ANSWER)
    client = api.client(server.base_url, max_retries=0)
    with pytest.raises(APITimeoutError) as caught:
        client.text(streamed, timeout=0.1)
    words = r"the API did not respond in time \(ReadTimeout(: timed out)?\)"
    assert re.fullmatch(words, caught.value.message)
    assert caught.value.retryable
    assert client.text(streamed) == TEXT
    assert server.ended_by() == "client"
    server.otherwise(SILENCE)
    with pytest.raises(APITimeoutError):
        client.text(streamed, timeout=0.1, max_retries=1)
    assert (len(server.requests), len(delays)) == (4, 1)


def test_silence_inside_a_plain_reply_is_not_retried(
    api: Driver, server: Server, delays: list[float]
) -> None:
    server.script(ANSWER[:-20], SILENCE)
    with pytest.raises(APITimeoutError) as caught:
        api.client(server.base_url, timeout=0.8).ask()
    assert not caught.value.retryable
    assert delays == []
    assert server.ended_by() == "client"


def test_silence_before_the_first_event_is_a_timeout(api: Driver, server: Server) -> None:
    server.script(stream_head(), SILENCE)
    with pytest.raises(APITimeoutError) as caught:
        api.client(server.base_url, timeout=0.8, max_retries=0).stream()
    assert caught.value.retryable
    assert server.ended_by() == "client"


def test_silence_after_the_first_event_is_an_interruption(api: Driver, server: Server) -> None:
    server.script(stream_head(), http_chunk(event("Hel")), SILENCE)
    stream = api.client(server.base_url, timeout=1).stream()
    assert next(stream).text == "Hel"
    with pytest.raises(StreamInterruptedError, match="ReadTimeout") as caught:
        next(stream)
    assert caught.value.completion.text == "Hel"
    assert server.ended_by() == "client"


def test_a_full_pool_is_a_timeout(api: Driver, server: Server) -> None:
    server.script(stream_head(), http_chunk(event("Hel")), SILENCE)
    client = api.single_connection_client(server.base_url, max_retries=0)
    with client.stream() as stream:
        next(stream)
        with pytest.raises(APITimeoutError, match="PoolTimeout"):
            client.ask(timeout=0.1)


# In all


def drip(byte: bytes) -> Step:
    """Sends this again and again, with never a pause that is a timeout, until the client leaves."""

    def send(connection: Connection, request: Request) -> None:
        while not connection.ended.wait(0.02):
            connection.send(byte)

    return send


def flood(piece: bytes) -> Step:
    """Sends this again and again, as fast as the client takes it."""

    def send(connection: Connection, request: Request) -> None:
        while not connection.ended.is_set():
            connection.send(piece)

    return send


JSON_HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ENDLESS: dict[str, list[Step]] = {
    "silence": [SILENCE],
    "a byte of a header at a time": [b"HTTP/1.1 200 OK\r\nX-Header: ", drip(b"x")],
    "informational responses": [flood(b"HTTP/1.1 100 Continue\r\n\r\n")],
    "a byte of the body at a time": [JSON_HEAD, drip(http_chunk(b" "))],
    "a byte of the size of a chunk at a time": [JSON_HEAD, b"1;", drip(b"x")],
    "a comment at a time": [stream_head(), drip(http_chunk(b":\n"))],
}


def ready(client: Client, server: Server, *, connected: bool = False) -> Client:
    """A client whose first call, which takes a while on a busy machine, is over."""
    server.script(http_reply(plain(), headers={} if connected else {"Connection": "close"}))
    client.ask()
    return client


@pytest.mark.parametrize("steps", ENDLESS.values(), ids=ENDLESS)
def test_no_reply_lasts_longer_than_total_timeout(
    api: Driver, server: Server, streamed: bool, steps: list[Step]
) -> None:
    """On a new connection, and on one that has been used before."""
    client = ready(api.client(server.base_url, timeout=5), server, connected=streamed)
    server.script(*steps)
    assert_late(client, server, streamed)
    assert len(server.requests) == 2
    assert len(server.connections) == 2 - streamed


@pytest.mark.parametrize("piece", [b"\n" * 5000, b"data:\n\n" * 1000, b": x\n\n" * 1000])
def test_nothing_again_and_again_does_not_prolong_a_stream(
    api: Driver, server: Server, piece: bytes
) -> None:
    client = ready(api.client(server.base_url, timeout=5), server)
    server.script(stream_head(), flood(http_chunk(piece)))
    assert_late(client, server, streamed=True)


LATE = r"^the call did not end within total_timeout, 0\.2 s\. Increase total_timeout=\.$"


def assert_late(client: Client, server: Server, streamed: bool) -> None:
    start = time.monotonic()
    with pytest.raises(APITimeoutError, match=LATE) as caught:
        client.text(streamed, total_timeout=0.2)
    assert 0.2 <= time.monotonic() - start < 4
    assert not caught.value.retryable
    assert caught.value.sent
    assert server.ended_by(-1) == "client"


def test_total_timeout_holds_on_a_connection_that_the_user_opened(
    api: Driver, server: Server, streamed: bool
) -> None:
    http = api.http_client()
    server.script(ANSWER)
    api.run(http.get(server.base_url))
    server.script(*ENDLESS["a byte of the size of a chunk at a time"])
    client = api.client(server.base_url, http_client=http, timeout=5)
    assert_late(client, server, streamed)
    assert len(server.connections) == 1


def test_no_stream_lasts_longer_than_total_timeout(api: Driver, server: Server) -> None:
    client = ready(api.client(server.base_url), server)
    server.script(stream_head(), drip(http_chunk(event("on "))))
    stream = client.stream(total_timeout=0.3)
    with pytest.raises(StreamInterruptedError) as caught:
        for _ in stream:
            pass
    assert caught.value.message == "the stream was broken off (total_timeout: 0.3 s)"
    assert caught.value.completion.text.startswith("on on ")
    assert server.ended_by(-1) == "client"


def test_total_timeout_includes_the_time_between_chunks(api: Driver, server: Server) -> None:
    """However much has arrived: it is the whole call that it limits."""
    client = ready(api.client(server.base_url), server)
    server.script(stream_head(), http_chunk(event("Hel")), drip(http_chunk(event("lo"))))
    stream = client.stream(total_timeout=0.5)
    next(stream)
    time.sleep(0.6)
    with pytest.raises(StreamInterruptedError, match="total_timeout"):
        list(stream)


def test_total_timeout_includes_retries(
    api: Driver, server: Server, delays: list[float], streamed: bool
) -> None:
    server.otherwise(http_reply(base_resp(1002), headers={"Retry-After": "7"}))
    client = api.client(server.base_url, max_retries=5)
    with pytest.raises(RateLimitError):
        client.text(streamed, total_timeout=8)
    assert delays == [7, 7, 7, 7, 7], "nobody waited: the clock stands still in this test"
    with pytest.raises(RateLimitError):
        client.text(streamed, total_timeout=7)
    assert len(server.requests) == 7, "a retry that would start too late is not waited for"


def test_total_timeout_includes_the_attempts(
    api: Driver, server: Server, delays: list[float], streamed: bool
) -> None:
    client = ready(api.client(server.base_url, timeout=0.2, max_retries=9), server)
    server.otherwise(SILENCE)
    start = time.monotonic()
    with pytest.raises(APITimeoutError):
        client.text(streamed, total_timeout=0.5)
    assert time.monotonic() - start < 4
    assert 2 <= len(server.requests) <= 4


def test_a_server_that_reads_slowly_does_not_prolong_a_call(
    api: Driver, server: Server, streamed: bool
) -> None:
    """It makes progress all the time, but the request is never sent as a whole."""

    over = threading.Event()

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            while not over.wait(0.02) and connection.recv(65_536):
                pass

    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        thread = threading.Thread(target=serve, args=[listener])
        thread.start()
        client = api.client(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=5)
        message = {"role": "user", "content": "x" * 20_000_000}
        start = time.monotonic()
        with pytest.raises(APITimeoutError, match="total_timeout"):
            client.text(streamed, messages=[message], total_timeout=1)
        assert time.monotonic() - start < 4
        over.set()
        thread.join()


def test_total_timeout_includes_the_wait_for_a_connection(api: Driver, server: Server) -> None:
    server.script(stream_head(), http_chunk(event("Hel")), SILENCE)
    client = api.single_connection_client(server.base_url, max_retries=0)
    with client.stream() as stream:
        next(stream)
        start = time.monotonic()
        with pytest.raises(APITimeoutError, match="total_timeout"):
            client.ask(total_timeout=0.2)
        assert time.monotonic() - start < 4


def test_total_timeout_includes_the_time_to_connect(api: Driver, streamed: bool) -> None:
    """A server that does not answer the handshake of TLS, which may take 5 s."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        client = api.client(url, timeout=httpx.Timeout(20))
        start = time.monotonic()
        with pytest.raises(APITimeoutError, match="total_timeout"):
            client.text(streamed, total_timeout=0.5)
        assert time.monotonic() - start < 10


def test_a_phase_that_begins_after_total_timeout_is_hardly_waited_for(api: Driver) -> None:
    """That of a slow transport; a timeout of 0 would mean not to wait at all."""

    def respond(request: Any) -> Any:
        time.sleep(0.02)
        seconds.append(request.extensions["timeout"].get("read"))
        return httpx.Response(200, json=plain())

    seconds: list[float] = []
    http = api.http_client(transport=httpx.MockTransport(respond))
    with pytest.raises(APITimeoutError, match="total_timeout"):
        api.client("http://127.0.0.1", http_client=http).ask(total_timeout=0.01)
    assert 0 < seconds[0] < 0.01


def test_network_connections_are_all_changed_alike_and_once(api: Driver, server: Server) -> None:
    """Else each call on a connection would make its reads and writes a little slower."""
    server.script(http_reply(plain(), headers={"Connection": "close"}))
    server.otherwise(ANSWER)

    async def record_async(response: Any) -> None:
        record(response)

    def record(response: Any) -> None:
        kinds.append(type(response.extensions["network_stream"]))

    kinds: list[type] = []
    hook = record_async if api.asynchronous else record
    client = api.client(
        server.base_url, http_client=api.http_client(event_hooks={"response": [hook]})
    )
    for _ in range(3):
        client.ask()
    assert (len(server.connections), len(kinds), len({*kinds})) == (2, 3, 1)


def test_total_timeout_holds_for_another_transport(api: Driver, streamed: bool) -> None:
    """It has no network connection whose reads could end at the deadline."""

    class NoNetwork:
        pass

    class Body(httpx.SyncByteStream, httpx.AsyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            while True:
                time.sleep(0.02)
                yield b": alive\n"

        async def __aiter__(self) -> AsyncIterator[bytes]:
            for piece in self:
                yield piece

    def respond(request: Any) -> Any:
        kind = "text/event-stream" if streamed else "application/json"
        headers = {"content-type": kind}
        return httpx.Response(
            200, headers=headers, stream=Body(), extensions={"network_stream": given}
        )

    given = NoNetwork()
    http = api.http_client(transport=httpx.MockTransport(respond))
    with pytest.raises(APITimeoutError, match="total_timeout"):
        api.client("http://127.0.0.1", http_client=http).text(streamed, total_timeout=0.3)
    assert type(given) is NoNetwork


def test_total_timeout_of_client_variant_and_call(api: Driver, server: Server) -> None:
    server.otherwise(SILENCE)
    client = api.client(server.base_url, total_timeout=0.2)
    with pytest.raises(APITimeoutError, match=r"0\.2 s"):
        client.ask()
    with pytest.raises(APITimeoutError, match=r"0\.3 s"):
        client.with_options(total_timeout=0.3).ask()
    with pytest.raises(APITimeoutError, match=r"0\.4 s"):
        client.ask(total_timeout=0.4)
