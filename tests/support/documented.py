"""The contract as the vendor documents it, transcribed from the pages and not from openapi.yaml.

Two pages hold: that of April 2026 (the seed page), and its successor of June 2026, which bound
the models that the seed page does not list.

The sources are named as in the `x-sources` of openapi.yaml: "reference" is the page of
POST /v1/chat/completions, "example" the request and response on it, "guide" the text chat guide
with streaming and thinking, "errors" the page of error codes; "reference-2026-06" and
"example-2026-06" are the successor and its examples, "sdk-guide" the guide for the OpenAI SDK, and
"wire" is what third parties saw and no page has.

Types are in the notation of the page: integer<int64>, object[] …; what stands behind an object is
the name that the contract gives to it. Bounds, too, are as the page writes them: 0 < x <= 1.
"""

from __future__ import annotations

from typing import Any, NamedTuple

REFERENCE, EXAMPLE, GUIDE, ERRORS = "reference", "example", "guide", "errors"
JUNE, JUNE_EXAMPLE, SDK_GUIDE, WIRE = "reference-2026-06", "example-2026-06", "sdk-guide", "wire"
MB = 2**20


class Field(NamedTuple):
    type: str
    source: str
    required: bool = False
    values: str = ""
    """The enumeration of the documented values. It is open: the API brings new ones unannounced."""
    bounds: str = ""
    """A range, and what else JSON Schema has a word for: maxItems 4."""
    default: object = None
    seed_bounds: str = ""
    """The range on the seed page, where it is another: it holds for the models listed there."""
    required_with: str = ""
    """Another field and its value, with which the field must be given."""
    size: int = 0
    """Most bytes that a data URL may hold."""
    media_types: str = ""
    """Those of a data URL."""
    pieces: str = ""
    """How the pieces of a stream are merged, where it is not the last that counts."""


class Code(NamedTuple):
    meaning: str
    kind: str
    retry: bool = False


# The operation

METHOD, PATH = "POST", "/v1/chat/completions"
SERVERS = (
    ("cn", "https://api.minimaxi.com"),
    ("cn", "https://api.minimax.cn"),
    ("global", "https://api.minimax.io"),
)
"""With their region; the first is the reference page's, the second its successor's."""
AUTHORIZATION = {"type": "http", "scheme": "bearer"}
REQUEST_MEDIA_TYPE = "application/json"
RESPONSE_MEDIA_TYPES = {
    "application/json": "ChatCompletion",
    "text/event-stream": "ChatCompletionChunk",
}
"""The body of an HTTP 200; of a stream, the data of one event."""
TRACE_HEADER = "trace-id"
FAILURE = "ErrorResponse"
"""The body of every other HTTP status."""

# The fields

ANY_OTHER = "*"
"""Stands for all fields that a page does not name, where it gives their type. An object of which it
says nothing has no fields here: {}."""

