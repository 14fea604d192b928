"""Compute Engine: networks, subnetworks, addresses, and the parts of a load balancer.

Reserved names, ranges and addresses are checked in Google's words; mutations answer operations that take
time. A load balancer's parts are made by controllers, straight in the store; here they are read and deleted.
"""

from localcloud.compute import addresses, firewalls, loadbalancing, locations, networks, subnetworks
from localcloud.compute.addresses import allocate_address
from localcloud.compute.creation import (
    create_default_network,
    create_network,
    create_subnetwork,
)
from localcloud.compute.loadbalancing import set_health
from localcloud.compute.names import full_name, url
from localcloud.compute.service import service
from localcloud.compute.usage import rules_at

__all__ = [
    "addresses",
    "allocate_address",
    "create_default_network",
    "create_network",
    "create_subnetwork",
    "firewalls",
    "full_name",
    "loadbalancing",
    "locations",
    "networks",
    "rules_at",
    "service",
    "set_health",
    "subnetworks",
    "url",
]
