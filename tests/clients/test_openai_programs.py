"""Programs written for the OpenAI SDK, with import and class name changed.

They are those of its README, with a model of this API. Both SDKs run them against the emulator, and
must send and print the same.
"""

from __future__ import annotations

import ast
import gc
from collections.abc import Iterator

import pytest

from minimax_chat.ext.emulator import Emulator

CALL = """
import os
from openai import OpenAI

client = OpenAI(
    # This is the default and can be omitted
    api_key=os.environ.get("OPENAI_API_KEY"),
    base_url=os.environ.get("OPENAI_BASE_URL"),
)

completion = client.chat.completions.create(
    model="MiniMax-M2.7",
    messages=[
        {"role": "system", "content": "Talk like a pirate."},
        {
            "role": "user",
            "content": "How do I check if a Python object is an instance of a class?",
        },
    ],
)

print(completion.choices[0].message.content)
print(completion.choices[0].message.role, completion.choices[0].finish_reason)
print(completion.model, completion.object)
print(completion.usage.prompt_tokens, completion.usage.completion_tokens)
"""

ASYNC = """
import os
import asyncio
from openai import AsyncOpenAI

client = AsyncOpenAI(api_key=os.environ["OPENAI_API_KEY"], base_url=os.environ["OPENAI_BASE_URL"])


async def main() -> None:
    completion = await client.chat.completions.create(
        messages=[{"role": "user", "content": "Say this is a test"}],
        model="MiniMax-M2.7",
    )
    print(completion.choices[0].message.content)
    stream = await client.chat.completions.create(
        model="MiniMax-M2.7",
        messages=[{"role": "user", "content": "Say this is a test"}],
        stream=True,
    )
    async for chunk in stream:
        print(chunk.choices[0].delta.content or "", end="")
    print()


asyncio.run(main())
"""

OPTIONS = """
import os
from openai import OpenAI, RateLimitError, AuthenticationError, APIError

# Configure the default for all requests:
client = OpenAI(
    api_key=os.environ["OPENAI_API_KEY"],
    base_url=os.environ["OPENAI_BASE_URL"],
    # default is 2
    max_retries=0,
    # 20 seconds (default is 10 minutes)
    timeout=20.0,
    default_headers={"X-Team": "a"},
)

# More granular control:
client = client.with_options(timeout=5.0)

# Or, configure per-request:
completion = client.with_options(max_retries=5).chat.completions.create(
    messages=[
        {
            "role": "user",
            "content": "!fail 1002 times=2 retry-after-ms=1 How can I get the name of the day?",
        }
    ],
    model="MiniMax-M2.7",
    temperature=0.7,
    top_p=0.9,
    max_completion_tokens=500,
    extra_headers={"X-Trace": "b"},
    extra_body={"extra": True},
)
print(completion.choices[0].message.content)

for switch in ("!fail 1002", "!fail 1004", "!fail 1000"):
    try:
        client.chat.completions.create(
            model="MiniMax-M2.7",
            messages=[{"role": "user", "content": switch}],
            timeout=5,
        )
    except RateLimitError:
        print("A 429 status code was received; we should back off a bit.")
    except AuthenticationError:
        print("The key is wrong.")
    except APIError:
        print("Another failure.")
"""

PROGRAMS = {"call": CALL, "async": ASYNC, "options": OPTIONS}


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


# As in the README, most of them close nothing.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_a_program_for_the_openai_sdk_does_the_same_with_minimax_chat(
    emulator: Emulator,
    program: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "a-key")
    monkeypatch.setenv("OPENAI_BASE_URL", f"{emulator.base_url}/v1")
    changed = program.replace("from openai import", "from minimax_chat import")
    changed = changed.replace("AsyncOpenAI", "AsyncMiniMax").replace("OpenAI(", "MiniMax(")
    changed = changed.replace("import OpenAI", "import MiniMax")
    assert changed.count("openai") == 0
    printed: list[str] = []
    sent: list[list[object]] = []
    for source in (program, changed):
        emulator.reset()
        run(source)
        printed.append(capsys.readouterr().out)
        sent.append([(request.path, request.json) for request in emulator.requests])
    theirs, ours = printed
    assert theirs == ours
    assert theirs.strip()
    assert sent[0] == sent[1]


def run(source: str) -> None:
    exec(compile(ast.parse(source), "program", "exec"), {"__name__": "__main__"})
    gc.collect()
