"""openapi.yaml as the rules and the generation see it: its parts, each with its line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import yaml

from spec.document import METHODS, YamlError, as_list, as_map, read_yaml

Place = tuple[str | int, ...]
"""Where a part is in the document: the keys and indices that lead to it."""
Schema = Mapping[str, Any]

JSON = "application/json"
EVENT_STREAM = "text/event-stream"

# Keywords whose value is a schema, a list of schemas, a mapping from names to schemas.
COMBINING = ("anyOf", "oneOf", "allOf", "prefixItems")
SUBSCHEMAS = (
    *("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames"),
    *("unevaluatedItems", "unevaluatedProperties"),
)
NAMED_SUBSCHEMAS = ("properties", "patternProperties", "dependentSchemas", "$defs")

# What is below these keys is a value or prose, not a part of the document.
VALUES = ("example", "examples", "default", "enum", "const")
NAMES = (*NAMED_SUBSCHEMAS, "schemas", "responses", "headers")

_YAML_1_1: Any = yaml.SafeLoader("")


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


class InvalidSpec(Exception):
    """openapi.yaml cannot be used."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("\n".join(map(str, findings)))
        self.findings = findings


class Spec:
    """The parsed document, with the line of each part."""

    def __init__(self, data: dict[str, Any], root: yaml.Node) -> None:
        self.data = data
        self._root = root

    def finding(self, place: Place, rule: str, message: str) -> Finding:
        return Finding(self.line(place), rule, pointer(place), message)

    def line(self, place: Place) -> int:
        """The line of `place`, or of the nearest part around it that has one."""
        node, line = self._root, 1
        for part in place:
            entry = _entry(node, part)
            if entry is None:
                break
            marked, node = entry
            line = marked.start_mark.line + 1
        return line

    def at(self, place: Place) -> Any:
        """The part at `place`; KeyError if there is none."""
        node: Any = self.data
        for part in place:
            if isinstance(node, dict):
                node = cast("dict[str, Any]", node)[str(part)]
            elif str(part).isdecimal() and int(part) < len(as_list(node)):
                node = as_list(node)[int(part)]
            else:
                raise KeyError(part)
        return node

    def resolve(self, node: Schema) -> Schema:
        """The target of a reference, anything else as it is."""
        return self.at(target(node["$ref"])) if "$ref" in node else node

    @property
    def schemas(self) -> dict[str, Schema]:
        """The named schemas, by name."""
        schemas: dict[str, Schema] = self.data["components"]["schemas"]
        return schemas

    def fields(self) -> Iterator[tuple[str, str, Place, Schema]]:
        """Each property of a named schema: the names of both, its place, its schema."""
        for name, schema in self.schemas.items():
            for field, field_schema in schema.get("properties", {}).items():
                place = ("components", "schemas", name, "properties", field)
                yield name, field, place, field_schema

    def root_schemas(self) -> Iterator[tuple[Place, Any]]:
        """The schemas that are in no other: components, those of bodies, parameters, headers."""
        for name, schema in self.schemas.items():
            yield ("components", "schemas", name), schema
        for place, node in mappings(self.data):
            if "schema" in node and place[:2] != ("components", "schemas"):
                yield (*place, "schema"), node["schema"]

    def operations(self) -> Iterator[tuple[Place, dict[str, Any]]]:
        for path, item in self.data.get("paths", {}).items():
            for method, operation in item.items():
                if method in METHODS:
                    yield ("paths", path, method), operation

    def request_bodies(self) -> list[Any]:
        return [operation.get("requestBody") for _, operation in self.operations()]

    def replies(self, *, successful: bool = False) -> list[Any]:
        """The responses of all operations, or those with a status of 2xx alone."""
        return [
            reply
            for _, operation in self.operations()
            for status, reply in as_map(operation.get("responses")).items()
            if status.startswith("2") or not successful
        ]

    def bodies(self, holders: Iterable[Any], media_type: str) -> list[str]:
        """The components that requests or responses have as bodies of a media type."""
        found: list[str] = []
        for holder in holders:
            content = as_map(self.resolve(as_map(holder)).get("content"))
            schema = as_map(as_map(content.get(media_type)).get("schema"))
            name = component(schema)
            if name in self.schemas:
                found.append(name)
        return found

    def reachable(self, names: Iterable[str]) -> list[str]:
        """The named schemas, and all they refer to, in the order of the document."""
        return self.referenced([{"$ref": f"#/components/schemas/{name}"} for name in names])

    def referenced(self, nodes: Iterable[Any]) -> list[str]:
        """The named schemas that `nodes` refer to, directly or not, in the document's order."""
        seen: set[str] = set()
        todo: list[Any] = list(nodes)
        while todo:
            for _, node in mappings(todo.pop()):
                reference = node.get("$ref")
                if isinstance(reference, str) and reference not in seen:
                    seen.add(reference)
                    todo.append(self.at(target(reference)))
        return [name for name in self.schemas if f"#/components/schemas/{name}" in seen]


