"""Wrapper ↔ spec: requests that were sent and views of replies, against openapi.yaml."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import httpx

import documented
from spec_reading import (
    Findings,
    Spec,
    alternatives,
    fields,
    reader_name,
    resolved,
    same,
    violations,
)

HEADERS = {
    "host",
    "accept",
    "accept-encoding",
    "connection",
    "user-agent",
    "content-type",
    "content-length",
    "authorization",
}
"""Headers that HTTP, the contract and httpx need."""


def request_findings(
    spec: Spec, asked: Any, request: httpx.Request, key: str, headers: Collection[str] = ()
) -> Findings:
    """A request on the wire, against the spec and against the body and headers asked for."""
    found: Findings = []
    body = json.loads(request.content)
    wanted = {
        "method": (documented.METHOD, request.method),
        "path": (documented.PATH, request.url.path),
        "query": (b"", request.url.query),
        "content-type": (documented.REQUEST_MEDIA_TYPE, request.headers.get("content-type")),
        "authorization": (f"Bearer {key}", request.headers.get("authorization")),
    }
    found += [
        f"{name} is {has!r}, not {right!r}" for name, (right, has) in wanted.items() if right != has
    ]
    more = request.headers.keys() - HEADERS - {name.lower() for name in headers}
    found += [f"header {name}: not asked for" for name in more]
    found += violations(spec, "ChatCompletionRequest", body)
    return found + _unasked(asked, body, "ChatCompletionRequest")


def _unasked(asked: Any, sent: Any, where: str) -> Findings:
    if isinstance(asked, dict) and isinstance(sent, dict):
        found = [f"{where}.{name}: sent, but not asked for" for name in sent.keys() - asked.keys()]
        found += [f"{where}.{name}: asked for, but not sent" for name in asked.keys() - sent.keys()]
        for name in asked.keys() & sent.keys():
            found += _unasked(asked[name], sent[name], f"{where}.{name}")
        return found
    if isinstance(asked, list) and isinstance(sent, list) and len(asked) == len(sent):
        return [
            each
            for index, (left, right) in enumerate(zip(asked, sent, strict=True))
            for each in _unasked(left, right, f"{where}[{index}]")
        ]
    return [] if same(asked, sent) else [f"{where}: sent {sent!r}, asked for {asked!r}"]


def reading_findings(spec: Spec, component: str, read: Any, body: Any) -> Findings:
    """What a view of a component reads, against its body."""
    found: Findings = []
    for name, schema in fields(spec["components"]["schemas"][component]).items():
        where = f"{component}.{name}"
        value = body.get(name)
        try:
            has = getattr(read, reader_name(type(read), name))
        except Exception as error:
            found.append(f"{where}: cannot be read, {error!r}")
            continue
        # A value of several alternatives is returned unchanged.
        forms = alternatives(schema)
        form = forms[0] if len(forms) == 1 else {}
        if form.get("type") == "array":
            target = _viewed(spec, form.get("items", {}))
            if target and len(has) == len(value or []):
                for part, part_body in zip(has, value or [], strict=True):
                    found += reading_findings(spec, target, part, part_body)
            elif not same(has, value or []):
                found.append(f"{where}: reads {has!r}, the body has {value!r}")
        elif (target := _viewed(spec, form)) and (
            value is not None or "x-empty-when-absent" in schema
        ):
            found += reading_findings(spec, target, has, value or {})
        elif not same(has, _read_as(schema, form, value)):
            found.append(f"{where}: reads {has!r}, the body has {value!r}")
    return found


def _viewed(spec: Spec, schema: Spec) -> str:
    """The component of a field that is read through a view; a free object is returned as it is."""
    target = resolved(spec, schema)
    return schema["$ref"].rpartition("/")[2] if "$ref" in schema and fields(target) else ""


def _read_as(schema: Spec, form: Spec, value: Any) -> Any:
    """How a view reads the value: an absent text may read ''."""
    empty = value is None and form.get("type") == "string" and "x-empty-when-absent" in schema
    return "" if empty else value
