"""The clients themselves: options, environment, sharing, closing, and the key that never shows."""

from __future__ import annotations

import asyncio
import copy
import pickle
import pprint
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from driver import KEY, MESSAGES, Driver
from minimax_chat import (
    AsyncMiniMax,
    ConfigurationError,
    InvalidArgumentError,
    MiniMax,
    MiniMaxError,
)
from server import TEXT, Server, answer, completion, error, events, reply, stream


class Recorder:
    """Takes the place of the network: answers, and keeps the requests."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(200, json=completion())

    @property
    def url(self) -> str:
        return str(self.requests[-1].url)

    @property
    def timeout(self) -> dict[str, float | None]:
        timeout: dict[str, float | None] = self.requests[-1].extensions["timeout"]
        return timeout


@pytest.fixture
def network() -> Recorder:
    return Recorder()


@pytest.fixture
def http(api: Driver, network: Recorder) -> Any:
    return api.http_client(transport=httpx.MockTransport(network))


# Where to, and with which key


@pytest.mark.parametrize(
    ("environment", "options", "url"),
    [
        ({}, {}, "https://api.minimaxi.com"),
        ({}, {"region": "cn"}, "https://api.minimaxi.com"),
        ({}, {"region": "global"}, "https://api.minimax.io"),
        ({}, {"base_url": "https://here:8000"}, "https://here:8000"),
        ({}, {"base_url": "https://here/below/"}, "https://here/below"),
        ({}, {"base_url": "https://here/v1"}, "https://here"),
        ({"REGION": "global"}, {}, "https://api.minimax.io"),
        ({"REGION": "global"}, {"region": "cn"}, "https://api.minimaxi.com"),
        ({"REGION": "global"}, {"base_url": "https://here"}, "https://here"),
        ({"BASE_URL": "https://there"}, {}, "https://there"),
        ({"BASE_URL": "https://there"}, {"base_url": "https://here"}, "https://here"),
        ({"BASE_URL": "https://there"}, {"region": "global"}, "https://api.minimax.io"),
        ({"BASE_URL": "https://there", "REGION": "global"}, {}, "https://there"),
        ({"BASE_URL": "", "REGION": ""}, {}, "https://api.minimaxi.com"),
    ],
)
def test_where_calls_go(
    api: Driver,
    http: Any,
    network: Recorder,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    options: dict[str, str],
    url: str,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(f"MINIMAX_{name}", value)
    client = api.client(http_client=http, **options)
    client.ask()
    assert network.url == f"{url}/v1/chat/completions"
    assert client.client.base_url == url


def test_the_key_comes_from_the_environment_or_from_its_argument(
    api: Driver, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.otherwise(answer)
    monkeypatch.setenv("MINIMAX_API_KEY", " of-the-environment\n")
    api.client(server.base_url, api_key=None).ask()
    api.client(server.base_url, api_key="of-the-argument").ask()
    assert [request.headers["authorization"] for request in server.requests] == [
        "Bearer of-the-environment",
        "Bearer of-the-argument",
    ]


def test_the_environment_is_read_when_the_client_is_made(
    api: Driver, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.otherwise(answer)
    monkeypatch.setenv("MINIMAX_BASE_URL", server.base_url)
    client = api.client()
    monkeypatch.setenv("MINIMAX_BASE_URL", "http://127.0.0.1:1")
    assert client.ask().text == "Hello"


@pytest.mark.parametrize(
    ("options", "environment", "named"),
    [
        ({"api_key": None}, {}, "MINIMAX_API_KEY"),
        ({"api_key": ""}, {}, "MINIMAX_API_KEY"),
        ({"api_key": None}, {"API_KEY": "  "}, "MINIMAX_API_KEY"),
        ({"api_key": "k3y\nX-Header: 1"}, {}, "whitespace or non-ASCII characters"),
        ({"api_key": "k3y-with-ü"}, {}, "ASCII"),
        ({"region": "moon"}, {}, "'cn' or 'global'"),
        ({}, {"REGION": "moon"}, "'cn' or 'global'"),
        ({"base_url": "api.minimaxi.com"}, {}, "api.minimaxi.com"),
        ({"base_url": "ftp://api.minimaxi.com"}, {}, "http"),
        ({}, {"BASE_URL": "nowhere"}, "nowhere"),
        ({"base_url": "https://here", "region": "cn"}, {}, "region and base_url"),
        ({"base_url": "http://user:pa55@here"}, {}, "user name or password"),
        ({"timeout": 0}, {}, "timeout"),
        ({"timeout": -1}, {}, "timeout"),
        ({"timeout": float("nan")}, {}, "timeout"),
        ({"timeout": float("inf")}, {}, "timeout"),
        ({"timeout": "soon"}, {}, "timeout"),
        ({"max_retries": -1}, {}, "max_retries"),
        ({"max_retries": 1.5}, {}, "max_retries"),
        ({"default_headers": {"X-Name": "two\nlines"}}, {}, "X-Name"),
        ({"default_headers": {"Authorization": "Bearer x"}}, {}, "Authorization"),
        ({"timeout": 1e10}, {}, "timeout"),
        ({"default_headers": {"Host": "elsewhere"}}, {}, "Host"),
        ({"default_headers": {"content-length": "5"}}, {}, "content-length"),
        ({"default_headers": {"Transfer-Encoding": "chunked"}}, {}, "Transfer-Encoding"),
        ({"base_url": "http://he re"}, {}, "base_url"),
        ({}, {"BASE_URL": "http://he\tre"}, "base_url"),
    ],
)
def test_an_option_that_cannot_work_is_refused_at_once(
    api: Driver,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, Any],
    environment: dict[str, str],
    named: str,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(f"MINIMAX_{name}", value)
    with pytest.raises((ConfigurationError, InvalidArgumentError), match=named) as caught:
        api.client(**options)
    assert "k3y" not in str(caught.value)
    assert "pa55" not in str(caught.value)


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"ALL_PROXY": "socks5://127.0.0.1:1"}, "socksio"),
        ({"HTTPS_PROXY": "foo://x"}, "foo://x"),
        ({"HTTP_PROXY": "http://a:b"}, "port"),
        ({"SSL_CERT_FILE": "/nonexistent"}, "No such file"),
        ({"SSL_CERT_FILE": __file__}, "certificate"),
    ],
)
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_an_environment_in_which_httpx_cannot_work_is_told(
    api: Driver,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    named: str,
    streamed: bool,
) -> None:
    client = api.client(server.base_url)
    with monkeypatch.context() as patch:
        # Whether it is installed or not.
        patch.setitem(sys.modules, "socksio", None)
        for name, value in environment.items():
            patch.setenv(name, value)
        with pytest.raises(ConfigurationError, match="check proxy and certificate") as caught:
            client.stream() if streamed else client.ask()
        assert named in str(caught.value)
        assert not caught.value.retryable
    # Nothing of it stays behind.
    server.script(reply(completion()))
    assert client.ask().text == TEXT


def test_options_are_named(api: Driver) -> None:
    with pytest.raises(TypeError):
        api.kind(KEY)  # type: ignore[call-arg]


# Options


def test_no_wait_is_without_end(api: Driver, http: Any, network: Recorder) -> None:
    api.client(http_client=http, timeout=None).ask()
    assert network.timeout == {"connect": 5, "read": 120, "write": 120, "pool": 120}


def test_the_timeouts_of_an_http_client_without_any_do_not_hold(
    api: Driver, network: Recorder
) -> None:
    http = api.http_client(transport=httpx.MockTransport(network), timeout=None)
    api.client(http_client=http, timeout=None).ask()
    assert network.timeout == {"connect": 5, "read": 120, "write": 120, "pool": 120}


def test_timeouts(api: Driver, http: Any, network: Recorder) -> None:
    client = api.client(http_client=http, timeout=300)
    client.ask()
    assert network.timeout == {"connect": 5, "read": 300, "write": 300, "pool": 300}
    client.ask(timeout=2)
    assert network.timeout == {"connect": 2, "read": 2, "write": 2, "pool": 2}
    client.ask(timeout=httpx.Timeout(60, read=5, write=10, connect=2))
    assert network.timeout == {"connect": 2, "read": 5, "write": 10, "pool": 60}
    client.with_options(timeout=7.5).ask()
    assert network.timeout["read"] == 7.5
    client.ask()
    assert network.timeout["read"] == 300


def test_headers(api: Driver, server: Server) -> None:
    server.otherwise(answer)
    client = api.client(server.base_url, default_headers={"X-Team": "a", "X-App": "b"})
    client.ask()
    client.ask(extra_headers={"X-Team": "c", "User-Agent": "mine"})
    client.with_options(default_headers={"X-App": "d"}).ask()
    shown = [
        [request.headers.get(name) for name in ("x-team", "x-app", "user-agent")]
        for request in server.requests
    ]
    assert shown == [
        ["a", "b", "minimax-chat"],
        ["c", "b", "mine"],
        ["a", "d", "minimax-chat"],
    ]
    assert {request.headers["authorization"] for request in server.requests} == {f"Bearer {KEY}"}
    assert {request.line for request in server.requests} == {"POST /v1/chat/completions HTTP/1.1"}
    assert {request.headers["content-type"] for request in server.requests} == {"application/json"}


def test_what_the_contract_does_not_know_goes_through_extra_body(
    api: Driver, server: Server
) -> None:
    server.otherwise(answer)
    api.client(server.base_url).ask(temperature=0.5, top_p=None, extra_body={"new": {"a": [1]}})
    assert server.requests[0].json == {
        "model": "MiniMax-M2.7",
        "messages": MESSAGES,
        "temperature": 0.5,
        "new": {"a": [1]},
    }


def test_nothing_is_sent_that_the_contract_forbids(api: Driver, server: Server) -> None:
    client = api.client(server.base_url)
    for arguments in (
        {"temperature": 12345},
        {"temperature": "hot"},
        {"messages": "Hello"},
        {"messages": ["Hello"]},
        {"model": None},
        {"tempreature": 0.5},
        {"stream": "yes"},
        {"max_retries": -1},
        {"timeout": 0},
        {"extra_headers": {"Authorization": "mine"}},
        {"extra_body": {"new": float("nan")}},
        {"extra_body": {"stream": True}},
    ):
        with pytest.raises(InvalidArgumentError):
            client.ask(**arguments)
    assert server.connections == []


def test_an_http_client_of_the_other_kind_is_refused(api: Driver) -> None:
    other = (httpx.Client if api.asynchronous else httpx.AsyncClient)(
        transport=httpx.MockTransport(Recorder())
    )
    name = "AsyncClient" if api.asynchronous else "Client"
    for wrong in (other, "http://proxy", httpx):
        with pytest.raises(ConfigurationError, match=f"httpx.{name}"):
            api.client(http_client=wrong)


# Life and death


def test_a_client_closes_its_connections(api: Driver, server: Server) -> None:
    server.otherwise(answer)
    with api.client(server.base_url) as client:
        client.ask()
        assert not server.connections[0].ended.is_set()
    assert server.ended_by() == "client"


def test_close_closes_even_after_an_exception(api: Driver, server: Server) -> None:
    server.otherwise(answer)

    def work() -> None:
        with api.client(server.base_url) as client:
            client.ask()
            raise LookupError("of the block")

    with pytest.raises(LookupError, match="of the block"):
        work()
    assert server.ended_by() == "client"


def test_a_closed_client_says_so(api: Driver, server: Server) -> None:
    server.otherwise(answer)
    client = api.client(server.base_url)
    variant = client.with_options(timeout=5)
    client.ask()
    client.close()
    client.close()
    for closed in (client, variant, client.with_options(max_retries=1)):
        with pytest.raises(ConfigurationError, match="closed"):
            closed.ask()
        with pytest.raises(ConfigurationError, match="closed"):
            closed.stream()
    assert len(server.requests) == 1


def test_a_client_that_was_never_used_can_be_closed(api: Driver) -> None:
    client = api.client("http://127.0.0.1:1")
    client.close()
    with pytest.raises(ConfigurationError, match="closed"):
        client.ask()


def test_a_client_closed_on_one_loop_is_closed_on_every_other(server: Server) -> None:
    server.otherwise(answer)
    client = AsyncMiniMax(base_url=server.base_url, api_key=KEY)

    async def use() -> None:
        await client.chat.completions.create(model="MiniMax-M2.7", messages=MESSAGES)

    async def main() -> None:
        await use()
        await client.aclose()

    asyncio.run(main())
    with pytest.raises(ConfigurationError, match="closed"):
        asyncio.run(use())
    assert len(server.requests) == 1


def test_an_http_client_of_ones_own_is_used_and_stays_open(api: Driver, server: Server) -> None:
    server.otherwise(answer)
    http = api.http_client(headers={"X-Mine": "yes"})
    with api.client(server.base_url, http_client=http) as client:
        assert client.ask().text == "Hello"
    client.with_options(timeout=5).close()
    assert not http.is_closed
    assert api.client(server.base_url, http_client=http).ask().text == "Hello"
    assert [request.connection for request in server.requests] == [0, 0]
    assert server.requests[0].headers["x-mine"] == "yes"


def test_an_http_client_of_ones_own_that_was_closed(api: Driver, server: Server) -> None:
    http = api.http_client()
    client = api.client(server.base_url, http_client=http)
    api.run(http.aclose() if api.asynchronous else http.close())
    with pytest.raises(ConfigurationError, match="closed"):
        client.ask()


@pytest.mark.filterwarnings("ignore:base_url is http")
def test_a_proxy_of_ones_own_is_used(api: Driver, server: Server) -> None:
    server.otherwise(answer)
    http = api.http_client(proxy=server.base_url)
    assert api.client("http://far-away.invalid", http_client=http).ask().text == "Hello"
    assert server.requests[0].line.startswith("POST http://far-away.invalid/v1/chat/completions ")


# Variants


def test_a_variant_shares_the_connections(api: Driver, server: Server) -> None:
    server.otherwise(answer)
    client = api.client(server.base_url)
    variant = client.with_options(timeout=5)
    variant.ask()
    client.ask()
    list(variant.with_options(max_retries=0).stream())
    assert [request.connection for request in server.requests] == [0, 0, 0]
    # It does not close what is not its own.
    variant.close()
    with client.with_options(timeout=6):
        pass
    assert client.ask().text == "Hello"
    assert len(server.connections) == 1


def test_a_variant_differs_in_what_was_said_alone(
    api: Driver, server: Server, naps: list[float]
) -> None:
    client = api.client(server.base_url, max_retries=1, default_headers={"X-Team": "a"})
    variant = client.with_options(max_retries=3)
    with pytest.raises(MiniMaxError):
        variant.ask(**fails(server, 4))
    assert len(server.requests) == 4
    with pytest.raises(MiniMaxError):
        client.ask(**fails(server, 2))
    assert len(server.requests) == 6
    assert {request.headers["x-team"] for request in server.requests} == {"a"}


def fails(server: Server, times: int) -> dict[str, Any]:
    server.script(reply(error(1000), 500), times=times)
    return {}


# Sharing


def test_a_client_may_be_shared_between_threads(server: Server) -> None:
    server.otherwise(answer)
    start = threading.Barrier(8)
    with MiniMax(base_url=server.base_url, api_key=KEY) as client:

        def work(thread: int) -> list[str]:
            texts: list[str] = []
            # All at once, the first use included.
            start.wait(10)
            for call in range(6):
                content = f"thread {thread}, call {call}"
                create = client.with_options(timeout=30).chat.completions.create
                messages: Any = [{"role": "user", "content": content}]
                if call % 2:
                    texts.append(create(model="MiniMax-M2.7", messages=messages).text)
                else:
                    with create(model="MiniMax-M2.7", messages=messages, stream=True) as stream:
                        texts.append("".join(chunk.text for chunk in stream))
            return texts

        with ThreadPoolExecutor(8) as pool:
            results = list(pool.map(work, range(8)))
    assert results == [
        [f"thread {thread}, call {call}" for call in range(6)] for thread in range(8)
    ]
    # One pool: no thread has made one of its own for each call.
    assert len(server.connections) <= 8


def test_the_connections_are_made_once_and_at_first_use(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That takes longer than anything else a client does."""
    server.otherwise(answer)
    made: list[httpx.Client] = []
    make = httpx.Client.__init__

    def slowly(http: httpx.Client, *arguments: Any, **options: Any) -> None:
        threading.Event().wait(0.05)
        made.append(http)
        make(http, *arguments, **options)

    monkeypatch.setattr(httpx.Client, "__init__", slowly)
    start = threading.Barrier(4)
    with MiniMax(base_url=server.base_url, api_key=KEY) as client, ThreadPoolExecutor(4) as pool:

        def work(thread: int) -> str:
            start.wait(10)
            create = client.with_options().chat.completions.create
            return create(model="MiniMax-M2.7", messages=MESSAGES).text

        assert made == []
        assert list(pool.map(work, range(4))) == ["Hello"] * 4
    assert len(made) == 1


