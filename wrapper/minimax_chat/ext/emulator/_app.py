"""The ASGI application: one request in, one reply out."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from ._answers import last_user_message, results_at_the_end
from ._reply import Reply
from ._responder import Failure, Responder
from ._specification import Object, Specification
from ._switches import Behaviour, SwitchError, read_switches
from ._validation import RequestValidator, parse_json

NOT_AUTHORIZED = 1004
INVALID_PARAMETERS = 2013
INVALID_API_KEY = 2049


@dataclass(frozen=True)
class RecordedRequest:
    """A request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    """Names in lower case. They hold the key, so they are not shown in the repr."""
    body: bytes = field(repr=False)
    json: Any
    """The body as JSON; None if it is none."""
    hung_up: Event = field(default_factory=Event, repr=False, compare=False)
    """Set once the client has hung up before the end of a reply with pauses."""


class Application:
    """The API at one address, with its queue of scripted behaviours and its recorded requests."""

    def __init__(
        self, specification: Specification, api_key: str | None, normal: Behaviour
    ) -> None:
        self._specification = specification
        self._validator = RequestValidator(specification)
        self._api_key = api_key
        self._normal = normal
        self._failures_so_far: Counter[tuple[str, bytes]] = Counter()
        self.scripted: deque[Behaviour] = deque()
        # Bounded, for the emulator may run for days.
        self.requests: deque[RecordedRequest] = deque(maxlen=1000)

    def reset(self) -> None:
        self.scripted.clear()
        self.requests.clear()
        self._failures_so_far.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            body = await request.body()
        except ClientDisconnect:
            return
        value, defect = parse_json(body)
        path: str = scope["path"]
        recorded = RecordedRequest(request.method, path, dict(request.headers), body, value)
        self.requests.append(recorded)
        reply = self._reply(recorded, defect)
        await reply(scope, receive, send)
        if reply.hung_up:
            recorded.hung_up.set()

    def _reply(self, request: RecordedRequest, defect: str) -> Reply:
        headers, body, value = request.headers, request.body, request.json
        authorization = headers.get("authorization", "")
        responder = Responder(self._specification, self._normal)
        try:
            self._check_address(request.method, request.path)
            self._check_key(authorization)
            content_type = headers.get("content-type", "")
            problems = self._validator.problems(content_type, body, value, defect)
            if problems:
                raise _invalid("; ".join(problems[:3]))
            responder.behaviour, asked = _read_instructions(value, self._normal)
            if self.scripted:
                responder.behaviour = self.scripted.popleft()
            failure = self._failure_of(responder.behaviour, (authorization, body))
            return responder.answer(value, asked, failure)
        except SwitchError as error:
            return responder.refuse(_invalid(str(error)))
        except Failure as failure:
            return responder.refuse(failure)

    def _check_address(self, method: str, path: str) -> None:
        wanted = self._specification
        if path != wanted.path:
            raise Failure(None, f"no such path: {path}; the API has {wanted.path}", 404)
        if method != wanted.method:
            raise Failure(None, f"{method} is not allowed; allowed: {wanted.method}", 405)

    def _check_key(self, authorization: str) -> None:
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() != "bearer" or not key or " " in key:
            documented: str = self._specification.failure()["error"]["message"]
            message = documented.removesuffix(f"({NOT_AUTHORIZED})").strip()
            raise Failure(NOT_AUTHORIZED, message)
        is_wrong = key.startswith("invalid") if self._api_key is None else key != self._api_key
        if is_wrong:
            raise Failure(INVALID_API_KEY, self._specification.meanings[INVALID_API_KEY])

    def _failure_of(self, behaviour: Behaviour, sender: tuple[str, bytes]) -> Failure | None:
        """The failure that a request is to have: none after `fail_times` of them."""
        if behaviour.fail is None:
            return None
        if behaviour.fail_times:
            if self._failures_so_far[sender] == behaviour.fail_times:
                # The count starts again.
                del self._failures_so_far[sender]
                return None
            self._failures_so_far[sender] += 1
        meaning = self._specification.meanings.get(behaviour.fail, "undocumented failure")
        return Failure(behaviour.fail, behaviour.fail_message or meaning, behaviour.fail_status)


def _read_instructions(request: Object, normal: Behaviour) -> tuple[Behaviour, str]:
    """What the last user message says to the emulator, and what it asks."""
    messages = request["messages"]
    offered = [tool["function"]["name"] for tool in request.get("tools", [])]
    behaviour, asked = read_switches(last_user_message(messages), normal, offered)
    if results_at_the_end(messages):
        # The calls that it asks for have been made.
        behaviour = replace(behaviour, call=None)
    return behaviour, asked


def _invalid(problem: str) -> Failure:
    return Failure(INVALID_PARAMETERS, f"invalid params, {problem}")
