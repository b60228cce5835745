"""Tests of the contract checks: each seeded change of a side is found, with the field's name."""

from __future__ import annotations

import copy
import importlib
import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

import documented
import minimax_chat_api
from document_check import document_findings
from emulator_check import emulator_findings, schemathesis
from generated_check import generated_findings
from minimax_chat import Completion, MiniMax
from minimax_chat.ext.emulator import Emulator
from server import Connection, Request, Server, http_reply
from spec_reading import (
    BOUNDS,
    Findings,
    Spec,
    fields,
    news,
    operation,
    read_spec,
    violations,
)
from wire_check import reading_findings, request_findings

SPEC = read_spec()

Change = Callable[[Any], object]


def named(findings: Findings, *names: str) -> bool:
    """Whether one of the findings has all the names."""
    return any(all(name in each for name in names) for each in findings)


def schemas(spec: Spec) -> Any:
    return spec["components"]["schemas"]


def properties(spec: Spec, component: str) -> Any:
    return schemas(spec)[component]["properties"]


def without(schema: Any, kind: str) -> None:
    """Removes the alternative of a type."""
    left = [each for each in schema["anyOf"] if each.get("type") != kind]
    assert len(left) == len(schema["anyOf"]) - 1
    schema["anyOf"] = left


def plain(schema: Any, kind: str) -> Any:
    """The alternative of a type."""
    return next(each for each in schema["anyOf"] if each.get("type") == kind)


def documented_value(name: str) -> Any:
    """The last documented value of an enumeration."""
    return documented.ENUMERATIONS[name][0][-1]


def request_example(spec: Spec) -> Any:
    (content,) = operation(spec)["requestBody"]["content"].values()
    return next(iter(content["examples"].values()))["value"]


# Some bound of the request, and for each kind of bound its inclusive or exclusive counterpart.
BOUNDED, BOUND = next(
    (name, bound)
    for name, field in fields(SPEC["components"]["schemas"]["ChatCompletionRequest"]).items()
    for bound in BOUNDS
    if field.get("type") == "number" and bound in field
)
PAIRS = dict(zip(BOUNDS, [BOUNDS[1], BOUNDS[0], BOUNDS[3], BOUNDS[2]], strict=True))


def bounded(spec: Spec) -> Any:
    return properties(spec, "ChatCompletionRequest")[BOUNDED]


# Document ↔ spec: the spec is changed

