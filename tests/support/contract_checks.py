"""The contract's four sides compared, each with its neighbour: what disagrees, field by field.

Every check takes the sides as arguments and returns a list of findings, empty where they agree. So a
test can hand it the real things, and a test of the tests a mutated one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Any, get_origin, get_type_hints

import attrs
import yaml
from jsonschema import Draft202012Validator

import documented
from documented import Field
from project_copy import ROOT

Spec = dict[str, Any]
Findings = list[str]

# What says nothing about the values that a schema allows.
REMARKS = ("description", "title", "deprecated")
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
    return {name: each for name, each in spec["components"]["schemas"].items() if _is_object(each)}


def enumerations(spec: Spec) -> dict[str, Spec]:
    return {name: each for name, each in spec["components"]["schemas"].items() if "enum" in each}


def _is_object(schema: Spec) -> bool:
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


def canonical(value: Any, *, sort_keys: bool = False) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=sort_keys)


# Values against a schema


def validator(spec: Spec, component: str) -> Draft202012Validator:
    """Checks values of a component."""
    # References start at the root of the document: the root of the schema gets the targets.
    root = {"$ref": f"#/components/schemas/{component}", "components": spec["components"]}
    return Draft202012Validator(root)


def violations(spec: Spec, component: str, value: Any) -> Findings:
    """What of `value` the component forbids."""
    return [
        f"{component}{error.json_path.removeprefix('$')}: {error.message}"
        for error in validator(spec, component).iter_errors(value)
    ]


def news(spec: Spec, component: str, value: Any, where: str = "") -> Findings:
    """The fields and enumeration values of `value` that the component does not know."""
    schema = spec["components"]["schemas"][component]
    where = where or component
    found: Findings = []
    if "enum" in schema:
        if value not in schema["enum"]:
            found.append(f"{where}: new value {value!r}")
    elif _is_object(schema) and isinstance(value, dict):
        for name, item in value.items():
            if name in schema["properties"]:
                for alternative in _alternatives(schema["properties"][name]):
                    inner = alternative.get("items", alternative)
                    if "$ref" in inner and item is not None:
                        items = item if "items" in alternative else [item]
                        target = inner["$ref"].rpartition("/")[2]
                        for each in items:
                            found += news(spec, target, each, f"{where}.{name}")
            elif name not in documented.SEEN_ON_THE_WIRE.get(component, ()):
                found.append(f"{where}.{name}: new field, here {canonical(item)[:80]}")
    return list(dict.fromkeys(found))


# Document ↔ spec


def document_findings(spec: Spec) -> Findings:
    """The documented facts against the spec, both ways."""
    return [
        *_operation_findings(spec),
        *_field_findings(spec),
        *_enumeration_findings(spec),
        *_example_findings(spec),
        *_source_findings(spec),
    ]


def _operation_findings(spec: Spec) -> Findings:
    paths = [f"{method.upper()} {path}" for path, item in spec["paths"].items() for method in item]
    only = f"{documented.METHOD} {documented.PATH}"
    if paths != [only]:
        return [f"the operations: documented is {only}, the spec has {', '.join(paths)}"]
    found = operation(spec)
    request = {name: _target(each) for name, each in found["requestBody"]["content"].items()}
    responses = {
        status: {name: _target(each) for name, each in resolved(spec, response)["content"].items()}
        for status, response in found["responses"].items()
    }
    failures = map(str, documented.ERROR_TYPES.values())
    schemes = spec["components"]["securitySchemes"]
    # A tuple where the order means something.
    facts: dict[str, tuple[object, object]] = {
        "the servers": (
            tuple(documented.SERVERS.items()),
            tuple((server["x-region"], server["url"]) for server in spec["servers"]),
        ),
        "authorization": (
            [documented.AUTHORIZATION],
            [
                {key: schemes[name][key] for key in documented.AUTHORIZATION}
                for requirement in found.get("security", spec["security"])
                for name in requirement
            ],
        ),
        "the request body": ({documented.REQUEST_MEDIA_TYPE: "ChatCompletionRequest"}, request),
        "the request body's required": (True, found["requestBody"].get("required")),
        "the parameters": ([], found.get("parameters", [])),
        "the responses": (
            {
                "200": documented.RESPONSE_MEDIA_TYPES,
                **dict.fromkeys(failures, {"application/json": documented.FAILURE}),
            },
            responses,
        ),
        "the response headers": (
            {status: [documented.TRACE_HEADER] for status in responses},
            {
                status: [*resolved(spec, response).get("headers", {})]
                for status, response in found["responses"].items()
            },
        ),
    }
    return [_disagreement(name, *sides) for name, sides in facts.items() if sides[0] != sides[1]]


def _target(content: Spec) -> str:
    name: str = content["schema"]["$ref"].rpartition("/")[2]
    return name


def _field_findings(spec: Spec) -> Findings:
    found: Findings = []
    components = objects(spec)
    for name in documented.FIELDS.keys() - components.keys():
        found.append(f"{name}: documented, but the spec has no such object")
    for name, schema in components.items():
        rows = documented.FIELDS.get(name, {})
        for field in rows.keys() - schema["properties"].keys():
            found.append(f"{name}.{field}: documented, but missing in the spec")
        for field, field_schema in schema["properties"].items():
            where = f"{name}.{field}"
            source = field_schema.get("x-source", schema.get("x-source"))
            if field not in rows:
                found += _undocumented(spec, where, source)
                continue
            told, more = _as_documented(spec, field_schema)
            told = told._replace(source=source, required=field in schema.get("required", ()))
            found += [
                _disagreement(f"{where}, {fact}", *sides)
                for fact, *sides in zip(Field._fields, rows[field], told, strict=True)
                # 1 and True are equal, but not the same default.
                if sides[0] != sides[1] or isinstance(sides[0], bool) != isinstance(sides[1], bool)
            ]
            found += [f"{where}: {word} is not documented, but in the spec" for word in more]
            nullable = _is_nullable(field_schema)
            if nullable == (name in documented.REQUEST):
                allowed = "allows" if nullable else "does not allow"
                found.append(f"{where}: the spec {allowed} null, unlike the documentation")
    return found


def _undocumented(spec: Spec, where: str, source: str | None) -> Findings:
    """What is undocumented must say where it comes from, and not claim a page that lacks it."""
    transcribed = (documented.REFERENCE, documented.EXAMPLE, documented.GUIDE, documented.ERRORS)
    if source is None:
        return [f"{where}: undocumented, and no x-source says where it comes from"]
    if source in transcribed:
        return [f"{where}: x-source says {source!r}, where it is not documented"]
    return [] if source in spec["x-sources"] else [_no_source(where, source)]


def _no_source(where: str, source: object) -> str:
    return f"{where}: x-source {source!r} is not among the x-sources"


def _alternatives(schema: Spec) -> list[Spec]:
    """The schema without null, as a list of what it may be instead."""
    if "anyOf" in schema:
        return [each for each in schema["anyOf"] if each.get("type") != "null"]
    types = schema.get("type")
    if isinstance(types, list):
        return [{**schema, "type": each} for each in types if each != "null"]
    return [schema]


def _is_nullable(schema: Spec) -> bool:
    return any(each.get("type") == "null" for each in schema.get("anyOf", ())) or (
        isinstance(schema.get("type"), list) and "null" in schema["type"]
    )


def _as_documented(spec: Spec, schema: Spec) -> tuple[Field, list[str]]:
    """The field of a schema in the notation of the pages, and keywords that it has no word for."""
    values, types, more = "", list[str](), list[str]()
    kinds = [resolved(spec, each) for each in _alternatives(schema)]
    # A format may stand at the documented values, or at the plain type beside them.
    form = next((each["format"] for each in kinds if "format" in each), None)
    for alternative in _alternatives(schema):
        name = alternative.get("$ref", "").rpartition("/")[2]
        target = resolved(spec, alternative)
        if "enum" in target:
            # It is one of the documented values, or any other of the plain type beside it.
            values = name or "unnamed"
        elif _is_object(target):
            types.append(f"object {name}")
        elif target.get("type") == "array":
            types.append(f"object[] {target['items'].get('$ref', '').rpartition('/')[2]}")
        else:
            kind = target.get("type", "anything")
            types.append(f"{kind}<{form}>" if form else kind)
        known = {"type", "format", "items", "$ref", "default", *REMARKS, *BOUNDS}
        if "$ref" not in alternative:
            more += [key for key in alternative if key not in known and not key.startswith("x-")]
    if values and not types:
        types = ["no other value"]
    bounds = {key: schema[key] for key in BOUNDS if key in schema}
    low = (
        f"{bounds['exclusiveMinimum']} < x"
        if "exclusiveMinimum" in bounds
        else f"{bounds['minimum']} <= x"
        if "minimum" in bounds
        else ""
    )
    high = (
        f"x < {bounds['exclusiveMaximum']}"
        if "exclusiveMaximum" in bounds
        else f"x <= {bounds['maximum']}"
        if "maximum" in bounds
        else ""
    )
    # The page writes a lone minimum the other way round.
    told = f"{low}{high.removeprefix('x')}" if low and high else high
    if low and not high:
        limit, sign, _ = low.split()
        told = f"x {sign.replace('<', '>')} {limit}"
    field = Field(" or ".join(types), "", values=values, bounds=told, default=schema.get("default"))
    return field, more


def _enumeration_findings(spec: Spec) -> Findings:
    found: Findings = []
    rows, components = documented.ENUMERATIONS, enumerations(spec)
    for name in rows.keys() - components.keys():
        found.append(f"{name}: documented, but the spec has no such enumeration")
    for name, schema in components.items():
        if name not in rows:
            found += _undocumented(spec, name, schema.get("x-source"))
            continue
        values, source = rows[name]
        found += [
            f"{name}: the documented value {value!r} is missing in the spec"
            for value in values
            if value not in schema["enum"]
        ]
        found += [
            f"{name}: the spec's value {value!r} is not documented"
            for value in schema["enum"]
            if value not in values
        ]
        if schema.get("x-source") != source:
            found.append(_disagreement(f"{name}, source", source, schema.get("x-source")))
    statuses = dict(
        zip(components["ErrorType"]["enum"], components["ErrorType"]["x-http-status"], strict=False)
    )
    if statuses != documented.ERROR_TYPES:
        found.append(_disagreement("ErrorType, HTTP status", documented.ERROR_TYPES, statuses))
    codes = components["StatusCode"]
    meanings = dict(zip(codes["enum"], codes["x-enum-descriptions"], strict=False))
    for code, row in documented.STATUS_CODES.items():
        told = meanings.get(code, "").removeprefix("the ")
        if told != row.meaning:
            found.append(_disagreement(f"StatusCode {code}, meaning", row.meaning, told))
        if row.retry != (code in codes["x-retryable"]):
            found.append(_disagreement(f"StatusCode {code}, retry", row.retry, not row.retry))
    return found


def _example_findings(spec: Spec) -> Findings:
    found: Findings = []
    seen: list[str] = []
    for where, component, example in examples(spec):
        seen.append(component)
        found += [
            f"the example of {where}: {each}" for each in violations(spec, component, example)
        ]
        wanted = documented.EXAMPLES[component]
        if canonical(example) != canonical(wanted):
            found += [f"the example of {where}: {each}" for each in differences(wanted, example)]
    if sorted(seen) != sorted(documented.EXAMPLES):
        found.append(_disagreement("the examples", sorted(documented.EXAMPLES), sorted(seen)))
    return found


def _source_findings(spec: Spec) -> Findings:
    """Every x-source names one of the x-sources, and every object and enumeration has one."""
    found: Findings = []
    for name, schema in spec["components"]["schemas"].items():
        if "x-source" not in schema:
            found.append(f"{name}: no x-source says where it is documented")

    def walk(node: Any, where: str) -> None:
        if isinstance(node, dict):
            if "x-source" in node and node["x-source"] not in spec["x-sources"]:
                found.append(_no_source(where, node["x-source"]))
            for key, each in node.items():
                walk(each, f"{where}.{key}".removeprefix("."))
        elif isinstance(node, list):
            for index, each in enumerate(node):
                walk(each, f"{where}[{index}]")

    walk({key: each for key, each in spec.items() if key != "x-sources"}, "")
    return found


def _disagreement(where: str, told: object, has: object) -> str:
    return f"{where}: documented is {told!r}, the spec has {has!r}"


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


# Spec ↔ generated

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
            back = model.from_dict(example).to_dict()
            if canonical(back) != canonical(example):
                found += [
                    f"the example of {where}, {component}: {each}"
                    for each in differences(example, back)
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
        model = generated.from_dict(given)
        if field in model.additional_properties:
            found.append(f"{where}: from_dict takes it for an unknown field")
        found += [
            f"{where}: after from_dict and to_dict {each}"
            for each in differences(given, model.to_dict())
        ]
        if (attribute.default is attrs.NOTHING) != (field in required):
            wanted, is_now = (
                ("required", "optional") if field in required else ("optional", "required")
            )
            found.append(f"{where}: {wanted} in the spec, {is_now} in the generated class")
        if _is_nullable(field_schema):
            null = {**least, field: None}
            found += [
                f"{where}: null is not kept, {each}"
                for each in differences(null, generated.from_dict(null).to_dict())
            ]
        wanted_type = _python_types(field_schema) | ({"Unset"} if field not in required else set())
        has_type = {each.strip() for each in str(attribute.type).split("|")}
        if wanted_type != has_type:
            found.append(
                f"{where}: {_types(wanted_type)} by the spec, {_types(has_type)} generated"
            )
    for field in attributes.keys() - expected:
        found.append(f"{name}.{field}: in the generated class, but not in the spec")
    return found


def _types(names: set[str]) -> str:
    return " | ".join(sorted(names))


def _python_types(schema: Spec) -> set[str]:
    """The names in the annotation that a field should have."""
    names = {"None"} if _is_nullable(schema) else set()
    for alternative in _alternatives(schema):
        if "$ref" in alternative:
            names.add(alternative["$ref"].rpartition("/")[2])
        elif alternative["type"] == "array":
            names.add(f"list[{alternative['items']['$ref'].rpartition('/')[2]}]")
        else:
            names.add(PYTHON_TYPES[alternative["type"]])
    return names


def _sample(spec: Spec, schema: Spec) -> Any:
    """A value of a field, a documented one where there are some."""
    schema = resolved(spec, _alternatives(schema)[0])
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
            needed = "Required" in str(get_origin(hints[field]))
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


def reachable(spec: Spec, *names: str) -> list[str]:
    """The objects that the named ones are made of, themselves included."""
    found: list[str] = []
    waiting = [*names]
    while waiting:
        name = waiting.pop(0)
        schema = spec["components"]["schemas"][name]
        if name in found or not _is_object(schema):
            continue
        found.append(name)
        for field in schema["properties"].values():
            for alternative in _alternatives(field):
                inner = alternative.get("items", alternative)
                if "$ref" in inner:
                    waiting.append(inner["$ref"].rpartition("/")[2])
    return found


def _bare(spec: Spec, schema: Spec) -> Spec:
    """The bounds of a schema, references resolved; an open enumeration is its plain type."""
    schema = resolved(spec, schema)
    plain = [each for each in _alternatives(schema) if "enum" not in resolved(spec, each)]
    schema = resolved(spec, plain[0])
    bare = {key: schema[key] for key in ("type", "required", *BOUNDS) if key in schema}
    if "properties" in schema:
        bare["properties"] = {
            name: _bare(spec, each) for name, each in schema["properties"].items()
        }
    if "items" in schema:
        bare["items"] = _bare(spec, schema["items"])
    return bare


def same(left: Any, right: Any) -> bool:
    """Whether two JSON values are the same but for the order of fields; 1.0 is 1, true is not."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return left == right and isinstance(left, bool) == isinstance(right, bool)
