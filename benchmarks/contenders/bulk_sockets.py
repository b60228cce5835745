"""The bare loop: the least that asyncio needs to send requests and read replies; no retries."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from urllib.parse import urlsplit

from .bulk import Outcome, body, prompts


async def answers(url: str, count: int, concurrency: int) -> Outcome:
    address = urlsplit(url)
    source, outcome = prompts(count), Outcome()
    await asyncio.gather(
        *[_work(address.hostname, address.port, source, outcome) for _ in range(concurrency)]
    )
    return outcome


async def _work(
    host: str | None, port: int | None, source: Iterator[str], outcome: Outcome
) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    for prompt in source:
        data = json.dumps(body(prompt))
        head = f"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: {len(data)}\r\n\r\n"
        writer.write((head + data).encode())
        try:
            reply = await reader.readuntil(b"\r\n\r\n")
            _, _, length = reply.partition(b"content-length: ")
            await reader.readexactly(int(length.split(b"\r\n", 1)[0]))
        except asyncio.IncompleteReadError:
            outcome.failed += 1
            writer.close()
            reader, writer = await asyncio.open_connection(host, port)
        else:
            outcome.answered += 1
    writer.close()
