"""What the gateway function finds: the config cluster's objects, and whatever their state makes worth a look."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared import gone
from shared.gateway.names import GATEWAY_CLASS, STATIC, is_of, reserved_names
from shared.gateway.status import ABSENT_ADDRESS, CONVERGED, holds, is_programmed, of_gateway, of_route
from shared.gateway.wanted import backend_namespaces, backends, gateway, wanted_objects
from shared.google import compute
from shared.google.cluster_reader import ClusterReader
from shared.google.container import Cluster, clusters, places_of
from shared.google.lists import Places
from shared.google.session import Session
from shared.labels import asked_at
from shared.objects import Key, KubeObject, differs, key_of
from shared.step.step import Context

if TYPE_CHECKING:
    from shared.google import wire
    from shared.spec import Environment

AddressKey = tuple[str, str]  # region, name

KINDS = ("Gateway", "HTTPRoute", "HealthCheckPolicy", "ReferenceGrant")


@dataclass(frozen=True)
class Imports:
    """Imports that the routes name: which are missing, which there are, and the exports of the config cluster."""

    missing: tuple[tuple[str, str], ...] = ()
    there: tuple[KubeObject, ...] = ()
    exports: tuple[KubeObject, ...] = ()


@dataclass(frozen=True)
class Contents:
    """The config cluster's objects that matter here; `unknown` are kinds that it does not know."""

    objects: Mapping[Key, KubeObject] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset(KINDS)
    gateway_class: KubeObject | None = None

    def live(self, wish: KubeObject) -> KubeObject | None:
        """The live object of a wanted one."""
        return self.objects.get(key_of(wish))

    def gateway(self, wanted: Environment) -> KubeObject | None:
        """The Gateway."""
        return self.objects.get(("Gateway", wanted.gateway.namespace, wanted.gateway.name))

    def routes(self, wanted: Environment) -> dict[str, KubeObject | None]:
        """The wanted routes by name."""
        space = wanted.gateway.namespace
        return {each.name: self.objects.get(("HTTPRoute", space, each.name)) for each in wanted.routes}

    def converged(self, wanted: Environment) -> bool:
        """Whether class, Gateway and routes all say that the load balancer is as wanted."""
        gateway, kind = self.gateway(wanted), self.gateway_class
        if gateway is None or kind is None or not holds(of_gateway(kind), "Accepted"):
            return False
        return is_programmed(gateway) and all(
            route is not None and holds(of_route(route, wanted.gateway.name), *CONVERGED)
            for route in self.routes(wanted).values()
        )


@dataclass(frozen=True)
class ObservedGateway:
    """What is there. `asked` is when the request was published, unix seconds; `cluster` is the config cluster.

    `addresses` are only read while the Gateway is yet to be given reserved ones or misses one, and once all is done;
    imports and exports while a route lacks some; `forwarding_rules`, the global ones, once all is done. `releasing`
    are the full names of what compute is deleting, looked at while an address of ours is not needed any more.
    `failures` are what reservations failed with since the request was published, by the address, looked at while one
    is missing.
    """

    asked: float
    cluster: Cluster | None = None
    contents: Contents = field(default_factory=Contents)
    imports: Imports = field(default_factory=Imports)
    addresses: Mapping[AddressKey, wire.Address] | None = None
    forwarding_rules: tuple[wire.ForwardingRule, ...] = ()
    releasing: frozenset[str] = frozenset()
    failures: Mapping[AddressKey, Sequence[str]] = field(default_factory=dict)

    def unneeded_addresses(self, wanted: Environment) -> list[wire.Address]:
        """Addresses that we reserved and the Gateway takes no more."""
        return _unneeded(wanted, self.addresses or {})


def observe(context: Context) -> ObservedGateway:
    """The config cluster's objects, and whatever their state makes worth a look."""
    wanted, session = context.wanted, context.session
    asked = asked_at(context.message.claim.generation)
    cluster = _config_cluster(session, wanted)
    if cluster is None:
        gone.require_config_cluster(context)
    contents, imports = Contents(), Imports()
    if cluster and cluster.is_reachable:
        api = ClusterReader(session, cluster)
        contents = _contents(wanted, api)
        imports = Imports() if contents.converged(wanted) else _imports(wanted, api)
    if not contents.converged(wanted):
        gone.require_features(context)
        named = Places.of(*reserved_names(wanted))
        looks = _is_to_name_addresses(wanted, contents) or _misses_address(wanted, contents)
        addresses = _addresses(session, wanted, named) if looks else None
        failures = _failures(context, addresses) if addresses is not None else {}
        return ObservedGateway(asked, cluster, contents, imports, addresses, failures=failures)
    addresses = _addresses(session, wanted, Places.of(*wanted.proxy_regions) | context.places)
    rules = tuple(compute.global_forwarding_rules(session, wanted.project))
    unneeded = _unneeded(wanted, addresses)
    releasing = _releasing(session, wanted.project, unneeded) if unneeded else frozenset()
    return ObservedGateway(asked, cluster, contents, imports, addresses, rules, releasing)


