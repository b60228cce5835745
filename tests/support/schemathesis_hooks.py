"""What schemathesis is to leave out, loaded by its command through SCHEMATHESIS_HOOKS."""

from __future__ import annotations

from typing import Any

import schemathesis

from emulator_check import is_refused, schema_allows
from spec_reading import read_spec

SPEC = read_spec()


@schemathesis.hook
def filter_case(context: schemathesis.HookContext, case: schemathesis.Case[Any]) -> bool:
    """Not what the schema allows and the API, or the emulator, refuses all the same.

    schemathesis reads no extension of ours, so the request would count as wrongly refused.
    """
    body: Any = case.body
    return not schema_allows(SPEC, body) or not is_refused(SPEC, body)
