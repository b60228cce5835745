"""Limits, defaults and values that a description states in words, Chinese or English."""

import re
import unicodedata
from typing import Any, TypeAlias

Bound: TypeAlias = tuple[float, bool]  # the number, and whether it is itself excluded

_NUMBER = r"[-+]?\d+(?:\.\d+)?"
_LOW, _HIGH = rf"(?P<low>{_NUMBER})", rf"(?P<high>{_NUMBER})"
_PAIR = rf"\s*{_LOW}\s*,\s*{_HIGH}\s*"
_RANGE = r"(?:ranges?|between|interval|范围|区间|介于)[^\d\n(\[]{0,9}?"
_NAME = r"(?:\bx|\bvalue|\bbe|值|范围:?|取值)\s*"
_LINK = r"(?:\s*(?:value|值))?\s*(?:(?:is|of)\s|为|是|:|=)?\s*"
# Not the start of a longer number or word, nor an amount of something else, such as 10 MB.
_END = r"(?![\d.]*\d)(?!\s*(?:[kmg]i?b|[kmg]\b|%|兆|字节|bytes?\b|seconds?\b|秒))"
_AT_MOST = (
    r"(?:上限|最大|最高|不(?:能|得|可)?(?:超过|大于)|\bmax(?:imum)?\b|\bupper (?:bound|limit)\b"
    r"|\b(?:at most|no more than|not exceed|up to)\b)"
)
_AT_LEAST = (
    r"(?:下限|最小|最低|不(?:能|得|可)?(?:少于|低于|小于)|\bmin(?:imum)?\b"
    r"|\blower (?:bound|limit)\b|\b(?:at least|no less than)\b)"
)
# `above` and `below` are the signs that say whether a number is itself excluded.
_BOUNDS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?P<above>\(){_PAIR}(?P<below>\])",
        rf"(?P<above>\[){_PAIR}(?P<below>\))",
        rf"{_RANGE}(?P<above>[(\[]){_PAIR}(?P<below>[)\]])",
        rf"{_RANGE}{_LOW}\s*(?:~|-|–|to|and|到|至)\s*{_HIGH}",
        rf"{_LOW}\s*(?P<above><=?)\s*\w+\s*(?P<below><=?)\s*{_HIGH}",
        rf"{_NAME}(?P<above>>=?)\s*{_LOW}",
        rf"{_NAME}(?P<below><=?)\s*{_HIGH}",
        rf"{_AT_MOST}{_LINK}{_HIGH}{_END}",
        rf"{_AT_LEAST}{_LINK}{_LOW}{_END}",
    )
]
_ADVICE = re.compile(r"recommend|suggest|advis|推荐|建议|e\.g\.|例如", re.IGNORECASE)
_DEFAULT = re.compile(
    rf"(?:defaults?(?:\s+value)?(?:\s+(?:to|is))?|默认(?:值)?(?:为|是)?)\s*[:=]?\s*"
    rf"(?P<value>true|false|{_NUMBER})(?![\w.]*\w)",
    re.IGNORECASE,
)


def bounds_in(text: str) -> dict[str, Bound]:
    """Read bounds out of a description: "Range (0, 1]", "0 < x <= 1", "上限为 2048", "at most 4".

    Advice ("recommended range …") is no bound, and bounds that contradict each other are none.
    """
    text = _simplified(text)
    found: dict[str, set[Bound]] = {"lower bound": set(), "upper bound": set()}
    for match in (match for pattern in _BOUNDS for match in pattern.finditer(text)):
        if _ADVICE.search(text[max(0, match.start() - 16) : match.end()]):
            continue
        said = match.groupdict()
        for side, number, sign in (
            ("lower bound", "low", "above"),
            ("upper bound", "high", "below"),
        ):
            if said.get(number):
                found[side].add((float(said[number]), said.get(sign) in ("(", ")", "<", ">")))
    return {side: next(iter(bounds)) for side, bounds in found.items() if len(bounds) == 1}


def default_in(text: str, kind: str) -> list[Any]:
    """Read the default of a boolean or number out of a description; an empty list if none is."""
    found: set[Any] = set()
    for match in _DEFAULT.finditer(_simplified(text)):
        word = match["value"].lower()
        if (word in ("true", "false")) == (kind == "boolean"):
            found.add(word == "true" if kind == "boolean" else float(word))
    return list(found) if len(found) == 1 else []


def values_in(text: str, values: dict[str, Any]) -> dict[str, Any] | None:
    """Return those of the values that a description mentions; None if it mentions none of them."""
    text = _simplified(text)
    found: dict[str, Any] = {}
    for key, value in values.items():
        if re.search(rf"(?<![\w.-]){re.escape(str(value))}(?![\w-])", text):
            found[key] = value
    return found or None


def _simplified(text: str) -> str:
    """Replace full-width characters and signs by ASCII, and remove markup."""
    text = unicodedata.normalize("NFKC", text).translate(str.maketrans("", "", "`*"))
    return text.replace("≤", "<=").replace("≥", ">=").replace("−", "-")
