"""`Emulator`, as a test uses it: started, scripted, asked what it saw, stopped."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from minimax_chat.ext.emulator import Emulator


def test_scripted_replies_come_in_order(emulator: Emulator, call: Any) -> None:
    emulator.reply("one", thinking="hm")
    emulator.reply("two", thinking="")
    emulator.reply(thinking="mine", switches="!think tight")
    emulator.reply("three", switches="!think orphan", times=2)
    emulator.reply("never", times=0)
    assert emulator.pending == 5
    assert call.content() == "<think>\nhm\n</think>\n\none"
    assert call.stream().content == "two"
    assert call.content().startswith("<think>mine</think>Hello!")
    assert call.content() == call.content()
    assert emulator.pending == 0
    assert "“Hello”" in call.content()


def test_scripted_failures_come_in_order(emulator: Emulator, call: Any) -> None:
    emulator.fail(1002, times=2, retry_after=1.5, retry_after_ms="soon")
    emulator.fail(2056, shape="base_resp", message="come back tomorrow")
    emulator.fail(1033, http_status=503)
    emulator.fail(1013, after_chunks=1)
    for _ in range(2):
        response = call.post()
        assert response.status_code == 429
        assert response.headers["retry-after"] == "1.5"
        assert response.headers["retry-after-ms"] == "soon"
    assert call.post().json()["base_resp"] == {
        "status_code": 2056,
        "status_msg": "come back tomorrow",
    }
    assert call.post().status_code == 503
    first, failure = call.stream().chunks
    assert first["choices"]
    assert failure["error"]["message"].endswith("(1013)")
    assert call.post().status_code == 200


def test_a_refused_request_takes_no_scripted_reply(emulator: Emulator, call: Any) -> None:
    emulator.reply("mine")
    assert call.post(temperature=12345).status_code == 400
    assert call.content().endswith("mine")


def test_a_scripted_reply_overrides_the_switches(emulator: Emulator, call: Any) -> None:
    emulator.reply("mine")
    assert call.content("!fail 1002").endswith("mine")


INTEGER = "an integer from 0 to 999999999"


@pytest.mark.parametrize(
    ("method", "arguments", "error", "message"),
    [
        (
            "fail",
            {"code": "1002"},
            TypeError,
            "code must be an integer from 1 to 999999999 (got str)",
        ),
        (
            "fail",
            {"code": True},
            TypeError,
            "code must be an integer from 1 to 999999999 (got bool)",
        ),
        ("fail", {"code": -5}, ValueError, "code must be an integer from 1 to 999999999 (got -5)"),
        ("fail", {"code": 0}, ValueError, "code must not be 0, which is success"),
        ("fail", {"shape": "x"}, ValueError, "shape must be 'http' or 'base_resp' (got 'x')"),
        (
            "fail",
            {"http_status": 99},
            ValueError,
            "http_status must be 200 or from 400 to 599 (got",
        ),
        ("fail", {"message": 5}, TypeError, "message must be a string (got int)"),
        ("fail", {"after_chunks": -1}, ValueError, f"after_chunks must be {INTEGER} (got -1)"),
        ("fail", {"times": -1}, ValueError, f"times must be {INTEGER} (got -1)"),
        (
            "fail",
            {"retry_after": "a\nb"},
            ValueError,
            "retry_after must be a finite number >= 0, or",
        ),
        ("fail", {"retry_after": " 3"}, ValueError, "retry_after must be a finite number >= 0, or"),
        ("fail", {"retry_after": float("nan")}, ValueError, "retry_after must be a finite number"),
        ("fail", {"retry_after_ms": -1}, ValueError, "retry_after_ms must be a finite number >= 0"),
        (
            "fail",
            {"retry_after_ms": b"3"},
            TypeError,
            "retry_after_ms must be a finite number >= 0",
        ),
        ("reply", {"text": 5}, TypeError, "text must be a string (got int)"),
        ("reply", {"thinking": b"x"}, TypeError, "thinking must be a string (got bytes)"),
        ("reply", {"switches": None}, TypeError, "switches must be a string (got NoneType)"),
        (
            "reply",
            {"switches": "!cut"},
            ValueError,
            "the emulator's switch !cut is written !cut CHUNKS",
        ),
        (
            "reply",
            {"switches": "!cut 1 Hello"},
            ValueError,
            "switches must be switches of the emulator",
        ),
        ("reply", {"times": "2"}, TypeError, f"times must be {INTEGER} (got str)"),
    ],
)
def test_a_script_that_makes_no_sense_is_refused_at_the_call(
    emulator: Emulator,
    method: str,
    arguments: dict[str, Any],
    error: type[Exception],
    message: str,
) -> None:
    given = {"code": 1002, **arguments} if method == "fail" else arguments
    with pytest.raises(error, match=f"^{re.escape(message)}"):
        getattr(emulator, method)(**given)
    assert emulator.pending == 0


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"pace": -1}, ValueError, "pace must be a number of seconds from 0 to 3600 (got -1)"),
        ({"pace": float("nan")}, ValueError, "pace must be a number of seconds from 0 to 3600"),
        ({"pace": "1"}, TypeError, "pace must be a number of seconds from 0 to 3600 (got str)"),
        ({"api_key": ""}, ValueError, "api_key must be printable ASCII without whitespace"),
        ({"api_key": "s3cret s3cret"}, ValueError, "api_key must be printable ASCII"),
        ({"api_key": 5}, TypeError, "api_key must be printable ASCII"),
        ({"shape": "x"}, ValueError, "shape must be 'http' or 'base_resp' (got 'x')"),
    ],
)
def test_an_emulator_that_cannot_work_is_refused_at_the_call(
    arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=f"^{re.escape(message)}") as caught:
        Emulator(**arguments)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "sent"),
    [(0, "0"), (2.5, "2.5"), (3.0, "3"), (1234567, "1234567"), ("", ""), ("-1 or so", "-1 or so")],
)
def test_retry_after_is_sent_as_given(
    emulator: Emulator, call: Any, value: float | str, sent: str
) -> None:
    emulator.fail(1002, retry_after=value, retry_after_ms=value)
    headers = call.post().headers
    assert (headers["retry-after"], headers["retry-after-ms"]) == (sent, sent)


def test_requests_are_recorded(emulator: Emulator, call: Any) -> None:
    call.post("Hi", temperature=0.5)
    call.post_raw(b"{", x_extra="1")
    call.client.get("/v1/models")
    first, second, third = emulator.requests
    assert (first.method, first.path) == ("POST", "/v1/chat/completions")
    assert first.json["temperature"] == 0.5
    assert first.json["messages"] == [{"role": "user", "content": "Hi"}]
    assert first.headers["authorization"] == "Bearer sk-test"
    assert first.headers["content-type"] == "application/json"
    assert (second.body, second.json, second.headers["x-extra"]) == (b"{", None, "1")
    assert (third.method, third.path, third.body) == ("GET", "/v1/models", b"")
    assert "sk-test" not in repr(emulator.requests)


def test_reset_forgets_requests_scripts_and_counts(emulator: Emulator, call: Any) -> None:
    call.post("!fail 1002 times=2")
    emulator.reply("mine")
    emulator.reset()
    assert (emulator.requests, emulator.pending) == ([], 0)
    assert [call.post("!fail 1002 times=2").status_code for _ in range(3)] == [429, 429, 200]


def test_two_emulators_share_nothing(caller: Any) -> None:
    with Emulator() as one, Emulator() as two:
        assert one.base_url != two.base_url
        one.reply("mine")
        assert "mine" not in caller(two).content()
        assert "mine" in caller(one).content()
        assert (len(one.requests), len(two.requests)) == (1, 1)


def test_emulators_in_many_threads_at_once(caller: Any) -> None:
    def use(number: int) -> str:
        with Emulator() as emulator:
            emulator.reply(str(number), thinking="")
            text: str = caller(emulator).stream().content
            return text

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(use, range(24))) == [str(number) for number in range(24)]


def test_stopping_ends_open_streams(caller: Any) -> None:
    emulator = Emulator(pace=3600)
    emulator.start()
    call = caller(emulator)
    streaming = threading.Event()
    ends: list[str] = []

    def read() -> None:
        request = {
            "model": "m",
            "stream": True,
            "messages": [{"role": "user", "content": "Hello"}],
        }
        try:
            with call.client.stream("POST", "/v1/chat/completions", json=request) as response:
                for _ in response.iter_raw():
                    streaming.set()
            ends.append("clean")
        except httpx.HTTPError as error:
            ends.append(type(error).__name__)

    reader = threading.Thread(target=read)
    reader.start()
    assert streaming.wait(10)
    emulator.stop()
    reader.join(10)
    assert ends in (["RemoteProtocolError"], ["ReadError"])


def test_stopping_ends_slow_replies_and_idle_connections(caller: Any) -> None:
    with Emulator() as emulator, ThreadPoolExecutor(1) as pool:
        call = caller(emulator)
        call.post()
        slow = pool.submit(call.post, "!slow 3600")
        while len(emulator.requests) < 2:
            threading.Event().wait(0.01)
        emulator.stop()
        with pytest.raises(httpx.HTTPError):
            slow.result(10)


def test_a_client_that_hangs_up_while_sending_does_no_harm(
    emulator: Emulator, call: Any, caplog: pytest.LogCaptureFixture
) -> None:
    port = int(emulator.base_url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"
        )
    assert call.post().status_code == 200
    emulator.stop()
    # An exception in the application would be logged by the server.
    assert not [record for record in caplog.records if record.name.startswith("uvicorn")]


@pytest.mark.parametrize("switch", ["!slow 3600", "!slow 0 between=3600"])
def test_a_request_tells_that_its_client_hung_up(
    emulator: Emulator, call: Any, switch: str
) -> None:
    call.stream()
    call.client.timeout = 0.2
    with pytest.raises(httpx.ReadTimeout):
        call.stream(switch)
    read, abandoned = emulator.requests
    assert abandoned.hung_up.wait(10)
    assert not read.hung_up.is_set()


def test_an_emulator_starts_again_on_its_port(caller: Any) -> None:
    emulator = Emulator()
    emulator.stop()
    emulator.start()
    url = emulator.base_url
    with pytest.raises(RuntimeError, match="already running"):
        emulator.start()
    emulator.stop()
    emulator.stop()
    with pytest.raises(httpx.ConnectError):
        caller(emulator).post()
    with emulator:
        assert emulator.base_url == url
        assert caller(emulator).post().status_code == 200


def test_start_raises_os_error_for_a_port_in_use(emulator: Emulator) -> None:
    port = int(emulator.base_url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        Emulator(port=port).start()


@pytest.mark.parametrize(
    ("host", "base_url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("localhost", "http://localhost:8000"),
        ("::1", "http://[::1]:8000"),
        ("127.8.9.10", "http://127.8.9.10:8000"),
    ],
)
def test_the_base_url_is_an_address_to_call(host: str, base_url: str) -> None:
    assert Emulator(host=host, port=8000).base_url == base_url


def run_python(code: str) -> str:
    """What a process prints; it must end well and print no warning."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=30
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_an_emulator_left_running_lets_the_interpreter_exit() -> None:
    run_python("from minimax_chat.ext.emulator import Emulator; Emulator().start()")


def test_the_emulator_loads_nothing_of_the_client_that_it_checks() -> None:
    modules = run_python(
        "import sys\n"
        "from minimax_chat.ext.emulator import Emulator\n"
        "with Emulator(): pass\n"
        "print(*sys.modules)\n"
    ).split()
    ours = {
        name
        for name in modules
        if name.startswith("minimax_chat")
        and not name.startswith(("minimax_chat.ext", "minimax_chat_api.client"))
    }
    # The package of the generated client is where the spec lies.
    assert ours <= {"minimax_chat", "minimax_chat_api"}
