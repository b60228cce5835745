"""The rules that openapi.yaml keeps: YAML's, OpenAPI's, and the project's own.

What the generator would drop, tear or rename without a word is refused here, each finding with its
line, the name of its rule and what to do about it.
"""

from __future__ import annotations

import difflib
import keyword
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import (
    ValidationError,
    best_match,  # pyright: ignore[reportUnknownVariableType]
)
from openapi_python_client.strings import ClassName, PythonIdentifier, snake_case
from openapi_spec_validator import OpenAPIV31SpecValidator
from openapi_spec_validator.schemas import (
    schema_v31,  # pyright: ignore[reportUnknownVariableType]
)
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from spec.document import METHODS, as_list, as_map

Place = tuple[str | int, ...]
"""Where something stands in the document: the keys and indices that lead to it."""

COMBINING = ("anyOf", "oneOf", "allOf", "prefixItems")
SUBSCHEMAS = (
    *("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames"),
    *("unevaluatedItems", "unevaluatedProperties"),
)
NAMED_SUBSCHEMAS = ("properties", "patternProperties", "dependentSchemas", "$defs")
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
"""Every keyword of an OpenAPI 3.1 schema. Validators ignore any other, so it must be a slip."""

REFUSED = {
    "oneOf": "is refused: a value that fits two of its schemas is an error; write anyOf",
    "allOf": "is refused: what is made from it would lack fields; write the fields out",
    "not": "is refused: no generated type can say it; say it in the description",
    "title": "is refused: the generator would name the class by it; name the component well",
}

RESERVED_FIELDS = {"additional_properties", "additional_keys", "to_dict", "from_dict"}

# Lists that go with `enum`, one entry for each of its values.
PARALLEL = ("x-enum-varnames", "x-enum-descriptions", "x-http-status")

# What the project's own extensions of a schema stand on.
ON_COMPONENTS = {*PARALLEL, "x-enum-sources", "x-retryable", "x-received-as", "x-max-body-bytes"}
ON_FIELDS = {
    *("x-bounds", "x-required-when", "x-max-data-bytes", "x-media-types", "x-empty-when-absent"),
    *("x-merge", "x-merge-into"),
}
EXTENSIONS = {"x-source", *ON_COMPONENTS, *ON_FIELDS}
# Those by which requests are checked: elsewhere they bind nothing.
OF_REQUESTS = ("x-bounds", "x-max-data-bytes", "x-media-types", "x-required-when")

EVENT_STREAM = "text/event-stream"
NUMBER_BOUNDS = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")
# What `x-merge` may say of the pieces of a stream.
MERGES = {
    "text": ("append", "append-or-cumulative", "replace"),
    "list of objects": ("by-index", "append", "replace"),
    "list": ("append", "replace"),
}


@dataclass(frozen=True, order=True)
class Finding:
    """A broken rule. `line` counts from 1."""

    line: int
    rule: str
    where: str
    message: str

    def __str__(self) -> str:
        """Starts with the line: behind a file name and a colon it is a link in an editor."""
        return f"{self.line}: [{self.rule}] {self.where}: {self.message}"


class Spec:
    """The parsed document, and the line on which each part of it stands."""

    def __init__(self, data: dict[str, Any], root: yaml.Node) -> None:
        self.data = data
        self._root = root

    def line(self, place: Place) -> int:
        """The line of `place`, or of the nearest thing around it that has one."""
        node, line = self._root, 1
        for part in place:
            if isinstance(node, yaml.SequenceNode) and isinstance(part, int):
                if part >= len(node.value):
                    break
                node = cast("yaml.Node", node.value[part])
                line = node.start_mark.line + 1
            elif isinstance(node, yaml.MappingNode):
                pairs = cast("list[tuple[yaml.ScalarNode, yaml.Node]]", node.value)
                found = [pair for pair in pairs if pair[0].value == str(part)]
                if not found:
                    break
                line = found[0][0].start_mark.line + 1
                node = found[0][1]
            else:
                break
        return line

    def finding(self, place: Place, rule: str, message: str) -> Finding:
        return Finding(self.line(place), rule, pointer(place), message)

    def at(self, place: Place) -> Any:
        """What stands at `place`; KeyError where nothing does."""
        node: Any = self.data
        for part in place:
            if isinstance(node, dict):
                node = cast("dict[str, Any]", node)[str(part)]
            elif str(part).isdecimal() and int(part) < len(as_list(node)):
                node = as_list(node)[int(part)]
            else:
                raise KeyError(part)
        return node

    @property
    def schemas(self) -> dict[str, dict[str, Any]]:
        """The named schemas, by name."""
        schemas: dict[str, dict[str, Any]] = self.data["components"]["schemas"]
        return schemas


def pointer(place: Place) -> str:
    """`place` as a JSON pointer."""
    return "#/" + "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in place)


def target(reference: str) -> Place:
    """The place that a reference such as `#/components/schemas/Role` means."""
    parts = reference.removeprefix("#/").split("/")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in parts)


