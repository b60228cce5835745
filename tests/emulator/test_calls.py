"""Calls of offered functions, their arguments, and answers from their results."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from jsonschema import Draft202012Validator

from minimax_chat.ext.emulator import Emulator

MODEL = "MiniMax-M3"
QUESTION = "Do I need an umbrella in Bergen?"

FORECAST = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "day": {"type": ["string", "null"], "default": None},
    },
    "required": ["city"],
}


def tool(name: str, parameters: Any = FORECAST) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


TOOLS = [tool("get_forecast"), tool("get_time")]


def arguments(call: Any, schema: Any, asked: str = QUESTION) -> Any:
    """What a function with these parameters is called with."""
    choice = call.completion(f"!call f {asked}", tools=[tool("f", schema)])["choices"][0]
    return json.loads(choice["message"]["tool_calls"][0]["function"]["arguments"])


def called(completion: dict[str, Any]) -> list[tuple[str, Any]]:
    calls = completion["choices"][0]["message"]["tool_calls"]
    functions = [each["function"] for each in calls]
    return [(each["name"], json.loads(each["arguments"])) for each in functions]


def joined(chunks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The calls of a stream."""
    calls: list[dict[str, Any]] = []
    for chunk in chunks:
        for piece in chunk["choices"][0]["delta"].get("tool_calls", ()):
            if piece["index"] == len(calls):
                assert piece["function"]["arguments"] == ""
                calls.append(piece)
            else:
                calls[piece["index"]]["function"]["arguments"] += piece["function"]["arguments"]
    return calls


def test_an_answer_with_a_call_has_the_documented_form(
    call: Any, documented: Any, conforms: Callable[[str, Any], None]
) -> None:
    request = documented(name="tools")
    [wanted] = documented("200", name="tool_calls")["choices"]
    request["messages"][0]["content"] = f"!call\n{request['messages'][0]['content']}"
    completion = call.completion(**request)
    conforms("ChatCompletion", completion)
    [choice] = completion["choices"]
    assert choice["finish_reason"] == wanted["finish_reason"] == "tool_calls"
    assert choice["message"].keys() == wanted["message"].keys()
    assert choice["message"]["content"] == wanted["message"]["content"] == "Let me look that up."
    [made], [wanted_call] = choice["message"]["tool_calls"], wanted["message"]["tool_calls"]
    assert re.fullmatch("call_function_[0-9a-z]{12}_1", made["id"])
    assert {**made, "id": wanted_call["id"]} == wanted_call
    assert "get_forecast" in choice["message"]["reasoning_content"]


def test_the_thinking_comes_before_a_call(call: Any) -> None:
    message = call.completion("!call", tools=TOOLS)["choices"][0]["message"]
    assert re.fullmatch(
        r"<think>\n.*I need to call: get_forecast\.\n</think>\n\nLet me look that up\.",
        message["content"],
    )
    assert call.content("!call\n卑尔根下雨吗?", tools=TOOLS).endswith("</think>\n\n我来查一下。")


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ("!call", ["get_forecast"]),
        ("!call get_time", ["get_time"]),
        ("!call get_time get_forecast", ["get_time", "get_forecast"]),
        ("!call get_time get_time Now?", ["get_time", "get_time"]),
        ("!call\nget_time", ["get_forecast"]),
        ("!call get_time\nget_forecast", ["get_time"]),
        ("!call !chunk 5 Now?", ["get_forecast"]),
        ("!call get_time !chunk 5", ["get_time"]),
        ("!chunk 5 !call get_time !say get_forecast", ["get_time"]),
    ],
)
def test_call_calls_the_functions_named(call: Any, content: str, names: list[str]) -> None:
    completion = call.completion(content, tools=TOOLS)
    assert [name for name, _ in called(completion)] == names
    assert completion["choices"][0]["finish_reason"] == "tool_calls"
    ids = [each["id"] for each in completion["choices"][0]["message"]["tool_calls"]]
    assert [each.rpartition("_")[2] for each in ids] == [
        str(number) for number in range(1, len(names) + 1)
    ]


def requiring(schema: Any, **more: Any) -> dict[str, Any]:
    """Parameters with one required property."""
    return {"type": "object", "properties": {"a": schema}, "required": ["a"], **more}


@pytest.mark.parametrize("names", ["", " get_time"])
def test_a_call_without_tools_is_refused(call: Any, names: str) -> None:
    message = call.post(f"!call{names}", tools=[]).json()["error"]["message"]
    assert "!call needs tools, and the request has none (2013)" in message


