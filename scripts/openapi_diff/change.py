"""One change between two documents, with its class."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

Severity: TypeAlias = Literal["breaking", "additive", "documentation"]
Direction: TypeAlias = Literal["request", "response", "api", "unused"]

SEVERITIES: tuple[Severity, ...] = ("breaking", "additive", "documentation")
_LONGEST_VALUE = 90
_LONGEST_SHAPE = 240


@dataclass(frozen=True)
class Change:
    """One change of the contract. `old` or `new` is None where something was added or removed."""

    severity: Severity
    direction: Direction
    location: str  # such as `POST /v1/chat/completions request.messages[].role`
    what: str
    old: str | None
    new: str | None
    also: tuple[str, ...] = ()  # the other places of the same schema
    remark: str = ""

    @property
    def kind(self) -> Literal["added", "removed", "changed"]:
        """Whether it is in NEW only, in OLD only, or in both but different."""
        if self.old is None:
            return "added"
        return "removed" if self.new is None else "changed"

    @property
    def message(self) -> str:
        """What happened, on one line."""
        if self.old is None or self.new is None:
            shown = _shortened(self.new if self.old is None else self.old, _LONGEST_SHAPE)
            text = f"{self.what} {self.kind}: {shown}"
        else:
            old, new = _shortened(self.old, _LONGEST_VALUE), _shortened(self.new, _LONGEST_VALUE)
            text = f"{self.what}: {old} → {new}"
        return f"{text} ({self.remark})" if self.remark else text

    @property
    def elsewhere(self) -> str:
        """The other places, as they follow the message."""
        if len(self.also) > 1:
            return f" (also at {len(self.also)} more: {self.also[0]})"
        return "".join(f" (also at {place})" for place in self.also)

    def as_json(self) -> dict[str, object]:
        return {
            "class": self.severity,
            "kind": self.kind,
            "direction": self.direction,
            "location": self.location,
            "also": self.also,
            "message": self.message,
            "old": self.old,
            "new": self.new,
        }


def verdict(changes: Iterable[Change]) -> Severity | None:
    """Return the gravest class among the changes, None if there are none."""
    found = {change.severity for change in changes}
    return next((severity for severity in SEVERITIES if severity in found), None)


def _shortened(text: str | None, most: int) -> str:
    line = " ".join((text or "").split())
    return line if len(line) <= most else line[: most - 1] + "…"
