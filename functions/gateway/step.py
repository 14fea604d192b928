"""The gateway: Gateway, HTTPRoutes, grants and health check policies, in the config cluster alone.

The objects are applied as soon as the cluster knows their kinds: the controller takes them up by itself once its
class, the proxy-only subnets and the imports are there, and nobody has to wait for those. Done is when the load
balancer is as the objects say, route by route.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from functions.gateway.preconditions import Address, trouble
from functions.gateway.waits import Imports, wait_for_cluster, wait_for_load_balancer
from shared.gateway.objects import (
    GATEWAY_CLASS,
    STATIC,
    backend_namespaces,
    backends,
    reserved_names,
    static_address,
    static_name,
    wanted_objects,
)
from shared.gateway.status import CONVERGED, holds, is_programmed, of_gateway, of_route, vips
from shared.google import compute, wire
from shared.google.cluster_reader import ClusterReader
from shared.google.cluster_writer import ClusterWriter
from shared.google.container import Cluster, clusters
from shared.labels import asked_at, is_owned
from shared.objects import Json, differs, is_ours, namespace
from shared.step.estimate import Pace, remaining
from shared.step.legacy import LegacyChange as Change
from shared.step.legacy import LegacyStep
from shared.step.outcome import Decision, Done, Waiting
from shared.step.step import Context

if TYPE_CHECKING:
    from shared.spec import Environment

Key = tuple[str, str, str]  # kind, namespace, name

KINDS = ("Gateway", "HTTPRoute", "HealthCheckPolicy", "ReferenceGrant")
API_KNOWN, RESERVED, UPDATED = 45.0, 1.0, 30.0  # typical seconds [inferred]
STALE = 60.0  # seconds of a request in which a refusal may still be about what was before it [inferred]


@dataclass(frozen=True)
class Application:
    """An object to apply or to delete, and where; a plan may have no cluster to do it in yet."""

    cluster: Cluster | None
    object: Json


@dataclass(frozen=True)
class Reservation:
    """An address to reserve."""

    region: str
    body: wire.Address


@dataclass(frozen=True)
class Seen:
    """What is there. `asked` is when the request was published, unix seconds.

    `unknown` are kinds that the cluster does not know. `addresses`, by region and name, are only read while the
    Gateway is yet to be given reserved ones, and once all is done; imports and exports while a route lacks some;
    `rules` are the global forwarding rules, only read once all is done, and `going` addresses being deleted then.
    """

    asked: float
    cluster: Cluster | None = None
    objects: Mapping[Key, Json] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset(KINDS)
    gateway_class: Json | None = None
    addresses: Mapping[Address, wire.Address] | None = None
    imports: Imports = field(default_factory=Imports)
    rules: tuple[wire.ForwardingRule, ...] = ()
    going: frozenset[str] = frozenset()

    def live(self, wish: Json) -> Json | None:
        """The live object of a wanted one."""
        return self.objects.get(_key(wish))

    def gateway(self, wanted: Environment) -> Json | None:
        """The Gateway."""
        return self.objects.get(("Gateway", wanted.gateway.namespace, wanted.gateway.name))

    def routes(self, wanted: Environment) -> dict[str, Json | None]:
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


def observe(context: Context) -> Seen:
    """The config cluster's objects, and whatever their state makes worth a look."""
    wanted, session = context.wanted, context.session
    config = wanted.config
    key = (config.name, config.location)
    cluster = next((each for each in clusters(session, wanted.project) if each.key == key), None)
    seen = Seen(asked_at(context.message.claim.generation), cluster)
    if cluster and cluster.is_reachable:
        seen = _look(wanted, ClusterWriter(session, cluster), seen)
    gateway = next(wanted_objects(wanted))
    if reserved_names(wanted) and differs(gateway, seen.live(gateway)):
        found = compute.every_address(session, wanted.project)
        by_name = {(compute.region_of(each), each["name"]): each for each in found if "region" in each}
        seen = replace(seen, addresses=by_name)
    if seen.converged(wanted):
        seen = replace(seen, rules=tuple(compute.global_forwarding_rules(session, wanted.project)))
        seen = _look_at_surplus(context, seen)
    return seen


