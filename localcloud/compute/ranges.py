"""Address ranges: which ones a subnetwork may have, and which are free. Pure: what is taken is handed in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from localcloud.compute.names import bad_field
from localcloud.ids import keyed

AUTO = IPv4Network("10.128.0.0/9")  # auto-mode networks keep it for their own subnetworks [documented]
# cloud.google.com/vpc/docs/subnets#prohibited-ranges [documented].
PROHIBITED = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "255.255.255.255/32",
        "199.36.153.4/30", "199.36.153.8/30",
    )
)  # fmt: skip
SHORTEST, LONGEST = 4, 29  # prefix lengths of a subnetwork's ranges [documented]
MOST_SECONDARY = 170  # ranges of one subnetwork [documented: VPC quotas; it was 30 until 2023]
LONGEST_PROXY = 26  # of a proxy-only subnetwork: 64 addresses [documented]


@dataclass(frozen=True)
class Taken:
    """A range that a subnetwork of the network has, primary or secondary."""

    network: IPv4Network
    subnetwork: str
    region: str


def parse(field: str, text: str, longest: int = LONGEST) -> IPv4Network:
    """The range that a field gives.

    Raises:
        Refused: it is no range, has host bits, is too small or too large, or is prohibited. The rules are
            [documented], the words [inferred].
    """
    try:
        network = IPv4Network(text)
    except ValueError:
        raise bad_field(field, text, "Must be a valid IPv4 CIDR range without host bits.") from None
    if "/" not in text or not SHORTEST <= network.prefixlen <= longest:
        raise bad_field(field, text, f"The prefix length must be between /{SHORTEST} and /{longest}.")
    for prohibited in PROHIBITED:
        if network.overlaps(prohibited):
            raise bad_field(
                field, text, f"Invalid IPCidrRange: {text} overlaps the reserved range {prohibited}."
            )
    return network


def refuse_auto(field: str, network: IPv4Network) -> None:
    """Refuse what an auto-mode network keeps for itself.

    Raises:
        Refused: 400 [observed].
    """
    if network.overlaps(AUTO):
        words = "Extended subnetworks in auto subnet mode networks cannot overlap with 10.128.0.0/9."
        raise bad_field(field, str(network), words)


def refuse_overlap(field: str, network: IPv4Network, taken: Iterable[Taken]) -> None:
    """Refuse what overlaps a range of the network.

    Raises:
        Refused: 400, naming the first in the order given [observed].
    """
    for other in taken:
        if network.overlaps(other.network):
            raise bad_field(
                field,
                str(network),
                f"Invalid IPCidrRange: {network} conflicts with existing subnetwork "
                f"'{other.subnetwork}' in region '{other.region}'.",
            )


def usable(cidr: str) -> range:
    """The addresses of a primary range that can be given out, as numbers.

    Not the first two and not the last two: network, gateway, second-to-last, broadcast [documented].
    """
    network = IPv4Network(cidr)
    return range(int(network.network_address) + 2, int(network.broadcast_address) - 1)


def free_address(key: str, cidr: str, taken: set[str]) -> str | None:
    """A free address of the range, the first from a place that follows from `key`; None if all are taken."""
    addresses = usable(cidr)
    start = keyed(key, len(addresses))
    for step in range(len(addresses)):
        address = str(IPv4Address(addresses[(start + step) % len(addresses)]))
        if address not in taken:
            return address
    return None
