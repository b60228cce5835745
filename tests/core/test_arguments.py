"""Arguments of `create`: what the contract forbids is refused, and nothing else is sent."""

from __future__ import annotations

import json
import math
import pickle
import re
from collections import ChainMap, OrderedDict, UserDict, UserList, deque
from collections.abc import Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import httpx
import pytest
from hypothesis import given, strategies as st

from documented import (
    ALLOWED,
    BODY_SIZE,
    ENUMERATIONS,
    EXAMPLE_REQUEST,
    EXAMPLES,
    FIELDS,
    REFUSED,
    SEED_MODELS,
    TOOL_CALLS_RESPONSE,
)
from minimax_chat import Completion, InvalidArgumentError
from minimax_chat._request import PreparedCall
from minimax_chat_api.contract import CHAT_COMPLETION_REQUEST_SCHEMA, check
from minimax_chat_api.models import JsonSchema, Message, ModelId, Role
from minimax_chat_api.types import UNSET
from properties import tries
from replies import BASE_URL, KEY, MODEL, call, chunk, config, documented, read, sse, stream_reader
from spec_reading import BOUNDS, beyond_bounds, edges, effective, fields, read_spec, violations

USER = {"role": "user", "content": "你好"}
PLAIN = {"model": MODEL, "messages": [USER]}

SPEC = read_spec()
# With the bounds of the model that the calls name.
OPTIONS = fields(effective(SPEC["components"]["schemas"], MODEL)["ChatCompletionRequest"])

nan, inf = float("nan"), float("inf")
NO_STRINGS: list[Any] = [5, 0, True, False, ["x"], [], {"a": 1}, {}, b"x", nan]


def shown(value: object) -> str:
    """A name for a test: the same in every process, so without addresses."""
    return re.sub(r" (object )?at 0x\w+", "", repr(value))[:60]


def body(of: PreparedCall) -> Any:
    """The JSON that goes on the wire."""
    return json.loads(of.request["content"])


def sent(stream: bool | None = None, **params: Any) -> Any:
    return body(call(stream, **{"messages": [USER], **params}))


def refused(stream: Any = None, **params: Any) -> str:
    with pytest.raises(InvalidArgumentError) as caught:
        call(stream, **{"messages": [USER], **params})
    assert isinstance(caught.value, ValueError)
    assert caught.value.http_status is None
    assert not caught.value.retryable
    assert caught.value.__cause__ is None
    return str(caught.value)


# What goes on the wire


def test_nothing_goes_on_the_wire_that_was_not_asked_for() -> None:
    assert sent() == PLAIN


def test_the_documented_request() -> None:
    of = call(**EXAMPLE_REQUEST)
    assert body(of) == EXAMPLE_REQUEST
    assert of.request["method"].upper() == "POST"
    assert of.request["url"] == f"{BASE_URL}/v1/chat/completions"
    headers = dict(of.request["headers"])
    assert headers == {"user-agent": headers["user-agent"], "content-type": "application/json"}
    assert headers["user-agent"].startswith("minimax-chat")


def test_every_documented_field_is_sent_as_it_is() -> None:
    fields: dict[str, Any] = {
        "max_completion_tokens": 1,
        "temperature": 0.5,
        "top_p": 1,
    }
    assert sent(**fields) == {**PLAIN, **fields}
    assert sent(True, **fields) == {**PLAIN, **fields, "stream": True}
    assert type(sent(top_p=1)["top_p"]) is int


@pytest.mark.parametrize(("stream", "added"), [(None, {}), (False, {"stream": False})])
def test_stream_is_sent_if_it_was_given(stream: bool | None, added: dict[str, Any]) -> None:
    assert sent(stream) == {**PLAIN, **added}
    assert call(stream).stream is False


def test_a_streamed_call_says_so() -> None:
    assert sent(True) == {**PLAIN, "stream": True}
    assert call(True).stream is True


def test_what_is_none_is_left_out() -> None:
    names = [name for name in OPTIONS if name not in (*PLAIN, "stream")]
    assert {"temperature", "top_p", "max_completion_tokens"} <= {*names}
    names += ["timeout", "max_retries", "extra_headers", "extra_body"]
    assert sent(**dict.fromkeys(names)) == PLAIN
    assert sent(messages=[{**USER, "name": None, "tool_calls": None}]) == PLAIN


