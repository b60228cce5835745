"""The reply to one request, in the form of the documented examples."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from ._answers import compose, text_of
from ._calls import compute_calls
from ._deltas import deltas_of
from ._generation import Output, count_tokens, generate
from ._reply import Reply
from ._specification import EVENT_STREAM, JSON, THINKS_ON_DEMAND, Object, Specification
from ._switches import Behaviour, Call
from ._values import Shape

# The HTTP status that goes with each code. The documentation has the codes and the statuses but
# pairs only 1004, so the other pairs are the emulator's own. A code that is not here has 500.
HTTP_STATUS = {
    **dict.fromkeys((1004, 2049), 401),
    1008: 402,
    **dict.fromkeys((1026, 1027), 422),
    **dict.fromkeys((1002, 1041, 2045, 2056), 429),
    **dict.fromkeys((1039, 1042, 2013), 400),
}

# Fields that no page lists and that come and go on the wire (`!odd fields`).
UNDOCUMENTED = {"service_tier": "standard", "nvext": {"worker_id": 1}}
UNDOCUMENTED_IN_MESSAGE = {"name": "MiniMax AI", "audio_content": ""}

HTML = "<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>\r\n"


class Failure(Exception):
    """The request is refused or fails; `code` is None where only HTTP has a word for it."""

    def __init__(self, code: int | None, message: str, http_status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.http_status = http_status or HTTP_STATUS.get(code or 0, 500)


class Responder:
    """Answers one request; `behaviour` is to be set once the request has been read."""

    def __init__(self, specification: Specification, behaviour: Behaviour) -> None:
        self._specification = specification
        self._trace_id = uuid.uuid4().hex
        self.behaviour = behaviour

    def answer(self, request: Object, asked: str, failure: Failure | None) -> Reply:
        """Answers `asked`, the last user message without its switches, or fails.

        Raises `failure` unless it is to come inside the stream.
        """
        behaviour = self.behaviour = self._as_requested(request)
        if behaviour.html is not None:
            return self._html_page(behaviour.html)
        is_stream = request.get("stream", False)
        if failure and (behaviour.fail_after is None or not is_stream):
            raise failure
        dies = behaviour.cut is not None and behaviour.cut_end == "died"
        completion = self.completion(request, asked)
        if not is_stream:
            page = _json(completion)
            kept = page if behaviour.cut is None else page[: len(page) // 2]
            headers = self._headers(JSON)
            headers["content-length"] = str(len(page) if dies else len(kept))
            return Reply(200, headers, [kept], behaviour.slow, dies=dies)
        events = [_event(chunk) for chunk in self.chunks(completion)]
        if failure:
            events = [*events[: behaviour.fail_after], _event(self.failure_body(failure))]
        elif behaviour.cut is not None:
            events = events[: behaviour.cut]
        else:
            events.append(b"data: [DONE]\n\n")
        headers = {**self._headers(EVENT_STREAM), "cache-control": "no-cache"}
        return Reply(200, headers, events, behaviour.slow, behaviour.slow_between, dies)

    def refuse(self, failure: Failure) -> Reply:
        page = _json(self.failure_body(failure))
        headers = {**self._headers(JSON), "content-length": str(len(page))}
        if failure.http_status == 405:
            headers["allow"] = self._specification.method
        if self.behaviour.fail_retry_after is not None:
            headers["retry-after"] = self.behaviour.fail_retry_after
        if self.behaviour.fail_retry_after_ms is not None:
            headers["retry-after-ms"] = self.behaviour.fail_retry_after_ms
        status = failure.http_status if self._shape_of(failure) == "http" else 200
        return Reply(status, headers, [page], self.behaviour.slow)

    def failure_body(self, failure: Failure) -> Object:
        if self._shape_of(failure) == "base_resp":
            types: dict[str, Any] = {"string": str, "float": float, "": int}
            code = types[self.behaviour.fail_type](failure.code)
            return self._specification.completion() | {
                "id": self._trace_id,
                "choices": None,
                "created": int(time.time()),
                "usage": None,
                "base_resp": {"status_code": code, "status_msg": failure.message},
            }
        body = self._specification.failure()
        error_types = self._specification.error_types
        other = error_types[400 if failure.http_status < 500 else 500]
        trailing = "" if failure.code is None else f" ({failure.code})"
        body["error"] |= {
            "type": error_types.get(failure.http_status, other),
            "message": failure.message + trailing,
            "http_code": str(failure.http_status),
        }
        body["request_id"] = self._trace_id
        return body

    def completion(self, request: Object, asked: str) -> Object:
        """The whole answer."""
        behaviour = self.behaviour
        messages = request["messages"]
        calls = list(behaviour.tool_calls)
        if behaviour.call is not None:
            calls += compute_calls(behaviour.call, request.get("tools", []), asked)
        persona = self._specification.chunk()["choices"][0]["delta"]["name"]
        thinking, text = compose(messages, asked, persona, calls)
        if behaviour.thinking is not None:
            thinking = behaviour.thinking
        if behaviour.text is not None:
            text = behaviour.text
        limit = request.get("max_completion_tokens", request.get("max_tokens"))
        output = generate(thinking, text, behaviour.think, limit, calls)

        completion = self._specification.completion(request["model"])
        completion |= {
            "id": self._trace_id,
            "created": int(time.time()),
            "model": behaviour.model or request["model"],
        }
        [choice] = completion["choices"]
        choice["finish_reason"] = output.finish_reason
        self._write_message(choice["message"], output, messages)
        prompt_tokens = count_prompt_tokens(messages)
        completion["usage"] |= {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": output.tokens,
            "total_tokens": prompt_tokens + output.tokens,
            "prompt_tokens_details": {"cached_tokens": 0},
        }
        if behaviour.sensitive_input:
            completion["input_sensitive"] = True
            completion["input_sensitive_type"] = behaviour.sensitive_input
        if behaviour.sensitive_output:
            completion["output_sensitive"] = True
            completion["output_sensitive_type"] = behaviour.sensitive_output
        if "fields" in behaviour.odd:
            completion |= {**UNDOCUMENTED, "request_id": self._trace_id}
            choice["message"] |= UNDOCUMENTED_IN_MESSAGE
            details = {"reasoning_tokens": count_tokens(thinking)}
            completion["usage"]["completion_tokens_details"] = details
        if behaviour.usage == "null":
            completion["usage"] = None
        return completion

    def chunks(self, completion: Object) -> Iterator[Object]:
        """The stream that adds up to `completion`."""
        behaviour = self.behaviour
        [choice] = completion["choices"]
        kind = self._specification.chunk()["object"]
        envelope = {**completion, "object": kind, "usage": None}
        del envelope["choices"], envelope["base_resp"]
        deltas = list(deltas_of(choice["message"], behaviour)) or [{"content": ""}]
        for number, delta in enumerate(deltas, 1):
            chunk: Object = {**self._specification.chunk(), **envelope}
            [piece] = chunk["choices"]
            piece["delta"] |= delta
            if "role" in behaviour.odd:
                piece["delta"]["role"] = ""
            if number < len(deltas):
                if behaviour.usage == "zero":
                    chunk["usage"] = {"total_tokens": 0, "total_characters": 0}
                yield chunk
                continue
            piece["finish_reason"] = choice["finish_reason"]
            if "message" in behaviour.odd:
                piece["message"] = choice["message"]
            if behaviour.usage not in ("alone", "omitted"):
                chunk["usage"] = completion["usage"]
            yield chunk
            if behaviour.usage == "alone":
                yield {**chunk, "choices": [], "usage": completion["usage"]}

    def _as_requested(self, request: Object) -> Behaviour:
        """The behaviour with what the request asks for, where no switch overrides it."""
        behaviour = self.behaviour
        model = request["model"]
        is_split = request.get("reasoning_split", False)
        tells_usage = model in self._specification.models_with_own_bounds or request.get(
            "stream_options", {}
        ).get("include_usage", False)
        thinking = behaviour.thinking
        is_disabled = request.get("thinking", {}).get("type") == "disabled"
        if thinking is None and is_disabled and model in THINKS_ON_DEMAND:
            thinking = ""
        return replace(
            behaviour,
            think=behaviour.think or ("split" if is_split else "tags"),
            usage=behaviour.usage or ("last" if tells_usage else "omitted"),
            thinking=thinking,
        )

    def _write_message(self, message: Object, output: Output, messages: list[Object]) -> None:
        """Puts what was generated into a documented message, in place of what stands there."""
        for name in ("reasoning_content", "reasoning_details", "tool_calls"):
            message.pop(name, None)
        message["content"] = output.content
        if output.reasoning:
            message["reasoning_content"] = output.reasoning
        if output.reasoning and self.behaviour.think == "split":
            segment = self._specification.part_of_message("reasoning_details")
            message["reasoning_details"] = [{**segment, "text": output.reasoning}]
        if output.calls:
            documented = self._specification.part_of_message("tool_calls")
            message["tool_calls"] = _as_sent(output.calls, documented, messages)

    def _html_page(self, status: int) -> Reply:
        page = HTML.format("502 Bad Gateway" if status == 502 else status).encode()
        headers = {"content-type": "text/html", "content-length": str(len(page))}
        return Reply(status, headers, [page], self.behaviour.slow)

    def _shape_of(self, failure: Failure) -> Shape:
        return "http" if failure.code is None else self.behaviour.fail_shape

    def _headers(self, media_type: str) -> dict[str, str]:
        trace_header = self.behaviour.trace or self._specification.trace_header
        return {trace_header: self._trace_id, "content-type": media_type}


def count_prompt_tokens(messages: Sequence[Object]) -> int:
    """The tokens of every message's role, name and text."""
    return sum(
        count_tokens(text)
        for message in messages
        for text in (message["role"], message.get("name", ""), text_of(message))
    )


def _as_sent(calls: Sequence[Call], documented: Object, messages: Sequence[Object]) -> list[Object]:
    """The calls as a message carries them, in the form of a documented one.

    The ids follow from the conversation: the same each time it is answered, others in each turn.
    """
    prefix = documented["id"].rsplit("_", 2)[0]
    digest = hashlib.sha256(json.dumps(messages).encode()).hexdigest()[:12]
    return [
        {
            **documented,
            "id": f"{prefix}_{digest}_{index + 1}",
            "index": index,
            "function": {**documented["function"], **call._asdict()},
        }
        for index, call in enumerate(calls)
    ]


def _json(value: object) -> bytes:
    # Half a surrogate pair is legal in JSON when escaped but not in UTF-8.
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


def _event(value: object) -> bytes:
    return b"data: " + _json(value) + b"\n\n"