REQUEST = {
    "ChatCompletionRequest": {
        "model": Field("string", REFERENCE, required=True, values="ModelId"),
        "messages": Field("object[] Message", REFERENCE, required=True),
        "stream": Field("boolean", REFERENCE, default=False),
        "max_completion_tokens": Field("integer<int64>", REFERENCE, bounds="x >= 1"),
        "temperature": Field(
            "number<double>", JUNE, bounds="0 <= x <= 2", default=1, seed_bounds="0 < x <= 1"
        ),
        "top_p": Field(
            "number<double>", JUNE, bounds="0 <= x <= 1", default=0.95, seed_bounds="0 < x <= 1"
        ),
        "max_tokens": Field("integer<int64>", JUNE, bounds="x >= 1"),
        "service_tier": Field("string", JUNE, values="ServiceTier", default="standard"),
        "thinking": Field("object Thinking", JUNE),
        "reasoning_split": Field("boolean", JUNE),
        "stream_options": Field("object StreamOptions", JUNE),
        "tools": Field("object[] Tool", JUNE),
    },
    "Thinking": {"type": Field("string", JUNE, values="ThinkingType", default="adaptive")},
    "StreamOptions": {"include_usage": Field("boolean", JUNE, default=False)},
    "Tool": {
        "type": Field("string", JUNE, required=True, values="ToolType"),
        "function": Field("object FunctionDefinition", JUNE, required=True),
    },
    "FunctionDefinition": {
        "name": Field("string", JUNE, required=True),
        "description": Field("string", JUNE),
        "parameters": Field("object JsonSchema", JUNE, required=True),
    },
    # Free: a JSON Schema.
    "JsonSchema": {},
    "Message": {
        "role": Field("string", GUIDE, required=True, values="Role"),
        "name": Field("string", EXAMPLE),
        # The documented request has a system message without content.
        "content": Field("string or object[] ContentPart", EXAMPLE),
        "tool_calls": Field("object[] MessageToolCall", JUNE),
        "tool_call_id": Field("string", JUNE, required_with="role tool"),
        "reasoning_details": Field("object[] ReasoningDetail", SDK_GUIDE),
    },
    "ContentPart": {
        "type": Field("string", JUNE, required=True, values="ContentPartType"),
        "text": Field("string", JUNE),
        "image_url": Field("object ImageUrl", JUNE),
        "video_url": Field("object VideoUrl", JUNE),
    },
    "ImageUrl": {
        "url": Field(
            "string",
            JUNE,
            required=True,
            size=10 * MB,
            media_types="image/jpeg image/png image/gif image/webp",
        ),
        "detail": Field("string", JUNE, values="MediaDetail", default="default"),
        "max_long_side_pixel": Field("integer", JUNE, bounds="x >= 1"),
    },
    "VideoUrl": {
        "url": Field(
            "string",
            JUNE,
            required=True,
            size=50 * MB,
            media_types="video/mp4 video/avi video/x-msvideo video/mov video/quicktime "
            "video/x-matroska",
        ),
        "detail": Field("string", JUNE, values="MediaDetail", default="default"),
        "fps": Field("number", JUNE, bounds="0.2 <= x <= 5", default=1),
        "max_long_side_pixel": Field("integer", JUNE, bounds="x >= 1"),
    },
    "MessageToolCall": {
        "id": Field("string", JUNE, required=True),
        "type": Field("string", JUNE, required=True, values="ToolType"),
        "function": Field("object MessageToolCallFunction", JUNE, required=True),
    },
    "MessageToolCallFunction": {
        "name": Field("string", JUNE, required=True),
        "arguments": Field("string", JUNE, required=True),
    },
}
"""A field here is never null; what is not required may be left out."""

BODY_SIZE = 64 * MB
"""Most bytes of a whole request."""

# The page has one table for both: `object` tells a whole answer from a chunk.
ENVELOPE = {
    "id": Field("string", REFERENCE),
    "created": Field("integer<int64>", REFERENCE),
    "model": Field("string", REFERENCE),
    "object": Field("string", REFERENCE, values="ObjectType"),
    "usage": Field("object Usage", REFERENCE),
    "input_sensitive": Field("boolean", REFERENCE),
    "input_sensitive_type": Field("integer<int64>", REFERENCE, values="SensitiveType"),
    "output_sensitive": Field("boolean", REFERENCE),
    "output_sensitive_type": Field("integer<int64>", REFERENCE, values="SensitiveType"),
}

