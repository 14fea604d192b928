"""Who holds which role on a project or on something in one, and since when.

A binding that was just written does not work yet: IAM converges, usually within two minutes, whatever resource the
policy is of [documented: iam/docs/access-change-propagation]; modules in the field sleep 60–100 s after a grant
[observed]. So each new binding propagates as work of the ledger, and controllers ask `effective`. Taking a
role away works at once here: the local cloud is the stricter of the two [inferred].

A holder is the full name of what has the policy: `projects/P`, or `projects/P/topics/T` and the like.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from localcloud.time.ledger import Work
from localcloud.wire.messages import Json

if TYPE_CHECKING:
    from localcloud.world import World

POLICIES = "iam.policies"  # the collection of policies by holder; a project's stands in the project
FIRST_ETAG = "ACAB"  # what Google answers for a policy that nobody has written yet [observed]

Pair = tuple[str, str]  # role, member


def policy_of(world: World, holder: str) -> Json:
    """The holder's policy in wire shape; empty if nobody has written one."""
    if not _is_project(holder):
        return world.store[POLICIES].get(holder) or {}
    project = world.projects.find(_project(holder))
    return project.policy if project else {}


def holders(world: World) -> Iterator[str]:
    """Everything that may have a policy: the projects, and what has one of its own."""
    yield from (f"projects/{project.id}" for project in world.projects.all())
    yield from world.store[POLICIES].names()


def bindings_of(world: World, holder: str) -> list[Json]:
    """The bindings of the holder's own policy, in wire shape."""
    bindings: list[Json] = policy_of(world, holder).get("bindings", [])
    return bindings


def pairs(bindings: Iterable[Json]) -> set[Pair]:
    """Each (role, member) that the bindings hold; conditions are not looked at."""
    return {(binding["role"], member) for binding in bindings for member in binding.get("members", [])}


def etag_of(world: World, holder: str) -> str:
    """The policy's etag: base64, as compare-and-swap of setIamPolicy takes it."""
    etag: str = policy_of(world, holder).get("etag", FIRST_ETAG)
    return etag


def write(
    world: World,
    holder: str,
    bindings: list[Json],
    waited_for: Callable[[str], Work | None] = lambda member: None,
) -> None:
    """Replace the holder's bindings; those that are new begin to propagate.

    `waited_for` tells what had to be done before a member could be bound at all.
    """
    before = pairs(bindings_of(world, holder))
    _keep(world, holder, bindings)
    for role, member in sorted(before - pairs(bindings)):
        world.store["iam.propagating"].delete(_key(holder, role, member))
    _propagate(world, holder, pairs(bindings) - before, waited_for)
    _tell(world, holder)


def grant(world: World, holder: str, role: str, member: str, condition: Json | None = None) -> None:
    """Bind `member` to `role`, as Google does by itself for its service agents; works at once.

    The same grant under another condition is another binding [documented: iam/docs/conditions-overview].
    """
    same = [each for each in bindings_of(world, holder) if each.get("condition") == condition]
    if (role, member) in pairs(same):
        return
    binding: Json = {"role": role, "members": [member]} | ({"condition": condition} if condition else {})
    _keep(world, holder, tidy([*bindings_of(world, holder), binding]))
    _tell(world, holder)


def forget(world: World, holder: str) -> None:
    """What had a policy of its own is deleted: one of the same name that is made later begins with none."""
    world.store[POLICIES].delete(holder)
    for key in world.store["iam.propagating"].names(f"{holder} "):
        world.store["iam.propagating"].delete(key)


def rename_member(world: World, old: str, new: str) -> None:
    """Let every binding of `old`, whosever policy it is in, be one of `new`; no policy's etag changes [inferred]."""
    for holder in list(holders(world)):
        policy = policy_of(world, holder)
        bindings = [_renamed(each, old, new) for each in policy.get("bindings", [])]
        if bindings != policy.get("bindings", []):
            for role, _ in (each for each in pairs(policy["bindings"]) if each[1] == old):
                world.store["iam.propagating"].delete(_key(holder, role, old))
            _put(world, holder, {**policy, "bindings": bindings})
            _tell(world, holder)


