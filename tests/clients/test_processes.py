"""Clients in processes that fork or are interrupted."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import httpx
import pytest

from driver import Driver
from server import (
    PATIENCE,
    SILENCE,
    TEXT,
    Connection,
    Request,
    Server,
    Step,
    answer,
    chunk,
    completion,
    event,
    events,
    reply,
    stream,
    stream_head,
)

FORK = """
import asyncio, os, sys
from minimax_chat import AsyncMiniMax, MiniMax

kind, base_url = sys.argv[1:]
client = (MiniMax if kind == "sync" else AsyncMiniMax)(base_url=base_url, api_key="k3y")

async def awaited(value):
    return await value

def ask(run, content):
    messages = [{"role": "user", "content": content}]
    return run(client.chat.completions.create(model="MiniMax-M2.7", messages=messages)).text

runner = asyncio.Runner()
run = (lambda value: value) if kind == "sync" else (lambda value: runner.run(awaited(value)))
run_in_child = run if kind == "sync" else (lambda value: asyncio.run(awaited(value)))

print(ask(run, "parent"), flush=True)
child = os.fork()
if child == 0:
    print(ask(run_in_child, "child"), flush=True)
    if kind == "sync":
        client.close()
    os._exit(0)
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(status, ask(run, "parent again"), flush=True)
run(client.close() if kind == "sync" else client.aclose())
runner.close()
"""


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_forked_child_makes_connections_of_its_own(server: Server, kind: str) -> None:
    server.otherwise(answer)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FORK, kind, server.base_url],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["parent", "child", "0 parent again"]
    # What the child does, the closing too, leaves the parent's connection alone.
    assert [request.connection for request in server.requests] == [0, 1, 0]


@pytest.fixture
def interrupts() -> Iterator[None]:
    """Ctrl-C as Python has it, whoever started the tests."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupt(connection: Connection, request: Request) -> None:
    """Ctrl-C while the client waits for bytes. No code is proof against one at any instruction."""
    seen: list[object] = []
    main = threading.main_thread().ident or 0
    while not connection.ended.wait(0.005) and len(seen) < PATIENCE / 0.005:
        frame = sys._current_frames()[main]
        seen.append((frame.f_code.co_name, frame.f_lasti))
        if frame.f_code.co_name in ("read", "select") and seen[-4:] == [seen[-1]] * 4:
            break
    signal.pthread_kill(main, signal.SIGINT)


STAGES: dict[str, list[Step]] = {
    "before the reply": [interrupt, SILENCE],
    "in the headers": [stream_head()[:40], interrupt, SILENCE],
    "before the first event": [stream_head(), interrupt, SILENCE],
}


@pytest.mark.parametrize("steps", STAGES.values(), ids=STAGES)
@pytest.mark.usefixtures("interrupts")
def test_an_interrupted_call_leaves_no_connection(
    api: Driver, server: Server, steps: list[Step]
) -> None:
    server.script(*steps)
    server.script(stream(*events()))
    http = api.http_client(limits=httpx.Limits(max_connections=1))
    client = api.client(server.base_url, http_client=http, timeout=httpx.Timeout(10, pool=5))
    with pytest.raises(KeyboardInterrupt):
        client.stream()
    assert server.ended_by() == "client"
    assert "".join(chunk.text for chunk in client.stream()) == TEXT
    assert len(server.requests) == 2


@pytest.mark.usefixtures("interrupts")
def test_an_interrupted_answer_leaves_no_connection(api: Driver, server: Server) -> None:
    server.script(reply(completion())[:-20], interrupt, SILENCE)
    server.script(reply(completion()))
    http = api.http_client(limits=httpx.Limits(max_connections=1))
    client = api.client(server.base_url, http_client=http, timeout=httpx.Timeout(10, pool=5))
    with pytest.raises(KeyboardInterrupt):
        client.ask()
    assert server.ended_by() == "client"
    assert client.ask().text == TEXT


@pytest.mark.usefixtures("interrupts")
def test_an_interrupted_stream_leaves_no_connection(api: Driver, server: Server) -> None:
    gate = server.gate()
    server.script(stream_head(), chunk(event("one ")), gate, interrupt, SILENCE)
    server.script(stream(*events()))
    http = api.http_client(limits=httpx.Limits(max_connections=1))
    client = api.client(server.base_url, http_client=http, timeout=httpx.Timeout(10, pool=5))
    streamed = client.stream()
    assert next(streamed).text == "one "
    gate.set()
    with pytest.raises(KeyboardInterrupt):
        next(streamed)
    assert server.ended_by() == "client"
    assert streamed.completion.text == "one "
    assert "".join(chunk.text for chunk in client.stream()) == TEXT
