"""The command `minimax-chat`. Needs the extra `cli`."""

from __future__ import annotations

import sys
from importlib import metadata
from typing import Literal


def main() -> None:
    """Entry point: reads the command line, ends with the exit status of the command."""
    try:
        from cyclopts import App
    except ModuleNotFoundError as error:
        sys.exit(
            f"minimax-chat needs {error.name}, which is not installed: "
            "pip install 'minimax-chat[cli]'"
        )
    app = App(
        name="minimax-chat",
        help="MiniMax's chat completions from the command line.",
        version=_version,
    )
    app.command(emulate)
    app()


def _version() -> str:
    try:
        return metadata.version("minimax-chat")
    except metadata.PackageNotFoundError:
        return "unknown: run from a source tree"


def emulate(
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    api_key: str | None = None,
    shape: Literal["http", "base_resp"] = "http",
    pace: float = 0.0,
) -> int:
    """Run a local stand-in for the API until Ctrl-C.

    Parameters
    ----------
    host
        Address to listen on.
    port
        Port to listen on; 0 takes a free one.
    api_key
        The only key to accept. Without it any key is accepted that does not begin with "invalid".
    shape
        Tell failures by the HTTP status, or by base_resp in an HTTP 200.
    pace
        Seconds between two chunks of a stream.
    """
    try:
        from .emulator import serve
    except ImportError as error:
        sys.exit(str(error))
    return serve(host=host, port=port, api_key=api_key, shape=shape, pace=pace)
