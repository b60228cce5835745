"""What is wrong with a request, in words: the field, its value, and what is allowed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from jsonschema import Draft202012Validator, FormatChecker, validators
from jsonschema.exceptions import ValidationError

from ._media import read_data_url

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


class RequestRules:
    """What an OpenAPI document says of the body of a request, its own extensions included."""

    def __init__(self, document: dict[str, Any], schema: dict[str, Any]) -> None:
        self._document = document
        self._schema = schema
        request = resolved(document, schema)
        self.max_body_bytes: int | None = request.get("x-max-body-bytes")
        self.models_with_own_bounds = frozenset(
            model
            for field in request["properties"].values()
            for bounds in field.get("x-bounds", ())
            for model in bounds["models"]
        )
        """The models whose bounds are those of the older page."""
        self._validators: dict[str | None, Any] = {}

    def objections(self, body: Any) -> list[str]:
        """What is wrong with a body: field, value, and what is allowed."""
        fields = cast(dict[str, Any], body) if isinstance(body, dict) else {}
        found = [
            objection
            for error in self._validator(fields.get("model")).iter_errors(body)
            for each in _deepest(error)
            for objection in self._objections(each)
        ]
        return found or [*_objections_to_conversation(fields["messages"])]

    def _validator(self, model: Any) -> Any:
        if not isinstance(model, str) or model not in self.models_with_own_bounds:
            model = None
        if model not in self._validators:
            # References start at the root of the document: the root of the schema gets the targets.
            root = {**self._schema, "components": self._document["components"]}
            self._validators[model] = _Validator(_for_model(root, model), format_checker=FORMATS)
        return self._validators[model]

    def _objections(self, error: ValidationError) -> list[str]:
        schema: Any = error.schema
        bound: Any = error.validator_value
        instance: Any = error.instance
        if error.validator in EXTENSIONS:
            return [f"{_field(error)} {error.message}"]
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
        schema = resolved(self._document, schema)
        if "anyOf" in schema:
            alternatives = [resolved(self._document, each) for each in schema["anyOf"]]
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


def resolved(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """`node`, or what it refers to."""
    while "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def _for_model(node: Any, model: str | None) -> Any:
    """The schema with the bounds that `x-bounds` has for a model in place of a field's own."""
    if isinstance(node, list):
        return [_for_model(each, model) for each in cast(Sequence[Any], node)]
    if not isinstance(node, dict):
        return node
    fields = cast(dict[str, Any], node)
    schema = {key: _for_model(each, model) for key, each in fields.items()}
    for bounds in schema.get("x-bounds", ()):
        if model in bounds["models"]:
            schema = {key: each for key, each in schema.items() if key not in BOUNDS}
            schema |= {key: each for key, each in bounds.items() if key in BOUNDS}
    return schema


def _deepest(error: ValidationError) -> Iterator[ValidationError]:
    """Of what fits no alternative: what keeps it from the one that has its type."""
    alternatives: dict[Any, list[ValidationError]] = {}
    for each in error.context or ():
        alternatives.setdefault(each.schema_path[0], []).append(each)
    for errors in alternatives.values():
        if all(each.path or each.validator not in ("type", "enum", "anyOf") for each in errors):
            for each in errors:
                yield from _deepest(each)
            return
    yield error


# The extensions of the document that JSON Schema has no word for


def _properties(
    validator: Any, properties: Any, instance: Any, schema: Any
) -> Iterator[ValidationError]:
    yield from Draft202012Validator.VALIDATORS["properties"](
        validator, properties, instance, schema
    )
    for name, field in properties.items() if isinstance(instance, dict) else ():
        when: dict[str, Any] = field.get("x-required-when", {})
        if when and name not in instance and when.items() <= instance.items():
            told = " and ".join(f"{other} is {_shown(value)}" for other, value in when.items())
            yield ValidationError(
                f"is missing; required where {told}", path=[name], validator="x-required-when"
            )


def _max_data_bytes(
    validator: Any, limit: int, instance: Any, schema: Any
) -> Iterator[ValidationError]:
    try:
        data = read_data_url(instance) if isinstance(instance, str) else None
    except ValueError as error:
        yield ValidationError(f"is {_shown(instance)}, {error}")
        return
    if data is not None and data.size > limit:
        yield ValidationError(f"holds {data.size} bytes; allowed: at most {limit} bytes")


def _media_types(
    validator: Any, allowed: list[str], instance: Any, schema: Any
) -> Iterator[ValidationError]:
    try:
        data = read_data_url(instance) if isinstance(instance, str) else None
    except ValueError:
        return  # _max_data_bytes says so.
    if data is not None and data.media_type not in allowed:
        told = ", ".join(allowed)
        yield ValidationError(f"is of the media type {data.media_type}; allowed: {told}")


def _nothing(*_: Any) -> Iterator[ValidationError]:
    yield from ()


EXTENSIONS: Mapping[str, Any] = {
    # The object that the field stands in sees to it.
    "x-required-when": _nothing,
    "x-max-data-bytes": _max_data_bytes,
    "x-media-types": _media_types,
}
_Validator: Any = cast(Any, validators).extend(
    Draft202012Validator, {"properties": _properties, **EXTENSIONS}
)


# What no schema can say


def _objections_to_conversation(messages: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    # Seen on the wire.
    systems = sum(message["role"] == "system" for message in messages)
    if systems > 1:
        yield (f"invalid chat setting: messages has {systems} of role system; allowed: at most 1")
    made: list[str] = []
    unanswered: dict[str, str] = {}
    end: Mapping[str, Any] = {"role": None}
    for index, message in enumerate([*messages, end]):
        if message["role"] == "tool":
            answered = message["tool_call_id"]
            if answered not in made:
                ids = ", ".join(map(_shown, made)) or "none, for no call was made before it"
                yield (
                    f"messages[{index}].tool_call_id is {_shown(answered)}; "
                    f"allowed: the id of an earlier call ({ids})"
                )
            unanswered.pop(answered, None)
            continue
        for identity, field in unanswered.items():
            yield (
                f"{field} has no result: a message of role tool with the tool_call_id "
                f"{_shown(identity)} must follow"
            )
        calls = message.get("tool_calls", ()) if message["role"] == "assistant" else ()
        unanswered = {
            call["id"]: f"messages[{index}].tool_calls[{number}]"
            for number, call in enumerate(calls)
        }
        made += unanswered


def _field(error: ValidationError, *more: str) -> str:
    """Where an error is, as `messages[0].role`."""
    field = ""
    for step in (*error.absolute_path, *more):
        field += f"[{step}]" if isinstance(step, int) else f".{step}"
    return field.removeprefix(".") or "the body"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:80] + "…"
