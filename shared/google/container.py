"""GKE clusters as they are, over REST. What changes them is in `shared.google.container_writes`.

The client library is left to the writes: a function that only reads should neither carry it nor wait for it at a
cold start.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Protocol

from shared.google.answers import understanding
from shared.google.cluster_endpoint import (
    RESTRICTED,
    Endpoint,
    enabling_command,
    endpoint_of,
    public_address,
    why_not_public,
)
from shared.google.compute import unix
from shared.google.lists import Listing, Places, listing
from shared.google.session import Session

if TYPE_CHECKING:
    from shared.google import wire

STANDARD = "CHANNEL_STANDARD"
POOL = "default-pool"  # of the clusters that Fleetgate makes
SERVING = ("RUNNING", "RECONCILING")  # also while an update runs on it


@dataclass(frozen=True)
class NodePool:
    """A node pool. `node_count` is of each of its `zones`: `initialNodeCount` follows a resize
    (hashicorp/terraform-provider-google#6889) [observed]. `private` is None if it is as the cluster says.
    """

    path: str
    machine_type: str
    node_count: int
    account: str
    scales: bool
    private: bool | None
    zones: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its short name."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True)
class Cluster:
    """One cluster as GKE describes it. Times are RFC 3339; empty strings stand for what is not set.

    `endpoint` is where its API is reached from here. `dns_external` says whether its DNS endpoint is served outside
    the VPC, `public` whether it has a public one, `restricted` whether authorized networks keep us out of that;
    `private_nodes` whether new node pools get no external addresses; `account` is whom Autopilot's nodes run as.
    `pod_range` and `service_range` are blocks, "" until GKE has taken them.
    """

    name: str
    path: str
    location: str
    status: str
    created: str = ""
    membership: str = ""
    endpoint: Endpoint = field(default_factory=Endpoint)
    labels: Mapping[str, str] = field(default_factory=dict)
    status_message: str = ""
    conditions: Sequence[wire.StatusCondition] = ()
    network: str = ""
    subnetwork: str = ""
    gateway_channel: str = ""
    workload_pool: str = ""
    fleet_project: str = ""
    release_channel: str = ""
    vpc_native: bool = False
    dns_external: bool = False
    public: bool = False
    restricted: bool = False
    autopilot: bool = False
    private_nodes: bool = False
    pools: tuple[NodePool, ...] = ()
    account: str = "default"
    pod_range: str = ""
    service_range: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """Name and location, which together are unique in a project."""
        return self.name, self.location

    @property
    def serves(self) -> bool:
        """Whether its API is up: also while an update runs on it."""
        return self.status in SERVING

    @property
    def is_reachable(self) -> bool:
        """Whether its API can be asked from here."""
        return self.serves and bool(self.endpoint.host)

    @property
    def unreachable_because(self) -> str:
        """Why its API cannot be asked, to be read after the cluster's name; "" if it can."""
        if self.is_reachable:
            return ""
        if self.serves and self.endpoint.unusable:
            return f"cannot be reached: {self.endpoint.unusable}; {enabling_command(self.path)}"
        return f"is {self.status or 'not reachable'}"

    @property
    def complaints(self) -> list[str]:
        """What GKE says is wrong with it, nothing twice: a condition may say what the status message says."""
        said = [self.status_message, *(each.get("message", "") for each in self.conditions)]
        return list(dict.fromkeys(each for each in said if each))

    @property
    def pool(self) -> NodePool | None:
        """The node pool that it was made with, if that is still there and not Autopilot's."""
        return None if self.autopilot else next((each for each in self.pools if each.name == POOL), None)


class Located(Protocol):
    """What has a zone or a region."""

    @property
    def location(self) -> str:
        """Its short name."""
        ...


def places_of(located: Iterable[Located]) -> Places:
    """Where clusters are, or are to be."""
    return Places.of(*(each.location for each in located))


def location_of(path: str) -> str:
    """The location in a full name (`projects/P/locations/L/…`); "" if it has none."""
    return path.partition("/locations/")[2].partition("/")[0]


def clusters(session: Session, project: str) -> Listing[Cluster]:
    """Every cluster of the project."""
    path = f"v1/projects/{project}/locations/-/clusters"
    told: Listing[wire.Cluster] = listing(session, "container", path, "clusters")
    return told.each(partial(cluster_of, project))


def deletions(session: Session, project: str, places: Places) -> dict[tuple[str, str], float]:
    """When each deletion of a cluster in `places` that is under way began, unix seconds, by name and location.

    Raises:
        PlaceUnreachable: one of them could not be asked.
    """
    path = f"v1/projects/{project}/locations/-/operations"
    operations: Listing[wire.ClusterOperation] = listing(session, "container", path, "operations")
    found: dict[tuple[str, str], float] = {}
    with understanding("container", "GET", path):
        for each in operations.within(places):
            deletes = each.get("operationType") == "DELETE_CLUSTER" and each.get("status") != "DONE"
            if deletes and each.get("startTime"):
                *_, location, _, name = each["targetLink"].split("/")
                found[name, location] = unix(each["startTime"])
    return found


def cluster_of(project: str, told: wire.Cluster) -> Cluster:
    """A cluster as the API tells it."""
    path = f"projects/{project}/locations/{told['location']}/clusters/{told['name']}"
    network, fleet = told.get("networkConfig", {}), told.get("fleet", {})
    dns = told.get("controlPlaneEndpointsConfig", {}).get("dnsEndpointConfig", {})
    defaults = told.get("autoscaling", {}).get("autoprovisioningNodePoolDefaults", {})
    allocation = told.get("ipAllocationPolicy", {})
    return Cluster(
        name=told["name"],
        path=path,
        location=told["location"],
        status=told.get("status", ""),
        created=told.get("createTime", ""),
        membership=fleet.get("membership", "").removeprefix("//gkehub.googleapis.com/"),
        endpoint=endpoint_of(told),
        labels=told.get("resourceLabels", {}),
        status_message=told.get("statusMessage", ""),
        conditions=tuple(told.get("conditions", [])),
        network=told.get("network", ""),
        subnetwork=told.get("subnetwork", ""),
        gateway_channel=network.get("gatewayApiConfig", {}).get("channel", ""),
        workload_pool=told.get("workloadIdentityConfig", {}).get("workloadPool", ""),
        fleet_project=fleet.get("project", ""),
        release_channel=told.get("releaseChannel", {}).get("channel", "").lower(),
        vpc_native=allocation.get("useIpAliases", False),
        dns_external=dns.get("allowExternalTraffic", False),
        public=bool(public_address(told)),
        restricted=why_not_public(told) == RESTRICTED,
        autopilot=told.get("autopilot", {}).get("enabled", False),
        private_nodes=network.get("defaultEnablePrivateNodes", False)
        or told.get("privateClusterConfig", {}).get("enablePrivateNodes", False),
        pools=tuple(_pool(path, each) for each in told.get("nodePools", [])),
        account=defaults.get("serviceAccount") or "default",
        pod_range=told.get("clusterIpv4Cidr") or allocation.get("clusterIpv4CidrBlock", ""),
        service_range=told.get("servicesIpv4Cidr") or allocation.get("servicesIpv4CidrBlock", ""),
    )


def _pool(cluster: str, told: wire.NodePool) -> NodePool:
    config = told.get("config", {})
    return NodePool(
        path=f"{cluster}/nodePools/{told['name']}",
        machine_type=config.get("machineType", ""),
        node_count=told.get("initialNodeCount", 0),
        account=config.get("serviceAccount") or "default",
        scales=told.get("autoscaling", {}).get("enabled", False),
        private=told.get("networkConfig", {}).get("enablePrivateNodes"),
        zones=tuple(told.get("locations", [])),
    )
