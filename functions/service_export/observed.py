"""What the service export function finds: objects in each cluster, the imports, and what is to be pruned."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from functions.service_export.contents import read_contents, with_exports
from functions.service_export.differences import ObservedCluster, differences
from functions.service_export.pruning import to_prune
from shared import gone, labels
from shared.google import container
from shared.google.cluster_reader import ClusterReader
from shared.google.container import places_of
from shared.google.gkehub import member_key
from shared.google.session import Session
from shared.google.side_by_side import side_by_side
from shared.labels import asked_at
from shared.objects import KubeObject
from shared.step.stages import Reached
from shared.step.step import Context

if TYPE_CHECKING:
    from shared.spec import Environment, Service


@dataclass(frozen=True)
class ObservedExports:
    """The environment's clusters: `clusters` are all that exist, `contents` what is in those that serve, by name.
    `passed_over` are the names of those that serve and were not looked at.

    `imports` are the config cluster's, by namespace and name; `foreign` the names of the project's other clusters,
    by the key of their membership. `to_prune` is what is ours and not wanted any more; it is only looked for once
    nothing that is wanted is missing. `asked` is when the request was published, unix seconds; None in a check.
    """

    clusters: Mapping[str, container.Cluster] = field(default_factory=dict)
    contents: Mapping[str, ObservedCluster] = field(default_factory=dict)
    imports: Mapping[tuple[str, str], KubeObject] = field(default_factory=dict)
    foreign: Mapping[str, str] = field(default_factory=dict)
    to_prune: Reached | None = None
    passed_over: frozenset[str] = frozenset()
    asked: float | None = None

    def is_imported(self, wanted: Environment, service: Service) -> bool:
        """Whether the import lists exactly the memberships of the clusters that export the service."""
        exporters = set(self.exporters(wanted, service).values())
        return "" not in exporters and self.listed(service) == exporters

    def lacking(self, wanted: Environment) -> set[str]:
        """The clusters that an import does not list and should."""
        return {
            name
            for service in wanted.services
            for name, key in self.exporters(wanted, service).items()
            if key not in self.listed(service)
        }

    def listed(self, service: Service) -> set[str]:
        """The keys of the memberships that the service's import lists."""
        found = self.imports.get((service.namespace, service.name), {})
        return {member_key(each["cluster"]) for each in found.get("status", {}).get("clusters", [])}

    def exporters(self, wanted: Environment, service: Service) -> dict[str, str]:
        """Exporting cluster → the key of its membership, "" while it has none."""
        names = [cluster.name for cluster in wanted.exporters(service)]
        return {
            name: member_key(self.clusters[name].membership) if name in self.clusters else ""
            for name in names
        }


def observe(context: Context) -> ObservedExports:
    """Whatever of the wanted objects is there, in each cluster that serves.

    A cluster takes four calls or more. So a request looks at all clusters first and last, and between at those alone
    that an import lacks.
    """
    wanted, session = context.wanted, context.session
    listing = container.clusters(session, wanted.project)
    every = listing.within(places_of(wanted.clusters))
    ours = _of_environment(wanted, every)
    gone.require_clusters(context, ours)
    imports = _imports(wanted, session, ours.get(wanted.config_cluster))
    asked = asked_at(context.message.claim.generation) if context.message.mode == "apply" else None
    observed = ObservedExports(ours, {}, imports, _foreign(wanted, every, ours.values()), asked=asked)
    if context.message.mode == "apply" and context.message.attempt > 1:
        observed = replace(observed, passed_over=_to_pass_over(wanted, observed))
    looked_at = [
        spec
        for spec in wanted.clusters
        if spec.name in ours and ours[spec.name].is_reachable and spec.name not in observed.passed_over
    ]
    found = side_by_side(
        session, looked_at, lambda spec: read_contents(session, wanted, spec, ours[spec.name])
    )
    contents = {spec.name: each for spec, each in zip(looked_at, found, strict=True)}
    observed = replace(observed, contents=contents)
    if not _is_complete(wanted, observed):
        return observed
    owned = {each.cluster.key: each.owned for each in contents.values()}
    return replace(observed, to_prune=to_prune(context, listing.within(context.places), owned))


def look_again(
    before: ObservedExports, changed: Collection[str], expectant: Collection[str], context: Context
) -> ObservedExports:
    """The same, but for the clusters that were `changed` since, and for the exports of those that are `expectant`.

    These do not know the kind yet, and take one call each.
    """
    wanted, session = context.wanted, context.session
    contents = dict(before.contents)
    for spec in wanted.clusters:
        if spec.name in changed:
            contents[spec.name] = read_contents(session, wanted, spec, contents[spec.name].cluster)
        elif spec.name in expectant:
            contents[spec.name] = with_exports(session, wanted, spec, contents[spec.name])
    return replace(before, contents=contents)


def _to_pass_over(wanted: Environment, observed: ObservedExports) -> frozenset[str]:
    """The clusters whose exports have all been imported, while others' have not."""
    lacking = observed.lacking(wanted)
    exporting = {each.name for service in wanted.services for each in wanted.exporters(service)}
    return frozenset(exporting - lacking if lacking else ())


def _of_environment(wanted: Environment, every: Iterable[container.Cluster]) -> dict[str, container.Cluster]:
    """The clusters of the spec that exist, by name, in the spec's order."""
    by_key = {each.key: each for each in every}
    found = ((spec, by_key.get((spec.name, spec.location))) for spec in wanted.clusters)
    return {
        spec.name: cluster
        for spec, cluster in found
        if cluster and (spec.existing or labels.is_owned(cluster.labels, wanted.name))
    }


def _foreign(
    wanted: Environment, every: Iterable[container.Cluster], ours: Iterable[container.Cluster]
) -> dict[str, str]:
    keys = {member_key(each.membership) for each in ours}
    foreign = (each for each in every if not labels.is_owned(each.labels, wanted.name))
    found = {member_key(each.membership): each.name for each in foreign}
    return {key: name for key, name in found.items() if key and key not in keys}


def _imports(
    wanted: Environment, session: Session, config: container.Cluster | None
) -> dict[tuple[str, str], KubeObject]:
    """The config cluster's imports by namespace and name; none while it does not know the kind."""
    if config is None or not config.is_reachable:
        return {}
    api = ClusterReader(session, config)
    found = [each for space in wanted.namespaces for each in api.list("ServiceImport", space) or []]
    return {(each["metadata"]["namespace"], each["metadata"]["name"]): each for each in found}


def _is_complete(wanted: Environment, observed: ObservedExports) -> bool:
    """Whether every cluster has what it should, and no import lacks anybody: now what is too much matters."""
    served = not observed.passed_over and all(
        (contents := observed.contents.get(each.name)) and not any(differences(wanted, each, contents))
        for each in wanted.clusters
    )
    return served and all(
        set(observed.exporters(wanted, each).values()) <= observed.listed(each) for each in wanted.services
    )
