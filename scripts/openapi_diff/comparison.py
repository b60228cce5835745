"""Two OpenAPI documents walked at once: what changed, where it is met, and whom it breaks."""

import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from openapi_diff.operations import (
    IGNORED_HEADERS,
    STYLES,
    Operation,
    callbacks,
    components,
    content,
    credentials,
    operations,
    own_servers,
    parameters,
    reached,
    says_credentials,
    schema_of,
    servers,
    styled,
    webhooks,
)
from openapi_diff.shapes import (
    Alternative,
    Node,
    Reader,
    Shape,
    described,
    documentation,
    matched,
    mentioned,
    to_json,
    told,
)
from spec.document import Document, as_map

Severity: TypeAlias = Literal["breaking", "additive", "documentation"]
Direction: TypeAlias = Literal["request", "response", "api", "unused"]
Effect: TypeAlias = Literal["wider", "narrower", "other"]  # on the set of values that may occur

SEVERITIES: tuple[Severity, ...] = ("breaking", "additive", "documentation")
_ALSO_AT_MOST = 50


@dataclass(frozen=True)
class Change:
    """One change of the contract. `old` or `new` is None where something was added or removed."""

    severity: Severity
    direction: Direction
    location: str  # such as `POST /v1/chat/completions request.messages[].role`
    what: str
    old: str | None
    new: str | None
    also: tuple[str, ...] = ()  # where else the same schema, and so the same change, is met

    @property
    def kind(self) -> Literal["added", "removed", "changed"]:
        """Whether it is in NEW only, in OLD only, or in both but different."""
        return "added" if self.old is None else "removed" if self.new is None else "changed"

    @property
    def message(self) -> str:
        """What happened, on one line."""
        if self.kind == "changed":
            return f"{self.what}: {_short(self.old)} → {_short(self.new)}"
        return f"{self.what} {self.kind}: {_short(self.new if self.old is None else self.old)}"


def compare(old: Document, new: Document, by_meaning: bool = False) -> list[Change]:
    """Return every change from `old` to `new`: the gravest first, or by meaning as they are met."""
    comparison = _Comparison(old, new, by_meaning)
    comparison.documents()
    found = comparison.found()
    if by_meaning:
        return found
    return sorted(found, key=lambda change: SEVERITIES.index(change.severity))


def verdict(changes: Iterable[Change]) -> Severity | None:
    """Return the gravest class among the changes, None if there are none."""
    found = {change.severity for change in changes}
    return next((severity for severity in SEVERITIES if severity in found), None)


def of_different_hands(old: Document, new: Document) -> bool:
    """Guess whether one is a vendor's own document rather than a revision of the other."""
    kinds = {old.kind, new.kind}
    if "page" in kinds or "revision" in kinds:
        return "page" in kinds
    title, other = (as_map(one.root.get("info")).get("title") for one in (old, new))
    mine, theirs = (set(components(one, "schemas")) for one in (old, new))
    return title != other or (bool(mine | theirs) and not mine & theirs)


def _judge(effect: Effect, way: Direction) -> Severity:
    """Whoever has to take the values is broken by getting more, whoever sends them by less."""
    return "additive" if (way, effect) in _HARMLESS else "breaking"


_HARMLESS = {("request", "wider"), ("response", "narrower")}


