"""The shortest time in which an environment can become verified, from the timing table and the spec alone.

What Google Cloud does for an environment is a graph; each node takes the time that the table draws for it and
begins when all it waits for is done. No polling, no calls and no function time are in it:

    cluster created ─┬─ membership READY ─┬─ MCS CRDs ─────────────┬─ export in imports ─┐
                     │                    ├─ MCS state OK          │                     │
                     │  MCS feature ──────┘  (needs the feature)   │                     │
                     ├─ (first cluster) ── importer's IAM grant ───┘                     │
                     ├─ pods ready ──────────────────────────────────────────┐           │
                     └─ membership READY (config) ─ ingress feature ─┬─ state OK ─ -mc GatewayClass
                                                                     └─ membership states OK
    GatewayClass, proxy-only subnets ─ Gateway programmed ─┬─ route reconciled ─┬─ URL map in the proxies
                 each import that the route names, once ───┘                    └─ backends healthy (pods, own export;
                                                                                   the first route that leads to them)

The end is when every node is done: the fleet's states are part of a verified environment too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from localcloud.time.timing import Timing
from shared import labels
from shared.google import importer
from shared.spec import Cluster, Environment, Service
from shared.spec.routes import Route


class Node(NamedTuple):
    """A piece of the platform's work: kind and resource as in the timing table and the ledger."""

    kind: str
    resource: str


@dataclass(frozen=True)
class Piece:
    """What a node waits for: all of `after`, and the first to be done of each group in `first_of`."""

    after: tuple[Node, ...] = ()
    first_of: tuple[tuple[Node, ...], ...] = ()


@dataclass
class Graph:
    """The platform's work for one environment."""

    pieces: dict[Node, Piece] = field(default_factory=dict)

    def add(self, node: Node, after: Iterable[Node] = (), first_of: Iterable[Iterable[Node]] = ()) -> Node:
        """Put a node in; what it waits for must be in already."""
        self.pieces[node] = Piece(tuple(after), tuple(tuple(group) for group in first_of))
        return node

    def ends(self, timing: Timing) -> dict[Node, float]:
        """When each node can be done at the earliest, in seconds from the start."""
        ends: dict[Node, float] = {}
        for node, piece in self.pieces.items():
            begins = [ends[before] for before in piece.after]
            begins += [min(ends[before] for before in group) for group in piece.first_of]
            ends[node] = max(begins, default=0.0) + timing.draw(*node)
        return ends


def critical_path_seconds(environment: Environment, project_number: str, timing: Timing) -> float:
    """Seconds of the longest chain of platform work, as drawn for this seed.

    `project_number` is that of the environment's project: the importer's principal has it in its name.
    """
    return max(platform_graph(environment, project_number).ends(timing).values(), default=0.0)


def platform_graph(environment: Environment, project_number: str) -> Graph:
    """The graph of the module's drawing, for clusters that are yet to be made."""
    return _Drawing(environment, project_number, Graph()).draw()


