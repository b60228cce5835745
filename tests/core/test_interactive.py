"""What users see in help(), in completion and in notebooks."""

from __future__ import annotations

import inspect
import pydoc
import re

import pytest

from minimax_chat import (
    AsyncMiniMax,
    AsyncStream,
    Completion,
    CompletionChunk,
    MiniMax,
    Stream,
)
from minimax_chat_api.contract import CHAT_COMPLETION_REQUEST_SCHEMA

CLIENTS: list[MiniMax | AsyncMiniMax] = [MiniMax(api_key="k"), AsyncMiniMax(api_key="k")]
OPTIONS = ["timeout", "total_timeout", "max_retries", "extra_headers", "extra_body"]

ANSWER = Completion(
    {
        "model": "MiniMax-M2.7",
        "choices": [
            {
                "finish_reason": "stop",
                "message": {"content": '<think>\n"A" <b>\n</think>\n\nHello, *you*!\n\nMore'},
            }
        ],
        "usage": {"total_tokens": 5},
    },
    "0123",
)
CALL = {"id": "1", "function": {"name": "get_time", "arguments": '{"city": "<Rome>"}'}}


@pytest.mark.parametrize("client", CLIENTS, ids=repr)
def test_signature_of_create_lists_every_field_of_the_contract(
    client: MiniMax | AsyncMiniMax,
) -> None:
    parameters = inspect.signature(client.chat.completions.create).parameters
    assert parameters.keys() == {*CHAT_COMPLETION_REQUEST_SCHEMA["properties"], *OPTIONS}
    required = [name for name, each in parameters.items() if each.default is each.empty]
    assert required == CHAT_COMPLETION_REQUEST_SCHEMA["required"]
    assert [*parameters][: len(required)] == required
    assert {each.kind for each in parameters.values()} == {inspect.Parameter.KEYWORD_ONLY}
    assert parameters["temperature"].annotation == "float | None"


@pytest.mark.parametrize("client", CLIENTS, ids=repr)
def test_help_of_create_documents_every_parameter_once(client: MiniMax | AsyncMiniMax) -> None:
    create = client.chat.completions.create
    arguments = pydoc.plain(pydoc.render_doc(create)).partition("Args:")[2].partition("Raises:")[0]
    documented = re.findall(r"^ +(\w+): \S", arguments, re.MULTILINE)
    assert sorted(documented) == sorted(inspect.signature(create).parameters)
    assert re.search(r"temperature: .*?Must be >= 0 and <= 2", arguments, re.DOTALL)


@pytest.mark.parametrize(
    "value",
    [
        *CLIENTS,
        *(client.chat for client in CLIENTS),
        *(client.chat.completions for client in CLIENTS),
        Stream.__new__(Stream),
        AsyncStream.__new__(AsyncStream),
        ANSWER,
        ANSWER.choices[0],
        CompletionChunk({}, "", ""),
    ],
    ids=lambda value: type(value).__name__,
)
def test_dir_lists_public_names_alone(value: object) -> None:
    names = dir(value)
    assert {"__class__", "__dir__"} < {*names}
    assert [name for name in names if name.startswith("_") and name[:2] != "__"] == []
    assert [name for name in names if not name.startswith("_")] != []


def test_a_client_whose_constructor_failed_has_a_repr() -> None:
    """Tracebacks with local variables show it."""
    assert repr(MiniMax.__new__(MiniMax)) == "MiniMax()"


def test_repr_of_a_completion_shows_its_main_points_on_one_line() -> None:
    assert repr(ANSWER) == (
        "Completion(model='MiniMax-M2.7', finish_reason='stop', text='Hello, *you*!…', "
        "total_tokens=5, trace_id='0123')"
    )


def test_repr_of_a_completion_cuts_a_long_line() -> None:
    completion = Completion({"choices": [{"message": {"content": "x" * 81}}]})
    assert repr(completion) == f"Completion(text='{'x' * 80}…')"


def test_repr_of_a_completion_names_the_tools_called() -> None:
    completion = Completion({"choices": [{"message": {"tool_calls": [CALL]}}]})
    assert repr(completion) == "Completion(text='', tool_calls=['get_time'])"


@pytest.mark.parametrize("body", [{}, {"choices": 1, "usage": [], "model": {"a": 1}}], ids=repr)
def test_an_odd_completion_has_a_repr_in_both_forms(body: dict[str, object]) -> None:
    assert repr(Completion(body)).startswith("Completion(")
    assert "None" not in Completion(body)._repr_markdown_()


def test_repr_of_a_chunk_shows_its_pieces() -> None:
    chunk = CompletionChunk({"choices": [{"finish_reason": "stop"}]}, "Hm", "Hi")
    assert repr(chunk) == "CompletionChunk(thinking='Hm', text='Hi', finish_reason='stop')"
    piece = {"function": {"arguments": "{}"}}
    chunk = CompletionChunk({"choices": [{"delta": {"tool_calls": [piece]}}]}, "", "")
    assert repr(chunk) == f"CompletionChunk(thinking='', text='', tool_calls=[{piece}])"


def test_a_notebook_shows_the_answer_with_its_thinking_folded() -> None:
    assert ANSWER._repr_markdown_() == (
        '<details><summary>Thinking</summary>\n\n"A" &lt;b&gt;\n\n</details>\n\n'
        "Hello, *you*!\n\nMore\n\n"
        "<sub>MiniMax-M2.7 · stop · 5 tokens</sub>"
    )


def test_a_notebook_shows_tool_calls_as_code() -> None:
    completion = Completion({"choices": [{"message": {"tool_calls": [CALL]}}]})
    assert completion._repr_markdown_() == (
        "<code>get_time({&quot;city&quot;: &quot;&lt;Rome&gt;&quot;})</code>"
    )
