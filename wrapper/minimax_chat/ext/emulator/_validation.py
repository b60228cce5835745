"""What is wrong with a request, in words: the field, what it must be, and its value."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, cast

from jsonschema import Draft202012Validator, FormatChecker, validators
from jsonschema.exceptions import ValidationError

from ._media import read_data_url
from ._specification import Object, Specification, resolve

TYPES = {"integer": "an integer", "array": "an array", "object": "an object", "null": "null"}
# The bounds of a schema, in the order in which they are told.
BOUNDS = {
    "exclusiveMinimum": "> {}",
    "minimum": ">= {}",
    "exclusiveMaximum": "< {}",
    "maximum": "<= {}",
    "minLength": "at least {} characters long",
    "maxLength": "at most {} characters long",
    "minItems": "at least {} items long",
    "maxItems": "at most {} items long",
    "multipleOf": "a multiple of {}",
    "pattern": "matching {}",
}
# "a number" says as much as "double"; another format is told by its name.
FORMATS = {"double": "", "float": "", "int32": "within 32 bits", "int64": "within 64 bits"}

# JSON Schema does not enforce a format by itself; for OpenAPI this one is a bound.
_FORMAT_CHECKER = FormatChecker(formats=())


@_FORMAT_CHECKER.checks("int64")
def _is_int64(value: object) -> bool:
    return not isinstance(value, int | float) or -(2**63) <= value < 2**63


class RequestValidator:
    """Checks requests against a document, the extensions of OpenAPI in it included."""

    def __init__(self, specification: Specification) -> None:
        self._specification = specification
        self._validator = cache(self._make_validator)

    def problems(self, content_type: str, body: bytes, value: Any, defect: str) -> list[str]:
        """What is wrong with a request; `value` and `defect` are what parse_json returned."""
        media_type = content_type.partition(";")[0].strip().lower()
        allowed = self._specification.request_media_types
        limit = self._specification.max_body_bytes
        if media_type not in allowed:
            return [f"Content-Type must be {' or '.join(allowed)} (got {media_type or 'none'})"]
        if limit is not None and len(body) > limit:
            return [f"the body must have at most {limit} bytes (got {len(body)})"]
        if defect:
            return [f"the body is not JSON: {defect}"]
        try:
            return self.problems_of_value(value)
        except RecursionError:
            return ["the body is nested too deeply"]

    def problems_of_value(self, value: Any) -> list[str]:
        fields = cast(Object, value) if isinstance(value, dict) else {}
        model = fields.get("model")
        if not isinstance(model, str) or model not in self._specification.models_with_own_bounds:
            model = None
        found = [
            problem
            for error in self._validator(model).iter_errors(value)
            for innermost in _innermost(error)
            for problem in self._describe(innermost)
        ]
        # Two keywords about a data URL find the same.
        return list(dict.fromkeys(found)) or list(_problems_of_conversation(fields["messages"]))

    def _make_validator(self, model: str | None) -> Any:
        # References start at the root of the document: the root of the schema gets the targets.
        components = self._specification.document["components"]
        root = {**self._specification.request_schema, "components": components}
        return _Validator(_for_model(root, model), format_checker=_FORMAT_CHECKER)

    def _describe(self, error: ValidationError) -> list[str]:
        if str(error.validator).startswith("x-"):
            return [f"{_field(error)} {error.message}"]
        if error.validator == "required":
            required: Any = error.validator_value
            missing = [name for name in required if name not in cast(Object, error.instance)]
            return [f"{_field(error, name)} is required" for name in missing]
        allowed = self._allowed(cast(Object, error.schema))
        return [f"{_field(error)} must be {allowed} (got {_shown(error.instance)})"]

    def _allowed(self, schema: Object) -> str:
        schema = resolve(self._specification.document, schema)
        if "anyOf" in schema:
            alternatives = [resolve(self._specification.document, each) for each in schema["anyOf"]]
            # The type beside an open enumeration takes any value: the enumeration says no more.
            plain = [each.get("type") for each in alternatives if "enum" not in each]
            said = [
                self._allowed(each)
                for each in alternatives
                if "enum" not in each or each.get("type") not in plain
            ]
            return " or ".join(dict.fromkeys(said))
        if "enum" in schema:
            return "one of " + ", ".join(map(_shown, schema["enum"]))
        types = schema.get("type", "value")
        names = [types] if isinstance(types, str) else types
        words = [" or ".join(TYPES.get(name, f"a {name}") for name in names)]
        words += [text.format(schema[key]) for key, text in BOUNDS.items() if key in schema]
        if form := schema.get("format"):
            words.append(FORMATS.get(form, f"in the format {form}"))
        first, *others = filter(None, words)
        return f"{first} {' and '.join(others)}".strip()


def parse_json(body: bytes) -> tuple[Any, str]:
    """The body as JSON, and what is wrong with it, "" if nothing."""
    if not body:
        return None, "it is empty"

    def refuse(constant: str) -> Any:
        raise ValueError(f"{constant} is not a JSON number")

    try:
        return json.loads(body.decode("utf-8"), parse_constant=refuse), ""
    except UnicodeDecodeError as error:
        return None, f"it is not UTF-8 from byte {error.start} on"
    except RecursionError:
        return None, "it is nested too deeply"
    except ValueError as error:
        return None, str(error)


def _for_model(node: Any, model: str | None) -> Any:
    """The schema with the bounds that `x-bounds` has for a model in place of a field's own."""
    if isinstance(node, list):
        return [_for_model(each, model) for each in cast(Sequence[Any], node)]
    if not isinstance(node, dict):
        return node
    schema = {key: _for_model(each, model) for key, each in cast(Object, node).items()}
    for bounds in schema.get("x-bounds", ()):
        if model in bounds["models"]:
            schema = {key: each for key, each in schema.items() if key not in BOUNDS}
            schema |= {key: each for key, each in bounds.items() if key in BOUNDS}
    return schema


