"""When the pods of a Deployment became ready, as work of the ledger: for those who waited for it."""

from __future__ import annotations

from localcloud.container.kube import CLUSTER_APIS
from localcloud.controllers.workloads.endpoints import chosen
from localcloud.controllers.workloads.ownership import owner_of
from localcloud.controllers.workloads.pods import REPLICA_SET
from localcloud.time.ledger import Work
from localcloud.world import World

KIND = "kubernetes.pods.ready"


def ready_resource(cluster: str, namespace: str, deployment: str) -> str:
    """The ledger's resource for the pods of a Deployment; `cluster` is the full name."""
    return f"{cluster}/{namespace}/{deployment}"


def ready_work(world: World, cluster: str, namespace: str, deployment: str) -> Work | None:
    """The newest work that makes the Deployment's pods ready."""
    return world.ledger.latest(KIND, ready_resource(cluster, namespace, deployment))


def works_behind(world: World, cluster: str, namespace: str, service: str) -> list[Work]:
    """The works that made the pods ready which the Service chooses, by Deployment."""
    api = world[CLUSTER_APIS].get(cluster)
    found = api.get("Service", namespace, service) if api else None
    if api is None or found is None:
        return []
    sets = {item["metadata"]["name"]: item for item in api.list(REPLICA_SET, namespace)}
    deployments = {
        owner_of(sets[owner])
        for pod in chosen(found, api.list("Pod", namespace))
        if (owner := owner_of(pod)) in sets
    }
    works = (ready_work(world, cluster, namespace, name) for name in sorted(deployments))
    return [work for work in works if work is not None]
