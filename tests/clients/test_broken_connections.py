"""Connections that fail, break off or redirect, and the errors that report it."""

from __future__ import annotations

import gzip
import pickle
import socket
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from driver import Client, Driver
from http_library import httpx
from minimax_chat import (
    APIConnectionError,
    APIError,
    ConfigurationError,
    InvalidArgumentError,
    MiniMaxError,
    ResponseDecodeError,
    ResponseLimitError,
    StreamInterruptedError,
)
from samples import KEY, TEXT, base_resp, event, openai_style, plain
from server import (
    CLOSE,
    RESET,
    SILENCE,
    Server,
    Step,
    answer,
    http_chunk,
    http_reply,
    stream_head,
)

ANSWER = http_reply(plain())
HEAD, _, BODY = ANSWER.partition(b"\r\n\r\n")
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
GZIP = {"Content-Encoding": "gzip"}


def unreachable() -> str:
    """The address of a server that has gone."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


# Broken off

BROKEN_OFF: dict[str, list[Step]] = {
    "before the reply": [CLOSE],
    "before the reply, by a reset": [RESET],
    "in the status line": [ANSWER[:9], CLOSE],
    "in the headers": [ANSWER[:40], CLOSE],
    "after the headers": [HEAD + b"\r\n\r\n", CLOSE],
    "in the body": [ANSWER[:-20], CLOSE],
    "in a chunk": [CHUNKED + http_chunk(BODY)[:-20], CLOSE],
    "in the size of a chunk": [CHUNKED + http_chunk(BODY) + b"5", CLOSE],
    "between chunks": [CHUNKED + http_chunk(BODY), CLOSE],
    "by something other than HTTP": [b"SSH-2.0-OpenSSH_9.6\r\n", CLOSE],
}


@pytest.mark.parametrize("steps", BROKEN_OFF.values(), ids=BROKEN_OFF)
def test_a_reply_that_breaks_off_is_an_error_and_retried(
    api: Driver, server: Server, delays: list[float], steps: list[Step]
) -> None:
    server.script(*steps, times=2)
    server.script(ANSWER)
    client = api.client(server.base_url, max_retries=0)
    with pytest.raises(APIConnectionError) as caught:
        client.ask()
    assert (caught.value.http_status, caught.value.code) == (None, None)
    assert delays == []
    assert client.with_options(max_retries=1).ask().text == TEXT
    assert len(delays) == 1
    assert len(server.requests) == 3


def test_a_server_that_cannot_be_reached_is_retried(
    api: Driver, delays: list[float], streamed: bool
) -> None:
    with pytest.raises(APIConnectionError) as caught:
        api.client(unreachable()).text(streamed)
    assert len(delays) == 2
    assert not caught.value.sent


@pytest.mark.parametrize(
    ("exception", "sent"),
    [
        ("ConnectError", False),
        ("ConnectTimeout", False),
        ("PoolTimeout", False),
        ("ReadError", True),
        ("ReadTimeout", True),
        ("WriteError", True),
        ("WriteTimeout", True),
    ],
)
def test_an_error_says_whether_the_request_may_have_been_sent(
    api: Driver, exception: str, sent: bool
) -> None:
    def fail(request: Any) -> Any:
        raise getattr(httpx, exception)("no route")

    http_client = api.http_client(transport=httpx.MockTransport(fail))
    with pytest.raises(APIConnectionError) as caught:
        api.client(http_client=http_client, max_retries=0).ask()
    assert caught.value.sent is sent
    assert caught.value.retryable


@pytest.mark.filterwarnings("ignore:base_url is http")
@pytest.mark.parametrize("host", ["a" * 64 + ".invalid", "api..invalid", "[::"])
def test_a_malformed_host_is_an_error_that_names_base_url(api: Driver, host: str) -> None:
    with pytest.raises((ConfigurationError, APIConnectionError), match="base_url"):
        api.client(f"http://{host}", max_retries=0).ask()


@pytest.mark.filterwarnings("ignore:base_url is http")
def test_a_malformed_proxy_is_an_error_that_names_the_proxy(
    api: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy..invalid")
    with pytest.raises(APIConnectionError, match="proxy"):
        api.client("http://api.invalid", max_retries=0).ask()


@pytest.mark.parametrize(
    "body", [gzip.compress(BODY)[:100], b"\xff" + BODY], ids=["truncated", "broken"]
)
def test_a_broken_compressed_body_is_a_decode_error(
    api: Driver, server: Server, body: bytes
) -> None:
    server.script(http_reply(body, headers=GZIP))
    with pytest.raises(ResponseDecodeError):
        api.client(server.base_url).ask()
    assert len(server.requests) == 1


def test_headers_without_end_are_an_error_that_is_not_retried(
    api: Driver, server: Server, delays: list[float], streamed: bool
) -> None:
    server.script(b"HTTP/1.1 200 OK\r\nX-Header: ", b"x" * 300_000, SILENCE)
    with pytest.raises(ResponseLimitError, match=r"^the response headers exceed 100 KiB\. Check"):
        api.client(server.base_url).text(streamed)
    assert delays == []
    assert server.ended_by() == "client"


class BrokenBody(httpx.SyncByteStream, httpx.AsyncByteStream):
    """Breaks off after its first bytes. httpcore closes such a connection; others need not."""

    def __init__(self, first: bytes, reason: str = "no route") -> None:
        self.first, self.reason = first, reason
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        yield self.first
        raise httpx.ReadError(self.reason)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece

    def close(self) -> None:
        self.closed += 1

    async def aclose(self) -> None:
        self.closed += 1


def broken_client(api: Driver, body: BrokenBody, content_type: str) -> Client:
    response = httpx.Response(200, headers={"Content-Type": content_type}, stream=body)
    transport = httpx.MockTransport(lambda request: response)
    return api.client(http_client=api.http_client(transport=transport), max_retries=0)


def test_a_reply_that_breaks_off_says_why_and_is_closed(api: Driver) -> None:
    body = BrokenBody(BODY[:20])
    with pytest.raises(APIConnectionError) as caught:
        broken_client(api, body, "application/json").ask()
    assert caught.value.message == "the connection to the API failed (ReadError: no route)"
    assert body.closed == 1
    with pytest.raises(APIConnectionError) as caught:
        broken_client(api, BrokenBody(BODY[:20], reason=""), "application/json").ask()
    assert caught.value.message == "the connection to the API failed (ReadError)"


def test_a_stream_that_breaks_off_says_why_and_is_closed(api: Driver) -> None:
    body = BrokenBody(event("Hel"))
    stream = broken_client(api, body, "text/event-stream").stream()
    assert next(stream).text == "Hel"
    with pytest.raises(StreamInterruptedError) as caught:
        next(stream)
    assert caught.value.message == "the stream was broken off (ReadError: no route)"
    assert body.closed == 1


# Redirects


@pytest.mark.parametrize("status", [301, 303, 307])
def test_a_redirect_is_an_error_and_the_key_does_not_follow_it(
    api: Driver, server: Server, streamed: bool, status: int
) -> None:
    with Server() as other:
        other.otherwise(answer)
        location = f"{other.base_url}/v1/chat/completions"
        server.otherwise(http_reply(b"", status, {"Location": location}))
        for options in ({}, {"http_client": api.http_client(follow_redirects=True)}):
            with pytest.raises(APIError) as caught:
                api.client(server.base_url, **options).text(streamed)
            assert location in caught.value.hint
            assert caught.value.http_status == status
            assert not caught.value.retryable
        assert other.connections == []
    assert len(server.requests) == 2


# What errors hold


def fail_to_connect(client: Client, server: Server) -> None:
    client.driver.client(unreachable(), max_retries=1).ask()


def fail_in_the_body(client: Client, server: Server) -> None:
    server.script(ANSWER[:-20], CLOSE)
    client.ask()


def fail_by_http_status(client: Client, server: Server) -> None:
    server.script(http_reply(openai_style("it failed (1000)"), 500), times=2)
    client.with_options(max_retries=1).ask()


def fail_by_status_code(client: Client, server: Server) -> None:
    server.script(http_reply(base_resp(1004, "login fail")))
    client.ask()


def fail_by_timeout(client: Client, server: Server) -> None:
    server.script(server.gate())
    client.ask(timeout=0.1)


def fail_by_encoding(client: Client, server: Server) -> None:
    server.script(http_reply(BODY, headers=GZIP))
    client.ask()


def fail_in_a_stream(client: Client, server: Server) -> None:
    server.script(stream_head(), http_chunk(event("Hel")), CLOSE)
    client.text(streamed=True)


def fail_by_nonsense_in_a_stream(client: Client, server: Server) -> None:
    server.script(stream_head(), http_chunk(event("Hel") + b"data: {nonsense\n\n"), CLOSE)
    client.text(streamed=True)


def fail_by_an_argument(client: Client, server: Server) -> None:
    client.ask(temperature=12345)


def fail_by_a_header(client: Client, server: Server) -> None:
    client.ask(extra_headers={"X Y": "z"})


@pytest.mark.parametrize(
    "fail",
    [
        fail_to_connect,
        fail_in_the_body,
        fail_by_http_status,
        fail_by_status_code,
        fail_by_timeout,
        fail_by_encoding,
        fail_in_a_stream,
        fail_by_nonsense_in_a_stream,
        fail_by_an_argument,
        fail_by_a_header,
    ],
)
def test_an_error_can_be_pickled_and_leads_to_no_request(
    api: Driver, server: Server, delays: list[float], fail: Callable[[Client, Server], None]
) -> None:
    """The request holds the key."""
    client = api.client(server.base_url, max_retries=0)
    with pytest.raises(MiniMaxError) as caught:
        fail(client, server)
    error = caught.value
    assert [type(each) for each in chain(error)] == [type(error)]
    assert not any(isinstance(each, (httpx.Request, httpx.Response)) for each in held_by(error))
    assert error.hint or isinstance(error, InvalidArgumentError)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert vars(again) == vars(error)
    assert str(again) == str(error)
    assert KEY not in f"{error} {error!r} {vars(error)} {pickle.dumps(error)!r}"


def chain(error: BaseException) -> list[BaseException]:
    """The error with all its causes and contexts."""
    seen: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is not None and each not in seen:
            seen.append(each)
            waiting += [each.__cause__, each.__context__]
    return seen


def held_by(error: BaseException) -> list[Any]:
    return [value for each in chain(error) for value in (*vars(each).values(), *each.args)]


@pytest.mark.parametrize(
    "reply",
    [
        "HTTP/1.1 2xx {}\r\n\r\n",
        "HTTP/1.1 200 OK\r\nNo header {}\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{}\r\n",
    ],
    ids=["status line", "header", "chunk size"],
)
def test_a_malformed_reply_that_echoes_the_key_does_not_show_it(
    api: Driver, server: Server, streamed: bool, reply: str
) -> None:
    server.script(reply.format(KEY).encode(), CLOSE)
    with pytest.raises(APIConnectionError) as caught:
        api.client(server.base_url, max_retries=0).text(streamed)
    shown = "".join(traceback.format_exception(caught.value))
    assert KEY not in f"{shown} {vars(caught.value)}"
    assert "***" in str(caught.value)


def test_a_stream_that_breaks_off_with_the_key_does_not_show_it(
    api: Driver, server: Server
) -> None:
    server.script(stream_head(), http_chunk(event("Hel")), f"{KEY}\r\n".encode(), CLOSE)
    with pytest.raises(MiniMaxError) as caught:
        api.client(server.base_url).text(streamed=True)
    assert KEY not in f"{caught.value} {vars(caught.value)}"
    assert "***" in str(caught.value)