RESPONSE = {
    "ChatCompletion": {
        **ENVELOPE,
        "choices": Field("object[] Choice", REFERENCE),
        "output_sensitive_int": Field("integer", EXAMPLE),
        "base_resp": Field("object BaseResp", REFERENCE),
    },
    "Choice": {
        "finish_reason": Field("string", EXAMPLE, values="FinishReason"),
        "index": Field("integer", EXAMPLE),
        "message": Field("object ChoiceMessage", EXAMPLE),
    },
    "ChoiceMessage": {
        "content": Field("string", EXAMPLE),
        "role": Field("string", EXAMPLE, values="Role"),
        "name": Field("string", JUNE_EXAMPLE),
        "audio_content": Field("string", JUNE_EXAMPLE),
        "reasoning_content": Field("string", JUNE),
        "reasoning_details": Field("object[] ReasoningDetail", JUNE),
        "tool_calls": Field("object[] ToolCall", JUNE),
    },
    "ReasoningDetail": {
        "type": Field("string", JUNE, pieces="replace"),
        "id": Field("string", JUNE, pieces="replace"),
        "format": Field("string", JUNE, pieces="replace"),
        "index": Field("integer", JUNE),
        # The guide's sample shows the whole so far, the wire only the new piece.
        "text": Field("string", JUNE, pieces="append-or-cumulative"),
    },
    "ToolCall": {
        "id": Field("string", JUNE, pieces="replace"),
        "type": Field("string", JUNE, values="ToolType"),
        "index": Field("integer", JUNE_EXAMPLE),
        "function": Field("object ToolCallFunction", JUNE),
    },
    "ToolCallFunction": {
        "name": Field("string", JUNE, pieces="replace"),
        "arguments": Field("string", JUNE, pieces="append"),
    },
    "Usage": {
        "total_tokens": Field("integer", EXAMPLE),
        "total_characters": Field("integer", EXAMPLE),
        "prompt_tokens": Field("integer", EXAMPLE),
        "completion_tokens": Field("integer", EXAMPLE),
        "prompt_tokens_details": Field("object PromptTokensDetails", EXAMPLE),
    },
    "PromptTokensDetails": {"cached_tokens": Field("integer", EXAMPLE)},
    "BaseResp": {
        "status_code": Field("integer", EXAMPLE, values="StatusCode"),
        "status_msg": Field("string", EXAMPLE),
    },
    "ChatCompletionChunk": {
        **{name: field._replace(source=GUIDE) for name, field in ENVELOPE.items()},
        "choices": Field("object[] ChunkChoice", GUIDE, pieces="by-index"),
        "output_sensitive_int": Field("integer", GUIDE),
    },
    "ChunkChoice": {
        "finish_reason": Field("string", GUIDE, values="FinishReason"),
        "index": Field("integer", GUIDE),
        "delta": Field("object Delta", GUIDE, pieces="message"),
    },
    "Delta": {
        "content": Field("string", GUIDE, pieces="append"),
        "role": Field("string", GUIDE, values="Role"),
        "name": Field("string", GUIDE, pieces="replace"),
        "audio_content": Field("string", GUIDE, pieces="append"),
        "reasoning_content": Field("string", WIRE, pieces="append"),
        "reasoning_details": Field("object[] ReasoningDetail", SDK_GUIDE, pieces="by-index"),
        "tool_calls": Field("object[] ToolCall", WIRE, pieces="by-index"),
    },
    "ErrorResponse": {
        "type": Field("string", ERRORS),
        "error": Field("object ErrorDetail", ERRORS),
        "request_id": Field("string", ERRORS),
    },
    "ErrorDetail": {
        "type": Field("string", ERRORS, values="ErrorType"),
        "message": Field("string", ERRORS),
        "http_code": Field("string", ERRORS),
    },
}
"""A field here may be absent or null, as the guide's own chunk has `usage` null and no
finish_reason."""

FIELDS = REQUEST | RESPONSE

# The values

STATUS_CODES = {
    0: Code("success", ""),
    1000: Code("unknown error", "server", retry=True),
    1001: Code("request timed out", "timeout", retry=True),
    1002: Code("rate limit", "rate limit", retry=True),
    1004: Code("not authorized: key missing, wrong, or of another region", "authentication"),
    1008: Code("insufficient balance", "balance"),
    1013: Code("internal service error", "server", retry=True),
    1024: Code("internal error", "server", retry=True),
    1026: Code("input hit the content filter", "content (input)"),
    1027: Code("output hit the content filter", "content (output)"),
    1033: Code("downstream service error", "server", retry=True),
    1039: Code("token limit exceeded: adjust the token limit", "token limit"),
    1041: Code("connection limit", "rate limit", retry=True),
    1042: Code("more than 10 % invisible or illegal characters", "invalid request"),
    2013: Code("invalid parameters", "invalid request"),
    2045: Code("request rate grew too fast", "rate limit", retry=True),
    2049: Code("invalid API key", "authentication"),
    2056: Code("plan's usage limit; frees up with the next time window", "quota"),
}

ERROR_TYPES = {
    "bad_request_error": 400,
    "authorized_error": 401,
    "insufficient_balance_error": 402,
    "unprocessable_entity_error": 422,
    "rate_limit_error": 429,
    "server_error": 500,
    "overloaded_error": 529,
}
"""The `type` of a failure and the HTTP status that goes with it."""

SEED_MODELS = ["MiniMax-M2.7", "MiniMax-M2.7-highspeed", "MiniMax-M2.5", "MiniMax-M2.1"]