SPEC_MUTATIONS: dict[str, tuple[Change, tuple[str, ...]]] = {
    "a model dropped": (
        lambda spec: schemas(spec)["ModelId"]["enum"].remove(documented_value("ModelId")),
        ("ModelId", documented_value("ModelId"), "missing"),
    ),
    "a role added": (
        lambda spec: schemas(spec)["Role"]["enum"].append("role-of-tomorrow"),
        ("Role", "role-of-tomorrow", "not documented"),
    ),
    "a status code dropped": (
        lambda spec: schemas(spec)["StatusCode"]["enum"].remove(2056),
        ("StatusCode", "2056"),
    ),
    "a status code made retryable": (
        lambda spec: schemas(spec)["StatusCode"]["x-retryable"].append(2056),
        ("StatusCode 2056", "retry"),
    ),
    "an error type at another status": (
        lambda spec: schemas(spec)["ErrorType"]["x-http-status"].reverse(),
        ("ErrorType", "HTTP status"),
    ),
    "a bound moved": (
        lambda spec: bounded(spec).update({BOUND: -12345}),
        (f"ChatCompletionRequest.{BOUNDED}, bounds", "-12345"),
    ),
    "a bound made inclusive": (
        lambda spec: bounded(spec).update({PAIRS[BOUND]: bounded(spec).pop(BOUND)}),
        (f"ChatCompletionRequest.{BOUNDED}, bounds",),
    ),
    "a bound added": (
        lambda spec: properties(spec, "ChatCompletionRequest")["max_completion_tokens"].update(
            multipleOf=3
        ),
        ("ChatCompletionRequest.max_completion_tokens, bounds", "multipleOf 3"),
    ),
    "a length invented": (
        lambda spec: properties(spec, "Message")["content"].update(minLength=12345),
        ("Message.content, bounds", "minLength 12345"),
    ),
    "a default changed": (
        lambda spec: properties(spec, "ChatCompletionRequest")["top_p"].update(default=0.12345),
        ("ChatCompletionRequest.top_p, default", "0.12345"),
    ),
    "a type changed": (
        lambda spec: properties(spec, "Usage")["total_tokens"].update(type=["string", "null"]),
        ("Usage.total_tokens", "type"),
    ),
    "a format lost": (
        lambda spec: properties(spec, "ChatCompletion")["created"].pop("format"),
        ("ChatCompletion.created", "integer<int64>"),
    ),
    "a format lost beside an enumeration": (
        lambda spec: plain(
            properties(spec, "ChatCompletion")["input_sensitive_type"], "integer"
        ).pop("format"),
        ("ChatCompletion.input_sensitive_type", "integer<int64>"),
    ),
    "a format lost in an enumeration": (
        lambda spec: schemas(spec)["SensitiveType"].pop("format"),
        ("ChatCompletion.output_sensitive_type", "integer<int64>", "integer of SensitiveType"),
    ),
    "a null lost": (
        lambda spec: without(properties(spec, "ChatCompletionChunk")["usage"], "null"),
        ("ChatCompletionChunk.usage", "null"),
    ),
    "an enumeration closed": (
        lambda spec: without(properties(spec, "Delta")["role"], "string"),
        ("Delta.role", "no other value"),
    ),
    "a field required": (
        lambda spec: schemas(spec)["Message"]["required"].append("content"),
        ("Message.content", "required"),
    ),
    "a field dropped": (
        lambda spec: properties(spec, "BaseResp").pop("status_msg"),
        ("BaseResp.status_msg", "missing in the spec"),
    ),
    "a field without a source": (
        lambda spec: (
            schemas(spec)["Usage"].pop("x-source"),
            properties(spec, "Usage").update(tokens_of_tomorrow={"type": ["integer", "null"]}),
        ),
        ("Usage.tokens_of_tomorrow", "no x-source"),
    ),
    "a field that its source does not document": (
        lambda spec: properties(spec, "Delta").update(
            field_of_tomorrow={"type": ["string", "null"], "x-source": documented.GUIDE}
        ),
        ("Delta.field_of_tomorrow", documented.GUIDE, "not documented"),
    ),
    "an unknown source": (
        lambda spec: properties(spec, "Delta")["content"].update({"x-source": "hearsay"}),
        ("Delta", "content", "hearsay"),
    ),
    "an example changed": (
        lambda spec: request_example(spec)["messages"][0].update(content="another"),
        ("example of the request", "messages[0]"),
    ),
    "a status dropped": (
        lambda spec: operation(spec)["responses"].pop("529"),
        ("responses", "529"),
    ),
    "a host moved": (
        lambda spec: spec["servers"][0].update(url="https://api.minimax.chat"),
        ("servers", "https://api.minimax.chat"),
    ),
    "a header lost": (
        lambda spec: spec["components"]["responses"]["Failure"].pop("headers"),
        ("headers", "trace-id"),
    ),
    "another authorization scheme": (
        lambda spec: spec["components"]["securitySchemes"]["bearerAuth"].update(scheme="basic"),
        ("authorization", "basic"),
    ),
}


@pytest.mark.parametrize("mutation", SPEC_MUTATIONS)
def test_a_change_of_the_spec_is_found(mutation: str) -> None:
    change, names = SPEC_MUTATIONS[mutation]
    spec = copy.deepcopy(SPEC)
    change(spec)
    assert named(document_findings(spec), *names), document_findings(spec)


def test_a_change_of_the_document_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    field = documented.Field("number<double>", documented.REFERENCE, bounds="-2 <= x <= 2")
    monkeypatch.setitem(documented.FIELDS["ChatCompletionRequest"], "field_of_tomorrow", field)
    findings = document_findings(SPEC)
    assert named(findings, "ChatCompletionRequest.field_of_tomorrow", "missing in the spec")


# Spec ↔ generated: the generated code is changed, in a copy

