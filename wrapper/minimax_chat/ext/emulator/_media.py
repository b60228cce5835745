"""What the URL of a picture or video tells of it."""

from __future__ import annotations

import base64
from typing import NamedTuple
from urllib.parse import urlsplit


class Data(NamedTuple):
    """What a data URL holds."""

    media_type: str
    size: int
    """In bytes, decoded."""


def read_data_url(url: str) -> Data | None:
    """None for any other URL; ValueError says why the data cannot be read."""
    if url[:5].lower() != "data:":
        return None
    head, comma, data = url[5:].partition(",")
    media_type, *parameters = head.lower().split(";")
    if not comma or "base64" not in parameters:
        raise ValueError("a base64 data URL: data:MEDIA_TYPE;base64,DATA")
    try:
        size = len(base64.b64decode(data, validate=True))
    except ValueError as error:
        raise ValueError(f"valid base64 ({error})") from None
    return Data(media_type or "text/plain", size)


def host_and_name(url: str) -> tuple[str, str]:
    """The host and the name of a file; ("", the URL) unless it has both."""
    try:
        parts = urlsplit(url)
        host, name = parts.hostname or "", parts.path.rpartition("/")[2]
    except ValueError:
        host = name = ""
    return (host, name) if host and name else ("", url)
