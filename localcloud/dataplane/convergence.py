"""How the data plane comes to know: URL maps reach the proxies, probes pass; both some time after the
objects.

The store's `dataplane.routes` and `dataplane.health` hold what has arrived. Works begin when what they
wait for is there: a route in a URL map, an import's endpoints in a backend service.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from localcloud.compute.loadbalancing import health, set_health
from localcloud.compute.names import full_name
from localcloud.controllers.attach import Attachments, Hear, of_kinds
from localcloud.controllers.gateway.loadbalancer import services_of
from localcloud.controllers.gateway.names import Ref, described
from localcloud.controllers.gateway.urlmap import rule_owner
from localcloud.controllers.mcs.exports import export_work
from localcloud.controllers.queue import Queue
from localcloud.controllers.workloads.ready import works_behind
from localcloud.dataplane.endpoints import PASSED, cluster_behind, endpoints, healthy, passed_key
from localcloud.gkehub.registration import memberships_by_cluster
from localcloud.time.ledger import Work
from localcloud.wire.messages import Json
from localcloud.world import World

# `<URL map>/<namespace>/<route>` of the routes that the proxies know.
ARRIVED = "dataplane.routes"
# What is looked at: everything there is; the health of a backend service; what has arrived, by collection and key.
_Key = tuple[str, str]
_EVERYTHING: _Key = ("", "")
_HEALTH = "health"
_KINDS = (
    "compute.urlMaps",
    "compute.backendServices",
    "compute.healthChecks",
    "compute.networkEndpoints",
    "compute.firewalls",
)


@dataclass(frozen=True)
class _Due:
    """Something that is to arrive: the collection and key that will say so, and its work."""

    collection: str
    key: str
    kind: str
    resource: str
    after: Callable[[], Iterable[Work | None]]


def route_key(url_map: str, route: Ref) -> str:
    """The key of a record that the proxies know a route of a URL map (full name)."""
    return f"{url_map}/{route}"


class Convergence:
    """Made once with the world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._works: dict[_Key, Work] = {}
        self._queue: Queue[_Key] = Queue(world, "data plane", self._look)
        for kind in _KINDS:
            world.store[kind].subscribe(lambda name, resource: self._wake())
        self._attachments = Attachments(world, lambda name, api: self._attach())

    def _attach(self) -> Hear:
        self._wake()
        return of_kinds({"Pod"}, self._wake)

    def _wake(self) -> None:
        self._queue.add(_EVERYTHING)

    def _look(self, key: _Key) -> None:
        what, name = key
        if key == _EVERYTHING:
            self._look_at_everything()
        elif what == _HEALTH:
            self._tell_health(name)
        elif key in self._works and self._works[key].over:
            self._world.store[what].put(name, {})
            del self._works[key]
            self._wake()

    def _look_at_everything(self) -> None:
        due = {(one.collection, one.key): one for one in (*self._routes(), *self._backends())}
        for place in set(self._works) - set(due):
            self._works.pop(place).cancel()
        for collection in (ARRIVED, PASSED):
            for key in self._world.store[collection].names():
                if (collection, key) not in due:
                    self._world.store[collection].delete(key)
        for place, one in sorted(due.items()):
            if place not in self._works and one.key not in self._world.store[one.collection]:
                self._begin(one)
        for name in self._world.store["compute.backendServices"].names():
            self._queue.add((_HEALTH, name))

    def _begin(self, one: _Due) -> None:
        key = one.collection, one.key
        arrive = partial(self._queue.add, key)
        self._works[key] = self._world.ledger.perform(one.kind, one.resource, arrive, one.after())

    def _routes(self) -> Iterator[_Due]:
        """Every route of every URL map."""
        for name, url_map in self._world.store["compute.urlMaps"].items():
            whose = described(url_map.get("description", ""))
            for route in sorted(_routes_of(url_map)) if whose else ():
                cluster = whose[0] if whose else ""
                yield _Due(
                    ARRIVED,
                    route_key(name, route),
                    "dataplane.urlmap",
                    str(route),
                    lambda sync=f"{cluster}/{route}": [self._world.ledger.latest("gateway.sync", sync)],  # type: ignore[misc]
                )

    def _backends(self) -> Iterator[_Due]:
        """Every backend service and cluster that has endpoints, or had them before."""
        memberships = memberships_by_cluster(self._world)
        for name, service in self._world.store["compute.backendServices"].items():
            whose = described(service.get("description", ""))
            if not whose or whose[1] != "serviceimports":
                continue
            ready = {one.cluster for one in endpoints(self._world, name)}
            groups = [full_name(one["group"]) for one in service.get("backends", [])]
            for cluster in sorted({cluster_behind(self._world, group) for group in groups} - {""}):
                if cluster in ready or passed_key(name, cluster) in self._world.store[PASSED]:
                    yield self._first_probes(name, whose[2], whose[0], cluster, memberships.get(cluster, ""))

    def _first_probes(self, service: str, ref: Ref, config: str, cluster: str, membership: str) -> _Due:
        world = self._world

        def after() -> list[Work | None]:
            maps = world.store["compute.urlMaps"].list()
            routes = sorted({route for url_map in maps for route in _to(url_map, service)})
            return [
                *(world.ledger.latest("gateway.sync", f"{config}/{route}") for route in routes),
                export_work(world, membership, ref.namespace, ref.name),
                *works_behind(world, cluster, ref.namespace, ref.name),
            ]

        key = passed_key(service, cluster)
        return _Due(PASSED, key, "dataplane.health", f"{ref}/{membership}", after)

    def _tell_health(self, name: str) -> None:
        """What `getHealth` answers for each group of a backend service."""
        service = self._world.store["compute.backendServices"].get(name) or {}
        if not described(service.get("description", "")):
            return
        good = set[str]()
        for one in endpoints(self._world, name):  # one healthy endpoint says it of its group
            if one.group not in good and healthy(self._world, one):
                good.add(one.group)
        for group in sorted(full_name(one["group"]) for one in service.get("backends", [])):
            state = "HEALTHY" if group in good else "UNHEALTHY"
            if health(self._world, name, group) != state:
                set_health(self._world, name, group, state)


def _routes_of(url_map: Json) -> set[Ref]:
    matchers = url_map.get("pathMatchers", [])
    return {rule_owner(rule["description"]) for matcher in matchers for rule in matcher["routeRules"]}


def _to(url_map: Json, service: str) -> set[Ref]:
    """The routes of a URL map that lead to a backend service."""
    return {
        rule_owner(rule["description"])
        for matcher in url_map.get("pathMatchers", [])
        for rule in matcher["routeRules"]
        if service in set(services_of(rule))
    }
