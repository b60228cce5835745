"""Turns picture and video files into parts of a message."""

from __future__ import annotations

import os
import re
from base64 import b64encode
from typing import Any, TypeAlias, cast

from minimax_chat_api.contract import CHAT_COMPLETION_REQUEST_SCHEMA, check
from minimax_chat_api.params import ContentPartParam, MediaDetailLiteral

from ._errors import InvalidArgumentError

Source: TypeAlias = str | os.PathLike[str] | bytes | bytearray | memoryview

# How files of each documented media type begin.
SIGNATURES = {
    "image_url": {
        "image/jpeg": rb"\xff\xd8\xff",
        "image/png": rb"\x89PNG\r\n\x1a\n",
        "image/gif": rb"GIF8[79]a",
        "image/webp": rb"RIFF....WEBP",
    },
    "video_url": {
        "video/mov": rb"....(ftypqt  |moov|mdat|wide)",
        # HEIC and AVIF pictures have the same structure.
        "video/mp4": rb"....ftyp(?!hei|hev|mif|msf|avi)",
        "video/avi": rb"RIFF....AVI ",
        "video/x-matroska": rb"\x1a\x45\xdf\xa3.{0,60}matroska",
    },
}
URL = re.compile(r"[a-z][a-z0-9+._-]*://|data:", re.IGNORECASE)


def image(
    source: Source,
    *,
    detail: MediaDetailLiteral | str | None = None,
    max_long_side_pixel: int | None = None,
) -> ContentPartParam:
    """A picture, as a part of a message's `content`.

    Args:
        source: Path or content of a JPEG, PNG, GIF or WEBP file of at most 10 MB; or a URL.
        detail: How closely to look: "low", "default" or "high".
        max_long_side_pixel: Upper limit of the longer side, in pixels.

    Raises:
        InvalidArgumentError: The file is too large or of another kind, or an option is wrong.
        OSError: The file cannot be read.
    """
    options = {"detail": detail, "max_long_side_pixel": max_long_side_pixel}
    return _part("image_url", source, options, "make it smaller")


def video(
    source: Source,
    *,
    detail: MediaDetailLiteral | str | None = None,
    fps: float | None = None,
    max_long_side_pixel: int | None = None,
) -> ContentPartParam:
    """A video, as a part of a message's `content`.

    Args:
        source: Path or content of an MP4, AVI, MOV or MKV file of at most 50 MB; or a URL, such as
            mm_file://{file_id} for a larger one that was uploaded to the Files API.
        detail: How closely to look: "low", "default" or "high".
        fps: Frames to look at, per second: from 0.2 to 5, 1 by default.
        max_long_side_pixel: Upper limit of the longer side, in pixels.

    Raises:
        InvalidArgumentError: The file is too large or of another kind, or an option is wrong.
        OSError: The file cannot be read.
    """
    options = {"detail": detail, "fps": fps, "max_long_side_pixel": max_long_side_pixel}
    return _part(
        "video_url", source, options, "upload it to the Files API and pass its mm_file:// URL"
    )


def _part(kind: str, source: Source, options: dict[str, Any], advice: str) -> ContentPartParam:
    schema = _part_schema()
    if isinstance(source, str) and URL.match(source):
        url = source
    else:
        limit = schema["properties"][kind]["properties"]["url"]["x-max-data-bytes"]
        url = _data_url(kind, _read(source, limit, advice))
    given = {name: value for name, value in options.items() if value is not None}
    part: Any = {"type": kind, kind: {"url": url, **given}}
    if problem := check(part, schema):
        raise InvalidArgumentError(problem)
    return cast("ContentPartParam", part)


def _part_schema() -> dict[str, Any]:
    message = CHAT_COMPLETION_REQUEST_SCHEMA["properties"]["messages"]["items"]
    contents = message["properties"]["content"]["anyOf"]
    schema: dict[str, Any] = next(each["items"] for each in contents if each["type"] == "array")
    return schema


def _read(source: Source, limit: int, advice: str) -> bytes:
    if isinstance(source, (bytes, bytearray, memoryview)):
        data = bytes(source)
    elif isinstance(source, (str, os.PathLike)):  # pyright: ignore[reportUnnecessaryIsInstance]
        try:
            with open(source, "rb") as file:
                # Checked first, so that no oversized file is read; devices report size 0.
                _refuse_large(os.fstat(file.fileno()).st_size, limit, advice)
                data = file.read(limit + 1)
        except InvalidArgumentError:
            raise
        except ValueError as error:  # a null character
            raise InvalidArgumentError(f"source is not a valid path: {error}") from None
    else:
        given = type(source).__name__
        raise InvalidArgumentError(f"source must be a path, bytes or a URL (got {given})")
    _refuse_large(len(data), limit, advice)
    return data


def _refuse_large(size: int, limit: int, advice: str) -> None:
    if size > limit:
        most = f"{limit:,} bytes ({limit / 2**20:g} MB)"
        raise InvalidArgumentError(f"the file must have at most {most}, but has {size:,}: {advice}")


def _data_url(kind: str, data: bytes) -> str:
    for media_type, signature in SIGNATURES[kind].items():
        if re.match(signature, data, re.DOTALL):
            return f"data:{media_type};base64,{b64encode(data).decode()}"
    known = ", ".join(SIGNATURES[kind])
    raise InvalidArgumentError(f"unrecognized file format; the documented media types are {known}")
