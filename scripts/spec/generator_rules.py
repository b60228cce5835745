"""Rules for what the generator would drop, merge, rename or refuse to read."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from typing import Any

from openapi_python_client.strings import ClassName, PythonIdentifier, snake_case

from spec.document import as_map
from spec.openapi import (
    COMBINING,
    EVENT_STREAM,
    NAMED_SUBSCHEMAS,
    SUBSCHEMAS,
    Finding,
    Place,
    Schema,
    Spec,
    children,
    component,
    did_you_mean,
    mappings,
    subschemas,
    types,
)

KEYWORDS = {
    *COMBINING,
    *SUBSCHEMAS,
    *NAMED_SUBSCHEMAS,
    *("$ref", "$comment", "type", "enum", "const", "format", "required", "dependentRequired"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("minLength", "maxLength", "pattern", "contentEncoding", "contentMediaType", "contentSchema"),
    *("minItems", "maxItems", "uniqueItems", "minContains", "maxContains"),
    *("minProperties", "maxProperties", "title", "description", "default", "deprecated"),
    *("readOnly", "writeOnly", "example", "examples", "discriminator", "xml", "externalDocs"),
}
"""Every keyword of an OpenAPI 3.1 schema. Validators ignore any other, so it must be a mistake."""

REFUSED = {
    "oneOf": "is refused: a value that matches two of its schemas is an error; write anyOf",
    "allOf": "is refused: the generated class would lack fields; write the fields out",
    "not": "is refused: no generated type can express it; say it in the description",
    "title": "is refused: the generator would name the class after it; name the component well",
}

RESERVED_FIELDS = {"additional_properties", "additional_keys", "to_dict", "from_dict"}

# Lists that go with `enum`, one entry for each of its values.
PARALLEL = ("x-enum-varnames", "x-enum-descriptions", "x-http-status")


def boolean_schemas(spec: Spec) -> Iterator[Finding]:
    """Schemas that are `true` or `false`; every later rule relies on mappings."""
    message = "true or false describes no value; write a schema, or {} for anything"
    for root, schema in spec.root_schemas():
        if isinstance(schema, bool):
            yield spec.finding(root, "boolean-schema", message)
        for place, each in subschemas(root, schema):
            for child_place, child in children(place, each):
                if isinstance(child, bool) and child_place[-1] != "additionalProperties":
                    yield spec.finding(child_place, "boolean-schema", message)


# --- names ---------------------------------------------------------------------------------------


def component_names(spec: Spec) -> Iterator[Finding]:
    """Names that the generator would change, or that would become one."""
    classes: dict[str, str] = {}
    modules: dict[str, str] = {}
    for name in spec.schemas:
        place = ("components", "schemas", name)
        class_name = str(ClassName(name, "field_"))
        module = _module(name)
        if class_name in classes or module in modules:
            other = classes.get(class_name) or modules[module]
            message = (
                f"{other} and {name} both become {class_name} in {module}.py, and one would be "
                "lost; rename one of them"
            )
            yield spec.finding(place, "class-collision", message)
        elif class_name != name:
            message = f"the generator calls this {class_name}; give the component that name"
            yield spec.finding(place, "component-name", message)
        classes.setdefault(class_name, name)
        modules.setdefault(module, name)


def _module(component_name: str) -> str:
    return str(PythonIdentifier(str(ClassName(component_name, "field_")), "field_"))


def property_names(spec: Spec) -> Iterator[Finding]:
    """Names that cannot be attributes or arguments, or that would become one."""
    sent = spec.referenced(spec.request_bodies())
    attributes: dict[tuple[str, str], str] = {}
    for name, field, place, _ in spec.fields():
        attribute = str(PythonIdentifier(field, "field_"))
        other = attributes.setdefault((name, attribute), field)
        message = ""
        if not field.isidentifier() or field in RESERVED_FIELDS or field.startswith("_"):
            message = f"{field!r} cannot be an attribute and argument of the generated classes"
        elif other != field:
            message = f"{other} and {field} both become the attribute {attribute}"
        elif attribute == _module(name):
            message = (
                f"{name} is generated as {attribute}.py, whose code uses the name {attribute} "
                f"for the object itself; rename the component ({name}Info, say)"
            )
        elif keyword.iskeyword(field) and name in sent:
            message = f"{field!r} is a keyword of Python and cannot be an option of create()"
        if message:
            yield spec.finding(place, "property-name", message)


def required_properties(spec: Spec) -> Iterator[Finding]:
    for name, schema in spec.schemas.items():
        for index, field in enumerate(schema.get("required", [])):
            if field not in schema.get("properties", {}):
                place = ("components", "schemas", name, "required", index)
                message = f"{field!r} is required but not a property of {name}"
                yield spec.finding(place, "required", message)


# --- enumerations --------------------------------------------------------------------------------


def enumerations(spec: Spec) -> Iterator[Finding]:
    """Values, and the lists that go with them."""
    for name, schema in spec.schemas.items():
        if "enum" in schema:
            place = ("components", "schemas", name)
            yield from _enum_values(spec, place, schema)
            yield from _parallel_lists(spec, place, schema)
            yield from _member_names(spec, place, schema)
            for index, value in enumerate(schema.get("x-retryable", [])):
                if value not in schema["enum"]:
                    message = f"{value!r} is not a value of {name}"
                    yield spec.finding((*place, "x-retryable", index), "enum-values", message)


def _enum_values(spec: Spec, place: Place, schema: Schema) -> Iterator[Finding]:
    python_type = {"string": str, "integer": int}.get(str(schema.get("type")))
    if python_type is None:
        message = "must have `type: string` or `type: integer`; null is allowed where it is used"
        yield spec.finding(place, "enum-values", message)
    values: list[Any] = schema["enum"]
    for index, value in enumerate(values):
        here = (*place, "enum", index)
        if python_type and type(value) is not python_type:
            message = f"{value!r} is not of type {schema['type']}; put a string in quotes"
            yield spec.finding(here, "enum-values", message)
        if value in values[:index]:
            yield spec.finding(here, "enum-values", f"{value!r} is listed twice")


def _parallel_lists(spec: Spec, place: Place, schema: Schema) -> Iterator[Finding]:
    count = len(schema["enum"])
    if "x-enum-varnames" not in schema:
        message = f"x-enum-varnames is missing: give each of the {count} values a NAME"
        yield spec.finding(place, "enum-names", message)
    if place[-1] == "StatusCode" and "x-enum-descriptions" not in schema:
        message = "x-enum-descriptions is missing: say what each code means"
        yield spec.finding(place, "enum-descriptions", message)
    for key in PARALLEL:
        if key in schema and len(schema[key]) != count:
            message = f"{len(schema[key])} entries for {count} values; list one for each"
            yield spec.finding((*place, key), "enum-names", message)


def _member_names(spec: Spec, place: Place, schema: Schema) -> Iterator[Finding]:
    values: list[Any] = [*schema["enum"]]
    members: dict[str, int] = {}
    for index, given in enumerate(schema.get("x-enum-varnames", [])):
        member = snake_case(str(given)).upper()
        here = (*place, "x-enum-varnames", index)
        first = members.setdefault(member, index)
        if not member.isidentifier() or given != member:
            message = f"{given!r} is not the name of a constant; write it like {_constant(given)}"
            yield spec.finding(here, "enum-names", message)
        elif first != index and index < len(values):
            message = (
                f"{member} names both {values[first]!r} and {values[index]!r}, and one would be "
                "lost; give each value its own name"
            )
            yield spec.finding(here, "enum-names", message)


def _constant(text: object) -> str:
    words = re.sub(r"\W+", "_", snake_case(str(text))).strip("_").upper()
    return words if words.isidentifier() else f"VALUE_{words}"


def open_enumerations(spec: Spec) -> Iterator[Finding]:
    """An enumeration must be beside its plain type, so that new values are accepted."""
    for root, schema in spec.root_schemas():
        for place, each in subschemas(root, schema):
            for child_place, child in children(place, each):
                if "anyOf" not in child_place[-2:] and _is_enum(spec, child):
                    yield _closed(spec, child_place, component(child))
            alternatives: list[Schema] = each.get("anyOf", [])
            for index, option in enumerate(alternatives):
                if _is_enum(spec, option) and not _accepts_others(spec, option, alternatives):
                    yield _closed(spec, (*place, "anyOf", index), component(option))


def _is_enum(spec: Spec, schema: Any) -> bool:
    return "$ref" in as_map(schema) and "enum" in spec.resolve(schema)


def _accepts_others(spec: Spec, enumeration: Schema, alternatives: list[Schema]) -> bool:
    """Whether one of the alternatives accepts every value of the enumeration's type."""
    target = spec.resolve(enumeration)
    return any(
        # A narrower format than that of the enumeration would accept fewer values.
        option.keys() <= {"type", "format"}
        and option.get("format") in (None, target.get("format"))
        and target.get("type") in types(option)
        for option in alternatives
    )


