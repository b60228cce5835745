"""Arguments of `create`: what the contract forbids is refused, all else is sent as it was given."""

from __future__ import annotations

import json
import math
import pickle
import re
from collections import ChainMap, OrderedDict, UserDict, UserList, deque
from collections.abc import Iterator
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import httpx
import httpx2
import pytest
from hypothesis import given, strategies as st

from documented import (
    ALLOWED,
    BODY_SIZE,
    ENUMERATIONS,
    EXAMPLE_REQUEST,
    EXAMPLES,
    REFUSED,
    SEED_MODELS,
    TOOL_CALLS_RESPONSE,
)
from minimax_chat import Completion, InvalidArgumentError
from minimax_chat._config import TOTAL_TIMEOUT
from minimax_chat._request import PreparedCall
from minimax_chat_api.models import JsonSchema, Message, ModelId, Role
from minimax_chat_api.types import UNSET
from properties import examples
from samples import MODEL, chunk, documented, sse
from seams import BASE_URL, call, config, read, stream_reader
from spec_reading import BOUNDS, beyond_bounds, edges, effective, fields, read_spec, violations

USER = {"role": "user", "content": "你好"}
PLAIN = {"model": MODEL, "messages": [USER]}

SPEC = read_spec()
# With the bounds of the model that the calls name.
OPTIONS = fields(effective(SPEC["components"]["schemas"], MODEL)["ChatCompletionRequest"])

nan, inf = float("nan"), float("inf")


def sent(stream: bool | None = None, **params: Any) -> Any:
    """The JSON that a call sends."""
    return json.loads(call(stream, **{"messages": [USER], **params}).request["content"])


def refused(stream: Any = None, **params: Any) -> str:
    """The message of the error that refuses the arguments."""
    with pytest.raises(InvalidArgumentError) as caught:
        call(stream, **{"messages": [USER], **params})
    assert isinstance(caught.value, ValueError)
    assert caught.value.http_status is None
    assert not caught.value.retryable
    assert caught.value.__cause__ is None
    assert len(str(caught.value)) < 500
    return str(caught.value)


def refused_place(**params: Any) -> str:
    """The place that a refusal names, such as messages[1].role."""
    return refused(**params).partition(" ")[0]


def shown(value: object) -> str:
    """A name for a test: the same in every process, so without addresses."""
    return re.sub(r" (object )?at 0x\w+", "", repr(value))[:60]


WORDING: dict[str, tuple[dict[str, Any], str]] = {
    "number out of bounds": (
        {"temperature": 12345},
        f"temperature must be > 0 and <= 1 for model {MODEL} (got 12345)",
    ),
    "wrong type": (
        {"messages": [USER, {"role": "user", "content": 5}]},
        "messages[1].content must be a string or a list (got 5)",
    ),
    "missing field": ({"messages": [USER, {"content": "x"}]}, "messages[1].role is required"),
    "unknown argument": (
        {"seed": None},
        "unknown argument 'seed'. To send an undocumented field, use extra_body={'seed': ...}",
    ),
    "misspelt argument": (
        {"temprature": 1},
        "unknown argument 'temprature'; did you mean 'temperature'? "
        "To send an undocumented field, use extra_body={'temprature': ...}",
    ),
    "misspelt option": (
        {"max_retry": 1},
        "unknown argument 'max_retry'; did you mean 'max_retries'? "
        "To send an undocumented field, use extra_body={'max_retry': ...}",
    ),
    "several unknown arguments": (
        {"seed": 1, "echo": 1},
        "unknown argument 'echo'. To send an undocumented field, use extra_body={'echo': ...}",
    ),
    "extra_body of a wrong type": ({"extra_body": 5}, "extra_body must be a mapping (got int)"),
    "stream in extra_body": (
        {"extra_body": {"stream": True}},
        "extra_body must not contain stream: pass it as an argument",
    ),
    "size": (
        {"messages": [{"role": "user", "content": "x" * BODY_SIZE}]},
        f"the request body must have at most {BODY_SIZE:,} bytes (64 MB), but has "
        f"{BODY_SIZE + 72:,}: upload large files to the Files API and pass their mm_file:// URLs",
    ),
}