def read(text: str) -> Spec | list[Finding]:
    """The document that `text` holds, or what is wrong with its YAML."""
    # The one written in C, where there is one, is ten times as fast.
    loader: yaml.SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        root = loader.get_single_node()
        twins = [] if root is None else list(_twins(root, ()))
        data: Any = None if root is None else cast(Any, loader).construct_document(root)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        problem = ", ".join(part for part in (error.context, error.problem) if part)
        message = f"not YAML: {problem}; look at the indentation and the quotes here and just above"
        return [Finding(line, "yaml", "#", message)]
    except RecursionError:
        return [Finding(1, "yaml", "#", "an anchor that contains itself, or nesting without end")]
    except (yaml.YAMLError, ValueError) as error:
        return [Finding(1, "yaml", "#", f"not YAML: {' '.join(str(error).split())}")]
    finally:
        loader.dispose()
    if twins:
        return twins
    if root is None or not isinstance(data, dict):
        return [Finding(1, "yaml", "#", "not an OpenAPI document: it must be a mapping")]
    return Spec(cast("dict[str, Any]", data), root)


def _twins(node: yaml.Node, place: Place) -> Iterator[Finding]:
    """Keys that stand twice: YAML forbids them, the loader silently keeps the last."""
    if isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(cast("list[yaml.Node]", node.value)):
            yield from _twins(child, (*place, index))
    elif isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, child in cast("list[tuple[yaml.ScalarNode, yaml.Node]]", node.value):
            name, line = str(key.value), key.start_mark.line + 1
            if name in lines:
                message = f"{name!r} stands on line {lines[name]} already; keep one of the two"
                yield Finding(line, "duplicate-key", pointer(place), message)
            if key.tag == "tag:yaml.org,2002:str":
                lines[name] = line
            else:
                message = f"the key {name} is no string to YAML; put it in quotes"
                yield Finding(line, "yaml", pointer(place), message)
            yield from _twins(child, (*place, name))


def check(spec: Spec) -> list[Finding]:
    """All that breaks a rule, in the order of the document; each stage needs a clean one before."""
    for stage in (_references, _openapi, _extensions, _own_rules, _rest_of_openapi):
        if findings := sorted(set(stage(spec))):
            return findings
    return []


# --- references ----------------------------------------------------------------------------------


def _references(spec: Spec) -> Iterator[Finding]:
    for place, node in _nodes(spec.data):
        reference = node.get("$ref")
        if reference is None:
            continue
        here = (*place, "$ref")
        if not isinstance(reference, str) or not reference.startswith("#/"):
            message = f"{reference!r} must start with `#/`: everything stands in this one file"
            yield spec.finding(here, "reference", message)
            continue
        try:
            found = spec.at(target(reference))
        except KeyError:
            yield spec.finding(here, "reference", _nothing_there(spec, reference))
            continue
        if not isinstance(found, dict):
            message = f"{reference!r} does not point to an object"
            yield spec.finding(here, "reference", message)
        elif "$ref" in found:
            message = f"{reference!r} is itself only a reference; name its target instead"
            yield spec.finding(here, "reference", message)


def _nothing_there(spec: Spec, reference: str) -> str:
    *parent, name = target(reference)
    message = f"{reference!r} points to nothing"
    try:
        siblings = list(spec.at(tuple(parent)))
    except (KeyError, TypeError):
        return message + "; references look like '#/components/schemas/Name'"
    close = difflib.get_close_matches(str(name), map(str, siblings), 1)
    return message + (f"; did you mean {close[0]!r}?" if close else f"; define {name} first")


