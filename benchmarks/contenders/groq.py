"""Groq's SDK."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from . import KEY
from .openai_like import call, call_async, stream, stream_async

__all__ = ["call", "call_async", "client", "client_async", "stream", "stream_async"]

# Not installed where the types are checked.
groq: Any = import_module("groq")


def client(url: str) -> Any:
    return groq.Groq(api_key=KEY, base_url=url)


def client_async(url: str) -> Any:
    return groq.AsyncGroq(api_key=KEY, base_url=url)
