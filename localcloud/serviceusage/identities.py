"""Service agents: Google's own accounts in a project, from generateServiceIdentity or from enabling the API.

A binding to an agent that does not exist is refused, so whoever binds one creates it first [observed].
"""

from __future__ import annotations

from localcloud.iam import grants
from localcloud.iam.accounts import AGENTS
from localcloud.iam.accounts import put as put_account
from localcloud.ids import keyed
from localcloud.projects import Project
from localcloud.service import Call
from localcloud.serviceusage.known import KnownService, find
from localcloud.serviceusage.operations import TYPES, finished
from localcloud.serviceusage.service import project_of, service
from localcloud.wire.errors import Refused
from localcloud.wire.messages import Json
from localcloud.world import World

GENERATE = "serviceusage.services.generateServiceIdentity"


@service.on(GENERATE)
@service.on_path("POST", "v1/{v1Id}/{v1Id1}/services/{servicesId}:generateServiceIdentity", GENERATE)
def generate(call: Call) -> Json:
    """Make the API's service agent; asked again, the same answer. Grants it nothing [observed].

    Google has it in v1beta1 alone [documented]. Here it is in v1, too: Terraform's google and google-beta have one
    variable for the endpoint of either version [observed: 7.45.0].
    """
    project = project_of(call)
    api = find(call.params["servicesId"])
    if not api.agent:
        raise Refused("INVALID_ARGUMENT", f"Service {api.name} does not have a service identity.")
    identity = ensure(call.world, project, api)
    response = {"@type": f"{TYPES}.v1beta1.ServiceIdentity", **identity}
    return finished(response, "operations/finished.DONE_OPERATION")


def ensure(world: World, project: Project, api: KnownService) -> Json:
    """The API's service agent in the project, made if it is not there: {email, uniqueId}."""
    email = api.agent.format(number=project.number)
    found = world.store[AGENTS].get(email)
    if found is not None:
        return found
    unique = str(10**20 + keyed(email, 9 * 10**8))
    return world.store[AGENTS].put(email, {"email": email, "uniqueId": unique})


def deprived(world: World, project: Project, api: KnownService) -> bool:
    """Whether the API's service agent has been made, with its role, and somebody has taken the role away."""
    email = api.agent.format(number=project.number)
    if email not in world.store[AGENTS] or not api.granted:
        return False
    return not grants.effective(world, project.id, api.granted, f"serviceAccount:{email}")


def provision(world: World, project: Project, api: KnownService) -> None:
    """What enabling the API brings by itself: for some, their agent and its role [documented for GKE], for Compute
    Engine the account that machines run as [documented: compute/docs/access/service-accounts].

    That account gets no role: new organizations forbid the editor's, which it used to get [documented:
    iam.automaticIamGrantsForDefaultServiceAccounts, enforced since May 2024].
    """
    if api.granted:
        email = ensure(world, project, api)["email"]
        grants.grant(world, f"projects/{project.id}", api.granted, f"serviceAccount:{email}")
    if api.account:
        settings = {"displayName": api.account_name}
        put_account(world, project, api.account.format(number=project.number), settings)