def decide(wanted: Environment | None, seen: Seen, now: float) -> Decision:
    """What to apply, and what is waited for."""
    assert wanted is not None, "its removal is a step of its own"
    every = list(_changes(wanted, seen))
    refusals = not every and now - seen.asked > STALE
    if stop := trouble(wanted, seen.objects, seen.addresses, refusals=refusals):
        return Decision(stop)
    ready = [change for change in every if _can_start(change, wanted, seen)]
    later = [change for change in every if change not in ready]
    if not every and seen.converged(wanted):
        return _release(wanted, seen, now)
    return Decision(_wait(wanted, seen, now), ready, later)


def act(context: Context, change: Change) -> None:
    """Begin to reserve an address; or apply or delete one object."""
    deed = change.body
    if "/addresses/" in change.resource and change.verb == "delete":
        compute.delete_address(context.session, change.resource)
    elif isinstance(deed, Reservation):
        compute.insert_address(context.session, context.wanted.project, deed.region, deed.body)
    elif change.verb == "delete":
        ClusterWriter(context.session, deed.cluster).delete(*_key(deed.object))
    else:
        ClusterWriter(context.session, deed.cluster).apply(deed.object)


GATEWAY = LegacyStep("gateway", observe, decide, act)


def _look(wanted: Environment, cluster: ClusterReader, seen: Seen) -> Seen:
    """Read the cluster: what we own there, and what is still missing for it to work."""
    found = {(kind, space): cluster.list(kind, space) for kind, space in _places(wanted)}
    objects = {
        _key({"kind": kind, **each}): each for (kind, _), items in found.items() for each in items or ()
    }
    for space in dict.fromkeys(s for _, s in found):
        missing = any(_key(each)[1] == space and _key(each) not in objects for each in wanted_objects(wanted))
        if missing and (live := cluster.get("Namespace", "", space)):
            objects["Namespace", "", space] = live
    unknown = frozenset(kind for (kind, _), items in found.items() if items is None)
    kind = None if "Gateway" in unknown else cluster.get("GatewayClass", "", GATEWAY_CLASS)
    seen = replace(seen, objects=objects, unknown=unknown, gateway_class=kind)
    return seen if seen.converged(wanted) else replace(seen, imports=_imports(wanted, cluster))


def _places(wanted: Environment) -> Iterator[tuple[str, str]]:
    own = wanted.gateway.namespace
    yield from (("Gateway", own), ("HTTPRoute", own))
    yield from (("ReferenceGrant", space) for space in backend_namespaces(wanted)[1:])
    yield from (("HealthCheckPolicy", space) for space in wanted.namespaces)


def _imports(wanted: Environment, cluster: ClusterReader) -> Imports:
    """Which imports the routes still miss, and since when their exports have been there."""
    spaces = backend_namespaces(wanted)
    there = [each for space in spaces for each in cluster.list("ServiceImport", space) or ()]
    names = {(each["metadata"]["namespace"], each["metadata"]["name"]) for each in there}
    missing = tuple(each for each in backends(wanted) if each not in names)
    exports = (
        [each for space in spaces for each in cluster.list("ServiceExport", space) or ()] if missing else []
    )
    return Imports(missing, tuple(there), tuple(exports))


def _changes(wanted: Environment, seen: Seen) -> Iterator[Change]:
    """All that is missing, different, or ours and no longer wanted; whether or not it can be done now."""
    if wanted.gateway.addresses == "static":
        yield from _reservations(wanted, seen)
    wishes = list(wanted_objects(wanted))
    absent = {_key(wish)[1] for wish in wishes if seen.live(wish) is None}
    for space in wanted.namespaces:
        if space in absent and ("Namespace", "", space) not in seen.objects:
            yield _change("create", wanted, seen, namespace(wanted.name, space))
    for wish in wishes:
        live = seen.live(wish)
        if differs(wish, live):
            yield _change("update" if live else "create", wanted, seen, wish)
    kept = {_key(wish) for wish in wishes}
    for key, live in seen.objects.items():
        if key[0] in KINDS and key not in kept and is_ours(live, wanted.name):
            yield _change("delete", wanted, seen, {**live, "kind": key[0]})


def _reservations(wanted: Environment, seen: Seen) -> Iterator[Change]:
    if seen.addresses is None:
        return
    for region in wanted.address_regions:
        name = static_name(wanted.name, region)
        if (region, name) not in seen.addresses:
            resource = f"projects/{wanted.project}/regions/{region}/addresses/{name}"
            yield Change("create", resource, body=Reservation(region, static_address(wanted, region)))


def _change(verb: str, wanted: Environment, seen: Seen, wish: Json) -> Change:
    kind, space, name = _key(wish)
    cluster = f"projects/{wanted.project}/locations/{wanted.config.location}/clusters/{wanted.config.name}"
    resource = f"{cluster}/{kind}/{space + '/' if space else ''}{name}"
    return Change(verb, resource, "spec" if verb == "update" else None, body=Application(seen.cluster, wish))


