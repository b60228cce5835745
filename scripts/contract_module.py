"""Writes what the spec knows and openapi-python-client drops as one Python module, `contract.py`.

- the servers, by region
- the documented status codes: what they mean and which are worth a retry
- the request as typed dicts (what a caller passes) and as a schema (the bounds of what is sent)
- the response as views: typed, read-only, where a missing field reads None and building costs nothing
"""

from __future__ import annotations

import hashlib
import json
import keyword
from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

# Selects the kind of reply. Callers' overloads name it, and a typed dict for **kwargs must not name it again.
REPLY_SELECTOR = "stream"

# What says which values are allowed. Descriptions and extensions say other things and stay in the spec.
CONSTRAINTS = (
    "type",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "required",
)
ANNOTATIONS = ("description", "title", "format", "default", "example", "examples", "deprecated")

PYTHON_TYPES = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "null": "None",
}

HEADER = '''"""What openapi.yaml says and the generated models drop.

Written by scripts/regenerate.py from openapi.yaml; change those, then run it again.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any, Literal, Protocol, Required, TypeAlias, TypedDict

'''

VIEW_BASE = '''
class SupportsToDict(Protocol):
    """A generated model, a view, or anything else that turns itself into the JSON object to send."""

    def to_dict(self) -> dict[str, Any]: ...


class View:
    """A JSON object read by attribute. A field that is missing or null reads None, an array `[]`."""

    __slots__ = ("_data",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data

    def to_dict(self) -> dict[str, Any]:
        """A copy of the object as it came, fields unknown to the contract included."""
        return copy.deepcopy(dict(self._data))

    def __eq__(self, other: object) -> bool:
        return self._data == other._data if isinstance(other, View) else NotImplemented

    def __repr__(self) -> str:
        return f"{type(self).__name__}({dict(self._data)!r})"

    def _value(self, name: str) -> Any:
        return self._data.get(name)

    def _object(self, name: str) -> Any:
        value = self._data.get(name)
        return value if isinstance(value, dict) else None

    def _array(self, name: str) -> list[Any]:
        value = self._data.get(name)
        return value if isinstance(value, list) else []


'''


class UnsupportedSchema(ValueError):
    """The spec says something that this script cannot carry over. The message names the place."""


def contract_module(spec: Schema, spec_bytes: bytes) -> str:
    """The source of contract.py for `spec`, which was read from `spec_bytes`."""
    schemas: dict[str, Schema] = spec["components"]["schemas"]
    operations = [
        operation
        for item in spec["paths"].values()
        for method, operation in item.items()
        if method in ("get", "put", "post", "delete", "options", "head", "patch", "trace")
    ]
    request_roots = _named(operations, "requestBody")
    response_roots = _named(operations, "responses")
    sent = _reachable(schemas, request_roots)
    read = _reachable(schemas, response_roots)

    parts = [HEADER]
    parts.append(f"SPEC_SHA256 = {hashlib.sha256(spec_bytes).hexdigest()!r}\n")
    parts.append(
        _assign(
            "SERVERS: dict[str, str]",
            _servers(spec),
            "Base URL by region; the first is the default.",
        )
    )
    parts.extend(_status_codes(schemas))
    for name in sent:
        if "enum" in schemas[name]:
            values = ", ".join(repr(value) for value in schemas[name]["enum"])
            parts.append(f"{name}Literal: TypeAlias = Literal[{values}]\n")
    parts.append(VIEW_BASE)
    parts.extend(
        _typed_dict(schemas, name, root=name in request_roots)
        for name in sent
        if _is_object(schemas[name])
    )
    for root in request_roots:
        parts.append(
            _assign(
                f"{_constant(root)}_SCHEMA: dict[str, Any]",
                _constraints(schemas, schemas[root], root),
                f"The bounds of a {root}, references resolved; enumerations are open and bound nothing.",
            )
        )
    parts.extend(_view(schemas, name) for name in read if _is_object(schemas[name]))
    return "\n".join(parts)


def _servers(spec: Schema) -> dict[str, str]:
    return {server["x-region"]: server["url"].rstrip("/") for server in spec["servers"]}


