"""Pieces of a stream and the message that they merge into."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from documented import TOOL_DELTAS
from minimax_chat import Completion, CompletionChunk, ResponseDecodeError
from minimax_chat._json import MAX_DEPTH
from properties import cut, examples
from samples import chunk, sse
from seams import read, stream_reader
from work import work


def streamed(
    *deltas: dict[str, Any], end: str = "tool_calls"
) -> tuple[list[CompletionChunk], Completion]:
    """The chunks of a stream of these deltas, and its completion."""
    reader = stream_reader()
    events = [*(chunk(**delta) for delta in deltas), chunk("", end)]
    return read(reader, sse(*events)), reader.completion


def message(*deltas: dict[str, Any], end: str = "tool_calls") -> dict[str, Any]:
    """The message that the deltas merge into, without its role and empty strings."""
    whole = streamed(*deltas, end=end)[1].message.to_dict()
    return {name: each for name, each in whole.items() if each != "" and name != "role"}


def head(index: Any, identity: str | None, name: str | None, **more: Any) -> dict[str, Any]:
    """The first piece of a call."""
    piece = {"id": identity, "type": "function", "function": {"name": name, "arguments": ""}}
    return {"tool_calls": [{**({} if index is None else {"index": index}), **piece, **more}]}


def together(*deltas: dict[str, Any]) -> dict[str, Any]:
    """A delta with the pieces of several."""
    return {"tool_calls": [piece for each in deltas for piece in each["tool_calls"]]}


def arguments(text: str, index: Any = None, **more: Any) -> dict[str, Any]:
    """A later piece of a call."""
    piece: dict[str, Any] = {} if index is None else {"index": index}
    return {"tool_calls": [{**piece, **more, "function": {"arguments": text}}]}


def calls(*deltas: dict[str, Any]) -> list[tuple[str, str, str]]:
    """ID, name and arguments of each call that the deltas merge into."""
    found = streamed(*deltas)[1].tool_calls
    return [(each.id, each.function.name, each.function.arguments) for each in found]


# Calls


def test_deltas_recorded_by_third_parties() -> None:
    chunks, completion = streamed(*TOOL_DELTAS)
    assert completion.message.to_dict() == {
        "role": "assistant",
        "content": "",
        "reasoning_details": [
            {
                "index": 0,
                "type": "reasoning.text",
                "id": "reasoning-text-1",
                "format": "MiniMax-response-v1",
                "text": "Two cities.",
            }
        ],
        "tool_calls": [
            {
                "index": 0,
                "id": "c1",
                "type": "function",
                "function": {"name": "get_forecast", "arguments": '{"city": "Bergen"}'},
            },
            {
                "index": 1,
                "id": "c2",
                "type": "function",
                "function": {"name": "get_forecast", "arguments": '{"city": "Oslo"}'},
            },
        ],
    }
    assert completion.thinking == "".join(each.thinking for each in chunks) == "Two cities."
    pieces = [call.function.arguments for each in chunks for call in each.tool_calls]
    assert pieces == ["", '{"city": "Ber', '{"city": "Oslo"}', 'gen"}']
    assert completion.finish_reason == "tool_calls"


TWO = [("c1", "f", '{"a": 1}'), ("c2", "g", '{"b": 2}')]


@pytest.mark.parametrize(
    "deltas",
    [
        # By index.
        [
            head(0, "c1", "f"),
            arguments('{"a": 1}', 0),
            head(1, "c2", "g"),
            arguments('{"b": 2}', 1),
        ],
        # Out of order, and with a gap.
        [
            head(7, "c2", "g"),
            head(2, "c1", "f"),
            arguments('{"b": 2}', 7),
            arguments('{"a": 1}', 2),
        ],
        # By id.
        [
            head(None, "c1", "f"),
            head(None, "c2", "g"),
            arguments('{"b": ', id="c2"),
            arguments('{"a": 1}', id="c1"),
            arguments("2}", id="c2"),
        ],
        # With neither, a piece continues the last entry.
        [
            head(None, "c1", "f"),
            arguments('{"a"'),
            arguments(": 1}"),
            head(None, "c2", "g"),
            arguments('{"b"'),
            arguments(": 2}"),
        ],
        # Heads with an index, the rest without.
        [head(0, "c1", "f"), arguments('{"a": 1}'), head(1, "c2", "g"), arguments('{"b": 2}')],
        # Heads repeated, empty or null.
        [
            head(0, "c1", "f"),
            head(0, "c1", "f"),
            head(0, None, None),
            head(0, "", ""),
            arguments('{"a": 1}', 0, id=None, type=None),
            arguments("", 0, id="", type=""),
            head(1, "c2", "g"),
            arguments('{"b": 2}', 1),
        ],
        # Both in one list, later without index or id.
        [
            together(head(0, "c1", "f"), head(1, "c2", "g")),
            together(arguments('{"a": 1}'), arguments('{"b": 2}')),
        ],
        # A piece without index or id after a head in the same event.
        [
            head(0, "c1", "f"),
            arguments('{"a": 1}', 0),
            together(head(1, "c2", "g"), arguments('{"b": ')),
            arguments("2}"),
        ],
        # A piece without index or id after another one in the same event.
        [
            head(0, "c1", "f"),
            head(1, "c2", "g"),
            together(arguments('{"a": ', 0), arguments("1}")),
            arguments('{"b": 2}', 1),
        ],
        # An index as other servers write it.
        [
            head(0.0, "c1", "f"),
            head("1", "c2", "g"),
            arguments('{"a": 1}', "0"),
            arguments('{"b": 2}', 1.0),
        ],
        # A call with only an id, and one with the index of its place.
        [
            head(None, "c1", "f"),
            arguments('{"a": 1}', id="c1"),
            head(1, "c2", "g"),
            arguments('{"b": 2}', 1),
        ],
        # Heads without an index, the rest with that of their place.
        [
            head(None, "c1", "f"),
            arguments('{"a": 1}', 0),
            head(None, "c2", "g"),
            arguments('{"b": 2}', 1),
        ],
        # The same, counted from 1.
        [
            head(None, "c1", "f"),
            arguments('{"a": 1}', 1, id="c1"),
            head(None, "c2", "g"),
            arguments('{"b": 2}', 2, id="c2"),
        ],
        # A call with only an id, and another one with the index of its place.
        [
            head(None, "c1", "f"),
            arguments('{"a": 1}'),
            head(0, "c2", "g"),
            arguments('{"b": 2}', 0),
        ],
        # An index too large to be one.
        [
            head("9" * 10, "c1", "f"),
            arguments('{"a": 1}'),
            head(1, "c2", "g"),
            arguments('{"b": 2}', 1),
        ],
        # A head after its arguments, which have neither.
        [
            arguments('{"a": 1}'),
            head(0, "c1", "f"),
            head(1, "c2", "g"),
            arguments('{"b": 2}'),
        ],
        # A head after its arguments.
        [
            arguments('{"a": 1}', 0),
            head(0, "c1", "f"),
            arguments('{"b": 2}', 1),
            head(1, "c2", "g"),
        ],
        # Empty lists in between.
        [
            {"tool_calls": None},
            head(0, "c1", "f"),
            {"tool_calls": []},
            {"tool_calls": [{}]},
            arguments('{"a": 1}'),
            head(1, "c2", "g"),
            {"tool_calls": None},
            arguments('{"b": 2}', 1),
        ],
    ],
)
def test_pieces_are_merged_into_their_calls(deltas: list[dict[str, Any]]) -> None:
    assert calls(*deltas) == TWO


def test_calls_are_ordered_by_index_and_keep_it() -> None:
    _, completion = streamed(head(7, "c2", "g"), head(2, "c1", "f"))
    assert [each.index for each in completion.tool_calls] == [2, 7]


objects = st.dictionaries(st.text(max_size=4), st.text(max_size=8), max_size=3)


@examples(100)
@given(
    st.lists(objects, min_size=1, max_size=4),
    st.lists(st.integers(0, 200), max_size=12),
    st.randoms(use_true_random=False),
)
def test_calls_are_whole_however_cut_and_interleaved(
    wanted: list[dict[str, str]], at: list[int], random: Any
) -> None:
    texts = [json.dumps(each, ensure_ascii=random.random() < 0.5) for each in wanted]
    waiting = [
        [head(index, f"c{index}", "f"), *(arguments(piece, index) for piece in cut(text, at))]
        for index, text in enumerate(texts)
    ]
    deltas: list[dict[str, Any]] = []
    while any(waiting):
        deltas.append(random.choice([each for each in waiting if each]).pop(0))
    assert calls(*deltas) == [(f"c{index}", "f", text) for index, text in enumerate(texts)]


def test_calls_of_several_choices_are_kept_apart() -> None:
    reader = stream_reader()
    first, second = chunk(**head(0, "c1", "f")), chunk(**head(0, "c2", "g"))
    second["choices"][0]["index"] = 1
    end = chunk("", "tool_calls")
    end["choices"].append({"index": 1, "finish_reason": "tool_calls"})
    chunks = read(reader, sse(first, second, end))
    assert [each.id for each in reader.completion.tool_calls] == ["c1"]
    assert [each.id for each in reader.completion.choices[1].message.tool_calls] == ["c2"]
    assert [call.id for call in chunks[0].tool_calls] == ["c1"]


@pytest.mark.parametrize("calls", ["x", {}, [5], [{"function": {"arguments": {}}}]], ids=repr)
def test_calls_of_a_wrong_type_are_a_decode_error(calls: Any) -> None:
    with pytest.raises(ResponseDecodeError, match="tool_calls") as caught:
        streamed({"content": "Hi"}, {"tool_calls": calls})
    assert caught.value.completion is not None
    assert caught.value.completion.text == "Hi"


def test_a_whole_message_adds_what_its_pieces_lacked() -> None:
    """Some streams repeat the message in their last event."""
    reader = stream_reader()
    last = chunk("", "tool_calls")
    last["choices"][0]["message"] = {
        "content": "Hello",
        "tool_calls": [{"index": 0, "id": "c1", "type": "function", "extra": 7}],
        "novel": [1],
    }
    calls = [{"index": 0, "function": {"name": "f", "arguments": "{}"}}]
    read(reader, sse(chunk("Hel"), chunk(tool_calls=calls), last))
    message = reader.completion.message.to_dict()
    assert (message["content"], message["novel"]) == ("Hello", [1])
    call = {"index": 0, "id": "c1", "type": "function", "extra": 7}
    assert message["tool_calls"] == [{**call, "function": {"name": "f", "arguments": "{}"}}]


def test_a_whole_message_that_contradicts_its_pieces_is_ignored() -> None:
    reader = stream_reader()
    last = chunk("", "stop")
    last["choices"][0]["message"] = {"content": "Hello without thinking", "name": "other"}
    read(reader, sse(chunk("<think>a</think>Hello", name="MiniMax AI"), last))
    whole = reader.completion.message
    assert (whole.content, whole.name) == ("<think>a</think>Hello", "MiniMax AI")


def test_an_event_that_comes_again_adds_what_any_of_its_calls_adds() -> None:
    reader = stream_reader()
    event = chunk(None)
    event["choices"][0]["delta"] = {
        "content": "word ",
        "tool_calls": [
            {"index": 0, "id": "a", "type": "function"},
            {"index": 1, "function": {"arguments": "x"}},
        ],
    }
    read(reader, sse(*[event] * 4, chunk(None, "tool_calls")))
    first, second = reader.completion.tool_calls
    assert (first.id, second.function.arguments) == ("a", "xxxx")


def test_a_choice_without_index_0_is_read() -> None:
    for index in (1, "0", None):
        reader = stream_reader()
        events = [chunk("<think>a</think>Hel"), chunk("lo", "stop")]
        for event in events:
            event["choices"][0]["index"] = index
        chunks = read(reader, sse(*events))
        assert "".join(each.text for each in chunks) == reader.completion.text == "Hello"
        assert "".join(each.thinking for each in chunks) == "a"


# Structured thinking


def details(*texts: str, index: int = 0) -> list[dict[str, Any]]:
    """The pieces of a segment of thinking."""
    return [{"reasoning_details": [{"index": index, "text": text}]} for text in texts]


@pytest.mark.parametrize(
    ("texts", "whole"),
    [
        (["Two cit", "ies."], "Two cities."),
        (["Two cit", "Two cities."], "Two cities."),
        (["Let", "Let me", "Let me think."], "Let me think."),
        (["Let me think", "Let me think", "Let me think."], "Let me think."),
        # A piece may begin like its predecessor by chance.
        (["a", "and", " b"], "aand b"),
        (["a", "and"], "aand"),
        (["T", "The", " end"], "TThe end"),
        # What the stream has shown holds to its end.
        (["He", "llo", "Hello again"], "HelloHello again"),
        (["I wonder", "I wonder why", "why"], "I wonder whywhy"),
        (["", "Two", "", " cities."], "Two cities."),
        (["It", "Its"], "Its"),
    ],
)
def test_texts_of_a_segment_are_joined_or_cumulative(texts: list[str], whole: str) -> None:
    chunks, completion = streamed(*details(*texts), end="stop")
    assert completion.message.reasoning_details[0].text == whole
    assert completion.thinking == "".join(each.thinking for each in chunks) == whole


def test_all_segments_of_a_stream_follow_one_rule() -> None:
    """The first shows that texts are joined, so "an" does not repeat the "a" before it."""
    chunks, completion = streamed(
        *details("I won", "der."), *details("a", "an", index=1), end="stop"
    )
    assert completion.thinking == "I wonder.\n\naan"
    assert "".join(each.thinking for each in chunks) == completion.thinking


@pytest.mark.parametrize(
    ("segments", "thinking"),
    [
        ([[" ", " I think"], ["So", " y"]], "I think\n\nSo y"),
        ([["1", "10 cars."], ["So ", "fine."]], "110 cars.\n\nSo fine."),
        ([["I", "It"], ["Then we go", "Then we go on"]], "It\n\nThen we go on"),
        ([["a"], ["b"], ["c", "cd"]], "a\n\nb\n\nccd"),
        # At the end, the longest text decides.
        ([["I", "It"], ["Then we", "Then we go"]], "It\n\nThen we go"),
        ([["Then we", "Then we go"], ["I", "It"]], "Then we go\n\nIt"),
    ],
)
def test_a_rule_that_is_found_late_applies_to_earlier_segments(
    segments: list[list[str]], thinking: str
) -> None:
    deltas = [
        delta for index, texts in enumerate(segments) for delta in details(*texts, index=index)
    ]
    chunks, completion = streamed(*deltas, {"content": "Hi"}, end="stop")
    assert "".join(each.thinking for each in chunks) == completion.thinking == thinking


def test_the_pieces_of_several_segments_come_in_the_order_of_their_event() -> None:
    second, first = details("c", index=1)[0], details("d")[0]
    both = {"reasoning_details": second["reasoning_details"] + first["reasoning_details"]}
    chunks, completion = streamed(*details("a"), *details("b", index=1), both, end="stop")
    assert [each.thinking for each in chunks] == ["a", "\n\nb", "c\n\nd", ""]
    assert completion.thinking == "ad\n\nbc"


def test_a_segment_of_a_single_piece_is_passed_on_at_once() -> None:
    """Some streams might count each piece as a segment."""
    deltas = [delta for index in range(4) for delta in details(f"part {index}", index=index)]
    chunks, completion = streamed(*deltas, end="stop")
    assert [each.thinking for each in chunks[:3]] == ["part 0", "\n\npart 1", "\n\npart 2"]
    assert "".join(each.thinking for each in chunks) == completion.thinking


@pytest.mark.parametrize(
    ("texts", "whole"),
    [
        (["Let", "Let me"], "Let me"),
        (["Let", "Let me"], "Let me think"),
        (["Let", "Let me"], "LetLet me think"),
        (["Let"], "Let"),
        (["Let"], "Let me think"),
        (["Let ", "me"], "Let me think"),
    ],
)
def test_a_message_that_is_repeated_tells_how_its_texts_were_cut(
    texts: list[str], whole: str
) -> None:
    reader = stream_reader()
    last = chunk("", "stop")
    last["choices"][0]["message"] = {"reasoning_details": [{"index": 0, "text": whole}]}
    chunks = read(reader, sse(*(chunk(**each) for each in details(*texts)), last))
    assert reader.completion.thinking == whole
    assert "".join(each.thinking for each in chunks) == whole


def test_a_segment_after_the_end_follows_the_rule() -> None:
    reader = stream_reader()
    deltas = [*details("a"), *details("and")]
    events = [chunk(**deltas[0]), chunk("", "stop", **deltas[1]), chunk(**details("b")[0])]
    chunks = read(reader, sse(*events))
    assert "".join(each.thinking for each in chunks) == reader.completion.thinking == "aandb"


words = st.lists(st.sampled_from(["I ", "wonder", "a", "an", " ", "\n", "。", "</think", ">"]))


@examples(150)
@given(words, st.booleans())
def test_any_thinking_is_the_same_streamed_and_whole_joined_and_cumulative(
    pieces: list[str], cumulative: bool
) -> None:
    # Long enough to show at once which of the two it is.
    pieces = ["Let me think: ", *pieces]
    whole = "".join(pieces)
    texts = ["".join(pieces[: end + 1]) for end in range(len(pieces))] if cumulative else pieces
    chunks, completion = streamed(*details(*texts), {"content": "Hi"}, end="stop")
    assert completion.message.reasoning_details[0].text == whole
    plain = Completion({"choices": [{"message": {"content": "Hi", "reasoning_content": whole}}]})
    assert completion.thinking == plain.thinking
    assert "".join(each.thinking for each in chunks) == plain.thinking


STRAY = {
    "I wonder.\n</think>\n": "I wonder.",
    "I wonder.</think>": "I wonder.",
    " I wonder. ": "I wonder.",
    "I wonder. </think> ": "I wonder.",
    "1 < 2</think>": "1 < 2",
}


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning_details"])
@pytest.mark.parametrize(("whole", "thinking"), STRAY.items())
def test_a_stray_closing_tag_in_structured_thinking_is_dropped_wherever_cut(
    whole: str, thinking: str, field: str
) -> None:
    for first in range(len(whole) + 1):
        for second in range(first, len(whole) + 1):
            pieces = [whole[:first], whole[first:second], whole[second:]]
            deltas = [{field: piece} for piece in pieces]
            if field == "reasoning_details":
                deltas = details(*pieces)
            chunks, completion = streamed(*deltas, {"content": "Hi"}, end="stop")
            assert completion.thinking == thinking
            assert "".join(each.thinking for each in chunks) == thinking, pieces
            assert completion.text == "Hi"


@pytest.mark.parametrize(
    "whole", ["a</think>b", "a </thi", "a <", "</think> a", "a</think></think>"]
)
def test_other_tags_in_structured_thinking_are_kept(whole: str) -> None:
    chunks, completion = streamed(*({"reasoning_content": each} for each in whole), end="stop")
    wanted = whole.removesuffix("</think>") if whole.endswith("</think></think>") else whole
    assert completion.thinking == wanted
    assert "".join(each.thinking for each in chunks) == wanted


@pytest.mark.parametrize(
    "deltas",
    [
        [{"reasoning_content": "hm", "reasoning_details": [{"index": 0, "text": "hm"}]}],
        [{"content": "<think>hm</think>", "reasoning_content": "hm"}],
        [{"content": "<think>hm</think>"}, {"reasoning_content": "hm"}, *details("hm")],
        [*details("hm"), {"reasoning_content": "hm"}, {"content": "<think>hm</think>"}],
        [{"reasoning_content": "h"}, *details("h"), {"reasoning_content": "m"}, *details("m")],
    ],
)
def test_a_thought_in_several_fields_is_yielded_once(deltas: list[dict[str, Any]]) -> None:
    chunks, completion = streamed(*deltas, {"content": "Hi"}, end="stop")
    assert "".join(each.thinking for each in chunks) == completion.thinking == "hm"
    assert "".join(each.text for each in chunks) == completion.text == "Hi"


def test_segments_are_set_apart_like_blocks() -> None:
    tagged = streamed({"content": "<think>a</think><think>b</think>c"}, end="stop")[1]
    chunks, split = streamed(
        *details("a</think>"), *details(" ", "b", index=1), {"content": "c"}, end="stop"
    )
    assert tagged.thinking == split.thinking == "a\n\nb"
    assert "".join(each.thinking for each in chunks) == "a\n\nb"


# What the contract does not know


@pytest.mark.parametrize(
    ("values", "whole"),
    [
        (["ab", "cd"], "abcd"),
        (["ab", "", None, "cd"], "abcd"),
        (["ha", "ha", "ho"], "hahaho"),
        (["same", "same", "same"], "same"),
        ([[{"url": "a"}], [{"url": "b"}]], [{"url": "a"}, {"url": "b"}]),
        ([[1], [1]], [1]),
        ([[1], [1], [2]], [1, 1, 2]),
        ([{"a": 1}, {"b": {"c": "x"}}, {"b": {"c": "y"}}], {"a": 1, "b": {"c": "xy"}}),
        (
            [[{"index": 1, "t": "x"}], [{"index": 0, "t": "a"}, {"index": 1, "t": "y"}]],
            [{"index": 0, "t": "a"}, {"index": 1, "t": "xy"}],
        ),
        (
            [[{"index": 0, "t": "x"}], [{"t": "y"}]],
            [{"index": 0, "t": "x"}, {"t": "y"}],
        ),
        ([1, 1], 1),
        ([1, 2], [1, 2]),
        ([True, 1], [True, 1]),
        (["a", 1, {"b": 2}], ["a", 1, {"b": 2}]),
        ([0, None], 0),
        ([None, ""], None),
    ],
)
def test_values_of_undocumented_fields_are_merged_without_loss(
    values: list[Any], whole: Any
) -> None:
    for place in ("message", "call", "envelope", "choice"):
        reader = stream_reader()
        events: list[dict[str, Any]] = []
        for value in values:
            event = chunk("")
            if place == "call":
                event = chunk(tool_calls=[{"index": 0, "novel": value}])
            holder = {"message": event["choices"][0]["delta"], "envelope": event}
            holder["choice"] = event["choices"][0]
            holder.get(place, {})["novel"] = value
            events.append(event)
        read(reader, sse(*events, chunk("", "stop")))
        body = reader.completion.to_dict()
        choice = body["choices"][0]
        found = {"message": choice["message"], "envelope": body, "choice": choice}
        if place == "call":
            found["call"] = choice["message"]["tool_calls"][0]
        assert found[place].get("novel") == whole, place


@pytest.mark.parametrize(
    ("name", "values", "whole"),
    [
        ("reasoning_content", ["a", {"b": 1}, "c"], ["a", {"b": 1}, "c"]),
        ("reasoning_details", [[{"text": "a"}], "b"], [[{"text": "a"}], "b"]),
        ("audio_content", [5, "a"], [5, "a"]),
        ("audio_content", [["a"], ["a"]], ["a", "a"]),
        ("reasoning_details", [["a", {"text": "b"}, 5]], [{"text": "b"}, "a", 5]),
    ],
)
def test_values_of_a_wrong_type_are_merged_without_loss(
    name: str, values: list[Any], whole: Any
) -> None:
    assert message(*({name: value} for value in values), end="stop") == {name: whole}


@pytest.mark.parametrize("frames", [0, 300])
def test_deeply_nested_values_lose_nothing(frames: int) -> None:
    """However deep in a program the answer is read."""

    def deep(end: int) -> Any:
        value: Any = end
        for _ in range(MAX_DEPTH - 6):
            value = {"a": value}
        return value

    def call_from(frames: int) -> dict[str, Any]:
        return call_from(frames - 1) if frames else message(*values, end="stop")

    values = [{"novel": deep(1)}, {"novel": deep(2)}]
    assert json.dumps(call_from(frames)).count("[1, 2]") == 1


# Complexity


@pytest.mark.parametrize(
    "piece",
    [
        lambda number: arguments("x", 0),
        lambda number: {"reasoning_content": "x"},
        lambda number: details("x")[0],
        lambda number: head(number, f"c{number}", "f"),
        lambda number: details("x", index=number)[0],
        lambda number: {"novel": "x" if number % 2 else "y"},
        lambda number: {"novel": [number]},
        lambda number: arguments('\\"', 0),
    ],
    ids=[
        "arguments",
        "reasoning",
        "segment",
        "calls",
        "segments",
        "unknown text",
        "unknown list",
        "escapes",
    ],
)
def test_merging_is_linear_work(piece: Any) -> None:
    def read_all(count: int) -> None:
        reader = stream_reader()
        for number in range(count):
            list(reader.feed(sse(chunk(**piece(number)), done=False)))
        read(reader, sse(chunk("", "length")))
        assert reader.completion.finish_reason == "length"

    small, large = work(lambda: read_all(40)), work(lambda: read_all(400))
    assert large <= 11 * small


def test_a_text_of_many_pieces_is_joined_on_the_way() -> None:
    """A thousand pieces at a time, for they take ten times the memory of their text."""
    words = [f"{number} " for number in range(3_500)]
    chunks, completion = streamed(*({"content": word} for word in words), end="stop")
    assert [each.text for each in chunks[:-1]] == words
    assert completion.text == "".join(words)


def test_a_message_that_comes_whole_and_without_pieces_is_read() -> None:
    event = chunk()
    event["choices"] = [{"index": 0, "message": {"content": "whole"}, "finish_reason": "stop"}]
    reader = stream_reader()
    assert [each.text for each in read(reader, sse(event))] == ["whole"]
    assert reader.completion.text == "whole"
