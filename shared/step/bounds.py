"""How long each reason is waited for before its cause is looked for: one table of every reason that a step may give.

A bound is what the platform takes on a slow day, and at most five minutes more. It lies far below the budget of every
step, so that running out of time is the last resort. At its bound the workflow has the verification function apply the
rules of `shared.diagnosis` (mode look). What they find ends the request if it explains this reason; if nothing does,
the step goes on waiting, and the next look comes when it has waited twice as long.

`causes` are the codes that explain a reason. Others may be found as well while an environment is being made: what is
not there yet is no cause. A reason without causes passes by itself, or its step says itself what it waits for, and
blocks the request in time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SLOW = 300.0  # seconds: for what the platform does within a minute
HEALTHY = 270.0  # seconds: for the health checks of new endpoints


@dataclass(frozen=True)
class Bound:
    """After how many seconds of one reason its cause is looked for, and the codes that explain it."""

    seconds: float
    causes: frozenset[str] = frozenset()


_PROJECT = frozenset({"API_DISABLED", "PERMISSION_DENIED", "QUOTA_EXCEEDED"})
_CLUSTERS = _PROJECT | {"CLUSTER_IN_ERROR"}
_NETWORK = _PROJECT | {"SUBNETWORK_MISSING", "RANGE_REFUSED"}
_FLEET = _CLUSTERS | {"SERVICE_AGENT_WITHOUT_ROLE", "CONFIG_MEMBERSHIP_ELSEWHERE"}
_IMPORTS = _CLUSTERS | {
    "IMPORTER_WITHOUT_ROLE",
    "IMPORTER_STARVED",
    "IMPORT_INCOMPLETE",
    "SERVICE_UNFIT",
}
_LOAD_BALANCER = (
    _FLEET | _NETWORK | {"PROXY_SUBNET_MISSING", "ADDRESS_UNKNOWN", "BACKEND_PORT_UNKNOWN", "TRAFFIC_TAKEN"}
)
_CLASS = _FLEET | {"GATEWAY_CLASS_ABSENT"}
_TRAFFIC = (
    _LOAD_BALANCER
    | _CLASS
    | _IMPORTS
    | {"FIREWALL_CLOSED", "PODS_NOT_READY", "ENDPOINTS_ABSENT", "HEALTH_CHECK_FAILS", "SERVICE_MISSING"}
)
# What a controller needs that takes something down. Its clusters and their contents are going: nothing of them counts.
_REMOVAL = frozenset({"API_DISABLED", "SERVICE_AGENT_WITHOUT_ROLE", "CONFIG_MEMBERSHIP_ELSEWHERE"})

BOUNDS: Mapping[str, Bound] = {
    # Of any step: what passes by itself, or is the work of somebody else. A place that is down is no cause: it returns.
    "Transient": Bound(SLOW, _PROJECT),
    "RequestBeforeEnds": Bound(SLOW, _PROJECT),
    "WritePending": Bound(SLOW, _PROJECT),
    "Changed": Bound(SLOW, _PROJECT),
    "MessageExpired": Bound(SLOW, _PROJECT),
    "PlaceUnreachable": Bound(SLOW),
    "OperationInProgress": Bound(600.0, _CLUSTERS),
    "StillInUse": Bound(600.0),
    "NoAnswer": Bound(480.0, _PROJECT),  # of the workflow: five messages, none of them answered
    "NotSent": Bound(SLOW, _PROJECT),  # of the workflow
    # The claim and the settlement: there is no environment yet or any more that could be looked at.
    "AnchorReserving": Bound(SLOW),
    "AnchorReleasing": Bound(SLOW),
    # Subnets.
    "ProxySubnetCreating": Bound(SLOW, _NETWORK),
    "ProxySubnetDeleting": Bound(SLOW, _NETWORK),
    "SubnetDeleting": Bound(SLOW, _REMOVAL),
    "AddressInUse": Bound(SLOW, _REMOVAL),
    # Clusters. GKE tries for half an hour before it says that a zone has no room [observed].
    "ClusterProvisioning": Bound(600.0, _CLUSTERS),
    "ClusterStopping": Bound(600.0, _CLUSTERS),
    "ClusterUpdating": Bound(1200.0, _CLUSTERS),  # it may replace every node
    "ClusterInUse": Bound(480.0),  # the step says itself by what
    # The fleet.
    "MembershipCreating": Bound(SLOW, _CLUSTERS),
    "MembershipDeleting": Bound(SLOW, _REMOVAL),
    "MembershipState": Bound(600.0, _FLEET),
    "MembershipLost": Bound(180.0, _FLEET),  # it worked, and says so at once
    "FeatureEnabling": Bound(SLOW, _FLEET),
    "FeatureDisabling": Bound(SLOW, _REMOVAL),
    "FeatureUpdating": Bound(SLOW, _FLEET),
    "FeatureState": Bound(480.0, _FLEET),
    "FeatureShared": Bound(SLOW, _REMOVAL),
    "ApiDisabling": Bound(SLOW),
    # Services and their exports.
    "ServiceExportUnknown": Bound(480.0, _CLUSTERS | {"SERVICE_AGENT_WITHOUT_ROLE"}),
    "ServiceImportMissing": Bound(660.0, _IMPORTS),  # a cluster's first take five minutes [documented]
    "ServiceMissing": Bound(600.0, _CLUSTERS),  # it has a bound of its own, `serviceWait` of the spec
    "Deleting": Bound(SLOW, _REMOVAL),
    "ExportsWithdrawing": Bound(SLOW, _REMOVAL),
    "ClusterSilent": Bound(SLOW, _REMOVAL),
    # The Gateway.
    "GatewayApiUnknown": Bound(SLOW, _CLASS),
    "GatewayClassMissing": Bound(600.0, _CLASS),
    "GatewayPending": Bound(420.0, _LOAD_BALANCER | _CLASS),
    "GatewayRefused": Bound(180.0, _LOAD_BALANCER | _CLASS),  # its status says so at once
    "GatewayUpdating": Bound(SLOW, _LOAD_BALANCER | _CLASS),
    "RoutePending": Bound(SLOW, _LOAD_BALANCER | _IMPORTS),
    "AddressReserving": Bound(SLOW, _NETWORK),
    "AddressLabelling": Bound(SLOW, _NETWORK),
    "AddressReleasing": Bound(SLOW, _NETWORK),
    "GatewayDeleting": Bound(SLOW, _REMOVAL),
    "GatewayHeld": Bound(SLOW),  # the step says itself by whom
    "Inventoried": Bound(SLOW, _REMOVAL),
    "LoadBalancerLeft": Bound(SLOW),  # the step says itself what
    # Verification: what is not there or not proven while another execution is at work, and what requests meet.
    "BeingDeployed": Bound(SLOW),
    "NothingToProve": Bound(180.0, _TRAFFIC),
    "Unreachable": Bound(180.0, _TRAFFIC),
    "TooSlow": Bound(180.0, _TRAFFIC),
    "OutOfTime": Bound(180.0, _TRAFFIC),
    "RouteNotThere": Bound(180.0, _TRAFFIC),
    "WeightsDiffer": Bound(180.0, _TRAFFIC),
    "FilterNotThere": Bound(180.0, _TRAFFIC),
    "NotIdentified": Bound(180.0, _TRAFFIC),
    "RedirectNotThere": Bound(180.0, _TRAFFIC),
    "UnexpectedStatus": Bound(180.0, _TRAFFIC),
    # Health checks pass one to five minutes after the Gateway is programmed [observed]. The first half a minute is the
    # route's, so that these begin later.
    "NoHealthyUpstream": Bound(HEALTHY, _TRAFFIC),
    "WrongCluster": Bound(HEALTHY, _TRAFFIC),
    "BackendUnseen": Bound(HEALTHY, _TRAFFIC),
    # The audit: it reads everything that a rule would.
    "SecondLook": Bound(SLOW),
    "LeftBehind": Bound(SLOW),
    "ListIncomplete": Bound(SLOW),
}
