"""The list of models."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Any

import yaml
from rich.table import Table
from rich.text import Text

from minimax_chat_api.contract import bounds_in_words

if TYPE_CHECKING:
    from rich.console import Console


def show_models(console: Console) -> None:
    """Prints each documented model with its bounds, and what the contract says in words."""
    source = (resources.files("minimax_chat_api") / "openapi.yaml").read_text("utf-8")
    schemas = yaml.load(source, getattr(yaml, "CSafeLoader", yaml.SafeLoader))["components"][
        "schemas"
    ]
    fields: dict[str, Any] = schemas["ChatCompletionRequest"]["properties"]
    bounded = {
        name: field
        for name, field in fields.items()
        if bounds_in_words(field) and not field.get("deprecated")
    }
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("model", *bounded):
        table.add_column(name, overflow="fold")
    for model in schemas["ModelId"]["enum"]:
        table.add_row(model, *(_bounds(field, model) for field in bounded.values()))
    console.print(table)
    told = {"model": schemas["ModelId"], "thinking": fields["thinking"], **bounded}
    for name, schema in told.items():
        console.print()
        console.print(Text(name, "bold"))
        console.print(" ".join(schema["description"].split()))


def _bounds(field: dict[str, Any], model: str) -> str:
    own = (each for each in field.get("x-bounds", ()) if model in each["models"])
    return bounds_in_words(next(own, field))