@pytest.mark.parametrize(("params", "message"), WORDING.values(), ids=WORDING)
def test_wording_of_refusals(params: dict[str, Any], message: str) -> None:
    assert refused(**params) == message


def test_wording_of_what_is_no_json() -> None:
    message = refused(extra_body={"new": nan})
    assert message.startswith("the request cannot be serialized as JSON: Out of range float values")


# What is sent


def test_a_call_sends_model_and_messages_alone() -> None:
    assert sent() == PLAIN


def test_the_documented_request_is_sent_by_post_to_the_documented_path() -> None:
    prepared = call(**EXAMPLE_REQUEST)
    request = prepared.request
    assert json.loads(request["content"]) == EXAMPLE_REQUEST
    assert request["method"].upper() == "POST"
    assert request["url"] == f"{BASE_URL}/v1/chat/completions"
    assert prepared.headers() == {
        "user-agent": "minimax-chat",
        "content-type": "application/json",
        "accept-encoding": "gzip",
    }


@pytest.mark.parametrize("example", EXAMPLES["ChatCompletionRequest"])
def test_documented_examples_are_sent_unchanged(example: dict[str, Any]) -> None:
    arguments = {name: value for name, value in example.items() if name != "stream"}
    assert sent(example.get("stream"), **arguments) == example


@pytest.mark.parametrize(
    ("stream", "added"), [(None, {}), (False, {"stream": False}), (True, {"stream": True})]
)
def test_stream_is_sent_if_it_was_given(stream: bool | None, added: dict[str, Any]) -> None:
    assert sent(stream) == {**PLAIN, **added}
    assert call(stream).stream is bool(stream)


def test_arguments_that_are_none_are_not_sent() -> None:
    names = [name for name in OPTIONS if name not in (*PLAIN, "stream")]
    assert {"temperature", "top_p", "max_completion_tokens"} <= {*names}
    names += ["timeout", "max_retries", "extra_headers", "extra_body"]
    assert sent(**dict.fromkeys(names)) == PLAIN


def test_optional_fields_that_are_none_are_not_sent_at_any_depth() -> None:
    tool = {"type": "function", "function": {"name": "f", "description": None, "parameters": {}}}
    part = {"type": "image_url", "text": None, "image_url": {"url": "u", "detail": None}}
    message = {"role": "user", "content": [part], "name": None, "tool_calls": None}
    body = sent(tools=[tool], thinking={"type": None}, messages=[message])
    assert body["tools"][0]["function"] == {"name": "f", "parameters": {}}
    assert body["thinking"] == {}
    image = {"type": "image_url", "image_url": {"url": "u"}}
    assert body["messages"] == [{"role": "user", "content": [image]}]


def test_undocumented_fields_that_are_none_are_sent_as_null() -> None:
    message = {**USER, "novel": None, "parts": {"inner": None}}
    assert sent(messages=[message])["messages"] == [message]


def test_text_is_sent_as_utf_8_without_escapes() -> None:
    assert "你好".encode() in call(messages=[USER]).request["content"]


def test_an_integer_is_sent_as_an_integer() -> None:
    assert type(sent(top_p=1)["top_p"]) is int


@pytest.mark.parametrize("model", ["MiniMax-M2.7", "MiniMax-M9-of-tomorrow", ""])
def test_a_model_may_be_any_string(model: str) -> None:
    assert sent(model=model)["model"] == model


def test_a_request_of_the_documented_size_is_sent_and_one_byte_more_is_refused() -> None:
    fits = BODY_SIZE - len(call(messages=[{**USER, "content": ""}]).request["content"])
    of = call(messages=[{**USER, "content": "x" * fits}])
    assert len(of.request["content"]) == BODY_SIZE
    assert f"{BODY_SIZE + 1:,}" in refused(messages=[{**USER, "content": "x" * (fits + 1)}])


SCHEMA: dict[str, Any] = {
    "type": "object",
    "z": {"default": None, "enum": [None, {"b": None, "a": None}]},
    "properties": {"day": {"type": ["string", "null"], "default": None}},
    "x-unknown": [None],
    "additionalProperties": None,
}


