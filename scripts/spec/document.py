"""Reads an OpenAPI 3.0 or 3.1 document from YAML, JSON, a Markdown page or a git revision.

An unusable document raises `SpecError`, whose message names the file and the place.
"""

import json
import re
import subprocess
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard, cast
from urllib.parse import unquote

import yaml

ROOT = Path(__file__).resolve().parents[2]
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
MARKDOWN = (".md", ".mdx", ".markdown")
SUFFIXES = (".yaml", ".yml", ".json", *MARKDOWN)


class SpecError(Exception):
    """An unusable document; the message names the file and the place."""


@dataclass(frozen=True)
class Document:
    """A document whose `$ref`s all resolve; `name` is shown to people."""

    name: str
    root: dict[str, Any]
    kind: str = "file"  # or "page" (Markdown), or "revision" (git)

    def resolve(self, node: object) -> dict[str, Any]:
        """Follow `$ref` to its target; keys beside it override those of the target."""
        found = as_map(node)
        ref = found.get("$ref")
        if not isinstance(ref, str):
            return found
        beside = {key: value for key, value in found.items() if key != "$ref"}
        target = self.resolve(self.at(ref))
        return {**target, **beside} if beside else target

    def at(self, ref: str) -> Any:
        """Return the target of a local reference such as `#/components/schemas/Role`."""
        node: Any = self.root
        for part in ref.removeprefix("#").split("/")[1:]:
            name = unquote(part).replace("~1", "/").replace("~0", "~")
            if isinstance(node, list):
                items = as_list(cast(object, node))
                if not (name.isdecimal() and int(name) < len(items)):
                    raise KeyError(ref)
                node = items[int(name)]
            else:
                node = as_map(node)[name]
        return node


def as_map(value: object) -> dict[str, Any]:
    """Return the value if it is a mapping, else an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """Return the value if it is a list, else an empty one."""
    return value if _is_list(value) else []


def _is_list(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


# --- from a name to a document -------------------------------------------------------------------


def load(source: str) -> Document:
    """Load a file, or `REV` (its openapi.yaml) or `REV:path` of the current git repository.

    Outside of any repository, a revision is one of this project.
    """
    path = Path(source)
    if path.is_dir():
        raise SpecError(f"{source}: is a folder, not a file")
    if path.is_file():
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise SpecError(f"{source}: not UTF-8 text (byte {error.start})") from None
        except OSError as error:
            raise SpecError(f"{source}: cannot be read: {error.strerror}") from None
        return parse(text, source)
    if ":" not in source and path.suffix.lower() in SUFFIXES:
        raise SpecError(f"{source}: no such file")
    name = source if ":" in source else f"{source}:openapi.yaml"
    return parse(_git_show(source, name), name, kind="revision")


def _git_show(source: str, name: str) -> str:
    command = ["git", "show", "--end-of-options", name]
    try:
        inside = subprocess.run(["git", "rev-parse", "--git-dir"], capture_output=True, check=False)
        folder = ROOT if inside.returncode else None
        shown = subprocess.run(command, capture_output=True, check=False, cwd=folder)
    except OSError as error:
        raise SpecError(f"{source}: no such file, and git cannot be run: {error}") from None
    if shown.returncode:
        says = (shown.stderr.decode(errors="replace").strip().splitlines() or ["nothing"])[0]
        raise SpecError(f"{source}: neither a file nor something git can show ({says})")
    try:
        return shown.stdout.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SpecError(f"{name}: not UTF-8 text (byte {error.start})") from None


def parse(text: str, name: str, kind: str = "file") -> Document:
    """Parse and check the text of a document; it is Markdown if `name` ends like it."""
    try:
        if name.lower().endswith(MARKDOWN):
            root = _from_page(text, name)
            kind = "page" if kind == "file" else kind
        else:
            root = _from_data(text, name)
        document = Document(name, _checked_header(root, name), kind)
        _check(document)
    except RecursionError:
        raise SpecError(f"{name}: nested too deeply to be read") from None
    return document


def from_mapping(root: dict[str, Any], name: str = "document") -> Document:
    """Check a document that is already in memory."""
    return parse(json.dumps(root, default=str), name)


# --- YAML and JSON -------------------------------------------------------------------------------


@dataclass(frozen=True)
class DuplicateKey:
    """A key that occurs twice in one mapping; `place` is the path to that mapping."""

    name: str
    place: tuple[str | int, ...]
    line: int
    first_line: int


class YamlError(Exception):
    """Text that cannot be read as YAML. `line` and `column` count from 1.

    `duplicates` lists every duplicate key if that is all that is wrong.
    """

    def __init__(
        self, problem: str, line: int, column: int = 1, duplicates: Sequence[DuplicateKey] = ()
    ) -> None:
        super().__init__(f"{problem} (line {line}, column {column})")
        self.problem = problem
        self.line = line
        self.column = column
        self.duplicates = duplicates


if TYPE_CHECKING or not yaml.__with_libyaml__:
    from yaml import SafeLoader as _SafeLoader
else:  # the same, ten times faster
    from yaml import CSafeLoader as _SafeLoader


class _Yaml12(_SafeLoader):
    """YAML as OpenAPI means it (1.2): `no` is a string, `2024-01-01` as well, `012` is twelve."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        mapping = super().construct_mapping(node, deep)
        return {k if isinstance(k, str) else json.dumps(k): v for k, v in mapping.items()}

    def construct_number(self, node: yaml.ScalarNode) -> int:
        text = str(self.construct_scalar(node))
        return int(text, 0 if text[:2] in ("0x", "0o") else 10)


