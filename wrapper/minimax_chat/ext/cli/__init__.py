"""The command `minimax-chat`. Needs the extra `cli`."""

from __future__ import annotations

import sys


def main() -> None:
    """Runs the command line of the process, and ends it with the exit status."""
    try:
        from ._app import run

        status = run(sys.argv[1:])
    except KeyboardInterrupt:  # while modules are imported
        sys.exit(130)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing.startswith("minimax_chat"):
            raise
        sys.exit(
            f"minimax-chat needs {missing}, which is not installed: pip install 'minimax-chat[cli]'"
        )
    sys.exit(status)
