"""The public names of the package, and the types that tools read from them."""

from __future__ import annotations

import importlib
import inspect
import typing

import pytest
from packaging.version import Version

import minimax_chat
from minimax_chat import AsyncMiniMax, MiniMax, _errors
from minimax_chat_api import params

ERRORS = {
    name
    for name, value in vars(_errors).items()
    if isinstance(value, type) and issubclass(value, minimax_chat.MiniMaxError)
}
PUBLIC = {
    "MiniMax",
    "AsyncMiniMax",
    "Stream",
    "AsyncStream",
    "Completion",
    "CompletionChunk",
    "ContentPartParam",
    "Conversation",
    "MessageParam",
    "SupportsToDict",
    "ToolCallView",
    "ToolParam",
    "image",
    "video",
    *ERRORS,
}


def test_the_version_is_one_that_can_be_compared() -> None:
    assert Version(minimax_chat.__version__) > Version("0")


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_a_public_name_can_be_imported(name: str) -> None:
    value = getattr(minimax_chat, name)
    assert getattr(minimax_chat, name) is value
    if name != "Conversation":  # an alias has no name of its own
        assert value.__name__ == name


def test_types_of_messages_are_those_of_the_contract() -> None:
    assert minimax_chat.MessageParam is params.MessageParam
    assert minimax_chat.SupportsToDict is params.SupportsToDict


def test_dir_lists_the_public_names_alone() -> None:
    assert {*dir(minimax_chat)} == PUBLIC


def test_star_import_brings_the_public_names_alone() -> None:
    names: dict[str, object] = {}
    exec("from minimax_chat import *", names)
    assert names.keys() - {"__builtins__"} == PUBLIC


@pytest.mark.parametrize(
    "name",
    [
        "Any",
        "Config",
        "retry_after",
        "ERROR_CLASSES",
        "httpx",
        "__wrapped__",
        "",
    ],
)
def test_a_private_name_cannot_be_imported(name: str) -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(minimax_chat, name)
    assert str(caught.value) == f"module 'minimax_chat' has no attribute {name!r}"


@pytest.mark.parametrize("kind", [MiniMax, AsyncMiniMax])
@pytest.mark.parametrize("method", ["__init__", "with_options"])
def test_type_hints_of_the_options_can_be_resolved(kind: type, method: str) -> None:
    """By tools that make forms, command lines or documentation of them."""
    function = getattr(kind, method)
    hints = typing.get_type_hints(function)
    assert inspect.signature(function).parameters.keys() - hints.keys() == {"self"}
    assert hints["max_retries"] == int | None


@pytest.mark.parametrize("module", ["client", "aio"])
def test_type_hints_of_create_can_be_resolved(module: str) -> None:
    completions = importlib.import_module(f"minimax_chat.{module}").Completions
    assert typing.get_type_hints(completions.create)["stream"] == bool | None
