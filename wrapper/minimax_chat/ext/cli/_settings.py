"""The key and the region that a user has saved."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from platformdirs import user_config_path

from minimax_chat_api.contract import SERVERS

from ..._errors import ConfigurationError
from ..._secret import Secret
from ...client import MiniMax
from ._files import replace_file

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True)
class Settings:
    """What is saved."""

    api_key: Secret[str | None] = field(default_factory=lambda: Secret(None))
    region: str | None = None


def settings_path() -> Path:
    """The file, in the user's configuration folder."""
    return user_config_path("minimax-chat", appauthor=False) / "config.json"


def load_settings() -> Settings:
    """What is saved, nothing if there is no file; raises ConfigurationError if it is unusable."""
    path = settings_path()
    try:
        saved: Any = json.loads(path.read_text("utf-8"))
        settings = Settings(Secret(saved["api_key"]), saved["region"])
        if not isinstance(saved["api_key"] + saved["region"], str):
            raise TypeError("the key and the region must be strings")
    except FileNotFoundError:
        return Settings()
    except (OSError, ValueError, TypeError, LookupError) as error:
        raise ConfigurationError(
            f"{path} is unusable ({error}); mend it, or delete it with minimax-chat config --forget"
        ) from None
    if os.name == "posix" and path.stat().st_mode & 0o077:
        print(
            f"minimax-chat: other users of this machine may read your key: chmod 600 '{path}'",
            file=sys.stderr,
        )
    return settings


def save_settings(screen: Console, region: str | None, *, forget: bool) -> None:
    """Asks for the key and the region, and saves them; or deletes what is saved."""
    path = settings_path()
    if forget:
        if path.exists():
            path.unlink()
            screen.print(f"Deleted {path}.")
        else:
            screen.print(f"Nothing was saved: there is no {path}.")
        return
    before = load_settings()
    if sys.stdin.isatty():
        kept = " (Enter keeps the saved one)" if before.api_key.reveal() else ""
        key = getpass(f"API key, not shown{kept}: ").strip()
        default = region or before.region or next(iter(SERVERS))
        while region not in SERVERS:
            region = input(f"Region, {' or '.join(SERVERS)} [{default}]: ").strip() or default
    else:
        try:
            key = sys.stdin.readline().strip()
        except UnicodeDecodeError:
            raise ConfigurationError("the key is not text; nothing was saved") from None
    key = key or before.api_key.reveal() or ""
    region = region or before.region or next(iter(SERVERS))
    if not key:
        raise ConfigurationError("no API key was given; nothing was saved")
    MiniMax(api_key=key, region=region).close()  # refuses an invalid key or region
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace_file(path, {"api_key": key, "region": region}, mode=0o600)
    screen.print(f"Saved in {path}, readable by you alone. Try it: minimax-chat doctor")
    for name in ("MINIMAX_API_KEY", "MINIMAX_REGION", "MINIMAX_BASE_URL"):
        if os.environ.get(name):
            screen.print(f"{name} is set and overrides what is saved.")
