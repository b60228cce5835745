"""What schemathesis is to leave out, loaded by its command through SCHEMATHESIS_HOOKS."""

from __future__ import annotations

from typing import Any

import schemathesis


@schemathesis.hook
def filter_body(context: schemathesis.HookContext, body: Any) -> bool:
    """At most one system message: the API refuses more with 2013, as the emulator does.

    No page says so, hence the spec does not, and the request would count as wrongly refused.
    """
    messages = body.get("messages") if isinstance(body, dict) else None
    if not isinstance(messages, list):
        return True
    roles = [message.get("role") for message in messages if isinstance(message, dict)]
    return roles.count("system") <= 1
