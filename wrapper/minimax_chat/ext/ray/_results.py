"""What earlier runs have left in a folder, and what is left to do."""

from __future__ import annotations

import io
import json
import os
import posixpath
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from ..._errors import ConfigurationError
from ._complete import Dataset, pa, ray


def unanswered(dataset: Dataset, path: str, *, retry_failed: bool = False) -> Dataset:
    """The rows of a dataset whose `custom_id` is not among the results of earlier runs.

    The ids of the results are held in memory: some 100 MB for a million of them.

    Args:
        dataset: Rows with a column custom_id of strings.
        path: A folder of Parquet files or JSON lines with the columns custom_id and error.
        retry_failed: Whether to leave in the rows that failed and are worth another try.
    """
    return without(dataset, settled(latest(path), retry_failed=retry_failed))


def without(dataset: Dataset, ids: Any) -> Dataset:
    """The rows whose `custom_id` is not in an array."""
    known = ray.put(ids)

    def without_known(table: Any) -> Any:
        compute = import_module("pyarrow.compute")
        return table.filter(
            compute.invert(compute.is_in(table["custom_id"], value_set=ray.get(known)))
        )

    return dataset.map_batches(without_known, batch_format="pyarrow") if len(ids) else dataset


Errors = dict[str, dict[str, Any] | None]
"""By id: the error that is its result; None for an answer."""


def settled(found: Errors, *, retry_failed: bool) -> Any:
    """The ids that need no call, as an array."""
    ids = [id for id, error in found.items() if not (retry_failed and _rank(error) == 0)]
    return pa.array(ids, pa.string())


def latest(path: str) -> Errors:
    """The result of each id in a folder that counts if it has several.

    That is the latest, in whatever order they are read: a request is only sent again after a
    failure that may pass.
    """
    found: Errors = {}
    for id, error in _results(path):
        if id not in found or _rank(error) >= _rank(found[id]):
            found[id] = error
    return found


def _rank(error: dict[str, Any] | None) -> int:
    if error is None:
        return 2
    return 0 if error["retryable"] else 1


def located(path: str) -> tuple[Any, str]:
    """The file system of a path or URI, and the path in it."""
    fs = import_module("pyarrow.fs")
    if "://" in path:
        files, path = fs.FileSystem.from_uri(path)
        return files, path
    return fs.LocalFileSystem(), os.path.abspath(path)


def _results(folder: str) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """The id and the error of each result in a folder; none if there is no such folder."""
    fs = import_module("pyarrow.fs")
    files, path = located(folder)
    found = files.get_file_info(fs.FileSelector(path, allow_not_found=True, recursive=True))
    for info in sorted(found, key=lambda info: info.path):
        # As Spark and Hive do, and as long as `run_file` writes to a file.
        hidden = posixpath.basename(info.path).startswith((".", "_"))
        if hidden or info.type != fs.FileType.File:
            continue
        try:
            if info.path.endswith(".parquet"):
                parquet = import_module("pyarrow.parquet")
                with files.open_input_file(info.path) as file:
                    for part in parquet.ParquetFile(file).iter_batches(
                        columns=["custom_id", "error"]
                    ):
                        for row in part.to_pylist():
                            yield row["custom_id"], row["error"]
            else:
                with io.BufferedReader(files.open_input_stream(info.path)) as lines:
                    for line in lines:
                        try:
                            row = json.loads(line)
                        except ValueError:
                            if line.endswith(b"\n"):
                                raise
                            continue  # a run was ended while it wrote this line
                        yield row["custom_id"], row["error"]
        except (ValueError, LookupError, TypeError) as error:
            raise ConfigurationError(
                f"cannot read {info.path} ({error}); if an earlier run was ended while it wrote "
                "this file, delete it"
            ) from None