@pytest.mark.parametrize("kind", [dict, MappingProxyType, OrderedDict, JsonSchema.from_dict])
def test_the_parameters_of_a_tool_are_sent_unchanged(kind: Any) -> None:
    """Nulls, the order and unknown keys of a JSON Schema have a meaning."""
    tool = {"type": "function", "function": {"name": "f", "parameters": kind(SCHEMA)}}
    of = call(tools=(tool for _ in range(1)))
    assert json.dumps(SCHEMA, ensure_ascii=False) in of.request["content"].decode()


def test_the_callers_objects_are_not_changed() -> None:
    messages = [{"role": "user", "content": "a", "name": None}]
    extra = {"novel": {"a": [1]}}
    call(messages=messages, extra_body=extra)
    assert messages == [{"role": "user", "content": "a", "name": None}]
    assert extra == {"novel": {"a": [1]}}


# Messages


def test_messages_may_mix_dicts_models_and_views() -> None:
    reader = stream_reader()
    read(reader, sse(chunk("<think>a</think>b", "stop")))
    messages = [
        {"role": "user", "content": "a"},
        Message(role=Role.SYSTEM, name="MiniMax AI"),
        Message.from_dict({"role": "role-of-tomorrow", "content": "x", "novel": [1]}),
        Completion(documented()).message,
        reader.completion.message,
        MappingProxyType({"role": "user"}),
    ]
    assert sent(messages=messages)["messages"] == [
        {"role": "user", "content": "a"},
        {"role": "system", "name": "MiniMax AI"},
        {"role": "role-of-tomorrow", "content": "x", "novel": [1]},
        documented()["choices"][0]["message"],
        {"role": "assistant", "content": "<think>a</think>b"},
        {"role": "user"},
    ]


@pytest.mark.parametrize(
    "iterable", [tuple, iter, deque, UserList, lambda messages: {"a": messages[0]}.values()]
)
def test_messages_may_be_any_iterable(iterable: Any) -> None:
    assert sent(messages=iterable([USER]))["messages"] == [USER]


def test_an_exception_of_the_callers_generator_is_raised_unchanged() -> None:
    def messages() -> Iterator[dict[str, str]]:
        yield {"role": "user"}
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        call(messages=messages())


def forbidden(values: list[Any], field: str) -> list[Any]:
    """Those of `values` that the contract forbids in a field of a message."""
    found = [
        value for value in values if violations(SPEC, "Message", {"role": "user", field: value})
    ]
    assert len(found) > len(values) / 2
    return found


NO_STRINGS: list[Any] = [5, 0, True, ["x"], [], {"a": 1}, {}, b"x", nan]
PARTS = [[{"type": "text", "text": "x"}], [{"type": 5, "text": "x"}], [["x"]]]


@pytest.mark.parametrize(
    "messages",
    [
        "Hello",
        b"Hello",
        {"role": "user"},
        USER.items(),
        {1, 2},
        object(),
        UNSET,
        ["Hello"],
        [[USER]],
        [USER, "x"],
        [object()],
        [UNSET],
        [Message],
        [{}],
        [{"role": None}],
        [{"role": 5}],
        *(
            [{"role": "user", field: wrong}]
            for field in ("content", "name")
            for wrong in forbidden([*NO_STRINGS, *PARTS], field)
        ),
        (message for message in ["x"]),
        [Message(role="user", content=5)],  # type: ignore[arg-type]
    ],
    ids=shown,
)
def test_messages_of_a_wrong_type_are_refused(messages: Any) -> None:
    assert refused_place(messages=messages).startswith("messages")


@pytest.mark.parametrize("name", ["model", "messages"])
def test_model_and_messages_are_required(name: str) -> None:
    assert refused_place(**{name: None}) == name
    params: Any = {**PLAIN}
    del params[name]
    with pytest.raises(InvalidArgumentError, match=f"^{name} "):
        PreparedCall.prepare(config(), None, params)


# Messages of answers


