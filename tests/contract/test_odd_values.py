"""Odd values at every place of an answer and of a stream: readable, or a typed error.

The places come from openapi.yaml: every field of every object that a reply consists of.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from documented import EXAMPLE_CHUNK, TOOL_CALLS_RESPONSE
from generated_check import sample
from minimax_chat import Completion, CompletionChunk, MiniMaxError, StreamInterruptedError
from minimax_chat._json import MAX_DEPTH
from readable import Path, attributes, canonical, check_error, check_view, leaves
from samples import chunk, sse
from seams import answer, reading, stream_reader
from spec_reading import Spec, alternatives, fields, read_spec, resolved

SPEC = read_spec()
WHOLE = SPEC["components"]["schemas"]["ChatCompletion"]
CHUNK = SPEC["components"]["schemas"]["ChatCompletionChunk"]
EVENTS = 3


# The values


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


VALUES = [
    *("null", '""', '"x"', r'"\ud800"', json.dumps("long " * 2000)),
    *("true", "false", "0", "1", "-1", "7.0", "1e400", "NaN", "1" + "0" * 400),
    *("[]", "[null]", '[""]', "[{}]", '[5, "x"]', '[["a", 1]]', nested(MAX_DEPTH - 10)),
    *("{}", '{"a": {"b": [1]}}', '{"index": "x", "text": []}'),
]
"""As JSON, because json.dumps cannot write all of them."""
EMPTY = ("null", '""', "[]", "{}")
"""These say nothing."""


def odd_bodies(body: dict[str, Any], path: Path) -> Iterator[tuple[str, str, bytes]]:
    """How a place of a body is odd, the value, and the body."""
    here = at(body, path)
    in_object = isinstance(path[-1], str)
    for value in VALUES:
        yield "instead", value, with_value(body, path, value)
        if isinstance(here, dict):
            yield "unknown", value, with_value(body, (*path, "unknown"), value)
        if isinstance(here, list):
            yield "before", value, with_value(body, path, f"[{value}, {json.dumps(here[0])}]")
            yield "after", value, with_value(body, path, f"[{json.dumps(here[0])}, {value}]")
    for value in ("null", "5", "{}") if in_object else ():
        both = [value, json.dumps(here)]
        for first, second in (both, reversed(both)):
            twice = f'{first}, "{path[-1]}": {second}'
            yield "twice", value, with_value(body, path, twice)
    if in_object:
        lacking = copy.deepcopy(body)
        del at(lacking, path[:-1])[path[-1]]
        yield "absent", "null", json.dumps(lacking).encode()


def with_value(body: dict[str, Any], path: Path, value: str) -> bytes:
    """`body` as JSON, with this JSON at a place."""
    changed = copy.deepcopy(body)
    at(changed, path[:-1])[path[-1]] = "the odd value"
    return json.dumps(changed).replace('"the odd value"', value).encode()


def at(body: Any, path: Path) -> Any:
    for step in path:
        body = body[step]
    return body


# The bodies and their places


def full(schema: Spec, example: Any) -> Any:
    """The example, with a value for each field that it lacks."""
    schema = resolved(SPEC, alternatives(schema)[0])
    if schema.get("type") == "object":
        known = example if isinstance(example, dict) else {}
        return {name: full(each, known.get(name)) for name, each in fields(schema).items()}
    if schema.get("type") == "array":
        return [full(schema["items"], each) for each in example or [None]]
    return sample(SPEC, schema) if example in (None, "") else example


def pieces(schema: Spec, whole: Any) -> list[Any]:
    """The pieces of a value in the events of a stream, each with every field."""
    joined = schema.get("x-merge", "").startswith("append")
    schema = resolved(SPEC, alternatives(schema)[0])
    if schema.get("type") == "object":
        parts = {name: pieces(each, whole[name]) for name, each in fields(schema).items()}
        return [{name: each[event] for name, each in parts.items()} for event in range(EVENTS)]
    if schema.get("type") == "array":
        columns = [pieces(schema["items"], each) for each in whole]
        return [[each[event] for each in columns] for event in range(EVENTS)]
    size = -(-len(whole) // EVENTS) if joined else 0
    return [whole[event * size :][:size] if joined else whole for event in range(EVENTS)]


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Each place in a body, from the outside in."""
    if path:
        yield path
    inner: Any = value.items() if isinstance(value, dict) else ()
    for step, each in enumerate(value) if isinstance(value, list) else inner:
        yield from places(each, (*path, step))


