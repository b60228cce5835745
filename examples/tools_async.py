"""tools.py with asyncio. The tool calls of an answer run concurrently."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta

from minimax_chat import AsyncMiniMax, Completion, Conversation, ToolCallView, ToolParam

# "!call" makes the emulator call these functions; a real model decides for itself.
QUESTIONS = [
    "!call get_forecast get_time What time is it in Lima, and do I need an umbrella in Bergen?",
    "!call get_forecast And will it rain in Lima?",
    "Thank you!",
]
CITIES = {"Bergen": {"rain_mm": 14, "utc_offset": 1}, "Lima": {"rain_mm": 0, "utc_offset": -5}}


async def get_forecast(city: str) -> str:
    return json.dumps({"rain_mm": CITIES[city]["rain_mm"]})


async def get_time(city: str) -> str:
    time = datetime.now(UTC) + timedelta(hours=CITIES[city]["utc_offset"])
    return json.dumps({"time": f"{time:%H:%M}"})


def describe(name: str, description: str) -> ToolParam:
    return {
        "type": "function",
        "function": {
            "name": name,
            "description": description,
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}},
                "required": ["city"],
            },
        },
    }


FUNCTIONS = {"get_forecast": get_forecast, "get_time": get_time}
TOOLS = [
    describe("get_forecast", "Today's rain in a city."),
    describe("get_time", "The time in a city."),
]


async def run(call: ToolCallView) -> str:
    """The result of a call or, if the model made a mistake, an error that lets it try again."""
    try:
        return await FUNCTIONS[call.function.name](**json.loads(call.function.arguments))
    except (KeyError, TypeError, ValueError) as error:
        return json.dumps({"error": repr(error)})


async def ask(client: AsyncMiniMax, messages: Conversation) -> Completion:
    async with await client.chat.completions.create(
        model="MiniMax-M3", messages=messages, tools=TOOLS, stream=True
    ) as stream:
        async for chunk in stream:
            print(chunk.text, end="", flush=True)
    print()
    messages.append(stream.completion.message)
    return stream.completion


async def main() -> None:
    messages: Conversation = []
    async with AsyncMiniMax() as client:
        for question in QUESTIONS:
            print(f"> {question}")
            messages.append({"role": "user", "content": question})
            completion = await ask(client, messages)
            while completion.tool_calls:
                calls = completion.tool_calls
                results = await asyncio.gather(*[run(call) for call in calls])
                for call, result in zip(calls, results, strict=True):
                    print(f"  {call.function.name}({call.function.arguments}): {result}")
                    messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
                completion = await ask(client, messages)


if __name__ == "__main__":
    asyncio.run(main())
