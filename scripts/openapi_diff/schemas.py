"""Reduces a schema to its facts, however it is written.

`$ref` and `allOf` are merged in, and the branches of `anyOf` and `oneOf` are joined, so that two
schemas that mean the same have the same facts. Where branches of one type have different limits,
these are kept as text that is not compared any further.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from openapi_diff.prose import Bound, bounds_in, default_in
from spec.document import Document, SpecError, as_list, as_map

Node: TypeAlias = tuple[Any, ...]  # raw schemas that all hold at once; () allows everything
Part: TypeAlias = dict[str, Any]

NOT_COMPARED = "not compared: "  # prefix of facts that are only checked for being identical
EXTENSIONS = {"x-required-when", "x-max-body-bytes", "x-max-data-bytes", "x-merge"}
DOCUMENTATION = (
    {"title", "summary", "description", "example", "examples", "externalDocs", "deprecated"}
    | {"tags", "xml", "$comment", "contact", "license", "termsOfService", "version"}
    | {"bearerFormat", "readOnly", "writeOnly", "widest format"}
)
_KEYWORDS_NOT_COMPARED = (
    {"not", "if", "then", "else", "contains", "minContains", "maxContains", "propertyNames"}
    | {"prefixItems", "patternProperties", "dependentRequired", "dependentSchemas"}
    | {"unevaluatedItems", "unevaluatedProperties", "discriminator"}
    | {"contentEncoding", "contentMediaType", "contentSchema"}
)
_ABOUT = {  # the keywords by the type that they are about
    "object": {"properties", "required", "additionalProperties", "minProperties", "maxProperties"},
    "array": {"items", "uniqueItems", "minItems", "maxItems"},
    "string": {"pattern", "minLength", "maxLength"},
    "number": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"},
}
_COMPARED = EXTENSIONS.union(
    _KEYWORDS_NOT_COMPARED,
    *_ABOUT.values(),
    {"type", "nullable", "enum", "const", "default", "format", "x-bounds"},
    {"$ref", "allOf", "anyOf", "oneOf", "$defs", "definitions"},
)
COMBINED: dict[str, Callable[[list[Any]], Any]] = {  # where several hold, the strictest
    **dict.fromkeys(("minLength", "minItems", "minProperties"), max),
    **dict.fromkeys(("maxLength", "maxItems", "maxProperties"), min),
    "pattern": lambda patterns: sorted(set(patterns)),
    **dict.fromkeys(("format", "uniqueItems", "multipleOf"), lambda said: said[0]),
}
# A number is a double and an integer an int64 unless something narrower is said.
_WIDEST_FORMAT = {"number": "double", "integer": "int64", "any": "int64"}
_MOST_BRANCHES = 500
_MOST_FIELDS_SHOWN = 8
_ALWAYS: Part = {}
_NEVER: Part = {"enum": []}


@dataclass(eq=False)
class Shape:
    """All that a schema says: the values that it allows, and its documentation."""

    types: set[str] = field(default_factory=set[str])  # "any" if everything is allowed
    free_types: set[str] = field(default_factory=set[str])  # those of any value
    facts: dict[str, Any] = field(default_factory=dict[str, Any])
    fields: dict[str, Node] = field(default_factory=dict[str, Node])
    required: set[str] = field(default_factory=set[str])
    items: Node = ()
    other_fields: Node = ()


class SchemaReader:
    """Returns the shapes of a document's schemas; by meaning, limits stated in words count."""

    def __init__(self, document: Document, by_meaning: bool = False) -> None:
        self.document = document
        self._by_meaning = by_meaning
        # OpenAPI 3.0 ignores what stands beside a reference. By meaning, its author meant it.
        self._ignores_siblings = not by_meaning and str(document.root["openapi"])[:3] == "3.0"
        self._shapes: dict[tuple[int, ...], Shape] = {}
        self._unions: dict[frozenset[tuple[int, ...]], Node] = {}

    def shape(self, node: Node) -> Shape:
        """Return the shape; the same object for the same schema, so that cycles can be seen."""
        parts = self._parts(node)
        key = tuple(map(id, parts))
        if key not in self._shapes:
            self._shapes[key] = self._read(parts)
        return self._shapes[key]

    # --- which schemas hold ---

    def _parts(self, node: Node) -> list[Part]:
        """Return all schemas that hold at once: the node's, and where `$ref` and `allOf` lead."""
        parts: dict[int, Part] = {}
        todo: list[object] = [*reversed(node)]
        while todo:
            raw = todo.pop()
            schema = _NEVER if raw is False else as_map(raw) or _ALWAYS
            if id(schema) in parts:
                continue
            parts[id(schema)] = schema
            reference = schema.get("$ref")
            todo += reversed(as_list(schema.get("allOf")))
            if isinstance(reference, str):
                if self._ignores_siblings:
                    parts[id(schema)] = _ALWAYS
                todo.append(self.document.at(reference))
        # A mere reference says nothing itself.
        return [one for one in parts.values() if not one.keys() <= {"$ref", "allOf"}]

    def _spread(self, parts: list[Part], inside: frozenset[int]) -> list[list[Part]]:
        """Multiply unions out: each branch together with what stands beside the union."""
        for at, part in enumerate(parts):
            union = "anyOf" if as_list(part.get("anyOf")) else "oneOf"
            branches = as_list(part.get(union))
            if not branches:
                continue
            rest = [*parts]
            rest[at] = {key: value for key, value in part.items() if key != union}
            found: list[list[Part]] = []
            for raw in branches:
                more = self._parts((raw,))
                # A union that contains itself does not allow more by that.
                if not any(id(one) in inside or one is part for one in more):
                    found += self._spread([*rest, *more], inside | {id(part)})
                if len(found) > _MOST_BRANCHES:
                    raise SpecError(
                        f"{self.document.name}: too many alternatives: unions that hold at once "
                        f"multiply to more than {_MOST_BRANCHES}; write them as fewer schemas"
                    )
            return found
        return [parts]

    def _with_branches(self, parts: list[Part]) -> list[Part]:
        """Return the parts and, behind them, every branch of their unions."""
        found = {id(part): part for part in parts}
        todo = [*parts]
        for schema in todo:
            for raw in [*as_list(schema.get("anyOf")), *as_list(schema.get("oneOf"))]:
                more = [one for one in self._parts((raw,)) if id(one) not in found]
                found |= {id(one): one for one in more}
                todo += more
        return [*found.values()]

    # --- what they say ---

    def _read(self, parts: list[Part]) -> Shape:
        by_type: dict[str, list[Shape]] = {}
        shape = Shape()
        for branch in self._spread(parts, frozenset()):
            values, types = _values(branch), _types(branch)
            if self._allows_null(branch, values, types):
                shape.facts["null"] = True
            for name in types - {"null"}:
                own = None
                if values is not None:
                    own = {key: one for key, one in values.items() if _is(one, name)}
                if own is None or own:
                    by_type.setdefault(name, []).append(_read_branch(branch, name, own))
        for name in sorted(by_type):
            self._join(shape, name, by_type[name])
        values = shape.facts.get("values", {}).values()
        shape.facts["open"] = any(_is(one, name) for one in values for name in shape.free_types)
        schemas = self._with_branches(parts)
        for schema in schemas:
            for key in EXTENSIONS & schema.keys():
                shape.facts.setdefault(key, schema[key])
            for key in _KEYWORDS_NOT_COMPARED & schema.keys():
                value = schema[key]
                if key == "discriminator":
                    value = self._discriminator(schema)
                shape.facts.setdefault(NOT_COMPARED + key, self.spelled_out(value))
            if "default" in schema:
                shape.facts.setdefault("default", to_json(schema["default"]))
        shape.facts |= documentation(*schemas, schemas=True)
        if self._by_meaning:
            _heed_description(shape)
        return shape

    def _allows_null(
        self, parts: list[Part], values: dict[str, Any] | None, types: set[str]
    ) -> bool:
        by_type = bool(types & {"null", "any"}) or any(one.get("nullable") is True for one in parts)
        by_enum = values is None or "null" in values
        if self._by_meaning and values is not None:
            return by_type or by_enum  # the author forgot to add it to the other
        return by_type and by_enum

    def _join(self, shape: Shape, name: str, branches: list[Shape]) -> None:
        """Add to a shape what the branches of a union say of one type."""
        shape.types.add(name)
        enums = [one for one in branches if "values" in one.facts]
        free = [one for one in branches if "values" not in one.facts]
        if free:
            shape.free_types.add(name)
        for one in enums:
            shape.facts["values"] = {**shape.facts.get("values", {}), **one.facts.pop("values")}
            if one.facts and free:  # without effect, since any other value is allowed
                shape.facts["limits of the known values"] = to_json(one.facts)
        limits = [one.facts for one in free or enums]
        for key, value in limits[0].items():
            if all(one.get(key) == value for one in limits):
                shape.facts[key] = value
        told = {
            to_json([one, sorted(each.required)])
            for one, each in zip(limits, free or enums, strict=True)
        }
        if len(told) > 1:
            key = f"{NOT_COMPARED}what goes together in each alternative of type {name}"
            shape.facts[key] = " or ".join(sorted(told))
        if name == "array":
            shape.items = self._any_of([one.items for one in branches])
        if name == "object":
            if len(free) > 1:
                shape.facts["object alternatives"] = len(free)
            for title in {title: None for one in branches for title in one.fields}:
                nodes = [one.fields[title] for one in branches if title in one.fields]
                shape.fields[title] = self._any_of(nodes)
                if all(title in one.required for one in branches):
                    shape.required.add(title)
            allowed = [one for one in branches if "other fields" not in one.facts]
            shape.other_fields = (
                self._any_of([one.other_fields for one in allowed]) if allowed else ()
            )

    def _any_of(self, nodes: list[Node]) -> Node:
        """Return what holds if one of the nodes does; the same node for the same nodes."""
        different = {tuple(map(id, node)): node for node in nodes}
        if len(different) == 1:
            return nodes[0]
        if () in different:
            return ()
        union = {"anyOf": [{"allOf": [*node]} for node in different.values()]}
        return self._unions.setdefault(frozenset(different), (union,))

    def _discriminator(self, schema: Part) -> Part:
        """Return a discriminator with what it may select: components that extend the schema."""
        found = as_map(schema["discriminator"])
        schemas = as_map(as_map(self.document.root.get("components")).get("schemas"))
        mapping = as_map(found.get("mapping"))
        selected = {key: schemas.get(str(ref).rpartition("/")[2]) for key, ref in mapping.items()}
        for name, raw in schemas.items():
            above = [as_map(one).get("$ref") for one in as_list(as_map(raw).get("allOf"))]
            if any(isinstance(one, str) and self.document.at(one) is schema for one in above):
                selected.setdefault(name, raw)
        return {"propertyName": found.get("propertyName"), "selects": selected}

    # --- how they are described ---

    def spelled_out(self, value: Any) -> str:
        """Return a value as JSON, references replaced by what they mean, documentation left out."""
        return to_json(self._inlined(value, ()))

    def _inlined(self, value: Any, above: tuple[str, ...]) -> Any:
        if as_list(value):
            return [self._inlined(item, above) for item in as_list(value)]
        found = as_map(value)
        reference = found.get("$ref")
        if isinstance(reference, str):
            # The distance to the outer schema does not depend on names.
            if reference in above:
                return {"$ref": len(above) - above.index(reference)}
            return self._inlined(self.document.at(reference), (*above, reference))
        kept = {key: one for key, one in found.items() if not is_documentation(key)}
        return {key: self._inlined(one, above) for key, one in kept.items()} if found else value

    def describe(self, node: Node, depth: int = 2) -> str:
        """Describe the values that a schema allows; the fields of objects are listed."""
        shape = self.shape(node)
        return self.describe_types(shape, shape.types, depth)

    def describe_types(self, shape: Shape, types: set[str], depth: int = 2) -> str:
        """Describe the values of the given types that a schema allows."""
        told = [self._describe_type(shape, name, depth) for name in sorted(types)]
        return " or ".join(told) or "nothing"

    def _describe_type(self, shape: Shape, name: str, depth: int) -> str:
        values = [key for key, one in shape.facts.get("values", {}).items() if _is(one, name)]
        if values and depth:
            more = ["…"] if len(values) > 6 or shape.facts.get("open") else []
            return f"{name} ({', '.join([*values[:6], *more])})"
        if name == "array" and depth:
            return f"array of {self.describe(shape.items, depth - 1)}"
        if name == "object" and shape.fields and depth:
            fields = [
                f"{title} ({self.describe(node, 0)})"
                for title, node in [*shape.fields.items()][:_MOST_FIELDS_SHOWN]
            ]
            more = ["…"] if len(shape.fields) > len(fields) else []
            return f"object with {', '.join([*fields, *more])}"
        return name


