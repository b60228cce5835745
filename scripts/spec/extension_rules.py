"""Rules for the project's extensions, which docs/contract.md lists, and for descriptions."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, cast

from spec.document import as_list, as_map
from spec.generator_rules import PARALLEL
from spec.openapi import (
    EVENT_STREAM,
    JSON,
    Finding,
    Place,
    Schema,
    Spec,
    component,
    did_you_mean,
    mappings,
    subschemas,
    types,
)

ON_COMPONENTS = {*PARALLEL, "x-enum-sources", "x-retryable", "x-received-as", "x-max-body-bytes"}
ON_FIELDS = {
    *("x-bounds", "x-required-when", "x-max-data-bytes", "x-media-types", "x-empty-when-absent"),
    *("x-merge", "x-merge-into"),
}
EXTENSIONS = {"x-source", *ON_COMPONENTS, *ON_FIELDS}
# Those by which requests are checked.
OF_REQUESTS = ("x-bounds", "x-max-data-bytes", "x-media-types", "x-required-when")

NUMBER_BOUNDS = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")
# What `x-merge` may say of the pieces of a streamed field.
MERGES = {
    "text": ("append", "append-or-cumulative", "replace"),
    "list of objects": ("by-index", "append", "replace"),
    "list": ("append", "replace"),
}


def shapes(spec: Spec) -> Iterator[Finding]:
    """Extensions that are no mapping or list; every later rule relies on them."""
    if not isinstance(spec.data.get("x-sources", {}), dict):
        message = "must be a mapping: a key for each source, and below it its title and url"
        yield spec.finding(("x-sources",), "extension", message)
    for name, schema in spec.schemas.items():
        for key in (*PARALLEL, "x-retryable"):
            if not isinstance(schema.get(key, []), list):
                message = f"must be a list, one entry for each value of {name}"
                yield spec.finding(("components", "schemas", name, key), "extension", message)


def places(spec: Spec) -> Iterator[Finding]:
    """Extensions that have no effect: misspelt, or in the wrong place."""
    for root, schema in spec.root_schemas():
        for place, each in subschemas(root, schema):
            is_component = len(place) == 3 and place[1] == "schemas"
            is_field = place[-2:-1] == ("properties",)
            for key in each:
                here = (*place, key)
                if key.startswith("x-") and key not in EXTENSIONS:
                    if advice := did_you_mean(key, EXTENSIONS, cutoff=0.8):
                        message = f"{key!r} would have no effect{advice}"
                        yield spec.finding(here, "unknown-keyword", message)
                elif key in ON_FIELDS and not is_field:
                    message = f"{key} belongs on a field of a component and has no effect here"
                    yield spec.finding(here, "extension", message)
                elif key in ON_COMPONENTS and not is_component:
                    message = f"{key} belongs on a component and has no effect here"
                    yield spec.finding(here, "extension", message)


# --- streams: x-merge, x-merge-into --------------------------------------------------------------


def streams(spec: Spec) -> Iterator[Finding]:
    """Each streamed text and list says how its pieces are joined."""
    events = spec.bodies(spec.replies(), EVENT_STREAM)
    streamed = spec.reachable(events)
    whole = spec.reachable(spec.bodies(spec.replies(), JSON))
    taken: set[tuple[str, str]] = set()
    for name, field, place, schema in spec.fields():
        if name not in streamed:
            for key in ("x-merge", "x-merge-into"):
                if key in schema:
                    message = f"{name} is not streamed, so nothing is merged; remove {key}"
                    yield spec.finding((*place, key), "merge", message)
            continue
        # The texts of the event itself are repeated whole; only those inside come in pieces.
        yield from _merge(spec, place, schema, in_pieces=name not in events)
        if "x-merge-into" in schema:
            into = schema["x-merge-into"]
            problem = _merge_into(spec, name, field, into, whole)
            if not problem and (name, into) in taken:
                problem = f"the pieces of two fields would make up {into!r}"
            taken.add((name, str(into)))
            if problem:
                yield spec.finding((*place, "x-merge-into"), "merge", problem)


def _merge(spec: Spec, place: Place, schema: Schema, *, in_pieces: bool) -> Iterator[Finding]:
    kind = _merge_kind(spec, schema)
    allowed = MERGES.get(kind, ())
    how = schema.get("x-merge")
    if how is None:
        if kind.startswith("list") or (kind == "text" and in_pieces):
            message = (
                f"a {kind} that is streamed in pieces must say how they are merged, or pieces "
                f"would be lost; write x-merge: {' | '.join(allowed)}"
            )
            yield spec.finding(place, "merge", message)
    elif how not in allowed:
        message = f"{how!r} does not apply to a {kind}; write {' | '.join(allowed)}"
        if kind == "object":
            message = "an object takes no x-merge: its fields are merged one by one"
        elif not allowed:
            message = "a value that is streamed whole is replaced by the next; remove x-merge"
        yield spec.finding((*place, "x-merge"), "merge", message)


def _merge_into(spec: Spec, name: str, field: str, into: Any, whole: list[str]) -> str | None:
    """What is wrong with the field of the whole answer that the pieces of an object make up."""
    properties: Schema = spec.schemas[name]["properties"]
    if _merge_kind(spec, properties[field]) != "object" or not isinstance(into, str):
        return "x-merge-into belongs on an object and names a field of the whole answer"
    # The counterpart in the whole answer has all that is beside the piece.
    beside = properties.keys() - {field}
    objects: list[str] = []
    for candidate in whole:
        fields: dict[str, Schema] = spec.schemas[candidate].get("properties", {})
        if beside <= fields.keys():
            objects += [each for each in fields if _merge_kind(spec, fields[each]) == "object"]
    if into in objects:
        return None
    advice = did_you_mean(into, objects)
    return f"the whole answer has no object {into!r} where the pieces belong{advice}"


def _merge_kind(spec: Spec, schema: Schema) -> str:
    """What is streamed: a text, a list or an object in pieces, or a value that comes whole."""
    kinds: list[str] = []
    for each in schema.get("anyOf", [schema]):
        found = spec.resolve(each)
        if "enum" in found:
            return "value"  # the words of an enumeration come whole
        if "array" in types(found):
            entry = spec.resolve(found.get("items", {}))
            kinds.append("list of objects" if "object" in types(entry) else "list")
        elif "object" in types(found):
            kinds.append("object")
        elif "string" in types(found):
            kinds.append("text")
    order = ("list of objects", "list", "object", "text", "value")
    return min(kinds, key=order.index, default="value")


# --- requests: x-max-body-bytes, x-received-as and those of OF_REQUESTS --------------------------


def requests(spec: Spec) -> Iterator[Finding]:
    """The extensions by which requests are checked: a mistake in one would have no effect."""
    roots = spec.bodies(spec.request_bodies(), JSON)
    read = spec.referenced(spec.replies())
    for name, schema in spec.schemas.items():
        place: Place = ("components", "schemas", name)
        if "x-max-body-bytes" in schema:
            if name not in roots:
                message = f"{name} is not the body of a request, so it has no effect; remove it"
                yield spec.finding((*place, "x-max-body-bytes"), "extension", message)
            yield from _size(spec, (*place, "x-max-body-bytes"))
        if "x-received-as" in schema and schema["x-received-as"] not in read:
            given = schema["x-received-as"]
            message = f"no answer has {given!r}{did_you_mean(given, read)}"
            yield spec.finding((*place, "x-received-as"), "extension", message)
    sent = spec.reachable(roots)
    models = _documented_models(spec, roots)
    for name, _, place, schema in spec.fields():
        used = [key for key in OF_REQUESTS if key in schema]
        if used and name not in sent:
            message = f"no request has {name}, so {used[0]} has no effect; remove it"
            yield spec.finding((*place, used[0]), "extension", message)
        elif used:
            yield from _data_limits(spec, place, schema)
            if "x-bounds" in schema:
                yield from _model_bounds(spec, (*place, "x-bounds"), schema, models)
            if "x-required-when" in schema:
                problem = _condition_problem(spec, name, schema["x-required-when"])
                if problem:
                    yield spec.finding((*place, "x-required-when"), "extension", problem)


def _data_limits(spec: Spec, place: Place, schema: Schema) -> Iterator[Finding]:
    for key in ("x-max-data-bytes", "x-media-types"):
        if key in schema and "string" not in types(schema):
            yield spec.finding((*place, key), "extension", f"{key} belongs on a string")
    if "x-max-data-bytes" in schema:
        yield from _size(spec, (*place, "x-max-data-bytes"))
    if "x-media-types" in schema:
        media_types = as_list(schema["x-media-types"])
        if not media_types or not all("/" in str(each) for each in media_types):
            message = "must be a list of media types, such as image/png"
            yield spec.finding((*place, "x-media-types"), "extension", message)


def _size(spec: Spec, place: Place) -> Iterator[Finding]:
    size = spec.at(place)
    if type(size) is not int or size < 1:
        yield spec.finding(place, "extension", f"{size!r} is not a number of bytes")


def _condition_problem(spec: Spec, name: str, condition: Any) -> str | None:
    """What is wrong with a condition on other fields of the same object."""
    values = as_map(condition)
    properties: Schema = spec.schemas[name]["properties"]
    if not values or values.keys() - properties:
        return "must be a mapping from other fields of the same object to their values"
    for field, value in values.items():
        if type(value) not in (str, int, bool):
            return f"{value!r} is not a single value"
        documented = _documented_values(spec, properties[field])
        if documented and value not in documented:
            advice = did_you_mean(value, documented)
            return f"{value!r} is not a documented value of {field}{advice}"
    return None


def _documented_models(spec: Spec, roots: list[str]) -> set[str]:
    models: set[str] = set()
    for name in roots:
        field = as_map(spec.schemas[name].get("properties")).get("model")
        models |= {each for each in _documented_values(spec, field) if isinstance(each, str)}
    return models


def _documented_values(spec: Spec, schema: Any) -> list[Any]:
    """The values of the enumeration that a field refers to."""
    found: list[Any] = []
    for each in as_map(schema).get("anyOf", [as_map(schema)]):
        if component(each):
            found += as_list(spec.resolve(each).get("enum"))
    return found


def _model_bounds(
    spec: Spec, place: Place, schema: Schema, documented: set[str]
) -> Iterator[Finding]:
    """Bounds that replace a field's own for some models."""
    if not as_list(schema["x-bounds"]) or not {"integer", "number"} & {*types(schema)}:
        message = "belongs on a number; write [{models: [...], x-source: ..., maximum: 1}]"
        yield spec.finding(place, "bounds", message)
        return
    seen: set[str] = set()
    for index, entry in enumerate(as_list(schema["x-bounds"])):
        here = (*place, index)
        yield from _entry_of_bounds(spec, here, as_map(entry))
        for position, model in enumerate(map(str, as_list(as_map(entry).get("models")))):
            message = ""
            if model not in documented:
                message = f"{model!r} is not a documented model{did_you_mean(model, documented)}"
            elif model in seen:
                message = f"{model!r} already has its own bounds; keep one of the two"
            if message:
                yield spec.finding((*here, "models", position), "bounds", message)
            seen.add(model)


