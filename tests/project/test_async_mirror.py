"""aio.py is client.py with async and await, statement for statement."""

from __future__ import annotations

import ast
import difflib
import re
from pathlib import Path

CORE = Path(__file__).parents[2] / "wrapper" / "minimax_chat"

# Pattern in aio.py: its counterpart in client.py.
SYNCHRONOUS = {
    r"\basync (?=def|for|with)": "",
    r"\bawait ": "",
    r"\bAsync(?=MiniMax|Stream|Iterator|Client)": "",
    r"\bAwaitable\[None\]": "None",
    r"\bStopAsyncIteration\b": "StopIteration",
    r"\b__a(?=(enter|exit|iter|next)__)": "__",
    r"\ba(?=(close|next|iter_bytes|iter_raw)\b)": "",
    r"\basyncio\.sleep\b": "time.sleep",
}

# The only difference: connections belong to a process, or to an event loop.
DIFFERENCE = [
    "- def _has_ended(process: int) -> bool:",
    "- return False",
    "+ def _scope() -> asyncio.AbstractEventLoop:",
    "+ try:",
    "+ return asyncio.get_running_loop()",
    "+ except RuntimeError:",
    "+ raise ConfigurationError(",
    "+ def _has_ended(loop: asyncio.AbstractEventLoop) -> bool:",
    "+ return loop.is_closed()",
    "- _scope = staticmethod(os.getpid)",
    "+ _scope = staticmethod(_scope)",
]


def docstrings(tree: ast.AST) -> list[ast.Expr]:
    """All docstrings, those of attributes included."""
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if isinstance(node.value.value, str)
    ]


def statements(source: str) -> list[str]:
    """The unparsed statements, one per line, without docstrings and imports."""
    tree = ast.parse(source)
    for docstring in docstrings(tree):
        docstring.value = ast.Constant(...)
    # The imports follow from the other statements.
    tree.body = [node for node in tree.body if not isinstance(node, ast.Import | ast.ImportFrom)]
    return [line for line in ast.unparse(tree).splitlines() if line]


def test_async_client_mirrors_the_sync_client() -> None:
    mirror = (CORE / "aio.py").read_text("utf-8")
    for asynchronous, synchronous in SYNCHRONOUS.items():
        mirror = re.sub(asynchronous, synchronous, mirror)
    shell = statements((CORE / "client.py").read_text("utf-8"))
    diff = difflib.ndiff(shell, statements(mirror))
    changed = [" ".join(line.partition("'")[0].split()) for line in diff if line[0] in "+-"]
    assert changed == DIFFERENCE  # without texts