def _closed(spec: Spec, place: Place, name: str) -> Finding:
    message = (
        f"a closed enumeration: a value that {name} does not list would be an error; write "
        f"`anyOf: [{{$ref: '#/components/schemas/{name}'}}, "
        f"{{type: {spec.schemas[name].get('type')}}}]`, and `{{type: 'null'}}` after these in a "
        "response"
    )
    return spec.finding(place, "closed-enum", message)


# --- schemas -------------------------------------------------------------------------------------


def keywords(spec: Spec) -> Iterator[Finding]:
    """Keywords that the generator mishandles, and any that JSON Schema does not have."""
    for root, schema in spec.root_schemas():
        for place, each in subschemas(root, schema):
            for key in each:
                here = (*place, key)
                if key in REFUSED:
                    yield spec.finding(here, key, f"{key} {REFUSED[key]}")
                elif key == "nullable":
                    message = "`nullable` is OpenAPI 3.0; write `type: [string, 'null']`"
                    yield spec.finding(here, "unknown-keyword", message)
                elif key not in KEYWORDS and not key.startswith("x-"):
                    advice = did_you_mean(key, KEYWORDS, "; extensions start with `x-`")
                    message = f"{key!r} is not a keyword and would have no effect{advice}"
                    yield spec.finding(here, "unknown-keyword", message)


