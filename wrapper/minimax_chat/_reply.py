"""Reads a whole reply: as an answer, or else as the error that it reports."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Mapping
from typing import Any, cast

from minimax_chat_api.contract import RETRYABLE_STATUS_CODES, STATUS_MEANINGS, check

from ._completion import Completion
from ._errors import (
    ERROR_CLASSES,
    HTTP_ERROR_CLASSES,
    APIError,
    AuthenticationError,
    BadRequestError,
    InputContentError,
    InternalServerError,
    MiniMaxError,
    OutputContentError,
    ResponseDecodeError,
    ResponseLimitError,
    ServerTimeoutError,
)
from ._http import Response
from ._json import as_array, as_object, as_string, parse
from ._request import PreparedCall
from ._unpack import Unpacker

log = logging.getLogger("minimax_chat")

# What must have the right type wherever it is present; everything else is read leniently.
_TEXT = {"type": ["string", "null"]}
_FUNCTION = {"type": ["object", "null"], "properties": {"name": _TEXT, "arguments": _TEXT}}
_CALL = {"type": "object", "properties": {"id": _TEXT, "function": _FUNCTION}}
_CALLS = {"type": ["array", "null"], "items": _CALL}
_MESSAGE = {"type": ["object", "null"], "properties": {"content": _TEXT, "tool_calls": _CALLS}}
_CHOICE = {"type": "object", "properties": {"message": _MESSAGE, "delta": _MESSAGE}}
_CHOICES = {"type": ["array", "null"], "items": _CHOICE}
ANSWER_SCHEMA = {"type": "object", "properties": {"choices": _CHOICES}}


class ReplyHead:
    """The status and headers of a reply, with the call that it answers."""

    def __init__(
        self, call: PreparedCall, status: int, headers: Mapping[str, str], *, unpacked: bool = False
    ) -> None:
        self.call: PreparedCall = call
        self.status: int = status
        self._headers = headers
        encoding = headers.get("content-encoding", "").strip().lower()
        self.content_encoding: str = "" if unpacked else encoding
        """The encoding to unpack, in lower case."""

    @classmethod
    def of(cls, call: PreparedCall, response: Response) -> ReplyHead:
        # A transport or an event hook may have read, and so unpacked, the body.
        unpacked = response.is_stream_consumed
        return cls(call, response.status_code, response.headers, unpacked=unpacked)

    @property
    def headers(self) -> Mapping[str, str]:
        """Names in lower case, the API key redacted: errors show some of them."""
        headers: Mapping[str, str] = self.call.config.redact(dict(self._headers))
        return headers

    @property
    def content_type(self) -> str:
        """The media type, in lower case and without parameters."""
        return self._headers.get("content-type", "").partition(";")[0].strip().lower()

    def completion(self, content: bytes | bytearray) -> Completion:
        """The answer in a whole body; raises the error that the body reports instead."""
        log.debug("HTTP %d: %d bytes", self.status, len(content))
        body = self.json_object(*parsed(content), whole=True)
        return Completion(body, self.trace_id(body))

    def json_object(self, body: Any, problem: str | None, *, whole: bool = False) -> dict[str, Any]:
        """The object that was parsed; raises the error that it reports instead."""
        if (
            problem is None
            and not is_failure(self.status, body)
            # Nearly all answers are plain, and found to be so in a tenth of the time.
            and (_is_plain_answer(body) or _schema_violation(body, whole=whole) is None)
        ):
            return as_object(body)
        raise self._error(body, problem, whole=whole)

    def trace_id(self, body: Any) -> str | None:
        """The id of the call, the API key redacted: some servers echo it."""
        return self.call.config.redact_key(trace_id(self._headers, body))

    def undecodable(self, body: Any, reason: str) -> ResponseDecodeError:
        """The error for a reply that is neither an answer nor a failure."""
        kinds = [self.headers.get(name) for name in ("content-type", "content-encoding")]
        told = f"the response violates the schema: {reason} ({', '.join(filter(None, kinds))})"
        shown = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
        return ResponseDecodeError(
            self.call.config.redact(told),
            http_status=self.status,
            trace_id=self.trace_id(body),
            body=shown[:500],
        )

    def add_details(self, error: MiniMaxError) -> None:
        """Tells an error of reading the body which reply it was."""
        error.http_status = error.http_status or self.status
        error.trace_id = error.trace_id or self.trace_id(None)

    def _error(self, body: Any, problem: str | None, *, whole: bool) -> MiniMaxError:
        body = self.call.config.redact(body)  # some servers echo the key
        error: MiniMaxError | None = api_error(self.status, self.headers, body)
        if error is None and whole:
            error = content_filter_error(self.status, self.headers, body)
        if error is None:
            # Checked again, because the body no longer contains the key.
            reason = problem or _schema_violation(body, whole=whole) or ""
            error = self.undecodable(body, reason)
        self._add_hint(error)
        return error

    def _add_hint(self, error: MiniMaxError) -> None:
        messages = as_array(self.call.fields.get("messages"))
        roles = [as_object(message).get("role") for message in messages]
        if isinstance(error, AuthenticationError):
            error.hint = self.call.config.region_hint()
        elif error.code == 2013 and roles.count("system") > 1:
            error.hint = "The API accepts a single system message; combine them."
        elif error.retry_after is not None:
            error.hint = f"{error.hint} The API asks to wait {error.retry_after:g} s."


class WholeReply:
    """Collects the body of a reply that is read to its end."""

    def __init__(self, head: ReplyHead) -> None:
        self._head = head
        self._unpacker = Unpacker(head.content_encoding)
        self._content = bytearray()

    def feed(self, data: bytes) -> None:
        """Adds the next bytes; raises ResponseLimitError if there are too many."""
        limit = self._head.call.config.max_answer_bytes
        try:
            for piece in self._unpacker.feed(data):
                self._content += piece
                if len(self._content) > limit:
                    if not 200 <= self._head.status < 300:
                        del self._content[limit:]
                        self.completion()  # which raises the error that the status stands for
                    raise ResponseLimitError(f"the response body exceeds {limit:,} bytes")
        except ResponseDecodeError as error:
            self._head.add_details(error)
            raise

    def completion(self) -> Completion:
        """The answer in the body; raises the error that the body reports instead."""
        return self._head.completion(self._content)


def is_failure(http_status: int, body: Any) -> bool:
    """Whether a reply reports a failure, in either documented shape or by its HTTP status."""
    reply = as_object(body)
    failed = bool(reply.get("error")) or _base_resp_code(reply) is not None
    return failed or not 200 <= http_status < 300


def api_error(http_status: int, headers: Mapping[str, str], body: Any) -> APIError | None:
    """The error that a reply reports; None if it reports none.

    `body` is the JSON value of the reply, or its text if it is not JSON.
    """
    if not is_failure(http_status, body):
        return None
    reply = as_object(body)
    code = _base_resp_code(reply)
    message = as_string(as_object(reply.get("base_resp")).get("status_msg")) if code else ""
    error = reply.get("error")
    if error:
        detail = as_object(error)
        message = as_string(detail.get("message") or error) or message
        in_parentheses = re.search(r"\((\d{1,9})\)\s*\Z", message)
        code = int(in_parentheses[1]) if in_parentheses else code or _number(detail.get("code"))
        if http_status < 300:  # in a stream, whose HTTP status was sent before the failure
            http_status = _number(detail.get("http_code")) or http_status
    result = _error_class(code, http_status)(
        message or STATUS_MEANINGS.get(code or -1) or "the API returned an error without a message",
        code=code,
        http_status=http_status,
        trace_id=trace_id(headers, body),
        retry_after=retry_after(headers),
        body=reply if isinstance(body, dict) else str(body)[:500],
    )
    if code in STATUS_MEANINGS:
        result.retryable = code in RETRYABLE_STATUS_CODES
    if 300 <= http_status < 400:
        to = headers.get("location")
        result.hint = f"The redirect to {to} was not followed, to protect the key. Check base_url."
    elif not message and code is None and not isinstance(result, ServerTimeoutError):
        result.hint = f"The response was {str(cast('Any', body))[:200]!r}. Check base_url."
    return result


def _error_class(code: int | None, http_status: int) -> type[APIError]:
    """The class for a documented status code, else for the HTTP status."""
    if code in ERROR_CLASSES:
        return ERROR_CLASSES[code]
    if http_status in HTTP_ERROR_CLASSES:
        return HTTP_ERROR_CLASSES[http_status]
    if 400 <= http_status < 500:
        return BadRequestError
    return InternalServerError if 500 <= http_status < 600 else APIError


def content_filter_error(
    http_status: int, headers: Mapping[str, str], body: Any
) -> APIError | None:
    """The error for a reply whose flags say that the content filter blocked the answer."""
    reply = as_object(body)
    classes: dict[str, type[APIError]] = {"input": InputContentError, "output": OutputContentError}
    for side, error_class in classes.items():
        if reply.get(f"{side}_sensitive") is True:
            kind = reply.get(f"{side}_sensitive_type")
            return error_class(
                f"the {side} hit the content filter, and there is no answer "
                f"({side}_sensitive_type {kind})",
                http_status=http_status,
                trace_id=trace_id(headers, body),
                body=reply,
            )
    return None


def trace_id(headers: Mapping[str, str], body: Any) -> str | None:
    """The id of the call: the documented header, else the body's, else headers seen in practice."""
    reply = as_object(body)
    found = (
        headers.get("trace-id")
        or reply.get("request_id")
        or reply.get("id")
        or headers.get("x-mm-request-id")
        or headers.get("minimax-request-id")
        or headers.get("x-session-id")
    )
    return str(found) if found else None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from retry-after-ms or Retry-After (seconds or a date); None if invalid."""
    date = headers.get("retry-after", "")
    for value, unit in ((headers.get("retry-after-ms", ""), 0.001), (date, 1.0)):
        try:
            if 0 <= (seconds := float(value) * unit) < float("inf"):
                return seconds
        except ValueError:
            pass
    if not any(map(str.isalpha, date)):
        return None
    # Imported when needed: few calls fail, and fewer still with a date.
    from dateutil.parser import parse

    try:
        moment = parse(date, tzinfos=lambda name, offset: offset)
        # Without a time zone it is not an HTTP date, but something that parse() tolerates.
        return max(0.0, moment.timestamp() - time.time()) if moment.tzinfo else None
    except (ValueError, TypeError, ArithmeticError):  # all of which parse() raises
        return None


def _base_resp_code(reply: dict[str, Any]) -> int | None:
    """The status code in `base_resp`; None if it reports success or is missing."""
    return _number(as_object(reply.get("base_resp")).get("status_code")) or None


def _number(value: Any) -> int | None:
    """A status code, which some replies send as a string or float."""
    try:
        return None if isinstance(value, bool) else int(float(value))
    except (TypeError, ValueError, OverflowError):
        return None


def parsed(content: bytes | bytearray) -> tuple[Any, str | None]:
    """The JSON value in a body or an event; if there is none, its text with the reason."""
    problem = "the body is a string"
    try:
        value = parse(content)
        if not isinstance(value, str):
            return value, None
    except (ValueError, RecursionError) as cause:
        problem = f"the body is not JSON ({cause})"
    return content.decode("utf-8-sig", "replace"), problem


def _is_plain_answer(body: Any) -> bool:
    """Whether a body has a single choice with a text and no tool calls, so that it is an answer."""
    try:
        (choice,) = body["choices"]
        if "message" in choice and "delta" in choice:
            return False
        message = choice["message"] if "message" in choice else choice["delta"]
        return message["content"].__class__ is str and message.get("tool_calls") is None
    except (KeyError, TypeError, ValueError):
        return False


def _schema_violation(body: Any, *, whole: bool) -> str | None:
    """Why a JSON value is not an event or, if `whole`, not an answer; None if it is."""
    violation = check(body, ANSWER_SCHEMA, "the body")
    if violation is None and whole and not body.get("choices"):
        return "the body has no choices"
    return violation
