"""Writes what the spec knows and openapi-python-client drops as one Python module, `contract.py`.

- the servers, by region
- the documented status codes: what they mean and which are worth a retry
- the request as typed dicts (what a caller passes) and as a schema (the bounds of what is sent)
- the response as views: typed and read-only; a missing field reads None, building costs nothing
- how the pieces of a stream are merged
"""

from __future__ import annotations

import hashlib
import inspect
import keyword
import re
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

from generation import runtime
from spec.document import METHODS, as_list, as_map

Schema = dict[str, Any]

# Selects the kind of reply. Callers' overloads name it, and a typed dict for **kwargs must not name
# it again.
REPLY_SELECTOR = "stream"

# What says which values are allowed. Descriptions and extensions say other things.
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
    # These are carried for readers; check() leaves them to the server.
    "pattern",
    "multipleOf",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    # Extensions of this project.
    "x-bounds",
    "x-required-when",
    "x-max-body-bytes",
    "x-max-data-bytes",
    "x-received-as",
)
# Attributes of a View itself; a field of such a name gets an underscore at its end.
VIEW_NAMES = ("to_dict", "str", "int", "float", "bool", "list", "dict", "property")
ANNOTATIONS = ("description", "title", "format", "default", "example", "examples", "deprecated")

PYTHON_TYPES = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "null": "None",
}
VALUE_TYPES = {**PYTHON_TYPES, "array": "list[Any]", "object": "dict[str, Any]"}

BOUNDS = {
    "exclusiveMinimum": "> {}",
    "minimum": ">= {}",
    "exclusiveMaximum": "< {}",
    "maximum": "<= {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
}
"""How the documentation of a key words each bound."""

# The whole description of a key stands behind it; its entry under "Keys:" is a reminder.
KEYS_WIDTH = 92
SUMMARY_LENGTH = 160

HEADER = '''"""What openapi.yaml says and the generated models drop.

Written by scripts/regenerate.py from openapi.yaml; change those, then run it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias, TypedDict
'''

STRING_MAPPINGS = """
# A list whose objects can consist of strings alone takes Mapping[str, str] as well: for a variable
# such as `messages = [{"role": "user", "content": "hi"}]` type checkers infer list[dict[str, str]],
# which is no list of typed dicts. The keys of such an object are checked at run time only.

"""


class UnsupportedSchema(ValueError):
    """The spec says something that this script cannot carry over.

    `place` has the keys that lead to it.
    """

    def __init__(self, place: tuple[str, ...], message: str) -> None:
        super().__init__(message)
        self.place = place


def contract_module(spec: Schema, spec_bytes: bytes) -> str:
    """The source of contract.py for `spec`, which was read from `spec_bytes`."""
    schemas: dict[str, Schema] = spec["components"]["schemas"]
    request_roots: dict[str, bool] = {}
    response_roots: list[str] = []
    stream_roots: list[str] = []
    for operation in _operations(spec):
        requests, responses, streams = _bodies(spec, operation)
        for name in requests:
            request_roots[name] = bool(streams) or request_roots.get(name, False)
        response_roots += responses
        stream_roots += streams
    sent = _reachable(schemas, request_roots)
    read = _reachable(schemas, response_roots)
    streamed = _reachable(schemas, stream_roots)

    imports, code = _runtime()
    parts = [HEADER + imports]
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
    parts.append(code)
    parts.append(STRING_MAPPINGS)
    parts.extend(
        _typed_dict(
            schemas,
            name,
            leave_out=REPLY_SELECTOR if request_roots.get(name) else None,
        )
        for name in sent
        if _is_object(schemas[name])
    )
    for root in request_roots:
        parts.append(
            _assign(
                f"{_constant(root)}_SCHEMA: dict[str, Any]",
                _constraints(schemas, schemas[root], ("components", "schemas", root), ()),
                f"The bounds of a {root}, references resolved; enumerations are open and bound "
                "nothing.",
            )
        )
    merges = [
        f"    {name!r}: {{{', '.join(_merges(schemas, schemas[name]))}}},\n"
        for name in streamed
        if _is_object(schemas[name])
    ]
    parts.append(
        f"MERGES: dict[str, dict[str, Merge]] = {{\n{''.join(merges)}}}\n"
        '"""How the pieces of a stream are merged, by component and field."""\n'
    )
    parts.extend(_view(schemas, name) for name in read if _is_object(schemas[name]))
    return "\n".join(parts)


