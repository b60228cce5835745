"""Limits, defaults and values that a description states in words, Chinese or English."""

import re
import unicodedata
from typing import Any, TypeAlias

Bound: TypeAlias = tuple[float, bool]  # the number, and whether it is itself excluded

_NUMBER = r"[-+]?\d+(?:\.\d+)?"
_NAME = r"(?:\bx|\bvalue|\bbe|值|范围:?|取值)"
_ADVICE = re.compile(r"recommend|suggest|advis|推荐|建议|e\.g\.|例如", re.IGNORECASE)
_RANGE = r"(?:ranges?|between|interval|范围|区间|介于)"
_LINK = r"(?:\s*(?:value|值))?\s*(?:(?:is|of)\s|为|是|:|=)?\s*"
# Not the start of a longer number or word, nor an amount of something else, such as 10 MB.
_END = r"(?![\d.]*\d)(?!\s*(?:[kmg]i?b|[kmg]\b|%|兆|字节|bytes?\b|seconds?\b|秒))"

_INTERVAL = re.compile(
    rf"(?P<open>[(\[])\s*(?P<low>{_NUMBER})\s*,\s*(?P<high>{_NUMBER})\s*(?P<close>[)\]])"
)
_FROM_TO = re.compile(
    rf"{_RANGE}[^\d\n(\[]{{0,9}}?(?P<low>{_NUMBER})\s*(?:~|-|–|to|and|到|至)\s*(?P<high>{_NUMBER})",
    re.IGNORECASE,
)
_CHAIN = re.compile(
    rf"(?P<low>{_NUMBER})\s*(?P<above><=?)\s*\w+\s*(?P<below><=?)\s*(?P<high>{_NUMBER})"
)
_COMPARE = re.compile(rf"{_NAME}\s*(?P<sign>[<>]=?)\s*(?P<number>{_NUMBER})", re.IGNORECASE)
_LIMITS = {
    "upper bound": re.compile(
        r"(?:上限|最大|最高|不(?:能|得|可)?(?:超过|大于)"
        r"|\bmax(?:imum)?\b|\bupper (?:bound|limit)\b"
        r"|\b(?:at most|no more than|not exceed|up to)\b)"
        rf"{_LINK}(?P<number>{_NUMBER}){_END}",
        re.IGNORECASE,
    ),
    "lower bound": re.compile(
        r"(?:下限|最小|最低|不(?:能|得|可)?(?:少于|低于|小于)"
        r"|\bmin(?:imum)?\b|\blower (?:bound|limit)\b|\b(?:at least|no less than)\b)"
        rf"{_LINK}(?P<number>{_NUMBER}){_END}",
        re.IGNORECASE,
    ),
}
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

    def add(low: str, low_excluded: bool, high: str, high_excluded: bool) -> None:
        found["lower bound"].add((float(low), low_excluded))
        found["upper bound"].add((float(high), high_excluded))

    for match in _INTERVAL.finditer(text):
        before = text[max(0, match.start() - 24) : match.start()]
        half_open = (match["open"] == "(") != (match["close"] == ")")
        if (half_open or re.search(_RANGE, before, re.IGNORECASE)) and not _ADVICE.search(before):
            add(match["low"], match["open"] == "(", match["high"], match["close"] == ")")
    for match in _FROM_TO.finditer(text):
        if not _is_advice(text, match):
            add(match["low"], False, match["high"], False)
    for match in _CHAIN.finditer(text):
        add(match["low"], match["above"] == "<", match["high"], match["below"] == "<")
    for match in _COMPARE.finditer(text):
        side = "lower bound" if ">" in match["sign"] else "upper bound"
        found[side].add((float(match["number"]), "=" not in match["sign"]))
    for side, limit in _LIMITS.items():
        for match in limit.finditer(text):
            if not _is_advice(text, match):
                found[side].add((float(match["number"]), False))
    return {side: next(iter(bounds)) for side, bounds in found.items() if len(bounds) == 1}


def _is_advice(text: str, match: re.Match[str]) -> bool:
    return _ADVICE.search(text[max(0, match.start() - 16) : match.end()]) is not None


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
