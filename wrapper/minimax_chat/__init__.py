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
    from ._completion import Completion as Completion
    from ._completion import CompletionChunk as CompletionChunk
    from ._errors import APIConnectionError as APIConnectionError
    from ._errors import APIError as APIError
    from ._errors import APITimeoutError as APITimeoutError
    from ._errors import AuthenticationError as AuthenticationError
    from ._errors import BadRequestError as BadRequestError
    from ._errors import ConfigurationError as ConfigurationError
    from ._errors import ContentFilterError as ContentFilterError
    from ._errors import InputContentError as InputContentError
    from ._errors import InsufficientBalanceError as InsufficientBalanceError
    from ._errors import InternalServerError as InternalServerError
    from ._errors import InvalidArgumentError as InvalidArgumentError
    from ._errors import MiniMaxError as MiniMaxError
    from ._errors import OutputContentError as OutputContentError
    from ._errors import PlanLimitError as PlanLimitError
    from ._errors import RateLimitError as RateLimitError
    from ._errors import ResponseDecodeError as ResponseDecodeError
    from ._errors import ServerTimeoutError as ServerTimeoutError
    from ._errors import StreamInterruptedError as StreamInterruptedError
    from ._errors import TokenLimitError as TokenLimitError
    from .aio import AsyncMiniMax as AsyncMiniMax
    from .aio import AsyncStream as AsyncStream
    from .client import MiniMax as MiniMax
    from .client import Stream as Stream

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
