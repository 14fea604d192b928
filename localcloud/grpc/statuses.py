"""A refusal of REST as an RPC ends with it: a code, a message, and a google.rpc.Status in the trailing metadata."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from google.protobuf import json_format
from google.rpc import error_details_pb2, status_pb2
from grpc import StatusCode

from localcloud.wire.errors import HTTP
from localcloud.wire.messages import Json, Response

DETAILS = "grpc-status-details-bin"  # [documented: gRPC, Richer error model]
# Bytes of a message. Clients read 8 KB of metadata [documented: gRPC, GRPC_ARG_MAX_METADATA_SIZE], in which it stands
# twice, of which once with three characters for a byte.
LONGEST = 1000
LARGEST_DETAILS = 3000
_KNOWN = {message.full_name for message in error_details_pb2.DESCRIPTOR.message_types_by_name.values()}

# What an RPC ends with that is answered in HTTP alone, by a proxy say [documented: gRPC, http-grpc-status-mapping.md].
_OF_HTTP = {
    400: StatusCode.INTERNAL,
    401: StatusCode.UNAUTHENTICATED,
    403: StatusCode.PERMISSION_DENIED,
    404: StatusCode.UNIMPLEMENTED,
    429: StatusCode.UNAVAILABLE,
    502: StatusCode.UNAVAILABLE,
    503: StatusCode.UNAVAILABLE,
    504: StatusCode.UNAVAILABLE,
}


@dataclass(frozen=True)
class Failure:
    """How an RPC ends that does not succeed."""

    code: StatusCode
    message: str
    trailers: tuple[tuple[str, bytes], ...] = ()

    @classmethod
    def of(cls, response: Response) -> Failure:
        """A refusal of REST, of whatever service."""
        error = _error(response.body)
        if not error:
            words = f"Received http2 header with status: {response.status}"  # gRPC Core's [observed: chttp2]
            return cls(_OF_HTTP.get(response.status, StatusCode.UNKNOWN), words)
        name = error.get("status") or next((k for k, v in HTTP.items() if v == response.status), "UNKNOWN")
        code, message = StatusCode[name], _cut(str(error.get("message", "")))
        status = status_pb2.Status(code=code.value[0], message=message)
        for detail in error.get("details", []):
            if detail.get("@type", "").rpartition("/")[2] in _KNOWN:
                json_format.ParseDict(detail, status.details.add(), ignore_unknown_fields=True)
        if status.ByteSize() > LARGEST_DETAILS:
            del status.details[:]
        return cls(code, message, ((DETAILS, status.SerializeToString()),))


def _error(body: bytes) -> Json:
    """What stands under `error`; nothing if the answer is of another form."""
    try:
        answer: Any = json.loads(body)
    except ValueError:
        return {}
    error = answer.get("error") if isinstance(answer, dict) else None
    return error if isinstance(error, dict) else {}


def _cut(message: str) -> str:
    data = message.encode()
    return message if len(data) <= LONGEST else data[: LONGEST - 3].decode(errors="ignore") + "..."
