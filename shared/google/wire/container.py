"""GKE: clusters, their node pools and operations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Required, TypedDict


class GatewayApiConfig(TypedDict, total=False):
    """Whether a cluster has the Gateway API."""

    channel: str


class NetworkConfig(TypedDict, total=False):
    """A cluster's network."""

    gatewayApiConfig: GatewayApiConfig
    defaultEnablePrivateNodes: bool


class WorkloadIdentityConfig(TypedDict, total=False):
    """A cluster's workload pool."""

    workloadPool: str


class FleetConfig(TypedDict, total=False):
    """A cluster's place in a fleet. `membership` begins with `//gkehub.googleapis.com/`."""

    project: str
    membership: str


class ReleaseChannel(TypedDict, total=False):
    """Where a cluster's versions come from."""

    channel: str


class IpAllocationPolicy(TypedDict, total=False):
    """Whether a cluster is VPC-native, and where its Pods and Services are."""

    useIpAliases: bool
    clusterIpv4CidrBlock: str
    servicesIpv4CidrBlock: str


class CidrBlock(TypedDict, total=False):
    """One authorized network."""

    cidrBlock: str


class AuthorizedNetworks(TypedDict, total=False):
    """Who may reach a cluster's public endpoint."""

    enabled: bool
    gcpPublicCidrsAccessEnabled: bool
    cidrBlocks: list[CidrBlock]


class DnsEndpointConfig(TypedDict, total=False):
    """A control plane's endpoint by name."""

    endpoint: str
    allowExternalTraffic: bool


class IpEndpointsConfig(TypedDict, total=False):
    """A control plane's endpoints by address."""

    publicEndpoint: str
    privateEndpoint: str
    authorizedNetworksConfig: AuthorizedNetworks


class ControlPlaneEndpointsConfig(TypedDict, total=False):
    """How a cluster's control plane is reached."""

    dnsEndpointConfig: DnsEndpointConfig
    ipEndpointsConfig: IpEndpointsConfig


class MasterAuth(TypedDict, total=False):
    """The authority of the endpoints that are addresses, base64 of PEM."""

    clusterCaCertificate: str


class Enabled(TypedDict, total=False):
    """A switch, as Autopilot's and a node pool's autoscaling."""

    enabled: bool


class PrivateClusterConfig(TypedDict, total=False):
    """An older place for private nodes."""

    enablePrivateNodes: bool


class NodeDefaults(TypedDict, total=False):
    """Whom Autopilot's nodes run as."""

    serviceAccount: str


class Autoscaling(TypedDict, total=False):
    """What a cluster makes nodes of by itself."""

    autoprovisioningNodePoolDefaults: NodeDefaults


class NodeConfig(TypedDict, total=False):
    """What a node pool's nodes are."""

    machineType: str
    serviceAccount: str


class NodeNetworkConfig(TypedDict, total=False):
    """A node pool's network."""

    enablePrivateNodes: bool


class NodePool(TypedDict, total=False):
    """One node pool of a cluster. `locations` are zones; `initialNodeCount` is of each of them."""

    name: Required[str]
    config: NodeConfig
    initialNodeCount: int
    locations: list[str]
    networkConfig: NodeNetworkConfig
    autoscaling: Enabled


class StatusCondition(TypedDict, total=False):
    """Why a cluster is in its state."""

    code: str
    canonicalCode: str
    message: str


class Cluster(TypedDict, total=False):
    """A cluster of GKE's. `network` and `subnetwork` are short names."""

    name: Required[str]
    location: Required[str]
    status: str
    statusMessage: str
    conditions: list[StatusCondition]
    createTime: str
    network: str
    subnetwork: str
    resourceLabels: Mapping[str, str]
    networkConfig: NetworkConfig
    workloadIdentityConfig: WorkloadIdentityConfig
    fleet: FleetConfig
    releaseChannel: ReleaseChannel
    ipAllocationPolicy: IpAllocationPolicy
    clusterIpv4Cidr: str
    servicesIpv4Cidr: str
    controlPlaneEndpointsConfig: ControlPlaneEndpointsConfig
    endpoint: str
    masterAuth: MasterAuth
    autopilot: Enabled
    privateClusterConfig: PrivateClusterConfig
    autoscaling: Autoscaling
    nodePools: list[NodePool]


class ClusterOperation(TypedDict, total=False):
    """An operation of GKE's."""

    operationType: str
    status: str
    startTime: str
    targetLink: str
