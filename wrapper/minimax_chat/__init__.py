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

__version__ = "0.1.0"

if TYPE_CHECKING:
    from minimax_chat_api.params import (
        ContentPartParam as ContentPartParam,
        MessageParam as MessageParam,
        SupportsToDict as SupportsToDict,
        ToolParam as ToolParam,
    )
    from minimax_chat_api.views import ToolCallView as ToolCallView

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
        ResponseLimitError as ResponseLimitError,
        ServerTimeoutError as ServerTimeoutError,
        StreamInterruptedError as StreamInterruptedError,
        TokenLimitError as TokenLimitError,
    )
    from ._media import image as image, video as video
    from ._params import Conversation as Conversation
    from .aio import AsyncMiniMax as AsyncMiniMax, AsyncStream as AsyncStream
    from .client import MiniMax as MiniMax, Stream as Stream

# The module of each public name, imported at first use: `import minimax_chat` is cheap, and ext
# can be imported without the client.
_MODULES = {
    "MiniMax": "minimax_chat.client",
    "Stream": "minimax_chat.client",
    "AsyncMiniMax": "minimax_chat.aio",
    "AsyncStream": "minimax_chat.aio",
    "Completion": "minimax_chat._completion",
    "CompletionChunk": "minimax_chat._completion",
    "Conversation": "minimax_chat._params",
    "image": "minimax_chat._media",
    "video": "minimax_chat._media",
    "ContentPartParam": "minimax_chat_api.params",
    "MessageParam": "minimax_chat_api.params",
    "SupportsToDict": "minimax_chat_api.params",
    "ToolCallView": "minimax_chat_api.views",
    "ToolParam": "minimax_chat_api.params",
    "APIConnectionError": "minimax_chat._errors",
    "APIError": "minimax_chat._errors",
    "APITimeoutError": "minimax_chat._errors",
    "AuthenticationError": "minimax_chat._errors",
    "BadRequestError": "minimax_chat._errors",
    "ConfigurationError": "minimax_chat._errors",
    "ContentFilterError": "minimax_chat._errors",
    "InputContentError": "minimax_chat._errors",
    "InsufficientBalanceError": "minimax_chat._errors",
    "InternalServerError": "minimax_chat._errors",
    "InvalidArgumentError": "minimax_chat._errors",
    "MiniMaxError": "minimax_chat._errors",
    "OutputContentError": "minimax_chat._errors",
    "PlanLimitError": "minimax_chat._errors",
    "RateLimitError": "minimax_chat._errors",
    "ResponseDecodeError": "minimax_chat._errors",
    "ResponseLimitError": "minimax_chat._errors",
    "ServerTimeoutError": "minimax_chat._errors",
    "StreamInterruptedError": "minimax_chat._errors",
    "TokenLimitError": "minimax_chat._errors",
}

if not TYPE_CHECKING:  # for them the imports above say it
    __all__ = [*_MODULES]


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*_MODULES]
