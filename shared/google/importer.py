"""The grant that the MCS importer needs in a project: made once there is an identity pool, taken back at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared import errors
from shared.google import projects
from shared.google.session import Session

if TYPE_CHECKING:
    from shared.google import wire

ROLE = "roles/compute.networkViewer"  # has trafficdirector.networks.getConfigs and .reportMetrics
SUBJECT = "subject/ns/gke-mcs/sa/gke-mcs-importer"


def importer_of(project: str, number: str) -> str:
    """The MCS importer's principal in the project's workload identity pool [documented, the newer form].

    With the older form alone (`serviceAccount:P.svc.id.goog[…]`) an importer has been seen not to work
    [reported], so it does not count as granted.
    """
    pools = f"projects/{number}/locations/global/workloadIdentityPools"
    return f"principal://iam.googleapis.com/{pools}/{project}.svc.id.goog/{SUBJECT}"


def importers(policy: wire.Policy, project: str) -> list[str]:
    """The importer's principals that hold the role in a project's policy."""
    return [who for who in projects.members(policy, ROLE) if is_importer(who, project)]


def is_importer(member: str, project: str) -> bool:
    """Whether a principal is the importer of the project's pool."""
    return member.startswith("principal:") and member.endswith(f"/{project}.svc.id.goog/{SUBJECT}")


def grant(session: Session, project: str) -> None:
    """Let the importer read the network's configuration.

    Raises:
        Conflict: the policy has changed meanwhile.
        Transient: the identity pool is not there yet, though a cluster of it serves [observed: 400].
    """
    member = importer_of(project, projects.number(session, project))
    policy = projects.policy(session, project)
    if member in projects.members(policy, ROLE):
        return
    try:
        projects.set_policy(session, project, projects.with_member(policy, ROLE, member))
    except errors.Refused as error:
        if "Identity Pool does not exist" not in error.message:
            raise
        known = (error.service, error.method, error.resource, error.status, error.reason, error.message)
        raise errors.Transient(*known) from error


def revoke(session: Session, project: str) -> None:
    """Take the grant back.

    Raises:
        Conflict: the policy has changed meanwhile.
    """
    policy = projects.policy(session, project)
    if gone := importers(policy, project):
        projects.set_policy(session, project, projects.without_members(policy, ROLE, gone))
