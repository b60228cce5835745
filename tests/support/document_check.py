"""Document ↔ spec: the documented facts against openapi.yaml, both ways."""

from __future__ import annotations

from typing import Any

import documented
from documented import Field
from spec_reading import (
    BOUNDS,
    Findings,
    Spec,
    alternatives,
    canonical,
    differences,
    enumerations,
    examples,
    fields,
    is_nullable,
    is_object,
    objects,
    operation,
    resolved,
    violations,
)

# Keywords that do not restrict the values of a schema.
REMARKS = ("description", "title", "deprecated")


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
    security: list[Spec] = found["security"] if "security" in found else spec["security"]
    # A tuple where the order matters.
    facts: dict[str, tuple[object, object]] = {
        "the servers": (
            documented.SERVERS,
            tuple((server["x-region"], server["url"]) for server in spec["servers"]),
        ),
        "authorization": (
            [documented.AUTHORIZATION],
            [
                {key: schemes[name][key] for key in documented.AUTHORIZATION}
                for requirement in security
                for name in requirement
            ],
        ),
        "the request body": ({documented.REQUEST_MEDIA_TYPE: "ChatCompletionRequest"}, request),
        "the request body's required": (True, found["requestBody"].get("required")),
        "the parameters": ([], found.get("parameters", [])),
        "the size of a request": (
            documented.BODY_SIZE,
            spec["components"]["schemas"]["ChatCompletionRequest"].get("x-max-body-bytes"),
        ),
        "the responses": (
            {
                "200": documented.RESPONSE_MEDIA_TYPES,
                **{status: {"application/json": documented.FAILURE} for status in failures},
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
        if name not in documented.FIELDS and not fields(schema):
            found += _undocumented(spec, name, schema.get("x-source"))
        rows = documented.FIELDS.get(name, {})
        has = dict(fields(schema))
        if isinstance(more := schema.get("additionalProperties", True), dict):
            has[documented.ANY_OTHER] = more
        elif not more:
            found.append(f"{name}: the spec forbids further fields, which no page does")
        for field in rows.keys() - has.keys():
            found.append(f"{name}.{field}: documented, but missing in the spec")
        for field, field_schema in has.items():
            where = f"{name}.{field}"
            source: Any = field_schema.get("x-source", schema.get("x-source"))
            if field not in rows:
                found += _undocumented(spec, where, source)
                continue
            told = _as_documented(spec, field_schema)
            told = told._replace(source=source, required=field in schema.get("required", ()))
            found += [
                _disagreement(f"{where}, {fact}", *sides)
                for fact, *sides in zip(Field._fields, rows[field], told, strict=True)
                # 1 and True are equal, but not the same default.
                if sides[0] != sides[1] or isinstance(sides[0], bool) != isinstance(sides[1], bool)
            ]
            nullable = is_nullable(field_schema)
            if field != documented.ANY_OTHER and nullable == (name in documented.REQUEST):
                allowed = "allows" if nullable else "does not allow"
                found.append(f"{where}: the spec {allowed} null, unlike the documentation")
    return found


def _undocumented(spec: Spec, where: str, source: str | None) -> Findings:
    """An undocumented field must name its source, and no page that lacks it."""
    transcribed = (
        *(documented.REFERENCE, documented.EXAMPLE, documented.GUIDE, documented.ERRORS),
        *(documented.JUNE, documented.JUNE_EXAMPLE, documented.SDK_GUIDE, documented.WIRE),
    )
    if source is None:
        return [f"{where}: undocumented, and no x-source says where it comes from"]
    if source in transcribed:
        return [f"{where}: x-source says {source!r}, where it is not documented"]
    return [] if source in spec["x-sources"] else [_no_source(where, source)]


def _no_source(where: str, source: object) -> str:
    return f"{where}: x-source {source!r} is not among the x-sources"


def _as_documented(spec: Spec, schema: Spec) -> Field:
    """The field of a schema in the notation of the pages."""
    values, of_values = "", ""
    types, others = list[str](), list[str]()
    for alternative in alternatives(schema):
        target = resolved(spec, alternative)
        name = alternative.get("$ref", "").rpartition("/")[2]
        form = f"<{target['format']}>" if "format" in target else ""
        kind = target.get("type", "anything") + form
        if "enum" in target:
            # One of the documented values, or any other of the plain type.
            values, of_values = name or "unnamed", kind
        elif is_object(target):
            types.append(f"object {name}")
        elif target.get("type") == "array":
            item = _as_documented(spec, target.get("items", {})).type
            kind, _, name = item.partition(" ")
            types.append(f"({item})[]" if " or " in item else f"{kind}[] {name}".strip())
        else:
            types.append(kind)
        others += [f"{key} {each}" for key, each in alternative.items() if _is_bound(key)]
    if "anyOf" in schema:
        others += [f"{key} {each}" for key, each in schema.items() if _is_bound(key)]
    if types and values and of_values not in types:
        types.append(f"{of_values} of {values}")
    return Field(
        " or ".join(types) or "no other value",
        "",
        values=values,
        bounds=" ".join(filter(None, [_range(schema), *others])),
        default=schema.get("default"),
        seed_bounds=_seed_bounds(schema),
        required_with=" ".join(
            f"{name} {value}" for name, value in schema.get("x-required-when", {}).items()
        ),
        size=schema.get("x-max-data-bytes", 0),
        media_types=" ".join(schema.get("x-media-types", ())),
        pieces=str(schema.get("x-merge", schema.get("x-merge-into", ""))),
    )


def _seed_bounds(schema: Spec) -> str:
    """The bounds of a field for the models of the seed page; others are named."""
    entries = schema.get("x-bounds", [])
    if [(each["models"], each["x-source"]) for each in entries] == [
        (documented.SEED_MODELS, documented.REFERENCE)
    ]:
        return _range(entries[0])
    return " ".join(map(canonical, entries))


def _is_bound(key: str) -> bool:
    """Whether a keyword restricts the values, and has no other place in the table."""
    told = {"type", "format", "items", "anyOf", "$ref", "default", *REMARKS, *BOUNDS}
    return key not in told and not key.startswith("x-")


def _range(schema: Spec) -> str:
    low = high = ""
    for keyword, sign in (("minimum", "<="), ("exclusiveMinimum", "<")):
        if keyword in schema:
            low = f"{schema[keyword]} {sign} "
    for keyword, sign in (("maximum", "<="), ("exclusiveMaximum", "<")):
        if keyword in schema:
            high = f" {sign} {schema[keyword]}"
    if low and not high:
        # The page writes a lone minimum the other way round.
        limit, sign = low.split()
        return f"x {sign.replace('<', '>')} {limit}"
    return f"{low}x{high}" if high else ""


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
        later = documented.LATER_VALUES.get(name, {})
        for value in schema["enum"]:
            wanted = later.get(value, source)
            has = schema.get("x-enum-sources", {}).get(value, schema.get("x-source"))
            if has != wanted:
                found.append(_disagreement(f"{name} {value}, source", wanted, has))
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
    seen: dict[str, list[Any]] = {}
    for where, component, example in examples(spec):
        number = len(seen.setdefault(component, []))
        seen[component].append(example)
        found += [
            f"the example of {where}: {each}" for each in violations(spec, component, example)
        ]
        wanted = [*documented.EXAMPLES[component], None][number]
        if canonical(example) != canonical(wanted):
            found += [f"the example of {where}: {each}" for each in differences(wanted, example)]
    counted = {component: len(each) for component, each in seen.items()}
    wanted_counts = {component: len(each) for component, each in documented.EXAMPLES.items()}
    if counted != wanted_counts:
        found.append(_disagreement("the examples", wanted_counts, counted))
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
