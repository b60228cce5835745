"""What only some operating systems have."""

from __future__ import annotations

import os

import pytest

needs_posix = pytest.mark.skipif(
    os.name != "posix", reason="needs fork, signals, devices or shell scripts, as POSIX has them"
)
