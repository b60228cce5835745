"""What openapi.yaml says and the generated models drop.

Written by scripts/regenerate.py from openapi.yaml; change those, then run it again.
"""

from __future__ import annotations

import copy
import math
import operator
import reprlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Literal, Protocol, Required, TypeAlias, TypedDict

SPEC_SHA256 = "6c69d3fa97c0eca9a6eb393f0abf54f5de247694296bb4ce1a8783f18a75f732"

SERVERS: dict[str, str] = {
    "cn": "https://api.minimaxi.com",
    "global": "https://api.minimax.io",
}
"""Base URL by region; the first is the default."""

STATUS_MEANINGS: dict[int, str] = {
    0: "success",
    1000: "unknown error",
    1001: "request timed out",
    1002: "rate limit",
    1004: "not authorized: key missing, wrong, or of another region",
    1008: "insufficient balance",
    1013: "internal service error",
    1024: "internal error",
    1026: "the input hit the content filter",
    1027: "the output hit the content filter",
    1033: "downstream service error",
    1039: "token limit exceeded: adjust the token limit",
    1041: "connection limit",
    1042: "more than 10 % invisible or illegal characters",
    2013: "invalid parameters",
    2045: "the request rate grew too fast",
    2049: "invalid API key",
    2056: "the plan's usage limit; frees up with the next time window",
}
"""What each documented status code means."""

RETRYABLE_STATUS_CODES = frozenset({1000, 1001, 1002, 1013, 1024, 1033, 1041, 2045})
"""The documented codes worth a retry."""

ModelIdLiteral: TypeAlias = Literal[
    "MiniMax-M2.7", "MiniMax-M2.7-highspeed", "MiniMax-M2.5", "MiniMax-M2.1"
]

RoleLiteral: TypeAlias = Literal[
    "system",
    "user",
    "assistant",
    "user_system",
    "group",
    "sample_message_user",
    "sample_message_ai",
]


class SupportsToDict(Protocol):
    """A generated model, a view, or anything else that turns itself into a JSON object."""

    def to_dict(self) -> dict[str, Any]: ...


class View:
    """A JSON object read by attribute. What is missing or null reads None, an array `[]`."""

    __slots__ = ("_data",)
    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data

    def to_dict(self) -> dict[str, Any]:
        """A copy of the object as it came, fields unknown to the contract included."""
        return copy.deepcopy(dict(self._data))

    def __eq__(self, other: object) -> bool:
        return self._data == other._data if isinstance(other, View) else NotImplemented

    def __repr__(self) -> str:
        return f"{type(self).__name__}({dict(self._data)!r})"

    def _value(self, name: str) -> Any:
        return self._data.get(name)

    def _object(self, name: str) -> Any:
        value = self._data.get(name)
        return value if isinstance(value, dict) else None

    def _array(self, name: str) -> list[Any]:
        value = self._data.get(name)
        return value if isinstance(value, list) else []


class ChatCompletionRequestParam(TypedDict, total=False):
    """A conversation to be answered, and how."""

    model: Required[ModelIdLiteral | str]
    """Model ID (模型 ID)."""
    messages: Required[Iterable[MessageParam | SupportsToDict]]
    """The conversation so far, oldest message first."""
    max_completion_tokens: int | None
    """Upper limit of the generated tokens, thinking included; what exceeds it is cut off (`finish_reason` `length`:
    try a higher value). The documented upper limit is 2048; newer models accept far more, so it is no bound here.
    """
    temperature: float | None
    """Randomness of the output (温度系数). Higher is more random."""
    top_p: float | None
    """Sampling strategy (采样策略)."""


class MessageParam(TypedDict, total=False):
    """One message of the conversation. Send the assistant's messages back whole, thinking included: dropping it harms
    the next answer.
    """

    role: Required[RoleLiteral | str]
    """Who speaks."""
    name: str
    """Name of the speaker."""
    content: str
    """What is said. The documented example has a system message without it."""


CHAT_COMPLETION_REQUEST_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["model", "messages"],
    "properties": {
        "model": {"type": "string"},
        "messages": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["role"],
                "properties": {
                    "role": {"type": "string"},
                    "name": {"type": "string"},
                    "content": {"type": "string"},
                },
            },
        },
        "stream": {"type": "boolean"},
        "max_completion_tokens": {"type": "integer", "minimum": 1},
        "temperature": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
        "top_p": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
    },
}
"""The bounds of a ChatCompletionRequest, references resolved; enumerations are open and bound nothing."""


_KINDS: dict[str, tuple[str, tuple[type, ...]]] = {
    "string": ("a string", (str,)),
    "boolean": ("true or false", (bool,)),
    "integer": ("an integer", (int,)),
    "number": ("a finite number", (int, float)),
    "array": ("a list", (list,)),
    "object": ("a mapping", (dict,)),
    "null": ("null", (type(None),)),
}

