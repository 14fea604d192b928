"""Members of a binding: their syntax, and whether those that Google can look up are there.

A service account, or Google's agent, must be there [reported: solutions-modern-cicd-anthos#18, generative-ai#944];
one of a project that is not in this cloud is not. The identity pool `P.svc.id.goog` exists once the first cluster of
the project with workload identity runs [observed]. People and groups are taken at their word.
"""

from __future__ import annotations

import re

from localcloud.iam.accounts import can_be_bound
from localcloud.time.ledger import Work
from localcloud.wire.errors import Refused, invalid
from localcloud.world import World

KINDS = ("user", "serviceAccount", "group", "domain", "principal", "principalSet", "deleted")
# Whoever has a basic role on a project, as the policies of its buckets name them [documented: Cloud Storage, IAM].
TEAMS = ("projectOwner", "projectEditor", "projectViewer")
ANYONE = ("allUsers", "allAuthenticatedUsers")
EMAIL = re.compile(r"[^@\s\[\]]+@([^@.\s\[\]]+\.)+[^@.\s\[\]]+")
KUBERNETES = re.compile(r"([a-z0-9:.-]+\.svc\.id\.goog)\[[a-z0-9.-]+/[a-z0-9.-]+\]")
PRINCIPAL = re.compile(
    r"//iam\.googleapis\.com/projects/\d+/locations/global/workloadIdentityPools/([^/]+)/\S+"
)


def check(world: World, member: str, known: bool = False) -> None:
    """Refuse a member that cannot be one; a member that is `known` (bound already) may have gone since.

    Raises:
        Refused: INVALID_ARGUMENT, in Google's words.
    """
    kind, colon, name = member.partition(":")
    if member in ANYONE:
        return
    if not colon or kind not in KINDS + TEAMS:
        raise invalid(
            f"The member {member} is of an unknown type. Please set a valid type prefix for the member."
        )
    if kind in ("user", "group") and not EMAIL.fullmatch(name):
        raise invalid(f"Invalid {kind} {name}: an e-mail address is expected.")
    if kind == "serviceAccount" and not known:
        _service_account(world, name)
    if kind == "principal" and not known:
        _principal(world, name)


def pool_exists(world: World, pool: str) -> bool:
    """Whether the identity pool (`P.svc.id.goog`) is there: a cluster with it has been RUNNING."""
    return bool(_clusters_of(world, pool))


def pool_work(world: World, member: str) -> Work | None:
    """The work that made the identity pool of `member`: its first cluster's creation. None for others."""
    match = KUBERNETES.fullmatch(member.removeprefix("serviceAccount:")) or PRINCIPAL.fullmatch(
        member.removeprefix("principal:")
    )
    clusters = _clusters_of(world, match[1]) if match else []
    works = (world.ledger.latest("container.clusters.create", name) for name in clusters)
    return min(
        (work for work in works if work is not None), key=lambda work: (work.end, work.id), default=None
    )


def _clusters_of(world: World, pool: str) -> list[str]:
    """The clusters with this pool that have come up, by full name."""
    return [
        name
        for name, cluster in world.store["container.clusters"].items()
        if cluster.get("workloadIdentityConfig", {}).get("workloadPool") == pool
        and cluster.get("status") not in (None, "PROVISIONING")
    ]


def _service_account(world: World, name: str) -> None:
    if match := KUBERNETES.fullmatch(name):
        _pool(world, match[1])
    elif not EMAIL.fullmatch(name):
        raise invalid(f"Invalid service account ({name}).")
    elif not can_be_bound(world, name):
        raise invalid(f"Service account {name} does not exist.")


def _principal(world: World, name: str) -> None:
    match = PRINCIPAL.fullmatch(name)
    if match is None:
        raise invalid(f"Invalid principal member (principal:{name}).")
    if match[1].endswith(".svc.id.goog"):
        _pool(world, match[1])


def _pool(world: World, pool: str) -> None:
    if not pool_exists(world, pool):
        raise Refused(
            "INVALID_ARGUMENT",
            f"Identity Pool does not exist ({pool}). Please check that you specified a valid resource name "
            "as returned in the `name` attribute in the configuration API.",
        )