def _can_start(change: Change, wanted: Environment, seen: Seen) -> bool:
    """An address needs nothing; an object its kind; a Gateway the addresses that it names."""
    if isinstance(change.body, Reservation):
        return True
    kind = change.body.object["kind"]
    if seen.cluster is None or not seen.cluster.is_reachable or kind in seen.unknown:
        return False
    return kind != "Gateway" or _reserved(wanted, seen)


def _reserved(wanted: Environment, seen: Seen) -> bool:
    """Whether the addresses that the Gateway is to name can be named; they are not read if it has them."""
    if seen.addresses is None:
        return True
    found = (seen.addresses.get(place) for place in reserved_names(wanted).items())
    return all(each is not None and each.get("status") in ("RESERVED", "IN_USE") for each in found)


def _wait(wanted: Environment, seen: Seen, now: float) -> Waiting:
    """What is waited for, and until when: all of it is needed, so the last that is due decides."""
    if seen.cluster is None or not seen.cluster.is_reachable:
        return wait_for_cluster(wanted.config_cluster, seen.cluster, now)
    if "Gateway" in seen.unknown:
        text = f"cluster {wanted.config_cluster} does not know the Gateway API yet"
        return Waiting(reason="GatewayApiUnknown", message=text, retry_after=remaining(now, None, API_KNOWN))
    if not _reserved(wanted, seen):
        text = "addresses are being reserved"
        return Waiting(reason="AddressReserving", message=text, retry_after=remaining(now, None, RESERVED))
    gateway, routes, pace = seen.gateway(wanted), seen.routes(wanted), Pace(now, seen.asked)
    waits = list(wait_for_load_balancer(wanted, gateway, routes, seen.gateway_class, seen.imports, pace))
    if not waits:
        text = "the load balancer takes up what has changed"
        return Waiting(reason="GatewayUpdating", message=text, retry_after=remaining(now, None, UPDATED))
    last = max(waits, key=lambda each: each.retry_after)
    return replace(last, message="; ".join(each.message for each in waits))


def _look_at_surplus(context: Context, seen: Seen) -> Seen:
    """Reserved addresses, if the Gateway may have left one of ours behind."""
    session, wanted = context.session, context.wanted
    found = {
        (compute.region_of(each), each["name"]): each
        for each in compute.every_address(session, wanted.project)
        if "region" in each
    }
    seen = replace(seen, addresses=found)
    pending = compute.deletions(session, wanted.project) if _surplus(wanted, seen) else []
    return replace(
        seen, going=frozenset(compute.path_of(each["targetLink"]) for each in pending if "targetLink" in each)
    )


def _surplus(wanted: Environment, seen: Seen) -> list[wire.Address]:
    """Addresses that we reserved and the Gateway takes no more."""
    kept = {*reserved_names(wanted).items()}
    return [
        each
        for place, each in (seen.addresses or {}).items()
        if place not in kept and each["name"].startswith(STATIC) and is_owned(each.get("labels"), wanted.name)
    ]


def _release(wanted: Environment, seen: Seen, now: float) -> Decision:
    """Done, once addresses that are needed no more are given back."""
    surplus = _surplus(wanted, seen)
    if not surplus:
        return Decision(Done(outputs={"addresses": _outputs(wanted, seen)}))
    free = [compute.path_of(each["selfLink"]) for each in surplus if not each.get("users")]
    changes = [Change("delete", path) for path in free if path not in seen.going]
    text = f"addresses that are needed no more are being released: {', '.join(e['name'] for e in surplus)}"
    seconds = remaining(now, None, RESERVED if len(free) == len(surplus) else UPDATED)
    return Decision(Waiting(reason="AddressReleasing", message=text, retry_after=seconds), changes)


def _outputs(wanted: Environment, seen: Seen) -> list[Json]:
    addresses = wanted.gateway.addresses
    kind = addresses if isinstance(addresses, str) else "named"
    network = f"projects/{wanted.project}/global/networks/{wanted.network}"
    found = vips(seen.gateway(wanted) or {}, seen.rules, network)
    return [{"region": each.region, "address": each.address, "kind": kind} for each in found]


def _key(wish: Json) -> Key:
    return wish["kind"], wish["metadata"].get("namespace", ""), wish["metadata"]["name"]
