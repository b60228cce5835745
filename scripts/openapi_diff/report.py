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
        found = [change.severity for change in self.changes]
        report = {
            "old": self.old,
            "new": self.new,
            "by_meaning": self.by_meaning,
            "verdict": verdict(self.changes),
            "counts": {severity: found.count(severity) for severity in SEVERITIES},
            "changes": [change.as_json() for change in self.changes],
            "not_compared": [*self.not_compared],
            "accepted": self.accepted,
            "stale": [*self.stale],
        }
        return json.dumps(report, ensure_ascii=False, indent=2)

    def _markdown(self) -> str:
        parts = [] if self.changes else ["No change of the contract."]
        for title, lines in {**self._changes("`"), **self._remarks()}.items():
            parts.append("\n".join([f"### {title}", "", *(f"- {line}" for line in lines)]))
        if self.accepted:
            parts.append(f"{self.accepted} accepted.")
        return "\n\n".join(parts)

    def _text(self) -> str:
        groups = self._changes("")
        lines = [f"{self.old} and {self.new}, compared by meaning:"] if self.by_meaning else []
        for title, group in {**groups, **self._remarks()}.items():
            lines += [f"{_lower(title)}: {line}" for line in group]
        totals = [f"{len(group)} {_lower(title)}" for title, group in groups.items()]
        accepted = [f"{self.accepted} accepted"] if self.accepted else []
        return "\n".join([*lines, ", ".join([*(totals or ["no change"]), *accepted])])

    def _changes(self, quote: str) -> dict[str, list[str]]:
        """Return a line for each change, by the title of its group."""
        titles: dict[str, str] = {severity: severity.capitalize() for severity in SEVERITIES}
        if self.by_meaning:
            titles = {
                "added": f"Only in {self.new}",
                "removed": f"Only in {self.old}",
                "changed": "Differs",
                "documentation": "Note",
            }
        groups: dict[str, list[str]] = {title: [] for title in titles.values()}
        for change in self.changes:
            is_note = change.severity == "documentation" or not self.by_meaning
            message = change.message
            if self.by_meaning:  # the title says "added" or "removed"
                message = message.replace(f"{change.what} {change.kind}:", f"{change.what}:", 1)
            line = f"{quote}{change.location}{quote} {message}{change.elsewhere}"
            groups[titles[change.severity if is_note else change.kind]].append(line)
        return {title: lines for title, lines in groups.items() if lines}

    def _remarks(self) -> dict[str, Sequence[str]]:
        remarks = {"Not compared": self.not_compared, "Accepted, but not found": self.stale}
        return {title: lines for title, lines in remarks.items() if lines}


def _lower(title: str) -> str:
    return title[0].lower() + title[1:]
