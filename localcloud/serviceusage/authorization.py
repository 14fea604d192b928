"""How IAM refuses Service Usage's calls."""

from __future__ import annotations

from localcloud.iam.authorization import DENIED, Authorization
from localcloud.service import Call, Need
from localcloud.wire.errors import Refused


class ServiceUsageAuthorization(Authorization):
    """A refusal says what is denied in prose."""

    def refused(self, call: Call, missing: list[Need]) -> Refused:
        """[memory]."""
        need = missing[0]
        verb = need.permission.rpartition(".")[2]
        info = {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "AUTH_PERMISSION_DENIED",
            "domain": "serviceusage.googleapis.com",
        }
        words = f"Permission denied to {verb} service [{need.name.rpartition('/')[2]}]"
        return Refused(DENIED, words, details=[info])
