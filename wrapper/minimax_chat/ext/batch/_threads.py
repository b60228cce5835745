"""A batch for code that is not async."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from ..._errors import ConfigurationError
from ...aio import AsyncMiniMax
from ...client import MiniMax
from ._batch import MAX_RETRIES, AsyncBatch, Result
from ._pace import Pace

HANDED_OVER = 64
"""Results that wait to be taken."""


class Batch:
    """AsyncBatch for code that is not async: iterate over it with `for`, in `with`.

    The calls run in a thread, and so does the iteration over `requests`.

    Args:
        client: The options to call with; a client with an http_client of its own has none for
            async calls.
        requests: The arguments of `create` for each call; taken as they are needed. It must not
            block, or no call goes on meanwhile.
        ordered: Whether to yield the results in the order of the requests.
        pace: How many calls at a time, and how often; by default up to 256, as the API allows.
        max_retries: How often a request is sent again after a failure that may pass.

    Raises:
        ConfigurationError: The client has an http_client of its own. During the iteration, the
            same errors as with AsyncBatch.
    """

    def __init__(
        self,
        client: MiniMax,
        requests: Iterable[Mapping[str, Any]],
        *,
        ordered: bool = False,
        pace: Pace | None = None,
        max_retries: int = MAX_RETRIES,
    ) -> None:
        self._client = _AsyncTwin(client)
        self._options: dict[str, Any] = {
            "requests": requests,
            "ordered": ordered,
            "pace": pace,
            "max_retries": max_retries,
        }
        self._results: queue.SimpleQueue[Result | BaseException | None] = queue.SimpleQueue()
        self._room = asyncio.Semaphore(HANDED_OVER)
        self._thread = threading.Thread(target=self._work, name="minimax-batch", daemon=True)
        self._starting = threading.Lock()
        self._running = threading.Event()
        self._stopped = self._ended = False

    def stop(self) -> None:
        """Starts no more calls; the iteration ends with the results of those that are running."""
        self._stopped = True
        if self._running.is_set():
            self._in_loop(self._batch.stop)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Result:
        if self._ended:
            raise StopIteration
        with self._starting:
            if self._thread.ident is None:
                self._thread.start()
        result = self._results.get()
        if isinstance(result, Result):
            self._in_loop(self._room.release)
            return result
        self._ended = True
        self._results.put(None)  # for another thread that waits
        self._thread.join()
        if result is None:
            raise StopIteration
        raise result

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended = True
        if self._thread.is_alive():
            self._running.wait()
            self._in_loop(self._task.cancel)
            self._thread.join()

    def _in_loop(self, function: Callable[[], object]) -> None:
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(function)

    def _work(self) -> None:
        try:
            asyncio.run(self._hand_over())
        except BaseException as error:
            self._results.put(error)
        else:
            self._results.put(None)

    async def _hand_over(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._loop, self._task = asyncio.get_running_loop(), task
        async with self._client, AsyncBatch(self._client, **self._options) as self._batch:
            self._running.set()
            if self._stopped:
                self._batch.stop()
            async for result in self._batch:
                await self._room.acquire()
                self._results.put(result)


class _AsyncTwin(AsyncMiniMax):
    """An async client with the options of another."""

    def __init__(self, client: MiniMax) -> None:
        if client._connections.has_user_client:
            raise ConfigurationError(
                "a client with an http_client of its own cannot run a Batch; use an AsyncBatch"
            )
        super().__init__(api_key=client._config.api_key.reveal(), base_url=client.base_url)
        self._config = client._config
