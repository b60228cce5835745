"""The contract against the real API: six cheap calls, with a key in MINIMAX_API_KEY.

    MINIMAX_API_KEY=... python -m pytest tests/live

MINIMAX_REGION names the platform of the key. MINIMAX_RECORD=FILE writes the exchanges to a file,
with key and ids replaced; the files in tests/contract/recordings are replayed offline.
"""

from __future__ import annotations

import os
from pathlib import Path

import httpx
import pytest

from live_run import Recorder, run, why_not
from minimax_chat import MiniMax
from spec_reading import read_spec


@pytest.mark.skipif(bool(why_not(os.environ)), reason=why_not(os.environ))
def test_the_real_api_keeps_the_contract() -> None:
    recorder, record = Recorder(), os.environ.get("MINIMAX_RECORD")
    with httpx.Client(event_hooks=recorder.hooks if record else None) as http:
        report = run(read_spec(), lambda key: MiniMax(api_key=key, http_client=http))
    if record and not report.refused:
        recorder.write(Path(record))
    if report.refused or report.broken or report.moved:
        pytest.fail(str(report), pytrace=False)
