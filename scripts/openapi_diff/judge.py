"""Judges each difference by its direction.

A receiver breaks when more values may arrive, a sender when fewer are accepted: a wider request
and a narrower response are compatible.
"""

from collections.abc import Iterator
from typing import Any, Literal, TypeAlias

from openapi_diff.change import Direction, Severity
from openapi_diff.flatten import Place
from openapi_diff.prose import values_in
from openapi_diff.schemas import (
    COMBINED,
    EXTENSIONS,
    NOT_COMPARED,
    SchemaReader,
    strictness,
    to_json,
)

Effect: TypeAlias = Literal["wider", "narrower", "other"]  # on the set of values that may occur
Difference: TypeAlias = tuple[Severity, str, str | None, str | None]  # class, what, old, new

_HARMLESS = {("request", "wider"), ("response", "narrower")}
# Limits that already held before the contract stated them.
_STATED_LATER = {"x-max-body-bytes", "x-max-data-bytes", "x-merge"}
_LIMITS = EXTENSIONS | COMBINED.keys() | {"lower bound", "upper bound"}
# A change of these breaks users; stating one for the first time does not.
_FIXED = {"operationId", "default server", "style", "explode", "allowReserved", "allowEmptyValue"}
_OF_STYLE = {"operationId", "openapi", "jsonSchemaDialect", "default server"}


def of_effect(effect: Effect, way: Direction) -> Severity:
    """Judge what becomes of the set of values that may occur."""
    return "additive" if (way, effect) in _HARMLESS else "breaking"


def of_presence(added: bool, required: bool, way: Direction) -> Severity:
    """Judge that something was added or removed: a field, a parameter, an operation, a server."""
    breaks = not added or (required and way == "request")
    return "breaking" if breaks else "additive"


