"""The command line of the emulator: see --help."""

from __future__ import annotations

import argparse
import errno
import signal
import sys
import textwrap
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, get_args

from ._switches import SWITCHES
from ._values import Shape

if TYPE_CHECKING:
    from ._server import Emulator

PROGRAM = "python -m minimax_chat.ext.emulator"
SHAPE_HELP = "tell failures by the HTTP status, or by base_resp in an HTTP 200 (%(default)s)"


def main(arguments: Sequence[str] | None = None, program: str = PROGRAM) -> int:
    """Returns the exit status; without `arguments` these are those of the process."""
    parser = argparse.ArgumentParser(
        prog=program,
        description="Run a local stand-in for the MiniMax chat API until Ctrl-C.",
        epilog=_switch_list(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    option = parser.add_argument
    option("--host", default="127.0.0.1", help="loopback address to listen on (%(default)s)")
    option("--port", type=int, default=8000, help="port, 0 for a free one (%(default)s)")
    option("--api-key", help='the only key to accept (any that does not begin with "invalid")')
    option("--shape", choices=get_args(Shape), default="http", help=SHAPE_HELP)
    option("--pace", type=float, default=0.0, help="seconds between two chunks (%(default)s)")
    options = parser.parse_args(arguments)
    try:
        from minimax_chat.ext.emulator import Emulator

        emulator = Emulator(**vars(options))
    except (ImportError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    # Both by KeyboardInterrupt; a shell may have started this with SIGINT ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        with emulator:
            _announce(emulator, has_key=options.api_key is not None)
            while True:
                time.sleep(3600)  # which Ctrl-C interrupts on Windows too, unlike a lock
    except KeyboardInterrupt:
        return 0
    except (OSError, OverflowError) as error:
        where = f"{options.host} port {options.port}"
        print(f"cannot listen on {where} {_reason(error)}", file=sys.stderr)
    return 1


def _announce(emulator: Emulator, *, has_key: bool) -> None:
    """The first line is the base URL, for programs."""
    url = emulator.base_url
    key = "'<your --api-key>'" if has_key else "any"
    print(url)
    print(f"Use it:  export MINIMAX_BASE_URL={url} MINIMAX_API_KEY={key}")
    print(
        'Ctrl-C stops it. A message such as "!fail 1002" makes it fail. All such switches: '
        f"{PROGRAM} --help",
        flush=True,
    )


def _reason(error: Exception) -> str:
    number = getattr(error, "errno", None)
    why = getattr(error, "strerror", None) or error
    if isinstance(error, OverflowError) or number in (errno.EADDRINUSE, errno.EACCES):
        return f"({why}): choose another --port, 0 for any"
    return f"({why}): choose another --host, such as 127.0.0.1"


def _switch_list() -> str:
    lines = ["The last user message may begin with switches, one or several:"]
    for switch in SWITCHES:
        lines.append(_wrapped(switch.usage, "  ", "    "))
        lines.append(_wrapped(switch.meaning, "      ", "      "))
    return "\n".join(lines)


def _wrapped(text: str, first: str, others: str) -> str:
    return textwrap.fill(
        text,
        width=79,
        initial_indent=first,
        subsequent_indent=others,
        break_on_hyphens=False,
    )


if __name__ == "__main__":
    sys.exit(main())
