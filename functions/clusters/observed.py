"""What the clusters function finds in a project: its clusters, and those of ours that the spec leaves out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from functions.clusters.attachments import ClustersToRemove, attachments, contents, to_remove
from shared import labels
from shared.google import container, projects
from shared.google.session import Session
from shared.step.step import Context

if TYPE_CHECKING:
    from shared.spec import Cluster, Environment


@dataclass(frozen=True)
class ObservedClusters:
    """The project's clusters, whoever's they are; `left_out` are those of ours that the spec does not name."""

    clusters: Sequence[container.Cluster]
    left_out: ClustersToRemove = field(default_factory=ClustersToRemove)

    def named(self, name: str) -> list[container.Cluster]:
        """Those of that name: it is unique in a location, not in a project."""
        return [each for each in self.clusters if each.name == name]

    def at(self, cluster: Cluster) -> container.Cluster | None:
        """The one with the name and the location that the spec says."""
        return next((each for each in self.named(cluster.name) if each.location == cluster.location), None)


def observe(context: Context) -> ObservedClusters:
    """Every cluster of the project, and what is in those of ours that go."""
    session, wanted = context.session, context.wanted
    every = list(_by_project_id(session, wanted.project, container.clusters(session, wanted.project)))
    going = [each for each in every if _is_left_out(wanted, each)]
    return ObservedClusters(every, _left_out(context, every, going) if going else ClustersToRemove())


def _is_left_out(wanted: Environment, cluster: container.Cluster) -> bool:
    """Whether it is ours and not in the spec; one that is said to be elsewhere now is for a person, until it goes."""
    named = [each for each in wanted.clusters if each.name == cluster.name]
    return (
        labels.is_owned(cluster.labels, wanted.name)
        and cluster.location not in {each.location for each in named}
        and (not named or cluster.status == "STOPPING")
    )


def _left_out(
    context: Context, every: Sequence[container.Cluster], going: Sequence[container.Cluster]
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
