"""What openapi.yaml says, in the form in which the emulator asks for it."""

from __future__ import annotations

import copy
from functools import cache
from importlib import resources
from typing import Any

import yaml

from ._requests import RequestRules, resolved

OPERATION = "createChatCompletion"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

JSON = "application/json"
EVENT_STREAM = "text/event-stream"


class Specification:
    """The chat operation of an OpenAPI 3.1 document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.path, self.method, operation = next(
            (path, method.upper(), operation)
            for path, item in document["paths"].items()
            for method, operation in item.items()
            if method in METHODS and operation.get("operationId") == OPERATION
        )
        schemas = document["components"]["schemas"]

        request_content = operation["requestBody"]["content"]
        self.request_media_types: list[str] = list(request_content)
        self._rules = RequestRules(document, request_content[JSON]["schema"])
        self.max_body_bytes = self._rules.max_body_bytes
        self.objections = self._rules.objections

        success = resolved(document, operation["responses"]["200"])
        self.trace_header: str = next(iter(success["headers"]))
        self._completions = _examples(success["content"][JSON])
        [self._chunk, *_] = _examples(success["content"][EVENT_STREAM])
        unauthorized = resolved(document, operation["responses"]["401"])
        [self._failure, *_] = _examples(unauthorized["content"][JSON])

        codes = schemas["StatusCode"]
        self.meanings: dict[int, str] = dict(
            zip(codes["enum"], codes["x-enum-descriptions"], strict=True)
        )
        types = schemas["ErrorType"]
        self.error_types: dict[int, str] = dict(
            zip(types["x-http-status"], types["enum"], strict=True)
        )

    def is_of_first_page(self, model: str | None) -> bool:
        """Whether a model is one of those that keep the older page's rules."""
        return model in self._rules.models_with_own_bounds

    def completion(self, model: str | None = None) -> dict[str, Any]:
        """A copy of the documented response of a model; without one, of the first documented."""
        first_page = model is None or self.is_of_first_page(model)
        found = (
            each for each in self._completions if self.is_of_first_page(each["model"]) == first_page
        )
        return copy.deepcopy(next(found, self._completions[0]))

    def part_of_message(self, name: str) -> dict[str, Any]:
        """A copy of the first entry of a list in the message of a documented response."""
        messages = (each["choices"][0]["message"] for each in self._completions)
        return copy.deepcopy(next(each[name][0] for each in messages if name in each))

    def chunk(self) -> dict[str, Any]:
        """A copy of the documented chunk."""
        return copy.deepcopy(self._chunk)

    def failure(self) -> dict[str, Any]:
        """A copy of the documented failure, which is that of a missing key."""
        return copy.deepcopy(self._failure)


@cache
def installed_specification() -> Specification:
    """The spec that the installed generated client was made from."""
    text = (resources.files("minimax_chat_api") / "openapi.yaml").read_text(encoding="utf-8")
    # The C loader is six times as fast; PyYAML may have been built without it.
    return Specification(yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


def _examples(media_type: dict[str, Any]) -> list[Any]:
    return [example["value"] for example in media_type["examples"].values()]
