"""The picture in README.md shows what the command shows."""

from __future__ import annotations

from record_terminal import ANSWER, PICTURE, PROMPT, picture
from systems import needs_posix


@needs_posix
def test_the_picture_is_up_to_date() -> None:
    drawn = picture()
    assert PICTURE.read_text("utf-8") == drawn, "run scripts/record_terminal.py"
    shown = drawn.replace("&#160;", " ")
    assert PROMPT in shown
    assert "Purple heron" in ANSWER
    assert "Purple heron" in shown
    # Nothing is fetched from elsewhere when it is looked at.
    assert "url(http" not in drawn
    assert "://" not in drawn.replace("http://www.w3.org", "").replace("https://www.textualize", "")
