"""The API key is not where tools that print variables and attributes look."""

from __future__ import annotations

import traceback
import types
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import minimax_chat
from driver import Driver
from minimax_chat import (
    MiniMaxError,
)
from samples import KEY, TEXT, event, events, openai_style, plain, sse
from server import (
    CLOSE,
    SILENCE,
    Server,
    http_chunk,
    http_reply,
    http_stream,
    stream_head,
)

CORE = Path(minimax_chat.__file__).parent
ANSWER = http_reply(plain())


def attributes(thing: Any) -> Iterator[Any]:
    """What a debugger shows of a value: attributes and items."""
    yield from getattr(thing, "__dict__", {}).values()
    for kind in type(thing).__mro__:
        slots = vars(kind).get("__slots__", ())
        for name in [slots] if isinstance(slots, str) else slots:
            yield getattr(thing, name, None)
    if isinstance(thing, Mapping):
        yield from thing.keys()
        yield from thing.values()
    elif isinstance(thing, (list, tuple, set, frozenset)):
        yield from thing
    elif isinstance(thing, partial):
        yield from (thing.func, thing.args, thing.keywords)
    elif isinstance(thing, (types.MethodType, types.BuiltinMethodType)):
        yield thing.__self__


def showing_the_key(*things: Any) -> list[Any]:
    """All values that can be reached from these, whose text shows the key."""
    seen: dict[int, Any] = {}
    waiting = list(things)
    found: list[Any] = []
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen or isinstance(thing, (types.ModuleType, types.FunctionType, type)):
            continue
        seen[id(thing)] = thing  # kept, so that no other object gets its id
        if isinstance(thing, (str, bytes)):
            text = thing if isinstance(thing, str) else thing.decode("latin-1")
            if KEY in text:
                found.append(thing)
        else:
            if KEY in repr(thing):
                found.append(thing)
            waiting.extend(attributes(thing))
    return found


