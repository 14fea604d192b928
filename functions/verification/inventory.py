"""Lists all resources of a project that an environment can leave behind, and says which lists are unknown.

An aggregated list has every region, every zone and the global resources in one call [documented, compute].
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from shared import errors
from shared.google import compute, container, gkehub
from shared.google.lists import Listing, Places
from shared.google.resource import Resource
from shared.google.session import Session
from shared.json_types import Json

if TYPE_CHECKING:
    from shared.google import wire

# In the order in which they can be removed: a user comes before what it uses.
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
    """The resources, in the order in which they can be removed.

    `unknown` are the lists that may lack something of the environment's; `hidden` are the other places that a list
    leaves out, with nothing of it.
    """

    resources: tuple[Resource, ...] = ()
    unknown: tuple[Json, ...] = ()
    hidden: frozenset[str] = frozenset()

    def of(self, *kinds: str) -> list[Resource]:
        """The resources of some kinds."""
        return [each for each in self.resources if each.kind in kinds]

    def hides(self, location: str) -> bool:
        """Whether a zone or region, or part of it, could not be listed."""
        places = Places.of(location)
        return any(places.meet(each) for each in self.hidden)


def read_inventory(
    session: Session, project: str, places: Places, *, apis_disabled: bool = False
) -> Inventory:
    """Read every list of `project`. One that leaves out any of `places` is unknown, never empty.

    `apis_disabled` says that the teardown disabled APIs. Google refuses to disable an API that is in use
    [documented, services.disable], so a disabled API has no resources left.

    Raises:
        PermissionDenied: a list may not be read.
    """
    found: list[Resource] = []
    unknown: list[Json] = []
    hidden = set[str]()
    for kind in (*COMPUTE, *FLEET, *LAST):
        try:
            listing = LISTS[kind](session, project, kind)
            found += listing.seen()
            hidden.update(listing.holes)
            listing.within(places)
        except errors.ApiDisabled as error:
            if not apis_disabled:
                unknown.append({"list": kind, "why": str(error)})
        except errors.Transient as error:
            unknown.append({"list": kind, "why": str(error)})
    return Inventory(tuple(found), tuple(unknown), frozenset(hidden))


def _everywhere(session: Session, project: str, kind: str) -> Listing[Resource]:
    return compute.everywhere(session, project, kind).each(partial(_of, kind))


def _firewalls(session: Session, project: str, kind: str) -> Listing[Resource]:
    return Listing("compute", kind, [_of(kind, each) for each in compute.firewalls(session, project)])


def _of(kind: str, body: wire.Resource) -> Resource:
    return Resource(
        kind,
        compute.path_of(body["selfLink"]),
        labels=body.get("labels", {}),
        description=body.get("description", ""),
        network=_short(body.get("network", "")),
        location=_short(body.get("zone", "") or body.get("region", "")),
        uses=frozenset(_references(body)),
    )


def _features(session: Session, project: str, kind: str) -> Listing[Resource]:
    found = [
        Resource(kind, each.path, labels=each.labels, uses=frozenset({each.config_membership} - {""}))
        for each in gkehub.features(session, project).values()
    ]
    return Listing("gkehub", kind, found)


def _memberships(session: Session, project: str, kind: str) -> Listing[Resource]:
    def membership(each: gkehub.Membership) -> Resource:
        return Resource(kind, each.path, labels=each.labels, cluster=each.cluster)

    return gkehub.memberships(session, project).each(membership)


def _clusters(session: Session, project: str, kind: str) -> Listing[Resource]:
    def cluster(each: container.Cluster) -> Resource:
        network = _short(each.network)
        return Resource(kind, each.path, labels=each.labels, network=network, location=each.location)

    return container.clusters(session, project).each(cluster)


def _short(link: str) -> str:
    return link.rpartition("/")[2]


def _references(value: object, field: str = "") -> Iterator[str]:
    """Full names of all that a resource of Compute Engine's refers to, in whichever field."""
    if isinstance(value, str):
        if "projects/" in value and field not in ("selfLink", "description"):
            yield compute.path_of(value)
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _references(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item, field)


LISTS: dict[str, Callable[[Session, str, str], Listing[Resource]]] = {
    **dict.fromkeys((*COMPUTE, *LAST), _everywhere),
    "firewalls": _firewalls,
    "features": _features,
    "memberships": _memberships,
    "clusters": _clusters,
}
