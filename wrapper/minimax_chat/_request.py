"""Turns the arguments of `create` into a request that the contract allows."""

from __future__ import annotations

import inspect
import json
import logging
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias, TypeVar, cast

from attrs import field, frozen

from minimax_chat_api.api.chat import create_chat_completion
from minimax_chat_api.contract import CHAT_COMPLETION_REQUEST_SCHEMA, Received, check
from minimax_chat_api.params import ChatCompletionRequestParam, MessageParam, SupportsToDict

from ._config import Config
from ._errors import InvalidArgumentError
from ._http import Request, Timeout, full_timeout

Conversation: TypeAlias = list[MessageParam | SupportsToDict]
"""The type of `messages` to which answers are appended: annotate the list with it."""

Create = TypeVar("Create", bound=Callable[..., Any])

log = logging.getLogger("minimax_chat")


class CreateParams(ChatCompletionRequestParam, total=False):
    """The arguments of `create`: the request's fields, with options of this call alone.

    Keys:
        timeout: Seconds of inactivity before the call fails, or an httpx.Timeout.
        max_retries: How often the call is retried after a failure.
        extra_headers: Headers to send beside the client's.
        extra_body: Undocumented request fields, sent unchecked.
    """

    timeout: float | Timeout | None
    max_retries: int | None
    extra_headers: Mapping[str, str] | None
    extra_body: Mapping[str, Any] | None


def show_parameters(create: Create) -> Create:
    """Shows the arguments of `create` to help() and notebooks, which see nothing in `**params`."""
    signature = inspect.signature(create)
    own = [each for each in signature.parameters.values() if each.kind is not each.VAR_KEYWORD]
    parameters = [*own, *map(_parameter, CreateParams.__annotations__)]
    parameters.sort(key=lambda each: each.default is None)  # the required ones first
    vars(create)["__signature__"] = signature.replace(parameters=parameters)
    head, raises, errors = inspect.cleandoc(create.__doc__ or "").partition("\n\nRaises:")
    keys = _documented_keys(ChatCompletionRequestParam) + _documented_keys(CreateParams)
    create.__doc__ = head + keys + raises + errors
    return create


def _parameter(name: str) -> inspect.Parameter:
    required = name in CreateParams.__required_keys__
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=inspect.Parameter.empty if required else None,
        annotation=CreateParams.__annotations__[name].__forward_arg__,
    )


def _documented_keys(params: type) -> str:
    """The lines that follow `Keys:` in the docstring of a typed dict."""
    return inspect.cleandoc(params.__doc__ or "").partition("Keys:")[2]


@frozen
class PreparedCall:
    """A checked call of `create`, ready to be sent as often as needed."""

    config: Config
    stream: bool
    fields: Mapping[str, Any] = field(repr=False)
    """The body as a JSON object."""
    request: dict[str, Any] = field(repr=False)
    """The arguments of the HTTP client's `build_request`."""

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
        if not isinstance(extra_body, Mapping):
            given = type(extra_body).__name__
            raise InvalidArgumentError(f"extra_body must be a mapping (got {given})")
        if "stream" in extra_body:
            raise InvalidArgumentError("extra_body must not contain stream: pass it as an argument")
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
        """Logs the start of an attempt."""
        total = self.config.max_retries + 1
        log.info("POST %s: attempt %d of %d", self.request["url"], attempt, total)

    def authorize(self, request: Request) -> Request:
        """Adds the API key when the request is sent, so that no other object holds it."""
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
    """Stands in for the generated model, which refuses messages that an answer left incomplete."""

    fields: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        return self.fields


def _endpoint(fields: dict[str, Any]) -> dict[str, Any]:
    """The method, path and headers of the generated endpoint."""
    body: Any = _CheckedBody(fields)
    request: dict[str, Any] = create_chat_completion._get_kwargs(body=body)  # pyright: ignore[reportPrivateUsage]
    del request["json"]  # serialized by _to_json, without httpx's spaces and escapes
    return request


def _to_json(fields: dict[str, Any]) -> bytes:
    try:
        content = json.dumps(fields, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidArgumentError(f"the request cannot be serialized as JSON: {error}") from None
    limit: float = CHAT_COMPLETION_REQUEST_SCHEMA.get("x-max-body-bytes", math.inf)
    if len(content) > limit:
        most = f"{limit:,} bytes ({limit / 2**20:g} MB)"
        raise InvalidArgumentError(
            f"the request body must have at most {most}, but has {len(content):,}: "
            "upload large files to the Files API and pass their mm_file:// URLs"
        )
    return content


def _json_value(given: Any, schema: Mapping[str, Any]) -> Any:
    """Converts models to dicts and iterators to lists; drops optional fields that are None."""
    value: Any = given
    if hasattr(given, "to_dict") and not isinstance(given, type):
        value = _json_value(given.to_dict(), schema)
        # A view or model of this name comes out of an answer, and is sent back unchanged.
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
    """The part of a schema that describes values of one type."""
    alternatives: list[Mapping[str, Any]] = schema.get("anyOf", [schema])
    nothing: Mapping[str, Any] = {}
    return next((each for each in alternatives if each.get("type") == kind), nothing)


def _unknown_argument(name: str) -> str:
    """Why an argument is refused, with what to do."""
    import difflib  # rarely needed

    known = {*CHAT_COMPLETION_REQUEST_SCHEMA["properties"], *CreateParams.__annotations__}
    close = difflib.get_close_matches(name, known, 1, 0.75)
    advice = f"; did you mean {close[0]!r}?" if close else "."
    return (
        f"unknown argument {name!r}{advice} "
        f"To send an undocumented field, use extra_body={{{name!r}: ...}}"
    )
