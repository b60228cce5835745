"""What the emulator thinks and says: computed from the conversation, the same every time."""

from __future__ import annotations

import random
import re
import sys
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

# One token is a Chinese, Japanese or Korean character, a tag, a word, or any other sign.
# White space is free.
_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
_TOKEN = re.compile(rf"</?think>|[{_CJK}]|[^\W{_CJK}]+|[^\w\s]")

_CHINESE = re.compile("[\u3400-\u9fff]")
_GREETING = re.compile(r"\W*(你好|您好|嗨|(hello|hi|hey|good (morning|evening))\b)", re.IGNORECASE)

PHRASES: dict[str, dict[str, str]] = {
    "zh": {
        "thought": "用户用中文{verb}:“{asked}”。",
        "thought_turn": "这是第 {turns} 轮对话,一共 {count} 条消息。",
        "thought_persona": "我的名字是 {persona}。",
        "thought_language": "我应该用中文回应。",
        "hello": "你好{speaker}!",
        "speaker": ",{name}",
        "persona": "我是 {persona}。",
        "said": "你刚才说:“{asked}”。",
        "asked": "你刚才问:“{asked}”。",
        "silence": "你还没有说什么。",
        "system": "我的设定是:“{system}”。",
        "turn": "这是我们对话的第 {turns} 轮,一共 {count} 条消息。",
        "history": "我之前的 {own} 条回答里,有 {whole} 条带着思考过程一起发了回来。",
        "offer": "有什么我可以帮助你的吗?",
        "verb_said": "说",
        "verb_asked": "问",
        "space": "",
    },
    "en": {
        "thought": "The user {verb}, in English: “{asked}”.",
        "thought_turn": "This is turn {turns} of the conversation, messages so far: {count}.",
        "thought_persona": "My name is {persona}.",
        "thought_language": "I should answer in English.",
        "hello": "Hello{speaker}!",
        "speaker": ", {name}",
        "persona": "I am {persona}.",
        "said": "You said: “{asked}”.",
        "asked": "You asked: “{asked}”.",
        "silence": "You have not said anything yet.",
        "system": "My instructions are: “{system}”.",
        "turn": "This is turn {turns} of our conversation, messages so far: {count}.",
        "history": "Of my {own} earlier answers, {whole} came back with their thinking.",
        "offer": "How can I help you?",
        "verb_said": "says",
        "verb_asked": "asks",
        "space": " ",
    },
}


@dataclass(frozen=True)
class Answer:
    thinking: str
    text: str


@dataclass(frozen=True)
class Output:
    """What the model generated, as it goes into the message."""

    content: str
    reasoning_content: str
    tokens: int
    cut_off: bool


def count_tokens(text: str) -> int:
    return sum(1 for _ in _TOKEN.finditer(text))


def count_prompt_tokens(messages: Sequence[Mapping[str, Any]]) -> int:
    """The tokens of every message's role, name and content."""
    return sum(
        count_tokens(_text(message.get(part)))
        for message in messages
        for part in ("role", "name", "content")
    )


def last_user_message(messages: Sequence[Mapping[str, Any]]) -> str:
    """What the last message of role user says; "" if there is none."""
    return next(
        (
            _text(message.get("content"))
            for message in reversed(messages)
            if message["role"] == "user"
        ),
        "",
    )


def compose(messages: Sequence[Mapping[str, Any]], asked: str, persona: str) -> Answer:
    """Answers `asked`, the last user message without its switches, in its language.

    `persona` is the model's name where the system message gives none.
    """
    language = "zh" if _CHINESE.search(asked) else "en"
    phrases = PHRASES[language]
    users = [message for message in messages if message["role"] == "user"]
    nothing: Mapping[str, Any] = {}
    system = next((message for message in messages if message["role"] == "system"), nothing)
    own = [message for message in messages if message["role"] == "assistant"]
    asking = asked.rstrip().endswith(("?", "\uff1f"))
    facts: dict[str, Any] = {
        "asked": asked,
        "speaker": phrases["speaker"].format(name=users[-1]["name"])
        if users and users[-1].get("name")
        else "",
        "persona": system.get("name") or persona,
        "system": _text(system.get("content")),
        "turns": len(users),
        "count": len(messages),
        "own": len(own),
        "whole": sum(
            "</think>" in _text(message.get("content")) or bool(message.get("reasoning_content"))
            for message in own
        ),
        "verb": phrases["verb_asked" if asking else "verb_said"],
    }
    greeting = _GREETING.match(asked)
    said = "silence" if not asked.strip() else "asked" if asking else "said"
    text = [
        *(["hello", "persona"] if greeting or len(users) <= 1 else []),
        said,
        *(["system"] if facts["system"] else []),
        "turn",
        *(["history"] if own else []),
        *(["offer"] if greeting else []),
    ]
    thinking = [
        *(["thought"] if asked.strip() else ["silence"]),
        "thought_turn",
        "thought_persona",
        "thought_language",
    ]

    def say(keys: list[str], facts: dict[str, Any]) -> str:
        return phrases["space"].join(phrases[key].format(**facts) for key in keys)

    return Answer(say(thinking, {**facts, "asked": _shortened(asked)}), say(text, facts))


def generate(answer: Answer, style: str, limit: int | None) -> Output:
    """Joins thinking and answer in a style of `!think`, cut off after `limit` tokens."""
    thinking, text = answer.thinking, answer.text
    content = {
        "tags": f"<think>\n{thinking}\n</think>\n\n{text}",
        "tight": f"<think>{thinking}</think>{text}",
        "orphan": f"{thinking}\n</think>\n\n{text}",
    }
    content["both"] = content["tags"]
    whole = content.get(style, text) if thinking else text
    reasoning = thinking if style in ("field", "both") else ""
    left = sys.maxsize if limit is None else min(limit, sys.maxsize)
    kept_reasoning, reasoning_tokens = _first_tokens(reasoning, left)
    # Beside tags the field repeats what the tags hold, and nothing is generated twice.
    if style != "field":
        reasoning_tokens = 0
    kept, tokens = _first_tokens(whole, left - reasoning_tokens)
    return Output(
        kept,
        kept_reasoning,
        reasoning_tokens + tokens,
        cut_off=kept != whole or (style == "field" and kept_reasoning != reasoning),
    )


def pieces(text: str, size: int | None = None) -> list[str]:
    """Cuts `text` as the API does: coarsely, without regard to tags; the same text the same way."""
    if size is None:
        # Eight chunks or so of a short text; the API's 125 characters on average of a long one.
        mean = min(max(len(text) // 8, 8), 125)
        sizes = random.Random(zlib.crc32(text.encode("utf-8", "replace")))
        ends: list[int] = []
        while (ends[-1] if ends else 0) < len(text):
            ends.append((ends[-1] if ends else 0) + sizes.randint(3, 2 * mean))
    else:
        ends = list(range(size, len(text) + size, size))
    return [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def _first_tokens(text: str, limit: int) -> tuple[str, int]:
    """As much of `text` as `limit` tokens make, and how many that are."""
    end = tokens = 0
    for match in islice(_TOKEN.finditer(text), limit):
        end = match.end()
        tokens += 1
    # White space at the end belongs to the whole text.
    return (text if _TOKEN.search(text, end) is None else text[:end]), tokens


def _text(content: Any) -> str:
    """What a content says; of parts, should the spec come to allow them, the texts."""
    if isinstance(content, str):
        return content
    return "".join(str(part["text"]) for part in content or () if "text" in part)


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else text[:60] + "…"
