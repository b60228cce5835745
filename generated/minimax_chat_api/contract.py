"""What openapi.yaml says and the generated models drop.

Written by scripts/regenerate.py from openapi.yaml; change those, then run it again.
"""

from __future__ import annotations

import copy
import math
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Literal, NamedTuple, Protocol, TypeAlias, TypedDict
from urllib.parse import unquote_to_bytes

SPEC_SHA256 = "4873071e58254cda5ea1257ac628e49678f4533e0e382d8d4eab329ae0d5b24c"

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
    "MiniMax-M2.7",
    "MiniMax-M2.7-highspeed",
    "MiniMax-M2.5",
    "MiniMax-M2.1",
    "MiniMax-M3",
    "MiniMax-M2.5-highspeed",
    "MiniMax-M2.1-highspeed",
    "MiniMax-M2",
]

ServiceTierLiteral: TypeAlias = Literal["standard", "priority"]

ThinkingTypeLiteral: TypeAlias = Literal["disabled", "adaptive"]

ToolTypeLiteral: TypeAlias = Literal["function"]

RoleLiteral: TypeAlias = Literal[
    "system",
    "user",
    "assistant",
    "user_system",
    "group",
    "sample_message_user",
    "sample_message_ai",
    "tool",
]

ContentPartTypeLiteral: TypeAlias = Literal["text", "image_url", "video_url"]

MediaDetailLiteral: TypeAlias = Literal["low", "default", "high"]


class SupportsToDict(Protocol):
    """A generated model, a view, or anything else that converts itself to a JSON object."""

    def to_dict(self) -> dict[str, Any]: ...


class View:
    """A JSON object read by attribute: None for a missing or null field, `[]` for such an array."""

    __slots__ = ("_data",)
    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleMethodOverride]

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data

    def to_dict(self) -> dict[str, Any]:
        """A copy of the whole object as it came, including undocumented fields."""
        return copy.deepcopy(dict(self._data))

    def __eq__(self, other: object) -> bool:
        return self._data == other._data if isinstance(other, View) else NotImplemented

    def __repr__(self) -> str:
        return f"{type(self).__name__}({dict(self._data)!r})"

    def __dir__(self) -> list[str]:
        """Without private names, which would appear in completion."""
        return [
            name
            for name in super().__dir__()
            if name[0] != "_" or name.startswith("__")
        ]

    def _value(self, name: str) -> Any:
        return self._data.get(name)

    def _object(self, name: str) -> dict[str, Any] | None:
        value: dict[str, Any] | None = self._data.get(name)
        return value if isinstance(value, dict) else None

    def _array(self, name: str) -> list[Any]:
        value: list[Any] | None = self._data.get(name)
        return value if isinstance(value, list) else []

    def _text(self, name: str) -> str:
        value = self._data.get(name)
        return value if isinstance(value, str) else ""


class Received(dict[str, Any]):
    """A part of an answer that is sent back unchanged, so that `check` does not check it."""


class Merge(NamedTuple):
    """How the pieces of a streamed field are merged into the whole answer."""

    how: str
    """The value of `x-merge`; "object" if the fields of an object are merged separately."""
    component: str = ""
    """The component of an object or of a list's entries."""
    into: str = ""
    """The field of the whole answer; "" if its name is the same."""


_KINDS: dict[str, tuple[str, tuple[type, ...]]] = {
    "string": ("a string", (str,)),
    "boolean": ("a boolean", (bool,)),
    "integer": ("an integer", (int,)),
    "number": ("a finite number", (int, float)),
    "array": ("a list", (list,)),
    "object": ("a mapping", (dict,)),
    "null": ("None", (type(None),)),
}
"""The types of JSON Schema: how a message names each, and the Python types that fit."""

_BOUNDS: dict[str, tuple[Callable[[Any, Any], bool], str]] = {
    "exclusiveMinimum": (operator.gt, "> {}"),
    "minimum": (operator.ge, ">= {}"),
    "exclusiveMaximum": (operator.lt, "< {}"),
    "maximum": (operator.le, "<= {}"),
    "minLength": (operator.ge, "at least {} characters"),
    "maxLength": (operator.le, "at most {} characters"),
    "minItems": (operator.ge, "at least {} items"),
    "maxItems": (operator.le, "at most {} items"),
}
"""The bounds of numbers and sizes: how each is tested, and how a message words it."""