# A file, the pattern replaced once in it, its replacement, and what the finding names.
GENERATED_MUTATIONS: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "a field renamed on the wire": (
        "models/usage.py",
        r'd\.pop\("total_tokens"',
        'd.pop("tokens_total"',
        ("Usage.total_tokens",),
    ),
    "a field written under another name": (
        "models/delta.py",
        r'field_dict\["audio_content"\]',
        'field_dict["audio"]',
        ("Delta.audio_content",),
    ),
    "an attribute renamed": (
        "models/message.py",
        r"^    name: (.*) = UNSET$",
        r"    author: \1 = UNSET",
        ("Message.name",),
    ),
    "a field made optional": (
        "models/message.py",
        r"^    role: (.*)$",
        r"    role: \1 | Unset = UNSET",
        ("Message.role", "required"),
    ),
    "a null lost": (
        "models/base_resp.py",
        r"^    status_msg: (.*)None \| (.*)$",
        r"    status_msg: \1\2",
        ("BaseResp.status_msg", "None"),
    ),
    "a value lost": (
        "models/role.py",
        r'^    \w+ = "user"\n',
        "",
        ("Role.", "'user'", "generated enumeration None"),
    ),
    "two values merged": (
        "models/object_type.py",
        r'"chat\.completion\.chunk"',
        '"chat.completion"',
        ("ObjectType.", "'chat.completion.chunk'"),
    ),
    "a bound changed in contract.py": (
        "contract.py",
        rf'("{BOUNDED}": {{[^{{}}]*"{BOUND}": )[-.\d]+',
        r"\g<1>-12345",
        (f"properties.{BOUNDED}.{BOUND}", "-12345"),
    ),
    "an option renamed in params.py": (
        "params.py",
        r"^    temperature: ",
        "    heat: ",
        ("ChatCompletionRequestParam.temperature", "missing"),
    ),
    "a view reading another field": (
        "views.py",
        r'self\._value\("cached_tokens"\)',
        'self._value("cached")',
        ("PromptTokensDetailsView.cached_tokens",),
    ),
}