@pytest.mark.parametrize(
    "message",
    [
        {"tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]},
        {"tool_calls": [{"id": None, "type": None, "function": None}]},
        {"content": "Hi", "name": "MiniMax AI", "audio_content": "", "novel": [None]},
        {
            "role": "",
            "reasoning_details": [{"text": "hm", "novel": None}],
            "reasoning_content": "hm",
        },
        TOOL_CALLS_RESPONSE["choices"][0]["message"],
    ],
    ids=repr,
)
def test_the_message_of_an_answer_is_sent_back_whatever_it_lacks(message: dict[str, Any]) -> None:
    answer = Completion({"choices": [{"message": message}]})
    copied = pickle.loads(pickle.dumps(answer)).message
    (choice,) = answer.raw.choices  # type: ignore[misc]
    body = sent(messages=[answer.message, copied, choice.message])
    assert body["messages"] == [message] * 3


def test_a_completion_in_place_of_its_message_is_refused() -> None:
    """The slip of those who append the completion."""
    answer = Completion(TOOL_CALLS_RESPONSE)
    assert refused_place(messages=[USER, answer]) == "messages[1].role"
    assert refused_place(messages=[USER, answer.choices[0]]) == "messages[1].role"


def test_a_part_of_an_answer_in_another_place_is_refused() -> None:
    answer = Completion(TOOL_CALLS_RESPONSE)
    assert refused_place(temperature=answer) == "temperature"
    assert refused_place(model=answer.message) == "model"
    assert refused_place(messages=answer) == "messages"
    assert refused_place(tools=[answer.message]) == "tools[0].type"
    message = {"role": "user", "content": answer.message}
    assert refused_place(messages=[message]) == "messages[0].content"


def test_calls_and_details_of_an_answer_are_sent_back_in_a_message_made_by_hand() -> None:
    message = {"tool_calls": [{"function": {"name": "f"}}], "reasoning_details": [{"text": "hm"}]}
    answer = Completion({"choices": [{"message": message}]}).message
    by_hand = {"tool_calls": answer.tool_calls, "reasoning_details": answer.reasoning_details}
    assert sent(messages=[{"role": "assistant", **by_hand}])["messages"] == [
        {"role": "assistant", **message}
    ]


def test_only_the_message_of_an_answer_is_unchecked() -> None:
    answer = Completion({"choices": [{"message": {"tool_calls": [{}]}}]})
    assert refused_place(messages=[answer.message.to_dict()]) == "messages[0].role"
    assert refused_place(messages=[answer.message, {"role": 5}]) == "messages[1].role"


# Bounds


def at_edges(side: int) -> list[tuple[str, Any]]:
    """The values just inside (0) or just outside (1) the bounds of the numbers."""
    names = ("temperature", "top_p", "max_completion_tokens")
    return [(name, value) for name in names for value in edges(OPTIONS[name])[side]]


WRONG: dict[str, list[Any]] = {
    "temperature": [
        -12345,
        12345,
        "hot",
        "0.5",
        nan,
        inf,
        -inf,
        True,
        False,
        [],
        {},
        Decimal("0.5"),
        1j,
        b"1",
        10**400,
    ],
    "max_completion_tokens": [-1, 1.0, 2.5, "10", nan, inf, True, []],
    "model": [5, True, b"MiniMax-M2.7", ["MiniMax-M2.7"], {}, 1.5],
}
WRONG_VALUES = [(name, value) for name, values in WRONG.items() for value in values]


@pytest.mark.parametrize(("name", "value"), [*at_edges(1), *WRONG_VALUES])
def test_a_value_that_the_contract_forbids_is_refused(name: str, value: Any) -> None:
    assert refused_place(**{name: value}) == name


@pytest.mark.parametrize(
    ("name", "value"), [*at_edges(0), ("max_completion_tokens", 2049), ("temperature", 0.999)]
)
def test_a_value_that_the_contract_allows_is_sent(name: str, value: Any) -> None:
    assert sent(**{name: value}) == {**PLAIN, name: value}


def test_a_refusal_of_a_number_names_its_bounds_and_the_model() -> None:
    message = refused(temperature=12345)
    bounds = [str(OPTIONS["temperature"][key]) for key in BOUNDS if key in OPTIONS["temperature"]]
    assert bounds
    assert [each for each in [*bounds, MODEL] if each not in message] == []


@pytest.mark.parametrize("stream", [1, 0, "true", "", [], {}, nan])
def test_stream_must_be_true_or_false(stream: Any) -> None:
    assert refused(stream).startswith("stream ")


@examples(200)
@given(st.floats() | st.integers())
def test_any_number_is_sent_as_temperature_or_refused_as_the_spec_says(value: float) -> None:
    body = {**PLAIN, "temperature": value}
    if math.isfinite(value) and not violations(SPEC, "ChatCompletionRequest", body):
        assert sent(temperature=value) == body
    else:
        assert refused_place(temperature=value) == "temperature"


JUNE_MODELS = [
    "MiniMax-M3",
    *(str(each) for each in ENUMERATIONS["ModelId"][0] if each not in SEED_MODELS),
    "model-of-tomorrow",
]
REFUSED_BY_SEED_MODELS = ["temperature 0", "temperature 2", "top_p 0"]


@pytest.mark.parametrize("case", REFUSED)
def test_a_value_that_the_page_forbids_is_refused_with_its_place(case: str) -> None:
    arguments, place = REFUSED[case]
    assert refused_place(**{"model": "MiniMax-M3", **arguments}) == place


@pytest.mark.parametrize(
    ("model", "arguments", "place"),
    [
        pytest.param(model, arguments, place, id=f"{model}-{name}")
        for model in (SEED_MODELS[0], JUNE_MODELS[0], JUNE_MODELS[-1])
        for name, arguments, place in beyond_bounds(SPEC, model)
    ],
)
def test_a_number_beyond_a_bound_is_refused_with_its_place(
    model: str, arguments: dict[str, Any], place: str
) -> None:
    assert refused_place(**{"model": model, **arguments}) == place


@pytest.mark.parametrize("case", ALLOWED)
def test_a_value_that_the_page_allows_is_sent(case: str) -> None:
    body = {**PLAIN, "model": "MiniMax-M3", **ALLOWED[case]}
    assert sent(**{"model": "MiniMax-M3", **ALLOWED[case]}) == body


@pytest.mark.parametrize("case", REFUSED_BY_SEED_MODELS)
def test_bounds_depend_on_the_model(case: str) -> None:
    (name,) = ALLOWED[case]
    for model in SEED_MODELS:
        assert refused_place(model=model, **ALLOWED[case]) == name
    for model in JUNE_MODELS:
        assert sent(model=model, **ALLOWED[case]) == {**PLAIN, "model": model, **ALLOWED[case]}


def test_bounds_of_a_model_given_as_an_enumeration_member() -> None:
    assert refused_place(model=ModelId.MINIMAX_M2_7, temperature=2) == "temperature"
    assert sent(model=ModelId.MINIMAX_M3, temperature=2)["temperature"] == 2


# What the contract does not know


# Those of OpenAI's SDK that MiniMax's page does not document, among others.
@pytest.mark.parametrize(
    "name",
    [
        "tool_choice",
        "seed",
        "user",
        "field_of_tomorrow",
        "api_key",
    ],
)
def test_an_unknown_argument_is_refused_even_if_it_is_none(name: str) -> None:
    for value in (1, None):
        assert repr(name) in refused(**{name: value})


def test_extra_body_is_sent_unchecked_and_overrides_arguments() -> None:
    extra = {"novel": {"a": [1, None]}, "temperature": 7, "model": None, "max_tokens": 5}
    assert sent(temperature=0.5, extra_body=extra) == {**PLAIN, **extra}
    assert sent(extra_body={}) == PLAIN
    assert sent(True, extra_body={"messages": []}) == {**PLAIN, "stream": True, "messages": []}


@pytest.mark.parametrize("kind", [MappingProxyType, UserDict, ChainMap, OrderedDict])
def test_extra_body_may_be_any_mapping(kind: Any) -> None:
    extra = {"novel": {"a": [1, None]}, "model": "MiniMax-M9"}
    assert sent(extra_body=kind(extra)) == {**PLAIN, **extra}


@pytest.mark.parametrize(
    "extra", [[("a", 1)], "novel", b"x", 5, True, object(), {"a"}, {"stream": True}], ids=shown
)
def test_extra_body_must_be_a_mapping_without_stream(extra: Any) -> None:
    assert refused_place(extra_body=extra) == "extra_body"


def deep(levels: int) -> Any:
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


def circular() -> Any:
    value: dict[str, Any] = {"role": "user"}
    value["again"] = value
    return value


@pytest.mark.parametrize(
    "value",
    [object(), {1, 2}, b"x", nan, inf, Decimal(1), "\ud800", circular(), deep(100_000), UNSET],
    ids=lambda value: type(value).__name__,
)
def test_a_value_that_json_cannot_express_is_refused(value: Any) -> None:
    assert "JSON" in refused(extra_body={"novel": value})
    refused(messages=[{"role": "user", "novel": value}])


def test_wording_of_what_is_nested_too_deeply() -> None:
    message = refused(messages=[{"role": "user", "novel": deep(100_000)}])
    assert message == "the arguments are nested too deeply"


def test_a_name_that_json_cannot_express_is_refused() -> None:
    refused(extra_body={(1, 2): "x"})
    refused(messages=[{"role": "user", (1, 2): "x"}])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)


