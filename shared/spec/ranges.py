"""Ranges of addresses in a spec: of proxy-only subnets, and of a cluster's Pods and Services.

A cluster's range is a CIDR block ("10.4.0.0/14"), or a size ("/17"), and then GKE chooses a block of that size
[documented: container v1, IPAllocationPolicy].
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from shared.cluster_ranges import SHARED_SERVICES, SMALLEST_PODS, prefix_of
from shared.spec.locations import refusal

# RFC 1918 and RFC 6598 [documented: docs.cloud.google.com/vpc/docs/subnets, valid ranges].
PRIVATE = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")))
# Of the other valid ranges those that nobody has on the internet: benchmarks (RFC 2544) and class E (RFC 1112).
UNROUTED = (*PRIVATE, IPv4Network("198.18.0.0/15"), IPv4Network("240.0.0.0/4"))
BROADCAST = IPv4Address("255.255.255.255")  # in class E, and prohibited [documented: the same page]
_SIZE = re.compile(r"/([0-9]{1,2})")  # \d has the digits of every script


@dataclass(frozen=True)
class _Bounds:
    """What a cluster's range may be: `largest` and `smallest` are prefix lengths."""

    of: str
    largest: int
    smallest: int
    example: str
    others: Sequence[IPv4Network] = ()


# A Pod range that GKE makes is a /9 at most, a Service range from a /27 to a /16 [documented: VPC-native clusters].
PODS = _Bounds("a Pod range", 9, SMALLEST_PODS, "10.4.0.0/14")
SERVICES = _Bounds("a Service range", 16, 27, "10.0.32.0/20", (SHARED_SERVICES,))


def proxy_range(value: str) -> str:
    """A range that a proxy-only subnet may have: private IPv4, /26 or larger, no host bits.

    /26 is the smallest that Google accepts, /23 the one that it recommends
    [documented: docs.cloud.google.com/load-balancing/docs/proxy-only-subnets].

    Raises:
        PydanticCustomError: it is not such a range.
    """
    network = _block(value, "a proxy-only subnet", "10.129.0.0/23")
    if network.prefixlen > 26:
        raise refusal(
            f"{value} is smaller than /26", f"write {network.supernet(new_prefix=23)} (/23 is recommended)"
        )
    _check_place(network, PRIVATE)
    return value


def pod_range(value: str) -> str:
    """A cluster's Pod range, by block or by size.

    Raises:
        PydanticCustomError: it is none.
    """
    return _cluster_range(value, PODS)


def service_range(value: str) -> str:
    """A cluster's Service range, by block or by size.

    Raises:
        PydanticCustomError: it is none.
    """
    return _cluster_range(value, SERVICES)


def _cluster_range(value: str, bounds: _Bounds) -> str:
    if not _SIZE.fullmatch(value):
        network = _block(value, bounds.of, f"{bounds.example}, or a size such as /20")
        if network in bounds.others:
            return value
        _check_place(network, UNROUTED)
        if network[-1] == BROADCAST:
            raise refusal(f"{network} has {BROADCAST}, which no network may have", _sizes(bounds))
    prefix = prefix_of(value)
    if prefix > bounds.smallest:
        raise refusal(f"{value} is smaller than /{bounds.smallest}", _sizes(bounds))
    if prefix < bounds.largest:
        raise refusal(f"{value} is larger than /{bounds.largest}", _sizes(bounds))
    return value


def _sizes(bounds: _Bounds) -> str:
    return f"write {bounds.of} from /{bounds.largest} to /{bounds.smallest}"


def _check_place(network: IPv4Network, places: Sequence[IPv4Network]) -> None:
    if not any(network.subnet_of(each) for each in places):
        raise refusal(f"{network} is not private", f"take it from {', '.join(map(str, places))}")


def _block(value: str, what: str, example: str) -> IPv4Network:
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise refusal(f"{value!r} is not a range", f"write address and length, such as {example}") from None
    if not isinstance(network, IPv4Network):
        raise refusal(f"{value} is IPv6; {what} is IPv4", f"write an IPv4 range such as {example}")
    if str(network) != value:
        raise refusal(f"{value!r} is not the start of a range", f"write {network}")
    return network
