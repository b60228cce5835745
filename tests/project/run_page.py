"""Runs the Python blocks of a Markdown page, in order and in one namespace: python run_page.py PAGE

Prints all fenced blocks as a JSON list of [line of the fence, language, text, output]. It is a
process of its own because a page may change global state.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import sys
from pathlib import Path

BLOCK = re.compile(r"^```(?P<language>\S*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def main(page: Path) -> None:
    source = page.read_text("utf-8")
    namespace = {"__name__": "__main__"}
    blocks: list[tuple[int, str, str, str]] = []
    for block in BLOCK.finditer(source):
        line = source.count("\n", 0, block.start()) + 1
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            if block["language"] == "python":
                # The blank lines make a traceback name the line of the page.
                exec(compile("\n" * line + block["text"], page, "exec"), namespace)
        blocks.append((line, block["language"], block["text"], printed.getvalue()))
    json.dump(blocks, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
