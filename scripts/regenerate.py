"""Turns openapi.yaml into generated/minimax_chat_api.

    python scripts/regenerate.py            regenerate, print what changed in the public types
    python scripts/regenerate.py --check    compare only: print a diff and exit 1 if they differ

The rules of the spec are checked first (scripts/spec/rules.py). The package is made in an empty
folder, type-checked and searched for losses, and only then replaces the old one: after any failure
the old code is as it was.

The result depends on openapi.yaml, generator_config.yml and the pinned generator and ruff alone:
not on the Python version, the working directory, the environment, or the settings of any folder
above.
"""

from __future__ import annotations

import argparse
import io
import signal
import sys
from pathlib import Path

UNCHANGED = "the generated code is as it was"

try:
    from generation.regeneration import regenerate
    from generation.tools import RegenerationError
except ModuleNotFoundError as error:
    sys.exit(
        f"regenerate: {error.name} is not installed for {sys.executable}: run `python3 "
        "scripts/dev.py setup` once, then `.venv/bin/python scripts/regenerate.py`"
    )
except KeyboardInterrupt:
    print(f"regenerate: interrupted; {UNCHANGED}", file=sys.stderr)
    sys.exit(130)

ROOT = Path(__file__).resolve().parent.parent


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument(
        "--check",
        action="store_true",
        help="compare only: print a diff and exit 1 if they differ",
    )
    options = parser.parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        # A terminal without Chinese characters is no reason to fail.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    # Clean up however the run is stopped.
    for name in ("SIGTERM", "SIGHUP"):  # Windows has no SIGHUP, and nohup ignores it
        number = getattr(signal, name, None)
        if number and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)
    try:
        return regenerate(ROOT, check_only=options.check)
    except RegenerationError as error:
        print(f"{error}\nregenerate: refused; {UNCHANGED}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"regenerate: {error}; {UNCHANGED}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"regenerate: interrupted; {UNCHANGED}", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
