"""The types of what `create` takes."""

from __future__ import annotations

from typing import TypeAlias

from minimax_chat_api.params import ChatCompletionRequestParam, MessageParam, SupportsToDict

from ._config import CallOptions

Conversation: TypeAlias = list[MessageParam | SupportsToDict]
"""The type of `messages` to which answers are appended: annotate the list with it."""


class CreateParams(ChatCompletionRequestParam, CallOptions, total=False):
    """The arguments of `create`: the request's fields, with options of this call alone."""
