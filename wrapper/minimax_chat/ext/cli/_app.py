"""The commands: their arguments, and the exit status of each outcome."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from glob import glob
from io import StringIO, TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast, get_args

from cyclopts import App, CycloptsError, Parameter
from cyclopts.completion import CompletionContext
from cyclopts.validators import Number

from minimax_chat import __version__
from minimax_chat_api.contract import SERVERS
from minimax_chat_api.params import ModelIdLiteral

from ..._errors import (
    APIConnectionError,
    APITimeoutError,
    AuthenticationError,
    ConfigurationError,
    InvalidArgumentError,
    MiniMaxError,
    RateLimitError,
    ResponseDecodeError,
    StreamInterruptedError,
)
from ._access import Access
from ._screen import Shown, printable, screen

if TYPE_CHECKING:
    Region = str
else:
    Region = Literal[*SERVERS]

FAILED, USAGE, INTERRUPTED, BROKEN_PIPE = 1, 2, 130, 141
DEFAULT_MODEL = "MiniMax-M3"
DOCTOR = "Run minimax-chat doctor to find out why."
ADVICE: dict[type[MiniMaxError], str] = {
    AuthenticationError: DOCTOR,
    APIConnectionError: DOCTOR,
    APITimeoutError: DOCTOR,
    ResponseDecodeError: DOCTOR,
    RateLimitError: "Wait a little, then try again.",
    StreamInterruptedError: "Try again.",
}
"""In place of hints that speak of Python; for these classes, not for their subclasses."""

app = App(
    name="minimax-chat",
    help="MiniMax's chat completions from the command line.",
    help_epilogue=(
        "Exit status: 0 if all went well, 1 if the API or the network failed, 2 if the arguments "
        "or the configuration are wrong, 130 if interrupted."
    ),
    default_parameter=Parameter(show_default=False),
    result_action="return_value",
    exit_on_error=False,
    print_error=False,
)


def run(arguments: Sequence[str]) -> int:
    """Runs a command; returns the exit status."""
    # A terminal that lacks a character must not end the command; what is read must be text.
    for stream, errors in (
        (sys.stdin, "strict"),
        (sys.stdout, "backslashreplace"),
        (sys.stderr, "backslashreplace"),
    ):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=errors)
    # Closed streams are None.
    sys.stderr = sys.stderr or StringIO()
    if sys.stdout is None:
        return _fail(USAGE, "the standard output is closed")
    warnings.showwarning = _show_warning
    try:
        status: int | None = app(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except EOFError:
        return _fail(USAGE, "the input ended before all was asked; nothing was changed")
    except BrokenPipeError:
        # The reader has left, as with `| head`; nothing more may be written when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except CycloptsError as error:
        return _fail(USAGE, f"{error} See minimax-chat --help.")
    except (ConfigurationError, InvalidArgumentError) as error:
        return _fail(USAGE, str(error))
    except MiniMaxError as error:
        return _fail(FAILED, sentence(error))
    except OSError as error:
        return _fail(FAILED, str(error))
    return status or 0


def sentence(error: MiniMaxError) -> str:
    """What went wrong, and what to do about it at a command line."""
    if advice := ADVICE.get(type(error)):
        wait = f" The API asks to wait {error.retry_after:g} s." if error.retry_after else ""
        error.hint = advice + wait
    return str(error)


def _fail(status: int, message: str) -> int:
    print(f"minimax-chat: {printable(' '.join(message.split()))}", file=sys.stderr)
    return status


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    """One sentence: what follows says how to silence it in Python."""
    print(f"minimax-chat: {printable(str(message).partition('. ')[0])}.", file=sys.stderr)


def _files(context: CompletionContext) -> Iterable[str]:
    return (name + "/" * Path(name).is_dir() for name in glob(f"{context.incomplete}*"))


def _models(_: object) -> Iterable[str]:
    return get_args(ModelIdLiteral)


@Parameter(name="*")
@dataclass(frozen=True)
class Server:
    """Options of each command that calls the API.

    Parameters:
        region: Platform of the key; otherwise MINIMAX_REGION, or the saved one, or the first.
        base_url: Another server; otherwise MINIMAX_BASE_URL.
        emulator: Use a local stand-in for the API, which needs no key.
    """

    region: Region | None = None
    base_url: str | None = None
    emulator: Annotated[bool, Parameter(negative="")] = False

    def access(self) -> Access:
        return Access(self.region, self.base_url, emulator=self.emulator)


@app.command
def chat(
    *prompt: str,
    system: str | None = None,
    image: Annotated[tuple[str, ...], Parameter(negative="", completer=_files)] = (),
    model: Annotated[str, Parameter(completer=_models, show_default=True)] = DEFAULT_MODEL,
    max_tokens: int | None = None,
    temperature: float | None = None,
    top_p: float | None = None,
    thinking: Shown | None = None,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
    stream: bool = True,
    server: Server = Server(),
) -> None:
    """Answer a prompt or, without one, hold a conversation.

    What is piped into the command is added to the prompt:
    `minimax-chat chat "Summarise this." < notes.md`

    Args:
        prompt: What to ask. Without it, a conversation begins in which /help lists the commands.
        system: The model's role and behaviour.
        image: File or URL of a picture to ask about (JPEG, PNG, GIF, WEBP); repeat it for more.
        model: The model that answers; minimax-chat models lists those known.
        max_tokens: The most tokens to generate, thinking included.
        temperature: Randomness of the answer.
        top_p: Share of the likeliest tokens to choose from.
        thinking: Show the thinking above the answer, hide it, or show it only. By default it is
            shown on a terminal and hidden elsewhere.
        as_json: Print the response on one line, as the API gave it.
        stream: Print the answer as it arrives, which is the default, or at once.
    """
    from ._chat import Chat, Options, ask_once

    terminal = screen()
    text = " ".join(prompt)
    if sys.stdin is None or not sys.stdin.isatty():  # None: it is closed
        text = "\n\n".join(filter(None, [text, _piped_text()]))
        if not text:
            raise ConfigurationError("the prompt and the standard input are empty")
    elif not text and (as_json or not terminal.is_terminal):
        raise ConfigurationError(
            'a conversation needs a terminal; give a prompt: minimax-chat chat "…"'
        )
    options: Options = {
        "model": model,
        "max_completion_tokens": max_tokens,
        "temperature": temperature,
        "top_p": top_p,
    }
    shown = thinking or ("show" if terminal.is_terminal else "hide")
    with server.access().client() as client:
        chat = Chat(client, terminal, options, shown, stream=stream)
        if text:
            ask_once(chat, text, system, image, as_json=as_json)
        else:
            from ._conversation import converse

            converse(chat, system, image, sentence)


def _piped_text() -> str:
    try:
        return sys.stdin.read().strip() if sys.stdin else ""
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"the standard input is not text: {error}") from None


@app.command
def batch(
    source: Annotated[str, Parameter(name="input", allow_leading_hyphen=True, completer=_files)],
    *,
    output: Annotated[str, Parameter(alias="-o", allow_leading_hyphen=True, completer=_files)],
    model: Annotated[str, Parameter(completer=_models, show_default=True)] = DEFAULT_MODEL,
    system: str | None = None,
    max_tokens: int | None = None,
    temperature: float | None = None,
    top_p: float | None = None,
    concurrency: Annotated[int, Parameter(show_default=True)] = 256,
    rpm: float | None = None,
    tpm: float | None = None,
    max_retries: Annotated[int, Parameter(show_default=True, validator=Number(gte=0))] = 4,
    retry_failed: Annotated[bool, Parameter(negative="")] = False,
    ray: Annotated[bool, Parameter(negative="")] = False,
    server: Server = Server(),
) -> int:
    """Answer a file of requests, as fast as the account allows.

    Each line is a JSON object: {"id": …, "prompt": "…"}, {"id": …, "messages": […]}, or a line of
    an OpenAI Batch file. Run again, the command goes on where it ended.

    Args:
        source: The requests: a file of JSON lines, also .gz or .zst; - for the standard input.
        output: Where the results go, a JSON line for each; - for the standard output.
        model: The model of lines that name none.
        system: The system message of lines that have none.
        max_tokens: The most tokens to generate for a line that does not say, thinking included.
        temperature: Randomness of the answers.
        top_p: Share of the likeliest tokens to choose from.
        concurrency: The most calls at a time.
        rpm: The most calls in a minute.
        tpm: The most tokens in a minute, in and out.
        max_retries: How often a request is sent again after a failure that may pass.
        retry_failed: Send those again that failed in an earlier run, and may succeed now.
        ray: Use the Ray cluster of this machine; the output is a folder of files, the key that of
            the cluster's nodes. Needs the extra ray.
    """
    from ..batch import Pace
    from ..batch._input import Input
    from ._batch import answer_file, answer_on_cluster

    defaults: dict[str, Any] = {"model": model, "max_completion_tokens": max_tokens}
    defaults |= {"temperature": temperature, "top_p": top_p}
    try:
        pace = Pace(concurrency=concurrency, rpm=rpm, tpm=tpm)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
    if ray:
        if server.emulator or "-" in (source, output):
            raise ConfigurationError("--ray takes paths, and a server that the nodes can reach")
        limits = {"concurrency": concurrency, "rpm": rpm, "tpm": tpm, "max_retries": max_retries}
        where = {"region": server.region, "base_url": server.base_url}
        options = {**defaults, "system": system, **limits, **where}
        given = {name: value for name, value in options.items() if value is not None}
        return answer_on_cluster(source, output, given, sentence, retry_failed=retry_failed)
    return answer_file(
        server.access(),
        Input(source, defaults, system),
        output,
        {"pace": pace, "max_retries": max_retries, "retry_failed": retry_failed},
        sentence,
    )


@app.command
def models() -> None:
    """List the models that the contract knows, with their bounds."""
    from ._models import show_models

    show_models(screen())


@app.command
def doctor(*, model: str = DEFAULT_MODEL, server: Server = Server()) -> int:
    """Find out why calls fail: key, region, network, proxy, clock, versions.

    It sends one call with a limit of one token, and at most one more to the other region.

    Args:
        model: The model to call.
    """
    from ._doctor import examine

    return FAILED if examine(screen(), server.access, model) else 0


@app.command
def config(
    *, region: Region | None = None, forget: Annotated[bool, Parameter(negative="")] = False
) -> None:
    """Save the API key and the region for this command, readable by you alone.

    The key is asked for, or read from the standard input if that is piped, so that it appears in
    no list of processes and no history. Environment variables and options override what is saved.

    Args:
        region: Platform of the key.
        forget: Delete what is saved.
    """
    from ._settings import save_settings

    save_settings(screen(), region, forget=forget)


# The emulator parses its options itself, --help included.
@app.command(
    help_flags=[], version_flags=[], default_parameter=Parameter(allow_leading_hyphen=True)
)
def emulate(*options: str) -> int:
    """Run a local stand-in for the API until Ctrl-C."""
    from ..emulator.__main__ import main

    return main(options, "minimax-chat emulate")


app.version = __version__
cast("Any", app).register_install_completion_command()  # not typed
