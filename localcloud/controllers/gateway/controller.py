"""The multi-cluster Gateway controller: it looks after the config clusters, and after nothing else.

If the ingress feature goes, or its config membership moves, nobody looks after the Gateways of the old
cluster any more: their load balancers stay, and their finalizers with them [observed: a namespace stuck
in Terminating].
"""

from __future__ import annotations

from dataclasses import dataclass, field

from localcloud.container.kube import CLUSTER_APIS
from localcloud.controllers.attach import Attachments, Hear, of_kinds
from localcloud.controllers.config_membership import ConfigCluster, config_clusters
from localcloud.controllers.gateway.addresses import site_of
from localcloud.controllers.gateway.assessment import Assessment
from localcloud.controllers.gateway.backends import policy_target
from localcloud.controllers.gateway.binding import ref_of
from localcloud.controllers.gateway.loop import COMPONENT, GatewayLoop, Place
from localcloud.controllers.gateway.names import Ref
from localcloud.controllers.gateway.routes import parent_verdicts, success_messages
from localcloud.controllers.gateway.status import ParentVerdict, policy_status, route_status
from localcloud.controllers.gateway.view import (
    GATEWAY,
    HTTP_ROUTE,
    IMPORT,
    POLICIES,
    WATCHED,
    gateways,
    view_of,
)
from localcloud.controllers.gateway_api import CROSS_REGION, accepted
from localcloud.controllers.queue import Queue, Subject
from localcloud.gkehub.names import MCI
from localcloud.gkehub.resources import list_with
from localcloud.kubernetes import KubernetesApi
from localcloud.time.clock import rfc3339
from localcloud.wire.messages import Json
from localcloud.world import World

# What a change of may make a Gateway possible, or change where its traffic goes.
_KINDS = (
    "compute.subnetworks",
    "compute.addresses",
    "compute.forwardingRules",
    "compute.backendServices",
    "compute.networkEndpointGroups",
    "gkehub.features",
    "gkehub.memberships",
)


@dataclass(frozen=True)
class _Key:
    """What is looked at: an object in a config cluster (a full name)."""

    cluster: str
    kind: str
    ref: Ref


_EVERYTHING = _Key("", "", Ref("", ""))


@dataclass
class _Cluster:
    """What the controller knows of one config cluster."""

    place: Place
    loops: dict[Ref, GatewayLoop] = field(default_factory=dict)
    assessments: dict[Ref, Assessment] = field(default_factory=dict)
    told: dict[Ref, bool] = field(
        default_factory=dict
    )  # routes that events told of; whether of their success


