"""Proxy-only subnets: one ACTIVE GLOBAL_MANAGED_PROXY in each region that needs one, in ranges that are free.

There is at most one ACTIVE per region and VPC, shared by every cross-region load balancer in it [documented,
proxy-only subnets]. So one that is there is used, whoever made it; what we make bears our mark in its
description and is all that we ever remove.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

from functions.subnets import removal as subnet_removal
from functions.subnets.removal import Leaving
from shared import labels
from shared.google import compute
from shared.google.session import Session
from shared.ranges import NoRangeLeft, Taken, choose, objections
from shared.step.estimate import remaining
from shared.step.outcome import Blocked, Change, Decision, Done, Failed, Outcome, Waiting
from shared.step.step import Context, Step

if TYPE_CHECKING:
    from shared.spec import Environment

Json = dict[str, Any]

PURPOSE = "GLOBAL_MANAGED_PROXY"
TYPICAL = 20.0  # seconds that an insert usually takes [inferred]
TRIES = 3  # failed inserts of one claim in one region, after which it is given up


@dataclass(frozen=True)
class Insert:
    """An insert operation of this claim: when it began, and what it failed with, if it has."""

    region: str
    began: float
    failure: str | None


@dataclass(frozen=True)
class Seen:
    """What is there. All but `subnetworks` is only read while a region has no proxy-only subnet.

    `subnetworks` are the network's, in every region; `network` is None if it does not exist (or was not
    read). `going` is when the deletion of a proxy-only subnet of ours began, unix seconds, by region.
    """

    subnetworks: list[Json]
    network: Json | None = None
    taken: list[Taken] = field(default_factory=list)
    inserts: list[Insert] = field(default_factory=list)
    going: Mapping[str, float] = field(default_factory=dict)

    def surplus(self, wanted: Environment) -> list[Json]:
        """Proxy-only subnets of ours in regions that have neither a cluster nor an address any more."""
        return [
            each
            for each in self._staying
            if labels.marked_by(each.get("description")) == wanted.name
            and not _is_ordinary(each)
            and _region(each) not in wanted.proxy_regions
        ]

    def proxies(self) -> dict[str, Json]:
        """Region → its active proxy-only subnet."""
        return {_region(each): each for each in self._staying if _is_active_proxy(each)}

    def named(self, name: str) -> dict[str, Json]:
        """Region → its subnetwork of that name."""
        return {_region(each): each for each in self._staying if each["name"] == name}

    @property
    def _staying(self) -> list[Json]:
        return [each for each in self.subnetworks if _region(each) not in self.going or _is_ordinary(each)]

    @property
    def auto_mode(self) -> bool:
        """Whether the network makes subnets by itself, in 10.128.0.0/9."""
        return bool(self.network and self.network.get("autoCreateSubnetworks"))


def observe(context: Context) -> Seen | Leaving:
    """The network's subnets; if one is missing, also what its range must not overlap, and inserts."""
    if context.message.mode == "destroy":
        return subnet_removal.observe(context)
    wanted, session = context.wanted, context.session
    link = f"projects/{wanted.project}/global/networks/{wanted.network}"
    every = compute.subnetworks(session, wanted.project)
    subnetworks = [each for each in every if compute.path_of(each["network"]) == link]
    going = _going(session, wanted, subnetworks)
    seen = Seen(subnetworks, going=going)
    if not set(wanted.proxy_regions) - seen.proxies().keys():
        return seen
    routes = [
        each for each in compute.routes(session, wanted.project) if compute.path_of(each["network"]) == link
    ]
    reserved = [
        each for each in compute.global_addresses(session, wanted.project) if _is_range_of(each, link)
    ]
    return Seen(
        subnetworks,
        compute.network(session, wanted.project, wanted.network),
        [*_taken_by_subnets(subnetworks), *_taken_by_routes(routes), *_taken_by_reservations(reserved)],
        _inserts_of(context, compute.inserts(session, wanted.project)),
        going,
    )


def decide(wanted: Environment | None, seen: Seen | Leaving, now: float) -> Decision:
    """Which subnets to make, where, and in which ranges."""
    if isinstance(seen, Leaving):
        return subnet_removal.decide(seen, now)
    assert wanted is not None, "only what is leaving is not wanted"
    missing = [region for region in wanted.proxy_regions if region not in seen.proxies()]
    if trouble := _trouble(wanted, seen, missing):
        return Decision(trouble)
    if not missing:
        return _release(wanted, seen, now)
    ranges = _ranges(wanted, seen, missing)
    if isinstance(ranges, Blocked):
        return Decision(ranges)
    running = {each.region: each.began for each in seen.inserts if each.failure is None}
    starting = [region for region in missing if region not in running]
    if worn_out := _given_up(seen, starting):
        return Decision(worn_out)
    creations = {region: _creation(wanted, region, ranges[region]) for region in starting}
    changes = [each for region, each in creations.items() if region not in seen.going]
    if going := [region for region in starting if region in seen.going]:
        later = [creations[region] for region in going]
        return Decision(_wait_for_end(going, now, min(seen.going.values())), changes, later)
    return Decision(_wait(missing, now, min(running.values(), default=now)), changes)


