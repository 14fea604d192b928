"""The fleet as it is: memberships and features, over REST. What changes them is in `shared.google.gkehub_writes`.

As with GKE, only the writes bring the client library.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from shared.google.answers import understanding
from shared.google.compute import unix
from shared.google.lists import PARTIAL, Listing, items, listing
from shared.google.session import Session

if TYPE_CHECKING:
    from shared.google import wire

MCS: Final = "multiclusterservicediscovery"
INGRESS: Final = "multiclusteringress"
LOST = "Lost connection"  # part of a member's description once ingress cannot reach its cluster any more [observed]
CONTAINER = "//container.googleapis.com/"


@dataclass(frozen=True)
class State:
    """A feature's state, as a whole or of one membership: OK, WARNING, ERROR, or "" while there is none."""

    code: str
    description: str


@dataclass(frozen=True)
class Feature:
    """One feature. `status` is its life cycle: ENABLING, ACTIVE, UPDATING, SERVICE_UPDATING or DISABLING.

    `created` is in unix seconds; `members` has the states by `locations/L/memberships/M`. The keys of the API's
    own map name the project by number, all else by id [observed]. `unreachable` are locations that could not be
    reached for this answer: their members are not in `members` [documented].
    """

    path: str
    labels: Mapping[str, str]
    created: float
    status: str
    state: State
    config_membership: str
    members: Mapping[str, State]
    unreachable: frozenset[str] = frozenset()

    @property
    def active(self) -> bool:
        """Whether it is enabled, and no change of it is under way."""
        return self.status == "ACTIVE"

    @property
    def going(self) -> bool:
        """Whether it is being disabled."""
        return self.status == "DISABLING"


@dataclass(frozen=True)
class Membership:
    """One membership. `created` is in unix seconds.

    `cluster` is the GKE cluster behind it (`projects/P/locations/L/clusters/C`), "" if it is none of GKE's;
    `orphaned` says that the hub knows that cluster to be gone [documented: GkeCluster.cluster_missing].
    """

    path: str
    ready: bool
    created: float
    cluster: str = ""
    orphaned: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """`locations/L/memberships/M`: how a feature's states are looked up."""
        return member_key(self.path)


def member_key(path: str) -> str:
    """`locations/L/memberships/M` of a full name, whether that has the project's id or its number; "" of ""."""
    _, _, tail = path.partition("/locations/")
    return f"locations/{tail}" if tail else ""


def features(session: Session, project: str) -> dict[str, Feature]:
    """The fleet's features by short name. States of members in an unreachable region are missing, and no features."""
    path = f"v1/projects/{project}/locations/global/features"
    told: list[wire.Feature] = list(items(session, "gkehub", path, "resources", **PARTIAL))
    with understanding("gkehub", "GET", path):
        return {each["name"].rpartition("/")[2]: _feature(each) for each in told}


def memberships(session: Session, project: str) -> Listing[Membership]:
    """The fleet's memberships."""
    path = f"v1/projects/{project}/locations/-/memberships"
    told: Listing[wire.Membership] = listing(session, "gkehub", path, "resources")
    return told.each(_membership)


def by_key(found: Iterable[Membership]) -> dict[str, Membership]:
    """Memberships by `locations/L/memberships/M`."""
    return {each.key: each for each in found}


def _feature(told: wire.Feature) -> Feature:
    return Feature(
        path=told["name"],
        labels=told.get("labels", {}),
        created=_unix(told.get("createTime", "")),
        status=told.get("resourceState", {}).get("state", ""),
        state=_state(told.get("state", {})),
        config_membership=told.get("spec", {}).get(INGRESS, {}).get("configMembership", ""),
        members={member_key(name): _state(each) for name, each in told.get("membershipStates", {}).items()},
        unreachable=frozenset(each.rpartition("/")[2] for each in told.get("unreachable", [])),
    )


def _state(holder: wire.StateHolder) -> State:
    told = holder.get("state", {})
    code = told.get("code", "")
    return State("" if code == "CODE_UNSPECIFIED" else code, told.get("description", ""))


def _membership(told: wire.Membership) -> Membership:
    gke = told.get("endpoint", {}).get("gkeCluster", {})
    return Membership(
        path=told["name"],
        ready=told.get("state", {}).get("code") == "READY",
        created=_unix(told.get("createTime", "")),
        cluster=gke.get("resourceLink", "").removeprefix(CONTAINER).replace("/zones/", "/locations/"),
        orphaned=gke.get("clusterMissing", False),
        labels=told.get("labels", {}),
    )


def _unix(time: str) -> float:
    return unix(time) if time else 0.0
