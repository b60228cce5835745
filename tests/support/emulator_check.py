"""Emulator ↔ spec: what a running emulator answers, against openapi.yaml."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

import documented
from project_copy import ROOT
from spec_reading import (
    Findings,
    Spec,
    canonical,
    differences,
    operation,
    resolved,
    violations,
)

ORDINARY = ["你好", "What is a monad?", ""]
ODD = [
    "!odd fields hi",
    "!odd role hi",
    "!think field hi",
    "!usage alone hi",
    "!sensitive input=7 hi",
]


def http_client(base_url: str, key: str = "sk-contract") -> httpx.Client:
    headers = {"authorization": f"Bearer {key}"}
    # No TLS, so no certificates; no proxy, which would not reach this machine.
    return httpx.Client(base_url=base_url, headers=headers, verify=False, trust_env=False)


def request(content: str, **fields: Any) -> dict[str, Any]:
    return {"model": "MiniMax-M2.7", "messages": [{"role": "user", "content": content}], **fields}


def emulator_findings(spec: Spec, base_url: str) -> Findings:
    """Ordinary and odd answers, streams, and every status code in both shapes."""
    found: Findings = []
    with http_client(base_url) as http:
        for content in (*ORDINARY, *ODD):
            for body in (request(content), request(content, stream=True)):
                found += reply_findings(spec, http, body)
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
    """The reply to one request against the spec, the status code that it tells included."""
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
            told, more = _told(spec, failure)
            found += more
        for value in values:
            found += violations(spec, component, value)
        if told == 0 and not found:
            found += _adding_up(http, body, values)
    else:
        told, more = _told(spec, response.json())
        found += more
    if told != code and not found:
        found.append(f"{where}: tells the status code {told}, not {code}")
    return [f"{where}: {each.removeprefix(f'{where}: ')}" for each in found]


def _told(spec: Spec, body: dict[str, Any]) -> tuple[int | None, Findings]:
    """The status code that a body tells, and what its schema forbids of it."""
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


def _adding_up(http: httpx.Client, body: dict[str, Any], chunks: list[dict[str, Any]]) -> Findings:
    """The chunks against the answer that a plain call gives."""
    plain = http.post(documented.PATH, json={**body, "stream": False}).json()
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    streamed = {
        "content": "".join(choice["delta"]["content"] for choice in choices),
        "finish_reason": choices[-1].get("finish_reason"),
        "usage": chunks[-1]["usage"],
    }
    whole = {
        "content": plain["choices"][0]["message"]["content"],
        "finish_reason": plain["choices"][0]["finish_reason"],
        "usage": plain["usage"],
    }
    return [f"the stream's {each}" for each in differences(whole, streamed)]


def schemathesis(
    base_url: str, folder: Path, *options: str, spec: Path = ROOT / "openapi.yaml"
) -> subprocess.CompletedProcess[str]:
    """Runs schemathesis against an emulator, with all its checks, and its scratch in `folder`."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", str(spec), "--url", base_url),
            *("--header", "Authorization: Bearer sk-contract", "--checks", "all", "--no-color"),
            *("--generation-database", "none", *options),
        ],
        cwd=folder,
        env={
            **os.environ,
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
            "COLUMNS": "200",
            "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
            "PYTHONPATH": str(Path(__file__).parent),
        },
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
    )