def _entry_of_bounds(spec: Spec, place: Place, entry: Schema) -> Iterator[Finding]:
    if not as_list(entry.get("models")):
        yield spec.finding(place, "bounds", "needs `models`: a list of those that it applies to")
    bounds = entry.keys() - {"models", "x-source"}
    if "x-source" not in entry or not bounds or bounds - {*NUMBER_BOUNDS}:
        message = f"has `models`, `x-source`, and one or more of {', '.join(NUMBER_BOUNDS)}"
        yield spec.finding(place, "bounds", message)
    elif entry["x-source"] not in as_map(spec.data.get("x-sources")):
        message = f"{entry['x-source']!r} is not a key of x-sources"
        yield spec.finding((*place, "x-source"), "source", message)
    limits = {bound: entry[bound] for bound in NUMBER_BOUNDS if bound in entry}
    wrong = [bound for bound, limit in limits.items() if not _is_finite_number(limit)]
    for bound in wrong:
        yield spec.finding((*place, bound), "bounds", f"{limits[bound]!r} is not a number")
    if not wrong and _is_empty(limits):
        yield spec.finding(place, "bounds", "allows no number at all")


def _is_finite_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


def _is_empty(limits: dict[str, float]) -> bool:
    low = max(limits.get("minimum", -math.inf), limits.get("exclusiveMinimum", -math.inf))
    high = min(limits.get("maximum", math.inf), limits.get("exclusiveMaximum", math.inf))
    return low > high


