"""`http_client=` takes clients of httpx and httpx2, whichever of them the client prefers."""

from __future__ import annotations

import gzip
import json
import os
import sys
from types import ModuleType
from typing import Any

import httpx
import httpx2
import pytest

from driver import Client, Driver
from minimax_chat import (
    APIConnectionError,
    APITimeoutError,
    ConfigurationError,
    InvalidArgumentError,
    ResponseDecodeError,
    StreamInterruptedError,
    _http,
)
from samples import KEY, PROMPT, TEXT, event, events, plain
from server import CLOSE, SILENCE, Server, answer, http_chunk, http_reply, stream_head

LIBRARIES = [httpx, httpx2]


@pytest.fixture(params=LIBRARIES, ids=lambda library: library.__name__)
def library(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def client(api: Driver, server: Server, library: Any) -> Client:
    """A client that sends with an HTTP client of the library."""
    http = api.http_client(library, headers={"x-from": library.__name__})
    return api.client(server.base_url, http_client=http, max_retries=0)


def test_httpx2_is_preferred_if_it_is_installed() -> None:
    preferred = httpx if os.environ.get("WITHOUT_SPEED") else httpx2
    assert _http.default_library is preferred


def test_calls_go_through_the_given_client(
    client: Client, server: Server, streamed: bool, library: ModuleType
) -> None:
    server.otherwise(answer)
    assert [client.text(streamed), client.text(streamed)] == [PROMPT] * 2
    assert [request.connection for request in server.requests] == [0, 0]
    for request in server.requests:
        assert request.headers["x-from"] == library.__name__
        assert request.headers["authorization"] == f"Bearer {KEY}"


def test_a_lost_connection_is_an_error_of_ours(
    client: Client, server: Server, streamed: bool
) -> None:
    server.otherwise(CLOSE)
    with pytest.raises(APIConnectionError) as caught:
        client.text(streamed)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("of", LIBRARIES, ids=lambda library: library.__name__)
def test_a_timeout_of_either_library_is_obeyed(
    client: Client, server: Server, streamed: bool, of: ModuleType
) -> None:
    server.otherwise(SILENCE)
    with pytest.raises(APITimeoutError):
        client.text(streamed, timeout=of.Timeout(5, read=0.1))


def test_a_stream_that_breaks_off_is_an_error_of_ours(client: Client, server: Server) -> None:
    server.script(stream_head(), http_chunk(event("Hel")), CLOSE)
    with pytest.raises(StreamInterruptedError) as caught:
        client.text(streamed=True)
    assert caught.value.completion is not None
    assert caught.value.completion.text == "Hel"


def test_a_malformed_header_is_an_error_of_ours(client: Client, streamed: bool) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        client.text(streamed, extra_headers={"X Y": "z"})
    assert str(caught.value) == "the request cannot be sent: its URL or a header is malformed"


def test_a_broken_encoding_is_an_error_of_ours(client: Client, server: Server) -> None:
    server.otherwise(http_reply(b"no gzip", headers={"Content-Encoding": "gzip"}))
    with pytest.raises(ResponseDecodeError, match="unpacked"):
        client.ask()


def test_a_broken_encoding_that_an_event_hook_reads_is_an_error_of_ours(
    api: Driver, server: Server, library: Any, streamed: bool
) -> None:
    server.otherwise(http_reply(b"no gzip", headers={"Content-Encoding": "gzip"}))

    async def aread(response: Any) -> None:
        await response.aread()

    hook = aread if api.asynchronous else lambda response: response.read()
    http = api.http_client(library, event_hooks={"response": [hook]})
    with pytest.raises(ResponseDecodeError) as caught:
        api.client(server.base_url, http_client=http).text(streamed)
    assert caught.value.message == (
        "the response body cannot be unpacked "
        "(DecodingError: Error -3 while decompressing data: incorrect header check)"
    )


def test_a_body_that_an_event_hook_has_read_is_used(
    api: Driver, server: Server, library: Any, streamed: bool
) -> None:
    packed = gzip.compress(b"".join(events()) if streamed else json.dumps(plain()).encode())
    kind = "text/event-stream" if streamed else "application/json"
    server.otherwise(http_reply(packed, headers={"Content-Encoding": "gzip"}, content_type=kind))

    async def aread(response: Any) -> None:
        await response.aread()

    hook = aread if api.asynchronous else lambda response: response.read()
    http = api.http_client(library, event_hooks={"response": [hook]})
    assert api.client(server.base_url, http_client=http).text(streamed) == TEXT


def test_a_client_of_the_other_kind_is_refused(api: Driver, library: Any) -> None:
    with pytest.raises(ConfigurationError, match="http_client must be an httpx"):
        api.kind(api_key=KEY, http_client=library.Client if api.asynchronous else library)


def test_an_import_that_is_blocked_does_not_matter(
    api: Driver, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    (other,) = {"httpx", "httpx2"} - {_http.default_library.__name__}
    monkeypatch.setitem(sys.modules, other, None)
    server.otherwise(CLOSE)
    with pytest.raises(APIConnectionError):
        api.client(server.base_url, max_retries=0).ask()


def test_a_client_that_is_closed_during_the_call_is_a_configuration_error(
    api: Driver, library: Any
) -> None:
    """As it is if another thread closes it just then; other such errors are nobody's fault."""

    def respond(request: Any) -> Any:
        raise RuntimeError(reason)

    http = api.http_client(library, transport=library.MockTransport(respond))
    client = api.client("http://127.0.0.1", http_client=http)
    reason = "Cannot send a request, as the client has been closed."
    with pytest.raises(ConfigurationError) as caught:
        client.ask()
    assert str(caught.value) == "the client was closed during the call"
    reason = "something else"
    with pytest.raises(RuntimeError, match="something else"):
        client.ask()
