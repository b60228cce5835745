"""What the recipes promise beyond what they print. The code under test is that of the pages."""

from __future__ import annotations

import ast
import asyncio
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
import uvicorn
from nbclient import NotebookClient
from nbformat import v4

from minimax_chat import AsyncMiniMax, InsufficientBalanceError, InternalServerError, MiniMax
from minimax_chat.ext.emulator import Emulator
from minimax_chat_api.models import Role

RECIPES = Path(__file__).parents[2] / "docs" / "recipes"
PATIENCE = 10.0

Load = Callable[[str], Any]


def blocks(name: str) -> list[str]:
    page = (RECIPES / f"{name}.md").read_text("utf-8")
    return re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


@pytest.fixture
def load(minimax_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Imports what a page defines, without the examples of its use."""

    def load(name: str) -> ModuleType:
        module = ModuleType(name)
        monkeypatch.setitem(sys.modules, name, module)  # where a class looks up its annotations
        page = ast.parse("\n".join(blocks(name)))
        page.body = [
            each for each in page.body if not isinstance(each, ast.Expr | ast.With | ast.For)
        ]
        exec(compile(page, f"{name}.md", "exec"), module.__dict__)
        return module

    return load


def eventually(condition: Callable[[], object]) -> bool:
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


# A web endpoint that streams


class Site:
    """An application, served by uvicorn on a real socket."""

    def __init__(self, application: Any) -> None:
        self.server = uvicorn.Server(
            uvicorn.Config(application, port=0, log_config=None, ws="none")
        )
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        assert eventually(lambda: self.server.started)
        self.port: int = self.server.servers[0].sockets[0].getsockname()[1]

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()

    def ask(self) -> httpx.Response:
        url = f"http://127.0.0.1:{self.port}/chat?question=Hello"
        return httpx.get(url, timeout=PATIENCE, trust_env=False)

    def connect(self) -> socket.socket:
        """A reader who asks, and may hang up."""
        reader = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        reader.sendall(b"GET /chat?question=Hello HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return reader

    def is_idle(self) -> bool:
        return not self.server.server_state.tasks


@pytest.fixture
def web(load: Load) -> Any:
    return load("web")


@pytest.fixture(params=["app", "api"], ids=["Starlette", "FastAPI"])
def site(request: pytest.FixtureRequest, web: Any) -> Iterator[Site]:
    site = Site(getattr(web, request.param))
    yield site
    site.stop()


def events(body: str) -> list[tuple[str, Any]]:
    pattern = re.compile(r"event: (\w+)\ndata: (.*)")
    found = [pattern.fullmatch(event) for event in body.removesuffix("\n\n").split("\n\n")]
    return [(event[1], json.loads(event[2])) for event in found if event]


def test_web_reader_gets_thinking_text_and_end(site: Site, minimax_emulator: Emulator) -> None:
    text = "one\n\ntwo\r\nthree\u2028four 你好"
    minimax_emulator.reply(text, thinking="hm", switches="!chunk 3")
    response = site.ask()
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-store"
    told = events(response.text)
    assert "".join(data for name, data in told if name == "thinking") == "hm"
    assert "".join(data for name, data in told if name == "text") == text
    assert told[-1] == ("done", "stop")


def test_web_call_ends_when_its_reader_leaves_before_the_first_byte(
    site: Site, minimax_emulator: Emulator
) -> None:
    minimax_emulator.reply(switches="!slow 3600")
    with site.connect():
        assert eventually(lambda: minimax_emulator.requests)
    assert minimax_emulator.requests[0].hung_up.wait(PATIENCE)
    assert eventually(site.is_idle)


def test_web_call_ends_when_its_reader_leaves_amid_the_answer(
    site: Site, minimax_emulator: Emulator
) -> None:
    minimax_emulator.reply(switches="!slow 0 between=3600")
    with site.connect() as reader:
        received = b""
        while b"event: " not in received:
            received += reader.recv(4096)
        assert not minimax_emulator.requests[0].hung_up.is_set()
    assert minimax_emulator.requests[0].hung_up.wait(PATIENCE)
    assert eventually(site.is_idle)


def test_web_call_is_not_retried_for_a_reader_who_has_left(
    site: Site, minimax_emulator: Emulator
) -> None:
    minimax_emulator.fail(1002, retry_after=60)
    with site.connect():
        assert eventually(lambda: minimax_emulator.requests)
        assert not site.is_idle()
    assert eventually(site.is_idle)
    assert len(minimax_emulator.requests) == 1


@pytest.mark.parametrize(
    ("code", "status"), [(1026, 422), (1002, 503), (2056, 503), (1001, 504), (1008, 502)]
)
def test_web_error_before_the_first_chunk_has_a_status(
    site: Site, minimax_emulator: Emulator, code: int, status: int
) -> None:
    minimax_emulator.fail(code, times=3, retry_after_ms=1)
    response = site.ask()
    assert response.status_code == status
    assert [*response.json()] == ["error"]


@pytest.mark.parametrize("switches", ["!cut 2", "!cut 2 end=clean"])
def test_web_reader_is_told_of_a_broken_stream(
    site: Site, minimax_emulator: Emulator, switches: str
) -> None:
    minimax_emulator.reply("Hello, world!", thinking="", switches=f"!chunk 3 {switches}")
    told = events(site.ask().text)
    assert told == [("text", "Hel"), ("text", "lo,"), ("failed", "StreamInterruptedError")]


def test_web_application_has_one_client_for_its_life(
    web: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[AsyncMiniMax] = []
    closed: list[AsyncMiniMax] = []

    class Recorded(AsyncMiniMax):
        async def __aenter__(self) -> Recorded:
            made.append(self)
            return await super().__aenter__()

        async def aclose(self) -> None:
            closed.append(self)
            await super().aclose()

    monkeypatch.setattr(web, "AsyncMiniMax", Recorded)
    site = Site(web.app)
    assert [site.ask().status_code for _ in range(2)] == [200, 200]
    assert len(made) == 1
    assert closed == []
    site.stop()
    assert closed == made


# In a notebook


class CountingClient(NotebookClient):
    updates = 0

    def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
        self.updates += msg["msg_type"] == "update_display_data"
        return super().process_message(msg, cell, cell_index)


def test_notebook_streams_into_one_output_until_it_is_interrupted(
    minimax_emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    minimax_emulator.reply("Hello!", times=2)
    minimax_emulator.reply("Hello! " * 100, switches="!chunk 5 !slow 0 between=0.2")
    # The kernel notices an interrupt at the next event of its loop, here a chunk.
    interrupted = """
import os, signal, threading
threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
await ask(messages)
"""
    notebook = v4.new_notebook()  # type: ignore[no-untyped-call]
    notebook.cells = [
        v4.new_code_cell(code)  # type: ignore[no-untyped-call]
        for code in [*blocks("notebook"), interrupted, "print((await ask(messages)).text)"]
    ]
    client = CountingClient(notebook, allow_errors=True, timeout=60)
    client.execute(transport_encryption="required")
    _, streamed, stopped, after = (cell.outputs for cell in notebook.cells)
    (output,) = streamed
    assert output["output_type"] == "display_data"
    assert "Hello!" in output["data"]["text/markdown"]
    assert client.updates > 2
    assert stopped[-1]["ename"] == "CancelledError"
    assert minimax_emulator.requests[2].hung_up.wait(PATIENCE)
    assert "It waits for a **fish**." in after[-1]["text"]


# Many prompts


def test_many_prompts_are_taken_as_there_is_room_for_them(load: Load) -> None:
    recipe = load("many-prompts")
    taken: list[int] = []
    saved: list[int] = []
    most_tasks = 0

    def prompts() -> Iterator[tuple[int, str]]:
        nonlocal most_tasks
        for number in range(100):
            taken.append(number)
            most_tasks = max(most_tasks, len(asyncio.all_tasks()))
            assert len(taken) - len(saved) <= 4
            yield number, "Hello"

    async def main() -> None:
        async with AsyncMiniMax() as client:
            await recipe.ask_all(client, prompts(), lambda number, _: saved.append(number), 4)

    asyncio.run(main())
    assert sorted(saved) == [*range(100)]
    assert most_tasks < 30  # with those that open connections


def test_many_prompts_end_with_an_error_that_all_would_meet(
    load: Load, minimax_emulator: Emulator
) -> None:
    recipe = load("many-prompts")
    minimax_emulator.fail(1008, times=100)
    prompts = ((number, "Hello") for number in range(100))
    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(recipe.ask_all_with_a_bar(prompts, print, 100))
    assert caught.value.split(InsufficientBalanceError)[1] is None
    assert len(minimax_emulator.requests) <= 8


def test_many_prompts_go_on_after_ctrl_c(minimax_emulator: Emulator, tmp_path: Path) -> None:
    definitions, _, database, _ = blocks("many-prompts")
    script = tmp_path / "script.py"
    script.write_text(f"{definitions}{database}\nanswer_file(Path('prompts.txt'))\n", "utf-8")
    prompts = [f"!slow 0.05 !say {number}" for number in range(100)]
    (tmp_path / "prompts.txt").write_text("\n".join(prompts), "utf-8")

    def start() -> subprocess.Popen[str]:
        # FORCE_COLOR: as on a terminal, with a progress bar.
        return subprocess.Popen(
            [sys.executable, script.name],
            cwd=tmp_path,
            env={**os.environ, "FORCE_COLOR": "1"},
            stderr=subprocess.PIPE,
            text=True,
        )

    def answers() -> list[tuple[int, str]]:
        with sqlite3.connect(tmp_path / "prompts.db") as connection:
            return connection.execute("SELECT * FROM answers ORDER BY number").fetchall()

    first = start()
    assert eventually(lambda: len(minimax_emulator.requests) > 40)
    first.send_signal(signal.SIGINT)
    _, errors = first.communicate(timeout=PATIENCE)
    assert errors.endswith("KeyboardInterrupt\n")
    kept = answers()
    asked = len(minimax_emulator.requests)
    assert 0 < len(kept) < 100
    assert asked - len(kept) <= 8

    second = start()
    _, errors = second.communicate(timeout=60)
    assert second.returncode == 0
    assert "100%" in errors
    assert answers() == [(number, str(number)) for number in range(100)]
    assert len(minimax_emulator.requests) - asked == 100 - len(kept)


# Answers as validated JSON


def test_json_gives_up_after_some_attempts(load: Load, minimax_emulator: Emulator) -> None:
    recipe = load("json")
    minimax_emulator.reply("It is Oslo.", times=2)
    minimax_emulator.reply(tool_calls=[("answer", '{"name": "Os'), ("answer", {"name": "Oslo"})])
    schema = recipe.City.model_json_schema()
    with MiniMax() as client, pytest.raises(ValueError, match="in 3 attempts: 1 validation"):
        recipe.ask_for(client, recipe.question, schema, recipe.City.model_validate_json)
    assert len(minimax_emulator.requests) == 3
    assert recipe.question == recipe.question[:1]


# Role play


def test_role_play_shows_every_role_of_a_scene(load: Load) -> None:
    recipe = load("role-play")
    scene = {*Role} - {Role.USER, Role.ASSISTANT, Role.TOOL}
    assert {message["role"] for message in recipe.scene} == scene
    assert {*recipe.HEADINGS} == scene - {Role.SYSTEM}


# An agent


@pytest.fixture
def agent(load: Load) -> Iterator[Any]:
    recipe = load("agent")
    with MiniMax() as recipe.client:
        yield recipe


def test_agent_goes_on_after_its_last_round(agent: Any, minimax_emulator: Emulator) -> None:
    minimax_emulator.reply(tool_calls=[("get_rain", {"city": "Oslo"})], times=3)
    minimax_emulator.reply("No rain.")
    messages = [{"role": "user", "content": "Does it rain in Oslo?"}]
    with pytest.raises(RuntimeError, match="in 3 rounds"):
        agent.run_agent(agent.ask, messages, [agent.get_rain], max_rounds=3)
    assert agent.run_agent(agent.ask, messages, [agent.get_rain]).text == "No rain."
    assert len(messages) == 1 + 3 * 2 + 1


@pytest.mark.parametrize(
    ("name", "arguments", "error"),
    [
        ("get_snow", "{}", "KeyError: 'get_snow'"),
        ("get_rain", '{"city": "Os', "ValidationError: "),
        ("get_rain", '{"town": "Oslo"}', "ValidationError: "),
        ("get_rain", '{"city": "Rome"}', "KeyError: 'Rome'"),
    ],
)
def test_agent_tells_the_model_of_errors(
    agent: Any, minimax_emulator: Emulator, name: str, arguments: str, error: str
) -> None:
    minimax_emulator.reply(tool_calls=[(name, arguments)])
    messages: list[Any] = [{"role": "user", "content": "Does it rain?"}]
    agent.run_agent(agent.ask, messages, [agent.get_rain])
    assert messages[2]["content"].startswith(error)


def test_agent_can_be_run_again_after_an_error(agent: Any, minimax_emulator: Emulator) -> None:
    minimax_emulator.reply(tool_calls=[("get_rain", {"city": "Oslo"})])
    minimax_emulator.fail(1000, times=3, retry_after_ms=1)
    minimax_emulator.reply("No rain.")
    messages: list[Any] = [{"role": "user", "content": "Does it rain in Oslo?"}]
    with pytest.raises(InternalServerError):
        agent.run_agent(agent.ask_aloud, messages, [agent.get_rain])
    assert [message["role"] for message in messages[::2]] == ["user", "tool"]
    assert agent.run_agent(agent.ask_aloud, messages, [agent.get_rain]).text == "No rain."
