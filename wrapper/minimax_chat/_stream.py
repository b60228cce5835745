"""The bytes of a streamed reply, made into chunks; and how a stream may end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from minimax_chat_api.models import FinishReason

from ._completion import Completion, CompletionChunk
from ._errors import MiniMaxError, StreamInterruptedError
from ._events import EventDecoder
from ._json import as_array, as_object, as_string
from ._merge import Entries, Object, Text
from ._reply import ReplyHead, content_filter_error, trace_id
from ._think import StructuredThinking, ThinkSplitter


class StreamReader:
    """Reads the body of a streamed reply, and knows what has arrived of the answer."""

    def __init__(self, head: ReplyHead) -> None:
        self.head: ReplyHead = head
        content_type = head.headers.get("content-type", "").partition(";")[0].strip().lower()
        # Anything else is a failure, or the whole answer, as JSON.
        self._is_stream = head.status == 200 and content_type == "text/event-stream"
        self._body: list[bytes] = []
        self._events, self._accumulator = EventDecoder(), Accumulator()
        self.begun: bool = False
        """Whether a chunk has been handed over."""
        self.done: bool = False
        """Whether `[DONE]` has come."""

    @property
    def completion(self) -> Completion:
        """What has arrived of the answer."""
        return self._accumulator.completion(trace_id(self.head.headers, None))

    def feed(self, data: bytes) -> Iterator[CompletionChunk]:
        """Takes the next bytes of the body; yields the chunks that they complete."""
        if not self._is_stream:
            self._body.append(data)
            return
        for content in self._events.feed(data):
            if content.strip() == b"[DONE]":
                self.done = True
                return
            try:
                event = self.head.json_object(content)
            except MiniMaxError as error:
                error.completion = self.completion
                error.trace_id = error.trace_id or error.completion.trace_id
                raise
            self.begun = True
            yield self._accumulator.add(event)

    def end(self) -> Iterator[CompletionChunk]:
        """Ends the body: yields an answer that came whole, raises if a streamed one did not."""
        if not self._is_stream:
            event = self.head.json_object(b"".join(self._body), whole=True)
            self.begun = True
            yield self._accumulator.add(_as_event(event))
        elif not self.begun and "content-encoding" in self.head.headers:
            # httpx passes an encoding that it does not know on as it is.
            raise self.head.undecodable("", "no event can be read")
        elif not self._accumulator.finished:
            raise self._unfinished()
        elif self._accumulator.inside_call:
            raise self.interrupted("the stream ended inside the arguments of a call")

    def interrupted(self, message: str) -> StreamInterruptedError:
        """The error of a stream that ended before its answer did."""
        completion = self.completion
        return StreamInterruptedError(
            message,
            http_status=self.head.status,
            trace_id=completion.trace_id,
            completion=completion,
            retryable=not self.begun,
        )

    def broken_off(self, reason: str) -> StreamInterruptedError | None:
        """The error of a connection that died; None while nothing has been handed over."""
        return self.interrupted(f"the stream broke off ({reason})") if self.begun else None

    def _unfinished(self) -> MiniMaxError:
        completion = self.completion
        filtered = content_filter_error(self.head.status, self.head.headers, completion.to_dict())
        if filtered is None or completion.choices:
            return self.interrupted("the stream ended without a finish_reason")
        filtered.completion = completion
        return filtered


def _as_event(answer: dict[str, Any]) -> dict[str, Any]:
    """A whole answer as the one event of a stream: who reads `choices[0].delta` finds it there."""
    choices = [as_object(choice) for choice in as_array(answer.get("choices"))]
    return {**answer, "choices": [{**each, "delta": each.get("message")} for each in choices]}


class Accumulator:
    """Turns the events of a stream into chunks, and all of them into what a plain call gives."""

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


def is_cut_off(text: str) -> bool:
    """Whether JSON ends inside a string, an array or an object."""
    outside_strings = re.sub(r'"(?:[^"\\]|\\.)*"', "", text, flags=re.DOTALL)
    opened = sum(map(outside_strings.count, "[{"))
    return '"' in outside_strings or opened > sum(map(outside_strings.count, "]}"))
