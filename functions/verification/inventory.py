"""Everything of a project that an environment can leave behind: a dozen lists, over plain REST, whole or unknown.

Aggregated lists show every region and zone and the global resources in one call [documented, compute]. Of fleet
and clusters no client library is needed: the audit runs in a function whose cold start counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared import errors
from shared.google import compute
from shared.google.resource import Resource
from shared.google.session import Session

Json = dict[str, Any]

# In the order in which they can be removed: what uses something comes before it.
COMPUTE = (
    "forwardingRules",
    "targetHttpProxies",
    "urlMaps",
    "backendServices",
    "healthChecks",
    "networkEndpointGroups",
    "firewalls",
)
FLEET = ("features", "memberships", "clusters")
LAST = ("addresses", "subnetworks")


@dataclass(frozen=True)
class Inventory:
    """What there is, in the order in which it can be removed; `unknown` are lists that could not be had whole."""

    resources: tuple[Resource, ...] = ()
    unknown: tuple[Json, ...] = ()

    def of(self, *kinds: str) -> list[Resource]:
        """Those of some kinds."""
        return [each for each in self.resources if each.kind in kinds]


def take(session: Session, project: str, *, apis_disabled: bool = False) -> Inventory:
    """Take stock of `project`. A list with holes is unknown, never empty.

    `apis_disabled` says that APIs have been disabled on purpose: Google disables none that is in use unless it is
    forced to [documented, services.disable], so that nothing is left of one that is off.

    Raises:
        ApiError: a list was refused, for want of a permission, say.
    """
    found: list[Resource] = []
    unknown: list[Json] = []
    for kind in (*COMPUTE, *FLEET, *LAST):
        try:
            found += LISTS[kind](session, project, kind)
        except errors.ApiDisabled as error:
            if not apis_disabled:
                unknown.append({"list": kind, "why": str(error)})
        except errors.Transient as error:
            unknown.append({"list": kind, "why": str(error)})
    return Inventory(tuple(found), tuple(unknown))


def _everywhere(session: Session, project: str, kind: str) -> list[Resource]:
    return [_of(kind, each) for each in compute.everywhere(session, project, kind)]


def _firewalls(session: Session, project: str, kind: str) -> list[Resource]:
    return [_of(kind, each) for each in compute.firewalls(session, project)]


def _of(kind: str, body: Json) -> Resource:
    return Resource(kind, compute.path_of(body["selfLink"]), body)


def _fleet(place: str) -> Callable[[Session, str, str], list[Resource]]:
    def found(session: Session, project: str, kind: str) -> list[Resource]:
        path = f"v1/projects/{project}/locations/{place}/{kind}"
        pages = session.pages("gkehub", path, pageSize="500")
        items = [each for page in pages for each in _whole(page, "gkehub", path).get("resources", [])]
        return [Resource(kind, each["name"], each) for each in items]

    return found


def _clusters(session: Session, project: str, kind: str) -> list[Resource]:
    path = f"v1/projects/{project}/locations/-/clusters"
    items = _whole(session.get("container", path), "container", path).get("clusters", [])
    place = f"projects/{project}/locations"
    return [Resource(kind, f"{place}/{each['location']}/clusters/{each['name']}", each) for each in items]


def _whole(page: Json, service: str, path: str) -> Json:
    holes = page.get("unreachable") or page.get("missingZones")
    if holes:
        raise errors.Transient(service, "GET", path, 0, "Unreachable", f"no answer from {', '.join(holes)}")
    return page


LISTS: dict[str, Callable[[Session, str, str], list[Resource]]] = {
    **dict.fromkeys((*COMPUTE, *LAST), _everywhere),
    "firewalls": _firewalls,
    "features": _fleet("global"),
    "memberships": _fleet("-"),
    "clusters": _clusters,
}
