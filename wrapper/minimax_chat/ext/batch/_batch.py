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
from math import inf
from types import TracebackType
from typing import Any, Self, cast

from ..._completion import Completion
from ..._errors import (
    APIConnectionError,
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
OUTAGE, UNREACHABLE = 600.0, 60.0
"""Seconds without a call that the API takes, after which a batch stops; the second, if none ever
reached it: the address may be wrong."""
STOPPING = (AuthenticationError, InsufficientBalanceError, PlanLimitError)
"""Errors that every further call would meet as well."""
SUSPECT, SINGLED_OUT = 2, 5
"""Refusals of a request while others are taken: from the first number on, every refusal counts; at
more than the second, it has failed."""
STRANGE = 20
"""Replies without a status code of the API, and none with one: it is not the API that replies."""


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
        stopped: Whether the end of the batch is why it has no answer: because it was not sent
            again, or because `error` is what ended the batch.
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
    (`Result.error`). Rate limits slow down all calls; several failures on end hold them back, and
    so does a `Retry-After`. What is refused because of a rate limit, or finds no connection, is
    sent again until it is taken: this does not count as a retry, unless others are taken meanwhile,
    again and again.

    Args:
        client: What to call with; its own max_retries does not apply.
        requests: The arguments of `create` for each call; taken as they are needed. An iterable
            must not block, or no call goes on meanwhile; if it has to wait, make it async.
        ordered: Whether to yield the results in the order of the requests.
        pace: How many calls at a time, and how often; by default up to 256, as the API allows.
        max_retries: How often a request is sent again after a failure that may pass.
        gate: In place of `pace`, a gate shared with other batches.

    Raises:
        AuthenticationError, InsufficientBalanceError, PlanLimitError: During the iteration, after
            the results of the calls that were running: every further call would fail as well.
        RateLimitError, InternalServerError, APIConnectionError: The same, after ten minutes in
            which the API took no call; after one, if it was never reached; and at once, if it asks
            to wait for more than ten.
        ConfigurationError: The client was closed.
        Exception: Whatever `requests` raised, after the results of the calls that were running.
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
        self._strange = 0
        self._stopped = False
        self._reason: Exception | None = None
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
        except BaseExceptionGroup as group:  # of one task: the client was closed
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
        try:
            async for request in _each(self._requests):
                if self._stopped:
                    return
                await self._room.acquire()
                started = await self._gate.enter()
                calls.create_task(self._call(index, request, started))
                index += 1
                await asyncio.sleep(0)  # or a slow source would keep the calls from being sent
        except Exception as error:  # of the source; the calls that run have results all the same
            self._reason = self._reason or error

    async def _call(self, index: int, request: Mapping[str, Any], started: Started) -> None:
        """Sends a request until it is answered, or has failed for good."""
        began = time.monotonic()
        attempts = retries = singled_out = 0
        taken = inf  # by the API, when the request was refused last
        entered: Started | None = started
        completion: Completion | None = None
        error: MiniMaxError | None = None
        stopped = False
        while entered is not None:
            try:
                completion, error = await self._attempt(index, request, entered), None
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
                delay: float | None = 0.0
                if not _says_nothing_of_the_request(failure):
                    retries += 1
                    delay = _delay(failure, retries, self._max_retries)
                elif singled_out >= SUSPECT or self._gate.outage.taken > taken:
                    singled_out += 1
                    delay = retry_delay(failure, singled_out, SINGLED_OUT, inf)
                taken = self._gate.outage.taken
                entered = None if delay is None else await self._enter_again(delay)
                stopped = (delay is not None and entered is None) or (
                    type(failure) is type(self._reason)
                )
        seconds = time.monotonic() - began
        result = Result(index, request, completion, error, attempts, seconds, stopped)
        self._ended.put_nowait(result)

    async def _attempt(
        self, index: int, request: Mapping[str, Any], started: Started
    ) -> Completion:
        """Sends a request once, and reports to the gate; raises MiniMaxError."""
        gate = self._gate
        try:
            if not isinstance(cast("object", request), Mapping):
                kind = type(request).__name__
                raise InvalidArgumentError(f"a request must be a mapping of arguments (got {kind})")
            if request.get("stream"):
                raise InvalidArgumentError("a batch has no streams; leave out stream")
            # Its overloads cannot know the arguments.
            completions: Any = self._client.chat.completions
            completion: Completion = await completions.create(**request)
        except TypeError as error:  # an argument of a name that no argument has, such as self
            gate.give_up(started)
            raise InvalidArgumentError(f"invalid arguments: {error}") from None
        except (InvalidArgumentError, ConfigurationError):
            gate.give_up(started)
            raise
        except MiniMaxError as error:
            gate.calls += 1
            if error.retryable:
                report = gate.refuse if isinstance(error, RateLimitError) else gate.fail
                report(started, error.retry_after)
                gate.outage.add((id(self), index), error, started.at, time.monotonic())
                if self._is_hopeless(error):
                    self._stop_because_of(error)
            else:
                gate.end(started, None)
                if error.code is not None:
                    gate.outage.end()
                if self._ends_all(error):
                    self._stop_because_of(error)
            raise
        except BaseException:
            gate.give_up(started)
            raise
        usage = completion.usage
        gate.calls += 1
        gate.end(started, None if usage is None else usage.total_tokens)
        gate.outage.end()
        return completion

    def _ends_all(self, error: MiniMaxError) -> bool:
        """Whether every further call would fail as well."""
        if error.code is not None or isinstance(error, InsufficientBalanceError):
            return isinstance(error, STOPPING)
        # Of a proxy, perhaps: one that forbids a single prompt, or the wrong server for all.
        self._strange += 1
        is_first = not self._gate.outage.taken
        return is_first and (isinstance(error, STOPPING) or self._strange >= STRANGE)

    def _is_hopeless(self, error: MiniMaxError) -> bool:
        """Whether a failure that may pass will not pass soon."""
        outage = self._gate.outage
        if (error.retry_after or 0.0) > OUTAGE:
            return True
        unreached = isinstance(error, APIConnectionError) and not outage.taken
        lasts = time.monotonic() - outage.began
        return lasts > (UNREACHABLE if unreached else OUTAGE) and (
            outage.is_general or _says_nothing_of_the_request(error)
        )

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


def _delay(error: MiniMaxError, retry: int, max_retries: int) -> float | None:
    """Seconds until a request is sent again; None if it is not."""
    if error.retryable and error.retry_after is not None and retry <= max_retries:
        return 0.0  # the gate holds back all calls for so long
    return retry_delay(error, retry, max_retries, inf)


def _says_nothing_of_the_request(error: MiniMaxError) -> bool:
    """Whether it was refused because of a rate limit, or no connection was established."""
    if isinstance(error, RateLimitError):
        return error.retryable
    return isinstance(error, APIConnectionError) and not error.sent


async def _each(
    requests: Iterable[Mapping[str, Any]] | AsyncIterable[Mapping[str, Any]],
) -> AsyncGenerator[Mapping[str, Any]]:
    if isinstance(requests, AsyncIterable):
        async for request in requests:
            yield request
    else:
        for request in requests:
            yield request
