"""Buckets: made by whoever sets a cloud up, or by their API."""

from __future__ import annotations

import re

from localcloud.service import Call
from localcloud.storage.service import service
from localcloud.time.clock import rfc3339
from localcloud.wire.errors import Refused, invalid
from localcloud.wire.messages import Json
from localcloud.world import World

BUCKETS = "storage.buckets"
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]")


def create_bucket(world: World, name: str, project_id: str, location: str = "US") -> Json:
    """A bucket of this project; names are the whole world's.

    Raises:
        Refused: INVALID_ARGUMENT, ALREADY_EXISTS.
    """
    if not NAME.fullmatch(name):
        raise invalid(f"Invalid bucket name: '{name}'")  # 3 to 63 characters [documented]
    if name in world.store[BUCKETS]:
        words = "The requested bucket name is not available. The bucket namespace is shared by all users of the system."
        raise Refused("ALREADY_EXISTS", words, "conflict")
    now = rfc3339(world.clock.now, 3)
    return world.store[BUCKETS].put(
        name,
        {
            "kind": "storage#bucket",
            "id": name,
            "name": name,
            "projectNumber": world.projects.get(project_id).number,
            "location": location.upper(),
            "locationType": "region" if "-" in location else "multi-region",
            "storageClass": "STANDARD",
            "metageneration": "1",
            "timeCreated": now,
            "updated": now,
            "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}},
        },
    )


def bucket_of(call: Call) -> Json:
    """The bucket that the path names.

    Raises:
        Refused: NOT_FOUND, in Cloud Storage's words [documented].
    """
    found = call.world.store[BUCKETS].get(call.params["bucket"])
    if found is None:
        raise Refused("NOT_FOUND", "The specified bucket does not exist.")
    return found


@service.on("storage.buckets.get")
def get(call: Call) -> Json:
    """One bucket."""
    return bucket_of(call)


@service.on("storage.buckets.insert")
def insert(call: Call) -> Json:
    """Make a bucket."""
    body, project = call.body, call.world.projects.get(call.query("project")).id
    return create_bucket(call.world, body.get("name", ""), project, body.get("location", "US"))


@service.on("storage.buckets.list")
def list_buckets(call: Call) -> Json:
    """The buckets of a project."""
    number = call.world.projects.get(call.query("project")).number
    items = [each for each in call.world.store[BUCKETS].list() if each["projectNumber"] == number]
    return {"kind": "storage#buckets"} | ({"items": items} if items else {})
