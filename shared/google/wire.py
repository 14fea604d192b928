"""What Google's APIs answer, as far as Fleetgate reads it: the fields by their names on the wire.

A field that is not set is left out of an answer [documented, JSON mapping of protocol buffers], so none is certain
but what every resource bears. Whoever asks of a resource more than its fields gets a value of the client's module.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Required, TypedDict

# -- GKE


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
    """Whether a cluster is VPC-native."""

    useIpAliases: bool


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


# -- the fleet


class FeatureState(TypedDict, total=False):
    """A state: its code, and why."""

    code: str
    description: str


class StateHolder(TypedDict, total=False):
    """A feature's state as a whole, or of one membership."""

    state: FeatureState


class LifeCycle(TypedDict, total=False):
    """Where a resource is in its life."""

    state: str


class IngressSpec(TypedDict, total=False):
    """What multi-cluster ingress is told."""

    configMembership: str


class FeatureSpec(TypedDict, total=False):
    """What a feature is told."""

    multiclusteringress: IngressSpec


class Feature(TypedDict, total=False):
    """A feature of a fleet. Keys of `membershipStates` are full names with the project's number [observed]."""

    name: Required[str]
    labels: Mapping[str, str]
    createTime: str
    resourceState: LifeCycle
    state: StateHolder
    membershipStates: Mapping[str, StateHolder]
    spec: FeatureSpec


class GkeCluster(TypedDict, total=False):
    """The cluster of GKE's behind a membership."""

    resourceLink: str
    clusterMissing: bool


class MembershipEndpoint(TypedDict, total=False):
    """What is behind a membership."""

    gkeCluster: GkeCluster


class MembershipState(TypedDict, total=False):
    """Whether a membership is READY."""

    code: str


class Membership(TypedDict, total=False):
    """A membership of a fleet."""

    name: Required[str]
    labels: Mapping[str, str]
    createTime: str
    state: MembershipState
    endpoint: MembershipEndpoint


# -- workflow executions


class CurrentStep(TypedDict, total=False):
    """What one thread of an execution is at."""

    routine: str
    step: str


class ExecutionStatus(TypedDict, total=False):
    """What an execution is at."""

    currentSteps: list[CurrentStep]


class Execution(TypedDict, total=False):
    """An execution of a workflow. `argument` and `result` are JSON texts."""

    name: Required[str]
    state: str
    argument: str
    result: str
    error: Any
    status: ExecutionStatus
