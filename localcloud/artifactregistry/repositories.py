"""Repositories (artifactregistry v1 projects.locations.repositories)."""

from __future__ import annotations

import re

from localcloud.artifactregistry.operations import EMPTY, TYPES, start
from localcloud.artifactregistry.service import REPOSITORIES, STEM, service
from localcloud.iam.grants import forget
from localcloud.iam.policies import serve_policies
from localcloud.resources import in_location, location_path, require
from localcloud.service import Call, page
from localcloud.time.clock import rfc3339
from localcloud.wire.errors import Refused, invalid, not_implemented
from localcloud.wire.masks import masked
from localcloud.wire.messages import Json
from localcloud.world import World

# [documented: artifact-registry/docs/repositories/create-repos; length by the API's own refusal]
NAME = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
STANDARD, UNSPECIFIED = "STANDARD_REPOSITORY", "MODE_UNSPECIFIED"
# What a repository is called in its address, where that is not its format in lower case.
HOSTS = {"GOOGET": "googet", "KFP": "kfp"}
UPDATABLE = (
    "cleanupPolicies",
    "cleanupPolicyDryRun",
    "description",
    "dockerConfig",
    "labels",
    "vulnerabilityScanningConfig",
)
MAPS = ("cleanupPolicies", "labels")
MOST = 1000  # in one page [documented: ListRepositoriesRequest]


@service.on(f"{STEM}.repositories.create")
def create(call: Call) -> Json:
    """Make a repository."""
    identity = call.query("repositoryId") or call.query("repository_id")
    name = f"{location_path(call)}/repositories/{identity}"
    create_repository(call.world, name, call.body)
    return start(call, "artifactregistry.repositories.create", name, lambda: _response(call, name))


def create_repository(world: World, name: str, given: Json) -> Json:
    """A repository of this full name, at once, with the fields that are `given`.

    Raises:
        Refused: INVALID_ARGUMENT, ALREADY_EXISTS, UNIMPLEMENTED.
    """
    repository = dict(given)
    if repository.get("mode", UNSPECIFIED) == UNSPECIFIED:  # [documented: Repository.disallowUnspecifiedMode]
        repository["mode"] = STANDARD
    _check(name.rpartition("/")[2], repository)
    if name in world.store[REPOSITORIES]:
        raise Refused("ALREADY_EXISTS", "the repository already exists")  # [observed: many build logs]
    return world.store[REPOSITORIES].put(name, {**repository, **_own(world, name, repository)})


@service.on(f"{STEM}.repositories.get")
def get(call: Call) -> Json:
    """One repository."""
    return _repository(call)


@service.on(f"{STEM}.repositories.list")
def list_repositories(call: Call) -> Json:
    """The repositories of a location."""
    for name in ("filter", "orderBy"):
        if call.query(name):
            raise not_implemented(f"{name} of {call.method}; leave it out")
    return page(call, "repositories", in_location(call, REPOSITORIES), MOST)


@service.on(f"{STEM}.repositories.patch")
def patch(call: Call) -> Json:
    """Change the fields of the mask, or all that are sent; answered at once [observed]."""
    before = _repository(call)
    given = {key: value for key, value in call.body.items() if key in UPDATABLE}
    changed = masked(before, given, call.query("updateMask"), MAPS)
    stays = {key: before[key] for key in before if key not in UPDATABLE}
    _check_policies(changed)
    after = {key: changed[key] for key in changed if key in UPDATABLE}
    return call.world.store[REPOSITORIES].put(
        before["name"], {**stays, **after, "updateTime": rfc3339(call.world.clock.now, 6)}
    )


@service.on(f"{STEM}.repositories.delete")
def delete(call: Call) -> Json:
    """Delete a repository, with what is in it."""
    name = _repository(call)["name"]

    def gone() -> Json:
        call.world.store[REPOSITORIES].delete(name)
        forget(call.world, name)
        return EMPTY

    return start(call, "artifactregistry.repositories.delete", name, gone)


def _repository(call: Call) -> Json:
    name = f"{location_path(call)}/repositories/{call.params['repositoriesId']}"
    return require(call, REPOSITORIES, name)


def _holder(call: Call) -> str:
    return str(_repository(call)["name"])


serve_policies(service, f"{STEM}.repositories", _holder)


def _response(call: Call, name: str) -> Json:
    return {"@type": f"{TYPES}.Repository", **(call.world.store[REPOSITORIES].get(name) or {"name": name})}


def _own(world: World, name: str, repository: Json) -> Json:
    """What Google adds [observed: Config Connector's recordings]."""
    _, project, _, location, _, identity = name.split("/")
    now = rfc3339(world.clock.now, 6)
    form = str(repository["format"])
    return {
        "name": name,
        "createTime": now,
        "updateTime": now,
        "registryUri": f"{location}-{HOSTS.get(form, form.lower())}.pkg.dev/{project}/{identity}",
        "satisfiesPzi": True,
        "vulnerabilityScanningConfig": {
            **repository.get("vulnerabilityScanningConfig", {}),
            "enablementState": "SCANNING_DISABLED",
            "enablementStateReason": "API containerscanning.googleapis.com is not enabled.",
            "lastEnableTime": now,
        },
    }


def _check(identity: str, repository: Json) -> None:
    if not NAME.fullmatch(identity):
        raise invalid(
            f"invalid repository ID {identity!r}: it must fit {NAME.pattern}"
        )  # the rule [documented], the words ours
    if repository.get("format", "FORMAT_UNSPECIFIED") == "FORMAT_UNSPECIFIED":
        raise invalid("The repository's format must be specified.")
    if repository["mode"] != STANDARD:
        raise not_implemented(f"repositories of mode {repository['mode']}")
    if "kmsKeyName" in repository:
        raise not_implemented("repositories with kmsKeyName")
    _check_policies(repository)


def _check_policies(repository: Json) -> None:
    """A policy has one rule, and only what keeps may count versions [documented: CleanupPolicy]."""
    for identity, policy in repository.get("cleanupPolicies", {}).items():
        if policy.get("action") not in ("DELETE", "KEEP"):
            raise invalid(f"cleanup policy {identity!r}: action must be DELETE or KEEP")
        rules = [key for key in ("condition", "mostRecentVersions") if key in policy]
        if len(rules) != 1:
            raise invalid(f"cleanup policy {identity!r}: exactly one of condition and mostRecentVersions")
        if rules == ["mostRecentVersions"] and policy["action"] != "KEEP":
            raise invalid(f"cleanup policy {identity!r}: mostRecentVersions needs the action KEEP")