def tidy(bindings: Iterable[Json]) -> list[Json]:
    """One binding for each role and condition, members sorted, empty ones left out, as Google answers."""
    merged: dict[tuple[str, str], Json] = {}
    for binding in bindings:
        key = (binding["role"], repr(binding.get("condition")))
        members = {*merged.get(key, {}).get("members", []), *binding.get("members", [])}
        if members:
            merged[key] = {**binding, "members": sorted(members)}
    return [merged[key] for key in sorted(merged)]


def effective(world: World, project_id: str, role: str, member: str) -> bool:
    """Whether `member` (`serviceAccount:…`, `principal://…`) holds `role` on the project by now."""
    project = world.projects.find(project_id)
    holder = f"projects/{project.id if project else project_id}"
    if (role, member) not in pairs(bindings_of(world, holder)):
        return False
    return not is_propagating(world, holder, role, member)


def is_propagating(world: World, holder: str, role: str, member: str) -> bool:
    """Whether a binding was written so lately that it does not work yet."""
    return _key(holder, role, member) in world.store["iam.propagating"]


def propagation(world: World, project_id: str, member: str) -> Work | None:
    """The newest propagation of a binding of `member`, for `after` of what waited for it, or None."""
    return world.ledger.latest("iam.propagation", f"projects/{project_id} {member}")


def subscribe(world: World, listener: Callable[[str], None]) -> None:
    """Call `listener(project_id)` whenever what `effective` says of the project may have changed."""
    world.store["iam.effective"].subscribe(lambda name, _: listener(_project(name)))


def next_etag(world: World, old: str) -> str:
    """The moment in microseconds, as Google's are; two writes of one moment differ too."""
    try:
        last = int.from_bytes(base64.b64decode(old)[1:], "big")
    except binascii.Error:
        last = 0
    moment = max(int(world.clock.now * 1_000_000), last + 1)
    return base64.b64encode(b"\x07" + moment.to_bytes(7, "big")).decode()


def _keep(world: World, holder: str, bindings: list[Json]) -> None:
    """Store the bindings as the holder's; the version says whether there are conditions [documented]."""
    conditional = any("condition" in each for each in bindings)
    etag = next_etag(world, etag_of(world, holder))
    changed: Json = {"version": 3 if conditional else 1, "etag": etag, "bindings": bindings}
    _put(world, holder, {**policy_of(world, holder), **changed})


def _put(world: World, holder: str, policy: Json) -> None:
    if _is_project(holder):
        world.projects.get(_project(holder)).policy = policy
    else:
        world.store[POLICIES].put(holder, policy)


def _propagate(world: World, holder: str, fresh: set[Pair], waited_for: Callable[[str], Work | None]) -> None:
    etag = etag_of(world, holder)
    for member in sorted({member for _, member in fresh}):
        roles = sorted(role for role, bound in fresh if bound == member)
        for role in roles:
            world.store["iam.propagating"].put(_key(holder, role, member), {"since": etag})
        then = partial(_settle, world, holder, member, roles, etag)
        world.ledger.perform("iam.propagation", f"{holder} {member}", then, [waited_for(member)])


def _settle(world: World, holder: str, member: str, roles: list[str], etag: str) -> None:
    """End the propagation of what was written under `etag`; what was taken and given again has its own."""
    waiting = world.store["iam.propagating"]
    for role in roles:
        if waiting.get(_key(holder, role, member)) == {"since": etag}:
            waiting.delete(_key(holder, role, member))
    _tell(world, holder)


def _tell(world: World, holder: str) -> None:
    """Tell controllers, who ask about projects alone."""
    if not _is_project(holder):
        return
    held = [
        {"role": role, "member": member}
        for role, member in sorted(pairs(bindings_of(world, holder)))
        if not is_propagating(world, holder, role, member)
    ]
    world.store["iam.effective"].put(holder, {"held": held})


def _is_project(holder: str) -> bool:
    return holder.count("/") == 1


def _project(holder: str) -> str:
    return holder.split("/")[1]


def _key(holder: str, role: str, member: str) -> str:
    return f"{holder} {role} {member}"


def _renamed(binding: Json, old: str, new: str) -> Json:
    members = sorted({new if each == old else each for each in binding["members"]})
    return {**binding, "members": members}
