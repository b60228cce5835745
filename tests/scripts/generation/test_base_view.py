"""What every view does."""

from typing import Any

from generation.base_view import View


def test_view_is_equal_by_content_and_copies_what_it_hands_out() -> None:
    data: dict[str, Any] = {"list": [1]}
    assert View(data) == View({"list": [1]})
    assert View(data) != data
    View(data).to_dict()["list"].append(2)
    assert data == {"list": [1]}
    assert repr(View(data)) == "View({'list': [1]})"
