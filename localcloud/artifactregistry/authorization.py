"""What IAM asks about Artifact Registry's calls."""

from __future__ import annotations

from localcloud.iam.authorization import Authorization
from localcloud.service import Call


class RegistryAuthorization(Authorization):
    """A repository has a policy of its own [documented: artifact-registry/docs/access-control]."""

    def holder(self, call: Call) -> str:
        """The repository that the path names, else the project."""
        repository = call.params.get("repositoriesId")
        place = f"/locations/{call.params.get('locationsId')}/repositories/{repository}"
        return super().holder(call) + (place if repository else "")
