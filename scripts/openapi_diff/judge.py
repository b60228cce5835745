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
    EXTENSIONS,
    NOT_COMPARED,
    either,
    is_documentation,
    strictness,
    to_json,
)

Effect: TypeAlias = Literal["wider", "narrower", "other"]  # on the set of values that may occur
Difference: TypeAlias = tuple[Severity, str, str | None, str | None]  # class, what, old, new

_HARMLESS = {("request", "wider"), ("response", "narrower")}
# Limits of any value. Those that are ordered begin with one of the words below.
_LIMITS = (
    {"lower bound", "minLength", "minItems", "minProperties"}
    | {"upper bound", "maxLength", "maxItems", "maxProperties"}
    | {"format", "pattern", "uniqueItems", "multipleOf", "null", "other fields"}
    | EXTENSIONS
)
_ORDERED = ("lower", "min", "upper", "max", "x-max")
_UNSTATED = {"null": "may be null", "other fields": "allowed", "object alternatives": "1"}
# Limits that already held before the contract stated them.
_STATED_LATER = {"x-max-body-bytes", "x-max-data-bytes", "x-merge"}
# What may be stated for the first time without breaking anybody, but not changed.
_FIXED_ONCE_STATED = {"default", "operationId", "default server"}
_OF_STYLE = EXTENSIONS | {"operationId", "default server", "limits of the known values"}
_COMPARED_APART = {"types", "values", "open", "bounds by model"}


def of_effect(effect: Effect, way: Direction) -> Severity:
    """Judge what becomes of the set of values that may occur."""
    return "additive" if (way, effect) in _HARMLESS else "breaking"


def differences(old: Place, new: Place, by_meaning: bool) -> Iterator[Difference]:
    """Yield the differences at a place that both documents have."""
    way = old.direction
    mine, theirs = (place.facts.get("types", {}) for place in (old, new))
    if old.required != new.required and not (by_meaning and way == "response"):
        severity = of_effect("narrower" if new.required else "wider", way)
        yield severity, old.what, necessity(old), necessity(new)
    apart = _COMPARED_APART
    if "any" in {**mine, **theirs}:
        apart = apart | {"null"}  # which is a matter of the type then
    for fact in sorted((old.facts.keys() | new.facts.keys()) - apart):
        one, other = old.facts.get(fact), new.facts.get(fact)
        if one != other and not (by_meaning and _is_style(fact, old, new)):
            severity = _severity(fact, one, other, way)
            is_open = old.facts.get("open") or new.facts.get("open")
            if by_meaning and (fact == "other fields" or (fact == "null" and is_open)):
                severity = "documentation"
            what = "format" if fact == "widest format" else fact
            what = what.replace(NOT_COMPARED, "not compared, but different: ")
            yield severity, what, _shown(fact, one), _shown(fact, other)
    yield from _types(mine, theirs, way)
    if mine.keys() & theirs.keys():
        yield from _values(old, new, by_meaning)
    if not by_meaning:
        yield from _bounds_by_model(old, new)


def _is_style(fact: str, old: Place, new: Place) -> bool:
    """Whether it does not matter that two authors differ in a fact."""
    if fact == "credentials":
        return old.facts[fact] is None or new.facts[fact] is None
    if fact == "null" and old.direction == "response":
        return True
    return fact in _OF_STYLE or is_documentation(fact)


def _severity(fact: str, old: Any, new: Any, way: Direction) -> Severity:
    """Judge a fact that differs."""
    if is_documentation(fact) or fact == "limits of the known values":
        return "documentation"
    if fact == "default" and way == "response":
        return "documentation"
    if fact in _STATED_LATER and old is None:
        return "documentation"
    if fact in _FIXED_ONCE_STATED and old is None:
        return "additive"
    if fact == "credentials" and (old <= new or "none" in new):
        return "additive"
    if fact == "other fields" and way == "response" and "forbidden" in (old, new):
        return "additive"  # readers have to accept new fields in any case
    if fact == "object alternatives":
        return of_effect("wider" if (old or 1) < (new or 1) else "narrower", way)
    if fact in _LIMITS:
        return of_effect(_effect(fact, old, new), way)
    return "breaking"  # for all we know


def _effect(limit: str, old: Any, new: Any) -> Effect:
    if old is None or new is None:
        return "narrower" if old is None else "wider"
    if limit.startswith(_ORDERED) and not isinstance(old, str) and not isinstance(new, str):
        return "narrower" if strictness(limit, new) > strictness(limit, old) else "wider"
    return "other"


def _types(old: dict[str, str], new: dict[str, str], way: Direction) -> Iterator[Difference]:
    """Compare the types of a value, apart from null."""
    gone = [text for name, text in old.items() if not _covered(name, new)]
    come = [text for name, text in new.items() if not _covered(name, old)]
    if old.keys() & new.keys():
        if gone:
            yield of_effect("narrower", way), "alternative", " or ".join(gone), None
        if come:
            yield of_effect("wider", way), "alternative", None, " or ".join(come)
    elif gone or come:
        effect: Effect = "other" if gone and come else "narrower" if gone else "wider"
        yield of_effect(effect, way), "type", either(old), either(new)


def _covered(name: str, types: dict[str, str]) -> bool:
    """Whether all values of a type are allowed by some types."""
    return name in types or "any" in types or (name == "integer" and "number" in types)


def _values(old: Place, new: Place, by_meaning: bool) -> Iterator[Difference]:
    """Compare enums; by meaning, values that a description mentions count as one."""
    mine, theirs, way = old.facts.get("values"), new.facts.get("values"), old.direction
    if by_meaning:
        mine = mine or values_in(old.facts.get("description", ""), theirs or {})
        theirs = theirs or values_in(new.facts.get("description", ""), mine or {})
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
    before, after = (
        ("open" if one.facts["open"] else "closed") if "values" in one.facts else "in words"
        for one in (old, new)
    )
    if before != after:
        severity = of_effect("wider" if after == "open" else "narrower", way)
        yield "documentation" if by_meaning else severity, "values", before, after


def _bounds_by_model(old: Place, new: Place) -> Iterator[Difference]:
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


def _shown(fact: str, value: Any) -> str | None:
    """Return the value of a fact as people read it; None if there is none."""
    if value is None:
        return _UNSTATED.get(fact)
    if fact == "credentials":
        return " or ".join(sorted(value))
    if fact.endswith("bound"):
        number, excluded = value
        sign = "<" if fact.startswith("upper") else ">"
        return f"{sign}{'' if excluded else '='} {to_json(number)}"
    return value if isinstance(value, str) else to_json(value)
