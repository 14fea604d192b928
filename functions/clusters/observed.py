"""What the clusters function finds in a project: its clusters, and those of ours that the spec leaves out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from functions.clusters.attachments import ClustersToRemove, attachments, contents, to_remove
from shared import labels, taken
from shared.cluster_ranges import block_of
from shared.google import compute, container, projects
from shared.google.container import places_of
from shared.google.lists import Listing, Places
from shared.google.session import Session
from shared.ranges import Taken
from shared.step.step import Context

if TYPE_CHECKING:
    from shared.google import wire
    from shared.spec import Cluster, Environment


@dataclass(frozen=True)
class NetworkRanges:
    """What is taken on the environment's network; `subnetworks` are those of the name that clusters are in."""

    taken: Sequence[Taken] = ()
    subnetworks: Sequence[wire.Subnetwork] = ()

    def secondary_ranges(self, region: str) -> int:
        """How many the subnetwork in a region has."""
        there = [each for each in self.subnetworks if compute.region_of(each) == region]
        return sum(len(each.get("secondaryIpRanges", [])) for each in there)


@dataclass(frozen=True)
class ObservedClusters:
    """The project's clusters, whoever's they are; `left_out` are those of ours that the spec does not name.

    `network` is read in mode check alone, if clusters are to be made.
    """

    clusters: Sequence[container.Cluster]
    left_out: ClustersToRemove = field(default_factory=ClustersToRemove)
    network: NetworkRanges | None = None

    def named(self, name: str) -> list[container.Cluster]:
        """Those of that name: it is unique in a location, not in a project."""
        return [each for each in self.clusters if each.name == name]

    def at(self, cluster: Cluster) -> container.Cluster | None:
        """The one with the name and the location that the spec says."""
        return next((each for each in self.named(cluster.name) if each.location == cluster.location), None)


def observe(context: Context) -> ObservedClusters:
    """Every cluster of the project, and what is in those of ours that go.

    One that was ours before counts too: a cluster of its name is not made elsewhere, and it has to go. So every place
    in which the environment may be is needed.
    """
    session, wanted = context.session, context.wanted
    listing = container.clusters(session, wanted.project)
    seen = listing.within(places_of(wanted.clusters) | context.places)
    every = list(_by_project_id(session, wanted.project, seen))
    going = [each for each in every if _is_left_out(wanted, each)]
    left_out = _left_out(context, listing, going) if going else ClustersToRemove()
    observed = ObservedClusters(every, left_out)
    new = [each for each in wanted.clusters if not each.existing and observed.at(each) is None]
    if context.message.mode == "check" and new:
        return replace(observed, network=_network(context, every))
    return observed


def _network(context: Context, clusters: Sequence[container.Cluster]) -> NetworkRanges:
    """What is taken on the network: also what a new cluster has, before its subnetwork shows it.

    What a place far away hides is not counted: then too much seems to fit, and Google refuses it later.
    """
    session, wanted = context.session, context.wanted
    link = f"projects/{wanted.project}/global/networks/{wanted.network}"
    every = compute.subnetworks(session, wanted.project).within(Places.of(*wanted.regions))
    there = [each for each in every if compute.path_of(each["network"]) == link]
    return NetworkRanges(
        [*taken.on_network(session, wanted.project, link, there), *_of_clusters(wanted, clusters)],
        [each for each in there if each["name"] == wanted.subnetwork],
    )


def _of_clusters(wanted: Environment, clusters: Sequence[container.Cluster]) -> Iterator[Taken]:
    for each in clusters:
        for text in (each.pod_range, each.service_range):
            if each.network == wanted.network and (block := block_of(text)):
                yield Taken(block, f"cluster {each.name} in {each.location}")


def _is_left_out(wanted: Environment, cluster: container.Cluster) -> bool:
    """Whether it is ours and not in the spec; one that is said to be elsewhere now is for a person, until it goes."""
    named = [each for each in wanted.clusters if each.name == cluster.name]
    return (
        labels.is_owned(cluster.labels, wanted.name)
        and cluster.location not in {each.location for each in named}
        and (not named or cluster.status == "STOPPING")
    )


def _left_out(
    context: Context, every: Listing[container.Cluster], going: Sequence[container.Cluster]
) -> ClustersToRemove:
    """Multi-cluster Services stay, so what attaches these clusters to them matters, and what is in them too."""
    session, wanted = context.session, context.wanted
    held = contents(session, going)
    attached = attachments(session, wanted.project, wanted.network, going, held)
    return to_remove(context, wanted.project, every, going, attached)


def _by_project_id(
    session: Session, project: str, found: Sequence[container.Cluster]
) -> Iterator[container.Cluster]:
    """A fleet may be named by its project's number as well as by its id [documented, Fleet.project]."""
    numbered = any(each.fleet_project.isdigit() for each in found)
    number = projects.number(session, project) if numbered else ""
    for each in found:
        yield replace(each, fleet_project=project) if number and each.fleet_project == number else each
