"""The multi-cluster Gateway controller: it looks after the config clusters, and after nothing else.

If the ingress feature goes, or its config membership moves, nobody looks after the Gateways of the old
cluster any more: their load balancers stay, and their finalizers with them [observed: a namespace stuck
in Terminating].
"""

from __future__ import annotations

from dataclasses import dataclass, field

from localcloud.container.kube import CLUSTER_APIS
from localcloud.controllers.attach import Attachments, Wake
from localcloud.controllers.config_membership import ConfigCluster, config_clusters
from localcloud.controllers.gateway.addresses import site_of
from localcloud.controllers.gateway.assessment import Assessment, View
from localcloud.controllers.gateway.backends import policy_target
from localcloud.controllers.gateway.binding import ref_of
from localcloud.controllers.gateway.loop import COMPONENT, GatewayLoop, Place
from localcloud.controllers.gateway.names import Ref
from localcloud.controllers.gateway.routes import parent_verdicts, success_messages
from localcloud.controllers.gateway.status import ParentVerdict, policy_status, route_status
from localcloud.controllers.gateway.view import HTTP_ROUTE, WATCHED, gateways, view_of
from localcloud.controllers.gateway_api import CROSS_REGION, accepted
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


@dataclass
class _Cluster:
    """What the controller knows of one config cluster."""

    place: Place
    loops: dict[Ref, GatewayLoop] = field(default_factory=dict)
    told: dict[Ref, bool] = field(
        default_factory=dict
    )  # routes that events told of; whether of their success


class GatewayController:
    """Made once with the world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._clusters: dict[str, _Cluster] = {}
        self._wake = Wake(world.clock, self._look)
        for kind in _KINDS:
            world.store[kind].subscribe(lambda name, resource: self._wake())
        self._attachments = Attachments(world, lambda name, api: self._look, WATCHED)
        list_with(world, MCI, self._left)

    def _left(self, feature: str) -> list[str]:
        """The Gateways that still need an ingress feature: those on its config cluster."""
        return [
            f"{config.cluster}/{ref_of(gateway)}"
            for config in config_clusters(self._world)
            if config.feature == feature
            for gateway in gateways(self._world[CLUSTER_APIS][config.cluster])
        ]

    def _look(self) -> None:
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
            self._look_at(self._cluster(name, config))

    def _cluster(self, name: str, config: ConfigCluster) -> _Cluster:
        if name not in self._clusters:
            resource = self._world.store["container.clusters"].get(name) or {}
            place = Place(self._world, self._world[CLUSTER_APIS][name], config, site_of(name, resource))
            self._clusters[name] = _Cluster(place)
        return self._clusters[name]

    def _look_at(self, cluster: _Cluster) -> None:
        view = view_of(cluster.place.api)
        found = {ref_of(one): one for one in gateways(cluster.place.api)}
        for ref in set(cluster.loops) - set(found):
            cluster.loops.pop(ref).stop()
        assessments: dict[Ref, Assessment] = {}
        for ref, gateway in sorted(found.items()):
            loop = cluster.loops.setdefault(ref, GatewayLoop(ref, cluster.place, self._look))
            if assessment := loop.look(gateway, view):
                assessments[ref] = assessment
        self._report_routes(cluster, view, assessments)
        self._attach_policies(cluster.place.api, view)

    def _report_routes(self, cluster: _Cluster, view: View, found: dict[Ref, Assessment]) -> None:
        verdicts: dict[Ref, list[ParentVerdict]] = {}
        for gateway, assessment in sorted(found.items()):
            programmed = cluster.loops[gateway].has.routes
            for one in assessment.routes:
                ref = ref_of(one.route)
                synced = programmed[ref].generation if ref in programmed else 0
                verdicts.setdefault(ref, []).extend(parent_verdicts(one, synced))
        now = rfc3339(self._world.clock.now, 0)
        for route in view.routes:
            ref = ref_of(route)
            status = route_status(route, verdicts.get(ref, []), now)
            if status != route.get("status", {"parents": []}):
                cluster.place.api.replace_status(HTTP_ROUTE, ref.namespace, ref.name, status, COMPONENT)
            if ref in verdicts:
                self._tell(cluster, route, verdicts[ref])

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

    def _attach_policies(self, api: KubernetesApi, view: View) -> None:
        now = rfc3339(self._world.clock.now, 0)
        for kind, policies in sorted(view.policies.items()):
            for policy in policies:
                target, ref = policy_target(policy), ref_of(policy)
                status = policy_status(policy, now)
                if target in view.imports and status != policy.get("status"):
                    place = f"networking.gke.io/{kind}", ref.namespace, ref.name
                    api.replace_status(*place, status, COMPONENT)
