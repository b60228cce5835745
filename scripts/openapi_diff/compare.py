"""Compares two flat documents, place by place."""

import re
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import TypeAlias

from openapi_diff.change import SEVERITIES, Change
from openapi_diff.flatten import FlatDocument, Operation, Place, components, operations
from openapi_diff.judge import Difference, Judge, necessity, of_presence
from openapi_diff.schemas import NOT_COMPARED, SchemaReader
from spec.document import Document, as_list, as_map

_Origin: TypeAlias = Hashable  # the schemas that a difference comes from
_ALSO_AT_MOST = 50
_NEVER_ALONE = {"document", "servers", "security", "security scheme", "items", "other fields"}
_STEP = re.compile(r'\.(?P<name>[\w$-]+)|\["(?P<quoted>[^"]*)"\]')


@dataclass(frozen=True)
class Comparison:
    """The changes, and the parts that are not compared beyond being identical."""

    changes: list[Change]
    not_compared: list[str]  # such as `POST /v1/chat: callbacks`


def compare(old: Document, new: Document, by_meaning: bool = False) -> list[Change]:
    """Return every change from `old` to `new`: the gravest first, or by meaning as they are met."""
    return compare_documents(old, new, by_meaning).changes


def compare_documents(old: Document, new: Document, by_meaning: bool = False) -> Comparison:
    """Compare two documents; by meaning, matters of style and of wording are left out."""
    comparison = _Comparison(old, new, by_meaning)
    comparison.run()
    changes = list(comparison.changes.values())
    if not by_meaning:
        changes.sort(key=lambda change: SEVERITIES.index(change.severity))
    return Comparison(changes, comparison.not_compared)


def of_different_hands(old: Document, new: Document) -> bool:
    """Guess whether one is a vendor's own document rather than a revision of the other."""
    kinds = {old.kind, new.kind}
    if "page" in kinds:
        return kinds != {"page"}  # two pages are revisions of one another
    if "revision" in kinds:
        return False
    title, other = (as_map(one.root.get("info")).get("title") for one in (old, new))
    mine, theirs = (set(components(one, "schemas")) for one in (old, new))
    return title != other or (bool(mine | theirs) and not mine & theirs)


class _Comparison:
    def __init__(self, old: Document, new: Document, by_meaning: bool) -> None:
        self.by_meaning = by_meaning
        self.changes: dict[Hashable, Change] = {}  # one for each schema, wherever it is used
        self.not_compared: list[str] = []
        mine = operations(old, with_base_path=by_meaning)
        theirs = operations(new, with_base_path=by_meaning)
        if by_meaning:
            theirs = self.at_old_addresses(mine, theirs)
        readers = SchemaReader(old, by_meaning), SchemaReader(new, by_meaning)
        self.judge = Judge(*readers, by_meaning)
        self.old = FlatDocument(readers[0], mine, by_meaning)
        self.new = FlatDocument(readers[1], theirs, by_meaning)

    def at_old_addresses(
        self, old: dict[str, Operation], new: dict[str, Operation]
    ) -> dict[str, Operation]:
        """Pair the only unmatched operations, one on each side: the endpoint has moved."""
        lost = [key for key in old if key not in new]
        more = [key for key in new if key not in old]
        if len(lost) != 1 or len(more) != 1 or old[lost[0]].method != new[more[0]].method:
            return new
        one, other = old[lost[0]], new[more[0]]
        place = Place("operation", one.name)
        self.add(place, ("breaking", "path", one.path, other.path), None)
        moved = {lost[0]: replace(other, path=one.path)}
        return {key: each for key, each in new.items() if key != more[0]} | moved

    def run(self) -> None:
        for key in {**self.old.places, **self.new.places}:
            one, other = self.old.find(key), self.new.find(key)
            if one and other:
                # Inside a schema that contains itself, one of the two may be found further up.
                self.both(self.old.places.get(key) or self.new.places[key], one, other)
            elif one:
                self.alone(key, one, self.old, self.new)
            elif other:
                self.alone(key, other, self.new, self.old)

    def both(self, place: Place, old: Place, new: Place) -> None:
        for difference in self.judge.differences(old, new):
            origin: _Origin = None
            if difference[1] == old.what:  # whether a field is required, which its object says
                origin = self.object_of(place)
            elif old.origin and new.origin:
                origin = (old.origin, new.origin)
            self.add(place, difference, origin)
        for fact in sorted(old.facts.keys() & new.facts.keys()):
            line = f"{place.location}: {fact.removeprefix(NOT_COMPARED)}"
            same = old.facts[fact] == new.facts[fact] and line not in self.not_compared
            if fact.startswith(NOT_COMPARED) and same:
                self.not_compared.append(line)

    def alone(self, key: str, place: Place, mine: FlatDocument, others: FlatDocument) -> None:
        """Report a place that only one document has, unless what contains it is reported."""
        what, above = place.what, others.find(place.parent)
        if what in _NEVER_ALONE or (place.parent and not above):
            return
        if what == "field" and above and above.shape and "object" not in above.shape.types:
            return  # reported as a change of type
        if what == "server" and self.by_meaning and not _has_servers(others):
            return  # an extract need not list them
        if what == "unused component":
            _, group, name = place.location.split(".", 2)
            if name in components(others.document, group):
                return  # it is used in the other document
        severity = of_presence(mine is self.new, place.required, place.direction)
        remark = ""
        if what == "field" and self.by_meaning and _in_example(others, key):
            severity = "documentation"
            remark = f"{others.document.name} has it only in an example"
        difference: Difference = (severity, what, place.shown, None)
        if mine is self.new:
            is_sent = what in ("parameter", "body") or place.direction == "request"
            if is_sent and what in ("parameter", "body", "field"):
                what = f"{necessity(place)} {what}"
            difference = (severity, what, None, place.shown)
        origin = self.object_of(place)
        self.add(
            replace(place, location=place.shown_at or place.location), difference, origin, remark
        )

    def object_of(self, place: Place) -> _Origin:
        """Return the origin of what the object around a field says of it."""
        mine, theirs = self.old.find(place.parent), self.new.find(place.parent)
        if not mine or not theirs or not mine.origin or not theirs.origin:
            return None
        at = self.old.places.get(place.parent) or self.new.places[place.parent]
        return mine.origin, theirs.origin, place.location.removeprefix(at.location)

    def add(self, place: Place, difference: Difference, origin: _Origin, remark: str = "") -> None:
        """Add a change, or one more place where the same schema changed."""
        severity, what, old, new = difference
        if place.direction == "unused":
            severity = "documentation"
        change = Change(severity, place.direction, place.location, what, old, new, (), remark)
        key = (*difference, place.direction, origin or place.location)
        known = self.changes.setdefault(key, change)
        if known is not change and len(known.also) < _ALSO_AT_MOST:
            self.changes[key] = replace(known, also=(*known.also, place.location))


def _has_servers(document: FlatDocument) -> bool:
    return any(place.what == "server" for place in document.places.values())


def _in_example(document: FlatDocument, key: str) -> bool:
    """Whether a field that a document does not describe occurs in one of its examples."""
    for root, place in document.places.items():
        if place.examples and key.startswith((f"{root}.", f"{root}[")):
            found = place.examples
            for step in _STEP.finditer(key[len(root) :]):
                name = step["name"] or step["quoted"]
                # An example may be a list of what is described, such as the chunks of a stream.
                objects = [as_map(item) for one in found for item in (as_list(one) or [one])]
                found = [one[name] for one in objects if name in one]
            return bool(found)
    return False
