"""Whether the ranges of the clusters to be made fit into their network, reckoned before anything is made.

Google says so only when a cluster's creation has failed, and the cluster has to be deleted then. Blocks that are asked
for by size are "randomly selected" (gcloud container clusters create --help) [documented], in the order in which the
creations happen to run. So ranges fit if they fit however GKE chooses. What somebody takes between this check and the
creation cannot be known: of that the creation tells.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
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
    certain,
    free_blocks,
    nodes_of,
    placed,
    prefix_for,
    prefix_of,
    room_for,
)
from shared.ranges import UNLISTED, Taken
from shared.step.outcome import Blocked

if TYPE_CHECKING:
    from shared.spec import Cluster, Environment

# Where a block is free of what GKE chooses, and of auto-mode networks: for examples [documented: VPC, valid ranges].
PREFIX = 16  # of such an example, or larger
ELSEWHERE = tuple(map(IPv4Network, ("172.16.0.0/12", "100.64.0.0/10", "240.0.0.0/5")))


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
    network = replace(network, taken=[*network.taken, *_proxies(wanted)])
    return (
        _overlap(network, ranges)
        or _in_reach(network, ranges)
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


def _proxies(wanted: Environment) -> Iterable[Taken]:
    """The ranges that proxy-only subnets get before the clusters get theirs."""
    if not isinstance(wanted.proxy_ranges, str):
        for region, text in wanted.proxy_ranges.items():
            yield Taken(IPv4Network(text), f"proxyRanges.{region}")


def _in_reach(network: NetworkRanges, ranges: Sequence[NewRange]) -> Blocked | None:
    """A block that the spec gives where GKE chooses for another new cluster: that may get it first."""
    for each in ranges:
        others = sorted({one.cluster for one in ranges if one.block is None} - {each.cluster})
        if others and each.block and each.block.overlaps(POOL):
            return Blocked(
                code="RANGE_REFUSED",
                cause=f"{each.field} {each.block} of cluster {each.cluster} lies in {POOL}, where GKE chooses ranges"
                f" for {others[0]}{f' and {len(others) - 1} more' if others[1:] else ''}, and may choose this one.",
                fix=f"Set {each.field} of {each.cluster} to a size alone, /{each.prefix},"
                f" or to a block outside {POOL}{_example(network, ranges, each.prefix)}.",
            )
    return None


def _example(network: NetworkRanges, ranges: Iterable[NewRange], prefix: int) -> str:
    """A free block of that size where GKE does not choose, if there is one."""
    taken = [
        *(each.range for each in network.taken),
        *(each.block for each in ranges if each.block),
        UNLISTED,
    ]
    free = (block for place in ELSEWHERE for block in free_blocks(place, taken) if block.prefixlen <= prefix)
    found = next(free, None)
    return f", such as {found.network_address}/{prefix}" if found else ""


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
    if certain((each.prefix for each in sized), free):
        return None
    room = placed(_largest_first(each.prefix for each in sized), free)
    names = len({each.cluster for each in sized})
    fits = f"has room for {room} of these {len(sized)} ranges"
    if room == len(sized):
        fits = "has room for all only if none of the smaller ones takes the place of a larger one"
    return Blocked(
        code="RANGES_EXHAUSTED",
        cause=f"{_counted(names, 'new cluster')} {'needs' if names == 1 else 'need'}"
        f" {_sizes(sized)}, and {POOL}, where GKE chooses them in network {wanted.network},"
        f" {fits}{_takers(network.taken)}.",
        fix=_smaller(sized, free)
        or _elsewhere(_example(network, ranges, min(PREFIX, *(each.least for each in sized)))),
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
        if certain(capped, free):
            larger = [each.cluster for each in pods if each.prefix < prefix]
            return (
                f"Set podRange: /{prefix} on {_named(larger)}: there is room for {room_for(prefix, free)} of that size,"
                f" and each has room for {nodes_of(prefix)} nodes."
            )
    return ""


def _elsewhere(example: str) -> str:
    return (
        f"Give new clusters blocks outside {POOL} as podRange{example}, free some of {POOL},"
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
