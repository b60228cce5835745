"""What is changed in the generator's own files."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import minimax_chat_api
from generation.adaptations import CLIENT_AS_GENERATED, UNSET_AS_GENERATED, adapt
from generation.tools import RegenerationError
from minimax_chat_api import client


@pytest.mark.parametrize(
    ("unset", "imported", "named"),
    [
        ("class Unset(Enum):\n    ...\n", CLIENT_AS_GENERATED, "types.py"),
        (UNSET_AS_GENERATED, "from .client import Client\n", "__init__.py"),
        (UNSET_AS_GENERATED, CLIENT_AS_GENERATED * 2, "__init__.py"),
    ],
)
def test_generator_that_writes_other_code_is_refused(
    tmp_path: Path, unset: str, imported: str, named: str
) -> None:
    (tmp_path / "types.py").write_text(unset)
    (tmp_path / "__init__.py").write_text(imported)
    with pytest.raises(RegenerationError, match=f"the generator writes another {re.escape(named)}"):
        adapt(tmp_path)


def test_generator_that_reads_lists_otherwise_is_refused(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    model = (
        "for a_type_0_item_data in _a_type_0:\n    a_type_0_item = A.from_dict(a_type_0_item_data)"
    )
    (tmp_path / "models" / "a.py").write_text(f"    {model}")
    with pytest.raises(RegenerationError, match=r"the generator writes another a\.py"):
        adapt(tmp_path)


def test_package_has_its_clients() -> None:
    assert minimax_chat_api.Client is client.Client
    assert minimax_chat_api.AuthenticatedClient is client.AuthenticatedClient
    assert {"Client", "AuthenticatedClient"} <= {*dir(minimax_chat_api)}
    with pytest.raises(AttributeError, match="'minimax_chat_api' has no attribute 'Response'"):
        minimax_chat_api.Response  # type: ignore[attr-defined] # noqa: B018


PROBE = """
import sys
import minimax_chat_api.contract, minimax_chat_api.params, minimax_chat_api.views
assert "Client" in dir(minimax_chat_api)
print(*sorted({"attrs", "attr", "httpx"} & sys.modules.keys()))
"""


def test_only_models_and_client_import_the_libraries() -> None:
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