ENUMERATIONS: dict[str, tuple[list[str] | list[int], str]] = {
    "ModelId": (
        [
            *SEED_MODELS,
            "MiniMax-M3",
            "MiniMax-M2.5-highspeed",
            "MiniMax-M2.1-highspeed",
            "MiniMax-M2",
        ],
        REFERENCE,
    ),
    "Role": (
        [
            "system",
            "user",
            "assistant",
            "user_system",
            "group",
            "sample_message_user",
            "sample_message_ai",
            "tool",
        ],
        GUIDE,
    ),
    "ServiceTier": (["standard", "priority"], JUNE),
    "ThinkingType": (["disabled", "adaptive"], JUNE),
    "ToolType": (["function"], JUNE),
    "ContentPartType": (["text", "image_url", "video_url"], JUNE),
    "MediaDetail": (["low", "default", "high"], JUNE),
    "ObjectType": (["chat.completion", "chat.completion.chunk"], REFERENCE),
    "FinishReason": (["stop", "length", "content_filter", "tool_calls"], GUIDE),
    # 1 severe, 2 pornography, 3 advertising, 4 prohibited, 5 abuse, 6 violence or terrorism,
    # 7 other; the 0 is the example's.
    "SensitiveType": ([0, 1, 2, 3, 4, 5, 6, 7], REFERENCE),
    "StatusCode": ([*STATUS_CODES], ERRORS),
    "ErrorType": ([*ERROR_TYPES], ERRORS),
}

LATER_VALUES: dict[str, dict[Any, str]] = {
    "ModelId": dict.fromkeys(ENUMERATIONS["ModelId"][0][len(SEED_MODELS) :], JUNE),
    "Role": {"tool": JUNE},
    "FinishReason": {"content_filter": JUNE, "tool_calls": JUNE},
}
"""Values that have a source of their own."""

# The examples, in the order of their fields

EXAMPLE_REQUEST: dict[str, Any] = {
    "model": "MiniMax-M2.7",
    "messages": [
        {"role": "system", "name": "MiniMax AI"},
        {"role": "user", "name": "用户", "content": "你好"},
    ],
}

EXAMPLE_RESPONSE: dict[str, Any] = {
    "id": "06379b8377842dc0108975f159dc3e7c",
    "choices": [
        {
            "finish_reason": "stop",
            "index": 0,
            "message": {
                "content": "<think>用户用中文打招呼,我应该用中文回应。</think>\n\n"
                "你好!有什么我可以帮助你的吗?",
                "role": "assistant",
            },
        }
    ],
    "created": 1776838788,
    "model": "MiniMax-M2.7",
    "object": "chat.completion",
    "usage": {
        "total_tokens": 43,
        "total_characters": 0,
        "prompt_tokens": 22,
        "completion_tokens": 21,
        "prompt_tokens_details": {"cached_tokens": 0},
    },
    "input_sensitive": False,
    "output_sensitive": False,
    "input_sensitive_type": 0,
    "output_sensitive_type": 0,
    "output_sensitive_int": 0,
    "base_resp": {"status_code": 0, "status_msg": "success"},
}

EXAMPLE_CHUNK: dict[str, Any] = {
    "id": "06379c22ee61299eeadfb33e3b3e9102",
    "choices": [
        {
            "index": 0,
            "delta": {
                "content": "<think>\n用户用",
                "role": "assistant",
                "name": "MiniMax AI",
                "audio_content": "",
            },
        }
    ],
    "created": 1776838946,
    "model": "MiniMax-M2.7",
    "object": "chat.completion.chunk",
    "usage": None,
    "input_sensitive": False,
    "output_sensitive": False,
    "input_sensitive_type": 0,
    "output_sensitive_type": 0,
    "output_sensitive_int": 0,
}

EXAMPLE_FAILURE: dict[str, Any] = {
    "type": "error",
    "error": {
        "type": "authorized_error",
        "message": "login fail: Please carry the API secret key in the 'Authorization' field of "
        "the request header (1004)",
        "http_code": "401",
    },
    "request_id": "0217…",
}

# Of June 2026, written for these tests, valid by the page

IMAGE_REQUEST: dict[str, Any] = {
    "model": "MiniMax-M3",
    "thinking": {"type": "adaptive"},
    "max_completion_tokens": 300,
    "messages": [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Which animal is this?"},
                {
                    "type": "image_url",
                    "image_url": {
                        "url": "https://example.com/heron.png",
                        "detail": "low",
                        "max_long_side_pixel": 512,
                    },
                },
            ],
        }
    ],
}

