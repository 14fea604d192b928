"""google.rpc.Status as the APIs write it: the code of an error is a number there, and a name everywhere else.

The numbers come from Google's own definition (googleapis-common-protos). It loads protobuf, which nothing else
here needs, so it is imported with its first use.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from localcloud.wire.messages import Json


def rpc_status(code: str, message: str) -> Json:
    """A google.rpc.Status: `rpc_status("NOT_FOUND", …)` has the code 5.

    Raises:
        ValueError: google.rpc.Code has no such name.
    """
    return {"code": _codes().Value(code), "message": message}


def code_of(status: Json) -> str:
    """The name of the code in a google.rpc.Status."""
    return str(_codes().Name(status["code"]))


@cache
def _codes() -> Any:
    from google.rpc.code_pb2 import Code

    return Code