@examples(100)
@given(json_values)
def test_any_value_of_any_argument_is_sent_or_refused(value: Any) -> None:
    names = ["model", "messages", "temperature", "max_completion_tokens", "extra_body"]
    names += ["timeout", "max_retries", "extra_headers", "novel"]
    for name in names:
        try:
            of = call(**{name: value})
        except InvalidArgumentError as error:
            assert str(error)  # noqa: PT017  either outcome is right
        else:
            assert isinstance(of.request["content"], bytes)
            httpx.Request("POST", BASE_URL, headers=of.headers())


# Options of the call


def test_extra_headers_are_sent_beside_those_of_the_client() -> None:
    known = config(headers={"X-A": "1", "X-B": "2", "X-Trace": "1"})
    extra = {"X-B": "3", "X-C": "4", "x-trace": "2", "User-Agent": "mine/1"}
    headers = httpx.Headers(call(of=known, extra_headers=extra).headers())
    values = [headers.get_list(name) for name in ("x-a", "x-b", "x-c", "x-trace", "user-agent")]
    assert values == [["1"], ["3"], ["4"], ["2"], ["mine/1"]]
    assert "x-c" not in call(of=known).headers()


@pytest.mark.parametrize(
    ("timeout", "expected"),
    [
        (None, httpx.Timeout(120, connect=5)),
        (30, httpx.Timeout(30, connect=5)),
        (2.5, httpx.Timeout(2.5, connect=2.5)),
        (httpx.Timeout(7, read=9), httpx.Timeout(7, read=9)),
        (httpx2.Timeout(7, read=9), httpx.Timeout(7, read=9)),
        (httpx.Timeout(None), httpx.Timeout(TOTAL_TIMEOUT)),
    ],
    ids=repr,
)
def test_the_timeout_of_client_or_call(timeout: Any, expected: httpx.Timeout) -> None:
    calls = [call(timeout=timeout), call(of=config(timeout=timeout))]
    if timeout is not None:
        calls.append(call(of=config(timeout=99), timeout=timeout))
    with httpx.Client() as http:
        for of in calls:
            timeouts = of.build_request(http).extensions["timeout"]
            phases = {phase: timeouts.get(phase) for phase in expected.as_dict()}
            assert phases == pytest.approx(expected.as_dict(), abs=1)


def test_options_of_a_call_do_not_change_those_of_its_client() -> None:
    known = config(timeout=9, max_retries=1, headers={"X-A": "1"})
    of = call(of=known, timeout=5, max_retries=7, extra_headers={"X-A": "2", "X-B": "3"})
    assert (of.config.timeout, of.config.max_retries) == (5, 7)
    assert (known.timeout, known.max_retries, known.headers.reveal()) == (9, 1, {"X-A": "1"})


@pytest.mark.parametrize("option", ["timeout", "max_retries", "extra_headers"])
def test_an_invalid_option_of_a_call_is_refused(option: str) -> None:
    assert option.removeprefix("extra_") in refused(**{option: "no"})