@pytest.fixture
def generated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the generated package that can be imported as `mutated_api`."""
    (source,) = minimax_chat_api.__path__
    copied = tmp_path / "mutated_api"
    shutil.copytree(source, copied, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield copied
    for name in [name for name in sys.modules if name.partition(".")[0] == "mutated_api"]:
        del sys.modules[name]


def imported() -> ModuleType:
    package = importlib.import_module("mutated_api")
    for name in ("models", "contract", "params", "views"):
        importlib.import_module(f"mutated_api.{name}")
    return package


def test_an_unchanged_copy_of_the_generated_code_has_no_findings(generated: Path) -> None:
    assert generated.exists()
    assert generated_findings(SPEC, imported()) == []


@pytest.mark.parametrize("mutation", GENERATED_MUTATIONS)
def test_a_change_of_the_generated_code_is_found(mutation: str, generated: Path) -> None:
    name, old, new, names = GENERATED_MUTATIONS[mutation]
    text = (generated / name).read_text("utf-8")
    changed = re.sub(old, new, text, count=1, flags=re.MULTILINE)
    assert changed != text
    (generated / name).write_text(changed, "utf-8")
    findings = generated_findings(SPEC, imported())
    assert named(findings, *names), findings


# Wrapper ↔ spec: what goes over the wire is changed

ASKED: dict[str, Any] = {
    "model": "MiniMax-M2.7",
    "messages": [{"role": "user", "content": "你好"}],
    "temperature": 0.5,
}

WIRE_MUTATIONS: dict[str, tuple[Change, tuple[str, ...]]] = {
    "an unrequested default": (lambda body: body.update(stream=False), ("stream", "not asked for")),
    "an unknown field": (
        lambda body: body.update(field_of_tomorrow=1),
        ("ChatCompletionRequest.field_of_tomorrow", "not asked for"),
    ),
    "a field lost": (lambda body: body.pop("temperature"), ("temperature", "not sent")),
    "a null": (lambda body: body.update(temperature=None), ("temperature", "None")),
    "a bound exceeded": (
        lambda body: body.update(temperature=12345),
        ("ChatCompletionRequest.temperature: 12345",),
    ),
    "a message changed": (
        lambda body: body["messages"][0].update(name=None),
        ("messages[0].name", "not asked for"),
    ),
    "a role lost": (lambda body: body["messages"][0].pop("role"), ("messages[0]", "role")),
}


@pytest.mark.parametrize("mutation", ["none", *WIRE_MUTATIONS])
def test_a_change_of_a_request_is_found(mutation: str) -> None:
    change, names = WIRE_MUTATIONS.get(mutation, (lambda body: None, ()))
    requests: list[httpx.Request] = []

    def take(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json=documented.EXAMPLE_RESPONSE)

    with httpx.Client(transport=httpx.MockTransport(take)) as http:
        client = MiniMax(api_key="sk", base_url="https://api.minimax.io", http_client=http)
        client.chat.completions.create(**copy.deepcopy(ASKED))
    (sent,) = requests
    body = json.loads(sent.content)
    change(body)
    del sent.headers["content-length"]
    changed = httpx.Request(sent.method, sent.url, headers=sent.headers, json=body)
    findings = request_findings(SPEC, ASKED, changed, "sk")
    assert named(findings, *names) if names else findings == []


def test_a_header_that_nobody_asked_for_is_found() -> None:
    headers = {"authorization": "Bearer sk", "content-type": "application/json", "x-stainless": "1"}
    request = httpx.Request(
        "POST", f"https://api.minimax.io{documented.PATH}", headers=headers, json=ASKED
    )
    assert request_findings(SPEC, ASKED, request, "sk") == ["header x-stainless: not asked for"]


def test_a_field_that_is_read_wrongly_is_found() -> None:
    body = {"usage": {"total_tokens": 3}, "choices": [{"message": {"content": "a"}}]}
    other = {"usage": {"total_tokens": 4}, "choices": [{"message": {"content": "b"}}]}
    findings = reading_findings(SPEC, "ChatCompletion", Completion(other), body)
    assert named(findings, "Usage.total_tokens", "4")
    assert named(findings, "ChoiceMessage.content", "'b'")


# Emulator ↔ spec: the emulator's replies are changed, by a proxy


@contextmanager
def changed_emulator(change: Change) -> Iterator[str]:
    """The address of an emulator, each JSON object of whose replies is changed."""

    def changed(text: str) -> str:
        try:
            body = json.loads(text)
        except ValueError:
            return text
        change(body)
        return json.dumps(body)

    def forward(connection: Connection, request: Request) -> None:
        method, path, _ = request.line.split(" ")
        names = {"authorization", "content-type"} & request.headers.keys()
        headers = {name: request.headers[name] for name in names}
        response = http.request(method, path, content=request.body, headers=headers)
        kind = response.headers.pop("content-type", "")
        response.headers.pop("content-length", "")
        response.headers.pop("transfer-encoding", "")
        if kind.startswith("text/event-stream"):
            events = re.sub("(?<=data: ).*", lambda data: changed(data[0]), response.text)
            content = events.encode()
        else:
            content = changed(response.text).encode()
        connection.send(http_reply(content, response.status_code, response.headers, kind))

    with Emulator() as emulator, Server() as proxy:
        http = httpx.Client(base_url=emulator.base_url, verify=False, trust_env=False)
        proxy.otherwise(forward)
        with http:
            yield proxy.base_url


def break_schema(body: dict[str, Any]) -> None:
    if "error" in body:
        body["error"]["http_code"] = 401
    elif body["object"] == "chat.completion.chunk":
        body["created"] = "now"
    elif body["usage"]:
        body["usage"]["total_tokens"] = "43"
    else:
        body["base_resp"] = "failed"


def test_replies_of_the_emulator_that_violate_the_schema_are_found() -> None:
    with changed_emulator(break_schema) as base_url:
        findings = emulator_findings(SPEC, base_url)
    assert named(findings, "error.http_code", "401"), findings
    assert named(findings, "ChatCompletionChunk.created", "'now'"), findings
    assert named(findings, "usage.total_tokens", "'43'"), findings
    assert named(findings, "base_resp", "'failed'"), findings


def test_schemathesis_finds_replies_that_violate_the_schema(tmp_path: Path) -> None:
    with changed_emulator(break_schema) as base_url:
        done = schemathesis(base_url, tmp_path, "--phases", "examples")
    assert done.returncode == 1
    assert "total_tokens" in done.stdout, done.stdout


# The API changes


def test_new_fields_and_values_of_the_api_are_listed() -> None:
    body = copy.deepcopy(documented.EXAMPLE_RESPONSE)
    assert news(SPEC, "ChatCompletion", body) == []
    body["choices"][0]["finish_reason"] = "reason-of-tomorrow"
    body["choices"][0]["message"] |= {"field_of_tomorrow": [], "reasoning_content": "seen before"}
    body["usage"]["prompt_tokens_details"]["tokens_of_tomorrow"] = 7
    assert violations(SPEC, "ChatCompletion", body) == []
    assert sorted(news(SPEC, "ChatCompletion", body)) == [
        "ChatCompletion.choices.finish_reason: new value 'reason-of-tomorrow'",
        "ChatCompletion.choices.message.field_of_tomorrow: new field, here []",
        "ChatCompletion.usage.prompt_tokens_details.tokens_of_tomorrow: new field, here 7",
    ]