def _nodes(node: object, place: Place = ()) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Every mapping of the document that is not an example, a default or an extension."""
    if isinstance(node, dict):
        found = cast("dict[str, Any]", node)
        yield place, found
        names = bool(place) and place[-1] in (*NAMED_SUBSCHEMAS, "schemas", "responses", "headers")
        for key, child in found.items():
            if names or not (
                key in ("example", "examples", "default", "enum", "const") or key.startswith("x-")
            ):
                yield from _nodes(child, (*place, key))
    else:
        for index, child in enumerate(as_list(node)):
            yield from _nodes(child, (*place, index))


# --- OpenAPI -------------------------------------------------------------------------------------


def _openapi(spec: Spec) -> Iterator[Finding]:
    """What OpenAPI 3.1 itself demands of the document and JSON Schema of the schemas in it."""
    version = str(spec.data.get("openapi"))
    if not version.startswith("3.1."):
        message = f"`openapi: {version}`: this project writes OpenAPI 3.1 (`openapi: 3.1.0`)"
        yield spec.finding(("openapi",), "openapi", message)
        return
    for error in _errors(Draft202012Validator(dict(cast("dict[str, Any]", schema_v31))), spec.data):
        yield _told(spec, (), error, "openapi")
    if not isinstance(spec.data.get("components", {}).get("schemas"), dict):
        message = "must be a mapping from the name of each schema to the schema"
        yield spec.finding(("components", "schemas"), "openapi", message)
        return
    metaschema = Draft202012Validator(Draft202012Validator.META_SCHEMA)
    for place, schema in _root_schemas(spec):
        for error in _errors(metaschema, schema):
            yield _told(spec, place, error, "openapi")


def _rest_of_openapi(spec: Spec) -> Iterator[Finding]:
    """What goes across the document: path parameters, operation ids and the like."""
    for error in OpenAPIV31SpecValidator(spec.data).iter_errors():
        yield spec.finding(tuple(error.absolute_path) or ("paths",), "openapi", error.message)


def _errors(validator: Any, value: Any) -> Iterator[ValidationError]:
    """The errors, of alternatives the one that most probably was meant."""
    for error in validator.iter_errors(value):
        found = cast("ValidationError | None", best_match([error]))
        yield found or error


def _told(spec: Spec, place: Place, error: ValidationError, rule: str) -> Finding:
    message = error.message if len(error.message) < 300 else f"{error.message[:300]}…"
    return spec.finding((*place, *error.absolute_path), rule, message)


# --- the schemas of the document -----------------------------------------------------------------


def _root_schemas(spec: Spec) -> Iterator[tuple[Place, Any]]:
    """The schemas that stand in no other: components, those of bodies, parameters, headers."""
    for name, schema in spec.data["components"]["schemas"].items():
        yield ("components", "schemas", name), schema
    for place, node in _nodes(spec.data):
        if "schema" in node and place[:2] != ("components", "schemas"):
            yield (*place, "schema"), node["schema"]


def _subschemas(place: Place, schema: Any) -> Iterator[tuple[Place, dict[str, Any]]]:
    """`schema` and all that stand in it; what it refers to stands elsewhere."""
    if isinstance(schema, dict):
        yield place, cast("dict[str, Any]", schema)
        for where, each in _children(place, cast("dict[str, Any]", schema)):
            yield from _subschemas(where, each)


def _children(place: Place, schema: dict[str, Any]) -> Iterator[tuple[Place, Any]]:
    """The schemas that stand in `schema` itself, and not in one of these."""
    for key, value in schema.items():
        if key in SUBSCHEMAS:
            yield (*place, key), value
        elif key in COMBINING:
            yield from (((*place, key, index), each) for index, each in enumerate(value))
        elif key in NAMED_SUBSCHEMAS:
            yield from (((*place, key, name), each) for name, each in value.items())


def _reachable(spec: Spec, roots: Iterable[Any]) -> list[str]:
    """The components that `roots` refer to, directly or not, in the order of the document."""
    seen: set[str] = set()
    todo: list[Any] = list(roots)
    while todo:
        for _, node in _nodes(todo.pop()):
            reference = node.get("$ref")
            if isinstance(reference, str) and reference not in seen:
                seen.add(reference)
                todo.append(spec.at(target(reference)))
    return [name for name in spec.schemas if f"#/components/schemas/{name}" in seen]


def _operations(spec: Spec) -> Iterator[tuple[Place, dict[str, Any]]]:
    for path, item in spec.data.get("paths", {}).items():
        for method, operation in item.items():
            if method in METHODS:
                yield ("paths", path, method), operation


def _types(schema: dict[str, Any]) -> list[str]:
    given = schema.get("type", [])
    return [given] if isinstance(given, str) else list(given)


def _enum_of(spec: Spec, schema: dict[str, Any]) -> str | None:
    """Name of the enumeration that `schema` refers to, if it does."""
    reference = schema.get("$ref")
    if not isinstance(reference, str):
        return None
    return str(target(reference)[-1]) if "enum" in spec.at(target(reference)) else None


# --- the project's own rules ---------------------------------------------------------------------


def _extensions(spec: Spec) -> Iterator[Finding]:
    """What OpenAPI leaves open and the rules below take for granted."""
    if not isinstance(spec.data.get("x-sources", {}), dict):
        message = "must be a mapping: a key for each source, and below it its title and url"
        yield spec.finding(("x-sources",), "extension", message)
    for name, schema in spec.schemas.items():
        for key in (*PARALLEL, "x-retryable"):
            if not isinstance(schema.get(key, []), list):
                message = f"must be a list, one entry for each value of {name}"
                yield spec.finding(("components", "schemas", name, key), "extension", message)
    for root, schema in _root_schemas(spec):
        if isinstance(schema, bool):
            yield _boolean(spec, root)
        for place, each in _subschemas(root, schema):
            for where, child in _children(place, each):
                if isinstance(child, bool) and where[-1] != "additionalProperties":
                    yield _boolean(spec, where)


def _boolean(spec: Spec, place: Place) -> Finding:
    message = "true or false is no description of a value; say what it is, or {} for anything"
    return spec.finding(place, "boolean-schema", message)


def _own_rules(spec: Spec) -> Iterator[Finding]:
    yield from _names(spec)
    for name, schema in spec.schemas.items():
        if "enum" in schema:
            yield from _enum(spec, name, schema)
    for root, schema in _root_schemas(spec):
        for place, each in _subschemas(root, schema):
            yield from _keywords(spec, place, each)
            yield from _components_only(spec, place, each, is_component=place == root)
            yield from _open_enums(spec, place, each)
    yield from _responses(spec)
    yield from _streams(spec)
    yield from _requests(spec)
    yield from _bodies(spec)
    yield from _sources(spec)
    yield from _descriptions(spec)
    yield from _facts(spec)
    yield from _values(spec)


def _names(spec: Spec) -> Iterator[Finding]:
    """Names that the generator would change, merge or choke on."""
    classes: dict[str, str] = {}
    modules: dict[str, str] = {}
    for name in spec.schemas:
        place = ("components", "schemas", name)
        class_name = str(ClassName(name, "field_"))
        module = str(PythonIdentifier(class_name, "field_"))
        if class_name in classes or module in modules:
            other = classes.get(class_name) or modules[module]
            message = (
                f"{other} and {name} both become {class_name} in {module}.py, and one would be "
                "lost; rename one of them"
            )
            yield spec.finding(place, "class-collision", message)
        elif class_name != name:
            message = f"the generator calls this {class_name}; name the component so, too"
            yield spec.finding(place, "component-name", message)
        classes.setdefault(class_name, name)
        modules.setdefault(module, name)
        fields: dict[str, str] = {}
        for field in spec.schemas[name].get("properties", {}):
            where = (*place, "properties", field)
            if not field.isidentifier() or field in RESERVED_FIELDS or field.startswith("_"):
                message = f"{field!r} cannot be an attribute and argument of the generated classes"
                yield spec.finding(where, "property-name", message)
                continue
            attribute = str(PythonIdentifier(field, "field_"))
            if attribute in fields:
                message = f"{fields[attribute]} and {field} both become the attribute {attribute}"
                yield spec.finding(where, "property-name", message)
            fields[attribute] = field
            if attribute == module:
                message = (
                    f"{name} is generated as {module}.py, whose code uses the name {attribute} "
                    f"for the object itself; rename the component ({name}Info, say)"
                )
                yield spec.finding(where, "property-name", message)
        for index, field in enumerate(spec.schemas[name].get("required", [])):
            if field not in spec.schemas[name].get("properties", {}):
                message = f"{field!r} is required but no property of {name}"
                yield spec.finding((*place, "required", index), "required", message)


def _enum(spec: Spec, name: str, schema: dict[str, Any]) -> Iterator[Finding]:
    place = ("components", "schemas", name)
    values: list[Any] = schema["enum"]
    wanted = {"string": str, "integer": int}.get(str(schema.get("type")))
    if wanted is None:
        message = "must have `type: string` or `type: integer`; null is allowed where it is used"
        yield spec.finding(place, "enum-values", message)
    for index, value in enumerate(values):
        if wanted and type(value) is not wanted:
            message = f"{value!r} is no {schema['type']}; put a string in quotes"
            yield spec.finding((*place, "enum", index), "enum-values", message)
        if value in values[:index]:
            message = f"{value!r} is listed twice"
            yield spec.finding((*place, "enum", index), "enum-values", message)
    if "x-enum-varnames" not in schema:
        message = f"x-enum-varnames is missing: give each of the {len(values)} values a NAME"
        yield spec.finding(place, "enum-names", message)
    if name == "StatusCode" and "x-enum-descriptions" not in schema:
        message = "x-enum-descriptions is missing: say what each code means"
        yield spec.finding(place, "enum-descriptions", message)
    for key in PARALLEL:
        if key in schema and len(schema[key]) != len(values):
            message = f"{len(schema[key])} entries for {len(values)} values; list one for each"
            yield spec.finding((*place, key), "enum-names", message)
    members: dict[str, int] = {}
    for index, given in enumerate(schema.get("x-enum-varnames", [])):
        member = snake_case(str(given)).upper()
        here = (*place, "x-enum-varnames", index)
        if not member.isidentifier() or given != member:
            message = f"{given!r} is no constant's name; write it like {_constant(given)}"
            yield spec.finding(here, "enum-names", message)
        elif member in members:
            first, again = (
                values[position] if position < len(values) else "?"
                for position in (members[member], index)
            )
            message = (
                f"{member} names both {first!r} and {again!r}, and one would be lost; give each "
                "value a name of its own"
            )
            yield spec.finding(here, "enum-names", message)
        members.setdefault(member, index)
    for index, value in enumerate(schema.get("x-retryable", [])):
        if value not in values:
            message = f"{value!r} is none of the values of {name}"
            yield spec.finding((*place, "x-retryable", index), "enum-values", message)


def _constant(text: object) -> str:
    words = re.sub(r"\W+", "_", snake_case(str(text))).strip("_").upper()
    return words if words.isidentifier() else f"VALUE_{words}"


def _keywords(spec: Spec, place: Place, schema: dict[str, Any]) -> Iterator[Finding]:
    for key in schema:
        if key in REFUSED:
            yield spec.finding((*place, key), key, f"{key} {REFUSED[key]}")
        elif key == "nullable":
            message = "`nullable` is OpenAPI 3.0; write `type: [string, 'null']`"
            yield spec.finding((*place, key), "unknown-keyword", message)
        elif key not in KEYWORDS and not key.startswith("x-"):
            close = difflib.get_close_matches(key, KEYWORDS, 1)
            advice = f"did you mean {close[0]!r}?" if close else "extensions start with `x-`"
            message = f"{key!r} is no keyword of a schema and would bind nothing; {advice}"
            yield spec.finding((*place, key), "unknown-keyword", message)
        elif key.startswith("x-") and key not in EXTENSIONS:
            close = difflib.get_close_matches(key, EXTENSIONS, 1, 0.8)
            if close:
                message = f"{key!r} would bind nothing; did you mean {close[0]!r}?"
                yield spec.finding((*place, key), "unknown-keyword", message)
        elif key in ON_FIELDS and place[-2:-1] != ("properties",):
            message = f"{key} stands on a field of a component, and binds nothing here"
            yield spec.finding((*place, key), "extension", message)
        elif key in ON_COMPONENTS and (len(place) != 3 or place[1] != "schemas"):
            message = f"{key} stands on a component, and binds nothing here"
            yield spec.finding((*place, key), "extension", message)


def _components_only(
    spec: Spec, place: Place, schema: dict[str, Any], *, is_component: bool
) -> Iterator[Finding]:
    if is_component and place[:2] == ("components", "schemas"):
        if "$ref" in schema or "anyOf" in schema:
            message = "a named schema that only stands for others; write it where it is used"
            yield spec.finding(place, "component", message)
        return
    suggestion = str(ClassName("_".join(str(part) for part in place[-3::2]), "field_"))
    advice = (
        f"move it to components/schemas under a name of its own ({suggestion}, say) and refer "
        f"to it: {{$ref: '#/components/schemas/{suggestion}'}}"
    )
    if "object" in _types(schema) or "properties" in schema:
        message = f"an inline object; {advice}"
        yield spec.finding(place, "inline-object", message)
    elif "enum" in schema or "const" in schema:
        message = f"an inline enumeration; {advice}"
        yield spec.finding(place, "inline-enum", message)


def _open_enums(spec: Spec, place: Place, schema: dict[str, Any]) -> Iterator[Finding]:
    """An enumeration must stand beside its plain type, so that new values get through."""
    for where, child in _children(place, schema):
        if "anyOf" not in where[-2:] and isinstance(child, dict):
            name = _enum_of(spec, cast("dict[str, Any]", child))
            if name:
                yield _closed(spec, where, name)
    alternatives: list[dict[str, Any]] = schema.get("anyOf", [])
    for index, each in enumerate(alternatives):
        if (name := _enum_of(spec, each)) and not any(
            # Another format than that of the enumeration would let fewer values through.
            other.keys() <= {"type", "format"}
            and other.get("format") in (None, spec.schemas[name].get("format"))
            and spec.schemas[name].get("type") in _types(other)
            for other in alternatives
        ):
            yield _closed(spec, (*place, "anyOf", index), name)


def _closed(spec: Spec, place: Place, name: str) -> Finding:
    kind = spec.schemas[name].get("type")
    message = (
        f"a closed enumeration: a value that {name} does not list would be an error; write "
        f"`anyOf: [{{$ref: '#/components/schemas/{name}'}}, {{type: {kind}}}]`, and "
        "`{type: 'null'}` after these in a response"
    )
    return spec.finding(place, "closed-enum", message)


def _responses(spec: Spec) -> Iterator[Finding]:
    """A reader must get along with whatever is missing, null or unknown."""
    roots = [operation.get("responses") for _, operation in _operations(spec)]
    sent = _reachable(spec, [operation.get("requestBody") for _, operation in _operations(spec)])
    for name in _reachable(spec, roots):
        schema = spec.schemas[name]
        place = ("components", "schemas", name)
        if "required" in schema:
            message = "nothing of a response is required: fields come and go; leave `required` out"
            if name in sent:
                message += (
                    f" (requests use {name} as well: give the response a component of its own)"
                )
            yield spec.finding((*place, "required"), "response-required", message)
        if schema.get("additionalProperties") is False:
            message = "would lose the fields that no page lists; leave it out"
            yield spec.finding((*place, "additionalProperties"), "response-open", message)
        if name in sent:
            continue
        for field, each in schema.get("properties", {}).items():
            alternatives: list[dict[str, Any]] = each.get("anyOf", [each])
            if (
                each
                and not any("null" in _types(option) for option in alternatives)
                and not all(not option.keys() - {"description"} for option in alternatives)
            ):
                message = (
                    "may be null, as all of a response; write `type: [string, 'null']` (its own "
                    "type), or `anyOf: [{$ref: …}, {type: 'null'}]`"
                )
                yield spec.finding((*place, "properties", field), "response-null", message)


def _contents(spec: Spec, holders: Iterable[Any], media_type: str) -> list[str]:
    """The components that bodies of a media type hold."""
    found: list[str] = []
    for holder in holders:
        content = as_map(_resolved(spec, as_map(holder)).get("content"))
        reference = as_map(as_map(content.get(media_type)).get("schema")).get("$ref")
        if isinstance(reference, str) and (name := str(target(reference)[-1])) in spec.schemas:
            found.append(name)
    return found


def _resolved(spec: Spec, node: dict[str, Any]) -> dict[str, Any]:
    return spec.at(target(node["$ref"])) if "$ref" in node else node


def _refs_to(names: Iterable[str]) -> list[dict[str, str]]:
    return [{"$ref": f"#/components/schemas/{name}"} for name in names]


def _streams(spec: Spec) -> Iterator[Finding]:
    """Each text and list that comes in pieces says what becomes of them."""
    replies = [
        reply
        for _, operation in _operations(spec)
        for reply in as_map(operation.get("responses")).values()
    ]
    events = _contents(spec, replies, EVENT_STREAM)
    streamed = _reachable(spec, _refs_to(events))
    whole = _reachable(spec, _refs_to(_contents(spec, replies, "application/json")))
    for name, schema in spec.schemas.items():
        taken: set[str] = set()
        for field, each in schema.get("properties", {}).items():
            place = ("components", "schemas", name, "properties", field)
            here = [key for key in ("x-merge", "x-merge-into") if key in each]
            if here and name not in streamed:
                message = f"no stream has {name}, so nothing is merged; leave {here[0]} out"
                yield spec.finding((*place, here[0]), "merge", message)
                continue
            if name in streamed:
                # A text of the event itself stands whole in each; what is inside comes in pieces.
                yield from _merge(spec, place, each, in_pieces=name not in events)
            if "x-merge-into" in each:
                into = each["x-merge-into"]
                problem = _merge_into(spec, schema, field, into, whole)
                if not problem and into in taken:
                    problem = f"the pieces of two fields would make up {into!r}"
                taken.add(str(into))
                if problem:
                    yield spec.finding((*place, "x-merge-into"), "merge", problem)


def _merge(
    spec: Spec, place: Place, schema: dict[str, Any], *, in_pieces: bool
) -> Iterator[Finding]:
    kind = _merge_kind(spec, schema)
    allowed = MERGES.get(kind, ())
    mark = schema.get("x-merge")
    if mark is not None and mark not in allowed:
        message = f"{mark!r} is no way to merge a {kind}; write {' | '.join(allowed)}"
        if kind == "object":
            message = "an object takes no x-merge: its fields are merged one by one"
        elif not allowed:
            message = "the last value counts of what comes whole; leave x-merge out"
        yield spec.finding((*place, "x-merge"), "merge", message)
    elif mark is None and (kind.startswith("list") or (kind == "text" and in_pieces)):
        message = (
            f"a {kind} that a stream brings in pieces must say how they are merged, or pieces "
            f"would be lost; write x-merge: {' | '.join(allowed)}"
        )
        yield spec.finding(place, "merge", message)


def _merge_into(
    spec: Spec, schema: dict[str, Any], field: str, into: Any, whole: list[str]
) -> str | None:
    """What is wrong with the field of the whole answer that the pieces of an object make up."""
    if _merge_kind(spec, schema["properties"][field]) != "object" or not isinstance(into, str):
        return "x-merge-into stands on an object and names a field of the whole answer"
    others = schema["properties"].keys() - {field}
    # The whole counterpart has what the piece has beside it.
    candidates: dict[str, dict[str, Any]] = {}
    for name in whole:
        properties = spec.schemas[name].get("properties", {})
        if others <= properties.keys():
            candidates |= {
                each: schema
                for each, schema in properties.items()
                if _merge_kind(spec, schema) == "object"
            }
    if into in candidates:
        return None
    close = difflib.get_close_matches(into, candidates, 1)
    advice = f"; did you mean {close[0]!r}?" if close else ""
    return f"the whole answer has no object {into!r} where the pieces belong{advice}"


def _merge_kind(spec: Spec, schema: dict[str, Any]) -> str:
    """What comes in pieces: a text, a list, an object, or a value that comes whole."""
    alternatives: list[dict[str, Any]] = schema.get("anyOf", [schema])
    kinds: list[str] = []
    for each in alternatives:
        found = spec.at(target(each["$ref"])) if "$ref" in each else each
        if "enum" in found:
            return "value"  # the words of an enumeration come whole
        if "array" in _types(found):
            items: dict[str, Any] = found.get("items", {})
            entry = spec.at(target(items["$ref"])) if "$ref" in items else items
            kinds.append("list of objects" if "object" in _types(entry) else "list")
        elif "object" in _types(found):
            kinds.append("object")
        elif "string" in _types(found):
            kinds.append("text")
    order = ("list of objects", "list", "object", "text", "value")
    return min(kinds, key=order.index, default="value")


def _requests(spec: Spec) -> Iterator[Finding]:
    """The extensions by which requests are checked: a slip in one would bind nothing."""
    holders = [operation.get("requestBody") for _, operation in _operations(spec)]
    roots = _contents(spec, holders, "application/json")
    sent = _reachable(spec, _refs_to(roots))
    replies = [operation.get("responses") for _, operation in _operations(spec)]
    read = _reachable(spec, replies)
    models = {
        value
        for root in roots
        for value in _documented(spec, as_map(spec.schemas[root].get("properties")).get("model"))
        if isinstance(value, str)
    }
    for name, schema in spec.schemas.items():
        place: Place = ("components", "schemas", name)
        if "x-max-body-bytes" in schema:
            if name not in roots:
                message = f"{name} is no body of a request, so it binds nothing; leave it out"
                yield spec.finding((*place, "x-max-body-bytes"), "extension", message)
            yield from _size(spec, (*place, "x-max-body-bytes"))
        if "x-received-as" in schema and schema["x-received-as"] not in read:
            close = difflib.get_close_matches(str(schema["x-received-as"]), read, 1)
            advice = f"; did you mean {close[0]!r}?" if close else ""
            message = f"no answer has {schema['x-received-as']!r}{advice}"
            yield spec.finding((*place, "x-received-as"), "extension", message)
        for field, each in schema.get("properties", {}).items():
            where = (*place, "properties", field)
            here = [key for key in OF_REQUESTS if key in each]
            if here and name not in sent:
                message = f"no request has {name}, so {here[0]} binds nothing; leave it out"
                yield spec.finding((*where, here[0]), "extension", message)
                continue
            if "x-bounds" in each:
                yield from _model_bounds(spec, (*where, "x-bounds"), each, models)
            for key in ("x-max-data-bytes", "x-media-types"):
                if key in each and "string" not in _types(each):
                    yield spec.finding((*where, key), "extension", f"{key} stands on a text")
            if "x-max-data-bytes" in each:
                yield from _size(spec, (*where, "x-max-data-bytes"))
            if "x-media-types" in each and not all(
                isinstance(media_type, str) and "/" in media_type
                for media_type in as_list(each["x-media-types"]) or [None]
            ):
                message = "must be a list of media types, such as image/png"
                yield spec.finding((*where, "x-media-types"), "extension", message)
            if "x-required-when" in each:
                problem = _required_when(spec, schema, each["x-required-when"])
                if problem:
                    yield spec.finding((*where, "x-required-when"), "extension", problem)


def _required_when(spec: Spec, schema: dict[str, Any], when: Any) -> str | None:
    """What is wrong with a condition on other fields of the same object."""
    conditions = as_map(when)
    if not conditions or conditions.keys() - schema["properties"]:
        return "must be a mapping from other fields of the same object to their values"
    for field, value in conditions.items():
        if type(value) not in (str, int, bool):
            return f"{value!r} is no single value"
        documented = _documented(spec, schema["properties"][field])
        if documented and value not in documented:
            close = difflib.get_close_matches(str(value), map(str, documented), 1)
            advice = f"; did you mean {close[0]!r}?" if close else ""
            return f"{value!r} is no documented value of {field}{advice}"
    return None


def _documented(spec: Spec, schema: Any) -> list[Any]:
    """The values of the enumeration that a field refers to."""
    found: list[Any] = []
    for each in as_map(schema).get("anyOf", [as_map(schema)]):
        if "$ref" in each:
            found += as_list(spec.at(target(each["$ref"])).get("enum"))
    return found


def _size(spec: Spec, place: Place) -> Iterator[Finding]:
    size = spec.at(place)
    if type(size) is not int or size < 1:
        yield spec.finding(place, "extension", f"{size!r} is no number of bytes")


def _model_bounds(
    spec: Spec, place: Place, schema: dict[str, Any], known: set[Any]
) -> Iterator[Finding]:
    """Bounds that replace a field's own for some models."""
    if not as_list(schema["x-bounds"]) or not {"integer", "number"} & {*_types(schema)}:
        message = "stands on a number and is a list: [{models: [...], x-source: ..., maximum: 1}]"
        yield spec.finding(place, "bounds", message)
        return
    seen: set[str] = set()
    for index, raw in enumerate(as_list(schema["x-bounds"])):
        here = (*place, index)
        each = as_map(raw)
        models = as_list(each.get("models"))
        if not models:
            yield spec.finding(here, "bounds", "needs `models`: the list of those that it is for")
        bounds = each.keys() - {"models", "x-source"}
        if "x-source" not in each or not bounds or bounds - {*NUMBER_BOUNDS}:
            message = f"has `models`, `x-source`, and one or more of {', '.join(NUMBER_BOUNDS)}"
            yield spec.finding(here, "bounds", message)
        elif each["x-source"] not in as_map(spec.data.get("x-sources")):
            message = f"{each['x-source']!r} is no key of x-sources"
            yield spec.finding((*here, "x-source"), "source", message)
        limits = {bound: each[bound] for bound in sorted(bounds & {*NUMBER_BOUNDS})}
        for bound, limit in limits.items():
            if type(limit) not in (int, float) or not math.isfinite(limit):
                yield spec.finding((*here, bound), "bounds", f"{limit!r} is no number")
        numbers = [limit for limit in limits.values() if type(limit) in (int, float)]
        if len(numbers) == len(limits) and _is_empty_range(limits):
            yield spec.finding(here, "bounds", "allows no number at all")
        for position, model in enumerate(map(str, models)):
            message = ""
            if model not in known:
                close = difflib.get_close_matches(model, map(str, known), 1)
                advice = f"; did you mean {close[0]!r}?" if close else ""
                message = f"no documented model is {model!r}{advice}"
            elif model in seen:
                message = f"{model!r} has bounds of its own already; keep one of the two"
            if message:
                yield spec.finding((*here, "models", position), "bounds", message)
            seen.add(model)


