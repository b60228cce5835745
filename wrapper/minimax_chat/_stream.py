"""Turns the bytes of a streamed reply into the chunks of a complete answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ._completion import Completion, CompletionChunk
from ._errors import MiniMaxError, ResponseLimitError, StreamInterruptedError
from ._events import EventDecoder
from ._json import as_array, as_object
from ._merge import CumulativeText, Entries, Object, Text, size
from ._reply import ReplyHead, WholeReply, content_filter_error, parsed
from ._think import StructuredThinking, ThinkSplitter
from ._unpack import Unpacker

MEASURED_EVERY = 2**20
"""Bytes of a stream, after which the size of its answer is looked at again."""


class StreamReader:
    """Reads the body of a streamed reply, collecting the answer on the way."""

    def __init__(self, head: ReplyHead) -> None:
        self.head: ReplyHead = head
        # Anything else is a JSON body: a failure, or the whole answer.
        self._is_stream = head.status == 200 and head.content_type == "text/event-stream"
        self._whole_reply = WholeReply(head)
        self._max_bytes = head.call.config.max_answer_bytes
        self._unpacker = Unpacker(head.content_encoding)
        self._events, self._accumulator = EventDecoder(self._max_bytes), Accumulator()
        self._received = 0  # bytes
        # At the size of the answer, after so many bytes.
        self._next_look = min(self._max_bytes, MEASURED_EVERY)
        self._whole: Completion | None = None
        self.begun: bool = False
        """Whether a chunk has been handed over."""
        self.done: bool = False
        """Whether `[DONE]` has come."""

    @property
    def completion(self) -> Completion:
        """What has arrived of the answer."""
        if self._whole is not None:
            return self._whole
        body = self._accumulator.whole()
        return Completion(body, self.head.trace_id(body))

    def feed(self, data: bytes) -> Iterator[CompletionChunk]:
        """Reads the next bytes of the body; yields the chunks that they complete."""
        if not self._is_stream:
            self._whole_reply.feed(data)
            return
        try:
            for piece in self._unpacker.feed(data):
                self._received += len(piece)
                if self._received > self._next_look:
                    self._check_size()
                for content in self._events.feed(piece):
                    if content.strip() == b"[DONE]":
                        self.done = True
                        return
                    body, problem = parsed(content)
                    chunk = self._accumulator.add_text(body)
                    if chunk is None:
                        chunk = self._accumulator.add(self.head.json_object(body, problem))
                    self.begun = True
                    yield chunk
        except MiniMaxError as error:
            error.completion = self.completion
            self.head.add_details(error)
            error.trace_id = error.trace_id or error.completion.trace_id
            raise

    def end(self) -> Iterator[CompletionChunk]:
        """Ends the body: yields an answer sent as plain JSON; raises if a stream is incomplete."""
        if not self._is_stream:
            self._whole = self._whole_reply.completion()
            self.begun = True
            event = _as_event(self._whole.to_dict())
            yield CompletionChunk(event, self._whole.thinking, self._whole.text)
        elif not self.begun and "content-encoding" in self.head.headers:
            # httpx does not decode an encoding that it does not know.
            raise self.head.undecodable("", "no event could be decoded")
        elif not self._accumulator.finished:
            raise self._unfinished()
        elif self._accumulator.inside_call:
            raise self.interrupted("the stream ended within the arguments of a tool call")

    def interrupted(self, message: str) -> StreamInterruptedError:
        """The error for a stream that ended before its answer was complete."""
        completion = self.completion
        return StreamInterruptedError(
            message,
            http_status=self.head.status,
            trace_id=completion.trace_id,
            completion=completion,
            retryable=not self.begun,
        )

    def broken_off(self, reason: str) -> StreamInterruptedError | None:
        """The error for a body that was broken off; None if no chunk has been handed over yet."""
        return self.interrupted(f"the stream was broken off ({reason})") if self.begun else None

    def _check_size(self) -> None:
        # Not the sum of the events, which repeat what does not change, and some of the texts.
        self._next_look = self._received + min(self._max_bytes // 8, MEASURED_EVERY)
        if self._accumulator.size() > self._max_bytes:
            raise ResponseLimitError(f"the streamed answer exceeds {self._max_bytes:,} bytes")

    def _unfinished(self) -> MiniMaxError:
        completion = self.completion
        body = self.head.call.config.redact(completion.to_dict())
        filtered = content_filter_error(self.head.status, self.head.headers, body)
        if filtered is None or completion.choices:
            return self.interrupted("the stream ended without a finish_reason")
        filtered.completion = completion
        return filtered


def _as_event(answer: dict[str, Any]) -> dict[str, Any]:
    """A whole answer as the only event of a stream, its message readable as `delta`."""
    choices = [as_object(choice) for choice in as_array(answer.get("choices"))]
    return {**answer, "choices": [{**each, "delta": each.get("message")} for each in choices]}


class Accumulator:
    """Turns the events of a stream into chunks, merging them into what a plain call returns."""

    def __init__(self) -> None:
        self._merged = Object("ChatCompletionChunk", {})
        self._splitter = ThinkSplitter()
        self._content = StructuredThinking()
        self._details = SegmentReader()
        self._source = ""
        self._template: dict[str, Any] | None = None
        """The last event without its text, if more text may follow it."""
        self._text = Text()
        """The text that it belongs to."""

    def add_text(self, event: Any) -> CompletionChunk | None:
        """The chunk of an event that adds text to the last one, all else repeated; else None.

        Nearly all events are such. They need no checks, and merging nothing but their text takes a
        tenth of the time.
        """
        delta = None if self._template is None else _only_delta(event)
        if delta is None:
            return None
        content = delta["content"]
        delta["content"] = ""
        is_repeated = event == self._template
        delta["content"] = content
        if not is_repeated:
            return None
        self._text.add(content)
        self._text.take()
        thinking, text = self._splitter.feed(content)
        if thinking:
            thinking = self._chosen({"content": thinking})
        return CompletionChunk(event, thinking, text)

    def add(self, event: dict[str, Any]) -> CompletionChunk:
        """Merges an event; returns its chunk."""
        self._merged.add(event)
        thinking = text = ""
        self._template = None
        choices = self._merged.get("choices")
        choice = choices.first() if isinstance(choices, Entries) else None
        message = None if choice is None else choice.get("message")
        if choice is not None and isinstance(message, Object):
            ended = bool(choice.get("finish_reason"))
            thinking, text = self._new(message, ended=ended)
            if not ended and choices.touched == [choice]:
                self._expect_text(event, message.get("content"))
        return CompletionChunk(event, thinking, text)

    @property
    def finished(self) -> bool:
        """Whether every choice has a finish_reason."""
        ends = [choice.get("finish_reason") for choice in self._choices()]
        return bool(ends) and all(ends)

    @property
    def inside_call(self) -> bool:
        """Whether a choice ends within the arguments of a tool call, though no limit cut it off."""
        reasons = [
            choice.finish_reason
            for choice in Completion(self.whole()).choices
            for call in choice.message.tool_calls
            if is_cut_off(call.function.arguments)
        ]
        if not reasons:
            return False
        # Imported when needed: the models take most of the time of an import.
        from minimax_chat_api.models import FinishReason

        limits = (FinishReason.LENGTH, FinishReason.CONTENT_FILTER)
        return any(reason not in limits for reason in reasons)

    def size(self) -> int:
        """About how many bytes of JSON are kept."""
        return size(self._merged)

    def whole(self) -> dict[str, Any]:
        """The answer as far as it has arrived, in the form of a plain reply."""
        body = self._merged.whole()
        choices = [as_object(choice) for choice in as_array(body.get("choices"))]
        for choice in choices:
            message = as_object(choice.get("message"))
            choice["message"] = {**message, "role": message.get("role") or "assistant"}
        return {**body, "object": "chat.completion", "choices": choices}

    def _choices(self) -> Iterator[Object]:
        choices = self._merged.get("choices")
        return iter(choices if isinstance(choices, Entries) else ())

    def _new(self, message: Object, *, ended: bool) -> tuple[str, str]:
        """The thinking and the text that an event added to the first choice."""
        tagged, text = self._splitter.feed(_take(message.get("content")))
        content = self._content.feed(_take(message.get("reasoning_content")))
        details = self._details.take(message.get("reasoning_details"), ended=ended)
        if ended:
            last_tagged, last_text = self._splitter.flush()
            tagged, text = tagged + last_tagged, text + last_text
            content += self._content.flush()
        sources = {"reasoning_content": content, "reasoning_details": details, "content": tagged}
        return self._chosen(sources), text

    def _chosen(self, sources: dict[str, str]) -> str:
        """The new thinking. It may come in several fields: the first one that has any is read."""
        self._source = self._source or next((name for name, new in sources.items() if new), "")
        return sources.get(self._source, "")

    def _expect_text(self, event: dict[str, Any], text: Any) -> None:
        """Prepares for events that repeat all but the text of this one."""
        delta = _only_delta(event)
        if delta is None or type(text) is not Text:
            return
        piece = {**event["choices"][0], "delta": {**delta, "content": ""}}
        template = {**event, "choices": [piece]}
        if self._merged.repeats(template):
            self._template, self._text = template, text


def _only_delta(event: Any) -> dict[str, Any] | None:
    """The delta of an event with a single choice, if it has a text."""
    try:
        (choice,) = event["choices"]
        delta = choice["delta"]
        return delta if delta["content"].__class__ is str else None
    except (TypeError, KeyError, ValueError):
        return None


class SegmentReader:
    """Reads the new thinking from segments that are being merged."""

    def __init__(self) -> None:
        self._thinking = StructuredThinking()
        self._current: Object | None = None
        self._waiting: dict[int, Object] = {}
        self._ambiguous: list[CumulativeText] = []

    def take(self, segments: Any, *, ended: bool) -> str:
        """The thinking that the last pieces added; if `ended`, ambiguous texts are decided."""
        if not isinstance(segments, Entries):
            return ""
        self._waiting.update((id(segment), segment) for segment in segments.touched)
        texts = [segment.get("text") for segment in segments.touched]
        ambiguous = [each for each in texts if isinstance(each, CumulativeText) and each.ambiguous]
        # The rule is the same for all: as long as one is ambiguous, the others need no look.
        self._ambiguous.extend(ambiguous)
        if self._ambiguous and self._ambiguous[0].ambiguous:
            if not ended:
                return ""
            max(self._ambiguous, key=lambda text: len(text.whole())).decide()
        self._ambiguous.clear()
        new = [self._take_from(segment) for segment in self._waiting.values()]
        self._waiting.clear()
        return "".join(new) + (self._thinking.flush() if ended else "")

    def _take_from(self, segment: Object) -> str:
        piece = _take(segment.get("text"))
        before = ""
        if piece and segment is not self._current:
            before = self._thinking.end_segment()
            self._current = segment
        return before + self._thinking.feed(piece)


def _take(text: Any) -> str:
    return text.take() if isinstance(text, Text) else ""


def is_cut_off(text: str) -> bool:
    """Whether a text is JSON that was cut off."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        rest = text[error.pos :].strip()
        at_the_end = not rest or any(
            word.startswith(rest) for word in ("true", "false", "null", "-")
        )
        in_an_escape = error.msg.startswith("Invalid \\u") and len(rest) < 6
        in_a_string = error.msg.startswith("Unterminated string")
        return bool(text.strip()) and (at_the_end or in_a_string or in_an_escape)
    except (ValueError, RecursionError):
        pass
    return False
