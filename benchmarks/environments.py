"""The contenders' virtual environments."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent
CACHE = FOLDER / ".cache"
CONSTRAINTS = (ROOT / "constraints.txt", FOLDER / "versions.txt")
PROJECT = "minimax-chat"


class SetupError(Exception):
    """The message is for the person who started the run."""


@dataclass(frozen=True)
class Contender:
    name: str
    adapter: str
    package: str
    statement: str
    """What a user's import looks like."""
    extra: str | None = None
    streams_only: bool = False

    @property
    def own(self) -> bool:
        return self.package == PROJECT

    @property
    def folder(self) -> Path:
        """One for each version of Python."""
        return CACHE / "{}-{}.{}".format(self.name.replace("+", "-"), *sys.version_info[:2])

    @property
    def python(self) -> str:
        return str(self.folder / "bin" / "python")


MINIMAX_IMPORT = "from minimax_chat import MiniMax"
CONTENDERS = (
    Contender("floor", "floor", "httpx", "from httpx import Client"),
    Contender("minimax-chat", "minimax", PROJECT, MINIMAX_IMPORT),
    Contender("minimax-chat+speed", "minimax", PROJECT, MINIMAX_IMPORT, extra="speed"),
    Contender(
        "httpx-sse",
        "httpx_sse",
        "httpx-sse",
        "from httpx_sse import connect_sse",
        streams_only=True,
    ),
    Contender("openai", "openai", "openai", "from openai import OpenAI"),
    Contender("groq", "groq", "groq", "from groq import Groq"),
    Contender("mistralai", "mistral", "mistralai", "from mistralai.client import Mistral"),
)


def extra_exists(name: str) -> bool:
    with (ROOT / "pyproject.toml").open("rb") as file:
        return name in tomllib.load(file)["project"]["optional-dependencies"]


def install(contender: Contender) -> None:
    """Makes the environment; one that is complete is kept, apart from this project itself."""
    options = [argument for path in CONSTRAINTS for argument in ("-c", str(path))]
    wanted = "\n".join([sys.version, *[path.read_text("utf-8") for path in CONSTRAINTS]])
    stamp = contender.folder / "installed.txt"
    if not stamp.exists() or stamp.read_text("utf-8") != wanted or contender.own:
        run(sys.executable, "-m", "venv", "--clear", "--without-pip", str(contender.folder))
        package = contender.package
        if contender.own:
            package = f"{ROOT}[{contender.extra}]" if contender.extra else str(ROOT)
        # The floor and httpx-sse use httpx, which httpx-sse does not install.
        packages = [package, "httpx"] if contender.streams_only else [package]
        pip = [sys.executable, "-m", "pip", "--python", contender.python]
        run(*pip, "install", "--quiet", *options, *packages)
        stamp.write_text(wanted, "utf-8")


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SetupError(f"{' '.join(command[1:4])} failed:\n{done.stderr.strip()}")
    return done.stdout


VERSIONS = """
import importlib.metadata as metadata, json
print(json.dumps({item.metadata["Name"]: item.version for item in metadata.distributions()}))
"""


def versions(contender: Contender) -> dict[str, str]:
    """Those of the contender and of what determines its speed."""
    installed: dict[str, str] = json.loads(run(contender.python, "-c", VERSIONS))
    telling = (contender.package, "httpx", "httpx2", "orjson", "msgspec", "pydantic")
    return {name: installed[name] for name in telling if name in installed}


def certificate() -> Path:
    """A new certificate of our own for the stub, with its key."""
    path = CACHE / "certificate.pem"
    CACHE.mkdir(exist_ok=True)
    options = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=benchmark"
    files = ["-keyout", str(path), "-out", str(path)]
    name = ["-addext", "subjectAltName=IP:127.0.0.1"]
    run("openssl", "req", "-x509", *options.split(), *name, *files)
    return path


def variables(floor: Contender, certificate: Path) -> dict[str, str]:
    """The environment of a worker: no proxies or options from outside, and a usual set of root
    certificates with the stub's among them, so that loading it costs what it costs a user."""
    (usual,) = floor.folder.glob("lib/python*/site-packages/certifi/cacert.pem")
    bundle = CACHE / "roots.pem"
    bundle.write_text(usual.read_text("utf-8") + certificate.read_text("utf-8"), "utf-8")
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    return {**kept, "SSL_CERT_FILE": str(bundle)}
