"""The site of the documentation is built without a warning, and whole."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import build_site
import minimax_chat

FETCHED_BY_STYLE = re.compile(r"""(?:url\(|@import\s)\s*["']?(?:https?:)?//""")
REFERENCE = "reference.html"


class Page(HTMLParser):
    """The anchors of a page, its links, and what a browser fetches to show it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: set[str] = set()
        self.fetched: set[str] = set()
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        address = values.get("href") if tag in ("a", "link") else values.get("src")
        if address is not None:
            (self.links if tag == "a" else self.fetched).add(address)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build_site.build(folder)
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    # The links of 404.html start from the root of wherever the site is published.
    return {path: Page(path) for path in site.rglob("*.html") if path.name != "404.html"}


def test_every_page_is_built(site: Path) -> None:
    for name in build_site.pages():
        page = Path(name)
        built = page.with_name("index.html" if page.name == "README.md" else f"{page.stem}.html")
        assert (site / built).is_file(), name


def test_links_lead_to_pages_and_anchors_of_the_site(pages: dict[Path, Page]) -> None:
    wrong: list[str] = []
    followed = 0
    for path, page in pages.items():
        for address in page.links | page.fetched:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            followed += 1
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchors = pages[target].anchors if target in pages else set()
            if not target.is_file() or (parts.fragment and unquote(parts.fragment) not in anchors):
                wrong.append(f"{path.name}: {address}")
    assert not wrong
    assert followed > 500


def test_cells_of_tables_show_no_backslash(site: Path) -> None:
    assert "shape=http|base_resp" in (site / "docs/emulator.html").read_text("utf-8")


def test_chinese_pages_say_their_language(site: Path) -> None:
    for path in ("README.zh-CN.html", "docs/zh/errors.html"):
        assert '<html lang="zh-CN"' in (site / path).read_text("utf-8"), path
    assert '<html lang="en"' in (site / "docs/errors.html").read_text("utf-8")


def test_nothing_is_fetched_from_elsewhere(site: Path, pages: dict[Path, Page]) -> None:
    fetched = {address for page in pages.values() for address in page.fetched}
    assert fetched
    assert not [address for address in fetched if urlsplit(address).netloc]
    for style in site.rglob("*.css"):
        assert not FETCHED_BY_STYLE.findall(style.read_text("utf-8")), style


def test_reference_has_every_public_name_and_nothing_private(pages: dict[Path, Page]) -> None:
    (reference,) = [page for path, page in pages.items() if path.name == REFERENCE]
    assert {f"minimax_chat.{name}" for name in dir(minimax_chat)} <= reference.anchors
    # Of both extensions, what is inside as well.
    assert "minimax_chat.ext.emulator.Emulator.reply" in reference.anchors
    assert "minimax_chat.ext.pytest_plugin.minimax_client" in reference.anchors
    assert not [anchor for anchor in reference.anchors if "._" in anchor]


def test_reference_shows_the_arguments_of_create(site: Path) -> None:
    text = (site / REFERENCE).read_text("utf-8")
    assert "reasoning_split" in text
    assert "CreateParams" not in text


@pytest.mark.parametrize(
    ("page", "lines", "told"),
    [
        ("stray.md", [], "missing from the navigation in zensical.toml: stray.md"),
        (None, ['nav = ["README.md", "gone.md"]'], "do not exist: gone.md"),
    ],
)
def test_page_outside_the_navigation_fails_the_build(
    page: str | None,
    lines: list[str],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "README.md").write_text("# Home\n")
    if page:
        (tmp_path / page).write_text("# Stray\n")
    settings = "\n".join(["[project]", 'site_name = "x"', *(lines or ['nav = ["README.md"]'])])
    (tmp_path / "zensical.toml").write_text(settings)
    monkeypatch.setattr(build_site, "ROOT", tmp_path)
    with pytest.raises(build_site.SiteError) as caught:
        build_site.build(tmp_path / "site")
    assert told in str(caught.value)


def test_wrong_docstring_fails_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def copy_pages(folder: Path) -> None:
        folder.mkdir()
        broken = 'def f(a: int) -> None:\n    """Does.\n\n    Args:\n        b: No."""\n'
        (folder.parent / "broken.py").write_text(broken)

    monkeypatch.setattr(build_site, "copy_pages", copy_pages)
    monkeypatch.setattr(build_site, "reference", lambda: "# Reference\n\n::: broken")
    with pytest.raises(build_site.SiteError, match="'b' does not appear in the function signature"):
        build_site.build(tmp_path / "site")


def test_unknown_name_in_the_reference_fails_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(minimax_chat, "__all__", ["MiniMax", "Removed"], raising=False)
    monkeypatch.setattr(minimax_chat, "Removed", object, raising=False)
    with pytest.raises(build_site.SiteError, match=r"Could not collect 'minimax_chat\.Removed'"):
        build_site.build(tmp_path / "site")
