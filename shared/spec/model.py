"""An environment: clusters in regions, the services they export, the gateway before them and its routes.

Descriptions and examples are part of the JSON Schema, so that an editor completes and explains every field.
A document may leave out the fields that `defaults` derives from others. Here they are always present.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from shared import labels
from shared.spec.locations import is_zone, region_of
from shared.spec.part import Part
from shared.spec.routes import Route
from shared.spec.values import (
    ACCOUNT,
    HEADER,
    LABEL,
    MACHINE,
    NAME,
    PROJECT,
    SERVICE_WAIT,
    Addresses,
    Flag,
    Hostname,
    Label,
    Location,
    Name,
    OwnName,
    PodRange,
    Port,
    ProxyRanges,
    Region,
    RoutePath,
    ServiceRange,
    ServiceWait,
    Ttl,
)

MAX_ADDRESSES = 16  # of a Gateway [the Gateway CRD: spec.addresses maxItems]
Threshold = Annotated[int, Field(strict=True, ge=1, le=10)]
Seconds = Annotated[int, Field(strict=True, ge=1, le=300)]
NODES = 3  # three e2-medium hold the importer, which one alone does not [observed]
ClusterName = Annotated[str, Field(pattern=NAME, max_length=40)]  # GKE's limit


class Cluster(Part):
    """A GKE cluster of the fleet. Its membership has its name, in its region.

    What is left out of how it is made has a default when it is created, and stays as it is afterwards.
    """

    name: ClusterName = Field(description="Name of the cluster.", examples=["gke-west-1"])
    location: Location = Field(description="Zone or region.", examples=["us-west1-a"])
    existing: Flag = Field(False, description="It is there already: use it, never create or delete it.")
    autopilot: Flag | None = Field(
        None, description="An Autopilot cluster; its location is a region. Default for a new one: no."
    )
    machine_type: Annotated[str, Field(pattern=MACHINE, max_length=63)] | None = Field(
        None, description="Of the nodes; default for a new cluster: e2-medium.", examples=["e2-standard-2"]
    )
    node_count: Annotated[int, Field(strict=True, ge=1, le=1000)] | None = Field(
        None, description="Nodes in each zone; default for a new cluster: 3.", examples=[3]
    )
    release_channel: Literal["rapid", "regular", "stable", "extended"] | None = Field(
        None, description="GKE release channel; default for a new cluster: regular.", examples=["regular"]
    )
    node_service_account: Annotated[str, Field(pattern=ACCOUNT)] | None = Field(
        None,
        description="Whom the nodes run as; default: the bootstrap's fleetgate-nodes of the same project.",
        examples=["gke-nodes@shop-prod.iam.gserviceaccount.com"],
    )
    private_nodes: Flag | None = Field(
        None, description="Nodes without external addresses. Default for a new cluster: no."
    )
    pod_range: PodRange | None = Field(
        None,
        description="Range of its Pods, by block or by size; a node takes a /24 of it, one of Autopilot's a /26."
        " Default for a new cluster: GKE chooses a /14, for Autopilot a /17.",
        examples=["/17", "10.4.0.0/14"],
    )
    service_range: ServiceRange | None = Field(
        None,
        description="Range of its Services, by block or by size. Default for a new cluster: 34.118.224.0/20, which"
        " takes nothing of the network.",
        examples=["/22", "10.0.32.0/20"],
    )

    @property
    def region(self) -> str:
        """Its region, which is also its membership's location, even for a zonal cluster [documented]."""
        return region_of(self.location)

    @property
    def zonal(self) -> bool:
        """Whether it is in one zone."""
        return is_zone(self.location)

    @property
    def nodes_in_zone(self) -> int:
        """Nodes in each zone when it is created, if it is no Autopilot cluster."""
        return self.node_count or NODES

    @property
    def nodes(self) -> int:
        """All of them: a regional cluster has nodes in three zones [documented: regional clusters]."""
        return self.nodes_in_zone * (1 if self.zonal else 3)


