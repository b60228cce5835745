"""Content parts made of files: the type by content, sizes told before anything is read or sent."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from documented import FIELDS, MB
from minimax_chat import InvalidArgumentError, image, video
from minimax_chat._media import SIGNATURES
from replies import call

PICTURES = {
    "image/jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF",
    "image/png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "image/gif": b"GIF89a\x01\x00",
    "image/webp": b"RIFF\x24\x00\x00\x00WEBPVP8 ",
}
VIDEOS = {
    "video/mp4": b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00",
    "video/mov": b"\x00\x00\x00\x14ftypqt  \x20\x05\x03\x00",
    "video/avi": b"RIFF\x24\x00\x00\x00AVI LIST",
    "video/x-matroska": b"\x1a\x45\xdf\xa3\x93\x42\x82\x88matroska\x42\x87",
}
NEITHER = {
    "nothing": b"",
    "text": b"hello",
    "BMP": b"BM\x46\x00",
    "WAV": b"RIFF\x24\x00\x00\x00WAVEfmt ",
    "WebM": b"\x1a\x45\xdf\xa3\x93\x42\x82\x84webm\x42\x87",
    "HEIC": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00",
    "AVIF": b"\x00\x00\x00\x20ftypavif\x00\x00\x00\x00",
}


def url_of(part: Any) -> str:
    kind: str = part["type"]
    url: str = part[kind]["url"]
    return url


@pytest.mark.parametrize("held", ["bytes", "bytearray", "memoryview", "path", "str"])
@pytest.mark.parametrize("media_type", [*PICTURES, *VIDEOS])
def test_a_file_becomes_a_data_url_of_its_type(media_type: str, held: str, tmp_path: Path) -> None:
    content = (PICTURES | VIDEOS)[media_type]
    # The name says nothing.
    path = tmp_path / "file.txt"
    path.write_bytes(content)
    sources: dict[str, Any] = {
        "bytes": content,
        "bytearray": bytearray(content),
        "memoryview": memoryview(content),
        "path": path,
        "str": str(path),
    }
    part = (image if media_type in PICTURES else video)(sources[held])
    head, _, data = url_of(part).partition(",")
    assert head == f"data:{media_type};base64"
    assert base64.b64decode(data) == content
    call(model="MiniMax-M3", messages=[{"role": "user", "content": [part]}])


@pytest.mark.parametrize(
    ("component", "kind"), [("ImageUrl", "image_url"), ("VideoUrl", "video_url")]
)
def test_the_types_are_documented_ones(component: str, kind: str) -> None:
    documented = FIELDS[component]["url"].media_types.split()
    assert {*SIGNATURES[kind]} <= {*documented}


def test_older_mov_files_have_no_type_box() -> None:
    assert url_of(video(b"\x00\x00\x07\x4bmoov\x00\x00")).startswith("data:video/mov;")


@pytest.mark.parametrize("name", NEITHER)
def test_another_kind_of_file_is_refused(name: str) -> None:
    for make in (image, video):
        with pytest.raises(InvalidArgumentError, match=r"documented media types: (image|video)/"):
            make(NEITHER[name])
    with pytest.raises(InvalidArgumentError, match="image/jpeg, image/png, image/gif, image/webp"):
        image(VIDEOS["video/mp4"])
    with pytest.raises(InvalidArgumentError, match="video/mp4"):
        video(PICTURES["image/png"])


@pytest.mark.parametrize(
    ("make", "content", "limit", "advice"),
    [
        (image, PICTURES["image/png"], 10 * MB, "make it smaller"),
        (video, VIDEOS["video/mp4"], 50 * MB, "mm_file://"),
    ],
)
def test_a_file_above_the_limit_is_refused_before_it_is_read(
    make: Any, content: bytes, limit: int, advice: str, tmp_path: Path
) -> None:
    assert url_of(make(content + bytes(limit - len(content))))
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.write(content)
        file.truncate(200 * 1024 * MB)  # sparse; reading it would take all memory
    for source in (content + bytes(limit - len(content) + 1), path):
        with pytest.raises(InvalidArgumentError, match=rf"<= {limit:,} \(\d+ MB\)") as caught:
            make(source)
        assert advice in str(caught.value)


def test_a_file_that_cannot_be_read_is_the_callers(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        image(tmp_path / "missing.png")
    with pytest.raises(OSError, match="directory"):
        image(tmp_path)


@pytest.mark.parametrize("source", [None, 5, ["a.png"], open])
def test_what_is_no_source_is_refused(source: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="source must be a path, bytes or a URL, not"):
        image(source)


@pytest.mark.parametrize(
    "url", ["https://example.com/a", "HTTP://x", "mm_file://123456", "data:image/png;base64,AAAA"]
)
def test_a_url_stays_as_it_is(url: str) -> None:
    assert image(url) == {"type": "image_url", "image_url": {"url": url}}
    assert video(url) == {"type": "video_url", "video_url": {"url": url}}


def test_options_stand_beside_the_url() -> None:
    url = "https://example.com/a"
    assert image(url, detail="low", max_long_side_pixel=512) == {
        "type": "image_url",
        "image_url": {"url": url, "detail": "low", "max_long_side_pixel": 512},
    }
    assert video(url, detail="high", fps=0.5, max_long_side_pixel=256) == {
        "type": "video_url",
        "video_url": {"url": url, "detail": "high", "fps": 0.5, "max_long_side_pixel": 256},
    }


@pytest.mark.parametrize("options", [{"fps": 0.1}, {"max_long_side_pixel": 0}, {"detail": 5}])
def test_an_option_that_the_contract_forbids_is_refused(options: dict[str, Any]) -> None:
    (name,) = options
    with pytest.raises(InvalidArgumentError, match=rf"^video_url\.{name} must "):
        video("https://example.com/a", **options)


class BytesPath:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __fspath__(self) -> bytes:
        return bytes(self.path)


def test_a_path_may_be_of_any_kind(tmp_path: Path) -> None:
    path = tmp_path / "图.png"
    path.write_bytes(PICTURES["image/png"])
    odd: Any = BytesPath(path)
    assert image(odd) == image(path) == image(str(path))


def test_a_device_without_end_is_refused() -> None:
    """It says that it is empty, and would fill all memory."""
    with pytest.raises(InvalidArgumentError, match="<= 10,485,760"):
        image("/dev/zero")


def test_a_path_that_cannot_be_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="source is no path"):
        image("a\0b")


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("DATA:image/png;base64," + "A" * (10 * MB * 4 // 3 + 8), False),
        ("data:image/png;base64," + ("A" * 76 + "\r\n") * (10 * MB * 4 // 3 // 76), True),
        ("data:image/svg+xml," + "a" * (10 * MB), True),
        ("data:image/svg+xml," + "a" * (10 * MB + 1), False),
        ("data:image/svg+xml," + "%00" * (5 * MB), True),
        ("https://example.com/" + "a" * (11 * MB), True),
    ],
    ids=["upper case", "lines", "text", "longer text", "escapes", "no data"],
)
def test_the_size_of_a_data_url_is_that_of_its_data(url: str, fits: bool) -> None:
    if fits:
        assert url_of(image(url)) == url
    else:
        with pytest.raises(InvalidArgumentError, match="must hold at most 10,485,760 bytes"):
            image(url)
