"""The error tree, with the table from status code to class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._completion import Completion


class MiniMaxError(Exception):
    """The base class of all errors that this package raises.

    Attributes:
        message: What went wrong, in the API's words if it gave any.
        code: The API's status code, such as 1004; None if there is none.
        http_status: The HTTP status of the response; None if there was no response.
        trace_id: Identifies the call to MiniMax's support; None if unknown.
        retryable: Whether the same call may succeed later.
        retry_after: Seconds that the API asked to wait; None if it did not ask.
        body: The response body, as a JSON object or the start of its text; None if there was none.
        completion: What had arrived of a stream; None for other calls.
        hint: What to do about it; "" if nothing general can be said.
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
        said = f"{self.message.rstrip('.')}. {self.hint}" if self.hint else self.message
        return f"{said} [{told}]" if told else said


class ConfigurationError(MiniMaxError):
    """The key, base URL or another option is invalid, or the client is closed. Nothing was sent."""


class InvalidArgumentError(MiniMaxError, ValueError):
    """An argument violates the contract. Nothing was sent."""


class APIConnectionError(MiniMaxError):
    """The API could not be reached, or the connection was lost before a response arrived.

    Attributes:
        sent: Whether the request may have been sent; False if no connection was established.
    """

    retryable = True
    sent: bool = True
    hint = "Check the network, the proxy and base_url."


class APITimeoutError(APIConnectionError):
    """The connection was not established, or no data arrived, in time."""

    hint = "Increase timeout=."


class ResponseDecodeError(MiniMaxError):
    """The response violates the schema."""

    hint = "Check base_url, and proxies between this machine and the API."


class ResponseLimitError(ResponseDecodeError):
    """The response is larger than the client allows."""

    hint = "If the answer is meant to be so large, increase max_answer_bytes=."


class StreamInterruptedError(MiniMaxError):
    """The stream ended before the answer was complete. `completion` holds what had arrived."""

    completion: Completion  # pyright: ignore[reportIncompatibleVariableOverride]
    hint = "Call again; `completion` holds what had arrived."


class APIError(MiniMaxError):
    """The API returned an error. Codes without a class of their own raise this class."""

    hint = "See MiniMax's list of error codes, or give its support the trace id."


class AuthenticationError(APIError):
    """The API key is missing, invalid, or issued for another region."""


class InsufficientBalanceError(APIError):
    """The account's balance is insufficient."""

    hint = "Top up the account's balance; calls fail until then."


class RateLimitError(APIError):
    """Too many requests or connections, or too fast an increase."""

    retryable = True
    hint = "Wait before the next call, or increase max_retries."


class PlanLimitError(RateLimitError):
    """The usage limit of the plan is reached."""

    retryable = False
    hint = "The limit resets with the plan's next time window; retrying earlier does not help."


class BadRequestError(APIError):
    """The API rejected the request as invalid."""

    hint = "Change the request; it would be rejected again."


class TokenLimitError(APIError):
    """The token limit is exceeded."""

    hint = "Shorten the messages, or change max_completion_tokens."


class ContentFilterError(APIError):
    """The content filter blocked the call."""


class InputContentError(ContentFilterError):
    """The content filter blocked the input."""

    hint = "Change the messages; the same input would be blocked again."


class OutputContentError(ContentFilterError):
    """The content filter blocked the output."""

    hint = "Change the messages; the answer to them was blocked."


class InternalServerError(APIError):
    """The API failed to process the request."""

    retryable = True
    hint = "Try again later; if it persists, give MiniMax's support the trace id."


class ServerTimeoutError(APIError, APITimeoutError):
    """The API took too long to process the request."""

    hint = "Try again; a shorter or streamed answer is less likely to time out."


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
"""The class for each documented status code."""

HTTP_ERROR_CLASSES: dict[int, type[APIError]] = {
    **dict.fromkeys((401, 403), AuthenticationError),
    402: InsufficientBalanceError,
    408: ServerTimeoutError,
    429: RateLimitError,
}
"""The class for an HTTP status, used if the response has no documented status code."""
