"""The clusters that take part: fleet members that are READY and have a Kubernetes API, and those joined already."""

from __future__ import annotations

from dataclasses import dataclass

from localcloud.container.kube import CLUSTER_APIS
from localcloud.container.lifecycle import alive
from localcloud.gkehub.names import MCS, feature_name
from localcloud.gkehub.registration import cluster_of
from localcloud.kubernetes import KubernetesApi
from localcloud.wire.messages import Json
from localcloud.world import World

# Full name of a membership → {"cluster": …} of those where CRDs and importer have been installed.
JOINED = "mcs.members"
EXPORT, IMPORT = "net.gke.io/ServiceExport", "net.gke.io/ServiceImport"


@dataclass(frozen=True)
class Member:
    """A cluster of the fleet: full names of membership and cluster, the cluster as GKE shows it, its API."""

    membership: str
    cluster: str
    resource: Json
    api: KubernetesApi


def members(world: World, project: str) -> list[Member]:
    """The fleet members of `project` that are READY and whose cluster is there, by membership."""
    found = []
    for name, membership in world.store["gkehub.memberships"].items(f"projects/{project}/locations/"):
        cluster = cluster_of(membership)
        resource, api = world.store["container.clusters"].get(cluster), world[CLUSTER_APIS].get(cluster)
        if resource is None or api is None or not alive(resource):
            continue
        ready = membership.get("state", {}).get("code") in ("READY", "UPDATING", "SERVICE_UPDATING")
        if ready:
            found.append(Member(name, cluster, resource, api))
    return found


def joined(world: World, project: str) -> list[Member]:
    """Those of `members` where the CRDs and the importer have been installed."""
    return [member for member in members(world, project) if member.membership in world.store[JOINED]]


def feature_of(world: World, project: str) -> Json | None:
    """The multi-cluster Services feature of the fleet of `project`."""
    return world.store["gkehub.features"].get(feature_name(project, MCS))


def is_on(feature: Json | None) -> bool:
    """Whether the feature takes clusters in: it is ACTIVE, or changing and was so before."""
    state = (feature or {}).get("resourceState", {}).get("state")
    return state in ("ACTIVE", "UPDATING", "SERVICE_UPDATING")


def namespace_open(member: Member, namespace: str) -> bool:
    """Whether the cluster has the namespace, and it is not being deleted."""
    found = member.api.get("Namespace", "", namespace)
    return found is not None and not found["metadata"].get("deletionTimestamp")