def _runtime() -> tuple[str, str]:
    """The imports and the code of runtime.py."""
    source = inspect.getsource(runtime).partition("from __future__ import annotations\n\n")[2]
    imports, _, code = source.partition("\n\n\n")
    return f"{imports}\n", f"\n{code}"


def _operations(spec: Schema) -> Iterator[Schema]:
    for item in spec["paths"].values():
        for method, operation in item.items():
            if method in METHODS:
                yield operation


def _bodies(spec: Schema, operation: Schema) -> tuple[list[str], list[str], list[str]]:
    """The components that a call sends, those it answers with, and of these the streamed ones."""
    requests = list(_content(spec, operation.get("requestBody", {})))
    answers = [
        pair
        for status, response in operation["responses"].items()
        if str(status).startswith("2")
        for pair in _content(spec, response)
    ]
    streams = [name for media_type, name in answers if media_type == "text/event-stream"]
    return [name for _, name in requests], [name for _, name in answers], streams


def _content(spec: Schema, body: Schema) -> Iterator[tuple[str, str]]:
    """Media types of a body and the component that each refers to."""
    if "$ref" in body:
        _, _, kind, name = str(body["$ref"]).split("/")
        body = spec["components"][kind][name]
    for media_type, content in body.get("content", {}).items():
        yield media_type, _ref_name(content["schema"])


def _servers(spec: Schema) -> dict[str, str]:
    servers: dict[str, str] = {}
    for server in spec["servers"]:
        servers.setdefault(server["x-region"], server["url"].rstrip("/"))
    return servers


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


def _ref_name(schema: Schema) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _reachable(schemas: dict[str, Schema], roots: Iterable[str]) -> list[str]:
    """`roots` and all they refer to, in the order of the spec."""
    seen: set[str] = set()
    todo = list(roots)
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo.extend(_refs(schemas[name]))
    return [name for name in schemas if name in seen]


def _refs(node: object) -> Iterator[str]:
    for key, value in as_map(node).items():
        if key == "$ref":
            yield str(value).rpartition("/")[2]
        elif not key.startswith("x-"):
            yield from _refs(value)
    for value in as_list(node):
        yield from _refs(value)


def _is_object(schema: Schema) -> bool:
    """Whether it has fields that the contract names; any other object is a plain mapping."""
    return schema.get("type") == "object" and "properties" in schema


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
    return _union(_sent_types(schemas, schema))


def _sent_types(schemas: dict[str, Schema], schema: Schema) -> list[str]:
    types: list[str] = []
    for each in _alternatives(schema):
        if "$ref" in each:
            name = _ref_name(each)
            if "enum" in schemas[name]:
                types.append(f"{name}Literal")
            elif _is_object(schemas[name]):
                types.extend([f"{name}Param", "SupportsToDict"])
            else:
                types.extend(_sent_types(schemas, schemas[name]))
        elif each.get("type") == "array":
            types.append(f"Iterable[{_item_type(schemas, each.get('items', {}))}]")
        elif each.get("type") == "object":
            values: Schema = as_map(each.get("additionalProperties"))
            types.append(f"Mapping[str, {_sent_type(schemas, values)}]")
        else:
            types.append(PYTHON_TYPES[each["type"]] if "type" in each else "Any")
    return types


def _item_type(schemas: dict[str, Schema], items: Schema) -> str:
    types = _sent_types(schemas, items)
    if any(_can_be_strings_alone(schemas, each) for each in _alternatives(items)):
        # STRING_MAPPINGS tells readers of the generated code why.
        types.append("Mapping[str, str]")
    return _union(types)


def _can_be_strings_alone(schemas: dict[str, Schema], schema: Schema) -> bool:
    """Whether the typed dict of a component has no required key that refuses a string."""
    component = schemas.get(_ref_name(schema), {})
    if not _is_object(component):
        return False
    fields = component["properties"]
    return all(_accepts_string(schemas, fields[name]) for name in component.get("required", []))


