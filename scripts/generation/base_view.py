"""The code of views.py that is the same for every spec."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, ClassVar


class View:
    """A JSON object read by attribute: None for a missing or null field, `[]` for such an array."""

    __slots__ = ("_data",)
    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleMethodOverride]

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data

    def to_dict(self) -> dict[str, Any]:
        """A copy of the whole object as it came, including undocumented fields."""
        return copy.deepcopy(dict(self._data))

    def __eq__(self, other: object) -> bool:
        return self._data == other._data if isinstance(other, View) else NotImplemented

    def __repr__(self) -> str:
        return f"{type(self).__name__}({dict(self._data)!r})"

    def __dir__(self) -> list[str]:
        """Without private names, which would appear in completion."""
        return [name for name in super().__dir__() if name[0] != "_" or name.startswith("__")]

    def _value(self, name: str) -> Any:
        return self._data.get(name)

    def _object(self, name: str) -> dict[str, Any] | None:
        value: dict[str, Any] | None = self._data.get(name)
        return value if isinstance(value, dict) else None

    def _array(self, name: str) -> list[Any]:
        value: list[Any] | None = self._data.get(name)
        return value if isinstance(value, list) else []

    def _text(self, name: str) -> str:
        value = self._data.get(name)
        return value if isinstance(value, str) else ""
