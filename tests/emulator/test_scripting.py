"""The emulator in a test: started, scripted, asked what it saw, and stopped."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from minimax_chat.ext.emulator import Emulator


def test_replies_come_in_order(emulator: Emulator, call: Any) -> None:
    emulator.reply("one", thinking="hm")
    emulator.reply("two", thinking="")
    emulator.reply(thinking="mine", switches="!think tight")
    emulator.reply("three", switches="!think orphan", times=2)
    assert emulator.pending == 5
    assert call.content() == "<think>\nhm\n</think>\n\none"
    assert call.stream().content == "two"
    assert call.content().startswith("<think>mine</think>Hello!")
    assert call.content() == call.content()
    assert emulator.pending == 0
    assert "“Hello”" in call.content()


def test_failures_come_in_order(emulator: Emulator, call: Any) -> None:
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


def test_a_refused_request_takes_no_reply(emulator: Emulator, call: Any) -> None:
    emulator.reply("mine")
    assert call.post(temperature=12345).status_code == 400
    assert call.content().endswith("mine")


def test_a_script_goes_before_switches(emulator: Emulator, call: Any) -> None:
    emulator.reply("mine")
    assert call.content("!fail 1002").endswith("mine")


def test_a_script_is_checked_when_it_is_written(emulator: Emulator) -> None:
    with pytest.raises(ValueError, match=r"!cut is written !cut CHUNKS"):
        emulator.reply(switches="!cut")
    with pytest.raises(ValueError, match="not a switch of the emulator: 'Hello'"):
        emulator.reply(switches="!cut 1 Hello")
    with pytest.raises(ValueError, match="code 0 is success"):
        emulator.fail(0)
    assert emulator.pending == 0


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ({"code": "1002"}, TypeError, "code must be an integer, not str"),
        ({"code": True}, TypeError, "code must be an integer, not bool"),
        ({"code": -5}, ValueError, "code must be from 1 to 999999999, not -5"),
        ({"code": 10**5000}, ValueError, "code must be from 1 to 999999999"),
        ({"shape": "x"}, ValueError, "shape must be 'http' or 'base_resp', not 'x'"),
        ({"shape": []}, ValueError, r"shape must be 'http' or 'base_resp', not \[\]"),
        ({"http_status": 99}, ValueError, "http_status must be 200 or from 400 to 599, not 99"),
        ({"http_status": 304}, ValueError, "http_status must be 200 or from 400 to 599, not 304"),
        ({"http_status": "503"}, TypeError, "http_status must be an integer, not str"),
        ({"message": 5}, TypeError, "message must be a string, not int"),
        ({"after_chunks": -1}, ValueError, "after_chunks must be from 0 to 999999999, not -1"),
        ({"after_chunks": 1.5}, TypeError, "after_chunks must be an integer, not float"),
        ({"times": -1}, ValueError, "times must be from 0 to 999999999, not -1"),
        ({"times": 1.0}, TypeError, "times must be an integer, not float"),
        (
            {"retry_after": "a\nb"},
            ValueError,
            r"retry_after must be printable ASCII without white space at its ends, not 'a\\nb'",
        ),
        ({"retry_after": " 3"}, ValueError, "retry_after must be printable ASCII"),
        ({"retry_after_ms": "é"}, ValueError, "retry_after_ms must be printable ASCII"),
        (
            {"retry_after": float("nan")},
            ValueError,
            "retry_after must be a finite number of 0 or more, not nan",
        ),
        ({"retry_after_ms": -1}, ValueError, "retry_after_ms must be a finite number of 0 or more"),
        ({"retry_after": b"3"}, TypeError, "retry_after must be a number or a string, not bytes"),
        ({"retry_after": True}, TypeError, "retry_after must be a number or a string, not bool"),
    ],
)
def test_a_failure_that_cannot_be_sent_is_refused(
    emulator: Emulator, arguments: dict[str, Any], error: type[Exception], sentence: str
) -> None:
    given: dict[str, Any] = {"code": 1002, **arguments}
    with pytest.raises(error, match=f"^{sentence}"):
        emulator.fail(**given)
    assert emulator.pending == 0


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ({"text": 5}, TypeError, "text must be a string, not int"),
        ({"thinking": b"x"}, TypeError, "thinking must be a string, not bytes"),
        ({"switches": None}, TypeError, "switches must be a string, not NoneType"),
        ({"times": -1}, ValueError, "times must be from 0 to 999999999, not -1"),
        ({"times": "2"}, TypeError, "times must be an integer, not str"),
    ],
)
def test_a_reply_that_cannot_be_sent_is_refused(
    emulator: Emulator, arguments: dict[str, Any], error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=f"^{sentence}"):
        emulator.reply(**arguments)
    assert emulator.pending == 0


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ({"pace": -1}, ValueError, "pace must be from 0 to 3600 seconds, not -1"),
        ({"pace": float("nan")}, ValueError, "pace must be from 0 to 3600 seconds, not nan"),
        ({"pace": "1"}, TypeError, "pace must be a number of seconds, not str"),
        ({"api_key": ""}, ValueError, "api_key must be printable ASCII without white space"),
        ({"api_key": "s3cret s3cret"}, ValueError, "api_key must be printable ASCII"),
        ({"api_key": 5}, TypeError, "api_key must be a string, not int"),
        ({"shape": "x"}, ValueError, "shape must be 'http' or 'base_resp', not 'x'"),
    ],
)
def test_an_emulator_that_cannot_work_is_refused(
    arguments: dict[str, Any], error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=f"^{sentence}") as caught:
        Emulator(**arguments)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "sent"),
    [(0, "0"), (2.5, "2.5"), (3.0, "3"), (1234567, "1234567"), ("", ""), ("-1 or so", "-1 or so")],
)
def test_advice_when_to_come_back_is_sent_as_it_is(
    emulator: Emulator, call: Any, value: float | str, sent: str
) -> None:
    emulator.fail(1002, retry_after=value, retry_after_ms=value)
    headers = call.post().headers
    assert (headers["retry-after"], headers["retry-after-ms"]) == (sent, sent)


def test_no_times_is_no_reply(emulator: Emulator) -> None:
    emulator.reply("never", times=0)
    emulator.fail(1002, times=0)
    assert emulator.pending == 0


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


def test_reset(emulator: Emulator, call: Any) -> None:
    call.post("!fail 1002 times=2")
    emulator.reply("mine")
    emulator.reset()
    assert (emulator.requests, emulator.pending) == ([], 0)
    assert [call.post("!fail 1002 times=2").status_code for _ in range(3)] == [429, 429, 200]


def test_emulators_do_not_share(caller: Any) -> None:
    with Emulator() as one, Emulator() as two:
        assert one.base_url != two.base_url
        one.reply("mine")
        assert "mine" not in caller(two).content()
        assert "mine" in caller(one).content()
        assert (len(one.requests), len(two.requests)) == (1, 1)


def test_many_emulators_at_once(caller: Any) -> None:
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


def test_a_client_that_hangs_up_while_it_sends(
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


def test_it_stops_once_and_starts_again_on_its_port(caller: Any) -> None:
    emulator = Emulator()
    emulator.stop()
    emulator.start()
    url = emulator.base_url
    with pytest.raises(RuntimeError, match="running already"):
        emulator.start()
    emulator.stop()
    emulator.stop()
    with pytest.raises(httpx.ConnectError):
        caller(emulator).post()
    with emulator:
        assert emulator.base_url == url
        assert caller(emulator).post().status_code == 200


def test_a_port_in_use_is_an_os_error(emulator: Emulator) -> None:
    port = int(emulator.base_url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        Emulator(port=port).start()


@pytest.mark.parametrize(
    ("host", "base_url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("localhost", "http://localhost:8000"),
        ("::1", "http://[::1]:8000"),
        # Addresses to listen on, not to call.
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
    ],
)
def test_the_base_url_can_be_called(host: str, base_url: str) -> None:
    assert Emulator(host=host, port=8000).base_url == base_url


def test_an_emulator_that_nobody_stops_does_not_keep_the_interpreter() -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-W", "error", "-c"),
            "from minimax_chat.ext.emulator import Emulator\n"
            "emulator = Emulator()\n"
            "emulator.start()\n",
        ],
        capture_output=True,
        timeout=30,
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_it_loads_nothing_that_it_is_to_convict() -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-c"),
            "import sys\n"
            "from minimax_chat.ext.emulator import Emulator\n"
            "with Emulator(): pass\n"
            "print(*sorted(name for name in sys.modules if name.startswith('minimax_chat')))\n",
        ],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    ours = {
        name
        for name in done.stdout.split()
        if not name.startswith(("minimax_chat.ext", "minimax_chat_api.client"))
    }
    # The package of the generated client is where the spec lies.
    assert ours <= {"minimax_chat", "minimax_chat_api"}