_BOUNDS: dict[str, tuple[Callable[[Any, Any], bool], str]] = {
    "exclusiveMinimum": (operator.gt, "> {}"),
    "minimum": (operator.ge, ">= {}"),
    "exclusiveMaximum": (operator.lt, "< {}"),
    "maximum": (operator.le, "<= {}"),
    "minLength": (operator.ge, "of at least {} characters"),
    "maxLength": (operator.le, "of at most {} characters"),
    "minItems": (operator.ge, "of at least {} items"),
    "maxItems": (operator.le, "of at most {} items"),
}


def check(value: Any, schema: Mapping[str, Any], where: str = "") -> str | None:
    """What one of this module's schemas forbids about `value`; None if it is allowed.

    Names the field, the value and what is allowed.
    """
    kind = schema.get("type")
    alternatives = schema.get("anyOf")
    if isinstance(kind, list):
        alternatives = ({**schema, "type": each} for each in kind)
    if alternatives is not None:
        problems: list[str] = []
        for alternative in alternatives:
            problem = check(value, alternative, where)
            if problem is None:
                return None
            problems.append(problem)
        return "; or ".join(problems)
    if kind is None:
        return None
    name, types = _KINDS[kind]
    finite = not isinstance(value, float) or math.isfinite(value)
    fits = (
        finite
        and isinstance(value, types)
        and isinstance(value, bool) == (kind == "boolean")
    )
    size = value
    if kind not in ("integer", "number"):
        size = len(value) if fits and kind in ("string", "array") else 0
    bounds = {bound: schema[bound] for bound in _BOUNDS if bound in schema}
    if not fits or not all(
        _BOUNDS[bound][0](size, limit) for bound, limit in bounds.items()
    ):
        allowed = " and ".join(
            _BOUNDS[bound][1].format(limit) for bound, limit in bounds.items()
        )
        given = f"{where or 'the request'} is {reprlib.repr(value)}"
        return f"{given}, but must be {name} {allowed}".rstrip()
    inner: dict[str, tuple[Any, Any]] = {}
    if kind == "object":
        prefix = where and f"{where}."
        missing = [field for field in schema.get("required", ()) if field not in value]
        if missing:
            return f"{prefix}{missing[0]} is missing, but must be given"
        fields = schema.get("properties", {})
        inner = {
            f"{prefix}{field}": (value[field], fields[field])
            for field in fields
            if field in value
        }
    elif kind == "array":
        items = schema.get("items", {})
        inner = {f"{where}[{index}]": (item, items) for index, item in enumerate(value)}
    found = (
        check(item, item_schema, place) for place, (item, item_schema) in inner.items()
    )
    return next((problem for problem in found if problem), None)


class ChatCompletionView(View):
    """The answer. A failure has a `base_resp.status_code` other than 0 and often no `choices`."""

    __slots__ = ()

    @property
    def id(self) -> str | None:
        """Unique ID of this response; the trace id of the call."""
        value: str | None = self._value("id")
        return value

    @property
    def choices(self) -> list[ChoiceView]:
        """The answers (响应选择列表)."""
        return [
            ChoiceView(each)
            for each in self._array("choices")
            if isinstance(each, dict)
        ]

    @property
    def created(self) -> int | None:
        """Unix timestamp of the creation, in seconds."""
        value: int | None = self._value("created")
        return value

    @property
    def model(self) -> str | None:
        """ID of the model that served the request."""
        value: str | None = self._value("model")
        return value

    @property
    def object(self) -> str | None:
        """Kind of object, here `chat.completion`."""
        value: str | None = self._value("object")
        return value

    @property
    def usage(self) -> UsageView | None:
        """Tokens used by this request."""
        return None if (value := self._object("usage")) is None else UsageView(value)

    @property
    def input_sensitive(self) -> bool | None:
        """Whether the input hit the content filter. A severe hit is answered by an error and an empty reply."""
        value: bool | None = self._value("input_sensitive")
        return value

    @property
    def output_sensitive(self) -> bool | None:
        """Whether the output hit the content filter. A severe hit is answered by an error and an empty reply."""
        value: bool | None = self._value("output_sensitive")
        return value

    @property
    def input_sensitive_type(self) -> int | None:
        """What the input hit, given when `input_sensitive` is true."""
        value: int | None = self._value("input_sensitive_type")
        return value

    @property
    def output_sensitive_type(self) -> int | None:
        """What the output hit."""
        value: int | None = self._value("output_sensitive_type")
        return value

    @property
    def output_sensitive_int(self) -> int | None:
        """Undescribed; 0 in the documented example."""
        value: int | None = self._value("output_sensitive_int")
        return value

    @property
    def base_resp(self) -> BaseRespView | None:
        """Status code and details of a failure (错误状态码和详情)."""
        return (
            None
            if (value := self._object("base_resp")) is None
            else BaseRespView(value)
        )


class ChoiceView(View):
    """One answer."""

    __slots__ = ()

    @property
    def finish_reason(self) -> str | None:
        """Why the generation ended."""
        value: str | None = self._value("finish_reason")
        return value

    @property
    def index(self) -> int | None:
        """Position of this answer in `choices`."""
        value: int | None = self._value("index")
        return value

    @property
    def message(self) -> ChoiceMessageView:
        """The assistant's message."""
        return ChoiceMessageView(self._object("message") or {})


