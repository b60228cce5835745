"""Finds out why calls fail."""

from __future__ import annotations

import os
import platform
import socket
import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Literal, NamedTuple
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from rich.table import Table
from rich.text import Text

from minimax_chat import __version__
from minimax_chat_api.contract import SERVERS

from ..._config import is_loopback
from ..._errors import (
    APIConnectionError,
    AuthenticationError,
    ConfigurationError,
    MiniMaxError,
    RateLimitError,
)
from ..._http import default_library
from ...client import MiniMax
from ._screen import printable

if TYPE_CHECKING:
    from rich.console import Console

    from ..._completion import Completion
    from ..._http import Response
    from ._access import Access

TIMEOUT = 20.0
"""Seconds of inactivity."""
NO_KEY = "none"
"""What is sent in place of a key, to see whether the server answers."""
CLOCK_TOLERANCE = 120
"""Seconds; a call may take that long, and certificates do not mind."""
STYLES = {"ok": "green", "note": "yellow", "wrong": "bold red"}


class Finding(NamedTuple):
    """What was found about a subject, and what to do about it."""

    level: Literal["ok", "note", "wrong"]
    subject: str
    text: str
    advice: str = ""


def examine(console: Console, find_access: Callable[[], Access], model: str) -> int:
    """Prints what is found as it is found; returns how much is wrong."""
    wrong = 0
    for finding in _findings(find_access, model):
        row = Table.grid(padding=(0, 2))
        row.add_column(width=5)
        row.add_column(width=7)
        row.add_column(overflow="fold")
        row.add_row(Text(finding.level, STYLES[finding.level]), finding.subject, finding.text)
        if finding.advice:
            row.add_row("", "", Text(finding.advice, "bold"))
        console.print(row)
        wrong += finding.level == "wrong"
    return wrong


def _findings(find_access: Callable[[], Access], model: str) -> Iterator[Finding]:
    yield Finding("ok", "version", _versions())
    try:
        access = find_access()
        yield _key(access)
        with access.options(spare_key=NO_KEY) as options, MiniMax(**options) as client:
            yield Finding("ok", "server", f"{client.base_url}, from {access.server_source}")
            yield _proxy(client.base_url)
            dates: list[str | None] = []

            def note_date(response: Response) -> None:
                dates.append(response.headers.get("date"))

            local = is_loopback(urlsplit(client.base_url).hostname or "")
            with (
                default_library.Client(
                    event_hooks={"response": [note_date]}, trust_env=not local
                ) as http,
                MiniMax(**options, http_client=http) as client,
            ):
                completion: Completion | None = None
                began = time.monotonic()
                try:
                    completion = _smallest_call(client, model)
                except MiniMaxError as error:
                    yield _failure(access, client, model, error)
                else:
                    seconds = time.monotonic() - began
                    trace = f"trace id {completion.trace_id}"
                    text = f"answered by {completion.model} in {seconds:.1f} s, {trace}"
                    yield Finding("ok", "call", printable(text))
                yield _clock(dates, completion)
    except ConfigurationError as error:
        yield Finding("wrong", "set-up", printable(str(error)))


def _versions() -> str:
    versions = {
        "minimax-chat": __version__,
        default_library.__name__: default_library.__version__,
        "Python": platform.python_version(),
    }
    named = [f"{name} {version}" for name, version in versions.items()]
    return ", ".join([*named, platform.system()])


def _key(access: Access) -> Finding:
    if access.emulator:
        return Finding("ok", "key", "none is needed for the emulator")
    if not access.key_source:
        advice = "Set MINIMAX_API_KEY, or save one with minimax-chat config."
        return Finding("wrong", "key", "there is none", advice)
    key = os.environ.get("MINIMAX_API_KEY", "").strip()
    if key and key[0] in "\"'":
        advice = "Remove them where MINIMAX_API_KEY is set."
        return Finding("wrong", "key", "the key begins with a quotation mark", advice)
    return Finding("ok", "key", f"from {access.key_source}")


def _proxy_of(base_url: str) -> str:
    """The proxy for a server, without its user name and password; "" if there is none."""
    url = urlsplit(base_url)
    proxies = getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all") or ""
    host = url.hostname or ""
    return "" if is_loopback(host) or proxy_bypass(host) else printable(proxy.rpartition("@")[2])


