"""How a reply becomes an error, in either documented shape."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any, cast

from minimax_chat_api.contract import RETRYABLE_STATUS_CODES, STATUS_MEANINGS

from ._errors import (
    ERROR_CLASSES,
    HTTP_ERROR_CLASSES,
    APIError,
    BadRequestError,
    InputContentError,
    InternalServerError,
    OutputContentError,
)
from ._json import as_object, as_string


def failure(http_status: int, headers: Mapping[str, str], body: Any) -> APIError | None:
    """The error that a reply tells, in either documented shape or by its HTTP status.

    `body` is the JSON value of the reply, or the first part of whatever else it was.
    """
    reply = as_object(body)
    base_resp, error = as_object(reply.get("base_resp")), reply.get("error")
    code = _number(base_resp.get("status_code")) or None
    message = as_string(base_resp.get("status_msg")) if code else ""
    if error:
        detail = as_object(error)
        message = as_string(detail.get("message") or error) or message
        in_parentheses = re.search(r"\((\d{1,9})\)\s*\Z", message)
        code = int(in_parentheses[1]) if in_parentheses else code or _number(detail.get("code"))
        if http_status < 300:  # in a stream, where the reply's own status was sent before
            http_status = _number(detail.get("http_code")) or http_status
    elif code is None and 200 <= http_status < 300:
        return None
    by_status = {4: BadRequestError, 5: InternalServerError}.get(http_status // 100, APIError)
    kind = ERROR_CLASSES.get(code or 0) or HTTP_ERROR_CLASSES.get(http_status, by_status)
    result = kind(
        message or STATUS_MEANINGS.get(code or -1) or "the API failed without a message",
        code=code,
        http_status=http_status,
        trace_id=trace_id(headers, body),
        retry_after=retry_after(headers),
        body=reply if isinstance(body, dict) else str(body)[:500],
    )
    if code in STATUS_MEANINGS:
        result.retryable = code in RETRYABLE_STATUS_CODES
    if http_status // 100 == 3:
        to = headers.get("location")
        result.hint = f"It redirects to {to}: the key is not sent there, check base_url."
    elif not message and code is None:
        result.hint = f"The reply was {str(cast('Any', body))[:200]!r}: check base_url."
    return result


def filtered(http_status: int, headers: Mapping[str, str], body: Any) -> APIError | None:
    """The error of a reply without an answer whose flags say that the content filter hit."""
    reply = as_object(body)
    kinds: dict[str, type[APIError]] = {"input": InputContentError, "output": OutputContentError}
    for side, kind in kinds.items():
        if reply.get(f"{side}_sensitive") is True:
            return kind(
                f"the {side} hit the content filter, and there is no answer "
                f"({side}_sensitive_type {reply.get(f'{side}_sensitive_type')})",
                http_status=http_status,
                trace_id=trace_id(headers, body),
                body=reply,
            )
    return None


def trace_id(headers: Mapping[str, str], body: Any) -> str | None:
    """Identifies the call: the documented header, what the body says, headers seen on the wire."""
    reply = as_object(body)
    others = ("x-mm-request-id", "minimax-request-id", "x-session-id")
    found = (headers.get("trace-id"), reply.get("request_id"), reply.get("id"))
    return next((str(value) for value in (*found, *map(headers.get, others)) if value), None)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait by retry-after-ms or Retry-After (seconds or a date); None for garbage."""
    date = headers.get("retry-after", "")
    for value, unit in ((headers.get("retry-after-ms", ""), 0.001), (date, 1.0)):
        try:
            if 0 <= (seconds := float(value) * unit) < float("inf"):
                return seconds
        except ValueError:
            pass
    if not any(map(str.isalpha, date)):
        return None
    # Imported here, because few calls fail and fewer with a date.
    from dateutil.parser import parse

    try:
        moment = parse(date, tzinfos=lambda name, offset: offset)
        # Without a time zone it is no HTTP date, but something that parse() made sense of.
        return max(0.0, moment.timestamp() - time.time()) if moment.tzinfo else None
    except (ValueError, TypeError, ArithmeticError):  # all of which parse() raises
        return None


def _number(value: Any) -> int | None:
    """A status code, which has been seen as a string and as a float."""
    try:
        return None if isinstance(value, bool) else int(float(value))
    except (TypeError, ValueError, OverflowError):
        return None
