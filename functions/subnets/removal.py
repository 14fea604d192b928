"""Removes our static addresses and proxy-only subnets, in every region.

Both may be in use for a while after the load balancer is gone; the step waits for that. A subnetwork does not show that
it is being deleted, so the operations are read too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from functions.subnets.changes import DeleteSubnetwork
from functions.subnets.observed import begun
from shared import labels
from shared.changes.addresses import DeleteAddress
from shared.gateway.names import STATIC, is_of
from shared.google import compute
from shared.step.change import Change
from shared.step.estimate import remaining
from shared.step.outcome import Decision, Done, Waiting
from shared.step.step import Context, Step

if TYPE_CHECKING:
    from shared.google import wire

TYPICAL = 20.0  # typical seconds of a deletion [inferred]


@dataclass(frozen=True)
class Remaining:
    """What is ours and still exists. `deleting` maps a full name to when its deletion began, unix seconds."""

    subnetworks: Sequence[wire.Subnetwork]
    addresses: Sequence[wire.Address]
    deleting: Mapping[str, float] = field(default_factory=dict)


def observe(context: Context) -> Remaining:
    """Find subnetworks by the mark in their description, addresses by name and by label or mark.

    The name matters because the anchor has the label too.

    If the network is unknown, the subnetworks of every network are read.
    """
    session, place, name = context.session, context.place, context.name
    link = f"projects/{place.project}/global/networks/{place.network}" if place.network else ""
    subnetworks = [
        each
        for each in compute.subnetworks(session, place.project).within(context.places)
        if labels.marked_by(each.get("description")) == name
        and link in ("", compute.path_of(each["network"]))
    ]
    addresses = [
        each
        for each in compute.every_address(session, place.project).within(context.places)
        if each["name"].startswith(STATIC) and is_of(each, name)
    ]
    if not subnetworks and not addresses:
        return Remaining([], [])
    pending = compute.deletions(session, place.project).within(context.places)
    return Remaining(subnetworks, addresses, begun(pending))


def decide(observed: Remaining, now: float) -> Decision:
    """What to delete. An address names its users, so one that is in use is not tried."""
    left = [*observed.addresses, *observed.subnetworks]
    if not left:
        return Decision(Done())
    changes = list(_deletions(observed))
    if in_use := [each for each in observed.addresses if each.get("users")]:
        users = ", ".join(sorted({compute.path_of(user) for each in in_use for user in each["users"]}))
        names = ", ".join(sorted(each["name"] for each in in_use))
        wait = Waiting(reason="AddressInUse", message=f"{names}: used by {users}", retry_after=TYPICAL)
        return Decision(wait, changes)
    paths = (compute.path_of(each["selfLink"]) for each in left)
    seconds = max(remaining(now, observed.deleting.get(path), TYPICAL) for path in paths)
    message = f"being deleted: {', '.join(sorted({each['name'] for each in left}))}"
    return Decision(Waiting(reason="SubnetDeleting", message=message, retry_after=seconds), changes)


SUBNET_REMOVAL = Step("subnets", observe, decide, frozenset({"destroy"}))


def _deletions(observed: Remaining) -> Iterator[Change]:
    """Delete what nothing uses and is not being deleted yet."""
    for address in observed.addresses:
        path = compute.path_of(address["selfLink"])
        if not address.get("users") and path not in observed.deleting:
            yield DeleteAddress(path)
    for subnetwork in observed.subnetworks:
        path = compute.path_of(subnetwork["selfLink"])
        if path not in observed.deleting:
            yield DeleteSubnetwork(path)