class GatewayController:
    """Made once with the world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._clusters: dict[str, _Cluster] = {}
        self._queue: Queue[_Key] = Queue(world, COMPONENT, self._look, self._subject)
        for kind in _KINDS:
            world.store[kind].subscribe(lambda name, resource: self._wake())
        self._attachments = Attachments(world, lambda name, api: self._attach())
        list_with(world, MCI, self._left)

    def _left(self, feature: str) -> list[str]:
        """The Gateways that still need an ingress feature: those on its config cluster."""
        return [
            f"{config.cluster}/{ref_of(gateway)}"
            for config in config_clusters(self._world)
            if config.feature == feature
            for gateway in gateways(self._world[CLUSTER_APIS][config.cluster])
        ]

    def _wake(self) -> None:
        self._queue.add(_EVERYTHING)

    def _attach(self) -> Hear:
        self._wake()
        return of_kinds(WATCHED, self._wake)

    def _subject(self, key: _Key) -> Subject | None:
        cluster = self._clusters.get(key.cluster)
        found = cluster.place.api.get(key.kind, key.ref.namespace, key.ref.name) if cluster else None
        return Subject(cluster.place.api, found) if cluster and found else None

    def _look(self, key: _Key) -> None:
        if key == _EVERYTHING:
            self._look_at_everything()
        elif cluster := self._clusters.get(key.cluster):
            found = cluster.place.api.get(key.kind, key.ref.namespace, key.ref.name)
            if key.kind == GATEWAY:
                self._look_at_gateway(cluster, key.ref, found)
            elif found is not None and not found["metadata"].get("deletionTimestamp"):
                if key.kind == HTTP_ROUTE:
                    self._look_at_route(cluster, found)
                else:
                    self._look_at_policy(cluster.place.api, key, found)

    def _look_at_everything(self) -> None:
        """See which clusters are to be looked after, and look at all that is in them: Gateways before routes."""
        configs = {one.cluster: one for one in config_clusters(self._world)}
        looked_after = {
            name: one
            for name, one in configs.items()
            if accepted(self._world[CLUSTER_APIS][name], CROSS_REGION)
        }
        for name in set(self._clusters) - set(looked_after):
            for loop in self._clusters.pop(name).loops.values():
                loop.stop()
        for name, config in sorted(looked_after.items()):
            cluster = self._cluster(name, config)
            there = {ref_of(one) for one in gateways(cluster.place.api)}
            for kind, refs in ((GATEWAY, there | set(cluster.loops)), *_others(cluster.place.api)):
                for ref in sorted(refs):
                    self._queue.add(_Key(name, kind, ref))

    def _cluster(self, name: str, config: ConfigCluster) -> _Cluster:
        if name not in self._clusters:
            resource = self._world.store["container.clusters"].get(name) or {}
            place = Place(self._world, self._world[CLUSTER_APIS][name], config, site_of(name, resource))
            self._clusters[name] = _Cluster(place)
        return self._clusters[name]

    def _look_at_gateway(self, cluster: _Cluster, ref: Ref, gateway: Json | None) -> None:
        if gateway is None or gateway["spec"]["gatewayClassName"] != CROSS_REGION:
            cluster.assessments.pop(ref, None)
            if loop := cluster.loops.pop(ref, None):
                loop.stop()
            return
        loop = cluster.loops.setdefault(ref, GatewayLoop(ref, cluster.place, self._wake))
        if assessment := loop.look(gateway, view_of(cluster.place.api)):
            cluster.assessments[ref] = assessment
        else:
            cluster.assessments.pop(ref, None)

    def _look_at_route(self, cluster: _Cluster, route: Json) -> None:
        ref, verdicts = ref_of(route), list[ParentVerdict]()
        for gateway, assessment in sorted(cluster.assessments.items()):
            programmed = cluster.loops[gateway].has.routes
            synced = programmed[ref].generation if ref in programmed else 0
            for one in assessment.routes:
                if ref_of(one.route) == ref:
                    verdicts.extend(parent_verdicts(one, synced))
        status = route_status(route, verdicts, rfc3339(self._world.clock.now, 0))
        if status != route.get("status", {"parents": []}):
            cluster.place.api.replace_status(HTTP_ROUTE, ref.namespace, ref.name, status, COMPONENT)
        if verdicts:
            self._tell(cluster, route, verdicts)

    def _tell(self, cluster: _Cluster, route: Json, verdicts: list[ParentVerdict]) -> None:
        """Events: the route is new; it has been synced."""
        ref, api = ref_of(route), cluster.place.api
        if ref not in cluster.told:
            api.record_event(route, "Normal", "ADD", str(ref), COMPONENT)
        synced = [
            one for one in verdicts if any(t.type == "Reconciled" and t.status == "True" for t in one.terms)
        ]
        if synced and not cluster.told.get(ref):
            for message in success_messages(ref, synced[0].parent):
                api.record_event(route, "Normal", "SYNC", message, COMPONENT)
        cluster.told[ref] = bool(synced)

    def _look_at_policy(self, api: KubernetesApi, key: _Key, policy: Json) -> None:
        status, target = policy_status(policy, rfc3339(self._world.clock.now, 0)), policy_target(policy)
        found = api.get(IMPORT, target.namespace, target.name) if target else None
        alive = found is not None and not found["metadata"].get("deletionTimestamp")
        if alive and status != policy.get("status"):
            api.replace_status(key.kind, key.ref.namespace, key.ref.name, status, COMPONENT)


def _others(api: KubernetesApi) -> list[tuple[str, list[Ref]]]:
    """What is looked at besides Gateways, by kind."""
    kinds = (HTTP_ROUTE, *sorted(f"networking.gke.io/{kind}" for kind in POLICIES))
    return [(kind, [ref_of(one) for one in api.list(kind)]) for kind in kinds]
