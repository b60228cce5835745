"""The errors, and how a reply becomes one."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from minimax_chat_api.contract import RETRYABLE_STATUS_CODES, STATUS_MEANINGS

from ._json import as_object, as_string

if TYPE_CHECKING:
    from ._completion import Completion


class MiniMaxError(Exception):
    """Whatever this package raises.

    Attributes:
        message: What went wrong, in the API's words where it had any.
        code: The API's status code, such as 1004; None where there is none.
        http_status: Status of the HTTP reply; None where there was none.
        trace_id: Identifies the call to the vendor's support; None where there is none.
        retryable: Whether the same call may succeed later.
        retry_after: Seconds that the API asked to wait; None where it did not.
        body: What came back, a JSON object or the first part of anything else; None for nothing.
        completion: What had arrived of a stream; None elsewhere.
        hint: What to do about it; "" where that is open.
    """

    retryable: bool = False
    code: int | None = None
    http_status: int | None = None
    trace_id: str | None = None
    retry_after: float | None = None
    body: dict[str, Any] | str | None = None
    completion: Completion | None = None
    hint: str = ""

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.__dict__.update(details)

    def __str__(self) -> str:
        known = {"code": self.code, "HTTP": self.http_status, "trace id": self.trace_id}
        told = ", ".join(f"{name} {value}" for name, value in known.items() if value is not None)
        return " ".join(filter(None, [self.message, self.hint, told and f"[{told}]"]))


class ConfigurationError(MiniMaxError):
    """A key, base URL or option is unusable, or the client is closed. Nothing was sent."""


class InvalidArgumentError(MiniMaxError, ValueError):
    """An argument of a call that the contract forbids. Nothing was sent."""


class APIConnectionError(MiniMaxError):
    """The API could not be reached, or the connection died before a reply."""

    retryable = True


class APITimeoutError(APIConnectionError):
    """The connection, or the next byte, did not come in time."""


class ResponseDecodeError(MiniMaxError):
    """What came back is not what the contract says."""


class StreamInterruptedError(MiniMaxError):
    """A stream ended before its answer did. `completion` holds what had arrived."""


class APIError(MiniMaxError):
    """The API said no. Itself the class of the codes that nobody has documented."""


class AuthenticationError(APIError):
    """The key is missing, wrong, or of another region."""


class InsufficientBalanceError(APIError):
    """The account's balance is used up."""

    hint = "Top up the account's balance; the call will fail until then."


class RateLimitError(APIError):
    """Too many requests or connections, or too quickly more of them."""

    retryable = True


class PlanLimitError(RateLimitError):
    """The plan's usage limit is reached."""

    retryable = False
    hint = "The plan's usage limit lifts with its next time window; retrying sooner does not help."


class BadRequestError(APIError):
    """The API refuses the request as it is."""


class TokenLimitError(APIError):
    """The token limit is exceeded."""

    hint = "Shorten the messages or change max_completion_tokens."


class ContentFilterError(APIError):
    """The content filter refused the call."""


class InputContentError(ContentFilterError):
    """The input hit the content filter."""

    hint = "Change the messages: the same input will be refused again."


class OutputContentError(ContentFilterError):
    """The output hit the content filter."""

    hint = "Change the messages: the answer to them was refused."


class InternalServerError(APIError):
    """The API failed."""

    retryable = True


class ServerTimeoutError(APIError, APITimeoutError):
    """The API gave up on the request."""


ERROR_CLASSES: dict[int, type[APIError]] = {
    **dict.fromkeys((1000, 1013, 1024, 1033), InternalServerError),
    **dict.fromkeys((1002, 1041, 2045), RateLimitError),
    **dict.fromkeys((1004, 2049), AuthenticationError),
    **dict.fromkeys((1042, 2013), BadRequestError),
    1001: ServerTimeoutError,
    1008: InsufficientBalanceError,
    1026: InputContentError,
    1027: OutputContentError,
    1039: TokenLimitError,
    2056: PlanLimitError,
}
"""The class of each documented status code."""

HTTP_ERROR_CLASSES: dict[int, type[APIError]] = {
    **dict.fromkeys((401, 403), AuthenticationError),
    402: InsufficientBalanceError,
    429: RateLimitError,
}
"""The class of an HTTP status, where the reply has no documented status code."""


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
    elif not message and not isinstance(body, dict):
        result.hint = f"The body of the reply was {result.body!r}."
    return result


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
