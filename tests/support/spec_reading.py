"""Reads openapi.yaml for the checks: its components, its examples, and values against both."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

import documented
from project_copy import ROOT

Spec = dict[str, Any]
Findings = list[str]

BOUNDS = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")


def read_spec(path: Path = ROOT / "openapi.yaml") -> Spec:
    spec: Spec = yaml.load(path.read_text("utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return spec


def operation(spec: Spec) -> Spec:
    found: Spec = spec["paths"][documented.PATH][documented.METHOD.lower()]
    return found


def resolved(spec: Spec, node: Spec) -> Spec:
    """`node`, or what it refers to."""
    while "$ref" in node:
        target: Any = spec
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def objects(spec: Spec) -> dict[str, Spec]:
    """The components that are objects."""
    schemas = spec["components"]["schemas"]
    return {name: each for name, each in schemas.items() if is_object(each)}


def enumerations(spec: Spec) -> dict[str, Spec]:
    schemas = spec["components"]["schemas"]
    return {name: each for name, each in schemas.items() if "enum" in each}


def is_object(schema: Spec) -> bool:
    return schema.get("type") == "object"


def examples(spec: Spec) -> Iterator[tuple[str, str, Any]]:
    """Where an example stands, the component it is one of, and the example."""
    found = operation(spec)
    holders = {"the request": found["requestBody"]} | {
        f"response {status}": resolved(spec, response)
        for status, response in found["responses"].items()
    }
    for where, holder in holders.items():
        for media_type, content in holder["content"].items():
            component = content["schema"]["$ref"].rpartition("/")[2]
            for name, example in content.get("examples", {}).items():
                yield f"{where}, {media_type}, {name}", component, example["value"]


def canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def alternatives(schema: Spec) -> list[Spec]:
    """The schema without null, as a list of what it may be instead."""
    if "anyOf" in schema:
        return [each for each in schema["anyOf"] if each.get("type") != "null"]
    types = schema.get("type")
    if isinstance(types, list):
        return [{**schema, "type": each} for each in types if each != "null"]
    return [schema]


def is_nullable(schema: Spec) -> bool:
    return any(each.get("type") == "null" for each in schema.get("anyOf", ())) or (
        isinstance(schema.get("type"), list) and "null" in schema["type"]
    )


def reachable(spec: Spec, *names: str) -> list[str]:
    """The objects that the named ones are made of, themselves included."""
    found: list[str] = []
    waiting = [*names]
    while waiting:
        name = waiting.pop(0)
        schema = spec["components"]["schemas"][name]
        if name in found or not is_object(schema):
            continue
        found.append(name)
        for field in schema["properties"].values():
            for alternative in alternatives(field):
                inner = alternative.get("items", alternative)
                if "$ref" in inner:
                    waiting.append(inner["$ref"].rpartition("/")[2])
    return found


def validator(spec: Spec, component: str) -> Draft202012Validator:
    """Checks values of a component."""
    # References start at the root of the document: the root of the schema gets the targets.
    root = {"$ref": f"#/components/schemas/{component}", "components": spec["components"]}
    return Draft202012Validator(root)


def violations(spec: Spec, component: str, value: Any) -> Findings:
    """What of `value` the component forbids."""
    return [
        f"{component}{error.json_path.removeprefix('$')}: {error.message}"
        for whole in validator(spec, component).iter_errors(value)
        for error in _leaves(whole)
    ]


def _leaves(error: ValidationError) -> list[ValidationError]:
    """Of what fits none of the alternatives, the fields inside that keep it from one of them."""
    inner = [leaf for each in error.context or () for leaf in _leaves(each)]
    deeper = [each for each in inner if len(each.absolute_path) > len(error.absolute_path)]
    return deeper or [error]


def differences(wanted: Any, got: Any, where: str = "") -> Findings:
    """Where two JSON values differ, in the order of their fields, too."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        found = [
            each
            for key in wanted.keys() & got.keys()
            for each in differences(wanted[key], got[key], f"{where}.{key}".removeprefix("."))
        ]
        if not found and [*wanted] != [*got]:
            found = [f"{where or 'the body'} has the fields {[*got]}, not {[*wanted]}"]
        return found
    if isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        return [
            each
            for index, (left, right) in enumerate(zip(wanted, got, strict=True))
            for each in differences(left, right, f"{where}[{index}]")
        ]
    if canonical(wanted) == canonical(got):
        return []
    return [f"{where or 'the body'} is {got!r}, not {wanted!r}"]


def same(left: Any, right: Any) -> bool:
    """Whether two JSON values are the same but for the order of fields; 1.0 is 1, true is not."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return left == right and isinstance(left, bool) == isinstance(right, bool)


def news(spec: Spec, component: str, value: Any, where: str = "") -> Findings:
    """The fields and enumeration values of `value` that the component does not know."""
    schema = spec["components"]["schemas"][component]
    where = where or component
    found: Findings = []
    if "enum" in schema:
        if value not in schema["enum"]:
            found.append(f"{where}: new value {value!r}")
    elif is_object(schema) and isinstance(value, dict):
        for name, item in value.items():
            if name in schema["properties"]:
                for alternative in alternatives(schema["properties"][name]):
                    inner = alternative.get("items", alternative)
                    if "$ref" in inner and item is not None:
                        items = item if "items" in alternative else [item]
                        target = inner["$ref"].rpartition("/")[2]
                        for each in items:
                            found += news(spec, target, each, f"{where}.{name}")
            elif name not in documented.SEEN_ON_THE_WIRE.get(component, ()):
                found.append(f"{where}.{name}: new field, here {canonical(item)[:80]}")
    return list(dict.fromkeys(found))
