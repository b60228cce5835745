"""The asynchronous client, for asyncio: the mirror of client.py."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Literal, Self, Unpack, overload

from ._client import BaseClient, Chat, PublicNames
from ._completion import Completion, CompletionChunk
from ._config import Config
from ._connections import Connection, Connections
from ._errors import ConfigurationError, MiniMaxError
from ._http import (
    AsyncClient,
    Response,
    adopted,
    default_library,
    map_http_errors,
    short_read,
)
from ._reply import ReplyHead, WholeReply
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
        first: CompletionChunk,
        rest: AsyncIterator[CompletionChunk],
        release: Callable[[], Awaitable[None]],
    ) -> None:
        self._reader, self._rest, self._release = reader, rest, release
        self._first: CompletionChunk | None = first
        self._closed = False

    @property
    def completion(self) -> Completion:
        """What has arrived so far; at the end, the answer that a plain call returns."""
        return self._reader.completion

    async def aclose(self) -> None:
        """Releases the connection; no more chunks follow."""
        self._closed = True
        await self._release()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> CompletionChunk:
        if self._closed:
            raise StopAsyncIteration
        chunk, self._first = self._first, None
        if chunk is not None:
            return chunk
        try:
            return await anext(self._rest)
        except MiniMaxError as error:
            raise error.with_traceback(None) from None  # as in `create`

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.aclose()


async def _close(connection: Connection[AsyncClient]) -> None:
    response, connection.response = connection.response, None
    try:
        if response is not None:
            await response.aclose()
    except BaseException:
        connection.interrupted = True
        raise
    finally:
        if (idle := connection.release()) is not None:
            await idle.aclose()


def _body(response: Response) -> AsyncIterator[bytes]:
    """The body, packed as it came unless it has been read already."""
    return response.aiter_bytes() if response.is_stream_consumed else response.aiter_raw()


# Not a method, which would keep the stream alive in a reference cycle.
async def _chunks(
    reader: StreamReader, connection: Connection[AsyncClient], body: AsyncIterator[bytes]
) -> AsyncIterator[CompletionChunk]:
    try:
        call = reader.head.call
        with map_http_errors(call.config.redact, call.deadline, broken_off=reader.broken_off):
            async for data in body:
                for chunk in reader.feed(data):
                    yield chunk
                if reader.done:
                    with short_read(connection.response) as is_short:
                        if is_short:
                            async for _ in body:
                                pass
                    break
                call.deadline.check()
        for chunk in reader.end():
            yield chunk
    except BaseException as error:
        connection.interrupted = not isinstance(error, (MiniMaxError, GeneratorExit))
        raise
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
                delay = retry_delay(error, attempt, call.config.max_retries, call.deadline.left)
                if delay is None:
                    # Its frames hold the reply as it came, in which some servers echo the key.
                    raise error.with_traceback(None) from None
            await asyncio.sleep(delay)

    async def _send(self, call: PreparedCall) -> Completion | AsyncStream:
        connection = self._connections.take()
        try:
            with map_http_errors(call.config.redact, call.deadline):
                # No variable may hold the request or the response: both contain the key.
                connection.response = adopted(
                    await connection.http.send(
                        call.build_request(connection.http),
                        stream=True,
                        auth=call.authorize,
                        follow_redirects=False,
                    )
                )
            head = ReplyHead.of(call, connection.response)
            body = _body(connection.response)
            if call.stream:
                reader = StreamReader(head)
                chunks = _chunks(reader, connection, body)
                # Read here, because a failure before the first chunk can still be retried.
                first = await anext(chunks)
                return AsyncStream(reader, first, chunks, lambda: _close(connection))
            reply = WholeReply(head)
            with map_http_errors(call.config.redact, call.deadline, begun=True):
                async for data in body:
                    reply.feed(data)
                    call.deadline.check()
        except BaseException as error:
            connection.interrupted = not isinstance(error, MiniMaxError)
            await _close(connection)
            raise
        await _close(connection)
        return reply.completion()


def _scope() -> asyncio.AbstractEventLoop:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise ConfigurationError(
            "AsyncMiniMax runs on asyncio, which is not running here. "
            "With trio, use MiniMax in a thread: trio.to_thread.run_sync"
        ) from None


def _has_ended(loop: asyncio.AbstractEventLoop) -> bool:
    return loop.is_closed()


class AsyncMiniMax(BaseClient[AsyncClient]):
    """A client of MiniMax's chat completions, safe to share between tasks."""

    _new_http_client = default_library.AsyncClient
    _scope = staticmethod(_scope)
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
