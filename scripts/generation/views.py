"""Writes the objects of an answer as views, typed and read-only: `views.py`."""

from __future__ import annotations

import keyword

from generation import base_view
from generation.python_source import (
    OPENING,
    PYTHON_TYPES,
    copied,
    docstring,
    is_object,
    objects,
    union,
)
from generation.runtime import alternatives
from spec.openapi import EVENT_STREAM, JSON, Schema, Spec, component

VALUE_TYPES = {**PYTHON_TYPES, "array": "list[Any]", "object": "dict[str, Any]"}
# Names that a class of properties needs itself; such a field gets an underscore at its end.
TAKEN = ("to_dict", "str", "int", "float", "bool", "list", "dict", "property")


def views_module(spec: Spec) -> str:
    """The source of views.py."""
    replies = spec.replies(successful=True)
    read = spec.reachable([*spec.bodies(replies, JSON), *spec.bodies(replies, EVENT_STREAM)])
    imports, code = copied(base_view)
    parts = [OPENING.format("The objects of an answer, free until they are read.") + imports, code]
    return "\n".join([*parts, *(view(spec, name) for name in objects(spec, read))])


def view(spec: Spec, name: str) -> str:
    schema = spec.schemas[name]
    lines = [f"class {name}View(View):", docstring(schema["description"]), "    __slots__ = ()\n"]
    for field, field_schema in schema["properties"].items():
        python_type, statement = _reader(spec, field, field_schema)
        attribute = f"{field}_" if keyword.iskeyword(field) or field in TAKEN else field
        lines += ["    @property", f"    def {attribute}(self) -> {python_type}:"]
        lines.append(docstring(field_schema.get("description", ""), indent=8))
        lines.append(f"        {statement}\n")
    return "\n".join(lines) + "\n"


def _reader(spec: Spec, field: str, schema: Schema) -> tuple[str, str]:
    """The type of a field and the statement that reads it."""
    values = [each for each in alternatives(schema) if each.get("type") != "null"]
    if len(values) == 1:
        only = values[0]
        view_name = _view_name(spec, only)
        if view_name and schema.get("x-empty-when-absent"):
            return view_name, f"return {view_name}(self._object({field!r}) or {{}})"
        if view_name:
            statement = (
                f"return None if (value := self._object({field!r})) is None else {view_name}(value)"
            )
            return f"{view_name} | None", statement
        if only.get("type") == "array":
            return _list_reader(spec, field, only.get("items", {}))
        if only.get("type") == "string" and schema.get("x-empty-when-absent"):
            return "str", f"return self._text({field!r})"
    types = [_value_type(spec, each) for each in values]
    python_type = "Any" if "Any" in types else union([*types, "None"])
    return python_type, f"value: {python_type} = self._value({field!r})\n        return value"


def _list_reader(spec: Spec, field: str, items: Schema) -> tuple[str, str]:
    view_name = _view_name(spec, items)
    if view_name is None:
        return f"list[{_value_type(spec, items)}]", f"return list(self._array({field!r}))"
    each = f"{view_name}(each) for each in self._array({field!r}) if isinstance(each, dict)"
    return f"list[{view_name}]", f"return [{each}]"


def _view_name(spec: Spec, schema: Schema) -> str | None:
    name = component(schema)
    return f"{name}View" if name and is_object(spec.schemas[name]) else None


def _value_type(spec: Spec, schema: Schema) -> str:
    """The type of a value that is handed over as JSON has it."""
    types: list[str] = []
    for each in alternatives(schema):
        if component(each):
            types.append(_value_type(spec, spec.resolve(each)))
        else:
            types.append(VALUE_TYPES.get(str(each.get("type")), "Any"))
    return "Any" if "Any" in types else union(types)
