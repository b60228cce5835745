"""The command line of the emulator: see --help."""

from __future__ import annotations

import argparse
import errno
import signal
import sys
import textwrap
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ._switches import SWITCHES

if TYPE_CHECKING:
    from ._server import Emulator

PROGRAM = "python -m minimax_chat.ext.emulator"


def main(arguments: Sequence[str] | None = None, program: str = PROGRAM) -> int:
    """Returns the exit status; without `arguments` these are those of the process."""
    parser = argparse.ArgumentParser(
        prog=program,
        description="Run a local stand-in for the MiniMax chat API until Ctrl-C.",
        epilog=_switch_list(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument(
        "--port", type=int, default=8000, help="port to listen on, 0 for a free one (%(default)s)"
    )
    parser.add_argument(
        "--api-key",
        help='the only key to accept (default: any that does not begin with "invalid")',
    )
    parser.add_argument(
        "--shape",
        choices=["http", "base_resp"],
        default="http",
        help="tell failures by the HTTP status, or by base_resp in an HTTP 200 (%(default)s)",
    )
    parser.add_argument(
        "--pace",
        type=float,
        default=0.0,
        help="seconds between two chunks of a stream (%(default)s)",
    )
    options = parser.parse_args(arguments)
    try:
        from minimax_chat.ext.emulator import Emulator

        emulator = Emulator(**vars(options))
    except (ImportError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return _serve(emulator, options)


def _serve(emulator: Emulator, options: argparse.Namespace) -> int:
    """Runs it until Ctrl-C or SIGTERM. The first line it prints is the base URL."""
    # Both by KeyboardInterrupt; a shell may have started this with SIGINT ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        emulator.start()
        url = emulator.base_url
        key = "any" if options.api_key is None else "'<your --api-key>'"
        print(url)
        print(f"Use it:  export MINIMAX_BASE_URL={url} MINIMAX_API_KEY={key}")
        print(
            'Ctrl-C stops it. A message such as "!fail 1002" makes it fail. All such switches: '
            f"{PROGRAM} --help"
        )
        sys.stdout.flush()
        threading.Event().wait()
    except KeyboardInterrupt:
        pass
    except (OSError, OverflowError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or error
        of_the_port = (errno.EADDRINUSE, errno.EACCES)
        if isinstance(error, OverflowError) or getattr(error, "errno", None) in of_the_port:
            advice = "choose another --port, 0 for any"
        else:
            advice = "choose another --host, such as 127.0.0.1"
        where = f"{options.host} port {options.port}"
        print(f"cannot listen on {where} ({why}): {advice}", file=sys.stderr)
        return 1
    finally:
        emulator.stop()
    return 0


def _switch_list() -> str:
    lines = ["The last user message may begin with switches, one or several:"]
    for switch in SWITCHES.values():
        for text, indent in ((switch.usage, "  "), (switch.meaning, "      ")):
            lines += textwrap.wrap(
                text,
                width=79,
                initial_indent=indent,
                subsequent_indent=indent + "  " * (text == switch.usage),
                break_on_hyphens=False,
            )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
