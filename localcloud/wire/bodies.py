"""How large a request's body may be, for each kind of API, and how it refuses one that is larger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from localcloud.wire.errors import Refused, Style
from localcloud.wire.messages import Json, Response

LARGEST = (
    10 * 2**20
)  # bytes [documented: Pub/Sub quotas, size of a publish request; observed for others, too]
LARGEST_OF_KUBERNETES = 3 * 2**20  # bytes [documented: kube-apiserver, config.go, MaxRequestBodyBytes]


@dataclass(frozen=True)
class BodyLimit:
    """`largest` is the number of bytes that a body may have, by the request's path; `refusal` answers a larger one."""

    largest: Callable[[str], int]
    refusal: Callable[[int], Response]


def _google(largest: int) -> Response:
    """Google's words [observed: googleworkspace/dotnet-samples#23]."""
    words = f"Request payload size exceeds the limit: {largest} bytes."
    return Refused("INVALID_ARGUMENT", words, "badRequest").response(Style.NEWER)


def _kubernetes(largest: int) -> Response:
    """413 [documented: k8s.io/apimachinery, NewRequestEntityTooLargeError; apiserver, limitedReadBody]."""
    words = f"Request entity too large: limit is {largest}"
    body: Json = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": words}
    return Response.of_json({**body, "reason": "RequestEntityTooLarge", "code": 413}, 413)


GOOGLE = BodyLimit(lambda path: LARGEST, _google)
KUBERNETES = BodyLimit(lambda path: LARGEST_OF_KUBERNETES, _kubernetes)