def _status_codes(schemas: dict[str, Schema]) -> Iterator[str]:
    codes = schemas.get("StatusCode", {"enum": []})
    meanings = dict(zip(codes["enum"], codes.get("x-enum-descriptions", []), strict=True))
    yield _assign(
        "STATUS_MEANINGS: dict[int, str]", meanings, "What each documented status code means."
    )
    retryable = ", ".join(map(str, codes.get("x-retryable", [])))
    yield (
        f"RETRYABLE_STATUS_CODES = frozenset({{{retryable}}})\n"
        '"""The documented codes worth a retry."""\n'
    )


def _named(operations: list[Schema], part: str) -> list[str]:
    """Names of the components that the operations' request or successful responses refer to directly."""
    names: dict[str, None] = {}
    for operation in operations:
        if part == "requestBody":
            bodies = [operation.get(part, {})]
        else:
            bodies = [
                body for status, body in operation[part].items() if str(status).startswith("2")
            ]
        for body in bodies:
            for media_type in body.get("content", {}).values():
                names[_ref_name(media_type["schema"])] = None
    return list(names)


def _ref_name(schema: Schema) -> str:
    if "$ref" not in schema:
        raise UnsupportedSchema(
            f"an inline schema where a named component is expected: {json.dumps(schema)[:100]}"
        )
    return str(schema["$ref"]).rpartition("/")[2]


def _reachable(schemas: dict[str, Schema], roots: list[str]) -> list[str]:
    """`roots` and all they refer to, in the order of the spec."""
    seen: set[str] = set()
    todo = list(roots)
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo.extend(_refs(schemas[name]))
    return [name for name in schemas if name in seen]


