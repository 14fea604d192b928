"""What the clusters function changes: clusters, the node pool of each, and what attaches a cluster to its fleet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.google import compute, container_writes
from shared.google.session import Session
from shared.json_types import JsonValue
from shared.step.change import Change, Description

Body = Mapping[str, JsonValue]  # of a request to GKE, in the API's snake_case

OUT_OF_FLEET: Body = {"desired_fleet": {"project": ""}}  # [documented: --clear-fleet-project]


@dataclass(frozen=True)
class CreateCluster(Change):
    """A new cluster. `body` is the Cluster to make, without its name."""

    project: str
    location: str
    name: str
    body: Body

    @property
    def sequence(self) -> str:
        """Its own: Google creates clusters side by side."""
        return f"projects/{self.project}/locations/{self.location}/clusters/{self.name}"

    def describe(self) -> Description:
        """A creation."""
        return Description("create", self.sequence)

    def perform(self, session: Session) -> None:
        """Begin to create it.

        Raises:
            AlreadyExists: the name is taken.
        """
        container_writes.create_cluster(
            session, self.project, self.location, {"name": self.name, **self.body}
        )


@dataclass(frozen=True)
class _Update(Change):
    """Another value in one `field` of the resource at `path` (`projects/P/…`); `body` is the request that gives it."""

    path: str
    field: str
    before: JsonValue
    after: JsonValue
    body: Body

    def describe(self) -> Description:
        """An update of the field."""
        return Description("update", self.path, self.field, self.before, self.after)


@dataclass(frozen=True)
class UpdateCluster(_Update):
    """An update of a cluster. `body` is a ClusterUpdate with one group of fields."""

    def perform(self, session: Session) -> None:
        """Begin the update.

        Raises:
            Busy: another operation runs on the cluster.
        """
        container_writes.update_cluster(session, self.path, dict(self.body))


@dataclass(frozen=True)
class UpdatePool(_Update):
    """An update of a node pool. `body` is of an UpdateNodePoolRequest."""

    def perform(self, session: Session) -> None:
        """Begin to replace its nodes, one after the other.

        Raises:
            Busy: another operation runs on the cluster.
        """
        container_writes.update_pool(session, self.path, dict(self.body))


@dataclass(frozen=True)
class ResizePool(Change):
    """Another number of nodes, in each zone, for the node pool at `path`."""

    path: str
    before: int
    after: int

    def describe(self) -> Description:
        """An update of the number of nodes."""
        return Description("update", self.path, "nodeCount", self.before, self.after)

    def perform(self, session: Session) -> None:
        """Begin to resize it.

        Raises:
            Busy: another operation runs on the cluster.
        """
        container_writes.resize_pool(session, self.path, self.after)


@dataclass(frozen=True)
class DetachFromFleet(Change):
    """Take the cluster at `path` out of the fleet of `project`."""

    path: str
    project: str

    def describe(self) -> Description:
        """An update of its fleet, which is none afterwards."""
        return Description("update", self.path, "fleet", self.project)

    def perform(self, session: Session) -> None:
        """Begin to take it out.

        Raises:
            Busy: another operation runs on the cluster.
        """
        container_writes.update_cluster(session, self.path, dict(OUT_OF_FLEET))


@dataclass(frozen=True)
class DeleteCluster(Change):
    """Delete the cluster at `path`."""

    path: str

    @property
    def sequence(self) -> str:
        """Its own: what it has to come after is gone when this is decided."""
        return self.path

    def describe(self) -> Description:
        """A deletion."""
        return Description("delete", self.path)

    def perform(self, session: Session) -> None:
        """Begin to delete it.

        Raises:
            Busy: another operation runs on the cluster.
        """
        container_writes.delete_cluster(session, self.path)


@dataclass(frozen=True)
class DeleteFirewall(Change):
    """Delete the firewall rule at `path` (`projects/P/global/firewalls/F`)."""

    path: str

    def describe(self) -> Description:
        """A deletion."""
        return Description("delete", self.path)

    def perform(self, session: Session) -> None:
        """Begin to delete it."""
        compute.delete_firewall(session, self.path)
