"""Who may do what: policies of projects and of what is in them, evaluated; and what was made use of.

The policy of a resource is added to its project's [documented: inheritance]. Conditions are
evaluated; one that cannot be is false [documented]. A binding that was written a moment ago does not work yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from localcloud.iam import grants
from localcloud.iam.catalog import EVERYTHING, predefined
from localcloud.iam.conditions import Attributes, bucket_name, satisfied
from localcloud.service import Need
from localcloud.world import Part, World

if TYPE_CHECKING:
    from localcloud.wire.messages import Json

ROLES = "iam.roles"  # the collection of custom roles, by full name


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
        self, world: World, identity: str, needs: Iterable[Need], api: dict[str, list[str]] | None = None
    ) -> list[Need]:
        """Those of `needs` that `identity` (an e-mail address) does not have. What it has counts as used. `api` are
        the call's API attributes.

        Of a project that is not there, the service says so itself, in words of its own.
        """
        if not self.enforced:
            return []
        missing = []
        for need in (each for each in needs if world.projects.find(each.holder.split("/")[1])):
            role = _role_for(world, identity, need, api or {})
            if role is None:
                missing.append(need)
                self.listener(identity, need)
            else:
                self.used.add(Use(identity, need.permission, need.holder, role))
        return missing

    def allows(self, world: World, identity: str, permission: str, holder: str) -> bool:
        """Whether `identity` has a permission on what `holder` names; asking does not count as use."""
        need = Need(permission, holder, "")
        return not self.enforced or _role_for(world, identity, need, {}) is not None


ACCESS: Part[Access] = Part("IAM's decisions on access", lambda _: Access())


def define_role(world: World, name: str, permissions: Iterable[str]) -> None:
    """A custom role (`projects/P/roles/R`) with these permissions; one of that name is replaced."""
    world.store[ROLES].put(name, {"name": name, "includedPermissions": sorted(permissions)})


def permissions_of(world: World, role: str) -> frozenset[str]:
    """What a role holds; one that nobody knows here, or that is deleted or disabled, holds nothing [documented]."""
    custom = world.store[ROLES].get(role)
    if custom is not None:
        idle = custom.get("deleted") or custom.get("stage") == "DISABLED"
        return frozenset(() if idle else custom.get("includedPermissions", ()))
    known = predefined().get(role)
    return known.permissions if known else frozenset()


def _role_for(world: World, identity: str, need: Need, api: dict[str, list[str]]) -> str | None:
    attributes = Attributes(api, need.resource or bucket_name(need.holder), world.clock.now)
    for holder, binding in _bindings(world, need.holder):
        if not _is_member(world, identity, holder, binding):
            continue
        held = permissions_of(world, binding["role"])
        if (EVERYTHING in held or need.permission in held) and satisfied(
            binding.get("condition"), attributes
        ):
            role: str = binding["role"]
            return role
    return None


def _bindings(world: World, holder: str) -> Iterator[tuple[str, Json]]:
    """The bindings that count for a holder, each with whose policy it stands in."""
    project = f"projects/{world.projects.id_of(holder.split('/')[1])}"
    for each in dict.fromkeys((holder, project)):
        yield from ((each, binding) for binding in grants.bindings_of(world, each))


def _is_member(world: World, identity: str, holder: str, binding: Json) -> bool:
    member = next((each for each in binding["members"] if _names(each, identity)), None)
    return member is not None and not grants.is_propagating(world, holder, binding["role"], member)


def _names(member: str, identity: str) -> bool:
    """Whether a member is who calls; everybody is one of all users, who has a token one of the authenticated."""
    if member in ("allUsers", "allAuthenticatedUsers"):
        return member == "allUsers" or bool(identity)
    return member.partition(":")[2] == identity
