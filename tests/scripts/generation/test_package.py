"""Replacing one package by another."""

from pathlib import Path

import pytest

from generation.package import contents, swap
from rehearsal.project_copy import ROOT

PACKAGE = "generated/minimax_chat_api"


def test_swap_that_fails_half_way_is_undone(changed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(changed / "generated")
    rename = Path.rename

    def full(path: Path, target: Path) -> Path:
        if path.name.endswith(".new"):
            raise OSError("no space left on device")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(OSError, match="no space left"):
        swap(ROOT / PACKAGE, changed / PACKAGE)
    assert contents(changed / "generated") == before
    assert [path.name for path in (changed / "generated").iterdir()] == ["minimax_chat_api"]
