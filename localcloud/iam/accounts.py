"""Which service accounts there are: those that people make, Google's own of a project, and service agents.

An account is kept by its full name (`projects/P/serviceAccounts/EMAIL`) in wire shape; agents are kept apart, for
IAM's API does not show them.
"""

from __future__ import annotations

import re

from localcloud.iam import grants
from localcloud.projects import Project
from localcloud.wire.errors import Refused, invalid
from localcloud.wire.messages import Json
from localcloud.world import World

ACCOUNTS = "iam.serviceAccounts"
APPEARING = "iam.appearing"  # the names of accounts that policies do not know yet
AGENTS = "serviceusage.identities"  # the collection of service agents, by e-mail address
NODES_DEFAULT = "default"  # what GKE calls Compute Engine's own account in a cluster [documented]
ID = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])")  # [documented: iam v1 CreateServiceAccountRequest]
LENGTH = range(6, 31)
MOST = 100  # [documented: iam/quotas] in a project
LONGEST = {"displayName": 100, "description": 256}  # [documented: iam v1 ServiceAccount] UTF-8 bytes
SETTABLE = tuple(LONGEST)


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


def exists(world: World, email: str) -> bool:
    """Whether there is such an account or agent."""
    return email in world.store[AGENTS] or account_holder(world, email, "") in world.store[ACCOUNTS]


def find(world: World, project: str, named: str) -> Json | None:
    """The account that a call names by address or number in a project, which may be `-` for any [documented]."""
    if "@" in named:
        name = account_holder(world, named, project)
        found = world.store[ACCOUNTS].get(name)
        return found if project in ("-", name.split("/")[1]) else None
    prefix = "projects/" if project == "-" else f"projects/{project}/"
    accounts = world.store[ACCOUNTS].list(prefix)
    return next((each for each in accounts if each["uniqueId"] == named), None)


def make(world: World, project: Project, account_id: str, settings: Json) -> Json:
    """A new account of a person's; `settings` are its display name and description.

    Raises:
        Refused: INVALID_ARGUMENT, ALREADY_EXISTS or RESOURCE_EXHAUSTED, in Google's words [reported:
            terraform-provider-google#6435 and others]; those about the form of an id are [inferred].
    """
    if len(account_id) not in LENGTH:
        raise invalid(f'The account ID "{account_id}" does not have a length between 6 and 30.')
    if not ID.fullmatch(account_id):
        raise invalid(f'The account ID "{account_id}" does not match {ID.pattern}.')
    check_settings(settings)
    email = f"{account_id}@{project.id}.iam.gserviceaccount.com"
    parent = f"projects/{project.id}"
    if f"{parent}/serviceAccounts/{email}" in world.store[ACCOUNTS]:
        info = {
            "@type": "type.googleapis.com/google.rpc.ResourceInfo",
            "resourceName": f"{parent}/serviceAccounts/{email}",
        }
        words = f"Service account {account_id} already exists within project {parent}."
        raise Refused("ALREADY_EXISTS", words, details=[info])
    if len(world.store[ACCOUNTS].names(f"{parent}/")) >= MOST:
        raise Refused("RESOURCE_EXHAUSTED", "Maximum number of service accounts on project reached.")
    return put(world, project, email, settings)


def put(world: World, project: Project, email: str, settings: Json) -> Json:
    """Keep an account under a number that no other ever had; one that is there stays as it is."""
    name = f"projects/{project.id}/serviceAccounts/{email}"
    if found := world.store[ACCOUNTS].get(name):
        return found
    number = world.ids.account()
    account: Json = {
        "name": name,
        "projectId": project.id,
        "uniqueId": number,
        "email": email,
        "etag": grants.next_etag(world, ""),
        "oauth2ClientId": number,
    }
    account |= {key: settings[key] for key in SETTABLE if settings.get(key)}
    return world.store[ACCOUNTS].put(name, account)


def appear(world: World, account: Json) -> None:
    """Let policies know a new account in a while, though it can be read at once [documented: iam/docs/
    service-accounts-create, eventual consistency; reported: google-cloud-go#11482]."""
    name = account["name"]
    world.store[APPEARING].put(name, {})
    world.ledger.perform("iam.serviceAccounts.create", name, lambda: world.store[APPEARING].delete(name))


def can_be_bound(world: World, email: str) -> bool:
    """Whether policies know the account by now."""
    return exists(world, email) and account_holder(world, email, "") not in world.store[APPEARING]


def remove(world: World, account: Json) -> None:
    """Delete an account: its policy goes, and bindings of it say that it is gone, so that a later account of the same
    name is given nothing by them [documented: iam/docs/principals-overview, deleted principals]."""
    world.store[ACCOUNTS].delete(account["name"])
    grants.forget(world, account["name"])
    email = account["email"]
    gone = f"deleted:serviceAccount:{email}?uid={account['uniqueId']}"
    grants.rename_member(world, f"serviceAccount:{email}", gone)


def check_settings(settings: Json) -> None:
    """Refuse a display name or description that is too long.

    Raises:
        Refused: INVALID_ARGUMENT, in words of ours.
    """
    for key, most in LONGEST.items():
        length = len(str(settings.get(key, "")).encode())
        if length > most:
            raise invalid(f"{key} has {length} bytes; at most {most} are allowed.")
