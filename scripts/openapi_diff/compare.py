"""Compares two flat documents, place by place."""

import re
from collections.abc import Hashable
from dataclasses import dataclass, replace

from openapi_diff.change import SEVERITIES, Change, Severity
from openapi_diff.flatten import FlatDocument, Place, components, operations
from openapi_diff.judge import Difference, differences, necessity
from openapi_diff.schemas import NOT_COMPARED
from spec.document import Document, as_list, as_map

_ALSO_AT_MOST = 50
_NEVER_ALONE = {"document", "security", "security scheme", "items", "other fields"}
_STEP = re.compile(r'\.(?P<name>[\w$-]+)|\["(?P<quoted>[^"]*)"\]')


@dataclass(frozen=True)
class Comparison:
    """The changes, and the parts that are not compared beyond being the same."""

    changes: list[Change]
    not_compared: list[str]  # such as `POST /v1/chat: callbacks`


def compare(old: Document, new: Document, by_meaning: bool = False) -> list[Change]:
    """Return every change from `old` to `new`: the gravest first, or by meaning as they are met."""
    return compare_documents(old, new, by_meaning).changes


def compare_documents(old: Document, new: Document, by_meaning: bool = False) -> Comparison:
    """Compare two documents; by meaning, matters of style and of wording are left out."""
    comparison = _Comparison(old, new, by_meaning)
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
        mine, theirs = (operations(one, with_base_path=by_meaning) for one in (old, new))
        lost = [name for name in mine if name not in theirs]
        more = [name for name in theirs if name not in mine]
        if by_meaning and len(lost) == len(more) == 1:
            (before, path), (after, moved) = lost[0].split(" ", 1), more[0].split(" ", 1)
            if before == after:  # the only operations without a partner: the endpoint has moved
                theirs[lost[0]] = theirs.pop(more[0])
                self.add(Place("operation", lost[0]), ("breaking", "path", path, moved), None)
        self.old = FlatDocument(old, mine, by_meaning)
        self.new = FlatDocument(new, theirs, by_meaning)
        for key in {**self.old.places, **self.new.places}:
            one, other = self.old.places.get(key), self.new.places.get(key)
            if one and other:
                self.both(one, other)
            elif one:
                self.alone(one, self.old, self.new)
            elif other:
                self.alone(other, self.new, self.old)

    def both(self, old: Place, new: Place) -> None:
        for difference in differences(old, new, self.by_meaning):
            origin: Hashable = (old.origin, new.origin) if old.origin and new.origin else None
            if difference[1] == old.what:  # whether a field is required, which its object says
                origin = self.object_of(old)
            self.add(old, difference, origin)
        for fact in sorted(old.facts.keys() & new.facts.keys()):
            if fact.startswith(NOT_COMPARED) and old.facts[fact] == new.facts[fact]:
                self.not_compared.append(f"{old.location}: {fact.removeprefix(NOT_COMPARED)}")

    def alone(self, place: Place, mine: FlatDocument, others: FlatDocument) -> None:
        """Report a place that only one document has, unless what contains it is reported."""
        what, above = place.what, place.parent and others.places.get(place.parent.key)
        if what in _NEVER_ALONE or (place.parent and not above):
            return
        if what == "field" and above and "object" not in above.facts["types"]:
            return  # reported as a change of type
        if what == "server" and self.by_meaning and not others.document.root.get("servers"):
            return  # an extract need not list them
        if what == "unused component":
            _, group, name = place.location.split(".", 2)
            if name in components(others.document, group):
                return  # it is used in the other document
        is_new = mine is self.new
        is_demanded = place.required and place.direction == "request"
        severity: Severity = "additive" if is_new and not is_demanded else "breaking"
        remark = ""
        if what == "field" and self.by_meaning and _in_example(place, others):
            severity = "documentation"
            remark = f"{others.document.name} has it only in an example"
        if is_new and place.direction == "request" and what in ("parameter", "body", "field"):
            what = f"{necessity(place)} {what}"
        before, after = (None, place.shown) if is_new else (place.shown, None)
        self.add(place, (severity, what, before, after), self.object_of(place), remark)

    def object_of(self, place: Place) -> Hashable:
        """Return the origin of what the object around a field says of it."""
        if place.parent is None:
            return None
        key = place.parent.key
        mine, theirs = self.old.places.get(key), self.new.places.get(key)
        if not mine or not theirs or not mine.origin or not theirs.origin:
            return None
        return mine.origin, theirs.origin, place.location.removeprefix(mine.location)

    def add(self, place: Place, difference: Difference, origin: Hashable, remark: str = "") -> None:
        """Add a change, or one more place where the same schema changed."""
        severity, what, old, new = difference
        if place.direction == "unused":
            severity = "documentation"
        change = Change(severity, place.direction, place.location, what, old, new, (), remark)
        key = (*difference, place.direction, origin or place.location)
        known = self.changes.setdefault(key, change)
        if known is not change and len(known.also) < _ALSO_AT_MOST:
            self.changes[key] = replace(known, also=(*known.also, place.location))


def _in_example(place: Place, others: FlatDocument) -> bool:
    """Whether a field that a document does not describe occurs in one of its examples."""
    root = place
    while root.parent and root.what != "media type":
        root = root.parent
    if root.key not in others.places:
        return False
    found = others.places[root.key].examples
    for step in _STEP.finditer(place.location.removeprefix(root.location)):
        name = step["name"] or step["quoted"]
        # An example may be a list of what is described, such as the chunks of a stream.
        objects = [as_map(item) for one in found for item in (as_list(one) or [one])]
        found = [one[name] for one in objects if name in one]
    return bool(found)