_SCALARS = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+.0123456789",
    ),
)
_MAX_DEPTH = 200
_YAML11_TAGS = {f"tag:yaml.org,2002:{tag}" for tag in ("bool", "int", "float", "timestamp")}
_Yaml12.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _YAML11_TAGS]
    for first, resolvers in _SafeLoader.yaml_implicit_resolvers.items()
}
for _tag, _pattern, _first in _SCALARS:
    _Yaml12.add_implicit_resolver(  # pyright: ignore[reportUnknownMemberType]
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), list(_first)
    )
_Yaml12.add_constructor("tag:yaml.org,2002:int", _Yaml12.construct_number)


def read_yaml(text: str) -> tuple[Any, yaml.Node | None]:
    """Return the data of a YAML 1.2 text with its node tree, whose marks give lines from 0.

    The tree is None if the text is empty. Raises `YamlError` for malformed text, duplicate keys,
    an anchor inside itself, and nesting deeper than 200 levels.
    """
    loader = _Yaml12(text)
    try:
        _check_nesting(text)
        root = loader.get_single_node()
        if root is None:
            return None, None
        duplicates = sorted(_duplicate_keys(root), key=lambda one: one.line)
        if duplicates:
            first = duplicates[0]
            raise YamlError(f"duplicate key {first.name!r}", first.line, duplicates=duplicates)
        return loader.construct_document(root), root  # pyright: ignore[reportUnknownMemberType]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        problem = ", ".join(part for part in (error.context, error.problem) if part)
        raise YamlError(problem, line, column) from None
    except (yaml.YAMLError, ValueError) as error:
        raise YamlError(" ".join(str(error).split()), 1) from None
    finally:
        loader.dispose()


def _check_nesting(text: str) -> None:
    """Refuse deep nesting before a tree is built: libyaml crashes the interpreter on it."""
    anchors: list[str | None] = []
    for event in yaml.parse(text, Loader=_Yaml12):
        problem = ""
        if isinstance(event, yaml.CollectionStartEvent):
            anchors.append(event.anchor)
        elif isinstance(event, yaml.CollectionEndEvent):
            anchors.pop()
        elif isinstance(event, yaml.AliasEvent) and event.anchor in anchors:
            problem = f"the anchor {event.anchor!r} contains itself"
        if len(anchors) > _MAX_DEPTH:
            problem = "nested too deeply"
        if problem:
            mark: Any = event.start_mark
            raise YamlError(problem, mark.line + 1, mark.column + 1)


