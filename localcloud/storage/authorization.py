"""What IAM asks about Cloud Storage's calls, and how it refuses them."""

from __future__ import annotations

from localcloud.iam.access import ACCESS
from localcloud.iam.authorization import DENIED, Authorization
from localcloud.service import Call, Need
from localcloud.wire.errors import Refused
from localcloud.wire.messages import Json
from localcloud.world import World


def bucket_holder(world: World, bucket: Json) -> str:
    """A bucket as the holder of a policy; it is named without its project everywhere else."""
    return f"projects/{world.projects.id_of(bucket['projectNumber'])}/buckets/{bucket['name']}"


def require_permission(call: Call, permission: str) -> None:
    """Refuse a caller who lacks one more permission, which only the state of what is there makes necessary.

    Raises:
        Refused: PERMISSION_DENIED.
    """
    authorization = StorageAuthorization(__file__)
    need = Need(permission, authorization.holder(call), call.params["bucket"])
    if call.world[ACCESS].lacking(call.world, call.caller.identity, [need]):
        raise authorization.refused(call, [need])


class StorageAuthorization(Authorization):
    """A bucket has a policy of its own, which counts for its objects [documented: storage/docs/access-control/iam]."""

    def holder(self, call: Call) -> str:
        """The bucket that a call names, else the project; a bucket that is not there is nobody's."""
        bucket = call.world.store["storage.buckets"].get(call.params.get("bucket", ""))
        if bucket is not None:
            return bucket_holder(call.world, bucket)
        return f"projects/{call.world.projects.id_of(call.query('project'))}"

    def refused(self, call: Call, missing: list[Need]) -> Refused:
        """[observed: permissions of projects, buckets and objects in many logs]."""
        permission = missing[0].permission
        if "bucket" not in call.params:
            kind = "project"
        else:
            reads = permission.startswith("storage.objects.") and not permission.endswith(".list")
            kind = "Storage object" if reads else "Storage bucket"
        return Refused(
            DENIED,
            f"{call.caller.identity} does not have {permission} access to the Google Cloud {kind}. "
            f"Permission '{permission}' denied on resource (or it may not exist).",
            "forbidden",
        )
