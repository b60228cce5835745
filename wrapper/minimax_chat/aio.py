"""The asynchronous client, for asyncio: the mirror of client.py."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Literal, Self, Unpack, overload

from ._client import BaseClient, Chat, PublicNames
from ._completion import Completion, CompletionChunk
from ._config import Config
from ._connections import Connection, Connections
from ._errors import MiniMaxError
from ._http import AsyncClient, Response, build_request, library, map_http_errors, short_read
from ._reply import ReplyHead
from ._request import PreparedCall, show_parameters
from ._retry import retry_delay
from ._stream import StreamReader

if TYPE_CHECKING:
    from ._params import CreateParams


class AsyncStream(PublicNames):
    """An answer in chunks, as they arrive: iterate over it in `async with`, which closes it.

    Errors hold what had arrived in `completion`; an incomplete stream always raises one.

    Raises:
        StreamInterruptedError: The connection was lost, or the stream ended without a
            finish_reason.
        APIError: The API returned an error during the stream.
    """

    def __init__(
        self,
        reader: StreamReader,
        connection: Connection[AsyncClient],
        first: CompletionChunk,
        rest: AsyncIterator[CompletionChunk],
    ) -> None:
        self._reader, self._connection, self._rest = reader, connection, rest
        self._first: CompletionChunk | None = first
        self._closed = False

    @property
    def completion(self) -> Completion:
        """What has arrived so far; at the end, the answer that a plain call returns."""
        return self._reader.completion

    async def aclose(self) -> None:
        """Releases the connection; no more chunks follow."""
        self._closed = True
        await _close(self._connection)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> CompletionChunk:
        if self._closed:
            raise StopAsyncIteration
        chunk, self._first = self._first, None
        return chunk if chunk is not None else await anext(self._rest)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.aclose()


async def _close(connection: Connection[AsyncClient]) -> None:
    try:
        if connection.response is not None:
            await connection.response.aclose()
    finally:
        if (idle := connection.release()) is not None:
            await idle.aclose()


# Not a method, which would keep the stream alive in a reference cycle.
async def _chunks(
    reader: StreamReader, connection: Connection[AsyncClient], response: Response
) -> AsyncIterator[CompletionChunk]:
    try:
        redact = reader.head.call.config.redact
        with map_http_errors(redact, broken_off=reader.broken_off):
            body = response.aiter_bytes()
            async for data in body:
                for chunk in reader.feed(data):
                    yield chunk
                if reader.done:
                    with short_read(response) as is_short:
                        if is_short:
                            await anext(body, None)
                    break
        for chunk in reader.end():
            yield chunk
    finally:
        await _close(connection)


class Completions(PublicNames):
    """The API's `chat.completions` namespace."""

    def __init__(self, config: Config, connections: Connections[AsyncClient]) -> None:
        self._config, self._connections = config, connections

    @overload
    async def create(
        self, *, stream: Literal[True], **params: Unpack[CreateParams]
    ) -> AsyncStream: ...
    @overload
    async def create(
        self, *, stream: Literal[False] | None = None, **params: Unpack[CreateParams]
    ) -> Completion: ...
    @overload
    async def create(
        self, *, stream: bool | None, **params: Unpack[CreateParams]
    ) -> Completion | AsyncStream: ...
    @show_parameters
    async def create(
        self, *, stream: bool | None = None, **params: Unpack[CreateParams]
    ) -> Completion | AsyncStream:
        """Answers `messages`: with the whole answer or, if `stream` is true, in chunks.

        Arguments that are None are not sent.

        Args:
            stream: Whether to return the answer in chunks, as they arrive.

        Raises:
            InvalidArgumentError: An argument violates the contract; nothing was sent.
            APIError: The API returned an error; the subclasses say which.
            APIConnectionError: The API could not be reached, or (APITimeoutError) not in time.
            ResponseDecodeError: The response violates the schema.
        """
        call = PreparedCall.prepare(self._config, stream, params)
        attempt = 0
        while True:
            attempt += 1
            call.log_attempt(attempt)
            try:
                return await self._send(call)
            except MiniMaxError as error:
                delay = retry_delay(error, attempt, call.config.max_retries)
                if delay is None:
                    raise
            await asyncio.sleep(delay)

    async def _send(self, call: PreparedCall) -> Completion | AsyncStream:
        connection = self._connections.take()
        try:
            with map_http_errors(call.config.redact):
                request = build_request(connection.http, call.request)
                response = await connection.http.send(
                    request, stream=True, auth=call.authorize, follow_redirects=False
                )
            connection.response = response
            head = ReplyHead.of(call, response)
            if call.stream:
                reader = StreamReader(head)
                chunks = _chunks(reader, connection, response)
                # Read here, because a failure before the first chunk can still be retried.
                first = await anext(chunks)
                return AsyncStream(reader, connection, first, chunks)
            with map_http_errors(call.config.redact, begun=True):
                body = await response.aread()
        except BaseException:
            await _close(connection)
            raise
        await _close(connection)
        return head.completion(body)


def _has_ended(loop: asyncio.AbstractEventLoop) -> bool:
    return loop.is_closed()


class AsyncMiniMax(BaseClient[AsyncClient]):
    """A client of MiniMax's chat completions, safe to share between tasks."""

    _new_http_client = library.AsyncClient
    _scope = staticmethod(asyncio.get_running_loop)
    _has_ended = staticmethod(_has_ended)

    @property
    def chat(self) -> Chat[Completions]:
        """The API's `chat` namespace."""
        return Chat(Completions(self._config, self._connections))

    async def aclose(self) -> None:
        """Closes the connections; the client can no longer be used."""
        for http in self._retire():
            await http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.aclose()
