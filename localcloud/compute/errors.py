"""compute's refusals in its own words. Marks are at each: some were seen in public issues, some follow from
those."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from localcloud.wire.errors import Refused, Style
from localcloud.wire.messages import Json, Response


def not_found(name: str) -> Refused:
    """404 [observed]."""
    return Refused("NOT_FOUND", f"The resource '{name}' was not found", "notFound")


def already_exists(name: str) -> Refused:
    """409 [observed]."""
    return Refused("ALREADY_EXISTS", f"The resource '{name}' already exists", "alreadyExists")


def not_ready(name: str) -> Refused:
    """400: an operation on the resource is still running [observed: terraform-provider-google#10972]."""
    return Refused("FAILED_PRECONDITION", f"The resource '{name}' is not ready", "resourceNotReady")


def in_use(title: str, name: str, user: str) -> Refused:
    """400: something depends on the resource [observed]. `title` is its kind in snake case."""
    words = f"The {title} resource '{name}' is already being used by '{user}'"
    return Refused("FAILED_PRECONDITION", words, "resourceInUseByAnotherResource")


def ip_in_use(address: str) -> Refused:
    """409, as the error of a finished operation [observed: kubernetes/ingress-gce#2735]."""
    words = f"IP '{address}' is already being used by another resource."
    return Refused("ALREADY_EXISTS", words, "ipInUseByAnotherResource")


def exhausted(subnetwork: str, cidr: str) -> Refused:
    """The subnetwork has no free address left, as the error of a finished operation [observed]."""
    return Refused(
        "FAILED_PRECONDITION",
        f"IP space of '{subnetwork}' is exhausted. Insufficient free IP addresses in the IP range '{cidr}'. "
        "Consider expanding the current IP range or selecting an alternative IP range. If this is a "
        "secondary range, consider adding an additional secondary range.",
        "ipSpaceExhaustedWithDetails",
    )


@dataclass
class ConditionNotMet(Refused):
    """412: a stale fingerprint. Its error names the header that it stands for [observed:
    google-cloud-go#7802]."""

    status: str = "FAILED_PRECONDITION"
    message: str = "Labels fingerprint either invalid or resource labels have changed"
    reason: str = "conditionNotMet"
    http: int = HTTPStatus.PRECONDITION_FAILED

    def response(self, style: Style) -> Response:
        """The refusal, with `location` in its error."""
        error: Json = {"message": self.message, "domain": "global", "reason": self.reason}
        error |= {"location": "If-Match", "locationType": "header"}
        body = {"code": int(self.code), "message": self.message, "errors": [error]}
        return Response.of_json({"error": body}, int(self.code))
