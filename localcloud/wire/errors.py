"""Google's refusals, in the shapes its APIs give them.

compute has `errors[]` and no `status`; container has both; the newer APIs have `status` and `details`
[observed]. The API of a cluster answers with a `Status` object [documented: Kubernetes API concepts], Cloud Storage's
XML API with an `Error` element [documented: storage/docs/xml-api].
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from html import escape

from localcloud.wire.messages import Json, Response


class Style(Enum):
    """How a service writes its errors."""

    COMPUTE = auto()
    CONTAINER = auto()
    NEWER = auto()
    KUBERNETES = auto()
    XML = auto()


class CallRefused(Exception):
    """A call is refused, whatever API it is of."""

    def response(self, style: Style) -> Response:
        """The refusal as an API of that style writes it."""
        raise NotImplementedError


# Of what is not served. A 5xx is repeated: by gcloud and gsutil for 30 seconds [observed: gcloud 528, apitools], by
# Go's storage client, and so by Terraform's state backend, for ever [documented: cloud.google.com/go/storage,
# ShouldRetry]. A 404, and at places a 403, is "gone" to Terraform's provider. Decision 19.
NOT_IMPLEMENTED = 405

# Canonical code → HTTP status (google.rpc.Code, but for UNIMPLEMENTED).
HTTP = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ABORTED": 409,
    "ALREADY_EXISTS": 409,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    "INTERNAL": 500,
    "UNIMPLEMENTED": NOT_IMPLEMENTED,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}

REASONS = {
    "INVALID_ARGUMENT": "badRequest",
    "FAILED_PRECONDITION": "failedPrecondition",
    "UNAUTHENTICATED": "authError",
    "PERMISSION_DENIED": "forbidden",
    "NOT_FOUND": "notFound",
    "ALREADY_EXISTS": "alreadyExists",
    "RESOURCE_EXHAUSTED": "rateLimitExceeded",
    "CANCELLED": "backendError",  # (google-gemini/gemini-cli#20309) [observed]
    "INTERNAL": "backendError",
    "UNAVAILABLE": "backendError",
    "UNIMPLEMENTED": "notImplemented",
}

# The same refusals as reasons of a `Status` [documented: k8s.io/apimachinery, pkg/apis/meta/v1].
KUBERNETES_REASONS = {
    "UNAUTHENTICATED": "Unauthorized",
    "PERMISSION_DENIED": "Forbidden",
    "RESOURCE_EXHAUSTED": "TooManyRequests",
    "INTERNAL": "InternalError",
    "UNAVAILABLE": "ServiceUnavailable",
}

# And as codes of Cloud Storage's XML API [documented: storage/docs/xml-api/reference-status]; other refusals bring
# theirs as their reason.
XML_CODES = {
    "UNAUTHENTICATED": "AuthenticationRequired",
    "PERMISSION_DENIED": "AccessDenied",
    "FAILED_PRECONDITION": "PreconditionFailed",
    "RESOURCE_EXHAUSTED": "SlowDown",
    "INTERNAL": "InternalError",
    "UNAVAILABLE": "ServiceUnavailable",
    "UNIMPLEMENTED": "NotImplemented",
}


@dataclass(eq=False)  # an exception must be hashable
class Refused(CallRefused):
    """A call is refused. `status` is the canonical code; `http` overrides its HTTP status (compute's 412)."""

    status: str
    message: str
    reason: str = ""
    details: list[Json] = field(default_factory=list)
    http: int = 0

    def __str__(self) -> str:
        return f"{self.status}: {self.message}"

    @property
    def code(self) -> int:
        """The HTTP status."""
        return self.http or HTTP[self.status]

    def response(self, style: Style) -> Response:
        """The refusal as the service would write it."""
        if style is Style.KUBERNETES:
            return self._status()
        if style is Style.XML:
            return self._xml()
        error: Json = {"code": self.code, "message": self.message}
        if style is not Style.NEWER:
            reason = self.reason or REASONS.get(self.status, "badRequest")
            error["errors"] = [{"message": self.message, "domain": "global", "reason": reason}]
        if style is not Style.COMPUTE:
            error["status"] = self.status
        if self.details:
            error["details"] = self.details
        response = Response.of_json({"error": error}, self.code)
        if self.status == "UNIMPLEMENTED":
            response.reason = "Not implemented by the local cloud"
        return response

    def _xml(self) -> Response:
        code = XML_CODES.get(self.status, self.reason or "InvalidArgument")
        text = f"<Code>{code}</Code><Message>{escape(self.message)}</Message>"
        body = f"<?xml version='1.0' encoding='UTF-8'?><Error>{text}</Error>".encode()
        return Response(self.code, body, {"content-type": "application/xml; charset=UTF-8"})

    def _status(self) -> Response:
        reason = self.reason or KUBERNETES_REASONS.get(self.status, "")
        body: Json = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
        body |= {"message": self.message, "reason": reason, "code": self.code}
        return Response.of_json(body, self.code)


def not_implemented(method: str) -> Refused:
    """The local cloud does not have `method`: said plainly, never an empty 200."""
    return Refused("UNIMPLEMENTED", f"The local cloud does not implement {method}.")


def invalid(message: str, reason: str = "invalid") -> Refused:
    """400 INVALID_ARGUMENT."""
    return Refused("INVALID_ARGUMENT", message, reason)