def test_none_is_null_where_the_contract_does_not_know_the_field() -> None:
    message = {**USER, "novel": None, "parts": {"inner": None}}
    assert sent(messages=[message])["messages"] == [message]


def test_text_is_written_as_utf_8() -> None:
    assert "你好".encode() in call(messages=[USER]).request["content"]


@pytest.mark.parametrize("model", ["MiniMax-M2.7", "MiniMax-M9-of-tomorrow", ""])
def test_a_model_may_be_any_string(model: str) -> None:
    assert sent(model=model)["model"] == model


@pytest.mark.parametrize("role", ["system", "sample_message_ai", "role-of-tomorrow"])
def test_a_role_may_be_any_string(role: str) -> None:
    assert sent(messages=[{"role": role}])["messages"] == [{"role": role}]


# Messages


def test_messages_may_be_dicts_models_and_views_at_once() -> None:
    answer = Completion(documented()).message
    reader = stream_reader()
    read(reader, sse(chunk("<think>a</think>b", "stop")))
    messages = [
        {"role": "user", "content": "a"},
        Message(role=Role.SYSTEM, name="MiniMax AI"),
        Message(role="user", content="你好"),
        Message.from_dict({"role": "user", "content": "x", "novel": [1]}),
        answer,
        Completion(documented()).raw.to_dict()["choices"][0]["message"],
        reader.completion.message,
        MappingProxyType({"role": "user"}),
    ]
    assert sent(messages=messages)["messages"] == [
        {"role": "user", "content": "a"},
        {"role": "system", "name": "MiniMax AI"},
        {"role": "user", "content": "你好"},
        {"role": "user", "content": "x", "novel": [1]},
        documented()["choices"][0]["message"],
        documented()["choices"][0]["message"],
        {"role": "assistant", "content": "<think>a</think>b"},
        {"role": "user"},
    ]


def test_a_message_goes_back_whole_with_what_the_contract_does_not_know() -> None:
    reply = documented()
    reply["choices"][0]["message"] |= {"reasoning_content": "hm", "audio_content": "", "name": None}
    (message,) = sent(messages=[Completion(reply).message])["messages"]
    assert message == {
        **documented()["choices"][0]["message"],
        "reasoning_content": "hm",
        "audio_content": "",
    }


def test_messages_may_come_from_a_generator_and_are_sent_again_in_a_retry() -> None:
    def messages() -> Iterator[dict[str, str]]:
        yield {"role": "system", "content": "a"}
        yield {"role": "user", "content": "b"}

    for given_messages in (messages(), tuple(messages()), iter(list(messages()))):
        assert sent(messages=given_messages)["messages"] == list(messages())
    assert isinstance(call(messages=messages()).request["content"], bytes)


def test_what_the_caller_gave_is_left_alone() -> None:
    messages = [{"role": "user", "content": "a", "name": None}]
    extra = {"novel": {"a": [1]}}
    call(messages=messages, extra_body=extra)
    assert messages == [{"role": "user", "content": "a", "name": None}]
    assert extra == {"novel": {"a": [1]}}


def forbidden(values: list[Any], field: str) -> list[Any]:
    """Those of `values` that a message's field must not have, by the contract."""
    found = [
        value for value in values if violations(SPEC, "Message", {"role": "user", field: value})
    ]
    assert len(found) > len(values) / 2
    return found


PARTS = [[{"type": "text", "text": "x"}], [{"type": 5, "text": "x"}], [["x"]]]


@pytest.mark.parametrize(
    "messages",
    [
        *("Hello", b"Hello", 5, 1.5, True, {"role": "user"}, USER.items(), {1, 2}, object(), UNSET),
        *(["Hello"], [None], [5], [[]], [[USER]], [USER, "x"], [object()], [b"x"], [UNSET]),
        *([{}], [{"content": "x"}], [{"role": None}], [{"role": 5}], [{"role": b"user"}]),
        [{"role": ["user"]}],
        *(
            [{"role": "user", field: wrong}]
            for field in ("content", "name")
            for wrong in forbidden([*NO_STRINGS, *PARTS], field)
        ),
        (message for message in ["x"]),
        [Message(role=5)],  # type: ignore[arg-type]
        [Message(role="user", content=5)],  # type: ignore[arg-type]
    ],
    ids=shown,
)
def test_messages_of_a_wrong_type_are_refused(messages: Any) -> None:
    assert "messages" in refused(messages=messages)


