"""Alert policies (monitoring v3 projects.alertPolicies): checked and kept. `alerts` has what they raise."""

from __future__ import annotations

import re
from typing import Any

from localcloud.logging.matching import compile_query
from localcloud.monitoring.alerts import ALERTS
from localcloud.monitoring.extractors import field_in
from localcloud.monitoring.service import CHANNELS, POLICIES, mutation, refuse_selection, service
from localcloud.resources import project_path, require
from localcloud.service import Call, page
from localcloud.wire.errors import Refused, invalid
from localcloud.wire.masks import masked
from localcloud.wire.messages import Json
from localcloud.world import World

MOST = 1000  # in one page [inferred]
MOST_CONDITIONS = 6  # [documented: AlertPolicy.conditions]
# Conditions whose filter is one of time series, which must name the monitored resource's type.
OF_SERIES = ("conditionThreshold", "conditionAbsent")
RESTRICTS_RESOURCE = re.compile(r"resource\.type\s*[=:]")
CHANNEL = re.compile(r"projects/[^/]+/notificationChannels/[^/]+")
RECORDS = ("name", "creationRecord", "mutationRecord")  # ignored where they are given [documented]


@service.on("monitoring.projects.alertPolicies.create")
def create(call: Call) -> Json:
    """Make a policy; its id and those of its conditions are Google's."""
    return create_policy(call.world, project_path(call), call.body, call.caller.identity)


def create_policy(world: World, parent: str, given: Json, who: str) -> Json:
    """A policy of `parent`, `projects/P`, made by `who`.

    Raises:
        Refused: INVALID_ARGUMENT, NOT_FOUND.
    """
    name = f"{parent}/alertPolicies/{world.ids.alert()}"
    created = {"creationRecord": mutation(world, who)}
    return _stored(world, name, {"enabled": True, **given}, created, who)


@service.on("monitoring.projects.alertPolicies.get")
def get(call: Call) -> Json:
    """One policy."""
    return _policy(call)


@service.on("monitoring.projects.alertPolicies.list")
def list_policies(call: Call) -> Json:
    """The policies of a project."""
    refuse_selection(call)
    found = call.world.store[POLICIES].list(f"{project_path(call)}/alertPolicies/")
    return page(call, "alertPolicies", found, MOST) | {"totalSize": len(found)}


@service.on("monitoring.projects.alertPolicies.patch")
def patch(call: Call) -> Json:
    """Change a policy: all of it, or the fields of the mask."""
    before = _policy(call)
    mask = call.query("updateMask")
    changed = masked(before, call.body, mask, maps=("userLabels",)) if mask else dict(call.body)
    created = {"creationRecord": before["creationRecord"]}
    return _stored(call.world, before["name"], changed, created, call.caller.identity)


@service.on("monitoring.projects.alertPolicies.delete")
def delete(call: Call) -> Json:
    """Delete a policy."""
    name = _policy(call)["name"]
    call.world[ALERTS].catch_up(project_path(call))
    call.world.store[POLICIES].delete(name)
    return {}


def _policy(call: Call) -> Json:
    name = f"{project_path(call)}/alertPolicies/{call.params['alertPoliciesId']}"
    return require(call, POLICIES, name, f"Alert policy not found: {name}")  # words [inferred]


def _stored(world: World, name: str, given: Json, created: Json, who: str) -> Json:
    policy = {key: value for key, value in given.items() if key not in RECORDS}
    _check(world, name, policy)
    conditions = [_named(world, name, each) for each in policy["conditions"]]
    changed = {"mutationRecord": mutation(world, who)}
    world[ALERTS].catch_up("/".join(name.split("/")[:2]))
    return world.store[POLICIES].put(
        name, {**policy, "name": name, "conditions": conditions, **created, **changed}
    )


def _named(world: World, policy: str, condition: Json) -> Json:
    """A condition with its name; one that has one keeps it [documented]."""
    return {"name": f"{policy}/conditions/{world.ids.alert()}", **condition}


def _check(world: World, name: str, policy: Json) -> None:
    if not policy.get("displayName"):
        raise _bad("display_name", "", "The display name must not be empty.")
    if not policy.get("combiner") or policy["combiner"] == "COMBINE_UNSPECIFIED":
        raise _bad("combiner", policy.get("combiner", ""), "A combiner must be specified.")
    conditions = policy.get("conditions", [])
    if not 1 <= len(conditions) <= MOST_CONDITIONS:
        raise _bad("conditions", len(conditions), f"There must be 1 to {MOST_CONDITIONS} conditions.")
    for index, condition in enumerate(conditions):
        _check_condition(f"conditions[{index}]", condition)
    _check_matched_log(policy)
    for index, channel in enumerate(policy.get("notificationChannels", [])):
        _check_channel(world, name, index, channel)


def _check_condition(at: str, condition: Json) -> None:
    kinds = [key for key in condition if key.startswith("condition")]
    if len(kinds) != 1:
        raise _bad(at, ", ".join(kinds), "A condition must be of one kind.")
    kind = kinds[0]
    if kind in OF_SERIES and not RESTRICTS_RESOURCE.search(condition[kind].get("filter", "")):
        field = "condition_threshold" if kind == "conditionThreshold" else "condition_absent"
        # [observed: first applies in public repositories]
        words = 'must specify a restriction on "resource.type" in the filter'
        raise _bad(f"{at}.{field}.filter", condition[kind].get("filter", ""), words)


def _check_matched_log(policy: Json) -> None:
    """A condition on the log is alone, and limits how often it notifies [documented: LogMatch, AlertStrategy]."""
    matched = [each for each in policy["conditions"] if "conditionMatchedLog" in each]
    if not matched:
        return
    if len(policy["conditions"]) > 1:
        raise _bad("conditions", len(policy["conditions"]), "A condition on a log must be the only one.")
    log = matched[0]["conditionMatchedLog"]
    if not log.get("filter"):
        raise _bad("conditions[0].condition_matched_log.filter", "", "A filter must be specified.")
    compile_query(log["filter"])
    for extractor in log.get("labelExtractors", {}).values():
        field_in(extractor)
    if not policy.get("alertStrategy", {}).get("notificationRateLimit", {}).get("period"):
        raise _bad(
            "alert_strategy.notification_rate_limit", "", "It must be set for a log-based alerting policy."
        )


def _check_channel(world: World, policy: str, index: int, channel: str) -> None:
    """A channel is one of the policy's project that is there.

    Raises:
        Refused: [observed: crossplane-contrib/provider-upjet-gcp#498, hashicorp/terraform-provider-google#25878].
    """
    if not CHANNEL.fullmatch(channel):
        words = "Name must begin with 'projects/{project_id}/notificationChannels/{channel_id}', got: "
        raise invalid(words + channel)
    project = channel.split("/")[1]
    own = "/".join(policy.split("/")[:2])
    if f"projects/{world.projects.id_of(project)}" != own:
        words = (
            f'Project "{project}" in the channel name ("{channel}")does not match the request\'s project of '
        )
        raise _bad(f"notification_channels[{index}]", channel, f'{words}"{own.removeprefix("projects/")}"')
    if f"{own}/{channel.split('/', 2)[2]}" not in world.store[CHANNELS]:
        raise Refused("NOT_FOUND", f"Notification channel not found: {channel}")


def _bad(field: str, value: Any, words: str) -> Refused:
    """[observed: the form of refusals of alertPolicies.create; the last words are ours where nothing else is said]."""
    return invalid(f'Field alert_policy.{field} had an invalid value of "{value}": {words}')
