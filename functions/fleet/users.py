"""Who else uses a feature of ours: memberships of clusters that are not ours, by what they hold in their clusters.

They use multi-cluster Services if they export any, and ingress if Gateways of a multi-cluster class are on theirs
as the config cluster. Ingress needs multi-cluster Services, so what keeps it keeps both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared import labels
from shared.google.cluster_reader import ClusterReader
from shared.google.container import Cluster
from shared.google.gkehub import INGRESS, MCS, Feature, Membership, member_key
from shared.google.session import Session
from shared.google.side_by_side import side_by_side
from shared.objects import KubeObject

MULTI_CLUSTER = "-mc"  # ends the names of the GatewayClasses that a fleet's ingress serves [documented]


@dataclass(frozen=True)
class Member:
    """A membership, and its GKE cluster if that is there."""

    membership: Membership
    cluster: Cluster | None

    @property
    def is_stale(self) -> bool:
        """Whether it is of a GKE cluster that is gone: the hub says so, and it is not in the list either."""
        return self.membership.orphaned and self.cluster is None


@dataclass(frozen=True)
class User:
    """What uses a feature, by its full name, and how."""

    resource: str
    why: str


def members(memberships: Iterable[Membership], clusters: Sequence[Cluster]) -> list[Member]:
    """Each membership with its cluster."""
    return [Member(each, _cluster_of(each, clusters)) for each in memberships]


def users(
    session: Session,
    features: Mapping[str, Feature],
    ours: frozenset[str],
    every: Iterable[Member],
    environment: str,
) -> dict[str, list[User]]:
    """Who else uses each feature that is `ours`, by its name; `every` member of the fleet is given."""
    others = [each for each in every if not each.is_stale and not is_ours(each, environment)]
    found: dict[str, list[User]] = {}
    if INGRESS in ours:
        config = member_key(features[INGRESS].config_membership)
        theirs = [each for each in others if each.membership.key == config]
        found[INGRESS] = _holding(session, theirs, "Gateway", environment)
    if MCS not in ours:
        return found
    if INGRESS in features:
        return found | {MCS: _because_of_ingress(features[MCS], ours, found.get(INGRESS, []))}
    return found | {MCS: _holding(session, others, "ServiceExport", environment)}


def _cluster_of(membership: Membership, clusters: Sequence[Cluster]) -> Cluster | None:
    return next(
        (
            each
            for each in clusters
            if each.path == membership.cluster or member_key(each.membership) == membership.key
        ),
        None,
    )


def is_ours(member: Member, environment: str) -> bool:
    """Whether it is of a cluster that is the environment's."""
    return member.cluster is not None and labels.is_owned(member.cluster.labels, environment)


def _because_of_ingress(services: Feature, ours: frozenset[str], ingress: Sequence[User]) -> list[User]:
    """While ingress is there, it alone decides: ours keeps multi-cluster Services if somebody uses it."""
    if INGRESS not in ours:
        return [User(services.path, f"{INGRESS} needs it, and is not ours")]
    return [User(services.path, f"{INGRESS} needs it, and is used")] if ingress else []


def _holding(session: Session, members: Iterable[Member], kind: str, environment: str) -> list[User]:
    """Each member whose cluster has such objects of other people's, or whose cluster cannot be looked into."""
    found = side_by_side(session, members, lambda each: _use(session, each, kind, environment))
    return [each for each in found if each is not None]


def _use(session: Session, member: Member, kind: str, environment: str) -> User | None:
    path, cluster = member.membership.path, member.cluster
    if cluster is not None and cluster.status in ("PROVISIONING", "STOPPING"):
        return None
    if cluster is None or not cluster.is_reachable:
        return User(path, "its cluster cannot be looked into")
    live = ClusterReader(session, cluster).everywhere(kind) or []
    held = [each["metadata"] for each in live if _is_use(each, kind, environment)]
    return User(path, f"has {kind} {held[0]['namespace']}/{held[0]['name']}") if held else None


def _is_use(live: KubeObject, kind: str, environment: str) -> bool:
    if labels.is_owned(live["metadata"].get("labels"), environment):
        return False
    return kind != "Gateway" or str(live["spec"].get("gatewayClassName", "")).endswith(MULTI_CLUSTER)