def _duplicate_keys(root: yaml.Node) -> Iterator[DuplicateKey]:
    """PyYAML silently keeps the last of two equal keys, which hides a mistake in a contract."""
    seen: set[int] = set()
    todo: list[tuple[yaml.Node, tuple[str | int, ...]]] = [(root, ())]
    while todo:
        node, place = todo.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            todo += [(item, (*place, index)) for index, item in enumerate(node.value)]
        elif isinstance(node, yaml.MappingNode):
            lines: dict[str, int] = {}
            for key, value in node.value:
                name, line = str(key.value), key.start_mark.line + 1
                if name in lines and key.tag != "tag:yaml.org,2002:merge":
                    yield DuplicateKey(name, place, line, lines[name])
                lines[name] = line
                todo.append((value, (*place, name)))


def _from_data(text: str, name: str, lines_above: int = 0) -> Any:
    """Read JSON or YAML; `lines_above` is where the text starts in its page."""
    if text.lstrip().startswith("{"):
        try:
            return json.loads(text, object_pairs_hook=_unique)
        except json.JSONDecodeError as error:
            if name.lower().endswith(".json"):
                place = f"line {lines_above + error.lineno}, column {error.colno}"
                raise SpecError(f"{name}: not JSON: {error.msg} ({place})") from None
        except ValueError as error:  # a duplicate key, or a number of thousands of digits
            raise SpecError(f"{name}: {error}") from None
    try:
        return read_yaml(text)[0]
    except YamlError as error:
        place = f"line {lines_above + error.line}, column {error.column}"
        raise SpecError(f"{name}: not YAML: {error.problem} ({place})") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        duplicate = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"duplicate key {duplicate!r} in one object")
    return found


# --- Markdown ------------------------------------------------------------------------------------

_FENCE = re.compile(r"^[ \t]*(?P<mark>`{3,}|~{3,})[ \t]*(?P<info>[^`\n]*)$")
_OPERATION = re.compile(rf"\b({'|'.join(METHODS)})\s+(/\S*)", re.IGNORECASE)
_LOOKS_OPENAPI = re.compile(r"^\s*[\"']?(openapi|swagger|paths)[\"']?\s*:", re.MULTILINE)


