"""The command `minimax-chat`. Needs the extra `cli`."""

from __future__ import annotations

import sys

from minimax_chat import __version__


def main() -> None:
    """Reads the command line; ends with the exit status of the command."""
    try:
        from cyclopts import App, Parameter
    except ModuleNotFoundError as error:
        sys.exit(
            f"minimax-chat needs {error.name}, which is not installed: "
            "pip install 'minimax-chat[cli]'"
        )
    app = App(
        name="minimax-chat",
        help="MiniMax's chat completions from the command line.",
        version=__version__,
    )
    # The emulator parses its options itself, --help included.
    unparsed = Parameter(allow_leading_hyphen=True)
    app.command(emulate, help_flags=[], version_flags=[], default_parameter=unparsed)
    app()


def emulate(*options: str) -> int:
    """Run a local stand-in for the API until Ctrl-C."""
    from .emulator.__main__ import main as run

    return run(options, "minimax-chat emulate")
