"""A conversation at a terminal: the line that is read, the commands, and the history."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from platformdirs import user_state_path
from prompt_toolkit import PromptSession
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from rich.padding import Padding
from rich.text import Text

from minimax_chat_api.views import ChoiceMessageView

from ..._errors import ConfigurationError, MiniMaxError
from ._chat import Chat, read_image, user_message
from ._files import replace_file
from ._screen import printable

if TYPE_CHECKING:
    from minimax_chat_api.params import ContentPartParam

    from ..._params import Conversation as Messages


def converse(
    chat: Chat, system: str | None, images: Sequence[str], sentence: Callable[[MiniMaxError], str]
) -> None:
    """Answers what is typed until the end of the input; `sentence` words the errors."""
    conversation = Conversation(chat, system)
    for source in images:
        conversation.attach(source)
    session = _session()
    model, server = chat.options["model"], chat.client.base_url
    conversation.say(f"{model} at {server}. /help lists the commands, Ctrl-D leaves.")
    typed = ""
    while True:
        try:
            typed = session.prompt("> ", default=typed).rstrip()
        except KeyboardInterrupt:  # clears the line
            typed = ""
            continue
        except EOFError:
            return
        try:
            conversation.take(typed)
            typed = ""
        except KeyboardInterrupt:
            conversation.say("Stopped. The question can be sent again.")
        except MiniMaxError as error:
            chat.console.print(Text(printable(sentence(error)), "red"))
            if typed.startswith("/"):
                typed = ""
        chat.console.print()


def _history() -> History:
    path = user_state_path("minimax-chat", appauthor=False) / "history"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)  # before the library creates it for everybody to read
        path.open("a").close()
    except OSError:
        return InMemoryHistory()  # in a container, or a home that cannot be written to
    return FileHistory(path)


def _session() -> PromptSession[str]:
    bindings = KeyBindings()

    @bindings.add("escape", "enter")
    def new_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return PromptSession(
        history=_history(),
        completer=WordCompleter([*COMMANDS], sentence=True),
        complete_while_typing=False,
        key_bindings=bindings,
    )


@dataclass
class Conversation:
    """Messages, which grow by each question and its answer, thinking included."""

    chat: Chat
    system: str | None = None

    def __post_init__(self) -> None:
        self._messages: Messages = []
        self._images: list[tuple[str, ContentPartParam]] = []
        self._tokens: Counter[str] = Counter()
        self._own_files: set[Path] = set()

    def say(self, text: str) -> None:
        """Tells something that is no part of an answer."""
        self.chat.console.print(Text(printable(text), "dim"))

    def take(self, typed: str) -> None:
        """Carries out a command, or answers a question; raises MiniMaxError, KeyboardInterrupt."""
        if not typed.startswith("/"):
            if typed.strip():
                self._ask(typed.strip())
            return
        name, _, argument = typed.partition(" ")
        command = COMMANDS.get(name)
        if command is None:
            self.say(f"There is no command {name}: see /help, or begin with a space to send it.")
        elif not argument.strip() and command.needs_argument:
            self.say(f"Usage: {name} {command.argument}")
        else:
            command.run(self, argument.strip())

    def _ask(self, text: str) -> None:
        question = user_message(text, [part for _, part in self._images])
        completion = self.chat.answer([*self._all_before(), question])
        # Only now: a question without an answer is not part of the conversation.
        self._messages += [question, completion.message]
        self._images.clear()
        if usage := completion.usage:
            self._tokens.update(
                {"in": usage.prompt_tokens or 0, "out": usage.completion_tokens or 0}
            )

    def _all_before(self) -> Messages:
        system: Messages = [{"role": "system", "content": self.system}] if self.system else []
        return [*system, *self._messages]

    def help(self, _: str) -> None:
        for name, command in COMMANDS.items():
            self.chat.console.print(f"{name} {command.argument}".rstrip())
            self.chat.console.print(Padding(Text(command.meaning, "dim"), (0, 0, 0, 4)))
        self.say("Ctrl-C stops an answer, Alt-Enter begins a new line, Ctrl-D leaves.")

    def reset(self, _: str) -> None:
        self._messages.clear()
        self._images.clear()
        self._tokens.clear()
        self.say("The conversation begins anew.")

    def save(self, name: str) -> None:
        path = _path(name)
        if path.exists() and path.absolute() not in self._own_files:
            raise ConfigurationError(f"{path} exists already; choose another name")
        messages = [
            each if isinstance(each, dict) else each.to_dict() for each in self._all_before()
        ]
        try:
            replace_file(path, {"model": self.chat.options["model"], "messages": messages})
        except OSError as error:
            raise ConfigurationError(f"cannot write {path}: {error.strerror}") from None
        self._own_files.add(path.absolute())
        self.say(f"Saved {len(messages)} messages in {path}.")

    def load(self, name: str) -> None:
        path = _path(name)
        try:
            saved = json.loads(path.read_text("utf-8"))
            model, messages = saved["model"], list(saved["messages"])
            roles = [message["role"] for message in messages]
        except OSError as error:
            raise ConfigurationError(f"cannot read {path}: {error.strerror}") from None
        except (ValueError, TypeError, LookupError, RecursionError):
            raise ConfigurationError(f"{path} is not a conversation that /save wrote") from None
        self.reset("")
        self.chat.options["model"] = model
        self.system = messages.pop(0).get("content") if roles[:1] == ["system"] else None
        # Answers go back as they came, with fields that no contract knows.
        self._messages = [
            ChoiceMessageView(each) if each["role"] == "assistant" else each for each in messages
        ]
        self._own_files.add(path.absolute())
        self.say(f"Loaded {len(roles)} messages from {path}. Model: {model}")

    def set_system(self, text: str) -> None:
        if text:
            self.system = text
        self.say(f"System message: {self.system or 'none'}")

    def set_model(self, name: str) -> None:
        if name:
            self.chat.options["model"] = name
        self.say(f"Model: {self.chat.options['model']}")

    def attach(self, source: str) -> None:
        self._images.append(
            (source, read_image(str(_path(source)) if "://" not in source else source))
        )
        names = ", ".join(name for name, _ in self._images)
        self.say(f"With the next question: {names}")

    def usage(self, _: str) -> None:
        given, made = self._tokens["in"], self._tokens["out"]
        self.say(f"{given:,} tokens in, {made:,} out, {given + made:,} in all.")


def _path(name: str) -> Path:
    try:
        return Path(name).expanduser()
    except RuntimeError as error:  # a user that does not exist
        raise ConfigurationError(f"cannot use {name}: {error}") from None


class Command(NamedTuple):
    """A command of the conversation."""

    argument: str
    """As shown; optional if in brackets."""
    meaning: str
    run: Callable[[Conversation, str], None]

    @property
    def needs_argument(self) -> bool:
        return self.argument.isalpha()


COMMANDS = {
    "/reset": Command(
        "", "Forget the conversation, but not the system message.", Conversation.reset
    ),
    "/save": Command("FILE", "Write the conversation to a JSON file.", Conversation.save),
    "/load": Command("FILE", "Continue a conversation that was saved.", Conversation.load),
    "/system": Command("[TEXT]", "Set the system message, or show it.", Conversation.set_system),
    "/model": Command("[NAME]", "Set the model, or show it.", Conversation.set_model),
    "/image": Command("FILE", "Send a picture with the next question.", Conversation.attach),
    "/usage": Command("", "Tell how many tokens the conversation has used.", Conversation.usage),
    "/help": Command("", "List the commands.", Conversation.help),
}
