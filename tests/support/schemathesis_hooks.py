"""What schemathesis is to leave out, loaded by its command through SCHEMATHESIS_HOOKS."""

from __future__ import annotations

import schemathesis

from emulator_check import is_refused, schema_allows
from spec_reading import read_spec

SPEC = read_spec()


@schemathesis.hook
def filter_case(context: schemathesis.HookContext, case: schemathesis.Case) -> bool:
    """Not what the schema allows and the API, or the emulator, refuses all the same.

    schemathesis reads no extension of ours, so the request would count as wrongly refused.
    """
    return not schema_allows(SPEC, case.body) or not is_refused(SPEC, case.body)
