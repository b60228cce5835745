"""Finds out why calls fail."""

from __future__ import annotations

import os
import platform
import socket
import time
from collections.abc import Iterator
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
from ._screen import printable

if TYPE_CHECKING:
    from rich.console import Console

    from ..._completion import Completion
    from ...client import MiniMax
    from ._access import Access

TIMEOUT = 20.0
"""Seconds of inactivity."""
CLOCK_TOLERANCE = 120
"""Seconds; a call may take that long, and certificates do not mind."""
STYLES = {"ok": "green", "note": "yellow", "wrong": "bold red"}


class Finding(NamedTuple):
    """What was found about a subject, and what to do about it."""

    level: Literal["ok", "note", "wrong"]
    subject: str
    text: str
    advice: str = ""


def examine(console: Console, access: Access, model: str) -> int:
    """Prints what is found as it is found; returns how much is wrong."""
    wrong = 0
    for finding in _findings(access, model):
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


def _findings(access: Access, model: str) -> Iterator[Finding]:
    yield Finding("ok", "version", _versions())
    try:
        with access.client() as client:
            yield _key(access)
            yield Finding("ok", "server", f"{client.base_url}, from {access.server_source}")
            yield from _proxy(client.base_url)
            yield from _call(access, client, model)
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
    key = os.environ.get("MINIMAX_API_KEY", "").strip()
    if key and key[0] in "\"'":
        advice = "Remove them where MINIMAX_API_KEY is set."
        return Finding("wrong", "key", "the key begins with a quotation mark", advice)
    return Finding("ok", "key", f"from {access.key_source}")


def _proxy(base_url: str) -> Iterator[Finding]:
    url = urlsplit(base_url)
    proxies = getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    if not proxy or is_loopback(url.hostname or ""):
        yield Finding("ok", "proxy", "none")
    elif proxy_bypass(url.hostname or ""):
        yield Finding("ok", "proxy", "not used for this server, as NO_PROXY says")
    else:
        shown = proxy.rpartition("@")[2]  # without user name and password
        yield Finding("note", "proxy", f"calls go through {printable(shown)}")


def _call(access: Access, client: MiniMax, model: str) -> Iterator[Finding]:
    began = time.monotonic()
    try:
        completion = _smallest_call(client, model)
    except AuthenticationError as error:
        yield Finding(
            "wrong", "call", printable(error.message), _fitting_region(access, client, model)
        )
    except RateLimitError as error:
        text = f"the key is accepted, but: {error.message}"
        yield Finding("note", "call", printable(text), error.hint)
    except APIConnectionError as error:
        yield Finding(
            "wrong", "call", printable(error.message), _network_advice(client.base_url, error)
        )
    except MiniMaxError as error:
        yield Finding("wrong", "call", printable(error.message), error.hint)
    else:
        seconds = time.monotonic() - began
        text = f"answered by {completion.model} in {seconds:.1f} s, trace id {completion.trace_id}"
        yield Finding("ok", "call", printable(text))
        yield _clock(completion)


def _smallest_call(client: MiniMax, model: str) -> Completion:
    quick = client.with_options(timeout=TIMEOUT, max_retries=0)
    return quick.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "Hi"}], max_completion_tokens=1
    )


def _fitting_region(access: Access, client: MiniMax, model: str) -> str:
    """What to do about a key that was not accepted: the other regions are tried."""
    others = {region: url for region, url in SERVERS.items() if url != client.base_url}
    if access.emulator or len(others) == len(SERVERS):
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


def _network_advice(base_url: str, error: APIConnectionError) -> str:
    host = urlsplit(base_url).hostname or ""
    if "certificate" in error.message.lower():
        return (
            f"Check the clock: it says {time.strftime('%Y-%m-%d %H:%M %Z')}. If a proxy of your "
            "organization signs connections anew, set SSL_CERT_FILE to its certificate."
        )
    try:
        socket.getaddrinfo(host, None)
    except OSError:
        return f"The name {host} cannot be resolved: check the network, or set HTTPS_PROXY."
    return f"The name {host} is known, but the server cannot be reached: check firewall and proxy."


def _clock(completion: Completion) -> Finding:
    if completion.created_at is None:
        return Finding("note", "clock", "not checked: the answer has no time")
    ahead = time.time() - completion.created_at.timestamp()
    if abs(ahead) <= CLOCK_TOLERANCE:
        return Finding("ok", "clock", "right")
    text = f"{abs(ahead):,.0f} s {'ahead of' if ahead > 0 else 'behind'} the server's"
    return Finding("note", "clock", text, "Set it: certificates depend on it.")
