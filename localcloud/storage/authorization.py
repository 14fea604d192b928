"""What IAM asks about Cloud Storage's calls."""

from __future__ import annotations

from localcloud.iam.authorization import Authorization
from localcloud.service import Call


class StorageAuthorization(Authorization):
    """A bucket is named without its project, and has a policy of its own."""

    def holder(self, call: Call) -> str:
        """The bucket that a call names; without one, and of one that is not there, the project that it names."""
        bucket = call.world.store["storage.buckets"].get(call.params.get("bucket", "")) or {}
        project = (
            f"projects/{call.world.projects.id_of(bucket.get('projectNumber') or call.query('project'))}"
        )
        return f"{project}/buckets/{bucket['name']}" if bucket else project
