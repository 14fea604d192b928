"""What the gateway function changes outside the cluster: addresses are reserved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared import labels
from shared.gateway.names import static_name
from shared.google import compute
from shared.google.session import Session
from shared.step.change import Change, Description

if TYPE_CHECKING:
    from shared.google import wire


@dataclass(frozen=True)
class ReserveAddress(Change):
    """Reserve an internal address for the Gateway of `environment`, in one region of a subnetwork.

    `purpose` is GCE_ENDPOINT, or SHARED_LOADBALANCER_VIP if several forwarding rules are to share it.
    """

    environment: str
    project: str
    region: str
    subnetwork: str
    purpose: str

    @property
    def name(self) -> str:
        """The address's name."""
        return static_name(self.environment, self.region)

    def describe(self) -> Description:
        """A creation."""
        return Description("create", f"projects/{self.project}/regions/{self.region}/addresses/{self.name}")

    def perform(self, session: Session) -> None:
        """Begin to reserve it."""
        body: wire.Address = {
            "name": self.name,
            "description": labels.mark(self.environment),
            "addressType": "INTERNAL",
            "purpose": self.purpose,
            "subnetwork": f"projects/{self.project}/regions/{self.region}/subnetworks/{self.subnetwork}",
            "labels": {labels.OWNER: self.environment},
        }
        compute.insert_address(session, self.project, self.region, body)
