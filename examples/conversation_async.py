"""conversation.py with asyncio."""

from __future__ import annotations

import asyncio

from minimax_chat import AsyncMiniMax, Conversation

QUESTIONS = ["Hello!", "What did I say first?", "And how many turns was that?"]


async def main() -> None:
    messages: Conversation = []
    async with AsyncMiniMax() as client:
        for question in QUESTIONS:
            messages.append({"role": "user", "content": question})
            print(f"> {question}")
            async with await client.chat.completions.create(
                model="MiniMax-M2.7", messages=messages, stream=True
            ) as stream:
                async for chunk in stream:
                    print(chunk.text, end="", flush=True)
            print()
            messages.append(stream.completion.message)


if __name__ == "__main__":
    asyncio.run(main())
