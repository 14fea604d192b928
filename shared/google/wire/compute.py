"""Compute Engine. `region`, `network` and the like are links, in whichever form the API likes; see
`shared.google.compute.path_of`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Required, TypedDict


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
