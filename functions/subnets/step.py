"""Proxy-only subnets: one ACTIVE GLOBAL_MANAGED_PROXY in each region that needs one, in ranges that are free.

A region of a VPC has at most one ACTIVE subnet, shared by every cross-region load balancer there [documented,
proxy-only subnets]. So an existing one is used, whoever created it. Those that we create have our mark in their
description, and we remove no others.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from functions.subnets.blockers import blocker, contested, given_up, ranges_for
from functions.subnets.changes import CreateProxySubnet, DeleteSubnetwork
from functions.subnets.observed import ObservedNetwork, network_of, observe
from shared.google import compute
from shared.google.compute import region_of
from shared.step.estimate import remaining
from shared.step.outcome import Blocked, Decision, Done, Stopped, Waiting
from shared.step.step import SpecStep

if TYPE_CHECKING:
    from shared.spec import Environment

TYPICAL = 20.0  # typical seconds of an insert or a deletion [inferred]


def decide(wanted: Environment, observed: ObservedNetwork, now: float) -> Decision:
    """Which subnets to create, in which regions and ranges."""
    missing = observed.missing(wanted)
    if stop := blocker(wanted, observed, missing):
        return Decision(stop)
    if not missing:
        return _prune(wanted, observed, now)
    ranges = ranges_for(wanted, observed, missing)
    if isinstance(ranges, Blocked):
        return Decision(ranges)
    running = {each.region: each.began for each in observed.inserts if each.failure is None}
    starting = [region for region in missing if region not in running]
    if failure := given_up(observed, starting):
        return Decision(_wait_for_ranges(failure, observed.hidden) if observed.hidden else failure)
    network = network_of(wanted)
    creations = {
        region: CreateProxySubnet(
            wanted.name,
            wanted.project,
            network,
            region,
            ranges[region],
            observed.hidden,
            observed.beside(region),
        )
        for region in starting
    }
    changes = [each for region, each in creations.items() if region not in observed.deleting]
    warnings = contested(observed, missing)
    if deleting := [region for region in starting if region in observed.deleting]:
        later = [creations[region] for region in deleting]
        wait = _wait_for_deletion(deleting, now, min(observed.deleting.values()))
        return Decision(replace(wait, warnings=warnings), changes, later)
    wait = _wait_for_creation(missing, now, min(running.values(), default=now))
    return Decision(replace(wait, warnings=warnings), changes)


SUBNETS = SpecStep("subnets", observe, decide)


def _prune(wanted: Environment, observed: ObservedNetwork, now: float) -> Decision:
    """Delete subnets that are no longer needed. Google refuses to delete one that is in use [documented]."""
    surplus = observed.surplus(wanted)
    deleting = sorted(observed.deleting.keys() - set(wanted.proxy_regions))
    regions = sorted({*deleting, *(region_of(each) for each in surplus)})
    if not regions:
        return Decision(Done())
    changes = [DeleteSubnetwork(compute.path_of(each["selfLink"])) for each in surplus]
    seconds = remaining(now, min((observed.deleting[each] for each in deleting), default=None), TYPICAL)
    text = f"proxy-only subnets that nothing needs any more are being deleted in {', '.join(regions)}"
    return Decision(Waiting(reason="ProxySubnetDeleting", message=text, retry_after=seconds), changes)


def _wait_for_ranges(failure: Stopped, hidden: Iterable[str]) -> Waiting:
    """Google refuses a range that overlaps another, seen or not. So a choice may fail for what is hidden."""
    text = f"{failure.cause} Ranges in {', '.join(hidden)} cannot be listed now, and may be in the way."
    return Waiting(reason="PlaceUnreachable", message=text, retry_after=TYPICAL)


def _wait_for_creation(missing: Iterable[str], now: float, began: float) -> Waiting:
    """The first retry comes when an insert has usually ended: clusters take far longer anyway."""
    message = f"proxy-only subnets are being created in {', '.join(missing)}"
    seconds = remaining(now, began, TYPICAL, first=1.2)
    return Waiting(reason="ProxySubnetCreating", message=message, retry_after=seconds)


def _wait_for_deletion(regions: Iterable[str], now: float, began: float) -> Waiting:
    message = f"the old proxy-only subnets are still being deleted in {', '.join(regions)}"
    seconds = remaining(now, began, TYPICAL)
    return Waiting(reason="ProxySubnetDeleting", message=message, retry_after=seconds)
