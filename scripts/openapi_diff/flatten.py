"""A document as a flat map from each place to the facts that hold there."""

import re
from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from openapi_diff.change import Direction
from openapi_diff.schemas import NOT_COMPARED, Node, SchemaReader, Shape, documentation
from spec.document import METHODS, Document, SpecError, as_list, as_map

# OpenAPI ignores header parameters of these names: other parts of the document define them.
_IGNORED_HEADERS = {"accept", "authorization", "content-type"}
_NOT_COMPARED = {"webhooks", "callbacks", "links", "encoding", "variables"} | {
    "flows",
    "openIdConnectUrl",
}
_MOST_PLACES = 100_000
_STYLES = ("style", "explode", "allowReserved", "allowEmptyValue")


@dataclass
class Place:
    """What a document says at one place: an operation, a parameter, a field, items of a list, …"""

    what: str
    location: str
    direction: Direction = "api"
    parent: str = ""  # the key of the place that contains it
    facts: dict[str, Any] = field(default_factory=dict[str, Any])
    required: bool = False
    shown: str = ""  # a description, for the case that only one document has it
    shown_at: str = ""  # the location to show in that case, if another than `location`
    shape: Shape | None = None
    origin: Hashable = None  # identifies the schema, if several places may share it
    examples: list[Any] = field(default_factory=list[Any])


@dataclass
class Operation:
    """One method of one path; `item` is what the path says for all its methods."""

    method: str
    path: str
    raw: dict[str, Any]
    item: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


def operations(document: Document, with_base_path: bool) -> dict[str, Operation]:
    """Return the operations by method and path; the names of path parameters are left out."""
    prefix = _base_path(document.root) if with_base_path else ""
    found: dict[str, Operation] = {}
    for path, raw in as_map(document.root.get("paths")).items():
        item = document.resolve(raw)
        shared = {key: value for key, value in item.items() if key not in METHODS}
        for method in METHODS:
            if isinstance(item.get(method), dict):
                one = Operation(method.upper(), prefix + path, item[method], shared)
                found[re.sub(r"\{[^}]*\}", "{}", one.name)] = one
    return found


