"""The forms of a line: that of a request, and that of a result."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, cast

from ..._errors import APIError, MiniMaxError, ResponseDecodeError
from ._batch import Result

ENDPOINT = "/chat/completions"


def read_line(text: bytes | str) -> tuple[str | None, dict[str, Any]]:
    """The id of a request, and the arguments of its call; ValueError says what is wrong."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"is not JSON ({error})") from None
    if not isinstance(value, dict):
        raise ValueError("is not a JSON object")
    row = cast("dict[str, Any]", value)
    id = row.get("custom_id", row.get("id"))
    if not isinstance(id, (str, int, type(None))) or id == "":
        raise ValueError("must have a string or a number as its id")
    if isinstance(id, str) and re.search("[\ud800-\udfff]", id):
        raise ValueError("has an id with half of a surrogate pair")
    return None if id is None else str(id), request_of(row)


def request_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call, of one of the forms; ValueError says what is wrong."""
    if "body" in row:
        url = str(row.get("url", ENDPOINT))
        if row.get("method", "POST") != "POST" or not url.endswith(ENDPOINT):
            raise ValueError(f"must have the method POST and a url that ends in {ENDPOINT}")
        if not isinstance(row["body"], dict):
            raise ValueError("must have an object as its body")
        return cast("dict[str, Any]", row["body"])
    if isinstance(row.get("prompt"), str):
        return {"messages": [{"role": "user", "content": row["prompt"]}]}
    if isinstance(row.get("messages"), list):
        return {"messages": row["messages"]}
    raise ValueError("must have a body, a prompt or messages")


def complete(
    request: Mapping[str, Any], defaults: Mapping[str, Any], system: str | None
) -> dict[str, Any]:
    """Adds the arguments that a request does not have, and a system message if it has none."""
    completed = {**defaults, **request}
    messages: Any = completed.get("messages")
    if system is not None and isinstance(messages, list) and not _has_system(messages):
        completed["messages"] = [{"role": "system", "content": system}, *messages]
    return completed


def _has_system(messages: Any) -> bool:
    return bool(messages) and isinstance(messages[0], dict) and messages[0].get("role") == "system"


def row_of(custom_id: str, result: Result) -> dict[str, Any]:
    """A result as a row: every row has the same keys, and null where there is nothing."""
    completion, error = result.completion, result.error
    row: dict[str, Any] = {
        "custom_id": custom_id,
        "error": None,
        "text": None,
        "thinking": None,
        "tool_calls": [],
        "finish_reason": None,
        "usage": None,
        "trace_id": None,
        "attempts": result.attempts,
        "seconds": round(result.seconds, 3),
        "response": None,
    }
    if error is not None:
        row["error"] = {
            "code": error.code,
            "class": type(error).__name__,
            "message": error.message,
            "retryable": may_pass(error),
        }
        row["trace_id"] = error.trace_id
    if completion is not None:
        body = completion.to_dict()
        row |= {
            "text": completion.text,
            "thinking": completion.thinking,
            "tool_calls": [call.to_dict() for call in completion.tool_calls],
            "finish_reason": completion.finish_reason,
            "usage": body.get("usage"),
            "trace_id": completion.trace_id,
            # As in the files of OpenAI's Batch API.
            "response": {"status_code": 200, "request_id": completion.trace_id, "body": body},
        }
    return row


def may_pass(error: MiniMaxError) -> bool:
    """Whether a failed request is worth another run.

    A response that was cut off is, but is not sent again unasked: its answer was paid for. So is
    a reply without a status code of the API, which may be that of a proxy or of a wrong address.
    """
    strange = isinstance(error, APIError) and error.code is None
    return error.retryable or strange or type(error) is ResponseDecodeError


def as_json(row: Any) -> str:
    """A row, or a part of it, as JSON, which has no NaN; those of a careless server become null."""
    try:
        return json.dumps(row, ensure_ascii=False, allow_nan=False)
    except ValueError:
        return json.dumps(json.loads(json.dumps(row), parse_constant=lambda _: None))


def failure_name(name: str, code: int | None) -> str:
    """How failures are counted: by class and code."""
    return name if code is None else f"{name} {code}"
