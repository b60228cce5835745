from enum import StrEnum


class ErrorType(StrEnum):
    AUTHORIZED_ERROR = "authorized_error"
    BAD_REQUEST_ERROR = "bad_request_error"
    INSUFFICIENT_BALANCE_ERROR = "insufficient_balance_error"
    OVERLOADED_ERROR = "overloaded_error"
    RATE_LIMIT_ERROR = "rate_limit_error"
    SERVER_ERROR = "server_error"
    UNPROCESSABLE_ENTITY_ERROR = "unprocessable_entity_error"

    def __str__(self) -> str:
        return str(self.value)