class _Comparison:
    """One walk over two documents at once, from their operations down."""

    def __init__(self, old: Document, new: Document, by_meaning: bool) -> None:
        self.old, self.new, self.by_meaning = old, new, by_meaning
        self.reader_old = Reader(old, prose=by_meaning)
        self.reader_new = Reader(new, prose=by_meaning)
        self.changes: list[tuple[Change, str]] = []  # and the schema in which it was found
        self.seen: dict[tuple[object, object, Direction], str] = {}  # where a pair was compared
        self.twins: dict[str, list[str]] = {}  # and where the same pair was met again
        self.within = ""  # where the schema is met that is being compared
        self.waiting: deque[tuple[Shape, Shape, Direction, str]] = deque()
        # Which way request bodies go: those of webhooks and callbacks come to the client.
        self.asked: Direction = "request"

    def found(self) -> list[Change]:
        """Add to each change the places where its schema is used again."""
        changes: list[Change] = []
        for change, owner in self.changes:
            places = {owner: change.location}
            waiting = [owner]
            for at in waiting:
                for first in _above(at):
                    for again in self.twins.get(first, ())[:_ALSO_AT_MOST]:
                        moved = again + at[len(first) :]
                        if moved not in places and len(places) <= _ALSO_AT_MOST:
                            places[moved] = again + places[at][len(first) :]
                            waiting.append(moved)
            changes.append(replace(change, also=tuple(places.values())[1:]))
        return changes

    def note(
        self,
        way: Direction,
        at: str,
        what: str,
        old: str | None,
        new: str | None,
        severity: Severity,
    ) -> None:
        if way == "unused":
            severity = "documentation"
        owner = self.within or at
        self.changes.append((Change(severity, way, at, what, old, new), owner))

    # --- documents and operations ---

    def documents(self) -> None:
        old, new = self.old.root, self.new.root
        if not self.by_meaning:
            self.docs(
                old | as_map(old.get("info")), new | as_map(new.get("info")), "api", "document"
            )
            self.opaque(old, new, ("openapi", "jsonSchemaDialect"), "document", "documentation")
        self.servers(servers(old, self.by_meaning), servers(new, self.by_meaning), "servers")
        self.operations(
            operations(self.old, self.by_meaning), operations(self.new, self.by_meaning)
        )
        self.calls_to_us(webhooks(self.old), webhooks(self.new))
        if not self.by_meaning:
            self.unused()

    def operations(self, old: dict[str, Operation], new: dict[str, Operation]) -> None:
        pairs = [(one, new.get(key)) for key, one in old.items()]
        lost = [one for one, other in pairs if other is None]
        more = [one for key, one in new.items() if key not in old]
        if self.by_meaning and len(lost) == len(more) == 1 and lost[0].method == more[0].method:
            # The same endpoint at another address, no doubt: compare what it takes and gives.
            self.note("api", lost[0].name, "path", lost[0].path, more[0].path, "breaking")
            pairs = [(one, other or more[0]) for one, other in pairs]
            more = []
        for one, other in pairs:
            if other is None:
                self.note("api", one.name, "operation", one.title, None, "breaking")
            else:
                self.operation(one, other, one.name)
        for one in more:
            self.note("api", one.name, "operation", None, one.title, "additive")

    def calls_to_us(self, old: dict[str, Operation], new: dict[str, Operation]) -> None:
        """Compare webhooks or callbacks: the client takes the requests and sends the responses."""
        self.asked, before = "response", self.asked
        self.operations(old, new)
        self.asked = before

    def operation(self, old: Operation, new: Operation, at: str) -> None:
        self.docs(old.item | old.raw, new.item | new.raw, "api", at)
        if not self.by_meaning:
            self.opaque(old.raw, new.raw, ("operationId",), at, "breaking")
        if self.asked == "request":
            own = [own_servers(one, self.by_meaning) for one in (old, new)]
            self.servers(own[0], own[1], f"{at} servers")
            self.security(old, new, f"{at} security")
            self.calls_to_us(callbacks(self.old, old), callbacks(self.new, new))
        self.parameters(old, new, at)
        self.request_body(old.raw.get("requestBody"), new.raw.get("requestBody"), at)
        self.responses(as_map(old.raw.get("responses")), as_map(new.raw.get("responses")), at)

    def servers(
        self, mine: dict[str, dict[str, Any]], theirs: dict[str, dict[str, Any]], at: str
    ) -> None:
        if self.by_meaning and not (mine and theirs):
            return  # an extract need not say it
        for url, raw in mine.items():
            if url not in theirs:
                self.note("api", at, "server", url, None, "breaking")
            else:
                self.docs(raw, theirs[url], "api", f"{at} {url}")
                self.opaque(raw, theirs[url], ("variables",), f"{at} {url}", "breaking")
        for url in theirs:
            if url not in mine:
                self.note("api", at, "server", None, url, "additive")
        first, now = next(iter(mine), ""), next(iter(theirs), "")
        if first != now and first in theirs and not self.by_meaning:
            self.note("api", at, "default server", first, now, "breaking")

    def security(self, old: Operation, new: Operation, at: str) -> None:
        if self.by_meaning and not (
            says_credentials(self.old, old) and says_credentials(self.new, new)
        ):
            return  # an extract need not say it
        mine, theirs = credentials(self.old, old), credentials(self.new, new)
        if mine == theirs or self.met_before((frozenset(mine), frozenset(theirs), "api"), at):
            return
        kept = all(any(other <= one for other in theirs) for one in mine)
        shown = [
            " or ".join(sorted(" + ".join(sorted(way)) or "none" for way in ways))
            for ways in (mine, theirs)
        ]
        self.note("api", at, "credentials", shown[0], shown[1], "additive" if kept else "breaking")

    def parameters(self, old: Operation, new: Operation, at: str) -> None:
        mine, theirs = parameters(self.old, old), parameters(self.new, new)
        for key in {**mine, **theirs}:
            one, other = mine.get(key), theirs.get(key)
            named = one or other or {}
            place = f"{at} request.{named.get('in')}({named.get('name')})"
            self.presence(one, other, place, "parameter", self.asked)
            if one is None or other is None:
                continue
            if key[0] == "path":
                self.opaque(one, other, ("name",), place, "documentation")
            self.opaque(styled(one), styled(other), STYLES, place, "breaking")
            self.schema(schema_of(one), schema_of(other), self.asked, place)

    def presence(
        self,
        old: dict[str, Any] | None,
        new: dict[str, Any] | None,
        at: str,
        what: str,
        way: Direction,
    ) -> None:
        """Compare whether a parameter, header or body is there, and required."""
        words = [_wanted(as_map(one).get("required") is True) for one in (old, new)]
        if old is None:
            hard = way == "request" and words[1] == "required"
            said = f"{words[1]} {what}" if way == "request" else what
            shown = described(self.reader_new, schema_of(new or {}))
            self.note(way, at, said, None, shown, "breaking" if hard else "additive")
        elif new is None:
            shown = described(self.reader_old, schema_of(old))
            self.note(way, at, what, shown, None, "breaking")
        else:
            if words[0] != words[1] and not (self.by_meaning and way == "response"):
                effect: Effect = "narrower" if words[1] == "required" else "wider"
                self.note(way, at, what, words[0], words[1], _judge(effect, way))
            self.docs(old, new, way, at)

    def request_body(self, old: object, new: object, at: str) -> None:
        mine = self.old.resolve(old) if old else None
        theirs = self.new.resolve(new) if new else None
        if mine is not None or theirs is not None:
            self.presence(mine, theirs, f"{at} request", "body", self.asked)
        if mine is not None and theirs is not None:
            self.content(mine, theirs, self.asked, f"{at} request", "")

    def responses(self, old: dict[str, Any], new: dict[str, Any], at: str) -> None:
        mine = {code.lower(): self.old.resolve(raw) for code, raw in old.items()}
        theirs = {code.lower(): self.new.resolve(raw) for code, raw in new.items()}
        way: Direction = "response" if self.asked == "request" else "request"
        for code in sorted({*mine, *theirs} - {key for key in {**old, **new} if key[:2] == "x-"}):
            place = f"{at} response({code})"
            one, other = mine.get(code), theirs.get(code)
            if one is None or other is None:
                severity: Severity = "additive" if one is None else "breaking"
                said = [
                    None if raw is None else str(raw.get("description") or "undescribed")
                    for raw in (one, other)
                ]
                self.note(way, place, "response", said[0], said[1], severity)
                continue
            self.docs(one, other, way, place)
            self.opaque(one, other, ("links",), place, "documentation")
            self.headers(one, other, way, place)
            self.content(one, other, way, f"{at} response", code)

    def headers(self, old: dict[str, Any], new: dict[str, Any], way: Direction, at: str) -> None:
        mine = {n.lower(): self.old.resolve(raw) for n, raw in as_map(old.get("headers")).items()}
        theirs = {n.lower(): self.new.resolve(raw) for n, raw in as_map(new.get("headers")).items()}
        for name in sorted({*mine, *theirs} - IGNORED_HEADERS):
            place = f"{at}.header({name})"
            self.presence(mine.get(name), theirs.get(name), place, "header", way)
            if name in mine and name in theirs:
                self.schema(schema_of(mine[name]), schema_of(theirs[name]), way, place)

    def content(
        self, old: dict[str, Any], new: dict[str, Any], way: Direction, prefix: str, code: str
    ) -> None:
        mine, theirs = content(old), content(new)
        for media in {**mine, **theirs}:
            # JSON is what nearly all bodies are: only other media types are named.
            named = [code] * bool(code) + [media] * (media != "application/json")
            at = f"{prefix}({', '.join(named)})" if named else prefix
            if media not in theirs:
                self.note(way, at, "media type", media, None, "breaking")
            elif media not in mine:
                self.note(way, at, "media type", None, media, "additive")
            else:
                self.docs(mine[media], theirs[media], way, at)
                self.opaque(mine[media], theirs[media], ("encoding",), at, "breaking")
                self.schema(schema_of(mine[media]), schema_of(theirs[media]), way, at)

    def unused(self) -> None:
        """Components that no operation reaches are no contract, yet somebody wrote them."""
        reached_old, reached_new = reached(self.old), reached(self.new)
        parts = [as_map(one.root.get("components")) for one in (self.old, self.new)]
        for group in sorted({*parts[0], *parts[1]}):
            mine, theirs = components(self.old, group), components(self.new, group)
            for name in sorted({*mine, *theirs}):
                at = f"components.{group}.{name}"
                ref = f"#/components/{group}/{name}"
                if name not in theirs and ref not in reached_old:
                    self.note("unused", at, "unused component", name, None, "documentation")
                elif name not in mine and ref not in reached_new:
                    self.note("unused", at, "unused component", None, name, "documentation")
                elif group == "securitySchemes" and name in mine and name in theirs:
                    self.docs(mine[name], theirs[name], "api", at)
                elif name in mine and name in theirs and not {ref} & (reached_old | reached_new):
                    if group == "schemas":
                        self.schema((mine[name],), (theirs[name],), "unused", at)
                    else:
                        self.opaque(mine, theirs, (name,), at, "documentation")

    def docs(self, old: dict[str, Any], new: dict[str, Any], way: Direction, at: str) -> None:
        self.said(documentation(old), documentation(new), way, at)

    def said(self, old: dict[str, Any], new: dict[str, Any], way: Direction, at: str) -> None:
        if not self.by_meaning:
            for key in sorted({*old, *new}):
                one, other = (_spoken(docs[key]) if key in docs else None for docs in (old, new))
                if one != other:
                    self.note(way, at, key, one, other, "documentation")

    def opaque(
        self,
        old: dict[str, Any],
        new: dict[str, Any],
        keys: Iterable[str],
        at: str,
        severity: Severity,
    ) -> None:
        """Compare what is not looked into: whatever is not an addition is `severity`."""
        for key in keys:
            one = to_json(self.reader_old.inlined(old[key])) if key in old else None
            other = to_json(self.reader_new.inlined(new[key])) if key in new else None
            if one != other:
                mild: Severity = "documentation" if severity == "documentation" else "additive"
                self.note("api", at, key, one, other, mild if one is None else severity)

    def met_before(self, pair: tuple[object, object, Direction], at: str) -> bool:
        """Whether this pair was compared already; if so, keep in mind that it is met here too."""
        first = self.seen.setdefault(pair, at)
        if first not in _above(at):
            self.twins.setdefault(first, []).append(at)
        return first != at

    # --- schemas ---

    def schema(self, old: Node, new: Node, way: Direction, at: str) -> None:
        """Compare two schemas and what is below them, the nearest first, however deep it goes."""
        self.below(old, new, way, at)
        while self.waiting:
            mine, theirs, way, at = self.waiting.popleft()
            self.within = at
            self.said(mine.docs, theirs.docs, way, at)
            self.defaults(mine, theirs, way, at)
            self.nullability(mine, theirs, way, at)
            self.kinds(mine.kinds, theirs.kinds, way, at)
            self.alternatives(mine, theirs, way, at)
        self.within = ""

    def below(self, old: Node, new: Node, way: Direction, at: str) -> None:
        mine, theirs = self.reader_old.shape(old), self.reader_new.shape(new)
        if old + new and not self.met_before((id(mine), id(theirs), way), at):
            self.waiting.append((mine, theirs, way, at))

    def defaults(self, old: Shape, new: Shape, way: Direction, at: str) -> None:
        one, other = ("".join(map(to_json, shape.defaults)) or None for shape in (old, new))
        if one != other:
            # What the server does for those who leave the field out; a reader has no such promise.
            severity: Severity = "additive" if one is None else "breaking"
            self.note(
                way, at, "default", one, other, severity if way == "request" else "documentation"
            )

    def nullability(self, old: Shape, new: Shape, way: Direction, at: str) -> None:
        if old.nullable == new.nullable or any(
            one.type == "any" for one in (*old.alternatives, *new.alternatives)
        ):
            return
        severity = _judge("wider" if new.nullable else "narrower", way)
        if self.by_meaning:
            if way == "response":
                return
            if any(one.open for one in (*old.alternatives, *new.alternatives)):
                severity = "documentation"
        words = ["may be null" if shape.nullable else "never null" for shape in (old, new)]
        self.note(way, at, "null", words[0], words[1], severity)

    def kinds(self, old: dict[str, str], new: dict[str, str], way: Direction, at: str) -> None:
        """Compare which schema each value of a union's discriminator selects."""
        if self.by_meaning:
            return
        for value in {**old, **new}:
            if value not in new:
                self.note(way, at, "discriminator value", value, None, "breaking")
            elif value not in old:
                severity = _judge("wider", way)
                self.note(way, at, "discriminator value", None, value, severity)
            elif old[value] != new[value] and (
                self.reader_old.meant(old[value]) != self.reader_new.meant(new[value])
            ):
                names = [ref.rpartition("/")[2] for ref in (old[value], new[value])]
                what = f"discriminator value {value}"
                self.note(way, at, what, names[0], names[1], "breaking")

    def alternatives(self, old: Shape, new: Shape, way: Direction, at: str) -> None:
        pairs, lost, more = matched(self.reader_old, old, self.reader_new, new)
        gone = [told(self.reader_old, one) for one in lost]
        come = [told(self.reader_new, one) for one in more]
        if gone and come and not pairs:
            types = {one.type for one in lost}, {one.type for one in more}
            effect: Effect = "narrower" if "any" in types[0] else "other"
            effect = "wider" if "any" in types[1] else effect
            self.note(way, at, "type", " or ".join(gone), " or ".join(come), _judge(effect, way))
        else:
            for shown in gone:
                self.note(way, at, "alternative", shown, None, _judge("narrower", way))
            for shown in come:
                self.note(way, at, "alternative", None, shown, _judge("wider", way))
        for one, other, label in pairs:
            self.alternative(one, other, way, at + label, (old.prose, new.prose))

    def alternative(
        self, old: Alternative, new: Alternative, way: Direction, at: str, prose: tuple[str, str]
    ) -> None:
        if old.type != new.type:
            effect: Effect = "wider" if old.type == "integer" else "narrower"
            self.note(way, at, "type", old.type, new.type, _judge(effect, way))
        self.values(old, new, way, at, prose)
        self.rules(old.rules, new.rules, way, at)
        self.model_bounds(old, new, way, at)
        self.fields(old, new, way, at)
        self.below(old.items, new.items, way, f"{at}[]")
        for index in range(max(len(old.prefix), len(new.prefix))):
            one, other = (dict(enumerate(a.prefix)).get(index) for a in (old, new))
            self.member(one, other, way, f"{at}[{index}]", "position")
        for name in sorted({*old.patterns, *new.patterns}):
            one, other = old.patterns.get(name), new.patterns.get(name)
            self.member(one, other, way, f"{at}.{{/{name}/}}", "pattern of names")
        self.extra(old, new, way, at)

    def member(
        self, old: Node | None, new: Node | None, way: Direction, at: str, what: str
    ) -> None:
        """Compare what applies to a value if it is there: without it anything goes."""
        if old is not None and new is not None:
            self.below(old, new, way, at)
        elif old is not None:
            self.note(way, at, what, described(self.reader_old, old), None, _judge("wider", way))
        elif new is not None:
            self.note(way, at, what, None, described(self.reader_new, new), _judge("narrower", way))

    def extra(self, old: Alternative, new: Alternative, way: Direction, at: str) -> None:
        if old.extra is False or new.extra is False:
            if old.extra is not new.extra:
                words = ["forbidden" if one.extra is False else "allowed" for one in (old, new)]
                # Readers must take new fields anyway, as they must where a field is documented.
                severity = _judge("wider" if old.extra is False else "narrower", way)
                severity = "additive" if way == "response" else severity
                severity = "documentation" if self.by_meaning else severity
                self.note(way, f"{at}.{{*}}", "other fields", words[0], words[1], severity)
        elif not (self.by_meaning and () in (old.extra, new.extra)):
            self.below(old.extra, new.extra, way, f"{at}.{{*}}")

    def values(
        self, old: Alternative, new: Alternative, way: Direction, at: str, prose: tuple[str, str]
    ) -> None:
        if old.values is None and new.values is None:
            return
        mine, theirs = old.values, new.values
        if self.by_meaning and mine is None:
            mine = mentioned(theirs, prose[0])
        if self.by_meaning and theirs is None:
            theirs = mentioned(mine, prose[1])
        if mine is None or theirs is None:
            closed = not (old.open or new.open)
            severity = (
                _judge("wider" if theirs is None else "narrower", way) if closed else "additive"
            )
            shown = [None if one is None else ", ".join(one) for one in (mine, theirs)]
            self.note(
                way,
                at,
                "known values" if not closed else "only these values",
                shown[0],
                shown[1],
                severity,
            )
            return
        for value in mine:
            if value not in theirs:
                self.note(way, at, "value", value, None, "breaking")
        for value in theirs:
            if value not in mine:
                met = way == "response" and not old.open and not new.open
                self.note(way, at, "value", None, value, "breaking" if met else "additive")
        words = [_OPENNESS[one.values is None, one.open] for one in (old, new)]
        if words[0] != words[1]:
            severity = _judge("wider" if new.open else "narrower", way)
            self.note(
                way,
                at,
                "values",
                words[0],
                words[1],
                "documentation" if self.by_meaning else severity,
            )

    def rules(self, old: dict[str, Any], new: dict[str, Any], way: Direction, at: str) -> None:
        for key in sorted({*old, *new}):
            if key.startswith("x-") and self.by_meaning:
                continue  # this project's own
            if old.get(key) != new.get(key) and not (self.by_meaning and key == "discriminator"):
                shown = [_rule(key, rules[key]) if key in rules else None for rules in (old, new)]
                severity = _judge(_effect(key, old.get(key), new.get(key)), way)
                if key in _STATED_LATER and key not in old:
                    severity = "documentation"
                self.note(way, at, key, shown[0], shown[1], severity)

    def model_bounds(self, old: Alternative, new: Alternative, way: Direction, at: str) -> None:
        """Compare the bounds for each model that one of both has bounds of its own for."""
        changes: dict[tuple[str, str | None, str | None, Effect], list[str]] = {}
        for model in {**old.model_bounds, **new.model_bounds}:
            mine, theirs = (one.model_bounds.get(model, one.rules) for one in (old, new))
            for side in ("lower bound", "upper bound"):
                if mine.get(side) != theirs.get(side):
                    shown = [_rule(side, r[side]) if side in r else None for r in (mine, theirs)]
                    effect = _effect(side, mine.get(side), theirs.get(side))
                    changes.setdefault((side, shown[0], shown[1], effect), []).append(model)
        for (side, before, after, effect), models in changes.items():
            what = f"{side} for {', '.join(models)}"
            self.note(way, at, what, before, after, _judge(effect, way))

    def fields(self, old: Alternative, new: Alternative, way: Direction, at: str) -> None:
        mine, theirs = _visible(self.reader_old, old, way), _visible(self.reader_new, new, way)
        for name in {**mine, **theirs}:
            place = f"{at}.{name}" if re.fullmatch(r"[\w$-]+", name) else f'{at}["{name}"]'
            words = [_wanted(name in one.required) for one in (old, new)]
            if name not in mine:
                shown = described(self.reader_new, theirs[name])
                said = f"{words[1]} field" if way == "request" else "field"
                hard = way == "request" and words[1] == "required"
                self.note(way, place, said, None, shown, "breaking" if hard else "additive")
            elif name not in theirs:
                shown = described(self.reader_old, mine[name])
                self.note(way, place, "field", shown, None, "breaking")
            else:
                if words[0] != words[1] and not (self.by_meaning and way == "response"):
                    effect: Effect = "narrower" if words[1] == "required" else "wider"
                    self.note(way, place, "field", words[0], words[1], _judge(effect, way))
                self.below(mine[name], theirs[name], way, place)


