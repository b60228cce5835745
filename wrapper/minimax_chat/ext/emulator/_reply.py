"""A reply on its way to the client."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.types import Receive, Scope, Send


@dataclass
class Reply:
    """An ASGI application that sends one reply, unless the client hangs up before its end."""

    status: int
    headers: dict[str, str]
    pieces: Sequence[bytes]
    delay: float = 0.0
    """Seconds before the first byte."""
    pace: float = 0.0
    """Seconds between two pieces."""
    dies: bool = False
    """Whether the connection dies after the last piece."""
    hung_up: bool = False
    """Whether the client has hung up before the end."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if await self._pause(receive, self.delay):
            return
        headers = [(name.encode(), value.encode()) for name, value in self.headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        for number, piece in enumerate(self.pieces):
            if number and await self._pause(receive, self.pace):
                return
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        if self.dies:
            scope["state"]["hang_up"]()
            await _hangs_up(receive, None)
        else:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _pause(self, receive: Receive, seconds: float) -> bool:
        self.hung_up = await _hangs_up(receive, seconds)
        return self.hung_up


async def _hangs_up(receive: Receive, seconds: float | None) -> bool:
    """Waits that long, None for ever; True as soon as the connection is closed."""
    if seconds == 0:
        # Streams without a pace take turns all the same.
        await asyncio.sleep(0)
        return False
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return False
    return True
