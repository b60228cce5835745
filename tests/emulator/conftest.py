"""A running emulator, called through plain HTTP, as any client might."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from jsonschema import Draft202012Validator

from minimax_chat.ext.emulator import Emulator

PATH = "/v1/chat/completions"
KEY = "sk-test"


@pytest.fixture(scope="session")
def document() -> dict[str, Any]:
    """The spec of the repository; the emulator reads the copy in the generated package."""
    spec = Path(__file__).parents[2] / "openapi.yaml"
    loaded: dict[str, Any] = yaml.safe_load(spec.read_text("utf-8"))
    return loaded


@pytest.fixture(scope="session")
def conforms(document: dict[str, Any]) -> Callable[[str, Any], None]:
    """Raises where a value violates the named schema."""

    def check(schema: str, value: Any) -> None:
        root = {
            "$ref": f"#/components/schemas/{schema}",
            "components": document["components"],
        }
        Draft202012Validator(root).validate(value)

    return check


@pytest.fixture(scope="session")
def documented(document: dict[str, Any]) -> Callable[..., Any]:
    """A copy of a documented example: of the response with a status, else of the request."""
    operation = document["paths"][PATH]["post"]

    def get(
        status: str = "", media_type: str = "application/json", name: str = "documented"
    ) -> Any:
        holder = operation["responses"][status] if status else operation["requestBody"]
        return copy.deepcopy(holder["content"][media_type]["examples"][name]["value"])

    return get


@dataclass
class Streamed:
    """A stream, read to its end."""

    chunks: list[dict[str, Any]]
    done: bool
    """Whether [DONE] came last."""
    headers: httpx.Headers
    died: bool = False
    """Whether the connection died before the end of the body."""

    @property
    def content(self) -> str:
        return "".join(
            choice["delta"]["content"] for chunk in self.chunks for choice in chunk["choices"]
        )

    @property
    def deltas(self) -> list[dict[str, Any]]:
        return [choice["delta"] for chunk in self.chunks for choice in chunk["choices"]]


class Caller:
    """Requests as a client sends them."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def post(self, content: str = "Hello", **fields: Any) -> httpx.Response:
        """Asks for an answer to one user message; `fields` are further fields of the request."""
        request: dict[str, Any] = {
            "model": "MiniMax-M2.7",
            "messages": [{"role": "user", "content": content}],
            **fields,
        }
        return self.client.post(PATH, json=request)

    def post_raw(self, body: bytes, **headers: str) -> httpx.Response:
        return self.client.post(
            PATH,
            content=body,
            headers={"content-type": "application/json"}
            | {name.replace("_", "-"): value for name, value in headers.items()},
        )

    def completion(self, content: str = "Hello", **fields: Any) -> dict[str, Any]:
        response = self.post(content, **fields)
        assert response.status_code == 200, response.text
        completion: dict[str, Any] = response.json()
        return completion

    def content(self, content: str = "Hello", **fields: Any) -> str:
        text: str = self.completion(content, **fields)["choices"][0]["message"]["content"]
        return text

    def stream(self, content: str = "Hello", **fields: Any) -> Streamed:
        request: dict[str, Any] = {
            "model": "MiniMax-M2.7",
            "messages": [{"role": "user", "content": content}],
            "stream": True,
            **fields,
        }
        body, died = b"", False
        with self.client.stream("POST", PATH, json=request) as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            try:
                for data in response.iter_raw():
                    body += data
            except httpx.RemoteProtocolError:
                died = True
        events = body.decode("utf-8").split("\n\n")
        assert events.pop() == ""
        assert all(event.startswith("data: ") and "\n" not in event for event in events)
        done = bool(events) and events[-1] == "data: [DONE]"
        chunks = [json.loads(event[len("data: ") :]) for event in events[: -1 if done else None]]
        return Streamed(chunks, done, response.headers, died)


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def call(emulator: Emulator) -> Iterator[Caller]:
    with http_client(emulator) as client:
        yield Caller(client)


@pytest.fixture
def caller() -> Iterator[Callable[[Emulator], Caller]]:
    """Makes a caller of an emulator that the test has made itself."""
    clients: list[httpx.Client] = []

    def make(emulator: Emulator) -> Caller:
        clients.append(http_client(emulator))
        return Caller(clients[-1])

    yield make
    for client in clients:
        client.close()


def http_client(emulator: Emulator) -> httpx.Client:
    return httpx.Client(
        base_url=emulator.base_url,
        headers={"authorization": f"Bearer {KEY}"},
        timeout=20,
        trust_env=False,
        # There is no TLS here, and loading the certificates takes 40 ms.
        verify=False,
    )
