"""The ASGI application: one request in, one reply out."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from . import _answers
from ._calls import Call, as_sent, compute_calls
from ._deltas import deltas
from ._specification import EVENT_STREAM, JSON, Specification
from ._switches import Behaviour, Shape, SwitchError, read_switches

NOT_AUTHORIZED = 1004
INVALID_PARAMETERS = 2013
INVALID_API_KEY = 2049

# The HTTP status that goes with each code. The documentation has the codes and the statuses but
# pairs only 1004, so the other pairs are the emulator's own. A code that is not here has 500.
HTTP_STATUS = {
    **dict.fromkeys((1004, 2049), 401),
    **dict.fromkeys((1008,), 402),
    **dict.fromkeys((1026, 1027), 422),
    **dict.fromkeys((1002, 1041, 2045, 2056), 429),
    **dict.fromkeys((1039, 1042, 2013), 400),
}
OTHER_HTTP_STATUS = 500

# Fields that no page lists and that come and go on the wire (`!odd fields`).
UNLISTED = {"service_tier": "standard", "nvext": {"worker_id": 1}}
UNLISTED_IN_MESSAGE = {"name": "MiniMax AI", "audio_content": ""}

# The model that `thinking` can keep from thinking; the spec says so in words only.
THINKS_WHEN_ASKED = "MiniMax-M3"

HTML = "<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>\r\n"


@dataclass(frozen=True)
class RecordedRequest:
    """A request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    """Names in lower case. They hold the key, so they are not shown in the repr."""
    body: bytes = field(repr=False)
    json: Any
    """The body as JSON; None where it is none."""


