"""The HTTP library that the tests use: the one that the client prefers, of httpx and httpx2."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx as httpx
else:
    from minimax_chat._http import default_library as httpx

__all__ = ["httpx"]
