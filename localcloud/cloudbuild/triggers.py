"""Triggers of a region (cloudbuild v1 projects.locations.triggers). They are kept; no push ever reaches them."""

from __future__ import annotations

import re

from localcloud.cloudbuild.service import TRIGGERS, service
from localcloud.patterns import compiled
from localcloud.resources import in_location, location_path
from localcloud.service import Call, page
from localcloud.time.clock import rfc3339
from localcloud.wire.errors import Refused, invalid, not_implemented
from localcloud.wire.masks import masked
from localcloud.wire.messages import Json

STEM = "cloudbuild.projects.locations.triggers"
NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,62}[A-Za-z0-9])?")  # [documented: BuildTrigger.name]
SUBSTITUTION = re.compile(r"_[A-Z0-9_]+")  # [documented: BuildTrigger.substitutions]
ACCOUNT = re.compile(r"projects/[^/]+/serviceAccounts/[^/]+")  # [documented: BuildTrigger.serviceAccount]
REPOSITORY = re.compile(r"projects/([^/]+)/locations/([^/]+)/connections/[^/]+/repositories/[^/]+")
# What may begin a build. Each is of another kind of repository or event; only the second generation's are served.
EVENTS = (
    "bitbucketServerTriggerConfig",
    "developerConnectEventConfig",
    "github",
    "pubsubConfig",
    "triggerTemplate",
    "webhookConfig",
)
OWN = ("id", "resourceName", "createTime")
MOST = 1000  # in one page [inferred]


@service.on(f"{STEM}.create")
def create(call: Call) -> Json:
    """Make a trigger; its id is Google's. A name is given once in a region."""
    given = {key: value for key, value in call.body.items() if key not in OWN}
    _check(call, given)
    if any(each["name"] == given["name"] for each in in_location(call, TRIGGERS)):
        raise Refused("ALREADY_EXISTS", f"trigger ({_number(call)}, {given['name']}) already exists")
    identity = call.world.ids.uid()
    name = f"{location_path(call)}/triggers/{identity}"
    created = {"resourceName": name, "id": identity, "createTime": rfc3339(call.world.clock.now)}
    return call.world.store[TRIGGERS].put(name, {**given, **created})


@service.on(f"{STEM}.get")
def get(call: Call) -> Json:
    """One trigger, by its id or its name [documented: triggers.get]."""
    return _trigger(call)


@service.on(f"{STEM}.list")
def list_triggers(call: Call) -> Json:
    """The triggers of a region."""
    return page(call, "triggers", in_location(call, TRIGGERS), MOST)


@service.on(f"{STEM}.patch")
def patch(call: Call) -> Json:
    """Change a trigger; without a mask, what is sent replaces all of it."""
    before = _trigger(call)
    given = {key: value for key, value in call.body.items() if key not in OWN}
    mask = call.query("updateMask")
    changed = masked(before, given, mask, maps=("substitutions",)) if mask else given
    _check(call, changed)
    own = {key: before[key] for key in OWN}
    return call.world.store[TRIGGERS].put(before["resourceName"], {**changed, **own})


@service.on(f"{STEM}.delete")
def delete(call: Call) -> Json:
    """Delete a trigger."""
    call.world.store[TRIGGERS].delete(_trigger(call)["resourceName"])
    return {}


def _trigger(call: Call) -> Json:
    """The trigger that the path names.

    Raises:
        Refused: NOT_FOUND in Google's words [observed: MarkEdmondson1234/googleCloudRunner#16].
    """
    wanted = call.params["triggersId"]
    for trigger in in_location(call, TRIGGERS):
        if wanted in (trigger["id"], trigger["name"]):
            return trigger
    raise Refused("NOT_FOUND", f"trigger ({_number(call)}, {wanted}) not found")


def _number(call: Call) -> str:
    return call.world.projects.get(call.params["projectsId"]).number


def _check(call: Call, trigger: Json) -> None:
    if not NAME.fullmatch(trigger.get("name", "")):
        raise invalid(f"invalid trigger name {trigger.get('name', '')!r}: it must fit {NAME.pattern}")
    for key in trigger.get("substitutions", {}):
        if not SUBSTITUTION.fullmatch(key):
            raise invalid(f"invalid substitution key {key!r}: it must fit {SUBSTITUTION.pattern}")
    account = trigger.get("serviceAccount", "")
    if account and not ACCOUNT.fullmatch(account):
        raise invalid(
            f"invalid service account {account!r}: write projects/{{PROJECT}}/serviceAccounts/{{EMAIL}}"
        )
    if sum(key in trigger for key in ("filename", "build", "gitFileSource", "autodetect")) != 1:
        raise invalid("exactly one of filename, build, gitFileSource and autodetect must be set")
    for key in EVENTS:
        if key in trigger:
            raise not_implemented(f"triggers with {key}")
    if "repositoryEventConfig" not in trigger:
        raise not_implemented("triggers without repositoryEventConfig")
    _check_event(call, trigger["repositoryEventConfig"])


def _check_event(call: Call, event: Json) -> None:
    """The repository is of the trigger's own region [documented: build/docs/automating-builds, 2nd gen], and what is
    watched is a regular expression of RE2's."""
    repository = REPOSITORY.fullmatch(event.get("repository", ""))
    if repository is None:
        raise invalid(
            f"invalid repository {event.get('repository', '')!r}: write "
            "projects/{PROJECT}/locations/{LOCATION}/connections/{CONNECTION}/repositories/{REPOSITORY}"
        )
    if repository[2] != call.params["locationsId"]:
        raise invalid(
            f"the repository is in {repository[2]}, the trigger in {call.params['locationsId']}: "
            "they must be in one region"
        )
    watched = event.get("push") or event.get("pullRequest") or {}
    for field in ("branch", "tag"):
        if field in watched:
            _check_pattern(field, watched[field])
    if not watched.keys() & {"branch", "tag"}:
        raise invalid("repositoryEventConfig must have a push or pullRequest with a branch or a tag")


def _check_pattern(field: str, pattern: str) -> None:
    try:
        compiled(pattern)
    except ValueError as fault:
        raise invalid(f"invalid {field} {pattern!r}: {fault}") from None
