"""Both clients behind one face, so that a test is written once: the asynchronous one on a loop.

Each step of the asynchronous client (a call, a chunk, a close) is a task of its own on one event
loop, which stands still in between. What depends on tasks has tests of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Self, TypeVar

import httpx

from minimax_chat import (
    AsyncMiniMax,
    AsyncStream,
    Completion,
    CompletionChunk,
    MiniMax,
    Stream,
)
from minimax_chat_api.contract import MessageParam, SupportsToDict

KEY = "sk-5ecret-k3y"
"""A key that must not be seen."""

T = TypeVar("T")
MESSAGES: list[MessageParam | SupportsToDict] = [{"role": "user", "content": "Hello"}]


class Driver:
    """Makes clients of one kind and runs what they do, to the end."""

    def __init__(self, *, asynchronous: bool) -> None:
        self.asynchronous = asynchronous
        self._stack = ExitStack()
        self._runner = self._stack.enter_context(asyncio.Runner()) if asynchronous else None

    def __repr__(self) -> str:
        return "async" if self.asynchronous else "sync"

    @property
    def kind(self) -> type[MiniMax] | type[AsyncMiniMax]:
        return AsyncMiniMax if self.asynchronous else MiniMax

    def run(self, value: Any) -> Any:
        """What an awaitable gives; the synchronous client gives it at once."""
        return self._runner.run(_await(value)) if self._runner else value

    def client(self, base_url: str | None = None, **options: Any) -> Client:
        """A client, which is closed at the end of the test, and no test waits for it long."""
        known = {"api_key": KEY, "timeout": 20}
        client = Client(self, self.kind(base_url=base_url, **{**known, **options}))
        self._stack.callback(client.close)
        return client

    def http_client(self, **options: Any) -> Any:
        """An httpx client, which is closed at the end of the test."""
        http = (httpx.AsyncClient if self.asynchronous else httpx.Client)(**options)
        self._stack.callback(lambda: self.run(close(http)))
        return http

    def close(self) -> None:
        self._stack.close()


class Client:
    """A client of either kind."""

    def __init__(self, driver: Driver, client: Any) -> None:
        self.driver, self.client = driver, client

    def ask(self, **arguments: Any) -> Completion:
        """A call, answered whole."""
        completion = self.driver.run(self._create(**arguments))
        assert isinstance(completion, Completion)
        return completion

    def stream(self, **arguments: Any) -> OpenStream:
        """A call, answered in chunks."""
        return OpenStream(self.driver, self.driver.run(self._create(stream=True, **arguments)))

    def _create(self, **arguments: Any) -> Any:
        known = {"model": "MiniMax-M2.7", "messages": MESSAGES}
        return self.client.chat.completions.create(**{**known, **arguments})

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
