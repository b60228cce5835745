"""The OpenAI SDK."""

from __future__ import annotations

from openai import AsyncOpenAI, OpenAI

from . import KEY
from .openai_like import call, call_async, stream, stream_async

__all__ = ["call", "call_async", "client", "client_async", "stream", "stream_async"]


def client(url: str) -> OpenAI:
    return OpenAI(api_key=KEY, base_url=f"{url}/v1")


def client_async(url: str) -> AsyncOpenAI:
    return AsyncOpenAI(api_key=KEY, base_url=f"{url}/v1")