class Judge:
    """Compares the facts of a place in two documents, and judges each difference."""

    def __init__(self, old: SchemaReader, new: SchemaReader, by_meaning: bool) -> None:
        self.old, self.new, self.by_meaning = old, new, by_meaning

    def differences(self, old: Place, new: Place) -> Iterator[Difference]:
        """Yield the differences at a place that both documents have."""
        way = old.direction
        if old.required != new.required and not (self.by_meaning and way == "response"):
            severity = of_effect("narrower" if new.required else "wider", way)
            yield severity, old.what, necessity(old), necessity(new)
        for fact in sorted(old.facts.keys() | new.facts.keys()):
            one, other = old.facts.get(fact), new.facts.get(fact)
            if one != other and fact not in ("values", "open", "bounds by model"):
                judged = self.severity(fact, old, new)
                if judged:
                    what = {"widest format": "format"}.get(fact, fact)
                    if fact.startswith(NOT_COMPARED):
                        what = fact.replace(":", ", but different:", 1)
                    yield judged, what, _shown(fact, one), _shown(fact, other)
        yield from self.types(old, new)
        yield from self.values(old, new)
        if not self.by_meaning:
            yield from self.bounds_by_model(old, new)

    def severity(self, fact: str, old: Place, new: Place) -> Severity | None:
        """Judge a fact that differs; None if it does not matter."""
        way = old.direction
        one: Any = old.facts.get(fact)
        other: Any = new.facts.get(fact)
        if fact.startswith(NOT_COMPARED):
            return "breaking"  # for all we know
        if fact == "credentials":
            kept = all(any(each <= needed for each in other) for needed in one)
            return "additive" if kept else "breaking"
        if fact == "default" and way == "request":
            # It decides what the server does for those who omit the field.
            return "additive" if one is None else "breaking"
        if fact == "null":
            return self.null(old, new)
        if fact == "object alternatives":
            return of_effect("wider" if (one or 1) < (other or 1) else "narrower", way)
        if fact == "other fields":
            if self.by_meaning:
                return "documentation"
            # Readers have to accept new fields in any case.
            return "breaking" if way == "request" and other else "additive"
        if fact in _LIMITS:
            if self.by_meaning and fact in EXTENSIONS:
                return None  # extensions are one author's own
            if fact in _STATED_LATER and one is None:
                return "documentation"
            return of_effect(_effect(fact, one, other), way)
        if fact in _FIXED and not (self.by_meaning and fact in _OF_STYLE):
            return "additive" if one is None else "breaking"
        is_told = fact in ("default", "name") or not self.by_meaning
        return "documentation" if is_told else None

    def null(self, old: Place, new: Place) -> Severity | None:
        shapes = [place.shape for place in (old, new) if place.shape]
        if any("any" in shape.types for shape in shapes):
            return None
        severity = of_effect("wider" if "null" in new.facts else "narrower", old.direction)
        if not self.by_meaning:
            return severity
        if old.direction == "response":
            return None
        is_open = old.facts.get("open") or new.facts.get("open")
        return "documentation" if is_open else severity

    def types(self, old: Place, new: Place) -> Iterator[Difference]:
        """Compare the types of a value, apart from null."""
        if not old.shape or not new.shape:
            return
        mine, theirs, way = old.shape.types, new.shape.types, old.direction
        gone = {name for name in mine if not _covered(name, theirs)}
        come = {name for name in theirs if not _covered(name, mine)}
        if mine & theirs:
            if gone:
                told = self.old.describe_types(old.shape, gone)
                yield of_effect("narrower", way), "alternative", told, None
            if come:
                told = self.new.describe_types(new.shape, come)
                yield of_effect("wider", way), "alternative", None, told
        elif gone or come:
            effect: Effect = "other" if gone and come else "narrower" if gone else "wider"
            before = self.old.describe_types(old.shape, mine)
            after = self.new.describe_types(new.shape, theirs)
            yield of_effect(effect, way), "type", before, after

    def values(self, old: Place, new: Place) -> Iterator[Difference]:
        """Compare enums; by meaning, values that a description mentions count as one."""
        mine, theirs, way = old.facts.get("values"), new.facts.get("values"), old.direction
        if not old.shape or not new.shape or not old.shape.types & new.shape.types:
            return
        if self.by_meaning and mine is None and theirs is not None:
            mine = values_in(old.facts.get("description", ""), theirs)
        elif self.by_meaning and theirs is None and mine is not None:
            theirs = values_in(new.facts.get("description", ""), mine)
        is_open = old.facts.get("open") or new.facts.get("open")
        if mine is None or theirs is None:
            if mine is not theirs:
                what = "known values" if is_open else "only these values"
                severity = of_effect("wider" if theirs is None else "narrower", way)
                severity = "additive" if is_open else severity
                shown = [None if one is None else ", ".join(one) for one in (mine, theirs)]
                yield severity, what, shown[0], shown[1]
            return
        for value in mine:
            if value not in theirs:
                yield "breaking", "value", value, None
        for value in theirs:
            if value not in mine:
                # A reader of a closed enum does not expect new values.
                is_news = way == "response" and not is_open
                yield "breaking" if is_news else "additive", "value", None, value
        before, after = _openness(old), _openness(new)
        if before != after:
            severity = of_effect("wider" if new.facts.get("open") else "narrower", way)
            yield "documentation" if self.by_meaning else severity, "values", before, after

    def bounds_by_model(self, old: Place, new: Place) -> Iterator[Difference]:
        """Compare the bounds for each model that one of both has bounds of its own for."""
        mine: dict[str, Any] = old.facts.get("bounds by model", {})
        theirs: dict[str, Any] = new.facts.get("bounds by model", {})
        models: dict[tuple[str, Any, Any], list[str]] = {}
        for model in {**mine, **theirs}:
            for side in ("lower bound", "upper bound"):
                one = mine.get(model, old.facts).get(side)
                other = theirs.get(model, new.facts).get(side)
                if one != other:
                    models.setdefault((side, one, other), []).append(model)
        for (side, one, other), names in models.items():
            severity = of_effect(_effect(side, one, other), old.direction)
            what = f"{side} for {', '.join(names)}"
            yield severity, what, _shown(side, one), _shown(side, other)


def necessity(place: Place) -> str:
    """Return the word for whether something must be there."""
    return "required" if place.required else "optional"


def _covered(name: str, types: set[str]) -> bool:
    """Whether all values of a type are allowed by some types."""
    return name in types or "any" in types or (name == "integer" and "number" in types)


def _openness(place: Place) -> str:
    if "values" not in place.facts:
        return "in words"
    return "open" if place.facts.get("open") else "closed"


def _effect(fact: str, old: Any, new: Any) -> Effect:
    if old is None or new is None:
        return "narrower" if old is None else "wider"
    if fact.endswith("bound"):
        return "narrower" if strictness(fact, new) > strictness(fact, old) else "wider"
    # JSON Schema allows no multipleOf of 0 or less, yet it is met.
    if fact == "multipleOf" and old > 0 and new > 0 and not (old % new and new % old):
        return "narrower" if new % old == 0 else "wider"
    if fact.startswith("min"):
        return "narrower" if new > old else "wider"
    if fact.startswith(("max", "x-max")):
        return "narrower" if new < old else "wider"
    return "other"


def _shown(fact: str, value: Any) -> str | None:
    """Return the value of a fact as people read it; None if there is none."""
    if fact == "null":
        return "may be null" if value else "never null"
    if fact == "other fields":
        return value or "allowed"
    if fact == "object alternatives":
        return str(value or 1)
    if value is None:
        return None
    if fact == "credentials":
        return " or ".join(sorted(" + ".join(sorted(way)) or "none" for way in value))
    if fact.endswith("bound"):
        number, excluded = value
        sign = "<" if fact.startswith("upper") else ">"
        return f"{sign}{'' if excluded else '='} {to_json(number)}"
    return value if isinstance(value, str) else to_json(value)