def _proxy(base_url: str) -> Finding:
    proxy = _proxy_of(base_url)
    if not proxy:
        return Finding("ok", "proxy", "none for this server")
    return Finding("note", "proxy", f"calls go through {proxy}")


def _failure(access: Access, client: MiniMax, model: str, error: MiniMaxError) -> Finding:
    """What a call that failed says, and what to do about it."""
    message = printable(error.message)
    if isinstance(error, AuthenticationError):
        if not access.key_source:
            return Finding("ok", "call", "the server answers, and asks for a key")
        return Finding("wrong", "call", message, _fitting_region(access, client, model))
    if isinstance(error, RateLimitError):
        return Finding("note", "call", f"the key is accepted, but: {message}", error.hint)
    if isinstance(error, APIConnectionError):
        return Finding("wrong", "call", message, _network_advice(access, client, model, error))
    if isinstance(error, ConfigurationError):
        advice = f"Check {_proxy_of(client.base_url) or 'the certificates'}."
        return Finding("wrong", "call", message, advice)
    return Finding("wrong", "call", message, error.hint)


def _smallest_call(client: MiniMax, model: str) -> Completion:
    quick = client.with_options(timeout=TIMEOUT, max_retries=0)
    return quick.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "Hi"}], max_completion_tokens=1
    )


def _fitting_region(access: Access, client: MiniMax, model: str) -> str:
    """What to do about a key that was not accepted: the other regions are tried."""
    others = _other_regions(client)
    if not others:
        return "Check that the key belongs to this server."
    for region in others:
        try:
            with access.client(region=region) as other:
                _smallest_call(other, model)
        except (AuthenticationError, APIConnectionError):
            continue
        except MiniMaxError:
            pass  # it got past the key
        return (
            f"The key belongs to the region {region!r}: use --region {region}, set "
            f"MINIMAX_REGION={region}, or run minimax-chat config --region {region}."
        )
    return "No region accepts the key: create one on the platform, and copy it whole."


def _network_advice(access: Access, client: MiniMax, model: str, error: APIConnectionError) -> str:
    if "certificate" in error.message.lower():
        return (
            f"Check the clock: it says {time.strftime('%Y-%m-%d %H:%M %Z')}. If a proxy of your "
            "organization signs connections anew, set SSL_CERT_FILE to its certificate."
        )
    if proxy := _proxy_of(client.base_url):
        return (
            f"The proxy {proxy} does not lead to the server: check HTTPS_PROXY, with user name and "
            "password if it asks for them, or except the server by NO_PROXY."
        )
    host = urlsplit(client.base_url).hostname or ""
    try:
        socket.getaddrinfo(host, None)
    except OSError:
        return f"The name {host} cannot be resolved: check the network, or set HTTPS_PROXY."
    advice = f"The name {host} is known, but the server cannot be reached: check the firewall."
    reached = [region for region in _other_regions(client) if _is_reached(access, region, model)]
    return f"{advice} The server of the region {reached[0]!r} can be." if reached else advice


def _other_regions(client: MiniMax) -> list[str]:
    """The other regions, if the server is that of one."""
    others = [region for region, url in SERVERS.items() if url != client.base_url]
    return others if len(others) < len(SERVERS) else []


def _is_reached(access: Access, region: str, model: str) -> bool:
    try:
        with access.client(region=region) as other:
            _smallest_call(other, model)
    except MiniMaxError as error:
        return not isinstance(error, APIConnectionError)
    return True


def _clock(dates: list[str | None], completion: Completion | None) -> Finding:
    """Compares the clock with that of the last reply."""
    try:
        moment = parsedate_to_datetime(dates[-1] or "") if dates else None
    except ValueError:
        moment = None
    if moment is None and completion is not None:
        moment = completion.created_at
    if moment is None:
        return Finding("note", "clock", "not checked: no reply tells the time")
    ahead = time.time() - moment.timestamp()
    if abs(ahead) <= CLOCK_TOLERANCE:
        return Finding("ok", "clock", "right")
    text = f"{abs(ahead):,.0f} s {'ahead of' if ahead > 0 else 'behind'} the server's"
    return Finding("note", "clock", text, "Set it: certificates depend on it.")