def _accepts_string(schemas: dict[str, Schema], schema: Schema) -> bool:
    for each in _alternatives(schema):
        if "$ref" in each:
            if _accepts_string(schemas, schemas[_ref_name(each)]):
                return True
        elif each.get("type", "string") == "string":
            return True
    return False


def _typed_dict(schemas: dict[str, Schema], name: str, *, leave_out: str | None) -> str:
    schema = schemas[name]
    fields = {field: each for field, each in schema["properties"].items() if field != leave_out}
    required = [field for field in fields if field in schema.get("required", [])]
    optional = [field for field in fields if field not in required]
    entries = [_key_documentation(schemas, field, each) for field, each in fields.items()]
    documentation = "\n".join([schema["description"].rstrip(), "", "Keys:", *entries])
    lines: list[str] = []
    base = "TypedDict"
    if required:
        # `__required_keys__` tells a base class from its heir, but cannot read Required[...] in
        # annotations that are strings.
        base = f"_{name}Required"
        lines.append(f"class {base}(TypedDict):")
        lines.append(_docstring(f"The keys that {name}Param requires."))
        for field in required:
            lines.append(f"    {field}: {_sent_type(schemas, fields[field])}")
            lines.append(_docstring(fields[field].get("description", "")))
        lines.append("\n")
    lines.append(f"class {name}Param({base}, total=False):")
    lines.append(_docstring(documentation))
    for field in optional:
        # What is None is not sent.
        python_type = _union([*_sent_types(schemas, fields[field]), "None"])
        lines.append(f"    {field}: {python_type}")
        lines.append(_docstring(fields[field].get("description", "")))
    return "\n".join(lines) + "\n\n"


