"""Google's own copy of a function's source: what was sent is copied, and the copy is what the API answers.

[observed: GoogleCloudPlatform/k8s-config-connector#12112; the provider's flatteners of bucket and object keep what was
configured for that reason, magic-modules custom_flatten/cloudfunctions2_function_source_bucket]. The copy is an object
of a bucket in the project, and stays when the function goes [inferred].
"""

from __future__ import annotations

from localcloud.storage import StoredObject, create_bucket, find_object, put_object
from localcloud.wire.errors import invalid
from localcloud.wire.messages import Json
from localcloud.world import World

OBJECT = "function-source.zip"


def sent(world: World, source: Json) -> StoredObject:
    """The archive that a deployment names.

    Raises:
        Refused: INVALID_ARGUMENT, there is none.
    """
    bucket, name = source.get("bucket", ""), source.get("object", "")
    found = find_object(world, bucket, name)
    if found is None:
        raise invalid(f"The source gs://{bucket}/{name} was not found.")
    return found


def copied(world: World, function: str, data: bytes) -> Json:
    """Where the copy of a function's archive is."""
    _, project, _, location, _, short = function.split("/")
    bucket, name = f"gcf-v2-sources-{world.projects.get(project).number}-{location}", f"{short}/{OBJECT}"
    if bucket not in world.store["storage.buckets"]:
        create_bucket(world, bucket, project, location)
    stored = put_object(world, bucket, name, data, {"contentType": "application/zip"})
    return {"bucket": bucket, "object": name, "generation": stored["generation"]}
