"""A document as a flat map from each place to the facts that hold there."""

import json
import re
from collections import deque
from collections.abc import Hashable, Mapping, Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from openapi_diff.change import Direction
from openapi_diff.schemas import (
    NOT_COMPARED,
    SchemaReader,
    documentation_text,
    either,
    is_documentation,
)
from spec.document import METHODS, Document, SpecError, as_list, as_map

Key: TypeAlias = tuple[str, str]  # what it is, and where

# OpenAPI ignores header parameters of these names: other parts of the document define them.
_IGNORED_HEADERS = {"accept", "authorization", "content-type"}
_MOST_PLACES = 100_000


@dataclass
class Place:
    """What a document says at one place: an operation, a parameter, a field, items of a list, …"""

    what: str
    location: str
    direction: Direction = "api"
    parent: "Place | None" = None
    shown: str = ""  # a description, for the case that only one document has it
    required: bool = False
    facts: dict[str, Any] = field(default_factory=dict[str, Any])
    origin: Hashable = None  # identifies the schema, which several places may share
    examples: list[Any] = field(default_factory=list[Any])

    @property
    def key(self) -> Key:
        return self.what, self.location


def operations(document: Document, with_base_path: bool) -> dict[str, dict[str, Any]]:
    """Return the operations by method and path, with what the path says for all its methods."""
    paths = {urlsplit(url).path.rstrip("/") for url in _servers(document, without_path=False)}
    prefix = paths.pop() if with_base_path and len(paths) == 1 else ""
    found: dict[str, dict[str, Any]] = {}
    for path, raw in as_map(document.root.get("paths")).items():
        item = document.resolve(raw)
        shared = {key: value for key, value in item.items() if key not in METHODS}
        for method in METHODS:
            if isinstance(item.get(method), dict):
                own = as_map(item[method])
                parameters = [*as_list(shared.get("parameters")), *as_list(own.get("parameters"))]
                one = {**shared, **own, "parameters": parameters}
                found[f"{method.upper()} {prefix}{path}"] = one
    return found


