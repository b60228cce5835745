"""The synchronous client: carries what `_wire` says over httpx. aio.py is its mirror."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Literal, Self, Unpack, overload

import httpx

from ._base import BaseClient, Chat
from ._completion import Completion, CompletionChunk
from ._config import Config
from ._errors import MiniMaxError
from ._wire import Call, CreateParams, StreamReader, lingering, translated


class Stream:
    """An answer in chunks, as they arrive: iterate, preferably in a `with` statement, which closes.

    It never ends unnoticed. What it raises holds in `completion` what had arrived.

    Raises:
        StreamInterruptedError: The connection died, or the stream ended without a finish_reason.
        APIError: The API failed midway.
    """

    def __init__(
        self, reader: StreamReader, first: CompletionChunk, others: Iterator[CompletionChunk]
    ) -> None:
        self._reader, self._others = reader, others
        self._first: CompletionChunk | None = first
        self._closed = False

    @property
    def completion(self) -> Completion:
        """What has arrived so far; in the end the same answer as without stream=True."""
        return self._reader.completion

    def close(self) -> None:
        """Gives the connection back; no more chunks come."""
        self._closed = True
        self._reader.response.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> CompletionChunk:
        if self._closed:
            raise StopIteration
        chunk, self._first = self._first, None
        return chunk if chunk is not None else next(self._others)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


# No method of Stream, which would then hold itself and be collected late.
def _chunks(reader: StreamReader) -> Iterator[CompletionChunk]:
    try:
        with translated(reader.call, reader):
            body = reader.response.iter_bytes()
            for data in body:
                for chunk in reader.feed(data):
                    yield chunk
                if reader.done:
                    with lingering(reader.response) as briefly:
                        if briefly:
                            next(body, None)
                    break
        for chunk in reader.end():
            yield chunk
    finally:
        reader.response.close()


class Completions:
    """The API's `chat.completions`."""

    def __init__(self, config: Config, http: Callable[[], httpx.Client]) -> None:
        self._config, self._http = config, http

    @overload
    def create(self, *, stream: Literal[True], **params: Unpack[CreateParams]) -> Stream: ...
    @overload
    def create(
        self, *, stream: Literal[False] | None = None, **params: Unpack[CreateParams]
    ) -> Completion: ...
    @overload
    def create(
        self, *, stream: bool | None, **params: Unpack[CreateParams]
    ) -> Completion | Stream: ...
    def create(
        self, *, stream: bool | None = None, **params: Unpack[CreateParams]
    ) -> Completion | Stream:
        """Answers the last of `messages`: whole, or with stream=True in chunks.

        The arguments are the fields of the documented request and, of this call alone, `timeout`,
        `max_retries`, `extra_headers` and `extra_body`. What is None is not sent.

        Raises:
            InvalidArgumentError: The contract forbids an argument; nothing was sent.
            APIError: The API said no; its subclasses say why.
            APIConnectionError: No reply, or not in time (APITimeoutError).
            ResponseDecodeError: The reply is not what the contract says.
        """
        call = Call.prepare(self._config, stream, params)
        attempt = 0
        while True:
            attempt += 1
            call.announce(attempt)
            try:
                return self._send(call)
            except MiniMaxError as error:
                delay = call.retry_delay(error, attempt)
                if delay is None:
                    raise
            time.sleep(delay)

    def _send(self, call: Call) -> Completion | Stream:
        http = self._http()
        with translated(call):
            request = http.build_request(**call.request)
            response = http.send(request, stream=True, auth=call.authorize, follow_redirects=False)
        if call.stream:
            reader = StreamReader(call, response)
            chunks = _chunks(reader)
            # Taken here, because what fails before it can still be tried again.
            first = next(chunks)
            return Stream(reader, first, chunks)
        try:
            with translated(call, begun=True):
                body = response.read()
        finally:
            response.close()
        return call.completion(response, body)


class MiniMax(BaseClient[httpx.Client]):
    """A client of MiniMax's chat completions, safe to share between threads."""

    _kind = httpx.Client
    _user = staticmethod(os.getpid)

    @property
    def chat(self) -> Chat[Completions]:
        """The API's `chat`."""
        return Chat(Completions(self._config, self._http))

    def close(self) -> None:
        """Closes the connections; the client cannot be used any more."""
        if (http := self._retired()) is not None:
            http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
