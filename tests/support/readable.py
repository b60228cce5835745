"""Reads all that users can read of an answer or an error, and states what must hold of it."""

from __future__ import annotations

import copy
import json
import pickle
import traceback
from collections.abc import Iterator
from typing import Any

from minimax_chat import Completion, CompletionChunk, MiniMaxError
from minimax_chat_api.views import View
from samples import KEY

Path = tuple[str | int, ...]
"""The steps to a place in a JSON value."""


def canonical(value: Any) -> str:
    """A JSON value as text: unlike ==, it tells true from 1, and finds NaN equal to itself."""
    return json.dumps(value, sort_keys=True)


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """The path of each value that holds no other, and the value as text."""
    inner: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        inner = [*value.items()]
    elif isinstance(value, list):
        inner = [*enumerate(value)]
    if not inner:
        yield path, repr(value)
    for step, each in inner:
        yield from leaves(each, (*path, step))


def attributes(value: View) -> dict[str, Any]:
    """The public attributes of a view, those of the views inside as dicts."""
    return {
        name: _plain(getattr(value, name))
        for name in dir(type(value))
        if not name.startswith("_") and name not in ("raw", "to_dict")
    }


def _plain(value: Any) -> Any:
    if isinstance(value, View):
        return attributes(value)
    return [_plain(each) for each in value] if isinstance(value, list) else value


def check_view(value: Completion | CompletionChunk) -> dict[str, Any]:
    """Reads an answer or a chunk in every way; returns its attributes."""
    found = attributes(value)
    assert isinstance(value.text, str)
    assert isinstance(value.thinking, str)
    assert repr(value)
    assert all(repr(each) for each in value.choices)
    whole = canonical(value.to_dict())
    assert canonical(value.raw.to_dict()) == whole
    for twin in (copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert type(twin) is type(value)
        assert canonical(twin._data) == whole
        assert (twin.thinking, twin.text) == (value.thinking, value.text)
    if isinstance(value, Completion):
        assert isinstance(value._repr_markdown_(), str)
        assert isinstance(value.thinking_truncated, bool)
        assert value.trace_id is None or isinstance(value.trace_id, str)
        assert value.created_at is None or value.created_at.year > 0
    return found


def check_error(error: MiniMaxError) -> None:
    """Reads an error in every way; none of them shows the key."""
    assert error.message
    assert error.code is None or type(error.code) is int
    assert error.trace_id is None or isinstance(error.trace_id, str)
    shown = [str(error), repr(error), repr(error.body)]
    shown.append("".join(traceback.format_exception(error)))
    for twin in (copy.deepcopy(error), pickle.loads(pickle.dumps(error))):
        assert type(twin) is type(error)
        assert str(twin) == str(error)
        shown.append(repr(vars(twin)))
    assert not any(KEY in each for each in shown)
    if error.completion is not None:
        check_view(error.completion)
