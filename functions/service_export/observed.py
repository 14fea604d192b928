"""What the service export function finds: objects in each cluster, the imports, and what is to be pruned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from functions.service_export.differences import ObservedCluster, differences
from functions.service_export.pruning import to_prune
from functions.service_export.sample_app import NAME
from shared import labels
from shared.google import container
from shared.google.cluster_reader import ClusterReader
from shared.google.gkehub import member_key
from shared.google.session import Session
from shared.objects import Key, KubeObject
from shared.step.stages import Reached
from shared.step.step import Context

if TYPE_CHECKING:
    from shared.spec import Environment, Service


@dataclass(frozen=True)
class ObservedExports:
    """The environment's clusters: `clusters` are all that exist, `contents` what is in those that serve, by name.

    `imports` are the config cluster's, by namespace and name; `foreign` the names of the project's other clusters,
    by the key of their membership. `to_prune` is what is ours and not wanted any more; it is only looked for once
    nothing that is wanted is missing.
    """

    clusters: Mapping[str, container.Cluster] = field(default_factory=dict)
    contents: Mapping[str, ObservedCluster] = field(default_factory=dict)
    imports: Mapping[tuple[str, str], KubeObject] = field(default_factory=dict)
    foreign: Mapping[str, str] = field(default_factory=dict)
    to_prune: Reached | None = None

    def is_imported(self, wanted: Environment, service: Service) -> bool:
        """Whether the import lists exactly the memberships of the clusters that export the service."""
        exporters = set(self.exporters(wanted, service).values())
        return "" not in exporters and self.listed(service) == exporters

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
    """Whatever of the wanted objects is there, in each cluster that serves."""
    wanted, session = context.wanted, context.session
    every = container.clusters(session, wanted.project)
    ours = _of_environment(wanted, every)
    contents = {
        name: _contents(wanted, session, cluster) for name, cluster in ours.items() if cluster.is_reachable
    }
    observed = ObservedExports(
        ours, contents, _imports(wanted, session, contents), _foreign(wanted, every, ours.values())
    )
    if not _is_complete(wanted, observed):
        return observed
    return replace(observed, to_prune=to_prune(context, every))


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


def _contents(wanted: Environment, session: Session, cluster: container.Cluster) -> ObservedCluster:
    api = ClusterReader(session, cluster)
    objects: dict[Key, KubeObject] = {}
    exports_known = True
    for name in wanted.namespaces:
        exports = api.list("ServiceExport", name)
        exports_known = exports is not None
        if found := api.get("Namespace", "", name):
            objects |= _by_key("Namespace", [found])
            objects |= _by_key("Service", api.list("Service", name) or [])
            objects |= _by_key("ServiceExport", exports or [])
    is_there = ("Namespace", "", wanted.gateway.namespace) in objects
    if wanted.sample_app and is_there and (app := api.get("Deployment", wanted.gateway.namespace, NAME)):
        objects |= _by_key("Deployment", [app])
    return ObservedCluster(cluster, objects, exports_known)


def _by_key(kind: str, items: Iterable[KubeObject]) -> dict[Key, KubeObject]:
    return {(kind, each["metadata"].get("namespace", ""), each["metadata"]["name"]): each for each in items}


def _imports(
    wanted: Environment, session: Session, contents: Mapping[str, ObservedCluster]
) -> dict[tuple[str, str], KubeObject]:
    """The config cluster's imports by namespace and name."""
    config = contents.get(wanted.config_cluster)
    if config is None or not config.exports_known:
        return {}
    api = ClusterReader(session, config.cluster)
    found = [each for space in wanted.namespaces for each in api.list("ServiceImport", space) or []]
    return {(each["metadata"]["namespace"], each["metadata"]["name"]): each for each in found}


def _is_complete(wanted: Environment, observed: ObservedExports) -> bool:
    """Whether every cluster has what it should, and no import lacks anybody: now what is too much matters."""
    served = all(
        (contents := observed.contents.get(each.name)) and not any(differences(wanted, each, contents))
        for each in wanted.clusters
    )
    return served and all(
        set(observed.exporters(wanted, each).values()) <= observed.listed(each) for each in wanted.services
    )
