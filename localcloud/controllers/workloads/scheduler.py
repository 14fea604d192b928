"""The scheduler of one cluster: every pod without a node gets one that has room, or is told that there is none."""

from __future__ import annotations

from localcloud.controllers.queue import Queue, Subject
from localcloud.controllers.workloads import pods
from localcloud.controllers.workloads.occupancy import Occupancy
from localcloud.controllers.workloads.room import node_for, shortages
from localcloud.controllers.writer import Writer
from localcloud.kubernetes import KubernetesApi
from localcloud.kubernetes.store import Place, place_of
from localcloud.time.clock import rfc3339
from localcloud.wire.messages import Json
from localcloud.world import World

MANAGER = "kube-scheduler"
COMPONENT = "default-scheduler"
ALL: Place = ("", "")  # the key that stands for every pod that waits


class Scheduler:
    """Its keys are pods. `occupancy` is kept by whoever hears of pods."""

    def __init__(self, world: World, api: KubernetesApi, occupancy: Occupancy) -> None:
        self._world = world
        self._api = api
        self._occupancy = occupancy
        self._writer = Writer(api, MANAGER)
        self.queue: Queue[Place] = Queue(world, COMPONENT, self._look, self._subject)

    def add_waiting(self) -> None:
        """Look again at every pod that has no node: there may be room by now."""
        self.queue.add(ALL)

    def _subject(self, place: Place) -> Subject | None:
        pod = self._api.get("Pod", *place)
        return Subject(self._api, pod) if pod else None

    def _look(self, place: Place) -> None:
        if place == ALL:
            for waiting in filter(_waits, self._api.list("Pod")):
                self.queue.add(place_of(waiting))
            return
        pod, nodes = self._api.get("Pod", *place), self._api.list("Node")
        if pod is None or not nodes or not _waits(pod):
            return
        node = node_for(pod, nodes, self._occupancy)
        if node is None:
            self._refuse(pod, shortages(pod, nodes, self._occupancy))
            return
        spec = {"spec": {"nodeName": node["metadata"]["name"]}}
        placed = self._api.patch("Pod", *place, spec, MANAGER)
        self._occupancy.note(placed)
        self._writer.set_status("Pod", placed, pods.starting(placed, node, self._world.clock.now), "kubelet")

    def _refuse(self, pod: Json, words: str) -> None:
        status = pods.unschedulable(words, rfc3339(self._world.clock.now, 0))
        told = pod.get("status", {}).get("conditions") or [{}]
        if told[0].get("message") != words:
            self._writer.set_status("Pod", pod, status)
            self._api.record_event(pod, "Warning", "FailedScheduling", words, COMPONENT)


def _waits(pod: Json) -> bool:
    ended = pods.finished(pod) or "deletionTimestamp" in pod["metadata"]
    return not pod["spec"].get("nodeName") and not ended
