"""The two shells of the core are one: the same code with and without async."""

from __future__ import annotations

import ast
import difflib
import re
from pathlib import Path

CORE = Path(__file__).parents[2] / "wrapper" / "minimax_chat"

# What a word of the asynchronous shell is in the synchronous one.
SYNCHRONOUS = {
    r"\basync (?=def|for|with)": "",
    r"\bawait ": "",
    r"\bAsync(?=MiniMax|Stream|Iterator|Client)": "",
    r"\bStopAsyncIteration\b": "StopIteration",
    r"\b__a(?=(enter|exit|iter|next)__)": "__",
    r"\ba(?=(close|next|read|iter_bytes)\b)": "",
    r"\basyncio\.sleep\b": "time.sleep",
}

# What they do not share: whose connections are whose, of a process or of an event loop.
DIFFERENCE = [
    "- def _has_ended(process: int) -> bool:",
    "- return False",
    "+ def _has_ended(loop: asyncio.AbstractEventLoop) -> bool:",
    "+ return loop.is_closed()",
    "- _scope = staticmethod(os.getpid)",
    "+ _scope = staticmethod(asyncio.get_running_loop)",
]


def docstrings(tree: ast.AST) -> list[ast.Expr]:
    """Those of attributes included."""
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if isinstance(node.value.value, str)
    ]


def statements(source: str) -> list[str]:
    """The statements as the parser gives them back, each on its line, without docstrings."""
    tree = ast.parse(source)
    for docstring in docstrings(tree):
        docstring.value = ast.Constant(...)
    # What is imported follows from the rest.
    tree.body = [node for node in tree.body if not isinstance(node, ast.Import | ast.ImportFrom)]
    return [line for line in ast.unparse(tree).splitlines() if line]


def test_the_asynchronous_shell_is_the_synchronous_one() -> None:
    mirror = (CORE / "aio.py").read_text("utf-8")
    for asynchronous, synchronous in SYNCHRONOUS.items():
        mirror = re.sub(asynchronous, synchronous, mirror)
    shell = statements((CORE / "client.py").read_text("utf-8"))
    diff = difflib.ndiff(shell, statements(mirror))
    assert [" ".join(line.split()) for line in diff if line[0] in "+-"] == DIFFERENCE
