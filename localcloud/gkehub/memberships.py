"""projects.locations.memberships: create, get, list, patch, delete."""

from __future__ import annotations

import re
from functools import partial

from localcloud.compute.labels import check_labels
from localcloud.faults.outages import OUTAGES
from localcloud.gkehub import registration
from localcloud.gkehub.masks import apply_mask
from localcloud.gkehub.names import already_exists, bad_value, busy, check_id, location_of, not_found
from localcloud.gkehub.operations import Change, begin, fail_at_once
from localcloud.gkehub.requests import once
from localcloud.gkehub.service import service
from localcloud.service import Call
from localcloud.time.clock import rfc3339
from localcloud.wire.messages import Json
from localcloud.world import World

_MEMBERSHIPS = "gkehub.projects.locations.memberships"
_CLUSTER = re.compile(r"//container\.googleapis\.com/projects/[^/]+/(?:locations|zones)/[^/]+/clusters/[^/]+")
_SENT = ("endpoint", "labels", "authority", "monitoringConfig", "externalId")


@service.on(f"{_MEMBERSHIPS}.create")
@once
def create(call: Call) -> Json:
    """memberships.create, for a GKE cluster."""
    name = f"{location_of(call)}/memberships/{call.query('membershipId')}"
    check_id("membership_id", call.query("membershipId"))
    if name in call.world.store["gkehub.memberships"]:
        raise already_exists(name)
    asked = {key: call.body[key] for key in _SENT if key in call.body}
    check_labels(asked.get("labels", {}))
    cluster = _cluster(asked)
    taken = registration.membership_of(call.world, cluster) if cluster else None
    if taken is not None:
        return _registered_already(call.world, name, taken, call.version)
    return registration.create(call.world, name, asked, call.version)


def _cluster(asked: Json) -> str:
    link = asked.get("endpoint", {}).get("gkeCluster", {}).get("resourceLink", "")
    if link and not _CLUSTER.fullmatch(link):  # GoogleCloudPlatform/cloud-foundation-fabric#2963 [observed]
        raise bad_value(
            "endpoint.gke_cluster.resource_link",
            f'failed to validate gke resource path "{link}": Invalid GKE cluster resource path "{link}": '
            f'INVALID_ARGUMENT: "{link}" is not a valid path',
        )
    return registration.cluster_of(asked)


def _registered_already(world: World, name: str, taken: str, version: str) -> Json:
    """The operation is begun and fails with ALREADY_EXISTS (terraform-google-kubernetes-engine#1291) [observed]."""
    words = (
        f"intend to register the cluster with resource: //gkehub.googleapis.com/{name}, but the "
        "cluster is already "
        f"registered with resource: //gkehub.googleapis.com/{taken}"
    )
    change = Change(
        "gkehub.memberships.create", "create", "Membership", name, lambda: None, lambda: None, version
    )
    return fail_at_once(world, change, "ALREADY_EXISTS", words)


@service.on(f"{_MEMBERSHIPS}.get")
def get(call: Call) -> Json:
    """memberships.get."""
    return _found(call)


@service.on(f"{_MEMBERSHIPS}.list")
def list_memberships(call: Call) -> Json:
    """memberships.list: the key is `resources`; the location `-` is all of them [observed].

    Those that cannot be reached are named [documented: `unreachable`]; by a full name [documented: AIP-217].
    """
    location, outages = location_of(call), call.world[OUTAGES]
    prefix, everywhere = location.removesuffix("-"), location.endswith("-")
    found = call.world.store["gkehub.memberships"].items(prefix if everywhere else f"{location}/")
    memberships = [each for name, each in found if not outages.hides(name.split("/")[3])]
    lost = [f"{prefix}{region}" for region in outages.regions] if everywhere else []
    return ({"resources": memberships} if memberships else {}) | ({"unreachable": lost} if lost else {})


@service.on(f"{_MEMBERSHIPS}.patch")
@once
def patch(call: Call) -> Json:
    """memberships.patch: UPDATING now, changed when the operation ends."""
    membership = _settled(call)
    name, body, mask = membership["name"], call.body, call.query("updateMask")
    check_labels(body.get("labels", {}))
    apply_mask(membership, body, mask, _SENT)
    memberships = call.world.store["gkehub.memberships"]

    def settle(changed: bool) -> None:
        now = memberships.get(name)
        if now is None or now["state"]["code"] != "UPDATING":
            return
        result = apply_mask(now, body, mask, _SENT) if changed else now
        stamp = rfc3339(call.world.clock.now)
        memberships.put(name, {**result, "state": {"code": "READY"}, "updateTime": stamp})

    memberships.change(name, state={"code": "UPDATING"})
    change = Change(
        "gkehub.memberships.update", "update", "Membership", name,
        partial(settle, True), partial(settle, False), call.version,
    )  # fmt: skip
    return begin(call.world, change)


@service.on(f"{_MEMBERSHIPS}.delete")
@once
def delete(call: Call) -> Json:
    """memberships.delete. Its cluster stays, in no fleet."""
    return registration.remove(call.world, _settled(call)["name"], call.version)


def _found(call: Call) -> Json:
    name = f"{location_of(call)}/memberships/{call.params['membershipsId']}"
    membership = call.world.store["gkehub.memberships"].get(name)
    if membership is None:
        raise not_found(name)
    return membership


def _settled(call: Call) -> Json:
    membership = _found(call)
    if membership["state"]["code"] != "READY":
        raise busy(membership["name"])
    return membership