class Service(Part):
    """A Service, exported to the fleet by a ServiceExport of the same name."""

    name: Name = Field(description="Name of the Service and of its export.", examples=["store"])
    namespace: Label = Field(description="Default: the gateway's.", examples=["store"])
    port: Port = Field(description="The Service's port, which routes refer to.", examples=[8080])
    target_port: Port = Field(description="The container's port; default: `port`.", examples=[8080])
    selector: Annotated[Mapping[str, str], Field(min_length=1)] | None = Field(
        None,
        description="Labels of its pods; without it the Service exists already and is only exported.",
        examples=[{"app": "store"}],
    )
    clusters: tuple[ClusterName, ...] = Field(
        min_length=1,
        description="Where it is exported from; default: every cluster.",
        examples=[["gke-west-1"]],
    )


class Listener(Part):
    """A port that the gateway answers on."""

    name: Label = Field(description="Name of the listener.", examples=["http"])
    protocol: Literal["HTTP"] = Field("HTTP", description="Only HTTP so far.", examples=["HTTP"])
    port: Port = Field(description="Port on every address.", examples=[80])
    hostname: Hostname | None = Field(None, description="The only host it answers for; default: every host.")


class Gateway(Part):
    """The cross-region internal Gateway, of class gke-l7-cross-regional-internal-managed-mc."""

    name: Label = Field(
        "internal-cross-region-gateway", description="Name of the Gateway.", examples=["gateway"]
    )
    namespace: Label = Field("store", description="Where the Gateway and its routes are.", examples=["store"])
    regions: tuple[Region, ...] = Field(
        min_length=1,
        json_schema_extra={"maxItems": MAX_ADDRESSES},
        description="Where it has an address; default: the clusters' regions.",
        examples=[["us-west1", "us-east1"]],
    )
    addresses: Addresses = Field(
        "ephemeral",
        description="ephemeral; static: we reserve them; or names of addresses you reserved, one a region.",
        examples=["ephemeral", "static", {"us-west1": "my-address"}],
    )
    listeners: tuple[Listener, ...] = Field(
        (Listener.model_construct(name="http", port=80),),
        min_length=1,
        max_length=64,
        description="What it listens on.",
    )


class HealthCheck(Part):
    """A HealthCheckPolicy for every service; interval and timeout are both sent, as its CRD wants."""

    request_path: RoutePath = Field(
        "/", description="Path that answers 200 when well.", examples=["/healthz"]
    )
    host: Annotated[str, Field(min_length=1, max_length=253)] | None = Field(
        None, description="Host header to send."
    )
    port: Port | None = Field(None, description="A port other than the serving one.", examples=[8081])
    check_interval_sec: Seconds = Field(15, description="Seconds between two checks.")
    timeout_sec: Seconds = Field(15, description="Seconds to wait for an answer; at most the interval.")
    healthy_threshold: Threshold = Field(1, description="Good answers in a row until well.")
    unhealthy_threshold: Threshold = Field(2, description="Bad answers in a row until unwell.")


class Identity(Part):
    """Where an answer names the cluster it comes from: one of the two."""

    json_field: Annotated[str, Field(min_length=1, max_length=63)] | None = Field(
        None, description="A field of the JSON body.", examples=["cluster_name"]
    )
    header: Annotated[str, Field(pattern=HEADER, max_length=63)] | None = Field(
        None, description="A header.", examples=["x-cluster"]
    )


class Probe(Part):
    """How verification reads an answer."""

    identity: Annotated[
        Annotated[Identity, Tag("#map")] | Annotated[Literal["none"], Tag("#word")],
        Discriminator(lambda value: "#word" if isinstance(value, str) else "#map"),
    ] = Field(
        description="What tells which cluster answered; none: only that it was answered.",
        examples=[{"jsonField": "cluster_name"}, {"header": "x-cluster"}, "none"],
    )

    @property
    def text(self) -> str:
        """As one text: `jsonField=cluster_name`, `header=x-cluster` or `none`."""
        if isinstance(self.identity, str):
            return self.identity
        header = self.identity.header
        return f"header={header}" if header else f"jsonField={self.identity.json_field}"

    @classmethod
    def of_text(cls, text: str) -> Probe:
        """The probe for such a text."""
        kind, _, name = text.partition("=")
        return cls.model_validate({"identity": {kind: name} if name else kind})


