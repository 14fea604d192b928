"""The identities of a local installation are those that Terraform makes: accounts, roles and agents, word for word."""

from __future__ import annotations

import re
from typing import Any

import pytest

from fleetgate.local import identities
from fleetgate.local.roles import RoleScope, read_roles
from localcloud.iam.access import ROLES
from localcloud.iam.accounts import ACCOUNTS
from localcloud.wire.messages import Json
from localcloud.world import World
from tests.terraform.configuration import BOOTSTRAP, FLEET_PROJECT, blocks, text

HOME, FLEET = "shop-tools", "shop-prod"
BLOCKS = {
    (folder, each.address): each.body
    for folder in (BOOTSTRAP, FLEET_PROJECT)
    for each in blocks(folder, "resource")
}


@pytest.fixture(scope="module")
def world() -> World:
    """Two projects with everything that identities need."""
    made = World.create()
    for project in (HOME, FLEET):
        made.projects.create(project)
    roles, scope = read_roles(), RoleScope(HOME, FLEET, ("default",))
    identities.prepare_home(made, roles, scope)
    identities.prepare_fleet_project(made, roles, scope)
    return made


def _said(value: Any, step: str) -> str:
    """A text of Terraform's for one role file."""
    return (
        text(value)
        .replace('${replace(each.key, "_", " ")}', step.replace("_", " "))
        .replace("${each.key}", step)
    )


def _texts(folder: Any, address: str, step: str, *names: str) -> list[str]:
    return [_said(BLOCKS[folder, address][name], step) for name in names]


def _shown(found: Json | None, *names: str) -> list[str]:
    assert found is not None
    return [found[name] for name in names]


def test_accounts_are_called_alike(world: World) -> None:
    """One for each role file, and the nodes'."""
    made = world.store[ACCOUNTS]
    for role in read_roles():
        found = made.get(
            f"projects/{HOME}/serviceAccounts/fleetgate-{role.name}@{HOME}.iam.gserviceaccount.com"
        )
        wanted = _texts(
            BOOTSTRAP, "google_service_account.fleetgate", role.step, "display_name", "description"
        )
        assert wanted == _shown(found, "displayName", "description")
    nodes = made.get(f"projects/{FLEET}/serviceAccounts/fleetgate-nodes@{FLEET}.iam.gserviceaccount.com")
    wanted = _texts(FLEET_PROJECT, "google_service_account.nodes", "", "display_name", "description")
    assert wanted == _shown(nodes, "displayName", "description")
    assert len(read_roles()) + 1 == len(made.names())


@pytest.mark.parametrize(
    ("folder", "section", "project"),
    [(BOOTSTRAP, "home", HOME), (FLEET_PROJECT, "fleet", FLEET), (FLEET_PROJECT, "limited", FLEET)],
)
def test_custom_roles_are_called_alike(world: World, folder: Any, section: str, project: str) -> None:
    """One for each section of a role file."""
    address = f"google_project_iam_custom_role.{section}"
    steps = [role.step for role in read_roles() if section in role.permissions]
    for step in steps:
        role_id, *wanted = _texts(folder, address, step, "role_id", "title", "description")
        found = world.store[ROLES].get(f"projects/{project}/roles/{role_id}")
        assert wanted == _shown(found, "title", "description")
    assert steps


@pytest.mark.parametrize(
    ("folder", "agents"),
    [(BOOTSTRAP, identities.HOME_AGENTS), (FLEET_PROJECT, identities.FLEET_AGENTS)],
)
def test_agents_have_the_same_roles(folder: Any, agents: dict[str, tuple[str, ...]]) -> None:
    """Those of the home project and of the fleet's, whatever else Terraform notes of an agent."""
    (found,) = (each.body["agents"] for each in blocks(folder, "locals") if "agents" in each.body)
    named = {text(name): value for name, value in found.items() if "__" not in name}

    assert {name: set(roles) for name, roles in agents.items()} == {
        name: set(re.findall(r"roles/[\w.]+", str(value))) for name, value in named.items()
    }


def test_bindings_are_of_roles_and_members_that_are_there(world: World) -> None:
    """Nobody is bound who does not exist: the code of IAM's API has made each binding."""
    bound = {
        member
        for holder in world.store["iam.policies"].list()
        for binding in holder["bindings"]
        for member in binding["members"]
    }
    assert bound <= {f"serviceAccount:{each['email']}" for each in world.store[ACCOUNTS].list()}
