"""Everything of a project that an environment can leave behind: a dozen lists, whole or unknown.

Aggregated lists show every region and zone and the global resources in one call [documented, compute].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shared import errors
from shared.google import compute, container, gkehub, wire
from shared.google.resource import Resource
from shared.google.session import Session
from shared.json_types import Json

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


def _of(kind: str, body: wire.Resource) -> Resource:
    return Resource(kind, compute.path_of(body["selfLink"]), body)


def _features(session: Session, project: str, kind: str) -> list[Resource]:
    return [Resource(kind, each["name"], each) for each in gkehub.listed_features(session, project)]


def _memberships(session: Session, project: str, kind: str) -> list[Resource]:
    return [Resource(kind, each["name"], each) for each in gkehub.listed_memberships(session, project)]


def _clusters(session: Session, project: str, kind: str) -> list[Resource]:
    place = f"projects/{project}/locations"
    return [
        Resource(kind, f"{place}/{each['location']}/clusters/{each['name']}", each)
        for each in container.listed(session, project)
    ]


LISTS: dict[str, Callable[[Session, str, str], list[Resource]]] = {
    **dict.fromkeys((*COMPUTE, *LAST), _everywhere),
    "firewalls": _firewalls,
    "features": _features,
    "memberships": _memberships,
    "clusters": _clusters,
}
