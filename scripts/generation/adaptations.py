"""Changes what openapi-python-client wrote, where its code is not fit for this project.

The templates of the generator are not its public API. Each change replaces text that must be there,
so that another generator is noticed.
"""

from __future__ import annotations

import re
from pathlib import Path

from generation.tools import RegenerationError

UNSET_AS_GENERATED = "class Unset:\n"
UNSET_KEPT_SINGLE = """class Unset:
    def __reduce__(self) -> str:
        # Models recognize a missing field by the identity of UNSET: copies and pickles keep it.
        return "UNSET"

"""

CLIENT_AS_GENERATED = "from .client import AuthenticatedClient, Client\n"
CLIENT_AT_FIRST_USE = '''from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .client import AuthenticatedClient, Client
else:

    def __getattr__(name: str) -> object:
        """Import the client at its first use: other modules work without attrs and httpx."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from . import client

        value = getattr(client, name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return [*{*globals(), *__all__}]

'''

# Where a list may be null, the generator keeps a value of another type as it came, but not an item:
# a single one keeps the others from being read, and to_dict() fails on it.
ITEM_PARSED = re.compile(
    r"( +)for (\w+_type_\d+)_item_data in _\2:\n(?= +\2_item = \w+\.from_dict\()"
)
ITEM_WRITTEN = re.compile(
    r"( +)for (\w+?)(_type_\d+)_item_data in self\.(\w+):\n"
    r"(?= +\2\3_item = (?:\(\n +)?\2\3_item_data\.to_dict\(\))"
)
ODD_ITEM_PARSED = """\
\\1for \\2_item_data in _\\2:
\\1    if not isinstance(\\2_item_data, Mapping):
\\1        \\2.append(\\2_item_data)
\\1        continue
"""
ODD_ITEM_WRITTEN = """\
\\1for \\2\\3_item_data in cast(list[Any], self.\\4):
\\1    if not hasattr(\\2\\3_item_data, "to_dict"):
\\1        \\4.append(\\2\\3_item_data)
\\1        continue
"""
# To Python, true is 1.
INTEGER_AS_GENERATED = "if not isinstance(data, int):\n"
INTEGER_ALONE = "if not isinstance(data, int) or isinstance(data, bool):\n"


def adapt(package: Path) -> None:
    """Change the generator's own files in `package`."""
    for path in (package / "models").glob("*.py"):
        _keep_odd_values(path)
    _replace(package / "types.py", UNSET_AS_GENERATED, UNSET_KEPT_SINGLE)
    _replace(package / "__init__.py", CLIENT_AS_GENERATED, CLIENT_AT_FIRST_USE)


def _keep_odd_values(path: Path) -> None:
    """Make the model keep what has another type than documented, as it came."""
    source = path.read_text(encoding="utf-8")
    source, parsed = ITEM_PARSED.subn(ODD_ITEM_PARSED, source)
    source, written = ITEM_WRITTEN.subn(ODD_ITEM_WRITTEN, source)
    if parsed != written:
        raise RegenerationError(
            f"the generator writes another {path.name}, where lists are read or written otherwise: "
            "change scripts/generation/adaptations.py"
        )
    source = source.replace(INTEGER_AS_GENERATED, INTEGER_ALONE)
    path.write_text(source, encoding="utf-8")


def _replace(path: Path, old: str, new: str) -> None:
    source = path.read_text(encoding="utf-8")
    if source.count(old) != 1:
        raise RegenerationError(
            f"the generator writes another {path.name}, without {old.strip()!r}: change "
            "scripts/generation/adaptations.py"
        )
    path.write_text(source.replace(old, new), encoding="utf-8")
