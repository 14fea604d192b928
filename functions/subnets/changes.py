"""The changes of the subnets function: create and delete proxy-only subnets."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from shared import errors, labels
from shared.google import compute
from shared.google.lists import unreachable
from shared.google.session import Session
from shared.step.change import Change, Description

if TYPE_CHECKING:
    from shared.google import wire

PURPOSE = "GLOBAL_MANAGED_PROXY"


@dataclass(frozen=True)
class CreateProxySubnet(Change):
    """Create an active proxy-only subnet in one region of a network (`projects/P/global/networks/N`).

    `hidden` are places whose ranges could not be read when this one was chosen. `beside` is the full name of the
    region's active proxy-only subnet of another purpose, "" if it has none.
    """

    environment: str
    project: str
    network: str
    region: str
    range: IPv4Network
    hidden: tuple[str, ...] = ()
    beside: str = ""

    @property
    def name(self) -> str:
        """The subnetwork's name."""
        return labels.proxy_subnet_name(self.environment)

    def describe(self) -> Description:
        """A creation, with the range."""
        resource = f"projects/{self.project}/regions/{self.region}/subnetworks/{self.name}"
        return Description("create", resource, "ipCidrRange", after=str(self.range))

    def perform(self, session: Session) -> None:
        """Begin to insert it. Our mark is in its description: a subnetwork has no labels [documented].

        Raises:
            PlaceUnreachable: it was refused, and what it overlaps may be hidden.
            InTheWay: it was refused, and the region has a proxy-only subnet of another purpose.
        """
        body: wire.Subnetwork = {
            "name": self.name,
            "description": labels.mark(self.environment),
            "network": self.network,
            "region": self.region,
            "ipCidrRange": str(self.range),
            "purpose": PURPOSE,
            "role": "ACTIVE",
        }
        try:
            compute.insert_subnetwork(session, self.project, self.region, body)
        except errors.Refused as refusal:
            if self.beside and not self.hidden:
                raise in_the_way(refusal, self.beside) from refusal
            if not self.hidden:
                raise
            raise unreachable(
                "compute", f"the ranges of {self.network} ({refusal.message})", self.hidden
            ) from refusal


def in_the_way(refusal: errors.Refused, beside: str) -> errors.InTheWay:
    """The refusal, with the subnet that may be its reason.

    Google's pages disagree on whether a region may have both: those of load balancing give each purpose one
    [documented: proxy-only subnets]; that of the multi-cluster inference gateway has the regional one deleted first
    [documented].
    """
    return errors.InTheWay(
        refusal.service,
        refusal.method,
        refusal.resource,
        refusal.status,
        refusal.reason,
        f"{refusal.message} {what_is(beside)}",
        fix=fix_of(beside),
    )


def what_is(beside: str) -> str:
    """What a subnet that may be in the way is, as a sentence."""
    return (
        f"{beside} is the region's proxy-only subnet for regional load balancers, and may be the reason: Google's pages"
        " disagree on whether a region may have both."
    )


def fix_of(beside: str) -> str:
    """Both ways out; the first harms nobody."""
    _, project, _, region, _, name = beside.split("/")
    return (
        f"Use another region than {region}; or, if no regional load balancer is left in {region}, for those need it:"
        f" gcloud compute networks subnets delete {name} --project={project} --region={region}"
    )


@dataclass(frozen=True)
class DeleteSubnetwork(Change):
    """Delete the subnetwork at `path` (`projects/P/…`)."""

    path: str

    def describe(self) -> Description:
        """A deletion."""
        return Description("delete", self.path)

    def perform(self, session: Session) -> None:
        """Begin to delete it.

        Raises:
            InUse: a load balancer's proxies still use it [documented].
        """
        compute.delete_subnetwork(session, self.path)
