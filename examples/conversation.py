"""A streamed conversation. Each answer is sent back unchanged, thinking included."""

from __future__ import annotations

from minimax_chat import Conversation, MiniMax

QUESTIONS = ["Hello!", "What did I say first?", "And how many turns was that?"]


def main() -> None:
    messages: Conversation = []
    with MiniMax() as client:
        for question in QUESTIONS:
            messages.append({"role": "user", "content": question})
            print(f"> {question}")
            with client.chat.completions.create(
                model="MiniMax-M2.7", messages=messages, stream=True
            ) as stream:
                for chunk in stream:
                    print(chunk.text, end="", flush=True)
            print()
            messages.append(stream.completion.message)


if __name__ == "__main__":
    main()
