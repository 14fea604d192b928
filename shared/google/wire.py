"""What Google's APIs answer, as far as Fleetgate reads it: the fields by their names on the wire.

A field that is not set is left out of an answer [documented, JSON mapping of protocol buffers], so none is certain
but what every resource bears. Whoever asks of a resource more than its fields gets a value of the client's module.

For type checkers alone: to make these types at each cold start would cost 4 ms of CPU, and nobody needs them there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Required, TypedDict

# -- Compute Engine. `region`, `network` and the like are links, in whichever form the API likes; see
# `shared.google.compute.path_of`.


class Resource(TypedDict, total=False):
    """What resources of Compute Engine have in common; a kind may lack any of it but the name, which each has.

    `selfLink` is only missing from what is yet to be made.
    """

    name: Required[str]
    selfLink: str
    description: str
    labels: Mapping[str, str]
    network: str
    region: str
    zone: str


class Network(Resource, total=False):
    """A VPC network; in auto mode it makes subnetworks by itself."""

    autoCreateSubnetworks: bool


class SecondaryRange(TypedDict):
    """A further range of a subnetwork."""

    rangeName: str
    ipCidrRange: str


class Subnetwork(Resource, total=False):
    """A subnetwork. Without `purpose` it is an ordinary one; those for proxies have a `role` and a `state`."""

    ipCidrRange: str
    secondaryIpRanges: list[SecondaryRange]
    purpose: str
    role: str
    state: str


class Route(Resource, total=False):
    """A route of a network."""

    destRange: str


class Address(Resource, total=False):
    """A reserved address, or a reserved range, which has a `prefixLength`. A global one has no `region`."""

    id: str
    address: str
    addressType: str
    purpose: str
    prefixLength: int
    subnetwork: str
    status: str
    users: list[str]
    labelFingerprint: str
    creationTimestamp: str


class ForwardingRule(Resource, total=False):
    """A forwarding rule: a load balancer's address."""

    IPAddress: str
    subnetwork: str


class FirewallPart(TypedDict, total=False):
    """What a firewall rule allows or denies."""

    IPProtocol: str
    ports: list[str]


class Firewall(Resource, total=False):
    """A firewall rule: it has `allowed` or `denied`."""

    direction: str
    priority: int
    disabled: bool
    sourceRanges: list[str]
    targetTags: list[str]
    allowed: list[FirewallPart]
    denied: list[FirewallPart]


class Backend(TypedDict, total=False):
    """A group of endpoints behind a backend service."""

    group: Required[str]


class BackendService(Resource, total=False):
    """A backend service."""

    backends: list[Backend]
    healthChecks: list[str]


class HttpHealthCheck(TypedDict, total=False):
    """How a health check asks by HTTP."""

    requestPath: str


class HealthCheck(Resource, total=False):
    """A health check."""

    httpHealthCheck: HttpHealthCheck


class OperationFault(TypedDict, total=False):
    """One reason why an operation failed."""

    code: str
    message: str


class OperationError(TypedDict, total=False):
    """Why an operation failed."""

    errors: list[OperationFault]


class Operation(TypedDict, total=False):
    """An operation of Compute Engine's: done if its `status` is DONE, and then failed if it has an `error`."""

    name: Required[str]
    insertTime: Required[str]
    targetLink: str
    operationType: str
    status: str
    region: str
    httpErrorStatusCode: int
    error: OperationError


# -- IAM


class Condition(TypedDict, total=False):
    """When a binding holds."""

    title: str
    expression: str


class Binding(TypedDict, total=False):
    """Who has a role."""

    role: Required[str]
    members: list[str]
    condition: Condition


class Policy(TypedDict, total=False):
    """A resource's IAM policy. `etag` tells which state of it was read."""

    version: int
    etag: str
    bindings: list[Binding]


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
