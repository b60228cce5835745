"""Runs the Python blocks of a Markdown page, in order and in one namespace: python run_page.py PAGE

Prints all fenced blocks as a JSON list of [line of the fence, language, text, output]. It is a
process of its own because a page may change global state.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

BLOCK = re.compile(r"^```(?P<language>\S*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)

Run = Callable[[str], str]
"""Runs a block and returns its output."""


def main(page: Path) -> None:
    source = page.read_text("utf-8")
    is_for_notebooks = re.search(r"^from IPython", source, re.MULTILINE)
    blocks: list[tuple[int, str, str, str]] = []
    with notebook() if is_for_notebooks else program(page) as run:
        for block in BLOCK.finditer(source):
            line = source.count("\n", 0, block.start()) + 1
            is_python = block["language"] == "python"
            # The blank lines make a traceback name the line of the page.
            output = run("\n" * line + block["text"]) if is_python else ""
            blocks.append((line, block["language"], block["text"], output))
    json.dump(blocks, sys.stdout)


@contextlib.contextmanager
def program(page: Path) -> Iterator[Run]:
    namespace = {"__name__": "__main__"}

    def run(code: str) -> str:
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(compile(code, page, "exec"), namespace)
        return printed.getvalue()

    yield run


@contextlib.contextmanager
def notebook() -> Iterator[Run]:
    """Blocks are cells of a notebook, which a Jupyter kernel runs."""
    from nbclient import NotebookClient
    from nbformat import v4

    client = NotebookClient(v4.new_notebook())  # type: ignore[no-untyped-call]

    def run(code: str) -> str:
        cell = v4.new_code_cell(code)  # type: ignore[no-untyped-call]
        client.nb.cells.append(cell)
        client.execute_cell(cell, len(client.nb.cells) - 1)
        return "".join(map(shown, cell.outputs))

    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"IPYTHONDIR": folder, "JUPYTER_RUNTIME_DIR": folder}
        # Without encryption, the kernel prints a warning.
        with client.setup_kernel(transport_encryption="required"):
            yield run


def shown(output: dict[str, Any]) -> str:
    """What was printed, or the Markdown of what was displayed."""
    text: str = output["text"] if "text" in output else output["data"]["text/markdown"] + "\n"
    return text


if __name__ == "__main__":
    main(Path(sys.argv[1]))
