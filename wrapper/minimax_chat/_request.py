"""The arguments of `create`, made into a request that is checked against the contract."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from attrs import field, frozen

from minimax_chat_api.api.chat import create_chat_completion
from minimax_chat_api.contract import (
    CHAT_COMPLETION_REQUEST_SCHEMA,
    ChatCompletionRequestParam,
    Received,
    check,
)

from ._config import Config
from ._errors import InvalidArgumentError
from ._http import Request, Timeout, full_timeout

log = logging.getLogger("minimax_chat")


class CreateParams(ChatCompletionRequestParam, total=False):
    """The arguments of `create`: the contract's request fields, and of this call alone:"""

    timeout: float | Timeout | None
    """Seconds without a byte, or an httpx.Timeout."""
    max_retries: int | None
    """How often the call is tried again after a failure."""
    extra_headers: Mapping[str, str] | None
    """Headers to send beside the client's."""
    extra_body: Mapping[str, Any] | None
    """Request fields that the contract does not know, sent unchecked."""


@frozen
class PreparedCall:
    """One call of `create`: checked, and ready to be sent as often as needed."""

    config: Config
    stream: bool
    fields: Mapping[str, Any] = field(repr=False)
    """The body as a JSON object."""
    request: dict[str, Any] = field(repr=False)
    """What the HTTP client builds the request of."""

    @classmethod
    def prepare(cls, config: Config, stream: bool | None, params: CreateParams) -> PreparedCall:
        """Checks the arguments against the contract; raises InvalidArgumentError."""
        arguments: dict[str, Any] = {**params, "stream": stream}
        config = config.override(
            arguments.pop("timeout", None),
            arguments.pop("max_retries", None),
            arguments.pop("extra_headers", None),
        )
        extra_body: Any = arguments.pop("extra_body", None) or {}
        unknown = arguments.keys() - CHAT_COMPLETION_REQUEST_SCHEMA["properties"]
        if unknown:
            raise InvalidArgumentError(_unknown_argument(min(unknown)))
        if not isinstance(extra_body, Mapping) or "stream" in extra_body:
            raise InvalidArgumentError("extra_body must be a mapping, and stream an argument")
        fields = _checked_fields(arguments)
        request = _endpoint(fields)
        fields |= cast("Mapping[str, Any]", extra_body)
        request["content"] = _to_json(fields)
        headers = {"user-agent": "minimax-chat", **request["headers"], **config.headers}
        request["headers"] = {name.lower(): value for name, value in headers.items()}
        request["url"] = config.base_url + request["url"]
        request["timeout"] = full_timeout(config.timeout)
        return cls(config, bool(stream), fields, request)

    def log_attempt(self, attempt: int) -> None:
        """Logs that an attempt begins."""
        total = self.config.max_retries + 1
        log.info("POST %s: attempt %d of %d", self.request["url"], attempt, total)

    def authorize(self, request: Request) -> Request:
        """Adds the key as the request leaves, so that nothing else holds it."""
        request.headers["Authorization"] = f"Bearer {self.config.api_key}"
        return request


def _checked_fields(arguments: dict[str, Any]) -> dict[str, Any]:
    try:
        fields: dict[str, Any] = _json_value(arguments, CHAT_COMPLETION_REQUEST_SCHEMA)
        problem = check(fields, CHAT_COMPLETION_REQUEST_SCHEMA)
    except RecursionError:
        raise InvalidArgumentError("the arguments are nested too deeply") from None
    if problem:
        raise InvalidArgumentError(problem)
    return fields


@frozen
class _CheckedBody:
    """A generated model in name: a real one would refuse what an answer that goes back lacks."""

    fields: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        return self.fields


def _endpoint(fields: dict[str, Any]) -> dict[str, Any]:
    """Method, path and headers of the generated endpoint."""
    body: Any = _CheckedBody(fields)
    request: dict[str, Any] = create_chat_completion._get_kwargs(body=body)  # pyright: ignore[reportPrivateUsage]
    del request["json"]  # written here, without the spaces and escapes of httpx
    return request


def _to_json(fields: dict[str, Any]) -> bytes:
    try:
        content = json.dumps(fields, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidArgumentError(f"the request cannot be written as JSON: {error}") from None
    limit: float = CHAT_COMPLETION_REQUEST_SCHEMA.get("x-max-body-bytes", math.inf)
    if len(content) > limit:
        most = f"{limit:,} ({limit / 2**20:g} MB)"
        raise InvalidArgumentError(
            f"the request has {len(content):,} bytes, but must have <= {most}: upload large files "
            "to the Files API and give their mm_file:// URLs"
        )
    return content


def _json_value(given: Any, schema: Mapping[str, Any]) -> Any:
    """Models as dicts, iterators as lists; without the contract's optional fields that are None."""
    value: Any = given
    if hasattr(given, "to_dict") and not isinstance(given, type):
        value = _json_value(given.to_dict(), schema)
        # A view or model of this name: an answer carried it, and it goes back as it came.
        received_as = _alternative(schema, "object").get("x-received-as")
        if type(given).__name__.removesuffix("View") == received_as:
            return Received(value)
    if isinstance(value, Mapping):
        schema = _alternative(schema, "object")
        known, required = schema.get("properties", {}), schema.get("required", ())
        items = cast("Mapping[Any, Any]", value).items()  # type: ignore[redundant-cast]
        return {
            name: _json_value(item, known.get(name, {}))
            for name, item in items
            if item is not None or name not in known or name in required
        }
    array = _alternative(schema, "array")
    if isinstance(value, (list, tuple, Iterator)) or (array and _is_iterable(value)):
        items_schema = array.get("items", {})
        return [_json_value(item, items_schema) for item in cast("Iterable[Any]", value)]
    return value


def _is_iterable(value: Any) -> bool:
    return isinstance(value, Iterable) and not isinstance(
        value, (str, bytes, bytearray, memoryview)
    )


def _alternative(schema: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    """What a schema says of values of a type."""
    alternatives: list[Mapping[str, Any]] = schema.get("anyOf", [schema])
    nothing: Mapping[str, Any] = {}
    return next((each for each in alternatives if each.get("type") == kind), nothing)


def _unknown_argument(name: str) -> str:
    """Why an argument is refused, and what to do."""
    import difflib  # rarely needed

    known = {*CHAT_COMPLETION_REQUEST_SCHEMA["properties"], *CreateParams.__annotations__}
    close = difflib.get_close_matches(name, known, 1, 0.75)
    advice = f"; did you mean {close[0]!r}?" if close else "."
    return (
        f"MiniMax's API documents no request field {name!r}{advice} "
        f"To send it all the same, use extra_body={{{name!r}: ...}}"
    )
