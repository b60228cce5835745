"""Spec ↔ generated: each component of openapi.yaml against what was generated from it."""

from __future__ import annotations

import ast
import math
from enum import Enum
from types import ModuleType
from typing import Any, get_type_hints

import attrs

import documented
from spec_reading import (
    LIMITS,
    Findings,
    Spec,
    alternatives,
    differences,
    enumerations,
    examples,
    fields,
    is_free,
    is_nullable,
    objects,
    reachable,
    reader_name,
    resolved,
    without_nulls,
)

CHECKED = ("x-bounds", "x-required-when", "x-max-body-bytes", "x-max-data-bytes", "x-received-as")
"""The project's own extensions that requests are checked by."""

PYTHON_TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}


def generated_findings(spec: Spec, package: ModuleType) -> Findings:
    """Each component against its generated class, and the facts, parameters and views."""
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
    return [*found, *_own_module_findings(spec, package)]


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
    least = {field: sample(spec, fields(schema)[field]) for field in required}
    attributes = attrs.fields_dict(generated)
    expected: set[str] = {"additional_properties"}
    for field, field_schema in fields(schema).items():
        where = f"{name}.{field}"
        # The generator adds an underscore to names that Python has taken.
        attribute = attributes.get(field) or attributes.get(f"{field}_")
        if attribute is None:
            found.append(f"{where}: the generated class has no such field")
            continue
        expected.add(attribute.name)
        given = {**least, field: sample(spec, field_schema)}
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
    if is_free(schema):
        free = sample(spec, schema)
        found += [
            f"{name}: free fields are not kept, {each}"
            for each in _lost_on_the_way(generated, free)
        ]
    return found


def _lost_on_the_way(model: Any, body: Any) -> Findings:
    """How a body differs after from_dict and to_dict."""
    try:
        return differences(body, model.from_dict(body).to_dict(), ordered=False)
    except Exception as error:
        return [f"{model.__name__} fails with {error!r}"]


def _types(names: set[str]) -> str:
    return " | ".join(sorted(names))


def _names(annotation: str) -> set[str]:
    """The names of a union, a list[...] with all that is in it as one."""

    def of(node: ast.expr) -> set[str]:
        if isinstance(node, ast.BinOp):
            return of(node.left) | of(node.right)
        if isinstance(node, ast.Subscript):
            return {f"{ast.unparse(node.value)}[{' or '.join(sorted(of(node.slice)))}]"}
        return {ast.unparse(node)}

    return of(ast.parse(annotation, mode="eval").body)


def _python_types(schema: Spec) -> set[str]:
    """The names in the annotation that a field should have."""
    names = {"None"} if is_nullable(schema) else set()
    for alternative in alternatives(schema):
        if "$ref" in alternative:
            names.add(alternative["$ref"].rpartition("/")[2])
        elif alternative.get("type") == "array":
            names.add(f"list[{' or '.join(sorted(_python_types(alternative['items'])))}]")
        else:
            names.add(PYTHON_TYPES.get(alternative.get("type", ""), "Any"))
    return names


def sample(spec: Spec, schema: Spec) -> Any:
    """A value of a field, a documented one where there are some."""
    schema = resolved(spec, alternatives(schema)[0])
    if "enum" in schema:
        return schema["enum"][-1]
    kind: str = schema.get("type", "")
    if kind == "array":
        return [sample(spec, schema["items"])]
    if kind == "object":
        more = schema.get("additionalProperties", True)
        if is_free(schema):
            return {"any": sample(spec, more) if isinstance(more, dict) else ["thing", None]}
        return {name: sample(spec, fields(schema)[name]) for name in schema.get("required", ())}
    return {"string": "a value", "integer": 1, "number": 0.5, "boolean": True}.get(kind, "anything")