def test_a_refusal_names_the_message_and_the_field() -> None:
    assert refused(messages=[USER, {"role": "user", "content": 5}]).startswith(
        "messages[1].content must be a string"
    )
    assert refused(messages=[USER, {"content": "x"}]).startswith("messages[1].role is required")


@pytest.mark.parametrize("name", ["model", "messages"])
def test_what_the_contract_requires_must_be_given(name: str) -> None:
    assert name in refused(**{name: None})
    params: Any = {**PLAIN}
    del params[name]
    with pytest.raises(InvalidArgumentError, match=name):
        PreparedCall.prepare(config(), None, params)


def test_an_error_of_the_callers_own_generator_is_the_callers() -> None:
    def messages() -> Iterator[dict[str, str]]:
        yield {"role": "user"}
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        call(messages=messages())


# Bounds

RIGHT_EDGES, WRONG_EDGES = (
    {name: edges(OPTIONS[name])[side] for name in ("temperature", "top_p", "max_completion_tokens")}
    for side in (0, 1)
)
WRONG: dict[str, list[Any]] = {
    "temperature": [
        *WRONG_EDGES["temperature"],
        *(-12345, 12345, "hot", "0.5", nan, inf, -inf, True, False, [], {}),
        *(Decimal("0.5"), 1j, b"1", 10**400),
    ],
    "top_p": [*WRONG_EDGES["top_p"], -12345.5, 12345.5, nan, inf, True, "0.9", [0.9]],
    "max_completion_tokens": [
        *WRONG_EDGES["max_completion_tokens"],
        *(-1, 1.0, 2.5, "10", nan, inf, True, [], {}),
    ],
    "model": [5, True, b"MiniMax-M2.7", ["MiniMax-M2.7"], {}, 1.5],
}
RIGHT: dict[str, list[Any]] = {
    "temperature": [*RIGHT_EDGES["temperature"], 0.01, 0.999],
    "top_p": [*RIGHT_EDGES["top_p"], FIELDS["ChatCompletionRequest"]["top_p"].default],
    # The documented limit is no bound.
    "max_completion_tokens": [
        *RIGHT_EDGES["max_completion_tokens"],
        *(2048, 2049, 1_000_000, 2**63),
    ],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in WRONG.items() for value in values]
)
def test_a_value_that_the_contract_forbids_is_refused(name: str, value: Any) -> None:
    said = refused(**{name: value})
    assert said.startswith(f"{name} must ")
    assert len(said) < 300


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in RIGHT.items() for value in values]
)
def test_a_value_that_the_contract_allows_is_sent(name: str, value: Any) -> None:
    assert sent(**{name: value}) == {**PLAIN, name: value}


def test_a_refusal_says_what_is_allowed() -> None:
    said = refused(temperature=12345)
    assert said == check({**PLAIN, "temperature": 12345}, CHAT_COMPLETION_REQUEST_SCHEMA)
    allowed = [OPTIONS["temperature"][bound] for bound in BOUNDS if bound in OPTIONS["temperature"]]
    assert allowed
    assert [str(limit) for limit in allowed if str(limit) not in said] == []


@pytest.mark.parametrize("stream", [1, 0, "true", "", [], {}, nan])
def test_stream_must_be_true_or_false(stream: Any) -> None:
    assert "stream" in refused(stream)


@tries(200)
@given(st.floats() | st.integers())
def test_temperature_is_sent_if_and_only_if_it_is_in_range(value: float) -> None:
    # What JSON cannot say stands in no contract.
    if math.isfinite(value) and not violations(
        SPEC, "ChatCompletionRequest", {**PLAIN, "temperature": value}
    ):
        assert sent(temperature=value)["temperature"] == value
    else:
        refused(temperature=value)


# What the page of June 2026 says

JUNE_MODELS = [
    "MiniMax-M3",
    *(str(each) for each in ENUMERATIONS["ModelId"][0] if each not in SEED_MODELS),
    "model-of-tomorrow",
]
SEED_MODELS_REFUSE = {"temperature 0", "temperature 2", "top_p 0"}


