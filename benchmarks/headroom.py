"""How many replies a second the stub gives to a client that does next to nothing."""

import asyncio
import time

from stub import REPLIES

CALLS = 5


async def replies_per_second(port: int, reply: str, connections: int) -> float:
    request = f"POST /{reply} HTTP/1.1\r\ncontent-length: 2\r\n\r\n{{}}".encode()
    length = len(REPLIES[reply])

    async def calls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(CALLS):
            writer.write(request)
            await reader.readexactly(length)

    opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(connections)]
    start = time.perf_counter()
    await asyncio.gather(*[calls(reader, writer) for reader, writer in opened])
    seconds = time.perf_counter() - start
    for _, writer in opened:
        writer.close()
    return connections * CALLS / seconds
