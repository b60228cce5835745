"""A file of requests: `minimax-chat batch IN -o OUT`."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from command_line import PROGRAM, CommandLine, Outcome
from minimax_chat.ext.batch._compression import open_uncompressed
from minimax_chat.ext.batch._input import Input
from minimax_chat.ext.batch._output import Output
from minimax_chat.ext.emulator import Emulator
from terminal import Terminal

IN, OUT = Path("in.jsonl"), Path("out.jsonl")


def write_requests(*rows: dict[str, Any] | str) -> None:
    lines = (row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows)
    IN.write_text("".join(f"{line}\n" for line in lines), "utf-8")


def say(count: int) -> list[dict[str, Any]]:
    return [{"id": f"q{number}", "prompt": f"!say {number}"} for number in range(count)]


def results(path: Path = OUT) -> dict[str, dict[str, Any]]:
    """The rows by id, each of which is there once."""
    with open_uncompressed(path) as file:
        rows = [json.loads(line) for line in file]
    found = {row["custom_id"]: row for row in rows}
    assert len(found) == len(rows)
    return found


@pytest.fixture
def batch(command: CommandLine) -> Callable[..., Outcome]:
    def run(*options: str, stdin: str = "") -> Outcome:
        return command("batch", str(IN), "-o", str(OUT), *options, stdin=stdin)

    return run


def test_every_row_has_the_same_keys(batch: Callable[..., Outcome], emulator: Emulator) -> None:
    write_requests({"id": "yes", "prompt": "!say 是"}, {"id": "no", "prompt": "!fail 2013"})
    done = batch()
    assert done.status == 1
    assert done.out == ""
    rows = results()
    assert rows["yes"].keys() == rows["no"].keys()
    answered, failed = rows["yes"], rows["no"]
    assert answered["text"] == "是"
    assert answered["thinking"].startswith("用户")
    assert answered["error"] is None
    assert answered["tool_calls"] == []
    assert answered["finish_reason"] == "stop"
    assert answered["attempts"] == 1
    assert answered["seconds"] > 0
    body = answered["response"]["body"]
    assert body["choices"][0]["message"]["content"].endswith("是")
    assert answered["usage"] == body["usage"]
    assert answered["trace_id"] == answered["response"]["request_id"]
    assert failed["error"] == {
        "code": 2013,
        "class": "BadRequestError",
        "message": failed["error"]["message"],
        "retryable": False,
    }
    assert failed["text"] is None
    assert failed["trace_id"]
    assert "1 answered and 1 failed" in done.err
    assert "1 BadRequestError 2013" in done.err


def test_forms_of_a_line(batch: Callable[..., Outcome], emulator: Emulator) -> None:
    conversation = [{"role": "system", "content": "Rhyme."}, {"role": "user", "content": "Hi"}]
    body = {"model": "MiniMax-M2.1", "messages": conversation[1:], "temperature": 0.7}
    write_requests(
        {"id": 1, "prompt": "Hello"},
        "",
        {"custom_id": "two", "messages": conversation, "label": "kept out"},
        {"custom_id": "three", "method": "POST", "url": "/v1/chat/completions", "body": body},
    )
    options = ["--system", "Be brief.", "--model", "MiniMax-M2.7", "--max-tokens", "9000"]
    assert batch(*options, "--concurrency", "1").status == 0
    assert set(results()) == {"1", "two", "three"}
    brief = {"role": "system", "content": "Be brief."}
    usual = {"model": "MiniMax-M2.7", "max_completion_tokens": 9000}
    assert [request.json for request in emulator.requests] == [
        {**usual, "messages": [brief, {"role": "user", "content": "Hello"}]},
        {**usual, "messages": conversation},
        {**usual, **body, "messages": [brief, *conversation[1:]]},
    ]


def test_lines_without_ids_have_their_numbers(batch: Callable[..., Outcome]) -> None:
    write_requests({"prompt": "!say a"}, "", {"prompt": "!say b"})
    assert batch().status == 0
    assert {row["custom_id"]: row["text"] for row in results().values()} == {"1": "a", "3": "b"}


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (["{"], "line 1 is not JSON"),
        (["[" * 100_000], "line 1 is not JSON"),
        (["[]"], "line 1 is not a JSON object"),
        ([{"id": "a"}], "line 1 must have a body, a prompt or messages"),
        ([{"id": "a", "prompt": 1}], "line 1 must have a body, a prompt or messages"),
        ([{"id": "a", "body": []}], "line 1 must have an object as its body"),
        ([{"id": [], "prompt": "a"}], "line 1 must have a string or a number as its id"),
        ([{"id": "", "prompt": "a"}], "line 1 must have a string or a number as its id"),
        (['{"id": "\\ud800", "prompt": "a"}'], "line 1 has an id with half of a surrogate pair"),
        ([{"id": "a", "url": "/v1/embeddings", "body": {}}], "/chat/completions"),
        ([{"id": "a", "method": "GET", "body": {}}], "must have the method POST"),
        ([*say(3), {"id": "q1", "prompt": "Again"}], "lines 2 and 4 have the id 'q1'"),
        ([{"id": 1, "prompt": "a"}, {"id": "1", "prompt": "b"}], "lines 1 and 2 have the id '1'"),
        ([*say(2), {"prompt": "a"}], "line 3 has no id, and others have"),
        (["x"] * 9, "line 5 is not JSON"),
    ],
)
def test_an_invalid_file_is_refused_before_the_first_call(
    batch: Callable[..., Outcome],
    emulator: Emulator,
    rows: Sequence[dict[str, Any] | str],
    told: str,
) -> None:
    write_requests(*rows)
    done = batch()
    assert done.status == 2
    assert told in done.err
    assert "line 6" not in done.err
    assert emulator.requests == []


def test_a_file_that_is_not_there(batch: Callable[..., Outcome]) -> None:
    done = batch()
    assert done.status == 2
    assert done.err == "minimax-chat: cannot read in.jsonl: No such file or directory\n"


def test_it_goes_on_where_it_ended(batch: Callable[..., Outcome], emulator: Emulator) -> None:
    write_requests(*say(3))
    assert batch().status == 0
    before = OUT.read_bytes()
    write_requests(*say(5))
    done = batch()
    assert done.status == 0
    assert "3 of 5 have a result already." in done.err
    assert len(emulator.requests) == 5
    assert OUT.read_bytes().startswith(before)
    assert {row["text"] for row in results().values()} == {"0", "1", "2", "3", "4"}


def test_an_input_that_is_refused_costs_no_failure(batch: Callable[..., Outcome]) -> None:
    write_requests({"id": "busy", "prompt": "!fail 1000 times=1"})
    assert batch("--max-retries", "0").status == 1
    before = OUT.read_bytes()
    write_requests("{")
    assert batch("--retry-failed").status == 2
    assert OUT.read_bytes() == before


def test_failures_of_other_inputs_are_kept(
    batch: Callable[..., Outcome], emulator: Emulator
) -> None:
    write_requests({"id": "other", "prompt": "!fail 1000"}, {"id": "same", "prompt": "!fail 1000"})
    assert batch("--max-retries", "0").status == 1
    write_requests({"id": "same", "prompt": "!say now"})
    done = batch("--retry-failed")
    assert "1 that failed are sent again." in done.err
    assert done.status == 0  # what fails of other inputs is not this one's matter
    assert "Failed" not in done.err
    rows = results()
    assert rows["same"]["text"] == "now"
    assert rows["other"]["error"]["code"] == 1000


def test_a_response_that_cannot_be_read_is_asked_for_again_on_demand(
    batch: Callable[..., Outcome], emulator: Emulator
) -> None:
    """Not unasked: its answer was paid for."""
    write_requests({"id": "garbled", "prompt": "!html 200"})
    assert "To send 1 of them again, add --retry-failed." in batch().err
    assert results()["garbled"]["error"]["class"] == "ResponseDecodeError"
    assert len(emulator.requests) == 1
    assert batch("--retry-failed").status == 1
    assert len(emulator.requests) == 2


@pytest.mark.parametrize("output", ["out.jsonl", "out.jsonl.gz"])
def test_a_refused_run_leaves_no_file(command: CommandLine, output: str) -> None:
    def files() -> set[str]:
        return {path.name for path in Path().iterdir() if not path.name.endswith(".lock")}

    write_requests("{")
    assert command("batch", str(IN), "-o", output).status == 2
    assert files() == {IN.name}
    write_requests(*say(1))
    assert command("batch", str(IN), "-o", output).status == 0
    before = Path(output).read_bytes()
    write_requests("{")
    assert command("batch", str(IN), "-o", output).status == 2
    assert files() == {IN.name, output}
    assert Path(output).read_bytes() == before


def test_an_input_without_requests(batch: Callable[..., Outcome]) -> None:
    write_requests()
    assert batch().status == 0
    assert OUT.read_bytes() == b""


def test_sigterm_leaves_no_copy_of_a_piped_input(
    environment: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    with subprocess.Popen(
        [*PROGRAM, "batch", "-", "-o", str(OUT)],
        env={**environment, "TMPDIR": str(folder)},
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        while not [*folder.iterdir()]:
            time.sleep(0.01)
        child.terminate()
        assert child.stderr
        assert "Traceback" not in child.stderr.read()
    assert child.returncode == 130
    assert [*folder.iterdir()] == []


def test_an_input_that_changes_is_told(
    command: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_requests(*say(3))
    check = Input.check

    def check_and_lose(self: Input, *results: Any, **options: Any) -> Any:
        done = check(self, *results, **options)
        write_requests(*say(1))
        return done

    monkeypatch.setattr(Input, "check", check_and_lose)
    done = command("batch", str(IN), "-o", str(OUT))
    assert done.status == 1
    assert "the input has changed meanwhile" in done.err


def test_an_input_that_can_be_read_once(environment: dict[str, str]) -> None:
    write_requests(*say(3))
    piped = f'"$@" batch <(cat {IN}) -o {OUT}'
    done = subprocess.run(["bash", "-c", piped, "bash", *PROGRAM], env=environment)
    assert done.returncode == 0
    assert set(results()) == {"q0", "q1", "q2"}


def test_a_link_has_the_lock_of_its_file(batch: Callable[..., Outcome]) -> None:
    write_requests(*say(1))
    OUT.symlink_to("real.jsonl")
    with Output("real.jsonl"):
        assert batch().status == 2
    assert batch("--retry-failed").status == 0
    assert OUT.is_symlink()
    assert len(results(Path("real.jsonl"))) == 1


@pytest.mark.parametrize("name", ["", ".", "/", "/dev/null"])
def test_an_output_that_is_no_file(command: CommandLine, name: str) -> None:
    write_requests(*say(1))
    done = command("batch", str(IN), "-o", name)
    assert done.status == 2
    assert "the output must be a file" in done.err


def test_an_output_that_is_the_input(command: CommandLine) -> None:
    write_requests('{"custom_id": "q", "body": {')
    before = IN.read_bytes()
    done = command("batch", str(IN), "-o", f"./{IN}")
    assert done.status == 2
    assert "the output must not be the input" in done.err
    assert IN.read_bytes() == before


def test_streams_that_are_closed(environment: dict[str, str], emulator: Emulator) -> None:
    write_requests(*say(1))

    def run(redirection: str) -> subprocess.CompletedProcess[str]:
        command = f'"$@" batch {IN} -o - {redirection}'
        return subprocess.run(
            ["bash", "-c", command, "bash", *PROGRAM],
            env=environment,
            capture_output=True,
            text=True,
        )

    done = run("2>&-")
    assert done.returncode == 0
    assert json.loads(done.stdout)["text"] == "0"
    done = run(">&-")
    assert done.returncode == 2
    assert done.stderr == "minimax-chat: the standard output is closed\n"
    assert len(emulator.requests) == 1


def test_a_row_has_no_nan() -> None:
    with Output(str(OUT)) as output:
        output.write({"custom_id": "a", "error": None, "response": {"score": float("nan")}})
    assert OUT.read_text() == '{"custom_id": "a", "error": null, "response": {"score": null}}\n'


def test_failures_worth_it_are_sent_again(
    batch: Callable[..., Outcome], emulator: Emulator
) -> None:
    write_requests(
        *say(3),
        {"id": "busy", "prompt": "!fail 1000 times=1"},
        {"id": "bad", "prompt": "!fail 2013"},
    )
    done = batch("--max-retries", "0")
    assert done.status == 1
    assert "To send 1 of them again, add --retry-failed." in done.err
    assert batch().status == 1
    assert len(emulator.requests) == 5
    done = batch("--retry-failed")
    assert done.status == 1
    assert "1 that failed are sent again." in done.err
    assert len(emulator.requests) == 6
    rows = results()
    assert len(rows) == 5
    assert rows["busy"]["error"] is None
    assert rows["bad"]["error"]


def test_a_line_that_was_torn_is_repaired(
    command: CommandLine, batch: Callable[..., Outcome], emulator: Emulator
) -> None:
    write_requests(*say(2))
    assert batch("--concurrency", "1").status == 0
    whole = OUT.read_bytes()
    first = whole.index(b"\n") + 1
    # A byte at a time would take long, and the file is read the same way wherever it is torn.
    for end in sorted({*range(first, len(whole), 97), first + 1, len(whole) - 2, len(whole) - 1}):
        OUT.write_bytes(whole[:end])
        with Output(str(OUT)):
            pass
        repaired = OUT.read_bytes()
        assert repaired == (whole if end == len(whole) - 1 else whole[:first]), end
    OUT.write_bytes(whole[: first + 200])
    assert batch().status == 0
    assert set(results()) == {"q0", "q1"}
    assert len(emulator.requests) == 3


@pytest.mark.parametrize(
    "content",
    [
        *("notes of mine", "a\nb\n", "{}\n", "[1]\n", '{"custom_id": 5}\n'),
        'a note\n{"custom_id": "x", "note": "unfin',
    ],
)
def test_a_file_of_something_else_is_not_touched(
    batch: Callable[..., Outcome], emulator: Emulator, content: str
) -> None:
    write_requests(*say(1))
    OUT.write_text(content)
    done = batch()
    assert done.status == 2
    assert "is not a result of an earlier run; choose another output" in done.err
    assert OUT.read_text() == content
    assert emulator.requests == []


def test_a_second_run_is_refused(batch: Callable[..., Outcome]) -> None:
    write_requests(*say(1))
    with Output(str(OUT)):
        done = batch()
    assert done.status == 2
    assert "another run is writing to out.jsonl" in done.err
    assert batch().status == 0


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_compressed_files(command: CommandLine, emulator: Emulator, suffix: str) -> None:
    rows = "".join(f"{json.dumps(row)}\n" for row in say(3))
    source, target = Path(f"in.jsonl{suffix}"), Path(f"out.jsonl{suffix}")
    with open_uncompressed(source, "wb") as file:
        file.write(rows.encode())
    assert command("batch", str(source), "-o", str(target)).status == 0
    assert set(results(target)) == {"q0", "q1", "q2"}
    left = {path.name for path in Path().glob("*out*")}
    assert left == {target.name, f".{target.name}.lock"}
    with open_uncompressed(source, "wb") as file:
        file.write(rows.encode() + json.dumps({"id": "more", "prompt": "!say more"}).encode())
    assert command("batch", str(source), "-o", str(target)).status == 0
    assert len(emulator.requests) == 4
    assert len(results(target)) == 4
    source.write_bytes(source.read_bytes()[:-5])
    done = command("batch", str(source), "-o", str(target))
    assert done.status == 2
    assert "damaged" in done.err


def test_from_the_standard_input_to_the_standard_output(environment: dict[str, str]) -> None:
    rows = "".join(f"{json.dumps(row)}\n" for row in say(3))
    done = subprocess.run(
        [*PROGRAM, "batch", "-", "-o", "-"],
        env=environment,
        input=rows,
        capture_output=True,
        text=True,
        check=True,
    )
    assert {json.loads(line)["custom_id"] for line in done.stdout.splitlines()} == {
        "q0",
        "q1",
        "q2",
    }
    assert "3 answered and 0 failed" in done.stderr


@pytest.mark.parametrize("code", [1004, 1008, 2056])
def test_what_every_call_would_meet_stops_the_run(
    batch: Callable[..., Outcome], emulator: Emulator, code: int
) -> None:
    write_requests(*say(3), {"id": "last", "prompt": f"!fail {code} times=1"}, *say(900)[3:])
    done = batch("--concurrency", "1")
    assert done.status == 1
    assert "to go on, run the same command again" in done.err
    assert set(results()) == {"q0", "q1", "q2"}
    # What failed says nothing of the request.
    assert batch().status == 0
    assert len(results()) == 901


def test_lone_surrogates_are_written_as_json_writes_them(emulator: Emulator) -> None:
    with Output(str(OUT)) as output:
        output.write({"custom_id": "a", "error": None, "text": "a\ud800b是"})
    assert OUT.read_bytes().endswith('"a\\ud800b是"}\n'.encode())
    assert results()["a"]["text"] == "a\ud800b是"


def test_a_full_disk_leaves_a_valid_file(environment: dict[str, str], emulator: Emulator) -> None:
    write_requests(*say(150))
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)); "
    limited += "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    done = subprocess.run(
        [sys.executable, "-P", "-c", limited + PROGRAM[-1], "batch", str(IN), "-o", str(OUT)],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "cannot write out.jsonl: File too large" in done.stderr
    assert "run the same command again" in done.stderr
    assert "Traceback" not in done.stderr
    written = results()
    assert 1 <= len(written) < 150
    assert OUT.stat().st_size <= 100_000


def interrupted(
    environment: dict[str, str], emulator: Emulator, signals: list[int]
) -> tuple[int, str, float]:
    """Exit status, messages, and seconds after the first signal, of a run with slow calls."""
    slow = {"id": "slow", "prompt": "!slow 3 !say slow"}
    write_requests(*say(5), slow, *({**slow, "id": f"slow{number}"} for number in range(500)))
    with subprocess.Popen(
        [*PROGRAM, "batch", str(IN), "-o", str(OUT), "--concurrency", "2"],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        while len(emulator.requests) < 7:
            time.sleep(0.01)
        began = time.monotonic()
        for number in signals:
            child.send_signal(number)
            time.sleep(0.3)
        _, err = child.communicate(timeout=20)
        return child.returncode, err, time.monotonic() - began


def test_an_interrupt_waits_for_the_calls_in_flight(
    environment: dict[str, str], emulator: Emulator
) -> None:
    status, err, seconds = interrupted(environment, emulator, [signal.SIGINT])
    assert status == 130
    assert "Ctrl-C again leaves at once" in err
    assert "to go on, run the same command again" in err
    assert set(results()) == {*(f"q{number}" for number in range(5)), "slow", "slow0"}
    assert len(emulator.requests) == 7
    assert seconds < 8


def test_a_second_interrupt_leaves_at_once(environment: dict[str, str], emulator: Emulator) -> None:
    status, err, seconds = interrupted(environment, emulator, [signal.SIGINT, signal.SIGINT])
    assert status == 130
    assert "Traceback" not in err
    assert set(results()) == {f"q{number}" for number in range(5)}
    assert seconds < 2.5


def test_a_bar_on_a_terminal(terminal: Callable[..., Terminal], emulator: Emulator) -> None:
    write_requests(*say(30))
    screen = terminal("batch", str(IN), "-o", str(OUT), columns=120)
    assert screen.end() == 0
    assert "30/30" in screen.text()
    assert "30 answered and 0 failed" in screen.text()


def test_lines_where_there_is_no_terminal(
    batch: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minimax_chat.ext.cli._batch.BETWEEN_LINES", 0)
    write_requests(*say(3))
    done = batch("--concurrency", "1")
    assert "2 of 3, 0 failed, " in done.err
    assert "/s, 0 s left" in done.err


def test_the_progress_is_shown_while_no_call_ends(
    batch: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minimax_chat.ext.cli._batch.BETWEEN_LINES", 0.1)
    write_requests({"id": "slow", "prompt": "!slow 1 !say slow"})
    assert "0 of 1, 0 failed, " in batch().err


def test_the_progress_says_what_holds_it_up(
    batch: Callable[..., Outcome], emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minimax_chat.ext.cli._batch.BETWEEN_LINES", 0.1)
    write_requests(*say(1))
    emulator.fail(1002, retry_after=1)
    done = batch()
    assert "held up by RateLimitError 1002" in done.err
    assert "by 2 calls" in done.err


def test_a_very_long_wait_is_left_to_the_user(
    batch: Callable[..., Outcome], emulator: Emulator
) -> None:
    write_requests(*say(1))
    emulator.fail(1002, retry_after=3600)
    done = batch()
    assert done.status == 1
    assert "The API asks to wait 3600 s." in done.err
    assert "to go on, run the same command again" in done.err
    assert results() == {}


def test_few_large_requests_are_in_memory(
    batch: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    line = {"prompt": "!slow 0.2 !say 1"}
    write_requests(*[line] * 8)
    monkeypatch.setattr("minimax_chat.ext.cli._batch.MOST_BYTES", 2 * len(json.dumps(line)) + 2)
    began = time.monotonic()
    assert batch().status == 0
    assert time.monotonic() - began > 8 / 2 * 0.2


@pytest.mark.parametrize(
    "options", [["--concurrency", "0"], ["--rpm", "-1"], ["--tpm", "0"], ["--max-retries", "-1"]]
)
def test_ceilings_make_sense(batch: Callable[..., Outcome], options: list[str]) -> None:
    write_requests(*say(1))
    assert batch(*options).status == 2


def test_without_ray_it_says_what_to_install(batch: Callable[..., Outcome]) -> None:
    write_requests(*say(1))
    done = batch("--ray")
    assert done.status == 2
    assert "pip install 'minimax-chat[ray]'" in done.err
    assert batch("--ray", "--emulator").status == 2


def test_rpm_is_a_ceiling(batch: Callable[..., Outcome], emulator: Emulator) -> None:
    write_requests(*say(11))
    began = time.monotonic()
    assert batch("--rpm", "600").status == 0
    assert 1 <= time.monotonic() - began < 10