def check(
    value: Any, schema: Mapping[str, Any], where: str = "", model: object = None
) -> str | None:
    """Describe how `value` violates one of this module's schemas; None if it does not.

    The description names the field, what is allowed and what was given. `model` selects the
    bounds of a field that depend on the model; a whole request names it itself.
    """
    if isinstance(value, Received):
        return None
    if not where:
        request: dict[str, Any] | None = value
        if isinstance(request, dict):
            model = request.get("model")
    candidates = alternatives(schema)
    fitting = [each for each in candidates if _has_type(value, each.get("type"))]
    if not fitting:
        allowed = " or ".join(_type_in_words(each, model) for each in candidates)
        return (
            f"{where or 'the request'} must be {allowed} (got {_value_in_words(value)})"
        )
    problems: list[str] = []
    for each in fitting:
        problem = _violation(value, each, where, model)
        if problem is None:
            return None
        problems.append(problem)
    return "; or ".join(dict.fromkeys(problems))


def alternatives(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The schemas of which a value must match one: `anyOf` and lists of types spread out."""
    if "anyOf" in schema:
        return [each for option in schema["anyOf"] for each in alternatives(option)]
    if isinstance(schema.get("type"), list):
        return [{**schema, "type": each} for each in schema["type"]]
    return [schema]


def bounds_in_words(schema: Mapping[str, Any]) -> str:
    """The bounds of a schema, such as "> 0 and <= 1"."""
    words: list[str] = []
    for bound, (_, text) in _BOUNDS.items():
        if bound in schema:
            word = text.format(schema[bound])
            words.append(word.removesuffix("s") if schema[bound] == 1 else word)
    return " and ".join(words)


def _has_type(value: object, kind: str | None) -> bool:
    if kind is None:
        return True
    if isinstance(value, bool):
        return kind == "boolean"
    if isinstance(value, float) and not math.isfinite(value):
        return False
    return isinstance(value, _KINDS[kind][1])


def _type_in_words(schema: Mapping[str, Any], model: object) -> str:
    """The type of a schema with its bounds, such as "a list of at least 1 item"."""
    kind = schema["type"]
    name = _KINDS[kind][0]
    bounds, scope = _bounds_for(schema, model)
    words = bounds_in_words(bounds)
    if words and kind in ("integer", "number"):
        return f"{name} {words}{scope}"
    if words and kind in ("string", "array"):
        return f"{name} of {words}"
    return name


def _value_in_words(value: object) -> str:
    """A number as it is, anything larger by its type alone."""
    if isinstance(value, int) and value.bit_length() > 128:
        # Python refuses to print integers of more than 4,300 digits.
        return "a huge integer"
    if value is None or isinstance(value, (int, float)):
        return repr(value)
    for kind in ("string", "array", "object"):
        name, types = _KINDS[kind]
        if isinstance(value, types):
            return name
    return type(value).__name__


def _bounds_for(
    schema: Mapping[str, Any], model: object
) -> tuple[Mapping[str, Any], str]:
    """The bounds for a model, and the words that say so if they are its own."""
    for exception in schema.get("x-bounds", ()):
        if model in exception["models"]:
            return exception, f" for model {model}"
    return schema, ""


def _is_within(size: float, bounds: Mapping[str, Any]) -> bool:
    return all(
        test(size, bounds[name])
        for name, (test, _) in _BOUNDS.items()
        if name in bounds
    )


def _violation(
    value: Any, schema: Mapping[str, Any], where: str, model: object
) -> str | None:
    """How a value of the right type violates a schema with a single type."""
    kind = schema.get("type")
    if kind in ("integer", "number"):
        bounds, scope = _bounds_for(schema, model)
        if not _is_within(value, bounds):
            allowed = f"{bounds_in_words(bounds)}{scope}"
            return f"{where} must be {allowed} (got {_value_in_words(value)})"
    if kind in ("string", "array") and not _is_within(len(value), schema):
        return f"{where} must have {bounds_in_words(schema)} (got {len(value)})"
    if kind == "string" and "x-max-data-bytes" in schema:
        return _data_violation(value, schema["x-max-data-bytes"], where)
    if kind == "array":
        items = schema.get("items", {})
        for index, item in enumerate(value):
            if problem := check(item, items, f"{where}[{index}]", model):
                return problem
    if kind == "object":
        return _object_violation(value, schema, f"{where}." if where else "", model)
    return None


def _object_violation(
    value: dict[str, Any], schema: Mapping[str, Any], prefix: str, model: object
) -> str | None:
    for field in schema.get("required", ()):
        if field not in value:
            return f"{prefix}{field} is required"
    fields: dict[str, Mapping[str, Any]] = schema.get("properties", {})
    for field, field_schema in fields.items():
        condition: dict[str, Any] = field_schema.get("x-required-when", {})
        if condition and field not in value and condition.items() <= value.items():
            words = " and ".join(
                f"{name} is {case!r}" for name, case in condition.items()
            )
            return f"{prefix}{field} is required when {words}"
    for field, field_schema in fields.items():
        if field in value:
            problem = check(value[field], field_schema, f"{prefix}{field}", model)
            if problem:
                return problem
    return None


def _data_violation(url: str, limit: int, where: str) -> str | None:
    """Whether a data URL holds too much; any other URL holds nothing."""
    if url[:5].lower() != "data:":
        return None
    head, _, data = url.partition(",")
    if head.lower().endswith(";base64"):
        blanks = sum(data.count(blank) for blank in " \t\r\n")
        size = (len(data) - blanks) * 3 // 4 - data[-4:].count("=")
    else:
        size = len(unquote_to_bytes(data))
    if size <= limit:
        return None
    most = f"{limit:,} bytes ({limit / 2**20:g} MB)"
    return f"{where} must hold at most {most} of data (got {size:,})"


# A list whose objects can consist of strings alone takes Mapping[str, str] as well: for a variable
# such as `messages = [{"role": "user", "content": "hi"}]` type checkers infer list[dict[str, str]],
# which is no list of typed dicts. The keys of such an object are checked at run time only.


class _ChatCompletionRequestRequired(TypedDict):
    """The keys that ChatCompletionRequestParam requires."""

    model: ModelIdLiteral | str
    """Model ID (模型 ID)."""
    messages: Iterable[MessageParam | SupportsToDict | Mapping[str, str]]
    """The conversation so far, oldest message first."""


class ChatCompletionRequestParam(_ChatCompletionRequestRequired, total=False):
    """A conversation to answer, with options. As JSON it may have up to 64 MB.

    Keys:
        model: Model ID (模型 ID).
            Documented values: MiniMax-M2.7, MiniMax-M2.7-highspeed, MiniMax-M2.5, MiniMax-M2.1,
            MiniMax-M3, MiniMax-M2.5-highspeed, MiniMax-M2.1-highspeed, MiniMax-M2.
        messages: The conversation so far, oldest message first.
        service_tier: Service tier. `priority` requests are served first, at 1.5 times the
            price.
            Documented values: standard, priority. Default: standard.
        thinking: Controls the thinking of MiniMax-M3, which by default decides by itself. M2.x
            models always think.
        reasoning_split: Whether thinking is returned in `reasoning_content` and
            `reasoning_details` instead of `content`. It does not control whether the model
            thinks.
        tools: The functions that the model may call.
        stream_options: Options of a stream.
        max_completion_tokens: Maximum number of generated tokens, thinking included; a longer
            answer is cut off (`finish_reason` `length`: try a higher value).
            Must be >= 1.
        max_tokens: Older name of `max_completion_tokens`.
            Must be >= 1.
        temperature: Randomness of the output (温度系数); higher values are more random. From 0 to 2
            inclusive; for the models of the page of April 2026, greater than 0 and at most 1.
            Must be >= 0 and <= 2; > 0 and <= 1 for MiniMax-M2.7, MiniMax-M2.7-highspeed,
            MiniMax-M2.5, MiniMax-M2.1. Default: 1.
        top_p: Nucleus sampling (采样策略). From 0 to 1 inclusive; for the models of the page of
            April 2026, greater than 0.
            Must be >= 0 and <= 1; > 0 and <= 1 for MiniMax-M2.7, MiniMax-M2.7-highspeed,
            MiniMax-M2.5, MiniMax-M2.1. Default: 0.95.
    """

    service_tier: ServiceTierLiteral | str | None
    """Service tier. `priority` requests are served first, at 1.5 times the price."""
    thinking: ThinkingParam | SupportsToDict | None
    """Controls the thinking of MiniMax-M3, which by default decides by itself. M2.x models always think."""
    reasoning_split: bool | None
    """Whether thinking is returned in `reasoning_content` and `reasoning_details` instead of `content`. It does not
    control whether the model thinks.
    """
    tools: Iterable[ToolParam | SupportsToDict] | None
    """The functions that the model may call."""
    stream_options: StreamOptionsParam | SupportsToDict | None
    """Options of a stream."""
    max_completion_tokens: int | None
    """Maximum number of generated tokens, thinking included; a longer answer is cut off (`finish_reason` `length`:
    try a higher value). The limit of this field itself is documented in words and is not a bound here: 2048 on the
    page of April 2026; since June 2026 524288 for MiniMax-M3 (recommended: 131072) and 204800 for the others
    (recommended: 65536).
    """
    max_tokens: int | None
    """Older name of `max_completion_tokens`."""
    temperature: float | None
    """Randomness of the output (温度系数); higher values are more random. From 0 to 2 inclusive; for the models of the
    page of April 2026, greater than 0 and at most 1.
    """
    top_p: float | None
    """Nucleus sampling (采样策略). From 0 to 1 inclusive; for the models of the page of April 2026, greater than 0. The
    page of June 2026 gives the defaults 0.95 for MiniMax-M3 and 0.9 for M2.x.
    """


class ThinkingParam(TypedDict, total=False):
    """Controls the thinking of MiniMax-M3.

    Keys:
        type: `disabled`: MiniMax-M3 does not think (M2.x models always do); `adaptive`:
            MiniMax-M3 decides.
            Documented values: disabled, adaptive. Default: adaptive.
    """

    type: ThinkingTypeLiteral | str | None
    """`disabled`: MiniMax-M3 does not think (M2.x models always do); `adaptive`: MiniMax-M3 decides."""


class StreamOptionsParam(TypedDict, total=False):
    """Options of a stream.

    Keys:
        include_usage: Whether the stream reports its usage.
            Default: False.
    """

    include_usage: bool | None
    """Whether the stream reports its usage."""


class _ToolRequired(TypedDict):
    """The keys that ToolParam requires."""

    type: ToolTypeLiteral | str
    """Kind of tool, here `function`."""
    function: FunctionDefinitionParam | SupportsToDict
    """The function."""


class ToolParam(_ToolRequired, total=False):
    """A tool that the model may call.

    Keys:
        type: Kind of tool, here `function`.
            Documented values: function.
        function: The function.
    """


class _FunctionDefinitionRequired(TypedDict):
    """The keys that FunctionDefinitionParam requires."""

    name: str
    """Name of the function."""
    parameters: Mapping[str, Any]
    """The parameters of the function, as a JSON Schema."""


class FunctionDefinitionParam(_FunctionDefinitionRequired, total=False):
    """A function that the model may call.

    Keys:
        name: Name of the function.
        description: What the function does.
        parameters: The parameters of the function, as a JSON Schema.
    """

    description: str | None
    """What the function does."""


class _MessageRequired(TypedDict):
    """The keys that MessageParam requires."""

    role: RoleLiteral | str
    """Role of the speaker."""


class MessageParam(_MessageRequired, total=False):
    """One message of the conversation. Send the assistant's messages back unchanged, thinking included: without it the
    next answer is worse.

    Keys:
        role: Role of the speaker.
            Documented values: system, user, assistant, user_system, group, sample_message_user,
            sample_message_ai, tool.
        name: Name of the speaker, to distinguish several speakers of one role.
        content: Text or, with MiniMax-M3, parts with text, pictures and videos. The documented
            example has a system message without it.
        tool_calls: For role `assistant`: the tool calls that it made, sent back unchanged.
        tool_call_id: For role `tool`: the `id` of the call whose result this is. Ignored for
            other roles.
        reasoning_details: For role `assistant`: its thinking, sent back unchanged.
    """

    name: str | None
    """Name of the speaker, to distinguish several speakers of one role."""
    content: (
        str | Iterable[ContentPartParam | SupportsToDict | Mapping[str, str]] | None
    )
    """Text or, with MiniMax-M3, parts with text, pictures and videos. The documented example has a system message
    without it.
    """
    tool_calls: Iterable[MessageToolCallParam | SupportsToDict] | None
    """For role `assistant`: the tool calls that it made, sent back unchanged."""
    tool_call_id: str | None
    """For role `tool`: the `id` of the call whose result this is. Ignored for other roles."""
    reasoning_details: (
        Iterable[ReasoningDetailParam | SupportsToDict | Mapping[str, str]] | None
    )
    """For role `assistant`: its thinking, sent back unchanged."""


class _ContentPartRequired(TypedDict):
    """The keys that ContentPartParam requires."""

    type: ContentPartTypeLiteral | str
    """Kind of part."""


class ContentPartParam(_ContentPartRequired, total=False):
    """A part of a message, with the one field that its `type` names.

    Keys:
        type: Kind of part.
            Documented values: text, image_url, video_url.
        text: For type `text`: the text.
        image_url: For type `image_url`: the picture.
        video_url: For type `video_url`: the video.
    """

    text: str | None
    """For type `text`: the text."""
    image_url: ImageUrlParam | SupportsToDict | None
    """For type `image_url`: the picture."""
    video_url: VideoUrlParam | SupportsToDict | None
    """For type `video_url`: the video."""


class _ImageUrlRequired(TypedDict):
    """The keys that ImageUrlParam requires."""

    url: str
    """URL or base64 data URL of a JPEG, PNG, GIF or WEBP picture of at most 10 MB."""


class ImageUrlParam(_ImageUrlRequired, total=False):
    """A picture.

    Keys:
        url: URL or base64 data URL of a JPEG, PNG, GIF or WEBP picture of at most 10 MB.
        detail: Level of detail. A picture costs hundreds of tokens (up to 600) with `low`,
            1,000 to 3,000 (up to 5,000) with `default`, thousands (15,000 and more) with
            `high`.
            Documented values: low, default, high. Default: default.
        max_long_side_pixel: Maximum length of the longer side, in pixels.
            Must be >= 1.
    """

    detail: MediaDetailLiteral | str | None
    """Level of detail. A picture costs hundreds of tokens (up to 600) with `low`, 1,000 to 3,000 (up to 5,000)
    with `default`, thousands (15,000 and more) with `high`.
    """
    max_long_side_pixel: int | None
    """Maximum length of the longer side, in pixels."""


class _VideoUrlRequired(TypedDict):
    """The keys that VideoUrlParam requires."""

    url: str
    """URL or base64 data URL of an MP4, AVI, MOV or MKV video of at most 50 MB, or `mm_file://{file_id}` for one of
    at most 512 MB that was uploaded to the Files API.
    """


class VideoUrlParam(_VideoUrlRequired, total=False):
    """A video.

    Keys:
        url: URL or base64 data URL of an MP4, AVI, MOV or MKV video of at most 50 MB, or
            `mm_file://{file_id}` for one of at most 512 MB that was uploaded to the Files API.
        detail: Level of detail.
            Documented values: low, default, high. Default: default.
        fps: Frames per second to sample.
            Must be >= 0.2 and <= 5. Default: 1.
        max_long_side_pixel: Maximum length of the longer side, in pixels.
            Must be >= 1.
    """

    detail: MediaDetailLiteral | str | None
    """Level of detail."""
    fps: float | None
    """Frames per second to sample."""
    max_long_side_pixel: int | None
    """Maximum length of the longer side, in pixels."""


class _MessageToolCallRequired(TypedDict):
    """The keys that MessageToolCallParam requires."""

    id: str
    """ID of the call."""
    type: ToolTypeLiteral | str
    """Kind of tool, here `function`."""
    function: MessageToolCallFunctionParam | SupportsToDict
    """The function called."""


class MessageToolCallParam(_MessageToolCallRequired, total=False):
    """A tool call, sent back in the assistant message that made it.

    Keys:
        id: ID of the call.
        type: Kind of tool, here `function`.
            Documented values: function.
        function: The function called.
    """


class _MessageToolCallFunctionRequired(TypedDict):
    """The keys that MessageToolCallFunctionParam requires."""

    name: str
    """Name of the function."""
    arguments: str
    """The arguments, as JSON."""


class MessageToolCallFunctionParam(_MessageToolCallFunctionRequired, total=False):
    """The function of a tool call that is sent back.

    Keys:
        name: Name of the function.
        arguments: The arguments, as JSON.
    """


class ReasoningDetailParam(TypedDict, total=False):
    """A segment of the thinking.

    Keys:
        type: Kind of segment, such as `reasoning.text`.
        id: ID of the segment, such as `reasoning-text-1`.
        format: Format of the segment, such as `MiniMax-response-v1`.
        index: Position of the segment.
        text: The thinking. In a stream, the guide's sample treats each text as all the thinking
            so far; streams in which it is only the new piece have been seen as well.
    """

    type: str | None
    """Kind of segment, such as `reasoning.text`."""
    id: str | None
    """ID of the segment, such as `reasoning-text-1`."""
    format: str | None
    """Format of the segment, such as `MiniMax-response-v1`."""
    index: int | None
    """Position of the segment."""
    text: str | None
    """The thinking. In a stream, the guide's sample treats each text as all the thinking so far; streams in which it is
    only the new piece have been seen as well.
    """


CHAT_COMPLETION_REQUEST_SCHEMA: dict[str, Any] = {
    "type": "object",
    "x-max-body-bytes": 67108864,
    "required": ["model", "messages"],
    "properties": {
        "model": {"type": "string"},
        "messages": {
            "type": "array",
            "items": {
                "type": "object",
                "x-received-as": "ChoiceMessage",
                "required": ["role"],
                "properties": {
                    "role": {"type": "string"},
                    "name": {"type": "string"},
                    "content": {
                        "anyOf": [
                            {"type": "string"},
                            {
                                "type": "array",
                                "items": {
                                    "type": "object",
                                    "required": ["type"],
                                    "properties": {
                                        "type": {"type": "string"},
                                        "text": {"type": "string"},
                                        "image_url": {
                                            "type": "object",
                                            "required": ["url"],
                                            "properties": {
                                                "url": {
                                                    "type": "string",
                                                    "x-max-data-bytes": 10485760,
                                                },
                                                "detail": {"type": "string"},
                                                "max_long_side_pixel": {
                                                    "type": "integer",
                                                    "minimum": 1,
                                                },
                                            },
                                        },
                                        "video_url": {
                                            "type": "object",
                                            "required": ["url"],
                                            "properties": {
                                                "url": {
                                                    "type": "string",
                                                    "x-max-data-bytes": 52428800,
                                                },
                                                "detail": {"type": "string"},
                                                "fps": {
                                                    "type": "number",
                                                    "minimum": 0.2,
                                                    "maximum": 5,
                                                },
                                                "max_long_side_pixel": {
                                                    "type": "integer",
                                                    "minimum": 1,
                                                },
                                            },
                                        },
                                    },
                                },
                            },
                        ]
                    },
                    "tool_calls": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "x-received-as": "ToolCall",
                            "required": ["id", "type", "function"],
                            "properties": {
                                "id": {"type": "string"},
                                "type": {"type": "string"},
                                "function": {
                                    "type": "object",
                                    "x-received-as": "ToolCallFunction",
                                    "required": ["name", "arguments"],
                                    "properties": {
                                        "name": {"type": "string"},
                                        "arguments": {"type": "string"},
                                    },
                                },
                            },
                        },
                    },
                    "tool_call_id": {
                        "type": "string",
                        "x-required-when": {"role": "tool"},
                    },
                    "reasoning_details": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {
                                "type": {"type": ["string", "null"]},
                                "id": {"type": ["string", "null"]},
                                "format": {"type": ["string", "null"]},
                                "index": {"type": ["integer", "null"]},
                                "text": {"type": ["string", "null"]},
                            },
                        },
                    },
                },
            },
        },
        "service_tier": {"type": "string"},
        "thinking": {"type": "object", "properties": {"type": {"type": "string"}}},
        "reasoning_split": {"type": "boolean"},
        "tools": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["type", "function"],
                "properties": {
                    "type": {"type": "string"},
                    "function": {
                        "type": "object",
                        "required": ["name", "parameters"],
                        "properties": {
                            "name": {"type": "string"},
                            "description": {"type": "string"},
                            "parameters": {
                                "type": "object",
                                "additionalProperties": True,
                            },
                        },
                    },
                },
            },
        },
        "stream": {"type": "boolean"},
        "stream_options": {
            "type": "object",
            "properties": {"include_usage": {"type": "boolean"}},
        },
        "max_completion_tokens": {"type": "integer", "minimum": 1},
        "max_tokens": {"type": "integer", "minimum": 1},
        "temperature": {
            "type": "number",
            "minimum": 0,
            "maximum": 2,
            "x-bounds": [
                {
                    "models": [
                        "MiniMax-M2.7",
                        "MiniMax-M2.7-highspeed",
                        "MiniMax-M2.5",
                        "MiniMax-M2.1",
                    ],
                    "x-source": "reference",
                    "exclusiveMinimum": 0,
                    "maximum": 1,
                }
            ],
        },
        "top_p": {
            "type": "number",
            "minimum": 0,
            "maximum": 1,
            "x-bounds": [
                {
                    "models": [
                        "MiniMax-M2.7",
                        "MiniMax-M2.7-highspeed",
                        "MiniMax-M2.5",
                        "MiniMax-M2.1",
                    ],
                    "x-source": "reference",
                    "exclusiveMinimum": 0,
                    "maximum": 1,
                }
            ],
        },
    },
}
"""The bounds of a ChatCompletionRequest, references resolved; enumerations are open."""

MERGES: dict[str, dict[str, Merge]] = {
    "ReasoningDetail": {
        "type": Merge("replace"),
        "id": Merge("replace"),
        "format": Merge("replace"),
        "index": Merge("replace"),
        "text": Merge("append-or-cumulative"),
    },
    "ToolCall": {
        "id": Merge("replace"),
        "type": Merge("replace"),
        "index": Merge("replace"),
        "function": Merge("object", "ToolCallFunction"),
    },
    "ToolCallFunction": {"name": Merge("replace"), "arguments": Merge("append")},
    "Usage": {
        "total_tokens": Merge("replace"),
        "total_characters": Merge("replace"),
        "prompt_tokens": Merge("replace"),
        "completion_tokens": Merge("replace"),
        "prompt_tokens_details": Merge("object", "PromptTokensDetails"),
    },
    "PromptTokensDetails": {"cached_tokens": Merge("replace")},
    "ChatCompletionChunk": {
        "id": Merge("replace"),
        "choices": Merge("by-index", "ChunkChoice"),
        "created": Merge("replace"),
        "model": Merge("replace"),
        "object": Merge("replace"),
        "usage": Merge("object", "Usage"),
        "input_sensitive": Merge("replace"),
        "output_sensitive": Merge("replace"),
        "input_sensitive_type": Merge("replace"),
        "output_sensitive_type": Merge("replace"),
        "output_sensitive_int": Merge("replace"),
    },
    "ChunkChoice": {
        "finish_reason": Merge("replace"),
        "index": Merge("replace"),
        "delta": Merge("object", "Delta", into="message"),
    },
    "Delta": {
        "content": Merge("append"),
        "role": Merge("replace"),
        "name": Merge("replace"),
        "audio_content": Merge("append"),
        "reasoning_content": Merge("append"),
        "reasoning_details": Merge("by-index", "ReasoningDetail"),
        "tool_calls": Merge("by-index", "ToolCall"),
    },
}
"""How the pieces of a stream are merged, by component and field."""


class ChatCompletionView(View):
    """The answer. A failure has a `base_resp.status_code` other than 0 and often no `choices`."""

    __slots__ = ()

    @property
    def id(self) -> str | None:
        """Unique ID of this response, which is the trace id of the call."""
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
        """Unix timestamp of creation, in seconds."""
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
        """Whether the content filter matched the input. A severe match returns an error and no answer."""
        value: bool | None = self._value("input_sensitive")
        return value

    @property
    def output_sensitive(self) -> bool | None:
        """Whether the content filter matched the output. A severe match returns an error and no answer."""
        value: bool | None = self._value("output_sensitive")
        return value

    @property
    def input_sensitive_type(self) -> int | None:
        """What the content filter matched, present if `input_sensitive` is true."""
        value: int | None = self._value("input_sensitive_type")
        return value

    @property
    def output_sensitive_type(self) -> int | None:
        """What the content filter matched in the output."""
        value: int | None = self._value("output_sensitive_type")
        return value

    @property
    def output_sensitive_int(self) -> int | None:
        """Not described; 0 in the documented example."""
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
    """The assistant's message, thinking included; append it unchanged to the conversation."""

    __slots__ = ()

    @property
    def content(self) -> str | None:
        """The answer, after the thinking in `<think>…</think>`."""
        value: str | None = self._value("content")
        return value

    @property
    def role(self) -> str | None:
        """Role of the speaker, here `assistant`."""
        value: str | None = self._value("role")
        return value

    @property
    def name(self) -> str | None:
        """Name of the speaker."""
        value: str | None = self._value("name")
        return value

    @property
    def audio_content(self) -> str | None:
        """Not described; empty in the documented answers."""
        value: str | None = self._value("audio_content")
        return value

    @property
    def reasoning_content(self) -> str | None:
        """The thinking, with `reasoning_split`."""
        value: str | None = self._value("reasoning_content")
        return value

    @property
    def reasoning_details(self) -> list[ReasoningDetailView]:
        """The thinking in segments, with `reasoning_split`."""
        return [
            ReasoningDetailView(each)
            for each in self._array("reasoning_details")
            if isinstance(each, dict)
        ]

    @property
    def tool_calls(self) -> list[ToolCallView]:
        """The tool calls that the model requests, with `finish_reason` `tool_calls`. Send each back unchanged, and add one
        message with role `tool` for each `id`.
        """
        return [
            ToolCallView(each)
            for each in self._array("tool_calls")
            if isinstance(each, dict)
        ]


class ReasoningDetailView(View):
    """A segment of the thinking."""

    __slots__ = ()

    @property
    def type(self) -> str | None:
        """Kind of segment, such as `reasoning.text`."""
        value: str | None = self._value("type")
        return value

    @property
    def id(self) -> str | None:
        """ID of the segment, such as `reasoning-text-1`."""
        value: str | None = self._value("id")
        return value

    @property
    def format(self) -> str | None:
        """Format of the segment, such as `MiniMax-response-v1`."""
        value: str | None = self._value("format")
        return value

    @property
    def index(self) -> int | None:
        """Position of the segment."""
        value: int | None = self._value("index")
        return value

    @property
    def text(self) -> str | None:
        """The thinking. In a stream, the guide's sample treats each text as all the thinking so far; streams in which it is
        only the new piece have been seen as well.
        """
        value: str | None = self._value("text")
        return value


class ToolCallView(View):
    """A tool call that the model requests."""

    __slots__ = ()

    @property
    def id(self) -> str:
        """ID of the call, such as `call_function_abc123def456_1`."""
        return self._text("id")

    @property
    def type(self) -> str | None:
        """Kind of tool, here `function`."""
        value: str | None = self._value("type")
        return value

    @property
    def index(self) -> int | None:
        """Position of the call."""
        value: int | None = self._value("index")
        return value

    @property
    def function(self) -> ToolCallFunctionView:
        """The function to call."""
        return ToolCallFunctionView(self._object("function") or {})


class ToolCallFunctionView(View):
    """The function to call."""

    __slots__ = ()

    @property
    def name(self) -> str:
        """Name of the function."""
        return self._text("name")

    @property
    def arguments(self) -> str:
        """The arguments, as JSON. The model generates them, so validate them."""
        return self._text("arguments")


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
        """Not described; 0 in the documented example."""
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
        """Details of the tokens of the prompt."""
        return (
            None
            if (value := self._object("prompt_tokens_details")) is None
            else PromptTokensDetailsView(value)
        )


class PromptTokensDetailsView(View):
    """Details of the tokens of the prompt."""

    __slots__ = ()

    @property
    def cached_tokens(self) -> int | None:
        """Tokens of the prompt that were read from the cache."""
        value: int | None = self._value("cached_tokens")
        return value


class BaseRespView(View):
    """The outcome of the call."""

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
    """One event of a stream; the envelope is repeated in each."""

    __slots__ = ()

    @property
    def id(self) -> str | None:
        """The same in every chunk of a stream."""
        value: str | None = self._value("id")
        return value

    @property
    def choices(self) -> list[ChunkChoiceView]:
        """The pieces; empty in a chunk that only reports the usage."""
        return [
            ChunkChoiceView(each)
            for each in self._array("choices")
            if isinstance(each, dict)
        ]

    @property
    def created(self) -> int | None:
        """Unix timestamp of creation, in seconds."""
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
        """Tokens used by this request, at most in the last chunk: since June 2026 with
        `stream_options.include_usage`.
        """
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
        """Why the generation ended; set in the last piece of content."""
        value: str | None = self._value("finish_reason")
        return value

    @property
    def index(self) -> int | None:
        """Position of the answer that this is a piece of."""
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
        """The next piece of the content; tags may be split anywhere."""
        value: str | None = self._value("content")
        return value

    @property
    def role(self) -> str | None:
        """Role of the speaker, here `assistant`."""
        value: str | None = self._value("role")
        return value

    @property
    def name(self) -> str | None:
        """Name of the speaker."""
        value: str | None = self._value("name")
        return value

    @property
    def audio_content(self) -> str | None:
        """Not described; empty in the documented chunk."""
        value: str | None = self._value("audio_content")
        return value

    @property
    def reasoning_content(self) -> str | None:
        """The next piece of the thinking, with `reasoning_split`. It may end in a stray `</think>`."""
        value: str | None = self._value("reasoning_content")
        return value

    @property
    def reasoning_details(self) -> list[ReasoningDetailView]:
        """The next pieces of segments of the thinking, with `reasoning_split`."""
        return [
            ReasoningDetailView(each)
            for each in self._array("reasoning_details")
            if isinstance(each, dict)
        ]

    @property
    def tool_calls(self) -> list[ToolCallView]:
        """The next pieces of the tool calls. The first piece of a call has `id`, `type` and `function.name`; in later
        pieces these may be absent, null, empty or repeated.
        """
        return [
            ToolCallView(each)
            for each in self._array("tool_calls")
            if isinstance(each, dict)
        ]
