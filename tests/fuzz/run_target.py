"""Runs a fuzz target with atheris: run_target.py TARGET FOLDER [LIBFUZZER ARGUMENT ...].

The folder gets the inputs that are found, and before that those in the recordings of the API.
"""

from __future__ import annotations

import hashlib
import shlex
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

atheris: Any = import_module("atheris")  # of the extra fuzz; it has no types

ROOT = Path(__file__).parents[2]

sys.path[:0] = [str(ROOT / "tests" / "support"), str(ROOT / "scripts")]
with atheris.instrument_imports(include=["minimax_chat", "minimax_chat_api"]):
    from fuzz_targets import TARGETS, recorded

if __name__ == "__main__":
    name, *arguments = sys.argv[1:]
    if "-merge=1" not in arguments:
        for data in recorded(name):
            Path(arguments[0], hashlib.sha256(data).hexdigest()).write_bytes(data)
    # With the first word, libFuzzer starts itself again, in a shell.
    itself = shlex.join([sys.executable, __file__, name])
    atheris.Setup([itself, *arguments], TARGETS[name])
    atheris.Fuzz()
