"""What the fleet function finds in a project: clusters, memberships, features, and the importer's grant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared import gone, labels
from shared.google import container, importer, projects, serviceusage
from shared.google.container import location_of, places_of
from shared.google.gkehub import Feature, Membership, by_key, features, member_key, memberships
from shared.google.lists import Places
from shared.google.session import Session
from shared.step.step import Context

if TYPE_CHECKING:
    from shared.spec import Environment


@dataclass(frozen=True)
class ObservedFleet:
    """The fleet as it is. `clusters` are the environment's that exist, by name; `memberships` are by key.

    `disabled_apis` are those that the environment needs and its project has not enabled. Only a check looks for
    them, before all else; if there are any, nothing else can be looked at.
    """

    clusters: Mapping[str, container.Cluster] = field(default_factory=dict)
    memberships: Mapping[str, Membership] = field(default_factory=dict)
    features: Mapping[str, Feature] = field(default_factory=dict)
    granted: bool = False
    disabled_apis: tuple[str, ...] = ()

    def membership(self, name: str) -> Membership | None:
        """The membership that a cluster says it has, if the cluster serves."""
        cluster = self.clusters.get(name)
        return self.memberships.get(member_key(cluster.membership)) if cluster and cluster.serves else None


def observe(context: Context) -> ObservedFleet:
    """Clusters, memberships, features, and whether the importer has its grant."""
    session, wanted = context.session, context.wanted
    is_check = context.message.mode == "check"
    if is_check and (disabled := serviceusage.lacking(session, wanted.project)):
        return ObservedFleet(disabled_apis=disabled)
    known = _clusters(session, wanted)
    gone.require_clusters(context, known)
    joined = [each.membership for each in known.values() if each.membership]
    granted = bool(importer.importers(projects.policy(session, wanted.project), wanted.project))
    return ObservedFleet(
        known,
        by_key(memberships(session, wanted.project).within(Places.of(*map(location_of, joined))))
        if joined
        else {},
        features(session, wanted.project),
        granted,
    )


def _clusters(session: Session, wanted: Environment) -> dict[str, container.Cluster]:
    """The environment's clusters by name: those that are ours, and those that existed before."""
    specs = {(cluster.name, cluster.location): cluster for cluster in wanted.clusters}
    found = {}
    for each in container.clusters(session, wanted.project).within(places_of(wanted.clusters)):
        spec = specs.get(each.key)
        if spec and (spec.existing or labels.is_owned(each.labels, wanted.name)):
            found[each.name] = each
    return found
