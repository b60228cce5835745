"""What the emulator thinks and says: computed from the conversation, the same every time."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Any

from ._calls import Call
from ._media import host_and_name, read_data_url

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
        "image": "你发来了一张图片:{what},detail 为 {detail}{more}。",
        "video": "你发来了一段视频:{what},detail 为 {detail}{more}。",
        "part": "你发来了一个我不认识的部分:{kind}。",
        "data": "{media_type},{size} 字节",
        "file": "{host} 上的 {name}",
        "fps": ",每秒 {fps} 帧",
        "pixels": ",长边最多 {max_long_side_pixel} 像素",
        "thought_call": "我需要调用:{functions}。",
        "call": "我来查一下。",
        "thought_result": "我收到了 {results} 个调用结果。",
        "result": "{function} 的结果是:{result}。",
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
        "image": "You sent a picture: {what}, detail {detail}{more}.",
        "video": "You sent a video: {what}, detail {detail}{more}.",
        "part": "You sent a part that I do not know: {kind}.",
        "data": "{media_type}, {size} bytes",
        "file": "{name} from {host}",
        "fps": ", {fps} frames per second",
        "pixels": ", at most {max_long_side_pixel} pixels on the longer side",
        "thought_call": "I need to call: {functions}.",
        "call": "Let me look that up.",
        "thought_result": "Results of calls that have arrived: {results}.",
        "result": "{function} returned: {result}.",
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
    reasoning: str
    calls: list[Call]
    tokens: int
    cut_off: bool

    @property
    def finish_reason(self) -> str:
        return "length" if self.cut_off else "tool_calls" if self.calls else "stop"


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


def results_at_the_end(messages: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """The function and the result of each message of role tool that the conversation ends in."""
    functions = {
        call["id"]: call["function"]["name"]
        for message in messages
        for call in message.get("tool_calls", ())
    }
    ending = [*takewhile(lambda message: message["role"] == "tool", reversed(messages))]
    return [
        (functions.get(message["tool_call_id"], ""), _text(message.get("content")))
        for message in reversed(ending)
    ]


def compose(
    messages: Sequence[Mapping[str, Any]],
    asked: str,
    persona: str,
    calls: Sequence[Call] = (),
) -> Answer:
    """Answers `asked`, the last user message without its switches, in its language.

    `persona` is the model's name where the system message gives none; `calls` are what the answer
    asks for.
    """
    language = "zh" if _CHINESE.search(asked) else "en"
    phrases = PHRASES[language]
    users = [message for message in messages if message["role"] == "user"]
    nothing: Mapping[str, Any] = {}
    system = next((message for message in messages if message["role"] == "system"), nothing)
    own = [message for message in messages if message["role"] == "assistant"]
    results = results_at_the_end(messages)
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
            "</think>" in _text(message.get("content"))
            or bool(message.get("reasoning_content") or message.get("reasoning_details"))
            for message in own
        ),
        "verb": phrases["verb_asked" if asking else "verb_said"],
        "functions": ", ".join(call.name for call in calls),
        "results": len(results),
    }

    def say(*keys: str, **more: Any) -> list[str]:
        return [phrases[key].format_map({**facts, **more}) for key in keys]

    thinking = [
        *say("thought" if asked.strip() else "silence", asked=_shortened(asked)),
        *say("thought_turn", "thought_persona", "thought_language"),
    ]
    greeting = _GREETING.match(asked)
    history = say("history") if own else []
    if calls:
        thinking += say("thought_call")
        text = say("call")
    elif results:
        thinking += say("thought_result")
        text = [
            *(
                sentence
                for function, result in results
                for sentence in say("result", function=function, result=result)
            ),
            *history,
        ]
    else:
        text = [
            *(say("hello", "persona") if greeting or len(users) <= 1 else []),
            *say("silence" if not asked.strip() else "asked" if asking else "said"),
            *(_describe(part, phrases) for part in _media(users)),
            *(say("system") if facts["system"] else []),
            *say("turn"),
            *history,
            *(say("offer") if greeting else []),
        ]
    space = phrases["space"]
    return Answer(space.join(thinking), space.join(text))


def _media(users: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The parts of the last user message that are no text."""
    content: Any = users[-1].get("content") if users else None
    parts: list[Mapping[str, Any]] = [] if isinstance(content, str | None) else content
    return [part for part in parts if part.get("type", "text") != "text"]


def _describe(part: Mapping[str, Any], phrases: Mapping[str, str]) -> str:
    """A picture or video in words."""
    kind = part["type"]
    media: Mapping[str, Any] | None = part.get(kind)
    if kind not in ("image_url", "video_url") or media is None:
        return phrases["part"].format(kind=kind)
    if data := read_data_url(media["url"]):
        what = phrases["data"].format_map(vars(data))
    else:
        host, name = host_and_name(media["url"])
        what = phrases["file"].format(host=host, name=name) if host else _shortened(name)
    more = "".join(
        phrases[key].format_map(media)
        for key, field in (("fps", "fps"), ("pixels", "max_long_side_pixel"))
        if field in media
    )
    detail = media.get("detail", "default")
    return phrases[kind.removesuffix("_url")].format(what=what, detail=detail, more=more)


class _Budget:
    """The tokens that may still be generated."""

    def __init__(self, limit: int | None) -> None:
        self.left = self.limit = sys.maxsize if limit is None else min(limit, sys.maxsize)
        self.exceeded = False

    def take(self, text: str) -> str:
        """As much of `text` as fits."""
        kept, tokens = _first_tokens(text, self.left)
        self.left -= tokens
        self.exceeded |= kept != text
        return kept


def generate(answer: Answer, style: str, limit: int | None, calls: Sequence[Call] = ()) -> Output:
    """Joins thinking and answer in a style of `!think`, cut off after `limit` tokens.

    A message has calls only when it ends with them, so a limit that falls into them takes them all.
    """
    thinking, text = answer.thinking, answer.text
    content = {
        "tags": f"<think>\n{thinking}\n</think>\n\n{text}",
        "tight": f"<think>{thinking}</think>{text}",
        "orphan": f"{thinking}\n</think>\n\n{text}",
    }
    content["both"] = content["tags"]
    whole = content.get(style, text) if thinking else text
    budget = _Budget(limit)
    reasoning = ""
    if style in ("field", "split"):
        reasoning = budget.take(thinking)
    elif style == "both":
        # The field repeats what the tags hold, and nothing is generated twice.
        reasoning = _Budget(limit).take(thinking)
    kept = budget.take(whole)
    for call in calls:
        budget.take(f"{call.name} {call.arguments}")
    return Output(
        kept,
        reasoning,
        [] if budget.exceeded else [*calls],
        tokens=budget.limit - budget.left,
        cut_off=budget.exceeded,
    )


def _first_tokens(text: str, limit: int) -> tuple[str, int]:
    """As much of `text` as `limit` tokens make, and how many that are."""
    end = tokens = 0
    for match in islice(_TOKEN.finditer(text), limit):
        end = match.end()
        tokens += 1
    # White space at the end belongs to the whole text.
    return (text if _TOKEN.search(text, end) is None else text[:end]), tokens


def _text(content: Any) -> str:
    """What a content says; of parts, the texts, each on a line of its own."""
    if isinstance(content, str):
        return content
    return "\n".join(str(part["text"]) for part in content or () if "text" in part)


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else text[:60] + "…"
