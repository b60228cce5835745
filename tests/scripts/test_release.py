"""What may be released: a commit whose tag, version and changelog agree."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import release
from release import ReleaseError


@pytest.fixture
def commit(tmp_path: Path) -> Path:
    """A clone at a commit that may be released as v1.2.0."""
    package = tmp_path / release.PACKAGE
    package.parent.mkdir(parents=True)
    package.write_text('"""A package."""\n\n__version__ = "1.2.0"\n', "utf-8")
    change(tmp_path, "## 1.2.0, 2026-11-28")
    (tmp_path / ".gitignore").write_text("/dist/\n", "utf-8")
    git(tmp_path, "init", "--quiet")
    save(tmp_path)
    return tmp_path


def change(project: Path, heading: str) -> None:
    text = f"# Changelog\n\n{heading}\n\n- A change.\n\n## 1.1.0, 2026-10-01\n\n- Another.\n"
    (project / "CHANGELOG.md").write_text(text, "utf-8")


def git(project: Path, *arguments: str) -> None:
    name = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run(["git", *name, *arguments], cwd=project, check=True)


def save(project: Path) -> None:
    git(project, "add", ".")
    git(project, "commit", "--quiet", "--message", "A change")


def test_a_commit_whose_version_and_changelog_agree_may_be_released(commit: Path) -> None:
    (commit / "dist").mkdir()
    (commit / "dist" / "ignored").touch()
    release.check(commit, "v1.2.0")


@pytest.mark.parametrize("tag", ["v1.2.1", "1.2.0", "v1.2.0rc1", "v1.1.0"])
def test_a_tag_that_is_not_the_version_is_refused(commit: Path, tag: str) -> None:
    with pytest.raises(ReleaseError, match=rf"^the tag is {tag}, but \S+ says 1\.2\.0$"):
        release.check(commit, tag)


@pytest.mark.parametrize(
    "heading", ["## 1.2.0, unreleased", "## Unreleased", "## 1.1.0, 2026-10-01", "## 1.2.0"]
)
def test_a_version_without_its_section_of_the_changelog_is_refused(
    commit: Path, heading: str
) -> None:
    change(commit, heading)
    save(commit)
    with pytest.raises(ReleaseError, match=f"must begin with `## 1.2.0, <date>`, not `{heading}`"):
        release.check(commit, "v1.2.0")


@pytest.mark.parametrize("name", ["CHANGELOG.md", "wrapper/new.py"])
def test_files_that_are_not_committed_are_refused(commit: Path, name: str) -> None:
    with (commit / name).open("a", encoding="utf-8") as file:
        file.write("\n")
    with pytest.raises(ReleaseError, match=f"^not everything is committed:\n.*{name}"):
        release.check(commit, "v1.2.0")


def test_the_project_cannot_be_released_under_another_tag(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[object] = []
    monkeypatch.setattr(release, "build", lambda *where: built.append(where))
    assert release.main(["v0.0.0"]) == 1
    assert capsys.readouterr().err.startswith("release: the tag is v0.0.0, but ")
    assert built == []
