"""Compute Engine: the few methods that the steps use, over REST.

No `google-cloud-compute`: its import alone costs more than a cold start may, and its operation handles poll a
host that no endpoint override reaches [observed, google-cloud-compute 1.57]. Writes answer with an operation;
whether it is done is seen on the resource, at the next look.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from shared import errors
from shared.google import refusals
from shared.google.lists import items, whole
from shared.google.session import Json, Session


def network(session: Session, project: str, name: str) -> Json | None:
    """The network, or None if there is none of that name."""
    try:
        return session.get("compute", f"projects/{project}/global/networks/{name}")
    except errors.NotFound:
        return None


def subnetworks(session: Session, project: str) -> list[Json]:
    """The project's subnetworks in every region."""
    return _aggregated(session, project, "subnetworks")


def insert_subnetwork(session: Session, project: str, region: str, body: Json) -> Json:
    """Begin to create a subnetwork; the operation."""
    return checked(session.post("compute", f"projects/{project}/regions/{region}/subnetworks", body))


def delete_subnetwork(session: Session, path: str) -> Json:
    """Begin to delete the subnetwork at `path` (`projects/P/…`); the operation.

    Raises:
        InUse: something still uses it; the message names what.
    """
    return checked(session.delete("compute", path))


def routes(session: Session, project: str) -> list[Json]:
    """The project's routes: subnet, static and peering ones."""
    return _listed(session, f"projects/{project}/global/routes")


def global_addresses(session: Session, project: str) -> list[Json]:
    """Global addresses, the ranges that are reserved for peered services among them."""
    return _listed(session, f"projects/{project}/global/addresses")


def inserts(session: Session, project: str) -> list[Json]:
    """The insert operations of the project that the service still remembers, in every scope."""
    return _aggregated(session, project, "operations", filter='operationType = "insert"')


def deletions(session: Session, project: str) -> list[Json]:
    """The delete operations of the project that are not done, in every scope.

    What is being deleted looks as it did before until the operation ends.
    """
    pending = '(operationType = "delete") (status != "DONE")'
    return _aggregated(session, project, "operations", filter=pending)


def addresses(session: Session, project: str, region: str) -> list[Json]:
    """The addresses of one region."""
    return _listed(session, f"projects/{project}/regions/{region}/addresses")


def address(session: Session, project: str, region: str, name: str) -> Json | None:
    """One address, or None if there is none of that name."""
    try:
        return session.get("compute", f"projects/{project}/regions/{region}/addresses/{name}")
    except errors.NotFound:
        return None


def every_address(session: Session, project: str) -> list[Json]:
    """The project's addresses in every region."""
    return _aggregated(session, project, "addresses")


def global_forwarding_rules(session: Session, project: str) -> list[Json]:
    """Global forwarding rules, those with a regional address among them."""
    return _listed(session, f"projects/{project}/global/forwardingRules")


def everywhere(session: Session, project: str, kind: str) -> list[Json]:
    """The project's resources of a kind (`urlMaps`): global ones, and those of every region and zone."""
    return _aggregated(session, project, kind)


def firewalls(session: Session, project: str) -> list[Json]:
    """The project's firewall rules, in every network."""
    return _listed(session, f"projects/{project}/global/firewalls")


def delete_firewall(session: Session, path: str) -> Json:
    """Begin to delete the firewall rule at `path`; the operation."""
    return checked(session.delete("compute", path))


def health(session: Session, backend_service: str, group: str) -> list[str]:
    """The states (`HEALTHY`) of the endpoints that a backend service, by its full name, has in a group (a link)."""
    answer = session.post("compute", f"{backend_service}/getHealth", {"group": group})
    return [each.get("healthState", "") for each in answer.get("healthStatus", [])]


def global_resources(session: Session, project: str, kind: str) -> list[Json]:
    """The project's global resources of one kind, named as in paths (`urlMaps`)."""
    return _listed(session, f"projects/{project}/global/{kind}")


def insert_address(session: Session, project: str, region: str, body: Json) -> Json:
    """Begin to reserve an address; the operation. Atomic by name.

    Raises:
        AlreadyExists: the name is taken.
    """
    return checked(session.post("compute", f"projects/{project}/regions/{region}/addresses", body))


def set_address_labels(session: Session, path: str, labels: dict[str, str], fingerprint: str) -> Json:
    """Replace the labels of the address at `path` (`projects/P/…`), if they are still those that were read.

    Raises:
        Conflict: they have changed since.
    """
    body = {"labels": labels, "labelFingerprint": fingerprint}
    return checked(session.post("compute", f"{path}/setLabels", body))


def delete_address(session: Session, path: str, request_id: str = "") -> Json:
    """Begin to release the address at `path`; the operation.

    With a `request_id` (a UUID) that has been sent before, nothing is begun, and the operation is the one that was
    begun then [documented]; it may have failed.
    """
    if not request_id:
        return checked(session.delete("compute", path))
    return session.delete("compute", path, requestId=request_id)


def checked(operation: Json) -> Json:
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


def failure_of(operation: Json) -> tuple[str, str] | None:
    """(code, message) of the first error of an operation that failed."""
    found: list[dict[str, Any]] = operation.get("error", {}).get("errors", [])
    return (found[0].get("code", ""), found[0].get("message", "")) if found else None


def unix(timestamp: str) -> float:
    """A timestamp of Compute Engine's (RFC 3339 with an offset [observed]) as unix seconds."""
    return datetime.fromisoformat(timestamp).timestamp()


def path_of(link: str) -> str:
    """`projects/P/…` of a link in any of its forms: with another host, another version, or none."""
    return "projects/" + link.rpartition("projects/")[2]


def _listed(session: Session, path: str) -> list[Json]:
    return items(session, "compute", path, "items", maxResults="500")


def _aggregated(session: Session, project: str, kind: str, **query: str) -> list[Json]:
    """Those of every scope, each of which may be one that could not be read."""
    path = f"projects/{project}/aggregated/{kind}"
    pages = session.pages("compute", path, maxResults="500", **query)
    scopes = (scope for page in pages for scope in whole(page, "compute", path).get("items", {}).values())
    return [item for scope in scopes for item in whole(scope, "compute", path).get(kind, [])]
