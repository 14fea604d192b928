"""What the gateway function changes outside the cluster: addresses are reserved, and then labelled."""

from __future__ import annotations

from collections.abc import Mapping
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

    An insert drops labels [documented, the API's description], so the mark in the description says whose it is.
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
        }
        compute.insert_address(session, self.project, self.region, body)


@dataclass(frozen=True)
class LabelAddress(Change):
    """Give the address at `path` the environment's label, beside those that it `has`, as read with `fingerprint`."""

    environment: str
    path: str
    has: Mapping[str, str]
    fingerprint: str

    def describe(self) -> Description:
        """An update of the label."""
        return Description("update", self.path, f"labels.{labels.OWNER}", None, self.environment)

    def perform(self, session: Session) -> None:
        """Begin to write the labels.

        Raises:
            Conflict: somebody has changed them since they were read.
            Busy: an earlier write still runs.
        """
        values = {**self.has, labels.OWNER: self.environment}
        compute.set_address_labels(session, self.path, values, self.fingerprint)
