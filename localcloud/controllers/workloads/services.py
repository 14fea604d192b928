"""The endpoints controllers of one cluster: each Service with a selector has Endpoints and a slice of them."""

from __future__ import annotations

from collections.abc import Sequence

from localcloud.controllers.queue import Queue, Subject
from localcloud.controllers.workloads import endpoints, pods
from localcloud.controllers.workloads.pods import MANAGER
from localcloud.controllers.writer import Writer
from localcloud.kubernetes import KubernetesApi
from localcloud.kubernetes.store import Place, place_of
from localcloud.wire.messages import Json
from localcloud.world import World

SLICE = "discovery.k8s.io/EndpointSlice"


class Services:
    """Its keys are Services; one without a name stands for all of its namespace, one without either for all.

    `cluster` is a full name.
    """

    def __init__(self, world: World, cluster: str, api: KubernetesApi) -> None:
        self._cluster = cluster
        self._api = api
        self._writer = Writer(api, MANAGER)
        self.queue: Queue[Place] = Queue(world, "endpoint-controller", self._look, self._subject)

    def add_all(self, namespace: str = "") -> None:
        """Look at every Service, or at those of one namespace: what they choose may have changed."""
        self.queue.add((namespace, ""))

    def _subject(self, place: Place) -> Subject | None:
        item = self._api.get("Service", *place)
        return Subject(self._api, item) if item else None

    def _look(self, place: Place) -> None:
        if not place[1]:
            for each in self._api.list("Service", place[0]):
                self.queue.add(place_of(each))
            return
        service = self._api.get("Service", *place)
        if service is None or not service["spec"].get("selector"):
            return
        found = endpoints.chosen(service, self._api.list("Pod", place[0]))
        at = endpoints.addresses(found, zones_of(self._api.list("Node")))
        suffix = pods.letters(f"{self._cluster}/{place[0]}/{place[1]}", 5)
        self._writer.ensure("Endpoints", endpoints.endpoints(service, found, at))
        self._writer.ensure(SLICE, endpoints.endpoint_slice(service, found, at, suffix))


def zones_of(nodes: Sequence[Json]) -> dict[str, str]:
    """Each node's zone, by its name."""
    return {
        node["metadata"]["name"]: node["metadata"].get("labels", {}).get("topology.kubernetes.io/zone", "")
        for node in nodes
    }
