"""docs/migrating-from-openai.md, compared with both SDKs as they are installed."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from openai.resources.chat.completions import Completions as TheirCompletions
from openai.types import CompletionUsage
from openai.types.chat import (
    ChatCompletion,
    ChatCompletionChunk,
    ChatCompletionMessage,
    ChatCompletionMessageFunctionToolCall,
    chat_completion,
    chat_completion_chunk,
)
from openai.types.chat.chat_completion_message_function_tool_call import Function

import minimax_chat
from minimax_chat import MiniMax, MiniMaxError
from minimax_chat.client import Completions as OurCompletions
from minimax_chat.ext.emulator import Emulator
from minimax_chat_api import views

PAGE = Path(__file__).parents[2] / "docs" / "migrating-from-openai.md"
SAME, DIFFERS, OTHER, ABSENT = "same", "differs", "other name", "absent"
CALL: dict[str, Any] = {
    "model": "MiniMax-M3",
    "messages": [{"role": "user", "content": "!call get_forecast Is it wet in Oslo?"}],
    "tools": [
        {
            "type": "function",
            "function": {
                "name": "get_forecast",
                "parameters": {
                    "type": "object",
                    "properties": {"city": {"type": "string"}},
                    "required": ["city"],
                },
            },
        }
    ],
}
# Of each argument of `create` that is called the same.
VALUES: dict[str, Any] = {
    "model": "MiniMax-M2.7",
    "max_completion_tokens": 5,
    "max_tokens": 6,
    "stream": True,
    "extra_body": {"stop": ["."]},
}


def parameters(function: Callable[..., Any]) -> set[str]:
    return {*inspect.signature(function).parameters} - {"self"}


def names_of(*kinds: type) -> set[str]:
    return {name for kind in kinds for name in dir(kind)}


def errors_of(module: Any) -> set[str]:
    values = {name: getattr(module, name) for name in dir(module) if name[0] != "_"}
    return {
        name
        for name, value in values.items()
        if isinstance(value, type) and issubclass(value, Exception)
    }


def annotated(*kinds: type) -> set[str]:
    return {name for kind in kinds for name in inspect.get_annotations(kind)}


METHODS = {"to_dict", "to_json", "model_dump", "model_dump_json"}
# By the words ahead of each table: what the OpenAI SDK has, and what this package has.
TABLES: dict[str, tuple[set[str], set[str]]] = {
    "### Arguments of the client": (parameters(openai.OpenAI.__init__), parameters(MiniMax)),
    "### Arguments of create": (
        parameters(TheirCompletions.create),
        parameters(OurCompletions.create),
    ),
    "### Attributes of an answer": (
        {*ChatCompletion.model_fields},
        names_of(minimax_chat.Completion),
    ),
    "Of a choice:": ({*chat_completion.Choice.model_fields}, names_of(views.ChoiceView)),
    "Of a message:": (
        {*ChatCompletionMessage.model_fields},
        names_of(views.ChoiceMessageView),
    ),
    "Of the usage,": ({*CompletionUsage.model_fields}, names_of(views.UsageView)),
    "Of a tool call": (
        {
            *ChatCompletionMessageFunctionToolCall.model_fields,
            *Function.model_fields,
            *chat_completion_chunk.ChoiceDeltaToolCall.model_fields,
            *chat_completion_chunk.ChoiceDeltaToolCallFunction.model_fields,
        },
        names_of(views.ToolCallView, views.ToolCallFunctionView),
    ),
    "Methods of all": (METHODS & names_of(ChatCompletion), names_of(views.View)),
    "### Attributes of a chunk": (
        {*ChatCompletionChunk.model_fields},
        names_of(minimax_chat.CompletionChunk),
    ),
    "Of its choices:": (
        {*chat_completion_chunk.Choice.model_fields},
        names_of(views.ChunkChoiceView),
    ),
    "Of a delta:": (
        {*chat_completion_chunk.ChoiceDelta.model_fields},
        names_of(views.DeltaView),
    ),
    "### Attributes of a stream": (
        {"response", *(name for name in vars(openai.Stream) if name[0] != "_")},
        names_of(minimax_chat.Stream),
    ),
    "### Errors": (errors_of(openai), errors_of(minimax_chat)),
    "Their attributes:": (
        annotated(openai.APIError, openai.APIStatusError),
        {*annotated(MiniMaxError), "message"},
    ),
}


def table(above: str) -> dict[str, tuple[str, str]]:
    """The verdict on each name, and the note, in the first table below these words."""
    _, found, below = PAGE.read_text("utf-8").partition("## The tables\n")[2].partition(above)
    assert found, above
    rows = re.search(r"^\| [^\n]*\n\|---[^\n]*\n((?:\|[^\n]*\n)+)", below, re.MULTILINE)
    assert rows
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[1].splitlines()]
    verdicts = {name.strip("`"): (verdict, note) for name, verdict, note in cells}
    assert len(verdicts) == len(cells), f"{above}: a name is listed twice"
    return verdicts


@pytest.mark.parametrize("above", TABLES)
def test_table_lists_every_name_and_says_which_are_here(above: str) -> None:
    theirs, ours = TABLES[above]
    verdicts = table(above)
    assert verdicts.keys() == theirs
    for name, (verdict, note) in verdicts.items():
        assert (verdict in (SAME, DIFFERS)) == (name in ours), name
        assert verdict in (SAME, DIFFERS, OTHER, ABSENT), name
        if verdict == DIFFERS:
            assert note, name
        if verdict == OTHER:
            first = re.match(r"`(\w+)`", note)
            assert first, name
            assert first[1] in ours, name


def test_page_names_the_version_that_it_is_checked_against() -> None:
    version = openai.__version__.rpartition(".")[0]
    assert f"checked against version {version} of that SDK" in " ".join(PAGE.read_text().split())


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


def clients(base_url: str, **options: Any) -> tuple[openai.OpenAI, MiniMax]:
    theirs = openai.OpenAI(base_url=f"{base_url}/v1", api_key="any", **options)
    return theirs, MiniMax(base_url=base_url, api_key="any", **options)


def same(above: str) -> list[str]:
    return [name for name, (verdict, _) in table(above).items() if verdict == SAME]


@pytest.mark.parametrize("argument", same("### Arguments of create"))
def test_argument_called_the_same_sends_the_same(emulator: Emulator, argument: str) -> None:
    sent: list[Any] = []
    for client in clients(emulator.base_url):
        with client:
            create: Any = client.chat.completions.create
            result = create(**{**CALL, argument: VALUES[argument]})
            if argument == "stream":
                assert [*result]
            sent.append(emulator.requests[-1].json)
    assert sent[0] == sent[1]


def test_option_called_the_same_does_the_same(emulator: Emulator) -> None:
    assert same("### Arguments of the client") == ["max_retries", "default_headers"]
    with httpx.Client() as http:
        sent: list[str | None] = []
        for client in clients(
            emulator.base_url, max_retries=1, default_headers={"x-team": "a"}, http_client=http
        ):
            emulator.reset()
            emulator.fail(1002, times=2, retry_after_ms=1)
            create: Any = client.chat.completions.create
            with pytest.raises((openai.RateLimitError, minimax_chat.RateLimitError)):
                create(**CALL)
            assert len(emulator.requests) == 2
            sent.append(emulator.requests[-1].headers.get("x-team"))
    assert sent == ["a", "a"]


def pairs(theirs: Any, ours: Any, above: str) -> Iterable[tuple[str, Any, Any]]:
    """The attributes called the same, and their values in both SDKs."""
    for name in same(above):
        yield f"{above} {name}", getattr(theirs, name), getattr(ours, name)


def plain(value: Any) -> Any:
    """A value of either SDK as JSON."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value.to_dict() if hasattr(value, "to_dict") else value


