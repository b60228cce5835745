"""How many replies a second the stub gives to a client that does next to nothing."""

from __future__ import annotations

import asyncio
import time

REQUEST = b"POST /%b HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}"


class RawClient(asyncio.Protocol):
    """Sends a request, and the next one when the reply has arrived."""

    def __init__(self, request: bytes, calls: int) -> None:
        self.request, self.calls = request, calls
        self.received = b""
        self.finished = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def send(self) -> None:
        self.received = b""
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.received += data
        # The end of the canned body.
        if self.received.endswith(b"}}"):
            self.calls -= 1
            if self.calls:
                self.send()
            else:
                self.finished.set_result(None)


async def replies_per_second(port: int, reply: str, connections: int, calls: int = 5) -> float:
    loop = asyncio.get_running_loop()
    request = REQUEST % reply.encode()
    clients: list[RawClient] = []
    for _ in range(connections):
        _, client = await loop.create_connection(
            lambda: RawClient(request, calls), "127.0.0.1", port
        )
        clients.append(client)
    start = time.perf_counter()
    for client in clients:
        client.send()
    await asyncio.gather(*[client.finished for client in clients])
    seconds = time.perf_counter() - start
    for client in clients:
        client.transport.close()
    return connections * calls / seconds