@dataclass(frozen=True)
class _Drawing:
    environment: Environment
    project_number: str
    graph: Graph

    def draw(self) -> Graph:
        fleet = f"projects/{self.environment.project}/locations/global/features"
        created = {c.name: self._created(c) for c in self.environment.clusters}
        members = {c.name: self._member(c, created[c.name]) for c in self.environment.clusters}
        mcs = self.graph.add(Node("gkehub.features.mcs.create", f"{fleet}/multiclusterservicediscovery"))
        mci = self.graph.add(
            Node("gkehub.features.mci.create", f"{fleet}/multiclusteringress"),
            [members[self.environment.config_cluster]],
        )
        crds = {name: self._mcs(member, mcs) for name, member in members.items()}
        for member in members.values():
            self.graph.add(Node("mci.membership.state", member.resource), [mci, member])
        state = self.graph.add(Node("mci.state", mci.resource), [mci])
        gateway_class = self.graph.add(Node("mci.gatewayclass", mci.resource), [state])
        exports = dict(self._exports(crds, self._grant(created)))
        self._traffic(gateway_class, exports, self._pods(created))
        return self.graph

    def _created(self, cluster: Cluster) -> Node:
        name = f"projects/{self.environment.project}/locations/{cluster.location}/clusters/{cluster.name}"
        return self.graph.add(Node("container.clusters.create", name))

    def _member(self, cluster: Cluster, created: Node) -> Node:
        return self.graph.add(Node("gkehub.memberships.create", self._membership(cluster.name)), [created])

    def _membership(self, cluster: str) -> str:
        region = next(c.region for c in self.environment.clusters if c.name == cluster)
        return f"projects/{self.environment.project}/locations/{region}/memberships/{cluster}"

    def _mcs(self, member: Node, feature: Node) -> Node:
        self.graph.add(Node("mcs.membership.state", member.resource), [feature, member])
        return self.graph.add(Node("mcs.crds", member.resource), [feature, member])

    def _grant(self, created: dict[str, Node]) -> Node:
        """The importer's grant can be written once the identity pool is there: with the first cluster."""
        project = self.environment.project
        member = importer.importer_of(project, self.project_number)
        return self.graph.add(
            Node("iam.propagation", f"projects/{project} {member}"), first_of=[created.values()]
        )

    def _exports(self, crds: dict[str, Node], grant: Node) -> Iterator[tuple[tuple[str, str, str], Node]]:
        for service in self.environment.services:
            for cluster in service.clusters:
                resource = f"{self._membership(cluster)}/{service.namespace}/{service.name}"
                node = self.graph.add(Node("mcs.export", resource), [crds[cluster], grant])
                yield (cluster, service.namespace, service.name), node

    def _pods(self, created: dict[str, Node]) -> dict[str, Node]:
        """The sample app's pods; other workloads are the user's and run already."""
        if not self.environment.sample_app:
            return {}
        namespace = self.environment.gateway.namespace
        return {
            name: self.graph.add(
                Node("kubernetes.pods.ready", f"{cluster.resource}/{namespace}/store"), [cluster]
            )
            for name, cluster in created.items()
        }

    def _traffic(
        self, gateway_class: Node, exports: dict[tuple[str, str, str], Node], pods: dict[str, Node]
    ) -> None:
        config = next(c for c in self.environment.clusters if c.name == self.environment.config_cluster)
        namespace = self.environment.gateway.namespace
        at = f"projects/{self.environment.project}/locations/{config.location}/clusters/{config.name}/{namespace}"
        proxies = [self._subnet(region) for region in self.environment.proxy_regions]
        gateway = Node("gateway.program", f"{at}/{self.environment.gateway.name}")
        self.graph.add(gateway, [gateway_class, *proxies])
        leading: dict[tuple[str, str], list[Node]] = {}  # service → the routes that lead to it
        for route in self.environment.routes:
            named = self._named_by(route)
            services = [each for each in self.environment.services if (each.namespace, each.name) in named]
            imported = [[exports[c, s.namespace, s.name] for c in s.clusters] for s in services]
            synced = self.graph.add(Node("gateway.sync", f"{at}/{route.name}"), [gateway], imported)
            self.graph.add(Node("dataplane.urlmap", f"{namespace}/{route.name}"), [synced])
            for key in named:
                leading.setdefault(key, []).append(synced)
        for service in self.environment.services:
            if routes := leading.get((service.namespace, service.name)):
                self._healthy(service, routes, exports, pods)

    def _healthy(
        self,
        service: Service,
        routes: list[Node],
        exports: dict[tuple[str, str, str], Node],
        pods: dict[str, Node],
    ) -> None:
        """Its backends are one backend service's, which the first of its routes brings."""
        for cluster in service.clusters:
            resource = f"{service.namespace}/{service.name}/{self._membership(cluster)}"
            after = [exports[cluster, service.namespace, service.name]]
            after += [pods[cluster]] if cluster in pods else []
            self.graph.add(Node("dataplane.health", resource), after, [routes])

    def _subnet(self, region: str) -> Node:
        name = labels.proxy_subnet_name(self.environment.name)
        return self.graph.add(
            Node(
                "compute.subnetworks.insert",
                f"projects/{self.environment.project}/regions/{region}/subnetworks/{name}",
            )
        )

    def _named_by(self, route: Route) -> set[tuple[str, str]]:
        """Namespace and name of the services that a route leads to."""
        own = self.environment.gateway.namespace
        return {(each.namespace or own, each.name) for rule in route.rules for each in rule.backend_refs}
