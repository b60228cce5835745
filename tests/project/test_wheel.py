"""The wheel: its contents, its metadata, and a fresh environment in which it is installed."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
from email import message_from_string
from email.message import Message
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {"minimax_chat": ROOT / "wrapper", "minimax_chat_api": ROOT / "generated"}
OFFLINE = ["--quiet", "--no-index", "--no-deps", "--disable-pip-version-check"]


def pip(*arguments: str, cwd: Path = ROOT) -> None:
    subprocess.run([sys.executable, "-P", "-m", "pip", *arguments], cwd=cwd, check=True)


def wheel_of(source: Path, folder: Path) -> Path:
    pip("wheel", *OFFLINE, "--no-build-isolation", "--wheel-dir", str(folder), str(source))
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wheel_of(ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The Python of a fresh environment with the wheel and its requirements."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = str(folder / "bin" / "python")
    pip("--python", python, "install", *OFFLINE, str(wheel), cwd=folder)
    # Offline, so the requirements come from the environment of the tests. Its .pth files are not
    # processed, so this project's own packages come from the wheel.
    (site_packages,) = folder.glob("lib/python*/site-packages")
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


def metadata(wheel: Path) -> Message:
    with ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return message_from_string(archive.read(name).decode("utf-8"))


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
    assert about["License-Expression"] == "MIT"
    assert about["License-File"] == "LICENSE"
    assert about["Requires-Python"] == ">=3.11"
    assert about["Summary"]
    assert about["Description-Content-Type"] == "text/markdown"
    assert about.get_payload() == (ROOT / "README.md").read_text("utf-8")
    assert {"cli", "emulator"} <= set(about.get_all("Provides-Extra", []))
    needed = [line for line in about.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert {"attrs", "httpx", "python-dateutil"} <= {
        line.split(">")[0].split("<")[0].strip() for line in needed
    }


def test_sdist_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    build = "import sys; from hatchling.build import build_sdist; build_sdist(sys.argv[1])"
    subprocess.run([sys.executable, "-P", "-c", build, str(tmp_path)], cwd=ROOT, check=True)
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as files:
        files.extractall(tmp_path, filter="data")
    unpacked = archive.with_name(archive.name.removesuffix(".tar.gz"))
    # The sdist is complete enough to regenerate and test.
    for name in ("openapi.yaml", "generator_config.yml", "constraints.txt", "tests", "scripts"):
        assert (unpacked / name).exists(), name
    assert not (unpacked / ".venv").exists()
    with ZipFile(wheel) as ours, ZipFile(wheel_of(unpacked, tmp_path)) as theirs:
        assert {name: ours.read(name) for name in ours.namelist()} == {
            name: theirs.read(name) for name in theirs.namelist()
        }


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
