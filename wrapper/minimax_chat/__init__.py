"""A client of MiniMax's chat completions.

from minimax_chat import MiniMax

completion = MiniMax().chat.completions.create(
    model="MiniMax-M2.7", messages=[{"role": "user", "content": "你好"}]
)
print(completion.text)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minimax_chat_api.contract import (
        ContentPartParam as ContentPartParam,
        MessageParam as MessageParam,
        SupportsToDict as SupportsToDict,
        ToolCallView as ToolCallView,
        ToolParam as ToolParam,
    )

    from ._completion import Completion as Completion, CompletionChunk as CompletionChunk
    from ._errors import *  # noqa: F403
    from ._media import image as image, video as video
    from .aio import AsyncMiniMax as AsyncMiniMax, AsyncStream as AsyncStream
    from .client import MiniMax as MiniMax, Stream as Stream

# The module of each public name but the errors: imported at the first use, and httpx with it.
_MODULES = {
    **dict.fromkeys(
        ("ContentPartParam", "MessageParam", "SupportsToDict", "ToolCallView", "ToolParam"),
        "minimax_chat_api.contract",
    ),
    **dict.fromkeys(("image", "video"), "minimax_chat._media"),
    **dict.fromkeys(("AsyncMiniMax", "AsyncStream"), "minimax_chat.aio"),
    **dict.fromkeys(("Completion", "CompletionChunk"), "minimax_chat._completion"),
    **dict.fromkeys(("MiniMax", "Stream"), "minimax_chat.client"),
}


def __getattr__(name: str) -> object:
    module = _MODULES.get(name, "" if name.startswith("_") else "minimax_chat._errors")
    value: object = getattr(import_module(module), name, None) if module else None
    if getattr(value, "__module__", "").partition(".")[0] not in (__name__, "minimax_chat_api"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    errors = vars(import_module("minimax_chat._errors"))
    return [*_MODULES, *(name for name in errors if name.endswith("Error"))]
