"""What the tests of both clients share."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path

import certifi
import pytest

from driver import Driver
from server import Server


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One certificate authority; loading them all would take longer than most tests here."""
    first, end, _ = Path(certifi.where()).read_text("utf-8").partition("-----END CERTIFICATE-----")
    path = tmp_path_factory.mktemp("certificates") / "one.pem"
    path.write_text(f"{first}{end}\n", "utf-8")
    return str(path)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, certificates: str) -> None:
    """Hides this machine's environment: its owner's key and proxy."""
    monkeypatch.setenv("SSL_CERT_FILE", certificates)
    for name in list(os.environ):
        if name.startswith("MINIMAX_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def api(request: pytest.FixtureRequest) -> Iterator[Driver]:
    """Runs the test with both clients."""
    driver = Driver(asynchronous=request.param)
    yield driver
    driver.close()


@pytest.fixture(params=[False, True], ids=["plain", "streamed"])
def streamed(request: pytest.FixtureRequest) -> bool:
    """Runs the test with a plain and a streamed call."""
    value: bool = request.param
    return value


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def delays(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The delays before retries, which nobody waits for."""
    delays: list[float] = []
    original = asyncio.sleep

    async def sleep(delay: float) -> None:
        if delay:
            delays.append(delay)
        await original(0)

    monkeypatch.setattr(time, "sleep", delays.append)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    return delays
