"""Compute Engine: the few methods that the steps use, over REST.

No `google-cloud-compute`: its import alone costs more than a cold start may, and its operation handles poll a
host that no endpoint override reaches [observed, google-cloud-compute 1.57]. Writes answer with an operation;
whether it is done is seen on the resource, at the next look. Only what takes a second is waited for (`waited_for`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from shared import errors
from shared.google import refusals
from shared.google.answers import NAMED, Form, has
from shared.google.lists import Listing, items, listing_by_scope
from shared.google.session import Session
from shared.json_types import Json

if TYPE_CHECKING:
    from shared.google import wire

RESOURCE: Form = has(name=str, selfLink=str)  # every resource has them [documented]
HEALTH: Form = has(kind=str)  # all that an answer without endpoints has [observed]


def network(session: Session, project: str, name: str) -> wire.Network | None:
    """The network, or None if there is none of that name."""
    return cast("wire.Network | None", _found(session, f"projects/{project}/global/networks/{name}"))


def subnetworks(session: Session, project: str) -> Listing[wire.Subnetwork]:
    """The project's subnetworks in every region."""
    return _aggregated(session, project, "subnetworks")


def insert_subnetwork(session: Session, project: str, region: str, body: wire.Subnetwork) -> wire.Operation:
    """Begin to create a subnetwork; the operation."""
    return _begun(session.post("compute", f"projects/{project}/regions/{region}/subnetworks", body, NAMED))


def delete_subnetwork(session: Session, path: str) -> wire.Operation:
    """Begin to delete the subnetwork at `path` (`projects/P/…`); the operation.

    Raises:
        InUse: something still uses it; the message names what.
    """
    return _begun(session.delete("compute", path, NAMED))


def routes(session: Session, project: str) -> list[wire.Route]:
    """The project's routes: subnet, static and peering ones."""
    return _listed(session, f"projects/{project}/global/routes")


def global_addresses(session: Session, project: str) -> list[wire.Address]:
    """Global addresses, the ranges that are reserved for peered services among them."""
    return _listed(session, f"projects/{project}/global/addresses")


def inserts(session: Session, project: str) -> Listing[wire.Operation]:
    """The insert operations of the project that the service still remembers, in every scope."""
    return _aggregated(session, project, "operations", filter='operationType = "insert"')


def deletions(session: Session, project: str) -> Listing[wire.Operation]:
    """The delete operations of the project that are not done, in every scope.

    What is being deleted looks as it did before until the operation ends.
    """
    pending = '(operationType = "delete") (status != "DONE")'
    return _aggregated(session, project, "operations", filter=pending)


def addresses(session: Session, project: str, region: str) -> list[wire.Address]:
    """The addresses of one region."""
    return _listed(session, f"projects/{project}/regions/{region}/addresses")


def address(session: Session, project: str, region: str, name: str) -> wire.Address | None:
    """One address, or None if there is none of that name."""
    path = f"projects/{project}/regions/{region}/addresses/{name}"
    return cast("wire.Address | None", _found(session, path))


def every_address(session: Session, project: str) -> Listing[wire.Address]:
    """The project's addresses in every region."""
    return _aggregated(session, project, "addresses")


def global_forwarding_rules(session: Session, project: str) -> list[wire.ForwardingRule]:
    """Global forwarding rules, those with a regional address among them."""
    return _listed(session, f"projects/{project}/global/forwardingRules")


def backend_services(session: Session, project: str) -> Listing[wire.BackendService]:
    """The project's backend services, global and regional."""
    return _aggregated(session, project, "backendServices")


def health_checks(session: Session, project: str) -> Listing[wire.HealthCheck]:
    """The project's health checks, global and regional."""
    return _aggregated(session, project, "healthChecks")


def everywhere(session: Session, project: str, kind: str) -> Listing[wire.Resource]:
    """The project's resources of a kind (`urlMaps`): global ones, and those of every region and zone."""
    return _aggregated(session, project, kind)


def firewalls(session: Session, project: str) -> list[wire.Firewall]:
    """The project's firewall rules, in every network."""
    return _listed(session, f"projects/{project}/global/firewalls")


def delete_firewall(session: Session, path: str) -> wire.Operation:
    """Begin to delete the firewall rule at `path`; the operation."""
    return _begun(session.delete("compute", path, NAMED))


