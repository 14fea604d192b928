"""Roles: custom ones of a project, and what is known of Google's own (iam v1 projects.roles, roles, permissions)."""

from __future__ import annotations

import re

from localcloud.iam import grants
from localcloud.iam.access import ROLES
from localcloud.iam.catalog import EVERYTHING, is_of_known_service, is_predefined, permissions, predefined
from localcloud.iam.service import service
from localcloud.projects import Project
from localcloud.service import Call, page, paged
from localcloud.wire.errors import Refused, invalid, not_implemented
from localcloud.wire.messages import Json
from localcloud.wire.validation import camel
from localcloud.world import World

ID = re.compile(r"[A-Za-z0-9_.]{3,64}")  # [documented: iam v1 CreateRoleRequest]
DAY = 86400.0
SETTABLE = ("title", "description", "stage", "includedPermissions")
MOST, MOST_PERMISSIONS = 300, 3000  # [documented: iam/quotas] roles of a project; permissions of a role
LONGEST = {"title": 100, "description": 300}  # [documented: iam/docs/creating-custom-roles] UTF-8 bytes
SHOWN, TAKEN = 7 * DAY, 37 * DAY  # [documented: iam/docs/creating-custom-roles] after a deletion
PAGE, LARGEST_PAGE = 300, 1000  # [documented] of a list
# Found in no custom role of a project: `resourcemanager.projects.list` [reported: terraform-google-iam#158], and what
# is of folders and organizations alone [documented: iam/docs/custom-roles-overview].
OF_ORGANIZATIONS = re.compile(
    r"resourcemanager\.(projects\.list|(folders|organizations|hierarchyNodes)\.\w+)"
)


@service.on("iam.projects.roles.create")
def create(call: Call) -> Json:
    """Make a custom role."""
    project = call.world.projects.get(call.params["projectsId"])
    return _shown(make(call.world, project, call.body.get("roleId", ""), call.body.get("role", {})))


@service.on("iam.projects.roles.get")
def get(call: Call) -> Json:
    """One custom role; a deleted one for seven days more."""
    return _shown(_role(call))


@service.on("iam.projects.roles.list")
def list_roles(call: Call) -> Json:
    """The custom roles of a project; what they hold, if the whole view is asked for."""
    project = call.world.projects.get(call.params["projectsId"])
    deleted, whole = call.query("showDeleted").lower() == "true", call.query("view") == "FULL"
    found = [
        _shown(role) if whole else {**_shown(role), "includedPermissions": None}
        for role in call.world.store[ROLES].list(f"projects/{project.id}/")
        if not role.get("deleted") or (deleted and _age(call.world, role) < SHOWN)
    ]
    roles = [{key: value for key, value in role.items() if value is not None} for role in found]
    return page(call, "roles", roles, LARGEST_PAGE, PAGE)


@service.on("iam.projects.roles.patch")
def patch(call: Call) -> Json:
    """Change what the mask names; without one, what the body has [inferred]."""
    role = _living(call, "update")
    asked = call.body
    mask = [camel(each) for each in call.query("updateMask").split(",") if each] or [
        key for key in SETTABLE if key in asked
    ]
    if not set(mask) <= set(SETTABLE):
        raise invalid(f"update_mask must name what can be changed: {', '.join(SETTABLE)}.")
    _same_etag(role, asked.get("etag", ""))
    changed: Json = {key: asked.get(key) for key in mask}
    _check(changed)
    return _shown(_changed(call.world, role, **_kept(changed)))


@service.on("iam.projects.roles.delete")
def delete(call: Call) -> Json:
    """Delete a role: it gives nothing from now on; bindings of it stay [documented]."""
    role = _living(call, "delete")
    _same_etag(role, call.query("etag"))
    return _shown(_changed(call.world, role, deleted=True, deleteTime=call.world.clock.now))


@service.on("iam.projects.roles.undelete")
def undelete(call: Call) -> Json:
    """Take a deletion back, within seven days; then bindings give again what they gave [documented].

    Raises:
        Refused: FAILED_PRECONDITION, the role is not deleted; in words of ours.
    """
    role = _role(call)
    if not role.get("deleted"):
        raise Refused("FAILED_PRECONDITION", f"The role named {role['name']} is not deleted.")
    _same_etag(role, call.body.get("etag", ""))
    return _shown(_changed(call.world, role, deleted=None, deleteTime=None))


@service.on("iam.roles.get")
def get_predefined(call: Call) -> Json:
    """One of Google's own roles, if it is known what it holds."""
    name = f"roles/{call.params['rolesId']}"
    role = predefined().get(name)
    if role is None and not is_predefined(name):
        raise _not_found(name)
    if role is None or EVERYTHING in role.permissions:
        raise not_implemented(f"reading {name}: what it holds is not known here")
    held = sorted(role.permissions)
    told: Json = {"name": name, "title": role.title, "description": role.description, "stage": "GA"}
    return {**told, "includedPermissions": held, "etag": "AA=="}