@pytest.mark.parametrize("model", [JUNE_MODELS[0], JUNE_MODELS[-1]])
@pytest.mark.parametrize("case", REFUSED)
def test_what_the_page_forbids_is_refused_with_its_place(case: str, model: str) -> None:
    fields, place = REFUSED[case]
    said = refused(**{"model": model, **fields})
    assert said.startswith(f"{place} "), said
    assert len(said) < 300


@pytest.mark.parametrize(
    ("model", "fields", "place"),
    [
        pytest.param(model, fields, place, id=f"{model}-{name}")
        for model in (SEED_MODELS[0], JUNE_MODELS[0], JUNE_MODELS[-1])
        for name, fields, place in beyond_bounds(SPEC, model)
    ],
)
def test_a_number_beyond_a_bound_is_refused_with_its_place(
    model: str, fields: dict[str, Any], place: str
) -> None:
    assert refused(**{"model": model, **fields}).startswith(place)


@pytest.mark.parametrize("case", ALLOWED)
def test_what_the_page_allows_is_sent_as_it_is(case: str) -> None:
    fields = ALLOWED[case]
    assert sent(**{"model": "MiniMax-M3", **fields}) == {**PLAIN, "model": "MiniMax-M3", **fields}


@pytest.mark.parametrize("model", SEED_MODELS)
@pytest.mark.parametrize("case", sorted(SEED_MODELS_REFUSE))
def test_the_models_of_the_seed_page_keep_its_bounds(case: str, model: str) -> None:
    ((name, value),) = ALLOWED[case].items()
    assert refused(model=model, **{name: value}) == (
        f"{name} must be > 0 and <= 1 for model {model} (got {value})"
    )


@pytest.mark.parametrize("model", JUNE_MODELS)
@pytest.mark.parametrize("case", sorted(SEED_MODELS_REFUSE))
def test_other_models_have_the_bounds_of_the_page_of_june(case: str, model: str) -> None:
    fields = ALLOWED[case]
    assert sent(model=model, **fields) == {**PLAIN, "model": model, **fields}


def test_the_bounds_of_a_model_given_as_an_enumeration_are_its_own() -> None:
    assert "for model MiniMax-M2.7" in refused(model=ModelId.MINIMAX_M2_7, temperature=2)
    assert sent(model=ModelId.MINIMAX_M3, temperature=2)["temperature"] == 2


@pytest.mark.parametrize("example", EXAMPLES["ChatCompletionRequest"])
def test_the_documented_requests_are_sent_as_they_are(example: dict[str, Any]) -> None:
    fields = {name: value for name, value in example.items() if name != "stream"}
    assert sent(example.get("stream"), **fields) == example


def test_a_request_above_the_documented_size_is_refused() -> None:
    said = refused(messages=[{"role": "user", "content": "x" * BODY_SIZE}])
    assert re.fullmatch(
        r"the request has [\d,]+ bytes, but must have <= 67,108,864 \(64 MB\): upload .*", said
    )
    fits = BODY_SIZE - len(call(messages=[{**USER, "content": ""}]).request["content"])
    of = call(messages=[{**USER, "content": "x" * fits}])
    assert len(of.request["content"]) == BODY_SIZE


SCHEMA: dict[str, Any] = {
    "type": "object",
    "z": {"default": None, "enum": [None, {"b": None, "a": None}]},
    "properties": {"day": {"type": ["string", "null"], "default": None}},
    "x-unknown": [None],
    "additionalProperties": None,
}


@pytest.mark.parametrize("kind", [dict, MappingProxyType, OrderedDict, JsonSchema.from_dict])
def test_a_free_object_is_sent_unchanged(kind: Any) -> None:
    """Nulls, the order and unknown keys of a JSON Schema mean something."""
    tool = {"type": "function", "function": {"name": "f", "parameters": kind(SCHEMA)}}
    of = call(tools=(tool for _ in range(1)))
    written = json.dumps(SCHEMA, ensure_ascii=False)
    assert written in of.request["content"].decode()


def test_none_of_an_optional_field_is_left_out_at_every_depth() -> None:
    tool = {"type": "function", "function": {"name": "f", "description": None, "parameters": {}}}
    part = {"type": "image_url", "text": None, "image_url": {"url": "u", "detail": None}}
    body = sent(tools=[tool], thinking={"type": None}, messages=[{**USER, "content": [part]}])
    assert body["tools"][0]["function"] == {"name": "f", "parameters": {}}
    assert body["thinking"] == {}
    assert body["messages"][0]["content"] == [{"type": "image_url", "image_url": {"url": "u"}}]


