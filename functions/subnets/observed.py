"""What the subnets function observes in a network: its subnets, taken ranges, running inserts and deletions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from functions.subnets.changes import PURPOSE
from shared import labels, taken
from shared.google import compute
from shared.google.compute import region_of
from shared.google.lists import EVERYWHERE, Places
from shared.google.session import Session
from shared.ranges import Taken
from shared.step.step import Context

if TYPE_CHECKING:
    from shared.google import wire
    from shared.spec import Environment


# Purposes of proxy-only subnets of regional load balancers, the second an old name of the first [documented].
REGIONAL = ("REGIONAL_MANAGED_PROXY", "INTERNAL_HTTPS_LOAD_BALANCER")


@dataclass(frozen=True)
class Insert:
    """An insert operation of this claim: when it began (unix seconds), and its error, if it failed."""

    region: str
    began: float
    failure: str | None


@dataclass(frozen=True)
class ObservedNetwork:
    """What was observed. Only `subnetworks` and `deleting` are read when no region lacks a proxy-only subnet.

    `subnetworks` are those of the network, in every region. `network` is None if it does not exist or was not read.
    `deleting` maps a region to the time (unix seconds) at which the deletion of our proxy-only subnet there began.
    `hidden` are the places whose ranges could not be read.
    """

    subnetworks: list[wire.Subnetwork]
    network: wire.Network | None = None
    taken: list[Taken] = field(default_factory=list)
    inserts: list[Insert] = field(default_factory=list)
    deleting: Mapping[str, float] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()

    def surplus(self, wanted: Environment) -> list[wire.Subnetwork]:
        """Our proxy-only subnets in regions that no longer have a cluster or an address."""
        return [
            each
            for each in self._staying
            if labels.marked_by(each.get("description")) == wanted.name
            and not is_ordinary(each)
            and region_of(each) not in wanted.proxy_regions
        ]

    def proxies(self) -> dict[str, wire.Subnetwork]:
        """Region → its active proxy-only subnet."""
        return {region_of(each): each for each in self._staying if _is_active_proxy(each)}

    def beside(self, region: str) -> str:
        """The full name of the region's active proxy-only subnet of another purpose; "" if there is none."""
        others = [each for each in self._staying if region_of(each) == region and _is_regional_proxy(each)]
        return compute.path_of(others[0]["selfLink"]) if others else ""

    def named(self, name: str) -> dict[str, wire.Subnetwork]:
        """Region → its subnetwork with that name."""
        return {region_of(each): each for each in self._staying if each["name"] == name}

    def missing(self, wanted: Environment) -> list[str]:
        """The regions that need a proxy-only subnet and have no active one."""
        return [region for region in wanted.proxy_regions if region not in self.proxies()]

    @property
    def _staying(self) -> list[wire.Subnetwork]:
        return [
            each for each in self.subnetworks if region_of(each) not in self.deleting or is_ordinary(each)
        ]

    @property
    def auto_mode(self) -> bool:
        """Whether the network creates its subnets itself, in 10.128.0.0/9."""
        return bool(self.network and self.network.get("autoCreateSubnetworks"))


def observe(context: Context) -> ObservedNetwork:
    """Read the network's subnets; if a proxy-only subnet is missing, also the taken ranges and running inserts."""
    wanted, session = context.wanted, context.session
    link = network_of(wanted)
    listing = compute.subnetworks(session, wanted.project)
    every = listing.within(Places.of(*wanted.proxy_regions))
    subnetworks = [each for each in every if compute.path_of(each["network"]) == link]
    deleting = _deleting(session, wanted, subnetworks)
    observed = ObservedNetwork(subnetworks, deleting=deleting)
    if not observed.missing(wanted):
        listing.within(context.places)  # what is surplus is looked for wherever the environment was
        return observed
    return ObservedNetwork(
        subnetworks,
        compute.network(session, wanted.project, wanted.network),
        taken.on_network(session, wanted.project, link, subnetworks),
        _inserts_of(
            context, compute.inserts(session, wanted.project).within(Places.of(*wanted.proxy_regions))
        ),
        deleting,
        listing.hidden(EVERYWHERE),
    )


def network_of(wanted: Environment) -> str:
    """The full name of the environment's network."""
    return f"projects/{wanted.project}/global/networks/{wanted.network}"


def begun(operations: Iterable[wire.Operation]) -> dict[str, float]:
    """The full name of each operation's target → when the operation began, unix seconds."""
    return {
        compute.path_of(each["targetLink"]): compute.unix(each["insertTime"])
        for each in operations
        if "targetLink" in each
    }


def is_ordinary(subnetwork: wire.Subnetwork) -> bool:
    """Whether machines get addresses in it."""
    return bool(subnetwork.get("purpose", "PRIVATE") == "PRIVATE")


def is_ready(subnetwork: wire.Subnetwork) -> bool:
    """Whether its creation is finished."""
    return bool(subnetwork.get("state", "READY") == "READY")


def _is_active_proxy(subnetwork: wire.Subnetwork) -> bool:
    is_active = subnetwork.get("role", "ACTIVE") == "ACTIVE" and is_ready(subnetwork)
    return subnetwork.get("purpose") == PURPOSE and is_active


def _is_regional_proxy(subnetwork: wire.Subnetwork) -> bool:
    return subnetwork.get("purpose") in REGIONAL and subnetwork.get("role", "ACTIVE") == "ACTIVE"


def _deleting(
    session: Session, wanted: Environment, subnetworks: Iterable[wire.Subnetwork]
) -> dict[str, float]:
    """Region → when the deletion of our proxy-only subnet began: until it ends, the subnet itself does not show it."""
    ours = [each for each in subnetworks if labels.marked_by(each.get("description")) == wanted.name]
    paths = {compute.path_of(each["selfLink"]): region_of(each) for each in ours if not is_ordinary(each)}
    pending = compute.deletions(session, wanted.project).within(Places.of(*paths.values())) if paths else []
    deletions = begun(pending)
    return {paths[path]: began for path, began in deletions.items() if path in paths}


def _inserts_of(context: Context, operations: Iterable[wire.Operation]) -> list[Insert]:
    """Inserts of our subnets since the request was published: an older failure belongs to another claim."""
    name, since = labels.proxy_subnet_name(context.name), labels.asked_at(context.message.claim.generation)
    found = []
    for each in operations:
        began = compute.unix(each["insertTime"])
        failure = compute.failure_of(each)
        ended_well = each.get("status") == "DONE" and failure is None
        if began >= since and not ended_well and each.get("targetLink", "").endswith(f"/subnetworks/{name}"):
            found.append(Insert(region_of(each), began, failure and f"{failure[0]}: {failure[1]}"))
    return sorted(found, key=lambda each: each.began)
