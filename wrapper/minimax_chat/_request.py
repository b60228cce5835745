"""Turns the arguments of `create` into a request that the contract allows."""

from __future__ import annotations

import inspect
import json
import logging
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from minimax_chat_api.contract import (
    CHAT_COMPLETION_REQUEST_KEYS,
    CHAT_COMPLETION_REQUEST_PARAMETERS,
    CHAT_COMPLETION_REQUEST_SCHEMA,
    CREATE_CHAT_COMPLETION_METHOD,
    CREATE_CHAT_COMPLETION_PATH,
    Received,
    check,
    is_plain_chat_completion_request,
)

from ._config import CallOptions, Config
from ._errors import InvalidArgumentError
from ._http import AsyncClient, Client, Deadline, build_request
from ._unpack import ENCODINGS

if TYPE_CHECKING:
    from ._params import CreateParams

Create = TypeVar("Create", bound=Callable[..., Any])

log = logging.getLogger("minimax_chat")


ANNOTATIONS: dict[str, str] = {
    **CHAT_COMPLETION_REQUEST_PARAMETERS,
    **{name: each.__forward_arg__ for name, each in CallOptions.__annotations__.items()},
}
"""The types of the arguments of `create`, by name."""


def show_parameters(create: Create) -> Create:
    """Shows the arguments of `create` to help() and notebooks, which see nothing in `**params`."""
    signature = inspect.signature(create)
    own = [each for each in signature.parameters.values() if each.kind is not each.VAR_KEYWORD]
    parameters = [*own, *map(_parameter, ANNOTATIONS)]
    parameters.sort(key=lambda each: each.default is None)  # the required ones first
    vars(create)["__signature__"] = signature.replace(parameters=parameters)
    head, raises, errors = inspect.cleandoc(create.__doc__ or "").partition("\n\nRaises:")
    options = inspect.cleandoc(CallOptions.__doc__ or "").partition("Keys:")[2]
    create.__annotations__.pop("params")  # whose type exists for type checkers alone
    create.__doc__ = head + CHAT_COMPLETION_REQUEST_KEYS + options + raises + errors
    return create


def _parameter(name: str) -> inspect.Parameter:
    required = name in CHAT_COMPLETION_REQUEST_SCHEMA["required"]
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=inspect.Parameter.empty if required else None,
        annotation=ANNOTATIONS[name],
    )


class PreparedCall:
    """A checked call of `create`, ready to be sent as often as needed."""

    def __init__(
        self, config: Config, *, stream: bool, fields: Mapping[str, Any], request: dict[str, Any]
    ) -> None:
        self.config: Config = config
        self.stream: bool = stream
        self.fields: Mapping[str, Any] = fields
        """The body as a JSON object."""
        self.request: dict[str, Any] = request
        """The arguments of the HTTP client's `build_request`, but for the headers."""
        self.deadline: Deadline = Deadline(config.total_timeout)

    @classmethod
    def prepare(cls, config: Config, stream: bool | None, params: CreateParams) -> PreparedCall:
        """Checks the arguments against the contract; raises InvalidArgumentError."""
        arguments: dict[str, Any] = {**params, "stream": stream}
        config = config.override(
            timeout=arguments.pop("timeout", None),
            total_timeout=arguments.pop("total_timeout", None),
            max_retries=arguments.pop("max_retries", None),
            headers=arguments.pop("extra_headers", None),
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
        fields |= cast("Mapping[str, Any]", extra_body)
        request = {
            "method": CREATE_CHAT_COMPLETION_METHOD,
            "url": config.base_url + CREATE_CHAT_COMPLETION_PATH,
            "content": _to_json(fields),
        }
        return cls(config, stream=bool(stream), fields=fields, request=request)

    def headers(self) -> dict[str, str]:
        """The headers of the request but for the key; names in lower case."""
        return {
            "user-agent": "minimax-chat",
            "content-type": "application/json",
            "accept-encoding": ENCODINGS,
            **{name.lower(): value for name, value in self.config.headers.reveal().items()},
        }

    def build_request(self, http: Client | AsyncClient) -> Any:
        """The request of an HTTP client; raises the exceptions of its library."""
        arguments = {**self.request, "headers": self.headers()}
        return build_request(http, arguments, self.config.timeout, self.deadline)

    def log_attempt(self, attempt: int) -> None:
        """Logs the start of an attempt."""
        total = self.config.max_retries + 1
        log.info("POST %s: attempt %d of %d", self.request["url"], attempt, total)

    def authorize(self, request: Any) -> Any:
        """Adds the API key when the request is sent, so that no other object holds it."""
        request.headers["Authorization"] = f"Bearer {self.config.api_key.reveal()}"
        return request


def _checked_fields(arguments: dict[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in arguments.items() if value is not None}
    try:
        # Nearly all requests are plain: nothing to convert, and found valid in a tenth of the time.
        if is_plain_chat_completion_request(given):
            return given
        fields: dict[str, Any] = _json_value(arguments, CHAT_COMPLETION_REQUEST_SCHEMA)
        problem = check(fields, CHAT_COMPLETION_REQUEST_SCHEMA)
    except RecursionError:
        raise InvalidArgumentError("the arguments are nested too deeply") from None
    if problem:
        raise InvalidArgumentError(problem)
    return fields


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

    known = {*CHAT_COMPLETION_REQUEST_SCHEMA["properties"], *ANNOTATIONS}
    close = difflib.get_close_matches(name, known, 1, 0.75)
    advice = f"; did you mean {close[0]!r}?" if close else "."
    return (
        f"unknown argument {name!r}{advice} "
        f"To send an undocumented field, use extra_body={{{name!r}: ...}}"
    )
