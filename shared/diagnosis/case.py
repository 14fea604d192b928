"""The case: what was observed of an environment that is not ready. It is gathered once and given to every rule.

Rules are pure and read nothing else. A refused read does not stop the gathering: refusals are part of the case, and
evidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, TypeVar

from shared import errors
from shared.gateway.names import GATEWAY_CLASS
from shared.google.compute import path_of, region_of
from shared.google.container import Cluster
from shared.google.gkehub import Feature, member_key
from shared.google.lists import Places
from shared.json_types import Json
from shared.objects import KubeObject
from shared.ranges import Taken

if TYPE_CHECKING:
    from shared import spec
    from shared.google import wire

NO_POLICY: wire.Policy = {}
InNetwork = TypeVar("InNetwork", "wire.Subnetwork", "wire.Firewall")
Name = tuple[str, str]  # namespace and name


@dataclass(frozen=True)
class InCluster:
    """The objects in one cluster by kind; None for a kind that it does not have, or that could not be read."""

    objects: Mapping[str, list[KubeObject] | None] = field(default_factory=dict)

    def knows(self, *kinds: str) -> bool:
        """Whether all of these kinds could be read."""
        return all(self.objects.get(kind) is not None for kind in kinds)

    def of(self, kind: str, namespace: str = "") -> list[KubeObject]:
        """The objects of a kind, in one namespace if given."""
        found = self.objects.get(kind) or []
        return [each for each in found if namespace in ("", each["metadata"].get("namespace"))]

    def get(self, kind: str, namespace: str, name: str) -> KubeObject | None:
        """One object."""
        return next((each for each in self.of(kind, namespace) if each["metadata"]["name"] == name), None)


@dataclass(frozen=True)
class Case:
    """Everything that was observed. Resources are as the APIs give them.

    `clusters` are by short name; `inside` has the contents of those that could be read. `health` maps a backend
    service (full name) to the states of its endpoints by network endpoint group, None if they could not be read.
    `firewalls` is None if they could not be listed. `disabled` are required APIs that are not enabled. `refusals` are
    the reads that failed; `account` is who lacks a permission, if one failed for that. `holes` are the places of the
    environment that a list left out, by the list's field here: a rule says nothing of what may be in one.
    """

    wanted: spec.Environment
    number: str = ""
    clusters: Mapping[str, Cluster] = field(default_factory=dict)
    features: Mapping[str, Feature] = field(default_factory=dict)
    policy: wire.Policy = field(default_factory=lambda: NO_POLICY)
    networks: list[wire.Network] = field(default_factory=list)
    subnetworks: list[wire.Subnetwork] = field(default_factory=list)
    addresses: list[wire.Address] = field(default_factory=list)
    firewalls: list[wire.Firewall] | None = None
    backends: list[wire.BackendService] = field(default_factory=list)
    checks: list[wire.HealthCheck] = field(default_factory=list)
    health: Mapping[str, Mapping[str, list[str] | None]] = field(default_factory=dict)
    failures: list[wire.Operation] = field(default_factory=list)
    disabled: tuple[str, ...] = ()
    inside: Mapping[str, InCluster] = field(default_factory=dict)
    refusals: tuple[errors.ApiError, ...] = ()
    account: str = ""
    holes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def hides(self, kind: str, location: str) -> bool:
        """Whether a list left out what may be in a zone or region; `kind` is its field."""
        return any(Places.of(location).meet(each) for each in self.holes.get(kind, ()))

    @property
    def denials(self) -> list[errors.PermissionDenied]:
        """The refusals because of a missing permission."""
        return [each for each in self.refusals if isinstance(each, errors.PermissionDenied)]

    @property
    def project(self) -> str:
        """The environment's project."""
        return self.wanted.project

    @property
    def config(self) -> InCluster:
        """The contents of the config cluster, as far as they could be read."""
        return self.inside.get(self.wanted.config_cluster, InCluster())

    @property
    def gateway(self) -> KubeObject | None:
        """The Gateway."""
        return self.config.get("Gateway", self.wanted.gateway.namespace, self.wanted.gateway.name)

    @property
    def routes(self) -> list[KubeObject]:
        """Our HTTPRoutes."""
        names = {each.name for each in self.wanted.routes}
        found = self.config.of("HTTPRoute", self.wanted.gateway.namespace)
        return [each for each in found if each["metadata"]["name"] in names]

    @property
    def gateway_class(self) -> KubeObject | None:
        """The multi-cluster GatewayClass."""
        return self.config.get("GatewayClass", "", GATEWAY_CLASS)

    def membership_of(self, cluster: str) -> str:
        """`locations/L/memberships/M` of a cluster, "" if it has none."""
        return member_key(self.clusters[cluster].membership) if cluster in self.clusters else ""

    def network_path(self) -> str:
        """The network's full name."""
        return f"projects/{self.project}/global/networks/{self.wanted.network}"

    def in_network(self, items: list[InNetwork]) -> list[InNetwork]:
        """Those of `items` that are in the environment's network."""
        return [each for each in items if path_of(each.get("network", "")) == self.network_path()]

    def proxies(self) -> dict[str, wire.Subnetwork]:
        """Region → its active proxy-only subnet for cross-region load balancers."""
        return {
            region_of(each): each
            for each in self.in_network(self.subnetworks)
            if each.get("purpose") == "GLOBAL_MANAGED_PROXY" and each.get("role", "ACTIVE") == "ACTIVE"
        }

    def taken(self) -> list[Taken]:
        """The ranges of the network's subnets."""
        return [
            Taken(IPv4Network(text), f"subnetwork {each['name']} in {region_of(each)}")
            for each in self.in_network(self.subnetworks)
            for text in _ranges(each)
        ]

    @property
    def auto_mode(self) -> bool:
        """Whether the network creates its subnets itself."""
        found = (each for each in self.networks if each["name"] == self.wanted.network)
        return any(each.get("autoCreateSubnetworks") for each in found)

    def holders(self, role: str) -> set[str]:
        """The members that have a role on the project."""
        bindings = [each for each in self.policy.get("bindings", []) if each["role"] == role]
        return {who for each in bindings for who in each.get("members", [])}

    def imports(self) -> dict[Name, KubeObject]:
        """The config cluster's imports."""
        return {_name(each): each for each in self.config.of("ServiceImport")}

    def serving(self) -> Iterator[tuple[spec.Cluster, InCluster]]:
        """The environment's clusters that could be read."""
        for cluster in self.wanted.clusters:
            if cluster.name in self.inside:
                yield cluster, self.inside[cluster.name]

    def messages(self) -> Iterator[tuple[str, str]]:
        """Error messages of controllers and operations: (source, text)."""
        for live in [*([self.gateway] if self.gateway else []), *self.routes]:
            what = f"{live.get('kind', 'Gateway')} {'/'.join(_name(live))}"
            for each in _conditions(live):
                if each.get("status") == "False" and each.get("message"):
                    yield what, each["message"]
        for name, cluster in self.clusters.items():
            yield from ((f"cluster {name}", text) for text in cluster.complaints)
        for operation in self.failures:
            for error in operation.get("error", {}).get("errors", []):
                yield path_of(operation.get("targetLink", "")), f"{error.get('code')}: {error.get('message')}"
        for refusal in self.refusals:
            yield f"{refusal.service}: {refusal.method} {refusal.resource}", refusal.message


def _name(live: KubeObject) -> Name:
    return live["metadata"].get("namespace", ""), live["metadata"]["name"]


def _ranges(subnetwork: wire.Subnetwork) -> list[str]:
    own = [subnetwork["ipCidrRange"]] if "ipCidrRange" in subnetwork else []
    return own + [each["ipCidrRange"] for each in subnetwork.get("secondaryIpRanges", [])]


def _conditions(live: KubeObject) -> Iterator[Json]:
    status = live.get("status", {})
    yield from status.get("conditions", [])
    for parent in status.get("parents", []):
        yield from parent.get("conditions", [])
