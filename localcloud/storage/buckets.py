"""Buckets: made by whoever sets a cloud up, or by their API. What is given is kept and shown.

Lifecycle rules are shown and never carried out: they act after days [documented: storage/docs/lifecycle]. Nor is what
was deleted kept for a while to be restored, whatever `softDeletePolicy` says.
"""

from __future__ import annotations

import base64
import re

from localcloud.iam.grants import forget
from localcloud.projects import Project
from localcloud.regions import regions
from localcloud.service import Call
from localcloud.storage.authorization import bucket_holder
from localcloud.storage.policies import grant_project
from localcloud.storage.preconditions import check_metageneration
from localcloud.storage.service import BUCKET_NAME, BUCKETS, bucket_of, service
from localcloud.storage.versions import any_version
from localcloud.time.clock import rfc3339
from localcloud.wire.errors import Refused, invalid, not_implemented
from localcloud.wire.merge_patch import merge_patch
from localcloud.wire.messages import Json, Response
from localcloud.world import World

# [documented: storage/docs/buckets#naming]; names with dots are domains, which must be verified.
FORBIDDEN = re.compile(r"goog|.*google|.*g[o0]{2}gle")
MULTI_REGIONS = ("ASIA", "EU", "US", "ASIA1", "EUR4", "EUR5", "EUR7", "EUR8", "NAM4")
# What a client cannot write [documented: Bucket]; and what would change what happens to objects, which nothing here
# does: it is refused rather than shown.
OUTPUT = (
    "acl",
    "defaultObjectAcl",
    "etag",
    "generation",
    "id",
    "kind",
    "locationType",
    "metageneration",
    "name",
    "owner",
    "projectNumber",
    "selfLink",
    "timeCreated",
    "updated",
)
UNMODELLED = (
    "autoclass",
    "customPlacementConfig",
    "defaultEventBasedHold",
    "encryption",
    "ipFilter",
    "objectRetention",
    "retentionPolicy",
)
WEEK = "604800"  # seconds [observed: softDeletePolicy of new buckets]
DAY = 86400
CLASSES = (
    "ARCHIVE",
    "COLDLINE",
    "DURABLE_REDUCED_AVAILABILITY",
    "MULTI_REGIONAL",
    "NEARLINE",
    "REGIONAL",
    "STANDARD",
)
ACTIONS = ("AbortIncompleteMultipartUpload", "Delete", "SetStorageClass")
LABEL = re.compile(r"[\w-]{0,63}")  # letters of any script, none of them capital
UNIFORM_LOCKED_AFTER = 90 * 24 * 3600.0  # seconds [documented: uniformBucketLevelAccess.lockedTime]


def create_bucket(
    world: World, name: str, project_id: str, location: str = "US", given: Json | None = None
) -> Json:
    """A bucket of this project with the fields that are `given`; names are the whole world's.

    Raises:
        Refused: INVALID_ARGUMENT, ALREADY_EXISTS, UNIMPLEMENTED.
    """
    project = world.projects.get(project_id)
    _check_name(world, name, project)
    fields = {key: value for key, value in (given or {}).items() if key not in OUTPUT}
    now, place = rfc3339(world.clock.now, 3), location.upper()
    bucket = {
        "storageClass": "STANDARD",
        "softDeletePolicy": {"retentionDurationSeconds": WEEK, "effectiveTime": now},
        **fields,
        "kind": "storage#bucket",
        "id": name,
        "selfLink": f"https://www.googleapis.com/storage/v1/b/{name}",
        "name": name,
        "projectNumber": project.number,
        "location": place,
        "locationType": _location_type(place),
        "timeCreated": now,
    }
    grant_project(world, bucket)
    return _stored(world, bucket, 1)


@service.on("storage.buckets.get")
def get(call: Call) -> Json:
    """One bucket."""
    _refuse_options(call)
    bucket = bucket_of(call)
    check_metageneration(call, bucket)
    return bucket


@service.on("storage.buckets.insert")
def insert(call: Call) -> Json:
    """Make a bucket."""
    _refuse_options(call)
    body, project = call.body, call.world.projects.get(call.query("project")).id
    return create_bucket(call.world, body.get("name", ""), project, body.get("location", "US"), body)


@service.on("storage.buckets.list")
def list_buckets(call: Call) -> Json:
    """The buckets of a project."""
    _refuse_options(call)
    number, prefix = call.world.projects.get(call.query("project")).number, call.query("prefix")
    items = [each for each in call.world.store[BUCKETS].list(prefix) if each["projectNumber"] == number]
    return {"kind": "storage#buckets"} | ({"items": items} if items else {})


@service.on("storage.buckets.patch")
def patch(call: Call) -> Json:
    """Merge what is sent into a bucket; null removes [documented: storage/docs/json_api, patch semantics]."""
    before = bucket_of(call)
    check_metageneration(call, before)
    given = {key: value for key, value in call.request.json().items() if key not in (*OUTPUT, "location")}
    return _changed(call, before, merge_patch(before, given))


@service.on("storage.buckets.update")
def update(call: Call) -> Json:
    """Replace all of a bucket that can be written."""
    before = bucket_of(call)
    check_metageneration(call, before)
    stays = {key: before[key] for key in (*OUTPUT, "location", "softDeletePolicy") if key in before}
    given = {key: value for key, value in call.body.items() if key not in OUTPUT}
    return _changed(call, before, {**stays, "storageClass": "STANDARD", **given})


@service.on("storage.buckets.delete")
def delete(call: Call) -> Response:
    """Delete a bucket that is empty; noncurrent versions count [documented: storage/docs/deleting-buckets].

    Raises:
        Refused: in Google's words [observed].
    """
    bucket = bucket_of(call)
    check_metageneration(call, bucket)
    if any_version(call.world, bucket["name"]):
        raise Refused("ALREADY_EXISTS", "The bucket you tried to delete is not empty.", "conflict")
    forget(call.world, bucket_holder(call.world, bucket))
    call.world.store[BUCKETS].delete(bucket["name"])
    return Response(204)


