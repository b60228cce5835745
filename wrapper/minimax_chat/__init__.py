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

# The module of each public name: it is imported when the name is first used, and httpx with it.
_MODULES = {
    **dict.fromkeys(("Completion", "CompletionChunk"), "_completion"),
    **dict.fromkeys(("AsyncMiniMax", "AsyncStream"), "aio"),
    **dict.fromkeys(("MiniMax", "Stream"), "client"),
}


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_MODULES.get(name, '_errors')}", __name__), name)
    globals()[name] = value
    return value