class FlatDocument:
    """The places of a document, by a key that is the same in both documents.

    By meaning, the paths of servers belong to the paths of the operations.
    """

    def __init__(
        self, reader: SchemaReader, operations: Mapping[str, Operation], by_meaning: bool
    ) -> None:
        self.reader = reader
        self.document = reader.document
        self.by_meaning = by_meaning
        self.places: dict[str, Place] = {}
        self._recursions: dict[str, str] = {}  # where a schema contains itself → the outer key
        root = self.document.root
        self.add("document", Place("document", "document"), root | as_map(root.get("info")))
        for key in ("openapi", "jsonSchemaDialect"):
            self.places["document"].facts[key] = root.get(key)
        self.add_servers("servers", root, "")
        for key, one in operations.items():
            self.add_operation(key, one)
        for name, raw in components(self.document, "securitySchemes").items():
            at = f"components.securitySchemes.{name}"
            self.add(at, Place("security scheme", at), self.document.resolve(raw))
        used = _used_components(self.document)
        for group, named in as_map(root.get("components")).items():
            for name, raw in as_map(named).items():
                if not by_meaning and f"#/components/{group}/{name}" not in used:
                    self.add_unused(group, name, raw)

    def find(self, key: str) -> Place | None:
        """Return the place, also where a schema contains itself; None if there is none."""
        while key not in self.places:
            inside = [at for at in self._recursions if key.startswith((f"{at}.", f"{at}["))]
            if not inside:
                return None
            longest = max(inside, key=len)
            key = self._recursions[longest] + key[len(longest) :]
        return self.places[key]

    def add(self, key: str, place: Place, raw: dict[str, Any]) -> Place:
        """Add a place with its documentation and the parts of it that are not compared."""
        place.facts |= documentation(raw)
        for each in _NOT_COMPARED & raw.keys():
            place.facts[NOT_COMPARED + each] = self.reader.spelled_out(raw[each])
        self.places[key] = place
        return place

    def add_unused(self, group: str, name: str, raw: Any) -> None:
        at = f"components.{group}.{name}"
        place = Place("unused component", at, "unused", shown=name)
        if group == "schemas":
            self.add_schema(at, place, (raw,))
        elif group != "securitySchemes":
            place.facts[name] = self.reader.spelled_out(raw)
            self.places[at] = place

    def add_servers(self, at: str, raw: dict[str, Any], parent: str) -> None:
        servers = _servers(raw, without_path=self.by_meaning)
        first = next(iter(servers), None)
        self.places[at] = Place("servers", at, parent=parent, facts={"default server": first})
        for url, one in servers.items():
            place = Place("server", f"{at} {url}", parent=parent, shown=url, shown_at=at)
            self.add(f"{at} {url}", place, one)

    def add_operation(self, key: str, one: Operation) -> None:
        title = str(one.raw.get("summary") or one.raw.get("operationId") or "without a summary")
        place = self.add(key, Place("operation", one.name, shown=title), one.item | one.raw)
        place.facts["operationId"] = one.raw.get("operationId")
        self.add_servers(f"{key} servers", one.raw if "servers" in one.raw else one.item, key)
        if "security" in one.raw or "security" in self.document.root or not self.by_meaning:
            security = Place("security", f"{one.name} security", parent=key, origin="security")
            security.facts["credentials"] = _credentials(self.document, one)
            self.places[f"{key} security"] = security
        self.add_parameters(key, one)
        body = self.document.resolve(one.raw.get("requestBody"))
        at = f"{one.name} request"
        if body:
            place = self.add(f"{key} body", Place("body", at, "request", key), body)
            place.required = body.get("required") is True
            place.shown = self.reader.describe(_schema_of(body))
            self.add_content(f"{key} body", body, "request", at, "")
        responses = as_map(one.raw.get("responses"))
        for code in sorted(responses):
            if not code.startswith("x-"):
                self.add_response(key, one, code.lower(), responses[code])

    def add_parameters(self, parent: str, one: Operation) -> None:
        placeholders = re.findall(r"\{([^}]*)\}", one.path)
        shared = as_list(one.item.get("parameters"))
        for raw in [*shared, *as_list(one.raw.get("parameters"))]:
            parameter = self.document.resolve(raw)
            where, name = str(parameter.get("in")), str(parameter.get("name"))
            if where == "header" and name.lower() in _IGNORED_HEADERS:
                continue
            place = Place("parameter", f"{one.name} request.{where}({name})", "request", parent)
            place.facts = _style(parameter)
            known_as = name.lower() if where == "header" else name
            if where == "path" and name in placeholders:
                known_as = str(placeholders.index(name))
                place.facts["name"] = name
            self.add_with_schema(f"{parent} {where} {known_as}", place, parameter)

    def add_response(self, parent: str, one: Operation, code: str, raw: Any) -> None:
        response = self.document.resolve(raw)
        key, at = f"{parent} response {code}", f"{one.name} response({code})"
        place = self.add(key, Place("response", at, "response", parent), response)
        place.shown = str(response.get("description") or "undescribed")
        place.origin = as_map(raw).get("$ref")
        for name, each in as_map(response.get("headers")).items():
            header = name.lower()
            if header not in _IGNORED_HEADERS:
                place = Place("header", f"{at}.header({header})", "response", key)
                self.add_with_schema(f"{key} header {header}", place, self.document.resolve(each))
        self.add_content(key, response, "response", f"{one.name} response", code)

    def add_content(
        self, parent: str, raw: dict[str, Any], way: Direction, prefix: str, code: str
    ) -> None:
        for name, media in _content(raw).items():
            # JSON is what nearly all bodies are: only other media types are named.
            named = [part for part in (code, name) if part and part != "application/json"]
            at = f"{prefix}({', '.join(named)})" if named else prefix
            place = Place("media type", at, way, parent, shown=name)
            place.examples = _examples(self.document, media)
            self.add_with_schema(f"{parent} {name}", place, media)

    def add_with_schema(self, key: str, place: Place, raw: dict[str, Any]) -> None:
        node = _schema_of(raw)
        place.required = raw.get("required") is True
        place.shown = place.shown or self.reader.describe(node)
        self.add(key, place, raw)
        self.add_schema(key, place, node)

    def add_schema(self, key: str, place: Place, node: Node) -> None:
        """Add the facts of a schema to a place, and all places below it, the nearest first."""
        waiting: deque[tuple[str, Place, Node, dict[int, str]]] = deque([(key, place, node, {})])
        while waiting:
            key, place, node, above = waiting.popleft()
            shape = place.shape = self.reader.shape(node)
            outer = place.facts
            place.facts = outer | shape.facts
            for each in outer.keys() & shape.facts.keys():
                place.facts[each] = f"{outer[each]} / {shape.facts[each]}"
            place.origin = id(shape)
            self.places[key] = place
            if id(shape) in above:
                self._recursions[key] = above[id(shape)]
                continue
            if len(self.places) > _MOST_PLACES:
                raise SpecError(f"{self.document.name}: more than {_MOST_PLACES} places")
            for step, what, child in self._below(shape):
                hidden = {"request": "readOnly", "response": "writeOnly"}.get(place.direction)
                if what == "field" and hidden in self.reader.shape(child).facts:
                    continue  # it never travels this way
                one = Place(what, place.location + step, place.direction, parent=key)
                one.required = step in _steps(shape.required)
                one.shown = self.reader.describe(child)
                waiting.append((key + step, one, child, above | {id(shape): key}))

    def _below(self, shape: Shape) -> Iterator[tuple[str, str, Node]]:
        for step, name in zip(_steps(shape.fields), shape.fields, strict=True):
            yield step, "field", shape.fields[name]
        if "array" in shape.types:
            yield "[]", "items", shape.items
        # By meaning, a document that does not mention other fields says nothing of them.
        is_told = bool(shape.other_fields) or not self.by_meaning
        if is_told and "object" in shape.types and "other fields" not in shape.facts:
            yield ".{*}", "other fields", shape.other_fields