def _is_empty_range(limits: dict[str, float]) -> bool:
    low = max(limits.get("minimum", -math.inf), limits.get("exclusiveMinimum", -math.inf))
    high = min(limits.get("maximum", math.inf), limits.get("exclusiveMaximum", math.inf))
    return low > high


def _bodies(spec: Spec) -> Iterator[Finding]:
    for place, node in _nodes(spec.data):
        content = node.get("content")
        if not isinstance(content, dict) or place[:2] == ("components", "schemas"):
            continue
        types = list(cast("dict[str, Any]", content).items())
        for index, (media_type, body) in enumerate(types):
            here = (*place, "content", media_type)
            if media_type == EVENT_STREAM and index == 0 and len(types) > 1:
                message = (
                    "must not come first: the generator reads the first media type; put "
                    "application/json ahead of it"
                )
                yield spec.finding(here, "event-stream-first", message)
            if "$ref" not in body.get("schema", {}):
                message = "the schema of a body must be a $ref to a named component"
                yield spec.finding((*here, "schema"), "inline-body", message)
    for place, operation in _operations(spec):
        if not str(operation.get("operationId", "")).isidentifier():
            message = "needs an operationId such as createThing: the generated module bears it"
            yield spec.finding(place, "operation", message)
        if len(operation.get("tags", [])) != 1:
            message = "needs exactly one tag: the generator makes a copy of the call for each"
            yield spec.finding(place, "operation", message)