def variables(error: BaseException) -> list[dict[str, Any]]:
    """The local variables of this package that a traceback with variables shows."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    ours = [frame for frame in frames if Path(frame.f_code.co_filename).parent == CORE]
    assert ours
    return [frame.f_locals for frame in ours]


def test_the_search_finds_a_key() -> None:
    class Slotted:
        __slots__ = ("value",)

        def __init__(self, value: object) -> None:
            self.value = value

    others = [partial(print, KEY), Slotted(KEY.startswith)]
    for hidden in (KEY, f"Bearer {KEY}".encode(), {KEY: 1}, Slotted([{"x": (KEY,)}]), *others):
        assert showing_the_key([hidden])


# Objects


def test_no_attribute_of_a_client_or_stream_leads_to_the_key(api: Driver, server: Server) -> None:
    server.otherwise(ANSWER)
    clients = [
        api.client(server.base_url),
        api.client(server.base_url, http_client=api.http_client()),
        api.client(server.base_url).with_options(timeout=9),
    ]
    for client in clients:
        assert not showing_the_key(client.client)
        completion = client.ask()
        assert not showing_the_key(client.client, completion)
        server.script(stream_head(), http_chunk(event("Hel")), SILENCE)
        with client.stream() as stream:
            chunk = next(stream)
            assert not showing_the_key(client.client, stream.stream, chunk, stream.completion)
        assert not showing_the_key(client.client, stream.stream)


# Tracebacks


def fail_by_the_key(api: Driver, server: Server) -> None:
    api.client(server.base_url, api_key=f"{KEY} {KEY}")


def fail_by_an_option(api: Driver, server: Server) -> None:
    api.client(server.base_url, timeout=-1)


def fail_by_the_region(api: Driver, server: Server) -> None:
    api.client(region="mars")


def fail_by_an_argument(api: Driver, server: Server) -> None:
    api.client(server.base_url).ask(temperature=9)


def fail_before_the_reply(api: Driver, server: Server) -> None:
    server.script(CLOSE)
    api.client(server.base_url, max_retries=0).ask()


def fail_by_a_timeout(api: Driver, server: Server) -> None:
    server.script(SILENCE)
    api.client(server.base_url, max_retries=0).ask(timeout=0.1)


def fail_by_the_deadline(api: Driver, server: Server) -> None:
    server.script(SILENCE)
    api.client(server.base_url).ask(total_timeout=0.1)


def fail_by_an_error_of_the_api(api: Driver, server: Server) -> None:
    server.script(http_reply(openai_style(f"wrong key {KEY} (1004)"), 401))
    api.client(server.base_url).ask()


def fail_by_nonsense(api: Driver, server: Server) -> None:
    server.script(http_reply(f"<p>{KEY}</p>".encode()))
    api.client(server.base_url).ask()


def fail_in_a_body(api: Driver, server: Server) -> None:
    server.script(ANSWER[:-9], CLOSE)
    api.client(server.base_url, max_retries=0).ask()


def fail_by_a_limit(api: Driver, server: Server) -> None:
    server.script(ANSWER)
    api.client(server.base_url, max_answer_bytes=9).ask()


def fail_before_a_stream(api: Driver, server: Server) -> None:
    server.script(http_stream())
    api.client(server.base_url, max_retries=0).stream()


def fail_in_a_stream(api: Driver, server: Server) -> None:
    server.script(stream_head(), http_chunk(event("Hel")), CLOSE)
    api.client(server.base_url).text(streamed=True)


def fail_by_an_error_in_a_stream(api: Driver, server: Server) -> None:
    failure = sse(openai_style(f"wrong key {KEY} (1004)"))
    server.script(http_stream(event("Hel"), failure))
    api.client(server.base_url).text(streamed=True)


def fail_by_nonsense_in_a_stream(api: Driver, server: Server) -> None:
    server.script(http_stream(event("Hel"), sse(f'{{"key": "{KEY}"'.encode())))
    api.client(server.base_url).text(streamed=True)


@pytest.mark.parametrize(
    "fail",
    [
        fail_by_the_key,
        fail_by_an_option,
        fail_by_the_region,
        fail_by_an_argument,
        fail_before_the_reply,
        fail_by_a_timeout,
        fail_by_the_deadline,
        fail_by_an_error_of_the_api,
        fail_by_nonsense,
        fail_in_a_body,
        fail_by_a_limit,
        fail_before_a_stream,
        fail_in_a_stream,
        fail_by_an_error_in_a_stream,
        fail_by_nonsense_in_a_stream,
    ],
)
def test_no_traceback_with_variables_shows_the_key(
    api: Driver, server: Server, fail: Callable[[Driver, Server], None]
) -> None:
    with pytest.raises(MiniMaxError) as caught:
        fail(api, server)
    assert KEY not in "".join(traceback.format_exception(caught.value))
    assert not showing_the_key(*variables(caught.value), caught.value)


# The way


@pytest.fixture
def proxy() -> Iterator[Server]:
    with Server() as proxy:
        yield proxy


def test_a_proxy_of_the_environment_gets_nothing_that_is_for_this_machine(
    api: Driver, server: Server, proxy: Server, streamed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over plain http it would see the key."""
    for name in ("HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.base_url)
    server.script(http_stream(*events()) if streamed else ANSWER)
    local = server.base_url.replace("127.0.0.1", "localhost")
    assert api.client(f"{local}/gateway").text(streamed) == TEXT
    assert not proxy.requests


@pytest.mark.filterwarnings("ignore:base_url is http")
def test_a_proxy_of_the_environment_is_used_for_another_machine(
    api: Driver, proxy: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy.base_url)
    proxy.script(ANSWER)
    assert api.client("http://api.invalid").ask().text == TEXT
    assert proxy.requests[0].line.startswith("POST http://api.invalid/")


def test_a_tunnel_is_asked_for_without_the_key(
    api: Driver, proxy: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy.base_url)
    proxy.script(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
    with pytest.raises(MiniMaxError):
        api.client("https://api.invalid", max_retries=0).ask()
    assert proxy.requests[0].line.startswith("CONNECT api.invalid:443")
    assert not showing_the_key(proxy.requests[0])
