"""What the user holds: an answer, and a piece of one that is streamed."""

from __future__ import annotations

import copyreg
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from minimax_chat_api.contract import (
    ChatCompletionChunkView,
    ChatCompletionView,
    ChoiceMessageView,
    ToolCallView,
)
from minimax_chat_api.models import ChatCompletion, ChatCompletionChunk, FinishReason
from minimax_chat_api.types import Unset

from ._json import as_array, as_object, as_string, is_cut_off
from ._merge import Entries, Object, Text
from ._think import StructuredThinking, ThinkSplitter, join_segments, split

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
        return self.finish_reason == "length" and not self.text and not self.tool_calls

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
        return self.choices[0].delta.tool_calls if self.choices else []

    @property
    def raw(self) -> ChatCompletionChunk:
        """A generated model of the event, fields unknown to the contract included."""
        return ChatCompletionChunk.from_dict(self._data)


class Accumulator:
    """Makes chunks of a stream's events, and of them all what a plain call would have given."""

    def __init__(self) -> None:
        self._merged = Object("ChatCompletionChunk", {})
        self._splitter = ThinkSplitter()
        self._content, self._details = StructuredThinking(), StructuredThinking()
        self._segment: Object | None = None
        self._source = ""

    def add(self, event: dict[str, Any]) -> CompletionChunk:
        """Takes in one event."""
        self._merged.add(event)
        thinking = text = ""
        choice = next((each for each in self._choices() if not each.get("index")), None)
        message = None if choice is None else choice.get("message")
        if choice is not None and isinstance(message, Object):
            thinking, text = self._new(message, ended=bool(choice.get("finish_reason")))
        return CompletionChunk(event, thinking, text)

    @property
    def finished(self) -> bool:
        """Whether every answer has said why it ended."""
        ends = [choice.get("finish_reason") for choice in self._choices()]
        return bool(ends) and all(ends)

    @property
    def inside_call(self) -> bool:
        """Whether an answer ends inside the arguments of a call, though nothing cut it off."""
        return any(
            is_cut_off(call.function.arguments)
            for choice in self.completion(None).choices
            if choice.finish_reason not in (FinishReason.LENGTH, FinishReason.CONTENT_FILTER)
            for call in choice.message.tool_calls
        )

    def completion(self, trace_id: str | None) -> Completion:
        """What has arrived so far."""
        body = self._merged.whole()
        choices = [as_object(choice) for choice in as_array(body.get("choices"))]
        for choice in choices:
            message = as_object(choice.get("message"))
            choice["message"] = {**message, "role": message.get("role") or "assistant"}
        body |= {"object": "chat.completion", "choices": choices}
        return Completion(body, trace_id or as_string(body.get("id")) or None)

    def _choices(self) -> Iterator[Object]:
        choices = self._merged.get("choices")
        return iter(choices if isinstance(choices, Entries) else ())

    def _new(self, message: Object, *, ended: bool) -> tuple[str, str]:
        """The thinking and the text that an event has added to the first answer."""
        tagged, text = self._splitter.feed(_take(message.get("content"), ended))
        content = self._content.feed(_take(message.get("reasoning_content"), ended))
        details = self._new_details(message.get("reasoning_details"), ended)
        if ended:
            last_tagged, last_text = self._splitter.flush()
            tagged, text = tagged + last_tagged, text + last_text
            content += self._content.end_segment()
            details += self._details.end_segment()
        # A thought may come in several of them: where it came first, it goes on.
        sources = {"reasoning_content": content, "reasoning_details": details, "content": tagged}
        self._source = self._source or next((name for name, new in sources.items() if new), "")
        return sources.get(self._source, ""), text

    def _new_details(self, details: Any, ended: bool) -> str:
        if not isinstance(details, Entries):
            return ""
        new: list[str] = []
        for segment in details if ended else details.touched:
            piece = _take(segment.get("text"), ended)
            if piece and segment is not self._segment:
                if self._segment is not None:
                    new.append(self._details.feed(_take(self._segment.get("text"), last=True)))
                    new.append(self._details.end_segment())
                self._segment = segment
            new.append(self._details.feed(piece))
        return "".join(new)


def _take(text: Any, last: bool) -> str:
    return text.take(last=last) if isinstance(text, Text) else ""
