"""Answers a file of requests."""

from __future__ import annotations

import io
import json
import pickle
import posixpath
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from importlib import import_module
from itertools import count
from typing import Any, NamedTuple
from uuid import uuid4

from filelock import FileLock, Timeout

from ..._errors import ConfigurationError, MiniMaxError
from ..batch._lines import as_json, failure_name, read_line, row_of
from ._complete import COLUMNS, ChatCompletions, complete, pa, ray, storable
from ._results import latest, located, settled, without

BETWEEN_REPORTS = 10.0
"""Seconds between two reports of the progress."""
READ_AT_ONCE = 1000
"""Lines."""
HIDDEN = r"\.\d{8}T\d{6}-[0-9a-f]{8}-\d{6,}\.jsonl"
"""The name of a file of results that is not whole yet."""


class Progress(NamedTuple):
    """How far a file is answered.

    Attributes:
        total: Its requests.
        done: Those that have a result in the folder.
        failed: Those of them that failed in this run.
        per_second: Results of this run.
    """

    total: int
    done: int
    failed: int
    per_second: float


class Summary(NamedTuple):
    """What a folder of results has of the requests of a file.

    Attributes:
        answered: How many have an answer.
        failures: How many have failed, by class and code.
    """

    answered: int
    failures: Counter[str]


def run_file(
    source: str,
    target: str,
    *,
    retry_failed: bool = False,
    progress: Callable[[Progress], object] | None = None,
    **options: Any,
) -> Summary:
    """Answers the requests of a file of JSON lines that have no result yet.

    Each batch that is answered is written at once, by this program, to a file of its own, which is
    whole or hidden. What is written is safe, however the run ends.

    Args:
        source: Lines of OpenAI's Batch files, or short ones with an id and a prompt or messages;
            also .gz or .zst. A path that the nodes can read, or a URI.
        target: A folder for files of JSON lines, with a line for each result; a path, or a URI.
            While a run lives, a second one is refused if it is a path: a remote file system has no
            locks, so take care of that yourself.
        retry_failed: Whether to send requests again that failed and are worth another try; the
            later result of an id is the one that counts.
        progress: Called every ten seconds, from a thread; in place of Ray's progress bars.
        options: Those of `complete`.

    Raises:
        ConfigurationError: A line is invalid, an id is missing or occurs twice, or another run
            writes to the folder; nothing was sent.
        AuthenticationError, InsufficientBalanceError, PlanLimitError: Every further call would
            fail as well. The answers of all calls that had started are written before.
        RateLimitError, InternalServerError, APIConnectionError: The same, after some time in which
            the API took no call, as in AsyncBatch.
        OSError: A file of results cannot be written.
    """
    requests = ray.data.from_items([source]).map_batches(_requests, batch_format="pyarrow")
    requests.context.raise_original_map_exception = True
    requests.context.enable_progress_bars = progress is None
    with _only_writer(target) as write:
        try:
            ids = _checked_ids(requests)
        except MiniMaxError as error:  # of Ray's making, and of the class of its cause
            raise getattr(error, "cause", error) from None
        found = latest(target)
        known = settled(found, retry_failed=retry_failed)
        compute = import_module("pyarrow.compute")
        earlier = compute.sum(compute.is_in(ids, value_set=known)).as_py() or 0
        answers = complete(without(requests, known), fn=_Lines, **options)
        began = time.monotonic()
        done = failed = 0
        ended: MiniMaxError | None = None

        def report() -> None:
            if progress is not None:
                rate = done / (time.monotonic() - began)
                progress(Progress(len(ids), earlier + done, failed, rate))

        with _regularly(report):
            # Without prefetching, which would hold back a batch until the next is there.
            for batch in answers.iter_batches(
                batch_size=None, batch_format="pyarrow", prefetch_batches=0
            ):
                rows = batch.to_pylist()
                write([row["line"] for row in rows if row["line"] is not None])
                for row in rows:
                    if row["ended"] is not None:
                        ended = ended or pickle.loads(row["ended"])
                        continue
                    found[row["custom_id"]] = row["error"]
                    done += 1
                    failed += row["error"] is not None
    if ended is not None:
        raise ended
    return _summary([found[id] for id in ids.to_pylist() if id in found])


def _summary(found: list[dict[str, Any] | None]) -> Summary:
    failures = [error for error in found if error is not None]
    names = Counter(failure_name(error["class"], error["code"]) for error in failures)
    return Summary(len(found) - len(failures), names)