# --- sources and descriptions --------------------------------------------------------------------


def sources(spec: Spec) -> Iterator[Finding]:
    """Each fact names where it is documented; a property has the source of its component."""
    known = ", ".join(spec.data.get("x-sources", {})) or "none yet; add x-sources at the top"
    for place in _parts_with_a_source(spec):
        node: Schema = spec.at(place)
        properties: Schema = node.get("properties", {})
        inside = properties and all("x-source" in each for each in properties.values())
        if "x-source" not in node and "$ref" not in node and not inside:
            message = f"x-source is missing: say where this is documented ({known})"
            yield spec.finding(place, "source", message)
    for place, node in mappings(spec.data):
        if "x-source" in node:
            yield from _source(spec, (*place, "x-source"), node["x-source"])
    for name, schema in spec.schemas.items():
        here = ("components", "schemas", name, "x-enum-sources")
        of_values = schema.get("x-enum-sources", {})
        if not isinstance(of_values, dict):
            message = f"must be a mapping from values of {name} to their sources"
            yield spec.finding(here, "source", message)
            continue
        for value, key in cast("dict[str, Any]", of_values).items():
            yield from _source(spec, (*here, value), key)
            if value not in map(str, as_list(schema.get("enum"))):
                message = f"{value!r} is not a value of {name}"
                yield spec.finding((*here, value), "source", message)


