"""projects.locations.features: create, get, list, patch, delete. What they do in time is the fleet
controller's."""

from __future__ import annotations

from functools import partial

from localcloud.compute.labels import check_labels
from localcloud.faults.outages import OUTAGES, unavailable
from localcloud.gkehub.masks import apply_mask
from localcloud.gkehub.names import (
    MCI,
    MCS,
    already_exists,
    bad_value,
    busy,
    by_id,
    feature_name,
    location_of,
    not_found,
    short,
)
from localcloud.gkehub.operations import Change, begin
from localcloud.gkehub.requests import once
from localcloud.gkehub.resources import has_resources
from localcloud.gkehub.service import service
from localcloud.service import Call
from localcloud.time.clock import rfc3339
from localcloud.wire.errors import Refused
from localcloud.wire.messages import Json
from localcloud.world import World

_FEATURES = "gkehub.projects.locations.features"

# Features and the API that each needs [documented: gcloud's list of features].
APIS = {
    "anthosobservability": "anthosobservability.googleapis.com",
    "appdevexperience": "appdevelopmentexperience.googleapis.com",
    "authorizer": "gkehub.googleapis.com",
    "cloudbuild": "cloudbuild.googleapis.com",
    "clusterupgrade": "gkehub.googleapis.com",
    "configmanagement": "anthosconfigmanagement.googleapis.com",
    "dataplanev2": "gkedataplanev2.googleapis.com",
    "fleetobservability": "gkehub.googleapis.com",
    "identityservice": "anthosidentityservice.googleapis.com",
    "metering": "multiclustermetering.googleapis.com",
    MCI: f"{MCI}.googleapis.com",
    MCS: f"{MCS}.googleapis.com",
    "policycontroller": "anthospolicycontroller.googleapis.com",
    "rbacrolebindingactuation": "gkehub.googleapis.com",
    "servicedirectory": "servicedirectory.googleapis.com",
    "servicemesh": "meshconfig.googleapis.com",
    "workloadidentity": "gkehub.googleapis.com",
}
_KINDS = {MCS: "gkehub.features.mcs.create", MCI: "gkehub.features.mci.create"}
_WRITABLE = ("labels", "spec", "membershipSpecs", "scopeSpecs", "fleetDefaultMemberConfig")


def create_kind(name: str) -> str:
    """The timing table's kind for the creation of a feature, by name."""
    return _KINDS.get(short(name), "gkehub.features.create")


@service.on(f"{_FEATURES}.create")
@once
def create(call: Call) -> Json:
    """features.create: ENABLING now, ACTIVE when the operation ends."""
    feature = call.query("featureId")
    name = f"{_global(call)}/features/{feature}"
    if feature not in APIS:
        raise bad_value("feature_id", f'"{feature}" is not a supported feature')  # words [inferred]
    if name in call.world.store["gkehub.features"]:
        raise already_exists(name)
    body = {key: call.body[key] for key in _WRITABLE if key in call.body}
    check_labels(body.get("labels", {}))
    _check_apis(call.world, call.project, feature)
    if feature == MCI:
        _check_config_membership(call.world, body)
    operation = enable(call.world, name, body, call.version)
    if feature == MCI:
        _enable_services(call.world, call.project)
    return operation


def _enable_services(world: World, project: str) -> None:
    """Ingress needs multi-cluster Services, and the hub enables that feature along with it [documented:
    gcloud's own `ingress enable` leaves it to the server]."""
    name = feature_name(project, MCS)
    if name not in world.store["gkehub.features"]:
        enable(world, name, {}, "v1")


def _check_apis(world: World, project: str, feature: str) -> None:
    """Refuse a feature whose API is off; gcloud waits while the words have the API's name and `is not
    enabled`, and says that ingress needs the API of multi-cluster Services too [documented in gcloud; the
    rest inferred]."""
    needed = [APIS[feature], *([APIS[MCS]] if feature == MCI else [])]
    for api in needed:
        if api not in world.projects.get(project).enabled:
            number = world.projects.get(project).number
            raise Refused("FAILED_PRECONDITION", f"API {api} is not enabled in project {number}")


def _check_config_membership(world: World, feature: Json) -> None:
    """Refuse a config membership that is not there, or not READY yet (ServiceWeaver/weaver-gke#53)
    [observed]."""
    name = _config_membership(feature)
    membership = world.store["gkehub.memberships"].get(by_id(world, name))
    if membership is None or membership["state"]["code"] in ("CREATING", "DELETING"):
        raise bad_value("config_membership", f'Membership "{name}" does not exist')


def _config_membership(feature: Json) -> str:
    return str(feature.get("spec", {}).get(MCI, {}).get("configMembership", ""))