@service.on("storage.buckets.getStorageLayout")
def layout(call: Call) -> Json:
    """Where a bucket is, and whether it has folders: it has none."""
    bucket = bucket_of(call)
    return {
        "kind": "storage#storageLayout",
        "bucket": bucket["name"],
        "location": bucket["location"],
        "locationType": bucket["locationType"],
        "hierarchicalNamespace": {"enabled": False},
    }


@service.on("storage.anywhereCaches.list", "storage.managedFolders.list")
def nothing(call: Call) -> Json:
    """The caches and the managed folders of a bucket: there are none, and none can be made."""
    bucket_of(call)
    return {}


def _changed(call: Call, before: Json, after: Json) -> Json:
    number = int(before["metageneration"]) + 1
    own = {key: before[key] for key in OUTPUT if key in before}
    if after.get("lifecycle") == {"rule": []}:  # [observed: Config Connector's recordings]
        after = {key: value for key, value in after.items() if key != "lifecycle"}
    return _stored(call.world, {**after, **own}, number)


def _stored(world: World, bucket: Json, metageneration: int) -> Json:
    """The bucket as this change leaves it."""
    _refuse_unmodelled(bucket)
    _check_settings(bucket)
    whole = {
        **bucket,
        "iamConfiguration": _iam_configuration(world, bucket.get("iamConfiguration", {})),
        "metageneration": str(metageneration),
        "updated": rfc3339(world.clock.now, 3),
        "etag": base64.b64encode(
            bytes([8, metageneration % 128])
        ).decode(),  # [observed: `CAE=` of the first]
    }
    return world.store[BUCKETS].put(bucket["name"], whole)


def _iam_configuration(world: World, given: Json) -> Json:
    """With its defaults, and uniform access under its older name, too [observed: Config Connector's recordings]."""
    uniform = given.get("uniformBucketLevelAccess") or given.get("bucketPolicyOnly") or {"enabled": False}
    if uniform.get("enabled"):
        uniform = {"lockedTime": rfc3339(world.clock.now + UNIFORM_LOCKED_AFTER, 3), **uniform}
    prevention = given.get("publicAccessPrevention", "inherited")
    if prevention not in ("inherited", "enforced"):
        raise invalid(f"Invalid value for publicAccessPrevention: {prevention!r}")
    return {
        "publicAccessPrevention": prevention,
        "uniformBucketLevelAccess": uniform,
        "bucketPolicyOnly": uniform,
    }


def _check_name(world: World, name: str, project: Project) -> None:
    if "." in name:
        raise not_implemented("buckets named after domains")
    if not BUCKET_NAME.fullmatch(name) or FORBIDDEN.match(name):
        raise invalid(f"Invalid bucket name: '{name}'")
    there = world.store[BUCKETS].get(name)
    if there is None:
        return
    words = "Your previous request to create the named bucket succeeded and you already own it."
    if there["projectNumber"] != project.number:
        words = (
            "The requested bucket name is not available. The bucket namespace is shared by all users of the system. "
            "Please select a different name and try again."
        )
    raise Refused("ALREADY_EXISTS", words, "conflict")  # both [observed]


def _location_type(location: str) -> str:
    if location in MULTI_REGIONS:
        return "dual-region" if location[-1].isdigit() else "multi-region"
    if location.lower() not in regions():
        raise invalid("The specified location constraint is not valid.")  # [observed]
    return "region"


def _refuse_unmodelled(bucket: Json) -> None:
    """Refuse what would change what happens to objects.

    Raises:
        Refused: UNIMPLEMENTED.
    """
    for key in UNMODELLED:
        if bucket.get(key) and bucket[key] != {"enabled": False}:
            raise not_implemented(f"buckets with {key}")
    if bucket.get("hierarchicalNamespace", {}).get("enabled") or bucket.get("billing", {}).get(
        "requesterPays"
    ):
        raise not_implemented("buckets with folders, or whose requesters pay")


def _check_settings(bucket: Json) -> None:
    """Refuse what no bucket has [documented: storage/docs/storage-classes, tags-and-labels, lifecycle, soft-delete].

    Raises:
        Refused: INVALID_ARGUMENT, in words of ours.
    """
    if bucket["storageClass"] not in CLASSES:
        raise invalid(f"Invalid storage class: {bucket['storageClass']!r}")
    for key, value in bucket.get("labels", {}).items():
        if not key or not all(LABEL.fullmatch(text) and text == text.lower() for text in (key, value)):
            raise invalid(f"Invalid label: {key!r}: {value!r}")
    kept = int(bucket.get("softDeletePolicy", {}).get("retentionDurationSeconds", WEEK))
    if kept and not int(WEEK) <= kept <= 90 * DAY:
        raise invalid(f"softDeletePolicy must keep for 7 to 90 days, or not at all; it says {kept} seconds.")
    for rule in bucket.get("lifecycle", {}).get("rule", []):
        if rule.get("action", {}).get("type") not in ACTIONS:
            raise invalid(f"Invalid lifecycle action: {rule.get('action')}")
        if not rule.get("condition"):
            raise invalid("A lifecycle rule needs a condition.")


def _refuse_options(call: Call) -> None:
    """Access control lists and what was deleted softly are not here."""
    for name in (
        "predefinedAcl",
        "predefinedDefaultObjectAcl",
        "enableObjectRetention",
        "softDeleted",
        "generation",
    ):
        if call.query(name).lower() not in ("", "false"):
            raise not_implemented(f"{name} of {call.method}")