def _own_module_findings(spec: Spec, package: ModuleType) -> Findings:
    """What openapi-python-client drops: the request's options and bounds, the response's views."""
    found: Findings = []
    for name in reachable(spec, "ChatCompletionRequest"):
        schema = spec["components"]["schemas"][name]
        if is_free(schema):
            continue
        param = getattr(package.params, f"{name}Param", None)
        if param is None:
            found.append(f"{name}Param: missing")
            continue
        # TypedDicts keep their annotations as strings, which may name what is behind TYPE_CHECKING.
        hints = get_type_hints(param)
        left_out = {"stream"} if name == "ChatCompletionRequest" else set[str]()
        wanted = fields(schema).keys() - left_out
        found += [f"{name}Param.{field}: missing" for field in wanted - hints.keys()]
        found += [f"{name}Param.{field}: not in the spec" for field in hints.keys() - wanted]
        for field in wanted & hints.keys():
            needed = field in param.__required_keys__
            if needed != (field in schema.get("required", ())):
                found.append(f"{name}Param.{field}: required is {needed}, unlike in the spec")
            free = any(
                is_free(resolved(spec, each)) for each in alternatives(fields(schema)[field])
            )
            if free and "Mapping[str, " not in str(hints[field]):
                found.append(f"{name}Param.{field}: {hints[field]}, not a mapping")
    found += [
        f"CHAT_COMPLETION_REQUEST_SCHEMA, {each}"
        for each in differences(
            _bare(spec, spec["components"]["schemas"]["ChatCompletionRequest"]),
            package.contract.CHAT_COMPLETION_REQUEST_SCHEMA,
        )
    ]
    for name in reachable(spec, *documented.RESPONSE_MEDIA_TYPES.values()):
        if is_free(spec["components"]["schemas"][name]):
            # It is handed over as the mapping that it is.
            continue
        found += _view_findings(spec, name, getattr(package.views, f"{name}View", None))
    return found


def plain_findings(spec: Spec, contract: Any, request: Any) -> Findings:
    """What is wrong with a request that counts as plain."""
    if not contract.is_plain_chat_completion_request(request):
        return []
    problem = contract.check(request, contract.CHAT_COMPLETION_REQUEST_SCHEMA)
    found = [f"plain, although {problem}"] if problem else []
    if not _is_json(request):
        found.append("plain, although it contains what json.loads never returns")
    schema = spec["components"]["schemas"]["ChatCompletionRequest"]
    if differences(request, without_nulls(spec, schema, request)):
        found.append("plain, although it contains a None that is left out")
    return found


def _is_json(value: Any) -> bool:
    if type(value) is dict:
        return all(isinstance(key, str) and _is_json(each) for key, each in value.items())
    if type(value) is list:
        return all(map(_is_json, value))
    if type(value) is float:
        return math.isfinite(value)
    return value is None or type(value) in (str, int, bool)


def _view_findings(spec: Spec, name: str, view: Any) -> Findings:
    if view is None:
        return [f"{name}View: missing in views.py"]
    schema = spec["components"]["schemas"][name]
    readers = [reader for reader, each in vars(view).items() if isinstance(each, property)]
    wanted = {reader_name(view, field): field for field in fields(schema)}
    found = [f"{name}View.{wanted[reader]}: missing" for reader in wanted.keys() - {*readers}]
    found += [f"{name}View.{reader}: not in the spec" for reader in {*readers} - wanted.keys()]
    for reader in wanted.keys() & {*readers}:
        field = wanted[reader]
        value = sample(spec, fields(schema)[field])
        read = getattr(view({field: value}), reader)
        if _plain(read) != value:
            found.append(f"{name}View.{field}: reads {read!r}, not {value!r}")
    return found


def _plain(read: Any) -> Any:
    """What a view gave, as JSON."""
    if isinstance(read, list):
        return [_plain(each) for each in read]
    return read.to_dict() if hasattr(read, "to_dict") else read


def _bare(spec: Spec, schema: Spec, outer: tuple[str, ...] = ()) -> Spec:
    """The bounds of a schema, references resolved; an open enumeration is its plain type."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        # Of a component that contains itself the deeper levels are the server's to check.
        return {} if name in outer else _bare(spec, resolved(spec, schema), (*outer, name))
    bare: Spec = {}
    for key, each in schema.items():
        if key == "properties":
            bare[key] = {name: _bare(spec, field, outer) for name, field in each.items()}
        elif key in ("items", "additionalProperties") and isinstance(each, dict):
            bare[key] = _bare(spec, each, outer)
        elif key == "anyOf":
            forms = [_bare(spec, form, outer) for form in each]
            distinct = [form for index, form in enumerate(forms) if form not in forms[:index]]
            bare |= {key: distinct} if len(distinct) > 1 else distinct[0]
        elif key in ("type", "required", "additionalProperties", *LIMITS, *CHECKED):
            bare[key] = each
    return bare
