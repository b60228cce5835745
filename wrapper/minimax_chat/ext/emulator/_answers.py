"""What the emulator thinks and says: computed from the conversation, the same every time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile
from typing import Any, cast

from ._media import host_and_name, read_data_url
from ._specification import Object
from ._switches import Call

_CHINESE = re.compile("[\u3400-\u9fff]")
_GREETING = re.compile(r"\W*(你好|您好|嗨|(hello|hi|hey|good (morning|evening))\b)", re.IGNORECASE)

CHINESE = {
    "thought_said": "用户用中文说:“{shortened}”。",
    "thought_asked": "用户用中文问:“{shortened}”。",
    "thought": "这是第 {turns} 轮对话,一共 {count} 条消息。"
    "我的名字是 {persona}。我应该用中文回应。",
    "thought_calls": "我需要调用:{functions}。",
    "thought_results": "我收到了 {results} 个调用结果。",
    "hello": "你好!我是 {persona}。",
    "hello_speaker": "你好,{speaker}!我是 {persona}。",
    "said": "你刚才说:“{asked}”。",
    "asked": "你刚才问:“{asked}”。",
    "silence": "你还没有说什么。",
    "image_url": "你发来了一张图片:{what},detail 为 {detail}{more}。",
    "video_url": "你发来了一段视频:{what},detail 为 {detail}{more}。",
    "other_part": "你发来了一个我不认识的部分:{kind}。",
    "data": "{media_type},{size} 字节",
    "file": "{host} 上的 {name}",
    "fps": ",每秒 {fps} 帧",
    "max_long_side_pixel": ",长边最多 {max_long_side_pixel} 像素",
    "system": "我的设定是:“{system}”。",
    "turn": "这是我们对话的第 {turns} 轮,一共 {count} 条消息。",
    "history": "我之前的 {own} 条回答里,有 {whole} 条带着思考过程一起发了回来。",
    "offer": "有什么我可以帮助你的吗?",
    "calls": "我来查一下。",
    "result": "{function} 的结果是:{result}。",
}
ENGLISH = {
    "thought_said": "The user says, in English: “{shortened}”.",
    "thought_asked": "The user asks, in English: “{shortened}”.",
    "thought": "This is turn {turns} of the conversation, messages so far: {count}. "
    "My name is {persona}. I should answer in English.",
    "thought_calls": "I need to call: {functions}.",
    "thought_results": "Results of calls that have arrived: {results}.",
    "hello": "Hello! I am {persona}.",
    "hello_speaker": "Hello, {speaker}! I am {persona}.",
    "said": "You said: “{asked}”.",
    "asked": "You asked: “{asked}”.",
    "silence": "You have not said anything yet.",
    "image_url": "You sent a picture: {what}, detail {detail}{more}.",
    "video_url": "You sent a video: {what}, detail {detail}{more}.",
    "other_part": "You sent a part that I do not know: {kind}.",
    "data": "{media_type}, {size} bytes",
    "file": "{name} from {host}",
    "fps": ", {fps} frames per second",
    "max_long_side_pixel": ", at most {max_long_side_pixel} pixels on the longer side",
    "system": "My instructions are: “{system}”.",
    "turn": "This is turn {turns} of our conversation, messages so far: {count}.",
    "history": "Of my {own} earlier answers, {whole} came back with their thinking.",
    "offer": "How can I help you?",
    "calls": "Let me look that up.",
    "result": "{function} returned: {result}.",
}


def compose(
    messages: Sequence[Object], asked: str, persona: str, calls: Sequence[Call]
) -> tuple[str, str]:
    """The thinking, and the answer to `asked`, the last user message without its switches.

    `persona` is the model's name where the system message gives none; `calls` are what the answer
    asks for.
    """
    phrases = CHINESE if _CHINESE.search(asked) else ENGLISH
    nothing: Object = {}
    users = [message for message in messages if message["role"] == "user"]
    last = users[-1] if users else nothing
    own = [message for message in messages if message["role"] == "assistant"]
    system = next((message for message in messages if message["role"] == "system"), nothing)
    results = results_at_the_end(messages)
    facts = {
        "asked": asked,
        "shortened": _shorten(asked),
        "speaker": last.get("name"),
        "persona": system.get("name") or persona,
        "system": text_of(system),
        "turns": len(users),
        "count": len(messages),
        "own": len(own),
        "whole": sum(map(_has_thinking, own)),
        "functions": ", ".join(call.name for call in calls),
        "results": len(results),
    }

    def say(phrase: str, **more: str) -> str:
        return phrases[phrase].format_map({**facts, **more})

    kind = "asked" if asked.rstrip().endswith(("?", "\uff1f")) else "said"
    is_greeting = _GREETING.match(asked) is not None
    thinking = [say(f"thought_{kind}" if asked.strip() else "silence"), say("thought")]
    text: list[str] = []
    if calls:
        thinking.append(say("thought_calls"))
        text.append(say("calls"))
    elif results:
        thinking.append(say("thought_results"))
        text += [say("result", function=function, result=result) for function, result in results]
    else:
        if is_greeting or len(users) <= 1:
            text.append(say("hello_speaker" if facts["speaker"] else "hello"))
        text.append(say(kind if asked.strip() else "silence"))
        text += _describe_media(last, phrases)
        if facts["system"]:
            text.append(say("system"))
        text.append(say("turn"))
    if own and not calls:
        text.append(say("history"))
    if is_greeting and not calls and not results:
        text.append(say("offer"))
    space = "" if phrases is CHINESE else " "
    return space.join(thinking), space.join(text)


def text_of(message: Object) -> str:
    """What a message says; of parts, the texts, each on a line of its own."""
    content: Any = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "\n".join(str(part["text"]) for part in content if "text" in part)


def last_user_message(messages: Sequence[Object]) -> str:
    """What the last message of role user says; "" if there is none."""
    users = [message for message in messages if message["role"] == "user"]
    return text_of(users[-1]) if users else ""


def results_at_the_end(messages: Sequence[Object]) -> list[tuple[str, str]]:
    """The function and the result of each message of role tool that the conversation ends in."""
    functions = {
        call["id"]: call["function"]["name"]
        for message in messages
        for call in message.get("tool_calls", ())
    }
    results = list(takewhile(lambda message: message["role"] == "tool", reversed(messages)))
    return [
        (functions.get(message["tool_call_id"], ""), text_of(message))
        for message in reversed(results)
    ]


def _has_thinking(message: Object) -> bool:
    fields = ("reasoning_content", "reasoning_details")
    return "</think>" in text_of(message) or any(message.get(field) for field in fields)


def _describe_media(message: Object, phrases: dict[str, str]) -> list[str]:
    """The parts of a message that are no text, in words."""
    content: Any = message.get("content")
    parts = cast(list[Object], content) if isinstance(content, list) else []
    return [_describe(part, phrases) for part in parts if part.get("type", "text") != "text"]


def _describe(part: Object, phrases: dict[str, str]) -> str:
    kind = part["type"]
    media: Object | None = part.get(kind)
    if kind not in ("image_url", "video_url") or media is None:
        return phrases["other_part"].format(kind=kind)
    if data := read_data_url(media["url"]):
        what = phrases["data"].format_map(data._asdict())
    else:
        host, name = host_and_name(media["url"])
        what = phrases["file"].format(host=host, name=name) if host else _shorten(name)
    details = [
        phrases[key].format_map(media) for key in ("fps", "max_long_side_pixel") if key in media
    ]
    detail = media.get("detail", "default")
    return phrases[kind].format(what=what, detail=detail, more="".join(details))


def _shorten(text: str) -> str:
    return text if len(text) <= 60 else text[:60] + "…"
