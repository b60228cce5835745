"""What a server sends after a reply is not taken for the reply to the next call."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from driver import Driver
from samples import PROMPT, events, plain
from server import Server, answer, http_reply, http_stream

BODY = plain("the first answer")
EXCESS: dict[str, tuple[bool, bytes]] = {
    "a second reply": (False, http_reply(BODY) + http_reply(plain("of nobody"))),
    "a second reply after a stream": (
        True,
        http_stream(*events("the first answer")) + http_reply(plain("of nobody")),
    ),
    "blanks": (False, http_reply(BODY) + b"   "),
}


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def api(request: pytest.FixtureRequest) -> Iterator[Driver]:
    driver = Driver(asynchronous=request.param)
    yield driver
    driver.close()


@pytest.mark.xfail(reason="the HTTP library keeps the excess bytes for the next reply")
@pytest.mark.parametrize(("streamed", "reply"), EXCESS.values(), ids=EXCESS)
def test_excess_bytes_are_not_the_next_reply(api: Driver, streamed: bool, reply: bytes) -> None:
    with Server() as server:
        server.script(reply)
        server.otherwise(answer)
        client = api.client(server.base_url, max_retries=0)
        assert client.text(streamed) == "the first answer"
        assert client.text(streamed=False) == PROMPT
