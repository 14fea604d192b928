"""Notification channels (monitoring v3 projects.notificationChannels). Nobody is notified."""

from __future__ import annotations

from localcloud.monitoring.service import CHANNELS, POLICIES, mutation, refuse_selection, service
from localcloud.resources import project_path, require
from localcloud.service import Call, page
from localcloud.wire.errors import Refused, invalid, not_implemented
from localcloud.wire.masks import masked
from localcloud.wire.messages import Json

# The labels that a channel of each type must have [documented: monitoring/api/notification-channel descriptors].
REQUIRED_LABELS = {"email": "email_address", "pubsub": "topic", "sms": "number", "webhook_tokenauth": "url"}
MOST = 1000  # in one page [inferred]


@service.on("monitoring.projects.notificationChannels.create")
def create(call: Call) -> Json:
    """Make a channel; its id is Google's."""
    name = f"{project_path(call)}/notificationChannels/{call.world.ids.number()}"
    created = {
        "mutateTime": mutation(call.world, call.caller.identity)["mutateTime"]
    }  # without an identity [observed: see `mutation`]
    channel = {"enabled": True, **call.body, "name": name}
    _check(channel)
    return call.world.store[CHANNELS].put(
        name, {**channel, "creationRecord": created, "mutationRecords": [created]}
    )


@service.on("monitoring.projects.notificationChannels.get")
def get(call: Call) -> Json:
    """One channel."""
    return _channel(call)


@service.on("monitoring.projects.notificationChannels.list")
def list_channels(call: Call) -> Json:
    """The channels of a project."""
    refuse_selection(call)
    found = call.world.store[CHANNELS].list(f"{project_path(call)}/notificationChannels/")
    return page(call, "notificationChannels", found, MOST) | {"totalSize": len(found)}


@service.on("monitoring.projects.notificationChannels.patch")
def patch(call: Call) -> Json:
    """Change a channel; its type stays."""
    before = _channel(call)
    changed = masked(before, call.body, call.query("updateMask"), maps=("labels", "userLabels"))
    if changed.get("type") != before["type"]:
        raise invalid("Field notification_channel.type cannot be changed.")  # words [inferred]
    _check(changed)
    record = {"mutateTime": mutation(call.world, call.caller.identity)["mutateTime"]}
    own = {"name": before["name"], "creationRecord": before["creationRecord"]}
    return call.world.store[CHANNELS].put(
        before["name"], {**changed, **own, "mutationRecords": [record, *before["mutationRecords"]]}
    )


@service.on("monitoring.projects.notificationChannels.delete")
def delete(call: Call) -> Json:
    """Delete a channel. One that policies notify goes by `force` alone, and from them, too [documented].

    Raises:
        Refused: INVALID_ARGUMENT in Google's words [observed: hashicorp/terraform-provider-google#10337].
    """
    name, policies = _channel(call)["name"], call.world.store[POLICIES]
    users = [each for each in policies.list() if name in each.get("notificationChannels", [])]
    if users and not call.flag("force"):
        raise invalid(
            f'Could not delete "{name}" because it is still being referenced by: "{users[0]["name"]}"'
        )
    for each in users:
        policies.change(
            each["name"],
            notificationChannels=[other for other in each["notificationChannels"] if other != name],
        )
    call.world.store[CHANNELS].delete(name)
    return {}


def _channel(call: Call) -> Json:
    name = f"{project_path(call)}/notificationChannels/{call.params['notificationChannelsId']}"
    return require(call, CHANNELS, name, f"Notification channel not found: {name}")


def _check(channel: Json) -> None:
    """The type is one of those that are known here, and has the label that it needs."""
    kind = channel.get("type", "")
    if not kind:
        raise invalid("Field notification_channel.type must be set.")  # words [inferred]
    if kind not in REQUIRED_LABELS:
        raise not_implemented(f"notification channels of type {kind}")
    label = REQUIRED_LABELS[kind]
    if not channel.get("labels", {}).get(label):
        words = f'Field "notification_channel.labels[\'{label}\']" is required for channels of type "{kind}".'
        raise Refused("INVALID_ARGUMENT", words)  # words [inferred]
