"""Renders a comparison as text, Markdown or JSON."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from openapi_diff.change import SEVERITIES, Change, verdict


@dataclass(frozen=True)
class Report:
    """What to report; `old` and `new` are the names of the documents."""

    changes: Sequence[Change]
    old: str
    new: str
    by_meaning: bool = False
    not_compared: Sequence[str] = ()
    accepted: int = 0
    stale: Sequence[str] = ()

    def render(self, style: str) -> str:
        """Return the report as `text`, `markdown` or `json`."""
        if style == "json":
            return self._json()
        return self._markdown() if style == "markdown" else self._text()

    def _json(self) -> str:
        counts = dict.fromkeys(SEVERITIES, 0)
        for change in self.changes:
            counts[change.severity] += 1
        report = {
            "old": self.old,
            "new": self.new,
            "by_meaning": self.by_meaning,
            "verdict": verdict(self.changes),
            "counts": counts,
            "changes": [_as_json(change) for change in self.changes],
            "not_compared": [*self.not_compared],
            "accepted": self.accepted,
            "stale": [*self.stale],
        }
        return json.dumps(report, ensure_ascii=False, indent=2)

    def _markdown(self) -> str:
        groups = {
            title: [self._line(change, "`") for change in changes]
            for title, changes in self._groups().items()
        }
        if self.not_compared:
            groups["Not compared"] = [*self.not_compared]
        if self.stale:
            groups["Accepted, but not found"] = [*self.stale]
        parts = [
            "\n".join([f"### {title}", "", *(f"- {line}" for line in lines)])
            for title, lines in groups.items()
        ]
        if not self.changes:
            parts.insert(0, "No change of the contract.")
        if self.accepted:
            parts.append(f"{self.accepted} accepted.")
        return "\n\n".join(parts)

    def _text(self) -> str:
        lines = [f"{self.old} and {self.new}, compared by meaning:"] if self.by_meaning else []
        totals: list[str] = []
        for title, changes in self._groups().items():
            lower = title[0].lower() + title[1:]
            lines += [f"{lower}: {self._line(change)}" for change in changes]
            totals.append(f"{len(changes)} {lower}")
        lines += [f"not compared: {each}" for each in self.not_compared]
        lines += [f"accepted, but not found: {each}" for each in self.stale]
        totals = totals or ["no change"]
        if self.accepted:
            totals.append(f"{self.accepted} accepted")
        return "\n".join([*lines, ", ".join(totals)])

    def _groups(self) -> dict[str, list[Change]]:
        titles: dict[str, str] = {severity: severity.capitalize() for severity in SEVERITIES}
        if self.by_meaning:
            titles = {
                "added": f"Only in {self.new}",
                "removed": f"Only in {self.old}",
                "changed": "Differs",
                "documentation": "Note",
            }
        groups: dict[str, list[Change]] = {title: [] for title in titles.values()}
        for change in self.changes:
            is_note = change.severity == "documentation" or not self.by_meaning
            groups[titles[change.severity if is_note else change.kind]].append(change)
        return {title: changes for title, changes in groups.items() if changes}

    def _line(self, change: Change, quote: str = "") -> str:
        message = change.message
        if self.by_meaning and change.kind != "changed":
            message = message.replace(f"{change.what} {change.kind}", change.what, 1)
        also = ""
        if len(change.also) == 1:
            also = f" (also at {change.also[0]})"
        elif change.also:
            also = f" (also at {len(change.also)} more: {change.also[0]})"
        return f"{quote}{change.location}{quote} {message}{also}"


def _as_json(change: Change) -> dict[str, object]:
    return {
        "class": change.severity,
        "kind": change.kind,
        "direction": change.direction,
        "location": change.location,
        "also": change.also,
        "message": change.message,
        "old": change.old,
        "new": change.new,
    }