def _innermost(error: ValidationError) -> list[ValidationError]:
    """What keeps a value from the alternative that has its type, or else the error itself."""
    alternatives: dict[Any, list[ValidationError]] = {}
    for each in error.context or ():
        alternatives.setdefault(each.schema_path[0], []).append(each)
    for errors in alternatives.values():
        if all(each.path or each.validator not in ("type", "enum", "anyOf") for each in errors):
            return [inner for each in errors for inner in _innermost(each)]
    return [error]


# The extensions of the document, as keywords of JSON Schema.


def _properties(
    validator: Any, properties: Object, instance: Any, schema: Object
) -> Iterator[ValidationError]:
    """The keyword `properties`, with `x-required-when` of the fields."""
    plain = Draft202012Validator.VALIDATORS["properties"]
    yield from plain(validator, properties, instance, schema)
    for name, field in properties.items() if isinstance(instance, dict) else ():
        when: Object = field.get("x-required-when", {})
        if when and name not in instance and when.items() <= instance.items():
            condition = " and ".join(f"{key} is {_shown(value)}" for key, value in when.items())
            message = f"is required where {condition}"
            yield ValidationError(message, path=[name], validator="x-required-when")


def _data_url(validator: Any, _: Any, instance: Any, schema: Object) -> Iterator[ValidationError]:
    """The keywords `x-max-data-bytes` and `x-media-types`."""
    try:
        data = read_data_url(instance) if isinstance(instance, str) else None
    except ValueError as error:
        yield ValidationError(f"must be {error} (got {_shown(instance)})")
        return
    if data:
        limit = schema.get("x-max-data-bytes", data.size)
        media_types = schema.get("x-media-types", [data.media_type])
        if data.size > limit:
            yield ValidationError(f"must hold at most {limit} bytes (got {data.size})")
        if data.media_type not in media_types:
            allowed = " or ".join(media_types)
            yield ValidationError(f"must hold {allowed} (got {data.media_type})")


_Validator: Any = cast(Any, validators).extend(
    Draft202012Validator,
    {"properties": _properties, "x-max-data-bytes": _data_url, "x-media-types": _data_url},
)


def _problems_of_conversation(messages: list[Object]) -> Iterator[str]:
    """What no schema can say."""
    systems = sum(message["role"] == "system" for message in messages)
    if systems > 1:
        # Its first words are those seen on the wire.
        yield f"invalid chat setting: messages must have at most 1 of role system (got {systems})"
    made: list[str] = []
    unanswered: dict[str, str] = {}
    end: Object = {"role": None}
    for index, message in enumerate([*messages, end]):
        if message["role"] == "tool":
            answered = message["tool_call_id"]
            if answered not in made:
                ids = ", ".join(map(_shown, made)) or "there is none"
                yield (
                    f"messages[{index}].tool_call_id must be the id of an earlier call: {ids} "
                    f"(got {_shown(answered)})"
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


def _field(error: ValidationError, name: str = "") -> str:
    """Where an error is, as `messages[0].role`."""
    field = ""
    for step in error.absolute_path:
        field += f"[{step}]" if isinstance(step, int) else f".{step}"
    if name:
        field += f".{name}"
    return field.removeprefix(".") or "the body"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:80] + "…"
