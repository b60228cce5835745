"""The wheel and the source distribution: contents, metadata, reproducibility, and an installation.

DISTRIBUTIONS names a folder of those to test, such as dist; otherwise they are built here.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from email import message_from_string
from email.message import Message
from pathlib import Path
from zipfile import ZipFile

import pytest
from markdown_it import MarkdownIt
from packaging.metadata import Metadata

import dev
import minimax_chat
import release

ROOT = Path(__file__).parents[2]
PACKAGES = {"minimax_chat": ROOT / "wrapper", "minimax_chat_api": ROOT / "generated"}
NOT_RELEASED = {".ci/run"}
OFFLINE = ["--quiet", "--no-index", "--no-deps", "--disable-pip-version-check"]


def pip(*arguments: str, cwd: Path = ROOT) -> None:
    subprocess.run([sys.executable, "-P", "-m", "pip", *arguments], cwd=cwd, check=True)


def wheel_of(source: Path, folder: Path) -> Path:
    pip("wheel", *OFFLINE, "--no-build-isolation", "--wheel-dir", str(folder), str(source))
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the distributions."""
    if given := os.environ.get("DISTRIBUTIONS"):
        return ROOT / given
    folder = tmp_path_factory.mktemp("built")
    release.build(ROOT, folder)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (wheel,) = built.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def sdist(built: Path) -> Path:
    (sdist,) = built.glob("*.tar.gz")
    return sdist


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The Python of a fresh environment with the wheel and its requirements."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = str(folder / dev.PROGRAMS.name / "python")
    pip("--python", python, "install", *OFFLINE, str(wheel), cwd=folder)
    # Offline, so the requirements come from the environment of the tests. Its .pth files are not
    # processed, so this project's own packages come from the wheel.
    variables = {"base": str(folder), "platbase": str(folder)}
    site_packages = Path(sysconfig.get_path("purelib", vars=variables))
    (site_packages / "required.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return python


def run(python: str, code: str, **variables: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MINIMAX_")}
    return subprocess.run(
        [python, "-P", "-c", code],
        cwd=Path(python).parent,
        env={
            **kept,
            "PYTHONUTF8": "1",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
            **variables,
        },
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        check=True,
    ).stdout


def metadata_text(wheel: Path) -> str:
    with ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return archive.read(name).decode("utf-8")


def metadata(wheel: Path) -> Message:
    return message_from_string(metadata_text(wheel))


def test_wheel_contains_both_packages_and_nothing_else(wheel: Path) -> None:
    expected = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for package, folder in PACKAGES.items()
        for path in (folder / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    for name in ("minimax_chat/py.typed", "minimax_chat_api/py.typed"):
        assert name in expected
    assert expected["minimax_chat_api/openapi.yaml"] == (ROOT / "openapi.yaml").read_bytes()
    with ZipFile(wheel) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    (information,) = {name.split("/")[0] for name in files if name.split("/")[0] not in PACKAGES}
    assert information.startswith("minimax_chat-")
    assert information.endswith(".dist-info")
    licence = files[f"{information}/licenses/LICENSE"]
    assert licence == (ROOT / "LICENSE").read_bytes()
    packaged = {name: text for name, text in files.items() if not name.startswith(information)}
    assert packaged == expected


def test_wheel_metadata_describes_the_project(wheel: Path) -> None:
    about = metadata(wheel)
    assert about["Name"] == "minimax-chat"
    assert about["Version"] == minimax_chat.__version__
    assert about["License-Expression"] == "MIT"
    assert about["License-File"] == "LICENSE"
    assert about["Requires-Python"] == ">=3.11"
    assert about["Summary"]
    assert about["Description-Content-Type"] == "text/markdown"
    assert {"cli", "emulator"} <= set(about.get_all("Provides-Extra", []))
    needed = [line for line in about.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert {"attrs", "httpx", "python-dateutil"} <= {
        line.split(">")[0].split("<")[0].strip() for line in needed
    }


def test_metadata_is_valid(wheel: Path) -> None:
    # As PyPI checks it.
    Metadata.from_email(metadata_text(wheel), validate=True)


def links(markdown: str) -> list[str]:
    tokens = [each for token in MarkdownIt().parse(markdown) for each in token.children or []]
    targets = [token.attrGet("href") or token.attrGet("src") for token in tokens]
    return [str(target) for target in targets if target is not None]


def test_description_is_the_readme_without_links_that_lead_nowhere(wheel: Path) -> None:
    description = str(metadata(wheel).get_payload())
    readme = (ROOT / "README.md").read_text("utf-8")
    assert links(readme)
    assert [link for link in links(description) if not re.match("https://|#", link)] == []
    assert shown(description) == shown(readme)


def shown(markdown: str) -> list[str]:
    """The text and the code, without pictures and what makes a link of it."""
    tokens = [each for token in MarkdownIt().parse(markdown) for each in token.children or [token]]
    return "".join(token.content for token in tokens if token.type != "image").split()


def tracked() -> set[str]:
    try:
        listed = subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, encoding="utf-8")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("only a clone of the repository can tell which files belong to it")
    return {name for name in listed.split("\0") if name and (ROOT / name).exists()}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The tracked files, and what is left behind by those who work on them."""
    clone = tmp_path / "a clone"
    left_behind = (".venv/pyvenv.cfg", "dist/old.whl", ".mypy_cache/x", "docs/__pycache__/x.pyc")
    for name in (*tracked(), *left_behind, "wrapper/minimax_chat/__pycache__/client.pyc"):
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_file():
            shutil.copyfile(ROOT / name, clone / name)
            (clone / name).chmod(0o600)
        else:
            (clone / name).touch()
    return clone


def test_distributions_contain_what_is_tracked_and_are_the_same_wherever_built(
    clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files as old as today and of mode 600, in one folder; of 2001 and of mode 644 in another."""
    release.build(clone, tmp_path / "one")
    other = clone.rename(tmp_path / "another place")
    for path in other.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
        os.utime(path, (1e9, 1e9))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    release.build(other, tmp_path / "other")

    (sdist,) = (tmp_path / "one").glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert names == {*tracked(), "PKG-INFO"} - NOT_RELEASED

    contents = [
        {path.name: path.read_bytes() for path in (tmp_path / folder).iterdir()}
        for folder in ("one", "other")
    ]
    assert len(contents[0]) == 2
    assert contents[0] == contents[1]


def test_sdist_builds_the_same_wheel(sdist: Path, wheel: Path, tmp_path: Path) -> None:
    with tarfile.open(sdist) as files:
        files.extractall(tmp_path, filter="data")
    rebuilt = wheel_of(tmp_path / sdist.name.removesuffix(".tar.gz"), tmp_path)
    assert (rebuilt.name, rebuilt.read_bytes()) == (wheel.name, wheel.read_bytes())


def test_installed_wheel_completes_a_call_to_its_emulator(python: str) -> None:
    output = run(
        python,
        """
import subprocess, sys

import minimax_chat
from minimax_chat import MiniMax
from minimax_chat_api.models import ChatCompletion

assert minimax_chat.__file__.startswith(sys.prefix)
command = [sys.executable, "-m", "minimax_chat.ext.emulator", "--port", "0"]
with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as emulator:
    try:
        base_url = emulator.stdout.readline().strip()
        with MiniMax(base_url=base_url, api_key="any") as client:
            completion = client.chat.completions.create(
                model="MiniMax-M2.7", messages=[{"role": "user", "content": "Hello"}]
            )
        assert isinstance(completion.raw, ChatCompletion)
        print(completion.text)
    finally:
        emulator.terminate()
""",
    )
    assert "You said: “Hello”." in output


def test_installed_command_shows_its_help(python: str) -> None:
    command = Path(python).with_name("minimax-chat")
    done = subprocess.run([command, "--help"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "emulate" in done.stdout