def test_a_call_of_a_function_not_offered_is_refused(call: Any) -> None:
    message = call.post("!call get_tmie Now?", tools=TOOLS).json()["error"]["message"]
    assert "!call names get_tmie, which is not offered; offered: get_forecast, get_time" in message


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        ({"type": "text"}, "the parameters of f are not a JSON Schema: $.type: 'text' is not"),
        (
            {"$ref": "#/defs/A", "defs": {"A": {"type": 5}}},
            "the parameters of f are not a JSON Schema: $.type: 5 is not",
        ),
        (
            requiring({"$ref": "#/$defs/A"}),
            "no arguments for f: $ref #/$defs/A leads nowhere inside the parameters",
        ),
        (
            requiring({"$ref": "https://x.example/"}),
            "no arguments for f: $ref https://x.example/ leads nowhere inside the parameters",
        ),
        (requiring({"$ref": "#"}), "no arguments for f: # refers to itself without end"),
        (
            {"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A"}}},
            "no arguments for f: #/$defs/A refers to itself without end",
        ),
        ({"allOf": [{"$ref": "#"}]}, "no arguments for f: "),
        (requiring({"minLength": 10**9}), "no arguments for f: minLength is 1000000000"),
        (requiring(False), "no arguments for f: no value is allowed for a"),
        (
            requiring({"type": "number", "minimum": 2, "maximum": 1}),
            "no arguments for f: no number is from 2 to 1",
        ),
        (requiring({"type": "number", "minimum": 10**400}), "no arguments for f: "),
    ],
)
def test_parameters_without_arguments_that_fit_are_refused(
    call: Any, parameters: Any, why: str
) -> None:
    response = call.post("!call f", tools=[tool("f", parameters)])
    assert response.status_code == 400
    assert why in response.json()["error"]["message"]
    assert response.json()["error"]["message"].endswith("(2013)")


def test_tools_alone_are_not_called(call: Any) -> None:
    completion = call.completion("Hello", tools=TOOLS)
    assert completion["choices"][0]["finish_reason"] == "stop"
    assert "tool_calls" not in completion["choices"][0]["message"]


# A schema, and a value for it that a person would recognise.
SCHEMAS: list[tuple[dict[str, Any], Any]] = [
    ({}, {}),
    (FORECAST, {"city": "Bergen"}),
    ({"type": "object", "required": ["city"]}, {"city": "Bergen"}),
    (
        {"properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "required": ["a", "b"]},
        {"a": "Bergen", "b": "b"},
    ),
]
# A property, and its value.
PROPERTIES: list[tuple[Any, Any]] = [
    ({"type": "string"}, "Bergen"),
    (True, "Bergen"),
    ({"type": "string", "minLength": 8, "maxLength": 10}, "value valu"),
    ({"type": "string", "maxLength": 3}, "val"),
    ({"type": "string", "format": "date"}, "2026-06-01"),
    ({"type": "integer"}, 1),
    ({"type": "integer", "minimum": 3}, 3),
    ({"type": "integer", "maximum": -3}, -3),
    ({"type": "integer", "exclusiveMinimum": 3, "multipleOf": 5}, 5),
    ({"type": "integer", "minimum": 1.5}, 2),
    ({"type": "number"}, 1),
    ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, 0.5),
    ({"type": "number", "exclusiveMinimum": 10}, 11),
    ({"type": "boolean"}, True),
    ({"type": "null"}, None),
    ({"type": ["null", "string"]}, "Bergen"),
    ({"type": "array", "items": {"type": "integer"}}, [1]),
    ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [1, 1]),
    ({"type": "array", "items": {"type": "integer"}, "maxItems": 0}, []),
    ({"type": "array", "prefixItems": [{"const": "a"}], "minItems": 1}, ["a"]),
    ({"type": "object", "properties": {"a": {"type": "null"}}, "required": ["a"]}, {"a": None}),
    ({"enum": ["low", "high"]}, "low"),
    ({"const": {"a": 1}}, {"a": 1}),
    ({"type": ["string", "null"], "default": None}, None),
    ({"type": "string", "default": "Oslo"}, "Oslo"),
    ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, 1),
    ({"oneOf": [False, {"type": "boolean"}]}, True),
    ({"allOf": [{"$ref": "#/$defs/Size"}], "description": "d"}, "small"),
    (
        {
            "allOf": [
                True,
                {"$ref": "#/$defs/Tree"},
                {"properties": {"size": {"$ref": "#/$defs/Size"}}, "required": ["size"]},
            ]
        },
        {"children": [{"children": []}], "size": "small"},
    ),
    ({"$ref": "#/$defs/Size"}, "small"),
    ({"$ref": "#/$defs/Tree"}, {"children": []}),
    ({"$ref": "#/$defs/List"}, {"next": None}),
]
DEFS = {
    "Size": {"enum": ["small", "large"]},
    "Tree": {
        "type": "object",
        "properties": {"children": {"type": "array", "items": {"$ref": "#/$defs/Tree"}}},
        "required": ["children"],
    },
    "List": {
        "type": "object",
        "properties": {"next": {"anyOf": [{"$ref": "#/$defs/List"}, {"type": "null"}]}},
        "required": ["next"],
    },
}


