"""The switches: words at the start of the last message that tell the emulator how to behave."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from ._values import PLACEHOLDERS, Rule, Shape, one_of


class Call(NamedTuple):
    """A call of a function."""

    name: str
    arguments: str
    """As JSON."""


@dataclass(frozen=True)
class Behaviour:
    """How one request is answered.

    The argument of a switch sets the field of the switch's name, its options those that begin
    with this name.
    """

    fail: int | None = None
    """Fail with this status code."""
    fail_shape: Shape = "http"
    fail_times: int = 0
    """Fail this many times, then answer; 0 fails always."""
    fail_after: int | None = None
    """Fail inside the stream, after this many chunks."""
    fail_status: int | None = None
    fail_retry_after: str | None = None
    fail_retry_after_ms: str | None = None
    fail_type: Literal["string", "float", ""] = ""
    fail_message: str | None = None
    html: int | None = None
    """Answer with an HTML page and this HTTP status."""
    slow: float = 0.0
    """Seconds before the first byte."""
    slow_between: float = 0.0
    """Seconds between two chunks."""
    cut: int | None = None
    """Stop after this many chunks."""
    cut_end: Literal["died", "clean"] = "died"
    chunk: int | None = None
    """Characters in a chunk."""
    think: str = ""
    """A word of `!think`; also "tags" and "split", which a request asks for."""
    usage: str = ""
    """A word of `!usage`; also "last" and "omitted", which a request asks for."""
    odd: frozenset[str] = frozenset()
    call: tuple[str, ...] | None = None
    """Call these of the functions offered, the first one if none is named."""
    tool_calls: tuple[Call, ...] = ()
    """Make these calls, whatever is offered."""
    model: str | None = None
    sensitive_input: int = 0
    sensitive_output: int = 0
    trace: str | None = None
    text: str | None = None
    thinking: str | None = None


class SwitchError(ValueError):
    """A switch that cannot be followed; the message says why."""


_NAME = re.compile(r"\s*(![a-z]+)(?!\S)")
_WORD = re.compile(r"\s*(\S*)")
_WORD_ON_THE_LINE = re.compile(r"[^\S\n]*([^\s!]\S*)")
_OPTION = re.compile(r"\s*([a-z-]+)=(\S+)")


class Switch:
    """A switch, read as its usage says: an argument, then options in any order.

    Words between bars stand for themselves, other words for a value that their rule allows.
    `!call` and `!say`, which take more than one word, are left to read_switches.
    """

    def __init__(self, usage: str, meaning: str) -> None:
        self.usage = usage
        self.meaning = meaning
        """What happens."""
        self.name, *parts = usage.split()
        self._argument: Rule | None = None
        self._options: dict[str, Rule] = {}
        for part in parts:
            option, is_option, placeholder = part.strip("[]").rpartition("=")
            rule = PLACEHOLDERS.get(placeholder) or one_of(*placeholder.split("|"))
            if is_option:
                self._options[option] = rule
            else:
                self._argument = rule

    def read(self, rest: str) -> tuple[dict[str, Any], str]:
        """The fields of Behaviour that are set by what follows the name, and what is left."""
        field = self.name.removeprefix("!")
        values: dict[str, Any] = {}
        try:
            if self._argument and (match := _WORD.match(rest)):
                values[field] = self._argument.read(field, match[1])
                rest = rest[match.end() :]
            while (match := _OPTION.match(rest)) and (rule := self._options.get(match[1])):
                option = f"{field}_{match[1]}".replace("-", "_")
                values[option] = rule.read(match[1], match[2])
                rest = rest[match.end() :]
        except ValueError as error:
            raise SwitchError(
                f"the emulator's switch {self.name} is written {self.usage}: {error}"
            ) from None
        return values, rest


SWITCHES = [
    Switch(
        "!fail CODE [shape=http|base_resp] [times=N] [after=CHUNKS] [status=HTTP_STATUS] "
        "[retry-after=VALUE] [retry-after-ms=VALUE] [type=string|float]",
        "fails with any code; times: that often, then answers (counted by key and request body); "
        "after: inside the stream; status: another HTTP status; retry-after, retry-after-ms: "
        "these headers; type: of the code in base_resp",
    ),
    Switch("!html HTTP_STATUS", "an HTML page, as from a gateway: !html 502"),
    Switch("!slow SECONDS [between=SECONDS]", "waits before the first byte, and between chunks"),
    Switch(
        "!cut CHUNKS [end=died|clean]",
        "ends the stream after that many chunks: the connection dies, or ends in order but "
        "without finish_reason and [DONE]; of a plain answer half is sent",
    ),
    Switch("!chunk CHARACTERS", "chunks of this size"),
    Switch(
        "!think none|tight|orphan|field|both",
        "no thinking; no whitespace around it; </think> without an opening tag; "
        "in reasoning_content instead of tags; in both",
    ),
    Switch(
        "!usage null|zero|alone",
        "no usage; zeros in mid-stream chunks; in a chunk of its own with choices: []",
    ),
    Switch(
        "!odd role|fields|message|calls|cumulative|stray",
        'role: "" in the chunks; undocumented fields; the whole message in the last chunk; '
        "pieces of calls interleave and repeat id and name as null or empty; "
        "each text of a stream's reasoning_details is the whole so far; "
        "the thinking in a stream's fields ends in a stray </think>",
    ),
    Switch(
        "!call [NAME ...]",
        "calls these of the functions offered, or without a name on its line the first one",
    ),
    Switch("!model NAME", "another model than the one asked for has served the request"),
    Switch(
        "!sensitive [input=TYPE] [output=TYPE]", "input or output hit the content filter, 1 to 7"
    ),
    Switch("!trace HEADER_NAME", "the trace id in this header: !trace x-mm-request-id"),
    Switch("!say TEXT", "answers with the rest of the message"),
]
_BY_NAME = {switch.name: switch for switch in SWITCHES}


def read_switches(
    message: str, behaviour: Behaviour, offered: Collection[str] | None = None
) -> tuple[Behaviour, str]:
    """Returns `behaviour` as the switches at the start of `message` change it, and the rest.

    A word that is no switch ends them. `offered` are the functions that may be called; None where
    that is not known yet. Raises SwitchError for a switch that is not written as its usage.
    """
    rest = message
    while (match := _NAME.match(rest)) and (switch := _BY_NAME.get(match[1])):
        rest = rest[match.end() :]
        if switch.name == "!say":
            return replace(behaviour, text=rest.strip()), rest.strip()
        if switch.name == "!call":
            names, rest = _read_names(rest, offered)
            values: dict[str, Any] = {"call": names}
        else:
            values, rest = switch.read(rest)
        if "odd" in values:
            values["odd"] = behaviour.odd | {values["odd"]}
        behaviour = replace(behaviour, **values)
    return behaviour, message if rest is message else rest.strip()


def _read_names(rest: str, offered: Collection[str] | None) -> tuple[tuple[str, ...], str]:
    """The names on the line: the first word is one, the others as long as they are offered."""
    names: list[str] = []
    while match := _WORD_ON_THE_LINE.match(rest):
        if names and offered is not None and match[1] not in offered:
            break
        names.append(match[1])
        rest = rest[match.end() :]
    return tuple(names), rest
