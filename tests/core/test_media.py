"""Content parts made of files: their type is found by content, their size checked unread."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from documented import FIELDS, MB
from minimax_chat import InvalidArgumentError, image, video
from seams import call
from systems import needs_posix

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
    # The name gives nothing away.
    path = tmp_path / "file.txt"
    path.write_bytes(content)
    sources: dict[str, Any] = {
        "bytes": content,
        "bytearray": bytearray(content),
        "memoryview": memoryview(content),
        "path": path,
        "str": str(path),
    }
    make, component = (image, "ImageUrl") if media_type in PICTURES else (video, "VideoUrl")
    part = make(sources[held])
    assert media_type in FIELDS[component]["url"].media_types.split()
    head, _, data = url_of(part).partition(",")
    assert head == f"data:{media_type};base64"
    assert base64.b64decode(data) == content
    call(model="MiniMax-M3", messages=[{"role": "user", "content": [part]}])


def test_an_older_mov_file_without_a_type_box_is_recognized() -> None:
    assert url_of(video(b"\x00\x00\x07\x4bmoov\x00\x00")).startswith("data:video/mov;")


@pytest.mark.parametrize("name", NEITHER)
def test_a_file_of_another_type_is_refused(name: str) -> None:
    for make, known in (
        (image, "image/jpeg, image/png, image/gif, image/webp"),
        (video, "video/mov, video/mp4, video/avi, video/x-matroska"),
    ):
        with pytest.raises(InvalidArgumentError) as caught:
            make(NEITHER[name])
        assert str(caught.value) == (
            f"unrecognized file format; the documented media types are {known}"
        )


def test_a_video_is_no_image_and_an_image_no_video() -> None:
    with pytest.raises(InvalidArgumentError, match="image/jpeg, image/png, image/gif, image/webp"):
        image(VIDEOS["video/mp4"])
    with pytest.raises(InvalidArgumentError, match="video/mp4"):
        video(PICTURES["image/png"])


@pytest.mark.parametrize(
    ("make", "content", "limit", "advice"),
    [
        (image, PICTURES["image/png"], 10, "make it smaller"),
        (
            *(video, VIDEOS["video/mp4"], 50),
            "upload it to the Files API and pass its mm_file:// URL",
        ),
    ],
)
def test_a_file_above_the_limit_is_refused_before_it_is_read(
    make: Any, content: bytes, limit: int, advice: str, tmp_path: Path
) -> None:
    most = limit * MB
    assert url_of(make(content + bytes(most - len(content))))
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.write(content)
        file.truncate(200 * 1024 * MB)  # sparse; reading it would take all memory
    for source, size in (
        (content + bytes(most - len(content) + 1), most + 1),
        (path, 200 * 1024 * MB),
    ):
        with pytest.raises(InvalidArgumentError) as caught:
            make(source)
        assert str(caught.value) == (
            f"the file must have at most {most:,} bytes ({limit} MB), but has {size:,}: {advice}"
        )


def test_an_oserror_of_a_file_is_raised_unchanged(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        image(tmp_path / "missing.png")
    with pytest.raises(OSError, match="directory"):
        image(tmp_path)


@pytest.mark.parametrize("source", [None, 5, ["a.png"], open])
def test_a_source_of_another_type_is_refused(source: Any) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        image(source)
    given = type(source).__name__
    assert str(caught.value) == f"source must be a path, bytes or a URL (got {given})"


@pytest.mark.parametrize(
    "url", ["https://example.com/a", "HTTP://x", "mm_file://123456", "data:image/png;base64,AAAA"]
)
def test_a_url_is_used_unchanged(url: str) -> None:
    assert image(url) == {"type": "image_url", "image_url": {"url": url}}
    assert video(url) == {"type": "video_url", "video_url": {"url": url}}


def test_options_are_put_beside_the_url() -> None:
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
    with pytest.raises(InvalidArgumentError, match=rf"^video_url\.{name} "):
        video("https://example.com/a", **options)


class BytesPath:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __fspath__(self) -> bytes:
        return bytes(self.path)


def test_a_path_may_be_any_path_like_object(tmp_path: Path) -> None:
    path = tmp_path / "图.png"
    path.write_bytes(PICTURES["image/png"])
    odd: Any = BytesPath(path)
    assert image(odd) == image(path) == image(str(path))


@needs_posix
def test_an_endless_device_is_refused() -> None:
    """Its size is 0, but reading it would fill all memory."""
    with pytest.raises(InvalidArgumentError, match=r"10,485,760 .* but has 10,485,761:"):
        image("/dev/zero")


def test_a_path_with_a_null_character_is_refused() -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        image("a\0b")
    assert str(caught.value) == "source is not a valid path: embedded null byte"


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("DATA:image/png;base64," + "A" * (10 * MB * 4 // 3 + 8), False),
        ("data:image/png;base64," + ("A" * 76 + "\r\n") * (10 * MB * 4 // 3 // 76), True),
        ("data:image/svg+xml," + "a" * (10 * MB), True),
        ("data:image/svg+xml," + "a" * (10 * MB + 1), False),
        ("data:image/svg+xml," + "%00" * 1000 + "a" * (10 * MB - 1000), True),
        ("https://example.com/" + "a" * (11 * MB), True),
    ],
    ids=["upper case", "lines", "text", "longer text", "escapes", "no data"],
)
def test_the_size_of_a_data_url_is_that_of_its_decoded_data(url: str, fits: bool) -> None:
    if fits:
        assert url_of(image(url)) == url
    else:
        with pytest.raises(InvalidArgumentError, match="10,485,760"):
            image(url)