@service.on("iam.permissions.queryTestablePermissions")
def testable(call: Call) -> Json:
    """The permissions that can be granted on a project: all that are known here.

    gcloud asks before it makes a role, to warn of those that are no part of one; it names the host that it was given
    for Resource Manager [observed].
    """
    resource = call.body.get("fullResourceName", "")
    if not re.fullmatch(r"//[^/]+/(cloudresourcemanager/)?projects/[^/]+", resource):
        raise not_implemented(f"the testable permissions of {resource}")
    found = [
        {"name": each, "stage": "GA"}
        for each in sorted(permissions())
        if not OF_ORGANIZATIONS.fullmatch(each)
    ]
    size, token = int(call.body.get("pageSize", 0)), call.body.get("pageToken", "")
    return paged("permissions", found, min(size or 100, LARGEST_PAGE), token)


def make(world: World, project: Project, role_id: str, role: Json) -> Json:
    """A new custom role.

    Raises:
        Refused: INVALID_ARGUMENT or ALREADY_EXISTS; FAILED_PRECONDITION, one of that id was deleted less than 37 days
            ago [reported: gke-autoneg-controller#71].
    """
    if not ID.fullmatch(role_id):
        raise invalid(f"The role_id must match {ID.pattern}.")  # words of ours
    name = f"projects/{project.id}/roles/{role_id}"
    there = world.store[ROLES].get(name)
    if there and not there.get("deleted"):
        words = f"A role named {role_id} in projects/{project.id} already exists."  # [memory]
        raise Refused("ALREADY_EXISTS", words)
    if there and _age(world, there) < TAKEN:
        words = f"You can't create a role_id ({role_id}) which has been marked for deletion."
        raise Refused("FAILED_PRECONDITION", words)
    _check(role)
    if len(world.store[ROLES].names(f"projects/{project.id}/")) >= MOST:
        raise Refused(
            "RESOURCE_EXHAUSTED", f"Maximum number of roles reached. Maximum is: {MOST}"
        )  # [memory]
    kept = {key: value for key, value in _kept(role).items() if value is not None}
    return world.store[ROLES].put(name, {"name": name, **kept, "etag": grants.next_etag(world, "")})


def _check(role: Json) -> None:
    """Refuse what a custom role of a project cannot hold.

    Raises:
        Refused: INVALID_ARGUMENT, no such permission, or none of a project's [reported: terraform-google-iam#158,
            terraform-provider-google#14033]; UNIMPLEMENTED, it is of a service that is not known here.
    """
    for key, most in LONGEST.items():
        length = len(str(role.get(key) or "").encode())
        if length > most:
            raise invalid(
                f"The role's {key} has {length} bytes; at most {most} are allowed."
            )  # words of ours
    held = role.get("includedPermissions") or []
    if len(held) > MOST_PERMISSIONS:
        raise invalid(f"A role has at most {MOST_PERMISSIONS} permissions; this one has {len(held)}.")
    for each in held:
        if each in permissions() and not OF_ORGANIZATIONS.fullmatch(each):
            continue
        if is_of_known_service(each) or "." not in each:
            raise invalid(f"Permission {each} is not valid.")
        raise not_implemented(f"custom roles with permissions of {each.partition('.')[0]} ({each})")


def _kept(role: Json) -> Json:
    """What of a request is kept; a stage of ALPHA is left out [documented], and so is what is empty."""
    kept = {key: role[key] for key in SETTABLE if key in role}
    if kept.get("stage") == "ALPHA":
        kept["stage"] = None
    if kept.get("includedPermissions"):
        kept["includedPermissions"] = sorted(set(kept["includedPermissions"]))
    return {key: value or None for key, value in kept.items()}


def _changed(world: World, role: Json, **fields: object) -> Json:
    etag = grants.next_etag(world, role["etag"])
    return world.store[ROLES].change(role["name"], **fields, etag=etag)


def _role(call: Call) -> Json:
    """The role that the path names.

    Raises:
        Refused: NOT_FOUND, it is not there, or has been deleted for seven days [reported: gcloud iam roles describe].
    """
    project = call.world.projects.get(call.params["projectsId"])
    name = f"projects/{project.id}/roles/{call.params['rolesId']}"
    role = call.world.store[ROLES].get(name)
    if role is None or (role.get("deleted") and _age(call.world, role) >= SHOWN):
        raise _not_found(name)
    return role


def _living(call: Call, verb: str) -> Json:
    """The role, which must not be deleted; the words are those of a creation [inferred]."""
    role = _role(call)
    if role.get("deleted"):
        words = f"You can't {verb} a role_id ({call.params['rolesId']}) which has been marked for deletion."
        raise Refused("FAILED_PRECONDITION", words)
    return role


def _same_etag(role: Json, etag: str) -> None:
    """Compare and swap [documented: iam v1 Role.etag; words of ours]."""
    if etag and etag.translate(str.maketrans("-_", "+/")) != role["etag"]:
        raise Refused("ABORTED", f"The etag of {role['name']} is {role['etag']}, not {etag}: read it again.")


def _shown(role: Json) -> Json:
    return {key: value for key, value in role.items() if key != "deleteTime"}


def _age(world: World, role: Json) -> float:
    """How long ago the role was deleted."""
    return world.clock.now - float(role["deleteTime"])


def _not_found(name: str) -> Refused:
    return Refused("NOT_FOUND", f"The role named {name} was not found.")