def _sources(spec: Spec) -> Iterator[Finding]:
    """Each fact names where it is documented; a property has the source of its component."""
    sources = spec.data.get("x-sources", {})
    known = ", ".join(sources) or "none yet; add x-sources at the top"
    needed: list[Place] = [("servers", index) for index in range(len(spec.data.get("servers", [])))]
    needed += [place for place, _ in _operations(spec)]
    components: dict[str, Any] = spec.data["components"]
    needed += [
        ("components", kind, name)
        for kind, entries in components.items()
        if isinstance(entries, dict)
        for name in cast("dict[str, Any]", entries)
    ]
    for place in needed:
        node: dict[str, Any] = spec.at(place)
        if "x-source" not in node and "$ref" not in node:
            properties: dict[str, Any] = node.get("properties", {})
            if properties and all("x-source" in each for each in properties.values()):
                continue
            message = f"x-source is missing: say where this is documented ({known})"
            yield spec.finding(place, "source", message)
    for place, node in _nodes(spec.data):
        if "x-source" not in node:
            continue
        key = node["x-source"]
        if not isinstance(key, str) or key not in sources:
            message = f"{key!r} is no key of x-sources ({known})"
            yield spec.finding((*place, "x-source"), "source", message)
    for name, schema in spec.schemas.items():
        here = ("components", "schemas", name, "x-enum-sources")
        of_values = schema.get("x-enum-sources", {})
        if not isinstance(of_values, dict):
            message = f"must be a mapping from values of {name} to their sources"
            yield spec.finding(here, "source", message)
            continue
        for value, key in cast("dict[str, Any]", of_values).items():
            if not isinstance(key, str) or key not in sources:
                message = f"{key!r} is no key of x-sources ({known})"
                yield spec.finding((*here, value), "source", message)
            elif value not in map(str, as_list(schema.get("enum"))):
                message = f"{value!r} is none of the values of {name}"
                yield spec.finding((*here, value), "source", message)


