"""Writes what the spec says and openapi-python-client drops: `contract.py`, the facts.

- the servers, by region
- the method and path of each operation
- the documented status codes: what they mean and which are worth a retry
- the request: its bounds as a schema and as code, its fields as the parameters of a call
- how the pieces of a stream are merged
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from generation import runtime
from generation.predicates import predicate
from generation.python_source import OPENING, assignment, copied, escaped, is_object, objects
from generation.typed_dicts import documented_keys, parameters
from spec.openapi import EVENT_STREAM, JSON, Place, Schema, Spec, component

# The keywords that say which values are allowed.
CONSTRAINTS = (
    *("type", "required", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    *("minLength", "maxLength", "minItems", "maxItems"),
    # These are carried for readers; check() leaves them to the server.
    *("pattern", "multipleOf", "uniqueItems", "minProperties", "maxProperties"),
    # Extensions of this project.
    *("x-bounds", "x-required-when", "x-max-body-bytes", "x-max-data-bytes", "x-received-as"),
)
# The keywords that only explain. An enumeration is open: it allows other values as well.
ANNOTATIONS = (
    *("description", "title", "format", "default", "example", "examples", "deprecated", "enum"),
)


class UnsupportedSchema(ValueError):
    """The spec says something that cannot be carried over, at `place`."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.place = place


def contract_module(spec: Spec, source: bytes) -> str:
    """The source of contract.py for `spec`, whose text is `source`."""
    opening = OPENING.format("Facts of openapi.yaml that the generated models do not carry.")
    imports, code = copied(runtime)
    parts = [opening + imports, *_facts(spec, source), code]
    for name in dict.fromkeys(spec.bodies(spec.request_bodies(), JSON)):
        schema = _constraints(spec, spec.schemas[name], ("components", "schemas", name), ())
        documentation = f"The bounds of a {name}, references resolved; enumerations are open."
        target = f"{_constant(name)}_SCHEMA: dict[str, Any]"
        parts.append(assignment(target, schema, documentation))
        if is_object(schema):
            parts += _parameters(spec, name)
            parts.append(predicate(f"is_plain_{_constant(name).lower()}", schema))
    events = spec.bodies(spec.replies(successful=True), EVENT_STREAM)
    parts.append(_merges(spec, objects(spec, spec.reachable(events))))
    return "\n".join(parts)


def _facts(spec: Spec, source: bytes) -> Iterator[str]:
    yield f"SPEC_SHA256 = {hashlib.sha256(source).hexdigest()!r}\n"
    servers: dict[str, str] = {}
    for server in spec.data["servers"]:
        servers.setdefault(server["x-region"], server["url"].rstrip("/"))
    yield assignment(
        "SERVERS: dict[str, str]", servers, "Base URL by region; the first is the default."
    )
    for (_, path, method), operation in spec.operations():
        constant = _constant(operation["operationId"])
        yield f"{constant}_METHOD: str = {method!r}\n{constant}_PATH: str = {path!r}\n"
    codes = spec.schemas.get("StatusCode", {"enum": []})
    meanings = dict(zip(codes["enum"], codes.get("x-enum-descriptions", []), strict=True))
    yield assignment(
        "STATUS_MEANINGS: dict[int, str]", meanings, "What each documented status code means."
    )
    retryable = ", ".join(map(str, codes.get("x-retryable", [])))
    yield (
        f"RETRYABLE_STATUS_CODES = frozenset({{{retryable}}})\n"
        '"""The documented codes worth a retry."""\n'
    )


def _constraints(
    spec: Spec, schema: Schema, place: Place, outer: tuple[str, ...]
) -> dict[str, Any]:
    """`schema` with its constraints alone, references resolved (`outer`: those around it)."""
    name = component(schema)
    if name in outer:
        # A schema that contains itself: deeper levels are the server's to check.
        return {}
    if name:
        inside = ("components", "schemas", name)
        return _constraints(spec, spec.schemas[name], inside, (*outer, name))
    result: dict[str, Any] = {}
    for key, value in schema.items():
        here = (*place, key)
        if key in CONSTRAINTS or (key == "additionalProperties" and isinstance(value, bool)):
            result[key] = value
        elif key == "properties":
            result[key] = {
                field: _constraints(spec, each, (*here, field), outer)
                for field, each in value.items()
            }
        elif key in ("items", "additionalProperties"):
            result[key] = _constraints(spec, value, here, outer)
        elif key == "anyOf":
            options = [_constraints(spec, each, here, outer) for each in value]
            distinct = [each for index, each in enumerate(options) if each not in options[:index]]
            result |= {"anyOf": distinct} if len(distinct) > 1 else distinct[0]
        elif key not in ANNOTATIONS and not key.startswith("x-"):
            message = f"the keyword {key!r} would be dropped: requests would not be checked by it"
            raise UnsupportedSchema(here, message)
    return result


def _parameters(spec: Spec, name: str) -> Iterator[str]:
    """The keys of a typed dict for those who show a signature, without importing the type."""
    annotations = parameters(spec, name)
    documentation = f"The annotations of {name}Param, required keys first."
    yield assignment(f"{_constant(name)}_PARAMETERS: dict[str, str]", annotations, documentation)
    keys = escaped(documented_keys(spec, name))
    documentation = f"What follows `Keys:` in the docstring of {name}Param."
    yield f'{_constant(name)}_KEYS: str = """{keys}"""\n"""{documentation}"""\n'


def _merges(spec: Spec, names: list[str]) -> str:
    entries = ""
    for name in names:
        fields = spec.schemas[name]["properties"].items()
        merges = ", ".join(f"{field!r}: {_merge(spec, schema)}" for field, schema in fields)
        entries += f"    {name!r}: {{{merges}}},\n"
    return (
        f"MERGES: dict[str, dict[str, Merge]] = {{\n{entries}}}\n"
        '"""How the pieces of a stream are merged, by component and field."""\n'
    )


def _merge(spec: Spec, schema: Schema) -> str:
    arguments = [repr(schema.get("x-merge", "replace"))]
    for each in runtime.alternatives(schema):
        entry = component(each) or component(each.get("items", {}))
        if entry and spec.schemas[entry].get("type") == "object":
            arguments = [repr(schema.get("x-merge", "object")), repr(entry)]
    if "x-merge-into" in schema:
        arguments.append(f"into={schema['x-merge-into']!r}")
    return f"Merge({', '.join(arguments)})"


def _constant(name: str) -> str:
    return "".join(f"_{c}" if c.isupper() and i else c for i, c in enumerate(name)).upper()
