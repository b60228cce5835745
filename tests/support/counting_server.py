"""A server that answers each prompt with itself, and counts them."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from typing import Any, Self


def answer(prompt: str) -> bytes:
    body: dict[str, Any] = {
        "id": "1",
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": prompt},
            }
        ],
        "usage": {"total_tokens": 60, "prompt_tokens": 40, "completion_tokens": 20},
        "base_resp": {"status_code": 0, "status_msg": ""},
    }
    return json.dumps(body).encode()


class CountingServer:
    def __init__(self, latency: float = 0.02) -> None:
        self._latency = latency
        self.prompts: Counter[str] = Counter()
        self.base_url = ""
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=[self._serve()])

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *exception: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()
        self._loop.close()

    async def _serve(self) -> None:
        self._end = asyncio.Event()
        server = await asyncio.start_server(self._answer, "127.0.0.1", backlog=2048)
        self.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._ready.set()
        await self._end.wait()
        server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
                request = json.loads(await reader.readexactly(length))
                prompt = request["messages"][-1]["content"]
                self.prompts[prompt] += 1
                await asyncio.sleep(self._latency)
                body = answer(prompt)
                head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                writer.write(head + b"content-length: %d\r\n\r\n" % len(body) + body)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            writer.close()
