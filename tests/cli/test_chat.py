"""One answer, in a pipe: `minimax-chat chat PROMPT`."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from command_line import PROGRAM, CommandLine
from minimax_chat.ext.emulator import Emulator
from samples import KEY, PNG

THINKING, ANSWER = "2 + 2 is 4", "**Four.**"


@pytest.fixture
def answer(emulator: Emulator) -> None:
    emulator.reply(ANSWER, thinking=THINKING)


def last_request(emulator: Emulator) -> dict[str, Any]:
    request: dict[str, Any] = emulator.requests[-1].json
    return request


@pytest.mark.usefixtures("answer")
@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        ([], f"{ANSWER}\n"),
        (["--thinking", "show"], f"{THINKING}\n\n{ANSWER}\n"),
        (["--thinking", "hide"], f"{ANSWER}\n"),
        (["--thinking", "only"], f"{THINKING}\n"),
        (["--no-stream"], f"{ANSWER}\n"),
    ],
)
def test_what_is_printed_of_an_answer(
    command: CommandLine, arguments: list[str], printed: str
) -> None:
    done = command("chat", "What is 2 + 2?", *arguments)
    assert (done.status, done.out, done.err) == (0, printed, "")


@pytest.mark.parametrize(
    ("prompt", "stdin", "content"),
    [
        (["Hello"], "", "Hello"),
        (["Hello", "there"], "", "Hello there"),
        (["Summarise this."], "Some notes\nof mine.\n", "Summarise this.\n\nSome notes\nof mine."),
        ([], "你好\n", "你好"),
    ],
)
def test_what_is_asked(
    command: CommandLine, emulator: Emulator, prompt: list[str], stdin: str, content: str
) -> None:
    assert command("chat", *prompt, stdin=stdin).status == 0
    assert last_request(emulator)["messages"] == [{"role": "user", "content": content}]


def test_options_are_sent(command: CommandLine, emulator: Emulator, tmp_path: Path) -> None:
    Path("dot.png").write_bytes(PNG)
    options = ["--system", "Be brief.", "--model", "MiniMax-M2.7", "--max-tokens", "5000"]
    options += ["--temperature", "0.5", "--top-p", "0.9"]
    options += ["--image", "dot.png", "--image", "https://example.com/b.png"]
    assert command("chat", "Compare.", *options).status == 0
    request = last_request(emulator)
    picture = request["messages"][1]["content"].pop(1)
    assert picture["image_url"]["url"].startswith("data:image/png;base64,")
    assert request == {
        "model": "MiniMax-M2.7",
        "max_completion_tokens": 5000,
        "temperature": 0.5,
        "top_p": 0.9,
        "messages": [
            {"role": "system", "content": "Be brief."},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Compare."},
                    {"type": "image_url", "image_url": {"url": "https://example.com/b.png"}},
                ],
            },
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_nothing_is_sent_that_was_not_asked_for(command: CommandLine, emulator: Emulator) -> None:
    assert command("chat", "Hello", "--no-stream").status == 0
    messages = [{"role": "user", "content": "Hello"}]
    assert last_request(emulator) == {"model": "MiniMax-M3", "messages": messages}


def test_json_is_the_response_on_one_line(command: CommandLine, emulator: Emulator) -> None:
    emulator.reply("第一\n第二", thinking=THINKING)
    done = command("chat", "Hello", "--json")
    assert done.status == 0
    assert done.out.count("\n") == 1
    response = json.loads(done.out)
    message = response["choices"][0]["message"]
    assert message["content"] == f"<think>\n{THINKING}\n</think>\n\n第一\n第二"
    assert response["object"] == "chat.completion"
    assert "第一" in done.out


def test_a_cut_off_answer_is_noted(command: CommandLine) -> None:
    done = command("chat", "!say one two three four five six seven", "--max-tokens", "40")
    assert done.status == 0
    assert done.err == "The answer was cut off at the limit of tokens, which --max-tokens raises.\n"


FAILURES = {
    "unknown option": (["--temprature", "1"], 2, "Unknown option: --temprature."),
    "not a number": (["--temperature", "hot"], 2, "hot"),
    "out of bounds": (
        ["--temperature", "7"],
        2,
        "temperature must be >= 0 and <= 2 (got 7.0)",
    ),
    "unknown region": (["--region", "mars"], 2, "mars"),
    "two servers": (["--region", "cn", "--base-url", "https://x.example"], 2, "not both"),
    "emulator elsewhere": (["--emulator", "--region", "cn"], 2, "--emulator"),
    "no picture": (
        ["--image", "no.png"],
        2,
        "cannot read the picture no.png: No such file or directory",
    ),
    "not a picture": (["--image", "text.png"], 2, "unrecognized file format"),
    "API error": (["!fail 1008"], 1, "Top up the account's balance"),
    "wrong key": (["!fail 1004"], 1, "minimax-chat doctor"),
    "API error within HTTP 200": (["!fail 2013 shape=base_resp"], 1, "[code 2013, HTTP 200"),
    "no server": (["--base-url", "http://127.0.0.1:1"], 1, "minimax-chat doctor"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_is_one_sentence_and_an_exit_status(
    command: CommandLine, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("minimax_chat._retry.FIRST_DELAY", 0.001)
    Path("text.png").write_text("no picture")
    arguments, status, told = FAILURES[name]
    done = command("chat", *arguments, *([] if arguments[0].startswith("!") else ["Hello"]))
    assert (done.status, done.out) == (status, "")
    assert told in done.err
    assert done.err.startswith("minimax-chat: ")
    assert done.err.count("\n") == 1


def test_without_a_key_it_says_what_to_do(
    command: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MINIMAX_API_KEY")
    done = command("chat", "Hello")
    assert done.status == 2
    for way in ("MINIMAX_API_KEY", "minimax-chat config", "--emulator"):
        assert way in done.err
    monkeypatch.delenv("MINIMAX_BASE_URL")
    assert command("chat", "你好", "--emulator").out.startswith("你好!")


def test_without_a_prompt_and_without_a_terminal(command: CommandLine) -> None:
    done = command("chat")
    assert (done.status, done.err) == (
        2,
        "minimax-chat: the prompt and the standard input are empty\n",
    )


def test_what_had_arrived_of_a_broken_stream_is_printed(
    command: CommandLine, emulator: Emulator
) -> None:
    emulator.reply("one two three four " * 30, thinking="", switches="!cut 3")
    done = command("chat", "Hello")
    assert done.status == 1
    assert done.out.startswith("one two three")
    assert done.out.endswith("\n")
    assert done.err.startswith("minimax-chat: ")
    assert "Try again. [" in done.err


def test_an_interrupt_ends_it_with_130(environment: dict[str, str], emulator: Emulator) -> None:
    emulator.reply("one two three four " * 30, thinking="", switches="!slow 0 between=5")
    with subprocess.Popen(
        [*PROGRAM, "chat", "Hello"],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdout
        assert child.stderr
        assert child.stdout.read(3) == b"one"
        child.send_signal(signal.SIGINT)
        assert child.wait(10) == 130
        assert child.stdout.read().endswith(b"\n")
        assert child.stderr.read() == b""


def test_a_reader_that_leaves_is_no_error(environment: dict[str, str], emulator: Emulator) -> None:
    emulator.reply("one two three four " * 500, thinking="", switches="!slow 0 between=0.01")
    with subprocess.Popen(
        [*PROGRAM, "chat", "Hello"],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdout
        assert child.stderr
        assert child.stdout.read(3) == b"one"
        child.stdout.close()
        assert child.wait(10) == 141
        assert child.stderr.read() == b""


def test_binary_input_is_refused(environment: dict[str, str]) -> None:
    done = subprocess.run(
        [*PROGRAM, "chat", "Summarise"], env=environment, input=b"\xff\xfe", capture_output=True
    )
    assert done.returncode == 2
    assert b"the standard input is not text" in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_pipe_gets_the_answer_as_it_is(command: CommandLine, emulator: Emulator) -> None:
    emulator.reply("a\x1b[31mred\x1b[0m\n\n", thinking="")
    assert command("chat", "Hello").out == "a\x1b[31mred\x1b[0m\n\n"


def test_the_version_and_the_commands(command: CommandLine) -> None:
    assert command("--version").out.strip()
    shown = command("--help")
    assert shown.status == 0
    for name in ("chat", "models", "doctor", "config", "emulate", "--install-completion"):
        assert name in shown.out
    assert "130 if interrupted" in " ".join(shown.out.split())


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("minimax-chat do", "doctor"),
        ("minimax-chat chat --think", "--thinking"),
        ("minimax-chat chat --thinking o", "only"),
        ("minimax-chat chat --region gl", "global"),
        ("minimax-chat chat --model MiniMax-M3", "MiniMax-M3"),
        ("minimax-chat chat --image her", "heron.png"),
        ("minimax-chat batch her", "heron.png"),
        ("minimax-chat batch in -o her", "heron.png"),
    ],
)
def test_a_shell_completes_what_is_typed(
    environment: dict[str, str], tmp_path: Path, typed: str, completed: str
) -> None:
    Path("heron.png").touch()
    program = tmp_path / "bin" / "minimax-chat"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable} -P\n{PROGRAM[-1]}\n")
    program.chmod(0o755)
    script = tmp_path / "completion.bash"
    options = ["--install-completion", "--shell", "bash", "--output", str(script)]
    subprocess.run([program, *options], env=environment, check=True, stdout=subprocess.DEVNULL)
    words = typed.split()
    bash = f"""
        source {script}
        COMP_WORDS=({typed}) COMP_CWORD={len(words) - 1} COMP_LINE='{typed}' COMP_POINT={len(typed)}
        complete -p minimax-chat >&2
        _minimax_chat
        echo "${{COMPREPLY[*]}}"
    """
    done = subprocess.run(
        ["bash", "-c", bash],
        env={**environment, "PATH": f"{program.parent}:{environment['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == completed


def test_without_the_extra_it_says_what_to_install(environment: dict[str, str]) -> None:
    code = "import sys; sys.modules['cyclopts'] = None; " + PROGRAM[-1]
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr == (
        "minimax-chat needs cyclopts, which is not installed: pip install 'minimax-chat[cli]'\n"
    )


@pytest.mark.filterwarnings("default")
def test_a_warning_is_one_sentence(command: CommandLine) -> None:
    done = command("chat", "Hello", "--base-url", "http://nowhere.invalid:9")
    assert done.status == 1
    warning, error = done.err.splitlines()
    assert warning.startswith("minimax-chat: base_url is http://nowhere.invalid:9: the API key")
    assert error.startswith("minimax-chat: ")


def test_a_closed_standard_input_is_empty(environment: dict[str, str]) -> None:
    done = subprocess.run(
        ["bash", "-c", 'exec "$@" <&-', "bash", *PROGRAM, "chat", "!say yes"],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "yes\n", "")


def test_an_interrupt_at_the_start_is_no_traceback(environment: dict[str, str]) -> None:
    """Sent by a module that is imported early."""
    code = "import os, signal, sys; sys.meta_path.insert(0, type('', (), {'find_spec': "
    code += "lambda name, *_: os.kill(os.getpid(), 2) if name == 'cyclopts' else None})); "
    done = subprocess.run(
        [sys.executable, "-P", "-c", code + PROGRAM[-1], "--help"],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_the_key_is_not_shown_by_a_server_that_echoes_it(
    command: CommandLine, emulator: Emulator
) -> None:
    emulator.fail(1004, message=f"invalid key {KEY}")
    assert "invalid key ***" in command("chat", "Hello").err
