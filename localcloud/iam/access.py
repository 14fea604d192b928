"""Who may do what: policies of projects, topics and service accounts, evaluated; and what was made use of.

A policy on a topic or a service account is added to its project's [documented: inheritance]. Conditions are
evaluated; one that cannot be is false [documented]. A binding that was written a moment ago does not work yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from localcloud.iam import grants
from localcloud.iam.catalog import EVERYTHING, predefined
from localcloud.iam.conditions import Attributes, satisfied
from localcloud.service import Need
from localcloud.world import Part, World

if TYPE_CHECKING:
    from localcloud.wire.messages import Json

ROLES, POLICIES = "iam.roles", "iam.policies"  # collections of the store


@dataclass(frozen=True)
class Use:
    """A permission that somebody made use of: on what, and by which role (of which project, or predefined)."""

    identity: str
    permission: str
    holder: str
    role: str


@dataclass
class Access:
    """Who may do what. While it is not `enforced`, everybody may do everything. `used` is what was allowed to whom.

    `listener` is told whenever something is refused.
    """

    enforced: bool = False
    used: set[Use] = field(default_factory=set)
    listener: Callable[[str, Need], None] = lambda identity, need: None

    def lacking(
        self, world: World, identity: str, needs: Iterable[Need], attributes: Attributes | None = None
    ) -> list[Need]:
        """Those of `needs` that `identity` (an e-mail address) does not have. What it has counts as used.

        Of a project that is not there, the service says so itself, in words of its own.
        """
        if not self.enforced:
            return []
        missing = []
        for need in (each for each in needs if world.projects.find(each.holder.split("/")[1])):
            role = _role_for(world, identity, need, attributes or {})
            if role is None:
                missing.append(need)
                self.listener(identity, need)
            else:
                self.used.add(Use(identity, need.permission, need.holder, role))
        return missing

    def allows(self, world: World, identity: str, permission: str, project: str) -> bool:
        """Whether `identity` has a permission on a project (by id); asking does not count as use."""
        need = Need(permission, f"projects/{project}", "")
        return not self.enforced or _role_for(world, identity, need, {}) is not None


ACCESS: Part[Access] = Part("IAM's decisions on access", lambda _: Access())


def define_role(world: World, name: str, permissions: Iterable[str]) -> None:
    """A custom role (`projects/P/roles/R`) with these permissions; one of that name is replaced."""
    world.store[ROLES].put(name, {"name": name, "includedPermissions": sorted(permissions)})


def bind(world: World, holder: str, role: str, member: str, condition: Json | None = None) -> None:
    """Bind `member` (`serviceAccount:…`) to `role` on a project, topic or service account; works at once."""
    kind = holder.split("/")[2:3]
    if not kind:
        grants.grant(world, world.projects.get(holder.split("/")[1]), role, member, condition)
        return
    binding: Json = {"role": role, "members": [member]} | ({"condition": condition} if condition else {})
    policy = world.store[POLICIES].get(holder) or {}
    world.store[POLICIES].put(holder, {"bindings": grants.tidy([*policy.get("bindings", []), binding])})


def permissions_of(world: World, role: str) -> frozenset[str]:
    """What a role holds; one that nobody knows here holds nothing."""
    found = world.store[ROLES].get(role)
    if found is not None:
        return frozenset(found["includedPermissions"])
    return predefined().get(role, frozenset())


def _role_for(world: World, identity: str, need: Need, attributes: dict[str, Any]) -> str | None:
    for binding in _bindings(world, need.holder):
        if not _is_member(world, identity, need.holder, binding):
            continue
        held = permissions_of(world, binding["role"])
        if (EVERYTHING in held or need.permission in held) and satisfied(
            binding.get("condition"), attributes
        ):
            role: str = binding["role"]
            return role
    return None


def _bindings(world: World, holder: str) -> Iterator[Json]:
    project = world.projects.find(holder.split("/")[1])
    yield from (world.store[POLICIES].get(holder) or {}).get("bindings", [])
    if project is not None:
        yield from grants.bindings_of(project)


def _is_member(world: World, identity: str, holder: str, binding: Json) -> bool:
    member = next((each for each in binding["members"] if each.partition(":")[2] == identity), None)
    project = holder.split("/")[1]
    return member is not None and not grants.is_propagating(world, project, binding["role"], member)
