"""A client of MiniMax's chat completions.

from minimax_chat import MiniMax

completion = MiniMax().chat.completions.create(
    model="MiniMax-M2.7", messages=[{"role": "user", "content": "你好"}]
)
print(completion.text)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from minimax_chat_api.contract import MessageParam as MessageParam

    from ._completion import Completion as Completion, CompletionChunk as CompletionChunk
    from ._errors import (
        APIConnectionError as APIConnectionError,
        APIError as APIError,
        APITimeoutError as APITimeoutError,
        AuthenticationError as AuthenticationError,
        BadRequestError as BadRequestError,
        ConfigurationError as ConfigurationError,
        ContentFilterError as ContentFilterError,
        InputContentError as InputContentError,
        InsufficientBalanceError as InsufficientBalanceError,
        InternalServerError as InternalServerError,
        InvalidArgumentError as InvalidArgumentError,
        MiniMaxError as MiniMaxError,
        OutputContentError as OutputContentError,
        PlanLimitError as PlanLimitError,
        RateLimitError as RateLimitError,
        ResponseDecodeError as ResponseDecodeError,
        ServerTimeoutError as ServerTimeoutError,
        StreamInterruptedError as StreamInterruptedError,
        TokenLimitError as TokenLimitError,
    )
    from .aio import AsyncMiniMax as AsyncMiniMax, AsyncStream as AsyncStream
    from .client import MiniMax as MiniMax, Stream as Stream

# The module of each public name but the errors: imported at the first use, and httpx with it.
_MODULES = {
    "MessageParam": "minimax_chat_api.contract",
    **dict.fromkeys(("AsyncMiniMax", "AsyncStream"), "minimax_chat.aio"),
    **dict.fromkeys(("Completion", "CompletionChunk", "MiniMax", "Stream"), "minimax_chat.client"),
}


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name, "" if name.startswith("_") else "minimax_chat._errors")
    value = getattr(import_module(module), name, None) if module else None
    if not isinstance(value, type):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    errors = vars(import_module("minimax_chat._errors"))
    return [*_MODULES, *(name for name in errors if name.endswith("Error"))]
