"""Clients in processes that fork or are interrupted by Ctrl-C."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from driver import Driver
from samples import TEXT, event, events, plain
from server import (
    PATIENCE,
    SILENCE,
    Connection,
    Request,
    Server,
    Step,
    answer,
    http_chunk,
    http_reply,
    http_stream,
    stream_head,
)
from systems import needs_posix

pytestmark = needs_posix

FORK = """
import asyncio, os, sys
from minimax_chat import AsyncMiniMax, MiniMax

kind, base_url = sys.argv[1:]
client = (MiniMax if kind == "sync" else AsyncMiniMax)(base_url=base_url, api_key="key")

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
def test_a_forked_child_opens_connections_of_its_own(server: Server, kind: str) -> None:
    server.otherwise(answer)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FORK, kind, server.base_url],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["parent", "child", "0 parent again"]
    # What the child does, closing included, leaves the parent's connection alone.
    assert [request.connection for request in server.requests] == [0, 1, 0]


@pytest.fixture
def interrupts() -> Iterator[None]:
    """Python's own handling of Ctrl-C, whoever started the tests."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupt(connection: Connection, request: Request) -> None:
    """Ctrl-C while the client waits for bytes: no code withstands one at any instruction."""
    seen: list[object] = []
    main = threading.main_thread().ident or 0
    while not connection.ended.wait(0.005) and len(seen) < PATIENCE / 0.005:
        frame = sys._current_frames()[main]
        seen.append((frame.f_code.co_name, frame.f_lasti))
        if frame.f_code.co_name in ("read", "select") and seen[-4:] == [seen[-1]] * 4:
            break
    if sys.platform != "win32":
        signal.pthread_kill(main, signal.SIGINT)


STAGES: dict[str, tuple[bool, list[Step]]] = {
    "before the reply": (True, [interrupt, SILENCE]),
    "before the first event": (True, [stream_head(), interrupt, SILENCE]),
    "in a plain reply": (False, [http_reply(plain())[:-20], interrupt, SILENCE]),
}


@pytest.mark.parametrize(("streamed", "steps"), STAGES.values(), ids=STAGES)
@pytest.mark.usefixtures("interrupts")
def test_an_interrupted_call_closes_its_connection(
    api: Driver, server: Server, streamed: bool, steps: list[Step]
) -> None:
    server.script(*steps)
    server.script(http_stream(*events()))
    client = api.single_connection_client(server.base_url)
    with pytest.raises(KeyboardInterrupt):
        client.text(streamed)
    assert server.ended_by() == "client"
    assert client.text(streamed=True) == TEXT
    assert len(server.requests) == 2


@pytest.mark.usefixtures("interrupts")
def test_an_interrupted_stream_closes_its_connection(api: Driver, server: Server) -> None:
    gate = server.gate()
    server.script(stream_head(), http_chunk(event("one ")), gate, interrupt, SILENCE)
    server.script(http_stream(*events()))
    client = api.single_connection_client(server.base_url)
    stream = client.stream()
    assert next(stream).text == "one "
    gate.set()
    with pytest.raises(KeyboardInterrupt):
        next(stream)
    assert server.ended_by() == "client"
    assert stream.completion.text == "one "
    assert client.text(streamed=True) == TEXT
