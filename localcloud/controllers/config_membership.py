"""The config membership of a fleet: in which cluster its Gateways are looked at.

The ingress feature names a membership, by project id or number; the membership names its cluster
[documented: `spec.multiclusteringress.configMembership`, `endpoint.gkeCluster.resourceLink`].
"""

from __future__ import annotations

from dataclasses import dataclass

from localcloud.container.kube import CLUSTER_APIS
from localcloud.gkehub.names import MCI, by_id, short
from localcloud.gkehub.registration import cluster_of
from localcloud.wire.messages import Json
from localcloud.world import World


@dataclass(frozen=True)
class ConfigCluster:
    """An ingress feature, and the cluster of its config membership; all full names."""

    feature: str
    membership: str
    cluster: str


def config_clusters(world: World) -> list[ConfigCluster]:
    """The config cluster of every ingress feature whose membership and cluster are there, by feature."""
    features = world.store["gkehub.features"].items()
    found = (_config_cluster(world, name, feature) for name, feature in features)
    return [one for one in found if one is not None and one.cluster in world[CLUSTER_APIS]]


def _config_cluster(world: World, feature_name: str, feature: Json) -> ConfigCluster | None:
    if short(feature_name) != MCI:
        return None
    membership = by_id(world, feature.get("spec", {}).get(MCI, {}).get("configMembership", ""))
    found = world.store["gkehub.memberships"].get(membership)
    return ConfigCluster(feature_name, membership, cluster_of(found)) if found else None
