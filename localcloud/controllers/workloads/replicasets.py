"""The ReplicaSet controller of one cluster: as many pods as each set wants, made and given up in batches.

A look makes or deletes a batch at most, and what it made calls for the next look: so a number that somebody wrote
into `replicas` says how often it is looked, never how long one look takes. Kubernetes' own controller does so with
batches of up to 500 [documented: pkg/controller/replicaset, burstReplicas]; this one's are smaller, for it shares
its time with the API server.
"""

from __future__ import annotations

from itertools import islice

from localcloud.controllers.queue import Queue, Subject, TryAgain
from localcloud.controllers.workloads import pods, rollout
from localcloud.controllers.workloads.ownership import owned
from localcloud.controllers.workloads.pods import MANAGER, REPLICA_SET
from localcloud.controllers.writer import Writer
from localcloud.kubernetes import KubernetesApi
from localcloud.kubernetes.errors import StatusError
from localcloud.kubernetes.store import Place, place_of
from localcloud.wire.messages import Json
from localcloud.world import World

BATCH = 20
COMPONENT = "replicaset-controller"


class ReplicaSets:
    """Its keys are ReplicaSets. `cluster` is a full name."""

    def __init__(self, world: World, cluster: str, api: KubernetesApi) -> None:
        self._world = world
        self._cluster = cluster
        self._api = api
        self._writer = Writer(api, MANAGER)
        self.queue: Queue[Place] = Queue(world, COMPONENT, self._look, self._subject)

    def _subject(self, place: Place) -> Subject | None:
        item = self._api.get(REPLICA_SET, *place)
        return Subject(self._api, item) if item else None

    def _look(self, place: Place) -> None:
        item = self._api.get(REPLICA_SET, *place)
        if item is None or item["metadata"].get("deletionTimestamp"):
            return
        have = owned(self._api, "Pod", item)
        beyond = len(have) - item["spec"]["replicas"]
        refusal = self._create(item, have, -beyond) if beyond < 0 else ""
        self._delete(have, beyond)
        status = rollout.replica_set_status(
            item, owned(self._api, "Pod", item), refusal, self._world.clock.now
        )
        self._writer.set_status(REPLICA_SET, item, status)
        if refusal:
            raise TryAgain

    def _create(self, item: Json, have: list[Json], missing: int) -> str:
        """Make a batch of pods; the first refusal ends it, and is given back."""
        names = pods.names(item, self._cluster, {pod["metadata"]["name"] for pod in have})
        for name in islice(names, min(missing, BATCH)):
            try:
                self._api.create("Pod", pods.pod(item, name), MANAGER)
            except StatusError as refused:
                words = f"Error creating: {refused.message}"
                self._api.record_event(item, "Warning", "FailedCreate", words, COMPONENT)
                return refused.message
        return ""

    def _delete(self, have: list[Json], beyond: int) -> None:
        """Give up a batch of those that are too many; pods that are not ready go first."""
        living = [pod for pod in have if not pod["metadata"].get("deletionTimestamp")]
        for pod in sorted(living, key=_dispensable)[: min(max(beyond, 0), BATCH)]:
            self._api.delete("Pod", *place_of(pod))


def _dispensable(pod: Json) -> tuple[bool, bool, str]:
    """Whom a ReplicaSet gives up first: pods without a node, then those not ready [documented]."""
    return bool(pod["spec"].get("nodeName")), pods.is_ready(pod), pod["metadata"]["name"]
