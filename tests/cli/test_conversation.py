"""A conversation at a terminal: `minimax-chat chat`."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from minimax_chat.ext.emulator import Emulator
from samples import PNG
from terminal import Terminal

Start = Callable[..., Terminal]
THINKING, ANSWER = "It is a greeting.", "Hello to you!"


@pytest.fixture
def conversation(terminal: Start) -> Terminal:
    screen = terminal("chat", "--model", "MiniMax-M2.7")
    screen.wait_for(r"Ctrl-D leaves\.\n>$")
    return screen


def enter(screen: Terminal, line: str, shown: str) -> None:
    """Types a line, and waits for what is shown and for the next prompt."""
    screen.type(f"{line}\r")
    screen.wait_for(rf"(?s){shown}.*\n>[^\n]*$")


def messages(emulator: Emulator) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = emulator.requests[-1].json["messages"]
    return sent


def test_answers_go_back_whole(conversation: Terminal, emulator: Emulator) -> None:
    enter(conversation, "Hello!", "How can I help you")
    enter(conversation, "What did I say first?", "Of my 1 earlier answer")
    conversation.type("And now?\r")
    # The emulator compares what comes back with what it sent.
    conversation.wait_for("2 earlier answers, 2 came")
    conversation.wait_for(r"\n>$")
    conversation.type("\x04")
    assert conversation.end() == 0
    assert [message["role"] for message in messages(emulator)] == [
        *("user", "assistant") * 2,
        "user",
    ]
    assert "<think>" in messages(emulator)[1]["content"]


def test_commands(conversation: Terminal, emulator: Emulator) -> None:
    Path("dot.png").write_bytes(PNG)
    enter(conversation, "/help", "/usage")
    enter(conversation, "/system Be brief.", r"System message: Be brief\.")
    enter(conversation, "/model MiniMax-M3", "Model: MiniMax-M3")
    enter(conversation, "/image dot.png", r"With the next question: dot\.png")
    emulator.reply(ANSWER, thinking=THINKING)
    enter(conversation, "What is this?", ANSWER)
    sent = emulator.requests[-1].json
    assert sent["model"] == "MiniMax-M3"
    assert sent["messages"][0] == {"role": "system", "content": "Be brief."}
    kinds = [part["type"] for part in sent["messages"][1]["content"]]
    assert kinds == ["text", "image_url"]
    enter(conversation, "Again.", "earlier answer")
    assert messages(emulator)[-1] == {"role": "user", "content": "Again."}
    enter(conversation, "/usage", r"tokens in, [\d,]+ out, [\d,]+ in all")
    enter(conversation, "/reset", "begins anew")
    enter(conversation, "Who are you?", "turn 1 of our")
    assert [message["role"] for message in messages(emulator)] == ["system", "user"]


def test_mistakes_are_told_and_the_conversation_goes_on(conversation: Terminal) -> None:
    enter(conversation, "/nonsense", "There is no command /nonsense: see /help")
    enter(conversation, "/save", "Usage: /save FILE")
    enter(conversation, "/image none.png", "cannot read the picture none.png: No such file")
    enter(conversation, "/load none.json", "cannot read none.json: No such file")
    enter(conversation, "Hello!", "How can I help you")


def test_a_conversation_is_saved_and_continued(
    terminal: Start, conversation: Terminal, emulator: Emulator
) -> None:
    emulator.reply(ANSWER, thinking=THINKING)
    enter(conversation, "/system Be brief.", "Be brief")
    enter(conversation, "Hello!", ANSWER)
    enter(conversation, "/save talk.json", r"Saved 3 messages in talk\.json")
    saved = json.loads(Path("talk.json").read_text("utf-8"))
    assert saved["model"] == "MiniMax-M2.7"
    assert [message["role"] for message in saved["messages"]] == ["system", "user", "assistant"]
    assert THINKING in saved["messages"][2]["content"]

    other = terminal("chat")
    other.wait_for(r"\n>$")
    enter(other, "/save talk.json", "talk.json exists already; choose another name")
    enter(other, "/load talk.json", r"Loaded 3 messages from talk\.json\. Model: MiniMax-M2\.7")
    enter(other, "And now?", "1 came back")
    assert messages(emulator)[:3] == saved["messages"]
    enter(other, "/save talk.json", r"Saved 5 messages in talk\.json")


def test_paths_that_cannot_be_used(conversation: Terminal) -> None:
    enter(conversation, "/save ~nobody-of-this-name/x.json", "cannot use ~nobody-of-this-name")
    enter(conversation, "/save none/x.json", "cannot write none/x.json: No such file")
    enter(conversation, "/load .", r"cannot read \.: Is a directory")


def test_what_cannot_be_encoded_is_saved_as_json_writes_it(conversation: Terminal) -> None:
    messages = [{"role": "user", "content": "\ud800"}, {"role": "assistant", "content": "b"}]
    Path("odd.json").write_text(json.dumps({"model": "MiniMax-M2.7", "messages": messages}))
    enter(conversation, "/load odd.json", "Loaded 2 messages")
    enter(conversation, "/save even.json", "Saved 2 messages")
    assert json.loads(Path("even.json").read_text("utf-8"))["messages"] == messages


def test_a_slash_can_be_sent(conversation: Terminal, emulator: Emulator) -> None:
    enter(conversation, "/etc/passwd, what is it?", "begin with a space")
    enter(conversation, " /etc/passwd, what is it?", "My name is")
    assert messages(emulator)[-1]["content"] == "/etc/passwd, what is it?"


def test_without_a_place_for_the_history(terminal: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/proc/none")
    screen = terminal("chat")
    screen.wait_for(r"\n>$")
    enter(screen, "Hello!", "How can I help you")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        "[" * 100_000,
        '{"messages": 1}',
        '{"messages": [1]}',
        '{"messages": [{}]}',
        "\0",
    ],
)
def test_what_is_no_conversation_is_not_loaded(conversation: Terminal, content: str) -> None:
    Path("other.json").write_text(content)
    enter(conversation, "/load other.json", "other.json is not a conversation that /save wrote")


def test_ctrl_c_stops_the_answer_and_not_the_program(
    conversation: Terminal, emulator: Emulator
) -> None:
    emulator.reply("one two three four " * 30, thinking="", switches="!slow 0 between=5")
    conversation.type("Count!\r")
    conversation.wait_for("one two")
    conversation.type("\x03")
    # The question stands in the next line, to be sent again or changed.
    conversation.wait_for(r"Stopped\..*\n\n> Count!$")
    emulator.reply(ANSWER, thinking=THINKING)
    conversation.type("\r")
    conversation.wait_for(rf"{ANSWER}\n\n>$")
    assert messages(emulator) == [{"role": "user", "content": "Count!"}]


def test_an_error_leaves_the_question_to_be_sent_again(
    conversation: Terminal, emulator: Emulator
) -> None:
    emulator.fail(1008)
    conversation.type("Hello!\r")
    conversation.wait_for(r"(?s)Top up the account's balance.*\n> Hello!$")
    enter(conversation, "", "How can I help you")
    assert len(messages(emulator)) == 1


def test_lines_of_several_lines(conversation: Terminal, emulator: Emulator) -> None:
    conversation.type("first\x1b\rsecond\r")
    conversation.wait_for("turn 1 of our")
    assert messages(emulator)[-1]["content"] == "first\nsecond"
    conversation.wait_for(r"\n>$")
    conversation.type("\x1b[200~pasted\nlines\x1b[201~\r")
    conversation.wait_for("came back")
    assert messages(emulator)[-1]["content"] == "pasted\nlines"


def test_the_history_is_kept_for_its_owner_alone(terminal: Start, conversation: Terminal) -> None:
    enter(conversation, "Hello!", "How can I help you")
    conversation.type("\x04")
    assert conversation.end() == 0
    (history,) = Path(os.environ["HOME"]).rglob("history")
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    other = terminal("chat")
    other.wait_for(r"\n>$")
    other.type("\x1b[A")
    other.wait_for(r"\n> Hello!$")
