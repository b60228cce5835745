"""Writes the objects of a request as typed dicts, which type checkers read: `params.py`."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from generation.python_source import OPENING, PYTHON_TYPES, docstring, is_object, objects, union
from generation.runtime import alternatives, bounds_in_words
from spec.document import as_map
from spec.openapi import EVENT_STREAM, JSON, Schema, Spec, component

IMPORTS = """\
from collections.abc import Iterable, Mapping
from typing import Any, Literal, Protocol, TypeAlias, TypedDict

"""

SUPPORTS_TO_DICT = '''
class SupportsToDict(Protocol):
    """A generated model, a view, or anything else that converts itself to a JSON object."""

    def to_dict(self) -> dict[str, Any]: ...


'''

STRING_MAPPINGS = """
# A list whose objects can consist of strings alone takes Mapping[str, str] as well: for a variable
# such as `messages = [{"role": "user", "content": "hi"}]` type checkers infer list[dict[str, str]],
# which is no list of typed dicts. The keys of such an object are checked at run time only.

"""

# Selects the kind of reply. Callers' overloads name it, and a typed dict for **kwargs must not name
# it again.
REPLY_SELECTOR = "stream"

# The whole description of a key is behind it; its entry under "Keys:" is a reminder.
KEYS_WIDTH = 92
SUMMARY_LENGTH = 160


def params_module(spec: Spec) -> str:
    """The source of params.py."""
    sent = spec.reachable(spec.bodies(spec.request_bodies(), JSON))
    parts = [OPENING.format("The objects of a request as typed dicts.") + IMPORTS]
    parts += [literal(name, spec.schemas[name]) for name in sent if "enum" in spec.schemas[name]]
    parts += [SUPPORTS_TO_DICT, STRING_MAPPINGS]
    parts += [typed_dict(spec, name) for name in objects(spec, sent)]
    return "\n".join(parts)


def literal(name: str, schema: Schema) -> str:
    """The values of an enumeration, which editors complete."""
    values = ", ".join(repr(value) for value in schema["enum"])
    return f"{name}Literal: TypeAlias = Literal[{values}]\n"


def typed_dict(spec: Spec, name: str) -> str:
    schema = spec.schemas[name]
    annotations = parameters(spec, name)
    required = [field for field in annotations if field in schema.get("required", [])]
    keys = documented_keys(spec, name)
    documentation = f"{schema['description'].rstrip()}\n\nKeys:{keys}"
    lines: list[str] = []
    base = "TypedDict"
    if required:
        # `__required_keys__` tells a base class from its heir, but cannot read Required[...] in
        # annotations that are strings.
        base = f"_{name}Required"
        lines += [f"class {base}(TypedDict):", docstring(f"The keys that {name}Param requires.")]
        lines += _entries(schema, annotations, required)
        lines.append("\n")
    lines += [f"class {name}Param({base}, total=False):", docstring(documentation)]
    lines += _entries(schema, annotations, [key for key in annotations if key not in required])
    return "\n".join(lines) + "\n\n"


def parameters(spec: Spec, name: str) -> dict[str, str]:
    """The type of each key as an annotation, required keys first."""
    schema = spec.schemas[name]
    required: dict[str, str] = {}
    optional: dict[str, str] = {}
    for field, each in _fields(spec, name).items():
        if field in schema.get("required", []):
            required[field] = union(_types(spec, each))
        else:
            # What is None is not sent.
            optional[field] = union([*_types(spec, each), "None"])
    return {**required, **optional}


def documented_keys(spec: Spec, name: str) -> str:
    """What follows `Keys:` in the docstring."""
    entries = [_key_documentation(spec, *field) for field in _fields(spec, name).items()]
    return "".join(f"\n{entry}" for entry in entries)


def _fields(spec: Spec, name: str) -> dict[str, Schema]:
    """The fields of an object, without the one that selects between a stream and a whole answer."""
    fields: dict[str, Schema] = dict(spec.schemas[name]["properties"])
    for _, operation in spec.operations():
        if spec.bodies(operation["responses"].values(), EVENT_STREAM) and name in spec.bodies(
            [operation.get("requestBody")], JSON
        ):
            fields.pop(REPLY_SELECTOR, None)
    return fields


def _entries(schema: Schema, annotations: dict[str, str], keys: list[str]) -> Iterator[str]:
    for key in keys:
        yield f"    {key}: {annotations[key]}"
        yield docstring(schema["properties"][key].get("description", ""))


# --- types ---------------------------------------------------------------------------------------


def _types(spec: Spec, schema: Schema) -> list[str]:
    types: list[str] = []
    for each in alternatives(schema):
        name = component(each)
        if name and "enum" in spec.schemas[name]:
            types.append(f"{name}Literal")
        elif name and is_object(spec.schemas[name]):
            types += [f"{name}Param", "SupportsToDict"]
        elif name:
            types += _types(spec, spec.schemas[name])
        elif each.get("type") == "array":
            types.append(f"Iterable[{union(_item_types(spec, each.get('items', {})))}]")
        elif each.get("type") == "object":
            values = as_map(each.get("additionalProperties"))
            types.append(f"Mapping[str, {union(_types(spec, values))}]")
        else:
            types.append(PYTHON_TYPES[each["type"]] if "type" in each else "Any")
    return types


def _item_types(spec: Spec, items: Schema) -> list[str]:
    types = _types(spec, items)
    if any(_can_be_strings_alone(spec, each) for each in alternatives(items)):
        # STRING_MAPPINGS tells readers of the generated code why.
        types.append("Mapping[str, str]")
    return types


def _can_be_strings_alone(spec: Spec, schema: Schema) -> bool:
    """Whether it is an object with no required key that refuses a string."""
    target = spec.resolve(schema)
    if not is_object(target):
        return False
    fields = target["properties"]
    return all(_accepts_string(spec, fields[name]) for name in target.get("required", []))


def _accepts_string(spec: Spec, schema: Schema) -> bool:
    for each in alternatives(schema):
        target = spec.resolve(each)
        if target is not each and "anyOf" in target:
            return _accepts_string(spec, target)
        if target.get("type", "string") == "string":
            return True
    return False


# --- documentation -------------------------------------------------------------------------------


def _key_documentation(spec: Spec, field: str, schema: Schema) -> str:
    """What `__doc__` says of a key: its description in short, what it allows, its default."""
    values: list[str] = []
    for each in alternatives(schema):
        values += [str(value) for value in spec.resolve(each).get("enum", [])]
    limits = [bounds_in_words(schema)] if bounds_in_words(schema) else []
    for exception in schema.get("x-bounds", []):
        limits.append(f"{bounds_in_words(exception)} for {', '.join(exception['models'])}")
    facts: list[str] = []
    if values:
        facts.append(f"Documented values: {', '.join(values)}.")
    if limits:
        verb = "have" if limits[0].startswith("at ") else "be"
        facts.append(f"Must {verb} {'; '.join(limits)}.")
    if "default" in schema:
        facts.append(f"Default: {schema['default']}.")
    summary = f"{field}: {_summary(schema.get('description', ''))}".rstrip()
    lines = _wrapped(summary, indent=4)
    if facts:
        lines += _wrapped(" ".join(facts), indent=8)
    return "\n".join(lines)


def _wrapped(text: str, indent: int) -> list[str]:
    return textwrap.wrap(
        text,
        KEYS_WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * 8,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _summary(description: str) -> str:
    """The first sentences of the first paragraph, as many as fit on two lines or so."""
    paragraph = " ".join(description.split("\n\n")[0].split())
    summary = ""
    for sentence in re.split(r"(?<=[.!?]) (?=[A-Z`])", paragraph):
        if summary and len(summary) + len(sentence) > SUMMARY_LENGTH:
            break
        summary = f"{summary} {sentence}".strip()
    return summary
