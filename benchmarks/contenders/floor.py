"""The floor: the least that httpx and json.loads need for the same work, written by hand."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx

from . import KEY, MESSAGES, MODEL

PATH = "/v1/chat/completions"
BODY = {"model": MODEL, "messages": MESSAGES}
STREAM_BODY = {**BODY, "stream": True}
HEADERS = {"Authorization": f"Bearer {KEY}"}


def client(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers=HEADERS, timeout=120)


def client_async(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, headers=HEADERS, timeout=120)


def call(client: httpx.Client) -> str:
    response = client.post(PATH, json=BODY).raise_for_status()
    return _content(json.loads(response.content), "message")


async def call_async(client: httpx.AsyncClient) -> str:
    response = (await client.post(PATH, json=BODY)).raise_for_status()
    return _content(json.loads(response.content), "message")


def stream(client: httpx.Client) -> Iterator[str]:
    with client.stream("POST", PATH, json=STREAM_BODY) as response:
        response.raise_for_status()
        rest = b""
        for data in response.iter_bytes():
            *events, rest = (rest + data).split(b"\n\n")
            for event in events:
                if event != b"data: [DONE]":
                    yield _content(json.loads(str(event[6:], "utf-8")), "delta")


async def stream_async(client: httpx.AsyncClient) -> AsyncIterator[str]:
    async with client.stream("POST", PATH, json=STREAM_BODY) as response:
        response.raise_for_status()
        rest = b""
        async for data in response.aiter_bytes():
            *events, rest = (rest + data).split(b"\n\n")
            for event in events:
                if event != b"data: [DONE]":
                    yield _content(json.loads(str(event[6:], "utf-8")), "delta")


def _content(body: Any, part: str) -> str:
    content: str = body["choices"][0][part]["content"]
    return content
