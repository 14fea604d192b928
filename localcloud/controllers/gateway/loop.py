"""One Gateway through its life: what its load balancer has, what is under way, what is due.

Each look compares what the config cluster asks for with what has been programmed, and begins the work
that is due. When work is over the look is repeated, and takes what is asked for *then*. While nothing is
due nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import chain

from localcloud.controllers.config_membership import ConfigCluster
from localcloud.controllers.gateway.addresses import Site, proxy_subnets
from localcloud.controllers.gateway.assessment import (
    Assessment,
    Frontend,
    RouteConfig,
    View,
    assess,
    settings_of,
)
from localcloud.controllers.gateway.backends import Backend
from localcloud.controllers.gateway.binding import ref_of
from localcloud.controllers.gateway.faults import Fault, refused_by_compute
from localcloud.controllers.gateway.loadbalancer import LoadBalancers
from localcloud.controllers.gateway.names import Ref
from localcloud.controllers.gateway.parts import Balancer, Settings, node_tag, parts
from localcloud.controllers.gateway.status import Verdict, gateway_status
from localcloud.controllers.gateway.view import GATEWAY
from localcloud.controllers.mcs.exports import export_works
from localcloud.controllers.mcs.groups import groups_of
from localcloud.gkehub.names import MCI, project_in
from localcloud.gkehub.registration import cluster_of
from localcloud.gkehub.resources import released
from localcloud.kubernetes import KubernetesApi
from localcloud.time.clock import rfc3339
from localcloud.time.ledger import Work
from localcloud.wire.errors import Refused
from localcloud.wire.messages import Json
from localcloud.world import World

FINALIZER = "gateway.finalizer.networking.gke.io"
COMPONENT = "mc-gateway-controller"
_RECONCILED = "networking.gke.io/last-reconcile-time"


@dataclass
class Programmed:
    """What the load balancer of a Gateway has."""

    frontend: Frontend | None = None
    routes: dict[Ref, RouteConfig] = field(default_factory=dict)
    settings: dict[Backend, Settings] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """Where a loop works."""

    world: World
    api: KubernetesApi
    config: ConfigCluster
    site: Site


class GatewayLoop:
    """The loop of one Gateway. `again` looks at everything once more."""

    def __init__(self, gateway: Ref, place: Place, again: Callable[[], None]) -> None:
        self.gateway = gateway
        self.has = Programmed()
        self.fault: Fault | None = None
        self._place = place
        self._again = again
        self._balancers = LoadBalancers(place.world)
        self._works: dict[str, Work] = {}
        self._over: set[str] = set()
        self._told = ("", 0)  # the last fault that an event told of; the last generation
        self._addresses: list[str] = []

    def look(self, gateway: Json, view: View) -> Assessment | None:
        """Do what is due for `gateway`; the assessment of it, or None if it is being deleted."""
        if gateway["metadata"].get("deletionTimestamp"):
            self._retire(gateway)
            return None
        gateway = self._held(gateway)
        assessment = assess(gateway, view, self._place.site, self._place.world)
        self.fault = assessment.fault
        if self.fault is None:
            self._advance(assessment, view)
            self._apply(gateway)
        self._announce(gateway)
        self._over.clear()
        self._report(gateway, assessment)
        return assessment

    def stop(self) -> None:
        """Nobody looks after the Gateway any more; what there is of it stays."""
        for work in self._works.values():
            work.cancel()
        self._works.clear()

    @property
    def _resource(self) -> str:
        return f"{self._place.config.cluster}/{self.gateway}"

    def _held(self, gateway: Json) -> Json:
        finalizers = gateway["metadata"].get("finalizers", [])
        if FINALIZER in finalizers:
            return gateway
        patch = {"metadata": {"finalizers": [*finalizers, FINALIZER]}}
        return self._patch(patch)

    def _patch(self, patch: Json) -> Json:
        place = self.gateway.namespace, self.gateway.name
        return self._place.api.patch(GATEWAY, *place, patch, COMPONENT)

    # -- work

    def _through(self, key: str, kind: str, resource: str, after: Iterable[Work | None]) -> bool:
        """Whether work is over since the last look; begins it if it is not under way."""
        if key in self._over:
            return True
        if key not in self._works:
            perform = self._place.world.ledger.perform
            self._works[key] = perform(kind, resource, lambda: self._end(key), after)
        return False

    def _end(self, key: str) -> None:
        del self._works[key]
        self._over.add(key)
        self._again()

    def _advance(self, wanted: Assessment, view: View) -> None:
        assert wanted.frontend is not None, "without a fault there is a frontend"
        if self.has.frontend is None:
            if not self._through("gateway", "gateway.program", self._resource, self._before_program(wanted)):
                return
            self.has.frontend = wanted.frontend
            self._event(wanted.gateway, "Normal", f"SYNC on {self.gateway} was a success")
        elif self._stale(wanted, view) and self._through("gateway", "gateway.update", self._resource, ()):
            self._take(wanted, view)
            self._event(wanted.gateway, "Normal", f"SYNC on {self.gateway} was a success")
        self._sync_routes(wanted, view)

    def _sync_routes(self, wanted: Assessment, view: View) -> None:
        cluster = self._place.config.cluster
        for ref, config in sorted(wanted.ready.items()):
            if ref in self.has.routes:
                continue
            after = self._before_sync(config)
            if self._through(f"route {ref}", "gateway.sync", f"{cluster}/{ref}", after):
                self.has.routes[ref] = config
                for backend in config.backends:
                    self.has.settings.setdefault(backend, settings_of(backend, view))

    def _stale(self, wanted: Assessment, view: View) -> bool:
        kept = self._kept(wanted)
        settings = {backend: settings_of(backend, view) for backend in self.has.settings}
        return (wanted.frontend, kept, settings) != (self.has.frontend, self.has.routes, self.has.settings)

    def _kept(self, wanted: Assessment) -> dict[Ref, RouteConfig]:
        """The routes that are programmed, as they are wanted now; gone are those no longer attached.

        One whose backend has vanished stays as it was.
        """
        attached = {ref_of(verdict.route) for verdict in wanted.routes if verdict.bindings}
        ready = wanted.ready
        return {ref: ready.get(ref, config) for ref, config in self.has.routes.items() if ref in attached}

    def _take(self, wanted: Assessment, view: View) -> None:
        self.has.frontend = wanted.frontend
        self.has.routes = self._kept(wanted)
        backends = {backend for config in self.has.routes.values() for backend in config.backends}
        self.has.settings = {backend: settings_of(backend, view) for backend in sorted(backends)}

    def _before_program(self, wanted: Assessment) -> list[Work | None]:
        """What programming had to wait for: the classes, the subnetworks, the addresses."""
        assert wanted.frontend is not None, "without a fault there is a frontend"
        latest, site = self._place.world.ledger.latest, self._place.site
        regions = {vip.region for vip in wanted.frontend.vips}
        proxies = [
            name for region, name in proxy_subnets(site.network, self._place.world.store) if region in regions
        ]
        subnets = [vip.subnetwork for vip in wanted.frontend.vips]
        return [
            latest("mci.gatewayclass", self._place.config.feature),
            *(latest("compute.subnetworks.insert", name) for name in (*proxies, *subnets)),
            *(latest("compute.addresses.insert", vip.reserved) for vip in wanted.frontend.vips),
        ]

    def _before_sync(self, config: RouteConfig) -> list[Work | None]:
        """What a route had to wait for: its Gateway, and the exports behind its imports."""
        world, project = self._place.world, self._place.site.project
        works = [
            work
            for backend in config.backends
            for work in export_works(world, project, backend.ref.namespace, backend.ref.name)
        ]
        return [world.ledger.latest("gateway.program", self._resource), *works]

    # -- the load balancer

    def _apply(self, gateway: Json) -> None:
        if self.has.frontend is None:
            return
        try:
            self._addresses = [
                self._balancers.address(self.gateway, self._place.site, vip) for vip in self.has.frontend.vips
            ]
            wanted = parts(self._balancer(self.has.frontend))
            changed = self._balancers.ensure(self.gateway, self._place.site, wanted)
        except Refused as refused:
            self.fault = refused_by_compute(refused.message)
            return
        if changed:
            self._annotate(gateway)

    def _balancer(self, frontend: Frontend) -> Balancer:
        world, site = self._place.world, self._place.site
        configs = self.has.routes.values()
        groups = {
            backend: groups_of(world, site.project, backend.ref.namespace, backend.ref.name, backend.port)
            for backend in self.has.settings
        }
        members = {membership for found in groups.values() for membership in found}
        return Balancer(
            gateway=self.gateway,
            site=site,
            vips=frontend.vips,
            addresses=tuple(self._addresses),
            routes={port: [c.on(port) for c in configs if port in c.hostnames] for port in frontend.ports},
            settings=self.has.settings,
            groups={backend: list(chain(*found.values())) for backend, found in groups.items()},
            proxy_ranges=self._proxy_ranges(),
            targets=tuple(node_tag(cluster) for cluster in self._clusters(members)),
        )

    def _proxy_ranges(self) -> tuple[str, ...]:
        store, network = self._place.world.store, self._place.site.network
        subnets = (store["compute.subnetworks"].get(name) for _, name in proxy_subnets(network, store))
        return tuple(subnet["ipCidrRange"] for subnet in subnets if subnet)

    def _clusters(self, memberships: set[str]) -> list[str]:
        found = (self._place.world.store["gkehub.memberships"].get(name) for name in memberships)
        return [cluster_of(membership) for membership in found if membership]

    def _annotate(self, gateway: Json) -> None:
        """List the parts on the Gateway. The time is the last change's: a quiet look writes nothing."""
        assert self.has.frontend is not None, "only a programmed Gateway has parts"
        reserved = [vip.reserved for vip in self.has.frontend.vips if vip.reserved]
        found = self._balancers.inventory(self.gateway, self._place.site, reserved)
        stamp = rfc3339(self._place.world.clock.now, 0)
        self._patch({"metadata": {"annotations": {**found, _RECONCILED: stamp}}})

    # -- the end

    def _retire(self, gateway: Json) -> None:
        """Take the parts away, then let the Gateway go."""
        if FINALIZER not in gateway["metadata"].get("finalizers", []):
            return
        if "delete" not in self._works:
            self.stop()
        site = self._place.site
        parts_left = self._balancers.exists(self.gateway, site)
        if parts_left and not self._through("delete", "gateway.delete", self._resource, ()):
            return
        self._balancers.remove(self.gateway, site)
        self.has, self._over = Programmed(), set()
        left = [one for one in gateway["metadata"]["finalizers"] if one != FINALIZER]
        self._patch({"metadata": {"finalizers": left}})
        after = (self._place.world.ledger.latest("gateway.delete", self._resource),)
        released(self._place.world, project_in(self._place.config.feature), MCI, after)

    # -- telling

    def _report(self, gateway: Json, assessment: Assessment) -> None:
        generation = self.has.frontend.generation if self.has.frontend else 0
        verdict = Verdict(self.fault, generation, self._addresses, assessment.attached)
        now = rfc3339(self._place.world.clock.now, 0)
        current = self._place.api.get(GATEWAY, self.gateway.namespace, self.gateway.name) or gateway
        status = gateway_status(current, verdict, now)
        if status != current.get("status"):
            place = self.gateway.namespace, self.gateway.name
            self._place.api.replace_status(GATEWAY, *place, status, COMPONENT)

    def _announce(self, gateway: Json) -> None:
        """Events: the Gateway is new, it has changed, it cannot be programmed (once for each fault)."""
        message, seen = self._told
        generation = gateway["metadata"]["generation"]
        if generation != seen:
            reason = "UPDATE" if seen else "ADD"
            self._event(gateway, "Normal", str(self.gateway), reason)
        fault = self.fault.event if self.fault else ""
        if fault and fault != message:
            self._event(gateway, "Warning", fault)
        self._told = (fault, generation)

    def _event(self, gateway: Json, kind: str, message: str, reason: str = "SYNC") -> None:
        self._place.api.record_event(gateway, kind, reason, message, COMPONENT)
