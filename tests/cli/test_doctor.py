"""Why calls fail: `minimax-chat doctor`."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path

import pytest

from command_line import CommandLine, Outcome
from minimax_chat.ext.cli._settings import settings_path
from minimax_chat.ext.emulator import Emulator
from minimax_chat_api.contract import SERVERS
from samples import KEY
from server import Server, http_reply

OTHER_KEY = "sk-of-somebody-else"


@pytest.fixture
def abroad(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """The other region's server; the default region is the emulator."""
    monkeypatch.delenv("MINIMAX_BASE_URL")
    with Emulator(api_key=KEY) as abroad:
        monkeypatch.setitem(SERVERS, "cn", emulator.base_url)
        monkeypatch.setitem(SERVERS, "global", abroad.base_url)
        yield abroad


def findings(done: Outcome) -> dict[str, str]:
    """What is said of each subject, with its level first."""
    found: dict[str, str] = {}
    subject = ""
    for line in done.out.splitlines():
        if line[:1].strip():
            level, subject, text = line.split(None, 2)
            found[subject] = f"{level} {text.strip()}"
        else:
            found[subject] += f" {line.strip()}"
    return found


def test_all_is_well(command: CommandLine, emulator: Emulator) -> None:
    done = command("doctor")
    found = findings(done)
    assert (done.status, done.err) == (0, "")
    assert [*found] == ["version", "key", "server", "proxy", "call", "clock"]
    assert {text.split()[0] for text in found.values()} == {"ok"}
    assert found["key"] == "ok from MINIMAX_API_KEY"
    assert found["server"] == f"ok {emulator.base_url}, from MINIMAX_BASE_URL"
    assert "answered by MiniMax-M3" in found["call"]
    (request,) = emulator.requests
    assert request.json["max_completion_tokens"] == 1


def test_the_emulator_needs_no_key(
    command: CommandLine, monkeypatch: pytest.MonkeyPatch, emulator: Emulator
) -> None:
    monkeypatch.delenv("MINIMAX_API_KEY")
    assert command("doctor", "--emulator").status == 0
    assert emulator.requests == []


def test_without_a_key_the_rest_is_checked(
    command: CommandLine, monkeypatch: pytest.MonkeyPatch, emulator: Emulator
) -> None:
    monkeypatch.delenv("MINIMAX_API_KEY")
    emulator.fail(1004)
    done = command("doctor")
    assert done.status == 1
    found = findings(done)
    assert found["key"].startswith("wrong there is none Set MINIMAX_API_KEY")
    assert found["call"] == "ok the server answers, and asks for a key"


def test_a_damaged_file_of_settings(command: CommandLine) -> None:
    settings_path().parent.mkdir(parents=True)
    settings_path().write_text("{")
    done = command("doctor")
    assert done.status == 1
    assert "is unusable" in findings(done)["set-up"]


