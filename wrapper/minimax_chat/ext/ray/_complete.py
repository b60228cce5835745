"""Answers the rows of a dataset."""

from __future__ import annotations

import asyncio
import json
import math
import os
from collections.abc import AsyncGenerator, Mapping
from importlib import import_module
from typing import Any, cast

from minimax_chat_api.contract import MERGES

from ..._errors import ConfigurationError, MiniMaxError
from ...aio import AsyncMiniMax
from ..batch import AsyncBatch, Gate, LocalGate, Pace, Result
from ..batch._batch import MAX_RETRIES
from ..batch._lines import as_json, complete as completed, request_of, row_of
from ._budget import Budget, RemoteGate

# Of no type: Ray and PyArrow are missing where the types are checked.
try:
    ray: Any = import_module("ray")
    import_module("ray.data")
    pa: Any = import_module("pyarrow")
except ImportError as error:
    raise ImportError(
        f"minimax_chat.ext.ray needs {error.name}, which is not installed: "
        "pip install 'minimax-chat[ray]'",
        name=__name__,
    ) from None

Dataset = Any
"""A `ray.data.Dataset`."""
FEWEST_ROWS, MOST_ROWS = 16, 256
"""Of a batch, which is answered, lost and sent again as a whole."""
MOST_TAKEN = 4
"""Rows that an actor has taken, for each call that it may run: some calls take longer."""
CPUS = 0.1
"""Of an actor: it waits for the network."""
FORMS = ("body", "messages", "prompt")
"""Columns, one of which has the request."""
WHERE_THE_KEY_IS = "set MINIMAX_API_KEY in the environment of the nodes, before `ray start`"


class ChatCompletions:
    """Answers batches of rows: for `Dataset.map_batches`, which `complete` calls.

    A row has a prompt, a list of messages, or a body, the arguments of a call; messages and body
    may be JSON texts. Its columns are kept, and those of the answer are added.

    The API key is read from MINIMAX_API_KEY where the actor runs, and the other options of the
    client as well if they are not given.

    Args:
        budget: An actor, made of `Budget`; without it, each actor has a budget of its own.
        concurrency, rpm, tpm: The limits of that budget, as in Pace.
        system: A system message for the conversations that have none.
        region, base_url: As in AsyncMiniMax.
        max_retries: As in AsyncBatch.
        arguments: Arguments of `create`, such as the model; those of a row go first.

    Raises:
        AuthenticationError, InsufficientBalanceError, PlanLimitError: Every further call would
            fail as well.
    """

    def __init__(
        self,
        *,
        budget: Any = None,
        concurrency: int = 256,
        rpm: float | None = None,
        tpm: float | None = None,
        system: str | None = None,
        region: str | None = None,
        base_url: str | None = None,
        max_retries: int = MAX_RETRIES,
        **arguments: Any,
    ) -> None:
        self._max_retries = max_retries
        self._arguments = arguments
        self._system = system
        self._server = {"region": region, "base_url": base_url}
        self._client: AsyncMiniMax | None = None
        self._turn = asyncio.Lock()
        self._ended: MiniMaxError | None = None
        if budget is None:
            self._gate: Gate = LocalGate(Pace(concurrency=concurrency, rpm=rpm, tpm=tpm))
        else:
            self._gate = RemoteGate(budget.exchange.remote)

    async def __call__(self, table: Any) -> Any:
        """Answers a `pyarrow.Table`."""
        for name in COLUMNS.keys() & {*table.column_names}:
            raise ConfigurationError(f"the answer has a column {name!r}, too; rename yours")
        rows = table.to_pylist()
        answers: list[Any] = [None] * len(rows)
        async for result in self._results(rows):
            answers[result.index] = columns_of(result)
        for name, kind in COLUMNS.items():
            values = pa.array([each[name] for each in answers], kind)
            table = table.append_column(name, values)
        return table

    async def _results(self, rows: list[dict[str, Any]]) -> AsyncGenerator[Result]:
        """What became of each row, as soon as it is known."""
        if self._client is None:
            self._client = _client(self._server)
        if isinstance(self._gate, RemoteGate):
            self._gate.expect(len(rows))
        options: dict[str, Any] = {"gate": self._gate, "max_retries": self._max_retries}
        requests = self._requests(rows)
        try:
            async with AsyncBatch(self._client, requests, **options) as batch:
                async for result in batch:
                    yield result
        except MiniMaxError as error:
            self._ended = self._ended or error
            if isinstance(self._gate, RemoteGate):
                self._gate.expect_none()
            raise
        finally:
            await requests.aclose()

    async def _requests(self, rows: list[dict[str, Any]]) -> AsyncGenerator[dict[str, Any]]:
        """Those of a batch, after those of earlier ones, which so end before it."""
        async with self._turn:
            for row in rows:
                if self._ended is not None:
                    raise self._ended.with_traceback(None)
                yield self._request(row)

    def _request(self, row: dict[str, Any]) -> dict[str, Any]:
        """The arguments of the call; invalid ones are left for the client to refuse."""
        given = {name: value for name, value in row.items() if value is not None}
        given |= {name: _value(given[name]) for name in ("body", "messages") if name in given}
        try:
            request = request_of(given)
        except ValueError:
            request = {name: given[name] for name in FORMS if name in given}
        return completed(request, self._arguments, self._system)


