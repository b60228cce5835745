"""Reads openapi.yaml for the checks: its components and examples, and what they allow."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

import documented
from rehearsal.project_copy import ROOT

Spec = dict[str, Any]
Findings = list[str]

BOUNDS = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")
SIZES = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
LIMITS = (*BOUNDS, *SIZES, "multipleOf", "pattern", "uniqueItems")
"""What bounds the values of a type."""

# To JSON Schema, 3.0 is an integer.
StrictValidator: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda checker, value: type(value) is int
    ),
)


def read_spec(path: Path = ROOT / "openapi.yaml") -> Spec:
    spec: Spec = yaml.load(path.read_text("utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return spec


def operation(spec: Spec) -> Spec:
    found: Spec = spec["paths"][documented.PATH][documented.METHOD.lower()]
    return found


def resolved(spec: Spec, node: Spec) -> Spec:
    """`node`, or the node that it refers to."""
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


def is_free(schema: Spec) -> bool:
    """Whether it is an object without fields of its own, so that any JSON object is allowed."""
    return is_object(schema) and "properties" not in schema


def fields(schema: Spec) -> dict[str, Spec]:
    """The fields of an object; a free one has none."""
    found: dict[str, Spec] = schema.get("properties", {})
    return found


def reader_name(view: type, field: str) -> str:
    """The name of a field in a view: one that Python reserves gets an underscore."""
    spelled = f"{field}_"
    return spelled if isinstance(getattr(view, spelled, None), property) else field


def references(schema: Any) -> Iterator[str]:
    """The components that a schema refers to, at any depth, without those they refer to in turn."""
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"].rpartition("/")[2]
        for each in schema.values():
            yield from references(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from references(each)


def examples(spec: Spec) -> Iterator[tuple[str, str, Any]]:
    """The place of each example, its component, and the example."""
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
    """The alternatives of a schema, without null."""
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
    """The named objects and all that they are made of."""
    found: list[str] = []
    waiting = [*names]
    while waiting:
        name = waiting.pop(0)
        schema = spec["components"]["schemas"][name]
        if name in found or not is_object(schema):
            continue
        found.append(name)
        waiting += references(schema)
    return found


def effective(spec: Spec, model: object = None) -> Spec:
    """The spec as it holds for a request to `model`, its own extensions as JSON Schema.

    For the models that `x-bounds` names, it replaces the bounds of its field. `x-required-when`
    makes its field required where the siblings have the values that it names.
    """

    def of(node: Any) -> Any:
        if isinstance(node, list):
            return [of(each) for each in node]
        if not isinstance(node, dict):
            return node
        schema = {key: of(each) for key, each in node.items()}
        for bounds in node.get("x-bounds", ()):
            if model in bounds["models"]:
                schema = {key: each for key, each in schema.items() if key not in LIMITS}
                schema |= {key: each for key, each in bounds.items() if key in LIMITS}
        for name, when in conditions(schema).items():
            values = {sibling: {"enum": allowed} for sibling, allowed in when.items()}
            condition = {"properties": values, "required": [*values]}
            more = {"if": condition, "then": {"required": [name]}}
            schema["allOf"] = [*schema.get("allOf", ()), more]
        return schema

    found: Spec = of(spec)
    return found


def conditions(schema: Spec) -> dict[str, dict[str, list[Any]]]:
    """The conditionally required fields of an object, and the values of siblings that decide."""
    return {
        name: {
            sibling: value if isinstance(value, list) else [value]
            for sibling, value in field["x-required-when"].items()
        }
        for name, field in fields(schema).items()
        if isinstance(field, dict) and "x-required-when" in field
    }


def validator(spec: Spec, component: str, model: object = None, *, strict: bool = False) -> Any:
    """Checks values of a component, of a request to `model`; `strict`: 3.0 is no integer."""
    # References start at the root of the document: the root of the schema gets the targets.
    components = effective(spec["components"], model)
    root = {"$ref": f"#/components/schemas/{component}", "components": components}
    return (StrictValidator if strict else Draft202012Validator)(root)


def violations(spec: Spec, component: str, value: Any, *, strict: bool = False) -> Findings:
    """What the component forbids in `value`; `strict`: 3.0 is no integer."""
    model = value.get("model") if isinstance(value, dict) else None
    return [
        f"{component}{error.json_path.removeprefix('$')}: {error.message}"
        for whole in validator(spec, component, model, strict=strict).iter_errors(value)
        for error in _leaves(whole)
    ]


def _leaves(error: ValidationError) -> list[ValidationError]:
    """Of a value that fits no alternative, the violations inside it, down to single fields."""
    inner = [leaf for each in error.context or () for leaf in _leaves(each)]
    deeper = [each for each in inner if len(each.absolute_path) > len(error.absolute_path)]
    return deeper or [error]


def differences(wanted: Any, got: Any, where: str = "", *, ordered: bool = True) -> Findings:
    """The differences of two JSON values; `ordered`: including the order of their fields."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        found = [
            each
            for key in wanted.keys() & got.keys()
            for each in differences(
                wanted[key], got[key], f"{where}.{key}".removeprefix("."), ordered=ordered
            )
        ]
        if not found and (wanted.keys() != got.keys() or (ordered and [*wanted] != [*got])):
            found = [f"{where or 'the body'} has the fields {[*got]}, not {[*wanted]}"]
        return found
    if isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        return [
            each
            for index, (left, right) in enumerate(zip(wanted, got, strict=True))
            for each in differences(left, right, f"{where}[{index}]", ordered=ordered)
        ]
    if canonical(wanted) == canonical(got):
        return []
    return [f"{where or 'the body'} is {got!r}, not {wanted!r}"]


