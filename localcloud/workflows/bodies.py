"""Bodies that `http.*` sends [documented: http-requests]."""

from __future__ import annotations

import json
from typing import Any

from localcloud.workflows.errors import fail

_BINARY, _JSON = "application/octet-stream", "application/json; charset=utf-8"
_FORM = "application/x-www-form-urlencoded"


def encoded(body: Any, content_type: str, where: str) -> tuple[bytes, str]:
    """A body as it is sent, and its content type; "" is none.

    Without a type bytes are sent as they are, and everything else as JSON, strings too.

    Raises:
        WorkflowError: TypeError, the value does not fit its type; ValueError, the type is not supported.
    """
    if body is None:
        return b"", content_type
    if not content_type:
        return (body, _BINARY) if isinstance(body, bytes) else (json.dumps(body).encode(), _JSON)
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json")):
        return _fitting(body, dict, kind, where, json.dumps), content_type
    if kind == _FORM or kind.startswith("text/"):
        return _fitting(body, str, kind, where, str), content_type
    raise fail("ValueError", f"{where}: a body of type {kind} is not supported")


def _fitting(body: Any, wanted: type, kind: str, where: str, written: Any) -> bytes:
    if not isinstance(body, wanted):
        needed = "map" if wanted is dict else "string"
        raise fail("TypeError", f"{where}: a body of type {kind} must be a {needed}")
    return str(written(body)).encode()