VIDEO_REQUEST: dict[str, Any] = {
    "model": "MiniMax-M3",
    "stream": True,
    "stream_options": {"include_usage": True},
    "messages": [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Count the cars."},
                {
                    "type": "video_url",
                    "video_url": {"url": "mm_file://123456", "fps": 0.5, "detail": "high"},
                },
            ],
        }
    ],
}

TOOLS_REQUEST: dict[str, Any] = {
    "model": "MiniMax-M3",
    "service_tier": "priority",
    "reasoning_split": True,
    "messages": [{"role": "user", "content": "Do I need an umbrella in Bergen?"}],
    "tools": [
        {
            "type": "function",
            "function": {
                "name": "get_forecast",
                "description": "Forecast for one city.",
                "parameters": {
                    "type": "object",
                    "properties": {
                        "city": {"type": "string"},
                        "day": {"type": ["string", "null"], "default": None},
                    },
                    "required": ["city"],
                },
            },
        }
    ],
}

TOOL_CALLS_RESPONSE: dict[str, Any] = {
    "id": "00000000000000000000000000000001",
    "object": "chat.completion",
    "created": 1780300000,
    "model": "MiniMax-M3",
    "choices": [
        {
            "index": 0,
            "finish_reason": "tool_calls",
            "message": {
                "role": "assistant",
                "name": "MiniMax AI",
                "audio_content": "",
                "content": "Let me look that up.",
                "reasoning_content": "A forecast is needed.",
                "reasoning_details": [
                    {
                        "type": "reasoning.text",
                        "id": "reasoning-text-1",
                        "format": "MiniMax-response-v1",
                        "index": 0,
                        "text": "A forecast is needed.",
                    }
                ],
                "tool_calls": [
                    {
                        "id": "call_function_abc123def456_1",
                        "type": "function",
                        "index": 0,
                        "function": {"name": "get_forecast", "arguments": '{"city": "Bergen"}'},
                    }
                ],
            },
        }
    ],
    "usage": {
        "total_tokens": 120,
        "total_characters": 0,
        "prompt_tokens": 100,
        "completion_tokens": 20,
        "prompt_tokens_details": {"cached_tokens": 64},
    },
    "input_sensitive": False,
    "output_sensitive": False,
    "input_sensitive_type": 0,
    "output_sensitive_type": 0,
    "output_sensitive_int": 0,
    "base_resp": {"status_code": 0, "status_msg": ""},
}

TOOL_RESULT_REQUEST: dict[str, Any] = {
    "model": "MiniMax-M3",
    "messages": [
        {"role": "user", "content": "Do I need an umbrella in Bergen?"},
        {
            "role": "assistant",
            "content": "Let me look that up.",
            "tool_calls": [
                {
                    "id": "call_function_abc123def456_1",
                    "type": "function",
                    "function": {"name": "get_forecast", "arguments": '{"city": "Bergen"}'},
                }
            ],
        },
        {
            "role": "tool",
            "tool_call_id": "call_function_abc123def456_1",
            "content": '{"rain_mm": 14}',
        },
    ],
}

TOOL_DELTAS: list[dict[str, Any]] = [
    {
        "role": "assistant",
        "content": "",
        "reasoning_details": [
            {
                "index": 0,
                "type": "reasoning.text",
                "id": "reasoning-text-1",
                "format": "MiniMax-response-v1",
                "text": "Two cit",
            }
        ],
    },
    {"content": "", "reasoning_details": [{"index": 0, "text": "ies."}]},
    {
        "content": "",
        "tool_calls": [
            {
                "index": 0,
                "id": "c1",
                "type": "function",
                "function": {"name": "get_forecast", "arguments": ""},
            }
        ],
    },
    {"tool_calls": [{"index": 0, "function": {"arguments": '{"city": "Ber'}}]},
    {
        "tool_calls": [
            {
                "index": 1,
                "id": "c2",
                "type": "function",
                "function": {"name": "get_forecast", "arguments": '{"city": "Oslo"}'},
            }
        ]
    },
    {"tool_calls": [{"index": 0, "function": {"arguments": 'gen"}'}}]},
]
"""Recorded by third parties: two calls, one with cut arguments, and thinking in two pieces."""


def _part(kind: str, **fields: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [{"type": kind, **fields}]}]}


