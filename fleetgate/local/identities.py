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
from localcloud.wire.messages import Json
from localcloud.world import World

NODE_ROLE = "roles/container.defaultNodeServiceAccount"
TITLES = {"limited": ", under a condition", "source": ", in buckets", "built": ", in buckets"}
WRITER = "roles/artifactregistry.writer"
BUILDER = "build"  # writes images and acts as itself besides: functions are built as it
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
# Those who may request are bound to it; here nobody is, but the user, who owns the project.
REQUESTER: Json = {
    "title": "Fleetgate: requester",
    "description": "What reports of requests are made from.",
    "stage": "GA",
    "includedPermissions": ["logging.logEntries.list"],
}


def prepare_home(world: World, roles: Iterable[Role], scope: RoleScope) -> None:
    """What Fleetgate's own project needs: an account for each role, and what it may do there."""
    roles = tuple(roles)
    _bind_agents(world, scope.home, scope.home, HOME_AGENTS)
    for role in roles:
        _make_account(
            world, scope.home, f"fleetgate-{role.name}", _title(role), f"May do what {_file(role)} says."
        )
    for role in roles:
        _grant_custom(world, role, "home", scope, f"projects/{scope.home}")
        _grant_custom(world, role, "source", scope, scope.source)
        _grant_custom(world, role, "built", scope, f"projects/{scope.home}", _built(world, scope))
        for topic in (topic for each in role.topics for topic in scope.topics(each)):
            bind(world, topic, PUBLISHER, scope.member(role))
        if role.name == BUILDER:
            bind(world, scope.repository, WRITER, scope.member(role))
        also = (BUILDER,) if role.name == BUILDER else ()
        for account in (each for each in (*role.act_as, *also) if each != NODES):
            _let_act(world, role, scope, scope.account(account))
    custom_roles.make(world, world.projects.get(scope.home), "fleetgate_requester", REQUESTER)


def prepare_fleet_project(world: World, roles: Iterable[Role], scope: RoleScope) -> None:
    """What a project of environments needs: the fleet's agents, an account for nodes, and what identities may do."""
    _bind_agents(world, scope.fleet, scope.home, FLEET_AGENTS)
    description = "The nodes of clusters that Fleetgate makes."
    _make_account(world, scope.fleet, "fleetgate-nodes", "Fleetgate: nodes", description)
    bind(world, f"projects/{scope.fleet}", NODE_ROLE, f"serviceAccount:{scope.nodes[0]}")
    for email in scope.more_nodes:
        _make_own(world, accounts.account_holder(world, email, scope.fleet))
    for role in roles:
        _grant_custom(world, role, "fleet", scope, f"projects/{scope.fleet}")
        _grant_custom(world, role, "limited", scope, f"projects/{scope.fleet}", role.condition)
        for account in scope.nodes if NODES in role.act_as else ():
            _let_act(world, role, scope, account)


def _bind_agents(world: World, project_id: str, home: str, agents: Mapping[str, tuple[str, ...]]) -> None:
    """Under a condition that always holds, and names whose bindings these are."""
    project = world.projects.get(project_id)
    condition = {
        "title": f"Fleetgate of {home}",
        "description": "Always holds: it tells this binding from those of others.",
        "expression": "request.time > timestamp('2020-01-01T00:00:00Z')",
    }
    for api, held in agents.items():
        email = identities.ensure(world, project, find(f"{api}.googleapis.com"))["email"]
        for role in held:
            bind(world, f"projects/{project_id}", role, f"serviceAccount:{email}", condition)


def _make_account(world: World, project_id: str, account: str, title: str, description: str) -> None:
    settings = {"displayName": title, "description": description}
    accounts.make(world, world.projects.get(project_id), account, settings)


def _make_own(world: World, name: str) -> None:
    """An account of a person's own, by full name: they have made it, if its project is one of theirs."""
    if project := world.projects.find(name.split("/")[1]):
        accounts.put(world, project, name.rpartition("/")[2], {})


def _grant_custom(
    world: World, role: Role, section: str, scope: RoleScope, holder: str, condition: Json | None = None
) -> None:
    """Make the custom role for one section of a role file, and bind it in the policy of `holder`."""
    if section not in role.permissions:
        return
    project = world.projects.get(holder.split("/")[1])
    name = f"fleetgate_{role.step}" + ("" if section == "home" else f"_{section}")
    why = ", and under which condition" if section == "limited" else ""
    body = {
        "title": _title(role) + TITLES.get(section, ""),
        "description": f"{_file(role)} says why each permission is needed{why}.",
        "stage": "GA",
        "includedPermissions": sorted(role.permissions[section]),
    }
    made = custom_roles.make(world, project, name, body)
    bind(world, holder, made["name"], scope.member(role), condition)


def _built(world: World, scope: RoleScope) -> Json:
    """The condition that names Google's bucket of what the functions of the home region are built from."""
    bucket = f"projects/_/buckets/gcf-v2-sources-{world.projects.get(scope.home).number}-{scope.region}"
    return {
        "title": "sources of functions",
        "description": "Only what the functions of the home region are built from.",
        "expression": f"resource.name == '{bucket}' || resource.name.startsWith('{bucket}/')",
    }


def _let_act(world: World, role: Role, scope: RoleScope, account: str) -> None:
    bind(world, accounts.account_holder(world, account, scope.fleet), USER, scope.member(role))


def _title(role: Role) -> str:
    return f"Fleetgate: {role.step.replace('_', ' ')}"


def _file(role: Role) -> str:
    return f"roles/{role.step}.yaml"
