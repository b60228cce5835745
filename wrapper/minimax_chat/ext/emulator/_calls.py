"""The calls of functions in an answer, scripted or computed from the functions offered."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from ._sample import NoSample, Sampler
from ._specification import Object
from ._switches import Call, SwitchError
from ._values import TEXT


def compute_calls(names: Sequence[str], tools: Sequence[Object], asked: str) -> list[Call]:
    """Calls of offered functions, of the first one if none is named; `asked` is the question.

    Raises SwitchError where a name is not offered or its parameters are no usable JSON Schema.
    """
    offered: dict[str, Any] = {
        tool["function"]["name"]: tool["function"]["parameters"] for tool in tools
    }
    if not offered:
        raise SwitchError("the emulator's switch !call needs tools, and the request has none")
    words = reversed(_names(asked))
    calls: list[Call] = []
    for name in names or list(offered)[:1]:
        if name not in offered:
            raise SwitchError(
                f"the emulator's switch !call names {name}, which is not offered; "
                f"offered: {', '.join(offered)}"
            )
        try:
            Draft202012Validator.check_schema(offered[name])
            value = Sampler(offered[name], words).sample({"type": "object", **offered[name]})
        except SchemaError as error:
            raise SwitchError(
                f"the parameters of {name} are not a JSON Schema: "
                f"{error.json_path}: {error.message}"
            ) from None
        except (NoSample, OverflowError, RecursionError) as error:
            raise SwitchError(f"the emulator finds no arguments for {name}: {error}") from None
        calls.append(Call(name, json.dumps(value, ensure_ascii=False)))
    return calls


def scripted_calls(pairs: Any) -> tuple[Call, ...]:
    """Names with arguments, these as JSON; a string is sent as it is."""
    calls: list[Call] = []
    try:
        for name, arguments in pairs:
            TEXT.check("name", name)
            if not isinstance(arguments, str):
                arguments = json.dumps(arguments, ensure_ascii=False)
            calls.append(Call(name, arguments))
    except (TypeError, ValueError):
        raise TypeError('tool_calls must be pairs: [("name", {"argument": "value"})]') from None
    return tuple(calls)


def _names(asked: str) -> list[str]:
    """The capitalised words, but for those that begin a sentence, where any word is."""
    words = asked.split()
    if len(words) > 1:
        words = [word for before, word in pairwise(words) if before[-1] not in ".?!"]
    found = [match[0] for word in words if (match := re.search(r"\w[\w-]+", word))]
    return [name for name in found if name[0].isupper()]
