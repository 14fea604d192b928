"""Static addresses and proxy-only subnets on their way out: those that bear our mark, in every region.

Both may be in use for a while after the load balancer is gone, which is waited for; Google names the user.
A subnetwork that is being deleted looks as it did before until it is gone, so the operations are asked too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared import labels
from shared.gateway.objects import STATIC
from shared.google import compute
from shared.step.estimate import remaining
from shared.step.outcome import Change, Decision, Done, Waiting
from shared.step.step import Context

Json = dict[str, Any]

TYPICAL = 20.0  # seconds that a deletion usually takes [inferred]


@dataclass(frozen=True)
class Leaving:
    """What is ours and still there; `going` is when the deletion of what is going began, by full name."""

    subnetworks: Sequence[Json]
    addresses: Sequence[Json]
    going: Mapping[str, float] = field(default_factory=dict)


def observe(context: Context) -> Leaving:
    """Subnetworks by the mark in their description, addresses by label and name: the anchor bears that label too.

    Without a network to go by, those of every network are looked at.
    """
    session, place, name = context.session, context.place, context.name
    link = f"projects/{place.project}/global/networks/{place.network}" if place.network else ""
    subnetworks = [
        each
        for each in compute.subnetworks(session, place.project)
        if labels.marked_by(each.get("description")) == name
        and link in ("", compute.path_of(each["network"]))
    ]
    addresses = [
        each
        for each in compute.every_address(session, place.project)
        if each["name"].startswith(STATIC) and labels.is_owned(each.get("labels"), name)
    ]
    going = compute.deletions(session, place.project) if subnetworks or addresses else []
    return Leaving(subnetworks, addresses, begun(going))


def begun(operations: Iterable[Json]) -> dict[str, float]:
    """When each operation began, unix seconds, by the full name of what it works on."""
    return {
        compute.path_of(each["targetLink"]): compute.unix(each["insertTime"])
        for each in operations
        if "targetLink" in each
    }


def decide(seen: Leaving, now: float) -> Decision:
    """What to delete; what an address is used by is known without trying."""
    left = [*seen.addresses, *seen.subnetworks]
    if not left:
        return Decision(Done())
    held = [each for each in seen.addresses if each.get("users")]
    changes = [
        Change("delete", path)
        for each in left
        if each not in held and (path := compute.path_of(each["selfLink"])) not in seen.going
    ]
    if held:
        users = ", ".join(sorted({compute.path_of(user) for each in held for user in each["users"]}))
        names = ", ".join(sorted(each["name"] for each in held))
        wait = Waiting(reason="AddressInUse", message=f"{names}: used by {users}", retry_after=TYPICAL)
        return Decision(wait, changes)
    paths = (compute.path_of(each["selfLink"]) for each in left)
    seconds = max(remaining(now, seen.going.get(path), TYPICAL) for path in paths)
    message = f"being deleted: {', '.join(sorted({each['name'] for each in left}))}"
    return Decision(Waiting(reason="SubnetDeleting", message=message, retry_after=seconds), changes)


def act(context: Context, change: Change) -> None:
    """Begin one deletion."""
    if "/addresses/" in change.resource:
        compute.delete_address(context.session, change.resource)
    else:
        compute.delete_subnetwork(context.session, change.resource)
