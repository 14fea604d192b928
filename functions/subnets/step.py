"""Proxy-only subnets: one ACTIVE GLOBAL_MANAGED_PROXY in each region that needs one, in ranges that are free.

There is at most one ACTIVE per region and VPC, shared by every cross-region load balancer in it [documented,
proxy-only subnets]. So one that is there is used, whoever made it; what we make bears our mark in its
description and is all that we ever remove.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from functions.subnets.blockers import blocker, given_up, ranges_for
from functions.subnets.changes import CreateProxySubnet, DeleteSubnetwork
from functions.subnets.observed import ObservedNetwork, network_of, observe
from shared.google import compute
from shared.google.compute import region_of
from shared.step.estimate import remaining
from shared.step.outcome import Blocked, Decision, Done, Waiting
from shared.step.step import SpecStep

if TYPE_CHECKING:
    from shared.spec import Environment

TYPICAL = 20.0  # seconds that an insert usually takes [inferred]


def decide(wanted: Environment, observed: ObservedNetwork, now: float) -> Decision:
    """Which subnets to make, where, and in which ranges."""
    missing = observed.missing(wanted)
    if stop := blocker(wanted, observed, missing):
        return Decision(stop)
    if not missing:
        return _release(wanted, observed, now)
    ranges = ranges_for(wanted, observed, missing)
    if isinstance(ranges, Blocked):
        return Decision(ranges)
    running = {each.region: each.began for each in observed.inserts if each.failure is None}
    starting = [region for region in missing if region not in running]
    if worn_out := given_up(observed, starting):
        return Decision(worn_out)
    network = network_of(wanted)
    creations = {
        region: CreateProxySubnet(wanted.name, wanted.project, network, region, ranges[region])
        for region in starting
    }
    changes = [each for region, each in creations.items() if region not in observed.going]
    if going := [region for region in starting if region in observed.going]:
        later = [creations[region] for region in going]
        return Decision(_wait_for_deletion(going, now, min(observed.going.values())), changes, later)
    return Decision(_wait_for_creation(missing, now, min(running.values(), default=now)), changes)


SUBNETS = SpecStep("subnets", observe, decide)


def _release(wanted: Environment, observed: ObservedNetwork, now: float) -> Decision:
    """What is needed no more goes as soon as it is not in use; what is in use is refused [documented]."""
    surplus = observed.surplus(wanted)
    going = sorted(observed.going.keys() - set(wanted.proxy_regions))
    regions = sorted({*going, *(region_of(each) for each in surplus)})
    if not regions:
        return Decision(Done())
    changes = [DeleteSubnetwork(compute.path_of(each["selfLink"])) for each in surplus]
    seconds = remaining(now, min((observed.going[each] for each in going), default=None), TYPICAL)
    text = f"proxy-only subnets that nothing needs any more are being deleted in {', '.join(regions)}"
    return Decision(Waiting(reason="ProxySubnetDeleting", message=text, retry_after=seconds), changes)


def _wait_for_creation(missing: Iterable[str], now: float, began: float) -> Waiting:
    """Clusters take far longer: the first look comes when an insert has usually ended."""
    message = f"proxy-only subnets are being created in {', '.join(missing)}"
    seconds = remaining(now, began, TYPICAL, first=1.2)
    return Waiting(reason="ProxySubnetCreating", message=message, retry_after=seconds)


def _wait_for_deletion(going: Iterable[str], now: float, began: float) -> Waiting:
    message = f"the proxy-only subnets before are still being deleted in {', '.join(going)}"
    seconds = remaining(now, began, TYPICAL)
    return Waiting(reason="ProxySubnetDeleting", message=message, retry_after=seconds)
