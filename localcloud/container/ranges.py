"""A cluster's ranges of Pods and Services: a block that is given, one by name, or one that GKE chooses.

What cannot be is refused at once. That a block is taken, or that there is no room, is said by the operation, and the
cluster is left in ERROR (cilium/cilium#20338, elastic/cloud-on-k8s#2461, hashicorp/terraform-provider-google#2816)
[observed]. GKE has been seen to try again for ten seconds and for half an hour; here it tries again once, when the
cluster should come up [inferred].
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network

from localcloud.compute.names import full_name, short
from localcloud.compute.ranges import MOST_SECONDARY, PROHIBITED
from localcloud.compute.subnetworks import taken
from localcloud.container.names import parent_in
from localcloud.ids import keyed
from localcloud.wire.errors import Refused, invalid, not_implemented
from localcloud.wire.messages import Json
from localcloud.world import World

# Where blocks are chosen, at random ("randomly selected", gcloud container clusters create --help [documented]); the
# half is what the refusals name since 2022 [observed], and the subnetworks of auto-mode networks are in the other.
POOL = IPv4Network("10.0.0.0/9")
# The range of Services that is outside of every network: Standard has it since GKE 1.29 [documented].
SHARED_SERVICES = "34.118.224.0/20"
_SIZE = re.compile(r"/[0-9]{1,2}")
_NOT_SERVED = ("createSubnetwork", "useRoutes", "nodeIpv4CidrBlock", "tpuIpv4CidrBlock", "autoIpamConfig")


@dataclass(frozen=True)
class _Kind:
    """Pods or Services: the fields that say where, and the shortest and the longest prefix of a block."""

    noun: str
    cidr: str
    block: str
    name: str
    shortest: int
    longest: int


# From a /9 to a /21, from a /16 to a /27 [documented: VPC-native clusters].
_PODS = _Kind("pods", "clusterIpv4Cidr", "clusterIpv4CidrBlock", "clusterSecondaryRangeName", 9, 21)
_SERVICES = _Kind(
    "services", "servicesIpv4Cidr", "servicesIpv4CidrBlock", "servicesSecondaryRangeName", 16, 27
)


def check_ranges(world: World, subnetwork: str, asked: Json) -> None:
    """Refuse ranges that cannot be, whatever the network looks like.

    Raises:
        Refused: INVALID_ARGUMENT: "Cluster CIDR range is greater than maximum (22 > 21)." (rancher/rancher#36254),
            "Pod secondary range … not found" (fabianlee/gcp-gke-clusters-ingress#2) [observed]; other words are
            [inferred]. UNIMPLEMENTED.
    """
    policy = asked.get("ipAllocationPolicy", {})
    for field in _NOT_SERVED:
        if policy.get(field):
            raise not_implemented(f"clusters.create with ipAllocationPolicy.{field}")
    if policy.get("stackType", "IPV4") not in ("IPV4", "STACK_TYPE_UNSPECIFIED"):
        raise not_implemented(f"clusters.create with stack type {policy['stackType']}")
    if asked.get(_PODS.cidr) and policy.get(_PODS.block):
        raise invalid("cluster.cluster_ipv4_cidr must be blank if the policy has a block.", "badRequest")
    for kind in (_PODS, _SERVICES):
        _check(world, subnetwork, asked, kind)


def _check(world: World, subnetwork: str, asked: Json, kind: _Kind) -> None:
    text, name = _asked(asked, kind)
    if text and name:
        raise invalid(f"Give {kind.noun} a secondary range or a block, not both.", "badRequest")
    if name and _named(world, subnetwork, name) is None:
        network = (world.store["compute.subnetworks"].get(subnetwork) or {}).get("network", "")
        what = "Pod" if kind is _PODS else "Services"
        words = f'{what} secondary range "{name}" not found in network "{network}", subnetwork "{short(subnetwork)}".'
        raise invalid(words, "badRequest")
    if not text or (text == SHARED_SERVICES and kind is _SERVICES):
        return
    prefix = int(text[1:]) if _SIZE.fullmatch(text) else _block(text).prefixlen
    if prefix > kind.longest:
        raise invalid(
            f"Cluster CIDR range is greater than maximum ({prefix} > {kind.longest}).", "badRequest"
        )
    if prefix < kind.shortest:
        raise invalid(f"Cluster CIDR range is less than minimum ({prefix} < {kind.shortest}).", "badRequest")


def _block(text: str) -> IPv4Network:
    try:
        block = IPv4Network(text)
    except ValueError:
        raise invalid(f'Invalid CIDR block "{text}".', "badRequest") from None  # words [inferred]
    if any(block.overlaps(each) for each in PROHIBITED):
        raise invalid(
            f'Invalid CIDR block "{text}": it has reserved addresses.', "badRequest"
        )  # words [inferred]
    return block


def _asked(cluster: Json, kind: _Kind) -> tuple[str, str]:
    """The block or size, and the name of the secondary range, as they are asked for; "" for what is not."""
    policy = cluster.get("ipAllocationPolicy", {})
    text = policy.get(kind.block) or (cluster.get(kind.cidr, "") if kind is _PODS else "")
    return str(text), str(policy.get(kind.name, ""))


def _named(world: World, subnetwork: str, name: str) -> str | None:
    ranges = (world.store["compute.subnetworks"].get(subnetwork) or {}).get("secondaryIpRanges", [])
    return next((str(each["ipCidrRange"]) for each in ranges if each["rangeName"] == name), None)


def has_ranges(cluster: Json) -> bool:
    """Whether the cluster has taken its ranges."""
    return _PODS.cidr in cluster and _PODS.name in cluster["ipAllocationPolicy"]


def take_ranges(world: World, cluster: str, resource: Json, subnetwork: str) -> Json:
    """Take the ranges of a cluster (full name and resource); its fields that tell them.

    Each becomes a secondary range of the subnetwork [documented].

    Raises:
        Refused: RESOURCE_EXHAUSTED: there is no room; nothing is taken.
    """
    chosen: list[tuple[_Kind, str, str]] = []
    # What is given as a block is not chosen for the cluster's other range [inferred: both are in one request].
    for kind in sorted((_PODS, _SERVICES), key=lambda each: not _asked(resource, each)[0].partition("/")[0]):
        text, name = _asked(resource, kind)
        if name:
            chosen.append((kind, name, _named(world, subnetwork, name) or ""))
        elif kind is _SERVICES and text in ("", SHARED_SERVICES):
            chosen.append((kind, "", SHARED_SERVICES))
        else:
            text = text or ("/17" if resource["autopilot"].get("enabled") else "/14")  # [documented]
            others = [IPv4Network(found) for _, _, found in chosen]
            cidr = _chosen(world, cluster, subnetwork, kind, text, others)
            chosen.append((kind, range_name(cluster, kind.noun), cidr))
    _put(
        world,
        subnetwork,
        {name: cidr for kind, name, cidr in chosen if name and _named(world, subnetwork, name) is None},
    )
    fields: Json = {kind.cidr: cidr for kind, _, cidr in chosen}
    policy: Json = {key: cidr for kind, _, cidr in chosen for key in (kind.cidr, kind.block)}
    policy |= {kind.name: name for kind, name, _ in chosen if name}
    return {**fields, "ipAllocationPolicy": policy}


def _chosen(
    world: World, cluster: str, subnetwork: str, kind: _Kind, text: str, others: list[IPv4Network]
) -> str:
    network = full_name((world.store["compute.subnetworks"].get(subnetwork) or {}).get("network", ""))
    used = [*_used(world, network), *others]
    if not text.startswith("/"):
        if any(IPv4Network(text).overlaps(each) for each in used):
            words = f'Requested CIDR {text} for {kind.noun} is not available in network "{short(network)}"'
            raise Refused("RESOURCE_EXHAUSTED", f"{words} for cluster {_tag(world, cluster)}.")
        return text
    prefix = int(text[1:])
    count, size = 1 << (prefix - POOL.prefixlen), 1 << (32 - prefix)
    first = keyed(cluster if kind is _PODS else f"{cluster}/{kind.noun}", count)
    for step in range(count):
        block = IPv4Network((int(POOL.network_address) + (first + step) % count * size, prefix))
        if not any(block.overlaps(each) for each in used):
            return str(block)
    raise Refused(
        "RESOURCE_EXHAUSTED",
        f'The network "{short(network)}" does not have available private IP space in {POOL} to reserve a {text} block'
        f" for {kind.noun} for cluster {_tag(world, cluster)}.",
    )


def _used(world: World, network: str) -> Iterator[IPv4Network]:
    """What no block may touch: subnetworks, routes, reserved ranges [documented: gcloud's help, of the choice]."""
    yield from (each.network for each in taken(world, network))
    for route in world.store["compute.routes"].list():
        to = route.get("destRange", "")
        if full_name(route.get("network", "")) == network and ":" not in to and to != "0.0.0.0/0":
            yield IPv4Network(to)
    for address in world.store["compute.addresses"].list():
        if full_name(address.get("network", "")) == network and "prefixLength" in address:
            yield IPv4Network(f"{address['address']}/{address['prefixLength']}", strict=False)


def _tag(world: World, cluster: str) -> str:
    """How GKE names a cluster in these messages (cilium/cilium#20338) [observed]."""
    parent = parent_in(cluster)
    number = world.projects.get(parent.project).number
    return (
        f"{{Zone={parent.location}, ProjectNum={number}, ProjectName={parent.project},"
        f" ClusterName={short(cluster)}, ClusterHash={keyed(cluster, 16**8):064x}}}"
    )


def _put(world: World, subnetwork: str, ranges: dict[str, str]) -> None:
    """Make these secondary ranges of the subnetwork.

    Raises:
        Refused: RESOURCE_EXHAUSTED: it would have too many, in Compute Engine's words
            (elastic/cloud-on-k8s#2615 shows them, with the limit of 2020) [observed].
    """
    new = [{"rangeName": name, "ipCidrRange": cidr} for name, cidr in ranges.items()]
    had = (world.store["compute.subnetworks"].get(subnetwork) or {}).get("secondaryIpRanges", [])
    if len(had) + len(new) > MOST_SECONDARY:
        words = f"Exceeded maximum supported number of secondary ranges per subnetwork: {MOST_SECONDARY}."
        raise Refused("RESOURCE_EXHAUSTED", f"Google Compute Engine: {words}")
    _change(world, subnetwork, lambda ranges: [*ranges, *new])


def give_ranges_back(world: World, subnetwork: str, cluster: str) -> None:
    """Take the secondary ranges that GKE made for a cluster off its subnetwork, if that is still there; one that the
    caller named stays [documented: VPC-native clusters, user-managed ranges]."""
    made = {range_name(cluster, kind.noun) for kind in (_PODS, _SERVICES)}
    _change(world, subnetwork, lambda ranges: [one for one in ranges if one["rangeName"] not in made])


def _change(world: World, subnetwork: str, change: Callable[[list[Json]], list[Json]]) -> None:
    found = world.store["compute.subnetworks"].get(subnetwork)
    if found is not None:
        ranges = change(found.get("secondaryIpRanges", []))
        world.store["compute.subnetworks"].change(subnetwork, secondaryIpRanges=ranges or None)


def range_name(cluster: str, noun: str) -> str:
    """The name of a secondary range that GKE makes [observed: `gke-<cluster>-pods-<hash>`]."""
    return f"gke-{short(cluster)}-{noun}-{keyed(f'{cluster}/pods/', 2**32):08x}"
