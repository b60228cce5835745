"""The contenders and their virtual environments."""

import os
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent
CACHE = FOLDER / ".cache"


class SetupError(Exception):
    """The message is for the person who started the run."""


@dataclass(frozen=True)
class Contender:
    name: str
    adapter: str
    statement: str
    """What a user's import looks like."""
    requirements: tuple[str, ...]
    extra: str | None = None
    """One of this project's, without which there is no such contender."""
    streams_only: bool = False

    @property
    def folder(self) -> Path:
        """One for each version of Python."""
        return CACHE / "{}-{}.{}".format(self.name, *sys.version_info[:2])

    @property
    def python(self) -> str:
        return str(self.folder / "bin" / "python")

    @property
    def site_packages(self) -> Path:
        return self.folder / "lib" / "python{}.{}".format(*sys.version_info[:2]) / "site-packages"


OWN_IMPORT = "from minimax_chat import MiniMax"
SSE_IMPORT = "from httpx_sse import connect_sse"
CONTENDERS = (
    Contender("floor", "floor", "from httpx import Client", ("httpx",)),
    Contender("minimax-chat", "minimax", OWN_IMPORT, (f"{ROOT}",)),
    Contender("minimax-chat+speed", "minimax", OWN_IMPORT, (f"{ROOT}[speed]",), extra="speed"),
    Contender("httpx-sse", "httpx_sse", SSE_IMPORT, ("httpx-sse", "httpx"), streams_only=True),
    Contender("openai", "openai", "from openai import OpenAI", ("openai",)),
    Contender("groq", "groq", "from groq import Groq", ("groq",)),
    Contender("mistralai", "mistral", "from mistralai.client import Mistral", ("mistralai",)),
)
LIBRARIES = ("minimax-chat", "httpx-sse", "openai", "groq", "mistralai", "lm_deluge")
PARTS = ("aiohttp", "httpx", "httpx2", "msgspec", "pydantic")
"""What determines the speed of a library."""


def extra_exists(name: str) -> bool:
    with (ROOT / "pyproject.toml").open("rb") as file:
        return name in tomllib.load(file)["project"]["optional-dependencies"]


def install(contender: Contender) -> None:
    """Creates or updates the environment. pip installs this project anew each time."""
    if not Path(contender.python).exists():
        run(sys.executable, "-m", "venv", "--without-pip", str(contender.folder))
    pip = [sys.executable, "-m", "pip", "--python", contender.python, "install", "--quiet"]
    for constraints in (ROOT / "constraints.txt", FOLDER / "versions.txt"):
        pip += ["--constraint", str(constraints)]
    run(*pip, *contender.requirements)


def run(*command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        raise SetupError(f"{command[0]} is needed") from None
    if done.returncode:
        raise SetupError(f"{' '.join(command[:4])} failed:\n{done.stderr.strip()}")


def versions(contender: Contender) -> dict[str, str]:
    """Those of the library and of what determines its speed."""
    found = distributions(path=[str(contender.site_packages)])
    installed = {distribution.name: distribution.version for distribution in found}
    return {name: installed[name] for name in LIBRARIES + PARTS if name in installed}


def certificate() -> Path:
    """A new certificate of our own for the stub, with its key."""
    path = CACHE / "certificate.pem"
    options = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=benchmark"
    name = ["-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(path), "-out", str(path)]
    run("openssl", "req", "-x509", *options.split(), *name, *files)
    return path


def variables(floor: Contender, certificate: Path) -> dict[str, str]:
    """The environment of a worker: no proxies or options from outside, and a usual set of root
    certificates with the stub's among them, so that loading it costs what it costs a user."""
    usual = floor.site_packages / "certifi" / "cacert.pem"
    bundle = CACHE / "roots.pem"
    bundle.write_text(usual.read_text("utf-8") + certificate.read_text("utf-8"), "utf-8")
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    return {**kept, "SSL_CERT_FILE": str(bundle)}
