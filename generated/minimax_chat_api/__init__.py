"""A client library for accessing MiniMax Chat Completions API"""

from typing import TYPE_CHECKING

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


__all__ = (
    "AuthenticatedClient",
    "Client",
)
