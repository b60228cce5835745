"""Spec ↔ generated: each component of openapi.yaml against what was generated from it."""

from __future__ import annotations

import re
from enum import Enum
from types import ModuleType
from typing import Any, Required, get_origin, get_type_hints

import attrs

import documented
from spec_reading import (
    BOUNDS,
    Findings,
    Spec,
    alternatives,
    differences,
    enumerations,
    examples,
    is_nullable,
    objects,
    reachable,
    resolved,
)

PYTHON_TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}


def generated_findings(spec: Spec, package: ModuleType) -> Findings:
    """Each component against its generated class, and the facts of contract.py."""
    models: Any = package.models
    found: Findings = []
    for name, schema in enumerations(spec).items():
        found += _enum_findings(name, schema, getattr(models, name, None))
    for name, schema in objects(spec).items():
        found += _model_findings(spec, name, schema, getattr(models, name, None))
    for where, component, example in examples(spec):
        model = getattr(models, component, None)
        if model is not None:
            found += [
                f"the example of {where}, {component}: {each}"
                for each in _lost_on_the_way(model, example)
            ]
    return [*found, *_contract_module_findings(spec, package)]


def _enum_findings(name: str, schema: Spec, generated: Any) -> Findings:
    if generated is None:
        return [f"{name}: no such class in the generated models"]
    # `__members__` lists a value's second name as well, which iteration hides.
    members = {member: each.value for member, each in generated.__members__.items()}
    wanted = dict(zip(schema["x-enum-varnames"], schema["enum"], strict=True))
    found = [
        f"{name}.{member}: the spec has {wanted.get(member)!r}, the generated enumeration "
        f"{members.get(member)!r}"
        for member in wanted.keys() | members.keys()
        if wanted.get(member) != members.get(member)
    ]
    if len({*generated}) != len(schema["enum"]):
        found.append(f"{name}: two values have become one")
    kind = {"string": str, "integer": int}[schema["type"]]
    if not (issubclass(generated, Enum) and issubclass(generated, kind)):
        found.append(f"{name}: no enumeration of {schema['type']}")
    return found


def _model_findings(spec: Spec, name: str, schema: Spec, generated: Any) -> Findings:
    if generated is None:
        return [f"{name}: no such class in the generated models"]
    found: Findings = []
    required = schema.get("required", ())
    least = {field: _sample(spec, schema["properties"][field]) for field in required}
    attributes = attrs.fields_dict(generated)
    expected: set[str] = {"additional_properties"}
    for field, field_schema in schema["properties"].items():
        where = f"{name}.{field}"
        # The generator adds an underscore to names that Python has taken.
        attribute = attributes.get(field) or attributes.get(f"{field}_")
        if attribute is None:
            found.append(f"{where}: the generated class has no such field")
            continue
        expected.add(attribute.name)
        given = {**least, field: _sample(spec, field_schema)}
        if lost := _lost_on_the_way(generated, given):
            found += [f"{where}: after from_dict and to_dict {each}" for each in lost]
        elif field in generated.from_dict(given).additional_properties:
            found.append(f"{where}: from_dict takes it for an unknown field")
        if (attribute.default is attrs.NOTHING) != (field in required):
            wanted, is_now = (
                ("required", "optional") if field in required else ("optional", "required")
            )
            found.append(f"{where}: {wanted} in the spec, {is_now} in the generated class")
        if is_nullable(field_schema):
            null = {**least, field: None}
            found += [
                f"{where}: null is not kept, {each}" for each in _lost_on_the_way(generated, null)
            ]
        wanted_type = _python_types(field_schema) | ({"Unset"} if field not in required else set())
        has_type = _names(str(attribute.type))
        if wanted_type != has_type:
            found.append(
                f"{where}: {_types(wanted_type)} by the spec, {_types(has_type)} generated"
            )
    for field in attributes.keys() - expected:
        found.append(f"{name}.{field}: in the generated class, but not in the spec")
    return found


def _lost_on_the_way(model: Any, body: Any) -> Findings:
    """How a body differs after from_dict and to_dict, in the order of its fields, too."""
    try:
        return differences(body, model.from_dict(body).to_dict())
    except Exception as error:
        return [f"{model.__name__} fails with {error!r}"]


def _types(names: set[str]) -> str:
    return " | ".join(sorted(names))


