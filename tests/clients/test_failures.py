"""Calls that fail: replies cut off, garbled or redirected, and the errors that say so."""

from __future__ import annotations

import gzip
import logging
import pickle
import socket
import traceback
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from driver import KEY, Client, Driver
from minimax_chat import (
    APIConnectionError,
    APIError,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    InsufficientBalanceError,
    InternalServerError,
    InvalidArgumentError,
    MiniMaxError,
    PlanLimitError,
    RateLimitError,
    ResponseDecodeError,
    ServerTimeoutError,
)
from server import (
    CLOSE,
    END,
    RESET,
    TEXT,
    Server,
    Step,
    answer,
    chunk,
    completion,
    error,
    event,
    failure,
    reply,
    stream_head,
)


def unreachable() -> str:
    """The address of a server that has gone."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


# Replies cut off

WHOLE = reply(completion())
HEAD, _, BODY = WHOLE.partition(b"\r\n\r\n")
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"

CUT_OFF: dict[str, list[Step]] = {
    "before the reply": [CLOSE],
    "before the reply, by a reset": [RESET],
    "in the status line": [WHOLE[:9], CLOSE],
    "in the headers": [WHOLE[:40], CLOSE],
    "behind the headers": [HEAD + b"\r\n\r\n", CLOSE],
    "in the body": [WHOLE[:-20], CLOSE],
    "in a chunk": [CHUNKED + chunk(BODY)[:-20], CLOSE],
    "in the size of a chunk": [CHUNKED + chunk(BODY) + b"5", CLOSE],
    "behind a chunk": [CHUNKED + chunk(BODY), CLOSE],
    "by no HTTP": [b"SSH-2.0-OpenSSH_9.6\r\n", CLOSE],
}


@pytest.mark.parametrize("steps", CUT_OFF.values(), ids=CUT_OFF)
def test_a_reply_that_is_cut_off_is_no_answer_and_tried_again(
    api: Driver, server: Server, naps: list[float], steps: list[Step]
) -> None:
    server.script(*steps, times=2)
    server.script(WHOLE)
    client = api.client(server.base_url, max_retries=0)
    with pytest.raises(APIConnectionError, match="Check the network") as caught:
        client.ask()
    assert (caught.value.http_status, caught.value.code) == (None, None)
    assert naps == []
    assert client.with_options(max_retries=1).ask().text == TEXT
    assert len(naps) == 1
    assert len(server.requests) == 3


def test_a_body_without_length_that_is_cut_off(api: Driver, server: Server) -> None:
    """HTTP cannot tell, but JSON can."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
    server.script(head, BODY[:-20], CLOSE)
    with pytest.raises(ResponseDecodeError, match="no JSON"):
        api.client(server.base_url).ask()


def test_a_server_that_closes_idle_connections_is_met_anew(api: Driver, server: Server) -> None:
    server.script(WHOLE, CLOSE)
    server.script(WHOLE)
    client = api.client(server.base_url, max_retries=0)
    assert client.ask().text == TEXT
    assert server.ended_by() == "server"
    assert client.ask().text == TEXT
    assert len(server.connections) == 2


def test_a_reply_in_chunks(api: Driver, server: Server) -> None:
    server.script(CHUNKED, *(chunk(BODY[at : at + 50]) for at in range(0, len(BODY), 50)), END)
    assert api.client(server.base_url).ask().text == TEXT


def test_nobody_listens(api: Driver, naps: list[float]) -> None:
    client = api.client(unreachable())
    for call in (client.ask, client.stream):
        with pytest.raises(APIConnectionError, match="Check the network, the proxy and base_url"):
            call()
    assert len(naps) == 4


@pytest.mark.filterwarnings("ignore:base_url is http")
def test_a_name_that_is_none(api: Driver) -> None:
    with pytest.raises(APIConnectionError):
        api.client("http://no-such-host.invalid", max_retries=0).ask()


# Content encoding


def test_a_compressed_answer(api: Driver, server: Server) -> None:
    server.script(reply(gzip.compress(BODY), headers={"Content-Encoding": "gzip"}))
    assert api.client(server.base_url).ask().text == TEXT


