"""Asks for an answer and shows it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from ..._errors import ConfigurationError
from ..._media import image
from ._screen import Shown, answer_on

if TYPE_CHECKING:
    from rich.console import Console

    from minimax_chat_api.params import ContentPartParam, MessageParam

    from ..._completion import Completion
    from ..._params import Conversation
    from ...client import MiniMax

NOTES = {
    "length": "The answer was cut off at the limit of tokens, which --max-tokens raises.",
    "content_filter": "The answer was cut off by the content filter.",
}
"""What is told of a finish_reason that means an incomplete answer."""


class Options(TypedDict):
    """The arguments of `create` that stay the same from call to call."""

    model: str
    max_completion_tokens: int | None
    temperature: float | None
    top_p: float | None


@dataclass
class Chat:
    """The options of calls, and how their answers are shown."""

    client: MiniMax
    console: Console
    options: Options
    thinking: Shown
    stream: bool = True

    def answer(self, messages: Conversation) -> Completion:
        """Shows the answer to the messages; raises MiniMaxError, KeyboardInterrupt."""
        create = self.client.chat.completions.create
        with answer_on(self.console, self.thinking) as view:
            if self.stream:
                with create(
                    messages=messages,
                    stream=True,
                    stream_options={"include_usage": True},
                    **self.options,
                ) as stream:
                    for chunk in stream:
                        view.add(chunk.thinking, chunk.text)
                completion = stream.completion
            else:
                completion = create(messages=messages, **self.options)
                view.add(completion.thinking, completion.text)
        if note := NOTES.get(completion.finish_reason or ""):
            print(note, file=sys.stderr)
        return completion


def user_message(text: str, images: Sequence[ContentPartParam]) -> MessageParam:
    """A question about pictures, if there are any."""
    if not images:
        return {"role": "user", "content": text}
    return {"role": "user", "content": [{"type": "text", "text": text}, *images]}


def read_image(source: str) -> ContentPartParam:
    """The file or URL of a picture as a part of a message; raises MiniMaxError."""
    try:
        return image(source)
    except OSError as error:
        raise ConfigurationError(f"cannot read the picture {source}: {error.strerror}") from None


def ask_once(
    chat: Chat, text: str, system: str | None, images: Sequence[str], *, as_json: bool
) -> None:
    """Answers a prompt; raises MiniMaxError."""
    messages: Conversation = []
    if system is not None:
        messages.append({"role": "system", "content": system})
    messages.append(user_message(text, [read_image(source) for source in images]))
    if as_json:
        completion = chat.client.chat.completions.create(messages=messages, **chat.options)
        print(json.dumps(completion.to_dict(), ensure_ascii=False))
    else:
        chat.answer(messages)
