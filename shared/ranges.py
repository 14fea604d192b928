"""Which ranges proxy-only subnets may have, and which are chosen by default: pure arithmetic, no I/O.

A range must not overlap what the network already routes or reserves: subnets and their secondary ranges, routes (also
of peered networks), ranges reserved for peered services. An auto-mode network also reserves 10.128.0.0/9 for its own
subnets; Compute Engine refuses it for any other [documented].

The choice depends only on the regions and the taken ranges, in a fixed order. So two runs at the same time choose the
same. A run that finds subnets in some regions chooses for the others what it chose before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

Ranges = Mapping[str, IPv4Network]

PREFIX = 23  # recommended for proxy-only subnets; 26 is the least [documented, proxy-only subnets]
LONGEST_PREFIX = 26
AUTO_MODE = IPv4Network("10.128.0.0/9")

# Tried in this order. 10.0.0.0/8 comes late: GKE takes the Pod ranges of new clusters from there, and a range that it
# is about to take is not visible yet. 192.168.0.0/16 is last: nodes with interfaces of their own, those of A3 machines
# among them, may have these in it, and then no proxy there gets an answer [observed, one report: 98 s, then nothing].
POOLS = (IPv4Network("172.16.0.0/12"), IPv4Network("10.0.0.0/8"), IPv4Network("192.168.0.0/16"))

# Taken in every VPC without being listed anywhere: the Docker bridge's range, which Google's managed services
# avoid or use themselves [documented, Cloud SQL private IP].
UNLISTED = IPv4Network("172.17.0.0/16")


@dataclass(frozen=True)
class Taken:
    """A range that is in use, and its user, as a message names it."""

    range: IPv4Network
    by: str


class NoRangeLeft(Exception):
    """Every candidate overlaps something."""


def choose(regions: Iterable[str], taken: Iterable[Taken], *, auto_mode: bool) -> dict[str, IPv4Network]:
    """A free range for each of `regions`, which get them in alphabetical order.

    Raises:
        NoRangeLeft: the private ranges are used up.
    """
    free = _candidates([*(each.range for each in taken), UNLISTED, *([AUTO_MODE] if auto_mode else [])])
    try:
        return {region: next(free) for region in sorted(set(regions))}
    except StopIteration:
        raise NoRangeLeft(f"no /{PREFIX} is left in {', '.join(map(str, POOLS))}") from None


def objection(wanted: IPv4Network, taken: Sequence[Taken], *, auto_mode: bool) -> str | None:
    """Why `wanted` cannot be a proxy-only subnet's range, or None if it can."""
    if wanted.prefixlen > LONGEST_PREFIX:
        return f"{wanted} has fewer than 64 addresses: /{LONGEST_PREFIX} is the smallest"
    if auto_mode and wanted.overlaps(AUTO_MODE):
        return f"{wanted} is in {AUTO_MODE}, which an auto-mode network keeps for its own subnets"
    clash = next((each for each in taken if each.range.overlaps(wanted)), None)
    return f"{wanted} overlaps {clash.range}, {clash.by}" if clash else None


def objections(wanted: Ranges, taken: Sequence[Taken], *, auto_mode: bool) -> dict[str, str]:
    """Region → why its wanted range is not possible. Wanted ranges must not overlap each other either."""
    found = {}
    before: list[Taken] = []
    for region, each in sorted(wanted.items()):
        if reason := objection(each, [*taken, *before], auto_mode=auto_mode):
            found[region] = reason
        before.append(Taken(each, f"wanted for {region}"))
    return found


def _candidates(taken: Sequence[IPv4Network]) -> Iterator[IPv4Network]:
    spans = sorted((int(each.network_address), int(each.broadcast_address)) for each in taken)
    for pool in POOLS:
        yield from _free(pool, spans)


def _free(pool: IPv4Network, spans: Sequence[tuple[int, int]]) -> Iterator[IPv4Network]:
    """The free candidates of one pool. It skips a taken range in one step: a pool has up to 32768 candidates."""
    size = 1 << (32 - PREFIX)
    at, end = int(pool.network_address), int(pool.broadcast_address)
    while at <= end:
        last = at + size - 1
        clash = max((high for low, high in spans if low <= last and high >= at), default=None)
        if clash is None:
            yield IPv4Network((at, PREFIX))
            at += size
        else:
            at = (clash // size + 1) * size
