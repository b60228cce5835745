"""The protocol without I/O: arguments in, request out; bytes in, answer, chunks or error out."""

from __future__ import annotations

import json
import logging
import math
import random
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import httpx
from attrs import field, frozen

from minimax_chat_api.api.chat import create_chat_completion
from minimax_chat_api.contract import (
    CHAT_COMPLETION_REQUEST_SCHEMA,
    ChatCompletionRequestParam,
    Received,
    View,
    check,
)
from minimax_chat_api.models import ChoiceMessage

from ._completion import Accumulator, Completion, CompletionChunk
from ._config import Config
from ._errors import (
    APIConnectionError,
    APITimeoutError,
    AuthenticationError,
    InvalidArgumentError,
    MiniMaxError,
    ResponseDecodeError,
    StreamInterruptedError,
)
from ._failure import failure, filtered, trace_id
from ._json import as_array, as_object, without

log = logging.getLogger("minimax_chat")

TIMEOUT, CONNECT_TIMEOUT = 120.0, 5.0
LONGEST_DELAY, LONGEST_RETRY_AFTER, LINGER = 8.0, 120.0, 0.05

# What of an answer must be right, if it is there; the rest may be read as it is.
_TEXT = {"type": ["string", "null"]}
_FUNCTION = {"type": ["object", "null"], "properties": {"name": _TEXT, "arguments": _TEXT}}
_CALL = {"type": "object", "properties": {"id": _TEXT, "function": _FUNCTION}}
_CALLS = {"type": ["array", "null"], "items": _CALL}
_MESSAGE = {"type": ["object", "null"], "properties": {"content": _TEXT, "tool_calls": _CALLS}}
_CHOICE = {"type": "object", "properties": {"message": _MESSAGE, "delta": _MESSAGE}}
_CHOICES = {"type": ["array", "null"], "items": _CHOICE}
ANSWER = {"type": "object", "properties": {"choices": _CHOICES}}


class CreateParams(ChatCompletionRequestParam, total=False):
    """The arguments of `create`: the contract's request fields, and of this call alone:"""

    timeout: float | httpx.Timeout | None
    """Seconds without a byte, or an httpx.Timeout."""
    max_retries: int | None
    """How often the call is tried again after a failure."""
    extra_headers: Mapping[str, str] | None
    """Headers to send beside the client's."""
    extra_body: Mapping[str, Any] | None
    """Request fields that the contract does not know, sent unchecked."""


@frozen
class CheckedBody:
    """A generated model in name: a real one would refuse what an answer that goes back lacks."""

    fields: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        return self.fields


