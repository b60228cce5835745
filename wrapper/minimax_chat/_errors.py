"""The errors, and which status code is which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
        said = f"{self.message.rstrip('.')}. {self.hint}" if self.hint else self.message
        return f"{said} [{told}]" if told else said


class ConfigurationError(MiniMaxError):
    """A key, base URL or option is unusable, or the client is closed. Nothing was sent."""


class InvalidArgumentError(MiniMaxError, ValueError):
    """An argument of a call that the contract forbids. Nothing was sent."""


class APIConnectionError(MiniMaxError):
    """The API could not be reached, or the connection died before a reply."""

    retryable = True
    hint = "Check the network, the proxy and base_url."


class APITimeoutError(APIConnectionError):
    """The connection, or the next byte, did not come in time."""

    hint = "Try a longer timeout=."


class ResponseDecodeError(MiniMaxError):
    """What came back is not what the contract says."""

    hint = "Check base_url and what stands between this and the API."


class StreamInterruptedError(MiniMaxError):
    """A stream ended before its answer did. `completion` holds what had arrived."""

    completion: Completion  # pyright: ignore[reportIncompatibleVariableOverride]
    hint = "Ask again; `completion` holds what had arrived."


class APIError(MiniMaxError):
    """The API said no. Itself the class of the codes that nobody has documented."""

    hint = "MiniMax's page of error codes may know the code; its support asks for the trace id."


class AuthenticationError(APIError):
    """The key is missing, wrong, or of another region."""


class InsufficientBalanceError(APIError):
    """The account's balance is used up."""

    hint = "Top up the account's balance; the call will fail until then."


class RateLimitError(APIError):
    """Too many requests or connections, or too quickly more of them."""

    retryable = True
    hint = "Wait before the next call, or raise max_retries."


class PlanLimitError(RateLimitError):
    """The plan's usage limit is reached."""

    retryable = False
    hint = "The plan's usage limit lifts with its next time window; retrying sooner does not help."


class BadRequestError(APIError):
    """The API refuses the request as it is."""

    hint = "Change the request: as it is, it will be refused again."


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
    hint = "Try again later; if it stays, MiniMax's support asks for the trace id."


class ServerTimeoutError(APIError, APITimeoutError):
    """The API gave up on the request."""

    hint = "Try again; a shorter or streamed answer is less likely to take too long."


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
    408: ServerTimeoutError,
    429: RateLimitError,
}
"""The class of an HTTP status, where the reply has no documented status code."""
