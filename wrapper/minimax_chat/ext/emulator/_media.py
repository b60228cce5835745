"""What the URL of a picture or video tells of it."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Data:
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
        raise ValueError("which is no base64 data URL; allowed: data:MEDIA_TYPE;base64,DATA")
    try:
        return Data(media_type or "text/plain", len(base64.b64decode(data, validate=True)))
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"which is not base64: {error}") from None


def host_and_name(url: str) -> tuple[str, str]:
    """Where a file lies, and its name; ("", the URL) where it has not both."""
    try:
        parts = urlsplit(url)
        host, name = parts.hostname or "", parts.path.rpartition("/")[2]
    except ValueError:
        host = name = ""
    return (host, name) if host and name else ("", url)