class ChoiceMessageView(View):
    """The assistant's message, thinking included; append it whole to the conversation."""

    __slots__ = ()

    @property
    def content(self) -> str | None:
        """The answer, after the thinking in `<think>…</think>`."""
        value: str | None = self._value("content")
        return value

    @property
    def role(self) -> str | None:
        """Who speaks, here `assistant`."""
        value: str | None = self._value("role")
        return value


class UsageView(View):
    """Tokens used."""

    __slots__ = ()

    @property
    def total_tokens(self) -> int | None:
        """Tokens of prompt and completion."""
        value: int | None = self._value("total_tokens")
        return value

    @property
    def total_characters(self) -> int | None:
        """Undescribed; 0 in the documented example."""
        value: int | None = self._value("total_characters")
        return value

    @property
    def prompt_tokens(self) -> int | None:
        """Tokens of the prompt."""
        value: int | None = self._value("prompt_tokens")
        return value

    @property
    def completion_tokens(self) -> int | None:
        """Tokens generated, thinking included."""
        value: int | None = self._value("completion_tokens")
        return value

    @property
    def prompt_tokens_details(self) -> PromptTokensDetailsView | None:
        """More about the tokens of the prompt."""
        return (
            None
            if (value := self._object("prompt_tokens_details")) is None
            else PromptTokensDetailsView(value)
        )


class PromptTokensDetailsView(View):
    """More about the tokens of the prompt."""

    __slots__ = ()

    @property
    def cached_tokens(self) -> int | None:
        """Tokens of the prompt that came from the cache."""
        value: int | None = self._value("cached_tokens")
        return value


class BaseRespView(View):
    """How the call went."""

    __slots__ = ()

    @property
    def status_code(self) -> int | None:
        """0 for success."""
        value: int | None = self._value("status_code")
        return value

    @property
    def status_msg(self) -> str | None:
        """The status in words."""
        value: str | None = self._value("status_msg")
        return value


class ChatCompletionChunkView(View):
    """One event of a stream, the envelope repeated in full every time."""

    __slots__ = ()

    @property
    def id(self) -> str | None:
        """The same in every chunk of a stream."""
        value: str | None = self._value("id")
        return value

    @property
    def choices(self) -> list[ChunkChoiceView]:
        """The pieces; empty in a chunk that only tells the usage."""
        return [
            ChunkChoiceView(each)
            for each in self._array("choices")
            if isinstance(each, dict)
        ]

    @property
    def created(self) -> int | None:
        """Unix timestamp of the creation, in seconds."""
        value: int | None = self._value("created")
        return value

    @property
    def model(self) -> str | None:
        """ID of the model that served the request."""
        value: str | None = self._value("model")
        return value

    @property
    def object(self) -> str | None:
        """Kind of object, here `chat.completion.chunk`."""
        value: str | None = self._value("object")
        return value

    @property
    def usage(self) -> UsageView | None:
        """Tokens used by this request; filled in the last chunk only, if at all."""
        return None if (value := self._object("usage")) is None else UsageView(value)

    @property
    def input_sensitive(self) -> bool | None:
        """As in ChatCompletion."""
        value: bool | None = self._value("input_sensitive")
        return value

    @property
    def output_sensitive(self) -> bool | None:
        """As in ChatCompletion."""
        value: bool | None = self._value("output_sensitive")
        return value

    @property
    def input_sensitive_type(self) -> int | None:
        """As in ChatCompletion."""
        value: int | None = self._value("input_sensitive_type")
        return value

    @property
    def output_sensitive_type(self) -> int | None:
        """As in ChatCompletion."""
        value: int | None = self._value("output_sensitive_type")
        return value

    @property
    def output_sensitive_int(self) -> int | None:
        """As in ChatCompletion."""
        value: int | None = self._value("output_sensitive_int")
        return value


class ChunkChoiceView(View):
    """A piece of one answer."""

    __slots__ = ()

    @property
    def finish_reason(self) -> str | None:
        """Why the generation ended; it comes with the last piece of content."""
        value: str | None = self._value("finish_reason")
        return value

    @property
    def index(self) -> int | None:
        """Which answer this is a piece of."""
        value: int | None = self._value("index")
        return value

    @property
    def delta(self) -> DeltaView:
        """The piece."""
        return DeltaView(self._object("delta") or {})


class DeltaView(View):
    """What a chunk adds to the message."""

    __slots__ = ()

    @property
    def content(self) -> str | None:
        """The next piece of the content; tags may be cut anywhere."""
        value: str | None = self._value("content")
        return value

    @property
    def role(self) -> str | None:
        """Who speaks, here `assistant`."""
        value: str | None = self._value("role")
        return value

    @property
    def name(self) -> str | None:
        """Name of the speaker."""
        value: str | None = self._value("name")
        return value

    @property
    def audio_content(self) -> str | None:
        """Undescribed; empty in the documented chunk."""
        value: str | None = self._value("audio_content")
        return value