def _descriptions(spec: Spec) -> Iterator[Finding]:
    for name, schema in spec.schemas.items():
        place: Place = ("components", "schemas", name)
        described = [(place, schema)]
        described += [
            ((*place, "properties", field), each)
            for field, each in schema.get("properties", {}).items()
        ]
        for where, each in described:
            if not str(each.get("description", "")).strip():
                message = "needs a description: it becomes the documentation of the generated code"
                yield spec.finding(where, "description", message)


def _facts(spec: Spec) -> Iterator[Finding]:
    """The facts that scripts/generation/contract_module.py carries over by name."""
    regions: set[str] = set()
    for index, server in enumerate(spec.data.get("servers", [])):
        region = server.get("x-region")
        if isinstance(region, str):
            regions.add(region)
        else:
            message = (
                "needs an x-region: callers choose a server by it, and get the first of a region"
            )
            yield spec.finding(("servers", index), "server", message)
    if not regions:
        yield spec.finding(("servers",), "server", "list at least one server, with an x-region")
    for name in _reachable(spec, [each.get("requestBody") for _, each in _operations(spec)]):
        for field in spec.schemas[name].get("properties", {}):
            if keyword.iskeyword(field):
                message = f"{field!r} is a keyword of Python and cannot be an option of create()"
                place = ("components", "schemas", name, "properties", field)
                yield spec.finding(place, "property-name", message)


