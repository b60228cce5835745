"""MiniMax's documented example, with and without streaming: `python3 scripts/dev.py demo`."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import cast

from minimax_chat import Completion, MessageParam, MiniMax, MiniMaxError

MODEL = "MiniMax-M2.7"
MESSAGES: list[MessageParam] = [
    {"role": "system", "name": "MiniMax AI"},
    {"role": "user", "name": "用户", "content": "你好"},
]


def main() -> None:
    with MiniMax() as client:
        print(f"\n--- plain, from {client.base_url} ---")
        completion = client.chat.completions.create(model=MODEL, messages=MESSAGES)
        print(f"thinking  {completion.thinking}")
        print(f"answer    {completion.text}")
        print_facts(completion)

        print("\n--- streamed ---")
        print("thinking  ", end="")
        answering = False
        with client.chat.completions.create(
            model=MODEL, messages=MESSAGES, stream=True, stream_options={"include_usage": True}
        ) as stream:
            for chunk in stream:
                print(chunk.thinking, end="", flush=True)
                if chunk.text and not answering:
                    answering = True
                    print("\nanswer    ", end="")
                print(chunk.text, end="", flush=True)
        print()
        print_facts(stream.completion)


def print_facts(completion: Completion) -> None:
    usage = completion.usage
    if usage is not None:
        prompt, answer, total = usage.prompt_tokens, usage.completion_tokens, usage.total_tokens
        print(f"usage     {prompt} + {answer} = {total} tokens")
    print(f"trace id  {completion.trace_id}")


if __name__ == "__main__":
    # Do not fail if the terminal cannot print Chinese.
    cast(TextIOWrapper, sys.stdout).reconfigure(errors="backslashreplace")
    try:
        main()
    except MiniMaxError as error:
        sys.exit(f"demo: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
