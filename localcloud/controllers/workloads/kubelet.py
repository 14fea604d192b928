"""The kubelets of one cluster: the pods of a Deployment that have got nodes pull their images, and run some time later.

It takes one work of the ledger for all pods of a Deployment that have got their nodes together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from localcloud.container.kube import CLUSTER_APIS
from localcloud.controllers.queue import Queue, Subject, TryAgain
from localcloud.controllers.workloads import pods
from localcloud.controllers.workloads.occupancy import Occupancy
from localcloud.controllers.workloads.ownership import owned, owner_of
from localcloud.controllers.workloads.pods import DEPLOYMENT, REPLICA_SET
from localcloud.controllers.workloads.ready import KIND, ready_resource
from localcloud.controllers.workloads.room import address_in
from localcloud.controllers.writer import Writer
from localcloud.kubernetes import KubernetesApi
from localcloud.kubernetes.store import Place
from localcloud.wire.messages import Json
from localcloud.world import World


@dataclass(frozen=True)
class Pull:
    """The pods of a Deployment that have nodes are to pull their images."""

    deployment: Place


@dataclass(frozen=True)
class Run:
    """A pod has its images: it is to run. `uid` tells it from a later one of its name."""

    pod: Place
    uid: str


class Kubelets:
    """`cluster` is a full name; `occupancy` is kept by whoever hears of pods."""

    def __init__(self, world: World, cluster: str, api: KubernetesApi, occupancy: Occupancy) -> None:
        self._world = world
        self._cluster = cluster
        self._api = api
        self._occupancy = occupancy
        self._writer = Writer(api, "kubelet")
        self._pulling: set[str] = set()  # the uids of pods under way
        self.queue: Queue[Pull | Run] = Queue(world, "kubelet", self._look, self._subject)

    def note(self, pod: Json) -> None:
        """A pod has changed: if it has a node and is not on its way yet, it is to be."""
        if self._is_fresh(pod):
            set_ = self._api.get(REPLICA_SET, pod["metadata"]["namespace"], owner_of(pod))
            if set_ is not None:
                self.queue.add(Pull((pod["metadata"]["namespace"], owner_of(set_))))

    def _is_fresh(self, pod: Json) -> bool:
        placed = pod["spec"].get("nodeName") and not pods.finished(pod)
        return bool(placed and not pods.is_ready(pod) and pod["metadata"]["uid"] not in self._pulling)

    def _subject(self, key: Pull | Run) -> Subject | None:
        kind, place = (DEPLOYMENT, key.deployment) if isinstance(key, Pull) else ("Pod", key.pod)
        found = self._api.get(kind, *place)
        return Subject(self._api, found) if found else None

    def _look(self, key: Pull | Run) -> None:
        if isinstance(key, Pull):
            self._pull(key.deployment)
        else:
            self._run(key)

    def _pull(self, place: Place) -> None:
        deployment = self._api.get(DEPLOYMENT, *place)
        if deployment is None:
            return
        sets = {item["metadata"]["name"] for item in owned(self._api, REPLICA_SET, deployment)}
        fresh = [
            Run((place[0], pod["metadata"]["name"]), pod["metadata"]["uid"])
            for pod in self._api.list("Pod", place[0])
            if owner_of(pod) in sets and self._is_fresh(pod)
        ]
        if not fresh:
            return
        cluster = self._world.ledger.latest("container.clusters.create", self._cluster)
        resource = ready_resource(self._cluster, *place)
        self._world.ledger.perform(KIND, resource, partial(self._pulled, fresh), [cluster])
        self._pulling.update(run.uid for run in fresh)

    def _pulled(self, runs: Sequence[Run]) -> None:
        for run in runs:
            if self._world[CLUSTER_APIS].get(self._cluster) is self._api:
                self.queue.add(run)

    def _run(self, run: Run) -> None:
        """The pod runs, if it is still there."""
        pod = self._api.get("Pod", *run.pod)
        node = self._api.get("Node", "", pod["spec"].get("nodeName", "")) if pod else None
        if pod is None or node is None or pod["metadata"]["uid"] != run.uid or pods.is_ready(pod):
            self._pulling.discard(run.uid)
            return
        address = address_in(node, pod["metadata"]["name"], self._occupancy.addresses)
        if address is None:
            words = "Failed to create pod sandbox: no IP addresses available in the node's range"
            self._api.record_event(pod, "Warning", "FailedCreatePodSandBox", words, "kubelet")
            raise TryAgain
        self._pulling.discard(run.uid)
        self._writer.set_status("Pod", pod, pods.running(pod, node, address, self._world.clock.now))
