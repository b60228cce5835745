"""What openapi.yaml says, in the form in which the emulator asks for it."""

from __future__ import annotations

import copy
from functools import cache
from importlib import resources
from typing import Any

import yaml

Object = dict[str, Any]

OPERATION = "createChatCompletion"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

JSON = "application/json"
EVENT_STREAM = "text/event-stream"

# In the spec this is in words only, at ChatCompletionRequest.thinking: other models always think.
THINKS_ON_DEMAND = {"MiniMax-M3"}


class Specification:
    """The chat operation of an OpenAPI 3.1 document."""

    def __init__(self, document: Object) -> None:
        self.document = document
        self.path, self.method, operation = _find_operation(document)
        self._responses: Object = operation["responses"]
        success = resolve(document, self._responses["200"])
        self.trace_header: str = next(iter(success["headers"]))

        request_content: Object = operation["requestBody"]["content"]
        self.request_media_types = list(request_content)
        self.request_schema: Object = request_content[JSON]["schema"]
        request = resolve(document, self.request_schema)
        self.max_body_bytes: int | None = request.get("x-max-body-bytes")
        self.models_with_own_bounds = {
            model
            for field in request["properties"].values()
            for bounds in field.get("x-bounds", ())
            for model in bounds["models"]
        }
        """The models for which the older page holds."""

        schemas = document["components"]["schemas"]
        codes, types = schemas["StatusCode"], schemas["ErrorType"]
        self.meanings: dict[int, str] = dict(
            zip(codes["enum"], codes["x-enum-descriptions"], strict=True)
        )
        self.error_types: dict[int, str] = dict(
            zip(types["x-http-status"], types["enum"], strict=True)
        )

    def completion(self, model: str | None = None) -> Object:
        """The documented response of a model; without one, of the first documented."""
        examples = self._examples("200", JSON)
        is_older = model is None or model in self.models_with_own_bounds
        for example in examples:
            if (example["model"] in self.models_with_own_bounds) == is_older:
                return example
        return examples[0]

    def part_of_message(self, name: str) -> Object:
        """The first entry of a list in the message of a documented response."""
        messages = [each["choices"][0]["message"] for each in self._examples("200", JSON)]
        return next(message[name][0] for message in messages if name in message)

    def chunk(self) -> Object:
        """The documented chunk."""
        return self._examples("200", EVENT_STREAM)[0]

    def failure(self) -> Object:
        """The documented failure, which is that of a missing key."""
        return self._examples("401", JSON)[0]

    def _examples(self, status: str, media_type: str) -> list[Object]:
        """Copies, for the replies to be built on."""
        response = resolve(self.document, self._responses[status])
        examples = response["content"][media_type]["examples"]
        return [copy.deepcopy(example["value"]) for example in examples.values()]


@cache
def installed_specification() -> Specification:
    """The spec that the installed generated client was made from."""
    text = (resources.files("minimax_chat_api") / "openapi.yaml").read_text(encoding="utf-8")
    # The C loader is six times as fast; PyYAML may have been built without it.
    return Specification(yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


def resolve(document: Object, node: Object) -> Object:
    """`node`, or what it refers to."""
    while "$ref" in node:
        node = find(document, node["$ref"])
    return node


def find(document: Any, reference: str) -> Any:
    """What a `$ref` inside the document points to; LookupError or TypeError where nothing is."""
    for part in reference.removeprefix("#").split("/")[1:]:
        document = document[part.replace("~1", "/").replace("~0", "~")]
    return document


def _find_operation(document: Object) -> tuple[str, str, Object]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if item.get(method, {}).get("operationId") == OPERATION:
                return path, method.upper(), item[method]
    raise LookupError(f"the document has no operation {OPERATION}")
