"""Reduces a schema to its facts, however it is written.

`$ref` and `allOf` are merged, and the branches of `anyOf` and `oneOf` are joined by type. Whatever
else a schema says becomes a fact that is not compared any further than for being the same.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from openapi_diff.prose import Bound, bounds_in, default_in
from spec.document import Document, as_list, as_map

Schema: TypeAlias = dict[str, Any]

NOT_COMPARED = "not compared: "  # prefix of facts that are only checked for being the same
EXTENSIONS = {"x-required-when", "x-max-body-bytes", "x-max-data-bytes", "x-merge"}
_DOCUMENTATION = (
    {"title", "summary", "description", "example", "examples", "externalDocs", "deprecated"}
    | {"tags", "xml", "$comment", "contact", "license", "termsOfService", "version", "openapi"}
    | {"jsonSchemaDialect", "bearerFormat", "readOnly", "writeOnly", "widest format"}
)
_ABOUT = {  # the keywords about values of each type
    "object": {"properties", "required", "additionalProperties", "minProperties", "maxProperties"},
    "array": {"items", "minItems", "maxItems", "uniqueItems"},
    "string": {"minLength", "maxLength", "pattern"},
    "number": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"},
}
_READ_APART = {"properties", "required", "additionalProperties", "items"} | (
    _ABOUT["number"] - {"multipleOf"}
)
_COMPARED = {"type", "nullable", "enum", "format", "x-bounds", "$defs", "definitions"}.union(
    *_ABOUT.values()
)
# A number is a double and an integer an int64 unless something narrower is said.
_WIDEST_FORMAT = {"number": "double", "integer": "int64", "any": "int64"}


@dataclass(eq=False)
class Shape:
    """What a schema says: facts of the values that it allows, and the schemas below it."""

    facts: dict[str, Any] = field(default_factory=dict[str, Any])
    types: set[str] = field(default_factory=set[str])  # "any" if everything is allowed
    fields: dict[str, Any] = field(default_factory=dict[str, Any])
    required: set[str] = field(default_factory=set[str])
    items: Any = True
    other_fields: Any = None  # what fields must be that are not listed, if a schema says it


class SchemaReader:
    """Returns the shapes of a document's schemas; by meaning, limits stated in words count."""

    def __init__(self, document: Document, by_meaning: bool = False) -> None:
        self.document = document
        self.used: set[str] = set()  # the references that were followed
        self._by_meaning = by_meaning
        self._shapes: dict[int, Shape] = {}
        self._joined: dict[tuple[str, frozenset[int]], Schema] = {}

    def shape(self, raw: Any) -> Shape:
        """Return the shape; the same object for the same schema, so that cycles can be seen."""
        schema = self._target(raw)
        if id(schema) not in self._shapes:
            self._shapes[id(schema)] = self._read(schema)
        return self._shapes[id(schema)]

    def _at(self, reference: str) -> Any:
        self.used.add(reference)
        return self.document.at(reference)

    def _target(self, raw: Any) -> Any:
        while as_map(raw).keys() == {"$ref"}:
            raw = self._at(raw["$ref"])
        return raw

    # --- from a schema to alternatives without `$ref`, `allOf`, `anyOf` and `oneOf` ---

    def _alternatives(self, raw: Any, above: frozenset[int]) -> list[Schema]:
        """Return each branch of a union merged with what stands beside it."""
        schema = _merged(self._parts(raw))
        branches = schema.pop("anyOf", None) or schema.pop("oneOf", None)
        if not branches:
            return [schema]
        found: list[Schema] = []
        for branch in map(self._target, branches):
            # A union that contains itself does not allow more by that.
            if id(branch) not in above:
                inner = self._alternatives(branch, above | {id(branch)})
                found += [_merged([schema, one]) for one in inner]
        return found

    def _parts(self, raw: Any) -> list[Schema]:
        """Return all schemas that hold at once: the outermost, then where its references lead."""
        parts: dict[int, Schema] = {}
        todo: list[Any] = [raw]
        while todo:
            each = todo.pop(0)
            if id(each) in parts:
                continue
            schema: Schema = {"enum": []} if each is False else as_map(each)
            part = {key: value for key, value in schema.items() if key not in ("$ref", "allOf")}
            parts[id(each)] = part
            for key in filter(is_documentation, schema):
                text = documentation_text(part.pop(key))
                if text:
                    part[key] = [text]
            if isinstance(schema.get("$ref"), str):
                todo.append(self._at(schema["$ref"]))
            todo += as_list(schema.get("allOf"))
        return list(parts.values())

    def _join(self, keyword: str, schemas: Sequence[Any]) -> Any:
        """Return one schema for several; the same object for the same schemas."""
        different = {id(each): each for each in map(self._target, schemas)}
        if len(different) == 1:
            return schemas[0]
        joined = {keyword: list(different.values())}
        return self._joined.setdefault((keyword, frozenset(different)), joined)

    # --- from alternatives to facts ---

    def _read(self, raw: Any) -> Shape:
        shape = Shape()
        by_type: dict[str, list[Schema]] = {}
        alternatives = self._alternatives(raw, frozenset({id(raw)}))
        for schema in alternatives:
            for name in _types(schema, self._by_meaning):
                enum = schema.get("enum")
                if enum is not None:
                    enum = [value for value in enum if _is(value, name)]
                if enum is None or enum or (name == "null" and self._by_meaning):
                    by_type.setdefault(name, []).append({**schema, "enum": enum})
        if not by_type.pop("null", None):
            shape.facts["null"] = "never null"
        for name, schemas in sorted(by_type.items()):
            self._add_type(shape, name, schemas)
        values: dict[str, Any] = shape.facts.get("values", {})
        free = {name for name in by_type if any(each["enum"] is None for each in by_type[name])}
        shape.facts["open"] = any(_is(one, name) for one in values.values() for name in free)
        for key in {key: None for schema in alternatives for key in schema}:
            said = [schema[key] for schema in alternatives if key in schema]
            if is_documentation(key):
                texts = [text for each in said for text in each]
                shape.facts[key] = " / ".join(dict.fromkeys(texts))
            elif key == "default":
                shape.facts[key] = " or ".join(dict.fromkeys(map(to_json, said)))
            elif key in EXTENSIONS:
                shape.facts[key] = said[0]
            elif key not in _COMPARED:
                texts = [self.spelled_out(value) for value in said]
                shape.facts[NOT_COMPARED + key] = " or ".join(dict.fromkeys(texts))
        if self._by_meaning:
            _heed_description(shape)
        return shape

    def _add_type(self, shape: Shape, name: str, schemas: list[Schema]) -> None:
        """Add to a shape what the alternatives of one type say."""
        shape.types.add(name)
        free = [schema for schema in schemas if schema["enum"] is None]
        for schema in schemas:
            values = {to_json(value): value for value in as_list(schema["enum"])}
            if values:
                shape.facts["values"] = {**shape.facts.get("values", {}), **values}
                own = _limits(schema, name)
                if own and free:  # without effect, since any other value is allowed
                    shape.facts["limits of the known values"] = to_json(own)
        schemas = free or schemas
        if name == "array":
            shape.items = self._join("anyOf", [each.get("items", True) for each in schemas])
        if name == "object":
            self._add_fields(shape, schemas)
        limits = [_limits(schema, name) for schema in schemas]
        told = {
            to_json([one, sorted({*schema.get("required", [])})])
            for one, schema in zip(limits, schemas, strict=True)
        }
        if len(told) > 1:
            key = f"{NOT_COMPARED}what goes together in each alternative of type {name}"
            shape.facts[key] = " or ".join(sorted(told))
        else:
            shape.facts |= limits[0]

    def _add_fields(self, shape: Shape, schemas: list[Schema]) -> None:
        if len(schemas) > 1:
            shape.facts["object alternatives"] = len(schemas)
        required = [set(map(str, each.get("required", []))) for each in schemas]
        shape.required = required[0].intersection(*required)
        found: dict[str, list[Any]] = {}
        for schema in schemas:
            for name, parts in schema.get("properties", {}).items():
                found.setdefault(name, []).append(self._join("allOf", parts))
        shape.fields = {name: self._join("anyOf", each) for name, each in found.items()}
        for name in sorted(required[0].union(*required)):
            shape.fields.setdefault(name, True)
        others = [each.get("additionalProperties", True) for each in schemas]
        if all(other is False for other in others):
            shape.facts["other fields"] = "forbidden"
        elif all(other is False or as_map(other) for other in others):
            shape.facts["other fields"] = "described"
            shape.other_fields = self._join("anyOf", [one for one in others if one is not False])

    # --- from a schema to text ---

    def spelled_out(self, value: Any) -> str:
        """Return a value as JSON, references replaced by what they mean, documentation left out."""
        return to_json(self._inlined(value, ()))

    def _inlined(self, value: Any, above: tuple[str, ...]) -> Any:
        if as_list(value):
            return [self._inlined(item, above) for item in as_list(value)]
        found = as_map(value)
        reference = found.get("$ref")
        if isinstance(value, str) and value.startswith("#/components/"):
            reference = value  # the mapping of a discriminator
        if isinstance(reference, str):
            # The distance to the outer schema does not depend on names.
            if reference in above:
                return {"$ref": len(above) - above.index(reference)}
            return self._inlined(self._at(reference), (*above, reference))
        # A mapping is a field that is named `title`, say.
        kept = {key: one for key, one in found.items() if as_map(one) or not is_documentation(key)}
        return {key: self._inlined(one, above) for key, one in kept.items()} if found else value

    def describe(self, raw: Any, depth: int = 2) -> dict[str, str]:
        """Describe the values that a schema allows, by type; the fields of objects are listed."""
        shape = self.shape(raw)
        return {name: self._describe_type(shape, name, depth) for name in sorted(shape.types)}

    def _describe_type(self, shape: Shape, name: str, depth: int) -> str:
        if depth and name == "array":
            return f"array of {either(self.describe(shape.items, depth - 1))}"
        if depth and name == "object" and shape.fields:
            fields = [
                f"{key} ({either(self.describe(one, 0))})" for key, one in shape.fields.items()
            ]
            return f"object with {', '.join(fields)}"
        known: dict[str, Any] = shape.facts.get("values", {})
        values = [key for key, value in known.items() if _is(value, name)]
        if depth and values:
            more = ["…"] if shape.facts["open"] else []
            return f"{name} ({', '.join([*values, *more])})"
        return name