def _parts_with_a_source(spec: Spec) -> Iterator[Place]:
    for index in range(len(spec.data.get("servers", []))):
        yield ("servers", index)
    for place, _ in spec.operations():
        yield place
    for kind, entries in spec.data["components"].items():
        for name in as_map(entries):
            yield ("components", kind, name)


def _source(spec: Spec, place: Place, key: Any) -> Iterator[Finding]:
    known: Schema = spec.data.get("x-sources", {})
    if not isinstance(key, str) or key not in known:
        message = f"{key!r} is not a key of x-sources ({', '.join(known)})"
        yield spec.finding(place, "source", message)


def descriptions(spec: Spec) -> Iterator[Finding]:
    described: list[tuple[Place, Schema]] = []
    for name, schema in spec.schemas.items():
        described.append((("components", "schemas", name), schema))
    for _, _, place, schema in spec.fields():
        described.append((place, schema))
    for place, schema in described:
        if not str(schema.get("description", "")).strip():
            message = "needs a description: it becomes the documentation of the generated code"
            yield spec.finding(place, "description", message)


def servers(spec: Spec) -> Iterator[Finding]:
    if not spec.data.get("servers"):
        yield spec.finding(("servers",), "server", "list at least one server, with an x-region")
    for index, server in enumerate(spec.data.get("servers", [])):
        if not isinstance(server.get("x-region"), str):
            message = "needs an x-region: callers select a region and get its first server"
            yield spec.finding(("servers", index), "server", message)
