"""What a Gateway and its routes ask for, and whether they can have it. Pure but for reading the store.

The verdict on the Gateway is the first fault in the controller's order: its own spec, the objects that it
refers to, its routes, then what compute would refuse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from localcloud.controllers.gateway import faults
from localcloud.controllers.gateway.addresses import Site, Vip, missing_proxy_subnet, wanted_vips
from localcloud.controllers.gateway.backends import Backend, Unresolved, backends_of, policy_for, unresolved
from localcloud.controllers.gateway.binding import Binding, Refusal, bind, parents_of, ref_of
from localcloud.controllers.gateway.faults import Fault
from localcloud.controllers.gateway.limits import misconfiguration
from localcloud.controllers.gateway.names import Ref
from localcloud.controllers.gateway.parts import Settings, proxy_name
from localcloud.controllers.gateway.urlmap import SyncedRoute
from localcloud.wire.messages import Json
from localcloud.world import World


@dataclass(frozen=True)
class View:
    """What the config cluster holds besides Gateways. `policies` are by kind, `labels` by namespace."""

    routes: Sequence[Json]
    imports: Mapping[Ref, Json]
    grants: list[Json]
    policies: Mapping[str, list[Json]]
    labels: Mapping[str, Mapping[str, str]]
    secrets: frozenset[Ref]


@dataclass(frozen=True)
class Frontend:
    """What a Gateway's own spec comes to: its generation, its addresses and its ports."""

    generation: int
    vips: tuple[Vip, ...]
    ports: tuple[int, ...]


@dataclass(frozen=True)
class RouteConfig:
    """What an attached route comes to: its hostnames on each port, and its rules."""

    ref: Ref
    created: str
    generation: int
    hostnames: Mapping[int, tuple[str, ...]]
    rules: tuple[Json, ...]
    backends: tuple[Backend, ...]

    def on(self, port: int) -> SyncedRoute:
        """The route as the URL map of `port` has it."""
        return SyncedRoute(self.ref, self.created, self.hostnames[port], self.rules)


@dataclass(frozen=True)
class RouteVerdict:
    """How a route stands with a Gateway: `bound` for each parentRef that names it, and what is wrong."""

    route: Json
    bound: Sequence[tuple[Json, list[Binding] | Refusal]]
    misconfigured: str
    unresolved: Unresolved | None

    @property
    def bindings(self) -> list[Binding]:
        """Every listener that it is attached to, once."""
        found = [one for _, bound in self.bound if not isinstance(bound, Refusal) for one in bound]
        return list(dict.fromkeys(found))

    @property
    def ready(self) -> bool:
        """Whether it can go into the load balancer."""
        return bool(self.bindings) and not self.misconfigured and self.unresolved is None

    def config(self) -> RouteConfig:
        """What it comes to."""
        hostnames: dict[int, tuple[str, ...]] = {}
        for one in self.bindings:
            merged = (*hostnames.get(one.port, ()), *one.hostnames)
            hostnames[one.port] = tuple(dict.fromkeys(merged))
        meta = self.route["metadata"]
        rules = tuple(self.route["spec"].get("rules", []))
        created, generation = meta["creationTimestamp"], meta["generation"]
        return RouteConfig(
            ref_of(self.route), created, generation, hostnames, rules, tuple(backends_of(self.route))
        )


@dataclass(frozen=True)
class Assessment:
    """All of it, for one Gateway; `frontend` is None if there is a fault."""

    gateway: Json
    fault: Fault | None
    frontend: Frontend | None
    routes: Sequence[RouteVerdict] = field(default_factory=tuple)

    @property
    def attached(self) -> dict[str, int]:
        """The number of routes on each listener."""
        names = [one["name"] for one in self.gateway["spec"]["listeners"]]
        return {
            name: sum(any(b.listener == name for b in verdict.bindings) for verdict in self.routes)
            for name in names
        }

    @property
    def ready(self) -> dict[Ref, RouteConfig]:
        """The routes that can go into the load balancer."""
        return {ref_of(verdict.route): verdict.config() for verdict in self.routes if verdict.ready}


def assess(gateway: Json, view: View, site: Site, world: World) -> Assessment:
    """Look at a Gateway and all routes that name it."""
    ref = ref_of(gateway)
    routes = [_verdict(route, gateway, view) for route in view.routes if parents_of(route, ref)]
    fault = _listener_fault(gateway, view) or _route_fault(ref, routes)
    vips = wanted_vips(ref, gateway["spec"], site, world.store)
    if isinstance(vips, Fault):
        return Assessment(gateway, vips, None, routes)
    ports = tuple(sorted({one["port"] for one in gateway["spec"]["listeners"]}))
    fault = fault or missing_proxy_subnet(vips, site, world.store, proxy_name(ref, ports[0]))
    if fault:
        return Assessment(gateway, fault, None, routes)
    generation = gateway["metadata"]["generation"]
    return Assessment(gateway, None, Frontend(generation, tuple(vips), ports), routes)


def settings_of(backend: Backend, view: View) -> Settings:
    """What the policies attached to a backend's import say."""
    health = policy_for(view.policies["HealthCheckPolicy"], backend.ref)
    limits = policy_for(view.policies["GCPBackendPolicy"], backend.ref)
    return Settings(_default(health), _default(limits))


def _default(policy: Json | None) -> Json:
    found: Json = (policy or {}).get("spec", {}).get("default") or {}
    return found


def _verdict(route: Json, gateway: Json, view: View) -> RouteVerdict:
    bound = [
        (parent, bind(route, parent, gateway, view.labels)) for parent in parents_of(route, ref_of(gateway))
    ]
    return RouteVerdict(route, bound, misconfiguration(route), unresolved(route, view.imports, view.grants))


def _listener_fault(gateway: Json, view: View) -> Fault | None:
    ref = ref_of(gateway)
    for listener in gateway["spec"]["listeners"]:
        if listener["protocol"] == "HTTPS" and (fault := _certificate_fault(ref, listener, view)):
            return fault
        if listener["protocol"] != "HTTP":
            return faults.invalid_gateway(
                ref,
                f'listener "{listener["name"]}": the local cloud terminates no {listener["protocol"]}, only HTTP.',
                "UnsupportedProtocol",
            )
    return None


def _certificate_fault(gateway: Ref, listener: Json, view: View) -> Fault | None:
    for ref in listener.get("tls", {}).get("certificateRefs", []):
        secret = Ref(ref.get("namespace", gateway.namespace), ref["name"])
        if secret not in view.secrets:
            return faults.missing_secret(gateway, secret)
    return None


def _route_fault(gateway: Ref, routes: Sequence[RouteVerdict]) -> Fault | None:
    """Errors are not isolated: one misconfigured route that is attached stops its Gateway [observed]."""
    for verdict in routes:
        if verdict.bindings and verdict.misconfigured:
            return faults.misconfigured_route(gateway, ref_of(verdict.route), verdict.misconfigured)
    return None
