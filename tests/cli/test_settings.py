"""The saved key and region: `minimax-chat config`."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from command_line import CommandLine
from minimax_chat.ext.cli._settings import settings_path
from minimax_chat.ext.emulator import Emulator
from minimax_chat_api.contract import SERVERS
from samples import KEY
from terminal import Terminal

Start = Callable[..., Terminal]
OTHER_KEY = "sk-test-fedcba9876543210"


@pytest.fixture(autouse=True)
def no_key(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MINIMAX_API_KEY")


def authorization(emulator: Emulator) -> str:
    return emulator.requests[-1].headers["authorization"]


def test_a_piped_key_is_saved_and_used(
    command: CommandLine, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = command("config", "--region", "global", stdin=f"{KEY}\n")
    path = settings_path()
    assert (done.status, done.err) == (0, "")
    assert f"Saved in {path}" in done.out.replace("\n", "")
    assert path.is_relative_to(Path(os.environ["HOME"]))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert command("chat", "Hello").status == 0
    assert authorization(emulator) == f"Bearer {KEY}"
    # The environment goes first.
    monkeypatch.setenv("MINIMAX_API_KEY", OTHER_KEY)
    assert command("chat", "Hello").status == 0
    assert authorization(emulator) == f"Bearer {OTHER_KEY}"
    assert "MINIMAX_API_KEY is set and overrides" in command("config", stdin=KEY).out


def test_the_saved_region_is_used(
    command: CommandLine, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SERVERS, "global", emulator.base_url)
    monkeypatch.delenv("MINIMAX_BASE_URL")
    assert command("config", "--region", "global", stdin=KEY).status == 0
    assert command("chat", "Hello").status == 0
    assert authorization(emulator) == f"Bearer {KEY}"


def test_a_key_is_typed_without_being_shown(terminal: Start) -> None:
    screen = terminal("config")
    screen.wait_for("API key, not shown:$")
    screen.type(f"{KEY}\r")
    screen.wait_for(r"Region, cn or global \[cn\]")
    screen.type("global\r")
    assert screen.end() == 0
    assert "Try it: minimax-chat doctor" in " ".join(screen.text().split())
    # The key is kept when only the region is changed.
    screen = terminal("config", "--region", "cn")
    screen.wait_for(r"API key, not shown \(Enter keeps the saved one\):$")
    screen.type("\r")
    assert screen.end() == 0
    assert KEY in settings_path().read_text("utf-8")
    assert '"cn"' in settings_path().read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "key", "told"),
    [
        ([], "", "no API key was given; nothing was saved"),
        ([], "two words", "whitespace"),
        (["--region", "mars"], KEY, "mars"),
    ],
)
def test_what_is_invalid_is_not_saved(
    command: CommandLine, arguments: list[str], key: str, told: str
) -> None:
    done = command("config", *arguments, stdin=key)
    assert done.status == 2
    assert told in done.err
    assert not settings_path().exists()


def test_what_is_typed_wrong_is_asked_again(terminal: Start) -> None:
    screen = terminal("config", columns=160)
    screen.wait_for("API key, not shown:$")
    screen.type(f"{KEY}\r")
    for before in range(2):
        screen.wait_for(rf"(?s)(mars.*){{{before}}}Region, cn or global \[cn\]:$")
        screen.type("mars\r")
    screen.wait_for(r"(?s)(mars.*){2}Region, cn or global \[cn\]:$")
    screen.type("\x04")
    assert screen.end() == 2
    assert "the input ended before all was asked" in screen.text()
    assert not settings_path().exists()


def test_what_is_saved_can_be_deleted(command: CommandLine) -> None:
    command("config", stdin=KEY)
    assert "Deleted" in command("config", "--forget").out
    assert not settings_path().exists()
    assert "Nothing was saved" in command("config", "--forget").out


def test_a_file_that_others_may_read_is_told(command: CommandLine) -> None:
    command("config", stdin=KEY)
    settings_path().chmod(0o644)
    done = command("chat", "Hello")
    assert done.status == 0
    assert "chmod 600" in done.err


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"api_key": 1}', '{"region": 5}'])
def test_a_damaged_file_is_told(command: CommandLine, content: str) -> None:
    command("config", stdin=KEY)
    settings_path().write_text(content)
    done = command("chat", "Hello")
    assert done.status == 2
    assert str(settings_path()) in done.err
    assert "minimax-chat config --forget" in done.err
    assert command("config", "--forget").status == 0


def test_a_failure_to_write_leaves_what_was_saved(
    command: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    command("config", stdin=KEY)
    before = settings_path().read_text("utf-8")

    def full(*arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    done = command("config", stdin=OTHER_KEY)
    assert done.status == 1
    assert "No space left on device" in done.err
    assert settings_path().read_text("utf-8") == before
    assert [path.name for path in settings_path().parent.iterdir()] == [settings_path().name]
