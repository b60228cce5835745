"""The Chinese pages keep in step with the English ones: sections, code, tables, figures, links."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
TWINS = {
    "README.zh-CN.md": "README.md",
    "docs/zh/quick-start.md": "docs/quick-start.md",
    "docs/zh/errors.md": "docs/errors.md",
}
ELEMENT = re.compile(
    r"^(?P<block>```.*?^```)$|^(?P<heading>#+) (?P<title>[^\n]+)$|^(?P<row>\|[^\n]*\|)$"
    r"|!\[[^\]]*\]\((?P<image>[^)]+)\)|^(?P<html><[^\n]+)$",
    re.MULTILINE | re.DOTALL,
)


class Element(NamedTuple):
    line: int
    source: str
    compared: object
    """What both languages must have in common."""


def elements(page: Path) -> list[Element]:
    text = page.read_text("utf-8")
    found: list[Element] = []
    for match in ELEMENT.finditer(text):
        parts = match.groupdict()
        if heading := parts["heading"]:
            # Codes and names are headings in any language.
            compared: object = (heading, re.findall(r"\d{4}", parts["title"]))
        elif row := parts["row"]:
            compared = ("a row", row.count("|"), sorted(re.findall(r"`[^`]+`|\d{3,}", row)))
        elif image := parts["image"]:
            compared = ("an image", (page.parent / image).resolve())
        else:
            compared = parts["block"] or parts["html"]
        line = text.count("\n", 0, match.start()) + 1
        found.append(Element(line, match[0], compared))
    return found


def difference(chinese: Path, english: Path) -> str:
    """Where the pages first differ; "" if they do not."""
    ours, theirs = elements(chinese), elements(english)
    for mine, original in zip(ours, theirs, strict=False):
        if mine.compared != original.compared:
            return (
                f"{chinese.name}, line {mine.line}, has:\n{mine.source}\n\n"
                f"but {english.name}, line {original.line}:\n{original.source}"
            )
    longer, shorter = (chinese, english) if len(ours) > len(theirs) else (english, chinese)
    if len(ours) != len(theirs):
        extra = elements(longer)[min(len(ours), len(theirs))]
        return f"{shorter.name} lacks what {longer.name}, line {extra.line}, has:\n{extra.source}"
    return ""


def test_every_chinese_page_has_a_twin() -> None:
    pages = [*ROOT.glob("*.zh-CN.md"), *ROOT.glob("docs/zh/**/*.md")]
    assert {page.relative_to(ROOT).as_posix() for page in pages} == {*TWINS}


@pytest.mark.parametrize("chinese", TWINS)
def test_sections_code_and_tables_are_those_of_the_english_page(chinese: str) -> None:
    told = difference(ROOT / chinese, ROOT / TWINS[chinese])
    assert not told, told


@pytest.mark.parametrize("chinese", TWINS)
def test_figures_are_those_of_the_english_page(chinese: str) -> None:
    figures = [
        sorted(re.findall(r"\d[\d.]* %|SDK \d[\d.]*\d", (ROOT / name).read_text("utf-8")))
        for name in (chinese, TWINS[chinese])
    ]
    assert figures[0] == figures[1]


@pytest.mark.parametrize("chinese", TWINS)
def test_twins_link_to_one_another(chinese: str) -> None:
    for name, other in ((chinese, TWINS[chinese]), (TWINS[chinese], chinese)):
        target = Path(os.path.relpath(ROOT / other, (ROOT / name).parent)).as_posix()
        head = (ROOT / name).read_text("utf-8").split("\n", 4)[2]
        assert f"]({target})" in head, f"{name} does not link to {target} below its title"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("## 安装", "### 安装", "has:\n### 安装"),
        ("```text\n", "```text\n!", "has:\n```text\n!"),
        ("`temperature`", "`top_p`", "has:\n| `top_p`"),
        ("| 1 |\n", "", "has:\n| `temperature`"),
        ("## 结束\n", "", "lacks what"),
    ],
)
def test_what_is_out_of_step_is_told(tmp_path: Path, old: str, new: str, told: str) -> None:
    text = "# A\n\n## 安装\n\n```text\nx\n```\n\n| 1 |\n| `temperature` |\n\n## 结束\n"
    english, chinese = tmp_path / "english.md", tmp_path / "chinese.md"
    english.write_text(text, "utf-8")
    assert old in text
    chinese.write_text(text.replace(old, new), "utf-8")
    assert told in difference(chinese, english)
    assert not difference(english, english)