@frozen
class Call:
    """One call of `create`: checked, and ready to be sent as often as needed."""

    config: Config
    stream: bool
    fields: Mapping[str, Any] = field(repr=False)
    request: dict[str, Any] = field(repr=False)

    @classmethod
    def prepare(cls, config: Config, stream: bool | None, params: CreateParams) -> Call:
        """Checks the arguments against the contract; raises InvalidArgumentError."""
        arguments: dict[str, Any] = {**params, "stream": stream}
        own = ("timeout", "max_retries", "extra_headers")
        config = config.override(*(arguments.pop(name, None) for name in own))
        extra_body: Any = arguments.pop("extra_body", None) or {}
        for name in sorted(arguments.keys() - CHAT_COMPLETION_REQUEST_SCHEMA["properties"]):
            raise InvalidArgumentError(_unknown(name))
        if not isinstance(extra_body, Mapping) or "stream" in extra_body:
            raise InvalidArgumentError("extra_body must be a mapping, and stream an argument")
        try:
            fields: Any = _json_value(arguments, CHAT_COMPLETION_REQUEST_SCHEMA)
            problem = check(fields, CHAT_COMPLETION_REQUEST_SCHEMA)
        except RecursionError:
            raise InvalidArgumentError("the arguments are nested too deeply") from None
        if problem:
            raise InvalidArgumentError(problem)
        body: Any = CheckedBody(fields)
        request: dict[str, Any] = create_chat_completion._get_kwargs(body=body)  # pyright: ignore[reportPrivateUsage]
        try:
            fields = {**request.pop("json"), **cast("Any", extra_body)}
            content = json.dumps(fields, ensure_ascii=False, allow_nan=False).encode()
        except (TypeError, ValueError, RecursionError) as error:
            raise InvalidArgumentError(f"the request cannot be written as JSON: {error}") from None
        limit: float = CHAT_COMPLETION_REQUEST_SCHEMA.get("x-max-body-bytes", math.inf)
        if len(content) > limit:
            most = f"{limit:,} ({limit / 2**20:g} MB)"
            raise InvalidArgumentError(
                f"the request has {len(content):,} bytes, but must have <= {most}"
            )
        request["content"] = content
        timeout = TIMEOUT if config.timeout is None else config.timeout
        if isinstance(timeout, (int, float)):
            timeout = httpx.Timeout(timeout, connect=min(timeout, CONNECT_TIMEOUT))
        headers = {"user-agent": "minimax-chat", **request["headers"], **config.headers}
        request["headers"] = {name.lower(): value for name, value in headers.items()}
        request |= {"url": config.base_url + request["url"], "timeout": timeout}
        return cls(config, bool(stream), fields, request)

    def announce(self, attempt: int) -> None:
        """Logs that an attempt begins."""
        total = self.config.max_retries + 1
        log.info("POST %s: attempt %d of %d", self.request["url"], attempt, total)

    def authorize(self, request: httpx.Request) -> httpx.Request:
        """Adds the key as the request leaves, so that nothing else holds it."""
        request.headers["Authorization"] = f"Bearer {self.config.api_key}"
        return request

    def retry_delay(self, error: MiniMaxError, attempt: int) -> float | None:
        """Seconds to wait after the `attempt`-th failure before the next try; None for no more."""
        # Half a second, doubling.
        delay = min(LONGEST_DELAY, 2.0 ** min(attempt - 2, 9)) * random.uniform(0.5, 1)
        delay = delay if error.retry_after is None else error.retry_after
        if not error.retryable or attempt > self.config.max_retries or delay > LONGEST_RETRY_AFTER:
            return None
        log.info(
            "retry %d of %d in %.2f s after %s (code %s, HTTP %s, trace id %s)",
            *(attempt, self.config.max_retries, delay, type(error).__name__),
            *(error.code, error.http_status, error.trace_id),
        )
        return delay

    def completion(self, response: httpx.Response, content: bytes) -> Completion:
        """The answer that a whole body is; raises the error that it is instead."""
        self.scrub(response)
        body = self.body(response, content, whole=True)
        return Completion(body, trace_id(response.headers, body))

    def body(self, response: httpx.Response, content: bytes, whole: bool = False) -> dict[str, Any]:
        """The JSON object that a whole body or an event is; raises the error that it is instead."""
        log.debug("HTTP %d: %d bytes", response.status_code, len(content))
        body, problem = _parsed(content)
        if not (
            problem
            or failure(response.status_code, response.headers, body)
            or _objection(body, whole)
        ):
            return as_object(body)
        try:
            body = without(body, self.config.api_key)  # which some servers repeat
        except RecursionError:
            body = "(nested too deeply to be shown)"
        reply = (response.status_code, response.headers, body)
        error: MiniMaxError | None = failure(*reply)
        if error is None and whole:
            error = filtered(*reply)
        error = error or self.undecodable(response, body, problem or _objection(body, whole) or "")
        roles = [as_object(each).get("role") for each in as_array(self.fields.get("messages"))]
        if isinstance(error, AuthenticationError):
            error.hint = self.config.region_hint()
        elif error.code == 2013 and roles.count("system") > 1:
            error.hint = "The API takes one system message: join them."
        elif error.retry_after is not None:
            error.hint = f"{error.hint} The API asks to wait {error.retry_after:g} s.".lstrip()
        raise error

    def scrub(self, response: httpx.Response) -> None:
        """Takes the key out of the headers of a reply, for errors show some of them."""
        response.headers = httpx.Headers(without(dict(response.headers), self.config.api_key))

    def undecodable(self, response: httpx.Response, body: Any, why: str) -> MiniMaxError:
        """The error of a reply that is neither an answer nor a failure."""
        kinds = (response.headers.get(name) for name in ("content-type", "content-encoding"))
        why = f"the reply is not what the contract says: {why} ({', '.join(filter(None, kinds))})"
        return ResponseDecodeError(
            why.replace(self.config.api_key, "***"),
            http_status=response.status_code,
            trace_id=trace_id(response.headers, body),
            body=(body if isinstance(body, str) else json.dumps(body, ensure_ascii=False))[:500],
        )