def _values(spec: Spec) -> Iterator[Finding]:
    """Examples and defaults against the schemas that they stand beside."""
    # YAML reads dates and the like, which JSON Schema knows nothing of: they fail as wrong types.
    registry: Registry[Any] = Registry[Any]().with_resource(
        "urn:spec", DRAFT202012.create_resource(spec.data)
    )

    def against(schema: Place, value_at: Place, rule: str) -> Iterator[Finding]:
        reference = "urn:spec" + pointer(schema).replace("%", "%25")
        validator = Draft202012Validator({"$ref": reference}, registry=registry)
        for error in _errors(validator, spec.at(value_at)):
            yield _told(spec, value_at, error, rule)

    for place, node in _nodes(spec.data):
        is_schema = "schemas" in place[:2] and place[-1] not in ("schemas", "properties")
        if is_schema and "default" in node:
            yield from against(place, (*place, "default"), "default")
        if is_schema and isinstance(node.get("examples"), list):
            for index in range(len(node["examples"])):
                yield from against(place, (*place, "examples", index), "example")
        if is_schema and "example" in node:
            yield from against(place, (*place, "example"), "example")
        if "schema" in node and not is_schema:
            schema = (*place, "schema")
            if isinstance(node["schema"], dict) and "default" in node["schema"]:
                yield from against(schema, (*schema, "default"), "default")
            if "example" in node:
                yield from against(schema, (*place, "example"), "example")
            for name, example in node.get("examples", {}).items():
                if "value" in example:
                    yield from against(schema, (*place, "examples", name, "value"), "example")
