"""The error classes: their tree, their attributes, their copies, and their page."""

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
from minimax_chat_api.contract import RETRYABLE_STATUS_CODES, STATUS_MEANINGS
from samples import documented, openai_style
from seams import error_of

PAGE = Path(__file__).parents[2] / "docs" / "errors.md"

# Class: the classes that also catch it.
TREE: dict[str, set[str]] = {
    "MiniMaxError": set(),
    "ConfigurationError": set(),
    "InvalidArgumentError": {"ValueError"},
    "APIConnectionError": set(),
    "APITimeoutError": {"APIConnectionError"},
    "ResponseDecodeError": set(),
    "ResponseLimitError": {"ResponseDecodeError"},
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
    "APIConnectionError",
    "APITimeoutError",
    "RateLimitError",
    "InternalServerError",
    "ServerTimeoutError",
}
# Class: what its errors advise. The other classes advise what their base classes do.
HINTS = {
    "MiniMaxError": "",
    "APIConnectionError": "Check the network, the proxy and base_url.",
    "APITimeoutError": "Increase timeout=.",
    "ResponseDecodeError": "Check base_url, and proxies between this machine and the API.",
    "ResponseLimitError": "If the answer is meant to be so large, increase max_answer_bytes=.",
    "StreamInterruptedError": "Call again; `completion` holds what had arrived.",
    "APIError": "See MiniMax's list of error codes, or give its support the trace id.",
    "InsufficientBalanceError": "Top up the account's balance; calls fail until then.",
    "RateLimitError": "Wait before the next call, or increase max_retries.",
    "PlanLimitError": "The limit resets with the plan's next time window; "
    "retrying earlier does not help.",
    "BadRequestError": "Change the request; it would be rejected again.",
    "TokenLimitError": "Shorten the messages, or change max_completion_tokens.",
    "InputContentError": "Change the messages; the same input would be blocked again.",
    "OutputContentError": "Change the messages; the answer to them was blocked.",
    "InternalServerError": "Try again later; if it persists, give MiniMax's support the trace id.",
    "ServerTimeoutError": "Try again; a shorter or streamed answer is less likely to time out.",
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


def test_the_tree_lists_every_class() -> None:
    assert CLASSES.keys() == TREE.keys()


@every_class
def test_base_classes_of_an_error(kind: type[MiniMaxError]) -> None:
    bases = {base.__name__ for base in kind.__mro__[1:]} - {"object", "BaseException", "Exception"}
    assert bases - {"MiniMaxError"} == TREE[kind.__name__]
    assert issubclass(kind, MiniMaxError)


@every_class
def test_an_error_can_be_imported_from_the_package(kind: type[MiniMaxError]) -> None:
    assert getattr(minimax_chat, kind.__name__) is kind


@every_class
def test_an_error_shows_its_details(kind: type[MiniMaxError]) -> None:
    error = kind("It broke.", **DETAILS)
    assert error.message == "It broke."
    assert {name: getattr(error, name) for name in DETAILS} == DETAILS
    assert str(error) == "It broke. Wait. [code 1002, HTTP 429, trace id t-1]"


@every_class
def test_attributes_of_an_error_without_details(kind: type[MiniMaxError]) -> None:
    error = kind("It broke.")
    known = [getattr(error, name) for name in DETAILS if name not in ("retryable", "hint")]
    assert known == [None] * 6
    assert error.retryable is (kind.__name__ in RETRYABLE)
    hint = next(HINTS[base.__name__] for base in kind.__mro__ if base.__name__ in HINTS)
    assert error.hint == hint
    assert str(error) == f"It broke. {error.hint}".strip()


def test_a_full_stop_between_message_and_hint_is_not_doubled() -> None:
    for message in ("No such model: X", "No such model: X."):
        assert str(MiniMaxError(message, hint="Try Y.")) == "No such model: X. Try Y."


@every_class
@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))]
)
def test_an_error_survives_copy_and_pickle(kind: type[MiniMaxError], copied: Any) -> None:
    error = kind(message="It broke.", **DETAILS)
    twin: MiniMaxError = copied(error)
    assert type(twin) is kind
    assert twin.args == error.args == ("It broke.",)
    assert vars(twin) == vars(error)
    assert str(twin) == str(error)
    assert twin.completion is not None
    assert twin.completion.text == Completion(documented()).text
    assert twin.completion.trace_id == "t-1"
    assert twin.completion.raw.to_dict() == documented()


def test_every_status_code_of_the_contract_has_a_class() -> None:
    assert ERROR_CLASSES.keys() == STATUS_MEANINGS.keys() - {0}
    assert ERROR_CLASSES.keys() >= RETRYABLE_STATUS_CODES


# docs/errors.md


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading, without its header row."""
    section = PAGE.read_text("utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_page_lists_the_status_codes_with_their_classes() -> None:
    assert rows("Status codes") == [
        [
            f"[{code}](#{code})",
            meaning,
            f"`{ERROR_CLASSES[code].__name__}`",
            "yes" if code in RETRYABLE_STATUS_CODES else "no",
        ]
        for code, meaning in STATUS_MEANINGS.items()
        if code
    ]


def test_the_page_says_what_to_do_about_every_status_code() -> None:
    """In a section of its own, which a link can lead to."""
    sections = re.findall(
        r"^### (\d+)\n\n(.*)\n\n(?!#)(\w|“)", PAGE.read_text("utf-8"), re.MULTILINE
    )
    assert [(int(code), facts) for code, facts, _ in sections] == [
        (
            code,
            f"{meaning[0].upper()}{meaning[1:]} · `{ERROR_CLASSES[code].__name__}` · "
            f"{'retried' if code in RETRYABLE_STATUS_CODES else 'not retried'}",
        )
        for code, meaning in STATUS_MEANINGS.items()
        if code
    ]


def test_the_page_lists_the_http_statuses_with_their_classes() -> None:
    def row(shown: str, status: int) -> list[str]:
        error = error_of(status, {})
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
        above[len(indent) // 4 :] = [name]
        bases = {base for base in (*above[:-1], other) if base} - {"MiniMaxError"}
        assert bases.union(*(TREE[base] for base in bases)) == TREE[name] - {"ValueError"}, name
        assert meaning == (CLASSES[name].__doc__ or "").partition("\n")[0], name


def test_the_page_explains_every_attribute() -> None:
    listed = [name for name, *_ in rows("What an error holds")]
    assert listed == [f"`{name}`" for name in ("message", *DETAILS)]
