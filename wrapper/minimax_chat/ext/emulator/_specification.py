"""What openapi.yaml says, in the form in which the emulator asks for it."""

from __future__ import annotations

import copy
import json
from functools import cache
from importlib import resources
from typing import Any

import yaml
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

OPERATION = "createChatCompletion"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

JSON = "application/json"
EVENT_STREAM = "text/event-stream"

# How the bounds of a schema are told to a person, in the order of the telling.
BOUNDS = {
    "exclusiveMinimum": "more than {}",
    "minimum": "at least {}",
    "exclusiveMaximum": "less than {}",
    "maximum": "at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "multipleOf": "a multiple of {}",
    "pattern": "matching {}",
}
# "number" says as much as "double"; another format is told by its name.
FORMAT_WORDS = {"double": "", "float": "", "int32": "within 32 bits", "int64": "within 64 bits"}

# JSON Schema takes a format as a mere remark; those of OpenAPI are bounds.
FORMATS = FormatChecker(formats=())


@FORMATS.checks("int64")
def _is_int64(value: object) -> bool:
    return not isinstance(value, int | float) or -(2**63) <= value < 2**63


class Specification:
    """The chat operation of an OpenAPI 3.1 document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self.path, self.method, operation = next(
            (path, method.upper(), operation)
            for path, item in document["paths"].items()
            for method, operation in item.items()
            if method in METHODS and operation.get("operationId") == OPERATION
        )
        schemas = document["components"]["schemas"]

        request_content = operation["requestBody"]["content"]
        self.request_media_types: list[str] = list(request_content)
        # References start at the root of the document: the root of the schema gets the targets.
        self._request_validator: Any = Draft202012Validator(
            {**request_content[JSON]["schema"], "components": document["components"]},
            format_checker=FORMATS,
        )

        success = self._resolved(operation["responses"]["200"])
        self.trace_header: str = next(iter(success["headers"]))
        self._completion = _example(success["content"][JSON])
        self._chunk = _example(success["content"][EVENT_STREAM])
        unauthorized = self._resolved(operation["responses"]["401"])
        self._failure = _example(unauthorized["content"][JSON])

        codes = schemas["StatusCode"]
        self.meanings: dict[int, str] = dict(
            zip(codes["enum"], codes["x-enum-descriptions"], strict=True)
        )
        types = schemas["ErrorType"]
        self.error_types: dict[int, str] = dict(
            zip(types["x-http-status"], types["enum"], strict=True)
        )

    def completion(self) -> dict[str, Any]:
        """A copy of the documented response."""
        return copy.deepcopy(self._completion)

    def chunk(self) -> dict[str, Any]:
        """A copy of the documented chunk."""
        return copy.deepcopy(self._chunk)

    def failure(self) -> dict[str, Any]:
        """A copy of the documented failure, which is that of a missing key."""
        return copy.deepcopy(self._failure)

    def objections(self, body: Any) -> list[str]:
        """What is wrong with a request body: field, value, and what is allowed."""
        return [
            objection
            for error in self._request_validator.iter_errors(body)
            for objection in self._objections(error)
        ]

    def _objections(self, error: ValidationError) -> list[str]:
        schema: Any = error.schema
        bound: Any = error.validator_value
        instance: Any = error.instance
        if error.validator == "required":
            return [
                f"{_field(error, name)} is missing; "
                f"allowed: {self._allowed(schema.get('properties', {}).get(name, {}))}"
                for name in bound
                if name not in instance
            ]
        if error.validator == "maxContains":
            # What the API says of a second system message.
            return [
                f"invalid chat setting: {_field(error)} may have at most {bound} "
                f"matching {_shown(schema['contains'])}"
            ]
        return [f"{_field(error)} is {_shown(instance)}; allowed: {self._allowed(schema)}"]

    def _allowed(self, schema: dict[str, Any]) -> str:
        schema = self._resolved(schema)
        if "anyOf" in schema:
            alternatives = [self._resolved(each) for each in schema["anyOf"]]
            # An open enumeration: the plain type beside it takes any value.
            plain = [each.get("type") for each in alternatives if "enum" not in each]
            return " or ".join(
                dict.fromkeys(
                    self._allowed(each)
                    for each in alternatives
                    if "enum" not in each or each.get("type") not in plain
                )
            )
        if "enum" in schema:
            return "one of " + ", ".join(map(_shown, schema["enum"]))
        types = schema.get("type", "any value")
        words = [types if isinstance(types, str) else " or ".join(types)]
        words += [text.format(schema[key]) for key, text in BOUNDS.items() if key in schema]
        if form := schema.get("format"):
            words.append(FORMAT_WORDS.get(form, f"of the format {form}"))
        return ", ".join(filter(None, words))

    def _resolved(self, node: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in node:
            target: Any = self._document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node


@cache
def installed_specification() -> Specification:
    """The spec that the installed generated client was made from."""
    text = (resources.files("minimax_chat_api") / "openapi.yaml").read_text(encoding="utf-8")
    # The C loader is six times as fast; PyYAML may have been built without it.
    return Specification(yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


def _example(media_type: dict[str, Any]) -> Any:
    return next(iter(media_type["examples"].values()))["value"]


def _field(error: ValidationError, *more: str) -> str:
    """Where an error is, as `messages[0].role`."""
    field = ""
    for step in (*error.absolute_path, *more):
        field += f"[{step}]" if isinstance(step, int) else f".{step}"
    return field.removeprefix(".") or "the body"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:80] + "…"
