"""Service accounts as what a permission is asked for on."""

from __future__ import annotations

from localcloud.world import World

AGENTS = "serviceusage.identities"  # the collection of service agents, by e-mail address
NODES_DEFAULT = "default"  # what GKE calls Compute Engine's own account in a cluster [documented]


def account_holder(world: World, email: str, project: str) -> str:
    """A service account as the holder of a policy; `project` is whose it is if its address does not tell."""
    if email == NODES_DEFAULT:
        email = f"{world.projects.get(project).number}-compute@developer.gserviceaccount.com"
    local, _, domain = email.partition("@")
    if domain.endswith(".iam.gserviceaccount.com"):
        project = domain.partition(".")[0]
    elif domain == "developer.gserviceaccount.com":
        project = world.projects.id_of(local.partition("-")[0])
    return f"projects/{project}/serviceAccounts/{email}"
