"""Clusters that go, and what attaches each to the world outside it: memberships, firewall rules, and what is in it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from shared import labels
from shared.google import compute
from shared.google.cluster_reader import NEG, ClusterReader
from shared.google.container import Cluster, deletions, location_of, places_of
from shared.google.gkehub import Membership, member_key, memberships
from shared.google.lists import Listing, Places
from shared.google.session import Session
from shared.google.side_by_side import side_by_side
from shared.step.step import Context

# What in a cluster makes something outside it, which only its own controllers can take back [observed].
REACHING_OUT = ("Gateway", "ServiceExport", NEG)


@dataclass(frozen=True)
class FirewallRule:
    """A firewall rule by its full name, and whether it is being deleted."""

    path: str
    going: bool = False


@dataclass(frozen=True)
class HeldObject:
    """An object in a cluster that reaches outside it; `name` has its namespace."""

    kind: str
    name: str
    cluster: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name} in {self.cluster}"


@dataclass(frozen=True)
class Attachments:
    """What has to go before a cluster: what in it reaches outside it, and the firewall rules made for it.

    `is_in_fleet` says whether multi-cluster Services are on, which would make such a rule again: then it leaves the
    fleet before its rules go.
    """

    contents: Sequence[HeldObject] = ()
    firewalls: Sequence[FirewallRule] = ()
    is_in_fleet: bool = True


@dataclass(frozen=True)
class ClustersToRemove:
    """Clusters that go, and memberships: those that are ours by their cluster or by label.

    `since` is when the deletion of a cluster began, unix seconds, by name and location. `attachments` are by a
    cluster's full name; one that has no entry is deleted as it is.
    """

    clusters: Sequence[Cluster] = ()
    memberships: Sequence[Membership] = ()
    since: Mapping[tuple[str, str], float] = field(default_factory=dict)
    attachments: Mapping[str, Attachments] = field(default_factory=dict)

    def without(self, paths: Collection[str]) -> ClustersToRemove:
        """All but the clusters with these full names, and their memberships."""
        return replace(
            self,
            clusters=[each for each in self.clusters if each.path not in paths],
            memberships=[each for each in self.memberships if each.cluster not in paths],
        )


def to_remove(
    context: Context,
    project: str,
    every: Listing[Cluster],
    going: Sequence[Cluster],
    attached: Mapping[str, Attachments],
) -> ClustersToRemove:
    """The clusters that are `going`, of `every` cluster of the project, with the memberships that are theirs.

    A membership with our label stays if its cluster is another one: so the clusters of all those must be seen.
    """
    session = context.session
    found = memberships(session, project).within(context.places)
    labelled = [each for each in found if labels.is_owned(each.labels, context.name)]
    seen = every.within(Places.of(*(location_of(each.cluster) for each in labelled)))
    others = {each.path for each in seen} - {each.path for each in going}
    paths, keys = {each.path for each in going}, {member_key(each.membership) for each in going}
    members = [
        each
        for each in found
        if each.cluster in paths or each.key in keys or (each in labelled and each.cluster not in others)
    ]
    stopping = any(each.status == "STOPPING" for each in going)
    since = deletions(session, project, places_of(going)) if stopping else {}
    return ClustersToRemove(going, members, since, attached)


def attachments(
    session: Session,
    project: str,
    network: str,
    going: Sequence[Cluster],
    held: Mapping[str, Sequence[HeldObject]],
) -> dict[str, Attachments]:
    """What attaches each of these clusters to the outside, by full name; `held` is what is in them, by that too."""
    rules = _rules(session, project, network, going)
    pending = compute.deletions(session, project).within(Places.of()) if any(rules.values()) else []
    deleting = {compute.path_of(each["targetLink"]) for each in pending if "targetLink" in each}
    return {
        each.path: Attachments(
            held.get(each.path, ()), [FirewallRule(rule, rule in deleting) for rule in rules[each.path]]
        )
        for each in going
    }


def contents(session: Session, going: Iterable[Cluster]) -> dict[str, Sequence[HeldObject]]:
    """What reaches outside each of these clusters that can be asked, by full name; whoever made it."""
    asked = [each for each in going if each.is_reachable]
    found = side_by_side(
        session, asked, lambda each: list(_contents(ClusterReader(session, each), each.name))
    )
    return {each.path: held for each, held in zip(asked, found, strict=True)}


def _contents(cluster: ClusterReader, name: str) -> Iterator[HeldObject]:
    for kind in REACHING_OUT:
        for each in cluster.everywhere(kind) or ():
            meta = each["metadata"]
            yield HeldObject(kind, f"{meta.get('namespace', '')}/{meta['name']}", name)


def _rules(session: Session, project: str, network: str, going: Sequence[Cluster]) -> dict[str, list[str]]:
    """The rules of multi-cluster Services, by cluster: `gke-<cluster>-<8 characters>-mcsd` [observed].

    If the network is not known, those of the clusters' own networks.
    """
    names = {network} if network else {each.network for each in going}
    theirs = {f"projects/{project}/global/networks/{name}" for name in names}
    every = [
        each for each in compute.firewalls(session, project) if compute.path_of(each["network"]) in theirs
    ]
    return {
        cluster.path: [
            compute.path_of(each["selfLink"])
            for each in every
            if re.fullmatch(rf"gke-{re.escape(cluster.name)}-[0-9a-z]{{8}}-mcsd", each["name"])
        ]
        for cluster in going
    }