def of_property(schema: Any) -> dict[str, Any]:
    properties = {"value": schema, "more": {"type": "string"}}
    return {"type": "object", "properties": properties, "required": ["value"], "$defs": DEFS}


@pytest.mark.parametrize(
    ("schema", "wanted"),
    SCHEMAS + [(of_property(schema), {"value": value}) for schema, value in PROPERTIES],
)
def test_arguments_are_what_a_person_would_recognise(call: Any, schema: Any, wanted: Any) -> None:
    made = arguments(call, schema)
    assert made == wanted
    Draft202012Validator(schema).validate(made)


def bounds(low: str, high: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Either bound, both in their order, or none."""
    pairs = st.tuples(values, values).map(sorted)
    both = pairs.map(lambda pair: {low: pair[0], high: pair[1]})
    return st.one_of(st.just({}), both, both.map(lambda each: {low: each[low]}))


def with_bounds(kind: str, limits: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return limits.map(lambda each: {"type": kind, **each})


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    objects = st.dictionaries(st.sampled_from("abcd"), inner, max_size=3).flatmap(
        lambda properties: st.sets(st.sampled_from([*properties, "e"])).map(
            lambda required: {
                "type": "object",
                "properties": properties,
                "required": sorted(required),
            }
        )
    )
    arrays = st.tuples(inner, bounds("minItems", "maxItems", st.integers(0, 4))).map(
        lambda pair: {"type": "array", "items": pair[0], **pair[1]}
    )
    several = st.lists(inner, min_size=1, max_size=3).map(lambda each: {"anyOf": each})
    return st.one_of(objects, arrays, several)


NUMBERS = st.one_of(st.integers(-1000, 1000), st.floats(-1e6, 1e6).map(lambda x: round(x, 3)))
LEAVES = st.one_of(
    with_bounds("string", bounds("minLength", "maxLength", st.integers(0, 40))),
    with_bounds("number", bounds("minimum", "maximum", NUMBERS)),
    with_bounds("integer", bounds("minimum", "maximum", st.integers(-1000, 1000))),
    with_bounds("integer", st.integers(1, 9).map(lambda each: {"multipleOf": each})),
    with_bounds("number", NUMBERS.map(lambda each: {"exclusiveMinimum": each})),
    with_bounds("number", NUMBERS.map(lambda each: {"exclusiveMaximum": each})),
    st.sampled_from([{"type": "boolean"}, {"type": "null"}, {"type": ["null", "integer"]}, {}]),
    st.lists(st.one_of(st.none(), st.text(), st.integers()), min_size=1).map(
        lambda each: {"enum": each}
    ),
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.recursive(LEAVES, nested, max_leaves=8), st.text(max_size=40))
def test_arguments_fit_any_parameters(call: Any, schema: Any, asked: str) -> None:
    parameters = {"type": "object", "properties": {"value": schema}, "required": ["value"]}
    content = [{"type": "text", "text": "!call\n"}, {"type": "text", "text": asked}]
    tools = [tool("f", parameters)]
    completions = [
        call.completion(messages=[{"role": "user", "content": content}], tools=tools)
        for _ in range(2)
    ]
    [(_, made)] = called(completions[0])
    Draft202012Validator(parameters).validate(made)
    assert called(completions[1]) == [("f", made)]


@pytest.mark.parametrize(
    ("asked", "cities"),
    [
        (QUESTION, ["Bergen", "city"]),
        ("What is it like in Bergen and Oslo today?", ["Oslo", "Bergen"]),
        ("Reykjavík?", ["Reykjavík", "city"]),
        ("Is it cold? Then I stay.", ["city", "city"]),
        ("卑尔根下雨吗?", ["city", "city"]),
        ("", ["city", "city"]),
    ],
)
def test_names_in_the_question_become_arguments(call: Any, asked: str, cities: list[str]) -> None:
    completion = call.completion(f"!call get_forecast get_time\n{asked}", tools=TOOLS)
    assert [each["city"] for _, each in called(completion)] == cities


def test_calls_are_the_same_plain_and_streamed(call: Any) -> None:
    fields = {"model": MODEL, "tools": TOOLS}
    content = f"!call get_forecast get_time {QUESTION}"
    plain = call.completion(content, **fields)
    assert plain["choices"] == call.completion(content, **fields)["choices"]
    streamed = call.stream(content, **fields)
    assert joined(streamed.chunks) == plain["choices"][0]["message"]["tool_calls"]
    assert streamed.content == plain["choices"][0]["message"]["content"]
    assert streamed.chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"
    assert streamed.done


def test_a_stream_tells_one_call_after_the_other(
    call: Any, conforms: Callable[[str, Any], None]
) -> None:
    streamed = call.stream(f"!chunk 5 !call get_forecast get_time {QUESTION}", tools=TOOLS)
    pieces = [delta["tool_calls"][0] for delta in streamed.deltas if "tool_calls" in delta]
    assert {len(delta["tool_calls"]) for delta in streamed.deltas if "tool_calls" in delta} == {1}
    # One call after the other, each with its name first.
    assert [piece["index"] for piece in pieces] == sorted(piece["index"] for piece in pieces)
    first, *others = [piece for piece in pieces if piece["index"] == 0]
    assert first["function"] == {"name": "get_forecast", "arguments": ""}
    assert (first["type"], first["index"]) == ("function", 0)
    for piece in others:
        assert {*piece, *piece["function"]} == {"index", "function", "arguments"}
    assert [len(piece["function"]["arguments"]) for piece in others] == [5, 5, 5, 3]
    for chunk in streamed.chunks:
        conforms("ChatCompletionChunk", chunk)


def test_odd_calls_interleave_and_repeat_empty_names(
    call: Any, conforms: Callable[[str, Any], None]
) -> None:
    content = f"!odd calls !chunk 5 !call get_forecast get_time {QUESTION}"
    streamed = call.stream(content, tools=TOOLS)
    pieces = [delta["tool_calls"][0] for delta in streamed.deltas if "tool_calls" in delta]
    assert [piece["index"] for piece in pieces[:6]] == [0, 1, 0, 1, 0, 1]
    assert [piece["id"] for piece in pieces[2:6]] == [None, None, "", ""]
    assert [piece["function"]["name"] for piece in pieces[2:6]] == [None, None, "", ""]
    plain = call.completion(content, tools=TOOLS)["choices"][0]["message"]
    assert joined(streamed.chunks) == plain["tool_calls"]
    for chunk in streamed.chunks:
        conforms("ChatCompletionChunk", chunk)


def test_a_stream_can_end_inside_the_arguments(call: Any) -> None:
    fields = {"tools": TOOLS, "model": MODEL, "thinking": {"type": "disabled"}}
    content = f"!chunk 10 !cut 4 !call get_forecast {QUESTION}"
    streamed = call.stream(content, **fields)
    assert streamed.died
    assert joined(streamed.chunks)[0]["function"]["arguments"] == '{"city": "'
    assert (
        call.stream(content.replace("!cut 4", "!fail 1013 after=4"), **fields)
        .chunks[-1]["error"]["message"]
        .endswith("(1013)")
    )


def test_calls_beyond_the_token_limit_are_left_out(call: Any) -> None:
    whole = call.completion("!call", tools=TOOLS)
    tokens = whole["usage"]["completion_tokens"]
    assert call.completion("!call", tools=TOOLS, max_completion_tokens=tokens) | {
        "id": "",
        "created": 0,
    } == whole | {"id": "", "created": 0}
    cut = call.completion("!call", tools=TOOLS, max_completion_tokens=tokens - 1)
    assert cut["choices"][0]["finish_reason"] == "length"
    assert "tool_calls" not in cut["choices"][0]["message"]
    assert cut["usage"]["completion_tokens"] == tokens - 1


def turn(call: Any, content: Any, results: list[str], **fields: Any) -> list[dict[str, Any]]:
    """A conversation up to the results of the calls in it."""
    user = {"role": "user", "content": content}
    message = call.completion(messages=[user], **fields)["choices"][0]["message"]
    answers = [
        {"role": "tool", "tool_call_id": each["id"], "content": result}
        for each, result in zip(message["tool_calls"], results, strict=True)
    ]
    return [user, message, *answers]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (QUESTION, 'get_forecast returned: {"rain_mm": 14}. get_time returned: noon.'),
        ("卑尔根下雨吗?", 'get_forecast 的结果是:{"rain_mm": 14}。get_time 的结果是:noon。'),
    ],
)
def test_results_of_calls_are_answered(call: Any, stream: bool, asked: str, told: str) -> None:
    fields = {"model": MODEL, "tools": TOOLS}
    content = f"!call get_forecast get_time\n{asked}"
    messages = turn(call, content, ['{"rain_mm": 14}', "noon"], **fields)
    if stream:
        streamed = call.stream(messages=messages, **fields)
        content = streamed.content
        choice = streamed.chunks[-1]["choices"][0]
        assert joined(streamed.chunks) == []
    else:
        choice = call.completion(messages=messages, **fields)["choices"][0]
        content = choice["message"]["content"]
        assert "tool_calls" not in choice["message"]
    assert told in content
    assert choice["finish_reason"] == "stop"


def test_a_result_in_parts_is_answered(call: Any) -> None:
    messages = turn(call, "!call", ["x"], tools=TOOLS)
    messages[-1]["content"] = [{"type": "text", "text": "14"}, {"type": "text", "text": "mm"}]
    assert "get_forecast returned: 14\nmm." in call.content(messages=messages)


def test_the_next_question_calls_again_with_other_ids(call: Any) -> None:
    fields = {"model": MODEL, "tools": TOOLS}
    messages = turn(call, f"!call {QUESTION}".replace("!call ", "!call\n"), ["{}"], **fields)
    messages.append(call.completion(messages=messages, **fields)["choices"][0]["message"])
    messages.append({"role": "user", "content": "!call get_time And in Oslo?"})
    completion = call.completion(messages=messages, **fields)
    assert called(completion) == [("get_time", {"city": "Oslo"})]
    before = {each["id"] for message in messages for each in message.get("tool_calls", ())}
    assert before.isdisjoint(
        each["id"] for each in completion["choices"][0]["message"]["tool_calls"]
    )


def test_scripted_calls_are_sent_as_given(emulator: Emulator, call: Any) -> None:
    emulator.reply(tool_calls=[("get_time", {"city": "卑尔根"}), ("not_offered", "{")])
    emulator.reply("Wait.", thinking="", tool_calls=[("get_time", {})])
    emulator.reply(switches="!call get_time !chunk 4")
    emulator.reply(switches="!call another")
    message = call.completion(QUESTION, tools=TOOLS)["choices"][0]["message"]
    assert [each["function"] for each in message["tool_calls"]] == [
        {"name": "get_time", "arguments": '{"city": "卑尔根"}'},
        {"name": "not_offered", "arguments": "{"},
    ]
    # A script calls whatever the conversation ends in.
    results = [
        {"role": "tool", "tool_call_id": each["id"], "content": ""}
        for each in message["tool_calls"]
    ]
    again = call.completion(messages=[{"role": "user"}, message, *results])["choices"][0]
    assert again["message"]["content"] == "Wait."
    assert again["finish_reason"] == "tool_calls"
    assert called({"choices": [again]}) == [("get_time", {})]
    assert joined(call.stream(QUESTION, tools=TOOLS).chunks)[0]["function"] == {
        "name": "get_time",
        "arguments": '{"city": "Bergen"}',
    }
    assert "offered: get_forecast, get_time" in call.post(QUESTION, tools=TOOLS).text
    assert emulator.pending == 0


@pytest.mark.parametrize(
    "tool_calls",
    ["f", ["f"], [("f",)], [(1, {})], [("f", {}, {})], [("f", {"a": {1}})], 5, None],
)
def test_scripted_calls_that_are_no_pairs_are_refused(emulator: Emulator, tool_calls: Any) -> None:
    with pytest.raises(TypeError, match=r"tool_calls must be pairs: \[\(\"name\", \{"):
        emulator.reply(tool_calls=tool_calls)
    assert emulator.pending == 0
