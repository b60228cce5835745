"""Many requests: a bounded number of calls at a time, and what became of each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    Iterable,
    Mapping,
)
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from ..._completion import Completion
from ..._errors import (
    APIConnectionError,
    APIError,
    AuthenticationError,
    ConfigurationError,
    InsufficientBalanceError,
    InvalidArgumentError,
    MiniMaxError,
    PlanLimitError,
    RateLimitError,
)
from ..._retry import retry_delay
from ...aio import AsyncMiniMax
from ._gate import Gate, LocalGate
from ._pace import Pace, Started

MAX_RETRIES = 4
MOST_TAKEN = 4
"""Requests taken and not handed over, for each call that may run."""
REFUSED, UNREACHABLE = 600.0, 60.0
"""Seconds after which a batch stops, if all calls are refused, or none reaches the API."""
STOPPING = (AuthenticationError, InsufficientBalanceError, PlanLimitError)
"""Errors that every further call would meet as well."""


@dataclass(frozen=True)
class Result:
    """What became of a request.

    Attributes:
        index: The place of the request, from 0.
        request: The request as it was given.
        completion: The answer; None if the request failed.
        error: Why it failed; None if it was answered.
        attempts: How often it was sent.
        seconds: From the first attempt to the end of the last.
        stopped: Whether the end of the batch kept it from being sent again.
    """

    index: int
    request: Mapping[str, Any]
    completion: Completion | None
    error: MiniMaxError | None
    attempts: int
    seconds: float
    stopped: bool = False


class AsyncBatch:
    """Answers requests: iterate over it with `async for`, in `async with`, which ends the calls.

    Yields a Result for each request as soon as it is there. Failures are values, too
    (`Result.error`). A rate limit slows down all calls; those refused are sent again, which does
    not count as a retry.

    Args:
        client: What to call with; its own max_retries does not apply.
        requests: The arguments of `create` for each call; taken as they are needed.
        ordered: Whether to yield the results in the order of the requests.
        pace: How many calls at a time, and how often; by default up to 256, as the API allows.
        max_retries: How often a request is sent again after a failure that may pass.
        gate: In place of `pace`, a gate shared with other batches.

    Raises:
        AuthenticationError, InsufficientBalanceError, PlanLimitError: During the iteration, after
            the results of the calls that were running: every further call would fail as well.
        RateLimitError, APIConnectionError: The same, after ten minutes in which every call was
            refused, or one in which none reached the API.
        ConfigurationError: The client was closed.
    """

    def __init__(
        self,
        client: AsyncMiniMax,
        requests: Iterable[Mapping[str, Any]] | AsyncIterable[Mapping[str, Any]],
        *,
        ordered: bool = False,
        pace: Pace | None = None,
        max_retries: int = MAX_RETRIES,
        gate: Gate | None = None,
    ) -> None:
        pace = pace or Pace()
        self._client = client.with_options(max_retries=0)
        self._requests = requests
        self._ordered = ordered
        self._max_retries = max_retries
        self._gate = gate or LocalGate(pace)
        self._room = asyncio.Semaphore(MOST_TAKEN * pace.concurrency)
        self._ended: asyncio.Queue[Result | None] = asyncio.Queue()
        self._stopped = False
        self._reason: MiniMaxError | None = None
        # When calls began to be refused, or not to reach the API; none has been taken since.
        self._refused_since: float | None = None
        self._unreached_since: float | None = None
        # Tasks that start calls, which `stop` cancels, and not those that run one.
        self._starting: set[asyncio.Task[Any]] = set()
        self._results = self._iterate()

    def stop(self) -> None:
        """Starts no more calls; the iteration ends with the results of those that are running."""
        self._stopped = True
        for task in [*self._starting]:
            task.cancel()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Result:
        return await anext(self._results)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._results.aclose()

    async def _iterate(self) -> AsyncGenerator[Result]:
        early: dict[int, Result] = {}
        following = 0
        calls = asyncio.create_task(self._run())
        try:
            while (result := await self._ended.get()) is not None:
                if not self._ordered:
                    yield result
                    self._room.release()
                    continue
                early[result.index] = result
                while following in early:
                    yield early.pop(following)
                    self._room.release()
                    following += 1
            await calls
        except BaseExceptionGroup as group:  # of one task: the source has failed, or this package
            raise group.exceptions[0] from None
        finally:
            calls.cancel()
            await asyncio.wait({calls})
        if self._reason is not None:
            raise self._reason

    async def _run(self) -> None:
        try:
            async with asyncio.TaskGroup() as calls:
                feeder = calls.create_task(self._start_calls(calls))
                self._starting.add(feeder)
                feeder.add_done_callback(self._starting.discard)
        finally:
            self._ended.put_nowait(None)

    async def _start_calls(self, calls: asyncio.TaskGroup) -> None:
        index = 0
        async for request in _each(self._requests):
            if self._stopped:
                return
            await self._room.acquire()
            started = await self._gate.enter()
            calls.create_task(self._call(index, request, started))
            index += 1

    async def _call(self, index: int, request: Mapping[str, Any], started: Started) -> None:
        """Sends a request until it is answered, or has failed for good."""
        began = time.monotonic()
        attempts = refusals = 0
        entered: Started | None = started
        completion: Completion | None = None
        error: MiniMaxError | None = None
        stopped = False
        while entered is not None:
            try:
                completion, error = await self._attempt(request, entered), None
                attempts += 1
                break
            except InvalidArgumentError as invalid:
                error = invalid
                break
            except ConfigurationError:
                raise
            except MiniMaxError as failure:
                error = failure
                attempts += 1
                if _is_refusal(failure):
                    refusals += 1
                    delay: float | None = 0.0
                else:
                    retry = attempts - refusals
                    delay = retry_delay(failure, retry, self._max_retries, float("inf"))
                entered = None if delay is None else await self._enter_again(delay)
                stopped = delay is not None and entered is None
        seconds = time.monotonic() - began
        result = Result(index, request, completion, error, attempts, seconds, stopped)
        self._ended.put_nowait(result)

    async def _attempt(self, request: Mapping[str, Any], started: Started) -> Completion:
        """Sends a request once, and reports to the gate; raises MiniMaxError."""
        try:
            if request.get("stream"):
                raise InvalidArgumentError("a batch has no streams; leave out stream")
            # Its overloads cannot know the arguments.
            completions: Any = self._client.chat.completions
            completion: Completion = await completions.create(**request)
        except TypeError as error:  # an argument of a name that no argument has, such as self
            self._gate.give_up(started)
            raise InvalidArgumentError(f"invalid arguments: {error}") from None
        except MiniMaxError as error:
            now = time.monotonic()
            if isinstance(error, (InvalidArgumentError, ConfigurationError)):
                self._gate.give_up(started)
            elif _is_refusal(error):
                self._gate.refuse(started, error.retry_after)
                self._unreached_since = None
                self._refused_since = self._refused_since or now
                if now - self._refused_since > REFUSED:
                    self._stop_because_of(error)
            elif isinstance(error, APIConnectionError) and not isinstance(error, APIError):
                self._gate.end(started, None)
                self._unreached_since = self._unreached_since or now
                if now - self._unreached_since > UNREACHABLE:
                    self._stop_because_of(error)
            else:
                self._gate.end(started, None)
                self._refused_since = self._unreached_since = None
                if isinstance(error, STOPPING):
                    self._stop_because_of(error)
            raise
        except BaseException:
            self._gate.give_up(started)
            raise
        usage = completion.usage
        self._gate.end(started, None if usage is None else usage.total_tokens)
        self._refused_since = self._unreached_since = None
        return completion

    def _stop_because_of(self, error: MiniMaxError) -> None:
        self._reason = self._reason or error
        self.stop()

    async def _enter_again(self, delay: float) -> Started | None:
        """Waits until a call may start again; None if none may, because of `stop`."""
        task = asyncio.current_task()
        assert task is not None
        if self._stopped:
            return None
        self._starting.add(task)
        try:
            await asyncio.sleep(delay)
            return await self._gate.enter(again=True)
        except asyncio.CancelledError:
            if not self._stopped:
                raise
            task.uncancel()
            return None
        finally:
            self._starting.discard(task)


def _is_refusal(error: MiniMaxError) -> bool:
    return isinstance(error, RateLimitError) and not isinstance(error, PlanLimitError)


async def _each(
    requests: Iterable[Mapping[str, Any]] | AsyncIterable[Mapping[str, Any]],
) -> AsyncGenerator[Mapping[str, Any]]:
    if isinstance(requests, AsyncIterable):
        async for request in requests:
            yield request
    else:
        for request in requests:
            yield request