def events() -> list[dict[str, Any]]:
    """The answer as a stream, each of its events with every field."""
    (choice,) = ANSWER["choices"]
    streamed = {**EXAMPLE_CHUNK["choices"][0], **choice, "delta": choice["message"]}
    found = pieces(CHUNK, full(CHUNK, ANSWER | {"choices": [streamed]}))
    for event in found[:-1]:
        event["choices"][0]["finish_reason"] = None
    return found


ANSWER: dict[str, Any] = full(WHOLE, TOOL_CALLS_RESPONSE)
STREAM = events()

MUST_FIT = {
    "choices",
    "choices.message",
    "choices.message.content",
    "choices.message.tool_calls",
    "choices.message.tool_calls.id",
    "choices.message.tool_calls.function",
    "choices.message.tool_calls.function.name",
    "choices.message.tool_calls.function.arguments",
}
"""The places where a value of another type is an error."""
END = {"choices.finish_reason", "choices.index", "choices.message.tool_calls.index"}
"""Those that decide whether a stream is complete."""


def named(path: Path) -> str:
    """The name of a place, the same in a stream and in an answer."""
    steps = ["message" if step == "delta" else step for step in path]
    return ".".join(step for step in steps if isinstance(step, str))


def documented_leaves(found: dict[str, Any]) -> dict[Path, str]:
    """What the documented fields of an answer say, of all its attributes."""
    return dict(leaves({name: found[name] for name in fields(WHOLE)}))


def unaffected(path: Path, how: str, value: str, found: dict[Path, str]) -> dict[Path, str]:
    """What an odd value at this place must leave as it is."""
    prefix: Path = tuple("message" if step == "delta" else step for step in path)
    if path[-1] in ("index", "id"):  # which say what belongs together
        prefix = prefix[:-2]
    if how == "unknown" or (how in ("before", "after") and not value.startswith("{")):
        return found
    return {each: text for each, text in found.items() if each[: len(prefix)] != prefix}


# An answer


@pytest.mark.parametrize("path", [*places(ANSWER)], ids=named)
def test_an_odd_value_in_an_answer(path: Path) -> None:
    before = documented_leaves(attributes(answer(200, ANSWER)))
    for how, value, body in odd_bodies(ANSWER, path):
        case = (how, value[:50])
        try:
            completion = answer(200, body)
        except MiniMaxError as error:
            check_error(error)
            assert named(path) in MUST_FIT | {"base_resp.status_code"}, case
        else:
            now = documented_leaves(check_view(completion))
            assert canonical(completion.to_dict()) == canonical(json.loads(body)), case
            assert unaffected(path, how, value, before).items() <= now.items(), case


# A stream


def read(
    events: list[dict[str, Any] | bytes],
) -> tuple[list[CompletionChunk], Completion, MiniMaxError | None]:
    """The chunks of a stream, what has arrived of its answer, and the error that ended it."""
    reader, chunks = stream_reader(), list[CompletionChunk]()
    try:
        for each in reading(reader, [sse(*events)]):
            chunks.append(each)
    except MiniMaxError as error:
        return chunks, reader.completion, error
    return chunks, reader.completion, None


