"""A local stand-in for the API, for people without a key and for tests. Needs the extra `emulator`.

    python -m minimax_chat.ext.emulator --port 8000

or, in a test, on a free port in a thread of this process:

    with Emulator() as emulator:
        client = MiniMax(base_url=emulator.base_url, api_key="any")
        emulator.fail(1002, times=2)
        emulator.reply("third time lucky")

It is built on openapi.yaml alone and shares nothing with the client, so that it checks the client
independently. Its --help says how a request tells it to fail, to be slow or to be odd.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._app import RecordedRequest
    from ._server import Emulator

__all__ = ["Emulator", "RecordedRequest"]


def __getattr__(name: str) -> Any:
    # Imported at first use: without the extra, `python -m` has to get as far as saying so.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from . import _server
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("minimax_chat"):
            raise
        missing = (error.name or "").partition(".")[0]
        raise ImportError(
            f"the emulator needs {missing}, which is not installed: "
            "pip install 'minimax-chat[emulator]'",
            name=__name__,
        ) from None
    return getattr(_server, name)
