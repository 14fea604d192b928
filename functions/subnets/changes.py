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

    `hidden` are places whose ranges could not be read when this one was chosen.
    """

    environment: str
    project: str
    network: str
    region: str
    range: IPv4Network
    hidden: tuple[str, ...] = ()

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
            if not self.hidden:
                raise
            raise unreachable(
                "compute", f"the ranges of {self.network} ({refusal.message})", self.hidden
            ) from refusal


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
