"""The options of a client and of a call, and what they change on the wire."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from driver import Driver
from http_library import httpx
from minimax_chat import ConfigurationError, InvalidArgumentError
from samples import KEY, MESSAGES, MODEL, TEXT, plain
from server import Server, answer, http_reply


class Recorder:
    """A network that answers every request and records it."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(200, json=plain())

    @property
    def timeout(self) -> dict[str, float | None]:
        """That of the last request."""
        timeout: dict[str, float | None] = self.requests[-1].extensions["timeout"]
        return timeout


@pytest.fixture
def network() -> Recorder:
    return Recorder()


@pytest.fixture
def http(api: Driver, network: Recorder) -> Any:
    return api.http_client(transport=httpx.MockTransport(network))


# Address and key


@pytest.mark.parametrize(
    ("environment", "options", "url"),
    [
        ({}, {}, "https://api.minimaxi.com"),
        ({"REGION": "global"}, {}, "https://api.minimax.io"),
        ({"REGION": "global"}, {"region": "cn"}, "https://api.minimaxi.com"),
        ({"BASE_URL": "https://there"}, {"base_url": "https://here/below/"}, "https://here/below"),
    ],
)
def test_calls_go_to_the_address_of_the_options_or_the_environment(
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
    # The environment is read when the client is made.
    monkeypatch.setenv("MINIMAX_BASE_URL", "http://127.0.0.1:1")
    client.ask()
    assert str(network.requests[0].url) == f"{url}/v1/chat/completions"
    assert client.client.base_url == url


def test_the_key_is_sent_as_a_bearer_token(
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


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"api_key": ""}, ConfigurationError),
        ({"region": "moon"}, ConfigurationError),
        ({"base_url": "ftp://api.minimaxi.com"}, ConfigurationError),
        ({"timeout": 0}, InvalidArgumentError),
        ({"max_retries": -1}, InvalidArgumentError),
        ({"default_headers": {"Authorization": "Bearer x"}}, InvalidArgumentError),
    ],
)
def test_an_invalid_option_is_refused_when_the_client_is_made(
    api: Driver, options: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        api.client(**options)


@pytest.mark.parametrize(
    "option",
    [
        {"timeout": 0},
        {"total_timeout": 0},
        {"max_retries": -1},
        {"max_answer_bytes": 0},
        {"default_headers": {"Host": "x"}},
    ],
    ids=lambda option: next(iter(option)),
)
def test_every_option_of_a_client_and_a_variant_is_taken(
    api: Driver, option: dict[str, Any]
) -> None:
    with pytest.raises(InvalidArgumentError):
        api.client(**option)
    with pytest.raises(InvalidArgumentError):
        api.client().with_options(**option)


def test_options_are_keyword_only(api: Driver) -> None:
    with pytest.raises(TypeError):
        api.kind(KEY)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"ALL_PROXY": "socks5://127.0.0.1:1"}, "socksio"),
        ({"HTTPS_PROXY": "foo://x"}, "foo://x"),
        ({"HTTP_PROXY": "http://a:b"}, "port"),
        ({"SSL_CERT_FILE": "/nonexistent"}, r"\(\[Errno 2\] No such file or directory\); check"),
        ({"SSL_CERT_FILE": __file__}, "certificate"),
    ],
)
def test_an_environment_that_httpx_rejects_is_a_configuration_error(
    api: Driver,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    named: str,
) -> None:
    client = api.client(server.base_url)
    with monkeypatch.context() as patch:
        # Whether it is installed or not.
        patch.setitem(sys.modules, "socksio", None)
        for name, value in environment.items():
            patch.setenv(name, value)
        with pytest.raises(ConfigurationError, match=named) as caught:
            client.ask()
        assert not caught.value.retryable
        message = str(caught.value)
        assert message.startswith("the HTTP client could not be created (")
        assert message.endswith("); check the proxy and certificate settings")
    server.script(http_reply(plain()))
    assert client.ask().text == TEXT, "the failed attempt leaves nothing behind"


# Timeouts, headers and body


def test_timeouts_of_client_variant_and_call(api: Driver, http: Any, network: Recorder) -> None:
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


def test_the_default_timeouts_replace_those_of_a_custom_http_client(
    api: Driver, network: Recorder
) -> None:
    http = api.http_client(transport=httpx.MockTransport(network), timeout=None)
    api.client(http_client=http, timeout=None).ask()
    assert network.timeout == {"connect": 5, "read": 120, "write": 120, "pool": 120}


def test_headers_of_client_variant_and_call(api: Driver, server: Server) -> None:
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


def test_the_body_holds_what_was_asked_for_alone(api: Driver, server: Server) -> None:
    server.otherwise(answer)
    client = api.client(server.base_url)
    client.ask(temperature=0.5, top_p=None, extra_body={"new": {"a": [1]}})
    client.ask(stream=False)
    client.text(streamed=True)
    body = {"model": MODEL, "messages": MESSAGES}
    assert [request.json for request in server.requests] == [
        {**body, "temperature": 0.5, "new": {"a": [1]}},
        {**body, "stream": False},
        {**body, "stream": True},
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        {"temperature": 12345},
        {"tempreature": 0.5},
        {"timeout": 0},
        {"total_timeout": 0},
        {"max_retries": -1},
        {"extra_headers": {"Host": "x"}},
    ],
)
def test_a_call_with_an_invalid_argument_sends_nothing(
    api: Driver, server: Server, delays: list[float], arguments: dict[str, Any]
) -> None:
    with pytest.raises(InvalidArgumentError):
        api.client(server.base_url).ask(**arguments)
    assert server.connections == []
    assert delays == []


# A custom HTTP client


def test_an_http_client_of_another_kind_is_refused(api: Driver) -> None:
    other = httpx.Client if api.asynchronous else httpx.AsyncClient
    wanted = api.http_client().__class__.__name__
    for wrong in (other(transport=httpx.MockTransport(Recorder())), "http://proxy", httpx):
        with pytest.raises(ConfigurationError) as caught:
            api.client(http_client=wrong)
        assert str(caught.value) == (
            f"http_client must be an httpx.{wanted} or httpx2.{wanted} (got {type(wrong).__name__})"
        )


def test_a_custom_http_client_is_used_and_stays_open(api: Driver, server: Server) -> None:
    server.otherwise(answer)
    http = api.http_client(headers={"X-Mine": "yes"})
    with api.client(server.base_url, http_client=http) as client:
        client.ask()
    client.with_options(timeout=5).close()
    assert not http.is_closed
    api.client(server.base_url, http_client=http).ask()
    assert [request.connection for request in server.requests] == [0, 0]
    assert server.requests[0].headers["x-mine"] == "yes"


def test_a_custom_http_client_that_was_closed_is_a_configuration_error(
    api: Driver, server: Server
) -> None:
    http = api.http_client()
    client = api.client(server.base_url, http_client=http)
    api.run(http.aclose() if api.asynchronous else http.close())
    with pytest.raises(ConfigurationError) as caught:
        client.ask()
    assert str(caught.value) == "the client is closed; create a new one"


@pytest.mark.filterwarnings("ignore:base_url is http")
def test_the_proxy_of_a_custom_http_client_is_used(api: Driver, server: Server) -> None:
    server.otherwise(answer)
    http = api.http_client(proxy=server.base_url)
    api.client("http://far-away.invalid", http_client=http).ask()
    assert server.requests[0].line.startswith("POST http://far-away.invalid/v1/chat/completions ")
