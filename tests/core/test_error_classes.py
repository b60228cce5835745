"""The error classes: their tree, what they hold, that a pickle keeps it, and the page of them."""

from __future__ import annotations

import copy
import pickle
import re
from pathlib import Path
from typing import Any

import pytest

import minimax_chat
from minimax_chat import Completion, MiniMaxError, _errors
from minimax_chat._errors import ERROR_CLASSES, HTTP_ERROR_CLASSES
from minimax_chat._reply import api_error
from minimax_chat_api.contract import RETRYABLE_STATUS_CODES, STATUS_MEANINGS
from replies import documented, openai_style

PAGE = Path(__file__).parents[2] / "docs" / "errors.md"

# Class: the classes that catch it as well.
TREE: dict[str, set[str]] = {
    "MiniMaxError": set(),
    "ConfigurationError": set(),
    "InvalidArgumentError": {"ValueError"},
    "APIConnectionError": set(),
    "APITimeoutError": {"APIConnectionError"},
    "ResponseDecodeError": set(),
    "StreamInterruptedError": set(),
    "APIError": set(),
    "AuthenticationError": {"APIError"},
    "InsufficientBalanceError": {"APIError"},
    "RateLimitError": {"APIError"},
    "PlanLimitError": {"APIError", "RateLimitError"},
    "BadRequestError": {"APIError"},
    "TokenLimitError": {"APIError"},
    "ContentFilterError": {"APIError"},
    "InputContentError": {"APIError", "ContentFilterError"},
    "OutputContentError": {"APIError", "ContentFilterError"},
    "InternalServerError": {"APIError"},
    "ServerTimeoutError": {"APIError", "APITimeoutError", "APIConnectionError"},
}
RETRYABLE = {
    *("APIConnectionError", "APITimeoutError", "RateLimitError"),
    *("InternalServerError", "ServerTimeoutError"),
}
CLASSES: dict[str, type[MiniMaxError]] = {
    name: value
    for name, value in vars(_errors).items()
    if isinstance(value, type) and issubclass(value, MiniMaxError)
}
DETAILS: dict[str, Any] = {
    "code": 1002,
    "http_status": 429,
    "trace_id": "t-1",
    "retryable": True,
    "retry_after": 2.5,
    "body": openai_style("x (1002)"),
    "completion": Completion(documented(), "t-1"),
    "hint": "Wait.",
}

every_class = pytest.mark.parametrize("kind", CLASSES.values(), ids=CLASSES)


def test_the_tree_holds_every_class() -> None:
    assert CLASSES.keys() == TREE.keys()


@every_class
def test_what_catches_an_error(kind: type[MiniMaxError]) -> None:
    bases = {base.__name__ for base in kind.__mro__[1:]} - {"object", "BaseException", "Exception"}
    assert bases - {"MiniMaxError"} == TREE[kind.__name__]
    assert issubclass(kind, MiniMaxError)


@every_class
def test_an_error_can_be_imported_from_the_top(kind: type[MiniMaxError]) -> None:
    assert getattr(minimax_chat, kind.__name__) is kind


@every_class
def test_an_error_holds_what_is_known(kind: type[MiniMaxError]) -> None:
    error = kind("It broke.", **DETAILS)
    assert error.message == "It broke."
    assert {name: getattr(error, name) for name in DETAILS} == DETAILS
    assert str(error) == "It broke. Wait. [code 1002, HTTP 429, trace id t-1]"


@every_class
def test_what_is_not_known_reads_none(kind: type[MiniMaxError]) -> None:
    error = kind("It broke.")
    known = [getattr(error, name) for name in DETAILS if name not in ("retryable", "hint")]
    assert known == [None] * 6
    assert error.retryable is (kind.__name__ in RETRYABLE)
    assert isinstance(error.hint, str)
    assert str(error) == f"It broke. {error.hint}".strip()


@every_class
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_an_error_survives_a_pickle(kind: type[MiniMaxError], protocol: int) -> None:
    check_copy(kind, lambda error: pickle.loads(pickle.dumps(error, protocol)))


@every_class
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_an_error_survives_a_copy(kind: type[MiniMaxError], copied: Any) -> None:
    check_copy(kind, copied)


def check_copy(kind: type[MiniMaxError], copied: Any) -> None:
    error = kind("It broke.", **DETAILS)
    twin: MiniMaxError = copied(error)
    assert type(twin) is kind
    assert twin.args == error.args
    assert vars(twin) == vars(error)
    assert str(twin) == str(error)
    assert twin.completion is not None
    assert twin.completion.text == Completion(documented()).text
    assert twin.completion.trace_id == "t-1"
    assert twin.completion.raw.to_dict() == documented()


def test_an_error_of_a_reply_survives_a_pickle() -> None:
    error = api_error(429, {"retry-after": "3"}, openai_style("x (1002)"))
    assert error is not None
    twin = pickle.loads(pickle.dumps(error))
    assert (type(twin), vars(twin)) == (type(error), vars(error))
    assert twin.retry_after == 3


def test_every_documented_code_has_its_class() -> None:
    assert ERROR_CLASSES.keys() == STATUS_MEANINGS.keys() - {0}
    assert ERROR_CLASSES.keys() >= RETRYABLE_STATUS_CODES


# docs/errors.md


def rows(heading: str) -> list[list[str]]:
    """The cells of the table below a heading, without its head."""
    section = PAGE.read_text("utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_page_lists_the_codes_as_the_contract_and_the_table_have_them() -> None:
    assert rows("Status codes") == [
        [
            str(code),
            meaning,
            f"`{ERROR_CLASSES[code].__name__}`",
            "yes" if code in RETRYABLE_STATUS_CODES else "no",
        ]
        for code, meaning in STATUS_MEANINGS.items()
        if code
    ]


def test_the_page_lists_the_http_statuses_as_the_table_has_them() -> None:
    def row(shown: str, status: int) -> list[str]:
        error = api_error(status, {}, {})
        assert error is not None
        return [shown, f"`{type(error).__name__}`", "yes" if error.retryable else "no"]

    named = sorted(HTTP_ERROR_CLASSES)
    others = [row("other 4xx", 418), row("5xx", 503), row("any other", 302)]
    assert rows("HTTP statuses") == [*(row(str(status), status) for status in named), *others]


def test_the_page_shows_the_tree_of_classes() -> None:
    item = r"^( *)- `(\w+)`(?: \(also `(\w+)`\))?: (.+)$"
    listed = re.findall(item, PAGE.read_text("utf-8"), re.MULTILINE)
    assert [name for _, name, _, _ in listed] == list(TREE)
    above: list[str] = []
    for indent, name, other, meaning in listed:
        above[len(indent) // 2 :] = [name]
        bases = {base for base in (*above[:-1], other) if base} - {"MiniMaxError"}
        assert bases.union(*(TREE[base] for base in bases)) == TREE[name] - {"ValueError"}, name
        assert meaning == (CLASSES[name].__doc__ or "").partition("\n")[0], name


def test_the_page_explains_every_attribute() -> None:
    listed = [name for name, *_ in rows("What an error holds")]
    assert listed == [f"`{name}`" for name in ("message", *DETAILS)]