def act(context: Context, change: Change) -> None:
    """Begin one change."""
    if change.verb == "delete":
        subnet_removal.act(context, change)
        return
    body = change.body
    compute.insert_subnetwork(context.session, context.wanted.project, body["region"], body)


SUBNETS = Step("subnets", observe, decide, act, frozenset({"check", "apply", "destroy"}))


def _release(wanted: Environment, seen: Seen, now: float) -> Decision:
    """What is needed no more goes as soon as it is not in use; what is in use is refused [documented]."""
    changes = [Change("delete", compute.path_of(each["selfLink"])) for each in seen.surplus(wanted)]
    going = sorted(seen.going.keys() - set(wanted.proxy_regions))
    regions = sorted({*going, *(_region(each) for each in seen.surplus(wanted))})
    if not regions:
        return Decision(Done())
    seconds = remaining(now, min((seen.going[each] for each in going), default=None), TYPICAL)
    text = f"proxy-only subnets that nothing needs any more are being deleted in {', '.join(regions)}"
    return Decision(Waiting(reason="ProxySubnetDeleting", message=text, retry_after=seconds), changes)


def _trouble(wanted: Environment, seen: Seen, missing: Iterable[str]) -> Outcome | None:
    """What a person must mend before any subnet is made."""
    missing = list(missing)
    if missing and seen.network is None:
        return Blocked(
            code="NETWORK_MISSING",
            cause=f"Project {wanted.project} has no network {wanted.network}.",
            fix=f"Name another network, or: gcloud compute networks create {wanted.network}"
            f" --project={wanted.project}",
        )
    ordinary = {region for region, each in seen.named(wanted.subnetwork).items() if _is_ordinary(each)}
    if without := [region for region in wanted.proxy_regions if region not in ordinary]:
        return Blocked(
            code="SUBNETWORK_MISSING",
            cause=f"Network {wanted.network} has no subnetwork {wanted.subnetwork} in {', '.join(without)}.",
            fix=_creations(wanted, seen, without),
        )
    return _in_the_way(wanted, seen, missing)


def _creations(wanted: Environment, seen: Seen, without: list[str]) -> str:
    """The commands for ordinary subnets in regions without one, in ranges that are free."""
    try:
        free = choose(without, seen.taken, auto_mode=seen.auto_mode)
    except NoRangeLeft as error:
        return f"Free a range of network {wanted.network}: {error}."
    return " && ".join(
        f"gcloud compute networks subnets create {wanted.subnetwork} --project={wanted.project}"
        f" --network={wanted.network} --region={region} --range={cidr}"
        for region, cidr in free.items()
    )


def _in_the_way(wanted: Environment, seen: Seen, missing: Iterable[str]) -> Outcome | None:
    """Subnets that are there, and are neither what is wanted nor ours to change."""
    named = seen.named(labels.proxy_subnet_name(wanted.name))
    for region in missing:
        if region in named and _state(named[region]) != "READY":
            continue  # ours, and not finished
        if region in named:
            return _obstacle(
                named[region], "has the name of the proxy-only subnet, and is none that is active"
            )
    given = _given(wanted)
    for region, proxy in seen.proxies().items():
        if region in given and IPv4Network(proxy["ipCidrRange"]) != given[region]:
            return _obstacle(proxy, f"is the region's one active proxy-only subnet, and not {given[region]}")
    return None


def _obstacle(subnetwork: Json, why: str) -> Blocked:
    where = f"{subnetwork['name']} ({subnetwork['ipCidrRange']}) in {_region(subnetwork)}"
    return Blocked(
        code="SUBNET_IN_THE_WAY",
        cause=f"Subnetwork {where} {why}.",
        fix=f"Set proxyRanges to auto or to {subnetwork['ipCidrRange']}, or delete {subnetwork['name']}.",
    )


def _ranges(wanted: Environment, seen: Seen, missing: Iterable[str]) -> dict[str, IPv4Network] | Blocked:
    """A range for each region that has no proxy-only subnet: as given, or chosen."""
    missing = list(missing)
    given = {region: each for region, each in _given(wanted).items() if region in missing}
    if refused := objections(given, seen.taken, auto_mode=seen.auto_mode):
        return Blocked(
            code="RANGE_REFUSED",
            cause="; ".join(f"{region}: {reason}" for region, reason in refused.items()) + ".",
            fix="Set proxyRanges to auto, or to ranges that are free.",
        )
    reserved = [Taken(each, f"wanted for {region}") for region, each in _given(wanted).items()]
    open_regions = [region for region in missing if region not in given]
    try:
        return given | choose(open_regions, [*seen.taken, *reserved], auto_mode=seen.auto_mode)
    except NoRangeLeft as error:
        return Blocked(
            code="NO_RANGE_FREE",
            cause=f"Network {wanted.network}: {error}.",
            fix="Give ranges of your own in proxyRanges, or free some.",
        )


def _given(wanted: Environment) -> dict[str, IPv4Network]:
    ranges = wanted.proxy_ranges
    return {k: IPv4Network(str(v)) for k, v in ranges.items()} if isinstance(ranges, Mapping) else {}


