"""One client under many calls at a time, on a server that fails in every way: each call ends with
its own answer, or with the error that belongs to what the server did to it."""

from __future__ import annotations

import asyncio
import gc
import json
import queue
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pytest

from http_library import httpx
from minimax_chat import (
    APIConnectionError,
    APITimeoutError,
    AsyncMiniMax,
    InsufficientBalanceError,
    InternalServerError,
    MiniMax,
    MiniMaxError,
    RateLimitError,
    ResponseDecodeError,
    StreamInterruptedError,
)
from samples import KEY, MODEL, base_resp, events, openai_style, plain
from server import (
    CLOSE,
    RESET,
    SILENCE,
    Connection,
    Request,
    Server,
    Step,
    http_reply,
    http_stream,
    perform,
)

CALLS, STREAMS, REFUSED = 1000, 300, 40
THREADS = 64
PATIENCE = 240
"""Seconds until a call counts as hanging, on a machine with other work as well."""
RETRY_AFTER = 0.25
RETRIES = 5
EVENTS = "text/event-stream"
CUT_OFF = (StreamInterruptedError, APITimeoutError)
"""Of a stream, which one depends on whether its first event was in time."""

Errors = type[MiniMaxError] | tuple[type[MiniMaxError], ...]


@dataclass(frozen=True)
class Call:
    """A call, what the server does to it, and what it must end with."""

    number: int
    kind: str
    streamed: bool
    recovers: bool
    """Whether the server does it once only and the client may retry."""

    @cached_property
    def text(self) -> str:
        letters = random.Random(self.number).choices("abcde 你好🙂\n", k=120)
        return f"call {self.number} {''.join(letters)} end"

    @property
    def trace_id(self) -> str:
        return f"trace-{self.number}"

    @property
    def arguments(self) -> dict[str, Any]:
        messages = [{"role": "user", "content": str(self.number)}]
        read = 0.5 if "silence" in self.kind else PATIENCE
        return {
            "model": MODEL,
            "messages": messages,
            "timeout": httpx.Timeout(PATIENCE, read=read),
            "max_retries": RETRIES if self.recovers else 0,
        }

    @cached_property
    def events(self) -> list[bytes]:
        return events(f"<think>\nthinking {self.number}\n</think>\n\n{self.text}", size=16)

    @cached_property
    def body(self) -> bytes:
        return b"".join(self.events) if self.streamed else json.dumps(plain(self.text)).encode()

    def reply(
        self, body: Any, status: int = 200, content_type: str = "application/json", **headers: str
    ) -> bytes:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return http_reply(body, status, {"trace-id": self.trace_id, **names}, content_type)

    def part(self, size: int | None, length: int | None = None) -> bytes:
        """A reply with so many bytes of the answer, and that many as Content-Length."""
        body = self.body[:size]
        kind = EVENTS if self.streamed else "application/json"
        # Without the last header, what is left over is the next reply on this connection.
        return self.reply(
            body,
            content_type=kind,
            Content_Length=str(len(body) if length is None else length),
            Connection="close",
        )

    def answer(self) -> bytes:
        if self.streamed:
            return http_stream(*self.events, headers={"trace-id": self.trace_id})
        return self.reply(self.body)

    def half(self) -> bytes:
        """The answer, broken off."""
        answer = self.answer()
        return answer[: len(answer) // 2]


@dataclass(frozen=True)
class Kind:
    """Something that the server does to a call."""

    steps: Callable[[Call], list[Step]]
    plain: Errors | None = None
    streamed: Errors | None = None


def always(error: Errors, steps: Callable[[Call], list[Step]]) -> Kind:
    return Kind(steps, error, error)


def pause(connection: Connection, request: Request) -> None:
    connection.ended.wait(0.05)


def slowly(call: Call) -> list[Step]:
    answer = call.answer()
    size = len(answer) // 4
    return [step for at in range(0, len(answer), size) for step in (pause, answer[at : at + size])]


HTML = b"<html><body>Bad Gateway</body></html>"
KINDS: dict[str, Kind] = {
    "answer": Kind(lambda call: [call.answer()]),
    "slow answer": Kind(slowly),
    "reset at once": always(APIConnectionError, lambda call: [RESET]),
    "reset in the headers": always(APIConnectionError, lambda call: [call.answer()[:30], RESET]),
    "reset in the body": Kind(
        lambda call: [call.half(), RESET], APIConnectionError, StreamInterruptedError
    ),
    "closed in the body": Kind(
        lambda call: [call.half(), CLOSE], APIConnectionError, StreamInterruptedError
    ),
    "half an answer": Kind(
        lambda call: [call.part(len(call.body) // 2), CLOSE],
        ResponseDecodeError,
        StreamInterruptedError,
    ),
    "HTTP 500": always(
        InternalServerError,
        lambda call: [call.reply(openai_style("busy (1000)"), 500)],
    ),
    "HTTP 429": always(
        RateLimitError,
        lambda call: [
            call.reply(openai_style("rate limit (1002)"), 429, Retry_After=str(RETRY_AFTER))
        ],
    ),
    "1002 in an HTTP 200": always(RateLimitError, lambda call: [call.reply(base_resp(1002))]),
    "1008 in an HTTP 200": always(
        InsufficientBalanceError, lambda call: [call.reply(base_resp(1008))]
    ),
    "no HTTP": always(APIConnectionError, lambda call: [b"\x16\x03\x01\xff\xfe\r\n\r\n", CLOSE]),
    "garbage": always(ResponseDecodeError, lambda call: [call.reply(b"data: \xff\xfe\x00\n\n")]),
    "garbage in a stream": always(
        ResponseDecodeError,
        lambda call: [call.reply(b"data: \xff\xfe\x00\n\n", content_type=EVENTS)],
    ),
    "an HTML page": always(
        ResponseDecodeError, lambda call: [call.reply(HTML, content_type="text/html")]
    ),
    "an HTML page, HTTP 502": always(
        InternalServerError,
        lambda call: [call.reply(HTML, 502, content_type="text/html")],
    ),
    "length too small": Kind(
        lambda call: [call.part(None, len(call.body) - 40), CLOSE],
        ResponseDecodeError,
        StreamInterruptedError,
    ),
    # The stream ends with [DONE], whatever is missing.
    "length too large": Kind(
        lambda call: [call.part(None, len(call.body) + 40), CLOSE], APIConnectionError, None
    ),
    "silence": always(APITimeoutError, lambda call: [SILENCE]),
    "silence in the body": Kind(lambda call: [call.half(), SILENCE], APITimeoutError, CUT_OFF),
}


def mixed_calls() -> list[Call]:
    """Half of the calls are answered, the others fail, each kind equally often, in any order."""
    chance = random.Random(1)
    names = [*KINDS][1:]
    calls = [
        Call(
            number,
            name,
            streamed=number >= CALLS,
            # Of each kind, every other call; a short timeout may pass a second time.
            recovers=number // 2 // len(names) % 2 == 1 and "silence" not in name,
        )
        for number in range(CALLS + STREAMS)
        for name in ["answer" if number % 2 else names[number // 2 % len(names)]]
    ]
    return chance.sample(calls, len(calls))


@dataclass
class Load:
    """Serves the calls, and holds each against its end."""

    calls: list[Call]
    attempts: Counter[int] = field(default_factory=lambda: Counter[int]())

    def __post_init__(self) -> None:
        self._by_number = {call.number: call for call in self.calls}

    def serve(self, connection: Connection, request: Request) -> None:
        call = self._by_number[int(request.json["messages"][0]["content"])]
        assert bool(request.json.get("stream")) == call.streamed
        self.attempts[call.number] += 1
        again = self.attempts[call.number] > 1
        steps = [call.answer()] if again else KINDS[call.kind].steps(call)
        perform(steps, connection, request)

    def check(self, call: Call, end: str | MiniMaxError) -> None:
        kind = KINDS[call.kind]
        errors = kind.streamed if call.streamed else kind.plain
        retried = call.recovers and isinstance(errors, type) and errors.retryable
        assert self.attempts[call.number] == (2 if retried else 1), (call, end)
        if errors is None or retried:
            assert end == call.text, call
            return
        assert not isinstance(end, str), call
        assert isinstance(end, errors), (call, end)
        if end.http_status is not None:
            assert end.trace_id == call.trace_id, (call, end)
        if call.kind == "HTTP 429":
            assert end.retry_after == RETRY_AFTER
        if isinstance(end, StreamInterruptedError):
            assert end.completion.text
            assert call.text.startswith(end.completion.text)


def end_of(client: MiniMax, call: Call) -> str | MiniMaxError:
    create = client.chat.completions.create
    try:
        if not call.streamed:
            return str(create(**call.arguments).text)
        with create(**call.arguments, stream=True) as stream:
            return "".join(chunk.text for chunk in stream)
    except MiniMaxError as error:
        return error


async def async_end_of(client: AsyncMiniMax, call: Call) -> str | MiniMaxError:
    create = client.chat.completions.create
    try:
        if not call.streamed:
            return str((await create(**call.arguments)).text)
        async with await create(**call.arguments, stream=True) as stream:
            return "".join([chunk.text async for chunk in stream])
    except MiniMaxError as error:
        return error


Ends = list[tuple[Call, str | MiniMaxError]]


def in_threads(client: MiniMax, calls: Iterable[Call]) -> Ends:
    waiting: queue.SimpleQueue[Call] = queue.SimpleQueue()
    for call in calls:
        waiting.put(call)
    ends: Ends = []

    def work() -> None:
        while True:
            try:
                call = waiting.get_nowait()
            except queue.Empty:
                return
            ends.append((call, end_of(client, call)))

    # Daemons: a thread that hangs fails the test, and does not keep pytest from ending.
    threads = [threading.Thread(target=work, daemon=True) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + PATIENCE
    for thread in threads:
        thread.join(max(0, end - time.monotonic()))
    assert not any(thread.is_alive() for thread in threads), "a call hangs"
    return ends


async def in_tasks(client: AsyncMiniMax, calls: Iterable[Call]) -> Ends:
    async def work(call: Call) -> tuple[Call, str | MiniMaxError]:
        return call, await async_end_of(client, call)

    async with asyncio.timeout(PATIENCE):
        return list(await asyncio.gather(*map(work, calls)))


def refused_calls() -> tuple[list[Call], list[Call]]:
    """Calls while nobody listens: that give up, and that are retried until somebody does."""
    calls = [
        Call(-number, "answer", number % 2 == 0, number % 4 < 2) for number in range(1, REFUSED + 1)
    ]
    return [each for each in calls if not each.recovers], [each for each in calls if each.recovers]


def check_refused(ends: Ends) -> None:
    for call, end in ends:
        assert type(end) is APIConnectionError, (call, end)


def calls_in_use(client: MiniMax | AsyncMiniMax) -> int:
    by_scope = client._connections._by_scope.values()
    return sum(pooled.calls for clients in by_scope for pooled in clients)


def open_connections(server: Server) -> int:
    return sum(not connection.ended.is_set() for connection in server.connections)


def check_all(server: Server, load: Load, ends: Ends) -> Counter[str]:
    """Returns how often each class of error, or the answer, ended a call."""
    assert Counter(call.number for call, _ in ends) == Counter(call.number for call in load.calls)
    for call, end in ends:
        load.check(call, end)
    assert len(server.requests) == load.attempts.total()
    return Counter("answers" if isinstance(end, str) else type(end).__name__ for _, end in ends)


def check_none_open(server: Server) -> None:
    for number in range(len(server.connections)):
        server.ended_by(number)
    gc.collect()  # warns of a socket that was never closed


def record(figure: Callable[..., None], what: str, seconds: float, ends: Counter[str]) -> None:
    answers = ends.pop("answers")
    figure(what, answers=answers, errors=ends.total(), seconds=round(seconds, 1))


@pytest.mark.slow
def test_threads_share_a_client_on_a_failing_server(figure: Callable[..., None]) -> None:
    without_server, until_server = refused_calls()
    calls = mixed_calls()
    load = Load([*until_server, *calls])
    with Server(listening=False) as server:
        server.otherwise(load.serve)
        with MiniMax(base_url=server.base_url, api_key=KEY) as client:
            refused = in_threads(client, without_server)
            server.listen()
            start = time.monotonic()
            ends = in_threads(client, load.calls)
            seconds = time.monotonic() - start
            assert calls_in_use(client) == 0
        check_none_open(server)
    check_refused(refused)
    record(
        figure,
        f"{CALLS:,} calls and {STREAMS} streams in {THREADS} threads",
        seconds,
        check_all(server, load, ends),
    )


@pytest.mark.slow
def test_tasks_share_a_client_on_a_failing_server(figure: Callable[..., None]) -> None:
    without_server, until_server = refused_calls()
    calls = mixed_calls()
    load = Load([*until_server, *calls])

    async def main() -> tuple[Ends, Ends, float]:
        async with AsyncMiniMax(base_url=server.base_url, api_key=KEY) as client:
            early = asyncio.create_task(in_tasks(client, until_server))
            refused = await in_tasks(client, without_server)
            server.listen()
            start = time.monotonic()
            ends = await in_tasks(client, calls)
            seconds = time.monotonic() - start
            ends += await early
            assert calls_in_use(client) == 0
            return refused, ends, seconds

    with Server(listening=False) as server:
        server.otherwise(load.serve)
        refused, ends, seconds = asyncio.run(main())
        check_none_open(server)
    check_refused(refused)
    record(
        figure,
        f"{CALLS:,} calls and {STREAMS} streams at a time, as tasks",
        seconds,
        check_all(server, load, ends),
    )
