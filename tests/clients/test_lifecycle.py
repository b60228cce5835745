"""Clients from their making to their closing: shared connections, variants, the hidden key."""

from __future__ import annotations

import copy
import os
import pickle
import pprint
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import samples
from driver import Driver
from http_library import httpx
from minimax_chat import ConfigurationError, MiniMax, _http
from samples import KEY, MESSAGES, MODEL, PROMPT, event
from server import SILENCE, Server, answer, http_chunk, stream_head

# Closing


def test_a_client_closes_its_connections_at_the_end_of_a_with_block(
    api: Driver, server: Server
) -> None:
    server.otherwise(answer)
    with api.client(server.base_url) as client:
        client.ask()
        assert not server.connections[0].ended.is_set()
    assert server.ended_by() == "client"


def test_a_client_closes_its_connections_after_an_exception(api: Driver, server: Server) -> None:
    server.otherwise(answer)

    def work() -> None:
        with api.client(server.base_url) as client:
            client.ask()
            raise LookupError("in the block")

    with pytest.raises(LookupError, match="in the block"):
        work()
    assert server.ended_by() == "client"


def test_a_closed_client_and_its_variants_refuse_calls(
    api: Driver, server: Server, streamed: bool
) -> None:
    server.otherwise(answer)
    client = api.client(server.base_url)
    variant = client.with_options(timeout=5)
    client.ask()
    client.close()
    client.close()
    for closed in (client, variant, client.with_options(max_retries=1)):
        with pytest.raises(ConfigurationError, match="closed"):
            closed.text(streamed)
    assert len(server.requests) == 1


def test_a_stream_that_is_open_when_python_ends_is_left_to_the_system(
    api: Driver, server: Server
) -> None:
    """Where Python survives its being closed; tests/reliability lets it end."""
    server.script(stream_head(), http_chunk(event("one ")), SILENCE)
    stream = api.client(server.base_url).stream()
    assert next(stream).text == "one "
    _http.leave_open()
    stream.close()
    assert not server.connections[0].ended.wait(0.2)


AT_THE_END = """
import atexit
atexit.register(lambda: print(response.is_closed))  # called after what is registered later

import minimax_chat
from http_library import httpx
from samples import MESSAGES, MODEL, event

def respond(request):
    global response
    headers = {"content-type": "text/event-stream"}
    response = httpx.Response(200, headers=headers, stream=httpx.ByteStream(event("Hel")))
    return response

http = httpx.Client(transport=httpx.MockTransport(respond))
client = minimax_chat.MiniMax(api_key="key", http_client=http)
stream = client.chat.completions.create(model=MODEL, messages=MESSAGES, stream=True)
print(response.is_closed)
"""


def test_streams_are_left_to_the_system_when_python_ends() -> None:
    support = str(Path(samples.__file__).parent)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([support, *sys.path])}
    run = subprocess.run(
        [sys.executable, "-c", AT_THE_END], env=environment, capture_output=True, text=True
    )
    assert (run.stdout.split(), run.stderr) == (["False", "True"], "")


def test_a_client_that_was_never_used_can_be_closed(api: Driver) -> None:
    client = api.client("http://127.0.0.1:1")
    client.close()
    with pytest.raises(ConfigurationError, match="closed"):
        client.ask()


# Sharing


def test_variants_share_connections_and_do_not_close_them(api: Driver, server: Server) -> None:
    server.otherwise(answer)
    client = api.client(server.base_url)
    variant = client.with_options(timeout=5)
    variant.ask()
    client.ask()
    variant.with_options(max_retries=0).text(streamed=True)
    variant.close()
    with client.with_options(timeout=6):
        pass
    assert client.ask().text == PROMPT
    assert [request.connection for request in server.requests] == [0, 0, 0, 0]


def test_threads_can_share_a_client(server: Server) -> None:
    server.otherwise(answer)
    start = threading.Barrier(8)
    with MiniMax(base_url=server.base_url, api_key=KEY) as client:

        def work(thread: int) -> list[str]:
            texts: list[str] = []
            # All at once, from the first use on.
            start.wait(10)
            for number in range(6):
                create = client.with_options(timeout=30).chat.completions.create
                messages: Any = [{"role": "user", "content": f"thread {thread}, call {number}"}]
                if number % 2:
                    texts.append(create(model=MODEL, messages=messages).text)
                else:
                    with create(model=MODEL, messages=messages, stream=True) as stream:
                        texts.append("".join(chunk.text for chunk in stream))
            return texts

        with ThreadPoolExecutor(8) as pool:
            results = list(pool.map(work, range(8)))
    assert results == [
        [f"thread {thread}, call {number}" for number in range(6)] for thread in range(8)
    ]
    assert len(server.connections) <= 8, "one pool for all threads and calls"


def test_the_http_client_is_made_once_and_at_first_use(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Making it takes longer than anything else that a client does."""
    server.otherwise(answer)
    made: list[httpx.Client] = []
    make = httpx.Client.__init__

    def make_slowly(http: httpx.Client, *arguments: Any, **options: Any) -> None:
        threading.Event().wait(0.05)
        made.append(http)
        make(http, *arguments, **options)

    monkeypatch.setattr(httpx.Client, "__init__", make_slowly)
    start = threading.Barrier(4)
    with MiniMax(base_url=server.base_url, api_key=KEY) as client, ThreadPoolExecutor(4) as pool:

        def work(thread: int) -> str:
            start.wait(10)
            create = client.with_options().chat.completions.create
            return create(model=MODEL, messages=MESSAGES).text

        assert made == []
        assert list(pool.map(work, range(4))) == [PROMPT] * 4
    assert len(made) == 1


# The key stays hidden

SHOW: list[Callable[[Any], Any]] = [
    str,
    lambda client: pprint.pformat(vars(client)),
    lambda client: repr([vars(client), vars(client.chat), vars(client.chat.completions)]),
    lambda client: repr([getattr(client, name) for name in dir(client)]),
]


@pytest.mark.parametrize("show", SHOW)
def test_a_client_does_not_show_its_key(
    api: Driver, server: Server, show: Callable[[Any], Any]
) -> None:
    server.otherwise(answer)
    client = api.client(server.base_url)
    client.ask()
    for each in (client.client, client.with_options(timeout=5).client):
        assert KEY not in show(each)


@pytest.mark.parametrize("copied", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_client_cannot_be_pickled_or_copied(api: Driver, copied: Callable[[Any], Any]) -> None:
    client = api.client("http://127.0.0.1:1")
    with pytest.raises(TypeError) as caught:
        copied(client.client)
    assert str(caught.value) == (
        f"{api.kind.__name__} holds an API key and connections, so it cannot be copied or pickled"
    )


def test_the_repr_of_a_client_shows_its_base_url(api: Driver) -> None:
    client = api.client("http://127.0.0.1:1/v1")
    assert repr(client.client) == f"{api.kind.__name__}(base_url='http://127.0.0.1:1')"