def _entry(node: yaml.Node, part: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    """The node that marks a part of `node` in the text, and the part."""
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        item = cast("yaml.Node", node.value[part])
        return item, item
    if isinstance(node, yaml.MappingNode):
        for key, value in cast("list[tuple[yaml.ScalarNode, yaml.Node]]", node.value):
            if key.value == str(part):
                return key, value
    return None


def parse(text: str) -> Spec:
    """The document that `text` holds; raises InvalidSpec if it is no mapping or no strict YAML."""
    try:
        data, root = read_yaml(text)
    except YamlError as error:
        if error.duplicates:
            raise InvalidSpec(
                [
                    Finding(
                        each.line,
                        "duplicate-key",
                        pointer(each.place),
                        f"{each.name!r} is already on line {each.first_line}; keep one of the two",
                    )
                    for each in error.duplicates
                ]
            ) from None
        advice = "check the indentation and the quotes here and just above"
        message = f"not YAML: {error.problem}; {advice}"
        raise InvalidSpec([Finding(error.line, "yaml", "#", message)]) from None
    if root is None or not isinstance(data, dict):
        raise InvalidSpec([Finding(1, "yaml", "#", "not an OpenAPI document: not a mapping")])
    if ambiguous := sorted(set(_ambiguous(root, ()))):
        raise InvalidSpec(ambiguous)
    return Spec(cast("dict[str, Any]", data), root)


def _ambiguous(node: yaml.Node, place: Place) -> Iterator[Finding]:
    """Text that programs read differently: keys that are not strings, scalars such as `no`.

    The generator reads YAML 1.2, other programs that use the document read YAML 1.1.
    """
    line = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(cast("list[yaml.Node]", node.value)):
            yield from _ambiguous(item, (*place, index))
    elif isinstance(node, yaml.MappingNode):
        for key, value in cast("list[tuple[yaml.ScalarNode, yaml.Node]]", node.value):
            name = str(key.value)
            if key.tag != "tag:yaml.org,2002:str" or _is_ambiguous(key):
                message = f"the key {name} is not a string to every program; put it in quotes"
                yield Finding(key.start_mark.line + 1, "yaml", pointer(place), message)
            yield from _ambiguous(value, (*place, name))
    elif isinstance(node, yaml.ScalarNode) and _is_ambiguous(node):
        message = f"{node.value} means different things in YAML 1.1 and 1.2; put it in quotes"
        yield Finding(line, "yaml", pointer(place), message)


def _is_ambiguous(node: yaml.ScalarNode) -> bool:
    if node.style in ("'", '"', "|", ">"):
        return False
    tag: str = _YAML_1_1.resolve(yaml.ScalarNode, node.value, (True, False))
    return tag != node.tag


# --- places and references -----------------------------------------------------------------------


def pointer(place: Place) -> str:
    """`place` as a JSON pointer."""
    return "#/" + "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in place)


def target(reference: str) -> Place:
    """The place that a reference such as `#/components/schemas/Role` points to."""
    parts = reference.removeprefix("#/").split("/")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in parts)


def component(schema: Schema) -> str:
    """The name of the component that `schema` refers to, or ""."""
    reference = schema.get("$ref")
    return str(target(reference)[-1]) if isinstance(reference, str) else ""


# --- walking through schemas ---------------------------------------------------------------------


def mappings(node: object, place: Place = ()) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Every mapping in `node` that is not an example, a default or an extension."""
    if isinstance(node, dict):
        found = cast("dict[str, Any]", node)
        yield place, found
        has_names = bool(place) and place[-1] in NAMES
        for key, child in found.items():
            if has_names or not (key in VALUES or key.startswith("x-")):
                yield from mappings(child, (*place, key))
    else:
        for index, child in enumerate(as_list(node)):
            yield from mappings(child, (*place, index))


def subschemas(place: Place, schema: Any) -> Iterator[tuple[Place, Schema]]:
    """`schema` and every schema written inside it; references are not followed."""
    if isinstance(schema, dict):
        yield place, cast("Schema", schema)
        for child_place, child in children(place, cast("Schema", schema)):
            yield from subschemas(child_place, child)


def children(place: Place, schema: Schema) -> Iterator[tuple[Place, Any]]:
    """The schemas directly inside `schema`."""
    for key, value in schema.items():
        if key in SUBSCHEMAS:
            yield (*place, key), value
        elif key in COMBINING:
            for index, child in enumerate(value):
                yield (*place, key, index), child
        elif key in NAMED_SUBSCHEMAS:
            for name, child in value.items():
                yield (*place, key, name), child


def types(schema: Schema) -> list[str]:
    """The value of `type` as a list."""
    given = schema.get("type", [])
    return [given] if isinstance(given, str) else list(given)


def did_you_mean(
    word: object, known: Iterable[object], otherwise: str = "", cutoff: float = 0.6
) -> str:
    """The end of a message that suggests the closest of the known words."""
    close = difflib.get_close_matches(str(word), [*map(str, known)], 1, cutoff)
    return f"; did you mean {close[0]!r}?" if close else otherwise
