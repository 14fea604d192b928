"""The Deployment controller of one cluster: a ReplicaSet for each template, the newest for the present one."""

from __future__ import annotations

from collections.abc import Sequence

from localcloud.controllers.queue import Queue, Subject
from localcloud.controllers.workloads import pods, rollout
from localcloud.controllers.workloads.ownership import owned
from localcloud.controllers.workloads.pods import DEPLOYMENT, MANAGER, REPLICA_SET
from localcloud.controllers.writer import Writer
from localcloud.kubernetes import KubernetesApi
from localcloud.kubernetes.store import Place, place_of
from localcloud.wire.messages import Json
from localcloud.world import World


class Deployments:
    """Its keys are Deployments."""

    def __init__(self, world: World, api: KubernetesApi) -> None:
        self._world = world
        self._api = api
        self._writer = Writer(api, MANAGER)
        self.queue: Queue[Place] = Queue(world, "deployment-controller", self._look, self._subject)

    def _subject(self, place: Place) -> Subject | None:
        item = self._api.get(DEPLOYMENT, *place)
        return Subject(self._api, item) if item else None

    def _look(self, place: Place) -> None:
        deployment = self._api.get(DEPLOYMENT, *place)
        if deployment is None or deployment["metadata"].get("deletionTimestamp"):
            return
        newest = self._roll_out(deployment)
        sets = owned(self._api, REPLICA_SET, deployment)
        status = rollout.deployment_status(deployment, newest, sets, self._world.clock.now)
        self._writer.set_status(DEPLOYMENT, deployment, status)

    def _roll_out(self, deployment: Json) -> Json:
        """One ReplicaSet for the present template; the others go to zero when its pods are ready."""
        sets, wanted = owned(self._api, REPLICA_SET, deployment), deployment["spec"]["replicas"]
        newest = _newest(deployment, sets)
        if newest is None:
            newest = self._api.create(REPLICA_SET, pods.replica_set(deployment, len(sets) + 1), MANAGER)
        newest = self._resized(newest, wanted)
        if rollout.ready(newest) >= wanted:
            for item in sets:
                if item["metadata"]["uid"] != newest["metadata"]["uid"]:
                    self._resized(item, 0)
        return newest

    def _resized(self, item: Json, replicas: int) -> Json:
        if item["spec"]["replicas"] == replicas:
            return item
        change = {"spec": {"replicas": replicas}}
        return self._api.patch(REPLICA_SET, *place_of(item), change, MANAGER)


def _newest(deployment: Json, sets: Sequence[Json]) -> Json | None:
    name = f"{deployment['metadata']['name']}-{pods.template_hash(deployment)}"
    return next((item for item in sets if item["metadata"]["name"] == name), None)
