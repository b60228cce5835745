"""The contract as the vendor documents it, transcribed from the pages and not from openapi.yaml.

The sources are named as in the `x-sources` of openapi.yaml: "reference" is the page of
POST /v1/chat/completions, "example" the request and response on it, "guide" the text chat guide
with streaming and thinking, "errors" the page of error codes.

Types are in the notation of the page: integer<int64>, object[] …; what stands behind an object is
the name that the contract gives to it. Bounds, too, are as the page writes them: 0 < x <= 1.
"""

from __future__ import annotations

from typing import Any, NamedTuple

REFERENCE, EXAMPLE, GUIDE, ERRORS = "reference", "example", "guide", "errors"


class Field(NamedTuple):
    type: str
    source: str
    required: bool = False
    values: str = ""
    """The enumeration of the documented values. It is open: the API brings new ones unannounced."""
    bounds: str = ""
    """A range, and what else JSON Schema has a word for: maxItems 4."""
    default: object = None


class Code(NamedTuple):
    meaning: str
    kind: str
    retry: bool = False


# The operation

METHOD, PATH = "POST", "/v1/chat/completions"
SERVERS = {"cn": "https://api.minimaxi.com", "global": "https://api.minimax.io"}
"""By region; the first is the reference page's."""
AUTHORIZATION = {"type": "http", "scheme": "bearer"}
REQUEST_MEDIA_TYPE = "application/json"
RESPONSE_MEDIA_TYPES = {
    "application/json": "ChatCompletion",
    "text/event-stream": "ChatCompletionChunk",
}
"""What an HTTP 200 holds; of a stream, what the data of one event is."""
TRACE_HEADER = "trace-id"
FAILURE = "ErrorResponse"
"""What every other HTTP status holds."""

# The fields

ANY_OTHER = "*"
"""Stands for every field that a page does not name, where it says what all of these are. An object
of which it says nothing, in which anything goes, has no fields here: {}."""

REQUEST = {
    "ChatCompletionRequest": {
        "model": Field("string", REFERENCE, required=True, values="ModelId"),
        "messages": Field("object[] Message", REFERENCE, required=True),
        "stream": Field("boolean", REFERENCE, default=False),
        "max_completion_tokens": Field("integer<int64>", REFERENCE, bounds="x >= 1"),
        "temperature": Field("number<double>", REFERENCE, bounds="0 < x <= 1", default=1),
        "top_p": Field("number<double>", REFERENCE, bounds="0 < x <= 1", default=0.95),
    },
    "Message": {
        "role": Field("string", GUIDE, required=True, values="Role"),
        "name": Field("string", EXAMPLE),
        # The documented request has a system message without content.
        "content": Field("string", EXAMPLE),
    },
}
"""A field here is never null; what is not required may be left out."""

# The page has one table for both: `object` tells the answer from the piece of a stream.
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
        "choices": Field("object[] ChunkChoice", GUIDE),
        "output_sensitive_int": Field("integer", GUIDE),
    },
    "ChunkChoice": {
        "finish_reason": Field("string", GUIDE, values="FinishReason"),
        "index": Field("integer", GUIDE),
        "delta": Field("object Delta", GUIDE),
    },
    "Delta": {
        "content": Field("string", GUIDE),
        "role": Field("string", GUIDE, values="Role"),
        "name": Field("string", GUIDE),
        "audio_content": Field("string", GUIDE),
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

ENUMERATIONS: dict[str, tuple[list[str] | list[int], str]] = {
    "ModelId": (
        ["MiniMax-M2.7", "MiniMax-M2.7-highspeed", "MiniMax-M2.5", "MiniMax-M2.1"],
        REFERENCE,
    ),
    "Role": (
        [
            *("system", "user", "assistant"),
            *("user_system", "group", "sample_message_user", "sample_message_ai"),
        ],
        GUIDE,
    ),
    "ObjectType": (["chat.completion", "chat.completion.chunk"], REFERENCE),
    "FinishReason": (["stop", "length"], GUIDE),
    # 1 severe, 2 pornography, 3 advertising, 4 prohibited, 5 abuse, 6 violence or terrorism,
    # 7 other; the 0 is the example's.
    "SensitiveType": ([0, 1, 2, 3, 4, 5, 6, 7], REFERENCE),
    "StatusCode": ([*STATUS_CODES], ERRORS),
    "ErrorType": ([*ERROR_TYPES], ERRORS),
}

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

EXAMPLES = {
    "ChatCompletionRequest": EXAMPLE_REQUEST,
    "ChatCompletion": EXAMPLE_RESPONSE,
    "ChatCompletionChunk": EXAMPLE_CHUNK,
    "ErrorResponse": EXAMPLE_FAILURE,
}

SEEN_ON_THE_WIRE = {
    "ChatCompletion": {"nvext", "service_tier", "request_id"},
    "ChatCompletionChunk": {"nvext", "service_tier", "request_id"},
    "ChoiceMessage": {"name", "audio_content", "reasoning_content"},
    "ChunkChoice": {"message"},
    "Delta": {"reasoning_content"},
    "Usage": {"completion_tokens_details"},
}
"""Fields that no page lists and that come and go, by public reports: no news when they do."""
