"""Weighs what pip installs, and writes it into docs/benchmarks.md and the READMEs.

    python benchmarks/weight.py

It weighs the distributions that are installed here, by the sizes in their RECORD: as they come from
PyPI, without the bytecode that Python adds.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib.metadata import distribution
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from environments import FOLDER, ROOT

PROJECT = "minimax-chat"
# As the wheel has them: the project itself is installed from the working tree.
OWN = ("wrapper/minimax_chat", "generated/minimax_chat_api")
WEIGHED = (PROJECT, *(f"{PROJECT}[{extra}]" for extra in ("speed", "emulator", "cli")), "openai")
TABLES = (FOLDER / "page.md", ROOT / "docs" / "benchmarks.md")
SENTENCES = (ROOT / "README.md", ROOT / "README.zh-CN.md")


class Weight(NamedTuple):
    packages: int
    mib: float


def weight(requirement: str) -> Weight:
    names = required(requirement)
    return Weight(len(names), sum(map(size, names)) / 2**20)


def required(requirement: str) -> set[str]:
    """The distributions that pip installs here for a requirement."""
    waiting = [Requirement(requirement)]
    seen: set[tuple[str, str]] = set()
    while waiting:
        found = waiting.pop()
        for extra in ("", *found.extras):
            name = canonicalize_name(found.name)
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            for line in distribution(name).requires or ():
                needed = Requirement(line)
                if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                    waiting.append(needed)
    return {name for name, _ in seen}


def size(name: str) -> int:
    if name == PROJECT:
        paths = [path for folder in OWN for path in (ROOT / folder).rglob("*") if path.is_file()]
        return sum(path.stat().st_size for path in paths if path.parent.name != "__pycache__")
    return sum(file.size or 0 for file in distribution(name).files or ())


def lines() -> Iterator[str]:
    """The rows of the table, then the sentences; each is known by what precedes its figures."""
    found = {requirement: weight(requirement) for requirement in WEIGHED}
    for requirement, (packages, mib) in found.items():
        yield f"| `{requirement}` | {packages} | {mib:.1f} |"
    (own, own_mib), (theirs, their_mib) = found[PROJECT], found["openai"]
    yield (
        f"An installation takes {own} packages and {own_mib:.1f} MiB; the OpenAI SDK takes "
        f"{theirs} packages and {their_mib:.1f} MiB."
    )
    yield (
        f"安装共 {own} 个包、{own_mib:.1f} MiB；OpenAI SDK 是 {theirs} 个包、{their_mib:.1f} MiB。"
    )


def main() -> int:
    for page in TABLES + SENTENCES:
        text = page.read_text("utf-8")
        for line in lines():
            before_figures = re.escape(re.split(r"\d", line)[0])
            text = re.sub(rf"^{before_figures}\d.*$", line, text, flags=re.MULTILINE)
        page.write_text(text, "utf-8")
    print("\n".join(lines()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