def _refs(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield str(value).rpartition("/")[2]
            elif not key.startswith("x-"):
                yield from _refs(value)
    elif isinstance(node, list):
        for value in node:
            yield from _refs(value)


def _is_object(schema: Schema) -> bool:
    return schema.get("type") == "object"


def _alternatives(schema: Schema) -> list[Schema]:
    """The schemas any of which a value may have, `type: [a, b]` spread out."""
    if "anyOf" in schema:
        return [alternative for each in schema["anyOf"] for alternative in _alternatives(each)]
    if isinstance(schema.get("type"), list):
        return [{**schema, "type": each} for each in schema["type"]]
    return [schema]


def _union(types: list[str]) -> str:
    return " | ".join(dict.fromkeys(sorted(types, key=lambda each: each == "None")))


def _sent_type(schemas: dict[str, Schema], schema: Schema) -> str:
    types: list[str] = []
    for each in _alternatives(schema):
        if "$ref" in each:
            name = _ref_name(each)
            if "enum" in schemas[name]:
                types.append(f"{name}Literal")
            elif _is_object(schemas[name]):
                types.extend([f"{name}Param", "SupportsToDict"])
            else:
                types.append(_sent_type(schemas, schemas[name]))
        elif each.get("type") == "array":
            types.append(
                f"Iterable[{_sent_type(schemas, each['items']) if 'items' in each else 'Any'}]"
            )
        elif each.get("type") == "object":
            types.append("Mapping[str, Any]")
        else:
            types.append(PYTHON_TYPES[each["type"]] if "type" in each else "Any")
    return _union(types)


def _typed_dict(schemas: dict[str, Schema], name: str, *, root: bool) -> str:
    schema = schemas[name]
    lines = [f"class {name}Param(TypedDict, total=False):", _docstring(schema["description"])]
    for field, field_schema in schema.get("properties", {}).items():
        if root and field == REPLY_SELECTOR:
            continue
        if not field.isidentifier() or keyword.iskeyword(field):
            raise UnsupportedSchema(f"{name}.{field}: not usable as the name of an argument")
        python_type = _sent_type(schemas, field_schema)
        if field in schema.get("required", []):
            python_type = f"Required[{python_type}]"
        elif root:
            # Callers leave an option out by passing None.
            python_type = _union([python_type, "None"])
        lines.append(f"    {field}: {python_type}")
        lines.append(_docstring(field_schema.get("description", "")))
    return "\n".join(lines) + "\n\n"


def _constraints(schemas: dict[str, Schema], schema: Schema, where: str) -> Schema:
    if "$ref" in schema:
        name = _ref_name(schema)
        return _constraints(schemas, schemas[name], name)
    result: Schema = {}
    for key, value in schema.items():
        if key in CONSTRAINTS:
            result[key] = value
        elif key == "properties":
            result[key] = {
                field: _constraints(schemas, each, f"{where}.{field}")
                for field, each in value.items()
            }
        elif key == "items":
            result[key] = _constraints(schemas, value, f"{where}[]")
        elif key == "anyOf":
            alternatives = [_constraints(schemas, each, where) for each in value]
            distinct = [each for i, each in enumerate(alternatives) if each not in alternatives[:i]]
            result.update({"anyOf": distinct} if len(distinct) > 1 else distinct[0])
        elif key != "enum" and key not in ANNOTATIONS and not key.startswith("x-"):
            raise UnsupportedSchema(
                f"{where}: the keyword {key!r} of a request would be dropped silently"
            )
    return result


def _view(schemas: dict[str, Schema], name: str) -> str:
    schema = schemas[name]
    lines = [f"class {name}View(View):", _docstring(schema["description"]), "    __slots__ = ()\n"]
    for field, field_schema in schema.get("properties", {}).items():
        python_type, expression = _read_type(schemas, field, field_schema)
        attribute = f"{field}_" if keyword.iskeyword(field) or field == "to_dict" else field
        if not attribute.isidentifier():
            raise UnsupportedSchema(f"{name}.{field}: not usable as the name of an attribute")
        lines.append("    @property")
        lines.append(f"    def {attribute}(self) -> {python_type}:")
        lines.append(_docstring(field_schema.get("description", ""), indent=8))
        lines.append(f"        {expression}\n")
    return "\n".join(lines) + "\n"


def _read_type(schemas: dict[str, Schema], field: str, schema: Schema) -> tuple[str, str]:
    """Type of a response field and the statement that reads it."""
    alternatives = [each for each in _alternatives(schema) if each.get("type") != "null"]
    if len(alternatives) == 1:
        (only,) = alternatives
        if "$ref" in only and _is_object(schemas[_ref_name(only)]):
            view = f"{_ref_name(only)}View"
            if schema.get("x-empty-when-absent"):
                return view, f"return {view}(self._object({field!r}) or {{}})"
            return (
                f"{view} | None",
                f"return None if (value := self._object({field!r})) is None else {view}(value)",
            )
        if only.get("type") == "array":
            item, _ = _read_type(schemas, field, only["items"])
            item = item.removesuffix(" | None")
            if item.endswith("View"):
                read = (
                    f"[{item}(each) for each in self._array({field!r}) if isinstance(each, dict)]"
                )
            else:
                read = f"list(self._array({field!r}))"
            return f"list[{item}]", f"return {read}"
    types: list[str] = []
    for each in alternatives:
        target = schemas[_ref_name(each)] if "$ref" in each else each
        types.append(PYTHON_TYPES.get(str(target.get("type")), "Any"))
    python_type = "Any" if "Any" in types else _union([*types, "None"])
    return python_type, f"value: {python_type} = self._value({field!r})\n        return value"


def _docstring(text: str, indent: int = 4) -> str:
    lines = text.replace("\\", "\\\\").replace('"""', "'''").strip().splitlines() or [""]
    pad = " " * indent
    if lines == [""]:
        return ""
    closing = "" if len(lines) == 1 else f"\n{pad}"
    return (
        f'{pad}"""'
        + "\n".join([lines[0], *(f"{pad}{line}".rstrip() for line in lines[1:])])
        + f'{closing}"""'
    )


def _assign(target: str, value: Any, docstring: str) -> str:
    return f'{target} = {value!r}\n"""{docstring}"""\n'


def _constant(name: str) -> str:
    return "".join(f"_{c}" if c.isupper() and i else c for i, c in enumerate(name)).upper()