# What an answer carried goes back


@pytest.mark.parametrize(
    "message",
    [
        {"tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]},
        {"tool_calls": [{"id": None, "type": None, "function": None}]},
        {"tool_calls": [{}], "role": "assistant"},
        {"content": "Hi", "name": "MiniMax AI", "audio_content": "", "novel": [None]},
        {"role": "tool", "content": "x"},
        {
            "role": "",
            "reasoning_details": [{"text": "hm", "novel": None}],
            "reasoning_content": "hm",
        },
        TOOL_CALLS_RESPONSE["choices"][0]["message"],
    ],
    ids=repr,
)
def test_a_message_goes_back_whole_whatever_it_lacks(message: dict[str, Any]) -> None:
    answer = Completion({"choices": [{"message": message}]})
    assert sent(messages=[USER, answer.message])["messages"] == [USER, message]
    copied = pickle.loads(pickle.dumps(answer)).message
    (choice,) = answer.raw.choices  # type: ignore[misc]
    assert sent(messages=[copied, choice.message])["messages"] == [message, message]


@pytest.mark.parametrize("view", [lambda each: each, lambda each: each.choices[0]])
def test_an_answer_in_place_of_its_message_is_refused(view: Any) -> None:
    """The slip of those who append the completion."""
    answer = view(Completion(TOOL_CALLS_RESPONSE))
    assert refused(messages=[USER, answer]).startswith("messages[1].role is required")


def test_a_part_of_an_answer_in_another_place_is_refused() -> None:
    answer = Completion(TOOL_CALLS_RESPONSE)
    assert refused(temperature=answer).startswith("temperature must ")
    assert refused(model=answer.message).startswith("model must ")
    assert refused(messages=answer).startswith("messages must ")
    assert refused(tools=[answer.message]).startswith("tools[0].type is required")
    assert refused(messages=[{"role": "user", "content": answer.message}]).startswith(
        "messages[0].content must "
    )


def test_calls_and_details_of_an_answer_go_back_in_a_message_by_hand() -> None:
    message = {"tool_calls": [{"function": {"name": "f"}}], "reasoning_details": [{"text": "hm"}]}
    answer = Completion({"choices": [{"message": message}]}).message
    by_hand = {"tool_calls": answer.tool_calls, "reasoning_details": answer.reasoning_details}
    assert sent(messages=[{"role": "assistant", **by_hand}])["messages"] == [
        {"role": "assistant", **message}
    ]


def test_messages_may_be_any_iterable() -> None:
    for messages in (deque([USER]), UserList([USER]), {"a": USER}.values()):
        assert sent(messages=messages)["messages"] == [USER]


def test_a_class_is_no_message() -> None:
    refused(messages=[Message])


def test_only_what_an_answer_carried_goes_unchecked() -> None:
    answer = Completion({"choices": [{"message": {"tool_calls": [{}]}}]})
    assert refused(messages=[answer.message.to_dict()]).startswith("messages[0].role is required")
    assert refused(messages=[answer.message, {"role": 5}]).startswith("messages[1].role must ")


# What the contract does not know


@pytest.mark.parametrize("name", ["field_of_tomorrow", "api_key", "self_", "n", "seed", "user"])
def test_an_unknown_argument_is_refused(name: str) -> None:
    assert refused(**{name: 1}) == (
        f"MiniMax's API documents no request field {name!r}. "
        f"To send it all the same, use extra_body={{{name!r}: ...}}"
    )


def test_a_misspelt_argument_is_told_the_nearest() -> None:
    assert "no request field 'temprature'; did you mean 'temperature'?" in refused(temprature=1)
    assert "no request field 'max_retry'; did you mean 'max_retries'?" in refused(max_retry=1)


# What OpenAI users pass by habit, and MiniMax's page has not.
@pytest.mark.parametrize(
    "name",
    [
        *("tool_choice", "parallel_tool_calls", "response_format", "stop", "n", "seed", "logprobs"),
        *("presence_penalty", "frequency_penalty", "user"),
    ],
)
def test_a_habit_of_openai_users_is_told_as_undocumented(name: str) -> None:
    said = refused(**{name: None})
    assert f"MiniMax's API documents no request field {name!r}." in said
    assert "extra_body" in said


def test_an_unknown_argument_that_is_none_is_refused_as_well() -> None:
    assert "'field_of_tomorrow'" in refused(field_of_tomorrow=None)


def test_extra_body_is_sent_unchecked_and_wins() -> None:
    extra = {"novel": {"a": [1, None]}, "temperature": 7, "model": None, "max_tokens": 5}
    assert sent(temperature=0.5, extra_body=extra) == {**PLAIN, **extra}
    assert sent(extra_body={}) == PLAIN
    assert sent(True, extra_body={"messages": []}) == {
        **PLAIN,
        "stream": True,
        "messages": [],
    }


@pytest.mark.parametrize("kind", [dict, MappingProxyType, UserDict, ChainMap, OrderedDict])
def test_extra_body_may_be_any_mapping(kind: Any) -> None:
    extra = {"novel": {"a": [1, None]}, "model": "MiniMax-M9"}
    assert sent(extra_body=kind(extra)) == {**PLAIN, **extra}
    with pytest.raises(InvalidArgumentError, match="stream"):
        call(extra_body=kind({"stream": True}))


@pytest.mark.parametrize("extra", [[("a", 1)], "novel", b"x", 5, 1.5, True, object(), {"a"}])
def test_extra_body_must_be_a_mapping(extra: Any) -> None:
    assert "extra_body" in refused(extra_body=extra)


@pytest.mark.parametrize("stream", [True, False, None])
def test_extra_body_cannot_turn_a_stream_on_or_off(stream: bool | None) -> None:
    assert "stream" in refused(extra_body={"stream": stream})


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
    [object(), {1, 2}, b"x", nan, inf, 1j, Decimal(1), "\ud800", circular(), deep(100_000), UNSET],
    ids=lambda value: type(value).__name__,
)
def test_what_json_cannot_say_is_refused(value: Any) -> None:
    assert "JSON" in refused(extra_body={"novel": value})
    refused(messages=[{"role": "user", "novel": value}])
    refused(extra_body={"novel": [value]})


