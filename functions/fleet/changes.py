"""What the fleet function changes: features, the ingress feature's config membership, the importer's grant, APIs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared import errors, labels
from shared.google import gkehub_writes, importer, serviceusage
from shared.google.gkehub import INGRESS, MCS
from shared.google.session import Session
from shared.step.change import Change, Description


@dataclass(frozen=True)
class EnableServices(Change):
    """Enable multi-cluster Services in the fleet of `project`, with these labels."""

    project: str
    labels: Mapping[str, str]

    def describe(self) -> Description:
        """A creation of the feature."""
        return Description("create", _feature(self.project, MCS))

    def perform(self, session: Session) -> None:
        """Begin to enable them.

        Raises:
            AlreadyExists: they are enabled.
        """
        gkehub_writes.create_feature(session, self.project, MCS, self.labels)


@dataclass(frozen=True)
class EnableIngress(Change):
    """Enable multi-cluster ingress, with these labels. Only a plan does not know the config membership yet."""

    project: str
    labels: Mapping[str, str]
    config_membership: str | None

    def describe(self) -> Description:
        """A creation of the feature, with its config membership."""
        return Description(
            "create", _feature(self.project, INGRESS), "configMembership", None, self.config_membership
        )

    def perform(self, session: Session) -> None:
        """Begin to enable it.

        Raises:
            AlreadyExists: it is enabled.
        """
        assert self.config_membership, "what has no config membership yet is planned, and not performed"
        gkehub_writes.create_feature(session, self.project, INGRESS, self.labels, self.config_membership)


@dataclass(frozen=True)
class MoveConfigMembership(Change):
    """Give multi-cluster ingress another config membership, by full names."""

    project: str
    before: str
    after: str

    def describe(self) -> Description:
        """An update of the feature's config membership."""
        return Description(
            "update", _feature(self.project, INGRESS), "configMembership", self.before, self.after
        )

    def perform(self, session: Session) -> None:
        """Begin to move it."""
        gkehub_writes.move_config_membership(session, _feature(self.project, INGRESS), self.after)


@dataclass(frozen=True)
class LeaveFeature(Change):
    """Take Fleetgate's labels off a feature that stays, because others use it. `before` are all that it has."""

    path: str
    before: Mapping[str, str]

    def describe(self) -> Description:
        """An update of the labels."""
        return Description("update", self.path, "labels", dict(self.before), labels.not_ours(self.before))

    def perform(self, session: Session) -> None:
        """Begin to replace the labels.

        Raises:
            Conflict: a change of it is under way.
        """
        gkehub_writes.set_feature_labels(session, self.path, labels.not_ours(self.before))


@dataclass(frozen=True)
class DisableFeature(Change):
    """Disable the feature at `path` (`projects/P/locations/global/features/F`)."""

    path: str

    def describe(self) -> Description:
        """A deletion."""
        return Description("delete", self.path)

    def perform(self, session: Session) -> None:
        """Begin to disable it.

        Raises:
            InUse: it still has resources, or had some minutes ago [observed].
            Conflict: a change of it is under way.
        """
        gkehub_writes.delete_feature(session, self.path)


@dataclass(frozen=True)
class GrantImporter(Change):
    """Let the importer of multi-cluster Services read the network's configuration in `project`."""

    project: str

    def describe(self) -> Description:
        """An update of the project's bindings."""
        after = f"{importer.ROLE}: {importer.SUBJECT}"
        return Description("update", f"projects/{self.project}", "bindings", None, after)

    def perform(self, session: Session) -> None:
        """Grant it, which takes effect at once.

        Raises:
            Conflict: the policy has changed meanwhile.
            Transient: the identity pool is not there yet.
        """
        importer.grant(session, self.project)


@dataclass(frozen=True)
class RevokeImporter(Change):
    """Take the grant back from the principals that hold it."""

    project: str
    principals: Sequence[str]

    def describe(self) -> Description:
        """An update of the project's bindings."""
        before = f"{importer.ROLE}: {', '.join(self.principals)}"
        return Description("update", f"projects/{self.project}", "bindings", before)

    def perform(self, session: Session) -> None:
        """Revoke it, which takes effect at once.

        Raises:
            Conflict: the policy has changed meanwhile.
        """
        importer.revoke(session, self.project)


@dataclass(frozen=True)
class DisableApi(Change):
    """Disable `api` (`container.googleapis.com`) in `project`, unless something needs it."""

    project: str
    api: str

    def describe(self) -> Description:
        """An update of its state."""
        resource = f"projects/{self.project}/services/{self.api}"
        return Description("update", resource, "state", "ENABLED", "DISABLED")

    def perform(self, session: Session) -> None:
        """Begin to disable it.

        Raises:
            Declined: another API needs it, or it was used lately, in Google's words.
        """
        try:
            serviceusage.disable(session, self.project, self.api)
        except errors.Refused as error:
            raise errors.Declined(error.message) from error


def _feature(project: str, name: str) -> str:
    return f"projects/{project}/locations/global/features/{name}"
