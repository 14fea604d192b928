"""Who holds which role on a project, and since when: a binding that was just written does not work yet.

IAM converges, usually within two minutes [documented]; modules in the field sleep 60–100 s after a grant
[observed]. So each new binding propagates as work of the ledger, and controllers ask `effective`. Taking a
role away works at once here: the local cloud is the stricter of the two [inferred].
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from localcloud.projects import Project
from localcloud.time.ledger import Work
from localcloud.wire.messages import Json

if TYPE_CHECKING:
    from localcloud.world import World

# What Google answers for a policy that nobody has written yet [observed].
FIRST_ETAG = "ACAB"

Pair = tuple[str, str]  # role, member


def bindings_of(project: Project) -> list[Json]:
    """The project's bindings, in wire shape."""
    bindings: list[Json] = project.policy.get("bindings", [])
    return bindings


def pairs(bindings: Iterable[Json]) -> set[Pair]:
    """Each (role, member) that the bindings hold; conditions are not looked at."""
    return {(binding["role"], member) for binding in bindings for member in binding.get("members", [])}


def etag_of(project: Project) -> str:
    """The policy's etag: base64, as compare-and-swap of setIamPolicy takes it."""
    etag: str = project.policy.get("etag", FIRST_ETAG)
    return etag


def write(
    world: World,
    project: Project,
    bindings: list[Json],
    version: int = 1,
    waited_for: Callable[[str], Work | None] = lambda member: None,
) -> Json:
    """Replace the project's bindings; those that are new begin to propagate. The new policy is returned.

    `waited_for` tells what had to be done before a member could be bound at all.
    """
    before = pairs(bindings_of(project))
    etag = _next_etag(world, etag_of(project))
    project.policy = {**project.policy, "version": version, "etag": etag, "bindings": bindings}
    for role, member in sorted(before - pairs(bindings)):
        world.store["iam.propagating"].delete(_key(project.id, role, member))
    _propagate(world, project, pairs(bindings) - before, waited_for)
    _tell(world, project)
    return project.policy


def grant(world: World, project: Project, role: str, member: str, condition: Json | None = None) -> None:
    """Bind `member` to `role`, as Google does by itself for its service agents; works at once."""
    if (role, member) in pairs(bindings_of(project)):
        return
    binding: Json = {"role": role, "members": [member]} | ({"condition": condition} if condition else {})
    bindings = tidy([*bindings_of(project), binding])
    conditional = any("condition" in each for each in bindings)
    version = 3 if conditional else project.policy.get("version", 1)  # [documented]
    etag = _next_etag(world, etag_of(project))
    project.policy = {**project.policy, "version": version, "etag": etag, "bindings": bindings}
    _tell(world, project)


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
    if project is None or (role, member) not in pairs(bindings_of(project)):
        return False
    return not is_propagating(world, project.id, role, member)


def is_propagating(world: World, project_id: str, role: str, member: str) -> bool:
    """Whether a binding was written so lately that it does not work yet."""
    return _key(project_id, role, member) in world.store["iam.propagating"]


def propagation(world: World, project_id: str, member: str) -> Work | None:
    """The newest propagation of a binding of `member`, for `after` of what waited for it, or None."""
    return world.ledger.latest("iam.propagation", f"projects/{project_id} {member}")


def subscribe(world: World, listener: Callable[[str], None]) -> None:
    """Call `listener(project_id)` whenever what `effective` says of the project may have changed."""
    world.store["iam.effective"].subscribe(lambda name, _: listener(name.removeprefix("projects/")))


def _propagate(
    world: World, project: Project, fresh: set[Pair], waited_for: Callable[[str], Work | None]
) -> None:
    etag = etag_of(project)
    for member in sorted({member for _, member in fresh}):
        roles = sorted(role for role, holder in fresh if holder == member)
        for role in roles:
            world.store["iam.propagating"].put(_key(project.id, role, member), {"since": etag})
        then = partial(_settle, world, project, member, roles, etag)
        resource = f"projects/{project.id} {member}"
        world.ledger.perform("iam.propagation", resource, then, [waited_for(member)])


def _settle(world: World, project: Project, member: str, roles: list[str], etag: str) -> None:
    """End the propagation of what was written under `etag`; what was taken and given again has its own."""
    waiting = world.store["iam.propagating"]
    for role in roles:
        if waiting.get(_key(project.id, role, member)) == {"since": etag}:
            waiting.delete(_key(project.id, role, member))
    _tell(world, project)


def _tell(world: World, project: Project) -> None:
    held = [
        {"role": role, "member": member}
        for role, member in sorted(pairs(bindings_of(project)))
        if effective(world, project.id, role, member)
    ]
    world.store["iam.effective"].put(f"projects/{project.id}", {"held": held})


def _key(project_id: str, role: str, member: str) -> str:
    return f"projects/{project_id} {role} {member}"


def _next_etag(world: World, old: str) -> str:
    """The moment in microseconds, as Google's are; two writes of one moment differ too."""
    try:
        last = int.from_bytes(base64.b64decode(old)[1:], "big")
    except binascii.Error:
        last = 0
    moment = max(int(world.clock.now * 1_000_000), last + 1)
    return base64.b64encode(b"\x07" + moment.to_bytes(7, "big")).decode()