def _key_documentation(schemas: dict[str, Schema], field: str, schema: Schema) -> str:
    """What `__doc__` says of a key: its description in short, what it allows, its default."""
    lines = [f"{field}: {_summary(schema.get('description', ''))}".rstrip()]
    facts: list[str] = []
    values: list[str] = []
    for each in _alternatives(schema):
        values.extend(str(value) for value in schemas.get(_ref_name(each), {}).get("enum", []))
    if values:
        facts.append(f"Documented values: {', '.join(values)}.")
    limits = [_limits(schema)] if _limits(schema) else []
    for exception in schema.get("x-bounds", []):
        limits.append(f"{_limits(exception)} for {', '.join(exception['models'])}")
    if limits:
        facts.append(f"Must be {'; '.join(limits)}.")
    if "default" in schema:
        facts.append(f"Default: {schema['default']}.")
    if facts:
        lines.append(" ".join(facts))
    wrapped: list[str] = []
    for line in lines:
        indent = "    " if line == lines[0] else "        "
        wrapped += textwrap.wrap(
            line,
            KEYS_WIDTH,
            initial_indent=indent,
            subsequent_indent="        ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    return "\n".join(wrapped)


def _limits(schema: Schema) -> str:
    return " and ".join(text.format(schema[key]) for key, text in BOUNDS.items() if key in schema)


def _summary(description: str) -> str:
    """The first sentences of the first paragraph, as many as fit on two lines or so."""
    paragraph = " ".join(description.split("\n\n")[0].split())
    summary = ""
    for sentence in re.split(r"(?<=[.!?]) (?=[A-Z`])", paragraph):
        if summary and len(summary) + len(sentence) > SUMMARY_LENGTH:
            break
        summary = f"{summary} {sentence}".strip()
    return summary


def _constraints(
    schemas: dict[str, Schema], schema: Schema, place: tuple[str, ...], outer: tuple[str, ...]
) -> Schema:
    """`schema` without what binds nothing, references resolved (`outer`: those being resolved)."""
    if "$ref" in schema:
        name = _ref_name(schema)
        if name in outer:
            # A schema that contains itself: deeper levels are the server's to check.
            return {}
        return _constraints(schemas, schemas[name], ("components", "schemas", name), (*outer, name))
    result: Schema = {}
    for key, value in schema.items():
        here = (*place, key)
        if key in CONSTRAINTS or (key == "additionalProperties" and isinstance(value, bool)):
            result[key] = value
        elif key == "properties":
            result[key] = {
                field: _constraints(schemas, each, (*here, field), outer)
                for field, each in value.items()
            }
        elif key in ("items", "additionalProperties"):
            result[key] = _constraints(schemas, value, here, outer)
        elif key == "anyOf":
            alternatives = [_constraints(schemas, each, here, outer) for each in value]
            distinct = [each for i, each in enumerate(alternatives) if each not in alternatives[:i]]
            result.update({"anyOf": distinct} if len(distinct) > 1 else distinct[0])
        elif key != "enum" and key not in ANNOTATIONS and not key.startswith("x-"):
            raise UnsupportedSchema(
                here, f"the keyword {key!r} would be dropped: requests would not be checked by it"
            )
    return result


def _merges(schemas: dict[str, Schema], schema: Schema) -> Iterator[str]:
    """The Merge of each field, as source."""
    for field, field_schema in schema["properties"].items():
        arguments = [repr(field_schema.get("x-merge", "replace"))]
        for each in _alternatives(field_schema):
            entry = _ref_name(each) if "$ref" in each else _ref_name(each.get("items", {}))
            if entry and schemas[entry].get("type") == "object":
                how = field_schema.get("x-merge", "object")
                arguments = [repr(how), repr(entry)]
        if "x-merge-into" in field_schema:
            arguments.append(f"into={field_schema['x-merge-into']!r}")
        yield f"{field!r}: Merge({', '.join(arguments)})"


def _view(schemas: dict[str, Schema], name: str) -> str:
    schema = schemas[name]
    lines = [f"class {name}View(View):", _docstring(schema["description"]), "    __slots__ = ()\n"]
    for field, field_schema in schema["properties"].items():
        python_type, statement = _read(schemas, field, field_schema)
        attribute = f"{field}_" if keyword.iskeyword(field) or field in VIEW_NAMES else field
        lines.append("    @property")
        lines.append(f"    def {attribute}(self) -> {python_type}:")
        lines.append(_docstring(field_schema.get("description", ""), indent=8))
        lines.append(f"        {statement}\n")
    return "\n".join(lines) + "\n"


def _read(schemas: dict[str, Schema], field: str, schema: Schema) -> tuple[str, str]:
    """Type of a response field and the statement that reads it."""
    alternatives = [each for each in _alternatives(schema) if each.get("type") != "null"]
    if len(alternatives) == 1:
        (only,) = alternatives
        if view := _view_name(schemas, only):
            if schema.get("x-empty-when-absent"):
                return view, f"return {view}(self._object({field!r}) or {{}})"
            return (
                f"{view} | None",
                f"return None if (value := self._object({field!r})) is None else {view}(value)",
            )
        if only.get("type") == "array":
            items: Schema = only.get("items", {})
            if view := _view_name(schemas, items):
                each = f"{view}(each) for each in self._array({field!r}) if isinstance(each, dict)"
                return f"list[{view}]", f"return [{each}]"
            return f"list[{_value_type(schemas, items)}]", f"return list(self._array({field!r}))"
        if only.get("type") == "string" and schema.get("x-empty-when-absent"):
            return "str", f"return self._text({field!r})"
    python_type = _union([*(_value_type(schemas, each) for each in alternatives), "None"])
    if "Any" in python_type.split(" | "):
        python_type = "Any"
    return python_type, f"value: {python_type} = self._value({field!r})\n        return value"


def _view_name(schemas: dict[str, Schema], schema: Schema) -> str | None:
    if "$ref" in schema and _is_object(schemas[_ref_name(schema)]):
        return f"{_ref_name(schema)}View"
    return None


def _value_type(schemas: dict[str, Schema], schema: Schema) -> str:
    """Type of a value that is handed over as JSON has it."""
    types: list[str] = []
    for each in _alternatives(schema):
        if "$ref" in each:
            types.append(_value_type(schemas, schemas[_ref_name(each)]))
        else:
            types.append(VALUE_TYPES.get(str(each.get("type")), "Any"))
    return "Any" if "Any" in types else _union(types)


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
