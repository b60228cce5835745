"""The switches: words at the start of the last message that tell the emulator how to behave."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Shape = Literal["http", "base_resp"]

# A reply's HTTP status may be one of these, and a wait so many seconds.
HTTP_STATUSES = frozenset({200, *range(400, 600)})
LONGEST_WAIT = 3600


@dataclass(frozen=True)
class Behaviour:
    """How one request is to be answered. The defaults are those of an ordinary day."""

    code: int | None = None
    """Fail with this status code."""
    shape: Shape | None = None
    times: int = 0
    """Fail so many times, then answer; 0 fails always."""
    http_status: int | None = None
    after: int | None = None
    """Fail inside the stream, after so many chunks."""
    message: str | None = None
    code_type: Callable[[int], Any] = int
    retry_after: str | None = None
    retry_after_ms: str | None = None
    html: int | None = None
    """Answer an HTML page with this HTTP status."""
    delay: float = 0.0
    pace: float | None = None
    cut: int | None = None
    """Stop after so many chunks."""
    cut_end: Literal["died", "clean"] = "died"
    chunk_size: int | None = None
    text: str | None = None
    thinking: str | None = None
    think: str | None = None
    usage: str | None = None
    odd: frozenset[str] = field(default_factory=frozenset[str])
    call: tuple[str, ...] | None = None
    """Call these of the functions offered, the first if none is named."""
    tool_calls: tuple[tuple[str, str], ...] = ()
    """Call these functions with these arguments, offered or not."""
    model: str | None = None
    input_sensitive: int = 0
    output_sensitive: int = 0
    trace: str | None = None


# With a trace id in them a reply could not be read, or not be sent; or it has them already.
HEADERS_IN_USE = frozenset(
    {
        *("cache-control", "connection", "content-encoding", "content-length", "content-type"),
        *("keep-alive", "retry-after", "retry-after-ms", "trailer", "transfer-encoding", "upgrade"),
    }
)


class SwitchError(ValueError):
    """A switch whose arguments make no sense. The message says how it is written."""


@dataclass(frozen=True)
class Switch:
    usage: str
    """How it is written."""
    meaning: str
    """What happens."""
    arguments: dict[str, Callable[[str], Any]]
    """What follows the name, in this order: field of Behaviour and reader of the word."""
    options: dict[str, tuple[str, Callable[[str], Any]]] = field(
        default_factory=dict[str, tuple[str, Callable[[str], Any]]]
    )
    """What may follow as name=value: field of Behaviour and reader of the value."""


def _one_of(*words: str) -> Callable[[str], str]:
    def read(word: str) -> str:
        if word not in words:
            raise ValueError(word)
        return word

    return read


def _count(word: str) -> int:
    # No limit that means anything has more digits, and int() refuses thousands of them.
    if not re.fullmatch("[0-9]{1,9}", word):
        raise ValueError(word)
    return int(word)


def _positive(word: str) -> int:
    if not (number := _count(word)):
        raise ValueError(word)
    return number


def _http_status(word: str) -> int:
    if (number := _count(word)) not in HTTP_STATUSES:
        raise ValueError(word)
    return number


def _seconds(word: str) -> float:
    number = float(word)
    if not 0 <= number <= LONGEST_WAIT:
        raise ValueError(word)
    return number


def _header_value(word: str) -> str:
    if not re.fullmatch("[!-~]+", word):
        raise ValueError(word)
    return word


def _header_name(word: str) -> str:
    if not re.fullmatch("[A-Za-z0-9-]+", word):
        raise ValueError(word)
    if (name := word.lower()) in HEADERS_IN_USE:
        raise SwitchError(
            f"the emulator's switch !trace cannot use {name}, which a reply needs for itself: "
            "choose another name, such as x-request-id"
        )
    return name


def _number_type(word: str) -> Callable[[int], Any]:
    return {"string": str, "float": float}[word]


ODDITIES = ("role", "fields", "message", "calls", "cumulative", "stray")


def _oddities(word: str) -> frozenset[str]:
    return frozenset({_one_of(*ODDITIES)(word)})


SWITCHES: dict[str, Switch] = {
    "fail": Switch(
        "!fail CODE [shape=http|base_resp] [times=N] [after=CHUNKS] [status=HTTP_STATUS] "
        "[retry-after=SECONDS] [retry-after-ms=MS] [type=string|float]",
        "fails with any code; times: so often, then answers (counted by key and request body); "
        "after: inside the stream; status: another HTTP status; type: of the code in base_resp",
        {"code": _positive},
        {
            "shape": ("shape", _one_of("http", "base_resp")),
            "times": ("times", _positive),
            "after": ("after", _count),
            "status": ("http_status", _http_status),
            "retry-after": ("retry_after", _header_value),
            "retry-after-ms": ("retry_after_ms", _header_value),
            "type": ("code_type", _number_type),
        },
    ),
    "html": Switch(
        "!html HTTP_STATUS", "an HTML page, as of a gateway: !html 502", {"html": _http_status}
    ),
    "slow": Switch(
        "!slow SECONDS [between=SECONDS]",
        "waits before the first byte, and between chunks",
        {"delay": _seconds},
        {"between": ("pace", _seconds)},
    ),
    "cut": Switch(
        "!cut CHUNKS [end=died|clean]",
        "ends the stream after so many chunks: the connection dies, or ends in order but without "
        "finish_reason and [DONE]; of a plain answer half is sent",
        {"cut": _count},
        {"end": ("cut_end", _one_of("died", "clean"))},
    ),
    "chunk": Switch("!chunk CHARACTERS", "chunks of this size", {"chunk_size": _positive}),
    "think": Switch(
        "!think none|tight|orphan|field|both",
        "no thinking; no white space around it; </think> without an opening tag; "
        "in reasoning_content instead of tags; in both",
        {"think": _one_of("none", "tight", "orphan", "field", "both")},
    ),
    "usage": Switch(
        "!usage null|zero|alone",
        "no usage; zeros in mid-stream chunks; in a chunk of its own with choices: []",
        {"usage": _one_of("null", "zero", "alone")},
    ),
    "odd": Switch(
        f"!odd {'|'.join(ODDITIES)}",
        'role: "" in the chunks; fields that no page lists; the whole message in the last chunk; '
        "pieces of calls interleave and repeat id and name as null or empty; "
        "each text of a stream's reasoning_details is the whole so far; "
        "the thinking in a stream's fields ends in a stray </think>",
        {"odd": _oddities},
    ),
    "call": Switch(
        "!call [NAME ...]",
        "calls these of the functions offered, or without a name on its line the first one",
        {},
    ),
    "model": Switch(
        "!model NAME", "another model than the one asked for has served the request", {"model": str}
    ),
    "sensitive": Switch(
        "!sensitive [input=TYPE] [output=TYPE]",
        "input or output hit the content filter, 1 to 7",
        {},
        {"input": ("input_sensitive", _positive), "output": ("output_sensitive", _positive)},
    ),
    "trace": Switch(
        "!trace HEADER_NAME",
        "the trace id in this header: !trace x-mm-request-id",
        {"trace": _header_name},
    ),
    "say": Switch("!say TEXT", "answers with the rest of the message", {}),
}

_NAME = re.compile(r"\s*!([a-z]+)(?!\S)")
_WORD = re.compile(r"\s*(\S+)")
_WORD_ON_THE_LINE = re.compile(r"[^\S\n]*([^\s!]\S*)")
_OPTION = re.compile(r"\s*([a-z-]+)=(\S+)")


def read_switches(message: str, offered: Collection[str] | None = None) -> tuple[Behaviour, str]:
    """Takes the switches off the start of `message`; returns what they say and the rest.

    `offered` are the functions that may be called; None where that is not known yet.

    Raises SwitchError where the arguments of a switch make no sense. A word that is no switch ends
    the switches.
    """
    behaviour = Behaviour()
    rest = message
    while (match := _NAME.match(rest)) and (name := match[1]) in SWITCHES:
        rest = rest[match.end() :]
        if name == "say":
            return replace(behaviour, text=rest.strip()), rest.strip()
        if name == "call":
            names, rest = _read_names(rest, offered)
            behaviour = replace(behaviour, call=names)
            continue
        switch = SWITCHES[name]
        changes: dict[str, Any] = {}
        try:
            for field_name, read in switch.arguments.items():
                word = _WORD.match(rest)
                if word is None:
                    raise ValueError
                changes[field_name] = read(word[1])
                rest = rest[word.end() :]
            while (option := _OPTION.match(rest)) and option[1] in switch.options:
                field_name, read = switch.options[option[1]]
                changes[field_name] = read(option[2])
                rest = rest[option.end() :]
        except SwitchError:
            raise
        except (ValueError, KeyError):
            raise SwitchError(f"the emulator's switch !{name} is written {switch.usage}") from None
        if "odd" in changes:
            changes["odd"] = behaviour.odd | changes["odd"]
        behaviour = replace(behaviour, **changes)
    return behaviour, rest.strip() if rest is not message else message


def _read_names(rest: str, offered: Collection[str] | None) -> tuple[tuple[str, ...], str]:
    """The words on the line: the first is a name, the others as long as they are offered."""
    names: list[str] = []
    while word := _WORD_ON_THE_LINE.match(rest):
        if names and offered is not None and word[1] not in offered:
            break
        names.append(word[1])
        rest = rest[word.end() :]
    return tuple(names), rest
