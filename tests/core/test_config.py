"""Options of a client, from arguments or the environment; those that cannot work are refused."""

from __future__ import annotations

import copy
import traceback
import warnings
from decimal import Decimal
from typing import Any

import httpx
import pytest

from minimax_chat import AsyncMiniMax, ConfigurationError, InvalidArgumentError, MiniMax
from minimax_chat._config import Config
from minimax_chat._secret import Secret
from samples import KEY
from seams import config

CN, GLOBAL = "https://api.minimaxi.com", "https://api.minimax.io"


def resolve(api_key: Any = KEY, region: Any = None, base_url: Any = None) -> Config:
    return Config.resolve(Secret(api_key), region, base_url)


def refused(*arguments: Any, **named: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        resolve(*arguments, **named)
    assert not caught.value.retryable
    return str(caught.value) + "".join(traceback.format_exception(caught.value))


# The key


@pytest.mark.parametrize("key", [KEY, f" {KEY}", f"{KEY}\n", f"\t{KEY}\r\n", f"{KEY}\u3000"])
def test_a_key_is_trimmed(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert resolve(key).api_key.reveal() == KEY
    monkeypatch.setenv("MINIMAX_API_KEY", key)
    assert resolve(None).api_key.reveal() == KEY


def test_a_key_may_contain_any_printable_ascii_character() -> None:
    key = "".join(map(chr, range(ord("!"), ord("~") + 1)))
    assert resolve(key).api_key.reveal() == key


@pytest.mark.parametrize("key", ["", " ", "\n", "\t \r\n", "\u3000", None])
def test_a_missing_key_is_an_error_that_names_argument_and_variable(key: str | None) -> None:
    message = refused(key)
    assert "api_key" in message
    assert "MINIMAX_API_KEY" in message


@pytest.mark.parametrize(
    "key",
    [
        "sk-hush hush",
        "sk-hush\nhush",
        "sk-hush\r\nX-A: b",
        "sk-hush\x00hush",
        "sk-hush\u00e9hush",
        "sk-hush你好hush",
        "sk-hush\ud800hush",
        b"sk-hush",
    ],
    ids=ascii,
)
def test_an_invalid_key_is_refused_and_not_shown(key: Any) -> None:
    message = refused(key)
    assert "key" in message
    assert "hush" not in message


def test_the_repr_shows_neither_key_nor_headers() -> None:
    known = resolve(f" {KEY} ").override(timeout=3, max_retries=1, headers={"X-Secret": "hush"})
    for shown in (repr(known), str(known), f"{known}", repr([known]), repr(copy.copy(known))):
        assert KEY not in shown
        assert "hush" not in shown
        assert shown.strip("[]") == "Config(base_url='https://api.minimaxi.com')"


# Address


@pytest.mark.parametrize(("region", "url"), [("cn", CN), ("global", GLOBAL)])
def test_a_region_stands_for_a_base_url(
    region: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert resolve(region=region).base_url == url
    monkeypatch.setenv("MINIMAX_REGION", region)
    assert resolve().base_url == url


@pytest.mark.parametrize("region", ["eu", "CN", "cn ", 5, True, "https://api.minimax.io", []])
def test_an_unknown_region_is_refused_and_the_known_ones_named(region: Any) -> None:
    message = refused(region=region)
    assert "'cn'" in message
    assert "'global'" in message


@pytest.mark.parametrize(
    ("given_url", "url"),
    [
        ("https://api.minimax.io", "https://api.minimax.io"),
        ("https://api.minimax.io/", "https://api.minimax.io"),
        ("https://api.minimax.io/v1", "https://api.minimax.io"),
        (" https://api.minimax.io\n", "https://api.minimax.io"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]/v1", "http://[::1]"),
        ("https://proxy.example/minimax/v1/", "https://proxy.example/minimax"),
        ("https://proxy.example/minimax/v11", "https://proxy.example/minimax/v11"),
        ("https://proxy.example:65535/a/b", "https://proxy.example:65535/a/b"),
        ("https://proxy.example/X/", "https://proxy.example/X"),
        ("HTTPS://Proxy.Example", "https://Proxy.Example"),
    ],
)
def test_a_base_url_is_normalized(
    given_url: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert resolve(base_url=given_url).base_url == url
    monkeypatch.setenv("MINIMAX_BASE_URL", given_url)
    assert resolve().base_url == url


@pytest.mark.parametrize(
    "base_url",
    [
        "api.minimax.io",
        "//api.minimax.io",
        "ftp://api.minimax.io",
        "https://",
        "http://:8000",
        "https://h?x=1",
        "https://h#x",
        "http://h:0",
        "http://h:99999",
        "http://h:port",
        "http://[::1",
        "http://[x]",
        "http://a b",
        "http://a\tb",
        "http://a/\r\nb",
        "http://a\x00b",
        "http://a\x7f",
        "http://a\u200bb",
        5,
        b"https://api.minimax.io",
    ],
    ids=ascii,
)
def test_an_invalid_base_url_is_refused(base_url: Any) -> None:
    assert "base_url" in refused(base_url=base_url)


@pytest.mark.parametrize(
    "base_url",
    [
        "https://user:hush@h",
        "https://hush@h/v1",
        "http://user:hush@h:99999",
        "ftp://user:hush@h",
        "http://user:hush@[::1",
        "https://user:hush@h?x=1",
        "//u:hush@h",
    ],
)
def test_a_password_in_base_url_is_refused_and_not_shown(base_url: str) -> None:
    message = refused(base_url=base_url)
    assert "base_url" in message
    assert "hush" not in message


def test_region_and_base_url_together_are_refused() -> None:
    message = refused(region="cn", base_url="https://h")
    assert "region" in message
    assert "base_url" in message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"api_key": ""}, "no API key: pass api_key= or set MINIMAX_API_KEY"),
        ({"api_key": b"x"}, "api_key must be a string (got bytes)"),
        ({"api_key": "a b"}, "the API key contains whitespace or non-ASCII characters"),
        ({"region": "eu"}, "region must be 'cn' or 'global' (got 'eu')"),
        ({"region": "cn", "base_url": CN}, "pass either region or base_url, not both"),
        ({"base_url": "https://a@h"}, "base_url must not contain a user name or password"),
        (
            {"base_url": "h"},
            "base_url must be an http:// or https:// URL without query or fragment (got 'h')",
        ),
    ],
)
def test_a_refusal_says_what_is_wrong(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        resolve(**arguments)
    assert str(caught.value) == message


def test_arguments_take_precedence_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIMAX_API_KEY", "sk-environment")
    monkeypatch.setenv("MINIMAX_REGION", "global")
    assert resolve(None).api_key.reveal() == "sk-environment"
    assert resolve().api_key.reveal() == KEY
    assert resolve().base_url == GLOBAL
    assert resolve(region="cn").base_url == CN
    assert resolve(base_url="https://argument").base_url == "https://argument"

    monkeypatch.setenv("MINIMAX_BASE_URL", "https://environment")
    assert resolve().base_url == "https://environment"
    assert resolve(region="cn").base_url == CN
    assert resolve(base_url="https://argument").base_url == "https://argument"


def test_an_empty_key_is_not_replaced_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else a key that turned out empty would silently become another one."""
    monkeypatch.setenv("MINIMAX_API_KEY", KEY)
    assert "no API key" in refused("")


def test_empty_variables_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIMAX_BASE_URL", "")
    monkeypatch.setenv("MINIMAX_REGION", "")
    assert resolve().base_url == CN


# Timeout, retries and headers

nan, inf = float("nan"), float("inf")

BAD_TIMEOUTS: list[Any] = [
    0,
    -1,
    0.0,
    nan,
    inf,
    -inf,
    True,
    False,
    "5",
    "soon",
    "",
    b"5",
    [],
    (1, 2),
    {},
    Decimal(5),
    # The operating system counts no further.
    1_000_001,
    1e10,
    10**400,
]


@pytest.mark.parametrize("name", ["timeout", "total_timeout"])
@pytest.mark.parametrize("timeout", BAD_TIMEOUTS, ids=repr)
def test_an_invalid_timeout_is_refused(name: str, timeout: Any) -> None:
    with pytest.raises(InvalidArgumentError, match=rf"^{name} "):
        config(**{name: timeout})


@pytest.mark.parametrize("timeout", [httpx.Timeout(5), httpx.Timeout(None)])
def test_a_total_timeout_is_a_number(timeout: Any) -> None:
    with pytest.raises(InvalidArgumentError, match=r"^total_timeout "):
        config(total_timeout=timeout)


@pytest.mark.parametrize("limit", [0, -1, 1.5, 2.0, "2", True, nan, [], {}], ids=repr)
def test_an_invalid_limit_is_refused(limit: Any) -> None:
    with pytest.raises(InvalidArgumentError, match=r"^max_answer_bytes "):
        config(max_answer_bytes=limit)


def test_the_defaults_are_those_documented() -> None:
    known = config()
    assert (known.total_timeout, known.max_answer_bytes) == (24 * 60 * 60, 16 * 1024 * 1024)


def test_the_shortest_timeout_and_the_least_answer_are_above_0() -> None:
    assert config(timeout=0.001).timeout == config(total_timeout=0.001).total_timeout == 0.001
    assert config(max_answer_bytes=1).max_answer_bytes == 1


def test_the_longest_timeout_is_a_million_seconds() -> None:
    assert config(timeout=1_000_000).timeout == 1_000_000
    assert config(total_timeout=1_000_000).total_timeout == 1_000_000


@pytest.mark.parametrize("max_retries", [-1, 1.5, 2.0, "2", "", True, nan, [], [2], {}], ids=repr)
def test_an_invalid_number_of_retries_is_refused(max_retries: Any) -> None:
    with pytest.raises(InvalidArgumentError, match=r"^max_retries "):
        config(max_retries=max_retries)


BAD_HEADERS: list[Any] = [
    *({"X-A": value} for value in ("a\rb", "a\nb", "a\r\nX-B: c", "a\x00", "\x7f", "é", "你好")),
    *({name: "a"} for name in ("X-A\r\n", "X\n-A", "X-\u00e9", "X-A\x00", 5, b"X-A", None)),
    {"X-A": 5},
    {"X-A": b"x"},
    {"X-A": None},
    *({name: f"Bearer {KEY}"} for name in ("Authorization", "authorization", "AUTHORIZATION")),
    # With others than the client's own, a request is broken or smuggled.
    *({name: "5"} for name in ("Content-Length", "content-length")),
    *({name: "chunked"} for name in ("Transfer-Encoding", "transfer-encoding")),
    *({name: "elsewhere.example"} for name in ("Host", "host")),
    # No mappings.
    5,
    "X-A: b",
    ["X-A"],
    [("X-A", "b")],
    True,
]


@pytest.mark.parametrize("headers", BAD_HEADERS, ids=ascii)
def test_invalid_headers_are_refused_without_their_values(headers: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="header") as caught:
        config(headers=headers)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"X-A": "é"}, "the header 'X-A' must be printable ASCII"),
        ({"Host": "h"}, "the header 'Host' is set by the client"),
        ([("X-A", "b")], "headers must be a mapping (got list)"),
    ],
)
def test_a_refused_header_is_named(headers: Any, message: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        config(headers=headers)
    assert str(caught.value) == message


def test_override_replaces_what_is_given_in_a_copy() -> None:
    known = config(timeout=5, max_retries=1, headers={"X-A": "1"})
    other = known.override(max_retries=0, headers={"X-B": "2"})
    assert (known.timeout, known.max_retries, known.headers.reveal()) == (5, 1, {"X-A": "1"})
    assert (other.timeout, other.max_retries) == (5, 0)
    assert other.headers.reveal() == {"X-A": "1", "X-B": "2"}


def test_the_hint_for_a_refused_key_names_the_other_platforms() -> None:
    cn, world = f"region='cn' ({CN})", f"region='global' ({GLOBAL})"
    for base_url, here, others in (
        (CN, cn, world),
        (GLOBAL, world, cn),
        ("https://gateway.example", "https://gateway.example", f"{cn} or {world}"),
    ):
        assert config(base_url=base_url).region_hint() == (
            f"The key was sent to {here}, but works only on the platform that issued it; for a key "
            f"of another platform, use {others}."
        )


def test_what_a_header_may_keep_secret_is_redacted() -> None:
    headers = {"X-A": "Token one two-three", "X-B": "sesame", "X-C": "words"}
    known = config(headers=headers)
    assert known.redact("Token one two-three, one two-three, sesame") == "***, ***, ***"
    # Shorter values are common words, and so are parts of a value.
    assert known.redact(["words", {"Token": "two-three"}]) == ["words", {"Token": "two-three"}]
    # So may be the keys of an object.
    assert known.redact([{"sesame": {"sesame": "sesame"}}]) == [{"sesame": {"sesame": "***"}}]


@pytest.mark.parametrize(
    "name", ["Accept", "Accept-Encoding", "Accept-Language", "Content-Type", "User-Agent"]
)
def test_what_a_header_of_public_values_holds_is_shown(name: str) -> None:
    assert config(headers={name: "a value"}).redact("not a value") == "not a value"


# Unencrypted connections


@pytest.mark.parametrize("kind", [MiniMax, AsyncMiniMax])
@pytest.mark.parametrize("from_environment", [False, True])
@pytest.mark.parametrize(
    "url", ["http://api.example", "http://10.0.0.1:8000", "http://[2001:db8::1]/v1", "HTTP://host"]
)
def test_plain_http_to_another_machine_is_warned_of(
    kind: Any, from_environment: bool, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"api_key": KEY} if from_environment else {"api_key": KEY, "base_url": url}
    monkeypatch.setenv("MINIMAX_BASE_URL", url)
    with pytest.warns(UserWarning, match="base_url is ") as caught:
        kind(**options)
    (warning,) = caught
    assert warning.filename == __file__, "it names the line that makes the client"
    assert str(warning.message) == (
        f"base_url is {url}: the API key crosses the network unencrypted. Use https:// or, if you "
        "trust that network, warnings.filterwarnings('ignore', message='base_url is http')"
    )
    with warnings.catch_warnings(record=True) as ignored:
        # The filter that the warning suggests.
        warnings.filterwarnings("ignore", message="base_url is http")
        kind(**options)
    assert not ignored


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example",
        "http://localhost:8000",
        "http://api.localhost",
        "http://127.0.0.1",
        "http://127.8.9.10:1",
        "http://[::1]:8000",
        "http://localhost.:1",
        "http://[::ffff:127.0.0.1]",
    ],
)
def test_https_and_loopback_addresses_are_not_warned_of(url: str) -> None:
    MiniMax(api_key=KEY, base_url=url)
