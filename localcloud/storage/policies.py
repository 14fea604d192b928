"""The policy of a bucket, in the form of Cloud Storage's JSON API, which is its own [documented: Policy]."""

from __future__ import annotations

from localcloud.iam import grants, policies
from localcloud.iam.members import ANYONE
from localcloud.service import Call
from localcloud.storage.authorization import bucket_holder
from localcloud.storage.service import bucket_of, service
from localcloud.wire.errors import Refused
from localcloud.wire.messages import Json
from localcloud.wire.validation import is_count
from localcloud.world import World

# What a new bucket's policy has [documented: storage/docs/access-control/iam-roles, basic roles]; the roles on objects
# come with uniform access alone.
FIRST = (("Owner", "legacyBucketOwner"), ("Editor", "legacyBucketOwner"), ("Viewer", "legacyBucketReader"))
FIRST_ON_OBJECTS = (
    ("Owner", "legacyObjectOwner"),
    ("Editor", "legacyObjectOwner"),
    ("Viewer", "legacyObjectReader"),
)


def grant_project(world: World, bucket: Json) -> None:
    """Let those with basic roles on the project have their part in a new bucket."""
    holder, project = bucket_holder(world, bucket), world.projects.id_of(bucket["projectNumber"])
    uniform = bucket.get("iamConfiguration", {}).get("uniformBucketLevelAccess", {}).get("enabled")
    for team, role in (*FIRST, *(FIRST_ON_OBJECTS if uniform else ())):
        grants.grant(world, holder, f"roles/storage.{role}", f"project{team}:{project}")


@service.on("storage.buckets.getIamPolicy")
def get(call: Call) -> Json:
    """The policy with its etag."""
    bucket = bucket_of(call)
    asked = call.query("optionsRequestedPolicyVersion", "1")
    version = int(asked) if is_count(asked) else -1
    return _shown(bucket, policies.shown(call.world, bucket_holder(call.world, bucket), version))


@service.on("storage.buckets.setIamPolicy")
def set_policy(call: Call) -> Json:
    """Replace the policy, if it is still the one that was read.

    Raises:
        Refused: 412, the etag is another [documented]; or a bucket that is closed to the public would be opened to it
            [observed].
    """
    bucket = bucket_of(call)
    members = {each for binding in call.body.get("bindings", []) for each in binding.get("members", [])}
    closed = bucket["iamConfiguration"]["publicAccessPrevention"] == "enforced"
    if closed and members & set(ANYONE):
        words = "The member bindings allUsers and allAuthenticatedUsers are not allowed since public access prevention"
        raise Refused("FAILED_PRECONDITION", f"{words} is enforced.", "conditionNotMet", http=412)
    try:
        policy = policies.replace(call.world, bucket_holder(call.world, bucket), call.body)
    except Refused as refused:
        if refused.status != "ABORTED":
            raise
        words = "At least one of the pre-conditions you specified did not hold."
        raise Refused("FAILED_PRECONDITION", words, "conditionNotMet", http=412) from None
    return _shown(bucket, policy)


@service.on("storage.buckets.testIamPermissions")
def test_permissions(call: Call) -> Json:
    """Which of the permissions the caller has."""
    asked = list(call.request.query.get("permissions", []))
    found = policies.held(call, bucket_holder(call.world, bucket_of(call)), asked)
    return {"kind": "storage#testIamPermissionsResponse"} | ({"permissions": found} if found else {})


def _shown(bucket: Json, policy: Json) -> Json:
    return {"kind": "storage#policy", "resourceId": f"projects/_/buckets/{bucket['name']}", **policy}
