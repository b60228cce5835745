"""Sample requests and replies of the API, as Python values and as bytes."""

from __future__ import annotations

import copy
import json
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from documented import EXAMPLE_CHUNK, EXAMPLE_RESPONSE
from minimax_chat_api.params import MessageParam, SupportsToDict

KEY = "sk-test-0123456789abcdef"
"""A key that must never be shown."""
MODEL = "MiniMax-M2.7"
PROMPT = "What is the secret of the mountain?"
MESSAGES: list[MessageParam | SupportsToDict] = [{"role": "user", "content": PROMPT}]

DOCUMENTED = EXAMPLE_RESPONSE
"""The response on the documented page."""

ENVELOPE = {name: value for name, value in EXAMPLE_CHUNK.items() if name != "choices"}
"""What the documented chunk repeats in every event."""

USAGE: dict[str, Any] = DOCUMENTED["usage"]
THINKING, TEXT = "The user greets.", "Hello! 你好 🙂"
CONTENT = f"<think>\n{THINKING}\n</think>\n\n{TEXT}"

PNG = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)
"""A picture of one pixel."""

DONE = b"data: [DONE]\n\n"


def documented() -> dict[str, Any]:
    """A copy of the documented response."""
    return copy.deepcopy(DOCUMENTED)


def plain(
    content: str | None = CONTENT, finish_reason: str | None = "stop", **fields: Any
) -> dict[str, Any]:
    """The body of a plain reply."""
    message = {"role": "assistant", "content": content}
    choice = {"index": 0, "message": message, "finish_reason": finish_reason}
    return {**ENVELOPE, "object": "chat.completion", "choices": [choice], **fields}


def chunk(
    content: str | None = None, finish_reason: str | None = None, **delta: Any
) -> dict[str, Any]:
    """One event of a stream; `delta` holds its fields other than the content."""
    if content is not None:
        delta["content"] = content
    choice: dict[str, Any] = {"index": 0, "delta": delta}
    if finish_reason is not None:
        choice["finish_reason"] = finish_reason
    return {**ENVELOPE, "choices": [choice]}


def sse(*events: Any, done: bool = True) -> bytes:
    """The body of a stream: each event as JSON, or verbatim where it is bytes."""
    body = b""
    for event in events:
        data = event if isinstance(event, bytes) else json.dumps(event, ensure_ascii=False).encode()
        body += b"data: %b\n\n" % data
    return body + DONE if done else body


def event(content: str, finish_reason: str | None = None) -> bytes:
    """One event of a stream, as bytes."""
    return sse(chunk(content, finish_reason), done=False)


def events(content: str = CONTENT, size: int = 5) -> list[bytes]:
    """The events of a complete stream, as bytes, including [DONE]."""
    pieces = [content[at : at + size] for at in range(0, len(content), size)]
    return [*map(event, pieces[:-1]), event(pieces[-1], "stop"), DONE]


def base_resp(code: Any, message: str = "") -> dict[str, Any]:
    """A failure reported inside an HTTP 200."""
    return {"base_resp": {"status_code": code, "status_msg": message}}


def openai_style(message: Any, kind: str = "server_error", http: Any = "500") -> dict[str, Any]:
    """A failure reported with an HTTP status of its own."""
    error = {"type": kind, "message": message, "http_code": http}
    return {"type": "error", "error": error, "request_id": "0217aaaa"}


def without(value: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """A copy without these members."""
    return {name: item for name, item in value.items() if name not in names}