def complete(
    dataset: Dataset,
    *,
    actors: int = 1,
    concurrency: int = 256,
    rpm: float | None = None,
    tpm: float | None = None,
    num_cpus: float = CPUS,
    fn: type[ChatCompletions] = ChatCompletions,
    **options: Any,
) -> Dataset:
    """Adds the columns of the answers to a dataset, by as many actors.

    Args:
        dataset: Rows as ChatCompletions takes them.
        actors: Processes that call; each makes several hundred calls a second.
        concurrency: The most calls at a time, of all actors together.
        rpm, tpm: The most calls and tokens in a minute, of all actors together.
        num_cpus: What an actor reserves of a core.
        fn: What answers a batch; a subclass may return other rows.
        options: The other options of ChatCompletions.

    The errors that end the job are raised as those of a task of Ray, whose `cause` has the details:
    `except InsufficientBalanceError as error: print(error.cause.code)`.
    """
    if "api_key" in options:  # it would be in the plan
        raise ConfigurationError(f"a key is no argument: {WHERE_THE_KEY_IS}")
    calls = math.ceil(concurrency / actors)
    rows = min(max(calls, FEWEST_ROWS), MOST_ROWS)
    batches = math.ceil(calls * MOST_TAKEN / rows)
    answers = dataset.repartition(target_num_rows_per_block=rows).map_batches(
        fn,
        fn_constructor_kwargs={"budget": budget(concurrency, rpm, tpm), **options},
        batch_size=None,
        batch_format="pyarrow",
        compute=ray.data.ActorPoolStrategy(size=actors, max_concurrent_calls_per_actor=batches),
        num_cpus=num_cpus,
        udf_modifying_row_count=fn is not ChatCompletions,
    )
    # Otherwise Ray raises an error of its own, without this one's class and code.
    answers.context.raise_original_map_exception = True
    return answers


_budgets: dict[str, Any] = {}
"""By node, job and limits. An actor lives as long as the handle that it was made with."""


def budget(concurrency: int = 256, rpm: float | None = None, tpm: float | None = None) -> Any:
    """The actor with these limits, which all datasets of a program share; made at first use."""
    Pace(concurrency=concurrency, rpm=rpm, tpm=tpm)  # raises if they are invalid
    if not ray.is_initialized():
        ray.init()
    here = ray.get_runtime_context()
    node, job = here.get_node_id(), here.get_job_id()
    name = f"minimax-chat of job {job}: concurrency {concurrency}, rpm {rpm}, tpm {tpm}"
    if (key := f"{node} {name}") not in _budgets:
        strategy = import_module("ray.util.scheduling_strategies").NodeAffinitySchedulingStrategy
        options = {
            "name": name,
            "num_cpus": 0,
            "max_restarts": -1,
            "max_task_retries": -1,
            # With the program, which outlives the nodes that come and go.
            "scheduling_strategy": strategy(node, soft=True),
        }
        _budgets[key] = ray.remote(Budget).options(**options).remote(concurrency, rpm, tpm)
    return _budgets[key]


def _client(server: Mapping[str, str | None]) -> AsyncMiniMax:
    if not os.environ.get("MINIMAX_API_KEY"):
        raise ConfigurationError(f"no API key: {WHERE_THE_KEY_IS}")
    return AsyncMiniMax(**cast("Any", server))


def _value(given: Any) -> Any:
    """A column's value, of which Arrow has made one with the fields of all rows."""
    if isinstance(given, str):
        try:
            return json.loads(given)
        except ValueError:
            return given
    return _without_nulls(given)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return {name: _without_nulls(item) for name, item in items if item is not None}
    if isinstance(value, list):
        return [*map(_without_nulls, cast("list[Any]", value))]  # type: ignore[redundant-cast]
    return value


# Results as columns


def _integers(schema: str) -> Any:
    """The type of an object of the contract that consists of integers."""
    return pa.struct(
        {
            name: _integers(merge.component) if merge.component else pa.int64()
            for name, merge in MERGES[schema].items()
        }
    )


COLUMNS: dict[str, Any] = {
    "error": pa.struct(
        {"code": pa.int64(), "class": pa.string(), "message": pa.string(), "retryable": pa.bool_()}
    ),
    "text": pa.string(),
    "thinking": pa.string(),
    "tool_calls": pa.string(),
    "finish_reason": pa.string(),
    "usage": _integers("Usage"),
    "trace_id": pa.string(),
    "attempts": pa.int64(),
    "seconds": pa.float64(),
    "response": pa.string(),
}
"""Those of an answer: the same in each block, which the sinks need.

`tool_calls` and `response` are JSON texts, since their form differs from row to row.
"""


def columns_of(result: Result) -> dict[str, Any]:
    """What the columns have of a result."""
    row = row_of("", result)
    for name in ("tool_calls", "response"):
        row[name] = row[name] if row[name] is None else as_json(row[name])
    return {name: _storable(row[name], kind) for name, kind in COLUMNS.items()}


def _storable(value: Any, kind: Any) -> Any:
    """A value as a column takes it; null in place of one of another type."""
    if pa.types.is_struct(kind):
        if not isinstance(value, dict):
            return None
        fields = cast("dict[str, Any]", value)
        return {field.name: _storable(fields.get(field.name), field.type) for field in kind}
    if isinstance(value, str):
        value = storable(value)
    try:
        pa.scalar(value, kind)
    except (TypeError, ValueError, OverflowError):
        return None
    return value


def storable(text: str) -> str:
    """Arrow stores no lone surrogate; in a JSON text, this is the escape for it."""
    return text.encode("utf-8", "backslashreplace").decode()
