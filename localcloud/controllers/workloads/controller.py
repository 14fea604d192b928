"""The workload controllers of every cluster, and what each of them is told of: a change of an object becomes keys.

Nothing is remembered but how full the nodes are and which pods are on their way; the rest is read from the cluster
each time.
"""

from __future__ import annotations

from localcloud.controllers.attach import Attachments
from localcloud.controllers.workloads.deployments import Deployments
from localcloud.controllers.workloads.kubelet import Kubelets
from localcloud.controllers.workloads.occupancy import Occupancy
from localcloud.controllers.workloads.ownership import owner_of
from localcloud.controllers.workloads.pods import DEPLOYMENT, REPLICA_SET
from localcloud.controllers.workloads.replicasets import ReplicaSets
from localcloud.controllers.workloads.scheduler import Scheduler
from localcloud.controllers.workloads.services import Services
from localcloud.kubernetes import KubernetesApi
from localcloud.kubernetes.store import place_of
from localcloud.wire.messages import Json
from localcloud.world import World


class Workloads:
    """Made once with the world."""

    def __init__(self, world: World) -> None:
        self._attachments = Attachments(world, lambda name, api: Cluster(world, name, api).hear)


class Cluster:
    """The workload controllers of one cluster. `name` is its full name."""

    def __init__(self, world: World, name: str, api: KubernetesApi) -> None:
        self._occupancy = Occupancy()
        self._deployments = Deployments(world, api)
        self._replica_sets = ReplicaSets(world, name, api)
        self._scheduler = Scheduler(world, api, self._occupancy)
        self._kubelets = Kubelets(world, name, api, self._occupancy)
        self._services = Services(world, name, api)
        for kind in ("Node", "Pod", REPLICA_SET, DEPLOYMENT, "Service"):
            for item in api.list(kind):
                self.hear("ADDED", item)

    def hear(self, type_: str, item: Json) -> None:
        """An object of the cluster has changed."""
        match item["apiVersion"], item["kind"]:
            case "apps/v1", "Deployment":
                self._deployments.queue.add(place_of(item))
            case "apps/v1", "ReplicaSet":
                self._hear_of_set(item)
            case "v1", "Pod":
                self._hear_of_pod(type_, item)
            case "v1", "Node":
                self._scheduler.add_waiting()
                self._services.add_all()
            case "v1", "Service":
                self._services.queue.add(place_of(item))

    def _hear_of_set(self, item: Json) -> None:
        self._replica_sets.queue.add(place_of(item))
        if owner := owner_of(item):
            self._deployments.queue.add((item["metadata"]["namespace"], owner))

    def _hear_of_pod(self, type_: str, pod: Json) -> None:
        namespace, _ = place = place_of(pod)
        if owner := owner_of(pod):
            self._replica_sets.queue.add((namespace, owner))
        if type_ == "DELETED":
            self._occupancy.forget(pod)
            self._scheduler.add_waiting()
        else:
            self._occupancy.note(pod)
            self._scheduler.queue.add(place)
            self._kubelets.note(pod)
        self._services.add_all(namespace)
