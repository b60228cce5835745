"""The fixtures for users, run by pytest in a project of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from importlib import import_module

import pytest

from rehearsal.project_copy import ROOT

pytest_plugins = ["pytester"]

PLUGIN = "minimax_chat.ext.pytest_plugin"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plugin is loaded once, whether or not the project is installed; no other plugin is."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join(map(str, (ROOT / "wrapper", ROOT / "generated")))
    )
    # The settings of whoever runs the tests must not matter.
    for name in ("MINIMAX_API_KEY", "MINIMAX_BASE_URL", "MINIMAX_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    # httpx sets up each proxy that it finds, which for SOCKS needs a further package.
    monkeypatch.setenv("all_proxy", "socks5://127.0.0.1:9")


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess("-p", PLUGIN, "-W", "error", "-q", *arguments)


def test_the_tests_in_testing_your_code_md_pass(pytester: pytest.Pytester) -> None:
    page = (ROOT / "docs" / "testing-your-code.md").read_text("utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    pytester.makepyfile("\n\n".join(blocks))
    tests = sum(block.count("\ndef test_") for block in blocks)
    assert tests >= 5
    run(pytester).assert_outcomes(passed=tests)


def test_each_test_has_its_own_emulator_and_environment(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import asyncio, os
        import pytest
        from minimax_chat import MiniMax

        ASK = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}

        def test_client(minimax_client):
            assert minimax_client.chat.completions.create(**ASK).text

        def test_a_client_of_its_own(minimax_emulator):
            os.environ["MINIMAX_API_KEY"]
            with MiniMax() as client:
                assert client.base_url == minimax_emulator.base_url
                client.chat.completions.create(**ASK)
            assert len(minimax_emulator.requests) == 1

        @pytest.mark.parametrize("time", [1, 2])
        def test_loops(async_minimax_client, minimax_emulator, time):
            async def talk():
                completion = await async_minimax_client.chat.completions.create(**ASK)
                stream = await async_minimax_client.chat.completions.create(**ASK, stream=True)
                async with stream:
                    assert "".join([chunk.text async for chunk in stream]) == completion.text

            asyncio.run(talk())
            asyncio.run(talk())
            assert len(minimax_emulator.requests) == 4

        def test_the_environment_is_restored():
            assert "MINIMAX_API_KEY" not in os.environ
            assert "MINIMAX_BASE_URL" not in os.environ
            assert os.environ["all_proxy"].startswith("socks5:")
        """
    )
    run(pytester).assert_outcomes(passed=5)


def test_without_the_extra_only_tests_with_the_fixture_fail(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys
        sys.modules["starlette"] = sys.modules["starlette.requests"] = None

        def test_unconcerned(): pass
        def test_concerned(minimax_client): pass
        """
    )
    result = run(pytester)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        ["*minimax_emulator cannot start: *pip install 'minimax-chat[[]pytest]'*"]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_loading_the_plugin_imports_one_small_module() -> None:
    code = f"""if True:
        import pytest, sys
        before = set(sys.modules)
        import {PLUGIN}
        print(*set(sys.modules) - before)
    """
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()) <= {"minimax_chat", "minimax_chat.ext", PLUGIN}


def test_the_entry_point_names_the_plugin() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    (target,) = project["entry-points"]["pytest11"].values()
    assert target == PLUGIN
    assert hasattr(import_module(target), "minimax_emulator")
    needed = " ".join(project["optional-dependencies"]["pytest"])
    assert "minimax-chat[emulator]" in needed
    assert "pytest" in needed
