"""What the user holds: an answer, and a piece of one that is streamed."""

from __future__ import annotations

import copyreg
from datetime import UTC, datetime
from typing import Any

from minimax_chat_api.contract import ChatCompletionChunkView, ChatCompletionView, ChoiceMessageView
from minimax_chat_api.models import ChatCompletion, ChatCompletionChunk
from minimax_chat_api.types import Unset

from ._json import as_array, as_object, as_string
from ._think import ThinkSplitter, split

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
    def finish_reason(self) -> str | None:
        """Why the answer ended: "stop", or "length" for the token limit."""
        return self.choices[0].finish_reason if self.choices else None

    @property
    def thinking_truncated(self) -> bool:
        """Whether thinking used the tokens up: no answer came, raise max_completion_tokens."""
        return self.finish_reason == "length" and not self.text

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
        message = self.message.to_dict()
        thinking, text = split(as_string(message.get("content")))
        return as_string(message.get("reasoning_content")) or thinking, text


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
    def raw(self) -> ChatCompletionChunk:
        """A generated model of the event, fields unknown to the contract included."""
        return ChatCompletionChunk.from_dict(self._data)


class Accumulator:
    """Makes chunks of a stream's events, and of them all what a plain call would have given."""

    def __init__(self) -> None:
        self._envelope: dict[str, Any] = {}
        self._choices: dict[int, dict[str, Any]] = {}
        self._messages: dict[int, dict[str, Any]] = {}
        self._pieces: dict[tuple[int, str], list[str]] = {}
        self._splitter = ThinkSplitter()
        self._reasoned = False

    def add(self, event: dict[str, Any]) -> CompletionChunk:
        """Takes in one event."""
        thinking = text = ""
        _update(self._envelope, event, but=("choices",))
        for choice in map(as_object, as_array(event.get("choices"))):
            index = choice["index"] if isinstance(choice.get("index"), int) else 0
            _update(self._choices.setdefault(index, {}), choice, but=("delta", "message"))
            delta = as_object(choice.get("delta"))
            # The last event of some streams repeats the message; where no piece came, it is one.
            if not any(self._pieces.get((index, name)) for name in JOINED):
                delta = delta or as_object(choice.get("message"))
            _update(self._messages.setdefault(index, {}), delta, but=JOINED)
            for name in JOINED:
                if isinstance(delta.get(name), str):
                    pieces = self._pieces.setdefault((index, name), [])
                    pieces.extend(filter(None, [delta[name]]))
            if index == 0:
                new_thinking, new_text = self._split(delta, bool(choice.get("finish_reason")))
                thinking, text = thinking + new_thinking, text + new_text
        return CompletionChunk(event, thinking, text)

    @property
    def finished(self) -> bool:
        """Whether every answer has said why it ended."""
        ends = [choice.get("finish_reason") for choice in self._choices.values()]
        return bool(ends) and all(ends)

    def completion(self, trace_id: str | None) -> Completion:
        """What has arrived so far."""
        choices: dict[int, dict[str, Any]] = {}
        for index, choice in sorted(self._choices.items()):
            told = {k: v for k, v in self._messages[index].items() if v not in (None, "")}
            choices[index] = {**choice, "message": {"role": "assistant", **told}}
        for (index, name), pieces in self._pieces.items():
            choices[index]["message"][name] = "".join(pieces)
        body = {**self._envelope, "object": "chat.completion", "choices": [*choices.values()]}
        return Completion(body, trace_id or as_string(body.get("id")) or None)

    def _split(self, delta: dict[str, Any], ended: bool) -> tuple[str, str]:
        thinking, text = self._splitter.feed(as_string(delta.get("content")))
        if ended:
            last_thinking, last_text = self._splitter.flush()
            thinking, text = thinking + last_thinking, text + last_text
        reasoning = as_string(delta.get("reasoning_content"))
        # Where both come, the tagged thinking is the structured one over again.
        self._reasoned = self._reasoned or bool(reasoning)
        return reasoning if self._reasoned else thinking, text


JOINED = ("content", "reasoning_content")


def _update(known: dict[str, Any], news: dict[str, Any], but: tuple[str, ...]) -> None:
    for key, value in news.items():
        if key not in but and (value not in (None, "") or key not in known):
            known[key] = value