def test_names_that_json_cannot_say_are_refused() -> None:
    refused(extra_body={(1, 2): "x"})
    refused(extra_body={"\ud800": "x"})
    refused(messages=[{"role": "user", (1, 2): "x"}])


@pytest.mark.parametrize(
    "params",
    [
        {"model": "\ud800"},
        {"messages": [{"role": "user", "content": "a\udfffb"}]},
        {"messages": [{"role": "\ud800"}]},
    ],
)
def test_lone_surrogates_are_refused(params: dict[str, Any]) -> None:
    assert "surrogate" in refused(**params)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)


@tries(100)
@given(json_values)
def test_any_argument_is_sent_or_refused(value: Any) -> None:
    fields = ["model", "messages", "temperature", "max_completion_tokens", "extra_body"]
    fields += ["timeout", "max_retries", "extra_headers", "novel"]
    for name in fields:
        try:
            of = call(**{name: value})
        except InvalidArgumentError as error:
            assert str(error)  # noqa: PT017  either outcome is right
        else:
            assert isinstance(of.request["content"], bytes)
            httpx.Request("POST", BASE_URL, headers=of.request["headers"])


# Headers


def headers_of(of: PreparedCall) -> Mapping[str, str]:
    headers: Mapping[str, str] = of.request["headers"]
    return headers


def test_headers_are_sent_beside_the_clients_own() -> None:
    known = config(headers={"X-A": "1", "X-B": "2"})
    headers = headers_of(call(of=known, extra_headers={"X-B": "3", "X-C": "4"}))
    assert [headers[name] for name in ("x-a", "x-b", "x-c")] == ["1", "3", "4"]
    assert "x-c" not in headers_of(call(of=known))


def test_a_header_is_replaced_whatever_its_case() -> None:
    known = config(headers={"X-Trace": "1"})
    of = call(of=known, extra_headers={"x-trace": "2", "user-agent": "mine/1"})
    headers = httpx.Headers(of.request["headers"])
    assert headers.get_list("x-trace") == ["2"]
    assert headers.get_list("user-agent") == ["mine/1"]