def components(document: Document, group: str) -> dict[str, Any]:
    """Return the components of one group, such as `schemas`."""
    return as_map(as_map(document.root.get("components")).get(group))


def _content(raw: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what is said of each media type; the character set makes no difference."""
    found = as_map(raw.get("content")).items()
    return {re.sub(r"\s*;\s*charset=[^;]*", "", name.lower()): as_map(one) for name, one in found}


def _used_components(document: Document) -> set[str]:
    """Return references to the components that the operations use, directly or not."""
    root = document.root
    found: set[str] = set()
    todo: list[object] = [{key: root.get(key) for key in ("paths", "webhooks", "security")}]
    while todo:
        node = todo.pop()
        todo += [*as_map(node).values(), *as_list(node)]
        for way in as_list(as_map(node).get("security")):
            found |= {f"#/components/securitySchemes/{name}" for name in as_map(way)}
        reference = as_map(node).get("$ref")
        if isinstance(reference, str) and reference not in found:
            try:
                todo.append(document.at(reference))
            except KeyError:  # inside an example, where it is data
                continue
            found.add(reference)
    return found


def _examples(document: Document, media: dict[str, Any]) -> list[Any]:
    schema = document.resolve(media.get("schema"))
    named = [document.resolve(one).get("value") for one in as_map(media.get("examples")).values()]
    single = [one["example"] for one in (media, schema) if "example" in one]
    return [*named, *single, *as_list(schema.get("examples"))]


def _steps(names: Iterable[str]) -> list[str]:
    """Return how names of fields are written in a location."""
    return [f".{name}" if re.fullmatch(r"[\w$-]+", name) else f'["{name}"]' for name in names]


def _base_path(root: dict[str, Any]) -> str:
    paths = {urlsplit(url).path.rstrip("/") for url in _servers(root, without_path=False)}
    return paths.pop() if len(paths) == 1 else ""


def _servers(raw: dict[str, Any], without_path: bool) -> dict[str, dict[str, Any]]:
    """Return the servers by URL, in order; the first is the default."""
    found: dict[str, dict[str, Any]] = {}
    for one in map(as_map, as_list(raw.get("servers"))):
        url = str(one.get("url", "/")).rstrip("/") or "/"
        if without_path:
            parts = urlsplit(url)
            url = f"{parts.scheme}://{parts.netloc}"
        found[url] = one
    return found


def _credentials(document: Document, one: Operation) -> frozenset[frozenset[str]]:
    """Return the ways to be let in, each a set of what it takes; the empty set is anybody.

    Schemes are known by what they are, not by their names.
    """
    schemes = components(document, "securitySchemes")
    ways: set[frozenset[str]] = set()
    for way in map(as_map, as_list(one.raw.get("security", document.root.get("security")))):
        takes: set[str] = set()
        for name, scopes in way.items():
            scheme = _scheme(document.resolve(schemes.get(name)), name)
            takes.add(scheme)
            takes |= {f"{scheme} scope {scope}" for scope in as_list(scopes)}
        ways.add(frozenset(takes))
    return frozenset(ways or {frozenset[str]()})


def _scheme(raw: dict[str, Any], name: str) -> str:
    kind = str(raw.get("type", name))
    if kind == "http":
        return f"http {str(raw.get('scheme')).lower()}"
    return f"{raw.get('in')} {raw.get('name')}" if kind == "apiKey" else kind


def _style(parameter: dict[str, Any]) -> dict[str, Any]:
    """Return how a parameter is spelled on the wire, with the defaults filled in."""
    default = "form" if parameter.get("in") in ("query", "cookie") else "simple"
    style = parameter.get("style", default)
    said = {key: parameter[key] for key in _STYLES if parameter.get(key)}
    return {**said, "style": style, "explode": parameter.get("explode", style == "form")}


def _schema_of(raw: dict[str, Any]) -> Node:
    """Return the schema of a media type, header, parameter or body; `content` may hold it."""
    if "schema" in raw:
        return (raw["schema"],)
    return next((_schema_of(media) for media in _content(raw).values()), ())
