"""Rules for references: each leads to a component of the kind that its place needs."""

from __future__ import annotations

from collections.abc import Iterator

from spec.openapi import Finding, Place, Spec, did_you_mean, mappings, target

# Where a reference to something other than a schema may be, and the kind of its target.
KINDS = {
    "headers": "headers",
    "parameters": "parameters",
    "paths": "pathItems",
    "requestBody": "requestBodies",
    "responses": "responses",
}


def references(spec: Spec) -> Iterator[Finding]:
    for place, node in mappings(spec.data):
        if "$ref" in node:
            problem = _problem(spec, node["$ref"], _kind(place))
            if problem:
                yield spec.finding((*place, "$ref"), "reference", f"{node['$ref']!r} {problem}")


def _kind(place: Place) -> str:
    """The kind of component that a reference at `place` must point to."""
    if place[:2] != ("components", "schemas") and "schema" not in place:
        for part in reversed(place[-2:]):
            if part in KINDS:
                return KINDS[str(part)]
    return "schemas"


def _problem(spec: Spec, reference: object, kind: str) -> str | None:
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return "must start with `#/`: the contract is this one file"
    place = target(reference)
    try:
        found = spec.at(place)
    except KeyError:
        return _missing(spec, place)
    if not isinstance(found, dict):
        return "does not point to an object"
    if "$ref" in found:
        return "is itself only a reference; refer to its target instead"
    if place[:2] != ("components", kind) or len(place) != 3:
        return f"must point to a component, such as '#/components/{kind}/Name'"
    return None


def _missing(spec: Spec, place: Place) -> str:
    *parent, name = place
    try:
        siblings = list(spec.at(tuple(parent)))
    except (KeyError, TypeError):
        return "points to nothing; references look like '#/components/schemas/Name'"
    return "points to nothing" + did_you_mean(name, siblings, f"; define {name} first")
