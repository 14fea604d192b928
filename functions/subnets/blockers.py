"""What a person must fix before proxy-only subnets can be created: networks, names, ranges, failures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from functions.subnets.changes import fix_of, what_is
from functions.subnets.observed import ObservedNetwork, is_ordinary, is_ready
from shared import labels
from shared.cluster_ranges import block_of
from shared.google.compute import region_of
from shared.ranges import NoRangeLeft, Taken, choose, objections
from shared.step.outcome import Blocked, Failed, Stopped, Warned

if TYPE_CHECKING:
    from shared.google import wire
    from shared.spec import Environment


TRIES = 3  # failed inserts in one region and claim, then the step fails; a new cluster may take a range that was chosen


def blocker(wanted: Environment, observed: ObservedNetwork, missing: list[str]) -> Blocked | None:
    """What a person must fix before a subnet can be created in the `missing` regions."""
    if missing and observed.network is None:
        return Blocked(
            code="NETWORK_MISSING",
            cause=f"Project {wanted.project} has no network {wanted.network}.",
            fix=f"Name another network, or: gcloud compute networks create {wanted.network}"
            f" --project={wanted.project}",
        )
    ordinary = {region for region, each in observed.named(wanted.subnetwork).items() if is_ordinary(each)}
    if without := [region for region in wanted.proxy_regions if region not in ordinary]:
        return Blocked(
            code="SUBNETWORK_MISSING",
            cause=f"Network {wanted.network} has no subnetwork {wanted.subnetwork} in {', '.join(without)}.",
            fix=_creations(wanted, observed, without),
        )
    return _conflict(wanted, observed, missing)


def ranges_for(
    wanted: Environment, observed: ObservedNetwork, missing: Iterable[str]
) -> dict[str, IPv4Network] | Blocked:
    """A range for each region that has no proxy-only subnet: from the spec, or chosen."""
    missing = list(missing)
    given = {region: each for region, each in _given(wanted).items() if region in missing}
    if refused := objections(given, observed.taken, auto_mode=observed.auto_mode):
        return Blocked(
            code="RANGE_REFUSED",
            cause="; ".join(f"{region}: {reason}" for region, reason in refused.items()) + ".",
            fix="Set proxyRanges to auto, or to ranges that are free.",
        )
    reserved = [Taken(each, f"wanted for {region}") for region, each in _given(wanted).items()]
    reserved += [Taken(each, "wanted for a cluster") for each in _of_clusters(wanted)]
    open_regions = [region for region in missing if region not in given]
    try:
        return given | choose(open_regions, [*observed.taken, *reserved], auto_mode=observed.auto_mode)
    except NoRangeLeft as error:
        return Blocked(
            code="NO_RANGE_FREE",
            cause=f"Network {wanted.network}: {error}.",
            fix="Give ranges of your own in proxyRanges, or free some.",
        )


def given_up(observed: ObservedNetwork, regions: Iterable[str]) -> Stopped | None:
    """The failure, if the insert has failed `TRIES` times in a region; where something may be in the way, once."""
    for region in regions:
        failures = [each.failure for each in observed.inserts if each.region == region and each.failure]
        if failures and (beside := observed.beside(region)):
            return Blocked(
                code="SUBNET_IN_THE_WAY",
                cause=f"{region}: {failures[-1]} {what_is(beside)}",
                fix=fix_of(beside),
            )
        if len(failures) >= TRIES:
            return Failed(
                code="SUBNET_NOT_CREATED",
                cause=f"{region}: {failures[-1]} ({len(failures)} times).",
                fix="Fix what the cause names, and publish the request again.",
            )
    return None


def contested(observed: ObservedNetwork, regions: Iterable[str]) -> list[Warned]:
    """What may refuse a subnet in these regions: before anything is made, and as long as its insert may fail."""
    return [
        Warned(
            code="SUBNET_CONTESTED",
            cause=f"Google may refuse the proxy-only subnet of {region}: {what_is(beside)}",
            fix=fix_of(beside),
        )
        for region in regions
        if (beside := observed.beside(region))
    ]


def _creations(wanted: Environment, observed: ObservedNetwork, without: list[str]) -> str:
    """The commands that create ordinary subnets in the regions without one, in free ranges."""
    try:
        free = choose(without, observed.taken, auto_mode=observed.auto_mode)
    except NoRangeLeft as error:
        return f"Free a range of network {wanted.network}: {error}."
    return " && ".join(
        f"gcloud compute networks subnets create {wanted.subnetwork} --project={wanted.project}"
        f" --network={wanted.network} --region={region} --range={cidr}"
        for region, cidr in free.items()
    )


def _conflict(wanted: Environment, observed: ObservedNetwork, missing: Iterable[str]) -> Blocked | None:
    """An existing subnet that is not what is wanted, and that we must not change."""
    named = observed.named(labels.proxy_subnet_name(wanted.name))
    for region in missing:
        if region in named and is_ready(
            named[region]
        ):  # one that is not ready is ours: its insert still runs
            return _obstacle(named[region], "has the name of the proxy-only subnet, but is not an active one")
    given = _given(wanted)
    for region, proxy in observed.proxies().items():
        if region in given and IPv4Network(proxy["ipCidrRange"]) != given[region]:
            return _obstacle(
                proxy,
                f"is the region's only active proxy-only subnet, but has another range than {given[region]}",
            )
    return None


def _obstacle(subnetwork: wire.Subnetwork, why: str) -> Blocked:
    where = f"{subnetwork['name']} ({subnetwork['ipCidrRange']}) in {region_of(subnetwork)}"
    return Blocked(
        code="SUBNET_IN_THE_WAY",
        cause=f"Subnetwork {where} {why}.",
        fix=f"Set proxyRanges to auto or to {subnetwork['ipCidrRange']}, or delete {subnetwork['name']}.",
    )


def _of_clusters(wanted: Environment) -> Iterator[IPv4Network]:
    """The blocks that the spec gives to clusters: they may be made later than the subnets."""
    for each in wanted.clusters:
        yield from filter(None, (block_of(each.pod_range), block_of(each.service_range)))


def _given(wanted: Environment) -> dict[str, IPv4Network]:
    ranges = wanted.proxy_ranges
    return {k: IPv4Network(str(v)) for k, v in ranges.items()} if isinstance(ranges, Mapping) else {}
