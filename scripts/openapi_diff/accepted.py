"""A YAML file of accepted differences, each with a reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from openapi_diff.change import Change
from spec.document import SpecError, YamlError, as_list, as_map, read_yaml

_REQUIRED = ("location", "what", "reason")
_OPTIONAL = ("old", "new")


@dataclass(frozen=True)
class Accepted:
    """One entry of the file; without `old` and `new` it matches any values."""

    location: str
    what: str
    reason: str
    values: dict[str, str | None]  # `old` and `new`, as far as they are given
    line: int

    def matches(self, change: Change) -> bool:
        return (
            self.what == change.what
            and self.location in (change.location, *change.also)
            and all(getattr(change, key) == value for key, value in self.values.items())
        )


def read_accepted(path: str) -> list[Accepted]:
    """Read a file of accepted differences; an entry without a reason is refused."""
    try:
        data, root = read_yaml(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(f"{path}: cannot be read: {error}") from None
    except YamlError as error:
        raise SpecError(f"{path}: not YAML: {error}") from None
    if root is None:
        return []
    if not isinstance(root, yaml.SequenceNode):
        raise SpecError(f"{path}: must be a list of accepted differences")
    entries: list[Accepted] = []
    for raw, node in zip(as_list(data), cast("list[yaml.Node]", root.value), strict=True):
        line = cast(Any, node).start_mark.line + 1
        entries.append(_entry(raw, line, f"{path}: line {line}"))
    return entries


def _entry(raw: object, line: int, at: str) -> Accepted:
    entry = as_map(raw)
    for key in _REQUIRED:
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            raise SpecError(f"{at}: `{key}` is required, as text")
    for key, value in entry.items():
        if key not in (*_REQUIRED, *_OPTIONAL):
            raise SpecError(
                f"{at}: unknown key `{key}`; known are {', '.join(_REQUIRED)}, old, new"
            )
        if value is not None and not isinstance(value, str):
            raise SpecError(f"{at}: `{key}` must be text; put it in quotes")
    values = {key: entry[key] for key in _OPTIONAL if key in entry}
    return Accepted(entry["location"], entry["what"], entry["reason"], values, line)


def without_accepted(
    changes: Sequence[Change], accepted: Sequence[Accepted]
) -> tuple[list[Change], list[Accepted]]:
    """Return the changes that are not accepted, and the stale entries, which match nothing."""
    left = [change for change in changes if not any(one.matches(change) for one in accepted)]
    stale = [one for one in accepted if not any(one.matches(change) for change in changes)]
    return left, stale


def add_accepted(path: str, changes: Sequence[Change], reason: str) -> None:
    """Append the changes to the file, which need not exist yet."""
    entries = [
        {
            "location": change.location,
            "what": change.what,
            "old": change.old,
            "new": change.new,
            "reason": reason,
        }
        for change in changes
    ]
    if entries:
        text = yaml.safe_dump(entries, allow_unicode=True, sort_keys=False, width=120)
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)
