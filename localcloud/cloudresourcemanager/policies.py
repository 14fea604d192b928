"""A project's IAM policy: read, compare and swap. What a new binding waits for is in `localcloud.iam.grants`."""

from __future__ import annotations

import re
import zlib
from functools import partial

from localcloud.cloudresourcemanager import members
from localcloud.cloudresourcemanager.service import project_of, service
from localcloud.iam import grants
from localcloud.iam.access import ACCESS
from localcloud.projects import Project
from localcloud.service import Call
from localcloud.wire.errors import Refused, invalid
from localcloud.wire.messages import Json
from localcloud.world import World

ROLE = re.compile(r"(roles|projects/[^/]+/roles|organizations/\d+/roles)/[A-Za-z0-9_.]+")
PERMISSION = re.compile(r"[a-z][A-Za-z0-9]*(\.[A-Za-z0-9]+){2,}")
WITH_CONDITIONS = 3  # [documented] the policy version that carries conditions
VERSIONS = (0, 1, WITH_CONDITIONS)


@service.on("cloudresourcemanager.projects.getIamPolicy")
def get(call: Call) -> Json:
    """The policy with its etag; empty, it is the etag alone [observed]."""
    requested = int(call.body.get("options", {}).get("requestedPolicyVersion", 0))
    if requested not in VERSIONS:
        raise invalid("Request contains an invalid argument.")
    return shown(project_of(call), requested)


@service.on("cloudresourcemanager.projects.setIamPolicy")
def set_policy(call: Call) -> Json:
    """Replace the bindings. With an etag: compare and swap; without: the last writer wins [documented]."""
    project = project_of(call)
    policy = call.body.get("policy", {})
    _same_etag(project, policy.get("etag", ""))
    bindings = policy.get("bindings", [])
    for binding in bindings:
        _check(call.world, project, binding, int(policy.get("version", 0)))
    tidy = grants.tidy(bindings)
    version = WITH_CONDITIONS if any("condition" in binding for binding in tidy) else 1
    grants.write(call.world, project, tidy, version, partial(members.pool_work, call.world))
    return shown(project, WITH_CONDITIONS)


@service.on("cloudresourcemanager.projects.testIamPermissions")
def test_permissions(call: Call) -> Json:
    """Which of the permissions the caller has."""
    project = project_of(call)
    asked: list[str] = call.body.get("permissions", [])
    for permission in asked:
        if not PERMISSION.fullmatch(permission):
            raise invalid(f"Permission {permission} is not valid for this resource.")
    access, who = call.world[ACCESS], call.caller.identity
    held = [each for each in asked if access.allows(call.world, who, each, project.id)]
    return {"permissions": held} if held else {}


def shown(project: Project, requested: int) -> Json:
    """The policy as a reader of policy version `requested` gets it."""
    bindings = grants.bindings_of(project)
    if not bindings:
        return {"etag": grants.etag_of(project)}
    conditional = any("condition" in binding for binding in bindings)
    if conditional and requested < WITH_CONDITIONS:
        bindings = [_without_condition(binding) for binding in bindings]
    version = WITH_CONDITIONS if conditional and requested >= WITH_CONDITIONS else 1
    return {"version": version, "etag": grants.etag_of(project), "bindings": bindings}


def _without_condition(binding: Json) -> Json:
    """[documented] an old reader sees `role_withcond_<hash>`, so that it is not taken for the role itself."""
    if "condition" not in binding:
        return binding
    mark = f"{zlib.crc32(repr(binding['condition']).encode()):08x}"
    return {"role": f"{binding['role']}_withcond_{mark}", "members": binding["members"]}


def _same_etag(project: Project, etag: str) -> None:
    current = grants.etag_of(project)
    standard = etag.translate(str.maketrans("-_", "+/"))  # gcloud sends the alphabet for URLs back [observed]
    if etag and standard != current:
        raise Refused(
            "ABORTED",
            "There were concurrent policy changes. Please retry the whole read-modify-write with exponential "
            f"backoff. The request's ETag '{etag}' did not match the current policy's ETag '{current}'.",
        )


def _check(world: World, project: Project, binding: Json, version: int) -> None:
    role = binding.get("role", "")
    if not ROLE.fullmatch(role):
        raise invalid(f"Role {role} is not supported for this resource.")
    if "condition" in binding and version != WITH_CONDITIONS:
        raise invalid("Conditional bindings need policy version 3.")  # [inferred] words
    for member in binding.get("members", []):
        members.check(
            world, project, member, known=(role, member) in grants.pairs(grants.bindings_of(project))
        )