BAD_HEADERS: list[Any] = [
    *({"X-A": value} for value in ("a\rb", "a\nb", "a\r\nX-B: c", "a\x00", "\x7f", "é", "你好")),
    *({name: "a"} for name in ("X-A\r\n", "X\n-A", "X-\u00e9", "X-A\x00")),
    *({"X-A": value} for value in NO_STRINGS),
    *({name: f"Bearer {KEY}"} for name in ("Authorization", "authorization", "AUTHORIZATION")),
    *({name: "a"} for name in (5, b"X-A", None)),
    # These are of the request alone; with another they make a broken or a smuggled one.
    *({name: "5"} for name in ("Content-Length", "content-length", "CONTENT-LENGTH")),
    *({name: "chunked"} for name in ("Transfer-Encoding", "transfer-encoding")),
    *({name: "elsewhere.example"} for name in ("Host", "host", "HOST")),
]


@pytest.mark.parametrize("headers", BAD_HEADERS, ids=shown)
def test_headers_that_cannot_be_sent_are_refused(headers: Any) -> None:
    said = refused(extra_headers=headers)
    assert "header" in said
    assert KEY not in said
    with pytest.raises(InvalidArgumentError, match="header"):
        config(headers=headers)


def test_a_refusal_does_not_show_the_value_of_a_header() -> None:
    said = refused(extra_headers={"X-Secret": "hush\n"})
    assert "X-Secret" in said
    assert "hush" not in said


@pytest.mark.parametrize("headers", [5, "X-A: b", ["X-A"], [("X-A", "b")], object(), True])
def test_headers_must_be_a_mapping(headers: Any) -> None:
    assert "header" in refused(extra_headers=headers)


# Timeouts and retries


def timeout_of(of: PreparedCall) -> httpx.Timeout:
    return httpx.Timeout(of.request["timeout"])


def test_120_s_without_a_byte_and_5_to_connect_by_default() -> None:
    timeout = timeout_of(call())
    assert timeout == httpx.Timeout(120, connect=5)
    assert None not in timeout.as_dict().values()


@pytest.mark.parametrize(
    ("given_timeout", "expected"),
    [
        (30, httpx.Timeout(30, connect=5)),
        (2.5, httpx.Timeout(2.5, connect=2.5)),
        (600, httpx.Timeout(600, connect=5)),
        (1_000_000, httpx.Timeout(1_000_000, connect=5)),
        (httpx.Timeout(7, read=9), httpx.Timeout(7, read=9)),
        (httpx.Timeout(None), httpx.Timeout(None)),
    ],
)
def test_a_timeout_of_the_client_or_the_call(given_timeout: Any, expected: httpx.Timeout) -> None:
    assert timeout_of(call(timeout=given_timeout)) == expected
    assert timeout_of(call(of=config(timeout=given_timeout))) == expected
    assert timeout_of(call(of=config(timeout=99), timeout=given_timeout)) == expected


BAD_TIMEOUTS = [
    *(
        0,
        -1,
        0.0,
        nan,
        inf,
        -inf,
        True,
        False,
        "5",
        "soon",
        "",
        b"5",
        [],
        [1],
        (1, 2),
        {},
        object(),
    ),
    Decimal(5),
    # The operating system counts no further.
    *(1_000_001, 1_000_000.5, 1e10, 1e300, 10**400),
]


@pytest.mark.parametrize("timeout", BAD_TIMEOUTS, ids=shown)
def test_a_timeout_that_cannot_work_is_refused(timeout: Any) -> None:
    assert "timeout" in refused(timeout=timeout)
    with pytest.raises(InvalidArgumentError, match="timeout"):
        config(timeout=timeout)


BAD_RETRIES = [-1, 1.5, 2.0, "2", "", True, False, nan, inf, [], [2], {}, object()]


@pytest.mark.parametrize("max_retries", BAD_RETRIES, ids=shown)
def test_a_number_of_retries_that_cannot_work_is_refused(max_retries: Any) -> None:
    assert "max_retries" in refused(max_retries=max_retries)
    with pytest.raises(InvalidArgumentError, match="max_retries"):
        config(max_retries=max_retries)


def test_a_call_changes_nothing_of_its_client() -> None:
    known = config(timeout=9, max_retries=1, headers={"X-A": "1"})
    call(of=known, timeout=5, max_retries=7, extra_headers={"X-A": "2", "X-B": "3"})
    assert (known.timeout, known.max_retries) == (9, 1)
    assert httpx.Headers(known.headers) == httpx.Headers({"X-A": "1"})
