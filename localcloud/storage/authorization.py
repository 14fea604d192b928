"""What IAM asks about Cloud Storage's calls."""

from __future__ import annotations

from localcloud.iam.authorization import Authorization
from localcloud.service import Call


class StorageAuthorization(Authorization):
    """A bucket is named without its project."""

    def holder(self, call: Call) -> str:
        """The project of the bucket that a call names; a bucket that is not there is nobody's."""
        bucket = call.world.store["storage.buckets"].get(call.params.get("bucket", "")) or {}
        return f"projects/{call.world.projects.id_of(bucket.get('projectNumber') or call.query('project'))}"
