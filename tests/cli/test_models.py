"""The documented models: `minimax-chat models`."""

from __future__ import annotations

from typing import get_args

from command_line import CommandLine
from minimax_chat_api.params import ModelIdLiteral


def test_each_model_stands_with_its_bounds(command: CommandLine) -> None:
    done = command("models")
    assert (done.status, done.err) == (0, "")
    table, *rest = done.out.split("\n\n")
    header, *rows = [line.split(None, 1) for line in table.splitlines()]
    assert header == ["model", "max_completion_tokens  temperature    top_p        "]
    assert [row[0] for row in rows] == [*get_args(ModelIdLiteral)]
    bounds = {name: "".join(text.split()) for name, text in rows}
    assert bounds["MiniMax-M2.7"] == ">=1>0and<=1>0and<=1"
    assert bounds["MiniMax-M3"] == ">=1>=0and<=2>=0and<=1"
    words = " ".join(" ".join(rest).split())
    assert "context window of 1,000,000 tokens" in words
    assert "524288 for MiniMax-M3" in words
