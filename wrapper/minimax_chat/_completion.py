"""What the user holds: an answer, and a piece of one that is streamed."""

from __future__ import annotations

import copyreg
from datetime import UTC, datetime
from typing import Any

from minimax_chat_api.contract import (
    ChatCompletionChunkView,
    ChatCompletionView,
    ChoiceMessageView,
    ToolCallView,
)
from minimax_chat_api.models import ChatCompletion, ChatCompletionChunk
from minimax_chat_api.types import Unset

from ._json import as_string
from ._think import join_segments, split

# Generated models tell a missing field by the identity of UNSET: copies and pickles must keep it.
copyreg.pickle(Unset, lambda unset: "UNSET")


class Completion(ChatCompletionView):
    """An answer. Every documented field reads as an attribute, None where it is missing.

    Attributes:
        trace_id: Identifies the call to the vendor's support; None if the reply had none.
    """

    __slots__ = ("trace_id",)

    def __init__(self, data: dict[str, Any], trace_id: str | None = None) -> None:
        super().__init__(data)
        self.trace_id: str | None = trace_id

    @property
    def text(self) -> str:
        """The answer, without the thinking."""
        return self._split[1]

    @property
    def thinking(self) -> str:
        """The thinking, without its tags; "" if there is none."""
        return self._split[0]

    @property
    def message(self) -> ChoiceMessageView:
        """The assistant's message, verbatim and whole: append it to `messages` as it is."""
        return self.choices[0].message if self.choices else ChoiceMessageView({})

    @property
    def tool_calls(self) -> list[ToolCallView]:
        """The calls that the model asks for, `[]` if none.

        Append `message`, then one {"role": "tool", "tool_call_id": call.id, "content": result} for
        each, and ask again.
        """
        return self.message.tool_calls

    @property
    def finish_reason(self) -> str | None:
        """Why the answer ended: "stop", "length" for the token limit, "tool_calls", ..."""
        return self.choices[0].finish_reason if self.choices else None

    @property
    def thinking_truncated(self) -> bool:
        """Whether thinking used the tokens up: no answer came, raise max_completion_tokens."""
        thought = self.thinking or as_string(self.message.content).lstrip().startswith("<think>")
        answered = self.text or self.tool_calls
        return self.finish_reason == "length" and bool(thought) and not answered

    @property
    def created_at(self) -> datetime | None:
        """When the answer was created, in UTC."""
        try:
            return None if self.created is None else datetime.fromtimestamp(self.created, UTC)
        except (TypeError, ValueError, OverflowError, OSError):
            return None

    @property
    def raw(self) -> ChatCompletion:
        """A generated model of the reply, fields unknown to the contract included."""
        return ChatCompletion.from_dict(self._data)

    @property
    def _split(self) -> tuple[str, str]:
        message = self.message
        thinking, text = split(as_string(message.content))
        details = (as_string(each.text) for each in message.reasoning_details)
        structured = join_segments([as_string(message.reasoning_content)]) or join_segments(details)
        return structured or thinking, text


class CompletionChunk(ChatCompletionChunkView):
    """A piece of a streamed answer. Documented fields read as attributes, None where missing.

    Attributes:
        text: The piece of the answer, "" if it has none.
        thinking: The piece of the thinking, without tags, "" if it has none.
    """

    __slots__ = ("text", "thinking")

    def __init__(self, data: dict[str, Any], thinking: str, text: str) -> None:
        super().__init__(data)
        self.thinking: str = thinking
        self.text: str = text

    @property
    def tool_calls(self) -> list[ToolCallView]:
        """The pieces of calls that it brings, `[]` if none; `stream.completion` joins them."""
        first = next((choice for choice in self.choices if not choice.index), None)
        return [] if first is None else first.delta.tool_calls

    @property
    def raw(self) -> ChatCompletionChunk:
        """A generated model of the event, fields unknown to the contract included."""
        return ChatCompletionChunk.from_dict(self._data)