def _config_cluster(session: Session, wanted: Environment) -> Cluster | None:
    key = (wanted.config.name, wanted.config.location)
    found = clusters(session, wanted.project).within(places_of([wanted.config]))
    return next((each for each in found if each.key == key), None)


def _contents(wanted: Environment, api: ClusterReader) -> Contents:
    """What we own in the cluster, and what is still missing for it to work."""
    found = {(kind, space): api.list(kind, space) for kind, space in _lists(wanted)}
    objects = {key_of(each): each for items in found.values() for each in items or ()}
    for space in dict.fromkeys(space for _, space in found):
        missing = any(
            key_of(each)[1] == space and key_of(each) not in objects for each in wanted_objects(wanted)
        )
        if missing and (live := api.get("Namespace", "", space)):
            objects["Namespace", "", space] = live
    unknown = frozenset(kind for (kind, _), items in found.items() if items is None)
    kind = None if "Gateway" in unknown else api.get("GatewayClass", "", GATEWAY_CLASS)
    return Contents(objects, unknown, kind)


def _lists(wanted: Environment) -> Iterator[tuple[str, str]]:
    """Kind and namespace of each list that is read."""
    own = wanted.gateway.namespace
    yield from (("Gateway", own), ("HTTPRoute", own))
    yield from (("ReferenceGrant", space) for space in backend_namespaces(wanted)[1:])
    yield from (("HealthCheckPolicy", space) for space in wanted.namespaces)


def _imports(wanted: Environment, api: ClusterReader) -> Imports:
    """Which imports the routes still miss, and since when their exports have been there."""
    spaces = backend_namespaces(wanted)
    there = [each for space in spaces for each in api.list("ServiceImport", space) or ()]
    names = {(each["metadata"]["namespace"], each["metadata"]["name"]) for each in there}
    missing = tuple(each for each in backends(wanted) if each not in names)
    exports = [each for space in spaces for each in api.list("ServiceExport", space) or ()] if missing else []
    return Imports(missing, tuple(there), tuple(exports))


def _is_to_name_addresses(wanted: Environment, contents: Contents) -> bool:
    """Whether the Gateway is yet to be given the reserved addresses that it takes."""
    wish = gateway(wanted)
    return bool(reserved_names(wanted)) and differs(wish, contents.live(wish))


def _misses_address(wanted: Environment, contents: Contents) -> bool:
    """Whether the controller says that an address is not there which the Gateway names: somebody has deleted it."""
    conditions = of_gateway(contents.gateway(wanted) or {"metadata": {}}).values()
    return bool(reserved_names(wanted)) and any(ABSENT_ADDRESS.search(each.message) for each in conditions)


def _addresses(session: Session, wanted: Environment, places: Places) -> dict[AddressKey, wire.Address]:
    """The regional addresses of the project, all that are in `places` among them."""
    found = compute.every_address(session, wanted.project).within(places)
    return {(compute.region_of(each), each["name"]): each for each in found if "region" in each}


def _failures(context: Context, addresses: Mapping[AddressKey, wire.Address]) -> dict[AddressKey, list[str]]:
    """What reservations of missing static addresses failed with. Before the first attempt there was none."""
    wanted, since = context.wanted, asked_at(context.message.claim.generation)
    missing = {*reserved_names(wanted).items()} - addresses.keys()
    if wanted.gateway.addresses != "static" or not missing or context.message.attempt == 1:
        return {}
    found: dict[AddressKey, list[str]] = {}
    inserts = compute.inserts(context.session, wanted.project)
    for each in inserts.within(Places.of(*(region for region, _ in missing))):
        key = (compute.region_of(each), each.get("targetLink", "").rpartition("/addresses/")[2])
        failure = compute.failure_of(each)
        if failure and key in missing and compute.unix(each["insertTime"]) >= since:
            found.setdefault(key, []).append(f"{failure[0]}: {failure[1]}")
    return found


def _unneeded(wanted: Environment, addresses: Mapping[AddressKey, wire.Address]) -> list[wire.Address]:
    kept = {*reserved_names(wanted).items()}
    return [
        each
        for place, each in addresses.items()
        if place not in kept and each["name"].startswith(STATIC) and is_of(each, wanted.name)
    ]


def _releasing(session: Session, project: str, those: Iterable[wire.Address]) -> frozenset[str]:
    pending = compute.deletions(session, project).within(Places.of(*map(compute.region_of, those)))
    return frozenset(compute.path_of(each["targetLink"]) for each in pending if "targetLink" in each)
