"""Makes Fleetgate's identities in a local cloud, as the bootstrap does: agents, accounts, custom roles and bindings.

It goes through the same code as IAM's API, which refuses what Google would. Everything works at once, as if the
bootstrap had run long ago. Names and descriptions are those of `terraform-bootstrap/`: iam.tf, main.tf, build.tf and
modules/fleet-project/.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fleetgate.local.roles import NODES, PUBLISHER, USER, Role, RoleScope
from localcloud.iam import accounts
from localcloud.iam import roles as custom_roles
from localcloud.iam.policies import bind
from localcloud.serviceusage import identities
from localcloud.serviceusage.known import find
from localcloud.world import World

NODE_ROLE = "roles/container.defaultNodeServiceAccount"
BUILDER = "build"  # acts as itself besides: functions are built as it
HOME_AGENTS = {
    "cloudscheduler": ("roles/cloudscheduler.serviceAgent",),
    "eventarc": ("roles/eventarc.serviceAgent",),
    "workflows": ("roles/workflows.serviceAgent",),
}
FLEET_AGENTS = {
    "gkehub": ("roles/gkehub.serviceAgent",),
    "multiclusteringress": ("roles/multiclusteringress.serviceAgent", "roles/container.admin"),
    "multiclusterservicediscovery": ("roles/multiclusterservicediscovery.serviceAgent",),
}


def prepare_home(world: World, roles: Iterable[Role], scope: RoleScope) -> None:
    """What Fleetgate's own project needs: an account for each role, and what it may do there."""
    roles = tuple(roles)
    _bind_agents(world, scope.home, HOME_AGENTS)
    for role in roles:
        _make_account(
            world, scope.home, f"fleetgate-{role.name}", _title(role), f"May do what {_file(role)} says."
        )
    for role in roles:
        _grant_custom(world, role, "home", scope.home, scope.member(role))
        for topic in (topic for each in role.topics for topic in scope.topics(each)):
            bind(world, topic, PUBLISHER, scope.member(role))
        also = (BUILDER,) if role.name == BUILDER else ()
        for account in (each for each in (*role.act_as, *also) if each != NODES):
            _let_act(world, role, scope, scope.account(account))


def prepare_fleet_project(world: World, roles: Iterable[Role], scope: RoleScope) -> None:
    """What a project of environments needs: the fleet's agents, an account for nodes, and what identities may do."""
    _bind_agents(world, scope.fleet, FLEET_AGENTS)
    description = "The nodes of clusters that Fleetgate makes."
    _make_account(world, scope.fleet, "fleetgate-nodes", "Fleetgate: nodes", description)
    bind(world, f"projects/{scope.fleet}", NODE_ROLE, f"serviceAccount:{scope.nodes[0]}")
    for email in scope.more_nodes:
        _make_own(world, accounts.account_holder(world, email, scope.fleet))
    for role in roles:
        _grant_custom(world, role, "fleet", scope.fleet, scope.member(role))
        _grant_custom(world, role, "limited", scope.fleet, scope.member(role))
        for account in scope.nodes if NODES in role.act_as else ():
            _let_act(world, role, scope, account)


def _bind_agents(world: World, project_id: str, agents: Mapping[str, tuple[str, ...]]) -> None:
    project = world.projects.get(project_id)
    for api, held in agents.items():
        email = identities.ensure(world, project, find(f"{api}.googleapis.com"))["email"]
        for role in held:
            bind(world, f"projects/{project_id}", role, f"serviceAccount:{email}")


def _make_account(world: World, project_id: str, account: str, title: str, description: str) -> None:
    settings = {"displayName": title, "description": description}
    accounts.make(world, world.projects.get(project_id), account, settings)


def _make_own(world: World, name: str) -> None:
    """An account of a person's own, by full name: they have made it, if its project is one of theirs."""
    if project := world.projects.find(name.split("/")[1]):
        accounts.put(world, project, name.rpartition("/")[2], {})


def _grant_custom(world: World, role: Role, section: str, project_id: str, member: str) -> None:
    """Make the custom role for one section of a role file, and bind it."""
    if section not in role.permissions:
        return
    limited = section == "limited"
    name = f"fleetgate_{role.step}" + ("" if section == "home" else f"_{section}")
    body = {
        "title": f"{_title(role)}, under a condition" if limited else _title(role),
        "description": f"{_file(role)} says why each permission is needed{', and under which condition' * limited}.",
        "stage": "GA",
        "includedPermissions": sorted(role.permissions[section]),
    }
    made = custom_roles.make(world, world.projects.get(project_id), name, body)
    bind(world, f"projects/{project_id}", made["name"], member, role.condition if limited else None)


def _let_act(world: World, role: Role, scope: RoleScope, account: str) -> None:
    bind(world, accounts.account_holder(world, account, scope.fleet), USER, scope.member(role))


def _title(role: Role) -> str:
    return f"Fleetgate: {role.step.replace('_', ' ')}"


def _file(role: Role) -> str:
    return f"roles/{role.step}.yaml"
