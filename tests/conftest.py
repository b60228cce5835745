"""For all tests."""

import os
import signal
import sys
from typing import Any

# A shell that starts the tests in the background has SIGINT ignored, and so would every child that
# a test interrupts.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

SPEED = ("httpx2", "msgspec")
"""The packages of the extra `speed`."""

# Before any other conftest.py imports the client.
if os.environ.get("WITHOUT_SPEED"):
    hidden = {name: sys.modules.pop(name) for name in SPEED if name in sys.modules}
    absent: Any = None  # makes an import fail
    sys.modules.update(dict.fromkeys(SPEED, absent))

from minimax_chat import _http, _json  # noqa: E402

if os.environ.get("WITHOUT_SPEED"):
    for name in SPEED:
        del sys.modules[name]  # other packages that the tests use need it
    sys.modules.update(hidden)
    assert (_http.default_library.__name__, _json.decode) == ("httpx", None)


def pytest_report_header() -> str:
    reader = "json" if _json.decode is None else "msgspec"
    return f"minimax-chat: with {_http.default_library.__name__} and {reader}"