class StreamReader:
    """Turns the body of a streamed reply into chunks, and knows what has arrived of the answer."""

    def __init__(self, call: Call, response: httpx.Response) -> None:
        self.call: Call = call
        self.response: httpx.Response = response
        call.scrub(response)
        content_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        # Anything else is a failure, or the whole answer, as JSON.
        self._is_stream = response.status_code == 200 and content_type == "text/event-stream"
        self._body: list[bytes] = []
        self._events, self._accumulator = EventDecoder(), Accumulator()
        self.begun: bool = False
        self.done: bool = False

    @property
    def completion(self) -> Completion:
        """What has arrived of the answer."""
        return self._accumulator.completion(trace_id(self.response.headers, None))

    def feed(self, data: bytes) -> Iterator[CompletionChunk]:
        """Takes in bytes of the body; yields the chunks that they complete."""
        if not self._is_stream:
            self._body.append(data)
            return
        for content in self._events.feed(data):
            if content.strip() == b"[DONE]":
                self.done = True
                return
            try:
                event = self.call.body(self.response, content)
            except MiniMaxError as error:
                error.completion = self.completion
                error.trace_id = error.trace_id or error.completion.trace_id
                raise
            self.begun = True
            yield self._accumulator.add(event)

    def end(self) -> Iterator[CompletionChunk]:
        """Ends the body: yields an answer that came whole, raises if a streamed one did not."""
        if not self._is_stream:
            event = self.call.body(self.response, b"".join(self._body), whole=True)
            choices = map(as_object, as_array(event.get("choices")))
            event["choices"] = [{**choice, "delta": choice.get("message")} for choice in choices]
            self.begun = True
            yield self._accumulator.add(event)
        elif not self.begun and "content-encoding" in self.response.headers:
            # httpx passes an encoding that it does not know on as it is.
            raise self.call.undecodable(self.response, "", "no event can be read")
        elif not self._accumulator.finished:
            completion = self.completion
            error = filtered(self.response.status_code, self.response.headers, completion.to_dict())
            if error is None or completion.choices:
                raise self.interrupted("the stream ended without a finish_reason")
            error.completion = completion
            raise error
        elif self._accumulator.inside_call:
            raise self.interrupted("the stream ended inside the arguments of a call")

    def interrupted(self, why: str) -> StreamInterruptedError:
        """The error of a stream that ended before its answer did."""
        completion = self.completion
        return StreamInterruptedError(
            why,
            http_status=self.response.status_code,
            trace_id=completion.trace_id,
            completion=completion,
            retryable=not self.begun,
        )


class EventDecoder:
    """The data of server-sent events, by WHATWG's rules for event streams.

    Own code, because httpx-sse keeps a byte order mark, believes a false charset, and holds back an
    event whose line ends in CR until more comes.
    """

    def __init__(self) -> None:
        self._line: list[bytes] = []
        self._data: list[bytes] = []
        self._after_cr = False
        self._mark = b"\xef\xbb\xbf"

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Takes in bytes, cut anywhere; yields the data of the events that they complete."""
        if self._after_cr and piece:
            piece, self._after_cr = piece.removeprefix(b"\n"), False
        # Of bytes, splitlines() knows CR, LF and CRLF alone, just as an event stream does.
        for line in piece.splitlines(keepends=True):
            self._line.append(line)
            self._after_cr = line.endswith(b"\r")
            if not line.endswith((b"\r", b"\n")):
                break
            whole = b"".join(self._line).rstrip(b"\r\n").removeprefix(self._mark)
            self._line, self._mark = [], b""
            name, _, value = whole.partition(b":")
            if name == b"data":
                self._data.append(value.removeprefix(b" "))
            elif not whole:
                data, self._data = b"\n".join(self._data), []
                if data:
                    yield data


@contextmanager
def translated(
    call: Call, reader: StreamReader | None = None, begun: bool = False
) -> Generator[None]:
    """Inside, what httpx raises becomes this package's errors. `begun`: a reply has begun."""
    try:
        yield
    except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, UnicodeError) as cause:
        told = f"{type(cause).__name__}: {cause}".replace(call.config.api_key, "***")
        error = _translate(cause, told.removesuffix(": "), reader, begun)
        try:
            raise error from None
        finally:
            # The cause holds the request, and its headers the key.
            error.__context__ = None