def _names(annotation: str) -> set[str]:
    """The names of a union, those inside a list[...] as one."""
    found: set[str] = set()
    for each in re.findall(r"\w+(?:\[[^]]*\])?", annotation):
        inner = each.removeprefix("list[").removesuffix("]")
        found.add(f"list[{' or '.join(sorted(_names(inner)))}]" if inner != each else each)
    return found


def _python_types(schema: Spec) -> set[str]:
    """The names in the annotation that a field should have."""
    names = {"None"} if is_nullable(schema) else set()
    for alternative in alternatives(schema):
        if "$ref" in alternative:
            names.add(alternative["$ref"].rpartition("/")[2])
        elif alternative["type"] == "array":
            # Whatever the items may be, in the order in which the generator writes it.
            names.add(f"list[{' or '.join(sorted(_python_types(alternative['items'])))}]")
        else:
            names.add(PYTHON_TYPES[alternative["type"]])
    return names


def _sample(spec: Spec, schema: Spec) -> Any:
    """A value of a field, a documented one where there are some."""
    schema = resolved(spec, alternatives(schema)[0])
    if "enum" in schema:
        return schema["enum"][-1]
    kind = schema["type"]
    if kind == "array":
        return [_sample(spec, schema["items"])]
    if kind == "object":
        return {
            name: _sample(spec, schema["properties"][name]) for name in schema.get("required", ())
        }
    return {"string": "a value", "integer": 1, "number": 0.5, "boolean": True}[kind]


def _contract_module_findings(spec: Spec, package: ModuleType) -> Findings:
    """contract.py: the request's options and bounds, the response's views."""
    contract: Any = package.contract
    found: Findings = []
    for name, left_out in (("ChatCompletionRequest", {"stream"}), ("Message", set[str]())):
        schema = spec["components"]["schemas"][name]
        param = getattr(contract, f"{name}Param")
        # TypedDicts keep their annotations as strings, which may name what is behind TYPE_CHECKING.
        hints = get_type_hints(param, include_extras=True)
        wanted = schema["properties"].keys() - left_out
        found += [f"{name}Param.{field}: missing" for field in wanted - hints.keys()]
        found += [f"{name}Param.{field}: not in the spec" for field in hints.keys() - wanted]
        for field in wanted & hints.keys():
            needed = get_origin(hints[field]) is Required
            if needed != (field in schema["required"]):
                found.append(f"{name}Param.{field}: required is {needed}, unlike in the spec")
    found += [
        f"CHAT_COMPLETION_REQUEST_SCHEMA, {each}"
        for each in differences(
            _bare(spec, spec["components"]["schemas"]["ChatCompletionRequest"]),
            contract.CHAT_COMPLETION_REQUEST_SCHEMA,
        )
    ]
    for name in reachable(spec, *documented.RESPONSE_MEDIA_TYPES.values()):
        found += _view_findings(spec, name, getattr(contract, f"{name}View", None))
    return found


def _view_findings(spec: Spec, name: str, view: Any) -> Findings:
    if view is None:
        return [f"{name}View: missing in contract.py"]
    schema = spec["components"]["schemas"][name]
    readers = {reader: each for reader, each in vars(view).items() if isinstance(each, property)}
    found = [
        f"{name}View.{field}: missing" for field in schema["properties"].keys() - readers.keys()
    ]
    found += [
        f"{name}View.{field}: not in the spec"
        for field in readers.keys() - schema["properties"].keys()
    ]
    for field in schema["properties"].keys() & readers.keys():
        value = _sample(spec, schema["properties"][field])
        read = getattr(view({field: value}), field)
        read = [each.to_dict() for each in read] if isinstance(read, list) else read
        read = read.to_dict() if hasattr(read, "to_dict") else read
        if read != value:
            found.append(f"{name}View.{field}: reads {read!r}, not {value!r}")
    return found


def _bare(spec: Spec, schema: Spec) -> Spec:
    """The bounds of a schema, references resolved; an open enumeration is its plain type."""
    schema = resolved(spec, schema)
    plain = [each for each in alternatives(schema) if "enum" not in resolved(spec, each)]
    schema = resolved(spec, plain[0])
    bare = {key: schema[key] for key in ("type", "required", *BOUNDS) if key in schema}
    if "properties" in schema:
        bare["properties"] = {
            name: _bare(spec, each) for name, each in schema["properties"].items()
        }
    if "items" in schema:
        bare["items"] = _bare(spec, schema["items"])
    return bare
