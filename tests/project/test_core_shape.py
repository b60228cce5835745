"""The core stays small, and its two shells are one: the same code with and without async."""

from __future__ import annotations

import ast
import difflib
import io
import re
import tokenize
from pathlib import Path

CORE = Path(__file__).parents[2] / "wrapper" / "minimax_chat"

# Raised only with a reason, which then stands here. aio.py does not count: a test below shows that
# all of it is client.py over again.
MAXIMUM_LINES = 900

LAYOUT = {
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT),
    tokenize.ENDMARKER,
}

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
    "- _user = staticmethod(os.getpid)",
    "+ _user = staticmethod(asyncio.get_running_loop)",
]


def docstrings(tree: ast.AST) -> list[ast.Expr]:
    """Those of attributes included."""
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if isinstance(node.value.value, str)
    ]


def lines_of_code(source: str) -> int:
    """The lines that hold code: blank lines, comments and docstrings do not count."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in LAYOUT:
            lines.update(range(token.start[0], token.end[0] + 1))
    for docstring in docstrings(ast.parse(source)):
        lines.difference_update(range(docstring.lineno, (docstring.end_lineno or 0) + 1))
    return len(lines)


def statements(source: str) -> list[str]:
    """The statements as the parser gives them back, each on its line, without docstrings."""
    tree = ast.parse(source)
    for docstring in docstrings(tree):
        docstring.value = ast.Constant(...)
    # What is imported follows from the rest.
    tree.body = [node for node in tree.body if not isinstance(node, ast.Import | ast.ImportFrom)]
    return [line for line in ast.unparse(tree).splitlines() if line]


def test_the_core_stays_small() -> None:
    sizes = {path.name: lines_of_code(path.read_text("utf-8")) for path in CORE.glob("*.py")}
    assert "client.py" in sizes
    del sizes["aio.py"]
    total = sum(sizes.values())
    assert total <= MAXIMUM_LINES, f"{total} lines of code: {sizes}"


def test_blank_lines_comments_and_docstrings_do_not_count() -> None:
    source = '''"""A
docstring."""

# A comment
def f(
    text: str = "a",
) -> str:
    """One more."""
    return text + """
    string"""
'''
    assert lines_of_code(source) == 5


def test_the_asynchronous_shell_is_the_synchronous_one() -> None:
    mirror = (CORE / "aio.py").read_text("utf-8")
    for asynchronous, synchronous in SYNCHRONOUS.items():
        mirror = re.sub(asynchronous, synchronous, mirror)
    shell = statements((CORE / "client.py").read_text("utf-8"))
    diff = difflib.ndiff(shell, statements(mirror))
    assert [" ".join(line.split()) for line in diff if line[0] in "+-"] == DIFFERENCE
