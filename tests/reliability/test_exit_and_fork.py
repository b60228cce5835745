"""Processes that end with a stream open, or that fork while calls are in flight."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from samples import event, events
from server import (
    SILENCE,
    Connection,
    Request,
    Server,
    answer,
    http_chunk,
    http_stream,
    stream_head,
)
from systems import needs_posix

ROOT = Path(__file__).parents[2]
BEGINNING = """
import asyncio, os, signal, sys, threading
from minimax_chat import AsyncMiniMax, MiniMax

kind = AsyncMiniMax if "await" in sys.argv[2] else MiniMax
client = kind(base_url=sys.argv[1], api_key="key")

def create(content="Hello", stream=True):
    messages = [{"role": "user", "content": content}]
    return client.chat.completions.create(model="m", messages=messages, stream=stream)

def ask(content):
    return create(content, stream=False).text

def say(what):
    print(what, flush=True)

def run(main):
    with asyncio.Runner() as runner:
        # Debug mode, a part of -X dev, tells of slow steps on a busy machine.
        runner.get_loop().slow_callback_duration = 60
        runner.run(main())

exec(sys.argv[2])
"""


def run(server: Server, code: str, *options: str) -> str:
    """What a process prints; it must end with status 0 and say nothing else."""
    done = subprocess.run(
        [sys.executable, *options, "-c", BEGINNING, server.base_url, code],
        capture_output=True,
        text=True,
        timeout=60,
    )
    # An event loop that ends closes all asynchronous generators at once, those of the HTTP library
    # that close one another included: which of them comes first is a matter of luck.
    errors = ALREADY_CLOSING.sub("", done.stderr)
    assert (done.returncode, errors) == (0, "")
    return done.stdout


ALREADY_CLOSING = re.compile(
    "an error occurred during closing of asynchronous generator "
    "<async_generator object (HTTP11|PoolByteStream)"
    r".*?already running\n",
    re.DOTALL,
)


ENDS = {
    "at the end of the program": """
stream = create()
say(next(stream).text)
""",
    "in a function that exits": """
def main():
    stream = create()
    say(next(stream).text)
    sys.exit()
main()
""",
    "in a daemon thread": """
begun = threading.Event()
def read():
    for chunk in create():
        say(chunk.text)
        begun.set()
threading.Thread(target=read, daemon=True).start()
begun.wait()
""",
    "at the end of the event loop": """
async def main():
    global stream
    stream = await create()
    say((await anext(stream)).text)
run(main)
""",
    "in a coroutine that exits": """
async def main():
    stream = await create()
    say((await anext(stream)).text)
    sys.exit()
run(main)
""",
    "in a task": """
async def main():
    begun = asyncio.Event()
    async def read():
        async for chunk in await create():
            say(chunk.text)
            begun.set()
    task = asyncio.create_task(read())
    await begun.wait()
run(main)
""",
    "in a client that is closed": """
async def main():
    async with client:
        stream = await create()
        say((await anext(stream)).text)
run(main)
""",
}


@pytest.mark.parametrize("code", ENDS.values(), ids=ENDS)
def test_the_interpreter_exits_with_an_open_stream(code: str) -> None:
    with Server() as server:
        server.script(stream_head(), http_chunk(event("one ")), SILENCE)
        assert run(server, code, "-X", "dev", "-W", "error") == "one \n"
        assert server.ended_by() == "client"


FORK_IN_A_STREAM = """
stream = create()
say(next(stream).text)
if (child := os.fork()) == 0:
    say(ask("child"))
    stream.close()
    client.close()
    sys.exit()
say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
say("".join(chunk.text for chunk in stream))
say(ask("parent"))
client.close()
"""


@needs_posix
def test_a_forked_child_leaves_the_open_stream_of_its_parent_alone() -> None:
    with Server() as server:
        gate = server.gate()

        def answer_the_child(connection: Connection, request: Request) -> None:
            answer(connection, request)
            gate.set()

        rest = http_stream(*events("two three")).partition(b"\r\n\r\n")[2]
        server.script(stream_head(), http_chunk(event("one ")), gate, rest)
        server.otherwise(answer_the_child)
        printed = run(server, FORK_IN_A_STREAM, "-W", "error")
        assert printed.splitlines() == ["one ", "child", "0", "two three", "parent"]
        assert [request.connection for request in server.requests] == [0, 1, 0]


FORK_WHILE_A_THREAD_OPENS_A_CONNECTION = """
from minimax_chat._http import default_library
make = default_library.Client.__init__
opening, proceed = threading.Event(), threading.Event()

def make_slowly(*arguments, **options):
    if threading.current_thread() is not threading.main_thread():
        opening.set()
        proceed.wait()
    make(*arguments, **options)

default_library.Client.__init__ = make_slowly
thread = threading.Thread(target=lambda: say(ask("thread")))
thread.start()
opening.wait()
if (child := os.fork()) == 0:
    signal.alarm(10)
    say(ask("child"))
    os._exit(0)
say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
proceed.set()
thread.join()
client.close()
"""


@needs_posix
def test_a_child_forked_while_a_thread_opens_a_connection_can_call() -> None:
    with Server() as server:
        server.otherwise(answer)
        # Python 3.12 and newer warn of every fork of a process with threads.
        quiet = ("-W", "ignore:This process:DeprecationWarning")
        printed = run(server, FORK_WHILE_A_THREAD_OPENS_A_CONNECTION, *quiet)
        assert printed.splitlines() == ["child", "0", "thread"]


def free_threaded_python() -> str:
    """A free-threaded Python that can import what the tests need, or the reason to skip."""
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        pytest.skip("this Python is free-threaded, so test_load.py has tested it")
    for minor in range(20, 12, -1):
        if found := shutil.which(f"python3.{minor}t"):
            return found
    pytest.skip("no free-threaded Python (python3.13t or newer) is installed on this machine")


@pytest.mark.slow
def test_threads_share_a_client_on_free_threaded_python() -> None:
    test = Path(__file__).with_name("test_load.py")
    name = "test_threads_share_a_client_on_a_failing_server"
    folders = [sysconfig.get_path("purelib"), ROOT / "generated", ROOT / "wrapper"]
    done = subprocess.run(
        [free_threaded_python(), "-m", "pytest", "-p", "no:cacheprovider", f"{test}::{name}"],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, folders)),
            # Some are compiled for this Python alone; and so is what the extra `speed` adds.
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "WITHOUT_SPEED": "1",
            "PYTHON_GIL": "0",
        },
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