def test_a_client_may_be_shared_between_tasks(server: Server) -> None:
    server.otherwise(answer)

    async def main() -> list[str]:
        async with AsyncMiniMax(base_url=server.base_url, api_key=KEY) as client:

            async def work(task: int) -> str:
                messages: Any = [{"role": "user", "content": f"task {task}"}]
                create = client.chat.completions.create
                if task % 2:
                    return (await create(model="MiniMax-M2.7", messages=messages)).text
                async with await create(
                    model="MiniMax-M2.7", messages=messages, stream=True
                ) as stream:
                    return "".join([chunk.text async for chunk in stream])

            return list(await asyncio.gather(*map(work, range(24))))

    assert asyncio.run(main()) == [f"task {task}" for task in range(24)]


def test_two_streams_at_once(api: Driver, server: Server) -> None:
    server.script(stream(*events("the first")))
    server.script(stream(*events("the second")))
    client = api.client(server.base_url)
    first, second = client.stream(), client.stream()
    pairs = list(zip(first, second, strict=False))
    texts = ["".join(chunk.text for chunk in each) for each in zip(*pairs, strict=True)]
    assert texts[0].startswith("the f")
    assert texts[1].startswith("the s")
    list(first), list(second)
    assert (first.completion.text, second.completion.text) == ("the first", "the second")


