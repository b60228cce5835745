"""Emulator ↔ spec: the replies of a running emulator, checked against openapi.yaml."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
from jsonschema import Draft202012Validator

import documented
from rehearsal.project_copy import ROOT
from spec_reading import (
    Findings,
    Spec,
    alternatives,
    canonical,
    differences,
    examples,
    is_object,
    operation,
    resolved,
    violations,
)

REQUEST = "ChatCompletionRequest"

NORMAL = ["你好", "What is a monad?", ""]
ODD = [
    "!odd fields hi",
    "!odd role hi",
    "!think field hi",
    "!usage alone hi",
    "!sensitive input=7 hi",
]
CALLS = ["!call\n", "!call !chunk 3 ", "!odd calls !chunk 3 !call get_forecast get_forecast "]
SPLIT = ["", "!odd cumulative "]


def http_client(base_url: str, key: str = "sk-contract") -> httpx.Client:
    headers = {"authorization": f"Bearer {key}"}
    # Without TLS there are no certificates to load, and no proxy reaches this machine.
    return httpx.Client(base_url=base_url, headers=headers, verify=False, trust_env=False)


def request(content: str, **fields: Any) -> dict[str, Any]:
    return {"model": "MiniMax-M2.7", "messages": [{"role": "user", "content": content}], **fields}


def requests(spec: Spec) -> Iterator[dict[str, Any]]:
    """Requests of each kind, to one model of each page."""
    asked = [value for _, component, value in examples(spec) if component == REQUEST]
    tools = next(example["tools"] for example in asked if "tools" in example)
    told = {"stream_options": {"include_usage": True}}
    models = [spec["components"]["schemas"]["ModelId"]["enum"], of_first_page(spec)]
    for model in (models[1][0], next(each for each in models[0] if each not in models[1])):
        yield from (request(content, model=model) for content in NORMAL)
        yield from (request(content, model=model, **told) for content in ODD)
        for example in asked:
            yield {**example, "model": model}
        for split in (False, True):
            fields = {"model": model, "reasoning_split": split}
            for content in CALLS:
                yield request(f"{content}How is it in Oslo?", tools=tools, **fields)
            yield from (request(f"{content}hi", **fields) for content in SPLIT)


def of_first_page(spec: Spec) -> list[str]:
    """The models with bounds of their own."""
    properties = spec["components"]["schemas"][REQUEST]["properties"]
    return [
        model
        for field in properties.values()
        for bounds in field.get("x-bounds", ())
        for model in bounds["models"]
    ]


def is_refused(spec: Spec, body: dict[str, Any]) -> bool:
    """Whether a request must be refused, possibly although the schema alone allows it.

    An extension of the spec may forbid it, or its messages do not go together: several of role
    system, a call without a result, a result without a call.
    """
    if violations(spec, REQUEST, body):
        return True
    messages = body["messages"]
    if [message["role"] for message in messages].count("system") > 1:
        return True
    made: set[str] = set()
    open_calls: set[str] = set()
    for message in [*messages, {"role": ""}]:
        if message["role"] == "tool":
            if message["tool_call_id"] not in made:
                return True
            open_calls.discard(message["tool_call_id"])
            continue
        if open_calls:
            return True
        if message["role"] == "assistant":
            open_calls = {call["id"] for call in message.get("tool_calls", ())}
            made |= open_calls
    return False


def schema_allows(spec: Spec, body: Any) -> bool:
    """Whether the schema of a request allows it, its extensions apart."""
    root = {"$ref": f"#/components/schemas/{REQUEST}", "components": spec["components"]}
    return Draft202012Validator(root).is_valid(body)


def emulator_findings(spec: Spec, base_url: str) -> Findings:
    """Of normal and odd answers, plain and streamed, and every status code in both shapes."""
    found: Findings = []
    with http_client(base_url) as http:
        for each in requests(spec):
            for stream in (False, True):
                found += reply_findings(spec, http, {**each, "stream": stream})
        for code in [*documented.STATUS_CODES][1:]:
            for shape in ("http", "base_resp"):
                body = request(f"!fail {code} shape={shape}")
                found += reply_findings(spec, http, body, code=code)
                found += reply_findings(spec, http, {**body, "stream": True}, code=code)
            body = request(f"!fail {code} after=1", stream=True)
            found += reply_findings(spec, http, body, code=code)
    return list(dict.fromkeys(found))


def reply_findings(
    spec: Spec, http: httpx.Client, body: dict[str, Any], *, code: int = 0
) -> Findings:
    """Of the reply to one request; the status code that it tells must be `code`."""
    response = http.post(documented.PATH, json=body)
    where = canonical(body["messages"])[:80]
    responses = operation(spec)["responses"]
    if str(response.status_code) not in responses:
        return [f"{where}: HTTP {response.status_code} is not in the spec"]
    described = resolved(spec, responses[str(response.status_code)])
    media_type = response.headers["content-type"].partition(";")[0]
    if media_type not in described["content"]:
        return [f"{where}: the media type {media_type} is not in the spec"]
    found = [
        f"{where}: the header {name} is missing"
        for name in described["headers"]
        if name not in response.headers
    ]
    component = described["content"][media_type]["schema"]["$ref"].rpartition("/")[2]
    told: int | None
    if media_type == "text/event-stream":
        *events, last = response.text.removesuffix("\n\n").split("\n\n")
        values = [json.loads(event.removeprefix("data: ")) for event in events]
        told = 0
        if last != "data: [DONE]":
            failure = json.loads(last.removeprefix("data: "))
            told, more = _told_code(spec, failure)
            found += more
        for value in values:
            found += violations(spec, component, value)
        if told == 0 and not found:
            found += _sum_findings(spec, http, body, values)
    else:
        told, more = _told_code(spec, response.json())
        found += more
    if told != code and not found:
        found.append(f"{where}: tells the status code {told}, not {code}")
    return [f"{where}: {each.removeprefix(f'{where}: ')}" for each in found]


def _told_code(spec: Spec, body: dict[str, Any]) -> tuple[int | None, Findings]:
    """The status code that a body tells, and where it violates its schema."""
    component = "ErrorResponse" if "error" in body else "ChatCompletion"
    found = violations(spec, component, body)
    if found:
        return None, found
    if "error" in body:
        trailing = body["error"]["message"].rpartition("(")[2].removesuffix(")")
        code = int(trailing) if trailing.isdigit() else None
        kind, status = body["error"]["type"], body["error"]["http_code"]
        if str(documented.ERROR_TYPES.get(kind)) != status:
            found.append(f"ErrorDetail.type: {kind} does not go with HTTP {status}")
        return code, found
    return body["base_resp"]["status_code"], []


def _sum_findings(
    spec: Spec, http: httpx.Client, body: dict[str, Any], chunks: list[dict[str, Any]]
) -> Findings:
    """The merged chunks, compared with the answer to a plain call."""
    plain = http.post(documented.PATH, json={**body, "stream": False}).json()
    streamed = merged(spec, {"$ref": "#/components/schemas/ChatCompletionChunk"}, chunks)
    told = body.get("stream_options", {}).get("include_usage", False)
    wanted: dict[str, Any] = {
        "choices": plain["choices"],
        "usage": plain["usage"] if told or body["model"] in of_first_page(spec) else None,
    }
    got = {"choices": streamed["choices"], "usage": streamed.get("usage")}
    for choice, whole in zip(got["choices"], plain["choices"], strict=True):
        message = choice["message"]
        # Chunks have a name and audio_content where whole answers of the older page have none.
        for name in ("name", "audio_content"):
            if name not in whole["message"]:
                message.pop(name, None)
        # A role may be empty in each chunk.
        message.setdefault("role", whole["message"].get("role"))
    return [f"the stream's {each}" for each in differences(_sorted(wanted), _sorted(got))]


def merged(spec: Spec, schema: Spec, pieces: list[Any]) -> Any:
    """The value that pieces make up, by the marks of the spec; None if they say nothing."""
    said = [piece for piece in pieces if piece not in (None, "", [], {})]
    match schema.get("x-merge"):
        case "append":
            return "".join(piece for piece in pieces if piece is not None)
        case "append-or-cumulative":
            grows = all(later.startswith(piece) for piece, later in pairwise(said))
            return said[-1] if grows else "".join(said)
        case "by-index":
            entries: dict[int, list[Any]] = {}
            for entry in (entry for piece in said for entry in piece):
                entries.setdefault(entry["index"], []).append(entry)
            return [merged(spec, schema["items"], each) for _, each in sorted(entries.items())]
    form: Spec = next((resolved(spec, each) for each in alternatives(schema)), {})
    if not said or not is_object(form):
        return said[-1] if said else None
    whole: dict[str, Any] = {}
    for name in dict.fromkeys(name for piece in said for name in piece):
        field = form.get("properties", {}).get(name, {})
        value = merged(spec, field, [piece[name] for piece in said if name in piece])
        if value is not None:
            whole[field.get("x-merge-into", name)] = value
    return whole


def _sorted(value: Any) -> Any:
    """The value with its fields sorted, since pieces arrive in another order."""
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(each) for each in value] if isinstance(value, list) else value


def schemathesis(
    base_url: str, folder: Path, *options: str, spec: Path = ROOT / "openapi.yaml"
) -> subprocess.CompletedProcess[str]:
    """Runs schemathesis with all its checks against an emulator; `folder` is for its scratch."""
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "schemathesis.cli",
            "run",
            str(spec),
            f"--url={base_url}",
            "--header=Authorization: Bearer sk-contract",
            "--checks=all",
            "--generation-database=none",
            "--no-color",
            *options,
        ],
        cwd=folder,
        env={
            **os.environ,
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
            "COLUMNS": "200",
            "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
            "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), str(ROOT / "scripts")]),
        },
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
    )