def is_documentation(key: str) -> bool:
    """Whether a keyword is documentation rather than contract."""
    return key in DOCUMENTATION or (key.startswith("x-") and key not in {*EXTENSIONS, "x-bounds"})


def documentation(*raws: dict[str, Any], schemas: bool = False) -> dict[str, str]:
    """Return the documentation keywords, the text of the outermost schema first.

    In schemas, unknown keywords are included: a change of one is still a change.
    """
    docs: dict[str, list[str]] = {}
    for raw in raws:
        for key, value in raw.items():
            if value is None or value is False or value == "":
                continue
            if is_documentation(key) or (schemas and key not in _COMPARED):
                docs.setdefault(key, []).append(value if isinstance(value, str) else to_json(value))
    return {key: " / ".join(texts) for key, texts in docs.items()}


def to_json(value: Any) -> str:
    """Return a value on one line; numbers that are equal are spelled alike."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def strictness(side: str, bound: Bound) -> tuple[float, bool]:
    """Return a key that is the greater, the fewer values a bound allows."""
    number, excluded = bound
    return (number if side.startswith("lower") else -number), excluded


def _values(parts: list[Part]) -> dict[str, Any] | None:
    """Return the values that all enums list, by their JSON text; None if there is no enum."""
    found: dict[str, Any] | None = None
    for part in parts:
        for key in part.keys() & {"enum", "const"}:
            listed = [part[key]] if key == "const" else as_list(part[key])
            values = {to_json(value): value for value in listed}
            if found is not None:
                values = {key: value for key, value in found.items() if key in values}
            found = values
    return found


def _types(parts: list[Part]) -> set[str]:
    """Return the types that all parts agree on; where none names one, those implied."""
    found: set[str] | None = None
    for part in parts:
        if part.get("type"):
            named = set(map(str, as_list(part["type"]) or [part["type"]]))
            if "number" in named:
                named.add("integer")
            found = named if found is None else found & named
    if found is not None:
        return found - {"integer"} if "number" in found else found
    values = _values(parts)
    if values is not None:
        return {_type_of(value) for value in values.values()}
    keys = {key for part in parts for key in part}
    return next(({name} for name, about in _ABOUT.items() if keys & about), {"any"})


def _type_of(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, float) and value.is_integer():
        return "integer"
    if isinstance(value, bool):
        return "boolean"
    names = ((int, "integer"), (float, "number"), (str, "string"), (list, "array"))
    return next((name for kind, name in names if isinstance(value, kind)), "object")


def _is(value: object, name: str) -> bool:
    found = _type_of(value)
    if name == "any":
        return found != "null"
    return found == name or (found == "integer" and name == "number")


def _read_branch(parts: list[Part], name: str, values: dict[str, Any] | None) -> Shape:
    """Gather what schemas without unions say of the values of one type."""
    one = Shape({name})
    if values is not None:
        one.facts["values"] = values
    is_number = name in ("number", "integer")
    about = {"format", *_ABOUT.get("number" if is_number else name, ())}
    for key in about & COMBINED.keys():
        kind = str if key in ("format", "pattern") else int | float
        said = [part[key] for part in parts if isinstance(part.get(key), kind)]
        found = COMBINED[key](said) if said else None
        # At least 0 is no limit, nor is `uniqueItems: false`.
        if found and key == "format" and found == _WIDEST_FORMAT.get(name):
            one.facts["widest format"] = found
        elif found or (found == 0 and key.startswith("max")):
            one.facts[key] = found
    if is_number:
        one.facts |= _bounds(parts, name)
        entries = [as_map(raw) for part in parts for raw in as_list(part.get("x-bounds"))]
        bounds: dict[str, dict[str, Bound]] = {}
        for entry in entries:
            bounds |= {str(model): _bounds([entry], name) for model in as_list(entry.get("models"))}
        if bounds:
            one.facts["bounds by model"] = bounds
    for part in parts:
        for title, schema in as_map(part.get("properties")).items():
            one.fields[title] = (*one.fields.get(title, ()), schema)
        one.required |= set(map(str, as_list(part.get("required"))))
        one.items += (part["items"],) if "items" in part else ()
        if part.get("additionalProperties") is False and name == "object":
            one.facts["other fields"] = "forbidden"
        elif as_map(part.get("additionalProperties")):
            one.other_fields += (part["additionalProperties"],)
    for missing in sorted(one.required - one.fields.keys()):
        one.fields[missing] = ()
    return one


def _bounds(parts: list[Part], name: str) -> dict[str, Bound]:
    found: dict[str, Bound] = {}
    for side, end in (("lower bound", "minimum"), ("upper bound", "maximum")):
        exclusive = f"exclusive{end.title()}"
        bounds: list[Bound] = []
        for part in parts:
            # 3.0 says `exclusiveMinimum: true` beside `minimum`, 3.1 gives the number itself.
            if _is_number(part.get(end)):
                bounds.append(_bound(name, side, part[end], part.get(exclusive) is True))
            if _is_number(part.get(exclusive)):
                bounds.append(_bound(name, side, part[exclusive], True))
        if bounds:
            found[side] = max(bounds, key=lambda bound: strictness(side, bound))
    return found


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _bound(name: str, side: str, number: float, excluded: bool) -> Bound:
    """For integers `> 0` is `>= 1`."""
    if name == "integer" and excluded and float(number).is_integer():
        return int(number) + (1 if side == "lower bound" else -1), False
    return number, excluded


def _heed_description(shape: Shape) -> None:
    """Let the description state what the keywords leave out."""
    text = shape.facts.get("description", "")
    if not text or len(shape.types) != 1:
        return
    name = next(iter(shape.types))
    if name in ("number", "integer"):
        for side, (number, excluded) in bounds_in(text).items():
            shape.facts.setdefault(side, _bound(name, side, number, excluded))
    if name in ("number", "integer", "boolean"):
        for value in default_in(text, name):
            shape.facts.setdefault("default", to_json(value))