# The key


SHOW: list[Callable[[Any], Any]] = [
    repr,
    str,
    lambda what: f"{what}",
    lambda what: pprint.pformat(vars(what)),
    lambda what: repr([vars(what), vars(what.chat), vars(what.chat.completions)]),
    lambda what: repr([getattr(what, name) for name in dir(what)]),
]


@pytest.mark.parametrize("show", SHOW)
def test_the_key_is_not_shown(api: Driver, server: Server, show: Callable[[Any], Any]) -> None:
    server.otherwise(answer)
    client = api.client(server.base_url, default_headers={"X-Team": "a"})
    client.ask()
    for each in (client.client, client.with_options(timeout=5).client):
        assert KEY not in show(each)


@pytest.mark.parametrize(
    "take", [pickle.dumps, copy.copy, copy.deepcopy, lambda what: what.__reduce_ex__(4)]
)
def test_a_client_is_neither_pickled_nor_copied(api: Driver, take: Callable[[Any], Any]) -> None:
    client = api.client("http://127.0.0.1:1")
    with pytest.raises(TypeError, match=f"{api.kind.__name__} .*make a new one") as caught:
        take(client.client)
    assert KEY not in str(caught.value)


def test_a_client_shows_where_it_sends(api: Driver) -> None:
    client = api.client("http://127.0.0.1:1/v1")
    assert repr(client.client) == f"{api.kind.__name__}(base_url='http://127.0.0.1:1')"