# What held before the contract said so.
_STATED_LATER = ("x-max-body-bytes", "x-max-data-bytes", "x-merge")
_OPENNESS = {(True, False): "in words", (False, False): "closed", (False, True): "open"}


def _wanted(required: bool) -> str:
    return "required" if required else "optional"


def _above(at: str) -> list[str]:
    """Return a location and those that it is inside."""
    return [at, *(at[: cut.start()] for cut in re.finditer(r"[.\[<]", at))]


def _spoken(values: list[Any]) -> str:
    return " / ".join(value if isinstance(value, str) else to_json(value) for value in values)


def _short(text: str | None, most: int = 90) -> str:
    line = " ".join((text or "").split())
    return line if len(line) <= most else line[: most - 1] + "…"


def _visible(reader: Reader, one: Alternative, way: Direction) -> dict[str, Node]:
    """Leave out the fields that never travel this way."""
    return {
        name: node
        for name, node in one.fields.items()
        if not (way == "request" and reader.shape(node).read_only)
        and not (way == "response" and reader.shape(node).write_only)
    }


def _rule(key: str, value: Any) -> str:
    if key.endswith("bound"):
        number, excluded = value
        sign = "<" if key.startswith("upper") else ">"
        return f"{sign}{'' if excluded else '='} {to_json(number)}"
    return value if isinstance(value, str) else to_json(value)


def _effect(key: str, old: Any, new: Any) -> Effect:
    """What a changed rule does to the set of values that it allows."""
    if old is None or new is None:
        return "narrower" if old is None else "wider"
    # JSON Schema allows no multipleOf of 0 or less, yet it is met.
    if key == "multipleOf" and old > 0 and new > 0 and not (old % new and new % old):
        return "narrower" if new % old == 0 else "wider"
    if key.endswith("bound"):
        old, new = (
            bound if key.startswith("lower") else (-bound[0], bound[1]) for bound in (old, new)
        )
    elif key.startswith(("max", "x-max")):
        old, new = -old, -new
    elif not key.startswith("min"):
        return "other"
    return "narrower" if new > old else "wider"
