"""httpx with httpx-sse, for streams."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from importlib import import_module
from typing import Any

import httpx

from .floor import PATH, STREAM_BODY, client, client_async

__all__ = ["client", "client_async", "stream", "stream_async"]

# Not installed where the types are checked.
httpx_sse: Any = import_module("httpx_sse")


def stream(client: httpx.Client) -> Iterator[str]:
    with httpx_sse.connect_sse(client, "POST", PATH, json=STREAM_BODY) as source:
        for event in source.iter_sse():
            if event.data != "[DONE]":
                yield json.loads(event.data)["choices"][0]["delta"]["content"]


async def stream_async(client: httpx.AsyncClient) -> AsyncIterator[str]:
    async with httpx_sse.aconnect_sse(client, "POST", PATH, json=STREAM_BODY) as source:
        async for event in source.aiter_sse():
            if event.data != "[DONE]":
                yield json.loads(event.data)["choices"][0]["delta"]["content"]
