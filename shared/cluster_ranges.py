"""What ranges a GKE cluster takes of its network: sizes, defaults and limits. Pure arithmetic, no I/O.

A range is given as a block ("10.4.0.0/14"), or as a size ("/17"), and then GKE chooses a block of that size
[documented: container v1, IPAllocationPolicy]. Each block becomes a secondary range of the cluster's subnetwork.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Network

# Where GKE looks for what is asked for by size: "does not have available private IP space in 10.0.0.0/9 to reserve a
# /14 block for pods" (cilium/cilium#20338, cilium/cilium-cli#1654) [observed, on auto-mode networks since 2022; before,
# it said 10.0.0.0/8]. That it is the same on custom-mode networks is [inferred].
POOL = IPv4Network("10.0.0.0/9")
PODS, AUTOPILOT_PODS = "/14", "/17"  # of a cluster where nothing is said [documented: VPC-native clusters]
# What every cluster may have for its Services, outside the VPC network, and what a new one gets where nothing is said:
# Standard since GKE 1.29, Autopilot since 1.27 [documented: VPC-native clusters].
SHARED_SERVICES = IPv4Network("34.118.224.0/20")
NODE_PREFIX = 24  # of the block that a node takes of the Pod range: twice what its 110 Pods need [documented]
# The smallest Pod range that GKE makes [documented: VPC-native clusters]; "Cluster CIDR range is greater than maximum
# (22 > 21)" is what a smaller one is answered (rancher/rancher#36254) [observed].
SMALLEST_PODS = 21
# Secondary ranges of one subnetwork [documented: VPC quotas, per network]. It was 30 in 2023
# (googleapis/google-cloud-go#7219) [observed].
MOST_SECONDARY = 170


def prefix_of(value: str) -> int:
    """The prefix length of a range that is given by block or by size."""
    return int(value.rpartition("/")[2])


def block_of(value: str | None) -> IPv4Network | None:
    """The block of the network that is given; None if GKE chooses it, or if it is outside of every network."""
    block = IPv4Network(value) if value and not value.startswith("/") else None
    return None if block == SHARED_SERVICES else block


def nodes_of(prefix: int) -> int:
    """How many nodes a Pod range has room for."""
    return 1 << max(NODE_PREFIX - prefix, 0)


def prefix_for(nodes: int) -> int:
    """The smallest Pod range for so many nodes, as a prefix length."""
    return min(NODE_PREFIX - (nodes - 1).bit_length(), SMALLEST_PODS)


def free_blocks(pool: IPv4Network, taken: Iterable[IPv4Network]) -> Iterator[IPv4Network]:
    """What of the pool no taken range touches, as the largest blocks that there are, in ascending order."""
    hits = [each for each in taken if each.overlaps(pool)]
    if not hits:
        yield pool
    elif not any(pool.subnet_of(each) for each in hits):
        for half in pool.subnets():
            yield from free_blocks(half, hits)


def room_for(prefix: int, free: Iterable[IPv4Network]) -> int:
    """How many blocks of a size the free ones have room for."""
    return sum(1 << prefix - each.prefixlen for each in free if each.prefixlen <= prefix)


def certain(prefixes: Iterable[int], free: Sequence[IPv4Network]) -> bool:
    """Whether blocks of these sizes fit wherever in the free ones each is put, and in whatever order.

    Whoever puts them at random may put a small one into the place of each large one.
    """
    counts = Counter(prefixes)
    return all(
        sum(count << max(prefix - other, 0) for other, count in counts.items()) <= room_for(prefix, free)
        for prefix in counts
    )


def placed(prefixes: Iterable[int], free: Iterable[IPv4Network]) -> int:
    """How many blocks of these sizes, in this order, the free ones have room for; each takes the tightest place."""
    left, count = sorted(each.prefixlen for each in free), 0
    for prefix in prefixes:
        fitting = [each for each in left if each <= prefix]
        if fitting:
            left.remove(fitting[-1])
            left += range(fitting[-1] + 1, prefix + 1)  # the halves that remain of it
            left.sort()
            count += 1
    return count
