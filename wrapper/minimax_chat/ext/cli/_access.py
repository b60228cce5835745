"""Where a command's calls go, and with which key."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from typing import TypedDict

from ..._errors import ConfigurationError
from ...client import MiniMax
from ._settings import load_settings, settings_path

PACE = 0.05
"""Seconds between two chunks of the emulator, so that one sees them arrive."""


class Options(TypedDict):
    """The options of a client."""

    api_key: str | None
    region: str | None
    base_url: str | None


class Access:
    """The options of a command, else the environment, else what `minimax-chat config` saved."""

    def __init__(self, region: str | None, base_url: str | None, *, emulator: bool) -> None:
        if emulator and (region or base_url):
            raise ConfigurationError("--emulator cannot be combined with --region or --base-url")
        self.emulator = emulator
        self._settings = load_settings()
        variables = ("MINIMAX_BASE_URL", "MINIMAX_REGION")
        saved = str(settings_path())
        sources = {
            "--emulator": emulator,
            "--base-url": base_url,
            "--region": region,
            **{name: os.environ.get(name) for name in variables},
            saved: self._settings.region,
            "the default": True,
        }
        self.server_source = next(source for source, given in sources.items() if given)
        self._base_url = base_url
        self._region = self._settings.region if self.server_source == saved else region

    @property
    def key_source(self) -> str:
        """Where the key is found; "" if there is none."""
        if os.environ.get("MINIMAX_API_KEY"):
            return "MINIMAX_API_KEY"
        return str(settings_path()) if self._settings.api_key.reveal() else ""

    @contextmanager
    def client(self, *, region: str | None = None) -> Generator[MiniMax]:
        """A client; of another region if one is given. Raises ConfigurationError, as `options`."""
        with self.options(region=region) as options, MiniMax(**options) as client:
            yield client

    @contextmanager
    def options(self, *, region: str | None = None, spare_key: str = "") -> Generator[Options]:
        """The options of a client, sync or async; of another region if one is given.

        Args:
            region: In place of the region or the base URL of the command.
            spare_key: What is used if there is no key.

        Raises:
            ConfigurationError: The key is missing, or the key, region or base URL is invalid.
        """
        if self.emulator:
            from ..emulator import Emulator

            with Emulator(pace=PACE) as emulator:
                yield {"api_key": "any", "region": None, "base_url": emulator.base_url}
            return
        if not self.key_source and not spare_key:
            raise ConfigurationError(
                "no API key: set MINIMAX_API_KEY, save one with minimax-chat config, "
                "or try things out with --emulator, which needs none"
            )
        saved = self._settings.api_key.reveal() or spare_key
        yield {
            "api_key": None if os.environ.get("MINIMAX_API_KEY") else saved,
            "region": region or self._region,
            "base_url": None if region else self._base_url,
        }
