"""What a schema says, however it is written.

A schema is brought into one normal form, a union of alternatives with one type each: `$ref` and
`allOf` are merged in, `anyOf`, `oneOf` and lists of types are spread out, null is a flag, an enum
beside its bare type is an open enum. Two schemas that mean the same have the same shape.
"""

import json
import re
import unicodedata
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from spec.document import Document, SpecError, as_list, as_map

Node: TypeAlias = tuple[Any, ...]  # raw schemas that all hold at once; () allows everything
Bound: TypeAlias = tuple[float, bool]  # the number, and whether it is itself excluded
_Part: TypeAlias = tuple[dict[str, Any], frozenset[str]]  # a raw schema, keywords dealt with
_Said: TypeAlias = list[tuple[str, Any]]  # every keyword of every part

DOCUMENTATION = {
    *("title", "summary", "description", "example", "examples", "externalDocs", "deprecated"),
    *("tags", "xml", "$comment", "contact", "license", "termsOfService", "version"),
    *("bearerFormat",),
}
_OPAQUE = {  # compared as they stand, not looked into
    *("not", "if", "then", "else", "contains", "minContains", "maxContains", "propertyNames"),
    *("dependentRequired", "dependentSchemas", "unevaluatedItems", "unevaluatedProperties"),
    *("contentEncoding", "contentMediaType", "contentSchema"),
}
_SIZES = {
    f"{end}{what}": (kind, pick)
    for what, kind in (("Length", "string"), ("Items", "array"), ("Properties", "object"))
    for end, pick in (("min", max), ("max", min))
}
_IMPLIED = (  # what a schema without a type is about
    ("object", {"properties", "required", "additionalProperties", "patternProperties"}),
    ("array", {"items", "prefixItems", "minItems", "maxItems", "uniqueItems"}),
    ("string", {"minLength", "maxLength", "pattern"}),
    ("number", {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
)
_CONTRACT = {
    *_OPAQUE,
    *_SIZES,
    *("type", "nullable", "enum", "const", "default", "format", "pattern", "multipleOf"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "uniqueItems", "items"),
    *("prefixItems", "properties", "patternProperties", "additionalProperties", "required"),
    *("$ref", "allOf", "anyOf", "oneOf", "discriminator", "$defs", "definitions"),
    *("x-bounds", "x-required-when", "x-max-body-bytes", "x-max-data-bytes", "x-merge"),
}
# A number is a double and an integer an int64 unless something narrower is said.
_WIDEST_FORMAT = {"number": "double", "integer": "int64"}
_MOST_ALTERNATIVES = 500
_ALWAYS: dict[str, Any] = {}
_NEVER: dict[str, Any] = {"enum": []}
_SUBTYPES = frozenset({"subtypes"})  # dealt with, or not asked for


@dataclass(eq=False)
class Alternative:
    """One type that a value may have, and what is asked of it."""

    type: str  # one of the JSON types, or "any"
    values: dict[str, Any] | None = None  # enum, by its JSON text; None if there is none
    open: bool = False  # whether other values of the type are allowed beside `values`
    rules: dict[str, Any] = field(default_factory=dict[str, Any])
    model_bounds: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    kind: str = ""  # the value of a discriminator that selects this alternative
    fields: dict[str, Node] = field(default_factory=dict[str, Node])
    required: frozenset[str] = frozenset()
    patterns: dict[str, Node] = field(default_factory=dict[str, Node])
    items: Node = ()
    prefix: list[Node] = field(default_factory=list[Node])
    extra: Node | Literal[False] = ()  # what fields without a name may hold

    @property
    def bare(self) -> bool:
        """Whether it is a type of single values with nothing asked of them."""
        return self.values is None and not self.rules and self.type not in ("object", "array")


@dataclass(eq=False)
class Shape:
    """All that a schema says: which values it allows, and what it tells people about them."""

    alternatives: list[Alternative] = field(default_factory=list[Alternative])
    spread: int = 0  # how many alternatives there were before equal ones were joined
    nullable: bool = False
    docs: dict[str, list[Any]] = field(default_factory=dict[str, list[Any]])
    defaults: list[Any] = field(default_factory=list[Any])  # one, or none
    kinds: dict[str, str] = field(default_factory=dict[str, str])  # `mapping` of a union
    read_only: bool = False
    write_only: bool = False

    @property
    def prose(self) -> str:
        """Every description that applies, as one text."""
        return "\n".join(text for text in self.docs.get("description", []) if isinstance(text, str))


class Reader:
    """Gives the shapes of one document's schemas; with `prose`, bounds stated in words count."""

    def __init__(self, document: Document, prose: bool = False) -> None:
        self.document = document
        self.prose = prose
        # So 3.0 has it. By meaning, what people wrote there was meant.
        self._ignores_siblings = not prose and str(document.root["openapi"]).startswith("3.0")
        self.sketches: dict[tuple[int, int], int] = {}
        self._known: dict[tuple[int, ...], Shape] = {}  # by the schemas as they stand
        self._shapes: dict[tuple[tuple[int, frozenset[str]], ...], Shape] = {}

    def shape(self, node: Node) -> Shape:
        """Return the shape; the same object for the same schema, so that cycles can be seen."""
        key = tuple(map(id, node))
        if key not in self._known:
            parts = self._parts([(_as_schema(raw), frozenset()) for raw in node])
            self._known[key] = self._shape(parts)
        return self._known[key]

    def _parts(self, wanted: list[_Part]) -> list[_Part]:
        """Follow `$ref` and `allOf`; what remains are the schemas that hold all at once."""
        parts: list[_Part] = []
        seen: set[tuple[int, frozenset[str]]] = set()
        todo = wanted[::-1]
        while todo:
            schema, done = todo.pop()
            if (id(schema), done) in seen:
                continue
            seen.add((id(schema), done))
            if self._ignores_siblings and isinstance(schema.get("$ref"), str):
                todo.append((_as_schema(self.document.at(schema["$ref"])), done & _SUBTYPES))
                continue
            if not schema.keys() <= {"$ref", "allOf"}:  # else it only stands for others
                parts.append((schema, done))
            if isinstance(schema.get("$ref"), str):
                todo.append((_as_schema(self.document.at(schema["$ref"])), done & _SUBTYPES))
            # A subtype takes what its parent asks, not the parent's other subtypes.
            below = as_list(schema.get("allOf"))
            todo += [(_as_schema(raw), _SUBTYPES) for raw in reversed(below)]
        return parts

    def _shape(self, parts: list[_Part]) -> Shape:
        key = tuple((id(schema), done) for schema, done in parts)
        shape = self._shapes.get(key)
        if shape is None:
            # Known before it is filled: a union that contains itself says nothing new by that.
            shape = self._shapes[key] = Shape()
            self._fill(shape, parts)
        return shape

    def _fill(self, shape: Shape, parts: list[_Part]) -> None:
        shape.docs = documentation(*(schema for schema, _ in parts), schemas=True)
        for schema, _ in parts:
            if _is_union(schema):
                shape.kinds |= _mapping(schema)
        for at, (schema, done) in enumerate(parts):
            for union in ("anyOf", "oneOf"):
                if union not in done and as_list(schema.get(union)):
                    rest: list[_Part] = [*parts]
                    rest[at] = (schema, done | {union})
                    return self._spread(shape, rest, as_list(schema[union]))
        for schema, done in parts:
            kinds = subtypes(self.document, schema)
            if kinds and not done and not _is_union(schema):
                rest = [(one, dealt | _SUBTYPES) for one, dealt in parts]
                return self._spread_kinds(shape, rest, kinds)
        said: _Said = [
            (key, self.inlined(value) if key in _OPAQUE else value)
            for schema, _ in parts
            for key, value in schema.items()
        ]
        shape.spread = 1
        shape.defaults = [value for key, value in said if key == "default"][:1]
        shape.read_only = any(key == "readOnly" and value is True for key, value in said)
        shape.write_only = any(key == "writeOnly" and value is True for key, value in said)
        values = _values(said)
        types = _types(said, values)
        marked = any(key == "nullable" and value is True for key, value in said)
        by_type = marked or bool(types & {"null", "any"})
        by_enum = values is None or values.pop("null", "") is None
        # A null must be in the enum too. Who forgot that, there or in the type, meant it still.
        meant = self.prose and values is not None and (by_type or by_enum)
        shape.nullable = (by_type and by_enum) or meant
        for name in sorted(types - {"null"}):
            own = None if values is None else {k: v for k, v in values.items() if _is(v, name)}
            if own != {}:
                shape.alternatives.append(_alternative(name, own, said))
        if self.prose:
            _heed_prose(shape)
        return None

    def _spread(self, shape: Shape, rest: list[_Part], branches: list[Any]) -> None:
        """Join the branches of a union, each together with what stands beside the union."""
        outside = {key: len(values) for key, values in shape.docs.items()}
        for raw in branches:
            one = self._shape(self._parts([*rest, (_as_schema(raw), frozenset())]))
            shape.nullable |= one.nullable
            shape.alternatives += one.alternatives
            shape.spread += one.spread
            if shape.spread > _MOST_ALTERNATIVES:
                raise SpecError(
                    f"{self.document.name}: too many alternatives: unions that hold at once "
                    f"multiply to more than {_MOST_ALTERNATIVES}; write them as fewer schemas"
                )
            shape.defaults = shape.defaults or one.defaults
            shape.read_only |= one.read_only
            shape.write_only |= one.write_only
            for key, values in one.docs.items():
                shape.docs.setdefault(key, []).extend(values[outside.get(key, 0) :])
        shape.alternatives = _absorbed(shape.alternatives)

    def _spread_kinds(self, shape: Shape, rest: list[_Part], kinds: dict[str, str]) -> None:
        """Join a parent and the subtypes that its discriminator selects."""
        own = self._shape(rest)
        shape.nullable, shape.defaults = own.nullable, own.defaults
        shape.read_only, shape.write_only = own.read_only, own.write_only
        shape.alternatives = [*own.alternatives]
        for kind, ref in kinds.items():
            parts = self._parts([*rest, (_as_schema(self.document.at(ref)), _SUBTYPES)])
            one = self._shape(parts)
            shape.alternatives += [replace(each, kind=kind) for each in one.alternatives]

    def meant(self, ref: str) -> str:
        """Spell what a reference of a `mapping` means; where it leads nowhere, the reference."""
        found = _target(self.document, ref)
        return ref if found is None else to_json(self.inlined({"$ref": ref}))

    def inlined(self, value: Any, above: tuple[str, ...] = ()) -> Any:
        """Replace references by what they mean, and drop what only people read."""
        found, items = as_map(value), as_list(value)
        if items:
            return [self.inlined(item, above) for item in items]
        ref = found.get("$ref")
        if isinstance(ref, str):
            # How far up the cycle closes is the same whatever the components are called.
            if ref in above:
                return {"$ref": len(above) - above.index(ref)}
            return self.inlined(self.document.at(ref), (*above, ref))
        if not found:
            return value
        # What schemas are called makes no difference, in a `mapping` either.
        plain = {k: v for k, v in found.items() if not (k == "mapping" and "propertyName" in found)}
        return {k: self.inlined(v, above) for k, v in plain.items() if not is_documentation(k)}


def _is_union(schema: dict[str, Any]) -> bool:
    return bool(as_list(schema.get("anyOf")) or as_list(schema.get("oneOf")))


def subtypes(document: Document, schema: dict[str, Any]) -> dict[str, str]:
    """Return references to what a discriminator may select, by the value that selects it.

    That is what `mapping` says, and by their own names the components that extend the schema.
    """
    if not as_map(schema.get("discriminator")).get("propertyName"):
        return {}
    found = {
        value: ref for value, ref in _mapping(schema).items() if _target(document, ref) is not None
    }
    family: list[object] = [schema]
    schemas = as_map(as_map(document.root.get("components")).get("schemas"))
    for parent in family:
        for name, raw in schemas.items():
            above = [as_map(one).get("$ref") for one in as_list(as_map(raw).get("allOf"))]
            if any(isinstance(ref, str) and _target(document, ref) is parent for ref in above):
                if any(raw is one for one in family):
                    continue
                family.append(raw)
                ref = f"#/components/schemas/{name}"
                if ref not in found.values():
                    found[name] = ref
    return found


def _mapping(schema: dict[str, Any]) -> dict[str, str]:
    """Return the references of a discriminator by value; a bare name means a component."""
    said = as_map(as_map(schema.get("discriminator")).get("mapping"))
    return {
        value: str(ref) if "/" in str(ref) else f"#/components/schemas/{ref}"
        for value, ref in said.items()
    }


def _target(document: Document, ref: str) -> object:
    try:
        return document.at(ref) if ref.startswith("#/") else None
    except KeyError:
        return None


def is_documentation(key: str) -> bool:
    """Whether a keyword speaks to people only."""
    return key in DOCUMENTATION or (key.startswith("x-") and key not in _CONTRACT)


def to_json(value: Any) -> str:
    """Spell a value on one line; numbers that are equal are spelled alike."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def _as_schema(raw: object) -> dict[str, Any]:
    """Spell boolean schemas out; never make a new object, for objects are known by identity."""
    if raw is False:
        return _NEVER
    return as_map(raw) or _ALWAYS


def documentation(*raws: dict[str, Any], schemas: bool = False) -> dict[str, list[Any]]:
    """Collect what is said to people only, outermost first.

    In schemas that includes keywords nobody knows: a change of them is still a change.
    """
    docs: dict[str, list[Any]] = {}
    for raw in raws:
        for key, value in raw.items():
            if value is None or value is False or value == "":
                continue
            unknown = schemas and key not in _CONTRACT
            widest = key == "format" and value in _WIDEST_FORMAT.values()
            if is_documentation(key) or unknown or widest:
                docs.setdefault(key, []).append(value)
    return docs


def _values(said: _Said) -> dict[str, Any] | None:
    found: dict[str, Any] | None = None
    for key, value in said:
        if key in ("enum", "const"):
            listed = {to_json(v): v for v in ([value] if key == "const" else as_list(value))}
            found = listed if found is None else {k: v for k, v in found.items() if k in listed}
    return found


def _types(said: _Said, values: dict[str, Any] | None) -> set[str]:
    """Return the types all parts agree on; where none names one, those that are implied."""
    found: set[str] | None = None
    for key, value in said:
        if key == "type" and value:
            named = set(map(str, as_list(value) or [value]))
            named |= {"integer"} if "number" in named else set()
            found = named if found is None else found & named
    if found is not None:
        return found - {"integer"} if "number" in found else found
    if values is not None:
        return {_type_of(value) for value in values.values()}
    keys = {key for key, _ in said}
    return next(({name} for name, hints in _IMPLIED if keys & hints), {"any"})


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
    return name in (found, "any") or (found == "integer" and name == "number")


def _alternative(name: str, values: dict[str, Any] | None, said: _Said) -> Alternative:
    """Gather what the keywords ask of a value of one type."""
    one = Alternative(name, values)
    rules = one.rules
    for key, value in said:
        if key in _SIZES and _SIZES[key][0] == name and isinstance(value, int | float):
            rules[key] = _SIZES[key][1](value, rules.get(key, value))
        elif key == "format" and value != _WIDEST_FORMAT.get(name):
            rules.setdefault(key, value)
        elif key in _OPAQUE:
            rules.setdefault(key, []).append(value)
        elif key in ("x-required-when", "x-max-body-bytes", "x-max-data-bytes", "x-merge"):
            rules[key] = value
        elif key == "discriminator" and as_map(value).get("propertyName"):
            rules.setdefault(key, as_map(value)["propertyName"])
        elif name in ("number", "integer") and key == "x-bounds":
            one.model_bounds |= _model_bounds(name, as_list(value))
        elif name in ("number", "integer"):
            _add_number_rule(rules, name, key, value, said)
        elif name == "string" and key == "pattern":
            rules[key] = sorted({*rules.get(key, ()), str(value)})
        elif name == "array":
            _add_array_rule(one, key, value)
        elif name == "object":
            _add_object_rule(one, key, value)
    for key in ("minLength", "minItems", "minProperties"):
        if rules.get(key) == 0:
            del rules[key]
    for missing in one.required - set(one.fields):
        one.fields[missing] = ()
    return one


def _add_number_rule(rules: dict[str, Any], name: str, key: str, value: Any, said: _Said) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return
    side = {"minimum": "lower bound", "maximum": "upper bound"}.get(
        key.removeprefix("exclusive").lower()
    )
    if side:
        # 3.0 says `exclusiveMinimum: true` beside `minimum`, 3.1 gives the number itself.
        excluded = key.startswith("exclusive") or any(
            other == f"exclusive{key.title()}" and flag is True for other, flag in said
        )
        rules[side] = _stricter(side, _bound(name, side, value, excluded), rules.get(side))
    elif key == "multipleOf":
        rules.setdefault(key, value)


def _model_bounds(name: str, entries: list[Any]) -> dict[str, dict[str, Any]]:
    """By model, the bounds that replace a number's own."""
    found: dict[str, dict[str, Any]] = {}
    for entry in map(as_map, entries):
        rules: dict[str, Any] = {}
        for key, value in entry.items():
            _add_number_rule(rules, name, key, value, [])
        found |= {str(model): rules for model in as_list(entry.get("models"))}
    return found


def _add_array_rule(one: Alternative, key: str, value: Any) -> None:
    if key == "items":
        one.items += (value,)
    elif key == "prefixItems":
        one.prefix = one.prefix or [(item,) for item in as_list(value)]
    elif key == "uniqueItems" and value is True:
        one.rules[key] = True


def _add_object_rule(one: Alternative, key: str, value: Any) -> None:
    if key == "properties":
        for title, schema in as_map(value).items():
            one.fields[title] = (*one.fields.get(title, ()), schema)
    elif key == "patternProperties":
        one.patterns |= {title: (schema,) for title, schema in as_map(value).items()}
    elif key == "required":
        one.required |= frozenset(map(str, as_list(value)))
    elif key == "additionalProperties" and one.extra is not False:
        if value is False:
            one.extra = False
        elif isinstance(value, dict) and value:
            one.extra = (*one.extra, value)


def _bound(name: str, side: str, number: float, excluded: bool) -> Bound:
    """For integers `> 0` is `>= 1`."""
    if name == "integer" and excluded and float(number).is_integer():
        return int(number) + (1 if side == "lower bound" else -1), False
    return number, excluded


def _stricter(side: str, bound: Bound, other: Bound | None) -> Bound:
    if other is None:
        return bound
    sign = 1 if side == "lower bound" else -1
    return max(bound, other, key=lambda one: (sign * one[0], one[1]))


def _absorbed(found: list[Alternative]) -> list[Alternative]:
    """Join enums of one type, and an enum with its bare type into an open enum."""
    kept: list[Alternative] = []
    for one in found:
        for index, other in enumerate(kept):
            enums = one.values is not None and other.values is not None
            if one.type != other.type or not (enums or one.bare or other.bare):
                continue
            if one.values is None and other.values is None:
                kept[index] = one if one.bare else other
            else:
                known = {**(other.values or {}), **(one.values or {})}
                rules = one.rules if other.values is None else other.rules
                loose = one.open or other.open or not enums
                kept[index] = Alternative(one.type, known, loose, rules)
            break
        else:
            kept.append(one)
    return kept


# --- what only the description says --------------------------------------------------------------

_NUMBER = r"[-+]?\d+(?:\.\d+)?"
_NAME = r"(?:\bx|\bvalue|\bbe|值|范围:?|取值)"
_ADVICE = re.compile(r"recommend|suggest|推荐|建议|e\.g\.|例如", re.IGNORECASE)
_RANGE = r"(?:ranges?|between|interval|范围|区间|介于)"
_INTERVAL = re.compile(
    rf"(?P<open>[(\[])\s*(?P<low>{_NUMBER})\s*,\s*(?P<high>{_NUMBER})\s*(?P<close>[)\]])"
)
_FROM_TO = re.compile(
    rf"{_RANGE}[^\d\n(\[]{{0,9}}?(?P<low>{_NUMBER})\s*(?:~|-|–|to|and|到|至)\s*(?P<high>{_NUMBER})",
    re.IGNORECASE,
)
_CHAIN = re.compile(
    rf"(?P<low>{_NUMBER})\s*(?P<above><=?)\s*\w+\s*(?P<below><=?)\s*(?P<high>{_NUMBER})"
)
_COMPARE = re.compile(rf"{_NAME}\s*(?P<sign>[<>]=?)\s*(?P<number>{_NUMBER})", re.IGNORECASE)
_DEFAULT = re.compile(
    rf"(?:defaults?(?:\s+value)?(?:\s+(?:to|is))?|默认(?:值)?(?:为|是)?)\s*[:=]?\s*"
    rf"(?P<value>true|false|{_NUMBER})(?![\w.]*\w)",
    re.IGNORECASE,
)


def _heed_prose(shape: Shape) -> None:
    """Let the description state what the keywords leave out."""
    if not shape.prose or len(shape.alternatives) != 1:
        return
    one = shape.alternatives[0]
    if one.type in ("number", "integer"):
        for side, (number, excluded) in prose_bounds(shape.prose).items():
            one.rules.setdefault(side, _bound(one.type, side, number, excluded))
    if one.type in ("number", "integer", "boolean"):
        shape.defaults = shape.defaults or prose_default(shape.prose, one.type)


def prose_bounds(text: str) -> dict[str, Bound]:
    """Read bounds out of a sentence: "Range (0, 1]", "取值范围 (0, 1]", "0 < x <= 1", "x >= 1".

    Advice ("recommended range …") is no bound, and bounds that contradict each other are none.
    """
    text = _simplified(text)
    found: dict[str, set[Bound]] = {"lower bound": set(), "upper bound": set()}

    def add(low: str, low_out: bool, high: str, high_out: bool) -> None:
        found["lower bound"].add((float(low), low_out))
        found["upper bound"].add((float(high), high_out))

    for match in _INTERVAL.finditer(text):
        before = text[max(0, match.start() - 24) : match.start()]
        half_open = (match["open"] == "(") != (match["close"] == ")")
        if (half_open or re.search(_RANGE, before, re.IGNORECASE)) and not _ADVICE.search(before):
            add(match["low"], match["open"] == "(", match["high"], match["close"] == ")")
    for match in _FROM_TO.finditer(text):
        if not _ADVICE.search(text[max(0, match.start() - 16) : match.end()]):
            add(match["low"], False, match["high"], False)
    for match in _CHAIN.finditer(text):
        add(match["low"], match["above"] == "<", match["high"], match["below"] == "<")
    for match in _COMPARE.finditer(text):
        side = "lower bound" if ">" in match["sign"] else "upper bound"
        found[side].add((float(match["number"]), "=" not in match["sign"]))
    return {side: next(iter(bounds)) for side, bounds in found.items() if len(bounds) == 1}


def prose_default(text: str, kind: str) -> list[Any]:
    """Read a default out of a sentence: "Defaults to `false`", "默认值为 1.0"."""
    found: set[Any] = set()
    for match in _DEFAULT.finditer(_simplified(text)):
        word = match["value"].lower()
        if (word in ("true", "false")) == (kind == "boolean"):
            found.add(word == "true" if kind == "boolean" else float(word))
    return list(found) if len(found) == 1 else []


def _simplified(text: str) -> str:
    """Make full-width signs and marked-up text plain."""
    text = unicodedata.normalize("NFKC", text).translate(str.maketrans("", "", "`*"))
    return text.replace("≤", "<=").replace("≥", ">=").replace("−", "-")


def mentioned(values: dict[str, Any] | None, text: str) -> dict[str, Any] | None:
    """Return those of the values that a description names; None if it names none of them."""
    text = _simplified(text)
    words = {key: re.escape(str(value)) for key, value in (values or {}).items()}
    found = [key for key, word in words.items() if re.search(rf"(?<![\w.-]){word}(?![\w-])", text)]
    return {key: value for key, value in (values or {}).items() if key in found} or None


# --- telling and matching alternatives -----------------------------------------------------------


def described(reader: Reader, node: Node, depth: int = 1) -> str:
    """Say in a few words what values a schema allows."""
    shape = reader.shape(node)
    return " or ".join(told(reader, one, depth) for one in shape.alternatives) or "nothing"


def told(reader: Reader, one: Alternative, depth: int = 1) -> str:
    """Say in a few words what an alternative is."""
    if one.values is not None:
        listed = [*one.values][:6] + ["…"] * (one.open or len(one.values) > 6)
        return f"{one.type} ({', '.join(listed)})"
    if one.type == "array":
        return f"array of {described(reader, one.items, depth - 1)}" if depth else "array"
    if one.type == "object" and one.fields and depth:
        return f"object ({', '.join([*one.fields][:6])}{', …' if len(one.fields) > 6 else ''})"
    return f"{one.type} {one.rules['format']}" if "format" in one.rules else one.type


def matched(
    old_reader: Reader, old: Shape, new_reader: Reader, new: Shape
) -> tuple[list[tuple[Alternative, Alternative, str]], list[Alternative], list[Alternative]]:
    """Pair the alternatives that are the same thing; return (old, new, label), and the rest.

    The label tells alternatives of one type apart; it is empty where there is only one.
    """
    pairs: list[tuple[Alternative, Alternative, str]] = []
    lost: list[Alternative] = []
    more: list[Alternative] = []
    for kind in dict.fromkeys(one.type for one in (*old.alternatives, *new.alternatives)):
        mine = [one for one in old.alternatives if one.type == kind]
        theirs = [one for one in new.alternatives if one.type == kind]
        ranked = sorted(
            (-likeness, abs(i - j), i, j)
            for i, one in enumerate(mine)
            for j, other in enumerate(theirs)
            if (likeness := _likeness(old_reader, one, new_reader, other)) > 0
            or len(mine) == len(theirs) == 1
        )
        used: tuple[set[int], set[int]] = set(), set()
        for _, _, i, j in ranked:
            if i not in used[0] and j not in used[1]:
                used[0].add(i)
                used[1].add(j)
                alone = len(mine) == len(theirs) == 1
                label = "" if alone else f"<{_tag(new_reader, theirs[j]) or j + 1}>"
                pairs.append((mine[i], theirs[j], label))
        lost += [one for i, one in enumerate(mine) if i not in used[0]]
        more += [one for j, one in enumerate(theirs) if j not in used[1]]
    for kind, other in (("integer", "number"), ("number", "integer")):  # an integer is a number
        one = next((one for one in lost if one.type == kind), None)
        two = next((two for two in more if two.type == other), None)
        if one and two:
            pairs.append((one, two, ""))
            lost.remove(one)
            more.remove(two)
    return pairs, lost, more


def _tags(reader: Reader, one: Alternative) -> dict[str, str]:
    """Return the fields that can have one value only: they say which alternative it is."""
    tags: dict[str, str] = {"": one.kind} if one.kind else {}
    for name, node in one.fields.items():
        found = reader.shape(node).alternatives
        if len(found) == 1 and found[0].values and len(found[0].values) == 1 and not found[0].open:
            tags[name] = str(next(iter(found[0].values.values())))
    return tags


def _tag(reader: Reader, one: Alternative) -> str:
    return ",".join(_tags(reader, one).values())


def _likeness(old_reader: Reader, old: Alternative, new_reader: Reader, new: Alternative) -> float:
    """Return how much alike two alternatives of one type are; 0 if they are different things."""
    mine, theirs = _tags(old_reader, old), _tags(new_reader, new)
    if any(theirs.get(name, tag) != tag for name, tag in mine.items()):
        return 0
    if _sketch(old_reader, old, 3) == _sketch(new_reader, new, 3):
        return 3
    names, others = set(old.fields), set(new.fields)
    alike = len(names & others) / len(names | others) if names | others else 0.5
    return alike + (set(mine.items()) & set(theirs.items()) != set())


def _sketch(reader: Reader, one: Alternative, depth: int) -> int:
    """Return a number that is the same for alternatives that look alike, down to a depth."""
    if (id(one), depth) in reader.sketches:
        return reader.sketches[id(one), depth]

    def below(node: Node) -> object:
        if not depth:
            return None
        shape = reader.shape(node)
        return shape.nullable, *(_sketch(reader, each, depth - 1) for each in shape.alternatives)

    fields = frozenset((name, below(node)) for name, node in one.fields.items())
    extra = one.extra if one.extra is False else below(one.extra)
    values = (frozenset(one.values or ()), one.values is None, one.open)
    rules = to_json(one.rules)
    found = hash((one.type, values, rules, one.required, fields, below(one.items), extra))
    reader.sketches[id(one), depth] = found
    return found