@pytest.mark.parametrize("place", range(EVENTS), ids=["first", "middle", "last"])
@pytest.mark.parametrize("path", [*places(STREAM[0])], ids=named)
def test_an_odd_value_in_a_stream(path: Path, place: int) -> None:
    stream = with_thinking_in_one_field(path)
    before = documented_leaves(attributes(read([*stream])[1]))
    for how, value, body in odd_bodies(stream[place], path):
        case = (how, value[:50])
        chunks, completion, error = read([*stream[:place], body, *stream[place + 1 :]])
        now = documented_leaves(check_view(completion))
        if error is not None:
            check_error(error)
            assert named(path) in MUST_FIT | END, case
            assert error.completion == completion, case
            assert not lost(stream[:place], completion), case
            continue
        check_view(chunks[place])
        assert canonical(chunks[place].to_dict()) == canonical(json.loads(body)), case
        assert not lost(stream[:place] + stream[place + 1 :], completion), case
        assert unaffected(path, how, value, before).items() <= now.items(), case
        if value in EMPTY and how in ("instead", "absent"):  # the other events say it
            assert whole_in_each_event(before).items() <= now.items(), case
        assert answer(200, completion.to_dict()) == completion, case
        if path[-1] != "index":  # which makes the pieces those of several choices or segments
            assert "".join(each.text for each in chunks) == completion.text, case
            if how == "unknown" or named(path) not in THINKING:
                assert "".join(each.thinking for each in chunks) == completion.thinking, case


THINKING = {
    "choices.message.reasoning_content",
    "choices.message.reasoning_details",
    "choices.message.reasoning_details.text",
}
"""Where a piece of another type makes a list of the whole, which is not read as thinking."""


def whole_in_each_event(found: dict[Path, str]) -> dict[Path, str]:
    """Without what comes in pieces."""
    in_each = {text for event in STREAM for _, text in leaves(event)}
    return {path: text for path, text in found.items() if text in in_each}


def lost(events: list[dict[str, Any]], completion: Completion) -> list[str]:
    """The pieces of texts that are nowhere in the completion."""
    found = "\n".join(text for _, text in leaves(completion.to_dict()))
    same = {*leaves(STREAM[0])} & {*leaves(STREAM[1])}
    return [
        text
        for event in events
        for path, text in leaves(event)
        if (path, text) not in same and path[-1] != "finish_reason" and text[1:-1] not in found
    ]


def with_thinking_in_one_field(path: Path) -> list[dict[str, Any]]:
    """The stream, its thinking only where the place is: what fields say must not differ."""
    stream = copy.deepcopy(STREAM)
    for event in stream:
        delta = event["choices"][0]["delta"]
        if "reasoning_content" in path:
            del delta["reasoning_details"]
        else:
            del delta["reasoning_content"]
    return stream


@pytest.mark.parametrize("reason", [["x"], {"x": 1}, 5, True, "x"], ids=repr)
def test_an_odd_end_within_the_arguments_of_a_call_is_an_interruption(reason: Any) -> None:
    (choice,) = STREAM[0]["choices"]
    _, _, error = read([{"choices": [{**choice, "finish_reason": reason}]}])
    assert isinstance(error, StreamInterruptedError)
    assert "within the arguments of a tool call" in error.message


@pytest.mark.parametrize("pieces", [("<think>a</think>  ", "b"), ("<think>a</think><", "<think>b")])
def test_text_after_the_end_is_read_as_if_before_it(pieces: tuple[str, ...]) -> None:
    chunks, completion, _ = read([chunk(each, "stop") for each in pieces])
    assert "".join(each.text for each in chunks) == completion.text
    assert "".join(each.thinking for each in chunks) == completion.thinking == "a"


def test_values_nested_to_the_limit_are_merged_on_a_deep_stack() -> None:
    def event(end: str) -> dict[str, Any]:
        value: Any = end
        for _ in range(MAX_DEPTH - 5):
            value = {"a": value}
        return {**chunk("Hi", "stop"), "novel": value}

    def read_deeper(frames: int) -> Completion:
        return read_deeper(frames - 1) if frames else read([event("x"), event("y")])[1]

    assert read_deeper(200).text == "HiHi"
