"""Merges the pieces of a streamed answer as the contract says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, TypeAlias

from minimax_chat_api.contract import MERGES, Merge

from ._json import as_array, as_object, as_string

UNKNOWN = Merge("")
WHOLES = {
    component: {merge.into: merge.component for merge in merges.values() if merge.into}
    for component, merges in MERGES.items()
}
"""By component: the fields that exist in the whole answer alone, with their own component."""
REPLACED = {
    component: frozenset(name for name, merge in merges.items() if merge.how == "replace")
    for component, merges in MERGES.items()
}
"""By component: the fields of which the last value counts, which are most of them."""

# Below this length, a piece may begin like the one before it by chance.
CHANCE = 8

# So many are joined, because short strings take ten times the memory of their text.
JOINED_PIECES = 1000

Decisions: TypeAlias = dict[tuple[str, str], bool]
"""Whether the pieces of a field are cumulative, by component and field, once it is known."""


class Text:
    """A text whose pieces are concatenated."""

    takes: ClassVar[type] = str

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._joined = 0  # how many of them are joined already
        self._taken = 0

    def add(self, piece: str) -> None:
        self._pieces.append(piece)

    def fill(self, whole: str) -> None:
        """Adds what the whole has beyond its pieces."""
        known = self.whole()
        if whole.startswith(known) and whole != known:
            self.add(whole[len(known) :])

    def take(self) -> str:
        """The text added since the last call."""
        new = "".join(self._pieces[self._taken :])
        if len(self._pieces) - self._joined > JOINED_PIECES:
            self._pieces[self._joined :] = ["".join(self._pieces[self._joined :])]
            self._joined += 1
        self._taken = len(self._pieces)
        return new

    def whole(self) -> str:
        return "".join(self._pieces)


class CumulativeText(Text):
    """A text whose pieces are concatenated, or else cumulative: each repeats all before it.

    The same rule holds for all texts of a field in a stream. A piece that does not begin with its
    predecessor shows that they are concatenated, one that begins with a long predecessor that they
    are cumulative.
    """

    def __init__(self, key: tuple[str, str], decisions: Decisions) -> None:
        super().__init__()
        self._key, self._decisions = key, decisions
        self._length_taken = 0

    @property
    def ambiguous(self) -> bool:
        """Whether the rule is unknown and matters, which it does not for a single piece."""
        return len(self._pieces) > 1 and self._key not in self._decisions

    def add(self, piece: str) -> None:
        before = self._pieces[-1] if self._pieces else ""
        if not piece.startswith(before):
            self._decisions.setdefault(self._key, False)
        elif len(before) >= CHANCE:
            self._decisions.setdefault(self._key, True)
        if self._decisions.get(self._key):
            whole = self.whole()
            self._pieces = [piece if piece.startswith(whole) else whole + piece]
        else:
            self._pieces.append(piece)

    def fill(self, whole: str) -> None:
        if self.ambiguous:
            self._decisions[self._key] = not whole.startswith("".join(self._pieces))
        super().fill(whole)

    def decide(self) -> None:
        """Decides the rule by the pieces so far; a single character proves nothing."""
        self._decisions.setdefault(self._key, self._looks_cumulative())

    def take(self) -> str:
        """The text added since the last call, which has to wait while the text is ambiguous."""
        if self._decisions.get(self._key) is False:
            return super().take()
        whole = self.whole()
        new, self._length_taken = whole[self._length_taken :], len(whole)
        self._taken = len(self._pieces)  # in case they turn out to be concatenated
        return new

    def whole(self) -> str:
        if self._decisions.get(self._key, self._looks_cumulative()):
            # The last piece, if there is one: add() has seen to it that it repeats all others.
            return "".join(self._pieces[-1:])
        return super().whole()

    def _looks_cumulative(self) -> bool:
        return len(self._pieces) > 1 and len(self._pieces[-2]) > 1


class Items:
    """A list whose pieces are concatenated."""

    takes: ClassVar[type] = list

    def __init__(self) -> None:
        self._items: list[Any] = []

    def add(self, items: list[Any]) -> None:
        self._items.extend(items)

    def whole(self) -> list[Any]:
        return self._items.copy()


class Unknown:
    """A value that the contract does not know, or that has another type than documented.

    Nothing is overwritten: texts and lists are concatenated, objects merged, and different values
    of any other type become a list. A value that is repeated unchanged stays one value.
    """

    takes: ClassVar[type] = object

    def __init__(self) -> None:
        self._runs: list[tuple[Any, int]] = []  # values, with how often each came in a row
        self.repeated = 0
        """Characters and items that came again, and are in the whole each time."""

    def add(self, value: Any) -> None:
        if self._runs and _same(self._runs[-1][0], value):
            self._runs[-1] = (value, self._runs[-1][1] + 1)
            self.repeated += len(as_string(value)) + len(as_array(value))
        else:
            self._runs.append((value, 1))

    def whole(self) -> Any:
        if len(self._runs) == 1:
            return self._runs[0][0]
        values = [value for value, times in self._runs for _ in range(times)]
        node: Any = None
        if all(isinstance(value, str) for value in values):
            node = Text()
        elif all(isinstance(value, dict) for value in values):
            node = Object("", {})
        elif all(isinstance(value, list) for value in values):
            numbered = all(_index(item) is not None for items in values for item in items)
            node = Entries("", {}) if numbered else Items()
        if node is None:
            return values
        for value in values:
            node.add(value)
        return node.whole()


class Object:
    """An object whose fields are merged separately."""

    takes: ClassVar[type] = dict

    def __init__(self, component: str, decisions: Decisions) -> None:
        self._component, self._decisions = component, decisions
        self._merges = MERGES.get(component, {})
        self._wholes = WHOLES.get(component, {})
        self._replaced = REPLACED.get(component, frozenset[str]())
        self._fields: dict[str, Any] = {}  # nodes, or plain values as they came

    def add(self, piece: dict[str, Any]) -> None:
        for name, value in piece.items():
            if name in self._replaced and _is_given(value):
                self._fields[name] = value
            elif name not in self._wholes:
                self._add(name, value)
        for name in self._wholes.keys() & piece.keys():
            # The whole after its pieces: only what the pieces lack is added.
            node = self._fields.get(name)
            if not isinstance(node, Object):
                node = self._fields[name] = Object(self._wholes[name], self._decisions)
            node.fill(as_object(piece[name]))

    def fill(self, whole: dict[str, Any]) -> None:
        """Adds what the whole has beyond its pieces."""
        for name, value in whole.items():
            known: Any = self._fields.get(name)
            if not _is_given(known):
                self.add({name: value})
            elif type(known) in FILLED and isinstance(value, known.takes):
                known.fill(value)

    def repeats(self, piece: dict[str, Any]) -> bool:
        """Whether a piece that was just added would change nothing if it were added again."""
        for name, value in piece.items():
            if name in self._replaced or not _is_given(value):
                continue
            node = self._fields.get(self._merges.get(name, UNKNOWN).into or name)
            if isinstance(node, Object) and isinstance(value, dict):
                repeated = node.repeats(as_object(value))
            elif isinstance(node, Entries) and isinstance(value, list):
                repeated = node.repeats(as_array(value))
            else:
                repeated = False
            if not repeated:
                return False
        return True

    def get(self, name: str) -> Any:
        """The node that merges the pieces of a field, or its plain value."""
        return self._fields.get(name)

    def whole(self) -> dict[str, Any]:
        # Not by _whole(): each level of nesting takes as few frames of the stack as possible.
        return {
            name: each.whole() if _is_node(each) else each for name, each in self._fields.items()
        }

    def _add(self, name: str, value: Any) -> None:
        merge = self._merges.get(name, UNKNOWN)
        target = merge.into or name
        known: Any = self._fields.get(target)
        if not _is_given(value):
            self._fields.setdefault(target, value)
        elif _is_node(known) and isinstance(value, known.takes):
            known.add(value)
        else:
            node = self._fields[target] = Unknown() if _is_given(known) else self._node(name, value)
            if _is_given(known):
                node.add(_whole(known))
            node.add(value)

    def _node(self, name: str, value: Any) -> Any:
        merge = self._merges.get(name, UNKNOWN)
        if merge.how == "append" and isinstance(value, str):
            return Text()
        if merge.how == "append" and isinstance(value, list):
            return Items()
        if merge.how == "append-or-cumulative" and isinstance(value, str):
            return CumulativeText((self._component, name), self._decisions)
        if merge.how == "by-index" and isinstance(value, list):
            return Entries(merge.component, self._decisions)
        if merge.how == "object" and isinstance(value, dict):
            return Object(merge.component, self._decisions)
        return Unknown()


class Entry:
    """An object in a list, with what identifies it."""

    def __init__(self, object: Object) -> None:
        self.object = object
        self.index: int | None = None
        self.id = ""


class Entries:
    """A list of objects, whose pieces belong together by index, else by id.

    A piece without either continues the last entry. If no piece of a list has either, each
    continues the entry at its position.
    """

    takes: ClassVar[type] = list

    def __init__(self, component: str, decisions: Decisions) -> None:
        self._component, self._decisions = component, decisions
        self._entries: list[Entry] = []
        self._by_index: dict[int, Entry] = {}
        self._by_id: dict[str, Entry] = {}
        self._last: Entry | None = None
        self._strays: list[Any] = []  # items that are not objects
        self.touched: list[Object] = []
        """The entries that the last pieces were merged into."""

    def __iter__(self) -> Iterator[Object]:
        """The entries in order of arrival."""
        return (entry.object for entry in self._entries)

    def first(self) -> Object | None:
        """The entry with index 0, else the one that arrived first."""
        entry = self._by_index.get(0, self._entries[0] if self._entries else None)
        return None if entry is None else entry.object

    def add(self, items: list[Any]) -> None:
        self.touched = []
        self._strays.extend(item for item in items if not isinstance(item, dict))
        for entry, piece in self._assigned(items):
            entry.object.add(piece)
            self.touched.append(entry.object)

    def repeats(self, items: list[Any]) -> bool:
        """Whether pieces that were just added would change nothing if they were added again."""
        assigned = list(self._assigned(items))
        return len(assigned) == len(items) and all(
            entry.object.repeats(piece) for entry, piece in assigned
        )

    def fill(self, items: list[Any]) -> None:
        """Adds what the whole list has beyond its pieces."""
        for entry, whole in self._assigned(items):
            entry.object.fill(whole)

    def whole(self) -> list[Any]:
        places = {id(entry): place for place, entry in enumerate(self._entries)}

        def place(entry: Entry) -> int:
            return places[id(entry)] if entry.index is None else entry.index

        return [*(each.object.whole() for each in sorted(self._entries, key=place)), *self._strays]

    def _assigned(self, items: list[Any]) -> Iterator[tuple[Entry, dict[str, Any]]]:
        """The pieces in a list, each with the entry that it belongs to."""
        pieces = [as_object(item) for item in items if item and isinstance(item, dict)]
        by_place = len(pieces) > 1 and not any(
            _index(each) is not None or _id(each) for each in pieces
        )
        for place, piece in enumerate(pieces):
            if by_place:
                self._last = self._entries[place] if place < len(self._entries) else None
            self._last = self._entry(piece)
            yield self._last, piece

    def _entry(self, piece: dict[str, Any]) -> Entry:
        index, identity = _index(piece), _id(piece)
        if index is not None:
            entry = self._by_index.get(index) or self._without_index(index, identity)
        elif identity:
            entry = self._by_id.get(identity)
        else:
            entry = self._last
        if entry is None:
            entry = Entry(Object(self._component, self._decisions))
            self._entries.append(entry)
        if index is not None:
            entry.index = index
            self._by_index[index] = entry
        if identity:
            entry.id = identity
            self._by_id.setdefault(identity, entry)
        return entry

    def _without_index(self, index: int, identity: str) -> Entry | None:
        """The entry, so far without index, of a piece: by its id, else by its position."""
        entry = self._by_id.get(identity)
        if entry is None and 0 <= index < len(self._entries):
            entry = self._entries[index]
            if entry.id and identity:
                return None
        return entry if entry is not None and entry.index is None else None


NODES = (Text, Items, Unknown, Object, Entries)
FILLED = (Text, CumulativeText, Object, Entries)


def _is_node(field: Any) -> bool:
    return isinstance(field, NODES)


def _whole(field: Any) -> Any:
    return field.whole() if _is_node(field) else field


def _is_given(value: Any) -> bool:
    """Whether a value says something, unlike null, "", [] and {}."""
    return bool(value) or isinstance(value, (int, float))


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _id(piece: dict[str, Any]) -> str:
    identity = piece.get("id")
    return identity if isinstance(identity, str) else ""


def _index(item: Any) -> int | None:
    """The index of an entry, which may come as a string or float."""
    index = as_object(item).get("index")
    if isinstance(index, str) and index.isdecimal() and len(index) < 10:
        return int(index)
    if isinstance(index, float) and index.is_integer():
        return int(index)
    return index if isinstance(index, int) and not isinstance(index, bool) else None


def size(node: Object) -> int:
    """About how many bytes of JSON it keeps: its pickle, and what is repeated."""
    from io import BytesIO  # rarely needed
    from pickle import Pickler

    class Meter(Pickler):
        repeated = 0

        def reducer_override(self, obj: Any) -> Any:
            if isinstance(obj, Unknown):
                Meter.repeated += obj.repeated
            return NotImplemented

    pickled = BytesIO()
    Meter(pickled).dump(node)
    return pickled.tell() + Meter.repeated