class Environment(Part):
    """What one message asks for."""

    name: Annotated[str, Field(pattern=LABEL, max_length=53)] = Field(
        description="Name of the environment, unique for the Fleetgate that serves it.", examples=["store"]
    )
    project: Annotated[str, Field(pattern=PROJECT)] = Field(
        description="The fleet's project; default: the one Fleetgate runs in.", examples=["shop-prod"]
    )
    network: OwnName = Field("default", description="VPC network of everything.", examples=["default"])
    subnetwork: OwnName = Field("default", description="One name, in every region.", examples=["default"])
    ttl: Ttl | None = Field(
        None,
        description="The lease, 30m to 30d; without it the environment is kept until torn down.",
        examples=["8h", "30m", "2d"],
    )
    clusters: tuple[Cluster, ...] = Field(
        min_length=1, description="The fleet.", examples=[[{"name": "gke-west-1", "location": "us-west1-a"}]]
    )
    config_cluster: ClusterName = Field(
        description="The cluster that holds Gateway and routes; default: the first.", examples=["gke-west-1"]
    )
    proxy_ranges: ProxyRanges = Field(
        "auto",
        description="Ranges of the proxy-only subnets; regions left out of the map are chosen for you, outside of"
        " 192.168.0.0/16 while anything else is free.",
        examples=["auto", {"us-west1": "10.129.0.0/23"}],
    )
    sample_app: Flag = Field(
        description="The tutorial's store Deployment in every cluster; default: if `services` is left out."
    )
    services: tuple[Service, ...] = Field(
        description="What is exported; default: the sample app's `store`.",
        examples=[[{"name": "store", "port": 8080, "selector": {"app": "store"}}]],
    )
    service_wait: ServiceWait | None = Field(
        None,
        description="How long a deploy waits for Services that it exports and does not make, once their cluster is"
        " there, 1m to 30m; default: 15m.",
        examples=["15m", "5m"],
    )
    gateway: Gateway = Field(description="The gateway.", examples=[{"namespace": "store"}])
    routes: tuple[Route, ...] = Field(
        description="Its HTTPRoutes; left out together with `services`, everything goes to `store`.",
        examples=[[{"name": "store-route", "rules": [{"backendRefs": [{"name": "store", "port": 8080}]}]}]],
    )
    health_check: HealthCheck | None = Field(
        None, description="Default: the load balancer's own check of `/`."
    )
    probe: Probe = Field(
        description="Default: the sample app's `cluster_name`, or none without the sample app."
    )

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions with a cluster, in the order of the clusters."""
        return tuple(dict.fromkeys(cluster.region for cluster in self.clusters))

    @property
    def address_regions(self) -> tuple[str, ...]:
        """The regions with an address of the gateway, in the order of `gateway.regions`."""
        return self.gateway.regions

    @property
    def proxy_regions(self) -> tuple[str, ...]:
        """The regions that need a proxy-only subnet: those with a cluster or an address [documented: the tutorial]."""
        return tuple(dict.fromkeys((*self.regions, *self.address_regions)))

    @property
    def config(self) -> Cluster:
        """The config cluster."""
        return self.cluster(self.config_cluster)

    @property
    def patience_for_services(self) -> int:
        """Seconds that Services which others make may be missing, once they could be there."""
        return self.service_wait or SERVICE_WAIT

    @property
    def namespaces(self) -> tuple[str, ...]:
        """The namespaces that every cluster needs: the gateway's first, then the services'."""
        return tuple(dict.fromkeys((self.gateway.namespace, *(each.namespace for each in self.services))))

    @property
    def text(self) -> str:
        """As JSON, equal for documents with the same meaning."""
        return json.dumps(self.wire(), sort_keys=True, separators=(",", ":"))

    @property
    def spec_hash(self) -> str:
        """16 hex digits, equal for documents with the same meaning; fits a label."""
        return labels.digest(self.text)

    def cluster(self, name: str) -> Cluster:
        """The cluster of that name.

        Raises:
            KeyError: there is none.
        """
        return {cluster.name: cluster for cluster in self.clusters}[name]

    def exporters(self, service: Service) -> tuple[Cluster, ...]:
        """The clusters that export a service, in the order of the clusters."""
        return tuple(cluster for cluster in self.clusters if cluster.name in service.clusters)

    def exports(self, cluster: Cluster) -> tuple[Service, ...]:
        """The services that a cluster exports."""
        return tuple(service for service in self.services if cluster.name in service.clusters)

    def wire(self) -> dict[str, Any]:
        """Plain JSON with every default. Parsed, it gives an equal environment."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)
