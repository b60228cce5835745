"""The pieces of a streamed answer, merged as the contract says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, TypeAlias

from minimax_chat_api.contract import MERGES, Merge

from ._json import as_object

UNKNOWN = Merge("")
WHOLES = {
    component: {merge.into: merge.component for merge in merges.values() if merge.into}
    for component, merges in MERGES.items()
}
"""Fields of the whole answer that pieces make up, with their component, by the one they are in."""

# Below this length a piece may begin like all that came before it by mere chance.
CHANCE = 8

Decisions: TypeAlias = dict[tuple[str, str], bool]
"""Whether the pieces of a field are cumulative, once a stream has shown it."""


class Text:
    """A text whose pieces are joined."""

    takes: ClassVar[type] = str

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._taken = 0

    def add(self, piece: str) -> None:
        self._pieces.append(piece)

    def take(self, *, last: bool = False) -> str:
        """What has been added since the last time; `last`: nothing more will come."""
        new = "".join(self._pieces[self._taken :])
        self._taken = len(self._pieces)
        return new

    def whole(self) -> str:
        return "".join(self._pieces)


class CumulativeText(Text):
    """A text whose pieces are joined, or each of which repeats all that came before it.

    One rule holds for all texts of the field in a stream. A piece that does not begin like its
    predecessor shows that they are joined, one that begins like a long predecessor that they are
    cumulative. Until then only the first piece is passed on.
    """

    def __init__(self, key: tuple[str, str], decisions: Decisions) -> None:
        super().__init__()
        self._key, self._decisions = key, decisions
        self._length_taken = 0

    def add(self, piece: str) -> None:
        cumulative = self._decisions.get(self._key)
        before = self._pieces[-1] if self._pieces else ""
        if cumulative is None and not piece.startswith(before):
            self._decisions[self._key] = False
        elif cumulative is None and len(before) >= CHANCE:
            self._decisions[self._key] = cumulative = True
        if cumulative:
            whole = self.whole()
            self._pieces = [piece if piece.startswith(whole) else whole + piece]
        else:
            self._pieces.append(piece)

    def take(self, *, last: bool = False) -> str:
        cumulative = self._decisions.get(self._key)
        if cumulative is False:
            return super().take()
        known = self.whole() if cumulative or last else "".join(self._pieces[:1])
        new, self._length_taken = known[self._length_taken :], len(known)
        self._taken = min(1, len(self._pieces))  # should the rest turn out to be joined
        return new

    def whole(self) -> str:
        cumulative = self._decisions.get(self._key)
        if cumulative is None:
            # Each piece begins like its predecessor; a single character may do so by chance.
            cumulative = len(self._pieces) > 1 and len(self._pieces[-2]) > 1
        if not cumulative:
            return super().whole()
        whole = ""
        for piece in self._pieces:
            whole = piece if piece.startswith(whole) else whole + piece
        return whole


class Items:
    """A list whose pieces are joined."""

    takes: ClassVar[type] = list

    def __init__(self) -> None:
        self._items: list[Any] = []

    def add(self, items: list[Any]) -> None:
        self._items.extend(items)

    def whole(self) -> list[Any]:
        return self._items.copy()


class Unknown:
    """A value that the contract does not know, or that is not of the type it says.

    Nothing of it is overwritten: texts and lists are joined, objects merged, and of anything else
    that comes with several values there is a list. A value that is the same every time is one.
    """

    takes: ClassVar[type] = object

    def __init__(self) -> None:
        self._runs: list[tuple[Any, int]] = []  # values, and how often each came in a row

    def add(self, value: Any) -> None:
        if self._runs and _same(self._runs[-1][0], value):
            self._runs[-1] = (value, self._runs[-1][1] + 1)
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
        try:
            for value in values:
                node.add(value)
            return node.whole()
        except RecursionError:  # nested too deeply to be merged
            return values


class Object:
    """An object whose fields are merged one by one."""

    takes: ClassVar[type] = dict

    def __init__(self, component: str, decisions: Decisions) -> None:
        self._component, self._decisions = component, decisions
        self._merges = MERGES.get(component, {})
        self._wholes = WHOLES.get(component, {})
        self._fields: dict[str, Any] = {}  # nodes, and values as they came

    def add(self, piece: dict[str, Any]) -> None:
        for name, value in piece.items():
            if name not in self._wholes:
                self._add(name, value)
        for name in self._wholes.keys() & piece.keys():
            # The whole beside its pieces: what has come in pieces is not added again.
            node = self._fields.get(name)
            if not isinstance(node, Object):
                node = self._fields[name] = Object(self._wholes[name], self._decisions)
            node.fill(as_object(piece[name]))

    def fill(self, whole: dict[str, Any]) -> None:
        """Adds the fields that have said nothing so far."""
        self.add({name: each for name, each in whole.items() if not _says(self._fields.get(name))})

    def get(self, name: str) -> Any:
        """The node that takes the pieces of a field, or its value as it came."""
        return self._fields.get(name)

    def whole(self) -> dict[str, Any]:
        return {name: _whole(each) for name, each in self._fields.items()}

    def _add(self, name: str, value: Any) -> None:
        merge = self._merges.get(name, UNKNOWN)
        target = merge.into or name
        known: Any = self._fields.get(target)
        if not _says(value):
            self._fields.setdefault(target, value)
        elif merge.how == "replace":
            self._fields[target] = value
        elif _is_node(known) and isinstance(value, known.takes):
            known.add(value)
        else:
            node = self._fields[target] = Unknown() if _says(known) else self._node(name, value)
            if _says(known):
                node.add(_whole(known))
            node.add(value)

    def _node(self, name: str, value: Any) -> Any:
        merge = self._merges.get(name, UNKNOWN)
        nodes: dict[str, Any] = {
            "append": Items() if isinstance(value, list) else Text(),
            "append-or-cumulative": CumulativeText((self._component, name), self._decisions),
            "by-index": Entries(merge.component, self._decisions),
            "object": Object(merge.component, self._decisions),
        }
        node = nodes.get(merge.how)
        return node if node is not None and isinstance(value, node.takes) else Unknown()


class Entries:
    """A list of objects, whose pieces are told apart by index, else by id.

    A piece that has neither goes on with the last entry. An entry without an index has that of its
    place.
    """

    takes: ClassVar[type] = list

    def __init__(self, component: str, decisions: Decisions) -> None:
        self._component, self._decisions = component, decisions
        self._by_index: dict[int, Object] = {}
        self._by_id: dict[str, Object] = {}
        self._strays: list[Any] = []  # what is no object
        self.touched: list[Object] = []
        """The entries that the last pieces were for."""

    def __iter__(self) -> Iterator[Object]:
        """The entries in the order of their arrival."""
        return iter(self._by_index.values())

    def add(self, items: list[Any]) -> None:
        pieces = [as_object(item) for item in items if item and isinstance(item, dict)]
        self._strays.extend(item for item in items if not isinstance(item, dict))
        nameless = [piece for piece in pieces if _index(piece) is None and not _id(piece)]
        touched: list[Object] = []
        for place, piece in enumerate(pieces):
            # Of several that come at once, none goes on with another.
            last = [*self][place : place + 1] if len(nameless) > 1 else self.touched[-1:]
            touched.append(self._entry(piece, last))
            touched[-1].add(piece)
        self.touched = touched or self.touched

    def whole(self) -> list[Any]:
        entries = [entry.whole() for _, entry in sorted(self._by_index.items())]
        return [*entries, *self._strays]

    def _entry(self, piece: dict[str, Any], last: list[Object]) -> Object:
        index, identity = _index(piece), _id(piece)
        if index is not None:
            entry = self._by_index.get(index)
        elif identity:
            entry = self._by_id.get(identity)
        else:
            entry = last[0] if last else None
        if entry is None:
            entry = Object(self._component, self._decisions)
            while index is None or index in self._by_index:
                index = len(self._by_index) if index is None else index + 1
            self._by_index[index] = entry
        if identity:
            self._by_id.setdefault(identity, entry)
        return entry


NODES = (Text, Items, Unknown, Object, Entries)


def _is_node(field: Any) -> bool:
    return isinstance(field, NODES)


def _whole(field: Any) -> Any:
    return field.whole() if _is_node(field) else field


def _says(value: Any) -> bool:
    return value is not None and value != ""


def _same(one: Any, other: Any) -> bool:
    try:
        return type(one) is type(other) and bool(one == other)
    except RecursionError:
        return False


def _id(piece: dict[str, Any]) -> str:
    identity = piece.get("id")
    return identity if isinstance(identity, str) else ""


def _index(item: Any) -> int | None:
    index = as_object(item).get("index")
    return index if isinstance(index, int) and not isinstance(index, bool) else None