def _blocks(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield (line before the block, info string, dedented text) of every fenced block."""
    mark, info, start = "", "", 0
    lines: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        fence = _FENCE.match(line)
        if not mark:
            if fence:
                mark, info, start, lines = fence["mark"], fence["info"].strip(), number, []
        elif fence and not fence["info"] and fence["mark"].startswith(mark):
            yield start, info, textwrap.dedent("\n".join(lines))
            mark = ""
        else:
            lines.append(line)
    if mark:
        yield start, info, textwrap.dedent("\n".join(lines))


def _from_page(text: str, name: str) -> dict[str, Any]:
    """Join the OpenAPI blocks of a Markdown page; a block may be a fragment."""
    page: dict[str, Any] = {}
    stray = ""
    for line, info, block in _blocks(text):
        language = info.split(" ")[0].lower()
        if language not in ("", "yaml", "yml", "json", "json5", "openapi"):
            continue
        try:
            data = _from_data(block, name, line)
        except SpecError:
            if _LOOKS_OPENAPI.search(block):
                raise
            continue
        try:
            fragment = _as_root(as_map(data), _OPERATION.search(info))
        except LookupError:
            stray = f"; the block at line {line} has no `METHOD /path` behind its ```"
            continue
        _merge(page, fragment, f"{name}: line {line}", ())
    if not page:
        raise SpecError(f"{name}: no fenced OpenAPI block (```yaml or ```json) on this page{stray}")
    page.setdefault("openapi", "3.1.0")
    return page


def _as_root(block: dict[str, Any], operation: re.Match[str] | None) -> dict[str, Any]:
    """Put a fragment where it belongs in a document; {} if it is an example, say."""
    keys = set(block)
    if keys & {"openapi", "swagger", "paths", "components"}:
        return block
    if keys and all(key.startswith("/") for key in keys):
        return {"paths": block}
    methods = keys & set(METHODS)
    if not (methods or keys & {"requestBody", "responses"}):
        return {}
    if operation is None:
        raise LookupError
    method, path = operation[1].lower(), operation[2]
    return {"paths": {path: block if methods else {method: block}}}


def _merge(into: dict[str, Any], more: dict[str, Any], name: str, at: tuple[str, ...]) -> None:
    for key, value in more.items():
        if key not in into:
            into[key] = value
        elif isinstance(into[key], dict) and isinstance(value, dict):
            _merge(as_map(into[key]), as_map(cast(object, value)), name, (*at, key))
        elif into[key] != value and (at or key in ("servers", "security")) and at[:1] != ("info",):
            place = _pointer((*at, key))
            raise SpecError(f"{name}: this block contradicts an earlier one at {place}")


# --- checks --------------------------------------------------------------------------------------


def _checked_header(root: Any, name: str) -> dict[str, Any]:
    if not isinstance(root, dict):
        kind = "empty" if root is None else f"a {type(root).__name__} at its top level"
        raise SpecError(f"{name}: not an OpenAPI document: it is {kind}")
    found = as_map(cast(object, root))
    if "swagger" in found:
        raise SpecError(f"{name}: Swagger {found['swagger']}; convert it to OpenAPI 3 first")
    if "openapi" not in found:
        raise SpecError(f"{name}: not an OpenAPI document: no `openapi` field at its top level")
    version = str(found["openapi"])
    if not re.fullmatch(r"3\.[01](\..+)?", version):
        raise SpecError(f"{name}: `openapi: {version}`; this tool reads 3.0 and 3.1")
    if not {"paths", "components", "webhooks"} & set(found):
        raise SpecError(f"{name}: not an OpenAPI document: it has no `paths`")
    return found


_NAMED = (  # the keys below these are names that people chose, not keywords
    {"properties", "patternProperties", "dependentSchemas", "$defs", "definitions"}
    | {"schemas", "responses", "parameters", "requestBodies", "headers", "securitySchemes"}
    | {"links", "callbacks", "pathItems", "paths", "webhooks", "content", "variables", "encoding"}
)
_MAPPINGS = {"properties", "paths", "responses", "content", "schemas", "components", "requestBody"}
_LISTS = {"allOf", "anyOf", "oneOf", "enum", "security", "servers", "prefixItems"}
_DATA = {"example", "examples", "default", "enum", "const", "value", "mapping"}  # no keywords below


def _check(document: Document) -> None:
    """Refuse references that lead nowhere and keywords of the wrong shape, naming the place."""
    seen: set[int] = set()

    def visit(node: Any, at: tuple[str, ...], names: bool) -> None:
        if not isinstance(node, dict | list) or id(cast(object, node)) in seen:
            return
        seen.add(id(cast(object, node)))
        for index, value in enumerate(as_list(cast(object, node))):
            visit(value, (*at, str(index)), False)
        for key, value in as_map(cast(object, node)).items():
            place = (*at, key)
            if names:
                if not isinstance(value, dict | bool) and not key.startswith("x-"):
                    raise SpecError(f"{document.name}: {_pointer(place)}: must be an object")
                visit(value, place, False)
                continue
            if key in _DATA or key.startswith("x-"):
                continue
            wanted = dict if key in _MAPPINGS else list if key in _LISTS else None
            if wanted and not isinstance(value, wanted) and value is not None:
                what = "an object" if wanted is dict else "a list"
                raise SpecError(f"{document.name}: {_pointer(place)}: must be {what}")
            if key == "$ref" and isinstance(value, str):
                _check_ref(document, value, place)
            visit(value, place, key in _NAMED and isinstance(value, dict))

    visit(document.root, (), False)


def _check_ref(document: Document, ref: str, place: tuple[str, ...]) -> None:
    where = f"{document.name}: {_pointer(place)}: `{ref}`"
    chain: list[str] = []
    while True:
        if not ref.startswith("#"):
            raise SpecError(f"{where} is a reference to another file; bundle the files into one")
        if not ref.startswith("#/") and ref != "#":
            raise SpecError(
                f"{where} is a reference to an anchor; write its path, as in `#/components/…`"
            )
        if ref in chain:
            raise SpecError(f"{where} is a reference that only leads back to itself")
        chain.append(ref)
        try:
            target = document.at(ref)
        except KeyError:
            raise SpecError(f"{where} points to nothing") from None
        if not isinstance(target, dict | bool) or ref == "#":
            raise SpecError(f"{where} does not point to an object")
        following = as_map(cast(object, target)).get("$ref")
        if not isinstance(following, str):
            return
        ref = following


@cache
def _pointer(at: tuple[str, ...]) -> str:
    return "#/" + "/".join(part.replace("~", "~0").replace("/", "~1") for part in at)
