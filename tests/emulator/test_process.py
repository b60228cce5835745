"""The emulator as a process: `python -m minimax_chat.ext.emulator` and `minimax-chat emulate`."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from typing import Any

import httpx
import pytest

from minimax_chat import __version__
from minimax_chat.ext.emulator.__main__ import main
from minimax_chat.ext.emulator._switches import SWITCHES
from systems import needs_posix

MODULE = [sys.executable, "-m", "minimax_chat.ext.emulator"]
COMMAND = [sys.executable, "-c", "from minimax_chat.ext.cli import main; main()", "emulate"]

# Makes an extra look as if it were not installed, then runs the command line that follows.
WITHOUT = """
import runpy, sys
sys.modules[sys.argv[1]] = None
sys.argv = sys.argv[2:]
if sys.argv[0] == "minimax-chat":
    from minimax_chat.ext.cli import main
    main()
else:
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


@contextlib.contextmanager
def running(command: list[str]) -> Generator[tuple[subprocess.Popen[str], list[str]]]:
    """A running process and the three lines that it begins with."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    try:
        assert process.stdout is not None
        yield process, [process.stdout.readline().rstrip("\n") for _ in range(3)]
    finally:
        process.kill()
        process.communicate()


def run(command: list[str]) -> tuple[int, str, str]:
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=30,
        env={**os.environ, "COLUMNS": "100"},
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("command", "number"),
    [(MODULE, signal.SIGINT), (COMMAND, signal.SIGTERM)],
    ids=["module-SIGINT", "command-SIGTERM"],
)
@needs_posix
def test_a_signal_ends_the_process_with_status_0(
    command: list[str], number: signal.Signals
) -> None:
    with running([*command, "--port", "0", "--pace", "3600"]) as (process, [url, use, hint]):
        assert use == f"Use it:  export MINIMAX_BASE_URL={url} MINIMAX_API_KEY=any"
        assert "Ctrl-C" in hint
        # Whoever has the package has this, and not the pages.
        assert hint.endswith("python -m minimax_chat.ext.emulator --help")
        with (
            httpx.Client(base_url=url, trust_env=False, verify=False) as client,
            client.stream(
                "POST",
                "/v1/chat/completions",
                json={
                    "model": "m",
                    "stream": True,
                    "messages": [{"role": "user", "content": "Hello"}],
                },
                headers={"authorization": "Bearer any"},
            ) as response,
        ):
            assert response.status_code == 200
            # The stream is open, and would be for hours.
            process.send_signal(number)
            output, errors = process.communicate(timeout=10)
    assert (process.returncode, output, errors) == (0, "", "")


def test_the_options_reach_the_emulator() -> None:
    options = ["--port", "0", "--api-key", "the-key", "--shape", "base_resp"]
    for command in (MODULE, COMMAND):
        with running([*command, *options]) as (_, [url, use, _]):
            assert "the-key" not in use
            response = httpx.post(f"{url}/v1/chat/completions", trust_env=False, verify=False)
            assert response.json()["base_resp"]["status_code"] == 1004


def test_a_port_in_use_is_told_with_advice() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, output, errors = run([*MODULE, "--port", str(port)])
    assert (status, output) == (1, "")
    assert errors == (
        f"cannot listen on 127.0.0.1 port {port} ({os.strerror(errno.EADDRINUSE)}): "
        "choose another --port, 0 for any\n"
    )


def test_an_impossible_port_is_told_with_advice() -> None:
    status, output, errors = run([*MODULE, "--port", "70000"])
    assert (status, output) == (1, "")
    assert errors.startswith("cannot listen on 127.0.0.1 port 70000 (")
    assert errors.endswith("): choose another --port, 0 for any\n")
    assert errors.count("\n") == 1


def test_an_address_that_the_machine_lacks_is_told_with_advice(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As ::1 where IPv6 is disabled, or 127.0.0.2 on macOS."""

    def bind(listener: socket.socket, address: object) -> None:
        raise OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")

    monkeypatch.setattr(socket.socket, "bind", bind)
    monkeypatch.setattr(signal, "signal", lambda number, handler: None)
    assert main(["--host", "::1", "--port", "8000"]) == 1
    assert capsys.readouterr().err == (
        "cannot listen on ::1 port 8000 (Cannot assign requested address): "
        "choose another --host, such as 127.0.0.1\n"
    )


def test_an_option_that_makes_no_sense_is_refused() -> None:
    status, output, errors = run([*COMMAND, "--port", "0", "--pace=-1"])
    assert (status, output) == (1, "")
    assert errors == "pace must be a number of seconds from 0 to 3600 (got -1.0)\n"


def test_help_lists_the_switches() -> None:
    status, output, errors = run([*MODULE, "--help"])
    assert (status, errors) == (0, "")
    words = " ".join(output.split())
    for switch in SWITCHES:
        assert f"{switch.usage} {switch.meaning}" in words
    assert 'any that does not begin with "invalid"' in words


@pytest.mark.parametrize(
    ("missing", "command", "sentence"),
    [
        (
            "starlette",
            ["minimax_chat.ext.emulator"],
            "the emulator needs starlette, which is not installed: "
            "pip install 'minimax-chat[emulator]'",
        ),
        (
            "uvicorn",
            ["minimax-chat", "emulate"],
            "the emulator needs uvicorn, which is not installed: "
            "pip install 'minimax-chat[emulator]'",
        ),
        (
            "cyclopts",
            ["minimax-chat", "emulate"],
            "minimax-chat needs cyclopts, which is not installed: pip install 'minimax-chat[cli]'",
        ),
    ],
)
def test_a_missing_extra_is_named(missing: str, command: list[str], sentence: str) -> None:
    status, output, errors = run([sys.executable, "-c", WITHOUT, missing, *command])
    assert (status, output, errors) == (1, "", f"{sentence}\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--help"], "emulate"), (["emulate", "--help"], "--port"), (["--version"], __version__)],
)
def test_the_command_has_help_and_version(arguments: list[str], said: str) -> None:
    status, output, errors = run([*COMMAND[:-1], *arguments])
    assert (status, errors) == (0, "")
    assert said in output


def test_an_unknown_name_of_the_package_raises_attribute_error() -> None:
    import minimax_chat.ext.emulator as package

    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _: Any = package.nothing
