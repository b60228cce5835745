"""Builds the documentation as a site, in the folder `site`: python scripts/build_site.py

The build fails at a warning, and if a page is missing from the navigation of zensical.toml.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import tomllib
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import griffe

import minimax_chat

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("*.md", "docs/**/*.md")
STYLES = "docs/site.css"
# The path in a link to a file, or of a picture.
TARGET = re.compile(r'(?:\]\(|\bsrc(?:set)?=")([^)#:"\s]+)')
CREATE = "minimax_chat.client.Completions.create"
EMULATOR = "minimax_chat.ext.emulator.Emulator"
WITHOUT_MEMBERS = {"members": False, "inherited_members": False}


class SiteError(Exception):
    """Ends the build. The message is for the person who started it."""


class Docstrings(griffe.Extension):
    """What the tool that reads docstrings has to be told about those of this project."""

    def on_class(self, *, cls: griffe.Class, **_: Any) -> None:
        if cls.docstring:
            # Of typed dicts. The tool knows no such section.
            cls.docstring.value = cls.docstring.value.replace("\n\nKeys:\n", "\n\nAttributes:\n")

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        if pkg.name == "minimax_chat":
            # An import takes the arguments from the contract: the source does not have them.
            create = pkg[CREATE.removeprefix("minimax_chat.")]
            shown = griffe.load("minimax_chat.client", force_inspection=True)["Completions.create"]
            create.parameters, create.docstring = shown.parameters, shown.docstring
            create.overloads = None


def build(folder: Path) -> None:
    """Build the site; raises SiteError for any warning."""
    check_navigation()
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        shutil.copy(ROOT / "zensical.toml", work)
        copy_pages(work / "pages")
        (work / "pages" / "reference.md").write_text(reference(), "utf-8")
        done = subprocess.run(
            [sys.executable, "-P", "-m", "zensical", "build", "--strict"],
            cwd=work,
            # It imports the extension above by name.
            env={**os.environ, "PYTHONPATH": str(ROOT / "scripts"), "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            encoding="utf-8",
        )
        # What is wrong with a docstring is logged, and does not count as an issue.
        if done.returncode or "griffe: " in done.stderr:
            raise SiteError(f"the site has errors:\n{done.stdout}{done.stderr}".rstrip())
        for path in (work / "site").rglob("*.html"):
            path.write_text(mended(path.read_text("utf-8"), path), "utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(work / "site", folder)


def mended(html: str, path: Path) -> str:
    """A built page, with what the builder has no option for."""
    if path.stem.endswith(".zh-CN") or path.parent.name == "zh":
        # Browsers choose fonts and voices by the language.
        html = html.replace('<html lang="en"', '<html lang="zh-CN"', 1)
    # GitHub removes the backslash of a `|` in a cell, the builder keeps it in code.
    return re.sub(r"<td.*?</td>", lambda cell: cell[0].replace(r"\|", "|"), html, flags=re.DOTALL)


def check_navigation() -> None:
    """Raise SiteError unless the navigation leads to every page, and to nothing else."""
    settings = tomllib.loads((ROOT / "zensical.toml").read_text("utf-8"))
    listed = {*leaves(settings["project"]["nav"])} - {"reference.md"}
    problems = {
        "pages that are missing from the navigation in zensical.toml": {*pages()} - listed,
        "pages that the navigation in zensical.toml lists, but do not exist": listed - {*pages()},
    }
    for problem, found in problems.items():
        if found:
            raise SiteError(f"{problem}: {', '.join(sorted(found))}")


def leaves(entry: Any) -> Iterator[str]:
    """The pages of a navigation, or of a part of it."""
    if isinstance(entry, str):
        yield entry
        return
    parts: Any = entry.values() if hasattr(entry, "values") else entry
    for part in parts:
        yield from leaves(part)


def pages() -> list[str]:
    found = {page for pattern in PAGES for page in ROOT.glob(pattern)}
    return sorted(page.relative_to(ROOT).as_posix() for page in found)


def copy_pages(folder: Path) -> None:
    """Copy the pages, and the other files that they link to, to where the links lead."""
    for name in [*pages(), STYLES]:
        page = ROOT / name
        linked = [page.parent / target for target in TARGET.findall(page.read_text("utf-8"))]
        for path in [page, *linked]:
            copy = folder / path.resolve().relative_to(ROOT)
            if path.is_file() and not copy.exists():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, copy)


def reference() -> str:
    """The page of the public names, into which the build puts their docstrings."""
    names = vars(minimax_chat)["__all__"]
    public = {f"minimax_chat.{name}": getattr(minimax_chat, name) for name in names}
    errors = [
        name
        for name, value in public.items()
        if isinstance(value, type) and issubclass(value, Exception)
    ]
    others = [name for name in public if name not in errors]
    dicts = [name for name in others if typing.is_typeddict(public[name])]
    created = ["minimax_chat.MiniMax", "minimax_chat.AsyncMiniMax", EMULATOR]
    lines = ["# API reference"]
    for heading, names in {
        "Client": [*others[:1], CREATE, *others[1:]],
        "Errors": errors,
        "Extensions": [EMULATOR, "minimax_chat.ext.pytest_plugin"],
    }.items():
        lines.append(f"## {heading}")
        for name in names:
            options = {
                "heading": "chat.completions.create" if name == CREATE else name.split(".")[-1],
                # The other classes are created by the package itself.
                "merge_init_into_class": name in created,
                "show_bases": name in errors,
                # The docstrings of these have all that there is to know of their attributes.
                **(WITHOUT_MEMBERS if name in errors or name in dicts else {}),
            }
            # JSON is YAML.
            lines.append(f"::: {name}\n    options: {json.dumps(options)}")
    return "\n\n".join(lines)


def main() -> None:
    folder = ROOT / "site"
    build(folder)
    print(folder / "index.html")
    print(f"To search it, serve it: python3 -m http.server -d {shlex.quote(str(folder))}")


if __name__ == "__main__":
    try:
        main()
    except (SiteError, OSError) as error:
        sys.exit(f"build_site: {error}")