class FlatDocument:
    """The places of a document, by a key that is the same in both documents.

    By meaning, the paths of servers belong to the paths of the operations.
    """

    def __init__(
        self, document: Document, operations: Mapping[str, dict[str, Any]], by_meaning: bool
    ) -> None:
        self.document = document
        self.by_meaning = by_meaning
        self.places: dict[Key, Place] = {}
        self._schemas = SchemaReader(document, by_meaning)
        root = document.root
        top = Place("document", "document")
        handled = {"info", "paths", "components", "servers", "security"}
        self._add(top, root | as_map(root.get("info")), handled)
        servers = _servers(document, without_path=by_meaning)
        top.facts["default server"] = next(iter(servers), None)
        for url, raw in servers.items():
            shown = str(raw.get("description") or "undescribed")
            self._add(Place("server", f"servers({url})", shown=shown), raw, {"url"})
        for name, raw in operations.items():
            self._add_operation(name, raw)
        for name, raw in components(document, "securitySchemes").items():
            place = Place("security scheme", f"components.securitySchemes.{name}")
            self._add(place, document.resolve(raw), {"type", "scheme", "in", "name"})
        if not by_meaning:
            self._add_unused()

    def _resolve(self, raw: Any) -> dict[str, Any]:
        self._schemas.used.add(str(as_map(raw).get("$ref")))
        return self.document.resolve(raw)

    def _add(self, place: Place, raw: dict[str, Any], handled: AbstractSet[str]) -> Place:
        """Add a place with its documentation, and with all that nobody handles as it is."""
        for key, value in raw.items():
            if is_documentation(key):
                text = documentation_text(value)
                if text:
                    place.facts[key] = text
            elif key not in handled:
                place.facts[NOT_COMPARED + key] = self._schemas.spelled_out(value)
        self.places[place.key] = place
        return place

    def _add_unused(self) -> None:
        """Keep what no operation refers to as text; a discriminator may still select a schema."""
        root = self.document.root
        used = {*self._schemas.used}
        way: Direction = "api" if '"discriminator":' in json.dumps(root, default=str) else "unused"
        for group, named in as_map(root.get("components")).items():
            for name, raw in as_map(named).items():
                if f"#/components/{group}/{name}" not in used:
                    place = Place("unused component", f"components.{group}.{name}", way, shown=name)
                    place.facts[NOT_COMPARED + "content"] = self._schemas.spelled_out(raw)
                    self.places[place.key] = place

    def _add_operation(self, name: str, raw: dict[str, Any]) -> None:
        title = str(raw.get("summary") or raw.get("operationId") or "without a summary")
        operation = Place("operation", name, shown=title)
        handled = {"operationId", "parameters", "requestBody", "responses", "security"}
        self._add(operation, raw, handled)
        operation.facts["operationId"] = raw.get("operationId")
        security = Place("security", f"{name} security", parent=operation, origin="security")
        security.facts["credentials"] = self._credentials(raw)
        self.places[security.key] = security
        for each in map(self._resolve, as_list(raw.get("parameters"))):
            where, title = str(each.get("in")), str(each.get("name"))
            at = f"{name} request.{where}({title.lower() if where == 'header' else title})"
            if where != "header" or title.lower() not in _IGNORED_HEADERS:
                self._add_value(Place("parameter", at, "request", operation), each)
        if "requestBody" in raw:
            at, body = f"{name} request", self._resolve(raw["requestBody"])
            place = Place("body", at, "request", operation, required=body.get("required") is True)
            place.shown = either(self._schemas.describe(_schema_of(body)))
            self._add(place, body, {"required", "content"})
            self._add_content(place, body, at, [])
        for code, response in sorted(as_map(raw.get("responses")).items()):
            if not code.startswith("x-"):
                self._add_response(operation, code.lower(), response)

    def _add_response(self, operation: Place, code: str, raw: Any) -> None:
        response = self._resolve(raw)
        place = Place("response", f"{operation.location} response({code})", "response", operation)
        place.shown = str(response.get("description") or "undescribed")
        place.origin = as_map(raw).get("$ref")
        self._add(place, response, {"headers", "content"})
        for name, each in as_map(response.get("headers")).items():
            at = f"{place.location}.header({name.lower()})"
            if name.lower() not in _IGNORED_HEADERS:
                self._add_value(Place("header", at, "response", place), self._resolve(each))
        self._add_content(place, response, f"{operation.location} response", [code])

    def _add_content(
        self, parent: Place, raw: dict[str, Any], prefix: str, code: list[str]
    ) -> None:
        for name, media in _content(raw).items():
            # JSON is what nearly all bodies are: only other media types are named.
            named = code if name == "application/json" else [*code, name]
            at = f"{prefix}({', '.join(named)})" if named else prefix
            place = Place("media type", at, parent.direction, parent, shown=name)
            place.examples = self._examples(media)
            self._add_value(place, media)

    def _add_value(self, place: Place, raw: dict[str, Any]) -> None:
        """Add a parameter, a header or a media type, with its schema."""
        place.required = raw.get("required") is True
        self._add(place, raw, {"required", "in", "name", "schema", "content"})
        self._add_schema(place, _schema_of(raw))

    def _add_schema(self, place: Place, schema: Any) -> None:
        """Add the facts of a schema to a place, and all places below it, the nearest first."""
        waiting: deque[tuple[Place, Any, dict[int, str]]] = deque([(place, schema, {})])
        while waiting:
            place, schema, above = waiting.popleft()
            shape = self._schemas.shape(schema)
            place.facts = _joined(place.facts, shape.facts)
            place.facts["types"] = self._schemas.describe(schema)
            place.shown = place.shown or either(place.facts["types"])
            place.origin = id(shape)
            self.places[place.key] = place
            if len(self.places) > _MOST_PLACES:
                raise SpecError(f"{self.document.name}: more than {_MOST_PLACES} places")
            if id(shape) in above:
                place.facts["recursion"] = f"to {above[id(shape)]}"
                continue
            below: list[tuple[Place, Any]] = []
            for name, child in shape.fields.items():
                step = f".{name}" if re.fullmatch(r"[\w$-]+", name) else f'["{name}"]'
                one = Place("field", place.location + step, place.direction, place)
                one.required = name in shape.required
                hidden = {"request": "readOnly", "response": "writeOnly"}.get(place.direction)
                if hidden not in self._schemas.shape(child).facts:  # else it never travels this way
                    below.append((one, child))
            if "array" in shape.types:
                one = Place("items", f"{place.location}[]", place.direction, place)
                below.append((one, shape.items))
            if shape.other_fields is not None:
                one = Place("other fields", place.location + ".{*}", place.direction, place)
                below.append((one, shape.other_fields))
            inside = above | {id(shape): place.location}
            waiting += [(one, child, inside) for one, child in below]

    def _examples(self, media: dict[str, Any]) -> list[Any]:
        schema = self._resolve(media.get("schema"))
        named = [self._resolve(one).get("value") for one in as_map(media.get("examples")).values()]
        single = [one["example"] for one in (media, schema) if "example" in one]
        return [*named, *single, *as_list(schema.get("examples"))]

    def _credentials(self, raw: dict[str, Any]) -> frozenset[str] | None:
        """Return the ways to be let in; schemes are known by what they are, not by their names."""
        if self.by_meaning and "security" not in {**raw, **self.document.root}:
            return None
        schemes = components(self.document, "securitySchemes")
        ways: set[str] = set()
        for way in as_list(raw.get("security", self.document.root.get("security"))):
            takes: list[str] = []
            for name, scopes in as_map(way).items():
                self._schemas.used.add(f"#/components/securitySchemes/{name}")
                scheme = self.document.resolve(schemes.get(name))
                told = [scheme.get("type", name), str(scheme.get("scheme", "")).lower()]
                told += [scheme.get("in"), scheme.get("name")]
                takes.append(" ".join(str(one) for one in [*told, *as_list(scopes)] if one))
            ways.add(" + ".join(sorted(takes)) or "none")
        return frozenset(ways or {"none"})


def components(document: Document, group: str) -> dict[str, Any]:
    """Return the components of one group, such as `schemas`."""
    return as_map(as_map(document.root.get("components")).get(group))


def _joined(outer: dict[str, Any], inner: dict[str, Any]) -> dict[str, Any]:
    """Merge the facts of a media type, say, and of its schema; both may have a description."""
    both = {key: f"{outer[key]} / {inner[key]}" for key in outer.keys() & inner.keys()}
    return outer | inner | both


def _content(raw: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what is said of each media type; the character set makes no difference."""
    found = as_map(raw.get("content")).items()
    return {re.sub(r"\s*;\s*charset=[^;]*", "", name.lower()): as_map(one) for name, one in found}


def _servers(document: Document, without_path: bool) -> dict[str, dict[str, Any]]:
    """Return the servers by URL, in order; the first is the default."""
    found: dict[str, dict[str, Any]] = {}
    for server in map(as_map, as_list(document.root.get("servers"))):
        url = str(server.get("url", "/")).rstrip("/") or "/"
        if without_path:
            parts = urlsplit(url)
            url = f"{parts.scheme}://{parts.netloc}"
        found[url] = server
    return found


def _schema_of(raw: dict[str, Any]) -> Any:
    """Return the schema of a media type, header, parameter or body; `content` may hold it."""
    return raw.get("schema", next(map(_schema_of, _content(raw).values()), True))
