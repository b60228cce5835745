"""The pieces of Python source that typed dicts and views have in common."""

from __future__ import annotations

from typing import Any

from spec.openapi import Schema

PYTHON_TYPES = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "null": "None",
}


def is_object(schema: Schema) -> bool:
    """Whether it has fields that the contract names; any other object is a plain mapping."""
    return schema.get("type") == "object" and "properties" in schema


def union(types: list[str]) -> str:
    """Each type once, None last."""
    return " | ".join(dict.fromkeys(sorted(types, key=lambda each: each == "None")))


def docstring(text: str, indent: int = 4) -> str:
    lines = escaped(text.strip()).splitlines()
    if not lines:
        return ""
    pad = " " * indent
    source = [f'{pad}"""{lines[0]}']
    source += [f"{pad}{line}".rstrip() for line in lines[1:]]
    if len(lines) > 1:
        source.append(pad)
    return "\n".join(source) + '"""'


def escaped(text: str) -> str:
    """`text` as it stands between triple quotes."""
    inside = text.replace("\\", "\\\\").replace('"""', "'''")
    return f'{inside[:-1]}\\"' if inside.endswith('"') else inside


def assignment(target: str, value: Any, documentation: str) -> str:
    return f'{target} = {value!r}\n"""{documentation}"""\n'
