"""Writes what the spec says and openapi-python-client drops as one Python module, `contract.py`.

- the servers, by region
- the documented status codes: what they mean and which are worth a retry
- the request as typed dicts (what a caller passes) and as a schema (the bounds of what is sent)
- how the pieces of a stream are merged
- the response as views: typed and read-only
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Iterator
from typing import Any

from generation import runtime
from generation.python_source import assignment, is_object
from generation.typed_dicts import STRING_MAPPINGS, literal, typed_dict
from generation.views import view
from spec.openapi import EVENT_STREAM, JSON, Place, Schema, Spec, component

# Selects the kind of reply. Callers' overloads name it, and a typed dict for **kwargs must not name
# it again.
REPLY_SELECTOR = "stream"

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

HEADER = '''"""What openapi.yaml says and the generated models drop.

Written by scripts/regenerate.py from openapi.yaml; change those, then run it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias, TypedDict
'''


class UnsupportedSchema(ValueError):
    """The spec says something that cannot be carried over, at `place`."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.place = place


def contract_module(spec: Spec, source: bytes) -> str:
    """The source of contract.py for `spec`, whose text is `source`."""
    requests = spec.bodies(spec.request_bodies(), JSON)
    replies = spec.replies(successful=True)
    events = spec.bodies(replies, EVENT_STREAM)
    sent = spec.reachable(requests)
    read = spec.reachable([*spec.bodies(replies, JSON), *events])
    # The bodies of calls that can be answered with a stream.
    streamable = [
        name
        for _, operation in spec.operations()
        if spec.bodies(operation["responses"].values(), EVENT_STREAM)
        for name in spec.bodies([operation.get("requestBody")], JSON)
    ]
    imports, code = _runtime()
    parts = [HEADER + imports, *_facts(spec, source)]
    parts += [literal(name, spec.schemas[name]) for name in sent if "enum" in spec.schemas[name]]
    parts += [code, STRING_MAPPINGS]
    for name in _objects(spec, sent):
        leave_out = REPLY_SELECTOR if name in streamable else None
        parts.append(typed_dict(spec, name, leave_out=leave_out))
    for name in dict.fromkeys(requests):
        schema = _constraints(spec, spec.schemas[name], ("components", "schemas", name), ())
        documentation = f"The bounds of a {name}, references resolved; enumerations are open."
        target = f"{_constant(name)}_SCHEMA: dict[str, Any]"
        parts.append(assignment(target, schema, documentation))
    parts.append(_merges(spec, _objects(spec, spec.reachable(events))))
    parts += [view(spec, name) for name in _objects(spec, read)]
    return "\n".join(parts)


def _objects(spec: Spec, names: list[str]) -> list[str]:
    return [name for name in names if is_object(spec.schemas[name])]


def _runtime() -> tuple[str, str]:
    """The imports and the code of runtime.py."""
    source = inspect.getsource(runtime).partition("from __future__ import annotations\n\n")[2]
    imports, _, code = source.partition("\n\n\n")
    return f"{imports}\n", f"\n{code}"


def _facts(spec: Spec, source: bytes) -> Iterator[str]:
    yield f"SPEC_SHA256 = {hashlib.sha256(source).hexdigest()!r}\n"
    servers: dict[str, str] = {}
    for server in spec.data["servers"]:
        servers.setdefault(server["x-region"], server["url"].rstrip("/"))
    yield assignment(
        "SERVERS: dict[str, str]", servers, "Base URL by region; the first is the default."
    )
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
