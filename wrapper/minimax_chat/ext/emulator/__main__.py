"""python -m minimax_chat.ext.emulator: see --help."""

from __future__ import annotations

import argparse
import sys
import textwrap

from ._switches import SWITCHES


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m minimax_chat.ext.emulator",
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
    options = parser.parse_args()
    try:
        from minimax_chat.ext.emulator import serve
    except ImportError as error:
        print(error, file=sys.stderr)
        return 1
    return serve(
        host=options.host,
        port=options.port,
        api_key=options.api_key,
        shape=options.shape,
        pace=options.pace,
    )


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
