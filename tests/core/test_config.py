"""Key, region and base URL: arguments first, then the environment; what cannot work is refused."""

from __future__ import annotations

import copy
import traceback
import warnings
from typing import Any

import httpx
import pytest

from minimax_chat import AsyncMiniMax, ConfigurationError, MiniMax
from minimax_chat._config import Config
from replies import KEY

CN, GLOBAL = "https://api.minimaxi.com", "https://api.minimax.io"


def resolve(api_key: Any = KEY, region: Any = None, base_url: Any = None) -> Config:
    return Config.resolve(api_key, region, base_url)


def refused(*arguments: Any, **named: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        resolve(*arguments, **named)
    assert not caught.value.retryable
    return str(caught.value) + "".join(traceback.format_exception(caught.value))


# The key


@pytest.mark.parametrize("key", [KEY, f" {KEY}", f"{KEY}\n", f"\t{KEY}\r\n", f"{KEY}\u3000"])
def test_a_key_is_trimmed(key: str) -> None:
    assert resolve(key).api_key == KEY


def test_a_key_may_hold_all_printable_signs() -> None:
    key = "".join(map(chr, range(ord("!"), ord("~") + 1)))
    assert resolve(key).api_key == key


@pytest.mark.parametrize("key", ["", " ", "\n", "\t \r\n", "\u3000", None])
def test_without_a_key_the_error_says_where_it_belongs(key: str | None) -> None:
    said = refused(key)
    assert "api_key" in said
    assert "MINIMAX_API_KEY" in said


@pytest.mark.parametrize(
    "key",
    [
        *("sk-hush hush", "sk-hush\nhush", "sk-hush\r\nX-A: b", "sk-hush\thush", "sk-hush\x00hush"),
        *("sk-hush\x7fhush", "sk-hush\u00e9hush", "sk-hush你好hush", "sk-hush\u200bhush"),
        *("sk-hush\ud800hush", b"sk-hush", ["sk-hush"], {"sk-hush": 1}, ("sk-hush",)),
    ],
    ids=ascii,
)
def test_a_key_that_cannot_work_is_refused_and_not_shown(key: Any) -> None:
    said = refused(key)
    assert "key" in said
    assert "hush" not in said


@pytest.mark.parametrize("key", [5, True, object(), 1.5])
def test_a_key_of_a_wrong_type_is_refused(key: Any) -> None:
    assert "api_key must be a string" in refused(key)


def test_the_key_is_not_shown() -> None:
    known = resolve(f" {KEY} ").override(3, 1, {"X-Secret": "hush"})
    for shown in (repr(known), str(known), f"{known}", repr([known]), repr(copy.copy(known))):
        assert KEY not in shown
        assert "hush" not in shown
        assert "https://api.minimaxi.com" in shown


def test_the_key_from_the_environment_is_treated_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIMAX_API_KEY", f"{KEY}\n")
    assert resolve(None).api_key == KEY
    monkeypatch.setenv("MINIMAX_API_KEY", "sk-hush hush")
    assert "hush" not in refused(None)
    monkeypatch.setenv("MINIMAX_API_KEY", " ")
    assert "MINIMAX_API_KEY" in refused(None)


# Where to


def test_mainland_by_default() -> None:
    assert resolve().base_url == CN


@pytest.mark.parametrize(("region", "url"), [("cn", CN), ("global", GLOBAL)])
def test_a_region_is_a_host(region: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert resolve(region=region).base_url == url
    monkeypatch.setenv("MINIMAX_REGION", region)
    assert resolve().base_url == url


@pytest.mark.parametrize("region", ["eu", "CN", "cn ", 5, True, "https://api.minimax.io", []])
def test_an_unknown_region_is_refused_and_the_known_ones_named(region: Any) -> None:
    said = refused(region=region)
    assert "'cn'" in said
    assert "'global'" in said


@pytest.mark.parametrize(
    ("given_url", "url"),
    [
        ("https://api.minimax.io", "https://api.minimax.io"),
        ("https://api.minimax.io/", "https://api.minimax.io"),
        ("https://api.minimax.io/v1", "https://api.minimax.io"),
        ("https://api.minimax.io/v1/", "https://api.minimax.io"),
        (" https://api.minimax.io\n", "https://api.minimax.io"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://localhost:1", "http://localhost:1"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://[::1]/v1", "http://[::1]"),
        ("https://proxy.example/minimax", "https://proxy.example/minimax"),
        ("https://proxy.example/minimax/v1/", "https://proxy.example/minimax"),
        ("https://proxy.example/minimax/v11", "https://proxy.example/minimax/v11"),
        ("https://proxy.example:65535/a/b", "https://proxy.example:65535/a/b"),
        ("HTTPS://Proxy.Example", "https://Proxy.Example"),
    ],
)
def test_a_base_url(given_url: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert resolve(base_url=given_url).base_url == url
    monkeypatch.setenv("MINIMAX_BASE_URL", given_url)
    assert resolve().base_url == url


@pytest.mark.parametrize(
    "base_url",
    [
        *("api.minimax.io", "//api.minimax.io", "localhost:8000", "x", "/v1"),
        *("ftp://api.minimax.io", "file:///etc/passwd", "https://", "https:///v1", "http://:8000"),
        *("https://h?x=1", "https://h/v1?x=1", "https://h#x", "https://h/#x"),
        *("http://h:0", "http://h:99999", "http://h:-1", "http://h:port", "http://h:80:80"),
        *("http://[::1", "http://::1]", "http://[x]"),
        *("http://a b", "http://a/b c", "http://a\tb", "http://a\nb", "http://a/\r\nb"),
        *("http://a\x00b", "http://a/\x00", "http://a\x7f", "http://a\u3000b", "http://a\u200bb"),
        *(5, True, b"https://api.minimax.io", ["https://h"], {}, 1.5, ...),
    ],
    ids=ascii,
)
def test_a_base_url_that_cannot_work_is_refused(base_url: Any) -> None:
    assert "base_url" in refused(base_url=base_url)


@pytest.mark.parametrize(
    "base_url",
    [
        *("https://user:hush@h", "https://hush@h/v1", "http://user:hush@h:99999"),
        *("ftp://user:hush@h", "http://user:hush@[::1", "https://user:hush@h?x=1", "//u:hush@h"),
    ],
)
def test_a_password_is_refused_and_not_shown(base_url: str) -> None:
    said = refused(base_url=base_url)
    assert "base_url" in said
    assert "hush" not in said


def test_region_and_base_url_contradict_each_other() -> None:
    said = refused(region="cn", base_url="https://h")
    assert "region" in said
    assert "base_url" in said


def test_arguments_come_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIMAX_API_KEY", "sk-environment")
    monkeypatch.setenv("MINIMAX_REGION", "global")
    assert resolve(None).api_key == "sk-environment"
    assert resolve().api_key == KEY
    assert resolve().base_url == GLOBAL
    assert resolve(region="cn").base_url == CN
    assert resolve(base_url="https://argument").base_url == "https://argument"

    monkeypatch.setenv("MINIMAX_BASE_URL", "https://environment")
    assert resolve().base_url == "https://environment"
    assert resolve(region="cn").base_url == CN
    assert resolve(base_url="https://argument").base_url == "https://argument"


def test_an_argument_that_is_empty_is_not_filled_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A key that turned out empty must not be replaced by whatever lies around."""
    monkeypatch.setenv("MINIMAX_API_KEY", KEY)
    assert "no API key" in refused("")


def test_an_environment_that_is_empty_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIMAX_BASE_URL", "")
    monkeypatch.setenv("MINIMAX_REGION", "")
    assert resolve().base_url == CN


def test_an_environment_that_cannot_work_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIMAX_REGION", "eu")
    assert "'eu'" in refused()
    monkeypatch.setenv("MINIMAX_BASE_URL", "api.minimax.io")
    assert "api.minimax.io" in refused()


def test_what_a_client_knows_is_not_changed_in_place() -> None:
    known = resolve().override(5, 1, {"X-A": "1"})
    other = known.override(None, 0, {"X-B": "2"})
    assert (known.timeout, known.max_retries) == (5, 1)
    assert httpx.Headers(known.headers) == httpx.Headers({"X-A": "1"})
    assert (other.timeout, other.max_retries, dict(other.headers)) == (
        5,
        0,
        {"X-A": "1", "X-B": "2"},
    )
    with pytest.raises(AttributeError):
        known.base_url = "https://elsewhere"  # type: ignore[misc]


# The key in the clear


@pytest.mark.parametrize("kind", [MiniMax, AsyncMiniMax])
@pytest.mark.parametrize("from_environment", [False, True])
@pytest.mark.parametrize(
    "url", ["http://api.example", "http://10.0.0.1:8000", "http://[2001:db8::1]/v1", "HTTP://host"]
)
def test_plain_http_off_this_machine_is_warned_of(
    kind: Any, from_environment: bool, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"api_key": KEY} if from_environment else {"api_key": KEY, "base_url": url}
    monkeypatch.setenv("MINIMAX_BASE_URL", url)
    with pytest.warns(UserWarning, match="the API key crosses the network unencrypted") as caught:
        kind(**options)
    (warning,) = caught
    assert warning.filename == __file__, "it names the line that makes the client"
    said = str(warning.message)
    assert url in said
    assert KEY not in said
    assert "Use https://" in said
    with warnings.catch_warnings(record=True) as ignored:
        # The way out that it names.
        warnings.filterwarnings("ignore", message="base_url is http")
        kind(**options)
    assert not ignored


@pytest.mark.parametrize(
    "url",
    [
        *(
            "https://api.example",
            "http://localhost:8000",
            "http://api.localhost",
            "http://127.0.0.1",
        ),
        *("http://127.8.9.10:1", "http://[::1]:8000", "http://localhost.:1"),
        "http://[::ffff:127.0.0.1]",
    ],
)
def test_https_and_this_machine_are_not_warned_of(url: str) -> None:
    MiniMax(api_key=KEY, base_url=url)