def inline_schemas(spec: Spec) -> Iterator[Finding]:
    """Objects and enumerations without a name, and names for other names."""
    for root, schema in spec.root_schemas():
        for place, each in subschemas(root, schema):
            if len(place) == 3 and place[:2] == ("components", "schemas"):
                if "$ref" in each or "anyOf" in each:
                    message = "only a name for other schemas; write these where it is used"
                    yield spec.finding(place, "component", message)
                continue
            name = str(ClassName("_".join(map(str, place[-3::2])), "field_"))
            advice = (
                f"move it to components/schemas under its own name ({name}, say) and refer to it: "
                f"{{$ref: '#/components/schemas/{name}'}}"
            )
            if "object" in types(each) or "properties" in each:
                yield spec.finding(place, "inline-object", f"an inline object; {advice}")
            elif "enum" in each or "const" in each:
                yield spec.finding(place, "inline-enum", f"an inline enumeration; {advice}")


# --- requests and responses ----------------------------------------------------------------------


def responses(spec: Spec) -> Iterator[Finding]:
    """A reader must cope with whatever is missing, null or unknown."""
    sent = spec.referenced(spec.request_bodies())
    read = spec.referenced(spec.replies())
    for name in read:
        schema = spec.schemas[name]
        place: Place = ("components", "schemas", name)
        if "required" in schema:
            message = "no field of a response is required: fields come and go; remove `required`"
            if name in sent:
                message += f" (requests use {name} too: give the response its own component)"
            yield spec.finding((*place, "required"), "response-required", message)
        if schema.get("additionalProperties") is False:
            message = "would lose the fields that no page lists; remove it"
            yield spec.finding((*place, "additionalProperties"), "response-open", message)
    for name, _, place, schema in spec.fields():
        if name in read and name not in sent and not _may_be_null(schema):
            message = (
                "may be null, as any field of a response; write `type: [string, 'null']` (its own "
                "type), or `anyOf: [{$ref: …}, {type: 'null'}]`"
            )
            yield spec.finding(place, "response-null", message)


def _may_be_null(schema: Schema) -> bool:
    alternatives: list[Schema] = schema.get("anyOf", [schema])
    if all(not option.keys() - {"description"} for option in alternatives):
        return True  # anything at all
    return any("null" in types(option) for option in alternatives)


def bodies(spec: Spec) -> Iterator[Finding]:
    for place, node in mappings(spec.data):
        content = node.get("content")
        if not isinstance(content, dict) or place[:2] == ("components", "schemas"):
            continue
        for index, (media_type, body) in enumerate(as_map(node["content"]).items()):
            here = (*place, "content", media_type)
            if media_type == EVENT_STREAM and index == 0 and len(node["content"]) > 1:
                message = (
                    "must not come first: the generator reads the first media type; put "
                    "application/json before it"
                )
                yield spec.finding(here, "event-stream-first", message)
            if "$ref" not in body.get("schema", {}):
                message = "the schema of a body must be a $ref to a named component"
                yield spec.finding((*here, "schema"), "inline-body", message)


def operations(spec: Spec) -> Iterator[Finding]:
    for place, operation in spec.operations():
        if not str(operation.get("operationId", "")).isidentifier():
            message = "needs an operationId such as createThing: the generated module is named so"
            yield spec.finding(place, "operation", message)
        if len(operation.get("tags", [])) != 1:
            message = "needs exactly one tag: the generator makes a copy of the call for each"
            yield spec.finding(place, "operation", message)