def _image(**image: Any) -> dict[str, Any]:
    return _part("image_url", image_url={"url": "https://example.com/a.png", **image})


def _tool(**function: Any) -> dict[str, Any]:
    return {"tools": [{"type": "function", "function": function}]}


def _call(**call: Any) -> dict[str, Any]:
    return {"messages": [{"role": "assistant", "tool_calls": [{"type": "function", **call}]}]}


FUNCTION = {"name": "f", "arguments": "{}"}

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a picture above the limit": (
        _image(url="data:image/png;base64," + "A" * (10 * MB * 4 // 3 + 8)),
        "messages[0].content[0].image_url.url",
    ),
    "a video above the limit": (
        _part(
            "video_url",
            video_url={"url": "data:video/mp4;base64," + "A" * (50 * MB * 4 // 3 + 8)},
        ),
        "messages[0].content[0].video_url.url",
    ),
    "a tool without a function": ({"tools": [{"type": "function"}]}, "tools[0].function"),
    "a tool without a type": (
        {"tools": [{"function": {"name": "f", "parameters": {}}}]},
        "tools[0].type",
    ),
    "a function without parameters": (_tool(name="f"), "tools[0].function.parameters"),
    "a function without a name": (_tool(parameters={}), "tools[0].function.name"),
    "parameters that are no object": (
        _tool(name="f", parameters=[]),
        "tools[0].function.parameters",
    ),
    "a part without a type": (
        {"messages": [{"role": "user", "content": [{"text": "Hi"}]}]},
        "messages[0].content[0].type",
    ),
    "a picture without a URL": (
        _part("image_url", image_url={"detail": "low"}),
        "messages[0].content[0].image_url.url",
    ),
    "a call without an id": (_call(function=FUNCTION), "messages[0].tool_calls[0].id"),
    "a call without a function": (_call(id="c1"), "messages[0].tool_calls[0].function"),
    "a call without arguments": (
        _call(id="c1", function={"name": "f"}),
        "messages[0].tool_calls[0].function.arguments",
    ),
    "a result of no call": (
        {"messages": [{"role": "tool", "content": "x"}]},
        "messages[0].tool_call_id",
    ),
}
"""Arguments that the page forbids, with the field at fault; bounds of numbers are in FIELDS."""

ALLOWED: dict[str, dict[str, Any]] = {
    "temperature 0": {"temperature": 0},
    "temperature 2": {"temperature": 2},
    "top_p 0": {"top_p": 0},
    "thinking that says nothing": {"thinking": {}},
    "thinking off": {"thinking": {"type": "disabled"}},
    "thinking in a way of tomorrow": {"thinking": {"type": "someday", "budget": 5}},
    "no tools": {"tools": []},
    "no content": {"messages": [{"role": "user"}]},
    "no parts": {"messages": [{"role": "user", "content": []}]},
    "a part of a kind of tomorrow": _part("audio_url", audio_url={"url": "x", "depth": None}),
    "a picture of just the limit": _image(url="data:image/png;base64," + "A" * (10 * MB * 4 // 3)),
    "a detail of tomorrow": _image(detail="auto"),
    "a tool of tomorrow": {
        "tools": [{"type": "web_search", "function": {"name": "f", "parameters": {}}}]
    },
    "tokens above every limit in words": {"max_completion_tokens": 10_000_000},
    "an id of a call for another role": {"messages": [{"role": "user", "tool_call_id": "c1"}]},
}
"""Arguments that the page allows for these models."""

EXAMPLES: dict[str, list[dict[str, Any]]] = {
    "ChatCompletionRequest": [
        EXAMPLE_REQUEST,
        IMAGE_REQUEST,
        VIDEO_REQUEST,
        TOOLS_REQUEST,
        TOOL_RESULT_REQUEST,
    ],
    "ChatCompletion": [EXAMPLE_RESPONSE, TOOL_CALLS_RESPONSE],
    "ChatCompletionChunk": [EXAMPLE_CHUNK],
    "ErrorResponse": [EXAMPLE_FAILURE],
}

SEEN_ON_THE_WIRE = {
    "ChatCompletion": {"nvext", "service_tier", "request_id"},
    "ChatCompletionChunk": {"nvext", "service_tier", "request_id"},
    "ChunkChoice": {"message"},
    "Usage": {"completion_tokens_details"},
}
"""Undocumented fields that come and go, by public reports: they are no news."""
