"""`requestId`: the same request sent again is answered with the operation that it began, for an hour
[documented]."""

from __future__ import annotations

from functools import wraps

from localcloud.gkehub.operations import in_version
from localcloud.service import Call, Handler
from localcloud.wire.messages import Json

_REMEMBERED = 3600.0  # seconds


def once(handler: Handler) -> Handler:
    """Let a method that begins an operation do so once for each `requestId`."""

    @wraps(handler)
    def answer(call: Call) -> Json:
        request_id = call.query("requestId")
        key = f"{call.project}/{call.method}/{request_id}"
        seen = call.world.store["gkehub.requests"].get(key) if request_id else None
        if seen is not None and call.world.clock.now < seen["until"]:
            operation = call.world.store["gkehub.operations"].get(seen["operation"])
            if operation is not None:
                return in_version(operation, call.version)
        result = handler(call)
        assert isinstance(result, dict), "methods that begin operations answer with one"
        if request_id:
            until = call.world.clock.now + _REMEMBERED
            call.world.store["gkehub.requests"].put(key, {"operation": result["name"], "until": until})
        return result

    return answer