class Failure(Exception):
    """The request is refused or fails."""

    def __init__(self, code: int | None, message: str, http_status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.http_status = http_status or HTTP_STATUS.get(code or 0, OTHER_HTTP_STATUS)


@dataclass
class Reply:
    """What goes back. It is sent as it says, or until the client hangs up."""

    status: int
    headers: dict[str, str]
    pieces: Sequence[bytes]
    delay: float = 0.0
    """Seconds before the first byte."""
    pace: float = 0.0
    """Seconds between two pieces."""
    dies: bool = False
    """The connection dies after the last piece."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if await _hung_up(receive, self.delay):
            return
        headers = [(name.encode(), value.encode()) for name, value in self.headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        for number, piece in enumerate(self.pieces):
            if number and await _hung_up(receive, self.pace):
                return
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        if self.dies:
            scope["state"]["hang_up"]()
            await _hung_up(receive, None)
        else:
            await send({"type": "http.response.body", "body": b"", "more_body": False})


class Application:
    """The API at one address, with its queue of scripted behaviours and its recorded requests."""

    def __init__(
        self, specification: Specification, *, api_key: str | None, shape: Shape, pace: float
    ) -> None:
        self._specification = specification
        self._api_key = api_key
        self._shape: Shape = shape
        self._pace = pace
        self._failures_so_far: Counter[tuple[str | None, bytes]] = Counter()
        self.scripted: deque[Behaviour] = deque()
        # Bounded, for the emulator may run for days.
        self.requests: deque[RecordedRequest] = deque(maxlen=1000)

    def reset(self) -> None:
        self.scripted.clear()
        self.requests.clear()
        self._failures_so_far.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        request = Request(scope, receive)
        try:
            body = await request.body()
        except ClientDisconnect:
            return
        reply = self._reply(request, body, uuid.uuid4().hex)
        await reply(scope, receive, send)

    def _reply(self, request: Request, body: bytes, trace_id: str) -> Reply:
        specification = self._specification
        path: str = request.scope["path"]
        headers = dict(request.headers)
        parsed, defect = _parsed(body)
        self.requests.append(RecordedRequest(request.method, path, headers, body, parsed))
        if path != specification.path:
            missing = Failure(None, f"no such path: {path}; the API has {specification.path}", 404)
            return self._failure(missing, Behaviour(shape="http"), trace_id)
        if request.method != specification.method:
            wrong = Failure(
                None, f"{request.method} is not allowed; allowed: {specification.method}", 405
            )
            reply = self._failure(wrong, Behaviour(shape="http"), trace_id)
            reply.headers["allow"] = specification.method
            return reply
        behaviour = Behaviour()
        try:
            self._authorize(headers.get("authorization"))
            self._validate(headers.get("content-type"), len(body), parsed, defect)
            behaviour, asked = _switches_of(parsed)
            if self.scripted:
                behaviour = self.scripted.popleft()
            return self._answer(
                parsed, asked, behaviour, trace_id, (headers.get("authorization"), body)
            )
        except SwitchError as error:
            failure = Failure(INVALID_PARAMETERS, f"invalid params, {error}")
            return self._failure(failure, behaviour, trace_id)
        except Failure as failure:
            return self._failure(failure, behaviour, trace_id)

    def _authorize(self, authorization: str | None) -> None:
        scheme, _, key = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not key or " " in key:
            documented = self._specification.failure()["error"]["message"]
            message = documented.removesuffix(f"({NOT_AUTHORIZED})").strip()
            raise Failure(NOT_AUTHORIZED, message)
        if key != self._api_key if self._api_key is not None else key.startswith("invalid"):
            raise Failure(INVALID_API_KEY, self._specification.meanings[INVALID_API_KEY])

    def _validate(self, content_type: str | None, size: int, body: Any, defect: str | None) -> None:
        media_type = (content_type or "").partition(";")[0].strip().lower()
        allowed = self._specification.request_media_types
        limit = self._specification.max_body_bytes
        if media_type not in allowed:
            objections = [
                f"Content-Type is {media_type or 'missing'}; allowed: {', '.join(allowed)}"
            ]
        elif limit is not None and size > limit:
            objections = [f"the body has {size} bytes; allowed: at most {limit} bytes"]
        elif defect is not None:
            objections = [f"the body is not JSON: {defect}"]
        else:
            try:
                objections = self._specification.objections(body)
            except RecursionError:
                objections = ["the body is nested too deeply"]
        if objections:
            raise Failure(INVALID_PARAMETERS, "invalid params, " + "; ".join(objections[:3]))

    def _answer(
        self,
        body: dict[str, Any],
        asked: str,
        behaviour: Behaviour,
        trace_id: str,
        identity: tuple[str | None, bytes],
    ) -> Reply:
        if behaviour.html is not None:
            title = (
                f"{behaviour.html} Bad Gateway" if behaviour.html == 502 else str(behaviour.html)
            )
            page = HTML.format(title).encode()
            headers = {"content-type": "text/html", "content-length": str(len(page))}
            return Reply(behaviour.html, headers, [page], behaviour.delay)

        stream = body.get("stream", False)
        failure = None
        if behaviour.code is not None and not self._failed_enough(behaviour, identity):
            message = behaviour.message or self._specification.meanings.get(
                behaviour.code, "undocumented failure"
            )
            failure = Failure(behaviour.code, message, behaviour.http_status)
            if not stream or behaviour.after is None:
                return self._failure(failure, behaviour, trace_id)

        behaviour = self._as_asked(behaviour, body)
        completion = self._completion(body, asked, behaviour, trace_id)
        headers = {behaviour.trace or self._specification.trace_header: trace_id}
        if stream:
            events = list(self._chunks(completion, behaviour))
            end = [b"data: [DONE]\n\n"]
            if failure is not None:
                events = events[: behaviour.after]
                end = [_event(self._failure_body(failure, behaviour, trace_id))]
            elif behaviour.cut is not None:
                events, end = events[: behaviour.cut], []
            headers |= {"content-type": EVENT_STREAM, "cache-control": "no-cache"}
            pieces = [*map(_event, events), *end]
        else:
            page = _json(completion)
            kept = page if behaviour.cut is None else page[: len(page) // 2]
            length = page if behaviour.cut_end == "died" else kept
            headers |= {"content-type": JSON, "content-length": str(len(length))}
            pieces = [kept]
        return Reply(
            200,
            headers,
            pieces,
            behaviour.delay,
            self._pace if behaviour.pace is None else behaviour.pace,
            dies=behaviour.cut is not None and behaviour.cut_end == "died",
        )

    def _failed_enough(self, behaviour: Behaviour, identity: tuple[str | None, bytes]) -> bool:
        """Whether a request that fails some times has done so; the count begins anew then."""
        if not behaviour.times:
            return False
        if self._failures_so_far[identity] < behaviour.times:
            self._failures_so_far[identity] += 1
            return False
        del self._failures_so_far[identity]
        return True

    def _as_asked(self, behaviour: Behaviour, body: dict[str, Any]) -> Behaviour:
        """The behaviour with what the request asks for, where no switch says otherwise."""
        split = body.get("reasoning_split", False)
        told = self._specification.is_of_first_page(body["model"]) or body.get(
            "stream_options", {}
        ).get("include_usage", False)
        thinking = behaviour.thinking
        disabled = body.get("thinking", {}).get("type") == "disabled"
        if thinking is None and disabled and body["model"] == THINKS_WHEN_ASKED:
            thinking = ""
        return replace(
            behaviour,
            think=behaviour.think or ("split" if split else "tags"),
            usage=behaviour.usage or ("last" if told else "whole"),
            thinking=thinking,
        )

    def _completion(
        self, body: dict[str, Any], asked: str, behaviour: Behaviour, trace_id: str
    ) -> dict[str, Any]:
        messages = body["messages"]
        calls = [Call(*call) for call in behaviour.tool_calls]
        if behaviour.call is not None:
            calls += compute_calls(behaviour.call, body.get("tools", []), asked)
        persona = self._specification.chunk()["choices"][0]["delta"]["name"]
        answer = _answers.compose(messages, asked, persona, calls)
        if behaviour.text is not None:
            answer = replace(answer, text=behaviour.text)
        if behaviour.thinking is not None:
            answer = replace(answer, thinking=behaviour.thinking)
        limit = body.get("max_completion_tokens", body.get("max_tokens"))
        assert behaviour.think is not None
        output = _answers.generate(
            answer, behaviour.think, None if limit is None else int(limit), calls
        )
        prompt_tokens = _answers.count_prompt_tokens(messages)

        completion = self._specification.completion(body["model"])
        completion |= self._envelope(trace_id, behaviour.model or body["model"])
        [choice] = completion["choices"]
        choice["finish_reason"] = output.finish_reason
        choice["message"] = self._message(choice["message"], output, behaviour.think, messages)
        completion["usage"] |= {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": output.tokens,
            "total_tokens": prompt_tokens + output.tokens,
            "prompt_tokens_details": {"cached_tokens": 0},
        }
        for side in ("input", "output"):
            if kind := getattr(behaviour, f"{side}_sensitive"):
                completion |= {f"{side}_sensitive": True, f"{side}_sensitive_type": kind}
        if "fields" in behaviour.odd:
            completion |= {**UNLISTED, "request_id": trace_id}
            choice["message"] |= UNLISTED_IN_MESSAGE
            completion["usage"]["completion_tokens_details"] = {
                "reasoning_tokens": _answers.count_tokens(answer.thinking)
            }
        if behaviour.usage == "null":
            completion["usage"] = None
        return completion

    def _message(
        self,
        documented: dict[str, Any],
        output: _answers.Output,
        style: str,
        messages: Sequence[Mapping[str, Any]],
    ) -> dict[str, Any]:
        """What was generated, in the form of a documented message."""
        generated = ("reasoning_content", "reasoning_details", "tool_calls")
        message = {name: each for name, each in documented.items() if name not in generated}
        message["content"] = output.content
        if output.reasoning:
            message["reasoning_content"] = output.reasoning
        if output.reasoning and style == "split":
            segment = self._specification.part_of_message("reasoning_details")
            message["reasoning_details"] = [{**segment, "text": output.reasoning}]
        if output.calls:
            call = self._specification.part_of_message("tool_calls")
            message["tool_calls"] = as_sent(output.calls, call, messages)
        return message

    def _chunks(self, completion: dict[str, Any], behaviour: Behaviour) -> Iterator[dict[str, Any]]:
        """The stream that adds up to `completion`."""
        [choice] = completion["choices"]
        message = choice["message"]
        added = [*deltas(message, behaviour.chunk_size, behaviour.odd)] or [{"content": ""}]
        for number, delta in enumerate(added, 1):
            chunk = self._specification.chunk()
            envelope = {
                key: value
                for key, value in completion.items()
                if key not in ("choices", "base_resp")
            }
            chunk |= {**envelope, "object": chunk["object"], "usage": None}
            [piece] = chunk["choices"]
            piece["delta"] |= delta
            if "role" in behaviour.odd:
                piece["delta"]["role"] = ""
            if number == len(added):
                piece["finish_reason"] = choice["finish_reason"]
                if "message" in behaviour.odd:
                    piece["message"] = message
                if behaviour.usage not in ("alone", "whole"):
                    chunk["usage"] = completion["usage"]
            elif behaviour.usage == "zero":
                chunk["usage"] = {"total_tokens": 0, "total_characters": 0}
            yield chunk
            if number == len(added) and behaviour.usage == "alone":
                yield {**chunk, "choices": [], "usage": completion["usage"]}

    def _failure(self, failure: Failure, behaviour: Behaviour, trace_id: str) -> Reply:
        page = _json(self._failure_body(failure, behaviour, trace_id))
        headers = {
            behaviour.trace or self._specification.trace_header: trace_id,
            "content-type": JSON,
            "content-length": str(len(page)),
        }
        if behaviour.retry_after is not None:
            headers["retry-after"] = behaviour.retry_after
        if behaviour.retry_after_ms is not None:
            headers["retry-after-ms"] = behaviour.retry_after_ms
        status = 200 if self._told_by_base_resp(behaviour) else failure.http_status
        return Reply(status, headers, [page], behaviour.delay)

    def _failure_body(
        self, failure: Failure, behaviour: Behaviour, trace_id: str
    ) -> dict[str, Any]:
        if self._told_by_base_resp(behaviour):
            completion = self._specification.completion()
            assert failure.code is not None
            completion |= {
                **self._envelope(trace_id, completion["model"]),
                "choices": None,
                "usage": None,
                "base_resp": {
                    "status_code": behaviour.code_type(failure.code),
                    "status_msg": failure.message,
                },
            }
            return completion
        body = self._specification.failure()
        types = self._specification.error_types
        kind = 400 if failure.http_status < 500 else 500
        code = "" if failure.code is None else f" ({failure.code})"
        body["error"] |= {
            "type": types.get(failure.http_status, types[kind]),
            "message": failure.message + code,
            "http_code": str(failure.http_status),
        }
        body["request_id"] = trace_id
        return body

    def _told_by_base_resp(self, behaviour: Behaviour) -> bool:
        return (behaviour.shape or self._shape) == "base_resp"

    @staticmethod
    def _envelope(trace_id: str, model: str) -> dict[str, Any]:
        return {"id": trace_id, "created": int(time.time()), "model": model}


def _switches_of(body: dict[str, Any]) -> tuple[Behaviour, str]:
    """What the last user message says to the emulator, and what it asks."""
    messages = body["messages"]
    offered = [tool["function"]["name"] for tool in body.get("tools", [])]
    behaviour, asked = read_switches(_answers.last_user_message(messages), offered)
    if _answers.results_at_the_end(messages):
        # Its calls have been made.
        behaviour = replace(behaviour, call=None)
    return behaviour, asked


async def _hung_up(receive: Receive, seconds: float | None) -> bool:
    """Waits so long (None: without end); true as soon as the connection is closed."""
    if seconds == 0:
        # Streams without a pace take turns all the same.
        await asyncio.sleep(0)
        return False
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return False
    return True


def _parsed(body: bytes) -> tuple[Any, str | None]:
    """The body as JSON, and what is wrong with it."""
    if not body:
        return None, "it is empty"

    def refuse(constant: str) -> Any:
        raise ValueError(f"{constant} is not a JSON number")

    try:
        return json.loads(body.decode("utf-8"), parse_constant=refuse), None
    except UnicodeDecodeError as error:
        return None, f"it is not UTF-8 from byte {error.start} on"
    except RecursionError:
        return None, "it is nested too deeply"
    except ValueError as error:
        return None, str(error)


def _json(value: Any) -> bytes:
    # Half a surrogate pair is legal in JSON when escaped but not in UTF-8.
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


def _event(value: Any) -> bytes:
    return b"data: " + _json(value) + b"\n\n"