@pytest.mark.parametrize("length", [1, 20, 100])
def test_a_truncated_compressed_answer_is_no_answer(
    api: Driver, server: Server, length: int
) -> None:
    body = gzip.compress(BODY)[:length]
    server.script(reply(body, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(ResponseDecodeError):
        api.client(server.base_url).ask()


def test_a_broken_compressed_answer_is_no_answer(api: Driver, server: Server) -> None:
    server.script(reply(b"\xff" + BODY, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(ResponseDecodeError, match="encoding") as caught:
        api.client(server.base_url).ask()
    # There is no part of it to be shown.
    assert caught.value.body is None
    assert "body" not in caught.value.hint


def test_an_unknown_encoding_is_named(api: Driver, server: Server) -> None:
    server.script(reply(b"\x01\x02\x03" + BODY, headers={"Content-Encoding": "snappy"}))
    with pytest.raises(ResponseDecodeError, match="snappy") as caught:
        api.client(server.base_url).ask()
    assert caught.value.http_status == 200


# What the API says

REPLIES: dict[str, tuple[bytes, type[APIError], int | None, int]] = {
    "1008 in 200": (reply(failure(1008)), InsufficientBalanceError, 1008, 200),
    "1008 in 500": (reply(error(1008), 500), InsufficientBalanceError, 1008, 500),
    "1004 in 401": (reply(error(1004), 401), AuthenticationError, 1004, 401),
    "2049 in 200": (reply(failure(2049)), AuthenticationError, 2049, 200),
    "2013 in 400": (reply(error(2013), 400), BadRequestError, 2013, 400),
    "2056 in 429": (reply(error(2056), 429), PlanLimitError, 2056, 429),
    "1002 in 200": (reply(failure(1002)), RateLimitError, 1002, 200),
    "1001 in 200": (reply(failure(1001)), ServerTimeoutError, 1001, 200),
    "7777 in 200": (reply(failure(7777)), APIError, 7777, 200),
    "HTML in 502": (
        reply(b"<html>Bad Gateway</html>", 502, content_type="text/html"),
        *(InternalServerError, None, 502),
    ),
    "nothing in 529": (reply(b"", 529), InternalServerError, None, 529),
    "nothing in 429": (reply(b"", 429), RateLimitError, None, 429),
    "bytes in 403": (reply(b"\xff\xfe\x00", 403), AuthenticationError, None, 403),
    "a list in 404": (reply(b"[1, 2]", 404), BadRequestError, None, 404),
}


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(("data", "kind", "code", "status"), REPLIES.values(), ids=REPLIES)
def test_a_failure_is_raised(
    api: Driver,
    server: Server,
    streamed: bool,
    data: bytes,
    kind: type[APIError],
    code: int | None,
    status: int,
) -> None:
    server.script(data)
    server.script(WHOLE)
    client = api.client(server.base_url, max_retries=0)
    with pytest.raises(APIError) as caught:
        client.stream() if streamed else client.ask()
    assert type(caught.value) is kind
    assert (caught.value.code, caught.value.http_status) == (code, status)
    # The connection is none the worse for it.
    assert client.ask().text == TEXT
    assert len(server.connections) == 1


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"42", b"null", b"{}", b"{nonsense", b"\xff", b"[" * 100_000, b"9" * 5000],
    ids=lambda body: body[:8].decode("latin-1") or "empty",
)
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_a_body_that_is_no_answer(api: Driver, server: Server, streamed: bool, body: bytes) -> None:
    server.script(reply(body))
    client = api.client(server.base_url)
    with pytest.raises(ResponseDecodeError, match="violates the schema") as caught:
        client.stream() if streamed else client.ask()
    assert caught.value.body == body.decode("utf-8", "replace")[:500]
    assert len(server.requests) == 1


# Redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_the_key_does_not_follow_a_redirect(
    api: Driver, server: Server, status: int, streamed: bool
) -> None:
    with Server() as other:
        other.otherwise(answer)
        location = f"{other.base_url}/v1/chat/completions"
        server.otherwise(reply(b"", status, {"Location": location}))
        for options in ({}, {"http_client": api.http_client(follow_redirects=True)}):
            client = api.client(server.base_url, **options)
            with pytest.raises(APIError, match="redirect") as caught:
                client.stream() if streamed else client.ask()
            assert location in str(caught.value)
            assert caught.value.http_status == status
            assert not caught.value.retryable
        assert other.connections == []
    assert len(server.requests) == 2


def test_a_redirect_on_the_same_server_is_not_followed_either(api: Driver, server: Server) -> None:
    server.script(reply(b"", 308, {"Location": "/v2/chat/completions"}))
    with pytest.raises(APIError, match="/v2/chat/completions"):
        api.client(server.base_url).ask()
    assert len(server.requests) == 1


# The errors themselves


def fail_by_refusal(client: Client, server: Server) -> None:
    client.driver.client(unreachable(), max_retries=1).ask()


def fail_by_cut(client: Client, server: Server) -> None:
    server.script(WHOLE[:-20], CLOSE)
    client.ask()


def fail_by_status(client: Client, server: Server) -> None:
    server.script(reply(error(1000), 500), times=2)
    client.with_options(max_retries=1).ask()


def fail_by_code(client: Client, server: Server) -> None:
    server.script(reply(failure(1004, "login fail")))
    client.ask()


def fail_by_silence(client: Client, server: Server) -> None:
    server.script(server.gate())
    client.ask(timeout=0.1)


def fail_by_encoding(client: Client, server: Server) -> None:
    server.script(reply(BODY, headers={"Content-Encoding": "gzip"}))
    client.ask()


def fail_in_a_stream(client: Client, server: Server) -> None:
    server.script(stream_head(), chunk(event("Hel")), CLOSE)
    list(client.stream())


def fail_by_nonsense_in_a_stream(client: Client, server: Server) -> None:
    server.script(stream_head(), chunk(event("Hel")), chunk(b"data: {nonsense\n\n"), CLOSE)
    list(client.stream())


def fail_by_arguments(client: Client, server: Server) -> None:
    client.ask(temperature=12345)


def fail_by_a_header(client: Client, server: Server) -> None:
    client.ask(extra_headers={"X Y": "z"})


@pytest.mark.parametrize(
    "fail",
    [
        fail_by_refusal,
        fail_by_cut,
        fail_by_status,
        fail_by_code,
        fail_by_silence,
        fail_by_encoding,
        fail_in_a_stream,
        fail_by_nonsense_in_a_stream,
        fail_by_arguments,
        fail_by_a_header,
    ],
)
def test_an_error_leads_to_no_request_and_can_be_pickled(
    api: Driver, server: Server, naps: list[float], fail: Callable[[Client, Server], None]
) -> None:
    client = api.client(server.base_url, max_retries=0)
    with pytest.raises(MiniMaxError) as caught:
        fail(client, server)
    error = caught.value
    assert [type(each) for each in chain(error)] == [type(error)]
    assert not any(isinstance(each, (httpx.Request, httpx.Response)) for each in held_by(error))
    assert error.hint or isinstance(error, InvalidArgumentError)
    assert ".." not in str(error)
    assert f". {error.hint}" in str(error) or not error.hint
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert vars(again) == vars(error)
    assert str(again) == str(error)
    assert KEY not in f"{error} {error!r} {vars(error)} {pickle.dumps(error)!r}"


def chain(error: BaseException) -> list[BaseException]:
    """The error and all that it was caused by or came up in."""
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


def test_an_error_does_not_repeat_the_key(api: Driver, server: Server) -> None:
    """An API that repeats it is not hypothetical: several say which key was wrong."""
    for data in (
        reply(failure(2049, f"invalid api key {KEY}")),
        reply(error(1004, f"login fail: {KEY}"), 401),
        reply(f"<html>{KEY}</html>".encode(), 502, content_type="text/html"),
        reply(KEY.encode()),
    ):
        server.script(data)
        with pytest.raises(MiniMaxError) as caught:
            api.client(server.base_url, max_retries=0).ask()
        assert KEY not in f"{caught.value} {vars(caught.value)}"
        assert "***" in f"{caught.value} {vars(caught.value)}"


ECHOES = [
    "HTTP/1.1 2xx {}\r\n\r\n",
    "{}\r\n\r\n",
    "HTTP/1.1 200 OK\r\nNo header {}\r\n\r\n",
    "HTTP/1.1 200 OK\r\nX-Key: {}\x00\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{}\r\n",
]


@pytest.mark.parametrize("reply", ECHOES)
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_nor_does_one_of_a_reply_that_is_no_http(
    api: Driver, server: Server, reply: str, streamed: bool
) -> None:
    server.script(reply.format(KEY).encode(), CLOSE)
    client = api.client(server.base_url, max_retries=0)
    with pytest.raises(APIConnectionError) as caught:
        client.stream() if streamed else client.ask()
    told = "".join(traceback.format_exception(caught.value))
    assert KEY not in f"{told} {vars(caught.value)}"
    assert "***" in str(caught.value)


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_nor_does_one_of_a_header_that_repeats_it(
    api: Driver,
    server: Server,
    naps: list[float],
    caplog: pytest.LogCaptureFixture,
    streamed: bool,
) -> None:
    caplog.set_level(logging.DEBUG, "minimax_chat")
    headers = {"Trace-Id": f"for-{KEY}", "Location": f"https://elsewhere.example/?key={KEY}"}
    server.script(reply(failure(1002), headers=headers), times=2)
    server.script(reply(b"", 307, headers))
    client = api.client(server.base_url)
    with pytest.raises(APIError, match="redirect") as caught:
        client.stream() if streamed else client.ask()
    assert KEY not in f"{caught.value} {vars(caught.value)} {caplog.text}"
    assert caught.value.trace_id == "for-***"
    assert "https://elsewhere.example/?key=***" in caught.value.hint
    assert caplog.text.count("trace id for-***") == 2


@pytest.mark.parametrize("status", [200, 404])
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_a_page_of_some_other_server_points_to_base_url(
    api: Driver, server: Server, status: int, streamed: bool
) -> None:
    server.script(reply(b"<html>Not Found</html>", status, content_type="text/html"))
    client = api.client(f"{server.base_url}/elsewhere")
    with pytest.raises((BadRequestError, ResponseDecodeError)) as caught:
        client.stream() if streamed else client.ask()
    assert "base_url" in caught.value.hint
    assert f". {caught.value.hint}" in str(caught.value)


@pytest.mark.filterwarnings("ignore:base_url is http")
@pytest.mark.parametrize("host", ["a" * 64 + ".invalid", "api..invalid", "[::"])
def test_a_host_that_cannot_be(api: Driver, host: str) -> None:
    with pytest.raises((ConfigurationError, APIConnectionError), match="base_url"):
        api.client(f"http://{host}", max_retries=0).ask()


@pytest.mark.filterwarnings("ignore:base_url is http")
def test_a_proxy_that_cannot_be(api: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy..invalid")
    with pytest.raises(APIConnectionError, match="the proxy"):
        api.client("http://api.invalid", max_retries=0).ask()
