"""Policies as a service's methods read and write them: of projects, and of resources that have one of their own.

A service that has such resources says so in one line:

    serve_policies(service, "pubsub.projects.topics", _topic)

where `_topic(call)` gives the full name of the resource that a call is about and refuses what is not there. When the
resource is deleted, its policy goes by `grants.forget`. An API whose methods or bodies have another form (Cloud
Storage's JSON API) calls `shown`, `replace` and `held` itself.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from functools import partial

from localcloud.iam import grants, members
from localcloud.iam.access import ACCESS, ROLES
from localcloud.iam.catalog import EVERYTHING, asked_on, is_predefined, predefined
from localcloud.service import Call, Service
from localcloud.wire.errors import Refused, invalid, not_implemented
from localcloud.wire.messages import Json
from localcloud.world import World

ROLE = re.compile(r"(roles|projects/[^/]+/roles|organizations/\d+/roles)/[A-Za-z0-9_.]+")
PERMISSION = re.compile(r"[a-z][A-Za-z0-9]*(\.[A-Za-z0-9]+){2,}")
WITH_CONDITIONS = 3  # [documented] the policy version that carries conditions
VERSIONS = (0, 1, WITH_CONDITIONS)

Holder = Callable[[Call], str]


def serve_policies(service: Service, resources: str, holder: Holder) -> None:
    """Serve getIamPolicy, setIamPolicy and testIamPermissions of the resources whose methods begin so."""

    @service.on(f"{resources}.getIamPolicy")
    def get(call: Call) -> Json:
        return shown(call.world, holder(call), _requested(call))

    @service.on(f"{resources}.setIamPolicy")
    def set_policy(call: Call) -> Json:
        return replace(call.world, holder(call), call.body.get("policy", {}))

    @service.on(f"{resources}.testIamPermissions")
    def test_permissions(call: Call) -> Json:
        found = held(call, holder(call), call.body.get("permissions", []))
        return {"permissions": found} if found else {}


def shown(world: World, holder: str, requested: int) -> Json:
    """The policy as a reader of policy version `requested` gets it.

    One that nobody has written is its etag alone [observed: `gcloud run services get-iam-policy`, `gcloud compute
    networks subnets get-iam-policy`].

    Raises:
        Refused: INVALID_ARGUMENT, there is no such version.
    """
    if requested not in VERSIONS:
        raise invalid("Request contains an invalid argument.")
    policy = grants.policy_of(world, holder)
    bindings = policy.get("bindings", [])
    if "etag" not in policy and not bindings:
        return {"etag": grants.FIRST_ETAG}
    conditional = any("condition" in binding for binding in bindings)
    if conditional and requested < WITH_CONDITIONS:
        bindings = [_without_condition(binding) for binding in bindings]
    version = WITH_CONDITIONS if conditional and requested >= WITH_CONDITIONS else 1
    answer: Json = {"version": version, "etag": grants.etag_of(world, holder)}
    return answer | ({"bindings": bindings} if bindings else {})


def replace(world: World, holder: str, policy: Json) -> Json:
    """Replace the bindings; the new policy. With an etag: compare and swap; without: the last writer wins [documented].

    Raises:
        Refused: ABORTED, somebody else wrote meanwhile; INVALID_ARGUMENT, a role or a member that cannot be bound.
    """
    _same_etag(world, holder, policy.get("etag", ""))
    bindings = policy.get("bindings", [])
    for binding in bindings:
        _check(world, holder, binding, int(policy.get("version", 0)))
    grants.write(world, holder, grants.tidy(bindings), partial(members.pool_work, world))
    return shown(world, holder, WITH_CONDITIONS)


def bind(world: World, holder: str, role: str, member: str, condition: Json | None = None) -> None:
    """Add one binding to a policy, as if that had been done long ago: it works at once.

    Raises:
        Refused: INVALID_ARGUMENT, a role or a member that cannot be bound.
    """
    binding: Json = {"role": role, "members": [member]} | ({"condition": condition} if condition else {})
    _check(world, holder, binding, WITH_CONDITIONS)
    grants.grant(world, holder, role, member, condition)


def held(call: Call, holder: str, asked: list[str]) -> list[str]:
    """Which of the permissions the caller has.

    Raises:
        Refused: INVALID_ARGUMENT, one of them is none.
    """
    for permission in asked:
        if not PERMISSION.fullmatch(permission):
            raise invalid(f"Permission {permission} is not valid for this resource.")
    access, who = call.world[ACCESS], call.caller.identity
    return [each for each in asked if access.allows(call.world, who, each, holder)]


def _requested(call: Call) -> int:
    """The policy version that a reader asks for, in the query or in the body."""
    return int(
        call.query("options.requestedPolicyVersion")
        or call.body.get("options", {}).get("requestedPolicyVersion", 0)
    )


def _without_condition(binding: Json) -> Json:
    """[documented] an old reader sees `role_withcond_<hash>`, so that it is not taken for the role itself."""
    if "condition" not in binding:
        return binding
    mark = f"{zlib.crc32(repr(binding['condition']).encode()):08x}"
    return {"role": f"{binding['role']}_withcond_{mark}", "members": binding["members"]}


def _same_etag(world: World, holder: str, etag: str) -> None:
    current = grants.etag_of(world, holder)
    standard = etag.translate(str.maketrans("-_", "+/"))  # gcloud sends the alphabet for URLs back [observed]
    if etag and standard != current:
        raise Refused(
            "ABORTED",
            "There were concurrent policy changes. Please retry the whole read-modify-write with exponential "
            f"backoff. The request's ETag '{etag}' did not match the current policy's ETag '{current}'.",
        )


def _check(world: World, holder: str, binding: Json, version: int) -> None:
    role = binding.get("role", "")
    bound = grants.pairs(grants.bindings_of(world, holder))
    if role not in {each for each, _ in bound}:
        _check_role(world, holder, role)
    if "condition" in binding and version != WITH_CONDITIONS:
        raise invalid("Conditional bindings need policy version 3.")  # [inferred] words
    for member in binding.get("members", []):
        members.check(world, member, known=(role, member) in bound)


def _check_role(world: World, holder: str, role: str) -> None:
    """A role that is bound already may have gone since; a new one must be there.

    Both words are [reported]: terraform-google-iam#219, terraform-provider-google#6923.
    """
    there = is_predefined(role) if role.startswith("roles/") else True
    if there is None:
        raise not_implemented(f"bindings of {role}: the service's roles are not known here")
    if not there or not ROLE.fullmatch(role) or not _is_grantable(role, holder):
        raise invalid(f"Role {role} is not supported for this resource.")
    project = f"projects/{world.projects.id_of(holder.split('/')[1])}/"
    custom = world.store[ROLES].get(role) if role.startswith(project) else None
    if not role.startswith("roles/") and (custom is None or custom.get("deleted")):
        raise invalid(f"Role ({role}) does not exist in the resource's hierarchy.")


def _is_grantable(role: str, holder: str) -> bool:
    """Whether a role can be bound on a resource: it must hold something that the resource's service asks for
    [documented: iam v1 roles.queryGrantableRoles], and Cloud Storage's legacy roles are for buckets alone [documented:
    storage/docs/access-control/iam-roles]. Of a role whose permissions are not known here, nobody can say."""
    known = predefined().get(role)
    if known is None or EVERYTHING in known.permissions:
        return True
    kind = holder.split("/")[-2]
    if kind == "projects":
        return not role.startswith("roles/storage.legacy")
    return any(each.startswith(f"{asked_on(kind)}.") for each in known.permissions)
