"""Both clients behind one interface, so that a test is written once.

Each step of the asynchronous client (a call, a chunk, a close) runs as a task of its own on one
event loop, which stands still in between. What depends on tasks is tested in test_tasks.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Self

from http_library import httpx
from minimax_chat import (
    AsyncMiniMax,
    AsyncStream,
    Completion,
    CompletionChunk,
    MiniMax,
    Stream,
)
from samples import KEY, MESSAGES, MODEL


class Driver:
    """Makes clients of one kind, and runs each step of theirs to its end."""

    def __init__(self, *, asynchronous: bool) -> None:
        self.asynchronous = asynchronous
        self._stack = ExitStack()
        self._runner = self._stack.enter_context(asyncio.Runner()) if asynchronous else None

    @property
    def kind(self) -> type[MiniMax] | type[AsyncMiniMax]:
        return AsyncMiniMax if self.asynchronous else MiniMax

    def run(self, value: Any) -> Any:
        """The result of an awaitable; the synchronous client returns it at once."""
        return self._runner.run(_await(value)) if self._runner else value

    def client(self, base_url: str | None = None, **options: Any) -> Client:
        """A client with a short timeout, closed at the end of the test."""
        defaults = {"api_key": KEY, "timeout": 20}
        client = Client(self, self.kind(base_url=base_url, **{**defaults, **options}))
        self._stack.callback(client.close)
        return client

    def single_connection_client(self, base_url: str, **options: Any) -> Client:
        """A client that cannot open a second connection while the first is in use."""
        http = self.http_client(limits=httpx.Limits(max_connections=1))
        timeout = httpx.Timeout(10, pool=5)
        return self.client(base_url, http_client=http, timeout=timeout, **options)

    def http_client(self, library: Any = httpx, **options: Any) -> Any:
        """A client of an HTTP library, closed at the end of the test."""
        http = (library.AsyncClient if self.asynchronous else library.Client)(**options)
        self._stack.callback(lambda: self.run(close(http)))
        return http

    def close(self) -> None:
        self._stack.close()


class Client:
    """A client of either kind."""

    def __init__(self, driver: Driver, client: Any) -> None:
        self.driver, self.client = driver, client

    def ask(self, **arguments: Any) -> Completion:
        """A plain call."""
        completion = self.driver.run(self._create(**arguments))
        assert isinstance(completion, Completion)
        return completion

    def stream(self, **arguments: Any) -> OpenStream:
        """A streamed call."""
        return OpenStream(self.driver, self.driver.run(self._create(stream=True, **arguments)))

    def text(self, streamed: bool, **arguments: Any) -> str:
        """The text of the answer to a plain or a streamed call."""
        if streamed:
            return "".join(chunk.text for chunk in self.stream(**arguments))
        return self.ask(**arguments).text

    def _create(self, **arguments: Any) -> Any:
        defaults = {"model": MODEL, "messages": MESSAGES}
        return self.client.chat.completions.create(**{**defaults, **arguments})

    def with_options(self, **options: Any) -> Client:
        return Client(self.driver, self.client.with_options(**options))

    def close(self) -> None:
        self.driver.run(close(self.client))

    def __enter__(self) -> Self:
        enter(self.driver, self.client)
        return self

    def __exit__(self, *exception: object) -> None:
        leave(self.driver, self.client, *exception)


class OpenStream(Iterator[CompletionChunk]):
    """A stream of either kind."""

    def __init__(self, driver: Driver, stream: Any) -> None:
        assert isinstance(stream, AsyncStream if driver.asynchronous else Stream)
        self.driver = driver
        self.stream: Any = stream

    @property
    def completion(self) -> Completion:
        completion = self.stream.completion
        assert isinstance(completion, Completion)
        return completion

    def __next__(self) -> CompletionChunk:
        try:
            step = anext if self.driver.asynchronous else next
            chunk = self.driver.run(step(self.stream))
        except StopAsyncIteration:
            raise StopIteration from None
        assert isinstance(chunk, CompletionChunk)
        return chunk

    def close(self) -> None:
        self.driver.run(close(self.stream))

    def __enter__(self) -> Self:
        enter(self.driver, self.stream)
        return self

    def __exit__(self, *exception: object) -> None:
        leave(self.driver, self.stream, *exception)


async def _await(value: Any) -> Any:
    return await value


def close(what: Any) -> Any:
    return what.aclose() if hasattr(what, "aclose") else what.close()


def enter(driver: Driver, what: Any) -> None:
    entered = driver.run(what.__aenter__() if driver.asynchronous else what.__enter__())
    assert entered is what


def leave(driver: Driver, what: Any, *exception: object) -> None:
    # A true return value would swallow the exception.
    assert not driver.run((what.__aexit__ if driver.asynchronous else what.__exit__)(*exception))
