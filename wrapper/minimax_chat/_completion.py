"""The answers that users hold: `Completion` and, of a stream, `CompletionChunk`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from minimax_chat_api.views import (
    ChatCompletionChunkView,
    ChatCompletionView,
    ChoiceMessageView,
    ToolCallView,
)

from ._json import as_string
from ._think import join_segments, split

if TYPE_CHECKING:
    from minimax_chat_api.models import ChatCompletion, ChatCompletionChunk

LONGEST_SHOWN = 80
"""Characters of a text that repr() shows."""


class Completion(ChatCompletionView):
    """An answer. Each documented field is an attribute, None if it is missing.

    Attributes:
        trace_id: Identifies the call to MiniMax's support; None if the response had none.
    """

    __slots__ = ("trace_id",)

    def __init__(self, data: dict[str, Any], trace_id: str | None = None) -> None:
        super().__init__(data)
        self.trace_id: str | None = trace_id

    @property
    def text(self) -> str:
        """The text of the answer, without the thinking."""
        return self._split[1]

    @property
    def thinking(self) -> str:
        """The thinking, without tags; "" if there is none."""
        return self._split[0]

    @property
    def message(self) -> ChoiceMessageView:
        """The assistant's message, unchanged: append it to `messages` as it is."""
        return self.choices[0].message if self.choices else ChoiceMessageView({})

    @property
    def tool_calls(self) -> list[ToolCallView]:
        """The tool calls that the model requests; `[]` if there are none.

        Append `message`, then {"role": "tool", "tool_call_id": call.id, "content": result} for each
        call, to `messages`, and call `create` again.
        """
        return self.message.tool_calls

    @property
    def finish_reason(self) -> str | None:
        """Why the answer ended: "stop", "length" (the token limit), "tool_calls", ..."""
        return self.choices[0].finish_reason if self.choices else None

    @property
    def thinking_truncated(self) -> bool:
        """Whether thinking used up max_completion_tokens, so that there is no answer."""
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
        """The response as a generated model, including undocumented fields."""
        # Imported when needed: the models take most of the time of an import.
        from minimax_chat_api.models import ChatCompletion

        return ChatCompletion.from_dict(self._data)

    def __repr__(self) -> str:
        """The main points on one line; `to_dict()` has everything."""
        return _summary(
            self,
            model=self.model,
            finish_reason=self.finish_reason,
            text=self.text.strip(),
            tool_calls=[call.function.name for call in self.tool_calls],
            total_tokens=None if self.usage is None else self.usage.total_tokens,
            trace_id=self.trace_id,
        )

    def _repr_markdown_(self) -> str:
        """What notebooks show: the answer, with the thinking folded above it."""
        from html import escape  # takes longer to import than this package's own modules

        parts = [self.text]
        if self.thinking:
            thinking = escape(self.thinking, quote=False)
            parts.insert(0, f"<details><summary>Thinking</summary>\n\n{thinking}\n\n</details>")
        for call in self.tool_calls:
            code = f"{call.function.name}({call.function.arguments})"
            parts.append(f"<code>{escape(code)}</code>")
        tokens = None if self.usage is None else f"{self.usage.total_tokens} tokens"
        facts = [str(fact) for fact in (self.model, self.finish_reason, tokens) if fact]
        if facts:
            parts.append(f"<sub>{escape(' · '.join(facts))}</sub>")
        return "\n\n".join(part for part in parts if part)

    @property
    def _split(self) -> tuple[str, str]:
        message = self.message
        thinking, text = split(as_string(message.content))
        details = (as_string(each.text) for each in message.reasoning_details)
        structured = join_segments([as_string(message.reasoning_content)]) or join_segments(details)
        return structured or thinking, text


class CompletionChunk(ChatCompletionChunkView):
    """A piece of a streamed answer. Each documented field is an attribute, None if it is missing.

    Attributes:
        text: The next piece of the answer's text; "" if there is none.
        thinking: The next piece of the thinking, without tags; "" if there is none.
    """

    __slots__ = ("text", "thinking")

    def __init__(self, data: dict[str, Any], thinking: str, text: str) -> None:
        self._data = data
        self.thinking: str = thinking
        self.text: str = text

    @property
    def tool_calls(self) -> list[ToolCallView]:
        """Pieces of tool calls, `[]` if there are none; `stream.completion` merges them."""
        first = next((choice for choice in self.choices if not choice.index), None)
        return [] if first is None else first.delta.tool_calls

    @property
    def raw(self) -> ChatCompletionChunk:
        """The event as a generated model, including undocumented fields."""
        from minimax_chat_api.models import ChatCompletionChunk

        return ChatCompletionChunk.from_dict(self._data)

    def __repr__(self) -> str:
        """The main points on one line; `to_dict()` has everything."""
        return _summary(
            self,
            thinking=self.thinking,
            text=self.text,
            tool_calls=[call.to_dict() for call in self.tool_calls],
            finish_reason=next((each.finish_reason for each in self.choices), None),
        )


def _summary(value: object, **facts: object) -> str:
    """A repr() of the facts that there are."""
    shown = [
        f"{name}={_shortened(fact)!r}"
        for name, fact in facts.items()
        if fact is not None and fact != []
    ]
    return f"{type(value).__name__}({', '.join(shown)})"


def _shortened(fact: object) -> object:
    """The first line of a text, or as much of it as is shown."""
    if not isinstance(fact, str):
        return fact
    line = fact.partition("\n")[0][:LONGEST_SHOWN]
    return line if line == fact else f"{line}…"
