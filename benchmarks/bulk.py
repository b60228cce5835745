"""Measures many requests at a time: AsyncBatch, and beside it what others do the same work with.

    .venv/bin/python benchmarks/bulk.py                measure, then rewrite docs/bulk-benchmarks.md
    .venv/bin/python benchmarks/bulk.py --share 0.01   with so much fewer requests; only prints

The page says how it is measured.
"""

import argparse
import json
import os
import platform
import random
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

import bulk_page
import environments
from environments import CONTENDERS, FOLDER, Contender

CONCURRENCY = 256
"""The default of AsyncBatch."""
FAULTS = 0.03
OWN = next(each for each in CONTENDERS if each.name == "minimax-chat+speed")
OPENAI = next(each for each in CONTENDERS if each.name == "openai")
LM_DELUGE = Contender("lm-deluge", "lm_deluge", "from lm_deluge import LLMClient", ("lm-deluge",))


@dataclass(frozen=True)
class Entry:
    title: str
    adapter: str
    environment: Contender
    count: int
    """Requests; fewer for those that would take minutes."""
    pauses: bool = False
    """Whether some failures ask to wait for a second."""


ENTRIES = (
    Entry(bulk_page.BARE, "bulk_sockets", OWN, 50_000),
    Entry("httpx2, by hand", "bulk_httpx2", OWN, 10_000),
    Entry(bulk_page.OWN, "bulk_minimax", OWN, 100_000),
    Entry("openai, Semaphore and gather", "bulk_openai", OPENAI, 5_000),
    Entry("lm-deluge", "bulk_lm_deluge", LM_DELUGE, 5_000),
    Entry("AsyncBatch, told to wait", "bulk_minimax", OWN, 5_000, pauses=True),
)


@contextmanager
def started(*arguments: str) -> Generator[str]:
    """A stub in a process of its own; its URL."""
    command = [sys.executable, "bulk_stub.py", *arguments]
    with subprocess.Popen(command, cwd=FOLDER, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.terminate()


def measure(entry: Entry, count: int) -> bulk_page.Measured:
    """With a stub that has answered nobody else."""
    pauses = ["--pauses"] * entry.pauses
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    with started("--faults", str(FAULTS), *pauses) as url:
        command = [entry.environment.python, "bulk_worker.py", entry.adapter, url]
        done = subprocess.run(
            [*command, str(count), str(CONCURRENCY)],
            cwd=FOLDER,
            env=kept,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            check=True,
        )
    # The last line: lm-deluge prints as well.
    measured: bulk_page.Measured = json.loads(done.stdout.splitlines()[-1])
    return measured


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=3, help="rounds to measure (default: 3)")
    parser.add_argument("--share", type=float, default=1, help="of the requests (default: 1)")
    options = parser.parse_args()
    if sys.platform == "win32":
        print("Linux or macOS is needed; on Windows, run this in WSL", file=sys.stderr)
        return 2
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        for contender in (OWN, OPENAI, LM_DELUGE):
            environments.install(contender)
    except environments.SetupError as error:
        print(error, file=sys.stderr)
        return 2
    found: bulk_page.Bulk = {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count() or 0,
        "versions": {each.name: environments.versions(each) for each in (OWN, OPENAI, LM_DELUGE)},
        "counts": {entry.title: int(entry.count * options.share) for entry in ENTRIES},
        "measured": {entry.title: [] for entry in ENTRIES},
    }
    for number in range(options.rounds):
        # In random order, so that nobody always follows the same one; the same in every run.
        for entry in random.Random(number).sample(ENTRIES, len(ENTRIES)):
            print(f"round {number + 1} of {options.rounds}: {entry.title}", file=sys.stderr)
            measured = measure(entry, found["counts"][entry.title])
            found["measured"][entry.title].append(measured)
    print(bulk_page.table(found))
    if options.share == 1:
        bulk_page.write("bulk", found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
