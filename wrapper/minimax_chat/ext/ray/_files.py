"""Answers a file of requests."""

from __future__ import annotations

import json
from collections import Counter
from importlib import import_module
from typing import Any, NamedTuple

from ..._errors import ConfigurationError, MiniMaxError
from ._complete import COLUMNS, CPUS, complete, pa, ray, results, unanswered

ROWS_OF_A_FILE = 1000
"""At least. Results that are not written yet are lost when the program ends."""


class Summary(NamedTuple):
    """What a folder of results has.

    Attributes:
        answered: How many requests have an answer.
        failures: How many have failed, by class and code.
    """

    answered: int
    failures: Counter[str]


def run_file(source: str, target: str, *, retry_failed: bool = False, **options: Any) -> Summary:
    """Answers the requests of a file of JSON lines that have no result yet.

    Args:
        source: Lines of OpenAI's Batch files, or short ones with an id and a prompt or messages.
        target: A folder for files of JSON lines, with a line for each result.
        retry_failed: Whether to send requests again that failed and are worth another try; the
            later result of an id is the one that counts.
        options: Those of `complete`.

    Raises:
        ConfigurationError: A line is invalid, or an id is missing or occurs twice; nothing was
            sent.
        AuthenticationError, InsufficientBalanceError, PlanLimitError: Every further call would
            fail as well.
    """
    requests = ray.data.read_text(source).map_batches(_read, batch_format="pyarrow")
    requests.context.raise_original_map_exception = True
    try:
        _check_ids(requests)
        waiting = unanswered(requests, target, retry_failed=retry_failed)
        answers = complete(waiting, **options).select_columns(["custom_id", *COLUMNS])
        # With a whole core, a small machine would write last of all.
        answers.write_datasink(_lines(target), ray_remote_args={"num_cpus": CPUS})
    except MiniMaxError as error:  # of Ray's making, and of the class of its cause
        raise getattr(error, "cause", error) from None
    latest = dict(results(target))
    failed = [error for error in latest.values() if error is not None]
    names = (
        " ".join(str(each) for each in (error["class"], error["code"]) if each) for error in failed
    )
    return Summary(len(latest) - len(failed), Counter(names))


def _read(table: Any) -> Any:
    """Lines as rows with an id and the arguments of the call, as JSON."""
    ids: list[str] = []
    bodies: list[str] = []
    for line in table["text"].to_pylist():
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            id, body = row.get("custom_id", row.get("id")), row.get("body")
            if body is None and "prompt" in row:
                body = {"messages": [{"role": "user", "content": row["prompt"]}]}
            elif body is None:
                body = {"messages": row["messages"]}
        except (ValueError, AttributeError, KeyError):
            raise ConfigurationError(f"not a request: {line[:80]}") from None
        if not isinstance(id, (str, int)) or id == "":
            raise ConfigurationError(f"a request without an id: {line[:80]}")
        ids.append(str(id))
        bodies.append(json.dumps(body))
    return pa.table(
        {"custom_id": pa.array(ids, pa.string()), "body": pa.array(bodies, pa.string())}
    )


def _check_ids(requests: Any) -> None:
    blocks = ray.get(requests.select_columns(["custom_id"]).to_arrow_refs())
    counts = pa.concat_tables(blocks)["custom_id"].value_counts()
    for each in counts.filter(import_module("pyarrow.compute").greater(counts.field(1), 1))[:1]:
        raise ConfigurationError(f"the id {each['values'].as_py()!r} occurs {each['counts']} times")


def _lines(folder: str) -> Any:
    """A sink of JSON lines, with the names and the order of `minimax-chat batch`."""

    def write(sink: Any, block: Any, file: Any) -> None:
        for row in block.to_arrow().to_pylist():
            response = row["response"] and json.loads(row["response"])
            row["usage"] = response and response.get("usage")
            row["tool_calls"] = json.loads(row["tool_calls"] or "[]")
            row["response"] = response and {
                "status_code": 200,
                "request_id": row["trace_id"],
                "body": response,
            }
            file.write(f"{json.dumps(row)}\n".encode())

    base = ray.data.datasource.BlockBasedFileDatasink
    kind = type("Lines", (base,), {"write_block_to_file": write})
    return kind(folder, min_rows_per_file=ROWS_OF_A_FILE, file_format="jsonl")
