"""Whether the ranges of the clusters to be made fit into their network, reckoned before anything is made.

Google says so only when a cluster's creation has failed, and the cluster has to be deleted then. What somebody takes
between this check and the creation cannot be known: of that the creation tells.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from functions.clusters.observed import NetworkRanges, ObservedClusters
from shared.cluster_ranges import (
    AUTOPILOT_PODS,
    MOST_SECONDARY,
    PODS,
    POOL,
    SMALLEST_PODS,
    block_of,
    free_blocks,
    nodes_of,
    placed,
    prefix_for,
    prefix_of,
)
from shared.ranges import Taken
from shared.step.outcome import Blocked

if TYPE_CHECKING:
    from shared.spec import Cluster, Environment


@dataclass(frozen=True)
class NewRange:
    """A range that a new cluster takes: its size, or the block that the spec gives."""

    cluster: str
    field: str
    prefix: int
    block: IPv4Network | None
    least: int = 32  # the smallest that its nodes fit into, a prefix length


def refusal(wanted: Environment, observed: ObservedClusters) -> Blocked | None:
    """Why the clusters that are not there yet cannot have their ranges, if the network's ranges were read."""
    network = observed.network
    new = [each for each in wanted.clusters if not each.existing and observed.at(each) is None]
    if network is None or not new:
        return None
    ranges = [found for each in new for found in _ranges_of(each)]
    return (
        _overlap(network, ranges)
        or _too_little_space(wanted, network, ranges)
        or _too_many_secondary(wanted, network, new)
    )


def _ranges_of(cluster: Cluster) -> Iterable[NewRange]:
    pods = cluster.pod_range or (AUTOPILOT_PODS if cluster.autopilot else PODS)
    least = SMALLEST_PODS if cluster.autopilot else prefix_for(cluster.nodes + 1)
    yield NewRange(cluster.name, "podRange", prefix_of(pods), block_of(pods), least)
    services = cluster.service_range
    if services and (services.startswith("/") or block_of(services)):
        yield NewRange(cluster.name, "serviceRange", prefix_of(services), block_of(services))


def _overlap(network: NetworkRanges, ranges: Sequence[NewRange]) -> Blocked | None:
    """A block that the spec gives and that something has: Google does not place it elsewhere."""
    for each in ranges:
        clash = next((t for t in network.taken if each.block and t.range.overlaps(each.block)), None)
        if clash:
            return Blocked(
                code="RANGE_REFUSED",
                cause=f"{each.field} {each.block} of cluster {each.cluster} overlaps {clash.range}, {clash.by}.",
                fix=f"Set {each.field} of {each.cluster} to a block that is free, or to a size alone:"
                f" with /{each.prefix} GKE chooses the block.",
            )
    return None


def _too_little_space(
    wanted: Environment, network: NetworkRanges, ranges: Sequence[NewRange]
) -> Blocked | None:
    """GKE finds no room for what is asked for by size."""
    sized = [each for each in ranges if each.block is None]
    taken = [*network.taken, *(Taken(each.block, f"{each.cluster}'s") for each in ranges if each.block)]
    free = list(free_blocks(POOL, (each.range for each in taken)))
    room = placed(_largest_first(each.prefix for each in sized), free)
    if room == len(sized):
        return None
    names = len({each.cluster for each in sized})
    return Blocked(
        code="RANGES_EXHAUSTED",
        cause=f"{_counted(names, 'new cluster')} {'needs' if names == 1 else 'need'}"
        f" {_sizes(sized)}, and {POOL}, where GKE looks for them in network {wanted.network}, has room for"
        f" {room} of these {len(sized)} ranges{_takers(network.taken)}.",
        fix=_smaller(sized, free) or _elsewhere(),
    )


def _largest_first(prefixes: Iterable[int]) -> list[int]:
    """The order in which blocks fit if they fit in any."""
    return sorted(prefixes)


def _smaller(sized: Sequence[NewRange], free: Sequence[IPv4Network]) -> str:
    """The largest size that all Pod ranges may have, so that they and the nodes fit; "" if there is none."""
    pods = [each for each in sized if each.field == "podRange"]
    least = min((each.least for each in pods), default=0)
    for prefix in range(min((each.prefix for each in pods), default=32) + 1, least + 1):
        capped = [max(each.prefix, prefix) if each in pods else each.prefix for each in sized]
        if placed(_largest_first(capped), free) == len(sized):
            larger = [each.cluster for each in pods if each.prefix < prefix]
            room = placed([prefix] * (1 << 13), free)
            return (
                f"Set podRange: /{prefix} on {_named(larger)}: there is room for {room} of that size, and each has"
                f" room for {nodes_of(prefix)} nodes."
            )
    return ""


def _elsewhere() -> str:
    return (
        f"Give new clusters blocks outside {POOL} as podRange, such as 172.16.0.0/16, free some of {POOL},"
        " or put clusters into another environment with a network of its own."
    )


def _too_many_secondary(
    wanted: Environment, network: NetworkRanges, new: Sequence[Cluster]
) -> Blocked | None:
    """Each range becomes a secondary range of the subnetwork in the cluster's region."""
    takes = Counter(each.region for each in new for _ in _ranges_of(each))
    for region, more in sorted(takes.items()):
        has = network.secondary_ranges(region)
        if has + more > MOST_SECONDARY:
            return Blocked(
                code="RANGES_EXHAUSTED",
                cause=f"Subnetwork {wanted.subnetwork} in {region} has {has} secondary ranges, the new clusters there"
                f" need {more}, and {MOST_SECONDARY} are the most that a subnetwork can have.",
                fix="Put some of the clusters into other regions, or leave out serviceRange, which takes one as well.",
            )
    return None


def _sizes(ranges: Sequence[NewRange]) -> str:
    """`40 × /14 for Pods and 2 × /20 for Services`."""
    found = []
    for field, what in (("podRange", "Pods"), ("serviceRange", "Services")):
        counts = Counter(each.prefix for each in ranges if each.field == field)
        if counts:
            found.append(
                " and ".join(f"{count} × /{prefix}" for prefix, count in sorted(counts.items()))
                + f" for {what}"
            )
    return " and ".join(found)


def _takers(taken: Sequence[Taken]) -> str:
    """What has the most of the pool, at most two."""
    there = sorted(
        (each for each in taken if each.range.overlaps(POOL)), key=lambda each: each.range.prefixlen
    )
    named = " and ".join(f"{each.range} is taken by {each.by}" for each in there[:2])
    more = f" and {len(there) - 2} more" if len(there) > 2 else ""
    return f"; {named}{more}" if named else ""


def _named(clusters: Sequence[str]) -> str:
    """A few by name, many by number."""
    if len(clusters) > 4:
        return f"the {len(clusters)} new clusters that have none or a larger one"
    return " and ".join(filter(None, (", ".join(clusters[:-1]), clusters[-1])))


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