def health(session: Session, backend_service: str, group: str) -> list[str]:
    """The states (`HEALTHY`) of the endpoints that a backend service, by its full name, has in a group (a link)."""
    return [state for _, state in endpoint_states(session, backend_service, group)]


def endpoint_states(session: Session, backend_service: str, group: str) -> list[tuple[str, str]]:
    """The IP and the state (`HEALTHY`) of each endpoint that a backend service (full name) has in a group (a link)."""
    answer = session.post("compute", f"{backend_service}/getHealth", {"group": group}, HEALTH)
    found = answer.get("healthStatus", [])
    return [(str(each.get("ipAddress", "")), each.get("healthState", "")) for each in found]


def global_resources(session: Session, project: str, kind: str) -> list[wire.Resource]:
    """The project's global resources of one kind, named as in paths (`urlMaps`)."""
    return _listed(session, f"projects/{project}/global/{kind}")


def insert_address(session: Session, project: str, region: str, body: wire.Address) -> wire.Operation:
    """Begin to reserve an address; the operation. Atomic by name.

    Raises:
        AlreadyExists: the name is taken.
    """
    return _begun(session.post("compute", f"projects/{project}/regions/{region}/addresses", body, NAMED))


def set_address_labels(
    session: Session, path: str, labels: dict[str, str], fingerprint: str
) -> wire.Operation:
    """Replace the labels of the address at `path` (`projects/P/…`), if they are still those that were read.

    Raises:
        Conflict: they have changed since.
    """
    body = {"labels": labels, "labelFingerprint": fingerprint}
    return _begun(session.post("compute", f"{path}/setLabels", body, NAMED))


def delete_address(session: Session, path: str, request_id: str = "") -> wire.Operation:
    """Begin to release the address at `path`; the operation.

    With a `request_id` (a UUID) that has been sent before, nothing is begun, and the operation is the one that was
    begun then [documented]; it may have failed.
    """
    if not request_id:
        return _begun(session.delete("compute", path, NAMED))
    return cast("wire.Operation", session.delete("compute", path, NAMED, requestId=request_id))


def waited_for(session: Session, project: str, region: str, operation: str) -> wire.Operation:
    """An operation of a region once it is done; as it is, if Google answers before that, as it may [documented: wait].

    Raises:
        NotFound: Google does not know it any more.
        ApiError: what it failed with.
    """
    path = f"projects/{project}/regions/{region}/operations/{operation}/wait"
    return _begun(session.post("compute", path, None, NAMED))


def checked(operation: wire.Operation) -> wire.Operation:
    """`operation`, if it has not failed.

    Raises:
        ApiError: what it failed with.
    """
    if failure := failure_of(operation):
        code, message = failure
        status = int(operation.get("httpErrorStatusCode") or 400)
        error = {"errors": [{"reason": code}], "message": message}
        raise refusals.from_response("compute", "POST", operation.get("targetLink", ""), status, error)
    return operation


def failure_of(operation: wire.Operation) -> tuple[str, str] | None:
    """(code, message) of the first error of an operation that failed."""
    found = operation.get("error", {}).get("errors", [])
    return (found[0].get("code", ""), found[0].get("message", "")) if found else None


def unix(timestamp: str) -> float:
    """A timestamp of Compute Engine's (RFC 3339 with an offset [observed]) as unix seconds."""
    return datetime.fromisoformat(timestamp).timestamp()


def region_of(resource: Mapping[str, object]) -> str:
    """The region of a regional resource; "" of any other."""
    return str(resource.get("region", "")).rpartition("/")[2]


def path_of(link: str) -> str:
    """`projects/P/…` of a link in any of its forms: with another host, another version, or none."""
    return "projects/" + link.rpartition("projects/")[2]


def _found(session: Session, path: str) -> Json | None:
    """What is at `path`, or None."""
    try:
        return session.get("compute", path, RESOURCE)
    except errors.NotFound:
        return None


def _begun(answer: Json) -> wire.Operation:
    """The operation that a write answered with, if it has not failed at once."""
    return checked(cast("wire.Operation", answer))


def _listed(session: Session, path: str) -> list[Any]:
    return list(items(session, "compute", path, "items", maxResults="500"))


def _aggregated(session: Session, project: str, kind: str, **query: str) -> Listing[Any]:
    path = f"projects/{project}/aggregated/{kind}"
    return listing_by_scope(session, "compute", path, kind, maxResults="500", **query)