def _given_up(seen: Seen, regions: Iterable[str]) -> Failed | None:
    for region in regions:
        failures = [each.failure for each in seen.inserts if each.region == region and each.failure]
        if len(failures) >= TRIES:
            return Failed(
                code="SUBNET_NOT_CREATED",
                cause=f"{region}: {failures[-1]} ({len(failures)} times).",
                fix="Mend what the cause names and publish the request again.",
            )
    return None


def _creation(wanted: Environment, region: str, range_: IPv4Network) -> Change:
    name = labels.proxy_subnet_name(wanted.name)
    body = {
        "name": name,
        "description": labels.mark(wanted.name),
        "network": f"projects/{wanted.project}/global/networks/{wanted.network}",
        "region": region,
        "ipCidrRange": str(range_),
        "purpose": PURPOSE,
        "role": "ACTIVE",
    }
    resource = f"projects/{wanted.project}/regions/{region}/subnetworks/{name}"
    return Change("create", resource, field="ipCidrRange", after=str(range_), body=body)


def _wait(missing: Iterable[str], now: float, began: float) -> Waiting:
    """Clusters take far longer: the first look comes when an insert has usually ended."""
    message = f"proxy-only subnets are being created in {', '.join(missing)}"
    seconds = remaining(now, began, TYPICAL, first=1.2)
    return Waiting(reason="ProxySubnetCreating", message=message, retry_after=seconds)


def _wait_for_end(going: Iterable[str], now: float, began: float) -> Waiting:
    message = f"the proxy-only subnets before are still being deleted in {', '.join(going)}"
    seconds = remaining(now, began, TYPICAL)
    return Waiting(reason="ProxySubnetDeleting", message=message, retry_after=seconds)


def _going(session: Session, wanted: Environment, subnetworks: Iterable[Json]) -> dict[str, float]:
    """Region → when the deletion of our proxy-only subnet there began: until it ends, it looks as it did."""
    ours = [each for each in subnetworks if labels.marked_by(each.get("description")) == wanted.name]
    paths = {compute.path_of(each["selfLink"]): _region(each) for each in ours if not _is_ordinary(each)}
    begun = subnet_removal.begun(compute.deletions(session, wanted.project)) if paths else {}
    return {paths[path]: began for path, began in begun.items() if path in paths}


def _inserts_of(context: Context, operations: Iterable[Json]) -> list[Insert]:
    """Inserts of our subnets since the claim was published; what failed before is another claim's."""
    name, since = (
        labels.proxy_subnet_name(context.name),
        labels.age_order(context.message.claim.generation)[0] / 1000,
    )
    found = []
    for each in operations:
        began = compute.unix(each["insertTime"])
        failure = compute.failure_of(each)
        ended_well = each.get("status") == "DONE" and failure is None
        if began >= since and not ended_well and each.get("targetLink", "").endswith(f"/subnetworks/{name}"):
            found.append(Insert(_region(each), began, failure and f"{failure[0]}: {failure[1]}"))
    return sorted(found, key=lambda each: each.began)


def _taken_by_subnets(subnetworks: Iterable[Json]) -> list[Taken]:
    found = []
    for each in subnetworks:
        who = f"subnetwork {each['name']} in {_region(each)}"
        if "ipCidrRange" in each:
            found.append(Taken(IPv4Network(each["ipCidrRange"]), who))
        for second in each.get("secondaryIpRanges", []):
            found.append(Taken(IPv4Network(second["ipCidrRange"]), f"{second['rangeName']} of {who}"))
    return found


def _taken_by_routes(routes: Iterable[Json]) -> list[Taken]:
    """Where routes lead; the default route leads everywhere and takes nothing, IPv6 is no concern of ours."""
    ranges = ((each["name"], each["destRange"]) for each in routes)
    return [
        Taken(IPv4Network(to), f"route {name}") for name, to in ranges if ":" not in to and to != "0.0.0.0/0"
    ]


def _taken_by_reservations(addresses: Iterable[Json]) -> list[Taken]:
    found = ((each["name"], f"{each['address']}/{each['prefixLength']}") for each in addresses)
    return [Taken(IPv4Network(range_, strict=False), f"reserved range {name}") for name, range_ in found]


def _is_range_of(address: Json, network: str) -> bool:
    in_network = "network" in address and compute.path_of(address["network"]) == network
    return in_network and "prefixLength" in address and ":" not in address["address"]


def _is_active_proxy(subnetwork: Json) -> bool:
    is_active = subnetwork.get("role", "ACTIVE") == "ACTIVE" and _state(subnetwork) == "READY"
    return subnetwork.get("purpose") == PURPOSE and is_active


def _is_ordinary(subnetwork: Json) -> bool:
    return bool(subnetwork.get("purpose", "PRIVATE") == "PRIVATE")


def _state(subnetwork: Json) -> str:
    return str(subnetwork.get("state", "READY"))


def _region(resource: Json) -> str:
    return str(resource.get("region", "")).rpartition("/")[2]