def _translate(exc: Exception, told: str, reader: StreamReader | None, begun: bool) -> MiniMaxError:
    if isinstance(exc, (httpx.InvalidURL, httpx.LocalProtocolError)):
        return InvalidArgumentError("the request cannot be sent: URL or header is malformed")
    if reader is not None and reader.begun:
        return reader.interrupted(f"the stream broke off ({told})")
    if isinstance(exc, httpx.DecodingError):
        return ResponseDecodeError(f"the reply's content encoding is broken ({told})")
    if isinstance(exc, httpx.TimeoutException):
        return APITimeoutError(f"the API did not answer in time ({told})", retryable=not begun)
    return APIConnectionError(f"the connection to the API failed ({told})")


@contextmanager
def lingering(response: httpx.Response) -> Generator[bool]:
    """Inside, a read waits LINGER seconds at most; yields False where that cannot be had.

    The end of the body comes right behind `[DONE]`, and with it the connection can be used again;
    to wait for it longer could take for ever.
    """
    network: Any = response.extensions.get("network_stream")
    if network is None or response.http_version != "HTTP/1.1":
        yield False
        return

    def read_briefly(max_bytes: int, timeout: float | None = None) -> Any:
        # As soon as the response is closed, the connection can be another call's.
        timeout = timeout if response.is_closed else LINGER
        return network.__class__.read(network, max_bytes, timeout=timeout)

    network.read = read_briefly
    try:
        yield True
    except httpx.HTTPError:
        pass
    finally:
        if network.read is read_briefly:
            del network.read


def _parsed(content: bytes) -> tuple[Any, str | None]:
    """The JSON value in `content`; or, where there is none, the text, and why not."""
    problem = "it is a string"
    try:
        if not isinstance(value := json.loads(content.decode("utf-8-sig")), str):
            return value, None
    except (ValueError, RecursionError) as cause:
        problem = f"it is no JSON ({cause})"
    return content.decode("utf-8-sig", "replace"), problem


def _objection(body: Any, whole: bool) -> str | None:
    """Why a JSON value is no event or, if it is to be `whole`, no answer."""
    problem = check(body, ANSWER, "it")
    return problem or ("it has no choice" if whole and not body.get("choices") else None)


def _json_value(given: Any, schema: Mapping[str, Any]) -> Any:
    """Models as dicts, iterators as lists; without the contract's optional fields that are None."""
    if isinstance(given, (View, ChoiceMessage)):
        return Received(_json_value(given.to_dict(), schema))
    value: Any = given.to_dict() if hasattr(given, "to_dict") else given
    if isinstance(value, Mapping):
        schema = _alternative(schema, "object")
        known, required = schema.get("properties", {}), schema.get("required", ())
        items = cast("Mapping[Any, Any]", value).items()  # type: ignore[redundant-cast]
        return {
            name: _json_value(item, known.get(name, {}))
            for name, item in items
            if item is not None or name not in known or name in required
        }
    if isinstance(value, (list, tuple, Iterator)):
        schema = _alternative(schema, "array").get("items", {})
        return [_json_value(item, schema) for item in cast("Iterable[Any]", value)]
    return value


def _alternative(schema: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    """What a schema says of values of a type."""
    alternatives: list[Mapping[str, Any]] = schema.get("anyOf", [schema])
    nothing: Mapping[str, Any] = {}
    return next((each for each in alternatives if each.get("type") == kind), nothing)


def _unknown(name: str) -> str:
    """Why an argument is refused, and what to do."""
    import difflib  # few need it

    known = {*CHAT_COMPLETION_REQUEST_SCHEMA["properties"], *CreateParams.__annotations__}
    close = difflib.get_close_matches(name, known, 1, 0.75)
    advice = f"; did you mean {close[0]!r}?" if close else "."
    return (
        f"MiniMax's API documents no request field {name!r}{advice} "
        f"To send it all the same, use extra_body={{{name!r}: ...}}"
    )