def test_a_key_in_quotation_marks(command: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIMAX_API_KEY", f'"{KEY}"')
    done = command("doctor")
    assert done.status == 1
    assert findings(done)["key"].startswith("wrong the key begins with a quotation mark")


@pytest.mark.usefixtures("abroad")
def test_a_key_of_the_other_region(command: CommandLine, emulator: Emulator) -> None:
    emulator.fail(1004)
    done = command("doctor")
    assert done.status == 1
    assert "The key belongs to the region 'global': use --region global" in findings(done)["call"]
    assert command("doctor", "--region", "global").status == 0


def test_a_key_that_no_region_accepts(
    command: CommandLine, emulator: Emulator, abroad: Emulator
) -> None:
    emulator.fail(2049)
    abroad.fail(2049)
    done = command("doctor")
    assert done.status == 1
    assert "No region accepts the key" in findings(done)["call"]


@pytest.mark.usefixtures("abroad")
def test_a_region_that_cannot_be_reached_is_not_said_to_fit(
    command: CommandLine, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SERVERS, "global", "http://127.0.0.1:1")
    emulator.fail(1004)
    assert "belongs to the region" not in findings(command("doctor"))["call"]


def test_a_key_that_another_server_refuses(command: CommandLine, emulator: Emulator) -> None:
    emulator.fail(1004)
    assert "Check that the key belongs to this server" in findings(command("doctor"))["call"]


@pytest.mark.parametrize(
    ("code", "status", "told"),
    [
        (1008, 1, "wrong insufficient balance"),
        (2056, 0, "note the key is accepted, but: "),
        (1002, 0, "note the key is accepted, but: "),
        (1000, 1, "wrong unknown error"),
    ],
)
def test_other_failures(
    command: CommandLine, emulator: Emulator, code: int, status: int, told: str
) -> None:
    emulator.fail(code)
    done = command("doctor")
    assert done.status == status
    assert findings(done)["call"].startswith(told)
    assert len(emulator.requests) == 1


def test_a_server_that_is_not_there(command: CommandLine) -> None:
    done = command("doctor", "--base-url", "http://127.0.0.1:1")
    assert done.status == 1
    assert "127.0.0.1 is known, but the server cannot be reached" in findings(done)["call"]


def test_a_name_that_is_unknown(command: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    done = command("doctor", "--base-url", "https://nowhere.invalid")
    assert done.status == 1
    assert "The name nowhere.invalid cannot be resolved" in findings(done)["call"]


def test_a_proxy_is_told_without_its_password(
    command: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        listener.close()
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:hidden@127.0.0.1:{port}")
        done = command("doctor", "--base-url", "https://nowhere.invalid")
    found = findings(done)
    assert found["proxy"] == f"note calls go through 127.0.0.1:{port}"
    assert f"The proxy 127.0.0.1:{port} does not lead to the server" in found["call"]
    assert "hidden" not in done.out + done.err
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("NO_PROXY", "nowhere.invalid")
    done = command("doctor", "--base-url", "https://nowhere.invalid")
    assert findings(done)["proxy"] == "ok none for this server"


def test_a_server_on_this_machine_needs_no_proxy(
    command: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:3128")
    done = command("doctor")
    assert done.status == 0
    assert findings(done)["proxy"] == "ok none for this server"


def test_a_region_that_cannot_be_reached_when_the_other_can(
    command: CommandLine, abroad: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SERVERS, "cn", "http://127.0.0.1:1")
    done = command("doctor")
    assert done.status == 1
    assert "The server of the region 'global' can be." in findings(done)["call"]
    assert findings(done)["clock"] == "note not checked: no reply tells the time"


def test_the_clock_is_that_of_a_reply_that_is_a_failure(
    command: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = {"Date": formatdate(time.time() + 7200, usegmt=True)}
    with Server() as server:
        server.otherwise(http_reply({"base_resp": {"status_code": 2049}}, headers=headers))
        done = command("doctor", "--base-url", server.base_url)
    assert "behind the server's" in findings(done)["clock"]


def test_a_wrong_clock(command: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    # The emulator's clock is that of the test, too: only the command's is moved.
    monkeypatch.setattr("minimax_chat.ext.cli._doctor.time", FakeTime(now - 7200))
    done = command("doctor")
    assert done.status == 0
    assert "behind the server's" in findings(done)["clock"]


class FakeTime:
    def __init__(self, now: float) -> None:
        self._now = now
        self.monotonic = time.monotonic

    def time(self) -> float:
        return self._now


def test_saved_settings_are_named(
    command: CommandLine, monkeypatch: pytest.MonkeyPatch, abroad: Emulator
) -> None:
    monkeypatch.delenv("MINIMAX_API_KEY")
    command("config", "--region", "global", stdin=KEY)
    done = command("doctor")
    assert done.status == 0
    found = findings(done)
    assert found["key"].replace(" ", "").endswith("config.json")
    assert found["server"].startswith(f"ok {abroad.base_url}, from /")
    assert Path(found["key"].removeprefix("ok from ").replace(" ", "")).exists()