def either(described: dict[str, str]) -> str:
    """Return a description of the values of all types."""
    return " or ".join(described.values()) or "nothing"


def is_documentation(key: str) -> bool:
    """Whether a keyword is documentation rather than contract."""
    return key in _DOCUMENTATION or (key.startswith("x-") and key not in {*EXTENSIONS, "x-bounds"})


def documentation_text(value: Any) -> str:
    """Return what a documentation keyword says; "" if it says nothing."""
    if value is None or value is False:
        return ""
    return value if isinstance(value, str) else to_json(value)


def to_json(value: Any) -> str:
    """Return a value on one line; numbers that are equal are spelled alike."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def strictness(limit: str, value: Any) -> tuple[float, bool]:
    """Return a key that is the greater, the fewer values a limit allows."""
    number, excluded = value if limit.endswith("bound") else (value, False)
    return (-number if "max" in limit or "upper" in limit else number), excluded


def _merged(schemas: Sequence[Schema]) -> Schema:
    """Merge schemas that all hold at once; what contradicts is kept as a keyword of its own.

    Under `properties`, each field has the list of its schemas.
    """
    found: Schema = {}
    for schema in schemas:
        for key, value in schema.items():
            if key == "const":
                key, value = "enum", [value]
            if key == "properties":
                fields = found.setdefault(key, {})
                for name, one in as_map(value).items():
                    fields[name] = [*fields.get(name, []), *(as_list(one) or [one])]
            elif key == "required" or is_documentation(key):
                found[key] = [*found.get(key, []), *as_list(value)]
            else:
                while key in found and found[key] != value:
                    key = f"second {key}"
                found[key] = value
    return found


def _types(schema: Schema, by_meaning: bool) -> set[str]:
    """Return the types that a schema allows; where it names none, those implied."""
    enum = schema.get("enum")
    if schema.get("type"):
        found = set(map(str, as_list(schema["type"]) or [schema["type"]]))
    elif enum is not None:
        found = set(map(_type_of, enum))
    else:
        implied = [name for name, keys in _ABOUT.items() if keys & schema.keys()]
        found = {*implied[:1]} or {"any", "null"}
    if schema.get("nullable") is True:
        found.add("null")
    if by_meaning and enum is not None and None in enum:
        found.add("null")
    return found - {"integer"} if "number" in found else found


def _type_of(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, float) and value.is_integer():
        return "integer"
    names = ((int, "integer"), (float, "number"), (str, "string"), (list, "array"))
    return next((name for kind, name in names if isinstance(value, kind)), "object")


def _is(value: object, name: str) -> bool:
    found = _type_of(value)
    if name == "any":
        return found != "null"
    return found == name or (found == "integer" and name == "number")


def _limits(schema: Schema, name: str) -> dict[str, Any]:
    """Return the limits of the values of one type."""
    is_number = name in ("number", "integer")
    found: dict[str, Any] = _bounds(schema, name) if is_number else {}
    about = _ABOUT.get("number" if is_number else name, set[str]())
    for key in (about - _READ_APART) & schema.keys():
        value = schema[key]
        # At least 0 is no limit, nor is `uniqueItems: false`.
        if value is not False and not (value == 0 and key.startswith("min")):
            found[key] = value
    if "format" in schema:
        is_widest = schema["format"] == _WIDEST_FORMAT.get(name)
        found["widest format" if is_widest else "format"] = schema["format"]
    by_model: dict[str, dict[str, Bound]] = {}
    for entry in map(as_map, as_list(schema.get("x-bounds"))):
        by_model |= {str(model): _bounds(entry, name) for model in as_list(entry.get("models"))}
    if by_model and is_number:
        found["bounds by model"] = by_model
    return found


def _bounds(schema: Schema, name: str) -> dict[str, Bound]:
    found: dict[str, Bound] = {}
    for side, keyword in (("lower bound", "minimum"), ("upper bound", "maximum")):
        inclusive, exclusive = schema.get(keyword), schema.get(f"exclusive{keyword.capitalize()}")
        bounds: list[Bound] = []
        # 3.0 says `exclusiveMinimum: true` beside `minimum`, 3.1 gives the number itself.
        if isinstance(inclusive, int | float):
            bounds.append(_bound(name, side, inclusive, exclusive is True))
        if isinstance(exclusive, int | float) and not isinstance(exclusive, bool):
            bounds.append(_bound(name, side, exclusive, True))
        if bounds:
            found[side] = max(bounds, key=lambda bound: strictness(side, bound))
    return found


def _bound(name: str, side: str, number: float, excluded: bool) -> Bound:
    """For integers `> 0` is `>= 1`."""
    if name == "integer" and excluded and float(number).is_integer():
        return int(number) + (1 if side == "lower bound" else -1), False
    return number, excluded


def _heed_description(shape: Shape) -> None:
    """Let the description state what the keywords leave out."""
    text = shape.facts.get("description", "")
    if len(shape.types) != 1:
        return
    (name,) = shape.types
    if name in ("number", "integer"):
        for side, (number, excluded) in bounds_in(text).items():
            shape.facts.setdefault(side, _bound(name, side, number, excluded))
    if name in ("number", "integer", "boolean"):
        for value in default_in(text, name):
            shape.facts.setdefault("default", to_json(value))
