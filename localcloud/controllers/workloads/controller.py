"""The loop over one cluster's workloads, and over all clusters: look at the objects, do what is due.

Nothing is remembered but which pods are on their way to readiness; the rest is read from the cluster each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from localcloud.container.kube import CLUSTER_APIS
from localcloud.controllers.attach import Attachments
from localcloud.controllers.workloads import endpoints, pods, rollout
from localcloud.controllers.workloads.pods import DEPLOYMENT, REPLICA_SET, owned_by
from localcloud.controllers.workloads.ready import KIND, ready_resource
from localcloud.controllers.writer import Writer
from localcloud.kubernetes import KubernetesApi
from localcloud.time.ledger import Work
from localcloud.wire.messages import Json
from localcloud.world import World

SLICE = "discovery.k8s.io/EndpointSlice"
# The kinds whose changes may call for something to be done here.
WATCHED = frozenset({"Deployment", "ReplicaSet", "Pod", "Service", "Node"})
MANAGER = "kube-controller-manager"


class Workloads:
    """The workload controllers of every cluster of the world."""

    def __init__(self, world: World) -> None:
        self._attachments = Attachments(world, lambda name, api: Cluster(world, name, api).reconcile, WATCHED)


class Cluster:
    """The workloads of one cluster. `name` is its full name."""

    def __init__(self, world: World, name: str, api: KubernetesApi) -> None:
        self._world = world
        self._name = name
        self._api = api
        self._writer = Writer(api, MANAGER)
        self._starting: dict[str, Work] = {}  # pod uid → the work that makes it ready

    def reconcile(self) -> None:
        """One look at everything."""
        for deployment in self._api.list(DEPLOYMENT):
            if not deployment["metadata"].get("deletionTimestamp"):
                self._roll_out(deployment)
        for item in self._api.list(REPLICA_SET):
            self._scale(item)
        self._schedule()
        for deployment in self._api.list(DEPLOYMENT):
            self._start(deployment)
            self._report(deployment)
        for service in self._api.list("Service"):
            self._find_endpoints(service)

    def _sets(self, deployment: Json) -> list[Json]:
        namespace = deployment["metadata"]["namespace"]
        return [item for item in self._api.list(REPLICA_SET, namespace) if owned_by(item, deployment)]

    def _pods(self, owner: Json) -> list[Json]:
        namespace = owner["metadata"]["namespace"]
        return [item for item in self._api.list("Pod", namespace) if owned_by(item, owner)]

    def _roll_out(self, deployment: Json) -> None:
        """One ReplicaSet for the present template; the others go to zero when its pods are ready."""
        sets, newest = self._sets(deployment), _newest(deployment, self._sets(deployment))
        if newest is None:
            newest = self._api.create(REPLICA_SET, pods.replica_set(deployment, len(sets) + 1), MANAGER)
        wanted = deployment["spec"]["replicas"]
        self._resize(newest, wanted)
        if sum(pods.is_ready(pod) for pod in self._pods(newest)) >= wanted:
            for item in sets:
                if item["metadata"]["uid"] != newest["metadata"]["uid"]:
                    self._resize(item, 0)

    def _resize(self, item: Json, replicas: int) -> None:
        if item["spec"]["replicas"] != replicas:
            meta = item["metadata"]
            change = {"spec": {"replicas": replicas}}
            self._api.patch(REPLICA_SET, meta["namespace"], meta["name"], change, MANAGER)

    def _scale(self, item: Json) -> None:
        """As many pods as the ReplicaSet wants; those that are not ready go first."""
        have, wanted = self._pods(item), item["spec"]["replicas"]
        names = [pod["metadata"]["name"] for pod in have]
        for _ in range(wanted - len(have)):
            names.append(
                self._api.create("Pod", pods.pod(item, self._name, names), MANAGER)["metadata"]["name"]
            )
        for pod in sorted(have, key=_dispensable)[: max(len(have) - wanted, 0)]:
            self._api.delete("Pod", pod["metadata"]["namespace"], pod["metadata"]["name"])
        self._writer.set_status(REPLICA_SET, item, rollout.replica_set_status(item, self._pods(item)))

    def _schedule(self) -> None:
        """Give every pod without a node one that has room, or say that there is none."""
        nodes = self._api.list("Node")
        for pod in self._api.list("Pod"):
            if not pod["spec"].get("nodeName") and nodes:
                self._place(pod, nodes)

    def _place(self, pod: Json, nodes: Sequence[Json]) -> None:
        node = pods.node_for(pod, nodes, self._api.list("Pod"))
        if node is None:
            status = pods.unschedulable(len(nodes), self._world.clock.now)
            if not pod["status"].get("conditions"):
                self._writer.set_status("Pod", pod, status, "kube-scheduler")
                words = status["conditions"][0]["message"]
                self._api.record_event(pod, "Warning", "FailedScheduling", words, "default-scheduler")
            return
        meta, spec = pod["metadata"], {"spec": {"nodeName": node["metadata"]["name"]}}
        placed = self._api.patch("Pod", meta["namespace"], meta["name"], spec, "kube-scheduler")
        self._writer.set_status("Pod", placed, pods.starting(placed, node, self._world.clock.now), "kubelet")

    def _start(self, deployment: Json) -> None:
        """One work for all pods of a Deployment that have got a node and are not on their way yet."""
        waiting = [
            pod["metadata"]["uid"]
            for item in self._sets(deployment)
            for pod in self._pods(item)
            if pod["spec"].get("nodeName") and not pods.is_ready(pod)
        ]
        fresh = [uid for uid in waiting if uid not in self._starting]
        if not fresh:
            return
        meta = deployment["metadata"]
        resource = ready_resource(self._name, meta["namespace"], meta["name"])
        cluster = self._world.ledger.latest("container.clusters.create", self._name)
        work = self._world.ledger.perform(KIND, resource, partial(self._ready, fresh), [cluster])
        self._starting.update(dict.fromkeys(fresh, work))

    def _ready(self, uids: Sequence[str]) -> None:
        """The pods of these uids run, those of them that are still there."""
        for uid in uids:
            self._starting.pop(uid, None)
        if self._world[CLUSTER_APIS].get(self._name) is not self._api:
            return
        nodes = {node["metadata"]["name"]: node for node in self._api.list("Node")}
        for pod in self._api.list("Pod"):
            node = nodes.get(pod["spec"].get("nodeName", ""))
            if pod["metadata"]["uid"] in uids and node is not None:
                address = pods.address_in(node, pod["metadata"]["name"], self._taken())
                self._writer.set_status(
                    "Pod", pod, pods.running(pod, node, address, self._world.clock.now), "kubelet"
                )

    def _taken(self) -> list[str]:
        return [pod["status"]["podIP"] for pod in self._api.list("Pod") if pod["status"].get("podIP")]

    def _report(self, deployment: Json) -> None:
        sets = self._sets(deployment)
        newest = _newest(deployment, sets)
        if newest is None:
            return
        old = [pod for item in sets if item is not newest for pod in self._pods(item)]
        status = rollout.deployment_status(
            deployment, newest, self._pods(newest), len(old), self._world.clock.now
        )
        self._writer.set_status(DEPLOYMENT, deployment, status)

    def _find_endpoints(self, service: Json) -> None:
        if not service["spec"].get("selector"):
            return
        meta = service["metadata"]
        found = endpoints.chosen(service, self._api.list("Pod", meta["namespace"]))
        at = endpoints.addresses(found, zones_of(self._api.list("Node")))
        suffix = pods.letters(f"{self._name}/{meta['namespace']}/{meta['name']}", 5)
        self._writer.ensure("Endpoints", endpoints.endpoints(service, found, at))
        self._writer.ensure(SLICE, endpoints.endpoint_slice(service, found, at, suffix))


def zones_of(nodes: Sequence[Json]) -> dict[str, str]:
    """Each node's zone, by its name."""
    return {
        node["metadata"]["name"]: node["metadata"].get("labels", {}).get("topology.kubernetes.io/zone", "")
        for node in nodes
    }


def _newest(deployment: Json, sets: Sequence[Json]) -> Json | None:
    name = f"{deployment['metadata']['name']}-{pods.template_hash(deployment)}"
    return next((item for item in sets if item["metadata"]["name"] == name), None)


def _dispensable(pod: Json) -> tuple[bool, bool, str]:
    """Whom a ReplicaSet gives up first: pods without a node, then those not ready [documented]."""
    return bool(pod["spec"].get("nodeName")), pods.is_ready(pod), pod["metadata"]["name"]
