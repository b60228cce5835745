"""Changes what openapi-python-client wrote, where its code is not fit for this project.

The templates of the generator are not its public API. Each change replaces text that must be there
exactly once, so that another generator is noticed.
"""

from __future__ import annotations

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


def adapt(package: Path) -> None:
    """Change the generator's own files in `package`."""
    _replace(package / "types.py", UNSET_AS_GENERATED, UNSET_KEPT_SINGLE)
    _replace(package / "__init__.py", CLIENT_AS_GENERATED, CLIENT_AT_FIRST_USE)


def _replace(path: Path, old: str, new: str) -> None:
    source = path.read_text(encoding="utf-8")
    if source.count(old) != 1:
        raise RegenerationError(
            f"the generator writes another {path.name}, without {old.strip()!r}: change "
            "scripts/generation/adaptations.py"
        )
    path.write_text(source.replace(old, new), encoding="utf-8")
