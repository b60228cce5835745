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


def test_emulator_command_listens_on_loopback_by_default() -> None:
    command = [sys.executable, "-m", "minimax_chat.ext.emulator", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert_listens_on_127_0_0_1_only(process.stdout.readline().strip())
        finally:
            process.terminate()
