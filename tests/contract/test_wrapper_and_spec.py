"""Wrapper ↔ spec: requests are as asked for and as the spec allows; replies it allows are read."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given, strategies as st

import documented
from bodies import UNKNOWN, bodies, examples, nearly
from minimax_chat import (
    APIError,
    AsyncMiniMax,
    AuthenticationError,
    BadRequestError,
    Completion,
    CompletionChunk,
    InputContentError,
    InsufficientBalanceError,
    InternalServerError,
    InvalidArgumentError,
    MiniMax,
    OutputContentError,
    PlanLimitError,
    RateLimitError,
    ResponseDecodeError,
    ServerTimeoutError,
    TokenLimitError,
)
from minimax_chat_api.contract import CHAT_COMPLETION_REQUEST_SCHEMA
from minimax_chat_api.models import Message
from properties import cut
from spec_reading import (
    Findings,
    fields,
    reachable,
    read_spec,
    references,
    same,
    violations,
    without_nulls,
)
from wire_check import reading_findings, request_findings

SPEC = read_spec()
KEY = "sk-contract"
ANSWER: dict[str, Any] = {"choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}]}
PIECE: dict[str, Any] = {"choices": [{"delta": {"content": "hi"}, "finish_reason": "stop"}]}


class Wire:
    """The network of two clients: records their requests, and replies."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.reply: Callable[[httpx.Request], httpx.Response] = answer
        options: dict[str, Any] = {"api_key": KEY, "region": "cn", "max_retries": 0}
        transport = httpx.MockTransport(self._take)
        self.client = MiniMax(**options, http_client=httpx.Client(transport=transport))
        self.async_client = AsyncMiniMax(
            **options, http_client=httpx.AsyncClient(transport=transport)
        )

    def _take(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.reply(request)

    def create(self, reply: httpx.Response | None = None, **arguments: Any) -> Any:
        """Calls the API, which gives this reply or else a normal one."""
        self.requests.clear()
        self.reply = answer if reply is None else lambda request: reply
        return self.client.chat.completions.create(**arguments)

    def create_async(self, **arguments: Any) -> None:
        self.requests.clear()
        self.reply = answer
        asyncio.run(self.async_client.chat.completions.create(**arguments))


def answer(request: httpx.Request) -> httpx.Response:
    return (
        sse(PIECE)
        if json.loads(request.content).get("stream")
        else httpx.Response(200, json=ANSWER)
    )


def sse(*events: Any) -> httpx.Response:
    data = [*(json.dumps(event) for event in events), "[DONE]"]
    return httpx.Response(
        200,
        headers={"content-type": "text/event-stream"},
        content="".join(f"data: {each}\n\n" for each in data).encode(),
    )


WIRE = Wire()


# What is sent

REQUEST = SPEC["components"]["schemas"]["ChatCompletionRequest"]
OPTIONAL = [name for name in fields(REQUEST) if name not in REQUEST["required"]]

# The forms in which callers may hold messages.
SHAPES: dict[str, Callable[[list[dict[str, Any]]], Any]] = {
    "dicts": lambda messages: messages,
    "a tuple": tuple,
    "an iterator": iter,
    "generated models": lambda messages: [Message.from_dict(each) for each in messages],
    "what came back": lambda messages: [
        Completion({"choices": [{"message": each}]}).message for each in messages
    ],
}

# Options of the call, which are not part of the body.
OF_THE_CALL: dict[str, st.SearchStrategy[Any]] = {
    "timeout": st.one_of(st.none(), st.floats(1, 100)),
    "max_retries": st.one_of(st.none(), st.integers(0, 3)),
    "extra_headers": st.dictionaries(st.sampled_from(["X-Team", "x-trace"]), st.just("a b")),
    "extra_body": st.one_of(
        st.none(),
        UNKNOWN.map(
            lambda body: {name: body[name] for name in body if name not in fields(REQUEST)}
        ),
    ),
}


def known(body: dict[str, Any]) -> dict[str, Any]:
    """The fields of a body that `create` has arguments for."""
    return {name: each for name, each in body.items() if name in fields(REQUEST)}


# Arguments that the contract allows, among them None.
VALID = st.builds(
    lambda nothing, body, of_the_call: {**nothing, **known(body), **of_the_call},
    st.sets(st.sampled_from(OPTIONAL)).map(lambda names: dict.fromkeys(names)),
    bodies(SPEC, "ChatCompletionRequest"),
    st.fixed_dictionaries({}, optional=OF_THE_CALL),
)


def sent_findings(arguments: dict[str, Any]) -> Findings:
    """The last request, against the arguments of its call."""
    (request,) = WIRE.requests
    asked = {name: each for name, each in arguments.items() if name not in OF_THE_CALL}
    # extra_body holds what the contract does not know.
    body = without_nulls(SPEC, REQUEST, asked) | (arguments.get("extra_body") or {})
    return request_findings(SPEC, body, request, KEY, arguments.get("extra_headers") or ())


@pytest.mark.parametrize("shape", SHAPES)
def test_a_request_is_as_asked_for_and_as_the_spec_allows(shape: str) -> None:
    @examples(80)
    @given(VALID)
    def holds(arguments: dict[str, Any]) -> None:
        WIRE.create(**{**arguments, "messages": SHAPES[shape](arguments["messages"])})
        assert sent_findings(arguments) == []

    holds()


@given(VALID)
@examples(40)
def test_an_async_request_is_as_asked_for_and_as_the_spec_allows(
    arguments: dict[str, Any],
) -> None:
    WIRE.create_async(**arguments)
    assert sent_findings(arguments) == []


def test_a_request_that_the_spec_forbids_is_never_sent() -> None:
    request, refused = "ChatCompletionRequest", Counter[bool]()

    @examples(300)
    @given(st.one_of(bodies(SPEC, request), nearly(SPEC, request)).map(known))
    def holds(arguments: dict[str, Any]) -> None:
        try:
            WIRE.create(**arguments)
        except InvalidArgumentError:
            assert WIRE.requests == []
            # The wrapper is stricter in one thing alone: 3.0 is no integer.
            body = without_nulls(SPEC, REQUEST, arguments)
            assert violations(SPEC, request, body, strict=True)
            refused[True] += 1
        else:
            assert sent_findings(arguments) == []
            refused[False] += 1

    holds()
    assert min(refused[True], refused[False]) > 30, refused


def test_documented_defaults_are_not_sent() -> None:
    nothing: dict[str, Any] = dict.fromkeys(CHAT_COMPLETION_REQUEST_SCHEMA["properties"])
    for arguments in ({}, nothing):
        WIRE.create(**{**arguments, "model": "m", "messages": []})
        (request,) = WIRE.requests
        assert json.loads(request.content) == {"model": "m", "messages": []}


# What is read

PROPERTIES = [
    name
    for name, each in vars(Completion).items()
    if isinstance(each, property) and not name.startswith("_")
]


def read_everything(completion: Completion) -> Findings:
    """Reads every property, and compares the documented fields with the body."""
    for name in PROPERTIES:
        getattr(completion, name)
    repr(completion)
    body = completion.to_dict()
    return reading_findings(SPEC, "ChatCompletion", completion, body)


def expected_error(body: dict[str, Any]) -> type[Exception] | None:
    """The error of a body of HTTP 200 that the schema allows; None if it is an answer."""
    if (body.get("base_resp") or {}).get("status_code"):
        return APIError
    if body.get("choices"):
        return None
    # The schema allows a body without an answer, the wrapper does not.
    if body.get("input_sensitive"):
        return InputContentError
    return OutputContentError if body.get("output_sensitive") else ResponseDecodeError


@given(bodies(SPEC, "ChatCompletion"))
@examples(350)
def test_a_reply_that_the_spec_allows_is_readable(body: dict[str, Any]) -> None:
    reply = httpx.Response(200, json=body)
    wanted = expected_error(body)
    if wanted is not None:
        with pytest.raises(wanted) as caught:
            WIRE.create(reply, model="m", messages=[])
        assert str(caught.value)
        return
    completion = WIRE.create(reply, model="m", messages=[])
    assert read_everything(completion) == []
    assert completion.to_dict() == body
    # The answer can be sent back as it is.
    answer = {**completion.message.to_dict(), "role": "assistant"}
    message = Completion({"choices": [{"message": answer}]}).message
    WIRE.create(model="m", messages=[message, {"role": "user"}])


def told_apart(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The events, with an index in each choice where choices could not be told apart otherwise."""
    choices = [event.get("choices") or [] for event in events]
    indices = [choice.get("index") for each in choices for choice in each]
    if any(len(each) > 1 for each in choices) or {*indices} - {None}:
        for each in choices:
            for position, choice in enumerate(each):
                if choice.get("index") is None:
                    choice["index"] = position
    return events


@given(st.lists(bodies(SPEC, "ChatCompletionChunk"), min_size=1, max_size=4).map(told_apart))
@examples(300)
def test_a_stream_that_the_spec_allows_is_readable(events: list[dict[str, Any]]) -> None:
    indices = {choice.get("index") for event in events for choice in event.get("choices") or [{}]}
    # By length, for the arguments of a call may end anywhere.
    last = {"choices": [{"index": index, "finish_reason": "length"} for index in indices]}
    chunks: list[CompletionChunk] = []
    with WIRE.create(sse(*events, last), model="m", messages=[], stream=True) as stream:
        for chunk, event in zip(stream, [*events, last], strict=True):
            chunks.append(chunk)
            assert reading_findings(SPEC, "ChatCompletionChunk", chunk, event) == []
            assert chunk.to_dict() == event
            assert repr(chunk)
            assert chunk.raw is not None
    assert read_everything(stream.completion) == []
    if indices <= {0, None}:
        assert "".join(chunk.text for chunk in chunks) == stream.completion.text


@given(bodies(SPEC, "ErrorResponse"), st.sampled_from(sorted({*documented.ERROR_TYPES.values()})))
@examples(100)
def test_a_failure_that_the_spec_allows_is_a_typed_error(body: dict[str, Any], status: int) -> None:
    for stream in (False, True):
        with pytest.raises(APIError) as caught:
            WIRE.create(httpx.Response(status, json=body), model="m", messages=[], stream=stream)
        assert caught.value.http_status == status
        assert caught.value.body == body
        assert str(caught.value)


# The documented kinds of failure, and their classes.
KINDS: dict[str, type[APIError]] = {
    "server": InternalServerError,
    "timeout": ServerTimeoutError,
    "rate limit": RateLimitError,
    "authentication": AuthenticationError,
    "balance": InsufficientBalanceError,
    "content (input)": InputContentError,
    "content (output)": OutputContentError,
    "token limit": TokenLimitError,
    "invalid request": BadRequestError,
    "quota": PlanLimitError,
}


@pytest.mark.parametrize("code", [code for code in documented.STATUS_CODES if code])
def test_a_documented_failure_has_its_class_in_both_shapes(code: int) -> None:
    row = documented.STATUS_CODES[code]
    base_resp = {"status_code": code, "status_msg": row.meaning}
    error = {"type": "server_error", "message": f"{row.meaning} ({code})", "http_code": "500"}
    for reply in (
        httpx.Response(200, json={**documented.EXAMPLE_RESPONSE, "base_resp": base_resp}),
        httpx.Response(500, json={**documented.EXAMPLE_FAILURE, "error": error}),
    ):
        with pytest.raises(APIError) as caught:
            WIRE.create(reply, model="m", messages=[])
        assert type(caught.value) is KINDS[row.kind]
        assert caught.value.code == code
        assert caught.value.retryable == row.retry
        assert caught.value.message.startswith(row.meaning)


# What is streamed


def in_pieces(component: str, value: dict[str, Any], cuts: list[int]) -> list[dict[str, Any]]:
    """The deltas that merge into an object, by the marks of the spec."""
    pieces: list[dict[str, Any]] = []
    for name, each in value.items():
        schema = fields(SPEC["components"]["schemas"][component]).get(name, {})
        how, inner = schema.get("x-merge"), [*references(schema)]
        if how == "by-index" and isinstance(each, list) and each:
            for entry in each:
                head = {"index": entry["index"]}
                deltas = in_pieces(inner[0], entry, cuts) or [{}]
                pieces += [{name: [{**head, **delta}]} for delta in deltas]
        elif how in ("append", "append-or-cumulative") and isinstance(each, str) and each:
            pieces += [{name: piece} for piece in cut(each, cuts)]
        elif isinstance(each, dict) and len(inner) == 1 and inner[0] in STREAMED and each:
            pieces += [{name: delta} for delta in in_pieces(inner[0], each, cuts)]
        else:
            pieces.append({name: each})
    return pieces


STREAMED = reachable(SPEC, "Delta")
TEXT = "Long enough to show at once that it is joined: "


def numbered(value: Any, component: str = "Delta") -> Any:
    """A message whose listed objects have an index, by which a stream tells them apart."""
    for name, schema in fields(SPEC["components"]["schemas"][component]).items():
        inner = [each for each in references(schema) if each in STREAMED]
        each = value.get(name)
        if schema.get("x-merge") == "by-index":
            for index, entry in enumerate(each or []):
                entry["index"] = index
                numbered(entry, inner[0])
        elif isinstance(each, dict) and inner:
            numbered(each, inner[0])
        elif schema.get("x-merge") == "append-or-cumulative" and each:
            value[name] = TEXT + each
    return value


@given(bodies(SPEC, "ChoiceMessage").map(numbered), st.lists(st.integers(0, 60), max_size=6))
@examples(300)
def test_a_stream_adds_up_to_the_whole_message(message: dict[str, Any], cuts: list[int]) -> None:
    """The message of a plain call, with calls, structured thinking and undocumented fields."""
    whole = {"choices": [{"index": 0, "message": message, "finish_reason": "length"}]}
    plain = WIRE.create(httpx.Response(200, json=whole), model="m", messages=[])
    deltas = in_pieces("Delta", message, cuts)
    events = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    events.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "length"}]})
    stream = WIRE.create(sse(*events), model="m", messages=[], stream=True)
    chunks = [*stream]
    wanted = {**message, "role": message.get("role") or "assistant"}
    assert same(stream.completion.message.to_dict(), wanted)
    for name in ("text", "thinking", "finish_reason", "tool_calls", "thinking_truncated"):
        assert getattr(stream.completion, name) == getattr(plain, name), name
    content = message.get("content") or ""
    sources = [
        "<think>" in content,
        message.get("reasoning_content"),
        message.get("reasoning_details"),
    ]
    # Of thinking in several fields, chunks yield the first, which may be another than the whole's.
    if "</think>" not in content and len([*filter(None, sources)]) < 2:
        assert "".join(chunk.thinking for chunk in chunks) == plain.thinking
