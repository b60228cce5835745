"""What a document offers, however it is written: operations, servers, parameters, credentials."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from openapi_diff.shapes import Node, subtypes
from spec.document import METHODS, Document, as_list, as_map

# OpenAPI: a header parameter of one of these names is ignored; other parts of the document say it.
IGNORED_HEADERS = {"accept", "authorization", "content-type"}
STYLES = ("style", "explode", "allowReserved", "allowEmptyValue")


@dataclass(frozen=True)
class Operation:
    """One method of one path; `item` is what the path says for all its methods."""

    method: str
    path: str
    raw: dict[str, Any]
    item: dict[str, Any]
    label: str = ""  # what it is, if not an operation of the API itself

    @property
    def name(self) -> str:
        """How people are told of it."""
        return f"{self.label}{self.method} {self.path}"

    @property
    def title(self) -> str:
        """What it does, as far as the document says."""
        return str(self.raw.get("summary") or self.raw.get("operationId") or "without a summary")


def operations(document: Document, with_base_path: bool) -> dict[str, Operation]:
    """Return the operations by method and path; what path parameters are called is left out."""
    prefix = _base_path(document.root) if with_base_path else ""
    return _operations(document, document.root.get("paths"), prefix)


def webhooks(document: Document) -> dict[str, Operation]:
    """Return the calls that the API makes to its clients."""
    return _operations(document, document.root.get("webhooks"), label="webhook ")


def callbacks(document: Document, one: Operation) -> dict[str, Operation]:
    """Return the calls that the API makes to its clients because of an operation."""
    found: dict[str, Operation] = {}
    for name, raw in as_map(one.raw.get("callbacks")).items():
        label = f"{one.name} callback {name} "
        found |= _operations(document, document.resolve(raw), label=label)
    return found


def _operations(
    document: Document, paths: object, prefix: str = "", label: str = ""
) -> dict[str, Operation]:
    found: dict[str, Operation] = {}
    for path, raw in as_map(paths).items():
        item = document.resolve(raw)
        about = {key: value for key, value in item.items() if key not in METHODS}
        for method in METHODS:
            if isinstance(item.get(method), dict):
                one = Operation(method.upper(), prefix + path, item[method], about, label)
                found[re.sub(r"\{[^}]*\}", "{}", one.name)] = one
    return found


def _base_path(root: dict[str, Any]) -> str:
    paths = {urlsplit(url).path.rstrip("/") for url in servers(root)}
    return paths.pop() if len(paths) == 1 else ""


def servers(raw: dict[str, Any], without_path: bool = False) -> dict[str, dict[str, Any]]:
    """Return the servers by URL, in order; the first is the default."""
    found: dict[str, dict[str, Any]] = {}
    for one in map(as_map, as_list(raw.get("servers"))):
        url = str(one.get("url", "/")).rstrip("/") or "/"
        found["{0.scheme}://{0.netloc}".format(urlsplit(url)) if without_path else url] = one
    return found


def own_servers(one: Operation, without_path: bool) -> dict[str, dict[str, Any]]:
    """Return the servers that an operation has instead of the document's."""
    return servers(one.raw if "servers" in one.raw else one.item, without_path)


def credentials(document: Document, one: Operation) -> set[frozenset[str]]:
    """Return the ways to be let in, each a set of what it takes; the empty set is anybody.

    Schemes are known by what they are, not by their names.
    """
    schemes = as_map(as_map(document.root.get("components")).get("securitySchemes"))
    wanted = one.raw.get("security", document.root.get("security"))
    ways: set[frozenset[str]] = set()
    for way in map(as_map, as_list(wanted)):
        takes: set[str] = set()
        for name, scopes in way.items():
            scheme = _scheme(document.resolve(schemes.get(name)), name)
            takes |= {scheme, *(f"{scheme} scope {scope}" for scope in as_list(scopes))}
        ways.add(frozenset(takes))
    return ways or {frozenset()}


def says_credentials(document: Document, one: Operation) -> bool:
    """Whether the document says at all who is let in."""
    return "security" in one.raw or "security" in document.root


def _scheme(raw: dict[str, Any], name: str) -> str:
    kind = str(raw.get("type", name))
    if kind == "http":
        return f"http {str(raw.get('scheme')).lower()}"
    if kind == "apiKey":
        return f"{raw.get('in')} {raw.get('name')}"
    if kind == "oauth2":
        flows = as_map(raw.get("flows")).items()
        urls = [f"{f} {g.get('authorizationUrl', '')} {g.get('tokenUrl', '')}" for f, g in flows]
        return " ".join(f"oauth2 {' '.join(sorted(urls))}".split())
    return f"{kind} {raw.get('openIdConnectUrl', '')}".strip()


def parameters(document: Document, one: Operation) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the parameters of an operation and its path; those of a path by their position."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    places = re.findall(r"\{([^}]*)\}", one.path)
    for raw in (*as_list(one.item.get("parameters")), *as_list(one.raw.get("parameters"))):
        parameter = document.resolve(raw)
        where, name = str(parameter.get("in")), str(parameter.get("name"))
        if where == "header" and name.lower() in IGNORED_HEADERS:
            continue
        key = name.lower() if where == "header" else name
        if where == "path" and name in places:
            key = str(places.index(name))
        found[where, key] = parameter
    return found


def styled(parameter: dict[str, Any]) -> dict[str, Any]:
    """Return how a parameter is spelled on the wire, the defaults spelled out."""
    style = parameter.get("style", "form" if parameter["in"] in ("query", "cookie") else "simple")
    said = {key: parameter[key] for key in STYLES if parameter.get(key)}
    return {**said, "style": style, "explode": parameter.get("explode", style == "form")}


def content(raw: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what is said of each media type; the character set makes no difference."""
    found = as_map(raw.get("content")).items()
    return {re.sub(r"\s*;\s*charset=[^;]*", "", name.lower()): as_map(one) for name, one in found}


def schema_of(raw: dict[str, Any]) -> Node:
    """Return the schema of a media type, header or parameter, which may have it in `content`."""
    if "schema" in raw:
        return (raw["schema"],)
    return next((schema_of(media) for media in content(raw).values()), ())


def components(document: Document, group: str) -> dict[str, Any]:
    """Return the components of one group, such as `schemas`."""
    return as_map(as_map(document.root.get("components")).get(group))


def reached(document: Document) -> set[str]:
    """Return references to the components that the operations use, directly or not."""
    root = document.root
    found: set[str] = set()
    todo: list[object] = [{key: root.get(key) for key in ("paths", "webhooks", "security")}]
    while todo:
        node = todo.pop()
        todo += [*as_map(node).values(), *as_list(node)]
        for way in as_list(as_map(node).get("security")):
            found |= {f"#/components/securitySchemes/{name}" for name in as_map(way)}
        todo += [{"$ref": ref} for ref in subtypes(document, as_map(node)).values()]
        ref = as_map(node).get("$ref")
        if isinstance(ref, str) and ref not in found:
            try:
                todo.append(document.at(ref))
            except KeyError:  # inside an example, where it is data
                continue
            found.add(ref)
    return found
