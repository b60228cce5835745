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
    """One certificate authority. To load all of them takes longer than most tests here."""
    first, end, _ = Path(certifi.where()).read_text("utf-8").partition("-----END CERTIFICATE-----")
    path = tmp_path_factory.mktemp("certificates") / "one.pem"
    path.write_text(f"{first}{end}\n", "utf-8")
    return str(path)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, certificates: str) -> None:
    """Nothing of this machine's environment: no key of its owner, no proxy."""
    monkeypatch.setenv("SSL_CERT_FILE", certificates)
    for name in list(os.environ):
        if name.startswith("MINIMAX_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def api(request: pytest.FixtureRequest) -> Iterator[Driver]:
    driver = Driver(asynchronous=request.param)
    yield driver
    driver.close()


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the clients have slept, or would have: nobody waits for it."""
    naps: list[float] = []
    original = asyncio.sleep

    async def nap(delay: float) -> None:
        if delay:
            naps.append(delay)
        await original(0)

    monkeypatch.setattr(time, "sleep", naps.append)
    monkeypatch.setattr(asyncio, "sleep", nap)
    return naps
