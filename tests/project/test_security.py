"""SECURITY.md on the emulator; the tests of the client cover its promises about the API key."""

from __future__ import annotations

import socket
import subprocess
import sys
from urllib.parse import urlsplit

import httpx
import pytest

from minimax_chat.ext.emulator import Emulator


def assert_listens_on_127_0_0_1_only(base_url: str) -> None:
    address = urlsplit(base_url)
    assert address.hostname == "127.0.0.1"
    assert httpx.get(base_url, trust_env=False).status_code == 404
    # Another address of this machine: a socket bound to 0.0.0.0 accepts it.
    with pytest.raises((ConnectionRefusedError, TimeoutError)):
        socket.create_connection(("127.0.0.2", address.port), timeout=5).close()


def test_emulator_class_listens_on_loopback_by_default() -> None:
    with Emulator() as emulator:
        assert_listens_on_127_0_0_1_only(emulator.base_url)


@pytest.mark.parametrize(
    "host",
    [
        *("0.0.0.0", "::", "", "0", "*"),
        *("192.0.2.1", "2001:db8::1", "fe80::1%lo", "::ffff:127.0.0.1", "256.0.0.1"),
        *("example.com", "127.0.0.1.example.com", "localhost.example.com", "127.0.0.1,0.0.0.0"),
    ],
)
def test_emulator_refuses_other_addresses(host: str) -> None:
    with pytest.raises(ValueError, match=r"no access control: .* tunnel, such as ssh -L") as caught:
        Emulator(host=host)
    assert str(caught.value).startswith("host must be a loopback address or localhost, because ")
    assert str(caught.value).endswith(f"(got {host!r})")


def test_emulator_command_refuses_other_addresses() -> None:
    command = [sys.executable, "-m", "minimax_chat.ext.emulator", "--host", "0.0.0.0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "host must be a loopback address or localhost, because the emulator has no access control: "
        "reach it from another machine through a tunnel, such as ssh -L 8000:127.0.0.1:8000 HOST "
        "(got '0.0.0.0')\n"
    )


def test_emulator_command_listens_on_loopback_by_default() -> None:
    command = [sys.executable, "-m", "minimax_chat.ext.emulator", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert_listens_on_127_0_0_1_only(process.stdout.readline().strip())
        finally:
            process.terminate()