def test_attribute_called_the_same_has_the_same_value(emulator: Emulator) -> None:
    with MiniMax(base_url=emulator.base_url, api_key="any") as client:
        create: Any = client.chat.completions.create
        body = create(**CALL).to_dict()
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=body))
    results: list[Any] = []
    with httpx.Client(transport=transport) as http:
        for each in clients("https://api.example", http_client=http):
            create = each.chat.completions.create
            results.append(create(**CALL))
    theirs, ours = results
    compared = [
        *pairs(theirs, ours, "### Attributes of an answer"),
        *pairs(theirs.choices[0], ours.choices[0], "Of a choice:"),
        *pairs(theirs.choices[0].message, ours.choices[0].message, "Of a message:"),
        *pairs(theirs.usage, ours.usage, "Of the usage,"),
    ]
    calls = theirs.choices[0].message.tool_calls, ours.tool_calls
    compared += pairs(calls[0][0], calls[1][0], "Of a tool call")
    for where, expected, actual in compared:
        assert expected is not None, where
        assert plain(actual) == plain(expected), where


def test_attribute_of_a_chunk_called_the_same_has_the_same_value() -> None:
    delta = {"role": "assistant", "content": "Hi."}
    choice = {"index": 0, "delta": delta, "finish_reason": "stop"}
    usage = {"total_tokens": 3, "prompt_tokens": 1, "completion_tokens": 2}
    chunk = {
        "id": "1",
        "object": "chat.completion.chunk",
        "created": 1780300000,
        "model": "MiniMax-M3",
        "choices": [choice],
        "usage": usage,
    }
    events = f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n".encode()
    headers = {"content-type": "text/event-stream"}
    transport = httpx.MockTransport(
        lambda request: httpx.Response(200, headers=headers, content=events)
    )
    chunks: list[Any] = []
    with httpx.Client(transport=transport) as http:
        for client in clients("https://api.example", http_client=http):
            create: Any = client.chat.completions.create
            chunks += create(**CALL, stream=True)
    theirs, ours = chunks
    compared = [
        *pairs(theirs, ours, "### Attributes of a chunk"),
        *pairs(theirs.choices[0], ours.choices[0], "Of its choices:"),
        *pairs(theirs.choices[0].delta, ours.choices[0].delta, "Of a delta:"),
    ]
    for where, expected, actual in compared:
        assert expected is not None, where
        assert plain(actual) == plain(expected), where


def statuses() -> dict[str, int]:
    """The error classes that stand for one HTTP status."""
    found = {"InternalServerError": 500}
    for name in errors_of(openai):
        hint = str(inspect.get_annotations(getattr(openai, name)).get("status_code"))
        if status := re.search(r"Literal\[(\d+)\]", hint):
            found[name] = int(status[1])
    return found


STATUSES = statuses()


@pytest.mark.parametrize("name", sorted(STATUSES))
def test_http_status_raises_the_class_that_the_page_names(name: str) -> None:
    verdict, note = table("### Errors")[name]
    named = name if verdict in (SAME, DIFFERS) else note.strip("`").partition("`")[0]
    transport = httpx.MockTransport(lambda request: httpx.Response(STATUSES[name], json={}))
    with httpx.Client(transport=transport) as http:
        raised: list[str] = []
        for client in clients("https://api.example", http_client=http, max_retries=0):
            create: Any = client.chat.completions.create
            with pytest.raises((openai.OpenAIError, MiniMaxError)) as caught:
                create(**CALL)
            raised.append(type(caught.value).__name__)
    assert raised == [name, named]
