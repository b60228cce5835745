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

    entry: dict[str, str | None]
    place: str  # such as `accepted.yaml:4`

    def matches(self, change: Change) -> bool:
        values = {key: getattr(change, key) for key in _OPTIONAL}
        return (
            self.entry["what"] == change.what
            and self.entry["location"] in (change.location, *change.also)
            and all(self.entry.get(key, value) == value for key, value in values.items())
        )

    def __str__(self) -> str:
        return f"{self.entry['location']} {self.entry['what']} ({self.place})"


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
    lines = [cast(Any, node).start_mark.line + 1 for node in cast("list[yaml.Node]", root.value)]
    return [
        Accepted(_checked(as_map(entry), f"{path}: line {line}"), f"{path}:{line}")
        for entry, line in zip(as_list(data), lines, strict=True)
    ]


def _checked(entry: dict[str, Any], at: str) -> dict[str, str | None]:
    for key in _REQUIRED:
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            raise SpecError(f"{at}: `{key}` is required, as text")
    known = (*_REQUIRED, *_OPTIONAL)
    for key, value in entry.items():
        if key not in known:
            raise SpecError(f"{at}: unknown key `{key}`; known are {', '.join(known)}")
        if value is not None and not isinstance(value, str):
            raise SpecError(f"{at}: `{key}` must be text; put it in quotes")
    return entry


def add_accepted(path: str, changes: Sequence[Change], reason: str) -> None:
    """Append the changes to the file, which need not exist yet."""
    keys = ("location", "what", "old", "new")
    entries = [{key: getattr(one, key) for key in keys} | {"reason": reason} for one in changes]
    if entries:
        text = yaml.safe_dump(entries, allow_unicode=True, sort_keys=False, width=120)
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)