def same(left: Any, right: Any) -> bool:
    """Whether two JSON values are equal, whatever the order of fields; 1.0 is 1, true is not."""
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
    elif is_object(schema) and not is_free(schema) and isinstance(value, dict):
        for name, item in value.items():
            if name in fields(schema):
                for alternative in alternatives(fields(schema)[name]):
                    for target, each in _parts(alternative, item):
                        found += news(spec, target, each, f"{where}.{name}")
            elif name not in documented.SEEN_ON_THE_WIRE.get(component, ()):
                found.append(f"{where}.{name}: new field, here {canonical(item)[:80]}")
    return list(dict.fromkeys(found))


def _parts(schema: Spec, value: Any) -> Iterator[tuple[str, Any]]:
    """The values inside `value` that are of a component, with its name."""
    if "$ref" in schema:
        if value is not None:
            yield schema["$ref"].rpartition("/")[2], value
    elif "items" in schema and isinstance(value, list):
        for each in value:
            for alternative in alternatives(schema["items"]):
                yield from _parts(alternative, each)


def without_nulls(spec: Spec, schema: Spec, value: Any) -> Any:
    """`value` without the optional fields of the contract that are None.

    What the contract does not know, an unknown field or all that is in a free object, stays.
    """
    forms = [resolved(spec, each) for each in alternatives(resolved(spec, schema))]
    if isinstance(value, list):
        items: Spec = next((form["items"] for form in forms if "items" in form), {})
        return [without_nulls(spec, items, each) for each in value]
    known = next((form for form in forms if is_object(form)), {})
    if not isinstance(value, dict):
        return value
    optional = fields(known).keys() - {*known.get("required", ())}
    return {
        name: without_nulls(spec, fields(known).get(name, {}), each)
        for name, each in value.items()
        if each is not None or name not in optional
    }


def edges(schema: Spec) -> tuple[list[Any], list[Any]]:
    """Numbers at the bounds of a field: the last that it allows, the first that it forbids."""
    allowed, forbidden = [], []
    for bound in BOUNDS:
        if bound in schema:
            limit = schema[bound]
            outwards = 1 if bound.lower().endswith("maximum") else -1
            inner, outer = (
                limit + way
                if schema["type"] == "integer"
                else math.nextafter(limit, way * math.inf)
                for way in (-outwards, outwards)
            )
            exclusive = bound.startswith("exclusive")
            allowed.append(inner if exclusive else limit)
            forbidden.append(limit if exclusive else outer)
    return allowed, forbidden


def _part(kind: str, fields: dict[str, Any]) -> dict[str, Any]:
    content = [{"type": kind, kind: {"url": "https://example.com/file", **fields}}]
    return {"messages": [{"role": "user", "content": content}]}


# Objects of a request whose numbers have bounds: where they stand, and a request with one of them.
HOLDERS: dict[str, tuple[str, Callable[[dict[str, Any]], dict[str, Any]]]] = {
    "ChatCompletionRequest": ("", lambda fields: fields),
    "ImageUrl": (
        "messages[0].content[0].image_url.",
        lambda fields: _part("image_url", fields),
    ),
    "VideoUrl": (
        "messages[0].content[0].video_url.",
        lambda fields: _part("video_url", fields),
    ),
}


def beyond_bounds(spec: Spec, model: str) -> list[tuple[str, dict[str, Any], str]]:
    """For each bound of a number in a request to `model`, the first value that it forbids.

    A name for it, the fields of the request, and the place of the value.
    """
    schemas = effective(spec["components"]["schemas"], model)
    return [
        (f"{component}.{name} {value}", request({name: value}), f"{place}{name}")
        for component, (place, request) in HOLDERS.items()
        for name, field in fields(schemas[component]).items()
        for value in edges(field)[1]
    ]
