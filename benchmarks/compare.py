"""Compares the CPU time of minimax-chat and the OpenAI SDK for the same calls to the emulator.

    python benchmarks/compare.py [--rounds 15]

The two take turns, so that noise affects both alike. Only the client's process is measured: the
emulator runs in another. Each line shows both medians and their ratio, with the quartiles of the
ratio per round.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

MODEL = "MiniMax-M2.7"


def import_seconds(statement: str) -> float:
    """CPU seconds of an import in a fresh Python, without those of its start."""

    def child(code: str) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return child(statement) - child("pass")


def cpu_seconds(work: Callable[[Any], object], client: Any) -> float:
    start = time.process_time()
    work(client)
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
    # Warm up caches and connections.
    ours()
    theirs()
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
    parser.add_argument("--rounds", type=int, default=15, help="measurements of each (default: 15)")
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
        compare(
            "import",
            partial(import_seconds, "from minimax_chat import MiniMax"),
            partial(import_seconds, "from openai import OpenAI"),
            rounds,
        )

        from openai import OpenAI

        from minimax_chat import MiniMax

        ours = MiniMax(api_key="benchmark", base_url=url)
        theirs = OpenAI(api_key="benchmark", base_url=f"{url}/v1")
        for name, work in (("20 calls", plain), ("a stream of 20 kB", streamed)):
            compare(
                name, partial(cpu_seconds, work, ours), partial(cpu_seconds, work, theirs), rounds
            )
    finally:
        emulator.terminate()
        emulator.wait()


if __name__ == "__main__":
    main()
