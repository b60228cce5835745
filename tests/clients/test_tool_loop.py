"""Conversations with tools, plain and streamed, with both clients."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from driver import Driver
from minimax_chat import Completion, MessageParam, SupportsToDict, ToolParam
from minimax_chat.ext.emulator import Emulator

MODEL = "MiniMax-M3"
TOOLS: list[ToolParam] = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": f"The {name} of a city.",
            "parameters": {
                "type": "object",
                "properties": {
                    "city": {"type": "string"},
                    "day": {"type": ["string", "null"], "default": None},
                },
                "required": ["city"],
            },
        },
    }
    for name in ("forecast", "time")
]
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "forecast": lambda city, day=None: {"city": city, "rain_mm": 14},
    "time": lambda city, day=None: {"city": city, "time": "12:00"},
}


@pytest.mark.parametrize("split", [False, True], ids=["tags", "split"])
def test_a_conversation_with_two_tools(api: Driver, streamed: bool, split: bool) -> None:
    """What a user writes, but for the driver: ask, call the tools, answer, and so on."""
    messages: list[MessageParam | SupportsToDict] = []
    with Emulator() as emulator:
        client = api.client(emulator.base_url)

        def ask() -> Completion:
            options: dict[str, Any] = {"model": MODEL, "messages": messages, "tools": TOOLS}
            options["reasoning_split"] = split
            if not streamed:
                return client.ask(**options)
            chunks = list(stream := client.stream(**options))
            assert "".join(chunk.text for chunk in chunks) == stream.completion.text
            assert "".join(chunk.thinking for chunk in chunks) == stream.completion.thinking
            return stream.completion

        answers: list[Completion] = []
        for question in ("!call forecast time In Bergen?", "Hello", "!call time And in Oslo?"):
            messages.append({"role": "user", "content": question})
            while (completion := ask()).tool_calls:
                answers.append(completion)
                messages.append(completion.message)
                for call in completion.tool_calls:
                    arguments = json.loads(call.function.arguments)
                    result = json.dumps(FUNCTIONS[call.function.name](**arguments))
                    messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
            answers.append(completion)
            messages.append(completion.message)
        last = emulator.requests[-1].json["messages"]
    names = [[call.function.name for call in each.tool_calls] for each in answers]
    assert names == [["forecast", "time"], [], [], ["time"], []]
    ends = ["tool_calls", "stop", "stop", "tool_calls", "stop"]
    assert [each.finish_reason for each in answers] == ends
    assert all(each.thinking for each in answers)
    assert "14" in answers[1].text
    assert "12:00" in answers[1].text
    # All that came goes back: calls, thinking, and the results between them.
    assert last[1] == answers[0].message.to_dict()
    roles = "user assistant tool tool assistant user assistant user assistant tool"
    assert [each["role"] for each in last] == roles.split()
    assert bool(last[1].get("reasoning_details")) == split
    assert ("<think>" in last[1]["content"]) != split