class _Lines(ChatCompletions):
    """Answers batches of rows as lines of a file of results.

    After an error that ends the job, which becomes a row, rows that have no result are left out: an
    exception would end the job before the results of other batches are written.
    """

    async def __call__(self, table: Any) -> Any:
        rows = table.to_pylist()
        answers: list[dict[str, Any]] = []
        try:
            async for result in self._results(rows):
                # What says nothing of the request is left to the next run.
                if not result.stopped:
                    answers.append(row_of(rows[result.index]["custom_id"], result))
        except MiniMaxError as error:
            answers.append({"ended": pickle.dumps(error)})
        lines = [storable(as_json(row)) if "custom_id" in row else None for row in answers]
        return pa.table(
            {
                "custom_id": pa.array([row.get("custom_id") for row in answers], pa.string()),
                "error": pa.array([row.get("error") for row in answers], COLUMNS["error"]),
                "line": pa.array(lines, pa.string()),
                "ended": pa.array([row.get("ended") for row in answers], pa.binary()),
            }
        )


# The requests


def _requests(table: Any) -> Iterator[Any]:
    """The lines of files as rows with an id and the arguments of the call, as JSON."""
    for name in table["item"].to_pylist():
        files, path = located(name)
        rows: list[dict[str, str]] = []
        try:
            stream = files.open_input_stream(path, compression="detect")
            with io.BufferedReader(stream) as lines:
                for number, line in enumerate(lines, 1):
                    if line.strip():
                        rows.append(_request(f"line {number} of {name}", line))
                    if len(rows) == READ_AT_ONCE:
                        yield pa.Table.from_pylist(rows, REQUEST)
                        rows = []
        except (OSError, pa.ArrowException) as error:
            raise ConfigurationError(f"cannot read {name}: {error}") from None
        yield pa.Table.from_pylist(rows, REQUEST)


REQUEST = pa.schema({"custom_id": pa.string(), "body": pa.string()})


def _request(where: str, line: bytes) -> dict[str, str]:
    try:
        id, request = read_line(line)
    except ValueError as error:
        raise ConfigurationError(f"{where} {error}") from None
    if id is None:
        raise ConfigurationError(f"{where} has no id")
    return {"custom_id": id, "body": json.dumps(request)}


def _checked_ids(requests: Any) -> Any:
    """The ids of all requests, as an array."""
    names = ["custom_id"]
    blocks = ray.get(requests.select_columns(names).to_arrow_refs())
    ids = pa.concat_tables([REQUEST.empty_table().select(names), *blocks])["custom_id"]
    counts = ids.value_counts()
    for each in counts.filter(import_module("pyarrow.compute").greater(counts.field(1), 1))[:1]:
        raise ConfigurationError(f"the id {each['values'].as_py()!r} occurs {each['counts']} times")
    return ids


# The folder


@contextmanager
def _only_writer(folder: str) -> Generator[Callable[[list[str]], None]]:
    """Keeps other runs from writing to a folder; yields what writes lines to a file of it."""
    fs = import_module("pyarrow.fs")
    files, path = located(folder)
    with ExitStack() as resources:
        try:
            if isinstance(files, fs.LocalFileSystem):
                files.create_dir(path)
                resources.enter_context(FileLock(posixpath.join(path, ".lock"), timeout=0))
            # What an earlier run has left, which was ended while it wrote.
            for each in files.get_file_info(fs.FileSelector(path, allow_not_found=True)):
                if re.fullmatch(HIDDEN, each.base_name):
                    files.delete_file(each.path)
        except Timeout:
            raise ConfigurationError(
                f"another run is writing to {folder}; wait for its end, or choose another output"
            ) from None
        except OSError as error:
            raise ConfigurationError(f"cannot write to {folder}: {error}") from None
        # The files of later runs come later.
        run = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid4().hex[:8]}"
        numbers = count(1)

        def write(lines: list[str]) -> None:
            if not lines:
                return
            name = f"{run}-{next(numbers):06}.jsonl"
            hidden = posixpath.join(path, f".{name}")
            with files.open_output_stream(hidden) as file:
                file.write("".join(f"{line}\n" for line in lines).encode())
            files.move(hidden, posixpath.join(path, name))

        yield write


@contextmanager
def _regularly(act: Callable[[], None]) -> Generator[None]:
    """Acts again and again in a thread."""
    ended = threading.Event()

    def repeat() -> None:
        while not ended.wait(BETWEEN_REPORTS):
            act()

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
