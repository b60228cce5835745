"""Compares minimax-chat with the OpenAI SDK on the same work, against the emulator.

    python benchmarks/compare.py [--rounds 15]

The contenders take turns in one run, so that a noisy machine disturbs both alike. What counts is
the CPU time of the client's process: the emulator runs in one of its own. Each line gives the
median of each contender and the ratio of the medians, with the quartiles of the ratios by round.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

MODEL = "MiniMax-M2.7"
IMPORTS = ("from minimax_chat import MiniMax", "from openai import OpenAI")


def import_seconds(statement: str) -> float:
    """CPU seconds that a fresh Python needs for an import, less those of starting it."""

    def child(code: str) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return child(statement) - child("pass")


def cpu_seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def plain(client: Any) -> None:
    for _ in range(20):
        client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": "Good morning!"}]
        )


def streamed(client: Any) -> None:
    text = "word " * 4000
    with client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": f"!say {text}"}], stream=True
    ) as stream:
        for chunk in stream:
            assert chunk.choices is not None


def compare(name: str, ours: Callable[[], float], theirs: Callable[[], float], rounds: int) -> None:
    for turn in (ours, theirs):  # warm caches and connections
        turn()
    times = [(ours(), theirs()) for _ in range(rounds)]
    mine, other = (statistics.median(column) for column in zip(*times, strict=True))
    low, _, high = statistics.quantiles([a / b for a, b in times], n=4)
    print(
        f"{name:24} {mine * 1000:9.1f} ms {other * 1000:9.1f} ms"
        f" {mine / other:6.2f}  ({low:.2f} to {high:.2f})",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare minimax-chat with the OpenAI SDK.")
    parser.add_argument("--rounds", type=int, default=15, help="how often each takes its turn")
    rounds: int = parser.parse_args().rounds
    emulator = subprocess.Popen(
        [sys.executable, "-m", "minimax_chat.ext.emulator", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert emulator.stdout is not None
        url = emulator.stdout.readline().strip()
        print(f"{'CPU time':24} {'minimax-chat':>12} {'openai':>12} {'ratio':>6}  (quartiles)")
        first, second = (lambda: import_seconds(IMPORTS[0])), (lambda: import_seconds(IMPORTS[1]))
        compare("import", first, second, rounds)

        from openai import OpenAI

        from minimax_chat import MiniMax

        ours = MiniMax(api_key="benchmark", base_url=url)
        theirs = OpenAI(api_key="benchmark", base_url=f"{url}/v1")
        for name, work in (("20 calls", plain), ("a stream of 20 kB", streamed)):

            def turn(client: Any, work: Callable[[Any], None] = work) -> Callable[[], float]:
                return lambda: cpu_seconds(lambda: work(client))

            compare(name, turn(ours), turn(theirs), rounds)
    finally:
        emulator.terminate()
        emulator.wait()


if __name__ == "__main__":
    main()
