"""Thousands of calls leave no file descriptor, task, thread or memory behind."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

import many_calls
from samples import event, events, openai_style, plain
from server import (
    CLOSE,
    RESET,
    Connection,
    Request,
    Server,
    Step,
    http_chunk,
    http_reply,
    http_stream,
    perform,
    stream_head,
)
from systems import needs_posix

CALLS = 10_000
STEPS: dict[str, list[Step]] = {
    "plain": [http_reply(plain())],
    "streamed": [http_stream(*events())],
    "left": [http_stream(*events())],
    "dropped": [http_stream(*events())],
    "cut off": [stream_head(), http_chunk(event("Hel")), CLOSE],
    "HTTP 500": [http_reply(openai_style("busy (1000)"), 500)],
    "no JSON": [http_reply(b"<html>")],
    "reset": [RESET],
}


def serve(connection: Connection, request: Request) -> None:
    perform(STEPS[request.json["messages"][-1]["content"]], connection, request)


@needs_posix
@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_nothing_leaks(kind: str, figure: Callable[..., None]) -> None:
    command = [sys.executable, "-X", "dev", "-W", "error::ResourceWarning", many_calls.__file__]
    with Server() as server:
        server.otherwise(serve)
        start = time.monotonic()
        done = subprocess.run(
            [*command, server.base_url, kind, str(CALLS)],
            capture_output=True,
            text=True,
            timeout=300,
        )
        seconds = time.monotonic() - start
    assert (done.returncode, done.stderr) == (0, "")
    assert len(server.requests) == many_calls.WARM_UP + CALLS
    before, after = json.loads(done.stdout)
    growth = {name: after[name] - before[name] for name in before}
    assert growth.pop("megabytes") < 4, (before, after)
    assert not any(growth.values()), (before, after)
    figure(
        f"{CALLS:,} calls of every kind, {kind}",
        seconds=round(seconds, 1),
        megabytes=round(after["megabytes"] - before["megabytes"], 1),
        **growth,
    )
