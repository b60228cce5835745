"""A few cheap calls that show whether an API, real or emulated, keeps the contract.

`run` makes the calls through the wrapper and checks every reply against openapi.yaml. `Recorder`
writes the exchanges to a file, with key and ids replaced, and `replay` replies from it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from documented import EXAMPLE_REQUEST
from minimax_chat import (
    APIError,
    AuthenticationError,
    BadRequestError,
    Completion,
    MiniMax,
    MiniMaxError,
    Stream,
)
from spec_reading import Findings, Spec, news, same, violations

MODEL = "MiniMax-M2.7"
WRONG_KEY = "invalid-key-of-the-live-tests"
# Thinking uses tokens too: so few may not reach the answer, and need not.
CHEAP: dict[str, Any] = {"model": MODEL, "max_completion_tokens": 48}

# The documented messages: the first has a name and no content.
DOCUMENTED: list[Any] = EXAMPLE_REQUEST["messages"]
ROLES: list[Any] = [
    {"role": "system", "name": "Jia", "content": "You are an innkeeper."},
    {"role": "user_system", "content": "A tired traveller."},
    {"role": "group", "content": "At the inn"},
    {"role": "sample_message_user", "content": "Is there soup?"},
    {"role": "sample_message_ai", "content": "Always."},
    {"role": "user", "content": "And bread?"},
]


@dataclass
class Report:
    """The findings of the calls."""

    broken: Findings = field(default_factory=list)
    """Violations of the contract."""
    moved: Findings = field(default_factory=list)
    """New fields and values, which the contract allows."""
    refused: str = ""
    """The error of the first call if it refused the key; then no other call was made."""

    def __str__(self) -> str:
        if self.refused:
            return (
                f"the key was refused, and nothing else tried: {self.refused}\n"
                "Set MINIMAX_API_KEY to a valid key, and MINIMAX_REGION to the platform it is of."
            )
        parts = {"the API breaks the contract": self.broken, "the API has moved": self.moved}
        lists = [
            "\n  - ".join([f"{title}:", *dict.fromkeys(found)])
            for title, found in parts.items()
            if found
        ]
        advice = (
            "What a page documents belongs in openapi.yaml and documented.py, with its x-source; "
            "what is only seen, in SEEN_ON_THE_WIRE of documented.py."
        )
        return "\n".join([*lists, advice]) if lists else "the API keeps the contract"


def why_not(environment: Mapping[str, str]) -> str:
    """Why the real API cannot be called; "" if it can."""
    if not environment.get("MINIMAX_API_KEY"):
        return "MINIMAX_API_KEY is not set: the real API was not called"
    base_url = environment.get("MINIMAX_BASE_URL", "")
    if urlsplit(base_url).hostname in ("localhost", "127.0.0.1", "::1"):
        return f"MINIMAX_BASE_URL is {base_url}, which is not the real API"
    return ""


def run(spec: Spec, client: Callable[[str | None], MiniMax]) -> Report:
    """Makes the calls. `client` makes a client of the API, with this key or its own."""
    report = Report()

    def check(name: str, component: str, body: Any) -> None:
        report.broken += [f"{name}: {each}" for each in violations(spec, component, body)]
        report.moved += [f"{name}: {each}" for each in news(spec, component, body)]

    def answered(name: str, reply: Completion | Stream) -> Completion:
        if isinstance(reply, Stream):
            with reply as stream:
                for chunk in stream:
                    check(name, "ChatCompletionChunk", chunk.to_dict())
            reply = stream.completion
        check(name, "ChatCompletion", reply.to_dict())
        wanted = {
            "trace_id": reply.trace_id is not None,
            "choices": len(reply.choices) == 1,
            "choices.message.role": reply.message.role == "assistant",
            "choices.finish_reason": reply.finish_reason is not None,
            "choices.message.content": bool(reply.text or reply.thinking),
            "created": reply.created_at is not None,
        }
        missing = [each for each, holds in wanted.items() if not holds]
        report.broken += [f"{name}: ChatCompletion.{each} is not as documented" for each in missing]
        return reply

    def refused(name: str, error: MiniMaxError, kind: type[APIError]) -> None:
        if not isinstance(error, kind):
            report.broken.append(f"{name}: {error!r}, not {kind.__name__}")
        if error.code is None:
            report.broken.append(f"{name}: the failure tells no status code")
        else:
            report.moved += [
                f"{name}: {each}" for each in news(spec, "StatusCode", error.code, "status code")
            ]
        component = "ChatCompletion" if error.http_status == 200 else "ErrorResponse"
        check(name, component, error.body)

    def call(name: str, create: Callable[[], Any], kind: type[APIError] | None = None) -> Any:
        try:
            reply = answered(name, create())
        except MiniMaxError as error:
            if name == "plain" and isinstance(error, AuthenticationError):
                report.refused = str(error)
            elif kind is None:
                report.broken.append(f"{name}: {error!r}")
            else:
                refused(name, error, kind)
            return None
        if kind is not None:
            report.broken.append(f"{name}: answered, where {kind.__name__} is documented")
        return reply

    with client(None) as api, client(WRONG_KEY) as stranger:
        create = api.chat.completions.create
        plain = call("plain", lambda: create(**CHEAP, messages=DOCUMENTED))
        if report.refused:
            return report
        call("stream", lambda: create(**CHEAP, messages=DOCUMENTED, stream=True))
        if plain is not None:
            turns = [*DOCUMENTED, plain.message, {"role": "user", "content": "再见"}]
            call("second turn", lambda: create(**CHEAP, messages=turns, temperature=1, top_p=0.95))
        call("role play", lambda: create(**CHEAP, messages=ROLES))
        # extra_body bypasses the checks of the wrapper.
        out_of_range = {"temperature": -1}
        call(
            "temperature -1",
            lambda: create(**CHEAP, messages=DOCUMENTED, extra_body=out_of_range),
            BadRequestError,
        )
        call(
            "wrong key",
            lambda: stranger.chat.completions.create(**CHEAP, messages=DOCUMENTED),
            AuthenticationError,
        )
    return report


# Recordings

TRACE_HEADERS = {"trace-id", "x-mm-request-id", "minimax-request-id", "x-session-id"}


@dataclass
class Exchange:
    """A request and its reply."""

    method: str
    path: str
    request: Any
    status: int
    headers: dict[str, str]
    body: str


class Recorder:
    """Records the exchanges of `httpx.Client(event_hooks=recorder.hooks)`."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self._secrets: dict[str, str] = {}
        self.hooks: dict[str, list[Callable[..., Any]]] = {"response": [self._record]}

    def _record(self, response: httpx.Response) -> None:
        request = response.request
        key = request.headers["authorization"].removeprefix("Bearer ")
        self._secrets[key] = "the-key"
        response.read()
        kept = {"content-type", "retry-after", *TRACE_HEADERS}
        headers = {name: value for name, value in response.headers.items() if name in kept}
        for name in TRACE_HEADERS & headers.keys():
            self._hide(headers[name])
        self.exchanges.append(
            Exchange(
                request.method,
                request.url.path,
                json.loads(request.content),
                response.status_code,
                headers,
                response.text,
            )
        )

    def write(self, path: Path) -> None:
        """Writes the exchanges with key and ids replaced; the same id gets the same name."""
        for exchange in self.exchanges:
            for value in json_values(exchange.body):
                self._find_ids(value)
        text = json.dumps([asdict(each) for each in self.exchanges], ensure_ascii=False, indent=2)
        # The longest first, for one may contain another.
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, self._secrets[secret])
        path.write_text(text + "\n", "utf-8")

    def _find_ids(self, value: Any) -> None:
        if isinstance(value, dict):
            for name, each in value.items():
                if re.search(r"(^|_)id$", name) and isinstance(each, str | int):
                    self._hide(each)
                self._find_ids(each)
        elif isinstance(value, list):
            for each in value:
                self._find_ids(each)

    def _hide(self, value: str | int) -> None:
        # A short number is no id, and would be replaced wherever it occurs.
        if len(str(value)) >= 8:
            number = len(self._secrets)
            # A number is replaced by a number, so that the body remains JSON of the same type.
            name = f"id-{number}" if isinstance(value, str) else str(10_000_000 + number)
            self._secrets.setdefault(str(value), name)


def json_values(body: str) -> Iterator[Any]:
    """The JSON of a body, or of each event of a stream."""
    datas = re.findall(r"^data: (.*)$", body, re.MULTILINE) or [body]
    for data in datas:
        try:
            yield json.loads(data)
        except ValueError:
            continue


@contextmanager
def replay(path: Path) -> Iterator[httpx.MockTransport]:
    """A transport that gives each request its recorded reply.

    At the end all of them must have been used. A retry is made at once, whatever Retry-After says.
    """
    exchanges = [Exchange(**each) for each in json.loads(path.read_text("utf-8"))]
    waiting = iter(exchanges)

    def answer(request: httpx.Request) -> httpx.Response:
        exchange = next(waiting, None)
        assert exchange is not None, f"{path}: no more replies were recorded"
        sent = [request.method, request.url.path, json.loads(request.content)]
        recorded = [exchange.method, exchange.path, exchange.request]
        assert same(recorded, sent), f"{path}: another request was recorded"
        headers = {**exchange.headers, "retry-after-ms": "0"}
        return httpx.Response(exchange.status, headers=headers, text=exchange.body)

    yield httpx.MockTransport(answer)
    left = len([*waiting])
    assert not left, f"{path}: {left} more replies were recorded than asked for"