def enable(world: World, name: str, asked: Json, version: str) -> Json:
    """Make a feature; answers with the operation, which for ingress had to wait for the config membership."""
    now = rfc3339(world.clock.now)
    feature = {"name": name, "spec": {}, **asked, "resourceState": {"state": "ENABLING"}}
    world.store["gkehub.features"].put(name, {**feature, "createTime": now, "updateTime": now})
    change = Change(
        create_kind(name), "create", "Feature", name,
        partial(_settle, world, name, {}), partial(world.store["gkehub.features"].delete, name), version,
    )  # fmt: skip
    config = by_id(world, _config_membership(feature))
    return begin(world, change, (world.ledger.latest("gkehub.memberships.create", config),))


def _settle(world: World, name: str, fields: Json) -> None:
    """The feature is ACTIVE, with these fields written."""
    if name in world.store["gkehub.features"]:
        stamp = rfc3339(world.clock.now)
        world.store["gkehub.features"].change(
            name, **fields, resourceState={"state": "ACTIVE"}, updateTime=stamp
        )


@service.on(f"{_FEATURES}.get")
def get(call: Call) -> Json:
    """features.get. See `_reachable`."""
    return _reachable(call, _found(call))


@service.on(f"{_FEATURES}.list")
def list_features(call: Call) -> Json:
    """features.list: the key is `resources`. See `_reachable`."""
    found = call.world.store["gkehub.features"].list(f"{_global(call)}/")
    features = [_reachable(call, each) for each in found]
    return {"resources": features} if features else {}


@service.on(f"{_FEATURES}.patch")
@once
def patch(call: Call) -> Json:
    """features.patch: UPDATING now, changed when the operation ends."""
    feature = _settled(call)
    name, mask = feature["name"], call.query("updateMask")
    check_labels(call.body.get("labels", {}))
    planned = apply_mask(feature, call.body, mask, _WRITABLE)
    if short(name) == MCI:
        _check_config_membership(call.world, planned)
    call.world.store["gkehub.features"].change(name, resourceState={"state": "UPDATING"})
    fields = {key: planned.get(key) for key in _WRITABLE}
    change = Change(
        "gkehub.features.update", "update", "Feature", name,
        partial(_settle, call.world, name, fields), partial(_settle, call.world, name, {}), call.version,
    )  # fmt: skip
    return begin(call.world, change, (call.world.ledger.latest(create_kind(name), name),))


@service.on(f"{_FEATURES}.delete")
@once
def delete(call: Call) -> Json:
    """features.delete.

    Raises:
        Refused: 400 while the feature has resources, unless `force`, which leaves them as they are
            (GoogleCloudPlatform/terraform-ecommerce-microservices-on-gke#3) [observed].
    """
    feature = _settled(call)
    name = feature["name"]
    if call.query("force").lower() != "true" and has_resources(call.world, name):
        raise Refused(
            "FAILED_PRECONDITION",
            "Feature has associated resources that should be cleaned up before deletion. Check the "
            "Feature state "
            "details for more information. This check can be overridden by setting force=true.",
        )
    call.world.store["gkehub.features"].change(name, resourceState={"state": "DISABLING"})
    change = Change(
        "gkehub.features.delete", "delete", "Feature", name,
        partial(call.world.store["gkehub.features"].delete, name),
        partial(_settle, call.world, name, {}), call.version,
    )  # fmt: skip
    return begin(call.world, change)


def _reachable(call: Call, feature: Json) -> Json:
    """A feature without the states of members that cannot be reached, which it names then [documented: `unreachable`].

    Raises:
        Refused: UNAVAILABLE, without `returnPartialSuccess`, which gcloud always sends [documented].
    """
    outages = call.world[OUTAGES]
    if not outages.regions:
        return feature
    if not call.flag("returnPartialSuccess"):
        raise unavailable()
    states = feature.get("membershipStates", {})
    seen = {name: each for name, each in states.items() if not outages.hides(name.split("/")[3])}
    return {**feature, "membershipStates": seen, "unreachable": outages.regions}


def _global(call: Call) -> str:
    location = location_of(call)
    if not location.endswith("/global"):
        raise bad_value("parent", "features are in the location global")  # [documented], words [inferred]
    return location


def _found(call: Call) -> Json:
    name = f"{_global(call)}/features/{call.params['featuresId']}"
    feature = call.world.store["gkehub.features"].get(name)
    if feature is None:
        raise not_found(name)
    return feature


def _settled(call: Call) -> Json:
    feature = _found(call)
    if feature["resourceState"]["state"] != "ACTIVE":
        raise busy(feature["name"])
    return feature
